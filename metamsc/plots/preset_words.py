"""What a forest plot says and how it writes numbers, by preset. Templates are data, filled in here."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from metamsc.names import type_words
from metamsc.plots import wording
from metamsc.plots.numbers import (
    MINUS,
    faithful,
    format_number,
    format_p,
    format_percent,
    format_significant,
    format_value,
)

if TYPE_CHECKING:
    from metamsc.analysis.result import Difference, Scale, Stratum
    from metamsc.models.results import PooledResult

Effect = tuple[float | None, float, float]
"""Estimate (None for a prediction interval), low, high: analysis scale."""
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_ALPHA = 0.05
_UNRELIABLE = 4
"""Up to so many studies heterogeneity cannot be told (docs/analysis.md, "Few studies")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForestWords:
    """Wording of one preset. Templates name what they take in braces.

    Attributes
    ----------
    means : str
        "together" (``7.5 ± 1.0``), "brackets" (``7.5 (1.0)``) or "apart" (columns for mean, SD and total).
    events : str
        "slash" (``3/27``) or "apart" (a column each).
    directions : str
        Where it stands which side favours what: "below" the axis or "above" the graphic.
    p_zero : bool
        Whether p-values keep their leading zero.
    p_short : bool
        Two decimals from 0.01 on, but for what would be rounded up to 0.05 (AMA Manual of Style, 11th ed.).
    I2_decimals : int
    weights : str
        "both": within the group and over all; "one": over all where there is such a pool, else within.
    """

    study: str = "Study"
    n: str = "n"
    means: str = "together"
    mean: str = "Mean"
    events: str = "slash"
    events_header: str = "Events/n"
    effect: str = "{measure}\n[{level} CI]"
    graphic: str = ""
    interval: str = "[{low}, {high}]"
    ratio_interval: str = ""
    """Form where no number is below 0; as `interval` when empty."""
    weight: str = "Weight\n(%)"
    weight_sign: str = ""
    """Behind each weight."""
    weights: str = "both"
    favours: str = "Favours"
    directions: str = "below"
    arrows: bool = True
    p_letter: str = "p"
    p_spaces: bool = True
    p_zero: bool = True
    p_short: bool = False
    I2_decimals: int = 1
    subtotal: str = "{name}, pooled (k = {k})"
    overall: str = "{name}, pooled (k = {k})"
    prediction: str = "{level} prediction interval"
    heterogeneity: str = "Heterogeneity: τ² = {tau2}, I² = {I2}%, Q = {Q}, df = {df}, {p}"
    equal_effects: str = "Equal-effects model (τ² = 0 assumed): Q = {Q}, df = {df}, {p}"
    effect_test: str = ""
    """Template of the test of the pooled effect; "" leaves it out."""
    difference: str = "Test for differences between {between}: {test}, {p}"
    difference_of_many: str = ""
    """Form where there are several such tests; as `difference` when empty."""
    minimum_decimals: int = 1
    domains: str = "numbers"
    """What heads the risk-of-bias columns: "numbers" or "letters"."""


PLAIN_WORDS = ForestWords()


def p_text(words: ForestWords, p: float | None) -> str:
    """Return a p-value in the preset's form: "p = 0.03", "P=0.03", "P = .03"."""
    short = words.p_short and p is not None and p >= 0.01
    text = f"p = {faithful(p, format_number(p, 2), 2, _ALPHA)}" if short and p else format_p(p)
    text = text.replace("p ", f"{words.p_letter} ", 1)
    if not words.p_zero:
        text = text.replace(" 0.", " .")
    return text if words.p_spaces else text.replace(" = ", "=").replace(" < ", "<")


def effect_text(words: ForestWords, effect: Effect, *, ratio: bool, decimals: int) -> str:
    """Return "−1.20 [−2.10, −0.30]" in the preset's form; a prediction interval is the interval alone."""
    estimate, low, high = (
        None if value is None else format_value(value, ratio=ratio, decimals=decimals) for value in effect
    )
    template = words.interval
    if words.ratio_interval and MINUS not in f"{low}{high}":
        template = words.ratio_interval
    interval = template.format(low=low, high=high)
    return interval if estimate is None else f"{estimate} {interval}"


def effect_header(words: ForestWords, scale: Scale, level: float, method: str) -> str:
    """Return the heading of the column of estimates."""
    return _fill(words.effect, scale, level, method)


def graphic_header(words: ForestWords, scale: Scale, level: float, method: str) -> str:
    """Return the heading over the graphic; "" where the preset has none."""
    return _fill(words.graphic, scale, level, method)


