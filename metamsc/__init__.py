"""Meta-analysis of mesenchymal stromal cell therapy in diabetes, clinical and preclinical.

The table of contents: everything a script needs has its name here. Names load their module when they
are first used, so that ``import metamsc`` is quick::

    import metamsc as mm

    records = mm.read_records("data/extractions")
    result = mm.run(mm.read_spec("analyses/hba1c"), records)
    mm.draw_forest(result)
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0.dev0"

_HOME = {
    "read_records": "metamsc.checks.read",
    "Studies": "metamsc.records.studies",
    "Study": "metamsc.records.model",
    "check_records": "metamsc.checks.run",
    "CheckReport": "metamsc.checks.run",
    "effect_table": "metamsc.dataset.build",
    "EffectTable": "metamsc.dataset.rows",
    "compute_effects": "metamsc.effects.compute",
    "effect_from_contrast": "metamsc.effects.contrast",
    "pool": "metamsc.models.pool",
    "PooledResult": "metamsc.models.results",
    "Interval": "metamsc.models.results",
    "read_spec": "metamsc.analysis.plan",
    "AnalysisSpec": "metamsc.analysis.spec",
    "run": "metamsc.analysis.run",
    "AnalysisResult": "metamsc.analysis.result",
    "draw_forest": "metamsc.plots.forest",
    "draw_funnel": "metamsc.plots.funnel",
    "draw_sensitivity": "metamsc.plots.sensitivity",
    "write_figure": "metamsc.plots.save",
    "build_site": "metamsc.report.build",
    "Problem": "metamsc.errors",
    "MetamscError": "metamsc.errors",
    "RecordError": "metamsc.errors",
}

__all__ = [
    "AnalysisResult",
    "AnalysisSpec",
    "CheckReport",
    "EffectTable",
    "Interval",
    "MetamscError",
    "PooledResult",
    "Problem",
    "RecordError",
    "Studies",
    "Study",
    "__version__",
    "build_site",
    "check_records",
    "compute_effects",
    "draw_forest",
    "draw_funnel",
    "draw_sensitivity",
    "effect_from_contrast",
    "effect_table",
    "pool",
    "read_records",
    "read_spec",
    "run",
    "write_figure",
]

if TYPE_CHECKING:
    from metamsc.analysis.plan import read_spec as read_spec
    from metamsc.analysis.result import AnalysisResult as AnalysisResult
    from metamsc.analysis.run import run as run
    from metamsc.analysis.spec import AnalysisSpec as AnalysisSpec
    from metamsc.checks.read import read_records as read_records
    from metamsc.checks.run import CheckReport as CheckReport
    from metamsc.checks.run import check_records as check_records
    from metamsc.dataset.build import effect_table as effect_table
    from metamsc.dataset.rows import EffectTable as EffectTable
    from metamsc.effects.compute import compute_effects as compute_effects
    from metamsc.effects.contrast import effect_from_contrast as effect_from_contrast
    from metamsc.errors import MetamscError as MetamscError
    from metamsc.errors import Problem as Problem
    from metamsc.errors import RecordError as RecordError
    from metamsc.models.pool import pool as pool
    from metamsc.models.results import Interval as Interval
    from metamsc.models.results import PooledResult as PooledResult
    from metamsc.plots.forest import draw_forest as draw_forest
    from metamsc.plots.funnel import draw_funnel as draw_funnel
    from metamsc.plots.save import write_figure as write_figure
    from metamsc.plots.sensitivity import draw_sensitivity as draw_sensitivity
    from metamsc.records.model import Study as Study
    from metamsc.records.studies import Studies as Studies
    from metamsc.report.build import build_site as build_site


def __getattr__(name: str) -> Any:
    """Load the module of a public name when the name is first used (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module 'metamsc' has no attribute {name!r}; it has {', '.join(__all__)}")
    value = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
