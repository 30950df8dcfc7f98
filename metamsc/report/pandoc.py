"""Markdown to a self-contained page, by the pandoc that ships in the pypandoc-binary wheel."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from metamsc.errors import ReportError

TIMEOUT = 300
READER = "markdown+fenced_divs+bracketed_spans-implicit_figures"


def pandoc_path() -> str:
    """Return the path of pandoc.

    Raises
    ------
    ReportError
        If the packages of the extra ``report`` are not installed.
    """
    try:
        import pypandoc

        return str(pypandoc.get_pandoc_path())
    except (ImportError, OSError) as error:
        raise ReportError(f"pandoc is missing ({error}); install metamsc[report].") from error


def to_html(
    markdown: str,
    *,
    source: Path,
    template: str,
    lua_filter: str,
    variables: Mapping[str, str],
    bibliography: Sequence[Path] = (),
    lang: str = "en",
) -> str:
    """Convert one composed document to one HTML file that needs no other.

    Parameters
    ----------
    markdown : str
    source : Path
        The document it was composed from: relative images are looked for beside it, and messages name it.
    template, lua_filter : str
        Text of the template and of the filter.
    variables : mapping of str to str
        Values for the template.
    bibliography : sequence of Path
    lang : str

    Returns
    -------
    str

    Raises
    ------
    ReportError
        If pandoc fails or warns (an unknown citation, a missing image, an unclosed div).
    """
    with tempfile.TemporaryDirectory(prefix="metamsc-") as folder:
        scratch = Path(folder)
        files = {"in.md": markdown, "page.html": template, "filter.lua": lua_filter}
        for name, text in files.items():
            (scratch / name).write_text(text, encoding="utf-8")
        command = [
            pandoc_path(), os.fspath(scratch / "in.md"), "--from", READER, "--to", "html5", "--standalone",
            "--template", os.fspath(scratch / "page.html"), "--lua-filter", os.fspath(scratch / "filter.lua"),
            "--toc", "--toc-depth", "2", "--section-divs", "--citeproc", "--embed-resources",
            "--fail-if-warnings", "--wrap", "none", "--metadata", f"lang={lang}",
            "--metadata", "link-citations=true", "--output", os.fspath(scratch / "out.html"),
        ]  # fmt: skip
        for path in bibliography:
            command += ["--bibliography", os.fspath(path.resolve())]
        for name, value in variables.items():
            command += ["--variable", f"{name}={value}"]
        _call(command, source)
        return (scratch / "out.html").read_text(encoding="utf-8")


def _call(command: Sequence[str], source: Path) -> None:
    try:
        done = subprocess.run(  # noqa: S603 - the wheel's own pandoc with arguments of ours
            command, cwd=source.parent, capture_output=True, text=True, timeout=TIMEOUT, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise ReportError(f"{source}: pandoc took longer than {TIMEOUT} s") from error
    if done.returncode != 0:
        raise ReportError(f"{source}: pandoc refused the page:\n{done.stderr.strip()}")
