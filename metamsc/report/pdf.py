"""Pages for paper: a typst source becomes a PDF, an SVG a PNG; by the typst wheel, with no TeX.

Only fonts that come with packages are used (typst's own and those of matplotlib, in which the figures are
set), so that a machine's fonts decide nothing. The same source gives the same bytes.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from metamsc.errors import ReportError
from metamsc.report.pandoc import EPOCH

PNG_DPI = 200


def to_pdf(text: str, images: Mapping[str, bytes], *, source: Path) -> bytes:
    """Typeset a page.

    Parameters
    ----------
    text : str
        What :func:`metamsc.report.pandoc.to_typst` returned.
    images : mapping of str to bytes
        The files it names.
    source : Path
        The document it was made from; messages name it.

    Returns
    -------
    bytes
        A tagged PDF (PDF/UA-1): headings, tables and descriptions of figures are there for screen readers.

    Raises
    ------
    ReportError
        If typst is not installed, or refuses the source.
    """
    return _compile(text, images, source, format="pdf", pdf_standards=["ua-1"])


def svg_to_png(svg: bytes, *, source: Path) -> bytes:
    """Draw an SVG as a PNG of :data:`PNG_DPI`, for formats that take no vectors.

    Raises
    ------
    ReportError
        If typst is not installed, or cannot read the SVG.
    """
    text = '#set page(width: auto, height: auto, margin: 0pt)\n#image("figure.svg")\n'
    return _compile(text, {"figure.svg": svg}, source, format="png", ppi=PNG_DPI)


def _compile(text: str, images: Mapping[str, bytes], source: Path, **options: Any) -> bytes:
    try:
        import typst
    except ImportError as error:
        raise ReportError(f"typst is missing ({error}); install metamsc[report].") from error
    with tempfile.TemporaryDirectory(prefix="metamsc-") as folder:
        for name, data in {"main.typ": text.encode("utf-8"), **images}.items():
            (Path(folder) / name).write_bytes(data)
        try:
            made = typst.compile(
                Path(folder) / "main.typ",
                root=folder,
                font_paths=[_fonts()],
                ignore_system_fonts=True,
                timestamp=int(EPOCH),
                **options,
            )
        except RuntimeError as error:
            raise ReportError(f"{source}: typst refused the page:\n{error}") from error
    assert isinstance(made, bytes)  # noqa: S101 - one page or one PDF is bytes; only many PNGs are a list
    return made


def _fonts() -> Path:
    """Return the folder of matplotlib's fonts: text and figures of a page are set in the same one."""
    import matplotlib as mpl

    return Path(mpl.get_data_path()) / "fonts" / "ttf"
