"""Chunks of work, one after another or on several processes: the same rows in the same order.

A chunk is a number; what it stands for (a range of subsets, a seed) is the work's business. Processes
write their rows into shared memory: only numbers of chunks travel between them, whatever the size of a chunk.
"""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Generator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.shared_memory import SharedMemory
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from metamsc.errors import OptionError

if TYPE_CHECKING:
    from numpy.typing import NDArray

Rows: TypeAlias = "NDArray[np.void]"
Work: TypeAlias = Callable[[int], Rows]

# Chunks in work or waiting to be taken, for each process.
_SLOTS = 3


@dataclass(frozen=True, slots=True)
class Executor:
    """Where work is done: `kind` is "serial", "processes" or "dask"."""

    kind: str
    workers: int = 1
    address: str = ""


def read_executor(text: str) -> Executor:
    """Return the executor that "serial", "processes", "processes:N" or "dask://HOST:PORT" names.

    Raises
    ------
    OptionError
        If it is none of these.
    """
    if text == "serial":
        return Executor("serial")
    match = re.fullmatch(r"processes(?::([1-9]\d{0,3}))?", text)
    if match:
        return Executor("processes", int(match[1]) if match[1] else available_cores())
    if re.fullmatch(r"dask://[^/\s]+:\d+", text):
        return Executor("dask", address=text.removeprefix("dask://"))
    raise OptionError(
        f"executor must be 'serial', 'processes', 'processes:N' or 'dask://HOST:PORT'; got {text!r}."
    )


def available_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_chunks(
    work: Work, chunks: range, *, rows: int, dtype: np.dtype[Any], executor: Executor
) -> Generator[Rows, None, None]:
    """Yield what `work` returns for each chunk, in order, whoever does it.

    Parameters
    ----------
    work : callable
        Takes the number of a chunk; must be picklable for other executors than "serial".
    chunks : range
    rows : int
        Most rows that a chunk has.
    dtype : numpy dtype
        Of the rows.
    executor : Executor

    Yields
    ------
    structured array
        Valid until the next is taken.
    """
    if executor.kind == "dask":
        from metamsc.sensitivity.dask_executor import run_on_dask

        yield from run_on_dask(work, chunks, executor.address)
    elif executor.kind == "processes" and executor.workers > 1 and len(chunks) > 1:
        yield from _on_processes(work, chunks, rows, dtype, min(executor.workers, len(chunks)))
    else:
        yield from map(work, chunks)


def _on_processes(
    work: Work, chunks: range, rows: int, dtype: np.dtype[Any], workers: int
) -> Generator[Rows, None, None]:
    size = rows * dtype.itemsize
    n_slots = min(_SLOTS * workers, len(chunks))
    memory = SharedMemory(create=True, size=size * n_slots)
    # A fresh interpreter for each process: a fork would copy threads' locks in whatever state they are.
    pool = ProcessPoolExecutor(
        workers,
        mp_context=get_context("spawn"),
        initializer=_begin,
        initargs=(work, memory.name, rows, dtype.descr),
    )
    try:
        yield from _in_order(pool, work, chunks, memory, rows, dtype, n_slots)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        memory.close()
        memory.unlink()


def _in_order(
    pool: ProcessPoolExecutor,
    work: Work,
    chunks: range,
    memory: SharedMemory,
    rows: int,
    dtype: np.dtype[Any],
    n_slots: int,
) -> Generator[Rows, None, None]:
    """Keep every slot busy; yield in order. When a process dies, this one does what is left."""
    waiting: dict[int, Future[int]] = {}
    given = done = 0
    try:
        while done < len(chunks):
            while given < len(chunks) and given - done < n_slots:
                waiting[given] = pool.submit(_write, chunks[given], given % n_slots)
                given += 1
            n = waiting.pop(done).result()
            view: Rows = np.ndarray(
                (n,), dtype, buffer=memory.buf, offset=(done % n_slots) * rows * dtype.itemsize
            )
            yield view
            del view  # the memory cannot be closed while it is looked at
            done += 1
    except BrokenProcessPool:
        yield from map(work, chunks[done:])


_OPEN: dict[str, Any] = {}


def _begin(work: Work, name: str, rows: int, descr: Any) -> None:
    """Open the shared memory in a process that has just begun."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's affair, which then ends this one
    _OPEN.update(work=work, memory=SharedMemory(name=name), rows=rows, dtype=np.dtype(descr))


def _write(chunk: int, slot: int) -> int:
    """Do one chunk, write its rows into a slot, return how many there are."""
    rows = _OPEN["work"](chunk)
    dtype = _OPEN["dtype"]
    offset = slot * _OPEN["rows"] * dtype.itemsize
    place: Rows = np.ndarray((rows.size,), dtype, buffer=_OPEN["memory"].buf, offset=offset)
    place[:] = rows
    return int(rows.size)
