"""RevMan 5's analysis data: the CSV file of File > Export > Analysis data file.

Columns and the order of rows as in the file that the R package meta ships (``Fleiss93_CR.csv``) and as its
``read.rm5`` reads them: a row for each comparison, below it one for each outcome, below that one for each
subgroup and each study. What kind of row it is shows in which of the three numbers is new.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from metamsc.errors import InputError
from metamsc.exchange.convert import Conversion, Line, lines_of
from metamsc.exchange.numbers import read_number
from metamsc.exchange.raw import RawSheet
from metamsc.exchange.revman import convert_lines

NEEDED = frozenset({"comparison number", "outcome number", "subgroup number", "name", "total 1", "total 2"})
ALIASES = {
    "study": "name", "study year": "year of study", "analysis group": "comparison number",
    "experimental mean": "mean 1", "experimental sd": "sd 1", "experimental cases": "events 1",
    "experimental n": "total 1", "control mean": "mean 2", "control sd": "sd 2", "control cases": "events 2",
    "control n": "total 2",
}  # fmt: skip
"""Header of data rows -> header of RevMan 5."""
LOG_SCALE = "entered data are on log scale (generic inverse variance only)"
SWAPPED = "swap event and non-event"
USED = NEEDED | frozenset(ALIASES.values()) | {
    "data type", "effect measure", "effect estimate", "se", "ci start", "ci end", "group label 1",
    "group label 2", LOG_SCALE, SWAPPED,
}  # fmt: skip
FORM = "RevMan 5 analysis data"
_Z = 1.96
_CLOSE = 0.05
"""A standard error is that of an interval when the two agree to 5 %: both are printed rounded."""
_NUMBERS = ("mean 1", "sd 1", "events 1", "total 1", "mean 2", "sd 2", "events 2", "total 2")


def convert(raw: RawSheet, made: Conversion) -> None:
    """Add the studies of a RevMan 5 file to a conversion."""
    convert_lines(_studies(raw, made), made, FORM)


def _studies(raw: RawSheet, made: Conversion) -> Iterator[Line]:
    """Yield the rows of studies, each with what the rows above it say."""
    numbers: tuple[str, ...] = ("", "", "")
    outcome: dict[str, Any] = {}
    subgroup = ""
    for line in lines_of(raw, ALIASES):
        now = tuple(line.text(name) for name in ("comparison number", "outcome number", "subgroup number"))
        kind = line.text("data type")
        if now[0] != numbers[0]:
            outcome, subgroup = {}, ""
        elif now[1] != numbers[1]:
            outcome, subgroup = _outcome(line, kind), ""
        elif kind and now[2] != numbers[2]:
            subgroup = line.text("name")
        elif _is_read(line, outcome, made):
            yield _study(line, outcome, subgroup, made)
        numbers = now


def _outcome(line: Line, kind: str) -> dict[str, Any]:
    return {
        "analysis name": line.text("name"),
        "data type": {"D": "DIC", "C": "CON"}.get(kind[:1].upper(), kind.upper()),
        "measure": line.text("effect measure").upper(),
        "experimental label": line.text("group label 1"),
        "control label": line.text("group label 2"),
        "swapped": line.text(SWAPPED).upper() == "YES",
    }


def _is_read(line: Line, outcome: dict[str, Any], made: Conversion) -> bool:
    kind = outcome.get("data type", "")
    if kind in ("DIC", "CON", "IV", "INV", "GIV"):
        return True
    what = f"data of the kind {kind!r}" if kind else "a study without an outcome above it"
    made.note(line.place("name"), "T911", f"a record does not hold {what}", "leave the row out")
    return False


def _study(line: Line, outcome: dict[str, Any], subgroup: str, made: Conversion) -> Line:
    given = {**outcome, "subgroup": subgroup, "giv mean": "", "giv se": ""}
    for header in _NUMBERS:
        value = line.raw_value(header)
        if isinstance(value, str):  # RevMan 5 writes 14,186 for fourteen thousand
            given.update({alias: value.replace(",", "") for alias, of in ALIASES.items() if of == header})
    if outcome["data type"] not in ("DIC", "CON"):
        scale = _scale(line, outcome["measure"])
        if scale is None:
            message = "the estimate, its standard error and interval do not show whether it is a log"
            made.note(line.place("effect estimate"), "T912", message, "write the contrast by hand")
        given.update({"giv mean": line.raw_value("effect estimate"), "giv se": line.raw_value("se")})
        given["natural"] = "yes" if scale == "natural" else ""
    if outcome["swapped"]:
        note = "RevMan exchanges events and non-events of this outcome when it pools them"
        study = made.study_id(line.text("study"), line.place("study"))
        made.confirm(study, f"results.{outcome['analysis name']}.events", note, line.place("name"))
    return Line(line.raw, line.number, line.cells, line.headers, given)


def _scale(line: Line, measure: str) -> str | None:
    """Return "log" or "natural", by the interval and standard error; None where neither fits."""
    if measure not in ("OR", "RR", "HR"):
        return "log"
    try:
        low, high, se = (read_number(line.raw_value(name)) for name in ("ci start", "ci end", "se"))
    except InputError:
        return None
    if high <= low or se <= 0:
        return None
    fits = {"log": abs((high - low) / (2 * _Z) - se) <= _CLOSE * se}
    fits["natural"] = low > 0 and abs(math.log(high / low) / (2 * _Z) - se) <= _CLOSE * se
    found = [scale for scale, fit in fits.items() if fit]
    return found[0] if len(found) == 1 else None
