"""From plain data to a pydantic model, with each error turned into a Problem that has a line.

Knows pydantic's errors and nothing about studies: records, analysis specifications and the outcome
catalogue are all read through :func:`validate`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from metamsc.errors import Problem, quoted
from metamsc.records.descriptions import described
from metamsc.records.positions import Path, Positions, format_path
from metamsc.records.unions import element, model_in, said_once
from metamsc.records.yaml_events import MAX_PROBLEMS

Model = TypeVar("Model", bound=BaseModel)

MAX_MESSAGE = 500
"""Longest message about a value: some quote it, and a value may fill the file."""

_KINDS = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "a mapping",
    "mapping_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
}
_LIMITS = {
    "greater_than": ("gt", "more than"), "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"), "less_than_equal": ("le", "at most"),
}  # fmt: skip
_LENGTHS = frozenset({"too_short", "too_long", "string_too_short", "string_too_long"})
_PATTERN_WORDS = {
    "doi": "a DOI is written 10.2337/dc15-0171, without https://doi.org/ before it",
    "pmid": "a PMID is digits in quotes: '26553832'",
    "pmcid": "a PMC id is written PMC4876543",
    "countries": "an ISO 3166 code of two capital letters: CN, BR, US",
    "date": "a date is written 2026-11-22",
    "id": "small letters, digits and hyphens: cai-2016",
    "cohort": "small letters, digits and hyphens: brazil-adipose",
    "value": "either final or change",
}


def validate(
    model: type[Model], data: Any, positions: Positions, file: str
) -> tuple[Model | None, tuple[Problem, ...]]:
    """Build `model` from plain data.

    Parameters
    ----------
    model : type
        A pydantic model.
    data : dict
        Values as :func:`metamsc.records.yaml_events.load_yaml_bytes` gives them.
    positions : Positions
        Place of each node of `data`.
    file : str
        Name to show.

    Returns
    -------
    model or None, tuple of Problem
        The model when there is no problem; else None and every problem, in the order of the file,
        at most 100 of them.
    """
    try:
        return model.model_validate(data), ()
    except ValidationError as error:
        details = error.errors(include_url=False)
    _forget_frames(details)
    said = said_once(details, model, _KINDS.__contains__)
    problems = sorted(
        _problem(detail, path, kinds, model, positions, file) for detail, path, kinds in said[:MAX_PROBLEMS]
    )
    if len(said) > MAX_PROBLEMS:
        more = len(said) - MAX_PROBLEMS
        problems.append(
            Problem(file, 0, 0, "S209", "", f"{more:,} more problems", f"the first {MAX_PROBLEMS} are listed")
        )
    return None, tuple(problems)


def _forget_frames(details: Iterable[ErrorDetails]) -> None:
    """Drop the way to each error: its frames hold this call, and every record that its callers have read."""
    for detail in details:
        raised = detail.get("ctx", {}).get("error")
        if isinstance(raised, BaseException):
            raised.__traceback__ = None


def model_at(model: type[BaseModel], path: Path) -> type[BaseModel] | None:
    """Return the model that describes the mapping at `path`, None where there is none."""
    inside: Any = model  # annotation still to be entered
    for step in path:
        at = model_in(inside)
        if at is None:
            inside = element(inside)
            continue
        field = _field(at, str(step))
        if field is None:
            return None
        inside = field.annotation
    return model_in(inside)


def _field(model: type[BaseModel], name: str) -> Any:
    return next((f for n, f in model.model_fields.items() if name in (f.alias or n, n)), None)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return "did you mean 'x'?" for the nearest known word, else an empty text."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"did you mean {near[0]!r}?" if near else ""


def show(value: Any) -> str:
    """Write a value found in a file, shortened, as a person would read it."""
    if value is None:
        return "nothing (null)"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    return quoted(value)


def _problem(
    detail: ErrorDetails,
    path: Path,
    kinds: tuple[str, ...],
    model: type[BaseModel],
    positions: Positions,
    file: str,
) -> Problem:
    kind = detail["type"]
    if path and path[-1] == "[key]":
        path = path[:-1]
    if kind == "extra_forbidden":
        return _unknown_key(path, model, positions, file)
    if kind == "missing":
        return _missing(path, model, positions, file)
    code, message, hint = _describe(detail, path) if len(kinds) == 1 else _of_no_kind(detail, path, kinds)
    message = message if len(message) <= MAX_MESSAGE else f"{message[: MAX_MESSAGE - 1]}…"
    whole_part = isinstance(detail["input"], dict)  # its key is a better place than its first line
    place = positions.key(path) if whole_part else positions.value(path)
    return Problem(file, *place, code, format_path(path), message, hint)


def _unknown_key(path: Path, model: type[BaseModel], positions: Positions, file: str) -> Problem:
    parent = model_at(model, path[:-1])
    names = [field.alias or name for name, field in parent.model_fields.items()] if parent else []
    hint = did_you_mean(str(path[-1]), names) or f"allowed here: {', '.join(names)}"
    message = f"unknown key {str(path[-1])[:60]!r}"
    return Problem(file, *positions.key(path), "S201", format_path(path), message, hint)


def _missing(path: Path, model: type[BaseModel], positions: Positions, file: str) -> Problem:
    place = positions.key(path[:-1])
    if isinstance(path[-1], int):
        message = f"entry {path[-1] + 1} is missing"
        return Problem(
            file, *place, "S208", format_path(path[:-1]), message, "write two numbers: [low, high]"
        )
    parent = model_at(model, path[:-1])
    if parent is not None:
        described(parent)
    field = _field(parent, path[-1]) if parent else None
    hint = (field.description or "") if field is not None else ""
    return Problem(file, *place, "S202", format_path(path), f"the key {path[-1]!r} is missing", hint)


def _describe(detail: ErrorDetails, path: Path) -> tuple[str, str, str]:
    """Code, message and hint of an error about a value."""
    kind, value, context = detail["type"], detail["input"], detail.get("ctx", {})
    name = str(next((step for step in reversed(path) if isinstance(step, str)), ""))[:60]
    if kind in ("enum", "literal_error"):
        return _not_a_word(value, str(context.get("expected", "")))
    if kind in _LIMITS:
        key, words = _LIMITS[kind]
        return "S205", f"{name} is {show(value)}; it must be {words} {context[key]:g}", ""
    if kind == "string_pattern_mismatch":
        hint = _PATTERN_WORDS.get(name, f"the form is {context.get('pattern', '')}")
        return "S206", f"{show(value)} has not the form of {name}", hint
    if kind == "value_error":
        text = str(context.get("error", detail["msg"]))
        return ("S206" if isinstance(value, str) else "S207"), text, ""
    if kind in _LENGTHS:
        return "S208", _length_message(kind, name, context), ""
    if kind in _KINDS:
        return "S203", f"{name} must be {_KINDS[kind]}; got {show(value)}", _kind_hint(kind, value)
    if kind == "finite_number":
        return "Y116", f"{name} is not a finite number", "leave the value out if it is not reported"
    return "S203", f"{name}: {detail['msg']}; got {show(value)}", ""


def _of_no_kind(detail: ErrorDetails, path: Path, kinds: tuple[str, ...]) -> tuple[str, str, str]:
    """Code, message and hint of a value that is of none of several kinds."""
    name = str(next((step for step in reversed(path) if isinstance(step, str)), ""))[:60]
    allowed = list(dict.fromkeys(_KINDS[kind] for kind in kinds))
    wanted = f"{', '.join(allowed[:-1])} or {allowed[-1]}" if len(allowed) > 1 else allowed[0]
    value = detail["input"]
    return "S203", f"{name} must be {wanted}; got {show(value)}", _kind_hint("", value)


def _length_message(kind: str, name: str, context: dict[str, Any]) -> str:
    if kind == "string_too_short":
        return f"{name} is empty"
    limit = context.get("min_length", context.get("max_length", ""))
    words = "at least" if kind.endswith("short") else "at most"
    has = context.get("actual_length", "other")
    has = "too many" if has is None else has  # pydantic does not count the keys of a mapping with too many
    return f"{name} has {has} entries; it must have {words} {limit}"


def _not_a_word(value: Any, expected: str) -> tuple[str, str, str]:
    words = re.findall(r"'([^']*)'", expected) or [expected]
    near = did_you_mean(value, words) if isinstance(value, str) else ""
    listed = "allowed: " + ", ".join(words)
    return "S204", f"{show(value)} is not an allowed word", f"{near} {listed}".strip()


def _kind_hint(kind: str, value: Any) -> str:
    if value is None:
        return "leave the key out when there is nothing to say"
    if kind == "string_type" and isinstance(value, bool | int | float):
        return f"put it in quotes: '{show(value)}'"
    if kind in ("int_type", "float_type", "int_from_float") and isinstance(value, str):
        return "write the number alone, without quotes, unit or sign of comparison"
    if kind == "tuple_type":
        return "write a list: [first, second], or one '- ' line for each"
    return ""
