"""Sizes and directions in words: "1.3 percentage points lower", "26% more likely", "2.4 times as high".

Rounding never moves a number across a threshold: one that would read as no difference, or as the minimal
important difference, without being it is written with more digits.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from metamsc.effects import find_measure
from metamsc.plots.forest_cells import effect_decimals
from metamsc.plots.numbers import MINUS, format_number, format_ratio, plain
from metamsc.tables.labels import shown_effect

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult, Scale, Sensitivity

UNIT_WORDS = {"%": "percentage points"}
STANDARDISED = "standard deviations"
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
_SAME = 1e-9
"""Closer to a threshold than this, relative to its size, a number is that threshold: floating-point noise."""
_MOST_DECIMALS = 12
"""Enough for every number that is not the same as a threshold."""


def unit_words(scale: Scale) -> str:
    """Return the unit of a difference as it is read out; "" where the measure has none."""
    if scale.unit:
        return UNIT_WORDS.get(scale.unit, scale.unit)
    if scale.measure == "RD":
        return "percentage points"
    return STANDARDISED if scale.measure.startswith(("SMD", "SMC")) else ""


def effect_text(result: AnalysisResult, value: float) -> str:
    """Return an effect as tables show it, with more digits where rounding would move it onto a threshold.

    Parameters
    ----------
    result : AnalysisResult
    value : float
        On the analysis scale.

    Returns
    -------
    str
        On the shown scale, with a true minus sign.
    """
    scale = result.scale
    usual = shown_effect(result, value)
    if scale.ratio and not 0.01 <= math.exp(min(value, 700.0)) < 100.0:
        return usual
    shown = scale.shown(value)
    marks = [scale.shown(mark) for mark in thresholds(scale)]
    decimals = 2 if scale.ratio else effect_decimals(result)
    return faithful(shown, marks, usual, decimals, format_number)


def thresholds(scale: Scale) -> tuple[float, ...]:
    """Return what a finding is held against: no difference and the important ones, on the analysis scale."""
    if scale.mid is None:
        return (scale.null,)
    return (scale.null, scale.null - scale.mid, scale.null + scale.mid)


def side(value: float, threshold: float) -> int:
    """Return -1, 0 or 1: below, at or above the threshold."""
    if abs(value - threshold) <= _SAME * max(1.0, abs(threshold)):
        return 0
    return 1 if value > threshold else -1


def faithful(
    value: float, marks: list[float], text: str, decimals: int, write: Callable[[float, int], str]
) -> str:
    """Return `text`, or more decimals, so that the number written is on the value's side of every mark."""
    sides = [side(value, mark) for mark in marks]
    while decimals < _MOST_DECIMALS:
        try:
            written = float(plain(text))
        except ValueError:  # "<0.001", ">10000": no rounding to mend
            return text
        if [side(written, mark) for mark in marks] == sides:
            return text
        decimals += 1
        text = write(value, decimals)
    return text


def interval_text(result: AnalysisResult, low: float, high: float) -> str:
    """Return ``−2.10 to −0.30`` on the shown scale, each end on its side of every threshold."""
    return f"{effect_text(result, low)} to {effect_text(result, high)}"


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


def amount(result: AnalysisResult, value: float) -> str:
    """Return the size of a difference without its sign; a risk difference in percentage points."""
    if result.scale.measure != "RD":
        return effect_text(result, value).lstrip(MINUS)
    decimals = max(effect_decimals(result) - 2, 0)
    marks = [100.0 * mark for mark in thresholds(result.scale)]
    usual = format_number(100.0 * value, decimals)
    return faithful(100.0 * value, marks, usual, decimals, format_number).lstrip(MINUS)


