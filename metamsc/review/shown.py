"""A stranger's text in the report of an impact: shown as it is, and nothing else."""

from __future__ import annotations

import html
import re
from typing import Any

from metamsc.tables.write_text import escape_markdown

LONGEST = 120
"""Letters of one value that are shown."""
_UNSEEN = "\N{ZERO WIDTH SPACE}"
_CALLS = re.compile(r"([@#])|(://)|\b(www)(?=\.)|\b(GH)(?=-\d)", re.IGNORECASE)
"""What a service makes a mention, an issue's link or an address of, also in Markdown's plain text."""


def shown(value: Any, longest: int = LONGEST) -> str:
    """Return a value of a record as text for one cell of Markdown."""
    if value is None:
        return "–"
    text = escape_markdown(_plain(value, longest).replace("&", "&amp;"))
    return _quiet(text.replace("\\<", "&lt;").replace("\\>", "&gt;"))


def summary_text(value: Any) -> str:
    """Return text for between tags, where Markdown's backslashes would be seen."""
    return _quiet(html.escape(_plain(value, LONGEST), quote=False))


def _plain(value: Any, longest: int) -> str:
    text = " ".join(str(value).split())
    text = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _quiet(text: str) -> str:
    """Put a space without width where a name would notify somebody, or an address become a link."""
    return _CALLS.sub(lambda found: _split(found[0]), text)


def _split(call: str) -> str:
    return f":{_UNSEEN}//" if call == "://" else f"{call}{_UNSEEN}"
