"""Tables to records: rows joined by study, arm and result; every problem at its cell, none hides another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from metamsc.errors import Problem
from metamsc.exchange.drafts import Draft
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
    sheets,
    study_lists,
    study_parts,
)
from metamsc.exchange.making import Entry, Making, join_row, row_of
from metamsc.exchange.raw import CellPlace, RawSheet
from metamsc.exchange.rows import SheetRow, read_rows
from metamsc.records.model import SCHEMA_VERSION, Study
from metamsc.records.positions import Path

NOT_READ = frozenset({"example", "read me", "words"})
"""Sheets of the template that hold no records."""


def from_tables(found: Iterable[RawSheet]) -> tuple[tuple[Study, ...], tuple[Problem, ...]]:
    """Return the records of a set of sheets.

    Parameters
    ----------
    found : iterable of RawSheet
        Sheets of a workbook, or the CSV files of a folder. Sheets of other names are not read.

    Returns
    -------
    studies : tuple of Study
        The records without a problem, in the order of the sheet `studies`.
    problems : tuple of Problem
        Everything wrong, in the order of the sheets, rows and columns.
    """
    layout = sheets()
    problems: list[Problem] = []
    raw: dict[str, RawSheet] = {}
    for sheet in found:
        name = sheet.name.strip().lower()
        if name in layout and name not in raw:
            raw[name] = sheet
        elif name not in NOT_READ:
            place = CellPlace(sheet.file, sheet.name, 1, 1)
            hint = f"sheets are: {', '.join(layout)}"
            problems.append(
                place.problem("T902", f"the sheet {sheet.name[:40]!r} is not read", hint, "warning")
            )
    rows = {name: read_rows(sheet, layout[name], problems) for name, sheet in raw.items()}
    return from_rows(rows, problems)


def from_rows(
    rows: Mapping[str, list[SheetRow]], problems: Iterable[Problem] = ()
) -> tuple[tuple[Study, ...], tuple[Problem, ...]]:
    """Return the records of rows that were read already.

    Parameters
    ----------
    rows : mapping of str to list of SheetRow
        By the name of the sheet.
    problems : iterable of Problem
        What was wrong with them; their rows are not blamed a second time.

    Returns
    -------
    studies, problems
        As :func:`from_tables`.
    """
    return _Assembly(list(problems)).run(rows)


class _Assembly:
    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        self.making: dict[str, Making] = {}
        self.blamed = {(p.file, p.where.split("!")[0], p.line) for p in self.problems}

    def run(self, rows: Mapping[str, list[SheetRow]]) -> tuple[tuple[Study, ...], tuple[Problem, ...]]:
        layout = sheets()
        for row in rows.get(STUDIES, ()):
            self._study(row)
        by_hand = (ARMS, SOURCES, CHARACTERISTICS, RESULTS, CONTRASTS, DERIVATIONS, RISK_OF_BIAS)
        for name in (*by_hand, *study_lists()):
            for row in rows.get(name, ()):
                making = self._owner(row)
                if making is not None:
                    sound = row.sound and row_of(row.start) not in self.blamed
                    self._place(name, layout[name], replace(row, sound=sound), making)
        studies = tuple(study for study in map(self._finish, self.making.values()) if study is not None)
        order = {name: number for number, name in enumerate(layout)}
        ranked = sorted(self.problems, key=lambda p: (order.get(p.where.split("!")[0], -1), p))
        return studies, tuple(dict.fromkeys(ranked))

    def _note(self, cell: CellPlace, code: str, message: str, hint: str = "") -> None:
        self.problems.append(cell.problem(code, message, hint))

    def _study(self, row: SheetRow) -> None:
        study_id = row.value("study")
        if study_id is None:
            return
        if study_id in self.making:
            self._note(
                row.cell("study"), "T907", f"the study {study_id!r} stands twice", "one row, one study"
            )
            return
        making = Making(Draft())
        making.rows.add(row_of(row.start))
        making.draft.data["schema"] = SCHEMA_VERSION
        making.draft.remember(("study",), row.start)
        making.draft.fill(making.draft.data, (), row.cells.values())
        self.making[study_id] = making

    def _owner(self, row: SheetRow) -> Making | None:
        study_id = row.value("study")
        if study_id is None:
            return None  # noted when the row was read
        making = self.making.get(study_id)
        if making is None:
            hint = "add it there; ids must be written alike"
            self._note(
                row.cell("study"), "T908", f"the study {study_id!r} is not on the sheet 'studies'", hint
            )
        else:
            making.rows.add(row_of(row.start))
        return making

    def _place(self, name: str, sheet: Sheet, row: SheetRow, making: Making) -> None:
        if name == ARMS:
            self._arm(sheet, row, making)
        elif name == SOURCES:
            self._source(sheet, row, making)
        elif name == CHARACTERISTICS:
            self._characteristic(sheet, row, making)
        elif name in (RESULTS, CONTRASTS):
            self._result(name, sheet, row, making)
        elif name == DERIVATIONS:
            self._derivation(sheet, row, making)
        elif name == RISK_OF_BIAS:
            self._judgement(sheet, row, making)
        else:
            entry: dict[str, Any] = {}
            number = making.draft.append(name, entry, row.start)
            making.draft.fill(entry, (name, number), row.of(sheet.columns))

    def _arm(self, sheet: Sheet, row: SheetRow, making: Making) -> None:
        arm = row.value("arm")
        if arm is None:
            return
        if arm in making.arms:
            self._note(row.cell("arm"), "T907", f"the arm {arm!r} stands twice", "one row, one arm")
            return
        entry: dict[str, Any] = {"id": arm}
        number = making.arms[arm] = making.draft.append("arms", entry, row.start)
        making.draft.remember(("arms", number, "id"), row.cell("arm"))
        making.draft.fill(entry, ("arms", number), row.of(sheet.columns))

    def _source(self, sheet: Sheet, row: SheetRow, making: Making) -> None:
        key = row.value("source")
        known = making.draft.data.setdefault("sources", {})
        if key is None:
            return
        if key in known:
            self._note(row.cell("source"), "T907", f"the source {key!r} stands twice", "one row, one source")
            return
        known[key] = {}
        making.draft.remember(("sources", key), row.start)
        making.draft.fill(known[key], ("sources", key), row.of(sheet.columns))

    def _characteristic(self, sheet: Sheet, row: SheetRow, making: Making) -> None:
        name, arm = row.value("characteristic"), row.value("arm")
        if name is None:
            return
        part, base = self._characteristic_owner(name, arm, row, making)
        if part is None:
            return
        if base[-1] in part:
            self._note(row.cell("characteristic"), "T907", f"{name!r} stands twice", "one row each")
            return
        value: dict[str, Any] = {}
        part[str(base[-1])] = value
        making.draft.remember(base, row.start)
        making.draft.fill(value, base, row.of(sheet.columns))

    def _characteristic_owner(
        self, name: str, arm: str | None, row: SheetRow, making: Making
    ) -> tuple[dict[str, Any] | None, Path]:
        if arm is not None:
            number = self._known_arm(arm, row, making)
            if number is None:
                return None, ()
            return making.draft.data["arms"][number], ("arms", number, name)
        first, _, rest = name.partition(".")
        owner, field_name = (first, rest) if rest and first in study_parts() else ("population", name)
        return making.draft.data.setdefault(owner, {}), (owner, field_name)

    def _known_arm(self, arm: str, row: SheetRow, making: Making) -> int | None:
        number = making.arms.get(arm)
        if number is None:
            listed = ", ".join(making.arms) or "none"
            self._note(row.cell("arm"), "T908", f"the study has no arm {arm!r}", f"its arms: {listed}")
        return number

    def _result(self, name: str, sheet: Sheet, row: SheetRow, making: Making) -> None:
        number = row.value("result")
        entry = join_row(making.results, number, "result", sheet, row, self._note)
        if entry is None:
            return
        if name == CONTRASTS:
            if "arms" in entry.part or "contrast" in entry.part:
                self._note(
                    row.cell("result"), "T907", f"result {number} stands twice", "give each its number"
                )
                return
            entry.part["contrast"] = self._values(entry, ("contrast",), row, sheet.columns)
            return
        arm = row.value("arm")
        arms = entry.part.setdefault("arms", {})
        if "contrast" in entry.part or arm in arms:
            hint = "one row for each arm and time; number the results in the column 'result'"
            self._note(row.cell("arm"), "T907", f"the arm {arm!r} stands twice in one result", hint)
        elif arm is not None:
            columns = tuple(column for column in sheet.columns if column.name != "arm")
            arms[arm] = self._values(entry, ("arms", arm), row, columns)

    @staticmethod
    def _values(entry: Entry, base: Path, row: SheetRow, columns: tuple[Any, ...]) -> dict[str, Any]:
        small = Draft()
        small.fill(small.data, base, row.of(columns))
        entry.cells.update({path: cell for path, cell in small.cells.items() if len(path) >= len(base)})
        entry.cells.setdefault(base, row.start)
        return small.data

    def _derivation(self, sheet: Sheet, row: SheetRow, making: Making) -> None:
        number, arm = row.value("result"), row.value("arm")
        entry = making.results.get(number)
        base: Path = ("contrast",) if arm is None else ("arms", arm)
        part: Any = entry.part if entry is not None and number is not None else None
        for step in base:
            part = part.get(step) if isinstance(part, dict) else None
        if entry is None or part is None:
            of = f"result {number}" + (f", arm {arm!r}" if arm else ", which has no contrast")
            hint = "number the results in the column 'result' of both sheets"
            self._note(row.cell("result"), "T908", f"a derivation of {of}, which is not there", hint)
            return
        known = part.setdefault("derivations", [])
        at = (*base, "derivations", len(known))
        known.append(self._values(entry, at, row, sheet.columns))

    def _judgement(self, sheet: Sheet, row: SheetRow, making: Making) -> None:
        entry = join_row(making.judgements, row.value("number"), "judgement", sheet, row, self._note)
        if entry is None:
            return
        domains = entry.part.setdefault("domains", [])
        if any(True for _ in row.of(sheet.columns)):
            domains.append(self._values(entry, ("domains", len(domains)), row, sheet.columns))

    def _finish(self, making: Making) -> Study | None:
        layout = sheets()
        for name, entries in (("results", making.results), ("risk_of_bias", making.judgements)):
            ordered = sorted(entries.values(), key=lambda e: float("inf") if e.number is None else e.number)
            for entry in ordered:
                sheet = layout[RESULTS if name == "results" else RISK_OF_BIAS]
                row = entry.filled[0]
                number = making.draft.append(name, entry.part, row.start)
                making.draft.fill(entry.part, (name, number), row.of(sheet.owner))
                for path, cell in entry.cells.items():
                    making.draft.cells[(name, number, *path)] = cell
        known = {(p.file, p.where.split("!")[0], p.line) for p in self.problems}
        study, found = making.draft.validate("")
        # A row with a wrong cell lacks its value, and would be blamed for that a second time.
        self.problems.extend(p for p in found if (p.file, p.where.split("!")[0], p.line) not in known)
        return None if making.rows & known else study
