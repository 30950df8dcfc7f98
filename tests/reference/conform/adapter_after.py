"""What follows a fit: ``predict``, ``confint``, ``weights`` -> `predict_effects`, `tau2_interval`, `pool`."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from metamsc.effects import back_transform
from metamsc.models.heterogeneity import tau2_interval
from metamsc.models.pool import pool
from metamsc.models.regression import predict_effects

from .adapter_rma import ROOT_TOLERANCE, Floats, RmaFit, control_setting, level_of, text_of
from .compare import INTERVAL_OF_TAU2, Answer
from .r_eval import Arguments, Env
from .r_parser import Node
from .r_values import NotSupportedError, numeric

# The reference sums Farebrother's series for the distribution of a quadratic form as CompQuadForm stops
# it. Against Imhof's integral, with which ours agrees to 1e-14, its probabilities are up to 2.4e-4 off.
SERIES_ERROR = 3e-4
NO_PI = "no prediction interval with fewer than 3 studies"


def predict(arguments: Arguments) -> Answer:
    """Answer a call of ``predict``."""
    bound = arguments.bind("object", "newmods", "intercept")
    unknown = set(bound) - {"object", "newmods", "level", "pi.type", "transf", "targs", "digits", "addx"}
    if unknown:
        raise NotSupportedError(f"predict({', '.join(sorted(unknown))}=)")
    env = arguments.env
    fit = _fit(env.evaluate(bound["object"]))
    known = fit.known(lambda other: _predicted(other, bound, env))
    answer = Answer(_predicted(fit, bound, env), fit.tolerance, known=known)
    if fit.slack:
        answer.bounds = lambda: (
            _predicted(fit.shifted(-1.0), bound, env),
            _predicted(fit.shifted(1.0), bound, env),
        )
    if fit.result.k < 3:
        answer.empty = dict.fromkeys(("pi.lb", "pi.ub"), NO_PI)
    return answer


def _fit(value: Any) -> RmaFit:
    if not isinstance(value, RmaFit):
        raise NotSupportedError(f"a fit of kind {type(value).__name__}")
    return value


def _predicted(fit: RmaFit, bound: dict[str, Node], env: Env) -> dict[str, Any]:
    options = dict(fit.options)
    if "level" in bound:
        options["level"] = level_of(env, bound)
    default = "normal" if options["ci_method"] == "wald" else "t"
    kind = text_of(env, bound, "pi.type", "default").lower()
    if kind not in ("default", "riley", "t", "simple"):
        raise NotSupportedError(f"prediction interval of type {kind}")
    options["pi_method"] = {"default": default}.get(kind, kind)
    new = None if "newmods" not in bound else _new_rows(fit, numeric(env.evaluate(bound["newmods"])))
    predictions = predict_effects(fit.y, fit.v, new_X=new, **options, **fit.kwargs)
    fields: dict[str, Any] = {
        "pred": [p.estimate for p in predictions],
        "se": [p.se for p in predictions],
        "ci.lb": [p.ci.low for p in predictions],
        "ci.ub": [p.ci.high for p in predictions],
        "pi.lb": [None if p.pi is None else p.pi.low for p in predictions],
        "pi.ub": [None if p.pi is None else p.pi.high for p in predictions],
    }
    if "transf" in bound:
        fields = _transformed(fields, fit, bound, env)
    return fields


def _new_rows(fit: RmaFit, given: Floats) -> Floats:
    if fit.design is None:
        raise NotSupportedError("newmods without moderators")
    n_mods = len(fit.design.names) - (1 if fit.design.has_intercept else 0)
    rows = given if given.ndim == 2 else given[:, None] if n_mods == 1 else given[None, :]
    return np.column_stack([np.ones(len(rows)), rows]) if fit.design.has_intercept else rows


def _transformed(fields: dict[str, Any], fit: RmaFit, bound: dict[str, Node], env: Env) -> dict[str, Any]:
    """Bring predictions to the reader's scale with the measure's own back-transformation."""
    names = {"exp": "RR", "transf.exp.int": "", "transf.ztor": "ZCOR", "transf.ilogit": "PLO",
             "transf.iarcsin": "PAS", "transf.ipft.hm": "PFT"}  # fmt: skip
    node = bound["transf"]
    measure = names.get(node.get("name", ""), "") if isinstance(node, dict) else ""
    if not measure:
        raise NotSupportedError(f"transformation {node!r}")
    options: dict[str, Any] = {}
    if measure == "PFT":
        sizes = numeric(env.evaluate(bound["targs"]).get("ni"))
        options["size"] = 1.0 / float(np.mean(1.0 / sizes))
    return {
        name: [None if x is None else float(back_transform(measure, x, **options)) for x in values]
        for name, values in fields.items()
        if name != "se"
    }


def confint(arguments: Arguments) -> Answer:
    """Answer a call of ``confint``."""
    bound = arguments.bind("object", "parm", "level")
    unknown = set(bound) - {"object", "level", "fixed", "random", "type", "control", "digits"}
    if unknown:
        raise NotSupportedError(f"confint({', '.join(sorted(unknown))}=)")
    env = arguments.env
    fit = _fit(env.evaluate(bound["object"]))
    options = dict(fit.options)
    if "level" in bound:
        options["level"] = level_of(env, bound)
    own = options["tau2_method"] == "GENQ"
    asked = "GENQ" if own else text_of(env, bound, "type", "QP").upper()
    kind = {"QP": "q-profile", "PL": "profile-likelihood", "GENQ": "generalised-q"}.get(asked)
    if kind is None or "tau2" in options or (asked == "PL" and "weights" in options):
        raise NotSupportedError("this kind of interval for tau2")
    table = _intervals(fit, kind, options)
    if own:
        return _of_generalised_q(fit, options, table)
    slack = max(control_setting(bound, env, "tol", ROOT_TOLERANCE), fit.slack)
    # The reference searches up to tau2.max; ours has no such limit, so it is compared there.
    limit = control_setting(bound, env, "tau2.max", max(100.0, 10.0 * table.tau2[0]))
    centred = replace(fit, y=fit.y - fit.y.mean())
    return Answer(
        table.fields(0.0, limit),
        INTERVAL_OF_TAU2,
        bounds=lambda: (table.fields(-slack, limit), table.fields(slack, limit)),
        known=fit.known(lambda _: _intervals(centred, kind, options).fields(0.0, limit)),
    )


def _of_generalised_q(fit: RmaFit, options: dict[str, Any], table: _Intervals) -> Answer:
    """Compare with an interval whose probabilities are off by `SERIES_ERROR` at most."""
    level = options["level"]

    def fields(shift: float) -> dict[str, Any]:
        moved = _intervals(fit, "generalised-q", {**options, "level": level + 2.0 * shift})
        return moved.fields(0.0, math.inf) | {"fixed": table.fixed}

    return Answer(
        table.fields(0.0, math.inf),
        INTERVAL_OF_TAU2,
        bounds=lambda: (fields(-SERIES_ERROR), fields(SERIES_ERROR)),
    )


@dataclass(frozen=True)
class _Intervals:
    """Estimate, lower and upper end for tau2, and of the coefficients."""

    tau2: tuple[float, float, float]
    typical: float
    inconsistency: tuple[float, float]
    fixed: dict[str, dict[str, float]]
    empty: bool

    def fields(self, shift: float, limit: float) -> dict[str, Any]:
        """Return the reference's table, tau2 moved by `shift` and cut off at `limit`."""
        ends = [min(max(x + shift, 0.0), limit) for x in self.tau2]
        I2 = [100.0 * x / (self.typical + x) for x in ends]
        H2 = [1.0 + x / self.typical for x in ends]
        if not shift:
            I2[0], H2[0] = self.inconsistency
        rows = {"tau^2": ends, "tau": [x**0.5 for x in ends], "I^2(%)": I2, "H^2": H2}
        names = ("estimate", "ci.lb", "ci.ub")
        random = {row: dict(zip(names, values, strict=True)) for row, values in rows.items()}
        return {"random": random, "fixed": self.fixed, "ci.null": self.empty}


