"""Put an executed document together again as Markdown for pandoc; figures for paper become files."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from html import escape
from itertools import count
from typing import Any

import yaml

from metamsc.errors import ReportError, check_option
from metamsc.report.execute import Executed
from metamsc.report.source import INLINE, Cell
from metamsc.report.svg import inline_svg, svg_size, svg_title
from metamsc.tables.write_text import escape_markdown

_LABEL = re.compile(r"^(fig|tbl)-")
_PICTURE = re.compile(
    r"!\[(?:[^\[\]\\]|\\.)*\]\(data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)\)(?:\{[^{}]*\})?"
)
"""A picture that stands in Markdown as data, with the size it would have without us."""
_CHOICES = ("text/html", "image/svg+xml", "image/png", "text/markdown", "text/plain")
"""MIME types that can be shown, best first."""


FORMATS = ("html", "pdf", "docx")
_WIDEST, _HIGHEST = 6.65, 8.9
"""Inches of an A4 page's text, less the room of a caption: the largest a figure gets on paper."""


@dataclass(frozen=True, slots=True)
class Composed:
    """A document ready for pandoc."""

    markdown: str
    images: dict[str, bytes] = field(default_factory=dict)
    """Files the text names; none for HTML, where figures stand in the text."""


def compose(executed: Executed, *, echo: bool = False, to: str = "html") -> Composed:
    """Return a document as Markdown: front matter, prose, and the outputs of its chunks.

    Parameters
    ----------
    executed : Executed
    echo : bool
        Whether code is shown unless a chunk says otherwise.
    to : str
        One of :data:`FORMATS`: what it will become.

    Raises
    ------
    OptionError
        If `to` is not one of :data:`FORMATS`.
    ReportError
        If two chunks have one label, or a figure cannot be drawn for the format.
    """
    check_option("to", to, FORMATS)
    document = executed.document
    writer = _Writer(executed, to)
    parts = [f"---\n{yaml.safe_dump(document.front, allow_unicode=True, sort_keys=True)}---"]
    seen: set[str] = set()
    for position, (cell, outputs) in enumerate(zip(document.cells, executed.outputs, strict=True)):
        if cell.kind == "prose":
            parts.append(_prose(cell, outputs))
            continue
        label = cell.options.get("label")
        if label in seen:
            raise ReportError(f"{document.path}:{cell.line}: the label {label!r} stands twice")
        if label:
            seen.add(str(label))
        parts.append(writer.chunk(cell, outputs, str(label or f"cell-{position}"), echo))
    return Composed("\n\n".join(part for part in parts if part) + "\n", writer.images)


def _prose(cell: Cell, outputs: tuple[dict[str, Any], ...]) -> str:
    values = [str(value) for output in outputs for value in output["data"]["application/json"]]
    return INLINE.sub(lambda _: escape_markdown(values.pop(0)), cell.source)


def _float(content: str, options: dict[str, Any]) -> str:
    """Wrap a labelled figure or table, its caption last, the way Quarto writes it."""
    label = str(options.get("label", ""))
    kind = _LABEL.match(label)
    caption = options.get(f"{kind.group(1)}-cap") if kind else None
    if kind is None or caption is None:
        return content
    return f"::::: {{#{label}}}\n{content}\n\n{caption}\n:::::"


class _Writer:
    """Writes the outputs of chunks for one format, and keeps the files of its figures."""

    def __init__(self, executed: Executed, to: str) -> None:
        self.images: dict[str, bytes] = {}
        self._path, self._to = executed.document.path, to

    def chunk(self, cell: Cell, outputs: tuple[dict[str, Any], ...], name: str, echo: bool) -> str:
        """Return what a chunk shows: its code where asked for, and its outputs."""
        options = cell.options
        if options.get("include") is False:
            return ""
        parts = []
        if options.get("echo", echo) and cell.source:
            parts.append(f"```python\n{cell.source}\n```")
        if options.get("output", True) is not False:
            shown = [
                self._output(output, options, f"{name}-{index}" if index else name)
                for index, output in enumerate(outputs)
            ]
            content = "\n\n".join(part for part in shown if part)
            parts.append(_float(content, options) if content else "")
        return "\n\n".join(part for part in parts if part)

    def _output(self, output: dict[str, Any], options: dict[str, Any], name: str) -> str:
        if output["output_type"] == "stream":
            if output["name"] == "stderr":
                return ""
            text = output["text"]
            return text if options.get("output") == "asis" else f"```\n{text}```"
        data = output.get("data", {})
        kind = next((kind for kind in _CHOICES if kind in data), None)
        if kind is None:
            return ""
        return self._shown(kind, "".join(data[kind]), str(options.get("fig-alt", "")), name)

    def _shown(self, kind: str, value: str, alt: str, name: str) -> str:
        if kind == "text/markdown":
            return self._with_pictures(value, name)
        if kind == "text/plain":
            return f"```\n{value}\n```"
        if kind.startswith("image/"):
            if self._to != "html":
                return self._figure(kind, value, alt, name)
            if kind == "image/svg+xml":
                image = inline_svg(value, name, alt)
            else:
                image = f'<img src="data:image/png;base64,{value.strip()}" alt="{escape(alt)}">'
            value = f'<div class="mm-figure">{image}</div>'
        fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", value)), default=0))
        return f"{fence}{{=html}}\n{value}\n{fence}"

    def _with_pictures(self, text: str, name: str) -> str:
        """Return Markdown whose pictures are shown as a chunk's are, their own titles as descriptions."""
        numbers = count(1)

        def shown(found: re.Match[str]) -> str:
            svg = base64.b64decode(found[1]).decode("utf-8")
            return self._shown("image/svg+xml", svg, "", f"{name}-{next(numbers)}")

        return _PICTURE.sub(shown, text)

    def _figure(self, kind: str, value: str, alt: str, name: str) -> str:
        """Return a figure for paper as an image of a file: vectors in a PDF, PNG in a docx."""
        from metamsc.report.pdf import svg_to_png

        size = ""
        if kind == "image/png":
            suffix, data = "png", base64.b64decode(value)
        else:
            suffix, data, alt = "svg", value.encode("utf-8"), alt or svg_title(value)
            size = _paper_size(value)
            if self._to == "docx":
                suffix, data = "png", svg_to_png(data, source=self._path)
        file = f"{name}.{suffix}"
        self.images[file] = data
        return f"![{escape_markdown(' '.join(alt.split()))}]({file}){size}"


def _paper_size(svg: str) -> str:
    """Return the attributes of an image as large as it was drawn, or as the page lets it be."""
    size = svg_size(svg)
    if size is None:
        return ""
    width, height = (points / 72 for points in size)
    scale = min(1.0, _WIDEST / width, _HIGHEST / height)
    return f"{{width={width * scale:.3f}in height={height * scale:.3f}in}}"


def warnings_of(executed: Executed) -> tuple[str, ...]:
    """Return what the chunks wrote to stderr, with the chunk that wrote it."""
    return tuple(
        f"{executed.document.path}:{cell.line}: {output['text'].strip()}"
        for cell, outputs in zip(executed.document.cells, executed.outputs, strict=True)
        for output in outputs
        if output["output_type"] == "stream" and output["name"] == "stderr"
    )
