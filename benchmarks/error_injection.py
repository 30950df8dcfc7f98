"""How many mistakes of extraction `metamsc check` finds, and how often it cries wolf.

``python benchmarks/error_injection.py [--times 200] [--clean 1000] [--workers 2]``: each kind of mistake is
made `times` times with fixed seeds in generated records, and as often in the shipped ones, real papers. A
mistake is found when the record has a problem that it had not before. Kinds and records where nothing
printed contradicts the mistake are counted apart: no check can see them, and what is found there is luck.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.injection.measure import BANDS, KINDS, SETS, Tally, false_alarms, measure, shipped_records
from benchmarks.injection.mistakes import MISTAKES, UNSEEN
from benchmarks.injection.seen import SHIPPED
from metamsc.checks.run import check_records

GOAL_ALL, GOAL_SE, GOAL_FALSE = 0.95, 0.90, 0.02
SE_KIND = "SE for SD, whole table"
Tallies = dict[tuple[str, str], Tally]


def measure_all(times: int, workers: int) -> Tallies:
    """Every kind in both sets of records."""
    tasks = [(kind, where) for where in SETS for kind in range(len(KINDS))]
    with ProcessPoolExecutor(workers) as pool:
        waiting = [(task, pool.submit(measure, *task, times)) for task in tasks]
        return {(KINDS[kind].name, where): future.result() for (kind, where), future in waiting}


def _shares(tally: Tally) -> str:
    if not tally.visible:
        return f"{'-':>5} {'':>5} {'':>6} {'':>6}"
    place = tally.at_place / tally.visible
    return f"{tally.visible:5d} {tally.found:5d} {tally.sensitivity:6.1%} {place:6.1%}"


def _print_kinds(tallies: Tallies) -> None:
    print(f"{'':28} {'in generated records':>25}   {'in shipped records':>33}")
    columns = f"{'made':>5} {'found':>5} {'share':>6} {'place':>6}"
    print(f"{'mistake, visible':28} {columns}   {columns} {'of':>7}   told by (generated; shipped)")
    for mistake in MISTAKES:
        one, other = (tallies[mistake.name, where] for where in SETS)
        told = "; ".join(", ".join(code for code, _ in t.codes.most_common(3)) for t in (one, other))
        records = f"{len(other.records):3d} rec" if other.visible else ""
        print(f"{mistake.name:28} {_shares(one)}   {_shares(other)} {records:>7}   {told}")
        if mistake.note:
            print(f"{'':28} ({mistake.note})")


def _print_sums(tallies: Tallies) -> None:
    print()
    for where in SETS:
        found = [tallies[mistake.name, where] for mistake in MISTAKES]
        visible, told = sum(t.visible for t in found), sum(t.found for t in found)
        kinds = [t.sensitivity for t in found if t.visible]
        print(
            f"all visible mistakes in {where} records: {told} of {visible} found, {told / visible:.1%} "
            f"(goal {GOAL_ALL:.0%}); mean over {len(kinds)} kinds {sum(kinds) / len(kinds):.1%}"
        )
    for where in SETS:
        se = tallies[SE_KIND, where]
        bands = [
            f"n {low} to {high}: {se.found_in[low, high]} of {se.bands[low, high]}"
            for low, high in ((1, 5), *BANDS)
            if se.bands[low, high]
        ]
        made, told = (sum(counts[band] for band in BANDS) for counts in (se.bands, se.found_in))
        print(f"{SE_KIND}, {where}: {told / made:.1%} at n >= 6 (goal {GOAL_SE:.0%}); {', '.join(bands)}")


def _print_unseen(tallies: Tallies) -> None:
    print("\nnot visible, as nothing printed contradicts it (told by luck; generated, shipped):")
    for mistake in (*MISTAKES, *UNSEEN):
        counts = [tallies[mistake.name, where] for where in SETS]
        if any(tally.hidden for tally in counts):
            told = ", ".join(f"{t.lucky} of {t.hidden}" if t.hidden else "-" for t in counts)
            print(f"  {mistake.name:30} {told}")


def _print_alarms(count: int) -> None:
    errors, warnings, codes = false_alarms(count)
    print(f"\nclean generated records: {count}")
    print(f"  with an error    {errors:5d}  {errors / count:.2%} (goal at most {GOAL_FALSE:.0%})")
    print(f"  with a warning   {warnings:5d}  {warnings / count:.2%}")
    print("  warnings by code: " + ", ".join(f"{code} {n}" for code, n in codes.most_common()))
    report = check_records(SHIPPED)
    print(
        f"shipped records: {len(report.studies)}, of which {len(shipped_records())} print a number; with an "
        f"error {len({p.file for p in report.errors})}, with an open warning "
        f"{len({p.file for p in report.warnings})}, acknowledged warnings {len(report.acknowledged)}"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--clean", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args(arguments)
    tallies = measure_all(given.times, given.workers)
    _print_kinds(tallies)
    _print_sums(tallies)
    _print_unseen(tallies)
    _print_alarms(given.clean)


if __name__ == "__main__":
    main()
