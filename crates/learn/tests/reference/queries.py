"""Known answers for `query` of concordat-learn, by numpy, scipy and scikit-learn.

Run with any Python that has them (made with numpy 2.4, scipy 1.17, scikit-learn 1.9):

    python queries.py > queries.json

Tables of two holders are made up by a seeded generator, and a query is asked of them. `exact` is
what the libraries say of the rows themselves, without any vector: confusion matrices, areas,
rates and correlations by scikit-learn and scipy. `noisy` reads the vector with known noise added
to it, and finds every end of every interval by searching for it (bisection on the inequality, or
derivatives by differences), where the implementation has closed forms.
"""

import itertools
import json
import math

import numpy as np
from scipy import stats
from scipy.optimize import brentq
from sklearn.calibration import calibration_curve
from sklearn.metrics import accuracy_score, confusion_matrix, precision_score, roc_auc_score

Z = stats.norm.ppf(0.975)
EIGHTHS = ["0", "0.125", "0.25", "0.375", "0.5", "0.625", "0.75", "0.875", "1"]
QUERY = {
    "person": "who",
    "rows_per_person": 2,
    "scale_bits": 16,
    "parts": [
        {
            "kind": "histogram",
            "name": "audit",
            "axes": [
                {"kind": "levels", "column": "sex", "levels": ["F", "M"]},
                {"kind": "levels", "column": "ill", "levels": ["0", "1"]},
                {"kind": "bins", "column": "score", "edges": EIGHTHS},
            ],
        },
        {
            "kind": "histogram",
            "name": "ages",
            "axes": [
                {"kind": "holders", "parties": ["alder", "birch"]},
                {"kind": "bins", "column": "age", "edges": ["20", "40", "50", "60", "70", "90"]},
            ],
        },
        {
            "kind": "moments",
            "name": "body",
            "degree": 2,
            "columns": [
                {"column": "age", "min": "18", "max": "95"},
                {"column": "pressure", "min": "80", "max": "200"},
            ],
        },
    ],
    "readings": [
        {"kind": "profile", "of": "ages"},
        {"kind": "quantiles", "of": "ages", "axis": "age", "at": ["0.25", "0.5", "0.9"]},
        {
            "kind": "drift",
            "of": "ages",
            "axis": "age",
            "reference": ["0.2", "0.2", "0.25", "0.2", "0.15"],
        },
        {"kind": "sites", "of": "ages", "axis": "age"},
        {
            "kind": "fairness",
            "of": "audit",
            "by": {"group": "sex", "label": "ill", "positive": "1", "score": "score"},
            "threshold": "0.5",
        },
        {
            "kind": "calibration",
            "of": "audit",
            "by": {"group": "sex", "label": "ill", "positive": "1", "score": "score"},
        },
        {"kind": "moments", "of": "body"},
    ],
}
HEADER = ["who", "sex", "age", "pressure", "score", "ill"]
DESIGN = QUERY["rows_per_person"]
UNIT = 2 ** QUERY["scale_bits"]
# Of the noise, in rows.
DEVIATION = 4.0


def make_rows(rng, holder, count, older):
    rows = []
    for n in range(count):
        # Some persons have three rows, of which two count.
        who = f"{holder}-{n - n % 9 if n % 9 < 3 else n}"
        sex = rng.choice(["F", "M", "", "X"], p=[0.45, 0.5, 0.03, 0.02])
        age = round(float(rng.normal(55 + older, 14)), 1)
        pressure = round(float(100 + 0.5 * age + rng.normal(0, 15)), 1)
        risk = 1 / (1 + math.exp(-(age - 58) / 9 + (0.8 if sex == "F" else 0)))
        ill = int(rng.random() < risk)
        score = min(max(risk + rng.normal(0, 0.12), 0), 1)
        cells = [who, str(sex), str(age), str(pressure), f"{score:.3f}", str(ill)]
        for place in (2, 3, 4, 5):
            if rng.random() < 0.03:
                cells[place] = ""
        if rng.random() < 0.01:
            cells[2] = "unknown"
        rows.append(cells)
    return rows


