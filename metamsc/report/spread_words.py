"""How far studies differ, and what that means for a patient elsewhere: sentences of the plain register."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metamsc.plots.numbers import format_chance
from metamsc.plots.wording import percent
from metamsc.report.effects_in_words import (
    ends_words,
    includes_null,
    mid_words,
    null_words,
)
from metamsc.tables.labels import count_words, is_animal
from metamsc.tables.sizes import unit_words

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult, Stratum
    from metamsc.models.results import PooledResult

ENOUGH = 5
"""From this many studies on, an estimate of heterogeneity is taken at its word."""


def heterogeneity(result: AnalysisResult, stratum: Stratum) -> str:
    """Return how far the studies differ beyond chance, and what that means for a patient elsewhere."""
    pooled = stratum.pooled
    unknown = not_estimable(result, stratum)
    if unknown:
        return unknown
    if pooled.tau2_method == "EE":
        return "The model assumes one true effect for all studies."
    if stratum.details.get("method") == "bayes":
        return _prediction(result, pooled)
    if pooled.k == 2:
        text = "With 2 studies it cannot be estimated how much true effects differ between studies."
        if pooled.ci_method.startswith("hksj") or pooled.ci_method == "t":
            text += " The interval allows for that and is therefore very wide."
        return text
    return " ".join(part for part in (_spread(pooled), _prediction(result, pooled)) if part)


def not_estimable(result: AnalysisResult, stratum: Stratum) -> str:
    """Return why there is no spread between studies to speak of; "" where there may be one."""
    if stratum.pooled.k == 1:
        return (
            "This is one study; nothing was pooled. Whether other studies would find the same is not known."
        )
    if not independent(result, stratum):
        return (
            f"These are {count_words(result.rows_of(stratum))}, not independent studies: how much true "
            "effects differ between studies cannot be told from them, and the interval takes them for "
            "independent."
        )
    return ""


def independent(result: AnalysisResult, stratum: Stratum) -> bool:
    """Say whether every row of a pool has participants of its own."""
    return len({row.cohort for row in result.rows_of(stratum)}) == stratum.pooled.k


def _spread(pooled: PooledResult) -> str:
    if pooled.k < ENOUGH:
        return (
            f"With {pooled.k} studies it cannot be estimated reliably how much true effects differ between "
            "studies."
        )
    if pooled.heterogeneity.tau2 == 0.0:
        return f"The results of the {pooled.k} studies differ no more than chance would make them."
    return f"The results of the {pooled.k} studies are estimated to differ by more than chance."


def _prediction(result: AnalysisResult, pooled: PooledResult) -> str:
    """Return the prediction interval as what may happen in another place."""
    if pooled.pi is None:
        return ""
    scale, low, high = result.scale, pooled.pi.low, pooled.pi.high
    ends = ends_words(result, low, high).replace(" to ", " and ")
    unit = unit_words(scale)
    if scale.ratio:
        ends = f"ratios of {ends}"
    elif unit:
        ends += f" ({unit})"
    text = (
        f"In another {_setting(result)} of this kind, the true effect is expected between {ends}, the "
        f"{percent(pooled.pi.level)} prediction interval."
    )
    if not includes_null(scale, low, high):
        return f"{text} It excludes {null_words(scale)}."
    either = "a benefit in one place is compatible with a harm in another"
    if scale.lower_is_better is None:
        either = "an increase in one place is compatible with a decrease in another"
    return f"{text} It includes {null_words(scale)}: {either}."


def _setting(result: AnalysisResult) -> str:
    return "experiment" if is_animal(result) else "setting"


def share(result: AnalysisResult, stratum: Stratum) -> str:
    """Return in how many of 100 new settings the effect would matter; "" where it was not computed."""
    mid, k = stratum.details.get("mid"), stratum.pooled.k
    if not mid or mid["new_study"] is None or not independent(result, stratum):
        return ""
    often = format_chance(mid["new_study"]).replace("%", " of 100")
    text = (
        f"Taken at face value, the true effect would reach the minimal important difference "
        f"({mid_words(result)}), in favour of {result.scale.treatment_label}, in {often} such "
        f"{_setting(result)}s."
    )
    return f"{text} From {k} studies that is a rough guess." if k < ENOUGH else text
