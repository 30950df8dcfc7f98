"""Three-level models, side by side in one run: metamsc, its robust tests, and metafor's published times.

Run: python benchmarks/bench_multilevel.py

REML fits of effects within studies. "fit" is the whole result without the variances' intervals,
"intervals" with them (profile likelihood), "robust" the CR2 tests of a fit. metafor's seconds were
measured once on another day on a shared machine of two cores with metafor 3.8-1: facts to set the scale,
not a race. No Python package that fits this model is known to compare with.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from metamsc.models.batch import FloatArray, IntArray
from metamsc.models.multilevel.covariance import Blocks, constant_correlation, read_covariance
from metamsc.models.multilevel.fit import MultilevelFit, fit_multilevel
from metamsc.models.robust import robust_multilevel

# (studies, effects in each): metafor's seconds, dense and with sparse=TRUE
METAFOR = {(100, 5): (17.16, 1.57)}
SIZES = ((100, 3), (100, 5), (1000, 3), (1000, 5), (10_000, 3))
# Time budget of one measurement, seconds.
BUDGET = 2.0


def seconds(work: Callable[[], object]) -> float:
    """Return the fastest of as many runs as fit the budget (at least 2)."""
    best, spent, runs = float("inf"), 0.0, 0
    while runs < 2 or (spent < BUDGET and runs < 50):
        start = time.perf_counter()
        work()
        took = time.perf_counter() - start
        best, spent, runs = min(best, took), spent + took, runs + 1
    return best


def make_data(n: int, each: int) -> tuple[FloatArray, FloatArray, IntArray]:
    """Return effects of `n` studies with variances 1.5 decades apart, and their studies."""
    rng = np.random.default_rng(1)
    study = np.repeat(np.arange(n), each)
    v = 10.0 ** rng.uniform(-2.0, -0.5, study.size)
    y = 0.3 + rng.normal(0.0, 0.3, n)[study] + rng.normal(0.0, np.sqrt(v + 0.04))
    return y, v, study


def row(n: int, each: int, rho: float) -> str:
    """Measure one size and return the line of the table."""
    y, v, study = make_data(n, each)
    random = {"study": study, "effect": np.arange(study.size)}

    def fit(*, intervals: bool) -> MultilevelFit:
        V: Blocks = constant_correlation(v, study, rho) if rho else read_covariance(v, v.size)
        return fit_multilevel(y, V, random=random, intervals=intervals)

    plain = seconds(lambda: fit(intervals=False))
    profile = seconds(lambda: fit(intervals=True))
    fitted = fit(intervals=False)
    robust = seconds(lambda: robust_multilevel(fitted))
    known = METAFOR.get((n, each)) if not rho else None
    last = "-" if known is None else " / ".join(f"{s:.2f} ({s / plain:.0f}x)" for s in known)
    cells = f"{1e3 * plain:>10.1f}{1e3 * profile:>12.1f}{1e3 * robust:>10.1f}"
    return f"{n:>8,}{n * each:>9,}{rho:>6.1f}{cells}{1e6 * plain / (n * each):>14.1f}{last:>28}"


def main() -> None:
    """Print one line per size."""
    print("Three-level REML, milliseconds")
    head = (
        "studies",
        "effects",
        "rho",
        "fit",
        "intervals",
        "robust",
        "us/effect",
        "metafor s (dense / sparse)",
    )
    widths = (8, 9, 6, 10, 12, 10, 14, 28)
    print("".join(f"{text:>{width}}" for text, width in zip(head, widths, strict=True)))
    for n, each in SIZES:
        for rho in (0.0, 0.6):
            print(row(n, each, rho))


if __name__ == "__main__":
    main()
