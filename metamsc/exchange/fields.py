"""One field of two extractions: what kind it is, and how far its two values agree."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any, Literal

from metamsc.exchange.matching import days, plain
from metamsc.outcomes.catalogue import catalogue
from metamsc.records.positions import Path
from metamsc.records.studies import StudyFile
from metamsc.vocabulary import Vocabulary

Status = Literal["exact", "rounding", "differs", "only A", "only B"]
Kind = Literal["word", "number", "text", "wording", "part"]

TEXTS_THAT_MATTER = frozenset(
    {
        "doi", "pmid", "pmcid", "registration", "countries", "follow_up", "cohort", "strain",
        "donor_species", "unit", "at", "outcome", "treatment", "control", "value", "p_operator", "arms",
    }
)  # fmt: skip
"""Texts that analyses use; every other text is the extractor's own wording."""
_NUMBER = re.compile(r"[-+]?(?:\d+(?:\.(\d*))?|\.(\d+))(?:[eE]([-+]?\d+))?")


@dataclass(frozen=True, slots=True)
class Field:
    """One field of both extractions.

    Attributes
    ----------
    where : str
        Path in the first record, or in the second where only that has it.
    group : str
        The field apart from study, arm and time: what kappa and ICC are taken over.
    kind : str
        word, number, text, wording, or part (an arm or result that only one has).
    status : str
    a, b : object
        Both values; None is not given.
    path : Path
        Way in the first record; empty where only the second has it.
    finer_b : bool
        Whether the second prints more digits.
    turned : bool
        Whether `b` was turned into the unit of the first.
    hint : str
        What helps to decide: the number in its own unit, a standard error that is the other's SD.
    """

    where: str
    group: str
    kind: Kind
    status: Status
    a: Any
    b: Any
    path: Path = ()
    finer_b: bool = False
    turned: bool = False
    hint: str = ""

    @property
    def to_adjudicate(self) -> bool:
        """Whether somebody has to decide."""
        return self.kind != "wording" and self.status in ("differs", "only A", "only B")


def entry_name(entry: Any) -> str:
    """Return what an entry of a list is about: its outcome, or its tool."""
    return str(getattr(entry, "outcome", None) or getattr(entry, "tool", ""))


def outcome_in_unit(result: Any) -> str:
    """Return a name under which numbers of one kind are taken together: "hba1c (%)"."""
    return f"{result.outcome} ({_unit(result.unit)})" if result.unit is not None else str(result.outcome)


def lines_of(file: StudyFile) -> list[str]:
    """Return the lines of a record's file; none for a record made in Python."""
    if not file.file:
        return []
    try:
        with open(file.file, encoding="utf-8-sig", newline="") as stream:  # noqa: PTH123 - newline is needed
            return re.split(r"\r\n|\n|\r", stream.read())
    except (OSError, UnicodeDecodeError):
        return []


def name_path(path: Path, file: StudyFile) -> str:
    """Write a path by names where there are names: arms.msc.n_randomised."""
    if path[0] == "arms" and isinstance(path[1], int):
        path = ("arms", file.study.arms[path[1]].id, *path[2:])
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def is_pair(value: Any) -> bool:
    """Whether a value is a low and a high number."""
    return isinstance(value, tuple) and len(value) == 2 and all(isinstance(x, float) for x in value)


def kind_of(value: Any, name: str) -> Kind:
    """Return what kind of field holds this value under this name."""
    if isinstance(value, Vocabulary | bool):
        return "word"
    if isinstance(value, int | float):
        return "number"
    return "text" if name in TEXTS_THAT_MATTER else "wording"


def converted_status(a: float, b: float, half_a: float, half_b: float) -> Status:
    """Return how a number agrees with one turned from another unit: whether what both stand for meets.

    Parameters
    ----------
    a, b : float
        In one unit.
    half_a, half_b : float
        Half a unit of the last digit printed, in the same unit.
    """
    return "rounding" if abs(a - b) <= (half_a + half_b) * (1 + 1e-9) else "differs"


def number_status(a: float, b: float, decimals: int) -> Status:
    """Return how two numbers agree, when the coarser is printed with this many decimals."""
    if a == b:
        return "exact"
    half = 0.5 * 10.0**-decimals
    # Half a unit of the coarser print; the last bits of a difference of decimals are not its own.
    return "rounding" if abs(a - b) <= half * (1 + 1e-9) else "differs"


def agree(a: Any, b: Any, name: str) -> bool:
    """Whether two words or texts say the same: units by catalogue, times by length, lists in any order."""
    if name == "unit":
        return _unit(a) == _unit(b)
    if name in ("at", "follow_up") and days(a) is not None:
        return days(a) == days(b)
    if isinstance(a, tuple) and isinstance(b, tuple):
        return sorted(plain(str(x)) for x in a) == sorted(plain(str(x)) for x in b)
    return plain(a) == plain(b) if isinstance(a, str) and not isinstance(a, Vocabulary) else bool(a == b)


def _unit(unit: str) -> str:
    for quantity in catalogue().quantities.values():
        found = quantity.find(unit)
        if found is not None:
            return found[1].unit
    return plain(unit)


def decimals(file: StudyFile, lines: list[str], path: Path, value: float) -> int:
    """Return the digits after the point as printed in the file; else those of the number itself.

    Parameters
    ----------
    file : StudyFile
        The record; one made in Python has no file.
    lines : list of str
        Lines of its file.
    path : Path
        Way to the number.
    value : float
        The number, which the file must show at its place.

    Returns
    -------
    int
        Negative for a number printed in tens or millions (1.1e6 has -5).
    """
    place = file.place(path)
    token = lines[place.line - 1][place.column - 1 :] if 0 < place.line <= len(lines) else ""
    found = _NUMBER.match(token)
    if found is None or float(found[0]) != float(value):
        found = _NUMBER.match(repr(float(value)).removesuffix(".0"))
    if found is None:
        return 0
    return len(found[1] or found[2] or "") - int(found[3] or 0)


def with_spread_hint(fields: list[Field], a: Any, b: Any) -> list[Field]:
    """Return the fields of a value per arm; of an SD and an SE, with what they are to each other."""
    sd, se = (a.sd, b.se) if a.sd is not None else (b.sd, a.se)
    n = a.n if a.n is not None else b.n
    if sd is None or se is None or not n:
        return fields
    hint = f"SE {se:g} × √{n} = {se * n**0.5:.3g}, beside the SD {sd:g}"
    return [replace(field, hint=hint) if field.path[-1:] in (("sd",), ("se",)) else field for field in fields]
