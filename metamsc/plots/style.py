"""One look for every figure: font, sizes in points, colours, and how text is put on a page.

Colours differ in lightness as well as hue, so they hold in greyscale and for colour-blind readers; shape
(square, diamond, bar) carries the meaning. Text is DejaVu Sans, which ships with matplotlib, so a figure
looks the same on every machine; only characters it lacks (Chinese, Japanese, Korean) come from fonts of
the machine, and where there is none, as "□" without a warning.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from matplotlib import font_manager
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FONT = "DejaVu Sans"
FALLBACK_FONTS = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Noto Sans SC",
    "Source Han Sans SC",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "PingFang SC",
    "Hiragino Sans GB",
    "Hiragino Sans",
    "Microsoft YaHei",
    "SimHei",
    "Yu Gothic",
    "Malgun Gothic",
    "Apple SD Gothic Neo",
    "Noto Naskh Arabic",
    "Arial Unicode MS",
)
MISSING = "□"

SIZE = 7.5
SMALL = 7.0
"""Of captions, legends and what stands below a row."""
SMALLEST = 6.0
"""The smallest type that journals print."""
TITLE_SIZE = 9.5
LINE_SPACING = 1.25

INK = "#1A1A1A"
SOFT = "#5A5A5A"
RULE = "#8C8C8C"
FAINT = "#C9CDD2"
BAND = "#EEF2F6"
STUDY = "#4A6E96"
POOLED = "#0B2F57"
PREDICTION = "#C8553D"
MID = "#7A5195"

SERIES = (
    ("o", "#0B2F57"),
    ("s", "#D27A2C"),
    ("^", "#2F8474"),
    ("D", "#8496AC"),
    ("v", "#8A5FA8"),
    ("P", "#75581F"),
)
"""Marker and colour of each stratum where strata share one picture; both repeat after the last.

Each stands out from white (3:1) and from the others to readers without a kind of cone; shape says the same.
"""

_MEASURE_DPI = 288.0
_HINTING = 1.03
"""Rounding to pixels makes text up to so much wider at 100 to 200 dpi than at the dpi measured."""


def text_style(text: str, *, size: float = SIZE, color: str = INK, bold: bool = False) -> dict[str, Any]:
    """Return the keywords of a text artist: nothing in it depends on the user's rcParams."""
    return {
        "family": list(families(text)),
        "size": size,
        "color": color,
        "weight": "bold" if bold else "normal",
        "style": "normal",
        "parse_math": False,
        "usetex": False,
        "linespacing": LINE_SPACING,
    }


def families(text: str) -> tuple[str, ...]:
    """Return DejaVu Sans, and after it the installed fonts that are needed for the rest of the text."""
    lacking = {character for character in text if ord(character) not in charmap(FONT)} - {"\n"}
    found = [FONT]
    for name in installed_fallbacks() if lacking else ():
        here = {character for character in lacking if ord(character) in charmap(name)}
        if here:
            found.append(name)
            lacking -= here
    return tuple(found)


def drawable(text: str) -> str:
    """Return the text with "□" for characters that no font at hand can draw."""
    if text.isascii():
        return text
    known = [charmap(name) for name in families(text)]
    return "".join(
        character if character == "\n" or any(ord(character) in table for table in known) else MISSING
        for character in text
    )


@lru_cache(maxsize=1)
def installed_fallbacks() -> tuple[str, ...]:
    """Return those of :data:`FALLBACK_FONTS` that this machine has."""
    present = set(font_manager.fontManager.get_font_names())
    return tuple(name for name in FALLBACK_FONTS if name in present)


@lru_cache(maxsize=32)
def charmap(name: str) -> frozenset[int]:
    """Return the code points a font can draw."""
    path = font_manager.findfont(name)
    return frozenset(int(code) for code in font_manager.get_font(path).get_charmap())


@lru_cache(maxsize=1)
def _ruler() -> tuple[Figure, FigureCanvasAgg]:
    figure = Figure(dpi=_MEASURE_DPI)
    return figure, FigureCanvasAgg(figure)


@lru_cache(maxsize=8192)
def text_width(text: str, size: float = SIZE, bold: bool = False) -> float:
    """Return how wide a text is drawn, in points (the widest of its lines)."""
    if not text.strip("\n"):
        return 0.0
    figure, canvas = _ruler()
    shown = drawable(text)
    artist = Text(0.0, 0.0, shown, **text_style(shown, size=size, bold=bold))
    artist.set_figure(figure)
    box = artist.get_window_extent(canvas.get_renderer())  # type: ignore[no-untyped-call]  # matplotlib's
    return float(box.width) * 72.0 / _MEASURE_DPI * _HINTING


def text_height(lines: int, size: float = SIZE) -> float:
    """Return the height of so many lines of text, in points."""
    return lines * size * LINE_SPACING


def wrap_to(text: str, width: float, size: float = SIZE, *, bold: bool = False) -> tuple[str, ...]:
    """Break a text into lines no wider than `width` points; a word wider than that is cut."""
    lines: list[str] = []
    for whole in filter(None, text.split(" ")):
        word = whole
        candidate = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(candidate, size, bold) <= width:
            lines[-1] = candidate
            continue
        while text_width(word, size, bold) > width and len(word) > 1:
            fits = max(
                (end for end in range(1, len(word)) if text_width(word[:end], size, bold) <= width), default=1
            )
            lines.append(word[:fits])
            word = word[fits:]
        lines.append(word)
    return tuple(lines)


def bare_figure(width: float, height: float) -> Figure:
    """Return a white figure of that size in points, with an Agg canvas, unknown to pyplot."""
    figure = Figure(figsize=(width / 72.0, height / 72.0), dpi=150.0, facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def quiet_axes(ax: Axes, *, scale: float = 1.0) -> None:
    """Give an axes our spines and ticks, whatever the user's rcParams say."""
    ax.set_facecolor("none")
    ax.grid(False)
    for name, spine in ax.spines.items():
        spine.set_visible(name == "bottom")
        spine.set_color(INK)
        spine.set_linewidth(0.7 * scale)
    ax.tick_params(
        axis="both",
        which="both",
        direction="out",
        length=3.0 * scale,
        width=0.7 * scale,
        color=INK,
        labelcolor=INK,
        labelsize=SIZE * scale,
        labelfontfamily=FONT,
        pad=2.0 * scale,
        top=False,
        right=False,
        labeltop=False,
        labelright=False,
    )
