"""Many pieces of work on several processes, with the results in order: as if one had done them in turn.

What it takes to start a process is imported when one is started: most commands read few files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Future, ProcessPoolExecutor

Piece = TypeVar("Piece")
Result = TypeVar("Result")


def results_in_order(
    work: Callable[[Piece], Result], pieces: Sequence[Piece], workers: int
) -> Iterator[Result]:
    """Yield the result of each piece, in order.

    This process works too, on what no other has begun: two processes keep two cores busy, and half of
    the results need not be sent. Where no process can be started, or one dies, the rest is done here.

    Parameters
    ----------
    work : callable
        A function of a module, so that another process can import it; what it raises is raised here.
    pieces : sequence
        What to do.
    workers : int
        Processes, this one included.
    """
    pool = _started(workers - 1) if workers > 1 and len(pieces) > 1 else None
    if pool is None:
        yield from map(work, pieces)
        return
    try:
        shared = _Shared(work, pieces, pool)
        for index in range(len(pieces)):
            yield shared.result(index)
    finally:
        pool.shutdown(cancel_futures=True)


def _started(helpers: int) -> ProcessPoolExecutor | None:
    """Return a pool, or None where the system has no means for one (no semaphores, no processes left)."""
    try:
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import get_context

        # "spawn": a fork would copy the thread of the progress bar half-way through its work
        pool = ProcessPoolExecutor(helpers, get_context("spawn"))
    except (ImportError, NotImplementedError, OSError):
        return None
    try:
        pool.submit(int)  # starts the first process
    except OSError:
        pool.shutdown(wait=False)
        return None
    return pool


class _Shared(Generic[Piece, Result]):
    """Pieces that other processes work on from the front, and this one wherever nobody is."""

    def __init__(
        self, work: Callable[[Piece], Result], pieces: Sequence[Piece], pool: ProcessPoolExecutor
    ) -> None:
        self.work = work
        self.pieces = pieces
        self.theirs: list[Future[Result] | None] = [_submitted(pool, work, piece) for piece in pieces]
        self.mine: dict[int, Future[Result]] = {}
        self.untried = iter(range(len(pieces)))

    def result(self, index: int) -> Result:
        """Return the result of a piece, working on others for as long as it is not there."""
        future = self.theirs[index]
        while index not in self.mine and not (future is not None and future.done()):
            free = next((i for i in self.untried if self._take(i)), None)
            if free is None:
                break
            self.mine[free] = self._done(free)
        if index in self.mine:
            return self.mine.pop(index).result()
        from concurrent.futures import BrokenExecutor

        self.theirs[index] = None  # a result is held once
        try:
            return future.result() if future is not None else self.work(self.pieces[index])
        except BrokenExecutor:  # its process was ended, for want of memory perhaps
            return self.work(self.pieces[index])

    def _done(self, index: int) -> Future[Result]:
        """Work on a piece here; what is raised waits for its turn, as it does elsewhere."""
        from concurrent.futures import Future

        done: Future[Result] = Future()
        try:
            done.set_result(self.work(self.pieces[index]))
        except Exception as error:  # noqa: BLE001 - raised when its turn comes
            done.set_exception(error)
        return done

    def _take(self, index: int) -> bool:
        future = self.theirs[index]
        return future is None or future.cancel()


def _submitted(
    pool: ProcessPoolExecutor, work: Callable[[Piece], Result], piece: Piece
) -> Future[Result] | None:
    from concurrent.futures import BrokenExecutor

    try:
        return pool.submit(work, piece)
    except (BrokenExecutor, OSError):
        return None
