"""How long other accountants and another sampler take for the tasks on stdin, as JSON to stdout."""

import json
import logging
import sys
import time

logging.disable(logging.CRITICAL)

import dp_accounting
from dp_accounting import pld, rdp

tasks = json.load(sys.stdin)


def event(task):
    release = dp_accounting.GaussianDpEvent(task["sigma"])
    if task["rate"] < 1:
        release = dp_accounting.PoissonSampledDpEvent(task["rate"], release)
    return dp_accounting.SelfComposedDpEvent(release, task["count"])


def timed(make, task):
    took, epsilon = [], None
    for _ in range(tasks["runs"]):
        started = time.perf_counter()
        accountant = make()
        accountant.compose(event(task))
        epsilon = accountant.get_epsilon(task["delta"])
        took.append(time.perf_counter() - started)
    return {"epsilon": epsilon, "seconds": took}


def draws(deviation, count):
    """Nanoseconds a draw by opendp, where it is installed."""
    try:
        import opendp.prelude as dp
    except ImportError:
        return None
    dp.enable_features("contrib")
    space = dp.vector_domain(dp.atom_domain(T=int)), dp.l2_distance(T=float)
    noise = dp.m.make_gaussian(*space, scale=float(deviation))
    zeros = [0] * count
    started = time.perf_counter()
    noise(zeros)
    return (time.perf_counter() - started) / count * 1e9


json.dump(
    {
        "tasks": [
            {"rdp": timed(rdp.RdpAccountant, task), "pld": timed(pld.PLDAccountant, task)}
            for task in tasks["tasks"]
        ],
        "draw_ns": draws(tasks["deviation"], tasks["draws"]),
    },
    sys.stdout,
)
