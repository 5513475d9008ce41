"""Known answers for `network` and `optimiser` of concordat-learn, by numpy and hashlib alone.

Run with any Python that has numpy (made with numpy 2.4.6):

    python network.py > network.json

Everything is computed twice. `bits` follows the rules in the documentation of `network`, one
operation after the other in the stated precision, and is given as hexadecimal IEEE 754 bits that
an implementation must match exactly. `exact` is the textbook in float64: every unit's gradient
is written out, its norm taken and clipped, and the clipped gradients summed. The script fails if
the two are not close, so a rule that computes something else cannot become a known answer.
"""

import hashlib
import json
import math
import struct

import numpy as np

F = np.float32
D = np.float64
np.seterr(all="raise", under="ignore")


def bits32(values):
    return [struct.pack(">f", v).hex() for v in np.ravel(values)]


def bits64(values):
    return [struct.pack(">d", v).hex() for v in np.ravel(values)]


# --- the rules, operation by operation -----------------------------------------------------


def initial(widths, seed):
    def draws():
        n = 0
        while True:
            block = hashlib.sha256(seed + struct.pack(">Q", n)).digest()
            for word in struct.unpack(">8I", block):
                yield word >> 8
            n += 1

    source, weights = draws(), []
    for inputs, outputs in zip(widths, widths[1:]):
        bound = math.sqrt(6.0 / inputs)
        weights += [F((next(source) / 2**23 - 1.0) * bound) for _ in range(inputs * outputs)]
        weights += [F(0)] * outputs
    return np.array(weights, F)


def layers(widths, weights):
    at, found = 0, []
    for inputs, outputs in zip(widths, widths[1:]):
        w = weights[at : at + inputs * outputs].reshape(inputs, outputs)
        at += inputs * outputs
        found.append((w, weights[at : at + outputs]))
        at += outputs
    assert at == len(weights)
    return found


def forward(model, row):
    """What each layer is given, and the last numbers."""
    given, values = [], row
    for place, (w, b) in enumerate(model):
        given.append(values)
        out = []
        for j in range(len(b)):
            z = F(b[j])
            for i in range(len(values)):
                z = F(z + F(values[i] * w[i, j]))
            if place + 1 < len(model):
                z = z if z > 0 else F(0)
            out.append(z)
        values = np.array(out, F)
    return given, values


def predict(output, z):
    if output == "squared-error":
        return z
    if output == "logistic":
        return np.array([F(1.0 / (1.0 + math.exp(-float(v)))) for v in z], F)
    most = max(float(v) for v in z)
    powers = [math.exp(float(v) - most) for v in z]
    total = 0.0
    for power in powers:
        total += power
    return np.array([F(power / total) for power in powers], F)


def backward(model, given, delta):
    deltas = [delta]
    for place in range(len(model) - 1, 0, -1):
        w, _ = model[place]
        before = []
        for i in range(w.shape[0]):
            slope = F(0)
            for j in range(w.shape[1]):
                slope = F(slope + F(deltas[0][j] * w[i, j]))
            before.append(slope if given[place][i] > 0 else F(0))
        deltas.insert(0, np.array(before, F))
    return deltas


def dot(a, b):
    lanes = [0.0] * 8
    for place, (x, y) in enumerate(zip(a, b)):
        lanes[place % 8] += float(x) * float(y)
    total = 0.0
    for lane in lanes:
        total += lane
    return total


