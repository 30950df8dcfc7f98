"""The methods in the technical register, written from the plan and the manifest: Markdown with citations.

Only choices that this analysis made are told, and only works that back them are cited; the keys are
those of ``references.bib``. The plain register is in :mod:`metamsc.report.methods_plain`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from metamsc.report.citations import PACKAGE_WORKS, PACKAGES
from metamsc.report.effects_in_words import measure_words, mid_words
from metamsc.report.evidence_words import listed
from metamsc.report.markdown import escaped
from metamsc.report.methods_data import preparation, selection
from metamsc.report.methods_models import other_models, pooling
from metamsc.tables.labels import moderator_name
from metamsc.tables.sizes import unit_words

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult, Scale

_ENOUGH_FOR_A_TEST = 10
"""Studies from which on a test for small-study effects is run unasked."""


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


def model(result: AnalysisResult) -> str:
    """Return effect measure, model, intervals, strata and tests, with their sources."""
    scale = result.scale
    unit = f", in {escaped(unit_words(scale))}" if scale.unit else ""
    log = "; it was pooled as its logarithm" if scale.ratio else ""
    sentences = [
        f"The effect measure was the {escaped(_measure(scale))}{unit}{log}.",
        _direction(result),
        f"It was computed as {escaped(scale.formula)}." if scale.formula else "",
        f"Its sampling variance was {escaped(scale.variance.partition(': ')[2])}." if scale.variance else "",
    ]
    sentences.extend(pooling(result))
    if any(stratum.pooled.k == 1 for stratum in result.strata):
        sentences.append("A group of one study was not pooled: its own estimate and interval are given.")
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
        True: "lower values are better",
        False: "higher values are better",
        None: "neither direction was taken as better",
    }
    return f"It was taken as {escaped(compared)}; {better[scale.lower_is_better]}."


def _strata(result: AnalysisResult) -> str:
    names = [moderator_name(name) for name in result.spec.get("strata", ())]
    if not names:
        return ""
    text = f"Studies were grouped by {' and, within that, by '.join(names)}."
    if result.differences:
        shared = result.spec.get("model", {}).get("tau2_sharing") == "common"
        own = "one τ² for all groups" if shared else "a τ² of its own in each group"
        of_one = len({row.cohort for row in result.table.rows}) == 1
        text += f" Differences between groups were tested with {own}"
        text += "." if of_one else "; such a test compares studies and is not a randomised comparison."
    return text


def _mid(result: AnalysisResult) -> str:
    scale = result.scale
    if scale.mid is None:
        return (
            f"No minimal important difference was used: {escaped(scale.mid_source)}."
            if scale.mid_source
            else ""
        )
    size = escaped(mid_words(result))
    return f"The minimal important difference was {size} (source: {escaped(scale.mid_source)})."


def missing_evidence(result: AnalysisResult) -> str:
    """Return how small-study effects and missing results were looked at."""
    sentences = []
    if result.small_study:
        sentences.append(_small_study(result))
        if result.scale.precision == "1/sqrt(n)" and not all(item.refused for item in result.small_study):
            sentences.append(
                "Precision was taken from the number of animals or participants, because the standard error "
                "of a standardised difference depends on the difference itself [@zwetsloot2017]."
            )
    sentences.append(
        "Results known to be missing were listed one by one, since their absence can bias a pooled result "
        "[@page2023]."
    )
    return " ".join(sentences)


def _small_study(result: AnalysisResult) -> str:
    if all(item.refused and item.k < _ENOUGH_FOR_A_TEST for item in result.small_study):
        return (
            "Small-study effects were not tested: with fewer than ten studies a regression of the effects on "
            "their precision [@egger1997] can hardly tell asymmetry from chance [@sterne2011]."
        )
    test = "Small-study effects were tested by regression of the effects on their precision [@egger1997]"
    if any(not item.refused and item.k < _ENOUGH_FOR_A_TEST for item in result.small_study):
        return f"{test}; with fewer than ten studies it can hardly tell asymmetry from chance [@sterne2011]."
    return (
        f"{test} where there were at least ten studies; with fewer it can hardly tell asymmetry from chance "
        "[@sterne2011]."
    )


def software(result: AnalysisResult, *, versions: bool) -> str:
    """Return versions and the source of the preset."""
    manifest = result.manifest
    engines = [
        f"{PACKAGES.get(name, name)} {number}{_cited(name, versions)}"
        for name, number in manifest.get("engines", {}).items()
    ]
    text = f"Analyses were run in metamsc {manifest.get('metamsc', '')}".rstrip()
    if versions and "metamsc" in manifest:
        text += " [@software-metamsc]"
    text += f" with {listed(engines)}." if engines else "."
    return f"{text} {_preset(result)}".strip()


def _cited(name: str, versions: bool) -> str:
    """Return the work that the authors of an engine ask to be cited; without one, its version."""
    if name in PACKAGE_WORKS:
        return f" [@{PACKAGE_WORKS[name]}]"
    return f" [@software-{name}]" if versions else ""


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
    text = f"Model choices follow the preset `{name}` ({escaped(PRESETS[name].source)})"
    return f"{text}, changed by the plan: {escaped(', '.join(changed))}." if changed else f"{text}."
