"""The figures that `crates/dp` is held against, by an accountant that is not ours.

    pip install dp-accounting==0.6.0 mpmath
    python3 tests/reference/accounting.py tests/reference

writes `accounting.csv` (epsilon of jobs), `accounting_rdp.csv` (Renyi divergences of single
releases) and `accounting_noise.csv` (the least noise for an epsilon). It takes about a minute.

* `eps_rdp` and `rdp_order` are dp-accounting's, with its default orders. At fractional orders below
  a sampling rate of 1 it adds magnitudes where the published series alternates, which is an upper
  bound. `eps_rdp_exact` and `rdp_order_exact` have the integral of arXiv 1908.10530 instead, to 30
  digits by mpmath.
* `eps_pld` is dp-accounting's upper bound by connecting the dots, both directions of
  add-or-remove-one, at the coarsest `interval` with which a coarser one would tell the same to one
  part in 10,000 or so.
* `eps_gaussian` is the closed form where nothing is sampled (arXiv 1805.06530, Theorem 8), by
  mpmath.
"""

import csv
import math
import sys

from dp_accounting import dp_event, mechanism_calibration
from dp_accounting.pld import privacy_loss_distribution as pld
from dp_accounting.rdp import rdp_privacy_accountant as rdp
import mpmath

mpmath.mp.dps = 30

# (noise multiplier, sampling rate, releases), ...; delta
JOBS = [
    ([(6.54, 0.2, 100)], 1e-4),
    ([(7.19, 0.2, 100)], 1e-4),
    ([(7.27, 0.2, 102)], 1e-4),
    ([(8.905, 0.2, 102)], 1e-4),
    ([(0.5, 0.001, 100)], 1e-5),
    ([(0.7, 0.02, 10)], 1e-5),
    ([(0.7, 0.005, 3000)], 1e-6),
    ([(0.9, 0.02, 500)], 1e-6),
    ([(1.0, 0.1, 1)], 1e-5),
    ([(1.0, 0.3, 5)], 1e-3),
    ([(1.3, 0.05, 200)], 1e-7),
    ([(1.5, 0.01, 5000)], 1e-5),
    ([(1.5, 0.9, 10)], 1e-5),
    ([(2.0, 0.001, 20000)], 1e-6),
    ([(2.0, 0.02, 500)], 1e-10),
    ([(2.5, 0.5, 40)], 1e-5),
    ([(3.0, 0.1, 1000)], 1e-6),
    ([(3.0, 0.01, 1000)], 1e-5),
    ([(4.0, 0.05, 10000)], 1e-8),
    ([(5.0, 0.25, 64)], 1e-3),
    ([(6.0, 0.02, 2000)], 1e-5),
    ([(8.0, 0.99, 300)], 1e-5),
    ([(10.0, 0.1, 1000)], 1e-4),
    ([(12.0, 0.5, 100)], 1e-9),
    ([(20.0, 0.2, 200)], 1e-6),
    ([(30.0, 0.3, 4000)], 1e-5),
    ([(50.0, 0.5, 50)], 1e-5),
    ([(2.0, 1.0, 1)], 1e-3),
    ([(3.7, 1.0, 12)], 1e-5),
    ([(10.0, 1.0, 1)], 1e-10),
    ([(25.0, 1.0, 300)], 1e-7),
    ([(60.0, 1.0, 8)], 1e-4),
    ([(6.54, 0.2, 100), (40.0, 1.0, 12)], 1e-4),
    ([(1.0, 0.01, 800), (2.0, 0.05, 200)], 1e-5),
    ([(5.0, 1.0, 3), (4.0, 0.1, 100), (1.1, 0.004, 1000)], 1e-6),
    ([(15.0, 0.2, 150), (15.0, 1.0, 4), (30.0, 1.0, 24)], 1e-4),
]

