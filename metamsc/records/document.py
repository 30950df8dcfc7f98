"""The field tables of `docs/records.md`: ``python -m metamsc.records.document docs/records.md``."""

from __future__ import annotations

import enum
import re
import sys
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

import metamsc.vocabulary
from metamsc.records import model, values
from metamsc.records.descriptions import described
from metamsc.vocabulary import Vocabulary

BEGIN, END = "<!-- fields: generated -->", "<!-- end of fields -->"

PARTS: tuple[tuple[str, type[BaseModel]], ...] = (
    ("the record", model.Study),
    ("study", model.StudyInfo),
    ("population", model.Population),
    ("model", model.AnimalModel),
    ("model.induction", model.InductionDetail),
    ("arms[]", model.Arm),
    ("arms[].cells", model.Cells),
    ("sources.KEY", model.Source),
    ("results[]", model.Result),
    ("results[].arms.ARM", values.ArmValue),
    ("results[].contrast", values.Contrast),
    ("results[].between", values.PrintedTest),
    ("missing_results[]", model.MissingResult),
    ("risk_of_bias[]", model.RiskOfBias),
    ("risk_of_bias[].domains[]", model.DomainJudgement),
    ("to_confirm[]", model.ToConfirm),
    ("acknowledged[]", values.Acknowledgement),
    ("extraction", model.Extraction),
    ("age, disease_duration, bmi, body_weight", values.Characteristic),
    ("dose", values.Quantity),
    ("spread", values.Spread),
    ("derivations[]", values.Derivation),
)
"""Every part of a record, in the order in which it is written."""

_PLACES = {part: path for path, part in PARTS}

_WORDS = {str: "text", int: "whole number", float: "number", bool: "true/false"}


def kind_of(annotation: Any) -> str:
    """Return what a field holds, in words: "list of text", "`T1D`, `T2D`, ...", "mapping"."""
    if hasattr(annotation, "__metadata__"):
        return kind_of(annotation.__origin__)
    args = [arg for arg in get_args(annotation) if arg is not type(None)]
    origin = get_origin(annotation)
    if origin is tuple:
        inner = kind_of(args[0])
        return (
            "two numbers"
            if args == [float, float]
            else f"two of {inner}"
            if len(args) == 2 and args[1] is not Ellipsis
            else f"list of {inner}".replace("of mapping,", "of mappings,")
        )
    if origin is dict:
        return kind_of(args[1])
    if isinstance(annotation, type):
        if issubclass(annotation, Vocabulary):
            return f"one of [{annotation.__name__}](#{annotation.__name__.lower()})"
        if issubclass(annotation, BaseModel):
            return f"mapping, see {_PLACES[annotation]}"
        return _WORDS[annotation]
    if args and all(isinstance(arg, int) for arg in args):
        return ", ".join(str(arg) for arg in args)
    if args and all(isinstance(arg, str) for arg in args):
        return "one of " + ", ".join(f"`{arg}`" for arg in args)
    return kind_of(args[0])


def _row(name: str, field: FieldInfo) -> str:
    needed = "yes" if field.is_required() else ""
    default = field.default
    if not field.is_required() and default not in (None, ()):
        shown = default.value if isinstance(default, enum.Enum) else str(default).lower()
        needed = f"`{shown}`"
    text = " ".join((field.description or "").split()).replace("|", "\\|")
    return f"| `{field.alias or name}` | {kind_of(field.annotation)} | {needed} | {text} |"


def _part_lines(path: str, part: type[BaseModel]) -> list[str]:
    summary = (part.__doc__ or "").split("\n")[0]
    lines = [f"### {path}", "", summary, "", "| field | holds | needed, or default | |", "|---|---|---|---|"]
    lines += [_row(name, field) for name, field in described(part).items()]
    return [*lines, ""]


def _vocabularies() -> list[type[Vocabulary]]:
    found: dict[str, type[Vocabulary]] = {}
    for _, part in PARTS:
        for field in part.model_fields.values():
            for word in re.findall(r"\[(\w+)\]\(#", kind_of(field.annotation)):
                found[word] = getattr(metamsc.vocabulary, word)
    return [found[name] for name in sorted(found)]


def field_tables() -> str:
    """Return every field of every part, then every allowed word, as Markdown."""
    lines: list[str] = []
    for path, part in PARTS:
        lines += _part_lines(path, part)
    lines += ["## Allowed words", ""]
    for words in _vocabularies():
        lines += [f"### {words.__name__}", "", (words.__doc__ or "").split("\n")[0], ""]
        lines += [f"- `{word.value}`: {word.meaning}" for word in words]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def with_field_tables(page: str) -> str:
    """Return the page with its generated part written anew."""
    before, rest = page.split(BEGIN)
    after = rest.split(END)[1]
    return f"{before}{BEGIN}\n\n{field_tables()}\n{END}{after}"


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(with_field_tables(path.read_text(encoding="utf-8")), encoding="utf-8")
