"""A trainer of updates with numpy alone: logistic regression by gradient descent.

It is started once a round, without a network, with these files:

    /in/plan.json           what is public of the plan
    /in/model.safetensors   the common model
    /in/rows.safetensors    this holder's rows, as numbers

and writes /out/update.safetensors: how far it moved each tensor of the model, and its metrics.
"""

import json

import numpy as np
from safetensors.numpy import load_file, save_file

plan = json.load(open("/in/plan.json"))
model = load_file("/in/model.safetensors")
rows = load_file("/in/rows.safetensors")

features, targets = rows["features"].astype(np.float64), rows["targets"].astype(np.float64)
weight, bias = model["layer.0.weight"].astype(np.float64), model["layer.0.bias"].astype(np.float64)
rate = float(plan["parameters"].get("rate", "0.5"))


def predicted():
    return 1.0 / (1.0 + np.exp(-(features @ weight + bias)))


for _ in range(int(plan["parameters"].get("steps", "20"))):
    error = (predicted() - targets) / max(len(features), 1)
    weight -= rate * features.T @ error
    bias -= rate * error.sum(axis=0)

right = ((predicted() > 0.5) == (targets > 0.5)).mean() if len(features) else 0.5
save_file(
    {
        "layer.0.weight": (weight - model["layer.0.weight"]).astype(np.float32),
        "layer.0.bias": (bias - model["layer.0.bias"]).astype(np.float32),
        "metrics": np.array([right], dtype=np.float32),
    },
    "/out/update.safetensors",
)