def _intervals(fit: RmaFit, kind: str, options: dict[str, Any]) -> _Intervals:
    method, level = options["tau2_method"], options["level"]
    own = {"weights": options["weights"]} if kind == "generalised-q" else {}
    interval = tau2_interval(fit.y, fit.v, method=kind, tau2_method=method, level=level, **own, **fit.kwargs)
    pooled = pool(fit.y, fit.v, **options, **fit.kwargs)
    h = pooled.heterogeneity
    fixed = {
        name: {"estimate": c.estimate, "ci.lb": c.ci.low, "ci.ub": c.ci.high}
        for name, c in zip(fit.coef_names(), pooled.coefficients, strict=True)
    }
    ends = (h.tau2, interval.tau2.low, interval.tau2.high)
    return _Intervals(ends, _typical_variance(fit), (h.I2, h.H2), fixed, interval.empty)


def _typical_variance(fit: RmaFit) -> float:
    """Return the typical sampling variance, from H2 = 1 + tau2 / typical at tau2 = 1."""
    at_one = pool(fit.y, fit.v, tau2_method="DL", tau2=1.0, **fit.kwargs)
    return 1.0 / (at_one.heterogeneity.H2 - 1.0)


def weights(arguments: Arguments) -> Answer:
    """Answer a call of ``weights``."""
    bound = arguments.bind("object")
    if set(bound) != {"object"}:
        raise NotSupportedError("weights of another type")
    fit = _fit(arguments.env.evaluate(bound["object"]))
    answer = Answer({"value": list(fit.result.weights_percent)}, fit.tolerance)
    if fit.slack:
        ends = [fit.shifted(shift).result.weights_percent for shift in (-1.0, 1.0)]
        answer.bounds = lambda: ({"value": list(ends[0])}, {"value": list(ends[1])})
    return answer
