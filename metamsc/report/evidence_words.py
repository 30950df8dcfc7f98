"""What stands around the pooled numbers, in sentences: what was left out, what is missing, other choices.

Each function takes the register where the two differ. Sentences are plain text; who puts them into Markdown
escapes them.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from metamsc.dataset.rows import EXCLUSION_CODES
from metamsc.plots.numbers import format_number, format_p
from metamsc.plots.wording import capitalise, inside_sentence
from metamsc.sensitivity.bias import MINIMUM_K
from metamsc.tables.labels import is_animal, label_words, note_words, plural, type_words
from metamsc.tables.pooled import ALPHA, difference_words
from metamsc.vocabulary import DiabetesType, MissingKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from metamsc.analysis.result import AnalysisResult, Difference, SmallStudy
    from metamsc.records.studies import Studies

_DISTINCT = (DiabetesType.T1D, DiabetesType.T2D)


def listed(parts: Iterable[str], last_word: str = "and") -> str:
    """Return ``a``, ``a and b`` or ``a, b and c``; semicolons where a part has a comma."""
    *first, last = parts
    comma = "; " if any("," in part for part in (*first, last)) else ", "
    end = "; " if comma == "; " else " "
    return f"{comma.join(first)}{end}{last_word} {last}" if first else last


def reasons(counts: Mapping[str, int], meanings: Mapping[str, str]) -> str:
    """Return how often each reason stands, the most frequent first: "design not allowed (5); ..."."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    told = ((meanings.get(code, code).replace(";", ","), number) for code, number in ordered)
    return "; ".join(f"{meaning} ({number})" for meaning, number in told)


def across_types(result: AnalysisResult) -> str:
    """Return what was pooled over types of diabetes, or why nothing was."""
    types = dict.fromkeys(stratum.key[0] for stratum in result.strata)
    meanings = {kind.value: kind.meaning for kind in DiabetesType}
    told = [
        f"{type_words(name)} ({meanings[name].split(':')[-1].strip()})" for name in types if name in _DISTINCT
    ]
    if result.overall is None and len(types) == 1:
        where = type_words(*types, animal=is_animal(result))
        studies = "experiments are in" if is_animal(result) else "studies are of"
        return f"All {studies} {where}, so there is no further overall result."
    sentences = [_together(note_words(result.overall_note))]
    if result.overall is None and len(told) > 1:
        sentences.append(
            f"{capitalise(' and '.join(told))} are different diseases: a mean of the two would describe "
            "neither."
        )
    return " ".join(text for text in sentences if text)


def _together(note: str) -> str:
    """Return the note of an overall pool as a sentence of a paper."""
    found = re.match(r"Pools (.+) together\.(?: The plan's reason: (.+))?", note, re.DOTALL)
    if found is None:
        return note
    told = f"The results for {listed(found[1].split(', '))} were pooled together as well."
    return f"{told} The plan's reason: {inside_sentence(found[2])}" if found[2] else told


def left_out(result: AnalysisResult) -> str:
    """Return how many records were looked at, what they gave, and why the other results were left out."""
    table = result.table
    kind = "animal" if is_animal(result) else "clinical"
    giving = len({row.study_id for row in table.rows})
    verb = "contributes" if giving == 1 else "contribute"
    rows = "" if table.k == giving else f" {plural(table.k, 'comparison')}"
    given = f"{giving} {verb}{rows}" if giving else "none contributes"
    text = f"Of {plural(table.n_records, f'{kind} record')}, {given} to this analysis."
    if not table.excluded:
        return f"{text} No result of the same outcome was left out."
    verb = "was" if len(table.excluded) == 1 else "were"
    why = reasons(Counter(item.code for item in table.excluded), EXCLUSION_CODES)
    return f"{text} {plural(len(table.excluded), 'result')} of the same outcome {verb} left out: {why}."


def missing_results(result: AnalysisResult) -> str:
    """Return how many results are known not to be here, and why that matters."""
    missing, named = result.table.missing, result.spec.get("known_missing", ())
    total = len(missing) + len(named)
    if not total:
        return "No result is known to be missing; that none is cannot be told from the records."
    could = sum(item.controlled for item in missing)
    share = "all" if could == total > 1 else str(could)
    text = (
        f"{capitalise(plural(total, 'result'))} {'is' if total == 1 else 'are'} known to be missing, "
        f"{share} of them from {'a study' if total == 1 else 'studies'} with a control group."
    )
    if missing:
        kinds = {kind.value: kind.meaning for kind in MissingKind} | {
            MissingKind.OTHER.value: "other reasons"
        }
        text += f" Why: {reasons(Counter(item.kind for item in missing), kinds)}."
    return f"{text} Had they been available, the result could have been a different one."


