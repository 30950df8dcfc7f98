"""Further cases of the forest plot: judgements, two levels, models. Invented, as everything in conftest."""

from __future__ import annotations

import random
from collections.abc import Sequence

from metamsc.analysis.result import AnalysisResult
from metamsc.plots.judgements import RobProfile
from metamsc.records.rob_tools import SCHEMES
from tests.plots.conftest import make_result, random_rows, sensitivity_of

SECOND = ("umbilical-cord", "bone-marrow")


def invented_rob(result: AnalysisResult, tool: str = "rob2", *, skip: int = 0) -> dict[str, RobProfile]:
    """Judgements on every study but the first few."""
    source = random.Random(3)  # noqa: S311  # a fixed seed, no secret
    scheme = SCHEMES[tool]

    def judged(levels: Sequence[str]) -> str:
        return source.choice(levels)

    return {
        row.study_id: RobProfile(
            tool, tuple(judged(scheme.levels) for _ in scheme.domains), judged(scheme.levels)
        )
        for row in result.table.rows[skip:]
    }


def two_levels(k: int = 14) -> AnalysisResult:
    """Types of diabetes, and in each the source of the cells, with sensitivity analyses."""
    rows = random_rows(k, ("T1D", "T2D"), seed=3)
    second = {row.row_id: SECOND[index % 5 >= 3] for index, row in enumerate(rows)}
    return sensitivity_of(make_result(rows, second=second))
