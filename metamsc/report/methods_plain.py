"""The methods in plain words: short sentences without the names of methods. Markdown without citations.

The technical register, which names and cites every method, is in :mod:`metamsc.report.methods`; the two tell
the same choices.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from metamsc.plots.wording import percent
from metamsc.report.effects_in_words import measure_words, mid_words, outcome_name
from metamsc.report.evidence_words import listed
from metamsc.report.few_studies import assumption
from metamsc.report.markdown import escaped
from metamsc.report.spread_words import independent
from metamsc.tables.labels import is_animal, moderator_name, plural, word

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult, Scale

_PRODUCTS = {
    "only": "Only studies of mesenchymal stromal cells count.",
    "none": "Only studies of cell products that are not mesenchymal stromal cells count.",
    "any": "Studies of cell products of any kind count.",
}
_MULTI_ARM = {
    "combine": "Where a study treated several groups, they are taken together.",
    "split-control": "Where a study treated several groups, each has its share of the control group.",
    "covariance": "Where a study treated several groups, each is compared with the whole control group; the "
    "calculation knows that it is the same one.",
    "highest-dose": "Where a study treated several groups, the one with the highest dose is used.",
}
_COMPARED = {
    "RR": "We compare how likely the outcome is in the two groups.",
    "OR": "We compare the odds of the outcome in the two groups.",
    "PETO": "We compare the odds of the outcome in the two groups.",
    "RD": "We take the difference in the share of participants who have the outcome.",
    "ROM": "We take the ratio of the means of the two groups.",
    "MD": "We take the difference between the means of the two groups.",
}


def plain_methods(result: AnalysisResult) -> tuple[str, ...]:
    """Return the paragraphs of the methods in plain words.

    Parameters
    ----------
    result : AnalysisResult

    Returns
    -------
    tuple of str
        Markdown.
    """
    paragraphs = (selection(result), comparison(result), pooling(result), checks(result))
    return tuple(text for text in paragraphs if text)


def selection(result: AnalysisResult) -> str:
    """Return which studies and which of their numbers were used."""
    plan: dict[str, Any] = result.spec.get("select", {})
    kind = "animal experiments" if is_animal(result) else "studies with patients"
    controls = [word(value) for value in plan.get("control", ())]
    records = plural(result.table.n_records, "record")
    people = "Animals" if is_animal(result) else "Participants"
    sentences = [
        f"We looked for numbers on {outcome_name(result)} in {records} of {kind}.",
        _PRODUCTS.get(plan.get("treatment", {}).get("msc", ""), ""),
        f"Each study has a control group ({listed(controls, 'or')})." if controls else "",
        "A change over time without a control group is not used: it may have happened without the cells.",
        *(_plainly(text).replace("Participants", people) for text in result.table.assumptions),
        _MULTI_ARM.get(plan.get("multi_arm", ""), "") if _has_arms(result) else "",
        _assumed(result),
    ]
    return " ".join(escaped(text) for text in sentences if text)


_PLAINLY = {
    "One row per cohort: participants are counted once.": "Participants of several reports are counted once.",
    "One study per cohort, its treated arms kept apart: treated participants are counted once.": "Treated "
    "groups of one study are kept apart, and none is counted twice.",
    "A control group shared by several treated arms is divided among them.": "",
}


def _plainly(assumption: str) -> str:
    """Return an assumption of the table of effects without its technical words; "" if said elsewhere."""
    if assumption.startswith("One time point per study: "):
        return assumption.replace("One time point per study: ", "Of several times, a study counts with one: ")
    return _PLAINLY.get(assumption, assumption)


def _has_arms(result: AnalysisResult) -> bool:
    """Say whether any pooled study treated several groups."""
    rows = result.table.rows
    several = len({row.study_id for row in rows}) < len(rows)
    return several or any(len(row.treatment.arms) > 1 for row in rows)


def _assumed(result: AnalysisResult) -> str:
    count = sum(row.imputed for row in result.table.rows)
    if not count:
        return ""
    of = plural(result.table.k, "result")
    return f"For {count} of {of}, a number that is not printed rests on an assumption; the tables mark it."


def comparison(result: AnalysisResult) -> str:
    """Return what is compared, which way is better, and which difference matters."""
    scale = result.scale
    compared = _COMPARED.get(scale.measure, f"We compare the two groups by the {measure_words(scale)}.")
    sentences = [
        compared.replace("participants who", "animals that") if is_animal(result) else compared,
        _better(scale),
    ]
    if scale.mid is not None:
        sentences.append(
            f"The smallest difference that matters (the minimal important difference) is taken to be "
            f"{mid_words(result)}. Source: {scale.mid_source}."
        )
    elif scale.mid_source:
        sentences.append(f"We do not judge whether a difference matters: {scale.mid_source}.")
    return " ".join(escaped(text) for text in sentences)


def _better(scale: Scale) -> str:
    if scale.lower_is_better is None:
        return "Neither a higher nor a lower value is taken as better."
    return f"A {'lower' if scale.lower_is_better else 'higher'} value is better."


def pooling(result: AnalysisResult) -> str:
    """Return how one number was made of several studies."""
    several = [stratum for stratum in result.strata if stratum.pooled.k > 1]
    pooled = [stratum.pooled for stratum in several]
    names = [moderator_name(name) for name in result.spec.get("strata", ())]
    sentences = [f"Studies are grouped by {listed(names)}."] if names else []
    if not pooled:
        sentences.append("No group has more than one study, so nothing is averaged.")
        return escaped(" ".join(sentences))
    one = pooled[0]
    sentences.append(
        "Within a group, the results are averaged; a study that is more precise counts for more."
    )
    if one.tau2_method == "EE":
        sentences.append("The calculation assumes that all studies have the same true effect.")
    else:
        sentences.append("The calculation allows the true effect to differ from one study to another.")
    sentences.append(
        f"The {percent(one.level)} interval around an average holds the values compatible with the data."
    )
    if any(item.pooled.pi is not None and independent(result, item) for item in several):
        sentences.append("The prediction interval says what effect to expect in another place.")
    few = assumption(result)
    if few:
        sentences.append(
            f"Few studies cannot tell how much true effects differ. So we also show what follows if {few}."
        )
    return escaped(" ".join(sentences))


def checks(result: AnalysisResult) -> str:
    """Return what was done to see how far the answer can be trusted, and who computed."""
    sentences = []
    if result.sensitivity:
        count = plural(len(result.sensitivity), "other way", "other ways")
        sentences.append(f"We repeated the calculation in {count} to see whether the answer changes.")
    sentences.append("Results that are known to be missing are listed, because they could change the answer.")
    version = result.manifest.get("metamsc", "")
    sentences.append(f"The numbers were computed by metamsc{f' {version}' if version else ''}.")
    return escaped(" ".join(sentences))
