"""Sizes and directions in words: "1.3 percentage points lower", "26% more likely", "2.4 times as high"."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from metamsc.plots.numbers import MINUS, format_number, format_ratio
from metamsc.tables.labels import shown_effect

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult, Scale

UNIT_WORDS = {"%": "percentage points"}
STANDARDISED = "standard deviations"
_CHANCE = {"RR", "RD"}
_RATIO_OF = {
    "OR": "the odds of",
    "PETO": "the odds of",
    "HR": "the hazard of",
    "ROM": "the mean",
    "VR": "the variability of",
    "CVR": "the relative variability of",
}
"""What a ratio compares, where the outcome itself is not what is higher or lower."""
EVENT_WORDS = {
    "responder": "a response",
    "normoglycaemia": "return to normal blood glucose",
    "hba1c_target": "HbA1c below 7%",
}
"""Outcomes whose label is not what happens to a participant."""
_TIMES = 2.0
"""From this ratio on, "2.4 times as high" says more than "140% higher"."""


def unit_words(scale: Scale) -> str:
    """Return the unit of a difference as it is read out; "" where the measure has none."""
    if scale.unit:
        return UNIT_WORDS.get(scale.unit, scale.unit)
    return STANDARDISED if scale.measure.startswith("SMD") else ""


def direction(result: AnalysisResult, value: float) -> str:
    """Return "lower" or "higher", by the number as it is shown; "" where it shows no difference."""
    shown = shown_effect(result, value)
    if shown == shown_effect(result, result.scale.null):
        return ""
    lower, higher = ("less likely", "more likely") if result.scale.measure in _CHANCE else ("lower", "higher")
    return lower if value < result.scale.null else higher


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
        "the same" where the number, as it is shown, is no difference.
    """
    way = direction(result, value)
    if not way:
        return "the same"
    if result.scale.ratio:
        return _ratio_words(result.scale, math.exp(min(value, 700.0)), way)
    amount = shown_effect(result, value).lstrip(MINUS)
    unit = unit_words(result.scale)
    if result.scale.measure == "RD":
        return f"{way} (risk difference {shown_effect(result, value)})"
    return f"{amount} {unit} {way}" if unit else f"{amount} {way}"


def _ratio_words(scale: Scale, ratio: float, way: str) -> str:
    if ratio >= _TIMES:
        tail = "as likely" if scale.measure in _CHANCE else "as high"
        return f"{format_ratio(ratio)} times {tail}"
    share = 100.0 * abs(ratio - 1.0)
    if ratio < 1.0 and share > 99.0:
        return f"more than 99% {way}"
    # a change that is shown (0.99) is not rounded away
    return f"{max(share, 1.0):.0f}% {way}"


def difference_bounds(result: AnalysisResult, low: float, high: float) -> str:
    """Return the ends of an interval with directions: "0.72 to 1.88 lower", "0.4 lower to 2.1 higher"."""
    ways = (direction(result, low), direction(result, high))
    sizes = tuple(shown_effect(result, value).lstrip(MINUS) for value in (low, high))
    if ways[0] == ways[1]:
        nearer, further = sizes if low >= result.scale.null else sizes[::-1]
        return f"{nearer} to {further} {ways[0]}".rstrip()
    ends = (f"{size} {way}".rstrip() for size, way in zip(sizes, ways, strict=True))
    return " to ".join(ends)


def mid_words(result: AnalysisResult) -> str:
    """Return the minimal important difference; for ratios the ratio and its inverse."""
    scale = result.scale
    if scale.mid is None:
        return ""
    if scale.ratio:
        ends = (format_ratio(math.exp(sign * scale.mid)) for sign in (1, -1))
        return f"{scale.measure_label.lower()} {' or '.join(ends)}"
    number = format_number(scale.mid, 3)
    number = number.rstrip("0").rstrip(".") if "." in number else number
    unit = unit_words(scale)
    return f"{number} {unit}" if unit else number


def outcome_phrase(result: AnalysisResult) -> str:
    """Return what is higher or lower, ready for the middle of a sentence: "the odds of amputation"."""
    label = EVENT_WORDS.get(result.table.outcome, lower_first(result.scale.outcome_label))
    name, comma, which = label.partition(", ")
    label = f"{name} ({which})" if comma else label
    of = _RATIO_OF.get(result.scale.measure, "")
    return f"{of} {label}" if of else label


def lower_first(text: str) -> str:
    """Return the text with a small first letter, unless its first word is a name, code or abbreviation."""
    first = text.split(" ", maxsplit=1)[0]
    plain = first[1:].islower() and first.rstrip(",").isalpha()
    return text[:1].lower() + text[1:] if plain else text