def counted(rows):
    seen, kept = {}, []
    for row in rows:
        seen[row[0]] = seen.get(row[0], 0) + 1
        if seen[row[0]] <= DESIGN:
            kept.append(dict(zip(HEADER, row)))
    return kept


def as_number(text):
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def cell_of(axis, row, holder):
    if axis["kind"] == "holders":
        return axis["parties"].index(holder)
    text = row[axis["column"]]
    if axis["kind"] == "levels":
        size = len(axis["levels"])
        return size + 1 if text == "" else (axis["levels"] + [text]).index(text)
    edges = [float(edge) for edge in axis["edges"]]
    size = len(edges) - 1
    value = as_number(text)
    if text == "":
        return size + 1
    if value is None or not edges[0] <= value <= edges[-1]:
        return size
    return min(sum(edge <= value for edge in edges) - 1, size - 1)


def shape_of(part):
    def cells(axis):
        kind = {"levels": "levels", "bins": "edges", "holders": "parties"}[axis["kind"]]
        return len(axis[kind]) + (1 if kind == "edges" else 2)

    return tuple(cells(axis) for axis in part["axes"])


def half_away(x):
    return int(math.copysign(math.floor(abs(x) + 0.5), x))


def vector(rows, holder):
    pieces = []
    for part in QUERY["parts"]:
        if part["kind"] == "histogram":
            table = np.zeros(shape_of(part), dtype=np.int64)
            for row in rows:
                table[tuple(cell_of(axis, row, holder) for axis in part["axes"])] += UNIT
            pieces.append(table.ravel())
            continue
        sums = np.zeros(2 + 2 + 3, dtype=np.int64)
        for row in rows:
            values = [as_number(row[c["column"]]) for c in part["columns"]]
            if None in values:
                sums[1] += UNIT
                continue
            scaled = []
            for c, value in zip(part["columns"], values):
                low, high = float(c["min"]), float(c["max"])
                x = (2 * min(max(value, low), high) - (low + high)) / (high - low)
                scaled.append(half_away(x * UNIT))
            a, b = scaled
            products = [half_away(x / UNIT) for x in (a * a, a * b, b * b)]
            sums += np.array([UNIT, 0, a, b, *products], dtype=np.int64)
        pieces.append(sums)
    return np.concatenate(pieces)


# --- of the rows themselves ------------------------------------------------------------------


