"""One long table: study, arm, outcome, time, n, mean, sd and whatever other columns of ours it has.

A row is a row of `results`; columns of the study, the arm and the source may stand beside it and are
the same in all its rows. What a record needs and the table does not say becomes a to-do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from metamsc.exchange.columns import Column
from metamsc.exchange.convert import Conversion
from metamsc.exchange.layout import ARMS, RESULTS, SOURCES, STUDIES, sheets
from metamsc.exchange.raw import CellPlace, RawSheet
from metamsc.exchange.rows import SheetRow, match_header, read_row

ALIASES = {"time": "at", "study_id": "study", "timepoint": "at", "events_n": "events"}
_PREFIXES = ((ARMS, "arm."), (SOURCES, "source."), (STUDIES, "study."))
_NEEDED = frozenset({"study", "arm", "outcome"})


def columns() -> dict[str, tuple[str, Column]]:
    """Return the headers of a long table -> sheet and column; a name of several sheets needs a prefix."""
    layout = sheets()
    found = {column.name: (RESULTS, column) for column in layout[RESULTS].all}
    for sheet, prefix in _PREFIXES:
        for column in layout[sheet].columns:
            found[f"{prefix}{column.name}"] = (sheet, column)
    for sheet, _ in _PREFIXES:
        for column in layout[sheet].columns:
            others = [s for s, _ in _PREFIXES if s != sheet and layout[s].column(column.name) is not None]
            if column.name not in found and not others:
                found[column.name] = (sheet, column)
    for alias, name in ALIASES.items():
        found.setdefault(alias, found[name])
    return found


def is_long(headers: frozenset[str]) -> bool:
    """Whether these headers, in small letters, are a long table of ours."""
    return {"study", "arm", "outcome"} <= headers or {"study_id", "arm", "outcome"} <= headers


def convert(raw: RawSheet, made: Conversion) -> None:
    """Add the rows of a long table to a conversion."""
    known = columns()
    named = {header: _named(header, *known[header], known) for header in known}
    header = match_header(raw, named, made.problems, _shared(known))
    present = {column.name for column in header.values()}
    for column in named.values():
        if column.required and column.name not in present:
            place = raw.place(raw.header_row, 1)
            made.note(place, "T904", f"the column {column.name!r} is missing", column.help)
    rows = [read_row(raw, number, cells, header, made.problems) for number, cells in raw.rows]
    with_unit = {(row.value("study"), row.value("outcome")) for row in rows if row.value("unit")}
    for row in rows:
        parts: dict[str, dict[str, Any]] = {RESULTS: {}, ARMS: {}, SOURCES: {}, STUDIES: {}}
        for name, (_, value, place) in row.cells.items():
            sheet, column = known[name]
            parts[sheet][column.name] = (value, place)
        # Of an outcome that has a unit in another row, an empty cell is an oversight and no "not printed".
        _row(row.start, parts, made, unit_is_said=(row.value("study"), row.value("outcome")) in with_unit)


def _shared(known: Mapping[str, object]) -> dict[str, list[str]]:
    """Return the names that several sheets have, with the headers that tell them apart."""
    found: dict[str, list[str]] = {}
    for header in known:
        prefix, dot, name = header.partition(".")
        if dot and name not in known and f"{prefix}." in {p for _, p in _PREFIXES}:
            found.setdefault(name, []).append(header)
    return {name: headers for name, headers in found.items() if len(headers) > 1}


def _named(header: str, sheet: str, column: Column, known: Mapping[str, tuple[str, Column]]) -> Column:
    """Return the column of a long table: named by its header; needed only where it places the row."""
    name = column.name if known.get(column.name) == (sheet, column) else header
    return replace(column, name=name, required=sheet == RESULTS and column.name in _NEEDED)


def _plain(part: Mapping[str, Any], name: str) -> Any:
    found = part.get(name)
    return found[0] if found is not None else None


def _row(start: CellPlace, parts: dict[str, dict[str, Any]], made: Conversion, *, unit_is_said: bool) -> None:
    result, arm_part, source_part, study_part = (parts[s] for s in (RESULTS, ARMS, SOURCES, STUDIES))
    study, arm = _plain(result, "study"), _plain(result, "arm")
    if not study or not arm:
        return
    label = _plain(study_part, "label") or study.replace("-", " ").title()
    first = (STUDIES, study) not in made.known
    given = {name: value for name, value in study_part.items() if name not in ("label", "title")}
    setting = _plain(study_part, "setting")
    if first and not (setting or made.hints.setting):
        made.note(
            start, "T912", f"nothing says whether {study!r} is clinical", "--setting, or a column `setting`"
        )
    made.study(
        study, start, label=label, title=_plain(study_part, "title") or "", **{**given, "setting": setting}
    )
    role = _plain(arm_part, "role")
    if role is None and (ARMS, study, arm) not in made.known:
        hint = "add a column `role`: treatment, control, healthy or comparator"
        made.note(start, "T904", f"nothing says what the arm {arm!r} is for", hint)
    made.arm(study, arm, role or "", start, **{k: v for k, v in arm_part.items() if k != "role"})
    _check_same(parts, made, study, arm)
    outcome = _plain(result, "outcome")
    found = made.outcome(outcome or "", result.get("outcome", ("", start))[1])
    if found is None:
        return
    values = dict(result)
    values["outcome"] = (found, result.get("outcome", ("", start))[1])
    values["source"] = _sources(study, result, source_part, start, made)
    if "at" not in values:
        values["at"] = made.time_of(study, found, start)
    if "unit" not in values and not unit_is_said:
        values["unit"] = made.unit(study, found, "", start)
    made.add(RESULTS, start, values)


def _sources(
    study: str, result: Mapping[str, Any], part: Mapping[str, Any], start: CellPlace, made: Conversion
) -> list[str]:
    keys = _plain(result, "source")
    if not keys:
        return [made.source(study, start, "one long table")]
    for key in keys:
        if part and len(keys) == 1:
            made.once(SOURCES, (study, key), start, {"study": study, "source": key, **part})
        elif (SOURCES, study, key) not in made.known:
            values = {"study": study, "source": key, "kind": "full-text", "reference": "primary"}
            made.once(SOURCES, (study, key), start, {**values, "citation": f"{study}: {key}", "locator": key})
            why = "the table names it only: kind, place in the text and address are to be written"
            made.confirm(study, f"sources.{key}", why, start)
    return list(keys)


def _check_same(parts: dict[str, dict[str, Any]], made: Conversion, study: str, arm: str) -> None:
    """Values of the study and the arm agree in all rows that give them."""
    for sheet, key in ((STUDIES, (study,)), (ARMS, (study, arm))):
        first = next((row for row in made.rows.get(sheet, ()) if _is(row, sheet, key)), None)
        for name, (value, place) in parts[sheet].items():
            if first is not None and first.value(name) != value:
                where = f"row {first.start.row} says {first.value(name)!r}"
                made.note(place, "T907", f"{name} is {value!r}; {where}", "rows of one study or arm agree")


def _is(row: SheetRow, sheet: str, key: tuple[str, ...]) -> bool:
    return key == (row.value("study"),) if sheet == STUDIES else key == (row.value("study"), row.value("arm"))
