"""Every figure of ``metamsc plot``, drawn of what is shipped."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TypeVar
from unittest.mock import patch

from matplotlib.figure import Figure

from metamsc.analysis.multiverse import run_multiverse
from metamsc.analysis.run import run
from metamsc.analysis.spec import AnalysisSpec
from metamsc.checks.read import read_records
from metamsc.records.studies import Studies
from metamsc.report.plot_kinds import PlotRequest, draw_kind

ROOT = Path(__file__).parents[2]
BCG, PLAN, PLANS = "examples/bcg.csv", "analyses/hba1c", "analyses"
SOURCES = {
    "dose-response": PLAN, "sensitivity": PLAN, "traffic-light": PLAN, "rob-summary": PLAN, "flow": PLAN,
    "orchard": PLAN, "funnel": PLAN, "specification": PLAN, "evidence-map": PLANS, "translation": PLANS,
}  # fmt: skip
"""What each kind is drawn of; the others of the CSV."""

_read = lru_cache(maxsize=1)(read_records)
_Computed = TypeVar("_Computed")


def _once(compute: Callable[..., _Computed]) -> Callable[..., _Computed]:
    """Compute for each plan once; the records are the same always."""
    known: dict[str, _Computed] = {}

    def found(spec: AnalysisSpec, studies: Studies, **options: object) -> _Computed:
        key = f"{spec.model_dump_json()}{sorted(options.items())}"
        if key not in known:
            known[key] = compute(spec, studies, **options)
        return known[key]

    return found


_run, _run_multiverse = _once(run), _once(run_multiverse)


def draw_shipped(kind: str, *, width: float | None = None, source: str = "", outcome: str = "") -> Figure:
    """Draw a figure; records are read, and each plan is run, once for all figures."""
    flags = {"mods": "ablat + alloc"} if kind in ("bubble", "coefficients") else {}
    request = PlotRequest(
        source=ROOT / (source or SOURCES.get(kind, BCG)),
        records=str(ROOT / "data/extractions"),
        flags=flags,
        width=width,
        outcome=outcome,
    )
    with (
        patch("metamsc.checks.read.read_records", _read),
        patch("metamsc.analysis.run.run", _run),
        patch("metamsc.analysis.multiverse.run_multiverse", _run_multiverse),
    ):
        figure = draw_kind(kind, request).get_figure(root=True)
    assert figure is not None
    return figure
