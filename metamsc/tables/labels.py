"""The words a reader sees for the closed vocabularies, and effects written the same way everywhere."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from typing import TYPE_CHECKING

from metamsc.names import moderator_name, note_words, type_words, word
from metamsc.plots.forest_cells import effect_decimals
from metamsc.plots.numbers import decimals_for, format_value
from metamsc.plots.strata_words import is_animal, label_words, stratum_title, stratum_words
from metamsc.plots.wording import capitalise

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult, Scale
    from metamsc.dataset.rows import EffectRow
    from metamsc.models.results import Interval

__all__ = [
    "count_words",
    "decimals_of_width",
    "effect_header",
    "is_animal",
    "label_words",
    "moderator_name",
    "note_words",
    "outcome_words",
    "plural",
    "record_name",
    "shown_effect",
    "shown_interval",
    "shown_pi",
    "stratum_title",
    "stratum_words",
    "type_words",
    "word",
]


_WIDTH_IN_SE = 3.92
"""Width of a 95% interval in standard errors."""


def shown_effect(result: AnalysisResult, value: float, decimals: int | None = None) -> str:
    """Return an effect as every table, figure and sentence of this result shows it.

    `decimals` are the result's own, but for the numbers of another choice that has another measure.
    """
    digits = effect_decimals(result) if decimals is None else decimals
    return format_value(value, ratio=result.scale.ratio, decimals=digits)


def shown_interval(result: AnalysisResult, low: float, high: float, decimals: int | None = None) -> str:
    """Return ``−2.10 to −0.30`` on the shown scale."""
    return f"{shown_effect(result, low, decimals)} to {shown_effect(result, high, decimals)}"


def decimals_of_width(low: float, high: float) -> int:
    """Return the decimals for an interval that stands alone: two significant digits of its standard error."""
    return max(decimals_for([(high - low) / _WIDTH_IN_SE]), 1)


def shown_pi(result: AnalysisResult, interval: Interval | None) -> str:
    """Return a prediction interval, or a dash where there is none."""
    return "–" if interval is None else shown_interval(result, interval.low, interval.high)


def count_words(rows: Sequence[EffectRow]) -> str:
    """Return "3 studies", or "3 comparisons from 1 study" where rows share their participants."""
    cohorts = {row.cohort for row in rows}
    studies = plural(len(cohorts), "study", "studies")
    return studies if len(cohorts) == len(rows) else f"{plural(len(rows), 'comparison')} from {studies}"


def outcome_words(result: AnalysisResult, outcome: str) -> str:
    """Return what an outcome id is called; a definition in a paper's words stays as it is."""
    return result.scale.outcome_label if outcome == result.table.outcome else outcome.replace("_", " ")


def effect_header(scale: Scale) -> str:
    """Return the heading of an effect column: measure, and unit where it has one."""
    return capitalise(scale.measure_label) + (f", {scale.unit}" if scale.unit else "")


def record_name(file: str) -> str:
    """Return a record's file by its last two parts, wherever the checkout is: ``clinical/cai-2016.yml``."""
    parts = file.replace("\\", "/").split("/")
    return posixpath.join(*parts[-2:])


def plural(count: int, noun: str, many: str = "") -> str:
    """Return ``1 study``, ``2 studies``."""
    return f"{count} {noun}" if count == 1 else f"{count} {many or noun + 's'}"
