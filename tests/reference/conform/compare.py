"""Our numbers beside the reference's, field by field, with the tolerances of the reference files.

A number agrees when it is within a relative tolerance (closed forms 1e-10, iterated estimators 1e-8,
intervals for tau2 1e-6), or when both are below 1e-13 in size (rounding of an exact 0). The relative
error of a p-value is that of its statistic times about twice its logarithm, so its tolerance grows
with -log p.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

CLOSED_FORM = 1e-10
ITERATED = 1e-8
INTERVAL_OF_TAU2 = 1e-6
ROUNDING = 1e-13
CRITERIA = frozenset({"ll", "dev", "AIC", "BIC", "AICc"})
ESTIMATES = ("beta", "pred", "intrcpt", "estimate", "ci.lb", "ci.ub", "pi.lb", "pi.ub")
P_VALUES = frozenset({"pval", "pvals", "QEp", "QMp", "QEp.Wld", "QEp.LRT", "Qp", "MHp", "COp", "BDp", "TAp"})


@dataclass(frozen=True)
class Difference:
    """A known difference of the reference: why, and what shows that it is all there is to a case.

    Either `fields` (what our API gives when it is asked for what the reference computed) agree where
    our answer did not, or no value is further away than `at_most`.
    """

    reason: str
    fields: Callable[[], dict[str, Any]] | None = None
    at_most: float = 0.0


@dataclass
class Answer:
    """What our API says for a case, in the reference's names.

    `fields` may be nested dicts; a list is compared element by element. `empty` names fields that we
    leave empty on purpose, with the reason. `bounds` gives the fields at both ends of what the
    reference's own convergence tolerance allows. `known` are differences of the reference that this
    case may show. `finer` are tolerances of single fields, by their name or its last part.
    """

    fields: dict[str, Any]
    tolerance: float
    empty: dict[str, str] = field(default_factory=dict)
    bounds: Callable[[], tuple[dict[str, Any], dict[str, Any]]] | None = None
    known: tuple[Difference, ...] = ()
    finer: dict[str, float] = field(default_factory=dict)


@dataclass
class Comparison:
    """The verdict on one case."""

    compared: int = 0
    largest: float = 0.0
    wrong: list[str] = field(default_factory=list)
    design: list[str] = field(default_factory=list)
    loose: int = 0
    unreported: list[str] = field(default_factory=list)


def compare(answer: Answer, expected: Mapping[str, Any], newer: Mapping[str, Any] | None) -> Comparison:
    """Compare every field that both sides have; a field may match `expected` or `newer`."""
    expected, newer = _renamed(expected), _renamed(newer or {})
    verdict = _compare_fields(answer, expected, newer)
    for difference in answer.known if verdict.wrong else ():
        if difference.fields is not None:
            other = _compare_fields(replace(answer, fields=difference.fields()), expected, newer)
            explained = other.compared > 0 and not other.wrong
        else:
            explained = verdict.largest <= difference.at_most
        if explained:
            return Comparison(compared=verdict.compared, design=[difference.reason], loose=verdict.loose)
    return verdict


def _renamed(expected: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the reference's names of a subgroup test those of the omnibus test that it is."""
    if "Q_between" not in expected:
        return expected
    names = {"Q_between": "QM", "df": "m", "p": "QMp"}
    return {names.get(name, name): value for name, value in expected.items()}


def _compare_fields(answer: Answer, expected: Mapping[str, Any], newer: Mapping[str, Any]) -> Comparison:
    verdict = Comparison()
    ours, later = dict(leaves(answer.fields)), dict(leaves(newer))
    differing: dict[str, tuple[Any, float]] = {}
    for name, value in leaves(expected):
        if name not in ours:
            verdict.unreported.append(name.split("[")[0])
            continue
        key, mine = name.split("[")[0], ours[name]
        if mine is None and value is not None and key in answer.empty:
            verdict.design.append(f"{name}: {answer.empty[key]}")
            continue
        verdict.compared += 1
        least = _scale(name, key, ours)
        difference = min(_difference(key, mine, other, least) for other in (value, later.get(name, value)))
        if difference <= _allowed(key, mine, answer):
            verdict.largest = max(verdict.largest, difference)
        else:
            differing[name] = (value, difference)
    if differing:
        _judge(verdict, differing, ours, answer)
    return verdict


