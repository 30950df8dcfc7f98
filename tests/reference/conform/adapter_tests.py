"""``anova`` and ``vif`` of ``rma`` fits -> `compare_designs`, `linear_tests`, `variance_inflation`."""

from __future__ import annotations

from typing import Any

import numpy as np

from metamsc.models.inflation import VarianceInflation, variance_inflation
from metamsc.models.likelihood_ratio import compare_designs
from metamsc.models.linear_tests import LinearTests, linear_tests

from .adapter_rma import Floats, RmaFit, text_of
from .compare import Answer
from .dispatch import for_kind
from .r_eval import Adapter, Arguments, Env
from .r_parser import Node
from .r_values import NotSupportedError, RList, as_vector, numeric

ADJUSTMENTS = {"BH": "bh", "fdr": "bh", "BY": "by"}
_QUIET = {"digits"}


def anova(fit: RmaFit, arguments: Arguments) -> Answer:
    """Answer ``anova``: of two fits, of some coefficients (btt), of combinations of them (X)."""
    bound = arguments.bind("object", "object2")
    unknown = set(bound) - {"object", "object2", "btt", "X", "L", "adjust"} - _QUIET
    if unknown:
        raise NotSupportedError(f"anova({', '.join(sorted(unknown))}=)")
    env = arguments.env
    if "object2" in bound:
        other = env.evaluate(bound["object2"])
        if not isinstance(other, RmaFit):
            raise NotSupportedError("anova of fits of two kinds")
        return _two_fits(fit, other)
    names = list(fit.coef_names()) if fit.design is None else list(fit.design.names)
    L, separate = _combinations(bound, env, names)
    adjustment = adjustment_of(env, bound)
    read = combination_fields if separate else joint_fields

    def fields(moved: RmaFit) -> dict[str, Any]:
        return read(linear_tests(moved.y, moved.v, L, adjustment=adjustment, **moved.options, **moved.kwargs))

    answer = Answer(fields(fit), fit.tolerance, known=fit.known(fields))
    if fit.slack:
        answer.bounds = lambda: (fields(fit.shifted(-1.0)), fields(fit.shifted(1.0)))
    return answer


def adjustment_of(env: Env, bound: dict[str, Node]) -> str:
    """Return our name of the adjustment asked for."""
    asked = text_of(env, bound, "adjust", "none")
    return ADJUSTMENTS.get(asked, asked)


def _combinations(bound: dict[str, Node], env: Env, names: list[str]) -> tuple[Floats, bool]:
    """Return the rows to test, and whether each is reported (combinations) or only the joint test."""
    given = bound.get("X", bound.get("L"))
    if given is not None:
        rows = numeric(env.evaluate(given))
        rows = rows if rows.ndim == 2 else rows[None, :]
        if rows.shape[1] == len(names) - 1 and "intrcpt" in names:
            rows = np.column_stack([np.ones(len(rows)), rows])
        return rows, True
    return np.eye(len(names))[chosen_coefficients(bound.get("btt"), env, names)], False


def chosen_coefficients(node: Node | None, env: Env, names: list[str]) -> list[int]:
    """Return positions from 0 for ``btt``: numbers from 1, or text to be found in the names."""
    if node is None:
        return [j for j, name in enumerate(names) if name != "intrcpt"] or [0]
    given = as_vector(env.evaluate(node))
    if given.dtype == object:
        return [j for j, name in enumerate(names) if any(str(text) in name for text in given)]
    return [int(i) - 1 for i in given]


def joint_fields(found: LinearTests) -> dict[str, Any]:
    """Return the joint test in the reference's names."""
    if found.joint is None:
        return {}
    joint = found.joint
    return {"QM": joint.statistic, "QMdf": [joint.df, joint.df2], "QMp": joint.p}


def combination_fields(found: LinearTests) -> dict[str, Any]:
    """Return the combinations and their joint test in the reference's names."""
    rows = [test.result for test in found.tests]
    return {
        "Xb": [r.estimate for r in rows],
        "se": [r.se for r in rows],
        "zval": [r.statistic for r in rows],
        "pval": [test.p_adjusted for test in found.tests],
        "ddf": rows[0].df,
        **joint_fields(found),
    }