def weight_text(words: ForestWords, weight: float) -> str:
    """Return a weight in percent; what rounds to nothing is shown as a trace."""
    return f"{format_percent(weight)}{words.weight_sign}"


def _fill(template: str, scale: Scale, level: float, method: str) -> str:
    short = scale.measure_label if len(scale.measure_label) <= 20 else scale.measure
    return template.format(
        measure=wording.capitalise(short),
        level=wording.percent(level),
        method=f"{method}, " if method else "",
    )


def method_words(strata: Sequence[Stratum]) -> str:
    """Return "IV, random" or its like where all pools were made alike; "" where that does not say it."""
    names = {"inverse-variance": "IV", "mh": "M-H", "peto": "Peto"}
    found = set()
    for stratum in (stratum for stratum in strata if stratum.pooled.k > 1):
        name = names.get(str(stratum.details.get("method", "inverse-variance")))
        if name is None:
            return ""
        random = name == "IV" and stratum.pooled.tau2_method != "EE"
        found.add(f"{name}, {'random' if random else 'fixed'}")
    return found.pop() if len(found) == 1 else ""


def heterogeneity_text(words: ForestWords, pooled: PooledResult) -> str:
    """Return the line under a pooled effect: τ², I², Q, and how far they can be trusted."""
    if pooled.k == 1:
        return wording.glue("k = 1: not pooled, heterogeneity cannot be estimated")
    found = pooled.heterogeneity
    equal = pooled.tau2_method == "EE"
    line = (words.equal_effects if equal else words.heterogeneity).format(
        tau2=format_significant(found.tau2),
        I2=format_percent(found.I2) if words.I2_decimals else format_number(found.I2, 0),
        Q=f"{found.Q:.2f}",
        df=found.Q_df,
        df_below=str(found.Q_df).translate(_SUBSCRIPTS),
        p=p_text(words, found.Q_p),
    )
    few = pooled.k <= _UNRELIABLE and not equal
    return wording.glue(f"{line} (k = {pooled.k}: unreliable)" if few else line)


def effect_test_text(words: ForestWords, pooled: PooledResult) -> str:
    """Return the line with the test of the pooled effect; "" where the preset or the method has none."""
    if not words.effect_test or pooled.statistic is None or pooled.k == 1:
        return ""
    size = f"{pooled.statistic:.2f}".replace("-", MINUS)
    test = f"Z = {size}" if pooled.df is None else f"t = {size}, df = {pooled.df:.3g}"
    test = test if words.p_spaces else test.replace(" = ", "=")
    return wording.glue(words.effect_test.format(test=test, p=p_text(words, pooled.p)))


def difference_text(words: ForestWords, difference: Difference, between: str, of: int) -> str:
    """Return the line of a test for differences between strata; `of` is how many such tests there are."""
    template = (words.difference_of_many or words.difference) if of > 1 else words.difference
    within = re.search(r"within ([^,]+),", difference.method)
    name = f"{between} within {type_words(within[1])}" if within else between
    test = _difference_test(words, difference)
    I2 = ""
    if difference.df2 is None and difference.statistic > 0.0:
        share = max(1.0 - difference.df / difference.statistic, 0.0)  # Higgins & Thompson 2002, on Q between
        I2 = f", I² = {100.0 * share:.{words.I2_decimals}f}%"
    return wording.glue(template.format(between=name, test=test, p=p_text(words, difference.p), I2=I2))


def _difference_test(words: ForestWords, difference: Difference) -> str:
    """Return "χ² = 6.33, df = 1" or "F = 2.10, df = 1 and 8" in the preset's form."""
    below = "{df_below}" in words.heterogeneity
    if difference.df2 is not None:
        test = f"F = {difference.statistic:.2f}, df = {difference.df} and {difference.df2:.3g}"
    else:
        sign = "χ²" if "χ²" in words.heterogeneity else "Chi²" if "Chi²" in words.heterogeneity else "Q"
        sign += str(difference.df).translate(_SUBSCRIPTS) if below else ""
        test = f"{sign} = {difference.statistic:.2f}" + ("" if below else f", df = {difference.df}")
    return test if words.p_spaces else test.replace(" = ", "=")


def direction_words(words: ForestWords, scale: Scale) -> tuple[str, str]:
    """Return what lower and what higher values of the effect mean, for the two ends of the axis."""
    lower, higher = wording.directions(scale)
    return lower.replace("Favours", words.favours, 1), higher.replace("Favours", words.favours, 1)
