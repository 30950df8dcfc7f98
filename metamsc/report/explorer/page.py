"""The explorer as one HTML file: markup, style, scripts and data, nothing fetched, nothing evaluated.

Scripts and style are allowed by their hashes only, data are JSON in a block the browser does not run, and
every text of a record reaches the page as text (the page also forbids markup made from strings).
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from html import escape
from importlib import resources
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from metamsc.files import PathLike, write_atomic
from metamsc.report.explorer.content import explorer_data
from metamsc.report.explorer.schema import ExplorerData
from metamsc.report.head import EXPLORER_PAGE, SITE_TITLE, lone_header, site_header, style_sheet

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult
    from metamsc.records.studies import Studies

FILE_NAME = EXPLORER_PAGE
TITLE = "Explorer"
_UNSAFE = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}
_SURROGATE = re.compile("[\ud800-\udfff]")


def assets() -> Sequence[str]:
    """Return the names of the scripts in the order they are joined."""
    folder = resources.files("metamsc.report.explorer") / "assets"
    return sorted(item.name for item in folder.iterdir() if item.name.endswith(".js"))


def script() -> str:
    """Return all scripts as one, in a scope of their own."""
    parts = "\n".join(_asset(name) for name in assets())
    return f'(() => {{\n"use strict";\n{parts}\n}})();'


def embedded_json(data: Any) -> str:
    """Return JSON that no text of a record can end or turn into markup.

    Raises
    ------
    ValueError
        If a number is not finite.
    """
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return _SURROGATE.sub(lambda found: f"\\u{ord(found.group()):04x}", text.translate(_UNSAFE))


def explorer_page(data: ExplorerData) -> str:
    """Return the whole page.

    Parameters
    ----------
    data : ExplorerData

    Returns
    -------
    str
        The same data give the same text.
    """
    code, style = script(), style_sheet("explorer.css", "metamsc.report.explorer")
    return Template(_asset("explorer.html")).substitute(
        policy=escape(content_policy(code, style)),
        title=escape(f"{TITLE} · {data.title}"),
        style=style,
        header=site_header("", data.title, EXPLORER_PAGE) if data.in_site else lone_header(data.title),
        version=escape(data.metamsc),
        data=embedded_json(data.to_dict()),
        script=code,
    )


def content_policy(code: str, style: str) -> str:
    """Return the policy that allows this one script and this one style sheet, by hash, and nothing else."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src '{_hash(code)}'",
            f"style-src '{_hash(style)}'",
            "img-src data:",  # the empty icon, without which browsers ask for /favicon.ico
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


def _asset(name: str) -> str:
    text = (resources.files("metamsc.report.explorer") / "assets" / name).read_text(encoding="utf-8")
    return text.strip("\n")


def write_explorer(
    folder: PathLike,
    results: Sequence[AnalysisResult],
    studies: Studies | None = None,
    *,
    file_name: str = FILE_NAME,
    in_site: bool = True,
    title: str = SITE_TITLE,
) -> Path:
    """Write the explorer of these results.

    Parameters
    ----------
    folder : path
    results : sequence of AnalysisResult
        At least one.
    studies : Studies, optional
        The records behind them.
    file_name : str
    in_site : bool
        Whether the page stands at the top of a site of :func:`metamsc.report.build.build_site`.
    title : str
        Of the review: stands at the top of the page.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        As :func:`explorer_data`.
    OSError
        If the file cannot be written.
    """
    path = Path(folder) / file_name
    data = explorer_data(results, studies, in_site=in_site, title=title)
    write_atomic(path, explorer_page(data))
    return path
