"""Duplicates: the same numbers twice in a record, the same participants twice in a review."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from metamsc.checks.rounding import significant_digits
from metamsc.checks.rows import Row, canonical_unit, rows, series
from metamsc.checks.rule import Finding
from metamsc.records.model import Result, Study
from metamsc.records.studies import Studies
from metamsc.records.values import ArmValue
from metamsc.vocabulary import ArmRole


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


_PAPER_IDS = (("doi", "DOI"), ("pmid", "PMID"), ("pmcid", "PMC id"))


def check_paper_once(studies: Studies) -> Iterator[tuple[Study, Finding]]:
    """Check that two records of one paper (DOI, PMID or PMC id) share a cohort key."""
    seen: dict[tuple[str, str], Study] = {}
    for study in studies:
        for field, name in _PAPER_IDS:
            number = getattr(study.study, field)
            if number is None:
                continue
            first = seen.setdefault((field, number.lower()), study)
            if first.cohort != study.cohort:
                message = f"the {name} {number} is also in {studies.origin(first).cite(('study', field))}"
                hint = "give both records one `cohort`, or join them"
                yield study, Finding(("study", field), message, hint)


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


TELLING_DIGITS = 2
"""Digits of mean and of spread below which two equal pairs are no surprise (0.9 ± 0.2)."""


def _numbers(value: ArmValue) -> tuple[float, float] | None:
    """Centre and spread of an arm, when they have digits enough to be told from others."""
    centre = getattr(value, value.centre) if value.centre is not None else None
    spread = next((x for x in (value.sd, value.se) if x is not None), None)
    if spread is None and value.spread is not None:
        spread = value.spread.value
    if centre is None or spread is None:
        return None
    if min(significant_digits(centre), significant_digits(spread)) < TELLING_DIGITS:
        return None
    return centre, spread


def _numbered(group: list[Row]) -> Iterator[tuple[Row, str, tuple[float, float]]]:
    for row in group:
        for arm, value in (row.result.arms or {}).items():
            numbers = _numbers(value)
            if numbers is not None:
                yield row, arm, numbers


def check_numbers_once(study: Study) -> Iterator[Finding]:
    """Check that no mean and spread stand twice: in two arms of a row, or in one arm at two times."""
    for group in series(study).values():
        first: dict[tuple[float, float], tuple[Row, str]] = {}
        for row, arm, numbers in _numbered(group):
            other, other_arm = first.setdefault(numbers, (row, arm))
            if (other.index, other_arm) == (row.index, arm):
                continue
            if (other.index == row.index) != (other_arm == arm):
                place = f"results[{other.index}].arms.{other_arm}"
                message = f"{numbers[0]:g} and {numbers[1]:g} stand at {place} too"
                yield Finding(row.arm_path(arm), message, "one of the two is copied from the other place")


def check_arms_not_exchanged(study: Study) -> Iterator[Finding]:
    """Check that the numbers of one arm are not those of another arm at another time."""
    roles = {arm.id: arm.role for arm in study.arms}
    for group in series(study).values():
        first: dict[tuple[float, float], tuple[Row, str]] = {}
        for row, arm, numbers in _numbered(group):
            other, other_arm = first.setdefault(numbers, (row, arm))
            if other.index == row.index or other_arm == arm or ArmRole.HEALTHY in (
                roles.get(arm), roles.get(other_arm),
            ):  # fmt: skip
                continue
            place = f"results[{other.index}].arms.{other_arm}"
            message = f"{numbers[0]:g} and {numbers[1]:g} are those of {place}, at another time"
            hint = "the arms, or the times, are exchanged in one of the two rows"
            yield Finding(row.arm_path(arm), message, hint)


SHARED = 2
"""Arms with the same n, mean and spread from which on two records are likely of the same participants."""


def check_numbers_in_one_record(studies: Studies) -> Iterator[tuple[Study, Finding]]:
    """Check that two records with the same numbers share a cohort key."""
    holders: dict[Hashable, list[tuple[Study, Row, str]]] = {}
    for study in studies:
        for row in rows(study):
            for arm, value in (row.result.arms or {}).items():
                numbers = _numbers(value)
                if numbers is not None:
                    unit = canonical_unit(row.result.outcome, row.result.unit)
                    key = (row.result.outcome, unit, value.n, *numbers)
                    holders.setdefault(key, []).append((study, row, arm))
    shared: dict[tuple[str, str], list[tuple[Study, Study, Row, str]]] = {}
    for places in holders.values():
        first = places[0][0]
        for study, row, arm in places[1:]:
            if study.cohort != first.cohort:
                shared.setdefault((first.id, study.id), []).append((first, study, row, arm))
    for found in shared.values():
        if len(found) >= SHARED:
            first, study, row, arm = found[0]
            message = f"{len(found)} arms have the n, mean and spread of {studies.origin(first).cite()}"
            hint = "reports of the same participants have one `cohort`"
            yield study, Finding(row.arm_path(arm), message, hint)
