"""What is left to write in a record: texts that begin with TODO, put there by `new`, `import`, `compare`.

A to-do is a text of the record itself, so that it is seen in any editor, survives any copy, and ends
when somebody writes what belongs there. :mod:`metamsc.checks.todos` shows each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from metamsc.records.model import Study
from metamsc.records.positions import Path

TODO = "TODO"
"""How a text begins that stands for something left to write."""
_TODO = re.compile(rf"{TODO}(?![A-Za-z0-9])")


def is_todo(text: str) -> bool:
    """Whether a text stands for something left to write."""
    return _TODO.match(text) is not None


def todos(study: Study) -> Iterator[tuple[Path, str]]:
    """Yield the place and text of each to-do of a record, in its order; in `to_confirm`, of its reason."""
    # nearly every record has none, and to write it all out takes a third of the time of the walk
    if TODO in study.model_dump_json(exclude_none=True):
        yield from _below(study, ())


def _below(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        if value.startswith(TODO) and is_todo(value):
            yield path, value
    elif isinstance(value, BaseModel):
        for name, inner in value.__dict__.items():
            if inner is not None:
                yield from _below(inner, (*path, name))
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _below(inner, (*path, name))
    elif isinstance(value, tuple):
        for number, inner in enumerate(value):
            yield from _below(inner, (*path, number))


def is_pooled(study: Study) -> bool:
    """Whether a record offers numbers to analyses: a result without ``pool: false``."""
    return any(result.pool for result in study.results)
