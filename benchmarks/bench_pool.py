"""Pooling, side by side in one run: metamsc, PyMARE, and metafor's published times.

Run: python benchmarks/bench_pool.py [--subsets 8191]

Rows are REML fits. "kernel" is tau2 alone, as PyMARE's fit() estimates it; "pool" is the whole result
(estimate, tests, intervals, Q-profile, fit statistics). metafor's seconds were measured once on another
day on a shared machine of two cores with metafor 3.8-1 (its own reference BLAS): facts to set the scale,
not a race.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable

import numpy as np

from metamsc.models.batch import BoolArray, FloatArray, make_batch
from metamsc.models.fit import fit_batch
from metamsc.models.pool import pool
from metamsc.models.tau2 import estimate_tau2

# seconds; None where metafor did not finish (it builds k x k matrices)
METAFOR_REML = {10: 0.00708, 100: 0.0082, 1000: 2.8, 100_000: None}
METAFOR_GOSH_10000_REML = 62.7
# Time budget of one measurement, seconds.
BUDGET = 1.0


def seconds(work: Callable[[], object]) -> float:
    """Return the fastest of as many runs as fit the budget (at least 3)."""
    best, spent, runs = float("inf"), 0.0, 0
    while runs < 3 or (spent < BUDGET and runs < 200):
        start = time.perf_counter()
        work()
        took = time.perf_counter() - start
        best, spent, runs = min(best, took), spent + took, runs + 1
    return best


def pymare_reml(y: FloatArray, v: FloatArray) -> Callable[[], object]:
    """Return a PyMARE REML fit; `y`, `v` of shape (k,) or (k, D) for D data sets of one k at once."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pymare.estimators import VarianceBasedLikelihoodEstimator

    X = np.ones((y.shape[0], 1))

    def fit() -> object:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return VarianceBasedLikelihoodEstimator(method="reml").fit(y, v, X)

    return fit


def make_data(k: int, seed: int = 1) -> tuple[FloatArray, FloatArray]:
    """Return k heterogeneous effects with variances two decades apart."""
    rng = np.random.default_rng(seed)
    v = 10.0 ** rng.uniform(-2.0, 0.0, k)
    return rng.normal(0.3, np.sqrt(v + 0.1)), v


def single_fits() -> None:
    """Print one line per k."""
    print("One REML fit, milliseconds (ratio to the kernel in brackets)")
    print(f"{'k':>8}{'kernel':>10}{'pool':>18}{'PyMARE':>18}{'metafor':>20}")
    for k, metafor in METAFOR_REML.items():
        y, v = make_data(k)
        kernel = seconds(lambda y=y, v=v: estimate_tau2(make_batch(y[None], v[None]), "REML"))  # type: ignore[misc]  # defaults bind the loop's values
        whole = seconds(lambda y=y, v=v: pool(y, v))  # type: ignore[misc]  # as above
        theirs = seconds(pymare_reml(y, v))
        cells = [f"{1e3 * t:.2f} ({t / kernel:.1f}x)" for t in (whole, theirs)]
        last = "-" if metafor is None else f"{1e3 * metafor:.1f} ({metafor / kernel:.0f}x)"
        print(f"{k:>8}{1e3 * kernel:>10.2f}{cells[0]:>18}{cells[1]:>18}{last:>20}")


def subset_masks(k: int, n: int) -> BoolArray:
    """Return the first `n` subsets of `k` studies with at least two of them."""
    numbers = np.arange(1, 2**k) if 2**k - 1 <= 4 * n else np.random.default_rng(2).integers(1, 2**k, 4 * n)
    masks = (numbers[:, None] >> np.arange(k)) & 1
    large_enough: BoolArray = masks[masks.sum(axis=1) >= 2] == 1
    return large_enough[:n]


def subsets(k: int, n: int) -> None:
    """Print the time of a batch of subsets, and of PyMARE one by one (on a sample, scaled)."""
    y, v = make_data(k)
    masks = subset_masks(k, n)
    shape = masks.shape
    every_y, every_v = np.broadcast_to(y, shape), np.broadcast_to(v, shape)
    start = time.perf_counter()
    fit = fit_batch(every_y, every_v, mask=masks, ci_method="wald")
    ours = time.perf_counter() - start
    sample = np.random.default_rng(3).choice(len(masks), 50, replace=False)
    start = time.perf_counter()
    theirs = [np.ravel(pymare_reml(y[masks[i]], v[masks[i]])().params_["tau2"])[0] for i in sample]  # type: ignore[attr-defined]  # PyMARE has no types
    one_by_one = (time.perf_counter() - start) / len(sample) * len(masks)
    worst = float(np.max(np.abs(fit.tau2[sample] - theirs)))
    metafor = METAFOR_GOSH_10000_REML / 10_000 * len(masks)
    print(
        f"{len(masks):>9,} subsets of k = {k}: {ours:.2f} s ({1e6 * ours / len(masks):.1f} us each), "
        f"PyMARE one by one {one_by_one:.1f} s ({one_by_one / ours:.0f}x), "
        f"metafor gosh {metafor:.0f} s "
        f"({metafor / ours:.0f}x); largest |tau2 difference| {worst:.0e}"
    )


def same_size(k: int, n: int) -> None:
    """Print the time of n data sets of one k, which PyMARE fits in one call too."""
    rng = np.random.default_rng(4)
    v = 10.0 ** rng.uniform(-2.0, 0.0, (n, k))
    y = rng.normal(0.3, np.sqrt(v + 0.1))
    ours = seconds(lambda: estimate_tau2(make_batch(y, v), "REML"))
    theirs = seconds(pymare_reml(np.ascontiguousarray(y.T), np.ascontiguousarray(v.T)))
    ratio = theirs / ours
    print(
        f"{n:>9,} data sets of k = {k}, each in one call: {ours:.2f} s, PyMARE {theirs:.2f} s ({ratio:.1f}x)"
    )


def main() -> None:
    """Run all measurements."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--subsets", type=int, default=8191, help="subsets of 13 studies (8191 are all)")
    parser.add_argument("--large", type=int, default=200_000, help="subsets of 20 studies")
    options = parser.parse_args()
    single_fits()
    print("\nMany REML fits")
    subsets(13, options.subsets)
    subsets(20, options.large)
    same_size(20, 10_000)


if __name__ == "__main__":
    main()