# noise multiplier, sampling rate, orders
CURVES = [
    (0.5, 0.001, [1.3, 2, 4.5, 9, 17]),
    (0.8, 0.1, [1.1, 2.6, 3, 10.9, 33]),
    (1.0, 0.01, [1.5, 2, 7.8, 16, 63, 128]),
    (1.1, 0.004266666666666667, [2, 8.1, 12, 40]),
    (2.0, 0.05, [1.7, 4.6, 6, 24, 256]),
    (6.54, 0.2, [2, 5.5, 14, 63, 512]),
    (20.0, 0.5, [1.2, 10.1, 32, 1024]),
    (100.0, 0.001, [2, 3.3, 50, 1024]),
]

# sampling rate, releases, delta, epsilon
LIMITS = [
    (0.2, 100, 1e-4, 1.0),
    (0.2, 102, 1e-4, 1.0),
    (0.2, 102, 1e-4, 0.5),
    (0.01, 1000, 1e-5, 0.4),
    (0.05, 2000, 1e-6, 1.5),
    (1.0, 1, 1e-5, 1.0),
    (1.0, 12, 1e-6, 0.3),
    (0.5, 64, 1e-7, 0.8),
    (0.001, 20000, 1e-6, 0.2),
    (0.1, 10, 1e-3, 0.25),
]


def event(job):
    each = []
    for sigma, rate, count in job:
        release = dp_event.GaussianDpEvent(sigma)
        if rate < 1:
            release = dp_event.PoissonSampledDpEvent(rate, release)
        each.append(dp_event.SelfComposedDpEvent(release, count))
    return dp_event.ComposedDpEvent(each)


def divergence(sigma, rate, alpha):
    """Renyi divergence of one release at `alpha`, in nats, by the integral."""
    sigma, rate, alpha = mpmath.mpf(sigma), mpmath.mpf(rate), mpmath.mpf(alpha)

    def excess(t):
        f = 1 - rate + rate * mpmath.exp(t / sigma - 1 / (2 * sigma**2))
        return mpmath.npdf(t) * (f**alpha - 1 - alpha * (f - 1))

    top = alpha / sigma + 14
    points = [-14, -7, 0] + [top * k / 8 for k in range(1, 9)]
    return mpmath.log1p(mpmath.quad(excess, points)) / (alpha - 1)


def exact_rdp(job, delta):
    """The least epsilon over dp-accounting's orders, the fractional ones by the integral."""
    orders = rdp.DEFAULT_RDP_ORDERS
    accountant = rdp.RdpAccountant(orders)
    accountant.compose(event(job))
    bound = dict(zip(orders, accountant._rdp))  # no public name
    best = rdp.compute_epsilon(orders, accountant._rdp, delta)[0]

    def epsilon(alpha, spent):
        return rdp.compute_epsilon([alpha], [spent], delta)[0]

    found = []
    for alpha, spent in bound.items():
        fractional = alpha != int(alpha) and any(rate < 1 for _, rate, _ in job)
        if not fractional:
            found.append((epsilon(alpha, spent), alpha))
        elif epsilon(alpha, spent) < best * 1.02:
            spent = sum(
                count
                * (divergence(sigma, rate, alpha) if rate < 1 else alpha / (2 * mpmath.mpf(sigma) ** 2))
                for sigma, rate, count in job
            )
            found.append((epsilon(alpha, float(spent)), alpha))
    return min(found)


def by_distribution(job, delta, interval):
    total = None
    for sigma, rate, count in job:
        one = pld.from_gaussian_mechanism(
            sigma, value_discretization_interval=interval, sampling_prob=rate
        ).self_compose(count)
        total = one if total is None else total.compose(one)
    return total.get_epsilon_for_delta(delta)


def fine(job, delta):
    """The upper bound where doubling the interval adds less than three parts in 10,000: the error
    grows with its square, so that what is left of it is about a third of that."""
    interval = 1e-4
    finer = by_distribution(job, delta, interval)
    coarser = by_distribution(job, delta, 2 * interval)
    while coarser > finer * (1 + 3e-4) and interval > 1e-6:
        interval, coarser = interval / 2, finer
        finer = by_distribution(job, delta, interval)
    return finer, interval


