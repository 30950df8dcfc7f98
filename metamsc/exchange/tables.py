"""Records to tables: every sheet with its header and rows; nothing of a record is left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from metamsc.errors import InputError
from metamsc.exchange.cells import Plain, write_text
from metamsc.exchange.columns import write_row
from metamsc.exchange.layout import (
    ARMS,
    CHARACTERISTICS,
    CONTRASTS,
    DERIVATIONS,
    RESULTS,
    RISK_OF_BIAS,
    SOURCES,
    STUDIES,
    Sheet,
    characteristic_names,
    sheets,
    study_lists,
    study_parts,
)
from metamsc.records.model import Arm, Study

Row = dict[str, Plain]


@dataclass(frozen=True, slots=True)
class Table:
    """One sheet with its rows.

    Attributes
    ----------
    sheet : Sheet
        Name and columns.
    rows : tuple of dict
        Header -> cell, already safe for a spreadsheet; None is an empty cell.
    """

    sheet: Sheet
    rows: tuple[Row, ...]


def to_tables(studies: Iterable[Study]) -> dict[str, Table]:
    """Return records as tables.

    Parameters
    ----------
    studies : iterable of Study
        In the order in which they shall stand.

    Returns
    -------
    dict of str to Table
        Every sheet by name, also the empty ones.

    Raises
    ------
    InputError
        If a record made in Python has a text that no file can hold (control characters), or two arms
        of one id, which no row could tell apart.
    """
    layout = sheets()
    rows: dict[str, list[Row]] = {name: [] for name in layout}
    for study in studies:
        for name, row in _rows(study, layout):
            rows[name].append(row)
    return {name: Table(sheet, tuple(rows[name])) for name, sheet in layout.items()}


def _rows(study: Study, layout: dict[str, Sheet]) -> Iterator[tuple[str, Row]]:
    if len({arm.id for arm in study.arms}) < len(study.arms):
        raise InputError(f"{study.id} has two arms of one id; give each its own.")
    data = study.model_dump(mode="json", by_alias=True)
    key: Row = {"study": write_text(study.id)}
    yield STUDIES, write_row(layout[STUDIES].columns, data)
    yield from _characteristics(data, key, layout[CHARACTERISTICS])
    for arm in data["arms"]:
        yield ARMS, {**key, "arm": write_text(arm["id"]), **write_row(layout[ARMS].columns, arm)}
    for name, source in data["sources"].items():
        yield SOURCES, {**key, "source": write_text(name), **write_row(layout[SOURCES].columns, source)}
    for number, result in enumerate(data["results"], start=1):
        yield from _result(result, {**key, "result": number}, layout)
    for number, judgement in enumerate(data["risk_of_bias"], start=1):
        shared = {**key, "number": number, **write_row(layout[RISK_OF_BIAS].owner, judgement)}
        for domain in judgement["domains"] or [{}]:
            yield RISK_OF_BIAS, {**shared, **write_row(layout[RISK_OF_BIAS].columns, domain)}
    for name in study_lists():
        for entry in data[name] or ():
            yield name, {**key, **write_row(layout[name].columns, entry)}


def _characteristics(data: dict[str, Any], key: Row, sheet: Sheet) -> Iterator[tuple[str, Row]]:
    for part_name, part in study_parts().items():
        for name in part.model_fields:
            value = (data[part_name] or {}).get(name)
            if name in characteristic_names(part) and value is not None:
                label = name if part_name == "population" else f"{part_name}.{name}"
                yield CHARACTERISTICS, {**key, "characteristic": label, **write_row(sheet.columns, value)}
    for arm in data["arms"]:
        for name in Arm.model_fields:
            if name in characteristic_names(Arm) and arm[name] is not None:
                place = {**key, "arm": write_text(arm["id"]), "characteristic": name}
                yield CHARACTERISTICS, {**place, **write_row(sheet.columns, arm[name])}


def _result(result: dict[str, Any], key: Row, layout: dict[str, Sheet]) -> Iterator[tuple[str, Row]]:
    contrast = result["contrast"]
    if contrast is not None:
        sheet = layout[CONTRASTS]
        yield CONTRASTS, {**key, **write_row(sheet.owner, result), **write_row(sheet.columns, contrast)}
        yield from _derivations(contrast, key, layout)
        return
    sheet = layout[RESULTS]
    shared = {**key, **write_row(sheet.owner, result)}
    values = tuple(column for column in sheet.columns if column.name != "arm")
    for arm, value in result["arms"].items():
        place: Row = {"arm": write_text(arm)}
        yield RESULTS, {**shared, **place, **write_row(values, value)}
        yield from _derivations(value, {**key, **place}, layout)


def _derivations(value: dict[str, Any], key: Row, layout: dict[str, Sheet]) -> Iterator[tuple[str, Row]]:
    for derivation in value["derivations"]:
        yield DERIVATIONS, {**key, **write_row(layout[DERIVATIONS].columns, derivation)}
