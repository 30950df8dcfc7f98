"""To-dos that are still open: a list to work through, and a bar before the analyses."""

from __future__ import annotations

from collections.abc import Iterator

from metamsc.checks.rule import Finding
from metamsc.records.model import Study
from metamsc.records.todo import TODO, is_pooled, todos


def check_todos_listed(study: Study) -> Iterator[Finding]:
    """List what is left to write in a record that no analysis uses yet."""
    if not is_pooled(study):
        yield from _open(study)


def check_todos_done(study: Study) -> Iterator[Finding]:
    """Check that nothing is left to write in a record whose numbers are pooled."""
    if is_pooled(study):
        yield from _open(study)


def _open(study: Study) -> Iterator[Finding]:
    for path, text in todos(study):
        task = text.removeprefix(TODO).strip(" :") or "to be written"
        if path[0] == "to_confirm" and isinstance(path[1], int):
            entry = study.to_confirm[path[1]]
            hint = f"look it up, correct {entry.field}, then delete this entry of `to_confirm`"
            yield Finding(path, f"to do, {entry.field}: {task}", hint)
        else:
            yield Finding(path, f"to do: {task}", "write what the text says in place of the TODO")
