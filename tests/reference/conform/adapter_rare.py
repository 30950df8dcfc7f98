"""``rma.mh`` and ``rma.peto`` -> `mantel_haenszel`, `peto`; their ``leave1out`` and ``cumul``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metamsc.models.rare.counts import ZeroCells
from metamsc.models.rare.mantel_haenszel import mantel_haenszel
from metamsc.models.rare.peto import peto
from metamsc.models.rare.results import StratifiedResult

from .adapter_rma import level_of, text_of
from .compare import CLOSED_FORM, Answer
from .r_eval import Arguments, Env
from .r_parser import Node
from .r_values import NotSupportedError, as_vector, numeric

Floats = NDArray[np.float64]

_COUNTS = ("ai", "bi", "ci", "di", "n1i", "n2i", "x1i", "x2i", "t1i", "t2i", "xi", "mi", "ni", "ti")
IGNORED = {"slab", "digits", "control", "verbose"}


def values_of(bound: dict[str, Node], inner: Env) -> dict[str, Floats]:
    """Return the counts given, in the reference's names, without rows that miss one; sizes filled in."""
    given = {name: numeric(inner.evaluate(bound[name])) for name in _COUNTS if name in bound}
    if not given:
        raise NotSupportedError("no counts")
    for size, (events, rest) in {"n1i": ("ai", "bi"), "n2i": ("ci", "di"), "ni": ("xi", "mi")}.items():
        if rest in given:
            given[size] = given[events] + given.pop(rest)
    return given


def complete_counts(given: dict[str, Floats], *others: Floats) -> NDArray[np.bool_]:
    """Say which rows miss nothing."""
    arrays = [*given.values(), *others]
    missing = [np.isnan(a) if a.ndim == 1 else np.isnan(a).any(axis=1) for a in arrays]
    return np.asarray(~np.any(missing, axis=0))


def named_of(measure: str, given: dict[str, Floats]) -> dict[str, Floats]:
    """Return the counts under our names."""
    names = {
        **dict.fromkeys(("OR", "RR", "RD"), ("ai", "n1i", "ci", "n2i")),
        **dict.fromkeys(("IRR", "IRD"), ("x1i", "t1i", "x2i", "t2i")),
        "PLO": ("xi", "ni"),
        "IRLN": ("xi", "ti"),
    }
    ours = {
        4: ("events_treat", "{}_treat", "events_control", "{}_control"),
        2: ("events", "{}"),
    }
    if measure not in names or any(name not in given for name in names[measure]):
        raise NotSupportedError(f"measure {measure} with these counts")
    size = "time" if measure.startswith("IR") else "n"
    theirs = names[measure]
    return {our.format(size): given[name] for our, name in zip(ours[len(theirs)], theirs, strict=True)}


def setup_of(arguments: Arguments, known: set[str]) -> tuple[dict[str, Node], Env, Any]:
    bound = arguments.bind()
    unknown = set(bound) - known - set(_COUNTS) - IGNORED - {"data", "measure", "level"}
    if unknown:
        raise NotSupportedError(f"argument {', '.join(sorted(unknown))}")
    frame = arguments.env.evaluate(bound["data"]) if "data" in bound else None
    return bound, arguments.env.within(frame), frame


@dataclass(frozen=True)
class StratifiedFit:
    """A Mantel-Haenszel or Peto fit that can be made again for some of its studies."""

    method: Callable[..., StratifiedResult]
    counts: dict[str, Floats]
    options: dict[str, Any]
    result: StratifiedResult

    def of(self, rows: list[int]) -> StratifiedResult:
        """Return the result for some of the studies."""
        return self.method(**{name: x[rows] for name, x in self.counts.items()}, **self.options)

    def fields(self) -> dict[str, Any]:
        """Return the result in the reference's names."""
        r = self.result
        tests = {"MH": r.association, "CO": r.cochran, "BD": r.breslow_day, "TA": r.tarone}
        fields = _effect_fields(r)
        fields |= {"k": r.k, "p": 1, "tau2": 0.0, "k.yi": r.k_effects, "int.only": True}
        fields |= {name: None if t is None else t.statistic for name, t in tests.items()}
        fields |= {f"{name}p": None if t is None else t.p for name, t in tests.items()}
        return fields

    def answer(self) -> Answer:
        """Compare the fit itself."""
        return Answer(self.fields(), CLOSED_FORM)


