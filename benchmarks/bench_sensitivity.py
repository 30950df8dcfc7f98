"""Sensitivity analyses, side by side with metafor in one run: subsets, leave-one-out, selection models.

Run: python benchmarks/bench_sensitivity.py [--subsets 1000000] [--without-r]

Processor time (all processes), and for subsets the clock and the memory as well. metafor does as many
subsets as it can in about half a minute; the ratio is per subset. Of its leave-one-out of 1,000 studies
it does one refit, which is taken a thousand times.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.peers.timing import beside, cpu_seconds, machine, one_thread, readable, table

one_thread()

import numpy as np  # noqa: E402

from metamsc.models.batch import FloatArray  # noqa: E402
from metamsc.sensitivity.cumulative import cumulative, leave_one_out  # noqa: E402
from metamsc.sensitivity.gosh import gosh  # noqa: E402
from metamsc.sensitivity.influence import measure_influence  # noqa: E402
from metamsc.sensitivity.missing import bound_missing  # noqa: E402
from metamsc.sensitivity.missing_result import MissingTrial  # noqa: E402
from metamsc.sensitivity.p_uniform import p_uniform_star  # noqa: E402
from metamsc.sensitivity.selection import selection_model  # noqa: E402
from metamsc.sensitivity.trim_fill import trim_and_fill  # noqa: E402

STUDIES = 20
METAFOR_SUBSETS = {"REML": 3000, "DL": 30_000}
PATIENCE = 120
R_SCRIPT = """
suppressPackageStartupMessages(library(metafor))
folder <- commandArgs(trailingOnly = TRUE)[1]
read <- function(name) read.csv(file.path(folder, paste0(name, ".csv")))
said <- function(name, expr, n = 1) {
  start <- proc.time()
  suppressWarnings(force(expr))
  cat(name, sum((proc.time() - start)[1:2]) / n, "\\n")
}
d <- read("k20"); set.seed(1)
for (m in c("REML", "DL")) {
  n <- c(REML = %(REML)d, DL = %(DL)d)[[m]]
  said(paste0("gosh-", m), gosh(rma(yi, vi, data = d, method = m), subsets = n, progbar = FALSE), n)
}
d <- read("k100")
x <- rma(yi, vi, data = d, method = "REML")
said("loo-100", leave1out(x))
said("influence-100", influence(x))
said("trimfill-100", trimfill(x))
big <- read("k1000")
said("loo-1000", rma(yi, vi, data = big[-1, ], method = "REML"), 1 / 1000)
x <- rma(yi, vi, data = d, method = "ML")
said("step-1", selmodel(x, type = "stepfun", steps = .025))
said("step-3", selmodel(x, type = "stepfun", steps = c(.025, .1, .5)))
said("half-normal", selmodel(x, type = "halfnorm"))
"""


def make_data(k: int, seed: int = 1) -> tuple[FloatArray, FloatArray]:
    """Return k heterogeneous effects."""
    rng = np.random.default_rng(seed)
    v = rng.uniform(0.01, 0.2, k)
    return rng.normal(0.3, np.sqrt(v + 0.05)), v


def metafor_seconds() -> dict[str, float]:
    """Return processor seconds of metafor's jobs by name; empty where there is no R or no metafor."""
    rscript = shutil.which("Rscript")
    if rscript is None:
        return {}
    with tempfile.TemporaryDirectory() as folder:
        for k in (20, 100, 1000):
            y, v = make_data(k)
            lines = ["yi,vi", *(f"{a!r},{b!r}" for a, b in zip(y.tolist(), v.tolist(), strict=True))]
            (Path(folder) / f"k{k}.csv").write_text("\n".join(lines))
        script = Path(folder) / "jobs.R"
        script.write_text(R_SCRIPT % METAFOR_SUBSETS)
        done = subprocess.run(
            [rscript, str(script), folder],
            capture_output=True,
            text=True,
            timeout=10 * PATIENCE,
            check=False,
            cwd=folder,
        )
    pairs = (line.split() for line in done.stdout.splitlines())
    return {pair[0]: float(pair[1]) for pair in pairs if len(pair) == 2}


def _used() -> float:
    """Return processor seconds of this process and of the children that have ended."""
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def subsets(n: int, metafor: dict[str, float]) -> str:
    """Return the table of many subsets."""
    y, v = make_data(STUDIES)
    y25, v25 = make_data(25)
    rows = []
    for method, count, data in (("REML", n, (y, v)), ("DL", 10 * n, (y25, v25))):
        for executor in ("serial", "processes"):
            with tempfile.TemporaryDirectory() as folder:
                output = Path(folder) / "subsets.parquet" if executor == "processes" else None
                used, clock = _used(), time.perf_counter()
                gosh(*data, n_subsets=count, seed=1, tau2_method=method, executor=executor, output=output)
                clock, used = time.perf_counter() - clock, _used() - used
            per_subset = used / count
            theirs = metafor.get(f"gosh-{method}")
            rows.append([
                f"{count:,} {method}, {executor}{', file' if output else ''}",
                f"{clock:.1f} s",
                f"{used:.1f} s",
                f"{1e6 * per_subset:.2f} us",
                beside(theirs, per_subset),
            ])  # fmt: skip
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    head = ["subsets", "clock", "processor", "per subset", "metafor"]
    return table(head, rows) + f"\npeak memory of this process {peak:.0f} MB"


def refits(metafor: dict[str, float]) -> str:
    """Return the table of refits and selection models."""
    y, v = make_data(100)
    big = make_data(1000)
    jobs: list[tuple[str, str, Callable[[], object]]] = [
        ("leave-one-out, REML, k = 100", "loo-100", lambda: leave_one_out(y, v)),
        ("leave-one-out, REML, k = 1000", "loo-1000", lambda: leave_one_out(*big)),
        ("cumulative, REML, k = 1000", "", lambda: cumulative(*big)),
        ("influence, REML, k = 100", "influence-100", lambda: measure_influence(y, v)),
        ("trim and fill, k = 100", "trimfill-100", lambda: trim_and_fill(y, v)),
        ("selection, one step, k = 100", "step-1", lambda: selection_model(y, v)),
        ("selection, three steps", "step-3", lambda: selection_model(y, v, steps=(0.025, 0.1, 0.5))),
        ("selection, half-normal", "half-normal", lambda: selection_model(y, v, kind="half-normal")),
        ("p-uniform*, k = 100", "", lambda: p_uniform_star(y, v)),
        ("bound for a missing trial, k = 100", "", lambda: bound_missing(y, v, [MissingTrial(label="x")])),
    ]
    rows = []
    for name, theirs, work in jobs:
        ours = cpu_seconds(work)
        rows.append([name, readable(ours), beside(metafor.get(theirs), ours)])
    return table(["refits", "metamsc", "metafor"], rows)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--subsets", type=int, default=1_000_000)
    parser.add_argument("--without-r", action="store_true")
    options = parser.parse_args()
    metafor = {} if options.without_r else metafor_seconds()
    print(machine())
    print(refits(metafor), end="\n\n")
    print(subsets(options.subsets, metafor))


if __name__ == "__main__":
    main()
