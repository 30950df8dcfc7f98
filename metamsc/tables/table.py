"""What a table is: columns, rows of cells, notes. Frozen; every writer takes this and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

ALIGNMENTS = ("left", "right")
ROW_KINDS = ("", "group", "total")
"""An ordinary row, a heading across the table (its first cell only), a pooled or summed row."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text, a link where `href` is given; `small` for what is said besides.

    `raised` is for the mark of a footnote: a superscript in formats that have one.
    """

    text: str
    href: str = ""
    small: bool = False
    raised: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """Lines of text, each of one or more pieces."""

    lines: tuple[tuple[Piece, ...], ...] = ()

    @property
    def text(self) -> str:
        """The text alone, lines joined by a line break."""
        return "\n".join("".join(piece.text for piece in line) for line in self.lines)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: a stable name for programs, a heading for readers.

    Columns beside each other with the same `spanner` share that heading above their own.
    """

    name: str
    header: str
    align: str = "left"
    spanner: str = ""

    @property
    def label(self) -> str:
        """Both headings on one line, for where a column stands alone: "Per 1000 people: with MSC"."""
        own = self.header.replace("\n", " ")
        return f"{self.spanner}: {own}" if self.spanner else own


@dataclass(frozen=True, slots=True)
class Row:
    """Cells in the order of the columns; a "group" row has one cell, which runs across."""

    cells: tuple[Cell, ...]
    kind: str = ""
    indent: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table ready to be written.

    Attributes
    ----------
    name : str
        Short and stable ("results", "studies"): file name, and ``tbl-<name>`` in a report.
    caption : str
        One sentence.
    columns : tuple of Column
    rows : tuple of Row
    lead : tuple of str
        Lines between caption and heading: who, what, compared with what.
    notes : tuple of str
        Sentences below the table.
    empty : str
        What is said in place of a table without rows.
    """

    name: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    lead: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    empty: str = "Nothing to show."

    def to_html(self, *, caption: bool = True) -> str:
        """Return an HTML table with headers in scope, escaped text and safe links."""
        from metamsc.tables.write_html import to_html

        return to_html(self, caption=caption)

    def to_markdown(self) -> str:
        """Return a pipe table with its notes."""
        from metamsc.tables.write_text import to_markdown

        return to_markdown(self)

    def to_csv(self) -> str:
        """Return CSV with ASCII minus signs and the group of each row in a column of its own."""
        from metamsc.tables.write_text import to_csv

        return to_csv(self)

    def to_frame(self) -> pd.DataFrame:
        """Return a data frame of text with the columns of :meth:`to_csv`."""
        import pandas as pd

        from metamsc.tables.write_text import flat_rows

        header, *rows = flat_rows(self)
        return pd.DataFrame(rows, columns=header)

    def _repr_html_(self) -> str:
        """Let a notebook show the table."""
        return self.to_html()


def cell(*lines: str | Piece | Sequence[Piece]) -> Cell:
    """Make a cell of lines given as text, as one piece or as several; empty lines are left out."""
    made: list[tuple[Piece, ...]] = []
    for line in lines:
        pieces = (
            (Piece(line),) if isinstance(line, str) else ((line,) if isinstance(line, Piece) else tuple(line))
        )
        if any(piece.text for piece in pieces):
            made.append(pieces)
    return Cell(tuple(made))


def spans(columns: Sequence[Column]) -> tuple[tuple[str, int], ...]:
    """Return the shared headings in order with the columns each runs over; "" over columns without one."""
    return tuple((name, len(list(group))) for name, group in groupby(columns, key=lambda item: item.spanner))


def blank_columns(table: Table) -> tuple[str, ...]:
    """Return the names of the columns in which no row says anything."""
    rows = [row for row in table.rows if row.kind != "group"]
    return tuple(
        column.name
        for position, column in enumerate(table.columns)
        if not any(row.cells[position].text for row in rows)
    )


def without_columns(table: Table, *names: str) -> Table:
    """Return the table without the columns of these names."""
    kept = [position for position, column in enumerate(table.columns) if column.name not in names]
    rows = tuple(
        row if row.kind == "group" else replace(row, cells=tuple(row.cells[i] for i in kept))
        for row in table.rows
    )
    return replace(table, columns=tuple(table.columns[i] for i in kept), rows=rows)


def group_row(text: str, *, indent: int = 0) -> Row:
    """Make a heading that runs across the table."""
    return Row((cell(text),), kind="group", indent=indent)
