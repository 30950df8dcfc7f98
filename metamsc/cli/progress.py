"""Progress on the terminal: on standard error, and silent where nobody watches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
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
