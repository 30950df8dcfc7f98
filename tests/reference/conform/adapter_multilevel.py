"""``rma.mv``, ``robust``, ``coef_test``, ``Wald_test``, ``vcalc``, ``aggregate``, ``robu`` -> ours.

What is the caller's part is done here: rows with a missing value are left out, names are looked up,
formulas become designs and levels.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from metamsc.effects.aggregate import aggregate_effects
from metamsc.effects.covariance import SamplingCovariance, correlated_covariance
from metamsc.models.multilevel.compare import compare_multilevel
from metamsc.models.multilevel.correlated import pool_working_weights
from metamsc.models.multilevel.fit import MultilevelFit, fit_multilevel
from metamsc.models.multilevel.predict import predict_multilevel
from metamsc.models.robust import RobustResult, robust_multilevel, robust_pool

from .adapter_rma import ROOT_TOLERANCE, RmaFit, level_of, text_of
from .compare import CLOSED_FORM, Answer
from .r_eval import Adapter, Arguments, Env, Formula
from .r_formula import ModelMatrix, deparse, left_hand_side, model_matrix, right_hand_side
from .r_parser import Node
from .r_values import Factor, NotSupportedError, RList, as_vector, numeric, scalar

MULTILEVEL = 1e-5
LOG_LIKELIHOOD = 1e-8
# A variance that the reference leaves this much above 0 (times the mean sampling variance) is its 0.
BOUNDARY = 1e-6
_IGNORED = {"control", "slab", "digits", "verbose", "sparse"}
_KNOWN = {"yi", "V", "mods", "random", "data", "method", "test", "dfs", "level", "sigma2"} | _IGNORED


@dataclass(frozen=True)
class MvFit:
    """A multilevel fit; `compound` where it was asked for as compound symmetry of one factor."""

    fit: MultilevelFit
    design: ModelMatrix | None
    compound: bool = False

    def fields(self) -> dict[str, Any]:
        """Return the result in the reference's names."""
        r = self.fit.result
        df = [c.df for c in r.coefficients]
        fields: dict[str, Any] = {
            "k": r.k,
            "p": len(r.coefficients),
            "beta": [c.estimate for c in r.coefficients],
            "se": [c.se for c in r.coefficients],
            "zval": [c.statistic for c in r.coefficients],
            "pval": [c.p for c in r.coefficients],
            "ci.lb": [c.ci.low for c in r.coefficients],
            "ci.ub": [c.ci.high for c in r.coefficients],
            "QE": r.Q,
            "QEp": r.Q_p,
            "int.only": self.design is None,
            "coef_names": ["intrcpt"] if self.design is None else [c.name for c in r.coefficients],
            **joint_test(r.QM, r.coefficients),
        }
        if self.compound:
            total = sum(r.sigma2)
            fields |= {"tau2": total, "rho": r.sigma2[0] / total}
        else:
            fields["sigma2"] = list(r.sigma2)
        if df[0] is not None:
            fields["ddf"] = df[0] if r.df_method == "residual" else df
        fit = {"ll": r.loglik, "AIC": r.aic, "BIC": r.bic, "AICc": r.aicc}
        fields["fit.stats"] = {r.method: fit}
        return fields

    def at_boundary(self) -> dict[str, Any]:
        """Return the fields with variances of 0 moved to where the reference may stop."""
        fields = self.fields()
        slack = BOUNDARY * float(self.fit.model.blocks.variances.mean()) * self.fit.model.scale**2
        if "sigma2" in fields:
            fields["sigma2"] = [s or slack for s in fields["sigma2"]]
        return fields

    def answer(self) -> Answer:
        """Compare the fit itself."""
        answer = Answer(self.fields(), MULTILEVEL, finer={"ll": LOG_LIKELIHOOD})
        if 0.0 in self.fit.result.sigma2:
            answer.bounds = lambda: (self.fields(), self.at_boundary())
        return answer


