"""Duplicates: the same numbers twice in a record, the same participants twice in a review."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import combinations

from metamsc.checks.rounding import significant_digits
from metamsc.checks.rows import Row, canonical_unit, once_per_study, series, summaries
from metamsc.checks.rule import Finding
from metamsc.records.model import Result, Study
from metamsc.records.positions import Path
from metamsc.records.studies import Studies
from metamsc.records.values import ArmValue, Summary
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


def check_paper_once(studies: Studies, _gathered: Sequence[None]) -> Iterator[tuple[Study, Finding]]:
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


def check_registration_once(studies: Studies, _gathered: Sequence[None]) -> Iterator[tuple[Study, Finding]]:
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


TELLING_DIGITS = 5
"""Digits that two places must share to be one copied from the other: 0.9 ± 0.2 twice is no surprise."""
WHOLE_ROW_DIGITS = 4
"""Where every arm of a row repeats an earlier one."""
_Numbers = tuple[float, float]


def _numbers(value: ArmValue) -> _Numbers | None:
    """Centre and spread of an arm."""
    centre = getattr(value, value.centre) if value.centre is not None else None
    spread = next((x for x in (value.sd, value.se) if x is not None), None)
    if spread is None and value.spread is not None:
        spread = value.spread.value
    return None if centre is None or spread is None else (centre, spread)


def _digits(shared: Iterable[_Numbers]) -> int:
    return sum(significant_digits(number) for numbers in shared for number in numbers)


@once_per_study
def _numbered(study: Study) -> tuple[list[tuple[Row, dict[str, _Numbers]]], ...]:
    """Rows of each series with the numbers of their arms."""
    return tuple([(row, _by_arm(study, row)) for row in group] for group in series(study).values())


def _by_arm(study: Study, row: Row) -> dict[str, _Numbers]:
    healthy = {arm.id for arm in study.arms if arm.role is ArmRole.HEALTHY}
    found = {arm: _numbers(value) for arm, value in (row.result.arms or {}).items() if arm not in healthy}
    return {arm: numbers for arm, numbers in found.items() if numbers is not None}


def check_numbers_once(study: Study) -> Iterator[Finding]:
    """Check that no mean and spread stand twice: in two arms of a row, or in the same arms at two times."""
    hint = "one of the two is copied from the other place"
    for numbered in _numbered(study):
        for row, arms in numbered:
            for one, other in combinations(arms, 2):
                if arms[one] == arms[other] and _digits([arms[one]]) >= TELLING_DIGITS:
                    yield Finding(row.arm_path(other), _stand_at(arms[other], row, one), hint)
        for (first, before), (row, arms) in combinations(numbered, 2):
            same = [arm for arm in arms if before.get(arm) == arms[arm]]
            whole = len(same) > 1 and len(same) == len(arms) == len(before)
            if _digits(arms[arm] for arm in same) >= (WHOLE_ROW_DIGITS if whole else TELLING_DIGITS):
                yield Finding(row.arm_path(same[0]), _stand_at(arms[same[0]], first, same[0]), hint)


def _stand_at(numbers: _Numbers, row: Row, arm: str) -> str:
    return f"{numbers[0]:g} and {numbers[1]:g} stand at results[{row.index}].arms.{arm} too"


def check_arms_not_exchanged(study: Study) -> Iterator[Finding]:
    """Check that the numbers of one arm are not those of another arm at another time."""
    hint = "the arms, or the times, are exchanged in one of the two rows"
    for numbered in _numbered(study):
        for (first, before), (row, arms) in combinations(numbered, 2):
            crossed = [
                (arm, other)
                for arm, numbers in arms.items()
                for other, earlier in before.items()
                if other != arm and earlier == numbers
            ]
            if _digits(arms[arm] for arm, _ in crossed) >= TELLING_DIGITS:
                arm, other = crossed[0]
                place = f"results[{first.index}].arms.{other}"
                message = f"{arms[arm][0]:g} and {arms[arm][1]:g} are those of {place}, at another time"
                yield Finding(row.arm_path(arm), message, hint)


SHARED_DIGITS = 10
"""Digits that two records share in numbers of the same outcome (or characteristic), unit and n."""
LEAST_PLACES = 2
"""Arms or characteristics among which the digits are; two copies of one number are no second report."""


@dataclass(slots=True)
class _Shared:
    """What two records have in common."""

    path: Path
    """In the second one."""
    digits: int = 0
    arms: int = 0


def check_numbers_in_two_records(
    studies: Studies, gathered: Sequence[list[Telling]]
) -> Iterator[tuple[Study, Finding]]:
    """Check that two records with the same numbers share a cohort key."""
    listed = list(studies)
    holders: dict[int, int] = {}
    shared: dict[tuple[int, int], _Shared] = {}
    for number, (study, telling) in enumerate(zip(listed, gathered, strict=True)):
        for key, path, digits, arms in telling:
            first = holders.setdefault(key, number)
            if listed[first].cohort != study.cohort:
                found = shared.setdefault((first, number), _Shared(path))
                found.digits += digits
                found.arms += arms
    for (first, number), found in shared.items():
        if found.digits >= SHARED_DIGITS and found.arms >= LEAST_PLACES:
            message = (
                f"{found.arms} arms or groups have the numbers of {studies.origin(listed[first]).cite()}"
            )
            hint = "reports of the same participants have one `cohort`"
            yield listed[number], Finding(found.path, message, hint)


Telling = tuple[int, Path, int, int]
"""Fingerprint of some numbers, where they stand, their digits, and the arms they are of."""


def telling_numbers(study: Study) -> list[Telling]:
    """Return fingerprints of the numbers of a record that another one hardly shares.

    Of 64 bits two of a million are alike by chance once in forty million sets, and the numbers
    themselves would take a hundred megabytes for ten thousand records. `hash` would not do: it differs
    between processes.
    """
    return [
        (int.from_bytes(blake2b(repr(key).encode(), digest_size=8).digest()), path, digits, arms)
        for key, path, digits, arms in _telling_numbers(study)
    ]


def _telling_numbers(study: Study) -> Iterator[tuple[Hashable, Path, int, int]]:
    """Numbers that two groups of people hardly share, each with its digits and the arms it is of."""
    for index, result in enumerate(study.results):
        what = (result.outcome, canonical_unit(result.outcome, result.unit))
        counts = []
        for arm, value in (result.arms or {}).items():
            printed = _printed(value)
            if len(printed) > 1 or (printed and value.n):
                yield (*what, value.n, *printed), ("results", index, "arms", arm), _sum(printed, value.n), 1
            if value.events is not None and value.n:
                counts.append((arm, value.events, value.n))
        if any(events for _, events, _ in counts):
            numbers = [float(x) for _, *pair in counts for x in pair if x]
            row_key = (*what, result.at, *sorted((events, n) for _, events, n in counts))
            yield row_key, ("results", index, "arms"), sum(map(significant_digits, numbers)), len(counts)
        contrast = result.contrast
        if contrast is not None:
            told = (contrast.difference, contrast.ratio, contrast.se, *(contrast.ci or ()))
            digits = sum(significant_digits(x) for x in told if x)
            yield (*what, result.at, *told), ("results", index, "contrast"), digits, LEAST_PLACES
    for path, summary in summaries(study):
        if path[0] != "results":
            printed = _printed(summary)
            if printed:
                own_key = (str(path[-1]), getattr(summary, "unit", None), summary.n, *printed)
                yield own_key, path, _sum(printed, summary.n), 1


def _printed(value: Summary) -> tuple[float, ...]:
    """Centre, spread, quartiles and range, as far as they are given."""
    centre = getattr(value, value.centre) if value.centre is not None else None
    spread = value.spread.value if value.spread is not None else None
    numbers = (centre, value.sd, value.se, spread, *(value.iq_range or ()), *(value.range or ()))
    return tuple(number for number in numbers if number is not None)


def _sum(printed: tuple[float, ...], n: int | None) -> int:
    return sum(significant_digits(x) for x in (*printed, float(n or 0)) if x)
