"""Make mistakes in records and count which of them `metamsc check` tells."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from benchmarks.injection.clean import clean_record
from benchmarks.injection.mistakes import MISTAKES, UNSEEN
from benchmarks.injection.places import Made, Record, Rng, differences
from benchmarks.injection.seen import SHIPPED
from metamsc.checks.read import read_records
from metamsc.checks.run import judge_studies
from metamsc.errors import Problem
from metamsc.records.model import Study
from metamsc.records.studies import Studies

SEED = 20261122
TRIES = 60
"""Records looked at for one in which a mistake is visible; some mistakes mostly are not."""
POOL = 600
"""Generated records; each kind of mistake is made in them in an order and at places of its own."""
BANDS = ((6, 9), (10, 19), (20, 62))
KINDS = (*MISTAKES, *UNSEEN)


@dataclass
class Tally:
    """Counts of one kind of mistake in one set of records."""

    visible: int = 0
    found: int = 0
    at_place: int = 0
    """Found by a problem at the row (or part of the record) that was changed."""
    hidden: int = 0
    lucky: int = 0
    records: set[str] = field(default_factory=set)
    codes: Counter[str] = field(default_factory=Counter)
    bands: Counter[tuple[int, int]] = field(default_factory=Counter)
    found_in: Counter[tuple[int, int]] = field(default_factory=Counter)

    @property
    def sensitivity(self) -> float:
        """Share found of those that can be seen."""
        return self.found / self.visible if self.visible else float("nan")


def judge(records: Iterable[Record]) -> tuple[Problem, ...]:
    """Problems of records made in Python."""
    return judge_studies(Studies.of(*(Study.model_validate(record) for record in records)))[0]


def keys_of(problems: Iterable[Problem]) -> Counter[tuple[str, str]]:
    """Code and place of each problem."""
    return Counter((problem.code, problem.where) for problem in problems)


@cache
def shipped_records() -> tuple[Record, ...]:
    """Shipped records that print a number, without their acknowledgements."""
    records = []
    for study in read_records(SHIPPED):
        record = study.model_dump(mode="json", by_alias=True, exclude_unset=True)
        record.pop("acknowledged", None)
        if record.get("results"):
            records.append(record)
    return tuple(records)


@cache
def generated_records() -> tuple[Record, ...]:
    """Clean records of the generator, for all kinds of mistakes."""
    rng = np.random.default_rng([SEED, 998])
    return tuple(clean_record(rng, number) for number in range(POOL))


SETS: dict[str, Callable[[], tuple[Record, ...]]] = {
    "generated": generated_records,
    "shipped": shipped_records,
}


def _in_random_order(rng: Rng, records: tuple[Record, ...]) -> Iterator[Record]:
    """Records in random order, again and again."""
    while records:
        for index in rng.permutation(len(records)):
            yield records[int(index)]


def measure(kind: int, where: str, times: int, tries: int = TRIES) -> Tally:
    """Make one kind of mistake until it was visible `times` times, and count what is told.

    Parameters
    ----------
    kind : int
        Place in ``KINDS``.
    where : str
        "generated" or "shipped".
    times : int
        Visible mistakes (of kinds that one record cannot show: mistakes) to make.
    tries : int
        Records looked at, as a multiple of `times`.
    """
    mistake = KINDS[kind]
    rng = np.random.default_rng([SEED, kind, list(SETS).index(where)])
    records = tuple(r for r in SETS[where]() if mistake.make(rng, copy.deepcopy(r)) is not None)
    tally = Tally()
    for clean, _ in zip(_in_random_order(rng, records), range(tries * times), strict=False):
        if max(tally.visible, tally.hidden if mistake in UNSEEN else 0) >= times:
            break
        if tally.visible == 0 and tally.hidden >= times:
            break  # no record of this set shows it
        made = mistake.make(rng, copy.deepcopy(clean))
        if made is not None and (made[0][0] != clean or len(made[0]) > 1):
            _count(tally, clean, made, times)
    return tally


def _count(tally: Tally, clean: Record, made: Made, most_hidden: int) -> None:
    records, visible = made
    if not visible and tally.hidden >= most_hidden:
        return
    new = keys_of(judge(records)) - _clean_problems(clean)
    if not visible:
        tally.hidden += 1
        tally.lucky += bool(new)
        return
    tally.visible += 1
    tally.records.add(clean["study"]["id"])
    tally.found += bool(new)
    changed = tuple({_part(path) for path in differences(clean, records[0])})
    tally.at_place += (len(records) > 1 and bool(new)) or any(place.startswith(changed) for _, place in new)
    tally.codes.update({code for code, _ in new})
    band = _band(clean)
    tally.bands[band] += 1
    tally.found_in[band] += bool(new)


def _part(path: str) -> str:
    """Row, arm or part of the record: ``results[2]`` of ``results[2].arms.msc.sd``."""
    return path.split(".", maxsplit=1)[0]


_KNOWN: dict[str, Counter[tuple[str, str]]] = {}


def _clean_problems(clean: Record) -> Counter[tuple[str, str]]:
    """Problems of a record before the mistake, kept by its id."""
    name = clean["study"]["id"]
    if name not in _KNOWN:
        _KNOWN[name] = keys_of(judge([clean]))
    return _KNOWN[name]


def _band(record: Record) -> tuple[int, int]:
    sizes = [v["n"] for row in record["results"] for v in row.get("arms", {}).values() if v.get("n")]
    n = min(sizes, default=0)
    return next((band for band in BANDS if band[0] <= n <= band[1]), (1, 5))


def false_alarms(count: int) -> tuple[int, int, Counter[str]]:
    """Clean generated records with an error, with a warning, and the codes."""
    rng = np.random.default_rng([SEED, 999])
    errors = warnings = 0
    codes: Counter[str] = Counter()
    for number in range(count):
        problems = judge([clean_record(rng, number)])
        kinds = {problem.severity for problem in problems}
        errors += "error" in kinds
        warnings += "warning" in kinds
        codes.update({problem.code for problem in problems})
    return errors, warnings, codes