def joint_test(QM: Any, coefficients: Any) -> dict[str, Any]:
    """Return QM in the reference's names; of a single intercept it is the statistic squared."""
    if QM is not None:
        df2 = None if QM.df2 is None else QM.df2
        return {"QM": QM.statistic, "QMp": QM.p, "QMdf": [QM.df, df2], "m": QM.df}
    if len(coefficients) > 1:
        return {}
    (c,) = coefficients
    squared = None if c.statistic is None else c.statistic**2
    return {"QM": squared, "QMp": c.p, "QMdf": [1, c.df], "m": 1}


def rma_mv(arguments: Arguments) -> MvFit:
    """Answer a call of ``rma.mv``."""
    bound = arguments.bind("yi", "V")
    unknown = set(bound) - _KNOWN
    if unknown or not {"yi", "V"} <= set(bound):
        raise NotSupportedError(f"rma.mv({', '.join(sorted(unknown or bound))}=)")
    env = arguments.env
    frame = env.evaluate(bound["data"]) if "data" in bound else None
    inner = env.within(frame)
    given = inner.evaluate(bound["yi"])
    mods = inner.evaluate(bound["mods"]) if "mods" in bound else None
    if isinstance(given, Formula):
        mods = Formula({"call": "~", "args": [[None, right_hand_side(given)]]}, given.env)
        given = inner.evaluate(left_hand_side(given))
    y = numeric(given)
    V = inner.evaluate(bound["V"])
    V = V.covariance if isinstance(V, Vcalc) else numeric(V)
    design = None if mods is None else _design(mods, frame, y.size)
    random, compound = _random(inner.evaluate(bound["random"]), inner) if "random" in bound else ([], False)
    _refuse_missing(y, V, design)
    test = text_of(inner, bound, "test", "z")
    if test not in ("z", "t"):
        raise NotSupportedError(f"rma.mv(test={test!r})")
    fit = fit_multilevel(
        y,
        V,
        random=random,
        X=None if design is None else design.X,
        names=None if design is None else design.names,
        method=text_of(inner, bound, "method", "REML"),
        ci_method={"z": "wald", "t": "t"}[test],
        df_method=text_of(inner, bound, "dfs", "residual"),
        level=level_of(inner, bound),
        sigma2=_given_variances(bound, inner, random),
        intervals=False,
    )
    if compound and 0.0 in fit.result.sigma2:
        raise NotSupportedError("compound symmetry with a correlation at or below 0")
    if len(fit.result.coefficients) == 1 and fit.result.coefficients[0].name == "intrcpt":
        design = None
    return MvFit(fit, design, compound)


def _design(mods: Any, frame: dict[str, Any] | None, k: int) -> ModelMatrix:
    if isinstance(mods, Formula):
        return model_matrix(mods, frame, k)
    columns = np.column_stack([np.ones(k), numeric(mods)])
    names = ["mods"] if columns.shape[1] == 2 else [f"mods{j}" for j in range(1, columns.shape[1])]
    return ModelMatrix(columns, ("intrcpt", *names), has_intercept=True)


def _refuse_missing(y: Any, V: Any, design: ModelMatrix | None) -> None:
    arrays = [y, *([] if isinstance(V, SamplingCovariance) else [V]), *([] if design is None else [design.X])]
    if any(np.isnan(a).any() for a in arrays):
        raise NotSupportedError("rma.mv with missing values")


def _random(given: Any, inner: Env) -> tuple[list[dict[str, Any]], bool]:
    """Return the chains of levels, and whether they stand for compound symmetry."""
    formulas = given.values if isinstance(given, RList) else [given]
    chains = []
    compound = False
    for formula in formulas:
        bar = right_hand_side(formula)
        if not (isinstance(bar, dict) and bar.get("call") == "|"):
            raise NotSupportedError(f"random = ~ {deparse(bar)}")
        left, right = (arg for _, arg in bar["args"])
        levels = _slashed(right)
        if left != 1:
            # ~ inner | outer, compound symmetry: outer variance rho tau2, inner (1 - rho) tau2, rho >= 0.
            if len(formulas) > 1 or len(levels) > 1:
                raise NotSupportedError("several random terms, one of them not an intercept")
            levels, compound = [*levels, left], True
        chains.append({deparse(node): _labels(inner.evaluate(node)) for node in levels})
    return chains, compound


