"""A trainer of features with PyTorch: eight numbers of a grey image of 8 by 8 pixels.

It is started once for each record, and sees that record alone: /in/record.json has the columns that
the recipe names, here `image` with 128 hexadecimal digits, a pixel each two. It writes
/out/features.safetensors with the tensor `features`, from -1 to 1. The weights are drawn from a seed;
a network of your own brings its weights as a file beside this one.
"""

import json

import torch
from safetensors.torch import save_file

torch.manual_seed(7)
torch.set_num_threads(1)
record = json.load(open("/in/record.json"))
pixels = list(bytes.fromhex(record["image"])) or [0] * 64
image = torch.tensor(pixels, dtype=torch.float32).reshape(1, 1, 8, 8) / 127.5 - 1.0

network = torch.nn.Sequential(
    torch.nn.Conv2d(1, 4, 3, padding=1),
    torch.nn.ReLU(),
    torch.nn.AvgPool2d(4),
    torch.nn.Flatten(),
    torch.nn.Linear(16, 8),
    torch.nn.Tanh(),
)
with torch.no_grad():
    features = network(image).reshape(8)
save_file({"features": features.contiguous()}, "/out/features.safetensors")
