"""A data frame in metafor's names: m1i sd1i n1i m2i sd2i n2i; ai bi ci di n1i n2i; yi vi (or sei).

Names by metafor's manual (``?escalc``): group 1 comes first in every difference and ratio. The frame
says neither outcome nor time, unit or which group was treated; that it is group 1 is a to-do.
"""

from __future__ import annotations

import math
from typing import Any

from metamsc.exchange.contrast_rows import add_contrast
from metamsc.exchange.convert import Conversion, Line, lines_of, slug
from metamsc.exchange.layout import DERIVATIONS, RESULTS
from metamsc.exchange.raw import RawSheet

MEANS = frozenset({"m1i", "sd1i", "n1i", "m2i", "sd2i", "n2i"})
TABLES = (frozenset({"ai", "bi", "ci", "di"}), frozenset({"ai", "n1i", "ci", "n2i"}))
ESTIMATES = (frozenset({"yi", "vi"}), frozenset({"yi", "sei"}))
LABELS = ("study", "slab", "trial", "author")
USED = frozenset().union(MEANS, *TABLES, *ESTIMATES, LABELS, {"year", "measure", "outcome"})
_FORM = "data frame for metafor"
_ARMS = {"treatment": "group-1", "control": "group-2"}


def is_metafor(headers: frozenset[str]) -> bool:
    """Whether these headers, in small letters, are a frame for `escalc` or `rma`."""
    return any(needed <= headers for needed in (MEANS, *TABLES, *ESTIMATES))


def convert(raw: RawSheet, made: Conversion) -> None:
    """Add the rows of a metafor-style frame to a conversion."""
    numbers: dict[str, int] = {}
    for line in lines_of(raw):
        label = next((line.text(name) for name in LABELS if line.text(name)), "")
        year = made.integer(line, "year")
        if label and year and str(year) not in label:
            label = f"{label} {year}"
        study = slug(label)
        if not study:
            hint = f"name the study in one of the columns {', '.join(LABELS)}"
            made.note(line.place(), "T904", "the row does not name its study", hint)
            continue
        start = line.place()
        made.study(study, start, label=label, year=year)
        for role, arm in _ARMS.items():
            why = "metafor's groups are 1 and 2; that 1 was treated is convention, not said"
            made.arm(study, arm, role, start, label=arm.replace("-", " "), why=why)
        outcome = made.outcome(line.text("outcome"), line.place("outcome"))
        if outcome is not None:
            numbers[study] = numbers.get(study, 0) + 1
            _result(line, made, study, outcome, numbers[study])


def _result(line: Line, made: Conversion, study: str, outcome: str, number: int) -> None:
    start = line.place()
    shared = {
        "study": study, "result": number, "outcome": outcome,
        "unit": made.unit(study, outcome, "", start), "at": made.time_of(study, outcome, start),
        "source": [made.source(study, start, _FORM)],
    }  # fmt: skip
    if line.text("m1i") and line.text("m2i"):
        for number_of, arm in enumerate(_ARMS.values(), start=1):
            names = {"n": f"n{number_of}i", "mean": f"m{number_of}i", "sd": f"sd{number_of}i"}
            values = {
                name: (made.integer(line, c) if name == "n" else made.number(line, c), line.place(c))
                for name, c in names.items()
            }
            made.add(RESULTS, start, {**shared, "arm": arm, **values})
    elif line.text("ai") and line.text("ci"):
        _table(line, made, shared)
    else:
        vi, se = made.number(line, "vi"), made.number(line, "sei")
        how = ""
        if se is None and vi is not None and vi > 0:
            se, how = math.sqrt(vi), f"square root of the sampling variance {vi:g}"
        add_contrast(
            made, line.place("yi"), shared, _ARMS, estimate=made.number(line, "yi"), se=se,
            derived_se=how, measure=line.text("measure"),
        )  # fmt: skip


def _table(line: Line, made: Conversion, shared: dict[str, Any]) -> None:
    """Add the counts of both groups; the size of a group is given, or is events plus no events."""
    start = line.place()
    for arm, (events_in, others_in, size_in) in zip(
        _ARMS.values(), (("ai", "bi", "n1i"), ("ci", "di", "n2i")), strict=True
    ):
        events, size = made.integer(line, events_in), made.integer(line, size_in)
        place = line.place(size_in)
        others = made.integer(line, others_in)
        derived = size is None and events is not None and others is not None
        if size is None and events is not None and others is not None:
            size, place = events + others, line.place(others_in)
        values = {"events": (events, line.place(events_in)), "n": (size, place)}
        made.add(RESULTS, start, {**shared, "unit": None, "arm": arm, **values})
        if derived:
            row = {"study": shared["study"], "result": shared["result"], "arm": arm, "fields": ["n"],
                   "kind": "arithmetic", "note": f"{events_in} + {others_in}"}  # fmt: skip
            made.add(DERIVATIONS, start, row)
