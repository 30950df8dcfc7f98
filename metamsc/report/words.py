"""The result in plain words: what was found, how sure, whether it matters, how studies differ.

Each sentence says only what the numbers say. Direction words follow the sign of the estimate as shown,
"includes" and "excludes" follow the interval, and every finding names its unit and its number of studies.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from metamsc.plots.numbers import format_percent
from metamsc.plots.wording import capitalise, percent
from metamsc.report.effects_in_words import (
    difference_bounds,
    mid_words,
    outcome_phrase,
    size_words,
)
from metamsc.report.few_studies import enough, too_narrow, with_prior
from metamsc.tables.labels import (
    count_words,
    is_animal,
    plural,
    shown_effect,
    shown_interval,
    stratum_words,
    type_words,
)
from metamsc.tables.pooled import participants
from metamsc.vocabulary import DiabetesType

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult, Scale, Stratum
    from metamsc.models.results import PooledResult

_DISTINCT = (DiabetesType.T1D, DiabetesType.T2D)
FEW = 5
"""Below this many studies heterogeneity is not described by its estimate alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One stratum in words."""

    title: str
    """The stratum: "Type 1 diabetes"."""
    finding: str
    certainty: str
    importance: str
    heterogeneity: str
    too_narrow: str = ""
    with_prior: str = ""
    enough: str = ""

    @property
    def rest(self) -> tuple[str, ...]:
        """Every sentence after the finding that there is."""
        spread = f"{self.heterogeneity} {self.too_narrow}".strip()
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
        too_narrow=too_narrow(result, stratum),
        with_prior=with_prior(result, stratum),
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
    scale, pooled = result.scale, stratum.pooled
    place = stratum_words(result, stratum)
    where = f"In {place}" if stratum.key else f"Over {place}"
    size = size_words(result, pooled.estimate)
    # one study found it, several were pooled
    verb = "was" if pooled.k > 1 else "was, in one study,"
    interval = f"{percent(pooled.level)} CI {_interval(result, pooled.ci.low, pooled.ci.high)}"
    if scale.ratio:
        interval = f"{scale.measure_label.lower()} {shown_effect(result, pooled.estimate)}, {interval}"
    people = participants(result.rows_of(stratum))
    counted = count_words(result.rows_of(stratum))
    if people:
        counted += f", {plural(int(people), 'animal' if is_animal(result) else 'participant')}"
    subject = outcome_phrase(result)
    return (
        f"{where}, {subject} {verb} {size} with {scale.treatment_label} {_than(result, pooled.estimate)} "
        f"{scale.control_label} ({interval}; {counted})."
    )


def _than(result: AnalysisResult, estimate: float) -> str:
    words = size_words(result, estimate)
    if words.startswith("the same"):
        return "as with"
    return "as with" if words.endswith(("as high", "as likely")) else "than with"


def _interval(result: AnalysisResult, low: float, high: float) -> str:
    """Return the interval; for differences its ends as "1.10 lower to 0.24 higher"."""
    if result.scale.ratio:
        return shown_interval(result, low, high)
    return difference_bounds(result, low, high)


def certainty(scale: Scale, pooled: PooledResult) -> str:
    """Return whether the interval includes no difference, and what that leaves open."""
    low, high, null = pooled.ci.low, pooled.ci.high, scale.null
    none = null_words(scale)
    if low <= null <= high:
        if low == high:
            return f"The interval has no width and lies at {none}."
        both = "with a benefit, with a harm and with neither"
        if scale.lower_is_better is None:
            both = "with an increase, with a decrease and with neither"
        return f"The interval includes {none}: the data are compatible {both}."
    whole = f"The interval excludes {none}"
    if scale.lower_is_better is None:
        return f"{whole}."
    favours = scale.treatment_label if (high < null) == scale.lower_is_better else scale.control_label
    return f"{whole}; all of it favours {favours}."


def null_words(scale: Scale) -> str:
    """Return what no effect is on this scale."""
    return "a ratio of 1" if scale.ratio else "a difference of zero"


def importance(result: AnalysisResult, pooled: PooledResult) -> str:
    """Return how estimate and interval stand to the minimal important difference; "" where none is set."""
    scale = result.scale
    if scale.mid is None:
        return ""
    low, high, estimate = (value - scale.null for value in (pooled.ci.low, pooled.ci.high, pooled.estimate))
    mid, name = scale.mid, f"the minimal important difference ({mid_words(result)})"
    if -mid < low and high < mid:
        return f"Every value in the interval is smaller than {name}."
    if high <= -mid or low >= mid:
        return f"Every value in the interval is at least as large as {name}."
    reach = _reach(scale, low <= -mid, high >= mid)
    if abs(estimate) >= mid:
        smaller = "the interval also includes smaller differences"
        across = low < 0.0 < high and (low <= -mid) and (high >= mid)
        return f"The estimate is at least as large as {name}; {smaller}" + (
            ", and differences as large in the other direction." if across else "."
        )
    return f"The estimate is smaller than {name}; the interval also includes differences that large{reach}."


def _reach(scale: Scale, below: bool, above: bool) -> str:
    if below and above:
        return ", in both directions"
    if scale.lower_is_better is None:
        return " downwards" if below else " upwards"
    return f" in favour of {scale.treatment_label if below == scale.lower_is_better else scale.control_label}"


def heterogeneity(result: AnalysisResult, stratum: Stratum) -> str:
    """Return how far the studies differ beyond chance, and what that means for a new one."""
    pooled, k = stratum.pooled, stratum.pooled.k
    rows = result.rows_of(stratum)
    if k > 1 and len({row.cohort for row in rows}) < k:
        return (
            f"These are {count_words(rows)}, not independent studies: how much true effects differ between "
            "studies cannot be told from them, and the interval takes them for independent."
        )
    if k == 1:
        return (
            "This is one study; nothing was pooled. Whether other studies would find the same is not known."
        )
    if pooled.tau2_method == "EE":
        return "The model assumes one true effect for all studies."
    if stratum.details.get("method") == "bayes":
        return _prediction(result, pooled)
    if k == 2:
        text = "With two studies it cannot be estimated how much true effects differ between studies."
        if pooled.ci_method.startswith("hksj") or pooled.ci_method == "t":
            text += " The interval allows for that and is therefore very wide."
        return text
    return " ".join(part for part in (_spread(pooled), _prediction(result, pooled)) if part)


def _spread(pooled: PooledResult) -> str:
    found = pooled.heterogeneity
    share = f"I² {format_percent(found.I2)}%"
    if found.I2_ci is not None:
        low, high = format_percent(found.I2_ci.low), format_percent(found.I2_ci.high)
        share += f", {percent(found.I2_ci.level)} CI {low} to {high}%"
    if pooled.k < FEW:
        return (
            f"With {pooled.k} studies it cannot be estimated reliably how much true effects differ "
            f"between studies ({share})."
        )
    if found.tau2 == 0.0:
        return f"The results of the {pooled.k} studies differ no more than chance would make them ({share})."
    return (
        f"Of the variation between the results of the {pooled.k} studies, {format_percent(found.I2)}% is "
        f"estimated to be more than chance ({share})."
    )


def _prediction(result: AnalysisResult, pooled: PooledResult) -> str:
    if pooled.pi is None:
        return ""
    low, high = pooled.pi.low, pooled.pi.high
    inside = "includes" if low <= result.scale.null <= high else "excludes"
    return (
        f"The true effect of a new study of this kind is expected between "
        f"{_interval(result, low, high).replace(' to ', ' and ')} ({percent(pooled.pi.level)} prediction "
        f"interval), which {inside} {null_words(result.scale)}."
    )


def answer(result: AnalysisResult, stratum: Stratum) -> str:
    """Return the finding in one short line, for a card: size, interval, k, and what the interval includes."""
    scale, pooled = result.scale, stratum.pooled
    interval = f"{percent(pooled.level)} CI {_interval(result, pooled.ci.low, pooled.ci.high)}"
    if scale.ratio:
        interval = f"{shown_effect(result, pooled.estimate)}, {interval}"
    inside = "includes" if pooled.ci.low <= scale.null <= pooled.ci.high else "excludes"
    counted = count_words(result.rows_of(stratum))
    size = size_words(result, pooled.estimate)
    found = f"{capitalise(size)} with {scale.treatment_label} ({interval}; {counted})."
    return f"{found} The interval {inside} {null_words(scale)}."


def across_types(result: AnalysisResult) -> str:
    """Return what was pooled over types of diabetes, or why nothing was."""
    types = dict.fromkeys(stratum.key[0] for stratum in result.strata)
    meanings = {kind.value: kind.meaning for kind in DiabetesType}
    told = [
        f"{type_words(name)} ({meanings[name].split(':')[-1].strip()})" for name in types if name in _DISTINCT
    ]
    sentences = [result.overall_note]
    if result.overall is None and len(told) > 1:
        sentences.append(
            f"{capitalise(' and '.join(told))} are different diseases: a mean of the two would describe "
            "neither."
        )
    return " ".join(text for text in sentences if text)


def left_out(result: AnalysisResult) -> str:
    """Return how many records were looked at, rows pooled, results left out and results missing."""
    table = result.table
    kind = "animal" if is_animal(result) else "clinical"
    giving = len({row.study_id for row in table.rows})
    rows = "a row" if table.k == giving else f"{plural(table.k, 'row')} together"
    text = (
        f"Of {plural(table.n_records, f'{kind} record')}, {_counted(giving, 'gives', 'give')} {rows} for "
        f"this analysis. {plural(len(table.excluded), 'result')} of the same outcome "
        f"{'was' if len(table.excluded) == 1 else 'were'} left out, each with its reason."
    )
    missing = len(table.missing) + len(result.spec.get("known_missing", ()))
    if missing:
        could = sum(item.controlled for item in table.missing)
        text += (
            f" {plural(missing, 'result')} {'is' if missing == 1 else 'are'} known to be missing, "
            f"{'all' if could == missing > 1 else could} of them from studies with a control group."
        )
    return text


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"
