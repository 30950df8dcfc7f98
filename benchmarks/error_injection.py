"""How many mistakes of extraction `metamsc check` finds, and how often it cries wolf.

``python benchmarks/error_injection.py [--times 200] [--clean 1000]``: each kind of mistake is made in
`times` generated records, with fixed seeds. A mistake is found when the record has a problem that its
clean twin has not. Kinds and records where nothing in the record contradicts the mistake are counted
apart: no check can see them, and what is found there is luck.
"""

from __future__ import annotations

import argparse
import copy
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.injection.clean import Record, clean_record
from benchmarks.injection.errors import MISTAKES, Mistake
from metamsc.checks.run import check_records, judge_studies
from metamsc.errors import Problem
from metamsc.records.model import Study
from metamsc.records.studies import Studies

SEED = 20261122
SHIPPED = Path(__file__).parents[1] / "data" / "extractions"
GOAL_ALL, GOAL_SE, GOAL_FALSE = 0.95, 0.90, 0.02
SE_KIND = "SE for SD, whole table"
TRIES = 60
"""Records looked at for one in which a mistake is visible; some mistakes mostly are not."""
BANDS = ((6, 9), (10, 19), (20, 62))


@dataclass
class Tally:
    """Counts of one kind of mistake."""

    visible: int = 0
    found: int = 0
    hidden: int = 0
    lucky: int = 0
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


def _keys(problems: Iterable[Problem]) -> Counter[tuple[str, str]]:
    return Counter((problem.code, problem.where) for problem in problems)


def _band(record: Record) -> tuple[int, int]:
    n = min(arm["n_randomised"] for arm in record["arms"])
    return next((band for band in BANDS if band[0] <= n <= band[1]), (1, 5))


def measure(mistake: Mistake, seed: int, times: int) -> Tally:
    """Make one kind of mistake `times` times and count what is found."""
    rng = np.random.default_rng([SEED, seed])
    tally, number = Tally(), 0
    while tally.visible < times and number < TRIES * times:
        number += 1
        clean = clean_record(rng, number)
        made = mistake.make(rng, copy.deepcopy(clean))
        if made is None or (made[0][0] == clean and len(made[0]) == 1):
            continue
        records, visible = made
        new = _keys(judge(records)) - _keys(judge([clean]))
        band = _band(clean)
        if visible:
            tally.visible += 1
            tally.bands[band] += 1
            tally.found += bool(new)
            tally.found_in[band] += bool(new)
            tally.codes.update({code for code, _ in new})
        else:
            tally.hidden += 1
            tally.lucky += bool(new)
    return tally


def measure_shipped(mistake: Mistake, records: Iterable[Record]) -> tuple[int, int]:
    """Make a mistake once in every shipped record that has a place for it; those made, those found."""
    rng = np.random.default_rng([SEED, 7])
    made_in = found = 0
    for clean in records:
        made = mistake.make(rng, copy.deepcopy(clean))
        if made is None or made[0][0] == clean:
            continue
        made_in += 1
        found += bool(_keys(judge(made[0])) - _keys(judge([clean])))
    return made_in, found


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


def _print_kinds(tallies: dict[str, Tally]) -> None:
    print(f"{'mistake':28} {'visible':>8} {'found':>7} {'share':>7}   hidden  found there   told by")
    for mistake in MISTAKES:
        tally = tallies[mistake.name]
        codes = ", ".join(f"{code} {n}" for code, n in tally.codes.most_common(3))
        hidden = f"{tally.hidden:6d} {tally.lucky:12d}" if tally.hidden else f"{'':6} {'':12}"
        shares = f"{tally.visible:8d} {tally.found:7d} {tally.sensitivity:7.1%}"
        print(f"{mistake.name:28} {shares}   {hidden}   {codes}")
        if mistake.note:
            print(f"{'':28} ({mistake.note})")


def _print_shipped() -> None:
    studies = check_records(SHIPPED).studies
    records = [s.model_dump(mode="json", by_alias=True, exclude_unset=True) for s in studies if s.results]
    print("\nthe same in shipped records, once in each that has a place for it (visible or not):")
    for mistake in MISTAKES:
        if mistake.anywhere:
            made, found = measure_shipped(mistake, records)
            print(f"  {mistake.name:28} {found:4d} of {made:4d} found")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--clean", type=int, default=1000)
    given = parser.parse_args()
    tallies = {m.name: measure(m, seed, given.times) for seed, m in enumerate(MISTAKES)}
    _print_kinds(tallies)
    visible = sum(tally.visible for tally in tallies.values())
    found = sum(tally.found for tally in tallies.values())
    print(f"\nall visible mistakes: {found} of {visible} found, {found / visible:.1%} (goal {GOAL_ALL:.0%})")
    se = tallies[SE_KIND]
    print(f"{SE_KIND}: {se.sensitivity:.1%} at n >= 6 (goal {GOAL_SE:.0%}); by n of the smaller arm:")
    for low, high in BANDS:
        n = se.bands[low, high]
        if n:
            print(f"  n {low} to {high}: {se.found_in[low, high]} of {n}, {se.found_in[low, high] / n:.1%}")
    _print_shipped()
    errors, warnings, codes = false_alarms(given.clean)
    print(f"\nclean generated records: {given.clean}")
    print(f"  with an error    {errors:5d}  {errors / given.clean:.2%} (goal at most {GOAL_FALSE:.0%})")
    print(f"  with a warning   {warnings:5d}  {warnings / given.clean:.2%}")
    print("  warnings by code: " + ", ".join(f"{code} {n}" for code, n in codes.most_common()))
    print("  (P705 and P706 are true of these records: effects of 3 SDs and unlike baselines do occur)")
    report = check_records(SHIPPED)
    print(
        f"shipped records: {len(report.studies)}; with an error {len({p.file for p in report.errors})}, "
        f"with an open warning {len({p.file for p in report.warnings})}, "
        f"acknowledged warnings {len(report.acknowledged)}"
    )


if __name__ == "__main__":
    main()
