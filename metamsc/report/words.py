"""The result in plain words: what was found, how sure, whether it matters, how studies differ.

Each sentence says only what the numbers say. Direction words follow the sign of the estimate, "includes" and
"excludes" follow the interval, and every finding names its unit and its number of studies. The technical
register of the same findings is in :mod:`metamsc.report.results_technical`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from metamsc.plots.numbers import plain, side
from metamsc.plots.wording import capitalise, percent
from metamsc.report.effects_in_words import (
    direction,
    ends_words,
    includes_null,
    measure_words,
    mid_words,
    null_words,
    outcome_phrase,
    size_words,
)
from metamsc.report.few_studies import enough, plain_prior
from metamsc.report.spread_words import heterogeneity, share
from metamsc.tables.labels import (
    count_words,
    is_animal,
    moderator_name,
    plural,
    shown_effect,
    stratum_words,
    type_words,
    word,
)
from metamsc.tables.pooled import participants
from metamsc.tables.sizes import unit_words

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult, Scale, Stratum
    from metamsc.models.results import PooledResult


NOT_THE_SAME = "That is not evidence that {} and {} do the same."
"""Follows an interval that includes no difference; treatment and control go in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One stratum in words."""

    title: str
    """The stratum: "Type 1 diabetes"."""
    finding: str
    certainty: str
    importance: str
    heterogeneity: str
    share: str = ""
    with_prior: str = ""
    enough: str = ""

    @property
    def rest(self) -> tuple[str, ...]:
        """Every sentence after the finding that there is."""
        spread = f"{self.heterogeneity} {self.share}".strip()
        parts = (self.certainty, self.importance, spread, self.with_prior, self.enough)
        return tuple(part for part in parts if part)

    @property
    def text(self) -> str:
        """All sentences in one paragraph."""
        return " ".join((self.finding, *self.rest))


def state(result: AnalysisResult, stratum: Stratum) -> Statement:
    """Put one stratum, or the overall pool, into words.

    Parameters
    ----------
    result : AnalysisResult
    stratum : Stratum
        One of its strata, or its overall pool.

    Returns
    -------
    Statement
    """
    words = stratum_words(result, stratum)
    return Statement(
        title=capitalise(words),
        finding=finding(result, stratum),
        certainty=certainty(result.scale, stratum.pooled),
        importance=importance(result, stratum.pooled),
        heterogeneity=heterogeneity(result, stratum),
        share=share(result, stratum),
        with_prior=plain_prior(result, stratum),
        enough=enough(result, stratum),
    )


def statements(result: AnalysisResult) -> tuple[Statement, ...]:
    """Put every first-level stratum, and the overall pool where there is one, into words."""
    pools = [stratum for stratum in result.strata if len(stratum.key) == 1]
    if result.overall is not None:
        pools.append(result.overall)
    return tuple(state(result, stratum) for stratum in pools)


def finding(result: AnalysisResult, stratum: Stratum) -> str:
    """Return direction, size with unit, interval, and how many studies and participants."""
    pooled = stratum.pooled
    where = place(result, stratum)
    size = size_words(result, pooled.estimate)
    # one study found it, several were pooled
    verb = "was, in one study," if pooled.k == 1 else "was, on average,"
    return (
        f"{where}, {outcome_phrase(result)} {verb} {size} with {result.scale.treatment_label} {_than(size)} "
        f"{result.scale.control_label} ({interval_words(result, pooled)}; {counted(result, stratum)})."
    )


def place(result: AnalysisResult, stratum: Stratum) -> str:
    """Return where a result holds, as a sentence begins: "In type 1 diabetes", "Over all types of ..."."""
    if len(stratum.key) < 2:
        return f"{'In' if stratum.key else 'Over'} {stratum_words(result, stratum)}"
    first = type_words(stratum.key[0], animal=is_animal(result))
    names = [moderator_name(name) for name in result.spec.get("strata", ())[1:]]
    parts = (f"{name}: {word(value)}" for name, value in zip(names, stratum.key[1:], strict=False))
    return f"In {first} ({', '.join(parts)})" if names else f"In {stratum_words(result, stratum)}"


def counted(result: AnalysisResult, stratum: Stratum) -> str:
    """Return how many studies and participants there are: "2 studies, 122 participants"."""
    rows = result.rows_of(stratum)
    people, kind = participants(rows), "animal" if is_animal(result) else "participant"
    return f"{count_words(rows)}, {plural(round(people), kind)}" if people else count_words(rows)


def interval_words(result: AnalysisResult, pooled: PooledResult) -> str:
    """Return the interval with directions, and the number itself where the words do not hold it."""
    name = "credible interval" if pooled.ci_method == "credible" else "CI"
    text = f"{percent(pooled.level)} {name} {ends_words(result, pooled.ci.low, pooled.ci.high)}"
    if result.scale.ratio or not unit_words(result.scale):
        return f"{measure_words(result.scale)} {shown_effect(result, pooled.estimate)}, {text}"
    # "the same" has no unit of its own for the interval to share
    return text if direction(result, pooled.estimate) else f"{text}, in {unit_words(result.scale)}"


def _than(size: str) -> str:
    return "as with" if size == "the same" or size.endswith(("as high", "as likely")) else "than with"


def certainty(scale: Scale, pooled: PooledResult) -> str:
    """Return whether the interval includes no difference, and what that leaves open."""
    low, high = pooled.ci.low, pooled.ci.high
    none = null_words(scale)
    if includes_null(scale, low, high):
        if low == high:
            return f"The interval has no width and lies at {none}."
        both = "with a benefit, with a harm and with neither"
        if scale.lower_is_better is None:
            both = "with an increase, with a decrease and with neither"
        return (
            f"The interval includes {none}: the data are compatible {both}. "
            f"{NOT_THE_SAME.format(scale.treatment_label, scale.control_label)}"
        )
    whole = f"The interval excludes {none}"
    if scale.lower_is_better is None:
        return f"{whole}."
    favours = scale.treatment_label if (high < scale.null) == scale.lower_is_better else scale.control_label
    return f"{whole}; all of it favours {favours}."


def importance(result: AnalysisResult, pooled: PooledResult) -> str:
    """Return how estimate and interval stand to the minimal important difference; "" where none is set."""
    scale = result.scale
    if scale.mid is None:
        return ""
    below, above = scale.null - scale.mid, scale.null + scale.mid
    low, high, estimate = pooled.ci.low, pooled.ci.high, pooled.estimate
    name = f"the minimal important difference ({mid_words(result)})"
    down, up = side(low, below) <= 0, side(high, above) >= 0
    if not down and not up:
        return f"Every value in the interval is {_smaller(result, low, high)} than {name}."
    favour = _favour(scale, estimate)
    if side(high, below) <= 0 or side(low, above) >= 0:
        return f"Every value in the interval is at least as large as {name}{favour}."
    if side(estimate, below) <= 0 or side(estimate, above) >= 0:
        rest = ", and differences as large in the other direction" if down and up else ""
        larger = f"The estimate is at least as large as {name}{favour}"
        return f"{larger}; the interval also includes smaller ones{rest}."
    reach = _reach(scale, down, up)
    smaller = _smaller(result, estimate)
    return f"The estimate is {smaller} than {name}; the interval also includes differences that large{reach}."


def _smaller(result: AnalysisResult, *values: float) -> str:
    """Return "smaller", or "just smaller" where a value short of the important difference reads as it."""
    scale = result.scale
    size = scale.mid or 0.0
    below, above = (scale.shown(scale.null + end) for end in (-size, size))
    written = [plain(shown_effect(result, value)) for value in values]
    numbers = [float(text) for text in written if text[0] not in "<>"]
    reached = any(side(number, below) <= 0 or side(number, above) >= 0 for number in numbers)
    return "just smaller" if reached else "smaller"


def _favour(scale: Scale, estimate: float) -> str:
    """Return whom an effect on this side of no difference favours; "" where no direction is better."""
    if scale.lower_is_better is None:
        return ""
    better = (estimate < scale.null) == scale.lower_is_better
    return f" in favour of {scale.treatment_label if better else scale.control_label}"


def _reach(scale: Scale, below: bool, above: bool) -> str:
    if below and above:
        return ", in both directions"
    if scale.lower_is_better is None:
        return " downwards" if below else " upwards"
    return f" in favour of {scale.treatment_label if below == scale.lower_is_better else scale.control_label}"


def answer(result: AnalysisResult, stratum: Stratum) -> str:
    """Return the finding in one short line, for a card: size, interval, k, and what the interval includes."""
    scale, pooled = result.scale, stratum.pooled
    interval = f"{percent(pooled.level)} CI {ends_words(result, pooled.ci.low, pooled.ci.high)}"
    if scale.ratio:
        interval = f"{measure_words(scale)} {shown_effect(result, pooled.estimate)}, {interval}"
    inside = "includes" if includes_null(scale, pooled.ci.low, pooled.ci.high) else "excludes"
    rows = count_words(result.rows_of(stratum))
    size = size_words(result, pooled.estimate)
    found = f"{capitalise(size)} with {scale.treatment_label} ({interval}; {rows})."
    return f"{found} The interval {inside} {null_words(scale)}."
