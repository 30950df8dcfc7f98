"""The generated tables of `docs/analysis.md`: ``python -m metamsc.analysis.document docs/analysis.md``."""

from __future__ import annotations

import enum
import sys
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from metamsc.analysis import grade_plan, spec, spec_figures, spec_model, spec_parts, spec_sensitivity
from metamsc.analysis.methods.choice import METHODS
from metamsc.analysis.methods.pool import DOUBLE_ZERO
from metamsc.analysis.methods.priors import TAU_PRIORS
from metamsc.analysis.plan import PLAN_CODES
from metamsc.analysis.regression import NUMERIC
from metamsc.dataset import selection
from metamsc.dataset.rows import EXCLUSION_CODES, MODERATORS
from metamsc.models.presets import PRESETS
from metamsc.records.descriptions import described
from metamsc.vocabulary import Vocabulary

BEGIN, END = "<!-- keys: generated -->", "<!-- end of keys -->"

PARTS: tuple[tuple[str, type[BaseModel]], ...] = (
    ("the plan", spec.AnalysisSpec),
    ("select", selection.Selection),
    ("select.time", selection.TimeRule),
    ("select.treatment", selection.TreatmentRule),
    ("select.risk_of_bias", selection.RiskOfBiasRule),
    ("select.exclude[]", selection.Leave),
    ("across_types", spec_parts.AcrossTypes),
    ("model", spec_model.ModelChoice),
    ("mid", spec_parts.Mid),
    ("sensitivity", spec_sensitivity.SensitivityPlan),
    ("sensitivity.analyses[]", spec_sensitivity.SensitivityChoice),
    ("sensitivity.small_study", spec_sensitivity.SmallStudyPlan),
    ("sensitivity.subsets", spec_sensitivity.SubsetsPlan),
    ("sensitivity.choices", spec_sensitivity.ChoicesPlan),
    ("multiverse.<decision>[]", spec_sensitivity.PathOption),
    ("known_missing[]", spec_parts.KnownMissing),
    ("figures", spec_figures.FiguresPlan),
    ("figures.forest", spec_figures.ForestFigure),
    ("grade[]", grade_plan.GradeEntry),
    ("grade[].importance", grade_plan.Importance),
    ("grade[].start", grade_plan.Start),
    ("grade[].<domain>", grade_plan.Judgement),
    ("grade[].upgrades", grade_plan.Upgrades),
    ("grade[].upgrades.large_effect", grade_plan.LargeEffect),
    ("grade[].upgrades.<other>", grade_plan.Upgrade),
    ("grade[].baseline_risk", grade_plan.BaselineRisk),
)
"""Every part of a plan, in the order in which it is written."""

_PLACES = {part: path for path, part in PARTS}
_WORDS: dict[Any, str] = {
    str: "text",
    float: "number",
    int: "whole number",
    bool: "true/false",
    dict: "mapping",
}


def kind_of(annotation: Any) -> str:
    """Return what a key holds, in words."""
    if hasattr(annotation, "__metadata__"):
        return kind_of(annotation.__origin__)
    args = [arg for arg in get_args(annotation) if arg is not type(None)]
    if get_origin(annotation) in (Union, UnionType) and len(args) > 1:
        return ", or ".join(kind_of(arg) for arg in args)
    if get_origin(annotation) is tuple:
        return f"list of {kind_of(args[0])}".replace("of mapping", "of mappings").replace("of one of", "of")
    if get_origin(annotation) is dict:
        return "mapping"
    if isinstance(annotation, type) and issubclass(annotation, Vocabulary):
        return f"[{annotation.__name__}](records.md#{annotation.__name__.lower()})"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return f"mapping, see {_PLACES[annotation]}"
    if annotation in _WORDS:
        return _WORDS[annotation]
    if all(isinstance(arg, str | int) for arg in args):
        listed = ", ".join(f"`{arg}`" for arg in args)
        return f"one of {listed}" if len(args) > 1 else listed
    return kind_of(args[0])


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "needed"
    value = field.get_default(call_default_factory=True)
    if value in (None, (), {}) or isinstance(value, BaseModel):
        return ""
    return f"`{_written(value)}`"


def _written(value: Any) -> str:
    """Write a default as a plan would."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(_written, value))}]"
    if isinstance(value, enum.Enum):
        return str(value.value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _part_lines(path: str, part: type[BaseModel]) -> list[str]:
    summary = (part.__doc__ or "").split("\n")[0]
    lines = [f"### {path}", "", summary, "", "| key | holds | default | |", "|---|---|---|---|"]
    for name, field in described(part).items():
        text = " ".join((field.description or "").split()).replace("|", "\\|")
        lines.append(
            f"| `{field.alias or name}` | {kind_of(field.annotation)} | {_default(field)} | {text} |"
        )
    return [*lines, ""]


def key_tables() -> str:
    """Return every key of every part, the presets, the moderators and the codes, as Markdown."""
    lines: list[str] = []
    for path, part in PARTS:
        lines += _part_lines(path, part)
    lines += ["### Presets", "", "| preset | tau2 | interval | prediction | after |", "|---|---|---|---|---|"]
    lines += [
        f"| `{name}` | {item.tau2_method} | {item.ci_method} | {item.pi_method} | {item.source} |"
        for name, item in PRESETS.items()
    ]
    lines += ["", "### Methods", "", "| method | what it does | a double-zero study |", "|---|---|---|"]
    lines += [f"| `{name}` | {text} | {DOUBLE_ZERO.get(name, '')} |" for name, text in METHODS.items()]
    lines += ["", "### Priors of tau", "", "| written | prior |", "|---|---|"]
    lines += [f"| `{name}` | {text} |" for name, text in TAU_PRIORS.items()]
    lines += ["", "### Moderators", "", ", ".join(f"`{name}`" for name in MODERATORS)]
    lines += ["", "Numbers in a formula of `mods`: " + ", ".join(f"`{name}`" for name in NUMERIC) + ".", ""]
    lines += ["### Why a result is left out", "", "| code | meaning |", "|---|---|"]
    lines += [f"| `{code}` | {meaning} |" for code, meaning in EXCLUSION_CODES.items()]
    lines += ["", "### Codes that only a plan has", "", "| code | meaning |", "|---|---|"]
    lines += [f"| `{code}` | {meaning} |" for code, meaning in PLAN_CODES.items()]
    return "\n".join(lines) + "\n"


def with_key_tables(page: str) -> str:
    """Return the page with its generated part written anew."""
    before, rest = page.split(BEGIN)
    after = rest.split(END)[1]
    return f"{before}{BEGIN}\n\n{key_tables()}\n{END}{after}"


if __name__ == "__main__":
    page_file = Path(sys.argv[1])
    page_file.write_text(with_key_tables(page_file.read_text(encoding="utf-8")), encoding="utf-8")