def norm(rows):
    """`rows` has, for each row, the given values and the deltas of each layer."""
    depth = len(rows[0][0])
    own = [0.0] * len(rows)
    squared = 0.0
    for layer in range(depth):
        values = [row[0][layer] for row in rows]
        deltas = [row[1][layer] for row in rows]
        inputs, outputs, m = len(values[0]), len(deltas[0]), len(rows)
        for r in range(m):
            own[r] += dot(deltas[r], deltas[r]) * (dot(values[r], values[r]) + 1.0)
        if m == 1:
            continue
        part = 0.0
        if (m + 1) * (inputs + outputs) <= 2 * inputs * outputs:
            for r in range(m):
                for s in range(r):
                    part += 2.0 * (dot(deltas[r], deltas[s]) * (dot(values[r], values[s]) + 1.0))
                part += dot(deltas[r], deltas[r]) * (dot(values[r], values[r]) + 1.0)
        else:
            gradient = [0.0] * ((inputs + 1) * outputs)
            for r in range(m):
                add(gradient, values[r], deltas[r], 1.0)
            for value in gradient:
                part += value * value
        squared += part
    if len(rows) == 1:
        squared = own[0]
    lengths = 0.0
    for value in own:
        lengths += math.sqrt(value)
    return math.sqrt(max(squared, 0.0) + 2.0**-30 * (lengths * lengths))


def add(sums, values, deltas, factor):
    outputs = len(deltas)
    scaled = [float(delta) * factor for delta in deltas]
    for i, value in enumerate(values):
        for j in range(outputs):
            sums[i * outputs + j] += float(value) * scaled[j]
    for j in range(outputs):
        sums[len(values) * outputs + j] += scaled[j]


def clipped(model, widths, output, features, targets, rows_of_each, clip):
    total = [[0.0] * ((i + 1) * o) for i, o in zip(widths, widths[1:])]
    predictions, norms, at = [], [], 0
    for count in rows_of_each:
        rows = []
        for row, target in zip(features[at : at + count], targets[at : at + count]):
            given, z = forward(model, row)
            p = predict(output, z)
            predictions.append(p)
            rows.append((given, backward(model, given, np.array([F(a - b) for a, b in zip(p, target)], F))))
        at += count
        if not rows:
            norms.append(0.0)
            continue
        length = norm(rows)
        norms.append(length)
        factor = clip / length if length > clip else 1.0
        for given, deltas in rows:
            for layer in range(len(model)):
                add(total[layer], given[layer], deltas[layer], factor)
    return np.array(predictions), norms, [value for layer in total for value in layer]


# --- the textbook ---------------------------------------------------------------------------


def textbook(model, output, features, targets, rows_of_each, clip):
    model = [(w.astype(D), b.astype(D)) for w, b in model]
    features, targets = features.astype(D), targets.astype(D)
    total, losses, norms, at = 0, [], [], 0
    for count in rows_of_each:
        x, y = features[at : at + count], targets[at : at + count]
        at += count
        given, a = [], x
        for place, (w, b) in enumerate(model):
            given.append(a)
            z = a @ w + b
            a = np.maximum(z, 0) if place + 1 < len(model) else z
        if output == "squared-error":
            p, loss = z, ((z - y) ** 2).sum(1) / 2
        elif output == "logistic":
            p, loss = 1 / (1 + np.exp(-z)), (np.logaddexp(0, z) - y * z).sum(1)
        else:
            e = np.exp(z - z.max(1, keepdims=True, initial=-np.inf))
            p = e / e.sum(1, keepdims=True)
            loss = -(y * np.log(p)).sum(1)
        losses += loss.tolist()
        delta, parts = p - y, []
        for (w, _), a in reversed(list(zip(model, given))):
            parts.insert(0, np.concatenate([(a.T @ delta).ravel(), delta.sum(0)]))
            delta = (delta @ w.T) * (a > 0)
        gradient = np.concatenate(parts)
        norms.append(np.linalg.norm(gradient))
        total = total + gradient * min(1.0, clip / max(norms[-1], 1e-300))
    return losses, norms, total


# --- the cases ------------------------------------------------------------------------------


