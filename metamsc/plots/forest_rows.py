"""The parts of a forest plot as frozen data. Positions are row heights, effects are analysis scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from metamsc.plots.preset import ForestPreset

SPANNING = frozenset({"stratum", "heterogeneity", "test", "difference"})
"""Kinds of row whose one text runs across the columns left of the graphic."""
POOLED = frozenset({"subtotal", "overall"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ForestColumn:
    """One column: `group` is the heading above it that it may share with its neighbour.

    `align` is "left", "right", "decimal" (numbers stand under each other at their points, the first number
    of a cell under the first) or "decimal-end" (the last under the last). `kind` is "text", or "rob": then a
    cell holds a word of :class:`~metamsc.vocabulary.RobJudgement`, drawn as a disc with its symbol.
    """

    name: str
    header: str
    group: str = ""
    align: str = "decimal"
    side: str = "left"
    kind: str = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherEffect:
    """What another model says of the same row; None where it says nothing."""

    model: int
    """Place in :attr:`ForestLayout.models`."""
    estimate: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ForestRow:
    """One line of the figure.

    Attributes
    ----------
    kind : str
        "stratum" (a heading), "study", "subtotal", "overall", "prediction", "heterogeneity", "test" (of the
        pooled effect) or "difference".
    key : str
        Unique among rows: the row id of a study; the path of the stratum otherwise, after its kind.
    target : str
        What the drawn artist is called by: the row id, or the path of the stratum ("T1D", "overall").
    y : float
        Middle of the row, in row heights from the top of the first row, downwards.
    lines : int
        Lines of text.
    cells : tuple of (column, text)
    estimate, low, high : float or None
        Analysis scale. A prediction interval has no estimate.
    weight : float or None
        Percent of the pool of its (first-level) stratum.
    size : float or None
        Area of the square relative to the largest in the figure, 0 to 1.
    indent : int
    others : tuple of OtherEffect
        Drawn below the row's own mark, each at the height of its line in the column of estimates.
    shape : str
        How a prediction interval is drawn: "bar", "diamond" or "density".
    outline : tuple of (x, share of the height)
        Its density on the analysis scale, where that is drawn; the centre is the highest point.
    """

    kind: str
    key: str
    target: str
    y: float
    lines: int = 1
    cells: tuple[tuple[str, str], ...]
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    weight: float | None = None
    size: float | None = None
    indent: int = 0
    others: tuple[OtherEffect, ...] = ()
    shape: str = "bar"
    outline: tuple[tuple[float, float], ...] = ()

    def cell(self, column: str) -> str:
        """Return the text in a column; "" where there is none."""
        return dict(self.cells).get(column, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class ForestAxis:
    """The graphic's x axis: analysis scale, labels as shown (ratios back-transformed)."""

    low: float
    high: float
    ticks: tuple[float, ...]
    tick_labels: tuple[str, ...]
    """Those that a wide graphic has room for; a narrow one is drawn with fewer."""
    ratio: bool
    null: float
    mid: tuple[float, ...]
    """Where dotted lines stand; empty without a minimal important difference."""
    label: str
    lower: str
    """What values left of the null mean."""
    higher: str

    def cuts_low(self, row: ForestRow) -> bool:
        """Say whether the row's interval leaves the axis on the left."""
        return row.low is not None and row.low < self.low

    def cuts_high(self, row: ForestRow) -> bool:
        """Say whether the row's interval leaves the axis on the right."""
        return row.high is not None and row.high > self.high

    def shows(self, value: float) -> bool:
        """Say whether a value is on the axis."""
        return self.low <= value <= self.high


@dataclass(frozen=True, slots=True, kw_only=True)
class ForestLayout:
    """Everything a forest plot shows, before any size in points is known."""

    title: str
    columns: tuple[ForestColumn, ...]
    rows: tuple[ForestRow, ...]
    axis: ForestAxis
    footer: tuple[str, ...]
    height: float
    """Of all rows together, in row heights."""
    preset: ForestPreset
    graphic_header: str = ""
    models: tuple[str, ...] = ()
    """Models that rows show, in the order of the legend, the analysis itself first; empty with it alone."""
    judgements: tuple[str, ...] = ()
    """Words that the risk-of-bias columns hold, best first: the legend explains them."""
    counts: bool = False
    """Whether the arms are events of so many: some presets have another colour for them."""
    page: str = ""
    """"Page 2 of 5"; "" where there is one page."""

    def of_kind(self, kind: str) -> tuple[ForestRow, ...]:
        """Return the rows of one kind, top to bottom."""
        return tuple(row for row in self.rows if row.kind == kind)
