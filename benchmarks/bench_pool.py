"""Pooling, side by side in one run: metamsc, metafor, PyMARE, PyMetaAnalysis, statsmodels.

Run: python benchmarks/bench_pool.py [--without-r]

Processor time, medians, imports and the first call excluded, one thread. "metamsc" is the whole
result of `pool` (estimate, tests, Q-profile interval of tau2, I2, prediction interval, fit statistics,
weights, warnings); what the others do for their time is said in each column's note.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.peers.timing import beside, cpu_seconds, machine, one_thread, readable, table

one_thread()

import numpy as np  # noqa: E402

from benchmarks.peers import python_packages as peers  # noqa: E402
from benchmarks.peers.metafor import metafor_seconds  # noqa: E402
from metamsc.models.batch import FloatArray  # noqa: E402
from metamsc.models.fit import fit_batch  # noqa: E402
from metamsc.models.inference import critical_value  # noqa: E402
from metamsc.models.permutation import permutation_test  # noqa: E402
from metamsc.models.pool import pool  # noqa: E402
from metamsc.sensitivity.cumulative import leave_one_out  # noqa: E402

SIZES = (10, 100, 1000, 100_000)
OUTCOMES, OUTCOME_SIZE = 1000, 20
LEFT_OUT, PERMUTED, PERMUTATIONS = 100, 50, 1000
# metafor makes k x k matrices: 10,000 studies were not done after two minutes.
LARGEST_FOR_METAFOR = 1000
# Processor seconds for all of metafor's jobs.
PATIENCE = 90


def make_data(k: int, seed: int = 1) -> tuple[FloatArray, FloatArray]:
    """Return k heterogeneous effects with variances two decades apart."""
    rng = np.random.default_rng(seed)
    v = 10.0 ** rng.uniform(-2.0, 0.0, k)
    return rng.normal(0.3, np.sqrt(v + 0.1)), v


def single_fits(metafor: dict[str, float], pymeta: object | None) -> str:
    """Return the table of one REML fit by number of studies."""
    rows = []
    for k in SIZES:
        y, v = make_data(k)
        ours = cpu_seconds(lambda y=y, v=v: pool(y, v))  # type: ignore[misc]  # defaults bind the loop's values
        theirs = [
            metafor.get(f"single-{k}"),
            cpu_seconds(peers.pymare_pool(y, v)),
            None if pymeta is None else cpu_seconds(peers.pymeta_pool(pymeta, y, v)),
        ]
        rows.append([f"REML, k = {k:,}", readable(ours), *(beside(t, ours) for t in theirs)])
    return table(["one fit", "metamsc", "metafor", "PyMARE", "PyMetaAnalysis"], rows)


def linear_in_k() -> str:
    """Return the table of one REML fit of many studies."""
    rows = []
    for k in (10_000, 100_000, 1_000_000):
        y, v = make_data(k)
        ours = cpu_seconds(lambda y=y, v=v: pool(y, v))  # type: ignore[misc]  # as above
        rows.append([f"REML, k = {k:,}", readable(ours), f"{1e9 * ours / k:.0f} ns"])
    return table(["linear in k", "metamsc", "per study"], rows)


def without_reml() -> str:
    """Return the table beside statsmodels, which has no REML."""
    rows = []
    for k in SIZES:
        y, v = make_data(k)
        for method, name in (("PM", "iterated"), ("DL", "dl")):
            ours = cpu_seconds(lambda y=y, v=v, m=method: pool(y, v, tau2_method=m))  # type: ignore[misc]  # as above
            plain = cpu_seconds(lambda y=y, v=v, m=method: mean_with_interval(y, v, m))  # type: ignore[misc]  # as above
            theirs = cpu_seconds(peers.statsmodels_pool(y, v, name))
            cells = (readable(ours), readable(plain), beside(theirs, plain))
            rows.append([f"{method}, k = {k:,}", *cells])
    return table(["one fit", "metamsc pool", "the same as they", "statsmodels"], rows)


def mean_with_interval(y: FloatArray, v: FloatArray, method: str) -> tuple[float, float]:
    """Return what statsmodels gives: tau2, I2, the mean with its standard error and interval."""
    fit = fit_batch(y[None], v[None], tau2_method=method)
    half = critical_value(0.95, float(fit.df[0])) * float(fit.cov[0, 0, 0]) ** 0.5
    return float(fit.estimate[0, 0]) - half, float(fit.estimate[0, 0]) + half


def many_fits(metafor: dict[str, float], pymeta: object | None) -> str:
    """Return the table of jobs made of many fits."""
    rows = [
        [name, readable(ours), *(beside(seconds, ours) for seconds in theirs)]
        for name, ours, theirs in (
            outcomes_at_once(metafor, pymeta),
            leaving_one_out(metafor, pymeta),
            permutations(metafor),
        )
    ]
    return table(["many fits (REML)", "metamsc", "metafor", "PyMARE", "PyMetaAnalysis"], rows)


Job = tuple[str, float, list[float | None]]


def outcomes_at_once(metafor: dict[str, float], pymeta: object | None) -> Job:
    """Fit many outcomes; who has no call for that fits them one after the other."""
    y, v = (a.reshape(OUTCOMES, -1) for a in make_data(OUTCOMES * OUTCOME_SIZE))
    columns = [np.ascontiguousarray(a.T) for a in (y, v)]
    loop = None
    if pymeta is not None:
        loop = OUTCOMES * float(
            np.mean([cpu_seconds(peers.pymeta_pool(pymeta, y[i], v[i])) for i in range(5)])
        )
    theirs = [metafor.get("outcomes"), cpu_seconds(peers.pymare_many(*columns)), loop]
    return f"{OUTCOMES:,} outcomes, k = {OUTCOME_SIZE}", cpu_seconds(lambda: fit_batch(y, v)), theirs


def leaving_one_out(metafor: dict[str, float], pymeta: object | None) -> Job:
    """Fit without each study in turn."""
    y, v = make_data(LEFT_OUT)
    rest = np.array([np.delete(np.arange(LEFT_OUT), i) for i in range(LEFT_OUT)]).T
    theirs = [
        metafor.get("leave-one-out"),
        cpu_seconds(peers.pymare_many(y[rest], v[rest])),
        None if pymeta is None else cpu_seconds(peers.pymeta_leave_one_out(pymeta, y, v)),
    ]
    return f"leave-one-out, k = {LEFT_OUT}", cpu_seconds(lambda: leave_one_out(y, v)), theirs


def permutations(metafor: dict[str, float]) -> Job:
    """Permute the values of one moderator; PyMetaAnalysis has no such test."""
    y, v = make_data(PERMUTED)
    x = moderator(PERMUTED)
    X = np.column_stack([np.ones(PERMUTED), x])
    ours = cpu_seconds(
        lambda: permutation_test(y, v, X=X, ci_method="wald", exact=False, n_sampled=PERMUTATIONS, seed=1)
    )
    pymare = cpu_seconds(peers.pymare_permutation(y, v, x[:, None], PERMUTATIONS))
    return f"{PERMUTATIONS:,} permutations, k = {PERMUTED}", ours, [metafor.get("permutation"), pymare, None]


def moderator(k: int) -> FloatArray:
    """Return a moderator's values."""
    return np.random.default_rng(5).normal(size=k)


