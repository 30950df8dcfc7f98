"""From a file that was not made for us to rows of ours, with a to-do for whatever it does not say.

Nothing is guessed: a word that stands for "not said" goes into the record together with an entry of
`to_confirm`; what has no such word must be said by the person who imports.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any

from metamsc.errors import InputError, Problem
from metamsc.exchange.cells import text_of
from metamsc.exchange.layout import ARMS, RESULTS, SOURCES, STUDIES, sheets
from metamsc.exchange.numbers import read_integer, read_number
from metamsc.exchange.raw import CellPlace, ErrorValue, Formula, Merged, Percentage, RawSheet
from metamsc.exchange.rows import SheetRow
from metamsc.outcomes.catalogue import NOT_PRINTED, catalogue
from metamsc.records.ids import has_name, make_id
from metamsc.records.todo import TODO
from metamsc.vocabulary import Design, DiabetesType, Setting

TO_CONFIRM = "to_confirm"
_OF_CELLS = {
    "product": "cells.product",
    "tissue": "cells.source",
    "donor": "cells.donor",
    "dose": "cells.dose.value",
    "route": "cells.route",
}
"""What an arm's cells are described by -> the column that says it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """What a person says because the file does not.

    Attributes
    ----------
    extracted_by, date : str
        Who imports, and the day (``2026-11-22``).
    setting, design, diabetes_type, at, unit, measure : str or None
        Held for every study or result of the file that does not say it itself.
    outcomes : mapping of str to str
        Name in the file -> id of the catalogue; ``""`` stands for a file without names of outcomes.
    encoding : str or None
        Of CSV files that are neither UTF-8 nor marked UTF-16.
    decimal_comma : bool
        Whether 7,5 is seven and a half.
    """

    extracted_by: str
    date: str
    setting: str | None = None
    design: str | None = None
    diabetes_type: str | None = None
    at: str | None = None
    unit: str | None = None
    measure: str | None = None
    outcomes: Mapping[str, str] = field(default_factory=dict)
    encoding: str | None = None
    decimal_comma: bool = False


@dataclass(slots=True)
class Line:
    """One row of the foreign file, by header.

    Attributes
    ----------
    raw, number, cells
        Sheet, row, and what its cells hold.
    headers : mapping
        Header in small letters -> column; one column may have several names.
    given : mapping
        What the file says of this row elsewhere, under the header of a row that would say it itself.
    """

    raw: RawSheet
    number: int
    cells: Mapping[int, Any]
    headers: Mapping[str, int]
    given: Mapping[str, Any] = field(default_factory=dict)

    def place(self, header: str = "") -> CellPlace:
        """Place of a cell, or of the row's first."""
        return self.raw.place(self.number, self.headers.get(header, min(self.cells, default=1)))

    def raw_value(self, header: str) -> Any:
        """Return what a cell holds, None when it is empty."""
        return self.given[header] if header in self.given else self.cells.get(self.headers.get(header, -1))

    def text(self, header: str) -> str:
        """Return a cell as text, empty when it is empty or computed; a date as 2026-11-22."""
        value = self.raw_value(header)
        if value is None or isinstance(value, Formula | ErrorValue | Merged | Percentage):
            return ""
        if isinstance(value, date | time):
            return value.isoformat()
        return text_of(value).strip()


def lines_of(raw: RawSheet, aliases: Mapping[str, str] | None = None) -> list[Line]:
    """Return the rows of a sheet, to be asked by header without regard to case, or by an alias of it."""
    headers = {name.strip().lower(): number for number, name in raw.header.items()}
    headers.update({alias: headers[name] for alias, name in (aliases or {}).items() if name in headers})
    return [Line(raw, number, cells, headers) for number, cells in raw.rows]