def differences(result: AnalysisResult, *, technical: bool) -> str:
    """Return the tests for differences between groups: comparisons between studies, never randomised ones."""
    of_one = len({row.cohort for row in result.table.rows}) == 1
    told = [_difference(item, technical) for item in result.differences]
    if not told or technical:
        return " ".join(told)
    kind = (
        "compares arms of one study"
        if of_one
        else "compares different studies: it is not a randomised comparison"
    )
    return f"{' '.join(told)} {'Such a test' if len(told) > 1 else 'The test'} {kind}."


def _difference(item: Difference, technical: bool) -> str:
    names = listed(type_words(name) for name in item.between)
    note = difference_words(item)
    if technical:
        df = f"df = {item.df}" if item.df2 is None else f"df = {item.df} and {item.df2:.3g}"
        name = "Q" if item.df2 is None else "F"
        return (
            f"Test for a difference between {names} ({note_words(item.method)}): "
            f"{name} = {format_number(item.statistic, 2)}, {df}, {format_p(item.p)}. {note}"
        ).strip()
    if item.p < ALPHA:
        found = f"By a test, results differ between {names} ({format_p(item.p)})"
        found += ", but the groups are so small that the test cannot be relied on." if item.note else "."
    else:
        found = (
            f"These data do not show that results differ between {names} ({format_p(item.p)}); they do not "
            "show that results are alike either."
        )
        found += " The groups are so small that the test cannot be relied on." if item.note else ""
    return found


_FEW = f"fewer than {MINIMUM_K} studies cannot tell them from chance (Sterne 2011)"


def small_study(result: AnalysisResult, *, technical: bool) -> str:
    """Return the tests for small-study effects, or why none was run."""
    run = [item for item in result.small_study if not item.refused]
    refused = [item for item in result.small_study if item.refused]
    sentences = [_small_study(result, item, technical) for item in run]
    if technical:
        by_reason: dict[str, list[str]] = {}
        for item in refused:
            reason = _FEW if item.k < MINIMUM_K else item.refused
            by_reason.setdefault(reason, []).append(_place(result, item.label))
        sentences.extend(
            f"No test for small-study effects was run in {listed(places)}: {reason.rstrip('.')}."
            for reason, places in by_reason.items()
        )
        return " ".join(sentences)
    nested = {stratum.label for stratum in result.pools if len(stratum.key) > 1}
    first = [_place(result, item.label) for item in refused if item.label not in nested]
    if first:
        sentences.append(
            f"Whether small studies with unwelcome results stayed unpublished cannot be tested in "
            f"{listed(first)}: there are too few studies. That does not mean there are none."
        )
    return " ".join(sentences)


def _place(result: AnalysisResult, label: str) -> str:
    words = label_words(result, label)
    return words[:1].lower() + words[1:]


def _small_study(result: AnalysisResult, item: SmallStudy, technical: bool) -> str:
    place = _place(result, item.label)
    if item.p is None or item.statistic is None:
        return f"A test for small-study effects in {place} gave no p value (k = {item.k})."
    if technical:
        df = "" if item.df is None else f", df = {item.df}"
        return (
            f"{item.method} on {item.predictor} in {place} (k = {item.k}): statistic "
            f"{format_number(item.statistic, 2)}"
            f"{df}, {format_p(item.p)}."
        )
    if item.p < ALPHA:
        return (
            f"In {place}, small studies found other results than large ones ({item.k} studies, "
            f"{format_p(item.p)}). Unpublished results are one possible reason of several."
        )
    return (
        f"In {place}, a test did not find that small studies differ from large ones ({item.k} studies, "
        f"{format_p(item.p)}). That does not rule out unpublished results."
    )


def risk_of_bias(result: AnalysisResult, records: Studies | None) -> str:
    """Return for how many pooled studies the records hold a judgement on the risk of bias."""
    pooled = sorted({row.study_id for row in result.table.rows})
    if records is None or not pooled:
        return ""
    known = [study for study in records if study.id in pooled]
    judged = [study for study in known if study.risk_of_bias]
    count = "one pooled study" if len(pooled) == 1 else f"{len(pooled)} pooled studies"
    if not judged:
        return (
            f"No judgement on the risk of bias is recorded for the {count}: the numbers do not tell how "
            "well the studies were done."
        )
    tools = listed(sorted({item.tool.meaning for study in judged for item in study.risk_of_bias}))
    overall = Counter(
        item.overall.meaning for study in judged for item in study.risk_of_bias if item.overall is not None
    )
    of = "the one pooled study" if len(pooled) == 1 else f"{len(judged)} of {count}"
    text = f"Risk of bias was judged for {of} ({tools})"
    return f"{text}: {reasons(overall, {})}." if overall else f"{text}."
