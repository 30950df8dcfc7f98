"""Sentences of the methods on data: what was taken from the records, and how numbers were prepared.

Part of :mod:`metamsc.report.methods`; Markdown, in the past tense of a methods section.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from metamsc.report.effects_in_words import outcome_name
from metamsc.report.evidence_words import listed
from metamsc.report.markdown import escaped
from metamsc.tables.labels import is_animal, plural, word

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult

_MULTI_ARM = {
    "combine": "Several treated arms of one study were combined into one.",
    "split-control": "Several treated arms of one study stayed apart; the control group was split.",
    "covariance": "Several treated arms of one study stayed apart, each against the whole control group; the "
    "covariance of such rows went into the model.",
    "highest-dose": "Of several treated arms of one study the one with the highest dose was used.",
}
_UNLABELLED = {
    "exclude": "A ± that a text does not label was not used.",
    "sd": "A ± that a text does not label was read as a standard deviation.",
    "se": "A ± that a text does not label was read as a standard error.",
}
_MEDIANS = {
    "convert": "A median with quartiles or range was turned into a mean and SD.",
    "refuse-skewed": "A median with quartiles or range was turned into a mean and SD unless the numbers "
    "looked skewed.",
    "exclude": "Medians were not turned into means.",
}
_PRODUCTS = {
    "only": "Treatments were products recorded as mesenchymal stromal cells.",
    "none": "Treatments were cell products that are not mesenchymal stromal cells.",
    "any": "Treatments were cell products of any kind.",
}


def selection(result: AnalysisResult) -> str:
    """Return what was taken from the records, and by which rules."""
    plan: dict[str, Any] = result.spec.get("select", {})
    kind = "animal experiments" if is_animal(result) else "clinical studies"
    outcome = escaped(outcome_name(result))
    sentences = [
        f"Results on {outcome} were taken from {plural(result.table.n_records, 'record')} of {kind}.",
        _PRODUCTS.get(plan.get("treatment", {}).get("msc", ""), ""),
        _controls(plan),
        _designs(plan),
        *(escaped(_told(text, animal=is_animal(result))) for text in result.table.assumptions),
        _unless_said(
            _MULTI_ARM.get(plan.get("multi_arm", ""), ""), ("Treated arms", "A control group"), result
        ),
        _left_out(plan),
    ]
    return " ".join(text for text in sentences if text)


_PAST = (
    ("One time point per study: ", "Of several time points of a study one was used: "),
    ("One row per cohort: participants are", "Each cohort gave one row, so that participants were"),
    (
        "One study per cohort, its treated arms kept apart: treated participants are",
        "The treated arms of a cohort were kept apart, so that treated participants were",
    ),
    (" is read as ", " was read as "),
    (" are combined ", " were combined "),
    (" is divided ", " was divided "),
    (" is taken as ", " was taken as "),
    (" are taken as ", " were taken as "),
    ("Changes are final", "Changes were final"),
)
"""What the table of effects says of itself now -> what a methods section says was done."""


def _told(assumption: str, *, animal: bool) -> str:
    """Return an assumption of the table of effects as a sentence of a methods section."""
    for now, then in _PAST:
        assumption = assumption.replace(now, then)
    return assumption.replace("participants", "animals") if animal else assumption


def preparation(result: AnalysisResult) -> str:
    """Return how numbers that papers do not print were had: rules of the plan, then what was used of them."""
    plan: dict[str, Any] = result.spec.get("select", {})
    sentences = [
        _unless_said(_UNLABELLED.get(plan.get("unlabelled_spread", ""), ""), "A ±", result),
        _MEDIANS.get(plan.get("medians", ""), "") if result.table.unit else "",
        _changes(plan),
        _derived(result),
    ]
    return " ".join(text for text in sentences if text)


def _changes(plan: dict[str, Any]) -> str:
    if plan.get("changes") != "derived":
        return ""
    known = plan.get("correlation")
    if known is not None:
        used = f"a correlation of {known:g}"
    else:
        used = "the median correlation that other arms of the study or other studies give, else 0.5"
    return (
        "Where no change from baseline is printed, it was computed as final minus baseline, and its SD from "
        f"those before and after with {used}."
    )


def _derived(result: AnalysisResult) -> str:
    """Return how many of the rows rest on numbers that are not printed as such."""
    counts = [item for item in result.table.derivation_counts() if item.kind != "effect"]
    if not counts:
        return "Every number in the pooled rows was used as printed." if result.table.rows else ""
    said = "; ".join(
        f"{item.meaning} ({plural(item.rows, 'row')}"
        + (f", {item.imputed} by assumption)" if item.imputed else ")")
        for item in counts
    )
    kinds = {item.kind for item in counts}
    rows = sum(any(item.kind in kinds for item in row.derived) for row in result.table.rows)
    of = "The one row rests" if result.table.k == 1 else f"{rows} of {result.table.k} rows {_rest(rows)}"
    return escaped(f"{of} on numbers that are not printed as such: {said}.")


def _rest(rows: int) -> str:
    return "rests" if rows == 1 else "rest"


def _unless_said(sentence: str, beginning: str | tuple[str, ...], result: AnalysisResult) -> str:
    """Drop a rule that the assumptions of the table state already."""
    return "" if any(text.startswith(beginning) for text in result.table.assumptions) else sentence


def _controls(plan: dict[str, Any]) -> str:
    controls = [word(value) for value in plan.get("control", ())]
    return f"Controls were, in order of preference, {listed(controls, 'or')}." if controls else ""


def _designs(plan: dict[str, Any]) -> str:
    designs = [word(value) for value in plan.get("designs", ())]
    if designs:
        return f"Designs allowed were {listed(designs)}."
    return (
        "Every design with a control group was allowed; a change over time without one is not a controlled "
        "difference and was not pooled."
    )


def _left_out(plan: dict[str, Any]) -> str:
    sentences = []
    if plan.get("unpublished") == "include":
        sentences.append("Unpublished results were included where their numbers are known.")
    elif plan.get("unpublished") == "exclude":
        sentences.append("Unpublished results were left out.")
    if plan.get("post_hoc") == "exclude":
        sentences.append("Groupings chosen after the outcome was seen were left out.")
    left = [item.get("study", "") for item in plan.get("exclude", ())]
    if left:
        sentences.append(f"Left out by name were {escaped(listed(left))}.")
    if plan.get("as_reported_only"):
        sentences.append("Only numbers that need no assumption were used.")
    return " ".join(sentences)