@dataclass(slots=True)
class Conversion:
    """Rows of our sheets while a foreign file is read."""

    hints: Hints
    rows: dict[str, list[SheetRow]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    known: set[tuple[str, ...]] = field(default_factory=set)
    unmapped: dict[str, CellPlace] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    told_by: str = "the imported file"

    def add(self, sheet: str, start: CellPlace, values: Mapping[str, Any]) -> None:
        """Add a row; a value may be a pair of value and place."""
        cells = {}
        for name, given in values.items():
            value, place = given if isinstance(given, tuple) and len(given) == 2 else (given, start)
            column = sheets()[sheet].column(name)
            if value is not None and column is not None:
                cells[name] = (column, value, place)
        self.rows.setdefault(sheet, []).append(SheetRow(start, cells))

    def once(self, sheet: str, key: tuple[str, ...], start: CellPlace, values: Mapping[str, Any]) -> bool:
        """Add a row that may stand only once; tell whether it was new."""
        if (sheet, *key) in self.known:
            return False
        self.known.add((sheet, *key))
        self.add(sheet, start, values)
        return True

    def confirm(self, study: str, path: str, reason: str, start: CellPlace) -> None:
        """Add a to-do, once; no analysis runs with the record while it is open."""
        values = {"study": study, "field": path, "reason": f"{TODO} {reason}"}
        self.once(TO_CONFIRM, (study, path, reason), start, values)

    def note(self, place: CellPlace, code: str, message: str, hint: str = "") -> None:
        """Keep a problem."""
        self.problems.append(place.problem(code, message, hint))

    def number(self, line: Line, header: str) -> float | None:
        """Return the number of a cell, None when it is empty or, with a problem, is not one."""
        found: float | None = self._read(line, header, read_number)
        return found

    def integer(self, line: Line, header: str) -> int | None:
        """Return the whole number of a cell, None when it is empty or, with a problem, is not one."""
        found: int | None = self._read(line, header, read_integer)
        return found

    def _read(self, line: Line, header: str, read: Any) -> Any:
        value = line.raw_value(header)
        if value is None or (isinstance(value, str) and value.upper() in ("NA", "N/A", "NAN")):
            return None
        if isinstance(value, Formula | ErrorValue | Merged | Percentage):
            message = f"{header}: a formula, error, percentage or merged cell"
            self.note(line.place(header), "T906", message, "write the value")
            return None
        try:
            return read(value)
        except InputError as error:
            self.note(line.place(header), "T905", f"{header}: {error}")
            return None

    def study_id(self, label: str, place: CellPlace) -> str:
        """Return the id of a study's name; "", with a problem, where the name gives none of its own."""
        study = make_id(label)
        if not has_name(study):
            what = f"no id can be made of the study's name {label[:40]!r}" if label else "no study is named"
            self.note(place, "T904", what, "write it with Latin letters: Li 2020")
            return ""
        first = self.labels.setdefault(study, label)
        if " ".join(first.casefold().split()) != " ".join(label.casefold().split()):
            message = f"{first[:40]!r} and {label[:40]!r} both give the id {study!r}"
            self.note(place, "T907", message, "one study: write it alike; two: Cai 2016a, Cai 2016b")
        return study

    def outcome(self, label: str, place: CellPlace) -> str | None:
        """Return the id of an outcome's name; None, with a problem, when nobody has said which it is."""
        key = label.strip().casefold()
        given = {name.strip().casefold(): outcome for name, outcome in self.hints.outcomes.items()}
        if key in given or ("" in given and not key):
            return given[key]
        for outcome in catalogue().outcomes.values():
            if key in (outcome.id, outcome.id.replace("_", " "), outcome.label.casefold()):
                return outcome.id
        self.unmapped.setdefault(label.strip(), place)
        return None

    def finish(self) -> None:
        """Turn outcomes without an id into problems: one for each name, not one for each row."""
        ids = [outcome.id for outcome in catalogue().outcomes.values()]
        for label, place in self.unmapped.items():
            near = difflib.get_close_matches(label.lower().replace(" ", "_"), ids, n=1)
            shown = label.replace('"', "'")
            example = (
                f'--outcome "{shown}={near[0] if near else ids[0]}"'.replace('"=', '"')
                if label
                else "--outcome hba1c"
            )
            message = (
                f"no id of the catalogue is known for {label[:60]!r}"
                if label
                else "the file names no outcome"
            )
            self.note(place, "T910", message, f"say which it is: {example} (ids: docs/outcomes.md)")

    def study(self, study: str, start: CellPlace, *, label: str, title: str = "", has_control: bool = True,
              **given: Any) -> None:  # fmt: skip
        """Begin a study, once, with a to-do for each thing that the file does not say."""
        hints = self.hints
        setting = given.pop("setting", None) or hints.setting or ""
        clinical = setting == Setting.CLINICAL
        if clinical:
            unknown = Design.CONTROLLED_UNCLEAR if has_control else Design.SINGLE_ARM
        else:
            unknown = Design.ANIMAL_CONTROLLED if has_control else Design.ANIMAL_SINGLE_ARM
        about = {"population.diabetes_type": hints.diabetes_type or DiabetesType.UNSPECIFIED.value}
        if not clinical:
            about = {
                "model.species": "not-reported",
                "model.induction.agent": "not-reported",
                "model.models_type": hints.diabetes_type or DiabetesType.UNSPECIFIED.value,
            }
        values = {
            "study": study, "label": label, "title": title or f"{TODO} title of {label}", "setting": setting,
            "design": hints.design or unknown.value, **about, **given,
            "extraction.extracted_by": hints.extracted_by, "extraction.date": hints.date,
            "extraction.status": "single",
        }  # fmt: skip
        if not self.once(STUDIES, (study,), start, values):
            return
        if hints.design is None and "design" not in given:
            self.confirm(study, "study.design", f"not in {self.told_by}: how were groups formed?", start)
        for name in about:
            said = name in given or (name.endswith("_type") and hints.diabetes_type is not None)
            if not said:
                self.confirm(study, name, f"not in {self.told_by}", start)

    def arm(self, study: str, arm: str, role: str, start: CellPlace, *, why: str = "", **given: Any) -> None:
        """Begin an arm, once; what was given to it is a to-do."""
        unknown = {"treatment": "cells.source", "control": "comparator"}.get(role)
        values = {"study": study, "arm": arm, "role": role, **given}
        if unknown is not None and unknown not in given:
            values[unknown] = "not-reported"
        if not self.once(ARMS, (study, arm), start, values):
            return
        left = [word for word, name in _OF_CELLS.items() if name not in given]
        if role == "treatment" and left:
            what = f"not in {self.told_by}: {', '.join(left)}"
            self.confirm(study, f"arms.{arm}.cells", what, start)
        elif role == "control" and "comparator" not in given:
            self.confirm(study, f"arms.{arm}.comparator", f"not in {self.told_by}", start)
        if why:
            self.confirm(study, f"arms.{arm}.role", why, start)

    def source(self, study: str, start: CellPlace, form: str) -> str:
        """Begin the source "import", once: the table itself; where the study printed it is a to-do."""
        file = re.sub(r".*[/\\]", "", start.file)
        values = {
            "study": study, "source": "import", "kind": "review-table", "reference": "secondary",
            "citation": f"{form}, file {file}", "locator": f"rows from {start.row} on",
        }  # fmt: skip
        if self.once(SOURCES, (study, "import"), start, values):
            why = f"numbers come from {form}, which does not say where the study prints them"
            self.confirm(study, "sources.import", why, start)
        return "import"

    def unit(self, study: str, outcome: str, printed: str, start: CellPlace) -> str | None:
        """Return the unit of a measurement; "not printed", with a to-do, where nobody has said it."""
        found = next(entry for entry in catalogue().outcomes.values() if entry.id == outcome)
        if found.kind != "continuous":
            return None
        if printed or self.hints.unit:
            return printed or self.hints.unit
        self.confirm(study, f"results.{outcome}.unit", f"{self.told_by} gives no unit", start)
        return NOT_PRINTED

    def time_of(self, study: str, outcome: str, start: CellPlace) -> str:
        """Return the time of a result; "not reported", with a to-do, where nobody has said it."""
        if self.hints.at:
            return self.hints.at
        self.confirm(study, f"results.{outcome}.at", f"{self.told_by} gives no time", start)
        return "not reported"

    def result(self, start: CellPlace, values: Mapping[str, Any]) -> None:
        """Add a row of results."""
        self.add(RESULTS, start, values)
