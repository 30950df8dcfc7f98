"""Run every case of every reference file through the public API and say how many agree."""

from __future__ import annotations

import argparse
import json
import traceback
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import metamsc
from metamsc.errors import MetamscError

from . import (
    adapter_after,
    adapter_bias,
    adapter_effects,
    adapter_glmm,
    adapter_gosh,
    adapter_influence,
    adapter_missing,
    adapter_multilevel,
    adapter_rare,
    adapter_rma,
    adapter_selection,
)
from .adapter_rma import RmaFit
from .compare import Answer, Comparison, compare
from .r_eval import Adapter, Arguments, Env
from .r_parser import Node
from .r_values import NotSupportedError, as_vector

ADAPTERS: dict[str, Adapter] = {
    "escalc": adapter_effects.escalc,
    "rma": adapter_rma.rma,
    "rma.uni": adapter_rma.rma,
    "predict": adapter_after.predict,
    "confint": adapter_after.confint,
    "weights": adapter_after.weights,
    "rma.mh": adapter_rare.rma_mh,
    "rma.peto": adapter_rare.rma_peto,
    "rma.glmm": adapter_glmm.rma_glmm,
    "leave1out": adapter_rare.leave1out,
    "cumul": adapter_rare.cumul,
}
adapter_multilevel.register(ADAPTERS)
adapter_bias.register(ADAPTERS)
adapter_missing.register(ADAPTERS)
adapter_selection.register(ADAPTERS)
adapter_gosh.register(ADAPTERS)
adapter_influence.register(ADAPTERS)
SHOWN_FAILURES = 5
# Refusals where the reference gives numbers that mean nothing: weights without sampling error, selection
# weights relative to an interval without a study (there they end at the search's bounds), and robust tests
# whose clusters are not independent of each other.
DELIBERATE = (
    "sampling variance must be > 0",
    "no study has a p-value in the first interval",
    "whose effects are dependent",
    "makes dependent",
)
PACKAGE = Path(metamsc.__file__).resolve().parent


@dataclass
class Family:
    """Counts of one family of calls."""

    agree: int = 0
    disagree: int = 0
    not_supported: int = 0
    refused_by_design: int = 0
    values_compared: int = 0
    values_at_reference_tolerance: int = 0
    largest_relative_difference: float = 0.0
    failures: list[str] = field(default_factory=list)
    by_design: list[str] = field(default_factory=list)
    missing: dict[str, int] = field(default_factory=dict)
    unreported: dict[str, int] = field(default_factory=dict)


def main(argv: Sequence[str] | None = None) -> int:
    """Command line: a directory of reference files, optionally ``--json``."""
    parser = argparse.ArgumentParser(description="Compare metamsc with reference results.")
    parser.add_argument("directory", type=Path, help="directory of reference files (*.json)")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument("--all-failures", action="store_true", help="list every disagreement")
    options = parser.parse_args(argv)
    families = run_directory(options.directory)
    if not families:
        parser.error(f"no reference cases in {options.directory}")
    if options.json:
        print(json.dumps({name: asdict(f) for name, f in sorted(families.items())}, indent=1))
    else:
        print(report(families, None if options.all_failures else SHOWN_FAILURES))
    return 1 if any(f.disagree for f in families.values()) else 0


