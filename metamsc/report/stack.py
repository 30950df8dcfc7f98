"""Several SVG figures as one, below each other with a heading each: a labelled figure of a report."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from metamsc.plots import style
from metamsc.report.svg import inline_svg, svg_size

_GAP, _HEAD = 14.0, 18.0
_OPENING = re.compile(r"<svg\b")
_STYLE = re.compile(r' style="--mm-width:[0-9]+"')


def stack_svgs(parts: Sequence[tuple[str, str]], title: str) -> str:
    """Return figures below each other.

    Parameters
    ----------
    parts : sequence of (heading, svg)
        Whole SVG files with their size in points.
    title : str
        Description of the whole, for those who do not see it.

    Returns
    -------
    str
        A whole SVG file.
    """
    body, top, wide = [], 0.0, 0.0
    for number, (heading, svg) in enumerate(parts):
        width, height = svg_size(svg) or (0.0, 0.0)
        wide = max(wide, width)
        body.append(_heading(heading, top + _HEAD - 6.0))
        top += _HEAD
        place = f'<svg x="0" y="{top:g}" width="{width:g}" height="{height:g}"'
        inner = _STYLE.sub("", inline_svg(svg, f"part{number}", heading), count=1)
        body.append(_OPENING.sub(place, inner, count=1))
        top += height + _GAP
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'width="{wide:g}pt" height="{top:g}pt" viewBox="0 0 {wide:g} {top:g}" version="1.1">\n'
        f"<title>{escape(title)}</title>\n" + "\n".join(body) + "\n</svg>\n"
    )


def _heading(text: str, y: float) -> str:
    family = f"{style.FONT}, sans-serif"
    look = f'font-family="{family}" font-size="{style.TITLE_SIZE}" font-weight="bold" fill="{style.INK}"'
    return f'<text x="8" y="{y:g}" {look}>{escape(text)}</text>'
