"""After ``rma.mv``: predictions, profile intervals, tests, weights, random effects, deletions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from metamsc.models.dependent_influence import (
    DeletedResidual,
    delete_clusters,
    hat_values,
    standardised_dependent_residuals,
)
from metamsc.models.inflation import variance_inflation_multilevel
from metamsc.models.linear_tests import linear_tests_multilevel
from metamsc.models.multilevel.compare import compare_multilevel
from metamsc.models.multilevel.fit import MultilevelFit
from metamsc.models.multilevel.predict import predict_multilevel, predicted_effects
from metamsc.models.structured.compare import compare_structured
from metamsc.models.structured.predict import predict_structured

from . import adapter_mv_intervals
from .adapter_covariance import labels_of
from .adapter_multilevel import LOG_LIKELIHOOD, MULTILEVEL, MvFit
from .adapter_rma import level_of, statistics_of, text_of
from .adapter_tests import (
    adjustment_of,
    chosen_coefficients,
    combination_fields,
    groups_of,
    inflation_fields,
    joint_fields,
)
from .compare import Answer
from .dispatch import for_kind
from .r_eval import Adapter, Arguments
from .r_values import NotSupportedError, as_vector, make_factor, numeric

# Deletions are fitted by the reference at its default convergence, 1e-8 of the likelihood.
DELETED = 2e-4
_QUIET = {"digits", "progbar"}


def _bound(arguments: Arguments, first: str, *known: str) -> dict[str, Any]:
    bound = arguments.bind(first, *(("object2",) if "object2" in known else ()))
    unknown = set(bound) - {first, *known} - _QUIET
    if unknown:
        raise NotSupportedError(f"argument {', '.join(sorted(unknown))} with rma.mv")
    return bound


def predict(fit: MvFit, arguments: Arguments) -> Answer:
    """Answer ``predict``."""
    bound = arguments.bind("object", "newmods")
    if set(bound) - {"object", "newmods", "level", "digits", "tau2.levels"}:
        raise NotSupportedError(f"predict({', '.join(sorted(set(bound)))}=) of rma.mv")
    env = arguments.env
    new = None
    if "newmods" in bound:
        if fit.design is None:
            raise NotSupportedError("newmods without moderators")
        rows = numeric(env.evaluate(bound["newmods"]))
        n_mods = len(fit.design.names) - (1 if fit.design.has_intercept else 0)
        rows = rows if rows.ndim == 2 else rows[:, None] if n_mods == 1 else rows[None, :]
        new = np.column_stack([np.ones(len(rows)), rows]) if fit.design.has_intercept else rows
    level = level_of(env, bound) if "level" in bound else None
    if isinstance(fit.fit, MultilevelFit):
        found = predict_multilevel(fit.fit, new, level=level)
    elif "tau2.levels" in bound:
        raise NotSupportedError("predict with tau2.levels")
    else:
        found = predict_structured(fit.fit, new, level=level)
    fields: dict[str, Any] = {
        "pred": [p.estimate for p in found],
        "se": [p.se for p in found],
        "ci.lb": [p.ci.low for p in found],
        "ci.ub": [p.ci.high for p in found],
    }
    if all(p.pi is not None for p in found):
        fields |= {
            "pi.lb": [None if p.pi is None else p.pi.low for p in found],
            "pi.ub": [None if p.pi is None else p.pi.high for p in found],
        }
    return Answer(fields, fit.tolerance, known=fit.known)


def anova(fit: MvFit, arguments: Arguments) -> Answer:
    """Answer ``anova``: of two fits, of some coefficients (btt), of combinations of them (X)."""
    bound = _bound(arguments, "object", "object2", "btt", "X", "L", "adjust")
    env = arguments.env
    if "object2" in bound:
        other = env.evaluate(bound["object2"])
        if not isinstance(other, MvFit):
            raise NotSupportedError("anova of a multilevel fit and one of another kind")
        return _two_fits(fit, other)
    names = ["intrcpt"] if fit.design is None else list(fit.design.names)
    given = bound.get("X", bound.get("L"))
    if given is None:
        rows = np.eye(len(names))[chosen_coefficients(bound.get("btt"), env, names)]
        return Answer(joint_fields(linear_tests_multilevel(fit.fit, rows)), MULTILEVEL, known=fit.known)
    rows = numeric(env.evaluate(given))
    rows = rows if rows.ndim == 2 else rows[None, :]
    found = linear_tests_multilevel(fit.fit, rows, adjustment=adjustment_of(env, bound))
    return Answer(combination_fields(found), MULTILEVEL, known=fit.known)


def _two_fits(one: MvFit, other: MvFit) -> Answer:
    full, reduced = sorted((one, other), key=_n_parameters, reverse=True)
    if isinstance(full.fit, MultilevelFit) and isinstance(reduced.fit, MultilevelFit):
        test = compare_multilevel(full.fit, reduced.fit)
    else:
        test = compare_structured(full.fit, reduced.fit)
    fields: dict[str, Any] = {
        "LRT": test.statistic,
        "pval": test.p,
        "R2": None,
        "tau2.f": None,
        "tau2.r": None,
    }
    for name, fit in (("f", full), ("r", reduced)):
        own = fit.statistics.reml if fit.fit.result.method == "REML" else fit.statistics.ml
        fields |= {
            f"QE.{name}": fit.fit.result.Q,
            f"parms.{name}": _n_parameters(fit),
            f"fit.stats.{name}": statistics_of(own),
        }
    tolerance = max(full.tolerance, reduced.tolerance)
    return Answer(fields, tolerance, finer={"ll": LOG_LIKELIHOOD, "LRT": 1e-5})


def _n_parameters(fit: MvFit) -> int:
    if isinstance(fit.fit, MultilevelFit):
        return int(fit.fit.model.n_coefs + fit.fit.model.free.sum())
    return fit.fit.model.n_coefs + fit.fit.likelihood.n_coordinates


def vif(fit: MvFit, arguments: Arguments) -> Answer:
    """Answer ``vif``."""
    bound = _bound(arguments, "x", "btt", "table")
    if fit.design is None:
        raise NotSupportedError("vif without moderators")
    groups = groups_of(bound.get("btt"), arguments.env, list(fit.design.names))
    return Answer(
        inflation_fields(variance_inflation_multilevel(fit.fit, groups=groups)), MULTILEVEL, known=fit.known
    )


def weights(fit: MvFit, arguments: Arguments) -> Answer:
    """Answer ``weights(type="rowsum")``."""
    bound = arguments.bind("object")
    if text_of(arguments.env, bound, "type", "matrix") != "rowsum":
        raise NotSupportedError("weights of rma.mv as a matrix")
    if not isinstance(fit.fit, MultilevelFit) or fit.fit.result.weights_percent is None:
        raise NotSupportedError("weights of this rma.mv fit")
    return Answer({"value": list(fit.fit.result.weights_percent)}, MULTILEVEL, known=fit.known)


def ranef(fit: MvFit, arguments: Arguments) -> Answer:
    """Answer ``ranef``: groups in R's order of their labels."""
    bound = _bound(arguments, "object", "level")
    if not isinstance(fit.fit, MultilevelFit):
        raise NotSupportedError("ranef of structured random effects")
    level = level_of(arguments.env, bound) if "level" in bound else None
    found = predicted_effects(fit.fit, level=level)
    table = {}
    for name, rows in found.items():
        own = list(rows)
        if all(len(r.label) == 1 for r in rows):
            keys = make_factor(as_vector([r.label[0] for r in rows]))
            own = [rows[list(keys.values).index(text)] for text in keys.levels]
        table[name] = {
            "intrcpt": [r.estimate for r in own],
            "se": [r.se for r in own],
            "pi.lb": [r.interval.low for r in own],
            "pi.ub": [r.interval.high for r in own],
            "levels": ["/".join(_label(part) for part in r.label) for r in own],
        }
    return Answer(table, MULTILEVEL, known=fit.known)


