"""The text of a figure of refits: names left, columns right, fitted to a width. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from metamsc.errors import OptionError
from metamsc.plots import column, page, style, wording
from metamsc.plots.numbers import decimals_for, format_value, pad_left
from metamsc.plots.preset_room import POINTS_PER_MM

if TYPE_CHECKING:
    from metamsc.analysis.result import Scale
    from metamsc.sensitivity.subsets import Refit

ROW = 1.75
"""Height of a row, in sizes of type."""
# A figure is no wider than the text of an A4 page, where that leaves room to see something: print then
# keeps the size of its letters.
_PAGE, _NARROWEST, _WIDEST, _LONGEST_NAME = 455.0, 135.0, 210.0, 130.0
_LEAST_GRAPHIC = 64.0
_MOST_LINES, _LEAST_NAME = 2, 11.0
"""Lines of a name, and so much of it is shown at least, in sizes of type; the rest is "…"."""
_STUDIES, _I2 = "Studies", "I²"
_LEFT_OUT = ((), (_STUDIES,), (_STUDIES, _I2))
"""What goes first where there is no room for all."""
_NAMES = {_STUDIES: "numbers of studies", _I2: "I²"}


@dataclass(frozen=True, slots=True)
class RefitText:
    """The names left and the columns right of the axes, with the room they take in points."""

    names: tuple[str, ...]
    """Broken into lines."""
    columns: dict[str, tuple[str, ...]]
    """Heading -> one text per row."""
    size: float
    """Of the type."""
    left: float
    """Of the names, with the gap to the axes."""
    graphic: float
    left_out: tuple[str, ...] = ()
    """Columns for which there is no room."""

    @property
    def widths(self) -> list[float]:
        """Of the columns."""
        return [
            max(style.text_width(heading, self.size, bold=True), column.widest(texts, self.size))
            for heading, texts in self.columns.items()
        ]

    @property
    def right(self) -> float:
        """Of the columns with their gaps."""
        return sum(self.widths) + column.gap(self.size) * len(self.columns)

    @property
    def head(self) -> float:
        """Height of the headings."""
        lines = max(heading.count("\n") for heading in self.columns)
        return ROW * self.size + style.text_height(lines, self.size)

    @property
    def scale(self) -> column.RowScale:
        """Heights of the rows, from the top down."""
        return column.RowScale(
            tuple(ROW * self.size + style.text_height(n.count("\n"), self.size) for n in self.names)
        )

    def caption(self) -> tuple[str, ...]:
        """Return what there was no room for, as a sentence; none where all is shown."""
        told = " and ".join(_NAMES[name] for name in self.left_out)
        return (f"Not shown for want of room: {told}.",) if told else ()


def refit_columns(rows: Sequence[Refit | None], scale: Scale, level: float) -> dict[str, tuple[str, ...]]:
    """Return the texts right of the plot by heading, padded so that digits stand under digits."""
    decimals = decimals_for(row.se for row in rows if row is not None)

    def shown(value: float) -> str:
        return format_value(value, ratio=scale.ratio, decimals=decimals)

    effects = tuple(
        "not estimable"
        if row is None
        else f"{shown(row.estimate)} ({shown(row.ci.low)} to {shown(row.ci.high)})"
        for row in rows
    )
    return {
        _STUDIES: pad_left(tuple("" if row is None else str(row.k) for row in rows)),
        f"Estimate ({wording.percent(level)} CI)": effects,
        _I2: pad_left(tuple("" if row is None else f"{row.I2:.0f}%" for row in rows)),
    }


def refit_text(
    names: Sequence[str], columns: dict[str, tuple[str, ...]], width: float | None = None
) -> RefitText:
    """Break the names to the room there is, choose the size of the type, leave columns out at last. Pure.

    Parameters
    ----------
    names : sequence of str
        One per row.
    columns : dict of str to tuple of str
        Heading -> one text per row.
    width : float, optional
        Of the whole figure, in millimetres.

    Raises
    ------
    OptionError
        If only names, graphic and estimates do not fit in the smallest type; says the least width.
    """
    if width is None:
        found = _of_size(names, columns, style.SIZE)
        graphic = min(_WIDEST, max(_NARROWEST, _PAGE - found.left - found.right - 2 * page.EDGE))
        return replace(found, graphic=graphic)
    narrow = {heading.replace(" (", "\n("): texts for heading, texts in columns.items()}
    for left_out in _LEFT_OUT:
        kept = {heading: texts for heading, texts in narrow.items() if heading not in left_out}
        try:
            size = column.type_size(width, partial(_least, names, kept))
        except OptionError:
            if left_out == _LEFT_OUT[-1]:
                raise
        else:
            break
    found = _of_size(names, kept, size)
    gap = column.gap(size)
    room = width * POINTS_PER_MM - 2 * page.EDGE - gap - found.right
    left, graphic = column.divide(room, found.left - gap, _least_names(names, size), _LEAST_GRAPHIC)
    broken = tuple(_broken(name, left, size) for name in names)
    return replace(found, names=broken, left=left + gap, graphic=graphic, left_out=left_out)


def _of_size(names: Sequence[str], columns: dict[str, tuple[str, ...]], size: float) -> RefitText:
    """Return the text with names as long as they may be, without a graphic."""
    room = min(column.widest(names, size), _LONGEST_NAME)
    broken = tuple(_broken(name, room, size) for name in names)
    return RefitText(broken, columns, size, room + column.gap(size), 0.0)


def _least_names(names: Sequence[str], size: float) -> float:
    wide = max(column.least_width(name, _MOST_LINES, size) for name in names)
    return min(wide, _LEAST_NAME * size)


def _least(names: Sequence[str], columns: dict[str, tuple[str, ...]], size: float) -> float:
    """Return the least width of the figure, in points."""
    right = _of_size(names, columns, size).right
    return _least_names(names, size) + column.gap(size) + _LEAST_GRAPHIC + right + 2 * page.EDGE


def _broken(text: str, room: float, size: float) -> str:
    """Return a name on at most two lines; what does not fit ends in "…"."""
    lines = style.wrap_to(text, room + 0.1, size)
    if len(lines) <= _MOST_LINES:
        return "\n".join(lines)
    end = style.wrap_to(lines[1], room - style.text_width(" …", size), size)[0]
    return f"{lines[0]}\n{end} …"
