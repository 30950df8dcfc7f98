"""Chunks of work on a Dask cluster (extra ``cluster``): the same rows in the same order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from metamsc.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Chunks in work or waiting to be taken, for each thread of the cluster.
_WAITING = 3
# How long the scheduler may take to answer: a busy one is not one that is not there.
_ANSWER = "30s"
# A chunk that has been on this many workers when they died is taken for the cause.
_TRIES = 5


def run_on_dask(
    work: Callable[[int], NDArray[np.void]], chunks: range, address: str
) -> Iterator[NDArray[np.void]]:
    """Yield what `work` returns for each chunk, in order, from the cluster whose scheduler is at `address`.

    A chunk whose worker dies is done again by another: it depends on nothing but its number.

    Raises
    ------
    InputError
        If Dask is not installed, or no scheduler or no worker answers.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise InputError("a Dask cluster needs the extra: pip install 'metamsc[cluster]'.") from error
    try:
        make: Any = Client
        client = make(f"tcp://{address}", timeout=_ANSWER, set_as_default=False)
    except (OSError, TimeoutError) as error:
        raise InputError(f"no Dask scheduler answers at {address}: {error}") from error
    with client:
        threads = sum(worker["nthreads"] for worker in client.scheduler_info()["workers"].values())
        if not threads:
            raise InputError(f"the Dask scheduler at {address} has no workers.")
        yield from _in_order(client, work, chunks, _WAITING * threads)


def _in_order(client: Any, work: Callable[[int], Any], chunks: range, window: int) -> Iterator[Any]:
    waiting: deque[Any] = deque()
    given = iter(chunks)
    try:
        while True:
            while len(waiting) < window and (chunk := next(given, None)) is not None:
                waiting.append(client.submit(work, chunk, pure=False, retries=_TRIES))
            if not waiting:
                return
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()
