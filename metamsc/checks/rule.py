"""The shape of a rule and of what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from metamsc.records.model import Study
from metamsc.records.positions import Path
from metamsc.records.studies import Studies


@dataclass(frozen=True, slots=True)
class Finding:
    """One place of one record that breaks a rule.

    Attributes
    ----------
    path : Path
        Way to the node; the report turns it into file and line.
    message : str
        What is wrong, with the numbers found.
    hint : str
        What to write instead.
    """

    path: Path
    message: str
    hint: str = ""


RecordCheck = Callable[[Study], Iterator[Finding]]
"""A check that needs one record."""

Gather = Callable[[Study], Any]
"""What a comparison needs of one record: a few plain values, which another process can send."""

SetCheck = Callable[[Studies, Sequence[Any]], Iterator[tuple[Study, Finding]]]
"""A check that compares records, given what was gathered of each; each finding with its record."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A check with its code.

    Attributes
    ----------
    code : str
        Stable, searchable, one section in ``docs/problems.md``.
    title : str
        Heading of that section.
    severity : str
        "error" (the record is not used) or "warning" (used, and shown). An arithmetic error in a row
        that says `pool: false` is a warning: the row is kept to show what is printed.
    check : callable
        Exactly one of `check` and `compare` is given.
    compare : callable
        As `check`, over all records at once.
    gather : callable, optional
        With `compare`: what it needs of each record, found when that record is judged by itself, so
        that the work is shared out among processes. Without it, None is gathered.
    word : str, optional
        Text without which a file has nothing for `check` to find; spares the walk through the record.
    """

    code: str
    title: str
    severity: str
    check: RecordCheck | None = None
    compare: SetCheck | None = None
    gather: Gather | None = None
    word: str | None = None