def _effect_fields(r: StratifiedResult) -> dict[str, Any]:
    Q = r.homogeneity
    return {
        "beta": r.estimate,
        "se": r.se,
        "zval": r.statistic,
        "pval": r.p,
        "ci.lb": None if r.ci is None else r.ci.low,
        "ci.ub": None if r.ci is None else r.ci.high,
        "QE": None if Q is None else Q.statistic,
        "QEp": None if Q is None else Q.p,
        "I2": r.I2,
        "H2": r.H2,
    }


def _zero_cells(bound: dict[str, Node], inner: Env) -> dict[str, ZeroCells]:
    """Return the rules for the studies' own effects (first values) and the pooled one (second)."""
    rules = [ZeroCells(), ZeroCells(add=0.0, to="none", drop00=False)]
    for name in ("add", "to", "drop00"):
        if name in bound:
            values = as_vector(inner.evaluate(bound[name]))
            convert = {"add": float, "to": str, "drop00": bool}[name]
            for i, value in enumerate(values[:2]):
                rules[i] = replace(rules[i], **{name: convert(value)})
    return {"study_zeros": rules[0], "pooled_zeros": rules[1]}


def rma_mh(arguments: Arguments) -> StratifiedFit:
    """Answer a call of ``rma.mh``."""
    bound, inner, _ = setup_of(arguments, {"add", "to", "drop00", "correct"})
    measure = text_of(inner, bound, "measure", "OR")
    given = values_of(bound, inner)
    kept = complete_counts(given)
    counts = named_of(measure, {name: x[kept] for name, x in given.items()})
    options: dict[str, Any] = {"level": level_of(inner, bound), **_zero_cells(bound, inner)}
    if "correct" in bound:
        options["correct"] = bool(as_vector(inner.evaluate(bound["correct"]))[0])

    def method(**keywords: Any) -> StratifiedResult:
        return mantel_haenszel(measure, **keywords)

    return StratifiedFit(method, counts, options, method(**{**counts, **options}))


def rma_peto(arguments: Arguments) -> StratifiedFit:
    """Answer a call of ``rma.peto``."""
    bound, inner, _ = setup_of(arguments, {"add", "to", "drop00"})
    given = values_of(bound, inner)
    kept = complete_counts(given)
    counts = named_of("OR", {name: x[kept] for name, x in given.items()})
    options: dict[str, Any] = {"level": level_of(inner, bound), **_zero_cells(bound, inner)}
    return StratifiedFit(peto, counts, options, peto(**{**counts, **options}))


def _table(results: list[StratifiedResult]) -> Answer:
    """Return one row per result, as ``leave1out`` and ``cumul`` give them."""
    names = {"beta": "estimate", "QE": "Q", "QEp": "Qp"}
    rows = [_effect_fields(result) for result in results]
    fields = {names.get(name, name): [row[name] for row in rows] for name in rows[0]}
    return Answer(fields, CLOSED_FORM)


def _stratified(arguments: Arguments) -> StratifiedFit:
    """Return the fit that a call is about."""
    bound = arguments.bind("x")
    if set(bound) - {"x", "digits"}:
        raise NotSupportedError(f"argument {', '.join(sorted(set(bound) - {'x', 'digits'}))}")
    fit = arguments.env.evaluate(bound["x"])
    if not isinstance(fit, StratifiedFit):
        raise NotSupportedError(f"a fit of kind {type(fit).__name__}")
    return fit


def leave1out(arguments: Arguments) -> Answer:
    """Answer ``leave1out`` of a Mantel-Haenszel or Peto fit."""
    fit = _stratified(arguments)
    k = fit.result.k
    return _table([fit.of([i for i in range(k) if i != out]) for out in range(k)])


def cumul(arguments: Arguments) -> Answer:
    """Answer ``cumul`` of a Mantel-Haenszel or Peto fit, in the order of the studies."""
    fit = _stratified(arguments)
    return _table([fit.of(list(range(n))) for n in range(1, fit.result.k + 1)])
