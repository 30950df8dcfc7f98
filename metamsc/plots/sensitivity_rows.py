"""Rows of the comparison of analyses, pool by pool. Frozen data, no drawing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from metamsc.errors import InputError
from metamsc.plots.forest_cells import effect_texts
from metamsc.plots.numbers import decimals_for
from metamsc.plots.strata_words import label_words

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult, Sensitivity, SensitivityStratum
    from metamsc.models.results import PooledResult

MAIN_LABEL = "As planned"
NOTHING = "nothing left to pool"
NOT_COMPUTABLE = "not computable"
_WIDTH_IN_SE = 3.92
"""Width of a 95 % normal interval; only decides how many decimals are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SensitivityRow:
    """One analysis of one pool, with what can be drawn of it.

    Estimate and interval are None where nothing was left to pool, and where the choice is another measure
    (an odds ratio beside risk ratios), which has no place on this axis: `instead` then says what it gave.
    """

    group: str
    """Label of the pool, which artists are called by."""
    name: str
    """"main", or the name of the other choice."""
    label: str
    k: int
    estimate: float | None
    low: float | None
    high: float | None
    instead: str = ""
    heading: str = ""
    """What stands above the rows of the group; its label when empty."""


def sensitivity_rows(result: AnalysisResult) -> tuple[SensitivityRow, ...]:
    """Return the rows of the comparison, pool by pool, the planned analysis first. Pure.

    Raises
    ------
    InputError
        If the result holds no sensitivity analysis.
    """
    if not result.sensitivity:
        raise InputError(f"analysis {result.name!r} has no sensitivity analysis to draw.")
    rows = []
    main = {stratum.label: stratum.pooled for stratum in result.pools}
    others = [found.label for other in result.sensitivity for found in other.strata]
    for label in dict.fromkeys([*main, *others]):
        if label in main:
            rows.append(_planned(result, label, main[label]))
        rows.extend(
            _other(result, other, found)
            for other in result.sensitivity
            for found in other.strata
            if found.label == label
        )
    return tuple(rows)


def _planned(result: AnalysisResult, label: str, pooled: PooledResult) -> SensitivityRow:
    return SensitivityRow(
        group=label,
        heading=label_words(result, label),
        name="main",
        label=MAIN_LABEL,
        k=pooled.k,
        estimate=pooled.estimate,
        low=pooled.ci.low,
        high=pooled.ci.high,
    )


def _other(result: AnalysisResult, other: Sensitivity, found: SensitivityStratum) -> SensitivityRow:
    row = SensitivityRow(
        group=found.label,
        heading=label_words(result, found.label),
        name=other.name,
        label=other.label,
        k=found.k,
        estimate=found.estimate,
        low=found.ci_low,
        high=found.ci_high,
    )
    if found.estimate is None or found.ci_low is None or found.ci_high is None:
        return replace(
            row, estimate=None, low=None, high=None, instead=NOT_COMPUTABLE if found.note else NOTHING
        )
    if not other.measure:
        return row
    effect = (found.estimate, found.ci_low, found.ci_high)
    decimals = max(decimals_for([(found.ci_high - found.ci_low) / _WIDTH_IN_SE]), 1)
    text = effect_texts([effect], ratio=other.ratio, decimals=decimals)[0]
    unit = f" {other.unit}" if other.unit else ""
    return replace(row, estimate=None, low=None, high=None, instead=f"{other.measure} {text}{unit}")


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
        heading = next(row.heading or row.group for row in rows if row.group == group)
        entries.append((heading, None))
        entries.extend(("", row) for row in rows if row.group == group)
    last = len(entries) - 1
    return tuple(SensitivityLine(last - index, heading, row) for index, (heading, row) in enumerate(entries))
