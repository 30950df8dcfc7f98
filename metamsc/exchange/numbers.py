"""Numbers of cells: what people and spreadsheets write, where it means one thing; else refused by name."""

from __future__ import annotations

import math
import re
from datetime import date, datetime, time
from typing import Any

from metamsc.errors import InputError, quoted
from metamsc.records.scalars import LARGEST, SMALLEST

_NUMBER = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d{1,4})?")
_COMMA_NUMBER = re.compile(r"[-+]?(?:\d+(?:,\d*)?|,\d+)(?:[eE][-+]?\d{1,4})?")
_MINUS = str.maketrans(dict.fromkeys("\u2212\u2013\u2010\u2011\uff0d\ufe63", "-"))
"""Signs that papers print as a minus and that are copied from them."""
_MAX_DIGITS = 300  # as in records: longer than any number a paper prints
_THOUSANDS = re.compile(r"[-+]?\d{1,3}(?:([,.'’ \u00a0\u202f\u2009])\d{3})+(?:[.,]\d+)?")
_MONTH = "[A-Za-zäéû]{3,4}"
_DATE = re.compile(
    r"\d{1,4}([./-])\d{1,2}\1\d{2,4}( [\d:]+)?"
    rf"|\d{{1,2}}[-. ]{{1,2}}{_MONTH}\.?|{_MONTH}\.?[- ]\d{{2,4}}"
)
"""How spreadsheets show dates that they made themselves: 05/06/2026, 06-May, 5. Jun, May-06."""


class CommaText(str):
    """Text of a file whose numbers have a decimal comma, as the person who imports it has said."""

    __slots__ = ()


def read_number(raw: Any) -> float:
    """Return the number of a cell.

    Raises
    ------
    InputError
        If it is not one (a unit, a ±, a comma, a comparison sign, a date is named), or is beyond what a
        record holds: larger than 1e50 or nearer to zero than 1e-50.
    """
    if isinstance(raw, datetime | date | time):
        raise InputError(
            f"the spreadsheet has turned this cell into a date ({quoted(raw)}), perhaps something like 7.5; "
            "format it as a number and write it again"
        )
    if isinstance(raw, bool):
        raise InputError(f"a number is needed; got {quoted(raw)}")
    number = float(raw) if isinstance(raw, int | float) else _from_text(raw)
    if not math.isfinite(number):
        raise InputError("a number must be finite")
    if abs(number) > LARGEST:
        raise InputError(f"{number:g} is larger than any number that a paper can report")
    if 0 < abs(number) < SMALLEST:
        raise InputError(f"{number:g} is nearer to zero than any number that a paper can report")
    return number


def _from_text(raw: Any) -> float:
    text = str(raw).strip().translate(_MINUS)
    if isinstance(raw, CommaText):
        if not _COMMA_NUMBER.fullmatch(text) or len(text) > _MAX_DIGITS:
            raise InputError(_not_a_number(text, comma=True))
        return float(text.replace(",", "."))
    if not _NUMBER.fullmatch(text) or len(text) > _MAX_DIGITS:
        raise InputError(_not_a_number(text))
    return float(text)


def _not_a_number(text: str, *, comma: bool = False) -> str:
    shown = quoted(text)
    separated = _THOUSANDS.fullmatch(text)
    if separated and not (comma and separated[1] == ","):
        return f"{shown}: thousands or decimals? write the digits without separators between thousands"
    if re.fullmatch(r"[-+]?\d+,\d+", text):
        return f"{shown}: write a decimal point; a file full of decimal commas is read with --decimal-comma"
    if comma and re.fullmatch(r"[-+]?\d*\.\d+", text):
        return f"{shown}: a point in a file that is said to have decimal commas"
    if _DATE.fullmatch(text):
        return f"{shown}: a date, which a spreadsheet has made of something like 7.5 or 5-6"
    if "±" in text or "+/-" in text:
        return f"{shown}: the mean and what follows ± go in two cells"
    if text[:1] in "<>≤≥~≈":
        return f"{shown}: a bound is not a number; the sign of a P value goes in `p_operator`"
    if re.match(r"[-+]?[\d.]+ ?[×x·*] ?10", text):
        return f"{shown}: write a power of ten as 1e6"
    if re.match(r"[-+]?[\d.]+\s*\D", text):
        return f"{shown}: write the number alone, its unit goes in `unit`"
    return f"a number is needed; got {shown}"


def read_integer(raw: Any) -> int:
    """Return the whole number of a cell; ``21.0``, as spreadsheets write it, is 21.

    Raises
    ------
    InputError
        If it is not a whole number, or beyond what a record holds.
    """
    text = str(raw).strip()
    if re.fullmatch(r"[-+]?\d+", text) and len(text) <= _MAX_DIGITS and not isinstance(raw, bool):
        number = int(text)
        if abs(number) <= LARGEST:
            return number
    value = read_number(raw)
    if value != int(value):
        raise InputError(f"a whole number is needed; got {quoted(raw)}")
    return int(value)
