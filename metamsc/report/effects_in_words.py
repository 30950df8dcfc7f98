"""Sizes and directions in words: "1.3 percentage points lower", "26% more likely", "2.4 times as high".

Numbers are rounded by :mod:`metamsc.plots.numbers`, as in tables and figures: one that would read as no
difference without being it has more digits.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from metamsc.effects import find_measure
from metamsc.plots.forest_cells import effect_decimals
from metamsc.plots.numbers import MINUS, faithful, format_number, side
from metamsc.plots.wording import inside_sentence
from metamsc.tables.labels import decimals_of_width, shown_effect, shown_interval
from metamsc.tables.sizes import mid_size, unit_words

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult, Scale, Sensitivity

_CHANCE = {"RR"}
_SUBJECTS = {
    "OR": "the odds of",
    "PETO": "the odds of",
    "HR": "the hazard of",
    "ROM": "the mean",
    "VR": "the variability of",
    "CVR": "the relative variability of",
    "RD": "the chance of",
}
"""What is compared, where the outcome itself is not what is higher or lower."""
EVENT_WORDS = {
    "responder": "a response",
    "normoglycaemia": "a return to normal blood glucose",
    "hba1c_target": "HbA1c below 7%",
}
"""Outcomes whose label is not what happens to a participant."""
_TIMES = 2.0
"""From this ratio on, "2.4 times as high" says more than "140% higher"."""


def direction(result: AnalysisResult, value: float) -> str:
    """Return "lower" or "higher", "less likely" or "more likely"; "" at no difference."""
    where = side(value, result.scale.null)
    if where == 0:
        return ""
    lower, higher = ("less likely", "more likely") if result.scale.measure in _CHANCE else ("lower", "higher")
    return lower if where < 0 else higher


def size_words(result: AnalysisResult, value: float) -> str:
    """Return an effect in words: size, unit, direction.

    Parameters
    ----------
    result : AnalysisResult
    value : float
        On the analysis scale.

    Returns
    -------
    str
        "the same" where there is no difference.
    """
    way = direction(result, value)
    if not way:
        return "the same"
    if result.scale.ratio:
        return _ratio_words(result, value, way)
    unit = unit_words(result.scale)
    return f"{amount(result, value)} {unit} {way}" if unit else f"{amount(result, value)} {way}"


def amount(result: AnalysisResult, value: float, decimals: int | None = None) -> str:
    """Return the size of a difference without its sign; a risk difference in percentage points."""
    if result.scale.measure != "RD":
        return shown_effect(result, value, decimals).lstrip(MINUS)
    digits = max((effect_decimals(result) if decimals is None else decimals) - 2, 0)
    usual = format_number(100.0 * value, digits)
    return faithful(100.0 * value, usual, digits, 0.0).lstrip(MINUS)


def _ratio_words(result: AnalysisResult, value: float, way: str) -> str:
    ratio = math.exp(min(value, 700.0))
    if ratio >= _TIMES:
        tail = "as likely" if result.scale.measure in _CHANCE else "as high"
        return f"{shown_effect(result, value)} times {tail}"
    share = 100.0 * (ratio - 1.0)
    if share < -99.0:
        return f"more than 99% {way}"
    text = faithful(share, format_number(share, 0), 0, 0.0).lstrip(MINUS)
    return f"{text}% {way}"


def difference_bounds(result: AnalysisResult, low: float, high: float, decimals: int | None = None) -> str:
    """Return the ends of an interval with directions: "0.72 to 1.88 lower", "0.4 lower to 2.1 higher"."""
    ways = (direction(result, low), direction(result, high))
    sizes = (amount(result, low, decimals), amount(result, high, decimals))
    if ways[0] == ways[1]:
        nearer, further = sizes if low >= result.scale.null else sizes[::-1]
        return f"{nearer} to {further} {ways[0]}".rstrip()
    ends = (f"{size} {way}".rstrip() for size, way in zip(sizes, ways, strict=True))
    return " to ".join(ends)


def ends_words(result: AnalysisResult, low: float, high: float) -> str:
    """Return the ends of an interval; for differences with directions, "1.10 lower to 0.24 higher"."""
    if result.scale.ratio:
        return shown_interval(result, low, high)
    return difference_bounds(result, low, high)


def bounds_words(result: AnalysisResult, low: float, high: float, decimals: int | None = None) -> str:
    """Return the ends of an interval with their unit or measure: "0.14 to 0.87 percentage points lower"."""
    scale = result.scale
    if scale.ratio:
        return f"{measure_words(scale)} {shown_interval(result, low, high)}"
    unit = unit_words(scale)
    ways = {direction(result, low), direction(result, high)}
    bounds = difference_bounds(result, low, high, decimals)
    if not unit:
        return f"{measure_words(scale)} {bounds}"
    if len(ways) > 1 or ways == {""}:
        return f"{bounds} ({unit})"
    ends, _, way = bounds.rpartition(" ")
    return f"{ends} {unit} {way}"


def choice_bounds(result: AnalysisResult, choice: Sensitivity, low: float, high: float) -> str:
    """Return the interval of another choice with its unit or measure, rounded as in the table of choices."""
    decimals = decimals_of_width(low, high) if choice.measure else None
    return bounds_words(in_measure_of(result, choice), low, high, decimals)


def includes_null(scale: Scale, low: float, high: float) -> bool:
    """Say whether no difference is within the interval, its ends included."""
    return side(low, scale.null) <= 0 <= side(high, scale.null)


def null_words(scale: Scale) -> str:
    """Return what no effect is on this scale."""
    return "a ratio of 1" if scale.ratio else "a difference of zero"


def measure_words(scale: Scale) -> str:
    """Return the name of the measure within a sentence."""
    return inside_sentence(scale.measure_label)


def mid_words(result: AnalysisResult) -> str:
    """Return the minimal important difference; for ratios the ratio and its inverse."""
    scale = result.scale
    size = mid_size(scale)
    return f"{measure_words(scale)} {size}" if size and scale.ratio else size


def outcome_phrase(result: AnalysisResult) -> str:
    """Return what is higher or lower, ready for the middle of a sentence: "the odds of amputation"."""
    of = _SUBJECTS.get(result.scale.measure, "")
    label = outcome_name(result)
    return f"{of} {label}" if of else label


def outcome_name(result: AnalysisResult) -> str:
    """Return the outcome within a sentence: "HbA1c", "complete ulcer healing"."""
    label = EVENT_WORDS.get(result.table.outcome, inside_sentence(result.scale.outcome_label))
    name, comma, which = label.partition(", ")
    return f"{name} ({which})" if comma else label


def in_measure_of(result: AnalysisResult, choice: Sensitivity) -> AnalysisResult:
    """Return the result with the scale of another choice, on which that choice's numbers are written."""
    if not choice.measure:
        return result
    scale = replace(
        result.scale,
        measure=choice.measure,
        measure_label=find_measure(choice.measure).label,
        ratio=choice.ratio,
        unit=choice.unit,
        mid=None,
    )
    return replace(result, scale=scale)
