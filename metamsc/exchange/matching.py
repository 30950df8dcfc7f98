"""Two extractions of one study brought side by side: arms, sources and results by what they are.

Independent extractors choose their own ids and order. Results are matched by outcome, time,
definition and subgroup, never by their position in the list.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from metamsc.records.model import Arm, MissingResult, Result, RiskOfBias, Source, Study
from metamsc.records.values import parse_days

_TIME_TOLERANCE = 0.05
"""Two times this close (12 months, 52 weeks) can be the same visit, when nothing else fits."""

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Matching:
    """What belongs together.

    Attributes
    ----------
    arms, sources : dict of str to str
        Id in the second record -> id in the first.
    results, missing, judgements : tuple of pairs
        Positions in both records; None where only one has it. First those of the first record, in its
        order, then what only the second has.
    """

    arms: dict[str, str]
    sources: dict[str, str]
    results: tuple[tuple[int | None, int | None], ...]
    missing: tuple[tuple[int | None, int | None], ...]
    judgements: tuple[tuple[int | None, int | None], ...]


def match_studies(a: Study, b: Study) -> Matching:
    """Return what belongs together in two extractions of one study."""
    arms = _match_ids({arm.id: arm for arm in a.arms}, {arm.id: arm for arm in b.arms}, _ARM_KEYS)
    sources = _match_ids(a.sources, b.sources, _SOURCE_KEYS)
    judged: tuple[Callable[[RiskOfBias], Hashable], ...] = (lambda entry: (entry.tool, entry.outcome),)
    own = {arm.id: arm.id for arm in a.arms}
    return Matching(
        arms,
        sources,
        _match(a.results, b.results, _result_keys(own), _result_keys(arms), _same_visit),
        _match(a.missing_results, b.missing_results, _MISSING_KEYS, _MISSING_KEYS),
        _match(a.risk_of_bias, b.risk_of_bias, judged, judged),
    )


_ARM_KEYS: tuple[Callable[[Arm], Hashable], ...] = (
    lambda arm: (arm.role, arm.cells.source if arm.cells else arm.comparator),
    lambda arm: arm.role,
)
_SOURCE_KEYS: tuple[Callable[[Source], Hashable], ...] = (
    lambda source: (source.url, source.citation, plain(source.locator)),
    lambda source: (source.kind, source.reference),
)
_MISSING_KEYS: tuple[Callable[[MissingResult], Hashable], ...] = (
    lambda entry: (entry.outcome, days(entry.at), entry.kind),
    lambda entry: (entry.outcome, days(entry.at)),
    lambda entry: entry.outcome,
)


def plain(text: str | None) -> str:
    """Return a text without what two people write differently: case, spaces, dots at the end."""
    return " ".join((text or "").casefold().split()).rstrip(".")


def days(time: str | None) -> float | None:
    """Return a time in days; None where there is none or it is not reported."""
    return None if time is None else parse_days(time)


def _result_keys(arms: dict[str, str]) -> tuple[Callable[[Result], Hashable], ...]:
    """Keys of a result, the strictest first; the time of the last is judged apart.

    Parameters
    ----------
    arms : dict of str to str
        Ids in the record -> ids in the first record.
    """

    def base(result: Result) -> tuple[Hashable, ...]:
        contrast = result.contrast
        sides = contrast and (arms.get(contrast.treatment), arms.get(contrast.control))
        return (result.outcome, plain(result.subgroup), sides)

    def groups(result: Result) -> frozenset[str | None]:
        return frozenset(arms.get(arm) for arm in result.arms or {})

    return (
        lambda r: (*base(r), days(r.at), plain(r.definition), groups(r)),
        lambda r: (*base(r), days(r.at), plain(r.definition)),
        lambda r: (*base(r), days(r.at), groups(r)),
        lambda r: (*base(r), days(r.at)),
        base,
    )


def _same_visit(a: Result, b: Result) -> bool:
    first, second = days(a.at), days(b.at)
    if first is None or second is None:
        return True
    return abs(first - second) <= _TIME_TOLERANCE * max(first, second)


def _match_ids(
    a: dict[str, Item], b: dict[str, Item], keys: Sequence[Callable[[Item], Hashable]]
) -> dict[str, str]:
    """Match by id, then by each key where exactly one of either side is left with it."""
    matched = {name: name for name in b if name in a}
    for key in keys:
        left_a = {name: key(item) for name, item in a.items() if name not in matched.values()}
        left_b = {name: key(item) for name, item in b.items() if name not in matched}
        count_a, count_b = Counter(left_a.values()), Counter(left_b.values())
        for name, value in left_b.items():
            if count_a[value] == count_b[value] == 1:
                matched[name] = next(other for other, v in left_a.items() if v == value)
    return matched


def _match(
    a: Sequence[Item],
    b: Sequence[Item],
    keys_a: Sequence[Callable[[Item], Hashable]],
    keys_b: Sequence[Callable[[Item], Hashable]],
    allow: Callable[[Item, Item], bool] = lambda _a, _b: True,
) -> tuple[tuple[int | None, int | None], ...]:
    partner: dict[int, int] = {}
    for key_a, key_b in zip(keys_a, keys_b, strict=True):
        left_a = {i: key_a(item) for i, item in enumerate(a) if i not in partner}
        left_b = {j: key_b(item) for j, item in enumerate(b) if j not in partner.values()}
        count_a, count_b = Counter(left_a.values()), Counter(left_b.values())
        for i, value in left_a.items():
            if count_a[value] == count_b[value] == 1:
                j = next(other for other, v in left_b.items() if v == value)
                if allow(a[i], b[j]):
                    partner[i] = j
    only_b = [(None, j) for j in range(len(b)) if j not in partner.values()]
    return (*((i, partner.get(i)) for i in range(len(a))), *only_b)