def _judge(
    verdict: Comparison, differing: dict[str, tuple[Any, float]], ours: dict[str, Any], answer: Answer
) -> None:
    """Sort differing values into those the reference's own convergence explains, and wrong ones."""
    low, high = ({}, {}) if answer.bounds is None else map(dict, map(leaves, answer.bounds()))
    for name, (reference, difference) in differing.items():
        if _between(reference, ours[name], low.get(name), high.get(name)):
            verdict.loose += 1
        else:
            verdict.largest = max(verdict.largest, difference)
            verdict.wrong.append(f"{name}: ours {ours[name]!r}, reference {reference!r} ({difference:.1e})")


def _allowed(key: str, mine: Any, answer: Answer) -> float:
    tolerance = answer.finer.get(key, answer.finer.get(key.rsplit(".", maxsplit=1)[-1], answer.tolerance))
    if {key, key.rsplit(".", maxsplit=1)[-1]} & P_VALUES and isinstance(mine, float) and 0.0 < mine < 1.0:
        return tolerance * (1.0 - 2.0 * math.log(mine))
    return tolerance


def _scale(name: str, key: str, ours: Mapping[str, Any]) -> float:
    """Return the least size of a value: an estimate or an end near 0 is a difference, se is its scale.

    Criteria are sums of logarithms that may end near 0: their scale is 1.
    """
    last = key.rsplit(".", maxsplit=1)[-1]
    if last in CRITERIA:
        return 1.0
    of_estimate = next((e for e in ESTIMATES if key == e or key.endswith(f".{e}")), None)
    if of_estimate is None:
        return 0.0
    se = ours.get(name.replace(key, f"{key.removesuffix(of_estimate)}se", 1))
    return abs(se) if isinstance(se, float) and math.isfinite(se) else 0.0


def _difference(key: str, mine: Any, reference: Any, least: float) -> float:
    """Return the relative difference; infinite where the two are of different kinds."""
    if mine is None or reference is None:
        return 0.0 if mine is reference else math.inf
    if isinstance(mine, (str, bool)) or isinstance(reference, bool):
        return 0.0 if mine == reference else math.inf
    theirs = float(reference)
    if math.isinf(theirs) or math.isinf(mine):
        return 0.0 if mine == theirs else math.inf
    if abs(mine) <= ROUNDING and abs(theirs) <= ROUNDING:
        return 0.0
    # R2 is a percentage left over from a subtraction: 100 is its scale, not its value.
    size = 100.0 if key == "R2" else max(abs(theirs), least, 1e-300)
    return float(abs(mine - theirs) / size)


def _between(reference: Any, mine: Any, low: Any, high: Any) -> bool:
    """Say whether the reference lies where its own convergence tolerance allows it to."""
    if None in (reference, mine, low, high) or isinstance(reference, (bool, str)):
        return False
    ends = sorted((float(low), float(high), float(mine)))
    return ends[0] <= float(reference) <= ends[-1]


def leaves(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every number of nested dicts and lists with a name; a list of one is its element."""
    for key, value in tree.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            yield from leaves(value, f"{name}.")
        elif isinstance(value, list):
            flat = list(_flat(value))
            if len(flat) == 1:
                yield name, flat[0]
            else:
                yield f"{name}[length]", len(flat)
                yield from ((f"{name}[{i}]", item) for i, item in enumerate(flat))
        else:
            yield name, value


def _flat(values: list[Any]) -> Iterator[Any]:
    for value in values:
        if isinstance(value, list):
            yield from _flat(value)
        else:
            yield value
