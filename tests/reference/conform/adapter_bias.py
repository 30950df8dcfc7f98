"""Tests for small-study effects.

``regtest``, ``lm`` -> `regress_on_precision`; ``ranktest`` -> `rank_correlation`. The reference
tests with any number of studies, so every call here is forced.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from metamsc.models.inference import two_sided_p
from metamsc.models.pool import pool
from metamsc.sensitivity.bias import RegressionTest, regress_on_precision
from metamsc.sensitivity.rank_test import rank_correlation

from . import adapter_rma
from .adapter_rma import (
    CLOSED_METHODS,
    FISHER_THRESHOLD,
    ROOT_TOLERANCE,
    TESTS,
    Floats,
    RmaFit,
    level_of,
    text_of,
)
from .compare import CLOSED_FORM, ITERATED, Answer
from .r_eval import Adapter, Arguments, Env, Formula
from .r_parser import Node
from .r_values import NotSupportedError, numeric

PREDICTORS = {"sei": "se", "vi": "variance", "ni": "n", "ninv": "1/n", "sqrtni": "sqrt(n)",
              "sqrtninv": "1/sqrt(n)"}  # fmt: skip
LM_PREDICTORS = {"sqrt(vi)": "se", "vi": "variance"}
TWO_STUDIES = "two studies lie on one line: ours refuses a regression on precision below three"


def refuse_unknown(name: str, bound: dict[str, Node], known: set[str]) -> None:
    unknown = set(bound) - known
    if unknown:
        raise NotSupportedError(f"{name}({', '.join(sorted(unknown))}=)")


def plain_fit(value: Any) -> RmaFit:
    """Return a fit by inverse variances without moderators."""
    if not isinstance(value, RmaFit):
        raise NotSupportedError(f"a fit of kind {type(value).__name__}")
    if value.design is not None or {"weights", "tau2"} & set(value.options):
        raise NotSupportedError("a fit with moderators, weights or a given tau2")
    return value


def data_of(
    bound: dict[str, Node], env: Env, inner: Env
) -> tuple[Floats, Floats, RmaFit | None, Floats | None]:
    """Return effects, variances, the fit they come from, and sizes; rows that miss something are out."""
    first = inner.evaluate(bound["x"])
    sizes = numeric(inner.evaluate(bound["ni"])) if "ni" in bound else None
    if isinstance(first, RmaFit):
        fit = plain_fit(first)
        if sizes is None:
            sizes = _sizes_of_call(bound["x"], env)
        return fit.y, fit.v, fit, sizes if sizes is None or sizes.size == fit.y.size else None
    y = numeric(first)
    v = numeric(inner.evaluate(bound["vi"])) if "vi" in bound else numeric(inner.evaluate(bound["sei"])) ** 2
    if sizes is None and "ni" in inner.names:
        sizes = numeric(inner.names["ni"])
    kept = ~(np.isnan(y) | np.isnan(v))
    return y[kept], v[kept], None, None if sizes is None else sizes[kept]


def _sizes_of_call(node: Node, env: Env) -> Floats | None:
    """Return the sizes that go with a call of ``rma``: the column `ni` of its data, complete rows only."""
    frame = frame_of_call(node, env)
    if "ni" not in frame:
        return None
    bound = Arguments([(name, arg) for name, arg in node["args"]], env).bind("yi", "vi", "sei")
    if "vi" not in bound:
        return None
    inner = env.within(frame)
    y, v = numeric(inner.evaluate(bound["yi"])), numeric(inner.evaluate(bound["vi"]))
    kept = ~(np.isnan(y) | np.isnan(v))
    return numeric(frame["ni"])[kept]


def frame_of_call(node: Node, env: Env) -> dict[str, Any]:
    """Return the data frame that a call of ``rma`` names; empty without one."""
    if not (isinstance(node, dict) and node.get("call") in ("rma", "rma.uni")):
        return {}
    for name, argument in node["args"]:
        if name == "data":
            return dict(env.evaluate(argument))
    return {}


def _rounding(x: Floats) -> float:
    """Return the reference's own rounding in a regression on `x`."""
    X = np.column_stack([np.ones_like(x), x])
    condition = float(np.linalg.cond(X / np.linalg.norm(X, axis=0))) ** 2
    return 10.0 * float(np.finfo(np.float64).eps) * condition


def regtest(arguments: Arguments) -> Answer:
    """Answer a call of ``regtest``."""
    bound = arguments.bind("x", "vi", "sei", "ni")
    refuse_unknown(
        "regtest", bound, {"x", "vi", "sei", "ni", "data", "model", "predictor", "ret.fit", "digits", "level",
                           "method", "test"}
    )  # fmt: skip
    env = arguments.env
    inner = env.within(env.evaluate(bound["data"]) if "data" in bound else None)
    y, v, fit, sizes = data_of(bound, env, inner)
    name, model = text_of(inner, bound, "predictor", "sei"), text_of(inner, bound, "model", "rma")
    options = {"tau2_method": "REML", "ci_method": "wald", "level": 0.95} if fit is None else fit.options
    options = {**options, **_overridden(bound, inner)}
    if PREDICTORS[name] not in ("se", "variance") and sizes is None:
        raise NotSupportedError("sizes of the studies")
    if model == "lm" and y.size == 2:
        names = ("zval", "pval", "est", "ci.lb", "ci.ub", "fit_beta")
        return Answer(dict.fromkeys(names), CLOSED_FORM, empty=dict.fromkeys(names, TWO_STUDIES))
    test = regress_on_precision(
        y,
        v,
        predictor=PREDICTORS[name],
        n_total=sizes,
        model="multiplicative" if model == "lm" else "additive",
        force=True,
        **options,
    )
    fields = {"model": model, "predictor": name, **_regression(test)}
    closed = model == "lm" or options["tau2_method"] in CLOSED_METHODS
    answer = Answer(fields, CLOSED_FORM if closed else ITERATED)
    answer.tolerance = max(answer.tolerance, _rounding(_predictor_values(name, v, sizes)))
    if not closed:
        _within_convergence(answer, y, v, PREDICTORS[name], sizes, options, fit)
    return answer


