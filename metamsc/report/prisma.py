"""PRISMA 2020 filled in as far as plan, records and result answer it; the rest is left to be written.

An item is answered only by what is recorded. Where part of it is, the answer says which part, and that the
rest is missing: nothing is assumed to have been done.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from metamsc.report.prisma_answers import (
    ANSWERED,
    ANSWERS,
    ANSWERS_FOR_ABSTRACTS,
    MISSING,
    PARTLY,
    Answer,
    Known,
    nothing,
)
from metamsc.report.prisma_items import PRISMA_2020, PRISMA_ABSTRACTS, Item
from metamsc.tables.labels import plural
from metamsc.tables.table import Column, Piece, Row, Table, cell, group_row

STATES = {ANSWERED: "answered", PARTLY: "in part", MISSING: "write it yourself"}
_COUNTED = {ANSWERED: "answered", PARTLY: "answered in part", MISSING: "left to be written"}
SOURCE = (
    "Items after Page MJ et al. The PRISMA 2020 statement. BMJ 2021;372:n71 (CC BY 4.0); what an item asks "
    "for is put shortly in other words."
)
SECTIONS = {
    "sec-answer": "The answer in plain words",
    "sec-pooled": "What was pooled and what was not",
    "sec-forest": "Forest plot",
    "sec-studies": "Studies",
    "sec-derivations": "Numbers that are not printed as such",
    "sec-sensitivity": "Other choices, other results?",
    "sec-funnel": "Small studies",
    "sec-missing": "What is known to be missing",
    "sec-certainty": "How sure can one be?",
    "sec-methods": "Methods",
    "sec-manifest": "What this page was made from",
}
"""Where answers stand in a report: anchor -> heading."""


def prisma_2020(known: Known) -> tuple[tuple[Item, Answer], ...]:
    """Fill in the 27 items of PRISMA 2020."""
    return tuple((item, ANSWERS.get(item.number, nothing)(known)) for item in PRISMA_2020)


def prisma_abstracts(known: Known) -> tuple[tuple[Item, Answer], ...]:
    """Fill in the 12 items of PRISMA 2020 for abstracts."""
    return tuple((item, ANSWERS_FOR_ABSTRACTS.get(item.number, nothing)(known)) for item in PRISMA_ABSTRACTS)


def checklist_table(filled: Sequence[tuple[Item, Answer]], *, name: str, linked: bool) -> Table:
    """Return a checklist as a table.

    Parameters
    ----------
    filled : sequence of (Item, Answer)
    name : str
        "prisma-2020" or "prisma-abstracts".
    linked : bool
        Whether places are links within a report; else they are its headings.

    Returns
    -------
    Table
    """
    rows: list[Row] = []
    sections: list[str] = []
    for item, answer in filled:
        if item.section not in sections[-1:]:
            sections.append(item.section)
            rows.append(group_row(item.section))
        href = f"#{answer.section}" if linked and answer.section else ""
        rows.append(
            Row(
                (
                    cell(item.number),
                    cell(Piece(item.topic), Piece(item.asks, small=True)),
                    cell(STATES[answer.state]),
                    cell(answer.text),
                    cell(Piece(SECTIONS.get(answer.section, ""), href=href)),
                )
            )
        )
    counts = Counter(answer.state for _, answer in filled)
    caption = f"{plural(len(filled), 'entry', 'entries')}: " + ", ".join(
        f"{counts[state]} {said}" for state, said in _COUNTED.items()
    )
    return Table(
        name=name,
        caption=f"{caption}.",
        columns=(
            Column("item", "Item"),
            Column("topic", "Topic"),
            Column("state", "State"),
            Column("answer", "What is recorded"),
            Column("where", "Where"),
        ),
        rows=tuple(rows),
        notes=(SOURCE,),
    )
