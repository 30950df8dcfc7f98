"""RevMan's statistical data: the file ``<review>-data-rows.csv`` of a Cochrane data package.

Columns by Cochrane's data package specification (documentation.cochrane.org/revman-kb): one row for
each study in each analysis. Calculated columns (Weight, Mean, CI start, CI end) are not read where the
row gives the arms. Unit and time are not among the columns.
"""

from __future__ import annotations

from collections.abc import Iterable

from metamsc.exchange.contrast_rows import add_contrast
from metamsc.exchange.convert import Conversion, Line, lines_of
from metamsc.exchange.layout import RESULTS
from metamsc.exchange.raw import RawSheet

NEEDED = frozenset({"study", "experimental n", "control n"})
USED = NEEDED | frozenset(
    {
        "analysis group", "analysis number", "analysis name", "subgroup", "study year", "giv mean", "giv se",
        "experimental mean", "experimental sd", "experimental cases", "control mean", "control sd",
        "control cases", "footnotes",
    }
)  # fmt: skip
_FORM = "RevMan data rows"
_SIDES = (("experimental", "treatment"), ("control", "control"))


def convert(raw: RawSheet, made: Conversion) -> None:
    """Add the rows of a RevMan file to a conversion."""
    convert_lines(lines_of(raw), made, _FORM)


def convert_lines(lines: Iterable[Line], made: Conversion, form: str) -> None:
    """Add lines that answer to the headers of data rows.

    Parameters
    ----------
    lines : iterable of Line
        One for each study in each analysis.
    made : Conversion
    form : str
        What the file is, for the source of the numbers.
    """
    groups: dict[str, list[str]] = {}
    numbers: dict[str, int] = {}
    for line in lines:
        label = line.text("study")
        study = made.study_id(label, line.place("study"))
        if not study:
            continue
        start = line.place("study")
        made.study(study, start, label=label, year=made.integer(line, "study year"))
        known = groups.setdefault(study, [])
        group = line.text("analysis group")
        if group not in known:
            known.append(group)
        suffix = "" if known.index(group) == 0 else f"-{known.index(group) + 1}"
        _arms(line, made, study, suffix)
        outcome = made.outcome(line.text("analysis name"), line.place("analysis name"))
        if outcome is not None:
            numbers[study] = numbers.get(study, 0) + 1
            _result(line, made, study, outcome, suffix, numbers[study], form)


def _arms(line: Line, made: Conversion, study: str, suffix: str) -> None:
    start = line.place("study")
    for side, role in _SIDES:
        of = f" of analysis group {line.text('analysis group')}" if suffix else ""
        why = (
            "RevMan names two sides; whether these are people of another group is not said" if suffix else ""
        )
        label = line.text(f"{side} label") or side
        made.arm(study, f"{side}{suffix}", role, start, label=f"{label}{of}", why=why)


def _result(
    line: Line, made: Conversion, study: str, outcome: str, suffix: str, number: int, form: str
) -> None:
    start = line.place()
    note = "; ".join(
        f"{name}: {line.text(name.lower())}" for name in ("Subgroup", "Footnotes") if line.text(name.lower())
    )
    if line.text("subgroup"):
        why = "RevMan's subgroup may be a part of the participants: then it is `subgroup`, and not pooled"
        made.confirm(study, f"results.{outcome}.subgroup", why, start)
    name = line.text("analysis name") or None
    shared = {
        "study": study, "result": number, "outcome": outcome, "definition": name,
        "unit": made.unit(study, outcome, "", start), "at": made.time_of(study, outcome, start),
        "source": [made.source(study, start, form)], "note": note or None,
    }  # fmt: skip
    if line.text("giv mean"):
        estimate, se = made.number(line, "giv mean"), made.number(line, "giv se")
        sides = {"treatment": f"experimental{suffix}", "control": f"control{suffix}"}
        add_contrast(
            made, line.place("giv mean"), shared, sides, estimate=estimate, se=se,
            measure=line.text("measure"), natural=bool(line.text("natural")),
        )  # fmt: skip
        return
    if not (line.text("experimental n") and line.text("control n")):
        message = "the row gives neither arms nor an estimate (O-E and variance are not held by a record)"
        made.note(start, "T911", message, "leave the row out, and write a missing result by hand")
        return
    for side, _ in _SIDES:
        made.add(RESULTS, start, {**shared, "arm": f"{side}{suffix}", **_side(line, made, side)})


def _side(line: Line, made: Conversion, side: str) -> dict[str, object]:
    """Return means or counts: as the file says, else means where the row has an SD above 0.

    Cells of the other kind may be empty or 0.
    """
    values: dict[str, object] = {"n": (made.integer(line, f"{side} n"), line.place(f"{side} n"))}
    kind = line.text("data type")
    if kind == "CON" or (not kind and made.number(line, f"{side} sd")):
        for name in ("mean", "sd"):
            values[name] = (made.number(line, f"{side} {name}"), line.place(f"{side} {name}"))
    else:
        values["events"] = (made.integer(line, f"{side} cases"), line.place(f"{side} cases"))
    return values
