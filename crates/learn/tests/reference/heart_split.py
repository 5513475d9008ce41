"""The fixed split of FLamby's Fed-Heart-Disease, by the call that it makes of scikit-learn.

Run with any Python that has scikit-learn (made with scikit-learn 1.9.1, numpy 2.4.6):

    python heart_split.py ../../../../examples/heart/data > heart_split.json

For each hospital: which of its complete rows, from 0 in the order of its table, are kept for
testing. Complete is a row that has a cell in each column but `slope`, `ca` and `thal`.
"""

import csv
import json
import pathlib
import sys

import numpy as np
from sklearn.model_selection import train_test_split

TRAIN = 0.66
answer = {}
for hospital in ["alder", "birch", "cypress", "dogwood"]:
    with open(pathlib.Path(sys.argv[1]) / f"{hospital}.csv") as table:
        rows = list(csv.DictReader(table))
    used = [column for column in rows[0] if column not in ("slope", "ca", "thal")]
    labels = [int(float(r["num"]) > 0) for r in rows if all(r[column] for column in used)]
    enough = all(labels.count(level) > 2 for level in (0, 1))
    _, test = train_test_split(
        np.arange(len(labels)),
        test_size=1.0 - TRAIN,
        train_size=TRAIN,
        random_state=43,
        shuffle=True,
        stratify=labels if enough else None,
    )
    answer[hospital] = sorted(int(place) for place in test)
print(json.dumps(answer))
