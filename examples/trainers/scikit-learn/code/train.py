"""A trainer of updates with scikit-learn: some epochs of logistic regression from the common model.

Files in and out: docs/reference/trainers.md.
"""

import json

import numpy as np
from safetensors.numpy import load_file, save_file
from sklearn.linear_model import SGDClassifier

plan = json.load(open("/in/plan.json"))
model = load_file("/in/model.safetensors")
rows = load_file("/in/rows.safetensors")
features, targets = rows["features"].astype(np.float64), rows["targets"][:, 0] > 0.5

learner = SGDClassifier(loss="log_loss", learning_rate="constant", eta0=0.05, alpha=0.0, random_state=0)
# The common model, and both classes, whether or not these rows have them.
learner.classes_ = np.array([False, True])
learner.coef_ = np.ascontiguousarray(model["layer.0.weight"].T, dtype=np.float64)
learner.intercept_ = model["layer.0.bias"].astype(np.float64)
learner.n_features_in_ = features.shape[1]
learner.t_ = 1.0
for _ in range(int(plan["parameters"].get("steps", "20"))):
    learner.partial_fit(features, targets, classes=np.array([False, True]))

save_file(
    {
        "layer.0.weight": (learner.coef_.T - model["layer.0.weight"]).astype(np.float32).copy(),
        "layer.0.bias": (learner.intercept_ - model["layer.0.bias"]).astype(np.float32),
        "metrics": np.array([learner.score(features, targets)], dtype=np.float32),
    },
    "/out/update.safetensors",
)
