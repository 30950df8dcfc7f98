"""Time of a multiverse of 101,376 paths on the shipped records, and of one of them taken alone.

There is no peer: R's multiverse scripts loop over models. What is compared is one path run as an analysis of
its own, which is what such a loop does for each.
"""

from __future__ import annotations

import resource
import time
from pathlib import Path

import metamsc as mm
from metamsc.analysis.multiverse import run_multiverse
from metamsc.analysis.spec import AnalysisSpec
from metamsc.analysis.strata import pool_table
from metamsc.dataset.build import build_table

ROOT = Path(__file__).parents[1]
CHOICES = {
    "tau2_method": ["EE", "DL", "HE", "HS", "HSk", "SJ", "ML", "REML", "EB", "PM", "PMM"],
    "ci_method": ["hksj-adhoc", "hksj", "wald", "t"],
    "unlabelled_spread": ["exclude", "sd", "se"],
    "co_interventions": ["include", "exclude"],
    "unpublished": ["include", "exclude"],
    "post_hoc": ["include", "exclude"],
    "as_reported_only": [False, True],
    "multi_arm": ["combine", "split-control", "highest-dose"],
    "medians": ["convert", "exclude"],
    "msc": ["only", "any"],
    "time": [
        {"label": "12 months"},
        {"label": "latest", "select": {"time": {"at": None, "rule": "latest"}}},
        *(
            {"label": at, "select": {"time": {"at": at, "earliest": "8 weeks", "latest": latest}}}
            for at, latest in (("3 months", "6 months"), ("6 months", "18 months"))
        ),
    ],
}


def main() -> None:
    """Print CPU seconds, memory and the ratio to running every path by itself."""
    records = mm.read_records(ROOT / "data/extractions")
    plan = mm.read_spec(ROOT / "analyses/hba1c").model_dump(by_alias=True, mode="json", exclude_none=True)
    spec = AnalysisSpec.model_validate({**plan, "multiverse": CHOICES})
    start = time.process_time()
    found = run_multiverse(spec, records, patterns=999)
    together = time.process_time() - start
    alone = []
    for _ in range(20):
        start = time.process_time()
        pool_table(build_table(records, spec.select), spec)
        alone.append(time.process_time() - start)
    one = sorted(alone)[len(alone) // 2]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{found.n_paths:,} paths with joint test: {together:.2f} s CPU, {memory:.0f} MB")
    print(f"one path by itself: {1000 * one:.1f} ms; {found.n_paths:,} of them {one * found.n_paths:,.0f} s")
    print(f"ratio: {one * found.n_paths / together:,.0f} times")


if __name__ == "__main__":
    main()
