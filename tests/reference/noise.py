"""Holds the samplers of `crates/dp` against opendp's, on demand.

    pip install opendp scipy
    cargo build --package concordat-dp --example draw
    python3 tests/reference/noise.py target/debug/examples/draw

Each law is drawn by both, and each is held against the other (Kolmogorov and Smirnov, two samples)
and against the exact probabilities (chi square over cells of one twentieth of a deviation). Exit
status 1 if a p-value is below 0.0001: with eighteen of them, once in 500 times by chance.
"""

import subprocess
import sys

import numpy
import opendp.prelude as dp
from scipy import stats

DRAWS = 200_000
LEAST = 1e-4


def ours(program, law, size, seed):
    command = [program, law, str(size), str(DRAWS), str(seed)]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return numpy.array(text.split(), dtype=numpy.int64)


def theirs(law, size):
    dp.enable_features("contrib")
    atoms = dp.vector_domain(dp.atom_domain(T=int))
    if law == "gaussian":
        noise = dp.m.make_gaussian(atoms, dp.l2_distance(T=float), scale=float(size) ** 0.5)
    else:
        noise = dp.m.make_laplace(atoms, dp.l1_distance(T=int), scale=float(size))
    return numpy.array(noise([0] * DRAWS), dtype=numpy.int64)


def against_law(draws, law, size):
    deviation = size**0.5 if law == "gaussian" else size * 2**0.5
    reach = int(deviation * 12) + 40
    x = numpy.arange(-reach, reach + 1, dtype=float)
    weight = numpy.exp(-x * x / (2 * size)) if law == "gaussian" else numpy.exp(-abs(x) / size)
    width = max(1, int(deviation / 20))
    edges = numpy.arange(-reach, reach + width, width)
    place = numpy.clip((x.astype(int) + reach) // width, 0, len(edges) - 1)
    expected = numpy.bincount(place, weight / weight.sum(), len(edges)) * len(draws)
    inside = numpy.clip(draws, -reach, reach)
    seen = numpy.bincount((inside + reach) // width, minlength=len(edges))
    # Cells of few expected draws are one.
    ample = expected >= 20
    seen = numpy.append(seen[ample], seen[~ample].sum())
    expected = numpy.append(expected[ample], max(expected[~ample].sum(), 1e-9))
    return stats.chisquare(seen, expected * seen.sum() / expected.sum()).pvalue


def main(program):
    worst = 1.0
    cases = [("gaussian", 1 << 20), ("gaussian", 1_234_567), ("gaussian", 1 << 24)]
    cases += [("laplace", 1), ("laplace", 10), ("laplace", 1000)]
    for seed, (law, size) in enumerate(cases):
        mine, other = ours(program, law, size, seed), theirs(law, size)
        found = {
            "two samples": stats.ks_2samp(mine, other).pvalue,
            "ours": against_law(mine, law, size),
            "opendp": against_law(other, law, size),
        }
        worst = min(worst, *found.values())
        print(law, size, {name: f"{p:.4f}" for name, p in found.items()})
    sys.exit(worst < LEAST)


if __name__ == "__main__":
    main(sys.argv[1])