def run_directory(directory: Path) -> dict[str, Family]:
    """Run every file of `directory` that holds reference cases."""
    families: dict[str, Family] = {}
    for path in sorted(directory.glob("*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(content, dict) and "cases" in content:
            for case in content["cases"]:
                family = families.setdefault(family_of(case["ast"]), Family())
                _count(family, f"{path.stem}/{case['id']}", case, content.get("data") or {})
    return families


def family_of(ast: list[Node]) -> str:
    """Return the function whose result a case is about: the outermost call of its last expression."""
    last = ast[-1]
    while isinstance(last, dict) and last.get("call") in ("<-", "(", "$", "["):
        last = last["args"][-1 if last["call"] == "<-" else 0][1]
    return str(last.get("call", "other")) if isinstance(last, dict) else "other"


def _count(family: Family, label: str, case: dict[str, Any], data: dict[str, Any] | list[Any]) -> None:
    """Run one case and book its outcome; each case is booked exactly once."""
    expected = case["expect"] if isinstance(case["expect"], dict) else {"value": case["expect"]}
    try:
        answer = _answer(case["ast"], data)
    except NotSupportedError as missing:
        family.not_supported += 1
        reason = str(missing)
        family.missing[reason] = family.missing.get(reason, 0) + 1
        return
    except MetamscError as refusal:
        _count_refusal(family, label, expected, refusal)
        return
    except Exception as crash:  # noqa: BLE001 - whatever it is, it is to be counted and shown
        _count_crash(family, label, crash)
        return
    if "error" in expected:
        family.disagree += 1
        family.failures.append(f"{label}: the reference stops ({expected['error']}); ours does not")
        return
    _count_comparison(family, label, compare(answer, expected, case.get("metafor_5_1_12")))


def _count_crash(family: Family, label: str, crash: Exception) -> None:
    """Book a crash: inside metamsc it is a disagreement, inside the runner a call it cannot read."""
    text = f"{type(crash).__name__}: {crash}"
    frames = traceback.extract_tb(crash.__traceback__)
    if any(Path(frame.filename).is_relative_to(PACKAGE) for frame in frames):
        family.disagree += 1
        family.failures.append(f"{label}: crashed: {text}")
    else:
        family.not_supported += 1
        reason = f"the runner cannot evaluate {label} ({text})"
        family.missing[reason] = family.missing.get(reason, 0) + 1


def _count_refusal(family: Family, label: str, expected: dict[str, Any], refusal: MetamscError) -> None:
    if "error" in expected:
        family.agree += 1
    elif any(text in str(refusal) for text in DELIBERATE):
        family.refused_by_design += 1
        family.by_design.append(f"{label}: {refusal}")
    else:
        family.disagree += 1
        family.failures.append(f"{label}: ours stops: {refusal}")


def _count_comparison(family: Family, label: str, verdict: Comparison) -> None:
    family.values_compared += verdict.compared
    family.values_at_reference_tolerance += verdict.loose
    family.largest_relative_difference = max(family.largest_relative_difference, verdict.largest)
    for name in set(verdict.unreported):
        family.unreported[name] = family.unreported.get(name, 0) + 1
    if verdict.wrong:
        family.disagree += 1
        family.failures.append(f"{label}: {'; '.join(verdict.wrong[:4])}")
    elif verdict.design:
        family.refused_by_design += 1
        family.by_design.append(f"{label}: {'; '.join(verdict.design)}")
    elif verdict.compared:
        family.agree += 1
    else:
        family.not_supported += 1
        reason = "none of its values is one that ours reports"
        family.missing[reason] = family.missing.get(reason, 0) + 1


def _answer(ast: list[Node], data: dict[str, Any] | list[Any]) -> Answer:
    """Evaluate a case; only its call and its data are looked at."""
    objects = {} if isinstance(data, list) else {name: _object(value) for name, value in data.items()}
    env = Env(objects, None, ADAPTERS)
    value: Any = None
    for expression in ast:
        value = env.evaluate(expression)
    if isinstance(value, RmaFit):
        return adapter_rma.answer_rma(value)
    if isinstance(value, Answer):
        return value
    if hasattr(value, "answer"):
        answer: Answer = value.answer()
        return answer
    raise NotSupportedError(f"a result of kind {type(value).__name__}")


def _object(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: as_vector(column) for name, column in value.items()}
    return as_vector(value)


def report(families: dict[str, Family], shown: int | None) -> str:
    """Return the report as text."""
    head = (
        f"{'family':<14}{'agree':>7}{'disagree':>10}{'not supp.':>11}{'by design':>11}{'largest diff.':>15}"
    )
    lines = [head, "-" * len(head)]
    for name, f in sorted(families.items(), key=lambda item: -(item[1].agree + item[1].disagree)):
        largest = f"{f.largest_relative_difference:.1e}" if f.values_compared else "-"
        counts = f"{f.agree:>7}{f.disagree:>10}{f.not_supported:>11}{f.refused_by_design:>11}"
        lines.append(f"{name:<14}{counts}{largest:>15}")
    total = [sum(getattr(f, a) for f in families.values()) for a in
             ("agree", "disagree", "not_supported", "refused_by_design")]  # fmt: skip
    lines.append(f"{'all':<14}{total[0]:>7}{total[1]:>10}{total[2]:>11}{total[3]:>11}")
    compared = sum(f.values_compared for f in families.values())
    loose = sum(f.values_at_reference_tolerance for f in families.values())
    lines.append(
        f"\n{compared} values compared, {loose} of them within the reference's own convergence only."
    )
    for name, f in sorted(families.items()):
        if f.failures:
            lines.append(f"\n{name}: {len(f.failures)} disagree")
            lines += [f"  {text}" for text in f.failures[:shown]]
        if f.by_design:
            lines.append(f"\n{name}: {len(f.by_design)} refused by design")
            lines += [f"  {text}" for text in f.by_design]
        if f.missing and (f.agree or f.disagree):
            lines.append(f"\n{name}: {f.not_supported} not supported")
            lines += [f"  {count} x {reason}" for reason, count in sorted(f.missing.items())]
        if f.unreported:
            fields = ", ".join(f"{field} ({count})" for field, count in sorted(f.unreported.items()))
            lines.append(f"\n{name}: fields of the reference that ours does not report: {fields}")
    return "\n".join(lines)


__all__ = ["Arguments", "Family", "family_of", "main", "report", "run_directory"]
