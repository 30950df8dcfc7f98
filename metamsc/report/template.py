"""The shared report: writes ``report.qmd`` (and what the Quarto project needs) for a new analysis.

``python -m metamsc.report.template analyses`` writes every report of a project anew from the template.
"""

from __future__ import annotations

import sys
from importlib import resources
from pathlib import Path
from string import Template

from metamsc.files import PathLike, write_atomic

REPORT_FILE = "report.qmd"
"""Beside a plan: its report. Beside the folders of the plans: one report for any of them, by parameter."""
PROJECT_FILE = "_quarto.yml"
INDEX_FILE = "index.qmd"
BIBLIOGRAPHY_FILE = "references.bib"
PARAMETER = "analysis"
"""The parameter of the shared report: the folder of the plan."""

_LOAD = "result = page.load_result()\n"
_PARAMETERS = """```{{python}}
#| tags: [parameters]
#| include: false
analysis = "{name}"
```

"""
_TITLE = """```{python}
#| output: asis
page.show_title(result)
```

"""


def asset(name: str) -> str:
    """Return the text of a file that ships with the package."""
    return (resources.files("metamsc.report") / "assets" / name).read_text(encoding="utf-8")


def report_source(title: str) -> str:
    """Return the text of a report with this title."""
    quoted = title.replace("\\", "\\\\").replace('"', '\\"')
    return Template(asset(REPORT_FILE)).substitute(title=quoted)


def shared_source(example: str) -> str:
    """Return the text of the one report that serves every analysis.

    Parameters
    ----------
    example : str
        Name of the analysis that is shown when none is asked for.

    Returns
    -------
    str
        The same sections as :func:`report_source`. A chunk tagged ``parameters`` names the analysis, as
        ``quarto render report.qmd -P analysis:hba1c`` wants it; the title comes from the plan.
    """
    text = report_source("One analysis")
    top, begins, rest = text.partition("```{python}\n#| label: setup")
    setup, fence, sections = rest.partition("```\n\n")
    setup = setup.replace(_LOAD, _LOAD.replace("()", f"({PARAMETER})"))
    return top + _PARAMETERS.format(name=example) + begins + setup + fence + _TITLE + sections


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
    spec = read_spec(base)
    wanted = {base / REPORT_FILE: report_source(spec.title), **_project_files(base.parent, spec.name)}
    written = []
    for path, text in wanted.items():
        if not path.exists():
            write_atomic(path, text)
            written.append(path)
    return tuple(written)


def _project_files(folder: Path, example: str) -> dict[Path, str]:
    named = {name: asset(name) for name in (PROJECT_FILE, INDEX_FILE, BIBLIOGRAPHY_FILE)}
    named[REPORT_FILE] = shared_source(example)
    return {folder / name: text for name, text in named.items()}


def rewrite_reports(analyses: PathLike) -> tuple[Path, ...]:
    """Write the reports and project files of all analyses from the template, over what is there.

    For a project whose reports are the template's; the title of each is that of its plan, and the example
    of the shared report stays the one it has.

    Parameters
    ----------
    analyses : path
        Folder of the analyses.

    Returns
    -------
    tuple of Path
        The files whose text is another one now.

    Raises
    ------
    SpecError
        If a plan has problems; nothing is written then.
    """
    from metamsc.analysis.plan import find_specs, read_spec

    base = Path(analyses)
    specs = [read_spec(path) for path in find_specs(base)]
    wanted = {base / spec.name / REPORT_FILE: report_source(spec.title) for spec in specs}
    names = [spec.name for spec in specs]
    wanted |= _project_files(base, "hba1c" if "hba1c" in names else names[0])
    changed = [
        path for path, text in wanted.items() if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    for path in changed:
        write_atomic(path, wanted[path])
    return tuple(changed)


if __name__ == "__main__":
    for file in rewrite_reports(*sys.argv[1:]):
        sys.stdout.write(f"{file}\n")
