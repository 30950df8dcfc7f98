"""How wide the columns of a table are on a page of fixed width, from what stands in them."""

from __future__ import annotations

from metamsc.tables.table import Table

PAGE = 165.0
"""Characters on a line of a landscape A4 page at eight points (267 mm, 1.62 mm each)."""
GAP = 3.0
"""Characters that the edges of a cell take."""
LONGEST_LINE, LONGEST_WORD = 70, 34
"""Characters: what is longer does not ask for more, it is broken."""
_SMALL = 0.9
"""Width of what is said besides, of a character of ordinary text."""


def column_widths(table: Table) -> tuple[float, ...]:
    """Return the width of each column as a share of the page, together at most 1.

    Every column gets its longest word; what is left of the page goes to those whose lines are longer, in
    proportion. A table that needs less than the page is not stretched.

    Parameters
    ----------
    table : Table
        With at least one row.
    """
    least, wanted = zip(*(_column(table, place) for place in range(len(table.columns))), strict=True)
    if sum(wanted) <= PAGE:
        return tuple(width / PAGE for width in wanted)
    spare = PAGE - sum(least)
    if spare <= 0.0:
        return tuple(width / sum(least) for width in least)
    more = [want - low for want, low in zip(wanted, least, strict=True)]
    widths = (low + spare * extra / sum(more) for low, extra in zip(least, more, strict=True))
    return tuple(width / PAGE for width in widths)


def _column(table: Table, place: int) -> tuple[float, float]:
    """Return the characters that a column needs, and those that it would like."""
    column = table.columns[place]
    words: list[float] = []
    lines: list[float] = []
    for row in table.rows:
        if row.kind == "group":
            continue
        for line in row.cells[place].lines:
            text = "".join(piece.text for piece in line)
            size = _SMALL if all(piece.small for piece in line) else 1.0
            words.extend(size * len(word) for word in text.split())
            lines.append(size * len(text))
    for text in column.header.split("\n"):
        words.extend(1.1 * len(word) for word in text.split())  # headings are bold
        lines.append(1.1 * len(text))
    least = min(max(words, default=1.0), LONGEST_WORD) + GAP
    return least, max(min(max(lines, default=1.0), LONGEST_LINE) + GAP, least)
