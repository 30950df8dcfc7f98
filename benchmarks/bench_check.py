"""Time and memory of `metamsc check`: 10,000 generated records, and one record as an editor saves it.

Goals on two cores: at most 15 s and 600 MB (the largest process, and all together) for the 10,000; at
most 0.5 s of CPU for one record in a fresh process, with byte code as an installed package has it.

The records are as long as real ones (3 KB), no two are of one paper, cohort or registration, and no two
have the same numbers; one in ten has a mistake, so that lines are looked up and problems are written.
"""

from __future__ import annotations

import os
import random
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]
VALID = ROOT / "tests" / "examples" / "extractions" / "valid" / "clinical" / "trial-2020.yml"
MISTAKES: tuple[Mapping[str, str], ...] = (
    {"events: 3\n": "events: 33\n"},
    {"percent: 14.3": "percent: 41.3"},
    {"msc: {n: 21,": "msc: {n: 12,"},
    {"n_randomised: 21": "n_randomised: 12"},
    {"source: [abstract, table-1]": "source: [abstract, table-2]"},
    {"unit: mmol/mol": "unit: mmol/L"},
    {"design: rct-parallel": "design: rct"},
    {"follow_up: 12 months": "followup: 12 months"},
    {"note: responders only": "note: responders: only"},
    {"at: 12 weeks": "at: 12 wk"},
)
"""Slips of a person: one of them in each tenth record."""
RECORDS = 10_000
REPEATS = 5
SECONDS, MEGABYTES, CPU_SECONDS = 15.0, 600.0, 0.5
POLL_SECONDS = 0.05


def write_records(folder: Path, count: int) -> None:
    """Write records that differ in what tells studies apart, and in their numbers."""
    text = VALID.read_text(encoding="utf-8")
    rng = random.Random(1)  # noqa: S311 - the same records each time
    for number in range(count):
        changed = _exchange(text, _identity(number) | _numbers(rng))
        changed = _exchange(changed, MISTAKES[number // 10 % len(MISTAKES)]) if number % 10 == 0 else changed
        (folder / f"trial-{number:05d}.yml").write_text(changed, encoding="utf-8")


def _identity(number: int) -> dict[str, str]:
    return {
        "id: trial-2020": f"id: trial-{number:05d}",
        "10.1000/example.1": f"10.1000/example.{number}",
        "'12345678'": f"'{12345678 + number}'",
        "PMC123456": f"PMC{123456 + number}",
        "NCT00000001": f"NCT{number + 1:08d}",
        "cohort: example-cohort": f"cohort: example-cohort-{number}",
    }


def _numbers(rng: random.Random) -> dict[str, str]:
    """Means and spreads of people with diabetes, with as many digits as papers print."""
    difference, room = round(rng.gauss(4, 1.5), 1), round(rng.uniform(3, 6), 1)
    return {
        "difference: 4.4, ci: [0.2, 8.6]": f"difference: {difference:.1f}, "
        f"ci: [{difference - room:.1f}, {difference + room:.1f}]",
        "percent_change: -42.5": f"percent_change: {-rng.uniform(20, 60):.1f}",
        "spread: {value: 2.2": f"spread: {{value: {rng.uniform(2, 3):.1f}",
        "mean: 7.5, sd: 1.0": f"mean: {rng.gauss(7.6, 0.3):.2f}, sd: {rng.uniform(0.8, 1.3):.2f}",
        "mean: 8.8, sd: 0.9": f"mean: {rng.gauss(8.4, 0.3):.2f}, sd: {rng.uniform(0.8, 1.3):.2f}",
        "mean: 70, sd: 9": f"mean: {rng.gauss(70, 3):.1f}, sd: {rng.uniform(8, 12):.1f}",
        "mean: 71, ": f"mean: {rng.gauss(70, 3):.1f}, ",
        "mean: 18.3, sd: 5.1": f"mean: {rng.uniform(15, 30):.1f}, sd: {rng.uniform(4, 9):.1f}",
    }


def _exchange(text: str, words: Mapping[str, str]) -> str:
    for old, new in words.items():
        assert old in text, old
        text = text.replace(old, new)
    return text


def _children(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        found += [int(child) for child in task.read_text().split()]
    return found + [deeper for child in found for deeper in _children(child)]


def _resident(pid: int) -> float:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return 0.0
    return pages * resource.getpagesize() / 1e6


def _all_resident(pid: int) -> float:
    try:
        return sum(map(_resident, [pid, *_children(pid)]))
    except OSError:  # it has just ended
        return 0.0


def measure(command: list[str]) -> tuple[float, float, float]:
    """Return seconds, peak megabytes of the largest process, and peak megabytes of all together."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peak, alone = 0.0, 0.0
    done = threading.Event()

    def watch() -> None:
        nonlocal peak, alone
        while not done.wait(POLL_SECONDS):
            peak = max(peak, _all_resident(process.pid))
            alone = max(alone, _resident(process.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    process.wait()
    seconds = time.perf_counter() - start
    done.set()
    watcher.join()
    return seconds, alone, peak


def cpu_seconds(command: list[str], byte_code: Path) -> float:
    """Return the least CPU time, user and system, of a fresh process over a few runs.

    Byte code is kept in `byte_code`, as an installed package has it: an environment variable may have
    turned it off for this checkout. The first run, which writes it, does not count.
    """
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(byte_code), "PYTHONDONTWRITEBYTECODE": ""}
    times = []
    for _ in range(REPEATS + 1):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=False, capture_output=True, env=environment)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(times[1:])


def main() -> None:
    """Print both measurements with their goals."""
    command = [sys.executable, "-m", "metamsc", "check"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "clinical"
        folder.mkdir()
        write_records(folder, RECORDS)
        size = sum(file.stat().st_size for file in folder.iterdir()) / 1e6
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds, alone, together = measure([*command, name])
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        one = cpu_seconds([*command, str(VALID)], Path(name) / "byte-code")
    print(f"{RECORDS:,} records, {size:.0f} MB of text, {os.cpu_count()} cores")
    print(f"  seconds                      {seconds:6.1f}   goal {SECONDS:g}")
    print(f"  CPU seconds, all processes   {cpu:6.1f}")
    print(f"  peak MB, first process       {alone:6.0f}   goal {MEGABYTES:g}")
    print(f"  peak MB, processes together  {together:6.0f}   goal {MEGABYTES:g}")
    print(f"one record, CPU seconds        {one:6.2f}   goal {CPU_SECONDS:g}")


if __name__ == "__main__":
    main()
