"""What explains the marks of a forest plot, below it: judgements, models, and characters that are missing."""

from __future__ import annotations

from dataclasses import dataclass

from metamsc.plots.forest_rows import ForestLayout
from metamsc.plots.judgements import LOOKS
from metamsc.plots.style import MISSING, SMALL, drawable, text_height, text_width

_MARK = 11.0
"""Room for the mark before its words."""
_GAP = 14.0
_LINE_PAD = 3.0
_MOST = 6


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """One mark with its words; x and y are points, y the middle of the line.

    `kind` is "judgement" (`key` is its word) or "model" (`key` is its number, 0 for the analysis itself).
    """

    kind: str
    key: str
    text: str
    x: float
    y: float

    @property
    def text_x(self) -> float:
        """Where the words begin."""
        return self.x + _MARK


def place_legend(
    layout: ForestLayout, left: float, top: float, width: float
) -> tuple[tuple[LegendEntry, ...], float]:
    """Set the entries side by side, and on further lines where they do not fit.

    Returns
    -------
    entries, bottom : tuple of LegendEntry, float
        `bottom` is `top` where there is nothing to explain.
    """
    blocks = (
        [("model", str(number), name) for number, name in enumerate(layout.models)],
        [("judgement", word, LOOKS[word].words) for word in layout.judgements],
    )
    entries: list[LegendEntry] = []
    height = text_height(1, SMALL) + _LINE_PAD
    y = top
    for block in filter(None, blocks):
        x = left
        y += height
        for kind, key, text in block:
            needed = _MARK + text_width(text, SMALL)
            if x > left and x + needed > left + width:
                x, y = left, y + height
            entries.append(LegendEntry(kind, key, text, x, y - height / 2.0))
            x += needed + _GAP
    return tuple(entries), y + (_LINE_PAD if entries else 0.0)


def missing_characters(layout: ForestLayout) -> dict[str, str]:
    """Return the texts with characters that no font here can draw: as written -> as drawn."""
    texts = [layout.title, *(text for row in layout.rows for _, text in row.cells), *layout.footer]
    texts += [text for column in layout.columns for text in (column.header, column.group)]
    return {text: shown for text in texts if (shown := drawable(text)) != text}


def glyph_note(layout: ForestLayout) -> str:
    """Return the footnote that says which characters could not be drawn; "" where all could."""
    missing = sorted(
        {
            character
            for text, shown in missing_characters(layout).items()
            for character, drawn in zip(text, shown, strict=True)
            if drawn != character
        }
    )
    if not missing:
        return ""
    codes = [f"U+{ord(character):04X}" for character in missing]
    more = f" and {len(codes) - _MOST} more" if len(codes) > _MOST else ""
    listed = f"{', '.join(codes[:_MOST])}{more}"
    return f"{MISSING} stands for characters that no font on the drawing machine has: {listed}."
