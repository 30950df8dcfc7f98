"""Columns of a forest plot by name or by function, and the order that one of them gives the studies. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from metamsc.errors import OptionError
from metamsc.names import moderator_name, type_words
from metamsc.plots.numbers import MINUS, NO_VALUE, format_number
from metamsc.plots.preset import Column, ForestField
from metamsc.plots.wording import capitalise, wrap

if TYPE_CHECKING:
    from metamsc.dataset.rows import EffectRow

_BUILT_IN = ("label", "arms", "estimate", "weight", "rob")
_VOCABULARIES = frozenset(
    {"complication", "msc_source", "product", "donor", "route", "design", "blinding", "publication"}
)
"""Moderators whose words are joined by hyphens for the machine only: "umbilical-cord"."""
_CELL_COLUMNS = 28
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


def _total(row: EffectRow) -> float | None:
    parts = (row.treatment.n, row.control.n)
    return None if None in parts else sum(part for part in parts if part is not None)


def _moderator(name: str) -> ForestField:
    def value(row: EffectRow) -> str:
        found = row.moderator(name)
        return type_words(found) if name in _VOCABULARIES else found

    return ForestField(name=name, header=capitalise(moderator_name(name)), value=value)


FIELDS: dict[str, ForestField] = {
    field.name: field
    for field in (
        ForestField(name="year", header="Year", value=lambda row: row.year),
        ForestField(name="n", header="n", value=_total),
        ForestField(name="se", header="SE", value=lambda row: row.sei),
        ForestField(name="at", header="Time", value=lambda row: row.at),
        ForestField(name="value", header="Reported as", value=lambda row: row.value),
    )
}
"""Columns by name that all rows have, beside the built-in ones; moderators are those of the table."""


def fields_of(rows: Sequence[EffectRow]) -> dict[str, ForestField]:
    """Return the columns by name that these rows have: :data:`FIELDS`, and their moderators."""
    own = dict.fromkeys(name for row in rows for name, _ in row.moderators)
    return {name: _moderator(name) for name in own} | FIELDS


def find_fields(columns: Sequence[Column], rows: Sequence[EffectRow]) -> tuple[Column, ...]:
    """Return the columns with every name that is not built in replaced by its field.

    Raises
    ------
    OptionError
        If there is no column of that name, or one name stands for two columns.
    """
    found: list[Column] = []
    fields = fields_of(rows)
    for column in columns:
        if isinstance(column, ForestField) or column in _BUILT_IN:
            found.append(column)
        elif column in fields:
            found.append(fields[column])
        else:
            listed = ", ".join((*_BUILT_IN, *fields))
            raise OptionError(f"there is no column {column!r}; there are {listed}, or give a ForestField.")
    names = [column if isinstance(column, str) else column.name for column in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    taken = sorted({field.name for field in found if isinstance(field, ForestField)} & set(_BUILT_IN))
    if twice or taken:
        raise OptionError(f"a column has a name of its own; {(twice or taken)[0]!r} is there twice.")
    return tuple(found)


def field_cell(field: ForestField, row: EffectRow) -> str:
    """Return what stands in a field's column for one study."""
    value = field.value(row)
    if value is None or value == "":
        return NO_VALUE
    if isinstance(value, str):
        if _NUMBER.fullmatch(value):
            return value.replace("-", MINUS)
        return wrap(value, _CELL_COLUMNS, 2)
    return format_number(value, 0 if float(value).is_integer() else field.decimals)


def is_text(field: ForestField, rows: Sequence[EffectRow]) -> bool:
    """Say whether a field's column holds words: a number that is written out is none."""
    values = [field.value(row) for row in rows]
    return any(isinstance(value, str) and value and not _NUMBER.fullmatch(value) for value in values)


def sorted_rows(
    rows: Sequence[EffectRow], sort: str, weights: dict[str, float], fields: Sequence[Column]
) -> tuple[EffectRow, ...]:
    """Return the studies of one group in the order that a column gives; equal ones as they were.

    Rows without a value stand last, whichever way the order goes.

    Raises
    ------
    OptionError
        If there is no such column.
    """
    if not sort:
        return tuple(rows)
    name, falling = sort.removeprefix("-"), sort.startswith("-")
    value = _sort_value(name, weights, fields, fields_of(rows))
    known = [row for row in rows if value(row) not in {None, ""}]
    unknown = [row for row in rows if value(row) in {None, ""}]
    known.sort(key=lambda row: _key(value(row)), reverse=falling)
    return (*known, *unknown)


def _key(value: str | float | None) -> tuple[int, float, str]:
    """Numbers (also written ones: a dose) before words, words without regard to case."""
    try:
        return (0, float(value or 0.0), "")
    except ValueError:
        return (1, 0.0, str(value).casefold())


def _sort_value(
    name: str, weights: dict[str, float], columns: Sequence[Column], fields: dict[str, ForestField]
) -> Callable[[EffectRow], str | float | None]:
    own = {field.name: field for field in columns if isinstance(field, ForestField)} | fields
    if name == "label":
        return lambda row: row.label
    if name == "estimate":
        return lambda row: row.yi
    if name == "weight":
        return lambda row: weights.get(row.row_id)
    if name == "at":
        return lambda row: row.at_days
    if name in own:
        return own[name].value
    listed = ", ".join(("label", "estimate", "weight", *own))
    raise OptionError(f"sort must be a column, with - before it for falling: {listed}; got {name!r}.")
