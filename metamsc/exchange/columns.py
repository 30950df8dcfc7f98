"""Columns from the record model: every field of a part becomes cells, and cells become the part again.

Reads the pydantic model, so that a field added to it is a column without a change here. A field that
has no plain columns (a mapping of mappings) is one cell of JSON.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel

from metamsc.exchange.cells import (
    Plain,
    check_text,
    date_of,
    read_boolean,
    read_json,
    read_text,
    read_texts,
    text_of,
    write_json,
    write_text,
    write_texts,
)
from metamsc.exchange.numbers import read_integer, read_number
from metamsc.records.descriptions import described
from metamsc.records.positions import Path
from metamsc.vocabulary import Vocabulary

Kind = Literal["text", "date", "integer", "number", "boolean", "word", "texts", "json"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a sheet.

    Attributes
    ----------
    name : str
        Header.
    path : Path
        Where its value goes in the part; a pair has two columns, whose paths end in 0 and 1.
    kind : str
        What its cells hold.
    words : type of Vocabulary or None
        The vocabulary of a `word` column.
    allowed : tuple of str
        Every allowed word, where the words are few and fixed.
    required : bool
        Whether each row needs it.
    help : str
        What to write there.
    """

    name: str
    path: Path
    kind: Kind
    words: type[Vocabulary] | None = None
    allowed: tuple[str, ...] = ()
    required: bool = False
    help: str = ""
    blank: bool = False
    """Whether an empty list is an empty cell, being what the field has when nothing is said."""

    def write(self, value: Any) -> Plain:
        """Return the cell of a value of the plain data; None for nothing."""
        if value is None or (self.blank and value == []):
            return None
        if self.kind in ("text", "word", "date"):
            return write_text(value)
        if self.kind == "texts":
            return write_texts(list(value))
        if self.kind == "json":
            return write_json(value)
        number: int | float | bool = value
        return number

    def read(self, raw: Any) -> Any:
        """Return the value of a cell that is not empty.

        Raises
        ------
        InputError
            If the cell does not hold what the column is for.
        """
        if self.kind == "integer":
            return read_integer(raw)
        if self.kind == "number":
            return read_number(raw)
        if self.kind == "boolean":
            return read_boolean(raw)
        if self.kind == "date":
            return read_text(date_of(raw))
        text = text_of(raw)
        check_text(text)
        if self.kind == "json":
            return read_json(text)
        value = read_texts(text) if self.kind == "texts" else read_text(text)
        check_text("".join(value))  # quotes may hold what the cell does not show
        return value


def bare(annotation: Any) -> Any:
    """Return an annotation without `Annotated` and without `| None`."""
    while True:
        if hasattr(annotation, "__metadata__"):
            annotation = annotation.__origin__
            continue
        args = [arg for arg in get_args(annotation) if arg is not type(None)]
        if len(args) == 1 and len(get_args(annotation)) == 2:
            annotation = args[0]
            continue
        return annotation


def part_of(annotation: Any) -> type[BaseModel] | None:
    """Return the part that a field holds, None when it holds something else."""
    inner = bare(annotation)
    return inner if isinstance(inner, type) and issubclass(inner, BaseModel) else None


def listed_part(annotation: Any) -> type[BaseModel] | None:
    """Return the part of which a field holds a list, None when it holds something else."""
    inner = bare(annotation)
    return part_of(get_args(inner)[0]) if get_origin(inner) is tuple else None


def columns_of(part: type[BaseModel], *, skip: frozenset[str] = frozenset()) -> tuple[Column, ...]:
    """Return the columns of a part, in the order of the model.

    Parameters
    ----------
    part : type
        A part of the record model.
    skip : frozenset of str
        Fields that have another place.
    """
    return tuple(_columns(part, "", (), skip, required=True))


def _columns(
    part: type[BaseModel], prefix: str, path: Path, skip: frozenset[str], *, required: bool
) -> Iterator[Column]:
    for name, field in described(part).items():
        key = field.alias or name
        if key in skip:
            continue
        needed = required and field.is_required()
        text = " ".join((field.description or "").split())
        column = Column(
            prefix + key,
            (*path, key),
            "json",
            required=needed,
            help=text,
            blank=not field.is_required() and field.default == (),
        )
        inner = part_of(field.annotation)
        if inner is not None and _shows(inner):
            yield from _columns(inner, f"{prefix}{key}.", (*path, key), frozenset(), required=needed)
        elif _is_pair(field.annotation):
            for index, end in enumerate(("low", "high")):
                yield replace(column, name=f"{column.name}_{end}", path=(*column.path, index), kind="number")
        else:
            yield _leaf(column, field.annotation)


def _shows(part: type[BaseModel]) -> bool:
    """Whether a part that is there always fills a cell, so that empty cells mean that it is not there."""
    fields = part.model_fields.values()
    return any(field.is_required() or field.default not in (None, ()) for field in fields)


def _is_pair(annotation: Any) -> bool:
    inner = bare(annotation)
    return get_origin(inner) is tuple and [bare(arg) for arg in get_args(inner)] == [float, float]


_KINDS: dict[type, Kind] = {bool: "boolean", int: "integer", float: "number", str: "text"}


def _leaf(column: Column, annotation: Any) -> Column:
    inner = bare(annotation)
    if isinstance(inner, type) and issubclass(inner, Vocabulary):
        return replace(column, kind="word", words=inner, allowed=tuple(word.value for word in inner))
    if get_origin(inner) is Literal:
        words = get_args(inner)
        if isinstance(words[0], int):
            return replace(column, kind="integer")
        return replace(column, kind="text", allowed=words)
    if get_origin(inner) is tuple and _holds_text(get_args(inner)[0]):
        return replace(column, kind="texts")
    if column.path[-1] == "date":
        return replace(column, kind="date")
    return replace(column, kind=_KINDS.get(inner, "json") if isinstance(inner, type) else "json")


def _holds_text(annotation: Any) -> bool:
    inner = bare(annotation)
    return isinstance(inner, type) and issubclass(inner, str)


def get_at(data: Any, path: Path) -> Any:
    """Return the value at a path of plain data, None where there is none."""
    for step in path:
        if isinstance(step, int):
            data = data[step] if isinstance(data, list) and step < len(data) else None
        else:
            data = data.get(step) if isinstance(data, dict) else None
        if data is None:
            return None
    return data


def set_at(data: dict[str, Any], path: Path, value: Any) -> None:
    """Put a value at a path, making the mappings on the way; a number as last step is an end of a pair."""
    target: Any = data
    for step, following in pairwise(path):
        target = target.setdefault(step, {} if isinstance(following, str) else [None, None])
    target[path[-1]] = value


def write_row(columns: tuple[Column, ...], data: Mapping[str, Any]) -> dict[str, Plain]:
    """Return the cells of a part's plain data, by header."""
    return {column.name: column.write(get_at(data, column.path)) for column in columns}
