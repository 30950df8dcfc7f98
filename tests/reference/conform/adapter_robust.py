"""``robust``, ``coef_test``, ``Wald_test``, ``robu`` -> `robust_pool` and its kin, `pool_working_weights`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from metamsc.models.multilevel.correlated import pool_working_weights
from metamsc.models.multilevel.fit import MultilevelFit
from metamsc.models.robust import RobustResult, robust_multilevel, robust_pool, robust_structured

from .adapter_covariance import labels_of
from .adapter_multilevel import MULTILEVEL, MvFit, joint_test
from .adapter_rma import RmaFit, text_of
from .compare import Answer
from .r_eval import Adapter, Arguments, Env, Formula
from .r_formula import left_hand_side, model_matrix, right_hand_side
from .r_parser import Node
from .r_values import NotSupportedError, as_vector, numeric, scalar


def robust(arguments: Arguments) -> Answer:
    """Answer ``robust``: CR1p or CR0 with clusters - p, or CR2 with Satterthwaite and HTZ."""
    bound = arguments.bind("x", "cluster")
    if set(bound) - {"x", "cluster", "adjust", "clubSandwich", "digits"}:
        raise NotSupportedError(f"robust({', '.join(sorted(bound))}=)")
    env = arguments.env
    club = "clubSandwich" in bound and bool(as_vector(env.evaluate(bound["clubSandwich"]))[0])
    adjust = as_vector(env.evaluate(bound["adjust"]))[0] if "adjust" in bound else True
    if not isinstance(adjust, (bool, np.bool_)):
        raise NotSupportedError(f"robust(adjust={adjust!r})")
    options: dict[str, Any] = (
        {"method": "CR2"} if club else {"method": "CR1p" if adjust else "CR0", "df_method": "clusters-p"}
    )
    fit, cluster = _fit_and_cluster(bound["x"], bound["cluster"], env)
    if isinstance(fit, MvFit):
        tested = _robust(fit, cluster, **options)
        return Answer({**fit.fields(), **_robust_fields(tested, club)}, fit.tolerance, known=fit.known)
    if len(cluster) != fit.y.size:
        raise NotSupportedError("robust after rows were left out")

    def fields(shift: float) -> dict[str, Any]:
        moved = fit.shifted(shift)
        known = {"weights": fit.options["weights"]} if "weights" in fit.options else {}
        tested = robust_pool(
            fit.y,
            fit.v,
            cluster=cluster,
            tau2_method=fit.options["tau2_method"],
            tau2=moved.result.heterogeneity.tau2,
            level=fit.options["level"],
            **known,
            **fit.kwargs,
            **options,
        )
        return {**moved.fields(), **_robust_fields(tested, club)}

    answer = Answer(fields(0.0), fit.tolerance)
    if fit.slack:
        answer.bounds = lambda: (fields(-1.0), fields(1.0))
    return answer


def _robust(fit: MvFit, cluster: Any, **options: Any) -> RobustResult:
    if fit.kept is not None and len(cluster) == fit.kept.size:
        cluster = cluster[fit.kept]
    if isinstance(fit.fit, MultilevelFit):
        return robust_multilevel(fit.fit, cluster, **options)
    return robust_structured(fit.fit, cluster, **options)


def _fit_and_cluster(fit_node: Node, cluster_node: Node, env: Env) -> tuple[MvFit | RmaFit, Any]:
    """Return the fit and its clusters, whose names are columns of the fit's data."""
    fit = env.evaluate(fit_node)
    if not isinstance(fit, (MvFit, RmaFit)):
        raise NotSupportedError(f"a fit of kind {type(fit).__name__}")
    data = dict(fit_node["args"]).get("data") if isinstance(fit_node, dict) and "args" in fit_node else None
    inner = env.within(env.evaluate(data)) if data is not None else env
    return fit, labels_of(inner.evaluate(cluster_node))


def _robust_fields(r: RobustResult, each_df: bool) -> dict[str, Any]:
    df = [c.df for c in r.coefficients]
    return {
        "se": [c.se for c in r.coefficients],
        "zval": [c.statistic for c in r.coefficients],
        "pval": [c.p for c in r.coefficients],
        "ci.lb": [c.ci.low for c in r.coefficients],
        "ci.ub": [c.ci.high for c in r.coefficients],
        "ddf": df if each_df else df[0],
        **joint_test(r.QM, r.coefficients),
    }


def coef_test(arguments: Arguments) -> Answer:
    """Answer clubSandwich's ``coef_test``."""
    bound = arguments.bind("obj", "vcov", "cluster")
    env = arguments.env
    method, tests = _club(bound, env)
    fit, cluster = _fit_and_cluster(bound["obj"], bound["cluster"], env)
    wanted = {
        "z": ("z", "normal"),
        "naive-t": ("t", "clusters-1"),
        "Satterthwaite": ("Satt", "satterthwaite"),
    }
    if set(tests) - set(wanted):
        raise NotSupportedError(f"coef_test(test={tests})")
    fields: dict[str, Any] = {}
    for test in tests:
        suffix, df_method = wanted[test]
        found = _club_tests(fit, cluster, method, df_method)
        fields |= {
            "beta": [c.estimate for c in found.coefficients],
            "SE": [c.se for c in found.coefficients],
            "tstat": [c.statistic for c in found.coefficients],
            f"df_{suffix}": [math.inf if c.df is None else c.df for c in found.coefficients],
            f"p_{suffix}": [c.p for c in found.coefficients],
        }
    fields["Coef"] = fit.fields()["coef_names"]
    return Answer(fields, MULTILEVEL)


