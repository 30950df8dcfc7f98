"""Our pooled results beside those of published reviews: same direction, overlap, and what differs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from metamsc.analysis.result import AnalysisResult, Scale, Stratum
from metamsc.names import type_words
from metamsc.outcomes.catalogue import outcome
from metamsc.records.published import RATIOS, PublishedResult, ReviewFile
from metamsc.vocabulary import PublishedComparison, PublishedMeasure, Setting

_SAME_MEASURE = {
    PublishedMeasure.MEAN_DIFFERENCE: "MD",
    PublishedMeasure.STANDARDISED: "SMD",
    PublishedMeasure.RISK_RATIO: "RR",
    PublishedMeasure.ODDS_RATIO: "OR",
    PublishedMeasure.RISK_DIFFERENCE: "RD",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """One published pooled result and the pool of ours that it is set beside.

    Attributes
    ----------
    review, result
        What was published.
    ours : Stratum or None
        Our pool of the same types of diabetes; None where there is none, and `why_none` says why.
    same_direction : bool or None
        None where a direction cannot be told (an estimate of no difference, no estimate, no pool).
    overlap : bool or None
        Whether the 95 % intervals overlap; None where the two numbers are not on one scale.
    differs : tuple of str
        What keeps the two from being the same question, in words.
    """

    review: ReviewFile
    result: PublishedResult
    ours: Stratum | None
    why_none: str = ""
    same_direction: bool | None = None
    overlap: bool | None = None
    differs: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return plain Python, ready for JSON; our estimate is on the analysis scale."""
        pooled = None if self.ours is None else self.ours.pooled
        return {
            "review": self.review.id,
            "published": self.result.model_dump(mode="json", exclude_defaults=True),
            "ours": None if self.ours is None else self.ours.label,
            "k": None if pooled is None else pooled.k,
            "estimate": None if pooled is None else pooled.estimate,
            "ci": None if pooled is None else [pooled.ci.low, pooled.ci.high],
            "why_none": self.why_none,
            "same_direction": self.same_direction,
            "overlap": self.overlap,
            "differs": list(self.differs),
        }


def set_beside(result: AnalysisResult, reviews: Sequence[ReviewFile]) -> tuple[Beside, ...]:
    """Return every published result of the analysis's outcome and setting, with our pool beside it.

    Parameters
    ----------
    result : AnalysisResult
    reviews : sequence of ReviewFile
        As :func:`metamsc.records.published.read_reviews` gives them.

    Returns
    -------
    tuple of Beside
        In the order of the reviews and of their results; a comparison with baseline is among them, and
        `differs` says that ours is one with a control group.
    """
    select = result.spec["select"]
    return tuple(
        _beside(result, read, published)
        for read in reviews
        if read.review.review.setting.value == select["setting"]
        for published in read.review.results
        if published.outcome == select["outcome"]
    )


def _types(read: ReviewFile, published: PublishedResult) -> tuple[str, ...]:
    return tuple(kind.value for kind in published.diabetes_types or read.review.review.diabetes_types)


def _beside(result: AnalysisResult, read: ReviewFile, published: PublishedResult) -> Beside:
    types = _types(read, published)
    ours, why = _our_pool(result, types)
    differs = tuple(_differences(result, published, types, ours))
    if ours is None:
        return Beside(review=read, result=published, ours=None, why_none=why, differs=differs)
    return Beside(
        review=read,
        result=published,
        ours=ours,
        same_direction=_same_direction(result.scale, published, ours),
        overlap=_overlap(result.scale, published, ours) if _one_scale(result, published) else None,
        differs=differs,
    )


def _our_pool(result: AnalysisResult, types: tuple[str, ...]) -> tuple[Stratum | None, str]:
    """Our pool of the same types; where a review says none or several, the one over all types."""
    if not result.strata:
        return None, "nothing can be pooled here"
    if len(types) == 1:
        found = next((stratum for stratum in result.strata if stratum.label == types[0]), None)
        if found is not None:
            return found, ""
        return None, f"no study of {_words(result, types)} can be pooled here"
    if result.overall is not None:
        return result.overall, ""
    if len(result.strata) == 1:
        return result.strata[0], ""
    return None, "types of diabetes are not pooled with each other here"


def _words(result: AnalysisResult, types: Sequence[str]) -> str:
    animal = result.spec["select"]["setting"] == Setting.PRECLINICAL
    return " and ".join(type_words(kind, animal=animal) for kind in types)


def _differences(
    result: AnalysisResult, published: PublishedResult, types: tuple[str, ...], ours: Stratum | None
) -> Iterator[str]:
    if published.compared_with is PublishedComparison.BASELINE:
        yield "compared with baseline, ours with a control group"
    elif published.compared_with is not PublishedComparison.CONTROL:
        yield f"what it is compared with: {published.compared_with.meaning}"
    scale = result.scale
    if not _one_measure(scale, published):
        yield f"{published.measure.value}, ours {scale.measure}"
    elif scale.unit and published.unit is None:
        yield f"no unit printed, ours {scale.unit}"
    elif scale.unit and not _same_unit(result, published):
        yield f"in {published.unit}, ours in {scale.unit}"
    if not types:
        yield "types of diabetes not said"
    elif len(types) > 1:
        yield f"pools {_words(result, types)}"
    if ours is not None and published.k is not None and published.k != ours.pooled.k:
        yield f"{published.k} studies, ours {ours.pooled.k}"
    if published.fall_is_positive:
        yield "a fall is written as a positive number"


def _one_measure(scale: Scale, published: PublishedResult) -> bool:
    return _SAME_MEASURE.get(published.measure) == scale.measure


def _one_scale(result: AnalysisResult, published: PublishedResult) -> bool:
    """Whether both numbers are of one measure, in one unit."""
    return _one_measure(result.scale, published) and (not result.scale.unit or _same_unit(result, published))


def _same_unit(result: AnalysisResult, published: PublishedResult) -> bool:
    entry = outcome(result.spec["select"]["outcome"])
    printed = published.unit
    if printed is None or not entry.accepts(printed):
        return False
    return entry.canonical_unit(printed) == result.scale.unit


def _same_direction(scale: Scale, published: PublishedResult, ours: Stratum) -> bool | None:
    if published.estimate is None or published.measure is PublishedMeasure.PERCENT:
        return None
    ratio = published.measure in RATIOS
    theirs = math.log(published.estimate) if ratio else published.estimate
    theirs = -theirs if published.fall_is_positive else theirs
    own = ours.pooled.estimate - scale.null
    return None if theirs == 0 or own == 0 else (theirs > 0) == (own > 0)


def _overlap(scale: Scale, published: PublishedResult, ours: Stratum) -> bool | None:
    """Whether the intervals overlap, on the scale that is shown."""
    if published.ci is None or published.ci[0] > published.ci[1]:
        return None
    if published.compared_with is PublishedComparison.BASELINE:
        return None
    low, high = published.ci
    if published.fall_is_positive:
        low, high = -high, -low
    own_low, own_high = sorted(scale.shown(end) for end in (ours.pooled.ci.low, ours.pooled.ci.high))
    return low <= own_high and own_low <= high
