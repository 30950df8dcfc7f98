"""Three-level models, side by side in one run: metamsc and metafor (rma.mv).

Run: python benchmarks/bench_multilevel.py [--without-r]

REML fits of effects within studies, processor time, medians, one thread. "fit" is the whole result without
the variances' intervals, as rma.mv gives it; "intervals" has them (profile likelihood), "robust" are the CR2
tests of a fit. metafor runs dense (its default) and with sparse=TRUE. No Python package that fits this model
is known to compare with.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.peers.timing import beside, cpu_seconds, machine, one_thread, readable, table

one_thread()

import numpy as np  # noqa: E402

from benchmarks.peers.metafor import metafor_seconds  # noqa: E402
from metamsc.models.batch import FloatArray, IntArray  # noqa: E402
from metamsc.models.multilevel.covariance import Blocks, constant_correlation, read_covariance  # noqa: E402
from metamsc.models.multilevel.fit import MultilevelFit, fit_multilevel  # noqa: E402
from metamsc.models.robust import robust_multilevel  # noqa: E402

# (studies, effects in each); the first two have metafor beside them
SIZES = ((100, 5), (1000, 5), (10_000, 5))
# Dense, metafor needs a quarter of a minute for 500 effects and hours for 5,000: left out there.
METAFOR = ("three-level-500-dense", "three-level-500-sparse", "three-level-5000-sparse")
# Processor seconds for all of metafor's jobs.
PATIENCE = 120


def make_data(n: int, each: int) -> tuple[FloatArray, FloatArray, IntArray]:
    """Return effects of `n` studies with variances 1.5 decades apart, and their studies."""
    rng = np.random.default_rng(1)
    study = np.repeat(np.arange(n), each)
    v = 10.0 ** rng.uniform(-2.0, -0.5, study.size)
    y = 0.3 + rng.normal(0.0, 0.3, n)[study] + rng.normal(0.0, np.sqrt(v + 0.04))
    return y, v, study


def row(n: int, each: int, rho: float, metafor: dict[str, float]) -> list[str]:
    """Measure one size and return the line of the table; `rho` is the correlation of sampling errors."""
    y, v, study = make_data(n, each)
    random = {"study": study, "effect": np.arange(study.size)}

    def fit(*, intervals: bool) -> MultilevelFit:
        V: Blocks = constant_correlation(v, study, rho) if rho else read_covariance(v, v.size)
        return fit_multilevel(y, V, random=random, intervals=intervals)

    plain = cpu_seconds(lambda: fit(intervals=False))
    profile = cpu_seconds(lambda: fit(intervals=True))
    fitted = fit(intervals=False)
    robust = cpu_seconds(lambda: robust_multilevel(fitted))
    k = n * each
    theirs = [None if rho else metafor.get(f"three-level-{k}-{kind}") for kind in ("dense", "sparse")]
    return [
        f"k = {k:,} in {n:,} studies, rho {rho}",
        *(readable(t) for t in (plain, profile, robust)),
        f"{1e6 * plain / k:.1f} us",
        *(beside(t, plain) for t in theirs),
    ]


def main() -> None:
    """Print one line per size."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--without-r", action="store_true", help="leave metafor out")
    options = parser.parse_args()
    print(machine())
    data = {}
    for n, each in SIZES[:2]:
        y, v, study = make_data(n, each)
        data[f"three-level-{n * each}"] = {"yi": y, "vi": v, "study": study, "effect": np.arange(y.size)}
    found, version = ({}, "left out") if options.without_r else metafor_seconds(METAFOR, data, PATIENCE)
    print(f"metafor: {version}. Times, and how many times metamsc's fit in brackets.\n")
    head = ["three-level REML", "fit", "intervals", "robust", "fit/effect", "metafor dense", "metafor sparse"]
    print(table(head, [row(n, each, rho, found) for n, each in SIZES for rho in (0.0, 0.6)]))


if __name__ == "__main__":
    main()
