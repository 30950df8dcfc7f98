"""Presets of the forest plot: what the figures of a journal or a program look like, as data.

``plain`` is ours; ``revman`` follows the forest plots of Cochrane reviews (RevMan 5 and RevMan Web), ``bmj``
and ``jama`` those printed by these journals. What is taken over is the order and wording of columns, where
things stand, and the colours; the type is DejaVu Sans throughout, since the journals' own fonts may not be
shipped.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from metamsc.errors import OptionError, check_option
from metamsc.plots import preset_palette as palettes
from metamsc.plots.preset_palette import Palette
from metamsc.plots.preset_room import Room, room_of
from metamsc.plots.preset_words import PLAIN_WORDS, ForestWords

if TYPE_CHECKING:
    from metamsc.dataset.rows import EffectRow

PREDICTIONS = ("bar", "diamond", "density")


@dataclass(frozen=True, slots=True, kw_only=True)
class ForestField:
    """A column of your own, by function.

    Attributes
    ----------
    name : str
        What the column is called in the layout, and what `sort` takes.
    header : str
        Its heading; may have several lines.
    value : callable
        Takes a row of the table, returns a text, a number or None.
    decimals : int
        Of numbers that are not whole.
    """

    name: str
    header: str
    value: Callable[[EffectRow], str | float | None]
    decimals: int = 2


Column = str | ForestField


@dataclass(frozen=True, slots=True, kw_only=True)
class ForestPreset:
    """Everything that decides how a forest plot looks and nothing that decides what is true.

    Attributes
    ----------
    name : str
    words : ForestWords
    light, dark : Palette
    is_dark : bool
    left, right : tuple of str or ForestField
        Columns on either side of the graphic. Names: ``label``, ``arms`` (what each arm reported),
        ``estimate``, ``weight``, ``rob`` (risk of bias), ``year``, ``n``, ``se``, ``at``, ``value``, and
        every moderator (``msc_source``, ``species``, ``design`` ...).
    sort : str
        Order of the studies within their group: a column, "-" before it for falling; "" as in the result.
    studies : bool
        False leaves the single studies out and keeps what was pooled.
    prediction : str
        One of :data:`PREDICTIONS`.
    bold : bool
        Headings and pooled lines in bold.
    width : float or None
        Millimetres of the figure; None for as wide as it needs.
    """

    name: str
    words: ForestWords = PLAIN_WORDS
    light: Palette = palettes.PLAIN
    dark: Palette = palettes.DARK
    is_dark: bool = False
    left: tuple[Column, ...] = ("label", "arms")
    right: tuple[Column, ...] = ("estimate", "weight", "rob")
    sort: str = ""
    studies: bool = True
    prediction: str = "bar"
    bold: bool = True
    width: float | None = None

    @property
    def room(self) -> Room:
        """What the parts of the figure may take."""
        return room_of(self.width)

    @property
    def palette(self) -> Palette:
        """The colours in use."""
        return self.dark if self.is_dark else self.light


_REVMAN = ForestWords(
    study="Study or subgroup",
    n="Total",
    means="apart",
    events="apart",
    effect="{measure}\n{method}{level} CI",
    graphic="{measure}\n{method}{level} CI",
    weight="Weight",
    weight_sign="%",
    domains="letters",
    weights="one",
    arrows=False,
    p_letter="P",
    subtotal="Subtotal ({level} CI)",
    overall="Total ({level} CI)",
    heterogeneity="Heterogeneity: Tau² = {tau2}; Chi² = {Q}, df = {df} ({p}); I² = {I2}%",
    equal_effects="Heterogeneity (Tau² = 0 assumed): Chi² = {Q}, df = {df} ({p})",
    effect_test="Test for overall effect: {test} ({p})",
    difference="Test for subgroup differences: {test} ({p}){I2}",
    difference_of_many="Test for subgroup differences, {between}: {test} ({p}){I2}",
    I2_decimals=0,
    minimum_decimals=2,
)
_BMJ = ForestWords(
    n="No",
    means="brackets",
    mean="Mean (SD)",
    events_header="No with event/\ntotal",
    effect="{measure}\n({level} CI)",
    graphic="{measure}\n({level} CI)",
    interval="({low} to {high})",
    weights="one",
    arrows=False,
    p_letter="P",
    p_spaces=False,
    subtotal="Subtotal ({level} CI)",
    overall="Total ({level} CI)",
    heterogeneity="Test for heterogeneity: τ²={tau2}; χ²={Q}, df={df}, {p}; I²={I2}%",
    equal_effects="Test for heterogeneity (τ²=0 assumed): χ²={Q}, df={df}, {p}",
    effect_test="Test for overall effect: {test}, {p}",
    I2_decimals=0,
    difference="Test for subgroup differences: {test}, {p}",
    difference_of_many="Test for subgroup differences, {between}: {test}, {p}",
    minimum_decimals=2,
)
_JAMA = ForestWords(
    study="Source",
    n="No.",
    means="brackets",
    mean="Mean (SD)",
    events_header="No. of events/\ntotal No.",
    effect="{measure}\n({level} CI)",
    interval="({low} to {high})",
    ratio_interval="({low}-{high})",
    weight="Weight,\n%",
    weights="one",
    favours="Favors",
    directions="above",
    arrows=False,
    p_letter="P",
    p_zero=False,
    p_short=True,
    I2_decimals=0,
    subtotal="Subtotal",
    overall="Total",
    heterogeneity="Heterogeneity: τ² = {tau2}; χ²{df_below} = {Q}; {p}; I² = {I2}%",
    equal_effects="Heterogeneity (τ² = 0 assumed): χ²{df_below} = {Q}; {p}",
    difference="Test for subgroup differences: {test}; {p}",
    difference_of_many="Test for subgroup differences, {between}: {test}; {p}",
    minimum_decimals=2,
)

PRESETS: dict[str, ForestPreset] = {
    preset.name: preset
    for preset in (
        ForestPreset(name="plain"),
        ForestPreset(name="bmj", words=_BMJ, light=palettes.BMJ, right=("weight", "estimate", "rob")),
        ForestPreset(
            name="revman",
            words=_REVMAN,
            light=palettes.REVMAN,
            left=("label", "arms", "weight", "estimate"),
            right=("rob",),
        ),
        ForestPreset(
            name="jama",
            words=_JAMA,
            light=palettes.JAMA,
            dark=palettes.JAMA_DARK,
            left=("label", "arms", "estimate"),
            right=("weight", "rob"),
            bold=False,
        ),
    )
}


def forest_preset(
    name: str = "plain",
    *,
    dark: bool = False,
    left: Sequence[Column] | None = None,
    right: Sequence[Column] | None = None,
    sort: str = "",
    studies: bool = True,
    prediction: str = "bar",
    width: float | None = None,
) -> ForestPreset:
    """Return a preset, changed where asked for.

    Parameters
    ----------
    name : str
        "plain", "bmj", "revman" or "jama".
    dark : bool
        For a dark page.
    left, right : sequence of str or ForestField, optional
        Columns on either side of the graphic: see :class:`ForestPreset`. The other side keeps what it has,
        less what is named here.
    sort : str
        Column to order the studies by within their group, "-" before it for falling: "year", "-weight".
    studies : bool
        False: pooled effects only.
    prediction : str
        How prediction intervals are drawn: "bar", "diamond" or "density".
    width : float, optional
        Millimetres, where a journal gives a column: 85, 178. Type becomes smaller, to 6 points; then columns
        are left out (weights, arms, risk of bias) and a footnote says which.

    Returns
    -------
    ForestPreset

    Raises
    ------
    OptionError
        If there is no such preset or no such `prediction`, or `width` is not above 0. Columns are checked
        against the table when the figure is laid out.
    """
    check_option("preset", name, PRESETS)
    check_option("prediction", prediction, PREDICTIONS)
    if width is not None and not (math.isfinite(width) and width > 0.0):
        raise OptionError(f"width must be millimetres above 0, or None; got {width!r}.")
    base = PRESETS[name]
    return replace(
        base,
        is_dark=dark,
        left=_without(base.left, right or ()) if left is None else tuple(left),
        right=_without(base.right, left or ()) if right is None else tuple(right),
        sort=sort,
        studies=studies,
        prediction=prediction,
        width=width,
    )


def _without(columns: tuple[Column, ...], moved: Sequence[Column]) -> tuple[Column, ...]:
    return tuple(column for column in columns if column not in moved)