def closed_form(job, delta):
    if any(rate < 1 for _, rate, _ in job):
        return ""
    mu = mpmath.sqrt(sum(count / mpmath.mpf(sigma) ** 2 for sigma, _, count in job))

    def excess(eps):
        return (
            mpmath.ncdf(mu / 2 - eps / mu)
            - mpmath.exp(eps) * mpmath.ncdf(-mu / 2 - eps / mu)
            - mpmath.mpf(delta)
        )

    low, high = mpmath.mpf(0), mu**2 + 20 * mu
    for _ in range(90):
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) > 0 else (low, middle)
    return repr(float(high))


def main(folder):
    with open(f"{folder}/accounting.csv", "w", newline="") as file:
        file.write("# dp-accounting 0.6.0; events are noise multiplier:sampling rate:releases\n")
        out = csv.writer(file, lineterminator="\n")
        out.writerow(
            "events delta eps_rdp rdp_order eps_rdp_exact rdp_order_exact "
            "eps_pld interval eps_gaussian".split()
        )
        for job, delta in JOBS:
            accountant = rdp.RdpAccountant()
            accountant.compose(event(job))
            theirs, order = accountant.get_epsilon_and_optimal_order(delta)
            exact, exact_order = exact_rdp(job, delta)
            upper, interval = fine(job, delta)
            events = " ".join(f"{s}:{q}:{n}" for s, q, n in job)
            row = [events, delta, theirs, order, exact, exact_order, upper, interval]
            row = [str(field) for field in row] + [closed_form(job, delta)]
            out.writerow(row)
            file.flush()
            print(row, file=sys.stderr)

    with open(f"{folder}/accounting_rdp.csv", "w", newline="") as file:
        file.write("# whole orders: dp-accounting 0.6.0; fractional ones: the integral, by mpmath\n")
        out = csv.writer(file, lineterminator="\n")
        out.writerow("sigma rate order rdp".split())
        for sigma, rate, orders in CURVES:
            for alpha in orders:
                if alpha == int(alpha):
                    accountant = rdp.RdpAccountant([alpha])
                    accountant.compose(event([(sigma, rate, 1)]))
                    spent = float(accountant._rdp[0])
                else:
                    spent = float(divergence(sigma, rate, alpha))
                out.writerow([str(sigma), str(rate), str(alpha), repr(spent)])
        for scale in (0.5, 1, 3, 40):
            for alpha in (1.1, 2, 4.5, 32):
                # No sampling, and "laplace" in place of a rate.
                accountant = rdp.RdpAccountant([alpha])
                accountant.compose(dp_event.LaplaceDpEvent(scale))
                out.writerow([str(scale), "laplace", str(alpha), repr(float(accountant._rdp[0]))])

    with open(f"{folder}/accounting_noise.csv", "w", newline="") as file:
        file.write("# dp-accounting 0.6.0, by its whole orders alone, which are exact\n")
        out = csv.writer(file, lineterminator="\n")
        out.writerow("rate releases delta epsilon sigma".split())
        whole = [order for order in rdp.DEFAULT_RDP_ORDERS if order == int(order)]
        for rate, count, delta, epsilon in LIMITS:
            sigma = mechanism_calibration.calibrate_dp_mechanism(
                lambda: rdp.RdpAccountant(whole),
                lambda sigma: event([(sigma, rate, count)]),
                epsilon,
                delta,
                mechanism_calibration.ExplicitBracketInterval(0.3, 1000),
                tol=1e-9,
            )
            # Fractional orders can allow a little less where the best one is below 11.
            accountant = rdp.RdpAccountant()
            accountant.compose(event([(sigma, rate, count)]))
            assert accountant.get_epsilon_and_optimal_order(delta)[1] >= 11
            out.writerow([str(rate), str(count), str(delta), str(epsilon), repr(float(sigma))])


if __name__ == "__main__":
    main(sys.argv[1])
