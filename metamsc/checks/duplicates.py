"""Duplicates: the same numbers twice in a record, the same participants twice in a review."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from metamsc.checks.rule import Finding
from metamsc.records.model import Result, Study
from metamsc.records.studies import Studies


def _row_key(result: Result) -> Hashable:
    arms = tuple(sorted(result.arms)) if result.arms is not None else None
    pair = (result.contrast.treatment, result.contrast.control) if result.contrast is not None else None
    measure = result.contrast.measure if result.contrast is not None else None
    centres = tuple(sorted({v.centre or "events" for v in (result.arms or {}).values()}))
    return (
        result.outcome, result.definition, result.at, result.at_note, result.subgroup, result.unit,
        result.unit_of_analysis, arms, pair, measure, centres,
    )  # fmt: skip


def check_results_once(study: Study) -> Iterator[Finding]:
    """Check that no two rows have the same outcome, definition, time, subgroup and arms."""
    first: dict[Hashable, int] = {}
    for index, result in enumerate(study.results):
        earlier = first.setdefault(_row_key(result), index)
        if earlier != index:
            message = f"the same outcome, time and arms as results[{earlier}]"
            hint = "remove one, or tell them apart by `definition`, `subgroup` or `at_note`"
            yield Finding(("results", index), message, hint)


def check_doi_once(studies: Studies) -> Iterator[tuple[Study, Finding]]:
    """Check that two records with one DOI share a cohort key."""
    seen: dict[str, Study] = {}
    for study in studies:
        doi = study.study.doi
        if doi is None:
            continue
        first = seen.setdefault(doi.lower(), study)
        if first.cohort != study.cohort:
            message = f"the DOI {doi} is also in {studies.origin(first).cite(('study', 'doi'))}"
            yield study, Finding(("study", "doi"), message, "give both records one `cohort`, or join them")


def check_registration_once(studies: Studies) -> Iterator[tuple[Study, Finding]]:
    """Check that two records of one registered trial share a cohort key."""
    seen: dict[str, Study] = {}
    for study in studies:
        for index, number in enumerate(study.study.registration):
            first = seen.setdefault(number.upper(), study)
            if first is not study and first.cohort != study.cohort:
                place = studies.origin(first).cite(("study", "registration"))
                message = f"the registration {number} is also in {place}"
                hint = "reports of the same participants have one `cohort`"
                yield study, Finding(("study", "registration", index), message, hint)
