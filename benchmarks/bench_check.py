"""Time and memory of `metamsc check`: 10,000 generated records, and one record as an editor saves it.

Goals on two cores: at most 15 s and 600 MB (the largest process, and all together) for the 10,000; at
most 0.5 s of CPU for one record in a fresh process.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
VALID = ROOT / "tests" / "examples" / "extractions" / "valid" / "clinical" / "trial-2020.yml"
RECORDS = 10_000
REPEATS = 5
SECONDS, MEGABYTES, CPU_SECONDS = 15.0, 600.0, 0.5
POLL_SECONDS = 0.05


def write_records(folder: Path, count: int) -> None:
    """Write records that differ in id, title, registration and means."""
    text = VALID.read_text(encoding="utf-8")
    for number in range(count):
        changed = text.replace("trial-2020", f"trial-{number:05d}").replace("NCT0000", f"NCT{number:05d}"[:7])
        changed = changed.replace("7.5,", f"{7 + number % 97 / 50:.2f},")
        (folder / f"trial-{number:05d}.yml").write_text(changed, encoding="utf-8")


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


def cpu_seconds(command: list[str]) -> float:
    """Return the least CPU time, user and system, of a fresh process over a few runs."""
    times = []
    for _ in range(REPEATS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=False, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(times)


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
    print(f"{RECORDS:,} records, {size:.0f} MB of text, {os.cpu_count()} cores")
    print(f"  seconds                      {seconds:6.1f}   goal {SECONDS:g}")
    print(f"  CPU seconds, all processes   {cpu:6.1f}")
    print(f"  peak MB, first process       {alone:6.0f}   goal {MEGABYTES:g}")
    print(f"  peak MB, processes together  {together:6.0f}   goal {MEGABYTES:g}")
    print(f"one record, CPU seconds        {cpu_seconds([*command, str(VALID)]):6.2f}   goal {CPU_SECONDS:g}")


if __name__ == "__main__":
    main()
