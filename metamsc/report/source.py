"""Read a Quarto document into cells: what is prose, what is code, with its options and its line.

Jupytext does the parsing (its R Markdown reader knows Quarto's chunks). What the embedded route cannot
render is refused by name, rather than shown wrong.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from metamsc.errors import ReportError
from metamsc.files import PathLike

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

    @property
    def folder(self) -> Path:
        """Where its chunks run."""
        return self.path.parent


def read_document(path: PathLike) -> Document:
    """Read a ``.qmd`` file.

    Raises
    ------
    ReportError
        If it cannot be read, its front matter or a chunk's options are not YAML, or it uses something
        that only a real quarto can render.
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
    return Document(file, front, tuple(cells))


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
