"""One cell of a table: text made safe for spreadsheets, and read back exactly.

A spreadsheet runs a cell that begins with ``=``, ``+``, ``-`` or ``@`` as a formula, trims white space,
and loses carriage returns. What it would change is written so that it cannot, and restored on reading:
an apostrophe in front of a formula, quotes (JSON) around the rest.
"""

from __future__ import annotations

import json
import re
from datetime import date, datetime, time
from typing import Any

from metamsc.errors import InputError, quoted
from metamsc.records.text import BAD_CHARACTER, name_character

Plain = str | int | float | bool | None
"""What a cell of ours holds; None is an empty cell."""

_FORMULA = re.compile(r"'*[=+\-@＝＋－＠]")
_ESCAPED = re.compile(r"'('*[=+\-@＝＋－＠])")
_EXCEL_ESCAPE = re.compile(r"_x(?=[0-9A-Fa-f]{4}_)")
LARGEST_EXACT = 2**53
"""A spreadsheet holds whole numbers exactly up to here; larger ones are written as text."""


def check_text(text: str) -> None:
    """Refuse a text that no record file can hold.

    Raises
    ------
    InputError
        If it has a control character or one that changes a text unseen (zero width, direction).
    """
    found = BAD_CHARACTER.search(text)
    if found:
        raise InputError(f"the text {text[:40]!r} holds the character {name_character(found[0])}.")


def write_text(text: str) -> str:
    """Return the cell that holds `text`: as it is, or so that a spreadsheet leaves it alone.

    Raises
    ------
    InputError
        If no record can hold the text.
    """
    check_text(text)
    if text == "" or text != text.strip() or text[0] in '"[{#' or "\r" in text or _EXCEL_ESCAPE.search(text):
        return _EXCEL_ESCAPE.sub(r"\\u005fx", json.dumps(text, ensure_ascii=False))
    return f"'{text}" if _FORMULA.match(text) else text


def read_text(cell: str) -> str:
    """Return the text that :func:`write_text` put in a cell; any other text is taken as it is."""
    bare = cell.strip()
    if len(bare) >= 2 and bare[0] == bare[-1] == '"':
        try:
            decoded = json.loads(bare, strict=False)
        except ValueError:
            return bare
        return decoded if isinstance(decoded, str) else bare
    return _ESCAPED.sub(r"\1", bare, count=1) if _ESCAPED.match(bare) else bare


def write_texts(texts: list[str]) -> str:
    """Return the cell of a list: ``a; b; c``, or JSON where an entry would not survive that."""
    for text in texts:
        check_text(text)
    simple = bool(texts) and all(
        text and text == text.strip() and not set(text) & set(';"[\r\n') for text in texts
    )
    if simple:
        return write_text("; ".join(texts))
    return _EXCEL_ESCAPE.sub(r"\\u005fx", json.dumps(texts, ensure_ascii=False))


def read_texts(cell: str) -> list[str]:
    """Return the list of a cell that :func:`write_texts` wrote or a person typed with semicolons.

    Raises
    ------
    InputError
        If the cell begins with ``[`` and is not a JSON list of texts.
    """
    bare = cell.strip()
    if bare.startswith("["):
        try:
            texts = json.loads(bare, strict=False)
        except (ValueError, RecursionError):
            texts = None
        if isinstance(texts, list) and all(isinstance(text, str) for text in texts):
            return texts
        raise InputError('a list in brackets is written ["one", "two"]')
    return [part.strip() for part in read_text(bare).split(";") if part.strip()]


def write_json(value: Any) -> str:
    """Return the cell of a value that has no columns of its own."""
    return _EXCEL_ESCAPE.sub(r"\\u005fx", json.dumps(value, ensure_ascii=False))


def read_json(cell: str) -> Any:
    """Return the value of a JSON cell.

    Raises
    ------
    InputError
        If the cell is not JSON.
    """
    try:
        return json.loads(cell, strict=False)
    except (ValueError, RecursionError) as error:
        raise InputError(f"not JSON: {str(error)[:80]}") from error


def read_boolean(raw: Any) -> bool:
    """Return the truth of a cell: true or false, in any case of letters.

    Raises
    ------
    InputError
        If it is neither.
    """
    if isinstance(raw, bool):
        return raw
    word = str(raw).strip().lower()
    if word in ("true", "false"):
        return word == "true"
    raise InputError(f"write true or false; got {quoted(raw)}")


def text_of(raw: Any) -> str:
    """Return a cell as text; a spreadsheet may have turned ``26553832`` into a number.

    Raises
    ------
    InputError
        If it was turned into a date or time, which cannot be undone.
    """
    if isinstance(raw, datetime | date | time):
        raise InputError(
            f"the spreadsheet has turned this cell into a date ({raw.isoformat()}); format it as text"
        )
    if isinstance(raw, bool):
        return "TRUE" if raw else "FALSE"
    if isinstance(raw, float) and raw.is_integer() and abs(raw) < LARGEST_EXACT:
        return str(int(raw))
    return str(raw)


def date_of(raw: Any) -> str:
    """Return a date cell as ``2026-11-22``, whether typed as text or turned into a date."""
    if isinstance(raw, datetime):
        return raw.date().isoformat()
    return raw.isoformat() if isinstance(raw, date) else text_of(raw)
