"""SyRF's quantitative export: one row for each cohort, outcome and time point.

Columns by SyRF's data dictionary (camaradesuk/syrf_userguide_jekyll, quantitative.md and
bibliographic.md). It has no source of a number and no cells; its n is the size of the cohort, not the
number behind each value.
"""

from __future__ import annotations

from collections.abc import Iterable

from metamsc.exchange.convert import Conversion, Line, lines_of
from metamsc.exchange.layout import RESULTS
from metamsc.exchange.raw import RawSheet
from metamsc.records.ids import has_name, make_id

NEEDED = frozenset({"studyid", "cohortid", "outcomelabel", "outcomeaverage", "timeinminutes"})
USED = NEEDED | frozenset(
    {
        "title", "authors", "year", "publicationname", "doi", "url", "experimentid", "experimentlabel",
        "cohortlabel", "numberofanimals", "isdiseasemodelcontrol", "istreatmentcontrol",
        "diseasemodellabel(s)", "treatmentlabel(s)", "outcomeid", "outcomeaveragetype", "outcomeunit",
        "outcomeerror", "outcomeerrortype",
    }
)  # fmt: skip
_FORM = "SyRF quantitative export"
_CENTRES = {"mean": "mean", "median": "median"}
_WIDTHS = {"sd": "sd", "sem": "se", "se": "se"}


def convert(raw: RawSheet, made: Conversion) -> None:
    """Add the rows of a SyRF export to a conversion."""
    studies: dict[str, str] = {}
    arms: dict[tuple[str, str], str] = {}
    numbers: dict[tuple[str, ...], int] = {}
    lines = lines_of(raw)
    controls = {line.text("studyid") for line in lines if _role(line) == "control"}
    for line in lines:
        key = line.text("studyid")
        if not key:
            made.note(line.place("studyid"), "T904", "StudyId is empty")
            continue
        if key not in studies:
            studies[key] = _study(line, made, studies.values(), has_control=key in controls)
        study = studies[key]
        arm_key = (key, line.text("cohortid") or line.text("cohortlabel"))
        if arm_key not in arms:
            arms[arm_key] = _arm(line, made, study, {arm for (s, _), arm in arms.items() if s == key})
        result = (key, line.text("experimentid"), line.text("outcomeid") or line.text("outcomelabel"),
                  line.text("timeinminutes"))  # fmt: skip
        number = numbers.setdefault(result, 1 + sum(1 for known in numbers if known[0] == key))
        _value(line, made, study, arms[arm_key], number)


def _study(line: Line, made: Conversion, taken: Iterable[str], *, has_control: bool) -> str:
    first = line.text("authors").split(";")[0].split(",")[0].strip()
    year = made.integer(line, "year")
    label = f"{first} {year}" if first and year else line.text("title")[:40]
    label = label or f"SyRF {line.text('studyid')[:8]}"
    study = make_id(label)
    if not has_name(study):
        study = f"syrf-{make_id(line.text('studyid'))[:8]}"
    if study in taken:
        study = f"{study}-{make_id(line.text('studyid'))[:8]}"
    doi = line.text("doi").removeprefix("https://doi.org/") or None
    authors = [part.strip() for part in line.text("authors").split(";") if part.strip()] or None
    given = {"authors": authors, "year": year, "journal": line.text("publicationname") or None, "doi": doi}
    made.study(
        study, line.place("studyid"), label=label, title=line.text("title"), setting="preclinical",
        has_control=has_control, **given,
    )  # fmt: skip
    return study


def _flags(text: str) -> list[bool]:
    return [part.strip().upper() == "TRUE" for part in text.split(";") if part.strip()]


def _role(line: Line) -> str:
    """Role of a cohort: healthy when each disease model is a control, control when no treatment is given."""
    models = _flags(line.text("isdiseasemodelcontrol"))
    if models and all(models):
        return "healthy"
    return "control" if all(_flags(line.text("istreatmentcontrol"))) else "treatment"