def _ratio_words(result: AnalysisResult, value: float, way: str) -> str:
    ratio = math.exp(min(value, 700.0))
    if ratio >= _TIMES:
        tail = "as likely" if result.scale.measure in _CHANCE else "as high"
        return f"{effect_text(result, value)} times {tail}"
    share = 100.0 * (ratio - 1.0)
    if share < -99.0:
        return f"more than 99% {way}"
    marks = [100.0 * (math.exp(mark) - 1.0) for mark in thresholds(result.scale)]
    text = faithful(share, marks, format_number(share, 0), 0, format_number).lstrip(MINUS)
    return f"{text}% {way}"


def difference_bounds(result: AnalysisResult, low: float, high: float) -> str:
    """Return the ends of an interval with directions: "0.72 to 1.88 lower", "0.4 lower to 2.1 higher"."""
    ways = (direction(result, low), direction(result, high))
    sizes = (amount(result, low), amount(result, high))
    if ways[0] == ways[1]:
        nearer, further = sizes if low >= result.scale.null else sizes[::-1]
        return f"{nearer} to {further} {ways[0]}".rstrip()
    ends = (f"{size} {way}".rstrip() for size, way in zip(sizes, ways, strict=True))
    return " to ".join(ends)


def ends_words(result: AnalysisResult, low: float, high: float) -> str:
    """Return the ends of an interval; for differences with directions, "1.10 lower to 0.24 higher"."""
    if result.scale.ratio:
        return interval_text(result, low, high)
    return difference_bounds(result, low, high)


def bounds_words(result: AnalysisResult, low: float, high: float) -> str:
    """Return the ends of an interval with their unit or measure: "0.14 to 0.87 percentage points lower"."""
    scale = result.scale
    if scale.ratio:
        return f"{measure_words(scale)} {interval_text(result, low, high)}"
    unit = unit_words(scale)
    ways = {direction(result, low), direction(result, high)}
    if not unit:
        return f"{measure_words(scale)} {difference_bounds(result, low, high)}"
    if len(ways) > 1 or ways == {""}:
        return f"{difference_bounds(result, low, high)} ({unit})"
    ends, _, way = difference_bounds(result, low, high).rpartition(" ")
    return f"{ends} {unit} {way}"


def includes_null(scale: Scale, low: float, high: float) -> bool:
    """Say whether no difference is within the interval, its ends included."""
    return side(low, scale.null) <= 0 <= side(high, scale.null)


def null_words(scale: Scale) -> str:
    """Return what no effect is on this scale."""
    return "a ratio of 1" if scale.ratio else "a difference of zero"


def measure_words(scale: Scale) -> str:
    """Return the name of the measure within a sentence."""
    return lower_first(scale.measure_label)


def mid_words(result: AnalysisResult) -> str:
    """Return the minimal important difference; for ratios the ratio and its inverse."""
    scale = result.scale
    if scale.mid is None:
        return ""
    if scale.ratio:
        ends = (format_ratio(math.exp(sign * scale.mid)) for sign in (1, -1))
        return f"{measure_words(scale)} {' or '.join(ends)}"
    number = format_number(100.0 * scale.mid if scale.measure == "RD" else scale.mid, 3)
    number = number.rstrip("0").rstrip(".") if "." in number else number
    unit = unit_words(scale)
    return f"{number} {unit}" if unit else number


def outcome_phrase(result: AnalysisResult) -> str:
    """Return what is higher or lower, ready for the middle of a sentence: "the odds of amputation"."""
    of = _SUBJECTS.get(result.scale.measure, "")
    label = outcome_name(result)
    return f"{of} {label}" if of else label


def outcome_name(result: AnalysisResult) -> str:
    """Return the outcome within a sentence: "HbA1c", "complete ulcer healing"."""
    label = EVENT_WORDS.get(result.table.outcome, lower_first(result.scale.outcome_label))
    name, comma, which = label.partition(", ")
    return f"{name} ({which})" if comma else label


def lower_first(text: str) -> str:
    """Return the text with a small first letter, unless its first word is a name, code or abbreviation."""
    first = text.split(" ", maxsplit=1)[0]
    plain_word = first[1:].islower() and first.rstrip(",").isalpha()
    return text[:1].lower() + text[1:] if plain_word else text


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