def _overridden(bound: dict[str, Node], inner: Env) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if "method" in bound:
        method = text_of(inner, bound, "method", "REML")
        found["tau2_method"] = adapter_rma.METHODS.get(method, method)
    if "test" in bound:
        found["ci_method"] = TESTS[text_of(inner, bound, "test", "z")]
    if "level" in bound:
        found["level"] = level_of(inner, bound)
    return found


def _predictor_values(name: str, v: Floats, sizes: Floats | None) -> Floats:
    if name in ("sei", "vi") or sizes is None:
        return np.sqrt(v) if name == "sei" else v
    size = np.sqrt(sizes) if name.startswith("sqrt") else sizes
    return 1.0 / size if name.endswith("inv") else size


def _regression(test: RegressionTest) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "zval": test.statistic,
        "pval": test.p,
        "dfs": test.df,
        "ddf": test.df,
        "fit_beta": [test.intercept, test.slope],
    }
    if test.is_limit:
        ci = test.intercept_ci
        fields |= {"est": test.intercept, "ci.lb": ci.low, "ci.ub": ci.high}
    return fields


def _within_convergence(
    answer: Answer,
    y: Floats,
    v: Floats,
    predictor: str,
    sizes: Floats | None,
    options: dict[str, Any],
    fit: RmaFit | None,
) -> None:
    """Allow what the reference's convergence allows: the regression at tau2 minus and plus it."""
    default = ROOT_TOLERANCE if options["tau2_method"] in ("PM", "PMM") else FISHER_THRESHOLD
    slack = default if fit is None or fit.slack is None else fit.slack
    names = {ours: theirs for theirs, ours in PREDICTORS.items()}
    x = _predictor_values(names[predictor], v, sizes)
    X = np.column_stack([np.ones_like(x), x])

    def moved(shift: float) -> dict[str, Any]:
        tau2 = pool(y, v, X=X, **options).heterogeneity.tau2
        at = pool(y, v, X=X, **{**options, "tau2": max(0.0, tau2 + shift)})
        first, slope = at.coefficients
        return {
            "zval": slope.statistic,
            "pval": slope.p,
            "fit_beta": [first.estimate, slope.estimate],
            "est": first.estimate,
            "ci.lb": first.ci.low,
            "ci.ub": first.ci.high,
        }

    if slack:
        answer.bounds = lambda: (moved(-slack), moved(slack))


def lm(arguments: Arguments) -> Answer:
    """Answer a regression of effects on precision: ``lm(yi ~ sqrt(vi), weights=1/vi, data=)``."""
    bound = arguments.bind("formula", "data")
    refuse_unknown("lm", bound, {"formula", "data", "weights"})
    formula = arguments.env.evaluate(bound["formula"])
    tree = formula.tree if isinstance(formula, Formula) else {}
    effects, predictor = (node for _, node in tree.get("args", [(None, None), (None, None)]))
    name = _text(predictor)
    if effects != {"name": "yi"} or name not in LM_PREDICTORS or _text(bound.get("weights")) != "1/vi":
        raise NotSupportedError("a regression other than of yi on precision with weights 1/vi")
    inner = arguments.env.within(arguments.env.evaluate(bound["data"]))
    y, v = numeric(inner.lookup("yi")), numeric(inner.lookup("vi"))
    kept = ~(np.isnan(y) | np.isnan(v))
    test = regress_on_precision(y[kept], v[kept], predictor=LM_PREDICTORS[name], force=True)
    t = test.intercept / test.intercept_se
    fields = {
        "beta": [test.intercept, test.slope],
        "se": [test.intercept_se, test.slope_se],
        "tval": [t, test.statistic],
        "pval": [two_sided_p(t, test.df), test.p],
        "df": test.df,
    }
    x = np.sqrt(v[kept]) if name == "sqrt(vi)" else v[kept]
    return Answer(fields, max(CLOSED_FORM, _rounding(x)))


def _text(node: Node) -> str:
    """Return a tree of names, constants and calls as text without spaces."""
    if not isinstance(node, dict):
        return f"{node:g}" if isinstance(node, (int, float)) else str(node)
    if "name" in node:
        return str(node["name"])
    if "call" not in node:
        return "?"
    parts = [_text(arg) for _, arg in node["args"]]
    return "/".join(parts) if node["call"] == "/" else f"{node['call']}({','.join(parts)})"


def ranktest(arguments: Arguments) -> Answer:
    """Answer a call of ``ranktest``."""
    bound = arguments.bind("x", "vi", "sei")
    refuse_unknown("ranktest", bound, {"x", "vi", "sei", "data", "digits"})
    env = arguments.env
    y, v, _, _ = data_of(bound, env, env.within(env.evaluate(bound["data"]) if "data" in bound else None))
    test = rank_correlation(y, v, force=True)
    return Answer({"tau": test.tau, "pval": test.p}, CLOSED_FORM)


def register(adapters: dict[str, Adapter]) -> None:
    """Add what this module answers."""
    adapters |= {"regtest": regtest, "lm": lm, "ranktest": ranktest}
