"""Trim and fill, fail-safe numbers, excess significance.

``trimfill`` -> `trim_and_fill`, ``fsn`` -> `fail_safe_number`, ``tes`` -> `excess_significance`.

The reference runs them with any number of studies, so every call here is forced. Its trim and fill fits with
convergence at the default, whatever the model's own, and its versions differ by up to 1e-5 where tau2 is
iterated: what is pooled is compared within 1e-4, and the filled effects within what that default allows.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.special import ndtr

from metamsc.models.pool import pool
from metamsc.sensitivity.excess import ExcessSignificance, excess_significance
from metamsc.sensitivity.fail_safe import METHODS, FailSafe, fail_safe_number
from metamsc.sensitivity.trim_fill import TrimFill, trim_and_fill

from .adapter_bias import data_of, frame_of_call, plain_fit, refuse_unknown
from .adapter_rma import CLOSED_METHODS, FISHER_THRESHOLD, ROOT_TOLERANCE, RmaFit, text_of
from .compare import CLOSED_FORM, Answer, Difference
from .r_eval import Adapter, Arguments, Env
from .r_parser import Node
from .r_values import NotSupportedError, as_vector, scalar

# Of the reference files: what versions of the reference differ by where tau2 of the filled set is iterated.
FILLED_ITERATED = 1e-4
# Above so many ways to be significant the reference takes chi-square for its exact test.
MOST_COMBINATIONS = 10**6
PLAIN_MEAN = (
    "the older reference's mean for Orwin is plain unless told; ours is weighted, as the newer reference's"
)
ROUNDING_RANKED = "the effects are all the same: the reference ranks the rounding errors of their mean"


def trimfill(arguments: Arguments) -> Answer:
    """Answer a call of ``trimfill``."""
    bound = arguments.bind("x", "side", "estimator")
    refuse_unknown("trimfill", bound, {"x", "side", "estimator", "verbose", "maxiter"})
    env = arguments.env
    fit = plain_fit(env.evaluate(bound["x"]))
    result = trim_and_fill(
        fit.y,
        fit.v,
        estimator=text_of(env, bound, "estimator", "L0"),
        side=text_of(env, bound, "side", "") or None,
        measure=fit.measure,
        force=True,
        **fit.options,
    )
    y, v = np.append(fit.y, result.filled_yi), np.append(fit.v, result.filled_vi)
    filled = replace(fit, y=y, v=v, result=result.adjusted)
    fields = {
        **filled.fields(),
        "k0": result.k0,
        "se.k0": result.k0_se,
        "p.k0": result.k0_p,
        "k0.est": result.estimator,
        "side": result.side,
    }
    # The reference marks the filled rows counting rows with missing values, which its results leave out.
    if _rows_given(bound["x"], env) in (None, fit.y.size):
        fields |= {"filled_yi": list(result.filled_yi), "filled_vi": list(result.filled_vi)}
    answer = Answer(fields, filled.tolerance)
    if result.k0 and fit.options["tau2_method"] not in CLOSED_METHODS:
        answer.tolerance = FILLED_ITERATED
        answer.bounds = lambda: (_filled_at(fit, filled, result, -1.0), _filled_at(fit, filled, result, 1.0))
    elif fit.slack:
        answer.bounds = lambda: (filled.shifted(-1.0).fields(), filled.shifted(1.0).fields())
    if np.ptp(fit.y) <= 1e-13 * np.abs(fit.y).max():
        answer.known = (Difference(ROUNDING_RANKED, at_most=math.inf),)
    return answer


def _rows_given(node: Node, env: Env) -> int | None:
    """Return how many rows the data of a call of ``rma`` have, missing values and all."""
    frame = frame_of_call(node, env)
    return None if not frame else max(len(as_vector(column)) for column in frame.values())


def _filled_at(fit: RmaFit, filled: RmaFit, result: TrimFill, shift: float) -> dict[str, Any]:
    """Return what is filled and pooled, tau2 of either pool moved by what the default allows."""
    method = fit.options["tau2_method"]
    slack = ROOT_TOLERANCE if method in ("PM", "PMM") else FISHER_THRESHOLD
    order = np.argsort(-fit.y if result.side == "right" else fit.y, kind="stable")[: fit.y.size - result.k0]
    y, v = fit.y[order], fit.v[order]
    trimmed = pool(y, v, **fit.options)
    tau2 = max(0.0, trimmed.heterogeneity.tau2 + shift * slack)
    moved = pool(y, v, **{**fit.options, "tau2": tau2})
    step = 2.0 * (moved.estimate - trimmed.estimate)
    pooled = replace(filled, slack=slack).shifted(shift).fields()
    return {**pooled, "filled_yi": [y + step for y in result.filled_yi]}


def fsn(arguments: Arguments) -> Answer:
    """Answer a call of ``fsn``."""
    renamed = Arguments(
        [("x" if name == "yi" else name, node) for name, node in arguments.items], arguments.env
    )
    bound = renamed.bind("x", "vi", "sei")
    known = {"x", "vi", "sei", "data", "type", "alpha", "target", "weighted", "method", "exact", "digits"}
    refuse_unknown("fsn", bound, known)
    env = arguments.env
    inner = env.within(env.evaluate(bound["data"]) if "data" in bound else None)
    y, v, fit, _ = data_of(bound, env, inner)
    kind = text_of(inner, bound, "type", "Rosenthal" if fit is None else "General")
    if kind not in METHODS:
        raise NotSupportedError(f"fail-safe number of type {kind}")
    alpha = scalar(inner.evaluate(bound["alpha"])) if "alpha" in bound else 0.05
    options: dict[str, Any] = {"method": kind, "alpha": alpha}
    if kind == "General":
        exact = "exact" in bound and bool(as_vector(inner.evaluate(bound["exact"]))[0])
        options["tau2_update"] = "refitted" if exact else "moments"
        if fit is not None and fit.options["ci_method"] != "wald":
            raise NotSupportedError("a general fail-safe number with Student's t")
        own = "REML" if fit is None else str(fit.options["tau2_method"])
        options["tau2_method"] = text_of(inner, bound, "method", own)
        if "target" in bound:
            options["target"] = scalar(inner.evaluate(bound["target"]))
    if kind == "Orwin":
        options["target"] = scalar(inner.evaluate(bound["target"])) if "target" in bound else None
        weighted = as_vector(inner.evaluate(bound["weighted"]))[0] if "weighted" in bound else True
        options["weighted"] = bool(weighted)
    answer = Answer(_fail_safe(fail_safe_number(y, v, **options), alpha), CLOSED_FORM)
    if kind == "Orwin" and "weighted" not in bound:
        plain = fail_safe_number(y, v, **{**options, "weighted": False})
        answer.known = (Difference(PLAIN_MEAN, fields=lambda: _fail_safe(plain, alpha)),)
    return answer


def _fail_safe(found: FailSafe, alpha: float) -> dict[str, Any]:
    return {
        "type": found.method,
        "fsnum": math.inf if found.n is None else found.n,
        "alpha": alpha,
        "pval": found.p,
        "meanes": found.estimate,
        "target": found.target,
    }


def tes(arguments: Arguments) -> Answer:
    """Answer a call of ``tes``; which test it takes by default depends on what that costs the reference."""
    bound = arguments.bind("x", "vi", "sei")
    known = {"x", "vi", "sei", "data", "test", "alternative", "alpha", "theta", "tau2", "tes.alpha"}
    known |= {"progbar", "digits"}
    refuse_unknown("tes", bound, known)
    env = arguments.env
    inner = env.within(env.evaluate(bound["data"]) if "data" in bound else None)
    y, v, fit, _ = data_of(bound, env, inner)
    options: dict[str, Any] = {
        "alternative": text_of(inner, bound, "alternative", "two.sided").replace(".", "-")
    }
    for theirs, ours in {
        "alpha": "alpha",
        "theta": "theta",
        "tau2": "tau2",
        "tes.alpha": "limit_alpha",
    }.items():
        if theirs in bound:
            options[ours] = scalar(inner.evaluate(bound[theirs]))
    if fit is not None:
        options |= {"theta": fit.result.estimate, "tau2": fit.result.heterogeneity.tau2}
    found = excess_significance(y, v, force=True, **options)
    if "test" in bound:
        test = text_of(inner, bound, "test", "")
    else:
        combinations = sum(math.comb(found.k, j) for j in range(found.observed, found.k + 1))
        test = "exact" if combinations <= MOST_COMBINATIONS else "chi2"
    found = excess_significance(y, v, force=True, test={"binom": "binomial"}.get(test, test), **options)
    answer = Answer({**_excess(found), "test": test}, CLOSED_FORM)
    # The reference integrates over theta +- 5 tau, ours in closed form; and it searches the limit by roots.
    if found.tau2 > 0.0:
        answer.tolerance = ROOT_TOLERANCE
    answer.bounds = lambda: (_excess_at(found, -ROOT_TOLERANCE), _excess_at(found, ROOT_TOLERANCE))
    return answer


def _excess_at(found: ExcessSignificance, step: float) -> dict[str, Any]:
    """Return what a root, and where the reference integrates the number expected, may be off by."""
    fields: dict[str, Any] = {} if found.limit is None else {"theta.lim": found.limit + step}
    if found.tau2 > 0.0 and found.chi2 is not None:
        expected = found.expected * (1.0 + step)
        z = (found.observed - expected) / math.sqrt(expected * (1.0 - expected / found.k))
        fields |= {"X2": z * z, "pval": float(ndtr(-z))}
    return fields


def _excess(found: ExcessSignificance) -> dict[str, Any]:
    return {
        "k": found.k,
        "O": found.observed,
        "E": found.expected,
        "OEratio": found.ratio,
        "X2": found.chi2,
        "pval": found.p,
        "power": list(found.power),
        "sig": list(found.significant),
        "theta": found.theta,
        "theta.lim": found.limit,
    }


def register(adapters: dict[str, Adapter]) -> None:
    """Add what this module answers."""
    adapters |= {"trimfill": trimfill, "fsn": fsn, "tes": tes}