def wilson(p, n):
    middle = (p + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z / (1 + Z**2 / n) * math.sqrt(p * (1 - p) / n + Z**2 / (4 * n**2))
    return [middle - half, middle + half]


def check_wilson():
    ours = wilson(0.15, 100)
    theirs = stats.binomtest(15, 100).proportion_ci(method="wilson")
    assert np.allclose(ours, [theirs.low, theirs.high], atol=1e-12)


def outcomes(rows):
    y = np.array([int(r["ill"]) for r in rows])
    s = np.array([float(r["score"]) for r in rows])
    said = (s >= 0.5).astype(int)
    (tn, fp), (fn, tp) = confusion_matrix(y, said, labels=[0, 1]).tolist()
    bins = np.minimum(np.floor(s * 8), 7).astype(int)
    rate, _ = calibration_curve(y, (bins + 0.5) / 8, n_bins=8)
    return {
        "tp": tp,
        "fp": fp,
        "tn": tn,
        "fn": fn,
        "accuracy": accuracy_score(y, said),
        "precision": precision_score(y, said),
        "auc": roc_auc_score(y, bins),
        "auc_unbinned": roc_auc_score(y, s),
        "calibration": rate.tolist(),
        "selected": [(tp + fp) / len(rows), *wilson((tp + fp) / len(rows), len(rows) / DESIGN)],
    }


def in_edges(rows, edges):
    values = [as_number(r["age"]) for r in rows]
    values = [v for v in values if v is not None and edges[0] <= v <= edges[-1]]
    return np.histogram(values, bins=edges)[0]


def symmetric(p, q):
    p, q = np.maximum(p, 1e-4), np.maximum(q, 1e-4)
    return float(np.sum((p - q) * np.log(p / q)))


def exact(rows):
    pooled = [row for holder in rows for row in rows[holder]]
    audited = [r for r in pooled if r["ill"] != "" and r["score"] != ""]
    edges = [20.0, 40, 50, 60, 70, 90]
    counts = in_edges(pooled, edges)
    p, q = counts / counts.sum(), np.array([0.2, 0.2, 0.25, 0.2, 0.15])
    cdf = np.concatenate([[0], np.cumsum(p)])
    sites = {}
    for holder in rows:
        own, other = (in_edges(rows[h], edges) for h in [holder, *(set(rows) - {holder})])
        middles = (np.array(edges[1:]) + np.array(edges[:-1])) / 2
        ks = stats.ks_2samp(np.repeat(middles, own), np.repeat(middles, other), method="asymp")
        sites[holder] = {
            "psi": symmetric(own / own.sum(), other / other.sum()),
            "ks": float(ks.statistic),
        }
    assert abs(symmetric(p, q) - stats.entropy(p, q) - stats.entropy(q, p)) < 1e-12
    pairs = [(as_number(r["age"]), as_number(r["pressure"])) for r in pooled]
    pairs = np.array([pair for pair in pairs if None not in pair])
    pairs = np.clip(pairs, [18, 80], [95, 200])
    r = stats.pearsonr(pairs[:, 0], pairs[:, 1])
    assert np.allclose(
        np.tanh(np.arctanh(r.statistic) + np.array([-1, 1]) * Z / math.sqrt(len(pairs) - 3)),
        r.confidence_interval(),
        atol=1e-12,
    )
    half = Z * math.sqrt(DESIGN / (len(pairs) - 3))
    ages = [as_number(r["age"]) for r in pooled]
    return {
        "rows": len(pooled),
        "missing": sum(r["age"] == "" for r in pooled) / len(pooled),
        "other": sum(
            r["age"] != "" and (a is None or not 20 <= a <= 90) for r, a in zip(pooled, ages)
        )
        / len(pooled),
        "shares": p.tolist(),
        "quantiles": np.interp([0.25, 0.5, 0.9], cdf, edges).tolist(),
        "psi": symmetric(p, q),
        "ks": float(np.max(np.abs(np.cumsum(p) - np.cumsum(q)))),
        "sites": sites,
        "all": outcomes(audited),
        "F": outcomes([r for r in audited if r["sex"] == "F"]),
        "M": outcomes([r for r in audited if r["sex"] == "M"]),
        "complete": len(pairs),
        "means": pairs.mean(axis=0).tolist(),
        "variances": pairs.var(axis=0).tolist(),
        "correlation": [r.statistic, *np.tanh(np.arctanh(r.statistic) + np.array([-half, half]))],
    }


# --- of the noisy vector -----------------------------------------------------------------------


def ends(excess, at, low, high):
    """Both roots around `at` of a function that is below zero there, within low to high."""
    assert excess(at) <= 0
    return [
        low if excess(low) <= 0 else brentq(excess, low, at, xtol=1e-14),
        high if excess(high) <= 0 else brentq(excess, at, high, xtol=1e-14),
    ]


def share(part, rest, cells_part, cells_rest, z, sampled):
    total = part + rest

    def excess(r):
        noise = DEVIATION**2 * ((1 - r) ** 2 * cells_part + r**2 * cells_rest)
        sampling = DESIGN * total * r * (1 - r) if sampled else 0
        return (part - r * total) ** 2 - z**2 * (noise + sampling)

    return ends(excess, min(max(part / total, 0), 1), 0.0, 1.0)


def mover(first, second):
    (a, la, ua), (b, lb, ub) = first, second
    return [a - b, a - b - math.hypot(a - la, ub - b), a - b + math.hypot(ua - a, b - lb)]


def area(positives, negatives, cells, sampled):
    def form(p, n):
        return sum(
            x * y * (1 if i > j else 0.5 if i == j else 0)
            for (i, x), (j, y) in itertools.product(enumerate(p), enumerate(n))
        )

    p, n = positives.sum(), negatives.sum()
    a = form(positives, negatives) / (p * n)
    q1, q2 = a / (2 - a), 2 * a * a / (1 + a)
    hanley = (a * (1 - a) + (p - 1) * (q1 - a * a) + (n - 1) * (q2 - a * a)) / (p * n)

    def excess(guess):
        def balance(x, y):
            return form(x, y) - guess * x.sum() * y.sum()

        # The balance is linear in each of its arguments: a difference of one is the derivative.
        unit = np.eye(len(positives))
        slopes = [balance(positives + e, negatives) - balance(positives, negatives) for e in unit]
        slopes += [balance(positives, negatives + e) - balance(positives, negatives) for e in unit]
        noise = DEVIATION**2 * cells * np.sum(np.square(slopes))
        sampling = DESIGN * hanley * (p * n) ** 2 if sampled else 0
        return balance(positives, negatives) ** 2 - Z**2 * (noise + sampling)

    return [a, *ends(excess, a, 0.0, 1.0)]


def box_psi(p, q):
    """Least and largest of the symmetric divergence with p and q in boxes, on a grid."""
    low = high = 0.0
    for (a, b), (c, d) in zip(p, q):
        grid = [
            symmetric(np.array([x]), np.array([y]))
            for x in np.linspace(a, b, 200)
            for y in np.linspace(c, d, 200)
        ]
        low += 0.0 if max(a, c) <= min(b, d) else min(grid)
        high += max(grid)
    return [low, high]


def delta(function, values, at):
    """The function and its deviation for independent noise, by central differences."""
    slopes = []
    for place in range(len(values)):
        step = np.zeros(len(values))
        step[place] = 1e-3
        slopes.append((function(values + step) - function(values - step)) / 2e-3)
    return function(values) if at is None else at, DEVIATION * float(np.linalg.norm(slopes))


def noisy(total):
    rows = total / UNIT
    sizes = [math.prod(shape_of(part)) for part in QUERY["parts"][:2]]
    audit = rows[: sizes[0]].reshape(shape_of(QUERY["parts"][0]))
    ages = rows[sizes[0] : sum(sizes)].reshape(shape_of(QUERY["parts"][1]))
    body = rows[sum(sizes) :]
    found = {}

    # Selection rates: of each sex the two declared labels, by four bins above and below.
    rates = []
    for sampled in (False, True):
        of_each = []
        for sex in (0, 1):
            yes, no = audit[sex, :2, 4:8].sum(), audit[sex, :2, :4].sum()
            of_each.append([yes / (yes + no), *share(yes, no, 8, 8, Z, sampled)])
        rates.append({"F": of_each[0], "M": of_each[1], "gap": mover(of_each[1], of_each[0])})
    found["selected"] = rates

    # The widest gap of true positive rates, in the box of both.
    z = stats.norm.ppf(1 - 0.025 / 2)
    boxes = []
    for sampled in (False, True):
        f, m = (
            share(audit[sex, 1, 4:8].sum(), audit[sex, 1, :4].sum(), 4, 4, z, sampled)
            for sex in (0, 1)
        )
        boxes.append(
            [max(f[0], m[0]) - min(f[1], m[1]), max(f[1], m[1]) - min(f[0], m[0])]
        )
    found["opportunity"] = [[max(low, 0), high] for low, high in boxes]

    found["auc"] = [area(audit[0, 1, :8], audit[0, 0, :8], 1, s) for s in (False, True)]

    # Ages of all holders: four cells of the other axis in each.
    bins = ages.sum(axis=0)
    declared = bins[:5]
    everything = bins.sum()
    found["missing"] = [share(bins[6], everything - bins[6], 4, 24, Z, s) for s in (False, True)]
    edges, quantiles = [20.0, 40, 50, 60, 70, 90], []
    for q in (0.25, 0.5, 0.9):
        both = []
        for sampled in (False, True):
            may_be = []
            for edge in range(1, 5):
                # A sum of cells with weights: its deviation, by the weights.
                weights = np.where(np.arange(5) < edge, 1 - q, -q)
                noise = 4 * DEVIATION**2 * np.sum(weights**2)
                sampling = DESIGN * declared.sum() * q * (1 - q) if sampled else 0
                may_be.append(abs(weights @ declared) <= Z * math.sqrt(noise + sampling))
            below = [edge for edge in range(1, 5) if np.cumsum(declared)[edge - 1] < q * declared.sum()]
            first = min([e for e in range(1, 5) if may_be[e - 1] or e not in below], default=5)
            last = max([e for e in range(1, 5) if may_be[e - 1] or e in below], default=0)
            both.append([edges[first - 1], edges[last + 1]])
        quantiles.append(both)
    found["quantiles"] = quantiles

    reference = np.array([0.2, 0.2, 0.25, 0.2, 0.15])
    z = stats.norm.ppf(1 - 0.025 / 5)
    rest = declared.sum() - declared
    psi, ks = [], []
    for sampled in (False, True):
        p = [share(a, b, 4, 16, z, sampled) for a, b in zip(declared, rest)]
        psi.append(box_psi(p, [(q, q) for q in reference]))
        # Four inner edges.
        four = stats.norm.ppf(1 - 0.025 / 4)
        heights = [
            share(declared[:e].sum(), declared[e:].sum(), 4 * e, 4 * (5 - e), four, sampled)
            for e in range(1, 5)
        ]
        steps = np.cumsum(reference)[:4]
        ks.append(
            [
                max(0, *(max(f[0] - g, g - f[1]) for f, g in zip(heights, steps))),
                max(max(f[1] - g, g - f[0]) for f, g in zip(heights, steps)),
            ]
        )
    found["psi"], found["ks"] = psi, ks

    # Moments: complete, incomplete, two sums, three products.
    n, first, second = body[0], body[2:4], body[4:7]

    def spread(v):
        return v[4] / v[0] - (v[2] / v[0]) ** 2

    def correlation(v):
        a, b = v[2] / v[0], v[3] / v[0]
        spreads = (v[4] / v[0] - a * a) * (v[6] / v[0] - b * b)
        return (v[5] / v[0] - a * b) / math.sqrt(spreads)

    bias = DEVIATION**2 / n**2
    s2 = spread(body) + bias
    means = []
    for sampled in (False, True):
        sampling = DESIGN * n * s2 if sampled else 0

        def excess(mu):
            return (first[0] - mu * n) ** 2 - Z**2 * (DEVIATION**2 * (1 + mu * mu) + sampling)

        low, high = ends(excess, first[0] / n, -1.0, 1.0)
        means.append([56.5 + 38.5 * low, 56.5 + 38.5 * high])
    found["mean"] = means
    value, deviation = delta(spread, body, s2)
    r2 = (1 + abs(first[0] / n)) ** 2
    extra = DESIGN * s2 * (r2 - s2) / n
    found["variance"] = [
        [38.5**2 * (value + sign * Z * math.sqrt(deviation**2 + more)) for sign in (-1, 1)]
        for more in (0, extra)
    ]
    found["variance_value"] = 38.5**2 * s2
    s3 = second[2] / n - (first[1] / n) ** 2 + bias
    r = (second[1] / n - first[0] * first[1] / n**2) / math.sqrt(s2 * s3)
    _, deviation = delta(correlation, body, None)
    in_z = deviation / (1 - r * r)
    found["correlation"] = [
        [math.tanh(math.atanh(r) + sign * Z * math.sqrt(in_z**2 + more)) for sign in (-1, 1)]
        for more in (0, DESIGN / (n - 3))
    ]
    return found


def main():
    check_wilson()
    rng = np.random.default_rng(20261123)
    tables = {"alder": make_rows(rng, "alder", 260, 0), "birch": make_rows(rng, "birch", 180, 6)}
    rows = {holder: counted(table) for holder, table in tables.items()}
    vectors = {holder: vector(rows[holder], holder) for holder in rows}
    total = sum(vectors.values())
    noise = np.rint(rng.normal(0, DEVIATION * UNIT, len(total))).astype(np.int64)
    print(
        json.dumps(
            {
                "query": QUERY,
                "header": HEADER,
                "tables": tables,
                "vectors": {holder: v.tolist() for holder, v in vectors.items()},
                "exact": exact(rows),
                "noise_deviation": DEVIATION,
                "noise": noise.tolist(),
                "noisy": noisy(total + noise),
            },
            separators=(",", ":"),
        ).replace("],[", "],\n[")
    )


main()
