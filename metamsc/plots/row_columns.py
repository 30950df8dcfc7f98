"""Text beside the axes that forestplot draws on: names left, numbers of studies, effects right.

What fits is decided before anything is drawn (:func:`fit_columns`, pure), so that a figure can be as wide as
a column of a journal; :func:`write_columns` then puts it at fixed distances from the axes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from matplotlib.transforms import offset_copy

from metamsc.plots import column, page, style
from metamsc.plots.preset_room import POINTS_PER_MM
from metamsc.plots.sensitivity_rows import SensitivityLine

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_GRAPHIC, _LEAST_GRAPHIC = 200.0, 60.0
"""Usual and least width of the graphic, in points."""
_LONGEST_NAME = 260.0
"""Names are broken into lines from this width on, in points."""
_MOST_LINES = 3
_INDENT = "   "
_ROW = 1.8
"""Height of a row, in sizes of type."""


@dataclass(frozen=True, slots=True)
class _Line:
    """All text of one row."""

    name: str
    count: str
    effect: str
    is_heading: bool

    @property
    def indent(self) -> str:
        return "" if self.is_heading else _INDENT

    def name_width(self, size: float, most_lines: int = 1) -> float:
        """Return the room that the name needs on so many lines, in points."""
        own = column.least_width(self.name, most_lines, size, bold=self.is_heading)
        return own + (style.text_width(f"{self.indent}.", size) if self.indent else 0.0)

    def broken(self, room: float, size: float) -> tuple[str, ...]:
        """Return the name in lines of that room, each indented."""
        inside = room - (style.text_width(f"{self.indent}.", size) if self.indent else 0.0)
        lines = style.wrap_to(self.name, inside, size, bold=self.is_heading) or ("",)
        return tuple(f"{self.indent}{line}" for line in lines)


@dataclass(frozen=True, slots=True)
class _Widths:
    """Room in points that text of one size takes: names on one line and at least, what else there is."""

    names: float
    least_names: float
    between: float
    """From the names to the axes."""
    right: float

    @classmethod
    def of(cls, lines: Sequence[_Line], size: float) -> _Widths:
        """Measure the text of all rows."""
        gap = column.gap(size)
        return cls(
            names=max(line.name_width(size) for line in lines),
            least_names=max(line.name_width(size, _MOST_LINES) for line in lines),
            between=2 * gap + column.widest((line.count for line in lines), size, bold=True),
            right=gap + max(style.text_width(line.effect, size, line.is_heading) for line in lines),
        )

    @property
    def least(self) -> float:
        """Least width of the whole figure."""
        return self.least_names + self.between + _LEAST_GRAPHIC + self.right + 2 * page.EDGE


@dataclass(frozen=True, slots=True)
class RowColumns:
    """All text of the rows from the bottom up, and the room it takes in points."""

    names: tuple[str, ...]
    """Broken into lines."""
    counts: tuple[str, ...]
    effects: tuple[str, ...]
    bold: tuple[bool, ...]
    size: float
    """Of the type."""
    left: float
    """From the left edge of the names to the axes."""
    right: float
    """From the axes to the right edge of the effects."""
    graphic: float
    scale: column.RowScale
    """Heights of the rows."""

    @property
    def gap(self) -> float:
        """Distance of columns."""
        return column.gap(self.size)


def fit_columns(
    lines: Sequence[SensitivityLine], effects: Sequence[str], *, first: str, header: str, width: float | None
) -> RowColumns:
    """Return the text of the rows, as large and as little broken as the width of the figure allows. Pure.

    Parameters
    ----------
    lines : sequence of SensitivityLine
    effects : sequence of str
        Text right of each row that is no heading, from the top down.
    first, header : str
        Headings of the names and of the effects.
    width : float or None
        Of the whole figure in millimetres; None for the usual one.

    Raises
    ------
    OptionError
        If it does not fit in the smallest type; says the least width.
    """
    if width is not None and style.text_width(header, bold=True) > column.widest(effects):
        words, *interval = header.rsplit(" ", 2)
        header = f"{words}\n{' '.join(interval)}"
    texts = _texts(lines, effects, first, header)
    size = column.type_size(width, lambda size: _Widths.of(texts, size).least)
    needed = _Widths.of(texts, size)
    names = min(needed.names, max(_LONGEST_NAME, needed.least_names))
    graphic = _GRAPHIC
    if width is not None:
        room = width * POINTS_PER_MM - 2 * page.EDGE - needed.between - needed.right
        names, graphic = column.divide(room, names, needed.least_names, _LEAST_GRAPHIC)
    broken = [line.broken(names + 0.1, size) for line in texts]
    tall = [max(len(part), line.effect.count("\n") + 1) for part, line in zip(broken, texts, strict=True)]
    heights = tuple(_ROW * size + style.text_height(n - 1, size) for n in tall)
    return RowColumns(
        names=tuple("\n".join(part) for part in broken),
        counts=tuple(line.count for line in texts),
        effects=tuple(line.effect for line in texts),
        bold=tuple(line.is_heading for line in texts),
        size=size,
        left=names + needed.between,
        right=needed.right,
        graphic=graphic,
        scale=column.RowScale(heights),
    )


def _texts(lines: Sequence[SensitivityLine], effects: Sequence[str], first: str, header: str) -> list[_Line]:
    """Return the text of each row from the bottom up."""
    top, *rest = sorted(lines, key=lambda line: -line.y)
    assert top.row is None  # forestplot's table heading  # noqa: S101
    found = [_Line(first, "k", header, is_heading=True)]
    told = iter(effects)
    for line in rest:
        if line.row is None:
            found.append(_Line(style.drawable(line.heading), "", "", is_heading=True))
        else:
            label = style.drawable(line.row.label)
            found.append(_Line(label, str(line.row.k), next(told), is_heading=False))
    return found[::-1]


def write_columns(ax: Axes, columns: RowColumns) -> None:
    """Give forestplot's axes their rows, and set its text in our type at fixed distances."""
    n_rows, gap = len(columns.names), columns.gap
    columns.scale.apply(ax)
    ax.set_ylim(-0.5, n_rows - 0.5)
    ax.minorticks_off()
    ax.set_yticks(range(n_rows), list(columns.names), ha="left")
    ax.tick_params(axis="y", length=0.0, pad=columns.left)
    ax.tick_params(axis="x", labelsize=columns.size)
    for tick, bold in zip(ax.get_yticklabels(), columns.bold, strict=True):
        tick.set(**style.text_style(tick.get_text(), size=columns.size, bold=bold))
        tick.set_verticalalignment("center")
    beside = offset_copy(ax.get_yaxis_transform(), ax.get_figure(root=True), x=gap, units="points")
    for y, text in enumerate(ax.texts[:n_rows]):
        text.set_text(columns.effects[y])
        text.set_transform(beside)
        text.set_position((1.0, y))
        text.set(**style.text_style(columns.effects[y], size=columns.size, bold=columns.bold[y]))
        text.set_gid(f"effect:{y}")
    for y, shown in enumerate(columns.counts):
        if shown:
            ax.annotate(
                shown, (0.0, y), xycoords=ax.get_yaxis_transform(), xytext=(-gap, 0.0), ha="right",
                va="center", textcoords="offset points", annotation_clip=False, gid=f"k:{y}",
                **style.text_style(shown, size=columns.size, bold=columns.bold[y]),
            )  # fmt: skip
