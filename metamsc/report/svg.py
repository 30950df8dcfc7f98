"""Make a matplotlib SVG part of a page: no prolog, no metadata, ids of its own, a name for readers."""

from __future__ import annotations

import re
from html import escape, unescape

_BEFORE = re.compile(r"^.*?(?=<svg\b)", re.DOTALL)
_METADATA = re.compile(r"\s*<metadata>.*?</metadata>", re.DOTALL)
_COMMENT = re.compile(r"\s*<!--.*?-->", re.DOTALL)
_TITLE = re.compile(r"\s*<title>(.*?)</title>", re.DOTALL)
_OPENING = re.compile(r"<svg\b[^>]*>", re.DOTALL)
_SIZE = re.compile(r'\s(width|height)="([0-9.]+)pt"')
_ID = re.compile(r'(\sid=")([^"]+)"')
_REFERENCE = re.compile(r'((?:xlink:)?href="#|url\(#)([^")]+)')


def inline_svg(svg: str, prefix: str, alt: str = "") -> str:
    """Return an SVG to stand inside an HTML page.

    Parameters
    ----------
    svg : str
        A whole SVG file.
    prefix : str
        Put before every id, so that two figures of one page do not share any.
    alt : str
        Description; default: the SVG's own title.

    Returns
    -------
    str
        An ``svg`` element with role ``img``, an accessible name, and its natural width in
        ``--mm-width`` for the style sheet.
    """
    text = _COMMENT.sub("", _METADATA.sub("", _BEFORE.sub("", svg, count=1)))
    name = alt or svg_title(svg)
    text = _TITLE.sub("", text, count=1)
    text = _ID.sub(rf'\g<1>{prefix}-\g<2>"', text)
    text = _REFERENCE.sub(rf"\g<1>{prefix}-\g<2>", text)
    opening = _OPENING.search(text)
    if opening is None:
        return ""
    sizes = dict(_SIZE.findall(opening.group(0)))
    head = _SIZE.sub("", opening.group(0)).rstrip(">").rstrip()
    width = f' style="--mm-width:{float(sizes["width"]):.0f}"' if "width" in sizes else ""
    label = f' role="img" aria-label="{escape(name)}"' if name else ' role="img"'
    return f"{head}{label}{width}>{text[opening.end() :]}".strip()


def svg_title(svg: str) -> str:
    """Return the title of an SVG as plain text; empty where it has none."""
    title = _TITLE.search(svg)
    return unescape(title.group(1)).strip() if title else ""


def svg_size(svg: str) -> tuple[float, float] | None:
    """Return width and height of an SVG in points; None where it does not give them in points."""
    opening = _OPENING.search(svg)
    sizes = dict(_SIZE.findall(opening.group(0))) if opening else {}
    if "width" not in sizes or "height" not in sizes:
        return None
    return float(sizes["width"]), float(sizes["height"])
