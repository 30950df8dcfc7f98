"""``confint`` of ``rma.mv`` fits: the profile likelihood of each variance and correlation."""

from __future__ import annotations

from typing import Any

from metamsc.models.multilevel.fit import MultilevelFit, fit_multilevel
from metamsc.models.structured.fit import StructuredFit
from metamsc.models.structured.predict import structured_intervals

from .adapter_multilevel import MvFit
from .adapter_rma import ROOT_TOLERANCE, level_of
from .compare import Answer
from .r_eval import Arguments
from .r_values import NotSupportedError

COVARIANCE = "at its bound: ours keeps the matrix a covariance, the reference searches beyond or stops before"


def confint(fit: MvFit, arguments: Arguments) -> Answer:
    """Answer ``confint``: the profile likelihood of each variance and correlation."""
    bound = arguments.bind("object")
    if set(bound) - {"object", "level", "digits"}:
        raise NotSupportedError(f"confint({', '.join(sorted(bound))}=) of rma.mv")
    level = level_of(arguments.env, bound) if "level" in bound else fit.fit.model.level
    lowest = _lowest_correlations(fit)
    rows = (
        _nested_rows(fit.fit, level) if isinstance(fit.fit, MultilevelFit) else _structured_rows(fit, level)
    )

    def fields(shift: float) -> dict[str, Any]:
        table: dict[str, Any] = {}
        for name, root, estimate, low, high in rows:
            ends = [estimate, low + shift, high + shift]
            ends = [max(x, 0.0) for x in ends] if root else ends
            names = ("estimate", "ci.lb", "ci.ub")
            table[name] = dict(zip(names, ends, strict=True))
            if name in lowest and low < lowest[name] + ROOT_TOLERANCE:
                table[name]["ci.lb"] = None
            if root:
                table[root] = dict(zip(names, [x**0.5 for x in ends], strict=True))
        return table

    def shaped(shift: float) -> dict[str, Any]:
        # Of one parameter the reference gives a plain interval, of several a list of them.
        return {"random": fields(shift)} if len(rows) == 1 else fields(shift)

    bounds = shaped(-ROOT_TOLERANCE), shaped(ROOT_TOLERANCE)
    empty = dict.fromkeys(("rho.ci.lb", "phi.ci.lb"), COVARIANCE)
    return Answer(shaped(0.0), fit.tolerance, known=fit.known, bounds=lambda: bounds, empty=empty)


def _lowest_correlations(fit: MvFit) -> dict[str, float]:
    """Return the bound of each correlation below which its matrix is no covariance any more."""
    if isinstance(fit.fit, MultilevelFit):
        return {}
    structures = {term.name: term.structure for term in fit.fit.likelihood.terms}
    found = {}
    for name, symbol in zip(fit.inner, ("rho", "phi"), strict=False):
        kind = structures[name].kind
        found[symbol] = {
            "CS": -1.0 / (structures[name].m - 1),
            "HCS": -1.0 / (structures[name].m - 1),
            "CAR": -2.0,
        }.get(kind, -1.0)
    return found


_Row = tuple[str, str, float, float, float]


def _nested_rows(fit: MultilevelFit, level: float) -> list[_Row]:
    model = fit.model
    again = fit_multilevel(
        model.yi,
        model.blocks.rescaled(1.0 / model.scale),
        random=[{f.name: f.codes} for f in model.factors],
        X=model.design.X,
        names=None if model.design.X is None else model.design.names,
        method=model.method,
        ci_method="wald",
        level=level,
    ).result
    found = []
    for j, c in enumerate(again.components, start=1):
        if c.ci is None:
            raise NotSupportedError("confint of rma.mv with a variance that is not estimated")
        suffix = f".{j}" if len(again.components) > 1 else ""
        found.append((f"sigma^2{suffix}", f"sigma{suffix}", c.sigma2, c.ci.low, c.ci.high))
    return found


def _structured_rows(fit: MvFit, level: float) -> list[_Row]:
    if not isinstance(fit.fit, StructuredFit) or any(t.structure == "UN" for t in fit.fit.result.terms):
        raise NotSupportedError("confint of an unstructured matrix")
    found = structured_intervals(fit.fit, level=level)
    symbols = {name: ("tau", "rho") if i == 0 else ("gamma", "phi") for i, name in enumerate(fit.inner)}
    counts = {t.name: len(t.variances) for t in fit.fit.result.terms}
    n_intercepts = len(counts) - len(fit.inner)
    rows: list[_Row] = []
    seen: dict[str, int] = {}
    for p in found:
        variance, correlation = symbols.get(p.term, ("sigma", ""))
        low, high = p.ci.low, p.ci.high
        if p.parameter == "rho":
            rows.append((correlation, "", p.estimate, low, high))
            continue
        several = n_intercepts > 1 if variance == "sigma" else counts[p.term] > 1
        seen[variance] = seen.get(variance, 0) + 1
        suffix = f".{seen[variance]}" if several else ""
        rows.append((f"{variance}^2{suffix}", f"{variance}{suffix}", p.estimate, low, high))
    return rows