def _club(bound: Mapping[str, Node], env: Env) -> tuple[str, list[str]]:
    if set(bound) - {"obj", "vcov", "cluster", "test", "constraints"} or not {
        "obj",
        "vcov",
        "cluster",
    } <= set(bound):
        raise NotSupportedError(f"clubSandwich({', '.join(sorted(bound))}=)")
    tests = [str(t) for t in as_vector(env.evaluate(bound["test"]))] if "test" in bound else ["Satterthwaite"]
    return text_of(env, dict(bound), "vcov", "CR2"), tests


def _club_tests(
    fit: MvFit | RmaFit, cluster: Any, method: str, df_method: str, constraints: Any = None
) -> RobustResult:
    options: dict[str, Any] = {"method": method, "df_method": df_method, "constraints": constraints}
    if isinstance(fit, MvFit):
        return _robust(fit, cluster, **options)
    kept = {n: v for n, v in fit.options.items() if n in ("tau2_method", "tau2", "weights", "level")}
    return robust_pool(fit.y, fit.v, cluster=cluster, **kept, **fit.kwargs, **options)


def wald_test(arguments: Arguments) -> Answer:
    """Answer clubSandwich's ``Wald_test`` that some coefficients are 0, by HTZ."""
    bound = arguments.bind("obj", "constraints", "vcov", "cluster")
    env = arguments.env
    method, tests = _club(bound, env) if "test" in bound else (_club(bound, env)[0], ["HTZ"])
    rule = bound.get("constraints")
    if tests != ["HTZ"] or not (isinstance(rule, dict) and rule.get("call") == "constrain_zero"):
        raise NotSupportedError("Wald_test but of zero constraints by HTZ")
    fit, cluster = _fit_and_cluster(bound["obj"], bound["cluster"], env)
    positions = numeric(env.evaluate(rule["args"][0][1])).astype(int) - 1
    rows = np.eye(len(fit.fields()["coef_names"]))[positions]
    QM = _club_tests(fit, cluster, method, "satterthwaite", rows).QM
    if QM is None:
        raise NotSupportedError("Wald_test without enough clusters")
    fields = {"Fstat": QM.statistic, "df_num": QM.df, "df_denom": QM.df2, "p_val": QM.p}
    return Answer(fields, MULTILEVEL)


def robu(arguments: Arguments) -> Answer:
    """Answer robumeta's ``robu``."""
    bound = arguments.bind("formula", "data")
    needed = {"formula", "data", "studynum", "var.eff.size"}
    if set(bound) - needed - {"modelweights", "rho", "small"} or not needed <= set(bound):
        raise NotSupportedError(f"robu({', '.join(sorted(bound))}=)")
    env = arguments.env
    frame = env.evaluate(bound["data"])
    inner = env.within(frame)
    formula = inner.evaluate(bound["formula"])
    y = numeric(inner.evaluate(left_hand_side(formula)))
    design = model_matrix(
        Formula({"call": "~", "args": [[None, right_hand_side(formula)]]}, env), frame, y.size
    )
    small = bool(as_vector(inner.evaluate(bound["small"]))[0]) if "small" in bound else True
    options: dict[str, Any] = {} if small else {"method": "CR1p", "df_method": "clusters-p"}
    kind = {"CORR": "correlated", "HIER": "hierarchical"}[text_of(inner, bound, "modelweights", "CORR")]
    found = pool_working_weights(
        y,
        numeric(inner.evaluate(bound["var.eff.size"])),
        study=labels_of(inner.evaluate(bound["studynum"])),
        weights=kind,
        rho=scalar(inner.evaluate(bound["rho"])) if "rho" in bound else 0.8,
        X=design.X,
        names=design.names,
        **options,
    )
    rows = found.robust.coefficients
    fields: dict[str, Any] = {
        "b.r": [c.estimate for c in rows],
        "SE": [c.se for c in rows],
        "t": [c.statistic for c in rows],
        "dfs": [c.df for c in rows],
        "prob": [c.p for c in rows],
        "CI.L": [c.ci.low for c in rows],
        "CI.U": [c.ci.high for c in rows],
        "tau2": found.tau2,
    }
    fields |= {"omega2": found.omega2} if kind == "hierarchical" else {"I2": found.I2}
    return Answer(fields, MULTILEVEL)


def register(adapters: dict[str, Adapter]) -> None:
    """Add these families."""
    mine = {"robust": robust, "coef_test": coef_test, "Wald_test": wald_test, "robu": robu}
    adapters.update({**mine, "robumeta::robu": robu})
