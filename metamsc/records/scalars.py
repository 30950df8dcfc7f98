"""Plain YAML scalars by the core schema of YAML 1.2.2 (section 10.3.2), which JSON tools share.

PyYAML's own rules are those of YAML 1.1, where `NO` is false, `1:30` is 90, `012` is 10 and `1e6` is
a string. Here the four are a string, a string, 12 and a million.
"""

from __future__ import annotations

import re
from typing import TypeVar

from metamsc.errors import InputError

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_MAYBE_NUMBER = frozenset("0123456789+-.")
_DECIMAL = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")

_MAX_DIGITS = 300  # a float ends at 1.8e308; nothing a paper prints comes near
LARGEST, SMALLEST = 1e50, 1e-50
"""Sizes of numbers that are read: a rule may take the square of a square and still have a float."""

_Number = TypeVar("_Number", int, float)
Scalar = str | int | float | bool | None


def resolve(text: str) -> Scalar:
    """Return the value of a plain (unquoted) scalar.

    Raises
    ------
    InputError
        For `.nan`, `.inf` and numbers beyond 1e50 or nearer to zero than 1e-50: no paper reports one.
    """
    if text in _NULL:
        return None
    if text[0] not in _MAYBE_NUMBER:
        return _BOOL.get(text, text)
    if _DECIMAL.fullmatch(text):
        return _sized(int(_finite_digits(text)), text)
    if _FLOAT.fullmatch(text):
        return _sized(float(text), text)
    if _OCTAL.fullmatch(text) or _HEXADECIMAL.fullmatch(text):
        return _sized(int(_finite_digits(text), 0), text)
    if _NOT_FINITE.fullmatch(text):
        raise InputError(f"{text} is not a number that a paper can report")
    return text


def _sized(number: _Number, text: str) -> _Number:
    if abs(number) > LARGEST:
        raise InputError(f"{_short(text)} is larger than any number that a paper can report")
    if 0 < abs(number) < SMALLEST:
        raise InputError(f"{_short(text)} is nearer to zero than any number that a paper can report")
    return number


def _finite_digits(text: str) -> str:
    if len(text) > _MAX_DIGITS:
        raise InputError(f"{_short(text)} has {len(text)} digits")
    return text


def _short(text: str) -> str:
    return text if len(text) <= 24 else f"{text[:20]}…"
