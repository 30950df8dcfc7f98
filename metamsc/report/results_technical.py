"""The pooled results as a statistician would report them, paragraph by paragraph: Markdown with citations.

The plain register of the same numbers is in :mod:`metamsc.report.words`; what certainty, importance and few
studies allow to be said is said by the same functions in both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from metamsc.plots.numbers import format_chance, format_number, format_p, format_percent, format_significant
from metamsc.plots.wording import TAU2_WORDS, percent
from metamsc.report import few_studies, words
from metamsc.report.citations import study_key
from metamsc.report.effects_in_words import (
    direction,
    includes_null,
    measure_words,
    mid_words,
    null_words,
    outcome_name,
    outcome_phrase,
)
from metamsc.report.markdown import escaped
from metamsc.report.spread_words import ENOUGH, independent, not_estimable
from metamsc.tables.labels import count_words, is_animal, plural, shown_effect, shown_interval
from metamsc.tables.pooled import participants
from metamsc.tables.sizes import unit_words

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult, Stratum
    from metamsc.models.results import PooledResult

MOST_STUDIES = 12
"""Studies named in a sentence; with more, the sentence gives their references only."""


def pool_paragraph(result: AnalysisResult, stratum: Stratum, *, cited: bool) -> str:
    """Return everything about one pool.

    Parameters
    ----------
    result : AnalysisResult
    stratum : Stratum
    cited : bool
        Cite the studies by their keys, besides naming them.

    Returns
    -------
    str
        One paragraph of Markdown.
    """
    pooled = stratum.pooled
    rest = (
        estimate(result, stratum),
        words.certainty(result.scale, pooled),
        words.importance(result, pooled),
        heterogeneity(result, stratum),
        prediction(result, stratum),
        confidence(result, stratum),
        few_studies.too_narrow(result, stratum),
        few_studies.with_prior(result, stratum),
        few_studies.enough(result, stratum),
    )
    return " ".join([studies(result, stratum, cited=cited), *(escaped(text) for text in rest if text)])


def studies(result: AnalysisResult, stratum: Stratum, *, cited: bool) -> str:
    """Return which studies there are, how many participants they have, and that they were pooled."""
    rows, k = result.rows_of(stratum), stratum.pooled.k
    labels = list(dict.fromkeys(row.label for row in rows))
    named = f" ({'; '.join(labels)})" if len(labels) <= MOST_STUDIES else ""
    keys = list(dict.fromkeys(study_key(row.study_id) for row in rows))
    cites = f" [{'; '.join(f'@{key}' for key in keys)}]" if cited else ""
    people = participants(rows)
    number = plural(round(people), "animal" if is_animal(result) else "participant") if people else ""
    where = words.place(result, stratum)
    size = f" with {number}" if number else ""
    if k == 1:
        return (
            f"{escaped(f'{where}, one study{named}')}{cites}{size} gave a result; nothing was pooled (k = 1)."
        )
    return f"{escaped(f'{where}, {count_words(rows)}{named}')}{cites}{size} were pooled (k = {k})."


def estimate(result: AnalysisResult, stratum: Stratum) -> str:
    """Return the effect with its unit, interval and test, and the direction in words."""
    scale, pooled = result.scale, stratum.pooled
    unit = "" if scale.ratio else unit_suffix(result)
    name = "The pooled" if pooled.k > 1 else "Its"
    against = "against" if scale.ratio else "minus"
    interval = "credible interval" if pooled.ci_method == "credible" else "CI"
    inside = (
        f"{percent(pooled.level)} {interval} {shown_interval(result, pooled.ci.low, pooled.ci.high)}{unit}"
    )
    test = _test(pooled)
    way = direction(result, pooled.estimate)
    of = "of" if scale.ratio or scale.measure == "RD" else "in"
    compared = f"{measure_words(scale)} {of} {outcome_name(result)}, {scale.treatment_label} {against}"
    told = (
        f"by the estimate, {outcome_phrase(result)} was {way} with {scale.treatment_label}"
        if way
        else f"by the estimate, {outcome_phrase(result)} was the same in both groups"
    )
    value = f"{shown_effect(result, pooled.estimate)}{unit}"
    inside += f"; {test}" if test else ""
    return f"{name} {compared} {scale.control_label}, was {value} ({inside}): {told}."


def unit_suffix(result: AnalysisResult) -> str:
    """Return the unit behind a number; a risk difference is shown as a proportion and needs none."""
    unit = "" if result.scale.measure == "RD" else unit_words(result.scale)
    return f" {unit}" if unit else ""


def _test(pooled: PooledResult) -> str:
    if pooled.statistic is None or pooled.p is None:
        return ""
    name = "z" if pooled.df is None else "t"
    df = "" if pooled.df is None else f", df = {pooled.df:.3g}"
    return f"{name} = {format_number(pooled.statistic, 2)}{df}, {format_p(pooled.p, 1.0 - pooled.level)}"


def heterogeneity(result: AnalysisResult, stratum: Stratum) -> str:
    """Return tau2, I2 and Q with their intervals, and how far they can be trusted."""
    pooled, found = stratum.pooled, stratum.pooled.heterogeneity
    if pooled.k == 1 or not independent(result, stratum):
        return not_estimable(result, stratum)
    bayes = stratum.details.get("method") == "bayes"
    q = f"Q = {format_number(found.Q, 2)} (df = {found.Q_df}, {format_p(found.Q_p)})"
    if pooled.tau2_method == "EE":
        return f"The model assumes one true effect for all studies; {q}."
    ends = "credible interval" if bayes else "CI"
    value = f"{format_significant(found.tau2)}{_squared(result)}"
    tau2 = f"{_estimator(pooled, bayes)} τ² was {value}"
    if found.tau2_ci is not None:
        low, high = (format_significant(end) for end in (found.tau2_ci.low, found.tau2_ci.high))
        tau2 += f" ({percent(found.tau2_ci.level)} {ends} {low} to {high})"
    i2 = f"I² {format_percent(found.I2)}%"
    if found.I2_ci is not None:
        low, high = format_percent(found.I2_ci.low), format_percent(found.I2_ci.high)
        i2 += f" ({percent(found.I2_ci.level)} {ends} {low} to {high}%)"
    text = f"{tau2}, {i2}, {q}."
    if pooled.k < ENOUGH:
        text += f" With k = {pooled.k}, heterogeneity cannot be estimated reliably."
    return text


def _estimator(pooled: PooledResult, bayes: bool) -> str:
    if bayes:
        return "The posterior median of"
    return f"The {TAU2_WORDS.get(pooled.tau2_method, pooled.tau2_method)} estimate of"


def _squared(result: AnalysisResult) -> str:
    """Return the unit of tau2: that of the effects, squared."""
    if result.scale.ratio:
        return " on the log scale"
    unit = unit_suffix(result)
    return f" squared{unit}" if unit else ""


def prediction(result: AnalysisResult, stratum: Stratum) -> str:
    """Return the prediction interval, or why there is none."""
    pooled = stratum.pooled
    if pooled.k == 1 or pooled.tau2_method == "EE" or not independent(result, stratum):
        return ""
    if pooled.pi is None:
        return f"No prediction interval is given: it needs three studies at least, and k = {pooled.k}."
    low, high = pooled.pi.low, pooled.pi.high
    unit = "" if result.scale.ratio else unit_suffix(result)
    name = f"{measure_words(result.scale)} " if result.scale.ratio or not unit else ""
    inside = "includes" if includes_null(result.scale, low, high) else "excludes"
    return (
        f"The {percent(pooled.pi.level)} prediction interval for the true effect in a new study was "
        f"{name}{shown_interval(result, low, high)}{unit}; it {inside} {null_words(result.scale)}."
    )


def confidence(result: AnalysisResult, stratum: Stratum) -> str:
    """Return how much of the distributions lies beyond the minimal important difference."""
    mid = stratum.details.get("mid")
    if not mid or not independent(result, stratum):
        return ""
    kind = "posterior" if mid["by"] == "posterior" else "confidence"
    beyond = f"the minimal important difference ({mid_words(result)})"
    mean = format_chance(mid["mean"])
    text = (
        f"Of the {kind} distribution of the mean effect, {mean} lies beyond {beyond} in favour of "
        f"{result.scale.treatment_label}"
    )
    if mid["new_study"] is not None:
        new = format_chance(mid["new_study"])
        text += f"; of the predictive distribution of a new study's effect, {new}"
    return f"{text}."
