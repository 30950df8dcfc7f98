"""Import: whatever kind of table it is, records with every problem at its cell."""

from __future__ import annotations

import os
from dataclasses import dataclass

from metamsc.errors import Problem
from metamsc.exchange import long_table, metafor, revman, revman5, syrf
from metamsc.exchange.assemble import from_rows, from_tables
from metamsc.exchange.books import read_sheets
from metamsc.exchange.convert import Conversion, Hints
from metamsc.exchange.layout import STUDIES
from metamsc.exchange.raw import RawSheet
from metamsc.records.model import Study

FORMS = {
    "tables": "sheets of `metamsc export` or `template`",
    "long": "one long table",
    "syrf": "SyRF quantitative export",
    "revman": "RevMan data rows",
    "revman5": "RevMan 5 analysis data",
    "metafor": "data frame for metafor",
    "meta": "data frame for meta",
    "issue": "filled form of an issue",
}
"""Kind of input -> in words."""

_CONVERT = {
    "long": long_table.convert,
    "syrf": syrf.convert,
    "revman": revman.convert,
    "revman5": revman5.convert,
    "metafor": metafor.convert,
    "meta": metafor.convert_meta,
}
_USED = {
    "syrf": syrf.USED,
    "revman": revman.USED,
    "revman5": revman5.USED,
    "metafor": metafor.USED,
    "meta": metafor.USED_OF_META,
}
_WITHOUT_SETTING = frozenset({"revman", "revman5", "metafor", "meta"})


@dataclass(frozen=True, slots=True)
class Imported:
    """What was read.

    Attributes
    ----------
    form : str
        Key of :data:`FORMS`.
    studies : tuple of Study
        Records without a problem.
    problems : tuple of Problem
        Everything wrong, and sheets that were not read (warnings).
    not_carried : tuple of str
        Columns of a foreign file that have no place in a record.
    """

    form: str
    studies: tuple[Study, ...]
    problems: tuple[Problem, ...]
    not_carried: tuple[str, ...] = ()

    @property
    def sound(self) -> bool:
        """Whether there is no error."""
        return not any(problem.severity == "error" for problem in self.problems)


def import_tables(path: str | os.PathLike[str], hints: Hints) -> Imported:
    """Read records from a workbook, a CSV or Parquet file, or a folder of them.

    Parameters
    ----------
    path : path
    hints : Hints
        What to say where a foreign file says nothing.

    Returns
    -------
    Imported

    Raises
    ------
    InputError
        If the package that reads the format is not installed.
    """
    sheets, problems = read_sheets(path, encoding=hints.encoding, decimal_comma=hints.decimal_comma)
    if problems:
        return Imported("tables", (), problems)
    one = _foreign(sheets)
    if one is None:
        if not any(sheet.name.strip().lower() == STUDIES for sheet in sheets):
            return Imported("tables", (), (_unknown(path, sheets),))
        studies, found = from_tables(sheets)
        return Imported("tables", studies, found)
    sheet, form = one
    made = Conversion(hints)
    if form in _WITHOUT_SETTING and hints.setting is None:
        made.note(
            sheet.place(1, 1),
            "T912",
            "the file does not say which setting it is",
            "--setting clinical or preclinical",
        )
        return Imported(form, (), tuple(made.problems))
    _CONVERT[form](sheet, made)
    made.finish()
    studies, found = from_rows(made.rows, made.problems)
    used = _USED.get(form)
    left = () if used is None else tuple(n for n in sheet.header.values() if n.strip().lower() not in used)
    return Imported(form, studies, tuple(sorted(found)), left)


def _foreign(sheets: tuple[RawSheet, ...]) -> tuple[RawSheet, str] | None:
    """Return the sheet that is a table of another kind, and which; None for sheets of ours."""
    filled = [sheet for sheet in sheets if sheet.header]
    if any(sheet.name.strip().lower() == STUDIES for sheet in filled):
        return None
    for sheet in filled:
        form = form_of(sheet)
        if form is not None:
            return sheet, form
    return None


def form_of(sheet: RawSheet) -> str | None:
    """Return the kind of a single table by its headers, None when it is none we know."""
    headers = frozenset(name.strip().lower() for name in sheet.header.values())
    if headers >= syrf.NEEDED:
        return "syrf"
    if headers >= revman.NEEDED:
        return "revman"
    if headers >= revman5.NEEDED:
        return "revman5"
    if long_table.is_long(headers):
        return "long"
    if metafor.is_metafor(headers):
        return "metafor"
    return "meta" if metafor.is_meta(headers) else None


def _unknown(path: str | os.PathLike[str], sheets: tuple[RawSheet, ...]) -> Problem:
    found = ", ".join(list(sheets[0].header.values())[:8]) if sheets else "nothing"
    hint = (
        "the first row is the header (a title above it begins with #); docs/exchange.md lists the columns of "
        "each kind, `metamsc template` writes an empty workbook"
    )
    return Problem(
        os.fspath(path),
        1,
        1,
        "T901",
        "",
        f"no kind of table that is known; the header is: {found[:120]}",
        hint,
    )
