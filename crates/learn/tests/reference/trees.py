"""Known answers for `trees` of concordat-learn, by scikit-learn's histogram gradient boosting.

Run with any Python that has scikit-learn (made with scikit-learn 1.9.1, numpy 2.4.6):

    python trees.py > trees.json

Cells are small whole numbers or missing, so that its bins are ours: one for each number. Its
baseline is set to what a `base` can say (labels in equal shares; a mean with few digits). It
sums gradients of single precision, hence answers are compared within 10^-4.
"""

import json

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

ROWS, BINS = 600, [8, 5, 8, 3]


def table(seed):
    rng = np.random.default_rng(seed)
    cells = np.stack([rng.integers(0, bins, ROWS) for bins in BINS], 1).astype(float)
    for place, bins in enumerate(BINS):
        cells[:bins, place] = np.arange(bins)
    truth = cells[:, 0] - 3.5 + 2 * (cells[:, 1] > 2) * (cells[:, 2] < 4) + rng.normal(0, 1, ROWS)
    cells[rng.random((ROWS, len(BINS))) < [0.1, 0.15, 0.0, 0.05]] = np.nan
    truth += 1.5 * np.isnan(cells[:, 1])
    return cells, truth


def cell(value):
    return "" if np.isnan(value) else str(int(value))


def case(name, model, target, cells, column):
    model.fit(cells, target)
    if name == "yes-no":
        answers = model.predict_proba(cells)[:, 1]
    else:
        answers = model.predict(cells)
    return {
        "name": name,
        "rows": [[cell(value) for value in row] for row in cells],
        "targets": column,
        "answers": [float(f"{answer:.9g}") for answer in answers],
    }


shape = dict(
    max_iter=8, learning_rate=0.3, max_depth=3, max_leaf_nodes=None, min_samples_leaf=1,
    l2_regularization=1.0, early_stopping=False,
)
cells, truth = table(1)
yes = np.zeros(ROWS, int)
yes[np.argsort(truth)[ROWS // 2 :]] = 1
first = case("yes-no", HistGradientBoostingClassifier(**shape), yes, cells, [str(y) for y in yes])
cells, truth = table(2)
parts = np.round(np.clip((truth + 8) * 50, 0, 1000)).astype(int)
# Thousandths. One step up or down for each row, and one more for the first ones, until the mean is 0.45.
apart = 450 * ROWS - int(parts.sum())
parts += apart // ROWS
parts[: apart % ROWS] += 1
assert parts.sum() == 450 * ROWS and parts.min() >= 0 and parts.max() <= 1000
second = case(
    "number", HistGradientBoostingRegressor(**shape), parts / 1000, cells,
    [str(t / 1000) for t in parts.tolist()],
)
print(json.dumps({"bins": BINS, "cases": [first, second]}))
