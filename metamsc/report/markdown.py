"""The Markdown that this package writes, and the way from it to plain text.

What is written is a small part of pandoc's: paragraphs, headings, bold, code, citations in brackets. All text
that comes from a record or a plan is escaped, so that an unescaped sign is always ours.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from metamsc.tables.write_text import escape_markdown

_TOKEN = re.compile(
    r"\\(?P<escaped>.)"
    r"|`(?P<code>[^`]*)`"
    r"|\[(?P<cited>[^\[\]\\]*@[^\[\]\\]*)\]"
    r"|(?P<bold>\*\*)",
    re.DOTALL,
)
_KEY = re.compile(r"@(\w+(?:[-_.]\w+)*)")


def escaped(text: str) -> str:
    """Return text on one line that Markdown shows as it is."""
    return escape_markdown(" ".join(text.split()))


def cited_keys(markdown: str) -> tuple[str, ...]:
    """Return the keys that a text cites, each once, in order."""
    found: dict[str, None] = {}
    for token in _TOKEN.finditer(markdown):
        if token["cited"] is not None:
            found |= dict.fromkeys(_KEY.findall(token["cited"]))
    return tuple(found)


def without_markup(markdown: str, cite: Callable[[str], str]) -> str:
    """Return a paragraph as plain text.

    Parameters
    ----------
    markdown : str
        Written by this package.
    cite : callable
        Key of a work -> what stands for it in running text; "" leaves it out.

    Returns
    -------
    str
    """

    def shown(token: re.Match[str]) -> str:
        if token["escaped"] is not None:
            return token["escaped"]
        if token["code"] is not None:
            return token["code"]
        return "" if token["bold"] is not None else _citation(token["cited"], cite)

    return re.sub(r" +([,.;:])", r"\1", re.sub(r" {2,}", " ", _TOKEN.sub(shown, markdown)))


def _citation(inside: str, cite: Callable[[str], str]) -> str:
    """Return ``(Viechtbauer 2005; Higgins 2009)``; nothing where no key is to be shown."""
    parts = []
    for part in inside.split(";"):
        key = _KEY.search(part)
        name = cite(key[1]) if key is not None else ""
        if key is not None and name:
            parts.append(part.replace(key[0], name).strip())
    return f"({'; '.join(parts)})" if parts else ""