def _slashed(node: Node) -> list[Node]:
    if isinstance(node, dict) and node.get("call") == "/":
        return [part for _, arg in node["args"] for part in _slashed(arg)]
    return [node]


def _labels(value: Any) -> Any:
    return value.values if isinstance(value, Factor) else as_vector(value)


def _given_variances(
    bound: Mapping[str, Node], inner: Env, chains: list[dict[str, Any]]
) -> dict[str, float] | None:
    if "sigma2" not in bound:
        return None
    values = numeric(inner.evaluate(bound["sigma2"]))
    names = ["/".join(list(chain)[: i + 1]) for chain in chains for i in range(len(chain))]
    return {n: float(v) for n, v in zip(names, values, strict=True) if not math.isnan(v)}


def predict(fit: MvFit, arguments: Arguments) -> Answer:
    """Answer ``predict`` of a multilevel fit."""
    bound = arguments.bind("object", "newmods")
    if set(bound) - {"object", "newmods", "level", "digits"}:
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
    found = predict_multilevel(fit.fit, new, level=level)
    fields = {
        "pred": [p.estimate for p in found],
        "se": [p.se for p in found],
        "ci.lb": [p.ci.low for p in found],
        "ci.ub": [p.ci.high for p in found],
        "pi.lb": [None if p.pi is None else p.pi.low for p in found],
        "pi.ub": [None if p.pi is None else p.pi.high for p in found],
    }
    return Answer(fields, MULTILEVEL)


def confint(fit: MvFit, arguments: Arguments) -> Answer:
    """Answer ``confint`` of a multilevel fit: profile likelihood of each variance."""
    bound = arguments.bind("object")
    if set(bound) - {"object", "level", "digits"} or fit.compound:
        raise NotSupportedError(f"confint({', '.join(sorted(set(bound)))}=) of rma.mv")
    model = fit.fit.model
    again = fit_multilevel(
        model.yi,
        model.blocks.rescaled(1.0 / model.scale),
        random=[{f.name: f.codes} for f in model.factors],
        X=model.design.X,
        names=None if model.design.X is None else model.design.names,
        method=model.method,
        ci_method="wald",
        level=level_of(arguments.env, bound) if "level" in bound else model.level,
    ).result
    if any(c.ci is None for c in again.components):
        raise NotSupportedError("confint of rma.mv with a variance that is not estimated")

    def fields(shift: float) -> dict[str, Any]:
        table: dict[str, Any] = {}
        for j, c in enumerate(again.components, start=1):
            assert c.ci is not None
            ends = [c.sigma2, max(c.ci.low + shift, 0.0), c.ci.high + shift]
            suffix = f".{j}" if len(again.components) > 1 else ""
            names = ("estimate", "ci.lb", "ci.ub")
            table[f"sigma^2{suffix}"] = dict(zip(names, ends, strict=True))
            table[f"sigma{suffix}"] = dict(zip(names, [x**0.5 for x in ends], strict=True))
        return table

    bounds = fields(-ROOT_TOLERANCE), fields(ROOT_TOLERANCE)
    return Answer(fields(0.0), MULTILEVEL, bounds=lambda: bounds)


def anova(fit: MvFit, arguments: Arguments) -> Answer:
    """Answer ``anova`` of two multilevel fits."""
    bound = arguments.bind("object", "object2")
    other = arguments.env.evaluate(bound["object2"]) if "object2" in bound else None
    if set(bound) != {"object", "object2"} or not isinstance(other, MvFit):
        raise NotSupportedError("anova of a multilevel fit but of two of them")
    full, reduced = sorted((fit, other), key=_n_parameters, reverse=True)
    test = compare_multilevel(full.fit, reduced.fit)
    fields: dict[str, Any] = {"LRT": test.statistic, "pval": test.p}
    for name, one in (("f", full), ("r", reduced)):
        r = one.fit.result
        fit_stats = {"ll": r.loglik, "AIC": r.aic, "BIC": r.bic, "AICc": r.aicc, "dev": -2.0 * r.loglik}
        fields |= {f"QE.{name}": r.Q, f"parms.{name}": _n_parameters(one), f"fit.stats.{name}": fit_stats}
    return Answer(fields, MULTILEVEL, finer={"ll": LOG_LIKELIHOOD})