def run_metafor() -> tuple[dict[str, float], str]:
    """Return metafor's times of the same jobs on the same data."""
    data = {}
    for k in SIZES:
        if k <= LARGEST_FOR_METAFOR:
            y, v = make_data(k)
            data[f"single-{k}"] = {"yi": y, "vi": v}
    y, v = make_data(OUTCOMES * OUTCOME_SIZE)
    data["outcomes"] = {"set": np.repeat(np.arange(OUTCOMES), OUTCOME_SIZE), "yi": y, "vi": v}
    y, v = make_data(LEFT_OUT)
    data["leave-one-out"] = {"yi": y, "vi": v}
    y, v = make_data(PERMUTED)
    data["permutation"] = {"yi": y, "vi": v, "x": moderator(PERMUTED)}
    return metafor_seconds(list(data), data, PATIENCE)


def main() -> None:
    """Run all measurements."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--without-r", action="store_true", help="leave metafor out")
    options = parser.parse_args()
    print(machine())
    metafor, version = ({}, "left out") if options.without_r else run_metafor()
    pymeta, pymeta_version = peers.find_pymeta()
    print(f"metafor: {version}. PyMetaAnalysis: {pymeta_version}.")
    print("Times, and how many times metamsc's in brackets.\n")
    print(single_fits(metafor, pymeta))
    print("metamsc: everything, with the interval of tau2; the others: without that interval.\n")
    print(many_fits(metafor, pymeta))
    print(
        "Outcomes: fit_batch, metafor one after the other, PyMARE in one call (coefficients and tau2 only), "
        "PyMetaAnalysis five, scaled.\n"
    )
    print(linear_in_k())
    print()
    print(without_reml())
    print(
        "statsmodels has no REML; it gives the mean with its intervals, no interval of tau2: beside the same."
    )


if __name__ == "__main__":
    main()
