"""Markdown to a page, a typst source or a docx, by the pandoc that ships in the pypandoc-binary wheel."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from metamsc.errors import ReportError
from metamsc.report.template import asset

TIMEOUT = 300
READER = "markdown+fenced_divs+bracketed_spans-implicit_figures"
EPOCH = "315532800"
"""Seconds since 1970 that stand in files for "now": 1980-01-01, the first day a zip archive can name."""


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
    options = ["--toc", "--toc-depth", "2", "--section-divs", "--embed-resources", "--template", "page"]
    return _convert(
        markdown,
        "html5",
        source,
        {"page": template, "filter.lua": lua_filter},
        [*options, *_variables(variables), *_references(bibliography, lang)],
    ).decode("utf-8")


def to_typst(
    markdown: str,
    *,
    source: Path,
    images: Mapping[str, bytes],
    variables: Mapping[str, str],
    bibliography: Sequence[Path] = (),
    lang: str = "en",
) -> str:
    """Convert one composed document to the source of a printed page; see :func:`metamsc.report.pdf.to_pdf`.

    Parameters
    ----------
    markdown : str
    source : Path
    images : mapping of str to bytes
        Files the document names as images.
    variables : mapping of str to str
        Values for the template: Markdown, they are converted like the text.
    bibliography : sequence of Path
    lang : str

    Raises
    ------
    ReportError
        As :func:`to_html`.
    """
    files: dict[str, str | bytes] = {"page": asset("page.typ"), "filter.lua": asset("filter.lua")}
    files |= images
    options = ["--template", "page", *_metadata(variables), *_references(bibliography, lang)]
    return _convert(markdown, "typst", source, files, options).decode("utf-8")


def to_docx(
    markdown: str,
    *,
    source: Path,
    images: Mapping[str, bytes] | None = None,
    reference: bytes | None = None,
    bibliography: Sequence[Path] = (),
    lang: str = "en",
) -> bytes:
    """Convert one composed document to a docx.

    Parameters
    ----------
    markdown : str
    source : Path
    images : mapping of str to bytes, optional
        Files the document names as images.
    reference : bytes, optional
        A docx with the styles: :func:`metamsc.report.docx.reference_docx`. Default: pandoc's own.
    bibliography : sequence of Path
    lang : str

    Returns
    -------
    bytes
        The same for the same document: the times in it are :data:`EPOCH`.

    Raises
    ------
    ReportError
        As :func:`to_html`.
    """
    files: dict[str, str | bytes] = {"filter.lua": asset("filter.lua"), **(images or {})}
    options = _references(bibliography, lang)
    if reference is not None:
        files["reference.docx"] = reference
        options += ["--reference-doc", "reference.docx"]
    return _convert(markdown, "docx", source, files, options)


def default_reference() -> bytes:
    """Return the docx whose styles pandoc takes when it is given none."""
    return _call([pandoc_path(), "--print-default-data-file", "reference.docx"], Path("reference.docx"), ".")


def _variables(values: Mapping[str, str]) -> list[str]:
    return [part for name, value in values.items() for part in ("--variable", f"{name}={value}")]


def _metadata(values: Mapping[str, str]) -> list[str]:
    return [part for name, value in values.items() for part in ("--metadata", f"{name}={value}")]


def _references(bibliography: Sequence[Path], lang: str) -> list[str]:
    given = [part for path in bibliography for part in ("--bibliography", os.fspath(path.resolve()))]
    return ["--citeproc", "--metadata", f"lang={lang}", "--metadata", "link-citations=true", *given]


def _convert(
    markdown: str, to: str, source: Path, files: Mapping[str, str | bytes], options: Sequence[str]
) -> bytes:
    """Run pandoc in a scratch folder that holds `files`; images beside the document are found, too."""
    with tempfile.TemporaryDirectory(prefix="metamsc-") as folder:
        scratch = Path(folder)
        for name, content in {"in.md": markdown, **files}.items():
            data = content.encode("utf-8") if isinstance(content, str) else content
            (scratch / name).write_bytes(data)
        beside = os.pathsep.join((".", os.fspath(source.parent.resolve())))
        command = [
            pandoc_path(), "in.md", "--from", READER, "--to", to, "--standalone", "--lua-filter",
            "filter.lua", "--resource-path", beside, "--fail-if-warnings", "--wrap", "none",
            *options, "--output", "out",
        ]  # fmt: skip
        _call(command, source, folder)
        return (scratch / "out").read_bytes()


def _call(command: Sequence[str], source: Path, folder: str) -> bytes:
    environment = {**os.environ, "SOURCE_DATE_EPOCH": EPOCH}
    try:
        done = subprocess.run(  # noqa: S603 - the wheel's own pandoc with arguments of ours
            command, cwd=folder, env=environment, capture_output=True, timeout=TIMEOUT, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise ReportError(f"{source}: pandoc took longer than {TIMEOUT} s") from error
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", errors="replace").strip()
        raise ReportError(f"{source}: pandoc refused the page:\n{said}")
    return done.stdout
