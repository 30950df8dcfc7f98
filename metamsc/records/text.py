"""The text of a YAML file: from bytes to characters, and what keeps it from being YAML in plain words."""

from __future__ import annotations

import re

import yaml

from metamsc.errors import Problem

MAX_BYTES = 1_000_000
"""Largest file that is read; a long record has 60 KB."""

BAD_CHARACTER = re.compile(
    r"[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
    r"|[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0"
    r"\ufff0-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""What YAML does not allow unescaped, and what changes a text without being seen (zero width, direction,
fillers that are letters without ink, tags that carry a hidden text)."""

_INK_ASCII = bytes([*b"\t\n\r", *range(0x20, 0x7F)])
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

_SYNTAX_HINTS = (
    ("mapping values are not allowed", "a text that contains ': ' needs quotes around it"),
    (
        "cannot start any token",
        "a text that begins with % @ ` or a tab needs quotes; indent with spaces, not tabs",
    ),
    (
        "did not find expected ',' or",
        "a list in [ ] or a mapping in { } is not closed, or a text in it needs quotes",
    ),
    ("did not find expected key", "check the indentation of this line, and quotes that end too early"),
    ("did not find expected '-'", "the entries of a list stand in one column, each with '- ' before it"),
    ("could not find expected ':'", "a key is followed by ': '; a long text needs quotes or '>-'"),
    ("unexpected end of stream", "a quote or bracket that begins here is never closed"),
    ("block sequence entries are not allowed", "begin a list on a line of its own, below its key"),
    ("escape", "inside double quotes a backslash is written \\\\; single quotes take it as it is"),
)


def name_character(character: str) -> str:
    """Write a character that cannot be shown: U+202E."""
    return f"U+{ord(character):04X}"


def syntax_problem(error: yaml.YAMLError, file: str) -> Problem:
    """Turn an error of libyaml into a problem with a line and, where one is known, a remedy."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    text = getattr(error, "problem", None) or str(error)
    context = getattr(error, "context", None)
    message = f"not YAML: {context + ', ' if context else ''}{text}"
    hint = next((hint for part, hint in _SYNTAX_HINTS if part in text), "")
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (0, 0)
    return Problem(file, line, column, "Y105", "", message, hint)


def decode(content: bytes, file: str) -> str | Problem:
    """Return the text of the file without its byte-order mark, or what keeps it from being text."""
    if len(content) > MAX_BYTES:
        return Problem(
            file,
            0,
            0,
            "Y102",
            "",
            f"the file has {len(content):,} bytes",
            f"at most {MAX_BYTES:,}; one file, one study",
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line = before.count(b"\n") + 1
        column = error.start - before.rfind(b"\n")
        return Problem(
            file, line, column, "Y103", "",
            f"byte 0x{content[error.start]:02X} is not UTF-8", "save the file with the encoding UTF-8",
        )  # fmt: skip
    # what is left without plain ASCII is little: looking through all of the text takes ten times as long
    rare = content.removeprefix(_BYTE_ORDER_MARK).translate(None, _INK_ASCII)
    found = BAD_CHARACTER.search(text) if BAD_CHARACTER.search(rare.decode("utf-8")) else None
    if found:
        line = text.count("\n", 0, found.start()) + 1
        column = found.start() - text.rfind("\n", 0, found.start())
        return Problem(
            file,
            line,
            column,
            "Y104",
            "",
            f"the file holds the character {name_character(found[0])}",
            "remove it",
        )
    return text
