"""Scalars of YAML text: plain where every YAML reader agrees, else quoted or folded."""

from __future__ import annotations

import json
import re
import textwrap

from metamsc.errors import InputError
from metamsc.exchange.cells import check_text
from metamsc.records.scalars import resolve

WIDTH = 110
"""Longest line; texts are folded to fit."""

_INDICATORS = frozenset("-?:,[]{}#&*!|>'\"%@`=<~.")
_YAML_1_1 = re.compile(
    r"(?i:y|n|yes|no|on|off|true|false|null)|[-+]?[\d._,:]+|[-+]?[\d_]+[eE][-+]?\d+|\d{4}-\d\d?-\d\d?.*|0[xob].*"
)
"""What another YAML reader takes for something else than text."""
_NOT_PLAIN = re.compile(r":| #|[\t\n\r]")
"""A colon within a word is allowed, and read as a mapping by many a person."""
_FLOW = frozenset(",[]{}")


def write_string(text: str, *, flow: bool = False) -> str:
    """Return a text as one line of YAML.

    Parameters
    ----------
    text : str
    flow : bool
        Whether it stands in ``[ ]`` or ``{ }``, where commas and brackets need quotes.

    Raises
    ------
    InputError
        If no record can hold the text.
    """
    check_text(text)
    plain = (
        text != ""
        and text == text.strip()
        and text[0] not in _INDICATORS
        and not _NOT_PLAIN.search(text)
        and not (flow and set(text) & _FLOW)
        and not _YAML_1_1.fullmatch(text)
        and resolve_or_none(text) == text
    )
    return text if plain else json.dumps(text, ensure_ascii=False)


def resolve_or_none(text: str) -> object:
    """Return what our own reader takes a plain scalar for, None where it refuses it."""
    try:
        return resolve(text)
    except InputError:
        return None


def write_number(value: float) -> str:
    """Return a number as a person writes it: 7, 7.5, 1.1e6.

    Notes
    -----
    The shortest text that is read back as the same number. Zeros at the end, which a paper may print
    (7.50), are not known to a record and not written.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    text = repr(value)
    if value == int(value) and abs(value) < 1e5:
        return str(int(value))
    if abs(value) >= 1e5 and "e" not in text:
        digits = text.rstrip("0").rstrip(".") if "." in text else text
        sign, body = ("-", digits[1:]) if digits.startswith("-") else ("", digits)
        mantissa = body.replace(".", "").rstrip("0")
        exponent = len(body.split(".")[0]) - 1
        short = f"{sign}{mantissa[0]}.{mantissa[1:] or '0'}e{exponent}"
        return short if len(mantissa) <= 4 and float(short) == value else digits
    return text.replace("e+", "e")


def fold(text: str, indent: int) -> list[str] | None:
    """Return the lines of a folded block (``>-``) below its key, None where folding would change the text.

    Parameters
    ----------
    text : str
        Any text.
    indent : int
        Columns before each line.
    """
    foldable = text == text.strip() and not re.search(r"[\t\n\r]|  ", text) and text.isprintable()
    if not foldable:
        return None
    width = max(40, WIDTH - indent)
    lines = textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)
    if " ".join(lines) != text:  # another kind of space was taken for one
        return None
    return [" " * indent + line for line in lines]