def _label(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def hatvalues(fit: MvFit, arguments: Arguments) -> Answer:
    """Answer ``hatvalues``."""
    _bound(arguments, "model")
    return Answer({"value": list(hat_values(fit.fit))}, fit.tolerance, known=fit.known)


def _deletions(fit: MvFit, bound: dict[str, Any], arguments: Arguments) -> Any:
    env = arguments.env
    if "cluster" not in bound:
        cluster = None
    else:
        frames = [v for v in env.names.values() if isinstance(v, dict)]
        inner = env.within(frames[0]) if frames else env
        cluster = list(labels_of(inner.evaluate(bound["cluster"])))
    again = True
    if "reestimate" in bound:
        again = bool(as_vector(env.evaluate(bound["reestimate"]))[0])
    return delete_clusters(fit.fit, cluster, reestimate=again)


def cooks_distance(fit: MvFit, arguments: Arguments) -> Answer:
    """Answer ``cooks.distance``."""
    bound = _bound(arguments, "model", "cluster", "reestimate")
    rows = _deletions(fit, bound, arguments)
    return Answer({"value": [None if r is None else r.cooks_distance for r in rows]}, DELETED)


def rstudent(fit: MvFit, arguments: Arguments) -> Answer:
    """Answer ``rstudent``; without clusters."""
    bound = _bound(arguments, "model", "reestimate")
    rows = [None if r is None else r.residuals[0] for r in _deletions(fit, bound, arguments)]
    return Answer(_residuals(rows), DELETED)


def rstandard(fit: MvFit, arguments: Arguments) -> Answer:
    """Answer ``rstandard``; without clusters."""
    _bound(arguments, "model")
    return Answer(_residuals(list(standardised_dependent_residuals(fit.fit))), fit.tolerance, known=fit.known)


def _residuals(rows: list[DeletedResidual | None]) -> dict[str, Any]:
    names = {"resid": "residual", "se": "se", "z": "z"}
    return {name: [None if r is None else getattr(r, ours) for r in rows] for name, ours in names.items()}


def register(adapters: dict[str, Adapter]) -> None:
    """Add these families, in front of whoever answers them for other fits."""
    mine: dict[str, Callable[[MvFit, Arguments], Answer]] = {
        "predict": predict,
        "confint": adapter_mv_intervals.confint,
        "weights": weights,
        "anova": anova,
        "vif": vif,
        "ranef": ranef,
        "hatvalues": hatvalues,
        "cooks.distance": cooks_distance,
        "rstudent": rstudent,
        "rstandard": rstandard,
    }
    for name, function in mine.items():
        adapters[name] = for_kind(MvFit, function, adapters.get(name))
