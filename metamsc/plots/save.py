"""Figures to files: SVG, PDF and PNG with the same bytes for the same figure, written whole or not at all.

SVG text is drawn as outlines (``svg.fonttype = "path"``): places come from measured text widths, and only
outlines keep them in every viewer, whatever fonts it has; the words stay in the file as comments and the
title as its ``<title>``. PDF embeds the font as TrueType, so its text can be searched and copied.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from metamsc.errors import InputError, check_option
from metamsc.files import PathLike, write_atomic

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS = ("svg", "pdf", "png")
DPI = 200
CREATOR = "metamsc"


def write_figure(
    drawn: Axes | Figure, stem: PathLike, *, formats: Collection[str] = FORMATS, title: str = ""
) -> tuple[Path, ...]:
    """Write a figure as ``stem.svg``, ``stem.pdf`` and ``stem.png``.

    Parameters
    ----------
    drawn : Axes or Figure
        What a ``draw_`` function returned, or the figure it is on.
    stem : path
        Path without a suffix; missing folders are made.
    formats : collection of str
        Which of :data:`FORMATS`.
    title : str
        Stands in the file as its title, for screen readers and catalogues.

    Returns
    -------
    tuple of Path
        The files, in the order of `formats`.

    Raises
    ------
    OptionError
        If a format is not one of :data:`FORMATS`.
    """
    for name in formats:
        check_option("formats", name, FORMATS)
    figure = _figure_of(drawn)
    base = Path(stem)
    paths = []
    for name in formats:
        path = base.with_name(f"{base.name}.{name}")
        write_atomic(path, figure_bytes(figure, name, title=title))
        paths.append(path)
    return tuple(paths)


def figure_bytes(figure: Figure, kind: str, *, title: str = "") -> bytes:
    """Return a figure as the bytes of one file; no date, no version, no path in it.

    Raises
    ------
    OptionError
        If `kind` is not one of :data:`FORMATS`.
    """
    check_option("kind", kind, FORMATS)
    buffer = io.BytesIO()
    with _fixed_settings():
        figure.savefig(buffer, format=kind, dpi=DPI, facecolor="auto", metadata=_metadata(kind, title))
    return buffer.getvalue()


def pages_bytes(figures: Sequence[Figure], *, title: str = "") -> bytes:
    """Return figures as the pages of one PDF; no date, no version, no path in it."""
    from matplotlib.backends.backend_pdf import PdfPages

    buffer = io.BytesIO()
    with _fixed_settings(), PdfPages(buffer, metadata=_metadata("pdf", title)) as pages:
        for figure in figures:
            figure.savefig(pages, format="pdf", facecolor="auto")
    return buffer.getvalue()


def _fixed_settings() -> AbstractContextManager[None]:
    """Fix everything that decides bytes and that a user's matplotlibrc could change."""
    import matplotlib as mpl

    return mpl.rc_context(
        {
            "svg.fonttype": "path",
            "svg.hashsalt": CREATOR,
            "svg.image_inline": True,
            "pdf.fonttype": 42,
            "pdf.compression": 6,
            "path.simplify": True,
            "path.sketch": None,
            "path.effects": [],
            "savefig.bbox": None,
            "savefig.transparent": False,
            "text.hinting": "force_autohint",
            "text.antialiased": True,
        }
    )


def _metadata(kind: str, title: str) -> dict[str, Any]:
    if kind == "png":
        return {"Software": CREATOR} | ({"Title": title} if title else {})
    named = {"Title": title} if title else {}
    if kind == "svg":
        return named | {"Date": None, "Creator": CREATOR}
    return named | {"CreationDate": None, "ModDate": None, "Creator": CREATOR, "Producer": CREATOR}


def _figure_of(drawn: Axes | Figure) -> Figure:
    """Return the whole figure that axes are on.

    Raises
    ------
    InputError
        If the axes are on none any more.
    """
    figure = drawn.get_figure(root=True)
    if figure is None:
        raise InputError("the axes are on no figure: there is nothing to write.")
    return figure
