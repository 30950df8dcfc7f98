"""Read a Quarto document into cells: what is prose, what is code, with its options and its line.

Jupytext does the parsing (its R Markdown reader knows Quarto's chunks). What the embedded route cannot
render is refused by name, rather than shown wrong.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from metamsc.errors import ReportError
from metamsc.files import PathLike
from metamsc.report.template import PARAMETER

_CHUNK = re.compile(r"^\s*```+\s*\{python[^}]*\}", re.MULTILINE)
_OPTION = re.compile(r"^#\|\s?(.*)$")
INLINE = re.compile(r"`\{python\}\s+([^`]+)`")
_UNSUPPORTED = {
    "shortcodes": re.compile(r"\{\{<.*?>\}\}"),
    "column layouts": re.compile(r":::+\s*\{[^}]*(\.column|layout)"),
    "conditional content": re.compile(r"\.content-(visible|hidden)"),
    "chunks in other languages": re.compile(r"^\s*```+\s*\{(r|julia|ojs|mermaid|dot)\b", re.MULTILINE),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a document."""

    kind: str
    """"prose" or "code"."""
    source: str
    options: dict[str, Any] = field(default_factory=dict)
    """Chunk options (``#| label: fig-forest``); empty for prose."""
    line: int = 0
    """Line of a chunk's opening fence, from 1; 0 for prose."""

    @property
    def name(self) -> str:
        """What an error calls the chunk."""
        return str(self.options.get("label") or f"chunk at line {self.line}")


@dataclass(frozen=True, slots=True)
class Document:
    """A report's source."""

    path: Path
    front: dict[str, Any]
    cells: tuple[Cell, ...]
    parameters: dict[str, str] = field(default_factory=dict)
    """Given in place of the defaults of its chunk tagged ``parameters``."""

    @property
    def folder(self) -> Path:
        """Where its chunks run."""
        return self.path.parent

    @property
    def name(self) -> str:
        """What progress calls it: the analysis."""
        return self.parameters.get(PARAMETER) or self.folder.name


def read_document(path: PathLike, parameters: Mapping[str, str] | None = None) -> Document:
    """Read a ``.qmd`` file.

    Parameters
    ----------
    path : path
    parameters : mapping of str to str, optional
        Values for the names that its chunk tagged ``parameters`` sets: they are set anew in a chunk after
        it, as ``quarto render -P`` does.

    Raises
    ------
    ReportError
        If it cannot be read, its front matter or a chunk's options are not YAML, it uses something that
        only a real quarto can render, or it has no chunk for the parameters.
    """
    import jupytext

    file = Path(path)
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ReportError(f"{file}: cannot be read: {error}") from error
    _refuse_unsupported(file, text)
    notebook = jupytext.reads(text, fmt="Rmd")
    lines = [
        text.count("\n", 0, found.start(0)) + found.group(0).count("\n") + 1
        for found in _CHUNK.finditer(text)
    ]
    front: dict[str, Any] = {}
    cells: list[Cell] = []
    for item in notebook.cells:
        if item.cell_type == "raw" and not cells:
            front = _yaml(file, item.source.strip().strip("-"), "front matter", 1)
        elif item.cell_type == "code":
            line = lines.pop(0) if lines else 0
            options, source = _options(file, item.source, line)
            cells.append(Cell("code", source, options, line))
        else:
            cells.append(Cell("prose", item.source))
    given = dict(parameters or {})
    if given:
        _set_parameters(file, cells, given)
    return Document(file, front, tuple(cells), given)


def _set_parameters(file: Path, cells: list[Cell], given: Mapping[str, str]) -> None:
    """Put a chunk with the values after the chunk of the defaults.

    Raises
    ------
    ReportError
        If no chunk is tagged ``parameters``, or it does not set one of the names.
    """
    position = next((i for i, cell in enumerate(cells) if "parameters" in _tags(cell)), None)
    if position is None:
        raise ReportError(
            f"{file} has no chunk with `#| tags: [parameters]`; got values for {', '.join(given)}."
        )
    cell = cells[position]
    for name in given:
        if re.search(rf"^{re.escape(name)}\s*=", cell.source, re.MULTILINE) is None:
            raise ReportError(f"{file}:{cell.line}: the chunk of parameters sets no {name!r}.")
    source = "\n".join(f"{name} = {value!r}" for name, value in given.items())
    cells.insert(position + 1, Cell("code", source, {"include": False}, cell.line))


def _tags(cell: Cell) -> list[str]:
    tags = cell.options.get("tags", [])
    return [str(tag) for tag in tags] if isinstance(tags, list) else [str(tags)]


def _refuse_unsupported(file: Path, text: str) -> None:
    for name, pattern in _UNSUPPORTED.items():
        found = pattern.search(text)
        if found is not None:
            line = text.count("\n", 0, found.end()) + 1
            raise ReportError(
                f"{file}:{line}: {name} need a real quarto; the embedded route does not render them. "
                "Install quarto (https://quarto.org) or leave them out."
            )


def _options(file: Path, source: str, line: int) -> tuple[dict[str, Any], str]:
    """Split the ``#|`` lines at the top of a chunk from its code."""
    lines = source.splitlines()
    count = 0
    while count < len(lines) and _OPTION.match(lines[count]):
        count += 1
    given = "\n".join(_OPTION.sub(r"\1", text) for text in lines[:count])
    return _yaml(file, given, "chunk options", line), "\n".join(lines[count:])


def _yaml(file: Path, text: str, what: str, line: int) -> dict[str, Any]:
    try:
        value = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        raise ReportError(f"{file}:{line}: {what} are not YAML: {error}") from error
    if not isinstance(value, dict):
        raise ReportError(f"{file}:{line}: {what} must be `key: value` lines; got {text.strip()!r}.")
    return value