def _n_parameters(fit: MvFit) -> int:
    return int(fit.fit.model.n_coefs + fit.fit.model.free.sum())


def weights(fit: MvFit, arguments: Arguments) -> Answer:
    """Answer ``weights(type="rowsum")``."""
    bound = arguments.bind("object")
    if text_of(arguments.env, bound, "type", "matrix") != "rowsum":
        raise NotSupportedError("weights of rma.mv as a matrix")
    found = fit.fit.result.weights_percent
    if found is None:
        raise NotSupportedError("weights of rma.mv with moderators")
    return Answer({"value": list(found)}, MULTILEVEL)


def either(mine: Callable[[MvFit, Arguments], Answer], others: Adapter | None) -> Adapter:
    """Return the adapter of a function of a fit: ours for a multilevel fit, else the others'."""

    def adapter(arguments: Arguments) -> Any:
        items = list(arguments.items)
        at = next((i for i, (name, _) in enumerate(items) if name in (None, "object", "x")), None)
        if at is None:
            raise NotSupportedError("a function of a fit without a fit")
        value = arguments.env.evaluate(items[at][1])
        items[at] = (items[at][0], {"value": value})
        passed = Arguments(items, arguments.env)
        if isinstance(value, MvFit):
            return mine(value, passed)
        if others is None:
            raise NotSupportedError(f"a fit of kind {type(value).__name__}")
        return others(passed)

    return adapter


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
        tested = robust_multilevel(fit.fit, cluster, **options)
        return Answer({**fit.fields(), **_robust_fields(tested, club)}, MULTILEVEL)
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


def _fit_and_cluster(fit_node: Node, cluster_node: Node, env: Env) -> tuple[MvFit | RmaFit, Any]:
    """Return the fit and its clusters, whose names are columns of the fit's data."""
    fit = env.evaluate(fit_node)
    if not isinstance(fit, (MvFit, RmaFit)):
        raise NotSupportedError(f"a fit of kind {type(fit).__name__}")
    data = dict(fit_node["args"]).get("data") if isinstance(fit_node, dict) and "args" in fit_node else None
    inner = env.within(env.evaluate(data)) if data is not None else env
    return fit, _labels(inner.evaluate(cluster_node))


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
        return robust_multilevel(fit.fit, cluster, **options)
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


@dataclass(frozen=True)
class Vcalc:
    """What ``vcalc`` gives: our blocks."""

    covariance: SamplingCovariance

    def answer(self) -> Answer:
        """Compare the full matrix."""
        return Answer({"value": self.covariance.to_array().tolist()}, CLOSED_FORM)


