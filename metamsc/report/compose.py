"""Put an executed document together again as Markdown for pandoc."""

from __future__ import annotations

import re
from html import escape
from typing import Any

import yaml

from metamsc.errors import ReportError
from metamsc.report.execute import Executed
from metamsc.report.source import INLINE, Cell
from metamsc.report.svg import inline_svg
from metamsc.tables.write_text import escape_markdown

_LABEL = re.compile(r"^(fig|tbl)-")
_CHOICES = ("text/html", "image/svg+xml", "image/png", "text/markdown", "text/plain")
"""MIME types that can be shown, best first."""


def compose(executed: Executed, *, echo: bool = False) -> str:
    """Return the Markdown of a document: front matter, prose, and the outputs of its chunks.

    Parameters
    ----------
    executed : Executed
    echo : bool
        Whether code is shown unless a chunk says otherwise.

    Raises
    ------
    ReportError
        If a chunk wrote an error, or two chunks have one label.
    """
    document = executed.document
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
        parts.append(_chunk(cell, outputs, str(label or f"cell-{position}"), echo))
    return "\n\n".join(part for part in parts if part) + "\n"


def _prose(cell: Cell, outputs: tuple[dict[str, Any], ...]) -> str:
    values = [str(value) for output in outputs for value in output["data"]["application/json"]]
    return INLINE.sub(lambda _: escape_markdown(values.pop(0)), cell.source)


def _chunk(cell: Cell, outputs: tuple[dict[str, Any], ...], name: str, echo: bool) -> str:
    options = cell.options
    if options.get("include") is False:
        return ""
    parts = []
    if options.get("echo", echo) and cell.source:
        parts.append(f"```python\n{cell.source}\n```")
    if options.get("output", True) is not False:
        shown = [
            _output(output, options, f"{name}-{index}" if index else name)
            for index, output in enumerate(outputs)
        ]
        content = "\n\n".join(part for part in shown if part)
        parts.append(_float(content, options) if content else "")
    return "\n\n".join(part for part in parts if part)


def _float(content: str, options: dict[str, Any]) -> str:
    """Wrap a labelled figure or table, its caption last, the way Quarto writes it."""
    label = str(options.get("label", ""))
    kind = _LABEL.match(label)
    caption = options.get(f"{kind.group(1)}-cap") if kind else None
    if kind is None or caption is None:
        return content
    return f"::::: {{#{label}}}\n{content}\n\n{caption}\n:::::"


def _output(output: dict[str, Any], options: dict[str, Any], name: str) -> str:
    if output["output_type"] == "stream":
        if output["name"] == "stderr":
            return ""
        text = output["text"]
        return text if options.get("output") == "asis" else f"```\n{text}```"
    data = output.get("data", {})
    kind = next((kind for kind in _CHOICES if kind in data), None)
    if kind is None:
        return ""
    return _shown(kind, "".join(data[kind]), str(options.get("fig-alt", "")), name)


def _shown(kind: str, value: str, alt: str, name: str) -> str:
    if kind == "text/markdown":
        return value
    if kind == "text/plain":
        return f"```\n{value}\n```"
    if kind == "image/svg+xml":
        value = f'<div class="mm-figure">{inline_svg(value, name, alt)}</div>'
    elif kind == "image/png":
        image = f'<img src="data:image/png;base64,{value.strip()}" alt="{escape(alt)}">'
        value = f'<div class="mm-figure">{image}</div>'
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", value)), default=0))
    return f"{fence}{{=html}}\n{value}\n{fence}"


def warnings_of(executed: Executed) -> tuple[str, ...]:
    """Return what the chunks wrote to stderr, with the chunk that wrote it."""
    return tuple(
        f"{executed.document.path}:{cell.line}: {output['text'].strip()}"
        for cell, outputs in zip(executed.document.cells, executed.outputs, strict=True)
        for output in outputs
        if output["output_type"] == "stream" and output["name"] == "stderr"
    )
