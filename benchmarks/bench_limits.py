"""What limits a million subsets: the bytes that the arithmetic moves, and how fast they could be moved.

Run: python benchmarks/bench_limits.py

The arrays that the fits read and write are counted, call by call, by an array type that keeps a tally;
picking elements by number is not counted, so it is a lower bound. Beside it stands what the same machine does
when it does nothing else: add two arrays too large for any cache (memory bandwidth), and add, divide and sum
arrays as large as the fits' blocks, which stay in a core's cache. Processor time of one thread.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.bench_sensitivity import STUDIES, make_data
from benchmarks.peers.timing import cpu_seconds, machine, one_thread, table

one_thread()

import numpy as np  # noqa: E402

from metamsc.models.batch import FloatArray  # noqa: E402
from metamsc.models.kernel import BLOCK  # noqa: E402
from metamsc.models.shared import SharedStudies, fit_shared  # noqa: E402
from metamsc.sensitivity.gosh_subsets import GoshTask  # noqa: E402

LARGE = 1 << 24
"""Elements of an array that fits no cache: 128 MB."""


class Tally:
    """Bytes that arrays of :class:`Counted` read and wrote, and calls that did it."""

    def __init__(self) -> None:
        self.moved = self.elements = self.calls = 0

    def add(self, operands: Any, results: Any) -> None:
        """Count one call."""
        arrays = [item for item in (*operands, *results) if isinstance(item, np.ndarray)]
        # A broadcast operand is read from where it is: its own size counts, not the result's.
        self.moved += sum(item.nbytes for item in arrays)
        self.elements += max((item.size for item in arrays), default=0)
        self.calls += 1


class Counted(np.ndarray[Any, Any]):
    """An array whose operations are counted in `tally`, as are those of everything made from it."""

    tally = Tally()

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        """Do the operation on plain arrays and count it."""
        found = getattr(ufunc, method)(*map(_plain, inputs), **_plain_all(kwargs))
        return _counted(inputs, found)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        """Do a function on plain arrays and count it."""
        found = func(*_plain_all(args), **_plain_all(kwargs))
        return _counted(args, found)


def _plain(item: Any) -> Any:
    return item.view(np.ndarray) if isinstance(item, Counted) else item


def _plain_all(items: Any) -> Any:
    if isinstance(items, dict):
        return {name: _plain_all(item) for name, item in items.items()}
    if isinstance(items, list | tuple):
        return type(items)(_plain_all(item) for item in items)
    return _plain(items)


def _counted(operands: Any, found: Any) -> Any:
    results = found if isinstance(found, tuple) else (found,)
    flat = [item for part in operands for item in (part if isinstance(part, list | tuple) else (part,))]
    Counted.tally.add(flat, results)
    made = [
        item.view(Counted) if isinstance(item, np.ndarray) and not isinstance(item, Counted) else item
        for item in results
    ]
    return tuple(made) if isinstance(found, tuple) else made[0]


def moved_per_subset(method: str) -> tuple[float, float]:
    """Return bytes moved and elements worked on for each subset of 20 studies."""
    task, present = _block(method)
    plain = SharedStudies.of(task.yi, task.vi)
    Counted.tally = Tally()
    studies = SharedStudies(plain.y.view(Counted), plain.v.view(Counted), plain.centre, plain.scale)
    fit_shared(studies, present.view(Counted), method)
    return Counted.tally.moved / len(present), Counted.tally.elements / len(present)


def _block(method: str) -> tuple[GoshTask, Any]:
    y, v = make_data(STUDIES)
    task = GoshTask(y, v, method, 10**6, 1, BLOCK // STUDIES)
    rows = np.zeros(task.chunk_rows, task.dtype)
    rows["subset"] = np.random.default_rng(1).integers(1, 2**STUDIES, task.chunk_rows)
    return task, task.present(rows)


def rates() -> dict[str, tuple[float, float]]:
    """Return bytes and elements per second of simple operations on large and on cached arrays."""
    a, b, c = (np.full(LARGE, value) for value in (1.5, 2.5, 0.0))
    found = {"add, arrays of 128 MB": _rate(lambda: np.add(a, b, out=c), c)}
    small = [item[:BLOCK].copy() for item in (a, b, c)]
    x, y, out = small
    found["add, in cache"] = _rate(lambda: np.add(x, y, out=out), out)
    found["divide, in cache"] = _rate(lambda: np.divide(x, y, out=out), out)
    rows = x[: BLOCK - BLOCK % STUDIES].reshape(-1, STUDIES)
    found[f"sums of rows of {STUDIES}, in cache"] = _rate(lambda: rows.sum(axis=1), rows, arrays=1)
    return found


def _rate(work: Callable[[], object], like: FloatArray, arrays: int = 3) -> tuple[float, float]:
    seconds = cpu_seconds(work)
    return arrays * like.nbytes / seconds, like.size / seconds


def main() -> None:
    """Print what is moved, what could be moved, and how far the fits are from either limit."""
    print(machine(), end="\n\n")
    speeds = rates()
    print(
        table(
            ["what the machine does", "GB/s", "elements/s"],
            [[name, f"{moved / 1e9:.1f}", f"{n / 1e9:.2f}e9"] for name, (moved, n) in speeds.items()],
        ),
        end="\n\n",
    )
    memory = speeds["add, arrays of 128 MB"][0]
    cached, elements = speeds["add, in cache"]
    rows = []
    for method in ("REML", "DL"):
        task, present = _block(method)
        studies = SharedStudies.of(task.yi, task.vi)
        seconds = cpu_seconds(partial(fit_shared, studies, present, method)) / len(present)
        moved, worked = moved_per_subset(method)
        rows.append([
            f"{method}, k = {STUDIES}",
            f"{1e6 * seconds:.2f} us",
            f"{moved / 1e3:.1f} kB",
            f"{worked:.0f}",
            f"{moved / seconds / 1e9:.1f} GB/s",
            f"{100 * moved / seconds / cached:.0f} %",
            f"{100 * worked / seconds / elements:.0f} %",
            f"{moved / memory * 1e6:.2f} us",
        ])  # fmt: skip
    head = [
        "fit", "per subset", "moved", "elements", "rate", "of adds' bytes", "of adds' elements",
        "all from memory",
    ]  # fmt: skip
    print(table(head, rows))


if __name__ == "__main__":
    main()
