"""A data frame in the names of metafor (m1i sd1i n1i ..., ai bi ci di, yi vi) or of meta (mean.e sd.e ...).

Names by metafor's manual (``?escalc``), where group 1 comes first in every difference and ratio, and by
those of meta (``?metacont``, ``?metabin``, ``?metagen``, ``?read.rm5``), where ``.e`` is the experimental and
``.c`` the control group. Neither says outcome, time or unit; metafor's does not say which group was treated.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from metamsc.exchange.contrast_rows import add_contrast
from metamsc.exchange.convert import Conversion, Line, lines_of
from metamsc.exchange.layout import DERIVATIONS, RESULTS
from metamsc.exchange.raw import RawSheet

MEANS = frozenset({"m1i", "sd1i", "n1i", "m2i", "sd2i", "n2i"})
TABLES = (frozenset({"ai", "bi", "ci", "di"}), frozenset({"ai", "n1i", "ci", "n2i"}))
ESTIMATES = (frozenset({"yi", "vi"}), frozenset({"yi", "sei"}))
LABELS = ("study", "slab", "trial", "author")
USED = frozenset().union(MEANS, *TABLES, *ESTIMATES, LABELS, {"year", "measure", "outcome"})

OF_META = {
    "m1i": "mean.e", "sd1i": "sd.e", "n1i": "n.e", "m2i": "mean.c", "sd2i": "sd.c", "n2i": "n.c",
    "ai": "event.e", "ci": "event.c", "yi": "te", "sei": "sete", "study": "studlab", "measure": "sm",
    "outcome": "outclab",
}  # fmt: skip
"""Name in metafor -> name in meta."""
USED_OF_META = frozenset(OF_META.values()) | {"year"}


@dataclass(frozen=True, slots=True)
class Frame:
    """What the two packages name differently."""

    form: str
    groups: tuple[str, str]
    """Arm ids of the treated and the control group."""
    why: str
    """Why it is not said which group was treated; empty where it is."""


METAFOR = Frame(
    "data frame for metafor",
    ("group-1", "group-2"),
    "metafor's groups are 1 and 2; that 1 was treated is convention, not said",
)
META = Frame("data frame for meta", ("experimental", "control"), "")


def is_metafor(headers: frozenset[str]) -> bool:
    """Whether these headers, in small letters, are a frame for `escalc` or `rma`."""
    return any(needed <= headers for needed in (MEANS, *TABLES, *ESTIMATES))


def is_meta(headers: frozenset[str]) -> bool:
    """Whether these headers, in small letters, are a frame for `metacont`, `metabin` or `metagen`."""
    forms = (MEANS, TABLES[1], ESTIMATES[1])
    return any({OF_META[name] for name in needed} <= headers for needed in forms)


def convert(raw: RawSheet, made: Conversion) -> None:
    """Add the rows of a metafor-style frame to a conversion."""
    _convert(lines_of(raw), METAFOR, made)


def convert_meta(raw: RawSheet, made: Conversion) -> None:
    """Add the rows of a frame in meta's names to a conversion."""
    _convert(lines_of(raw, OF_META), META, made)


def _convert(lines: list[Line], frame: Frame, made: Conversion) -> None:
    numbers: dict[str, int] = {}
    for line in lines:
        header = next((name for name in LABELS if line.text(name)), LABELS[0])
        label = line.text(header)
        year = made.integer(line, "year")
        if label and year and str(year) not in label:
            label = f"{label} {year}"
        study = made.study_id(label, line.place(header))
        if not study:
            continue
        start = line.place()
        made.study(study, start, label=label, year=year)
        for role, arm in zip(("treatment", "control"), frame.groups, strict=True):
            made.arm(study, arm, role, start, label=arm.replace("-", " "), why=frame.why)
        outcome = made.outcome(line.text("outcome"), line.place("outcome"))
        if outcome is not None:
            numbers[study] = numbers.get(study, 0) + 1
            _result(line, frame, made, study, outcome, numbers[study])


def _result(line: Line, frame: Frame, made: Conversion, study: str, outcome: str, number: int) -> None:
    start = line.place()
    shared = {
        "study": study, "result": number, "outcome": outcome,
        "unit": made.unit(study, outcome, "", start), "at": made.time_of(study, outcome, start),
        "source": [made.source(study, start, frame.form)],
    }  # fmt: skip
    if line.text("m1i") and line.text("m2i"):
        for number_of, arm in enumerate(frame.groups, start=1):
            names = {"n": f"n{number_of}i", "mean": f"m{number_of}i", "sd": f"sd{number_of}i"}
            values = {
                name: (made.integer(line, c) if name == "n" else made.number(line, c), line.place(c))
                for name, c in names.items()
            }
            made.add(RESULTS, start, {**shared, "arm": arm, **values})
    elif line.text("ai") and line.text("ci"):
        _table(line, frame, made, shared)
    else:
        vi, se = made.number(line, "vi"), made.number(line, "sei")
        how = ""
        if se is None and vi is not None and vi > 0:
            se, how = math.sqrt(vi), f"square root of the sampling variance {vi:g}"
        sides = dict(zip(("treatment", "control"), frame.groups, strict=True))
        add_contrast(
            made, line.place("yi"), shared, sides, estimate=made.number(line, "yi"), se=se,
            derived_se=how, measure=line.text("measure"),
        )  # fmt: skip


def _table(line: Line, frame: Frame, made: Conversion, shared: dict[str, Any]) -> None:
    """Add the counts of both groups; the size of a group is given, or is events plus no events."""
    start = line.place()
    for arm, (events_in, others_in, size_in) in zip(
        frame.groups, (("ai", "bi", "n1i"), ("ci", "di", "n2i")), strict=True
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
