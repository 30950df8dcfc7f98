"""Seconds of processor time, medians of repeats: comparable on a machine that does other things as well."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path

# One measurement lasts this long, seconds, unless a single run takes longer.
BUDGET = 0.6
REPEATS = 7
# The clock of processor time ticks in steps; a repeat is made of as many runs as fill this.
TICK = 0.02


def cpu_seconds(work: Callable[[], object]) -> float:
    """Return the median processor seconds of one run of `work`; the first run does not count."""
    work()
    start = time.process_time()
    work()
    once = max(time.process_time() - start, 1e-6)
    inner = max(1, round(TICK / once))
    repeats = max(3 if once < BUDGET else 1, min(REPEATS, int(BUDGET / (once * inner))))
    found = []
    for _ in range(repeats):
        start = time.process_time()
        for _ in range(inner):
            work()
        found.append((time.process_time() - start) / inner)
    return statistics.median(found)


def one_thread() -> None:
    """Let linear algebra use one core, here and in R; has an effect before numpy is imported only."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")


def machine() -> str:
    """Return what the numbers depend on, in one line."""
    import numpy as np

    name = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = info.read_text(encoding="utf-8").splitlines()
        models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
        name = models[0] if models else name
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    return (
        f"{name}, {os.cpu_count()} cores, load {load:.1f}; Python {platform.python_version()}, "
        f"numpy {np.__version__}; processor time, medians"
    )


def table(head: list[str], rows: list[list[str]]) -> str:
    """Return rows as text in columns, the first to the left."""
    widths = [max(len(line[j]) for line in [head, *rows]) for j in range(len(head))]
    lines = []
    for line in [head, *rows]:
        first, *rest = zip(line, widths, strict=True)
        lines.append("  ".join([first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in rest)]))
    return "\n".join(lines)


def readable(seconds: float) -> str:
    """Return a time with its unit."""
    if seconds < 1e-3:
        return f"{1e6 * seconds:.0f} us"
    if seconds < 1.0:
        return f"{1e3 * seconds:.{1 if seconds < 0.01 else 0}f} ms"
    return f"{seconds:.1f} s"


def beside(seconds: float | None, ours: float) -> str:
    """Return a peer's time with its ratio to ours."""
    return "-" if seconds is None else f"{readable(seconds)} ({_ratio(seconds / ours)})"


def _ratio(x: float) -> str:
    return f"{x:,.0f}x" if x >= 10 else f"{x:.1f}x"
