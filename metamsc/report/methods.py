"""The methods in the technical register, written from the plan and the manifest: Markdown with citations.

Only choices that this analysis made are told, and only works that back them are cited; the keys are
those of ``references.bib``. The plain register is in :mod:`metamsc.report.methods_plain`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from metamsc.report.citations import PACKAGE_WORKS
from metamsc.report.effects_in_words import measure_words, outcome_name
from metamsc.report.markdown import escaped
from metamsc.report.methods_models import other_models, pooling
from metamsc.tables.labels import is_animal, moderator_name, plural, word

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult, Scale

_MULTI_ARM = {
    "combine": "Several treated arms of one study are combined into one.",
    "split-control": "Several treated arms of one study stay apart; the control group is split.",
    "covariance": "Several treated arms of one study stay apart, each against the whole control group; the "
    "covariance of such rows goes into the model.",
    "highest-dose": "Of several treated arms of one study the one with the highest dose is used.",
}
_UNLABELLED = {
    "exclude": "A ± that a text does not label is not used.",
    "sd": "A ± that a text does not label is read as a standard deviation.",
    "se": "A ± that a text does not label is read as a standard error.",
}
_MEDIANS = {
    "convert": "A median with quartiles or range is turned into a mean and SD.",
    "refuse-skewed": "A median with quartiles or range is turned into a mean and SD unless the numbers look "
    "skewed.",
    "exclude": "Medians are not turned into means.",
}
_PRODUCTS = {
    "only": "Treatments are products recorded as mesenchymal stromal cells.",
    "none": "Treatments are cell products that are not mesenchymal stromal cells.",
    "any": "Treatments are cell products of any kind.",
}


def methods(result: AnalysisResult, *, versions: bool = False) -> tuple[str, ...]:
    """Return the paragraphs of the methods section.

    Parameters
    ----------
    result : AnalysisResult
    versions : bool
        Cite the versions of the software too, whose entries are made for each result.

    Returns
    -------
    tuple of str
        Markdown; citations as ``[@key]`` of ``references.bib``.
    """
    paragraphs = (
        selection(result),
        preparation(result),
        model(result),
        other_models(result),
        missing_evidence(result),
        software(result, versions=versions),
    )
    return tuple(text for text in paragraphs if text)


def selection(result: AnalysisResult) -> str:
    """Return what was taken from the records, and by which rules."""
    plan: dict[str, Any] = result.spec.get("select", {})
    kind = "animal experiments" if is_animal(result) else "clinical studies"
    outcome = escaped(outcome_name(result))
    sentences = [
        f"Results on {outcome} were taken from the {result.table.n_records} records of {kind}.",
        _PRODUCTS.get(plan.get("treatment", {}).get("msc", ""), ""),
        _controls(plan),
        _designs(plan),
        *map(escaped, result.table.assumptions),
        _unless_said(_MULTI_ARM.get(plan.get("multi_arm", ""), ""), "Treated arms", result),
        _left_out(plan),
    ]
    return " ".join(text for text in sentences if text)


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
        "Where no change from baseline is printed it is final minus baseline, its SD worked out from those "
        f"before and after with {used}."
    )


def _derived(result: AnalysisResult) -> str:
    """Return how many of the rows rest on numbers that are not printed as such."""
    counts = [item for item in result.table.derivation_counts() if item.kind != "effect"]
    if not counts:
        return "Every number in the pooled rows is used as printed." if result.table.rows else ""
    said = "; ".join(
        f"{item.meaning} ({plural(item.rows, 'row')}"
        + (f", {item.imputed} by assumption)" if item.imputed else ")")
        for item in counts
    )
    return escaped(f"Numbers not printed as such, in {plural(result.table.k, 'row')}: {said}.")


def _unless_said(sentence: str, beginning: str, result: AnalysisResult) -> str:
    """Drop a rule that the assumptions of the table state already."""
    return "" if any(text.startswith(beginning) for text in result.table.assumptions) else sentence


def _controls(plan: dict[str, Any]) -> str:
    controls = [word(value) for value in plan.get("control", ())]
    return f"Controls, in order of preference: {', '.join(controls)}." if controls else ""


def _designs(plan: dict[str, Any]) -> str:
    designs = [word(value) for value in plan.get("designs", ())]
    if designs:
        return f"Designs: {', '.join(designs)}."
    return (
        "Every design with a control group is allowed; a change over time without one is not a controlled "
        "difference and is not pooled."
    )


def _left_out(plan: dict[str, Any]) -> str:
    sentences = []
    if plan.get("unpublished") == "include":
        sentences.append("Unpublished results are included where numbers are known.")
    elif plan.get("unpublished") == "exclude":
        sentences.append("Unpublished results are left out.")
    if plan.get("post_hoc") == "exclude":
        sentences.append("Groupings chosen after the outcome was seen are left out.")
    left = [item.get("study", "") for item in plan.get("exclude", ())]
    if left:
        sentences.append(f"Left out by name: {escaped(', '.join(left))}.")
    if plan.get("as_reported_only"):
        sentences.append("Only numbers that need no assumption are used.")
    return " ".join(sentences)


def model(result: AnalysisResult) -> str:
    """Return effect measure, model, intervals, strata and tests, with their sources."""
    scale = result.scale
    unit = f", in {escaped(scale.unit)}" if scale.unit else ""
    log = "; it is pooled as its logarithm" if scale.ratio else ""
    sentences = [
        f"The effect is the {escaped(_measure(scale))}{unit}{log}.",
        _direction(result),
        f"Formula: {escaped(scale.formula)}." if scale.formula else "",
        f"Sampling variance {escaped(scale.variance)}." if scale.variance else "",
    ]
    sentences.extend(pooling(result))
    if any(stratum.pooled.k == 1 for stratum in result.strata):
        sentences.append("A group of one study is not pooled: its own estimate and interval are shown.")
    sentences.append(_strata(result))
    sentences.append(_mid(result))
    return " ".join(text for text in sentences if text)


def _measure(scale: Scale) -> str:
    """Return the measure with its code: "risk ratio (RR)", "... (Hedges' g; SMD)"."""
    name = measure_words(scale)
    return f"{name[:-1]}; {scale.measure})" if name.endswith(")") else f"{name} ({scale.measure})"


def _direction(result: AnalysisResult) -> str:
    """Return which way the effect is taken, and which way is better."""
    scale = result.scale
    compared = f"{scale.treatment_label} over {scale.control_label}"
    if not scale.ratio:
        compared = f"{scale.treatment_label} minus {scale.control_label}"
    better = {
        True: "lower is better",
        False: "higher is better",
        None: "neither direction is taken as better",
    }
    return f"It is taken as {escaped(compared)}; {better[scale.lower_is_better]}."


def _strata(result: AnalysisResult) -> str:
    names = [moderator_name(name) for name in result.spec.get("strata", ())]
    if not names:
        return ""
    text = f"Studies are grouped by {' and, within that, by '.join(names)}."
    if result.differences:
        shared = result.spec.get("model", {}).get("tau2_sharing") == "common"
        own = "one τ² for all groups" if shared else "a τ² of its own in each group"
        text += (
            f" Differences between groups are tested with {own}; such a comparison is one between studies, "
            "not a randomised one."
        )
    return text


def _mid(result: AnalysisResult) -> str:
    scale = result.scale
    if scale.mid is None:
        return (
            f"No minimal important difference is used: {escaped(scale.mid_source)}."
            if scale.mid_source
            else ""
        )
    return f"Source of the minimal important difference: {escaped(scale.mid_source)}."


def missing_evidence(result: AnalysisResult) -> str:
    """Return how small-study effects and missing results were looked at."""
    sentences = []
    if result.small_study:
        sentences.append(
            "Small-study effects are looked for by regression of the effects on their precision "
            "[@egger1997]; below ten studies the test is not run, since it can hardly tell asymmetry from "
            "chance [@sterne2011]."
        )
        if result.scale.precision == "1/sqrt(n)":
            sentences.append(
                "Precision is taken from the number of animals or participants, because the standard error "
                "of a standardised difference depends on the difference itself [@zwetsloot2017]."
            )
    sentences.append(
        "Results known to be missing are listed one by one, since they can bias a pool by their absence "
        "[@page2023]."
    )
    return " ".join(sentences)


def software(result: AnalysisResult, *, versions: bool) -> str:
    """Return versions and the source of the preset."""
    manifest = result.manifest
    engines = [
        f"{name} {number}{_cited(name, versions)}" for name, number in manifest.get("engines", {}).items()
    ]
    text = f"Computed by metamsc {manifest['metamsc']}" if "metamsc" in manifest else "Computed by metamsc"
    if versions and "metamsc" in manifest:
        text += " [@software-metamsc]"
    text += f" with {', '.join(engines)}." if engines else "."
    return f"{text} {_preset(result)}".strip()


def _cited(name: str, versions: bool) -> str:
    keys = ([PACKAGE_WORKS[name]] if name in PACKAGE_WORKS else []) + (
        [f"software-{name}"] if versions else []
    )
    return f" [{'; '.join(f'@{key}' for key in keys)}]" if keys else ""


def _preset(result: AnalysisResult) -> str:
    from metamsc.models.presets import PRESETS

    name = result.spec.get("model", {}).get("preset", "")
    model = result.spec.get("model", {})
    if (
        name not in PRESETS
        or model.get("cluster")
        or model.get("method", "inverse-variance") != "inverse-variance"
    ):
        return ""
    changed = [
        f"{key.replace('_', ' ')} {value}"
        for key, value in result.spec["model"].items()
        if key in {"tau2_method", "ci_method", "pi_method"} and value is not None
    ]
    text = f"Model choices: preset `{name}` ({escaped(PRESETS[name].source)})"
    return f"{text}, changed by the plan: {escaped(', '.join(changed))}." if changed else f"{text}."
