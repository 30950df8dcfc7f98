"""Words of a summary of findings: names of domains, the finding in a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from metamsc.analysis.scale import mid_threshold
from metamsc.plots.numbers import format_ratio
from metamsc.plots.wording import inside_sentence
from metamsc.tables.sizes import mid_size

if TYPE_CHECKING:
    from metamsc.analysis.grade import GradeProfile
    from metamsc.analysis.result import AnalysisResult, Scale, Stratum

DOMAIN_WORDS = {
    "start": "study design",
    "risk_of_bias": "risk of bias",
    "inconsistency": "inconsistency",
    "indirectness": "indirectness",
    "imprecision": "imprecision",
    "publication_bias": "publication bias",
    "large_effect": "large effect",
    "dose_response": "dose response",
    "opposing_confounding": "opposing confounding",
}
_EVENTS = ("RR", "OR", "PETO", "RD", "IRR")
_HOW_SURE = {"high": "", "moderate": "probably ", "low": "may "}


def mid_words(scale: Scale) -> str:
    """Return the minimal important difference as readers see it: "0.5 percentage points", "a ratio of …"."""
    size = mid_size(scale)
    return f"a ratio of {size}" if size and scale.ratio else size


def benefit_words(scale: Scale) -> str:
    """Return the minimal important difference on the side of benefit: of ratios one of the two."""
    threshold = mid_threshold(scale)
    if not scale.ratio or threshold is None:
        return mid_words(scale)
    return f"a ratio of {format_ratio(scale.shown(threshold))}"


def crossing(names: Sequence[str]) -> str:
    """Return which thresholds an interval crosses, in words."""
    if not names:
        return "crosses no threshold"
    if len(names) == 1:
        return f"crosses the threshold of {names[0]}"
    return f"crosses the thresholds of {', '.join(names[:-1])} and {names[-1]}"


def finding(result: AnalysisResult, stratum: Stratum, item: GradeProfile) -> str:
    """Return the finding in a sentence that says how sure it is; "" while the certainty is not judged.

    Parameters
    ----------
    result : AnalysisResult
    stratum : Stratum
    item : GradeProfile

    References
    ----------
    Santesso et al. (2020), GRADE guidelines 26 (informative statements), J Clin Epidemiol 119:126-135: plain
    for high certainty, "probably" for moderate, "may" for low, "very uncertain" for very low.
    """
    if item.certainty is None:
        return ""
    scale = result.scale
    outcome = inside_sentence(scale.outcome_label)
    if item.certainty == "very low":
        return f"The evidence is very uncertain about the effect of {scale.treatment_label} on {outcome}."
    sure = _HOW_SURE[item.certainty]
    plain = item.certainty == "low"  # "may" takes the plain verb
    if item.target.startswith(("little", "no ")):
        verb = "make" if plain else "makes"
        return f"{scale.treatment_label} {sure}{verb} little or no important difference to {outcome}."
    lower = stratum.pooled.estimate < scale.null
    size = " by an amount that matters" if "important" in item.target else ""
    if scale.measure in _EVENTS:
        verb = "make" if plain else "makes"
        return f"{scale.treatment_label} {sure}{verb} {outcome} {'less' if lower else 'more'} likely{size}."
    verb = ("lower" if lower else "raise") + ("" if plain else "s")
    return f"{scale.treatment_label} {sure}{verb} {outcome}{size}."