def vcalc(arguments: Arguments) -> Vcalc:
    """Answer ``vcalc``."""
    bound = arguments.bind("vi", "cluster", "subgroup", "obs", "type")
    names = {"obs": "obs", "type": "outcome", "time1": "time", "grp1": "treat", "grp2": "control",
             "w1": "n_treat", "w2": "n_control"}  # fmt: skip
    if set(bound) - set(names) - {"vi", "cluster", "subgroup", "rho", "phi", "data", "checkpd", "sparse"}:
        raise NotSupportedError(f"vcalc({', '.join(sorted(bound))}=)")
    env = arguments.env
    inner = env.within(env.evaluate(bound["data"]) if "data" in bound else None)
    given: dict[str, Any] = {
        ours: _labels(inner.evaluate(bound[n])) for n, ours in names.items() if n in bound
    }
    study = list(_labels(inner.evaluate(bound["cluster"])))
    if "subgroup" in bound:
        study = list(zip(study, _labels(inner.evaluate(bound["subgroup"])), strict=True))
    vi = numeric(inner.evaluate(bound["vi"]))
    given["study"] = np.empty(len(study), dtype=object)
    given["study"][:] = study
    if "phi" in bound:
        given["phi"] = scalar(inner.evaluate(bound["phi"]))
    if "rho" in bound:
        rho = numeric(inner.evaluate(bound["rho"]))
        if rho.ndim > 1 or rho.size != ("obs" in bound) + ("type" in bound):
            raise NotSupportedError("vcalc with a matrix of correlations")
        if "obs" in bound:
            given["rho"] = float(rho[0])
        if "type" in bound:
            given["rho_outcome"] = float(rho[-1])
    return Vcalc(correlated_covariance(np.resize(vi, len(study)) if vi.size == 1 else vi, **given))


class Aggregated(dict[str, Any]):
    """A data frame of one effect per cluster."""

    def answer(self) -> Answer:
        """Compare effects and variances."""
        return Answer({name: list(self[name]) for name in ("yi", "vi")}, CLOSED_FORM)


def aggregate(arguments: Arguments) -> Aggregated:
    """Answer ``aggregate`` of effects."""
    bound = arguments.bind("x", "cluster")
    if set(bound) - {"x", "cluster", "struct", "rho", "V", "weighted", "digits"} or "cluster" not in bound:
        raise NotSupportedError(f"aggregate({', '.join(sorted(bound))}=)")
    env = arguments.env
    frame = _effects_frame(bound["x"], env)
    inner = env.within(frame)
    struct = text_of(inner, bound, "struct", "CS")
    if struct not in ("CS", "ID") or "V" in bound:
        raise NotSupportedError(f"aggregate(struct={struct!r})")
    rho = scalar(inner.evaluate(bound["rho"])) if struct == "CS" and "rho" in bound else 0.0
    if struct == "CS" and "rho" not in bound:
        raise NotSupportedError("aggregate without rho")
    y, v = numeric(frame["yi"]), numeric(frame["vi"])
    if np.isnan(y).any() or np.isnan(v).any():
        raise NotSupportedError("aggregate with missing values")
    V = correlated_covariance(v, study=_labels(inner.evaluate(bound["cluster"])), rho=rho)
    weighted = bool(as_vector(inner.evaluate(bound["weighted"]))[0]) if "weighted" in bound else True
    found = aggregate_effects(y, V, weighted=weighted)
    return Aggregated(yi=found.yi, vi=found.vi)


def _effects_frame(node: Node, env: Env) -> dict[str, Any]:
    """Return a data frame with yi and vi; ``escalc`` of given yi and vi only names them."""
    if isinstance(node, dict) and node.get("call") == "escalc":
        given = {name: arg for name, arg in node["args"] if name is not None}
        if set(given) == {"yi", "vi", "data"}:
            frame = env.evaluate(given["data"])
            inner = env.within(frame)
            return {**frame, "yi": inner.evaluate(given["yi"]), "vi": inner.evaluate(given["vi"])}
        raise NotSupportedError("aggregate of computed effects")
    value = env.evaluate(node)
    if not isinstance(value, dict) or not {"yi", "vi"} <= set(value):
        raise NotSupportedError("aggregate of something that is not effects")
    return value


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
        study=_labels(inner.evaluate(bound["studynum"])),
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
    """Add these families, in front of whoever answers the same function for other fits."""
    adapters.update(
        {
            "rma.mv": rma_mv,
            "robust": robust,
            "coef_test": coef_test,
            "Wald_test": wald_test,
            "vcalc": vcalc,
            "aggregate": aggregate,
            "robu": robu,
            "robumeta::robu": robu,
        }
    )
    for name, mine in (("predict", predict), ("confint", confint), ("weights", weights), ("anova", anova)):
        adapters[name] = either(mine, adapters.get(name))
