"""A trainer of updates with PyTorch: local steps of a network with one hidden layer.

Files in and out: docs/reference/trainers.md. The layers are those of the recipe: `hidden.widths`.
"""

import json

import torch
from safetensors.torch import load_file, save_file

torch.manual_seed(0)
torch.set_num_threads(1)
plan = json.load(open("/in/plan.json"))
model = load_file("/in/model.safetensors")
rows = load_file("/in/rows.safetensors")
features, targets = rows["features"], rows["targets"]

depth = len(model) // 2
parameters = {name: value.clone().requires_grad_() for name, value in model.items()}


def predicted(inputs):
    for layer in range(depth):
        # Weights are inputs by outputs.
        inputs = inputs @ parameters[f"layer.{layer}.weight"] + parameters[f"layer.{layer}.bias"]
        if layer + 1 < depth:
            inputs = torch.relu(inputs)
    return inputs


optimiser = torch.optim.SGD(parameters.values(), lr=float(plan["parameters"].get("rate", "0.1")))
for _ in range(int(plan["parameters"].get("steps", "20"))):
    optimiser.zero_grad()
    torch.nn.functional.binary_cross_entropy_with_logits(predicted(features), targets).backward()
    optimiser.step()

update = {name: (parameters[name] - model[name]).detach() for name in model}
with torch.no_grad():
    right = ((predicted(features) > 0) == (targets > 0.5)).float().mean()
update["metrics"] = right.reshape(1)
save_file({name: value.contiguous() for name, value in update.items()}, "/out/update.safetensors")
