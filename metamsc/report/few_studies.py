"""What can be said with two to four studies, and how much evidence there is: sentences.

With so few studies the data cannot tell how much true effects differ, so that an interval either allows for
every spread (Hartung-Knapp, very wide) or takes an estimated one for the truth (Wald, too narrow). A stated
prior says which spreads are plausible, and its interval stands between the two (Bender et al. 2018;
Röver et al. 2015; Friede et al. 2017).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from metamsc.analysis.methods.priors import parse_tau_prior, prior_words
from metamsc.plots.numbers import format_chance, format_count
from metamsc.plots.wording import percent
from metamsc.report.effects_in_words import (
    choice_bounds,
    in_measure_of,
    measure_words,
    mid_words,
)
from metamsc.tables.labels import count_words, is_animal, plural, shown_interval
from metamsc.tables.sizes import unit_words

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult, Sensitivity, SensitivityStratum, Stratum

FEW = (2, 3, 4)


def _found(result: AnalysisResult, name: str, label: str) -> tuple[Sensitivity, SensitivityStratum] | None:
    for choice in result.sensitivity:
        if choice.name == name:
            for item in choice.strata:
                if item.label == label and item.estimate is not None:
                    return choice, item
    return None


def _interval(result: AnalysisResult, choice: Sensitivity, item: SensitivityStratum) -> str:
    """Return an interval in words with its unit, on the scale it is on."""
    return choice_bounds(result, choice, item.ci_low or 0.0, item.ci_high or 0.0)


def _read_out(result: AnalysisResult, choice: Sensitivity, item: SensitivityStratum) -> str:
    """Return an interval as the object of a sentence: "an odds ratio of 0.45 to 4.21"."""
    other = in_measure_of(result, choice)
    if not other.scale.ratio:
        return _interval(result, choice, item)
    name = measure_words(other.scale)
    ends = shown_interval(other, item.ci_low or 0.0, item.ci_high or 0.0)
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name} of {ends}"


def too_narrow(result: AnalysisResult, stratum: Stratum) -> str:
    """Return what the Wald interval of two to four studies would be, where the planned one is wider."""
    found = _found(result, "wald", stratum.label)
    if len({row.cohort for row in result.rows_of(stratum)}) < stratum.pooled.k:
        return ""  # arms of one study: no spread between studies is estimated
    if found is None or stratum.pooled.k not in FEW or not stratum.pooled.ci_method.startswith("hksj"):
        return ""
    return (
        f"A Wald interval ({_interval(result, *found)}) takes the estimated spread between the studies as "
        f"known; with {stratum.pooled.k} studies it is too narrow."
    )


def with_prior(result: AnalysisResult, stratum: Stratum) -> str:
    """Return what a stated prior of the spread gives, and how much its scale matters; "" without one."""
    found = _found(result, "bayes", stratum.label)
    if found is None:
        return ""
    choice, item = found
    text = (
        f"If {_assumption(result, choice)}, the {percent(stratum.pooled.level)} credible interval is "
        f"{_read_out(result, choice, item)}"
    )
    others = [
        f"with {words} that scale it is {_read_out(result, *other)}"
        for name, words in (("bayes-narrow", "half"), ("bayes-wide", "twice"))
        if (other := _found(result, name, stratum.label)) is not None
    ]
    text += f"; {', '.join(others)}." if others else "."
    if item.mid_mean is not None and item.mid_new_study is not None:
        mean, new = (format_chance(value) for value in (item.mid_mean, item.mid_new_study))
        text += (
            " If the studies are also free of bias, the probability that the mean effect reaches "
            f"{_mid(result)} is {mean}, and that the true effect of a new study does, {new}."
        )
    return text


def plain_prior(result: AnalysisResult, stratum: Stratum) -> str:
    """Return the same in short: the interval under an assumption, and the chance that the effect matters."""
    found = _found(result, "bayes", stratum.label)
    if found is None:
        return ""
    choice, item = found
    text = (
        "Under an assumption about how much true effects differ (it is in the methods), the "
        f"{percent(stratum.pooled.level)} credible interval is {_read_out(result, choice, item)}."
    )
    if item.mid_mean is not None:
        text += (
            " If the studies are also free of bias, the chance that the mean effect reaches "
            f"{_mid(result)} is {format_chance(item.mid_mean)}."
        )
    return text


def _mid(result: AnalysisResult) -> str:
    return (
        f"the minimal important difference ({mid_words(result)}) in favour of {result.scale.treatment_label}"
    )


def assumption(result: AnalysisResult) -> str:
    """Return what the Bayesian analysis beside few studies assumes; "" where there is none."""
    choice = next((choice for choice in result.sensitivity if choice.name == "bayes"), None)
    return "" if choice is None else _assumption(result, choice)


def _assumption(result: AnalysisResult, choice: Sensitivity) -> str:
    """Return the prior in plain words, with its name for those who know it."""
    prior = next(text.partition(" = ")[2] for text in choice.changed if text.startswith("model.tau_prior"))
    family, *rest = prior.split(":")
    if family in _REVIEWS:
        return f"true effects differ between studies as they do in published reviews of {_REVIEWS[family]}"
    if family == "half-normal":
        scale = float(rest[0])
        unit = unit_words(result.scale)
        size = f"{1.96 * scale:.2g} {unit}".rstrip()
        return (
            f"true effects are taken to differ between studies by a standard deviation of less than {size} "
            f"with 95% probability (half-normal prior, scale {scale:.3g})"
        )
    return f"the spread of true effects is taken to follow a {prior_words(parse_tau_prior(prior))}"


_REVIEWS = {
    "turner": "binary outcomes (Turner et al. 2015)",
    "rhodes": "continuous outcomes (Rhodes et al. 2015)",
}


def enough(result: AnalysisResult, stratum: Stratum) -> str:
    """Return how many participants there are and one adequate trial would need; "" where it is not known."""
    item = next((item for item in result.information if item.label == stratum.label), None)
    if item is None or item.optimal is None or item.participants is None:
        return ""
    people = "animal" if is_animal(result) else "participant"
    there = plural(round(item.participants), people)
    if abs(item.participants - round(item.participants)) > 1e-9:
        there = f"{format_count(item.participants)} {people}s"
    alone = stratum.pooled.k == 1
    subject = "The study has" if alone else f"Together, the {count_words(result.rows_of(stratum))} have"
    text = (
        f"{subject} {there}; one trial with {100 * item.target:.0f}% power to find the minimal "
        f"important difference ({mid_words(result)}) would need {item.optimal:,} ({item.assumed})"
    )
    enough_there = item.participants >= item.optimal
    return f"{text}: their number alone does not limit the answer." if enough_there else f"{text}."