def case(name, widths, output, rows_of_each, clip, number):
    rng = np.random.default_rng(number)
    count = sum(rows_of_each)
    seed = hashlib.sha256(name.encode()).digest()
    weights = initial(widths, seed)
    start = bits32(weights)
    # Biases that are not all zero.
    weights = (weights + rng.uniform(-0.1, 0.1, len(weights)).astype(F)).astype(F)
    features = rng.uniform(-1, 1, (count, widths[0])).astype(F)
    outputs = widths[-1]
    if output == "squared-error":
        targets = rng.uniform(-2, 2, (count, outputs)).astype(F)
    elif output == "logistic":
        targets = rng.integers(0, 2, (count, outputs)).astype(F)
    else:
        targets = np.eye(outputs, dtype=F)[rng.integers(0, outputs, count)]
    model = layers(widths, weights)
    predictions, norms, total = clipped(model, widths, output, features, targets, rows_of_each, clip)
    losses, exact_norms, exact = textbook(model, output, features, targets, rows_of_each, clip)
    assert np.allclose(norms, exact_norms, rtol=1e-5, atol=1e-7), name
    assert np.allclose(total, exact, rtol=1e-4, atol=1e-5 * clip), name
    held = [n > clip for n in exact_norms]
    assert any(held) and not all(held), f"{name}: clips {sum(held)} of {len(held)}"
    return {
        "name": name,
        "inputs": widths[0],
        "hidden": widths[1:-1],
        "outputs": outputs,
        "output": output,
        "clip": str(clip),
        "rows_of_each": rows_of_each,
        "seed": seed.hex(),
        "initial": start,
        "weights": bits32(weights),
        "features": bits32(features),
        "targets": bits32(targets),
        "bits": {"predictions": bits32(predictions), "sum": bits64(total)},
        "exact": {"losses": [float(v) for v in losses], "sum": [float(v) for v in exact]},
    }


def optimised(name, rule, rate, momentum, decay, floor):
    rng = np.random.default_rng(7)
    start = rng.uniform(-1, 1, 5)
    changes = rng.uniform(-0.5, 0.5, (4, 5))
    x, m, v = start.copy(), np.zeros(5), np.full(5, float(floor or 0) ** 2)
    beta, keep = float(decay or 0), float(momentum)
    for change in changes:
        m = keep * m + (1.0 - keep) * change
        square = change * change
        if rule == "adagrad":
            v = v + square
        elif rule == "adam":
            v = beta * v + (1.0 - beta) * square
        elif rule == "yogi":
            v = v - (1.0 - beta) * square * np.sign(v - square)
        x = x + (float(rate) * m if rule is None else float(rate) * m / (np.sqrt(v) + float(floor)))
    adaptive = None
    if rule is not None:
        kind = {"kind": rule} if decay is None else {"kind": rule, "decay": decay}
        adaptive = {"rule": kind, "floor": floor}
    return {
        "name": name,
        "optimiser": {"rate": rate, "momentum": momentum, "adaptive": adaptive},
        "start": bits64(start),
        "changes": [bits64(change) for change in changes],
        "end": bits64(x),
    }


def main():
    many = [1, 3, 0, 2, 1, 5]
    networks = [
        case("linear", [3, 1], "squared-error", many, 2.5, 1),
        case("two numbers at once", [5, 2], "squared-error", [1] * 9, 2.0, 2),
        case("logistic", [13, 1], "logistic", many, 1.5, 3),
        case("three questions", [4, 3], "logistic", many, 2.0, 4),
        case("softmax", [6, 4], "softmax", many, 1.75, 5),
        case("one hidden layer", [9, 10, 1], "logistic", many, 1.5, 6),
        case("two hidden layers", [7, 17, 9, 3], "softmax", many, 3.0, 7),
        case("more rows than a block", [3, 5, 1], "squared-error", [30, 40, 1, 70, 20, 1], 24.0, 8),
    ]
    optimisers = [
        optimised("fedavg", None, "1", "0", None, None),
        optimised("fedavg with momentum", None, "0.7", "0.9", None, None),
        optimised("fedadagrad", "adagrad", "0.1", "0", None, "0.001"),
        optimised("fedadam", "adam", "0.1", "0.9", "0.99", "0.001"),
        optimised("fedyogi", "yogi", "0.1", "0.9", "0.99", "0.1"),
    ]
    # One case a line.
    for key, cases, end in [("networks", networks, ","), ("optimisers", optimisers, "}")]:
        lines = ",\n".join(json.dumps(case) for case in cases)
        print(f'{"{" if key == "networks" else ""}"{key}": [\n{lines}\n]{end}')


main()
