"""A record as YAML text, in the style of the shipped records: read back, it is the same record.

Fields in the order of the model, nothing that is a default, small mappings on one line, long texts
folded. Comments are not part of a record and cannot be kept.
"""

from __future__ import annotations

import os
import re
from pathlib import Path as FilePath
from typing import Any

from metamsc.errors import InputError
from metamsc.exchange.yaml_scalars import WIDTH, fold, write_number, write_string
from metamsc.records.model import Study
from metamsc.records.positions import Path
from metamsc.records.scaffold import schema_line

_MAX_KEY = 1000
"""YAML takes no longer text for a key (1.2.2, section 7.4.2: 1024 characters)."""
_PLAIN_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
_NOT_TEXT = frozenset({"true", "True", "TRUE", "false", "False", "FALSE", "null", "Null", "NULL"})
_SHORT_ENTRY = 4
"""An entry of a list with more fields than this is easier to read on lines of its own."""


def write_record_yaml(study: Study, file: str | os.PathLike[str] | None = None) -> str:
    """Return a record as YAML.

    Parameters
    ----------
    study : Study
    file : path, optional
        Where the text will stand: editors find the schema by a line that is relative to it.

    Returns
    -------
    str
        Text that :func:`metamsc.records.load.load_study` reads back as an equal record.

    Raises
    ------
    InputError
        If the record, made in Python, has a text that no file can hold.
    """
    data = study.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    line = schema_line(FilePath(file)) if file is not None else None
    lines = [line] if line is not None else []
    _mapping(_ordered(data), 0, (), lines)
    return "\n".join(lines) + "\n"


def _ordered(data: dict[str, Any]) -> dict[str, Any]:
    return {"schema": data.pop("schema"), **data}


def _is_block(path: Path) -> bool:
    """Whether a mapping stands on lines of its own however small: what people scan for."""
    top = path[0] if path else None
    if len(path) == 1:
        return top in ("study", "sources")
    if len(path) == 2:
        return top in ("sources", "arms", "results") or isinstance(path[1], int)
    return path[-1] == "cells" or (top == "results" and path[2:] == ("arms",))


def _mapping(data: dict[str, Any], indent: int, path: Path, lines: list[str], first: str = "") -> None:
    """Write a mapping as block; `first` stands before its first key (``- ``)."""
    for number, (key, value) in enumerate(data.items()):
        head = (first if number == 0 and first else " " * indent) + _key(key) + ":"
        _value(value, head, indent, (*path, key), lines)


def _key(key: str) -> str:
    if _PLAIN_KEY.fullmatch(key) and key not in _NOT_TEXT:
        return key
    text = write_string(key, flow=True)
    if len(text) > _MAX_KEY:
        raise InputError(f"the key {key[:40]!r}… has {len(key)} characters; at most {_MAX_KEY}.")
    return text


def _value(value: Any, head: str, indent: int, path: Path, lines: list[str]) -> None:
    if path[-1] == "source" and path[0] == "results" and isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, str):
        _text(value, head, indent, lines)
        return
    if not isinstance(value, dict | list):
        lines.append(f"{head} {write_number(value)}")
        return
    flow = f"{head} {_flow(value)}"
    nested = isinstance(value, list) and any(isinstance(entry, dict) for entry in value)
    listed = (len(path) == 1 and nested) or path == ("study", "notes")
    if not value or (len(flow) <= WIDTH and not listed and not _is_block(path)):
        lines.append(flow)
    elif isinstance(value, dict):
        lines.append(head)
        _mapping(value, indent + 2, path, lines)
    else:
        lines.append(head)
        for number, entry in enumerate(value):
            _entry(entry, indent + 2, (*path, number), lines)


def _entry(entry: Any, indent: int, path: Path, lines: list[str]) -> None:
    dash = " " * indent + "- "
    if isinstance(entry, dict) and entry:
        flow = dash + _flow(entry)
        short = len(entry) <= _SHORT_ENTRY and not any(isinstance(v, dict | list) for v in entry.values())
        if (len(path) > 2 or short) and len(flow) <= WIDTH:
            lines.append(flow)
        else:
            _mapping(entry, indent + 2, path, lines, dash)
    elif isinstance(entry, str):
        _text(entry, dash.rstrip(), indent, lines)
    else:
        lines.append(dash + _flow(entry))


def _text(text: str, head: str, indent: int, lines: list[str]) -> None:
    line = f"{head} {write_string(text)}"
    folded = fold(text, indent + 2) if len(line) > WIDTH else None
    if folded is None or len(folded) < 2:
        lines.append(line)
    else:
        lines.extend([f"{head} >-", *folded])


def _flow(value: Any) -> str:
    """Return a value on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(k)}: {_flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(entry) for entry in value) + "]"
    return write_string(value, flow=True) if isinstance(value, str) else write_number(value)
