"""Progress on the terminal: on standard error, and silent where nobody watches."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

Item = TypeVar("Item")


def progress(items: Sequence[Item], doing: str, names: Iterable[str]) -> Iterator[Item]:
    """Yield the items while a bar on standard error says which one is at work.

    Nothing is written when standard error is not a terminal.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield from items
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(doing, total=len(items))
        for item, name in zip(items, names, strict=True):
            bar.update(task, description=f"{doing} {name}")
            yield item
            bar.advance(task)


@contextmanager
def counted_progress(things: str) -> Iterator[Callable[[int, int], None] | None]:
    """Show a bar of so many `things` with rate and time left on standard error.

    Yields what takes the number done and their total, or None where nobody watches. A number smaller than
    the one before begins anew.
    """
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    columns = (
        TextColumn(things),
        BarColumn(),
        TextColumn("{task.completed:,.0f} of {task.total:,.0f}"),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    begun, before = time.monotonic(), 0
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(things, total=None, rate="")

        def told(done: int, total: int) -> None:
            nonlocal begun, before
            if done <= before:
                begun = time.monotonic()
                bar.reset(task)
            before = done
            rate = done / max(time.monotonic() - begun, 1e-9)
            bar.update(task, completed=done, total=total, rate=f"{rate:,.0f}/s")

        yield told
