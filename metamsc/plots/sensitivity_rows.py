"""Rows of the comparison of analyses, pool by pool. Frozen data, no drawing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from metamsc.errors import InputError

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult, Stratum

MAIN_LABEL = "As planned"


@dataclass(frozen=True, slots=True, kw_only=True)
class SensitivityRow:
    """One analysis of one pool; estimate and interval are None where nothing was left to pool."""

    group: str
    name: str
    """"main", or the name of the other choice."""
    label: str
    k: int
    estimate: float | None
    low: float | None
    high: float | None


def sensitivity_rows(result: AnalysisResult) -> tuple[SensitivityRow, ...]:
    """Return the rows of the comparison, pool by pool, the planned analysis first. Pure.

    Raises
    ------
    InputError
        If the result holds no sensitivity analysis.
    """
    if not result.sensitivity:
        raise InputError(f"analysis {result.name!r} has no sensitivity analysis to draw.")
    rows: list[SensitivityRow] = []
    for stratum in every_pool(result):
        pooled = stratum.pooled
        rows.append(
            SensitivityRow(
                group=stratum.label, name="main", label=MAIN_LABEL, k=pooled.k, estimate=pooled.estimate,
                low=pooled.ci.low, high=pooled.ci.high,
            )
        )  # fmt: skip
        rows.extend(
            SensitivityRow(
                group=stratum.label,
                name=other.name,
                label=other.label,
                k=found.k,
                estimate=found.estimate,
                low=found.ci_low,
                high=found.ci_high,
            )
            for other in result.sensitivity
            for found in other.strata
            if found.label == stratum.label
        )
    return tuple(rows)


def every_pool(result: AnalysisResult) -> tuple[Stratum, ...]:
    """Return every pool of the analysis, all rows together last."""
    return result.strata if result.overall is None else (*result.strata, result.overall)


@dataclass(frozen=True, slots=True)
class SensitivityLine:
    """One line of the drawn figure: y counts from the bottom; a heading has no row."""

    y: int
    heading: str
    row: SensitivityRow | None


def stack_lines(rows: Sequence[SensitivityRow], groups: Sequence[str]) -> tuple[SensitivityLine, ...]:
    """Return the lines as forestplot stacks them: the table heading on top, each group under its name."""
    entries: list[tuple[str, SensitivityRow | None]] = [("", None)]
    for group in groups:
        entries.append((group, None))
        entries.extend(("", row) for row in rows if row.group == group)
    last = len(entries) - 1
    return tuple(SensitivityLine(last - index, heading, row) for index, (heading, row) in enumerate(entries))
