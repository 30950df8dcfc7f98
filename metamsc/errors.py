"""What can go wrong, in two kinds that are never mixed.

A *data problem* (a wrong record, an unreadable file) is a value, :class:`Problem`; all of them are
collected and shown with file and line. *Misuse* of the library is an exception from the tree below
:class:`MetamscError`, raised once, with the value given and what is allowed. This module imports
nothing of ours.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong with one file, with the place and the way to mend it.

    Attributes
    ----------
    file : str
        Path as the user gave it.
    line, column : int
        Place in the file, both counted from 1; 0 where there is none (an unreadable file).
    code : str
        Stable, searchable, one section each in ``docs/problems.md`` ("Y104", "R201").
    where : str
        Path of the node, ``results[0].arms.msc.sd``; empty for the file as a whole.
    message : str
        What is wrong, with the value found.
    hint : str
        What to write instead.
    severity : str
        ``"error"`` (the record is not used) or ``"warning"`` (used, and shown).
    """

    file: str
    line: int
    column: int
    code: str
    where: str
    message: str
    hint: str = ""
    severity: str = "error"

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        where = f"{self.where}: " if self.where else ""
        hint = f"\n  {self.hint}" if self.hint else ""
        return f"{place}: {where}{self.message} [{self.code}]{hint}"


class MetamscError(Exception):
    """Root of every exception that this package raises on purpose."""


class OptionError(MetamscError, ValueError):
    """An option has a value that is not one of the allowed ones."""


class InputError(MetamscError, ValueError):
    """Arrays or a table given to a function do not fit it (shape, sign, missing values)."""


class TooFewStudiesError(MetamscError, ValueError):
    """A quantity was asked for that is not identified with this many studies."""


class UnitError(MetamscError, ValueError):
    """A unit is unknown to an outcome, or a conversion needs something that is not there."""


class SpecError(MetamscError, ValueError):
    """An ``analysis.yml`` does not say what it must; carries every problem found."""

    def __init__(self, message: str, problems: Iterable[Problem] = ()) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join([message, *map(str, self.problems)]))


class RecordError(MetamscError, ValueError):
    """Extraction records have errors; carries every problem found in every file."""

    def __init__(self, message: str, problems: Iterable[Problem] = ()) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join([message, *map(str, self.problems)]))


class ReportError(MetamscError, RuntimeError):
    """A report could not be built; says which step failed and what it printed."""


MOST_QUOTED = 60
"""Characters of a value that a message quotes: it is read by a person, whatever the value is."""


def quoted(value: object, most: int = MOST_QUOTED) -> str:
    """Write a value that was given, cut to `most` characters; text in quotation marks."""
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= most else text[: most - 3] + "…"


def check_option(name: str, value: object, allowed: Collection[str]) -> None:
    """Raise :class:`OptionError` naming the argument, the value given and every allowed value."""
    if value not in allowed:
        listed = ", ".join(repr(option) for option in allowed)
        raise OptionError(f"{name} must be one of {listed}; got {quoted(value)}.")
