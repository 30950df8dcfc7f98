"""A filled form "propose a study", as GitHub renders it into an issue, to a record with to-dos.

An answer stands below a heading that repeats the question; what was left open reads ``_No response_``.
The text is a stranger's: only the known headings divide it, and every value goes through the same checks
as a table that is imported. An answer that cannot be read is left out, and a to-do quotes it: a reviewer
who reads the paper settles it sooner than a second round of questions.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from metamsc.errors import InputError, Problem
from metamsc.exchange import long_table
from metamsc.exchange.assemble import from_rows
from metamsc.exchange.convert import Conversion, Hints
from metamsc.exchange.importing import Imported
from metamsc.exchange.issue_answers import Answer, group_names, read_answers
from metamsc.exchange.issue_fields import FIELDS, RESULTS_HEADER, form_text
from metamsc.exchange.layout import SOURCES
from metamsc.exchange.numbers import read_integer, read_number
from metamsc.exchange.raw import CellPlace, RawSheet, sheet_of
from metamsc.records.text import BAD_CHARACTER, MAX_BYTES, name_character
from metamsc.vocabulary import Setting

SOURCE = "form"
"""Key of the source that every number of the form is from."""
_ARMS = {"msc": "treatment", "control": "control"}
_DOSE = re.compile(r"(?P<number>[\d.,]+(?:\s*[eE][+-]?\d+|\s*[x×*]\s*10\s*\^?\s*\d+)?)\s*(?P<unit>\D.*)")
_TIMES_TEN = re.compile(r"\s*[x×*]\s*10\s*\^?\s*")


_PLACES = {
    "title": "study.title", "setting": "study.setting", "diabetes_type": "population.diabetes_type",
    "species": "model.species", "strain": "model.strain", "induction": "model.induction.agent",
    "dose": "arms.msc.cells.dose", "comparator": "arms.control.comparator",
    "n_treated": "arms.msc.n_randomised", "n_control": "arms.control.n_randomised",
    "source.kind": "sources.form.kind", "source.locator": "sources.form.locator",
    "source.url": "sources.form.url", "results": "results", "note": "study.notes",
    "extracted_by": "extraction.extracted_by",
}  # fmt: skip
"""Key of a field -> what of the record it is for, where that is not `study` and the key."""
_NEEDED = frozenset({"label", "setting"})
"""Without these there is no record to put a to-do into."""
_QUOTED = 160
"""Letters of an answer that a to-do quotes."""


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
    made = Conversion(hints, told_by="the form")
    start = CellPlace(file, "issue", 1, 1)
    if _unreadable(text, start, made):
        return Imported("issue", (), tuple(made.problems))
    answers, twice = read_answers(text)
    for line, heading in twice:
        place = CellPlace(file, "issue", line, 1)
        made.note(place, "T907", f"the heading {heading!r} stands twice", "keep the one that holds")
    if "label" not in answers:
        message = f"there is no answer below a heading {FIELDS[0].label!r}: this is no filled form"
        made.note(start, "T904", message, "give the text of an issue made with the form 'Propose a study'")
    if made.problems:
        return Imported("issue", (), tuple(made.problems))
    unread: list[tuple[str, str]] = []
    for _ in range(len(FIELDS) + 2):  # what hides behind one problem comes to light in the next round
        found = _converted(answers, unread, Conversion(hints, told_by="the form"), file)
        left = _left_out(answers, found.problems)
        if found.sound or not left:
            break
        unread += left[1]
        answers = left[0]
    return found


def _converted(
    answers: Mapping[str, Answer], unread: Sequence[tuple[str, str]], made: Conversion, file: str
) -> Imported:
    """Return the record of answers, with a to-do for each part that was not read."""
    label = answers["label"]
    if "extracted_by" in answers:
        made.hints = replace(made.hints, extracted_by=answers["extracted_by"].text)
    study = made.study_id(label.text, _place(label, file))
    if study:
        _add_study(study, answers, made, file)
        _add_results(study, answers.get("results"), made, file)
        for path, why in unread:
            made.confirm(study, path, why, _place(label, file))
        made.finish()
    studies, problems = from_rows(made.rows, made.problems)
    return Imported("issue", studies, tuple(sorted(problems)))


def _left_out(
    answers: Mapping[str, Answer], problems: Sequence[Problem]
) -> tuple[dict[str, Answer], list[tuple[str, str]]] | None:
    """Return answers without what has a problem, and a to-do for each; None where that would not help."""
    left = dict(answers)
    todos: list[tuple[str, str]] = []
    for key, answer in answers.items():
        lines = answer.text.split("\n")
        bad: dict[int, Problem] = {}
        for problem in problems:
            if answer.line <= problem.line < answer.line + len(lines):
                bad.setdefault(problem.line, problem)
        if not bad or key in _NEEDED:
            continue
        if key == "results" and answer.line not in bad:
            left[key] = answer.without(frozenset(bad))
            wrong = [(lines[line - answer.line], problem) for line, problem in bad.items()]
        else:
            del left[key]
            wrong = [(answer.text, next(iter(bad.values())))]
        path = _PLACES.get(key, key if "." in key else f"study.{key}")
        if key.startswith("cells."):
            path = f"arms.msc.{key}"
        todos += [(path, _quoted(answer.field.label, text, problem)) for text, problem in wrong]
    return (left, todos) if todos else None


def _quoted(label: str, text: str, problem: Problem) -> str:
    said = " ".join(text.split())
    said = said if len(said) <= _QUOTED else f"{said[: _QUOTED - 1]}…"
    return f"the form says {said!r} under {label!r}, which was not read: {problem.message}"


def _unreadable(text: str, start: CellPlace, made: Conversion) -> bool:
    if len(text.encode("utf-8", "replace")) > MAX_BYTES:
        made.note(start, "Y102", f"the text has more than {MAX_BYTES:,} bytes", "one issue, one study")
        return True
    found = BAD_CHARACTER.search(text.replace("\r\n", "\n"))
    if found:
        made.note(start, "Y104", f"the text holds the character {name_character(found[0])}", "remove it")
    return found is not None


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
        given["doi"] = (said["doi"][0], said["doi"][1])
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
        url = (f"https://doi.org/{doi[0]}", doi[1])
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
    rows = [(number, [cell.strip() for cell in cells]) for number, cells in rows]
    if divider != ",":
        _point_decimals(rows)
    if rows:
        rows = [(rows[0][0], [_COLUMNS.get(cell.lower(), cell) for cell in rows[0][1]]), *_named_groups(rows)]
    width = max((len(cells) for _, cells in rows), default=0)
    lines: list[tuple[int, list[Any]]] = []
    for number, cells in rows:
        ours = [study, SOURCE] if lines else ["study", "source"]
        lines.append((number, [*cells, *[""] * (width - len(cells)), *ours]))
    return sheet_of(file, answer.field.label, lines)


def _named_groups(rows: Sequence[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
    """Yield the lines below the first with the form's two groups called as it calls them."""
    header = [_COLUMNS.get(cell.lower(), cell.lower()) for cell in rows[0][1]]
    at = header.index("arm") if "arm" in header else -1
    written = {cells[at] for _, cells in rows[1:] if 0 <= at < len(cells)}
    groups = group_names(written)
    for number, cells in rows[1:]:
        yield number, [groups.get(cell.casefold(), cell) if i == at else cell for i, cell in enumerate(cells)]


def _point_decimals(rows: Sequence[tuple[int, list[str]]]) -> None:
    """Write 7,5 as 7.5 in a table whose numbers all have commas, and not always three digits after it."""
    cells = [cell for _, line in rows[1:] for cell in line]
    commas = [cell for cell in cells if re.fullmatch(r"-?\d+,\d+", cell)]
    if any(re.fullmatch(r"-?\d+\.\d+", cell) for cell in cells):
        return
    if any(not re.fullmatch(r"-?\d+,\d{3}", cell) for cell in commas):
        for _, line in rows[1:]:
            line[:] = [cell.replace(",", ".") if cell in commas else cell for cell in line]


_COLUMNS = {"group": "arm", "q1": "iq_range_low", "q3": "iq_range_high", "events_n": "events"}
"""Other names of columns that people write above their results."""


if __name__ == "__main__":
    print(form_text(), end="")  # noqa: T201 - a command