def _arm(line: Line, made: Conversion, study: str, taken: set[str]) -> str:
    label = line.text("cohortlabel") or line.text("cohortid")
    first = make_id(label) or "cohort"
    arm = next(name for n in range(1, 1000) if (name := first if n == 1 else f"{first}-{n}") not in taken)
    role = _role(line)
    treatment = line.text("treatmentlabel(s)") or None
    notes = [f"disease model: {text}" for text in [line.text("diseasemodellabel(s)")] if text]
    notes += [f"experiment: {text}" for text in [line.text("experimentlabel")] if text]
    given = {"label": label, "note": "; ".join(notes) or None}
    if role == "treatment":
        given["cells.name"] = treatment
    elif role == "control":
        given["comparator_detail"] = treatment
    why = "" if line.text("isdiseasemodelcontrol") and line.text("istreatmentcontrol") else (
        "the export does not say for each model and treatment whether it is a control"
    )  # fmt: skip
    made.arm(study, arm, role, line.place("cohortlabel"), why=why, **given)
    return arm


def _value(line: Line, made: Conversion, study: str, arm: str, number: int) -> None:
    outcome = made.outcome(line.text("outcomelabel"), line.place("outcomelabel"))
    centre, minutes = made.number(line, "outcomeaverage"), made.number(line, "timeinminutes")
    if outcome is None or centre is None:
        return
    start = line.place()
    if not made.once("syrf value", (study, arm, str(number)), start, {}):
        hint = "keep the reconciled rows of one reviewer (column Reconciled), then import"
        made.note(
            line.place("outcomeaverage"), "T907", "a second value of this cohort, outcome and time", hint
        )
        return
    field = _CENTRES.get(line.text("outcomeaveragetype").lower())
    if field is None:
        given = line.text("outcomeaveragetype") or "no OutcomeAverageType"
        message = f"a record holds means and medians; the export gives {given!r}"
        made.note(line.place("outcomeaveragetype"), "T911", message, "leave the row out, or say what it is")
        return
    values = {
        "study": study, "result": number, "outcome": outcome,
        "definition": line.text("outcomelabel") or None, "at": _time(minutes, study, outcome, made, line),
        "unit": made.unit(study, outcome, line.text("outcomeunit"), start),
        "source": [made.source(study, start, _FORM)], "arm": arm,
        field: (centre, line.place("outcomeaverage")),
        "n": (made.integer(line, "numberofanimals"), line.place("numberofanimals")),
    }  # fmt: skip
    values.update(_width(line, made, study, f"results.{outcome}.arms.{arm}"))
    why = "n is the size of each cohort; the number measured may be smaller"
    made.confirm(study, f"results.{outcome}", why, start)
    made.add(RESULTS, start, values)


def _time(minutes: float | None, study: str, outcome: str, made: Conversion, line: Line) -> str:
    if minutes is None:
        return made.time_of(study, outcome, line.place("timeinminutes"))
    why = "SyRF's time zero is the reviewer's; a record counts from treatment"
    made.confirm(study, f"results.{outcome}.at", why, line.place("timeinminutes"))
    if minutes < 0:
        made.note(line.place("timeinminutes"), "T911", "a time before time zero", "leave the row out")
        return "not reported"
    if minutes == 0:
        return "baseline"
    days = minutes / 1440
    return (
        f"{days:.0f} days" if days == int(days) else f"{minutes / 60:.4f}".rstrip("0").rstrip(".") + " hours"
    )


def _width(line: Line, made: Conversion, study: str, path: str) -> dict[str, object]:
    error = made.number(line, "outcomeerror")
    if error is None:
        return {}
    kind = line.text("outcomeerrortype").lower()
    place = line.place("outcomeerror")
    if kind in _WIDTHS:
        return {_WIDTHS[kind]: (error, place)}
    if kind == "iqr":
        made.confirm(
            study, path, f"SyRF gives {error:g} as IQR, one number; a record needs both quartiles", place
        )
        return {}
    made.confirm(study, path, "the export does not say whether its error is SD or SEM", place)
    return {"spread.value": (error, place), "spread.kind": ("unlabelled", place)}
