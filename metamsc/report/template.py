"""The shared report: writes ``report.qmd`` (and what the Quarto project needs) for a new analysis."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from string import Template

from metamsc.files import PathLike, write_atomic

REPORT_FILE = "report.qmd"
PROJECT_FILE = "_quarto.yml"
BIBLIOGRAPHY_FILE = "references.bib"


def asset(name: str) -> str:
    """Return the text of a file that ships with the package."""
    return (resources.files("metamsc.report") / "assets" / name).read_text(encoding="utf-8")


def report_source(title: str) -> str:
    """Return the text of a report with this title."""
    quoted = title.replace("\\", "\\\\").replace('"', '\\"')
    return Template(asset(REPORT_FILE)).substitute(title=quoted)


def write_report(folder: PathLike) -> tuple[Path, ...]:
    """Write ``report.qmd`` beside a plan, and the project files beside its folder where they are missing.

    Parameters
    ----------
    folder : path
        ``analyses/<name>``, with its ``analysis.yml``.

    Returns
    -------
    tuple of Path
        The files written; files that are there already are left as they are.

    Raises
    ------
    SpecError
        If there is no valid plan in the folder.
    """
    from metamsc.analysis.plan import read_spec

    base = Path(folder)
    title = read_spec(base).title
    wanted = {
        base / REPORT_FILE: report_source(title),
        base.parent / PROJECT_FILE: asset(PROJECT_FILE),
        base.parent / BIBLIOGRAPHY_FILE: asset(BIBLIOGRAPHY_FILE),
    }
    written = []
    for path, text in wanted.items():
        if not path.exists():
            write_atomic(path, text)
            written.append(path)
    return tuple(written)
