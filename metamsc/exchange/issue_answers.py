"""The answers of a filled issue form, as people write them: headings they touched, words for "nothing".

Only what has one meaning is understood: "n = 21 patients" is 21, "PMID: 26553832" a number, "NCT 0137" one
word. Everything else is left for the conversion to judge.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from metamsc.exchange.issue_fields import FIELDS, Field

NO_ANSWER = "_No response_"
_NOTHING = frozenset({"", "no response", "none", "n/a", "na", "-", "–", "—", "?", "unknown", "not known"})
"""What people write instead of leaving a field open; "not reported" is a word of records, and stays."""
_HEADING = re.compile(r"\s*(?:#{1,6}\s+|\*\*)?(?P<label>\S.*?)(?:\*\*)?\s*[:：?]?\s*(?:\*\*)?\s*#*\s*")
_FENCE = re.compile(r"`{3,}|~{3,}")
_COUNT = re.compile(r"(?:n\s*=?\s*)?(\d{1,6})(?:\s+[^\W\d]+)?", re.IGNORECASE)
_DOI = re.compile(
    r"(?:doi\b|https?://(?:dx\.)?doi\.org/|[\s:])*(10\.\d{4,9}/[^\s<>\"]+?)[.,;]?", re.IGNORECASE
)
_PMID = re.compile(
    r"(?:(?:pmid|pubmed)\b|https?://pubmed\.ncbi\.nlm\.nih\.gov/|[\s:])*(\d{1,8})/?", re.IGNORECASE
)
_ADDRESS = re.compile(r"https?://[^\s<>()\[\]\"]+")


@dataclass(frozen=True, slots=True)
class Answer:
    """What was written into a field, and the line it begins in."""

    field: Field
    text: str
    line: int

    def without(self, lines: frozenset[int]) -> Answer:
        """Return the answer with some of its lines, by their number in the issue, empty."""
        texts = self.text.split("\n")
        kept = ["" if self.line + i in lines else text for i, text in enumerate(texts)]
        return replace(self, text="\n".join(kept))


def read_answers(text: str) -> tuple[dict[str, Answer], tuple[tuple[int, str], ...]]:
    """Return the answers by key of their field, and the headings that stand twice with their lines.

    A heading is one only where the form has it, as the form writes it; where a field has none so, one that
    somebody touched (another level, bold, small letters, a colon) stands for it.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    headings = _headings(lines)
    found: dict[str, Answer] = {}
    twice: list[tuple[int, str]] = []
    places = sorted(headings)
    for at, end in zip(places, [*places, len(lines)][1:], strict=True):
        field = headings[at]
        if any(headings[other] is field for other in places if other < at):
            twice.append((at + 1, field.label))
        answer = _answer(field, lines[at + 1 : end], at + 2)
        if answer is not None:
            found[field.key] = answer
    return found, tuple(twice)


def _headings(lines: list[str]) -> dict[int, Field]:
    """Return the places of headings, counted from 0."""
    exact = {field.label: field for field in FIELDS}
    found = {
        at: exact[line[4:].strip()]
        for at, line in enumerate(lines)
        if line.startswith("### ") and line[4:].strip() in exact
    }
    missing = {field.label.casefold(): field for field in FIELDS if field not in found.values()}
    touched: dict[int, Field] = {}
    for at, line in enumerate(lines):
        heading = _HEADING.fullmatch(line) if len(line) < 200 and at not in found else None
        field = None if heading is None else missing.get(" ".join(heading["label"].casefold().split()))
        if field is not None and _stands_alone(lines, at) and field not in touched.values():
            touched[at] = field
    return found | touched


def _stands_alone(lines: list[str], at: int) -> bool:
    """Whether a line has an empty line, or the end, above it, or is marked as a heading."""
    return at == 0 or not lines[at - 1].strip() or lines[at].lstrip().startswith(("#", "**"))


def _answer(field: Field, lines: list[str], begin: int) -> Answer | None:
    first = next((i for i, line in enumerate(lines) if line.strip()), len(lines))
    text = "\n".join(lines[first:]).strip()
    fence = _FENCE.match(text)
    if fence is not None:  # a field that the form renders as code
        first += 1
        text = "\n".join(lines[first:]).rstrip().removesuffix(fence[0]).rstrip()
    if text.strip("_*").strip().casefold() in _NOTHING:
        return None
    return Answer(field, _understood(field.key, text), begin + first)


def _understood(key: str, text: str) -> str:
    """Return an answer without what people write around it."""
    find: dict[str, Callable[[str], str]] = {
        "n_treated": lambda said: _whole(_COUNT, said),
        "n_control": lambda said: _whole(_COUNT, said),
        "pmid": lambda said: _whole(_PMID, said),
        "doi": lambda said: _whole(_DOI, said),
        "registration": lambda said: re.sub(r"\b(NCT|ISRCTN)[\s:]+(?=\d)", r"\1", said, flags=re.IGNORECASE),
        "source.url": lambda said: next(iter(_ADDRESS.findall(said)), said),
    }
    return find[key](text) if key in find else text


def _whole(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.fullmatch(text.strip())
    return text if found is None else found[1]


def group_names(written: Collection[str]) -> dict[str, str]:
    """Return which of the form's two groups a name stands for, by the name in small letters.

    Where two names would become one group ("cells", "treated"), they may be two, and both stay.
    """
    known = {name.casefold() for name in written}
    found = {}
    for group, words in (("msc", _TREATED), ("control", _UNTREATED)):
        meant = sorted(known & words)
        if len(meant) == 1:
            found[meant[0]] = group
    return found


_TREATED = frozenset({"msc", "mscs", "cells", "treated", "treatment", "intervention"})
_UNTREATED = frozenset({"control", "controls", "placebo", "sham", "vehicle", "untreated"})
