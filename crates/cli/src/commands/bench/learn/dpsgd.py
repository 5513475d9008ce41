"""How long Opacus takes for the task on stdin, as JSON to stdout: the same rows, model and steps."""

import json
import sys
import time
import warnings

warnings.filterwarnings("ignore")

import numpy
import torch
from opacus import PrivacyEngine

task = json.load(sys.stdin)
torch.set_num_threads(1)
torch.manual_seed(1)


def read(path, width):
    return torch.from_numpy(numpy.fromfile(path, dtype="<f4").reshape(-1, width))


features, targets = read(task["features"], task["inputs"]), read(task["targets"], 1)
rows = task["rows"]
train = torch.utils.data.TensorDataset(features[:rows], targets[:rows])


def trained(mode):
    widths = [task["inputs"], *task["hidden"], 1]
    layers = []
    for given, gives in zip(widths, widths[1:]):
        layers += [torch.nn.Linear(given, gives), torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers[:-1])
    loss = torch.nn.BCEWithLogitsLoss()
    private = PrivacyEngine().make_private(
        module=model,
        optimizer=torch.optim.SGD(model.parameters(), lr=task["rate"]),
        criterion=loss,
        data_loader=torch.utils.data.DataLoader(train, batch_size=task["batch"]),
        noise_multiplier=task["sigma"],
        max_grad_norm=task["clip"],
        grad_sample_mode=mode,
        poisson_sampling=True,
    )
    if mode == "ghost":
        model, optimizer, loss, batches = private
    else:
        model, optimizer, batches = private
    took = []
    for _ in range(task["epochs"]):
        steps, started = 0, time.perf_counter()
        for x, y in batches:
            optimizer.zero_grad()
            loss(model(x).flatten(), y.flatten()).backward()
            optimizer.step()
            steps += 1
        took.append(time.perf_counter() - started)
    with torch.no_grad():
        said, truth = model(features[rows:]).flatten(), targets[rows:].flatten() > 0.5
    # Ties are rare among single-precision numbers of a network: ranks as they come.
    rank = torch.empty_like(said, dtype=torch.float64)
    rank[said.argsort()] = torch.arange(1, len(said) + 1, dtype=torch.float64)
    yes, no = int(truth.sum()), int((~truth).sum())
    auc = (float(rank[truth].sum()) - yes * (yes + 1) / 2) / (yes * no)
    return {"mode": mode, "seconds": took, "steps": steps, "auc": auc}


print(json.dumps([trained(mode) for mode in ("hooks", "ghost")]))
