"""A filled form "propose a study", as GitHub renders it into an issue, to a record with to-dos.

An answer stands below a heading that repeats the question; what was left open reads ``_No response_``.
The text is a stranger's: only the known headings divide it, and every value goes through the same checks
as a table that is imported.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from metamsc.errors import InputError
from metamsc.exchange import long_table
from metamsc.exchange.assemble import from_rows
from metamsc.exchange.convert import Conversion, Hints
from metamsc.exchange.importing import Imported
from metamsc.exchange.issue_fields import FIELDS, RESULTS_HEADER, Field, form_text
from metamsc.exchange.layout import SOURCES
from metamsc.exchange.numbers import read_integer, read_number
from metamsc.exchange.raw import CellPlace, RawSheet, sheet_of
from metamsc.records.text import BAD_CHARACTER, MAX_BYTES, name_character
from metamsc.vocabulary import Setting

NO_ANSWER = "_No response_"
SOURCE = "form"
"""Key of the source that every number of the form is from."""
_ARMS = {"msc": "treatment", "control": "control"}
_DOI = re.compile(r"^(?:https?://(?:dx\.)?doi\.org/|doi:\s*)", re.IGNORECASE)
_DOSE = re.compile(r"(?P<number>[\d.,]+(?:\s*[eE][+-]?\d+|\s*[x×*]\s*10\s*\^?\s*\d+)?)\s*(?P<unit>\D.*)")
_TIMES_TEN = re.compile(r"\s*[x×*]\s*10\s*\^?\s*")


@dataclass(frozen=True, slots=True)
class Answer:
    """What was written into a field, and the line it begins in."""

    field: Field
    text: str
    line: int


def read_issue(text: str, file: str, hints: Hints) -> Imported:
    """Return the record that a filled form describes.

    Parameters
    ----------
    text : str
        Body of the issue.
    file : str
        Its name in problems.
    hints : Hints
        Who imports (where the form names nobody), and the day.

    Returns
    -------
    Imported
        One record without a problem, or the problems with their lines; what was left open is a to-do.
    """
    made = Conversion(hints)
    start = CellPlace(file, "issue", 1, 1)
    if _unreadable(text, start, made):
        return Imported("issue", (), tuple(made.problems))
    answers = _answers(text, file, made)
    label = answers.get("label")
    if label is None:
        message = f"there is no answer below a heading {FIELDS[0].label!r}: this is no filled form"
        made.note(start, "T904", message, "give the text of an issue made with the form 'Propose a study'")
        return Imported("issue", (), tuple(made.problems))
    if "extracted_by" in answers:
        made.hints = replace(hints, extracted_by=answers["extracted_by"].text)
    study = made.study_id(label.text, _place(label, file))
    if study:
        _add_study(study, answers, made, file)
        _add_results(study, answers.get("results"), made, file)
        made.finish()
    studies, problems = from_rows(made.rows, made.problems)
    return Imported("issue", studies, tuple(sorted(problems)))


def _unreadable(text: str, start: CellPlace, made: Conversion) -> bool:
    if len(text.encode("utf-8", "replace")) > MAX_BYTES:
        made.note(start, "Y102", f"the text has more than {MAX_BYTES:,} bytes", "one issue, one study")
        return True
    found = BAD_CHARACTER.search(text.replace("\r\n", "\n"))
    if found:
        made.note(start, "Y104", f"the text holds the character {name_character(found[0])}", "remove it")
    return found is not None


def _answers(text: str, file: str, made: Conversion) -> dict[str, Answer]:
    """Answers by key of their field; a heading counts once, and only where the form has it."""
    fields = {field.label: field for field in FIELDS}
    found: dict[str, Answer] = {}
    field: Field | None = None
    lines: list[str] = []
    begin = 0

    def keep() -> None:
        if field is not None:
            answer = _answer(field, lines, begin)
            if answer is not None:
                found[field.key] = answer

    seen: set[str] = set()
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), start=1):
        heading = line[4:].strip() if line.startswith("### ") else ""
        if heading not in fields:
            lines.append(line)
            continue
        keep()
        if heading in seen:
            place = CellPlace(file, "issue", number, 1)
            made.note(place, "T907", f"the heading {heading!r} stands twice", "keep the one that holds")
        seen.add(heading)
        field, lines, begin = fields[heading], [], number + 1
    keep()
    return found


def _answer(field: Field, lines: list[str], begin: int) -> Answer | None:
    first = next((i for i, line in enumerate(lines) if line.strip()), len(lines))
    text = "\n".join(lines[first:]).strip()
    if re.match(r"`{3,}", text):  # a field that the form renders as code
        first += 1
        text = "\n".join(lines[first:]).rstrip().removesuffix("```").rstrip("`").rstrip()
    if not text or text in (NO_ANSWER, "None"):
        return None
    return Answer(field, text, begin + first)


def _place(answer: Answer, file: str) -> CellPlace:
    return CellPlace(file, answer.field.label, answer.line, 1)


def _add_study(study: str, answers: Mapping[str, Answer], made: Conversion, file: str) -> None:
    """Add study, arms and source."""
    said = {key: (_word(answer), _place(answer, file)) for key, answer in answers.items()}
    start = said["label"][1]
    setting = said.get("setting", ("", start))[0]
    clinical = setting == Setting.CLINICAL.value
    about = {"diabetes_type": "population.diabetes_type" if clinical else "model.models_type"}
    if not clinical:
        about |= {"species": "model.species", "strain": "model.strain", "induction": "model.induction.agent"}
    given: dict[str, Any] = {about[key]: said[key] for key in about if key in said}
    given |= {key: said[key] for key in ("journal", "pmid", "design", "follow_up") if key in said}
    for key in ("authors", "registration"):
        if key in said:
            text, place = said[key]
            parts = re.split(r";|\n" if key == "authors" else r"[;,\s]+", text)
            given[key] = ([part.strip() for part in parts if part.strip()], place)
    if "doi" in said:
        given["doi"] = (_DOI.sub("", said["doi"][0]), said["doi"][1])
    if "note" in said:
        given["notes"] = ([" ".join(said["note"][0].split())], said["note"][1])
    year = re.search(r"\b(?:19|20)\d{2}\b", said["label"][0])
    if year:
        given["year"] = (int(year[0]), start)
    if not setting:
        hint = "answer 'People or animals'"
        made.note(start, "T912", "nothing says whether the study is of people or animals", hint)
    title = said.get("title", ("", start))[0]
    made.study(study, start, label=said["label"][0], title=title, setting=setting, **given)
    for arm, role in _ARMS.items():
        made.arm(study, arm, role, start, **dict(_of_arm(arm, said, made)))
    _add_source(study, said, made, start)


def _word(answer: Answer) -> str:
    """Return the word of a dropdown without its meaning; any other answer as it is."""
    return answer.text.split(":")[0].strip() if answer.field.words is not None else answer.text


def _of_arm(
    arm: str, said: Mapping[str, tuple[str, CellPlace]], made: Conversion
) -> Iterator[tuple[str, Any]]:
    """Yield columns of an arm with what was answered."""
    count = said.get("n_treated" if arm == "msc" else "n_control")
    if count is not None:
        try:
            yield "n_randomised", (read_integer(count[0]), count[1])
        except InputError as error:
            made.note(count[1], "T905", str(error))
    if arm != "msc":
        if "comparator" in said:
            yield "comparator", said["comparator"]
        return
    for key in ("cells.product", "cells.source", "cells.donor", "cells.route"):
        if key in said:
            yield key, said[key]
    if "dose" in said:
        yield from _dose(*said["dose"], made)


def _dose(text: str, place: CellPlace, made: Conversion) -> Iterator[tuple[str, Any]]:
    found = _DOSE.fullmatch(text)
    if found is None:
        made.note(place, "T905", f"a dose is a number and a unit; got {text[:60]!r}", "1.1e6 cells/kg")
        return
    try:
        number = read_number(_TIMES_TEN.sub("e", found["number"]).replace(" ", ""))
    except InputError as error:
        made.note(place, "T905", str(error))
        return
    yield "cells.dose.value", (number, place)
    yield "cells.dose.unit", (found["unit"].strip(), place)


def _add_source(
    study: str, said: Mapping[str, tuple[str, CellPlace]], made: Conversion, start: CellPlace
) -> None:
    kind, locator, url = (said.get(f"source.{name}") for name in ("kind", "locator", "url"))
    doi = said.get("doi")
    if url is None and doi is not None:
        url = (f"https://doi.org/{_DOI.sub('', doi[0])}", doi[1])
    values: dict[str, Any] = {"study": study, "source": SOURCE, "reference": "primary"}
    values["kind"] = kind if kind is not None else "full-text"
    values["locator"] = locator if locator is not None else "not said"
    values["url"] = url
    if url is None:
        values["citation"] = said["label"][0]
    made.once(SOURCES, (study, SOURCE), start, {k: v for k, v in values.items() if v is not None})
    if kind is None or locator is None:
        made.confirm(study, f"sources.{SOURCE}", "where the numbers stand was left open", start)


def _add_results(study: str, answer: Answer | None, made: Conversion, file: str) -> None:
    """Add the lines of the field "Results": a table whose lines belong to this study and source."""
    if answer is None or answer.text.strip() == RESULTS_HEADER:
        return
    raw = _table(study, answer, file)
    if not {"outcome", "arm"} <= {name.lower() for name in raw.header.values()}:
        hint = f"begin with a line like: {RESULTS_HEADER}"
        made.note(_place(answer, file), "T904", "the first line of the results names no columns", hint)
        return
    long_table.convert(raw, made)


def _table(study: str, answer: Answer, file: str) -> RawSheet:
    text = answer.text.split("\n")
    divider = max(",;\t|", key=text[0].count)
    rows: list[tuple[int, list[str]]] = []
    for number, line in enumerate(text, start=answer.line):
        if not line.strip(" |-:"):
            continue  # the rule below the header of a Markdown table
        stripped = line.strip().strip("|") if divider == "|" else line
        cells = next(csv.reader([stripped], delimiter=divider, skipinitialspace=True))
        rows.append((number, cells))
    width = max((len(cells) for _, cells in rows), default=0)
    lines: list[tuple[int, list[Any]]] = []
    for number, cells in rows:
        ours = [study, SOURCE] if lines else ["study", "source"]
        lines.append((number, [*cells, *[""] * (width - len(cells)), *ours]))
    return sheet_of(file, answer.field.label, lines)


if __name__ == "__main__":
    print(form_text(), end="")  # noqa: T201 - a command