def _two_fits(one: RmaFit, other: RmaFit) -> Answer:
    """Answer ``anova`` of two fits by maximum likelihood: the likelihood-ratio test."""
    full, reduced = sorted((one, other), key=lambda fit: -len(fit.result.coefficients))
    methods = {fit.result.tau2_method for fit in (full, reduced)}
    given = ["tau2" in fit.options or "weights" in fit.options for fit in (full, reduced)]
    centred = any(fit.design is not None and not fit.design.has_intercept for fit in (full, reduced))
    if methods not in ({"ML"}, {"EE"}) or any(given) or centred or full.design is None:
        raise NotSupportedError("likelihood-ratio test of these fits")
    if not (np.array_equal(full.y, reduced.y) and np.array_equal(full.v, reduced.v)):
        raise NotSupportedError("likelihood-ratio test of different data")
    found = compare_designs(
        full.y,
        full.v,
        X=full.design.X,
        reduced_X=None if reduced.design is None else reduced.design.X,
        tau2_method=methods.pop(),
    )
    fields: dict[str, Any] = {"LRT": found.statistic, "pval": found.p, "R2": found.R2}
    for mark, fit in (("f", full), ("r", reduced)):
        result = fit.result
        own = fit.fields()
        fields[f"QE.{mark}"] = result.heterogeneity.Q
        fields[f"tau2.{mark}"] = result.heterogeneity.tau2
        fields[f"parms.{mark}"] = len(result.coefficients) + (result.tau2_method != "EE")
        fields[f"fit.stats.{mark}"] = own["fit.stats"]["ML"]

    def moved(by: float) -> dict[str, Any]:
        pairs = (("tau2.f", full), ("tau2.r", reduced))
        return {name: max(0.0, fields[name] + by * fit.slack) for name, fit in pairs}

    return Answer(fields, max(full.tolerance, reduced.tolerance), bounds=lambda: (moved(-1.0), moved(1.0)))


def vif(fit: RmaFit, arguments: Arguments) -> Answer:
    """Answer ``vif``; the intercept is left out, as the reference does unless told."""
    bound = arguments.bind("x")
    if set(bound) - {"x", "btt", "table"} - _QUIET or fit.design is None:
        raise NotSupportedError("vif with these arguments")
    names = list(fit.coef_names())
    groups = groups_of(bound.get("btt"), arguments.env, names)
    options = {name: v for name, v in fit.options.items() if name in ("tau2_method", "tau2", "weights")}

    def fields(moved: RmaFit) -> dict[str, Any]:
        moved_options = options | {k: v for k, v in moved.options.items() if k == "tau2"}
        return inflation_fields(
            variance_inflation(moved.y, moved.v, groups=groups, **moved_options, **moved.kwargs)
        )

    answer = Answer(fields(fit), fit.tolerance)
    if fit.slack:
        answer.bounds = lambda: (fields(fit.shifted(-1.0)), fields(fit.shifted(1.0)))
    return answer


def groups_of(node: Node | None, env: Env, names: list[str]) -> list[list[str]] | None:
    """Return the names of each group of ``btt``, a list or one vector."""
    if node is None:
        return None
    given = env.evaluate(node)
    parts = given.values if isinstance(given, RList) else [given]
    return [[names[j] for j in chosen_coefficients({"value": part}, env, names)] for part in parts]


def inflation_fields(found: tuple[VarianceInflation, ...]) -> dict[str, Any]:
    """Return variance inflation in the reference's names."""
    return {"vif": [f.vif for f in found], "sif": [f.sif for f in found], "m": [f.m for f in found]}


def register(adapters: dict[str, Adapter]) -> None:
    """Add these families, in front of whoever answers them for other fits."""
    for name, mine in (("anova", anova), ("vif", vif)):
        adapters[name] = for_kind(RmaFit, mine, adapters.get(name))
