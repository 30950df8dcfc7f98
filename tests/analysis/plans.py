"""Plans over **invented** studies."""

from __future__ import annotations

from typing import Any

from metamsc.analysis.result import AnalysisResult, Sensitivity
from metamsc.analysis.run import run
from metamsc.analysis.spec import AnalysisSpec
from metamsc.records.model import Study
from metamsc.records.studies import Studies


def plan(**parts: Any) -> AnalysisSpec:
    """HbA1c as mean difference at the latest time, DL with Wald, unless given otherwise."""
    return AnalysisSpec.model_validate(
        {
            "schema": 1,
            "name": "invented",
            "title": "An invented analysis",
            "question": "Is it invented?",
            "select": {"outcome": "hba1c"},
            "model": {"tau2_method": "DL", "ci_method": "wald"},
            **parts,
        }
    )


def analyse(*studies: Study, **parts: Any) -> AnalysisResult:
    return run(plan(**parts), Studies.of(*studies))


def named(result: AnalysisResult, name: str) -> Sensitivity:
    (item,) = [item for item in result.sensitivity if item.name == name]
    return item


def names(result: AnalysisResult) -> set[str]:
    return {item.name for item in result.sensitivity}
