"""``rma(scale=)`` -> `fit_location_scale`, with its ``predict`` and ``anova``.

The reference maximises by a quasi-Newton search of relative tolerance 1e-10 in the likelihood and takes
standard errors from a numerical Hessian there; under the identity link by a search inside barriers, whose
Hessian is mostly lost. Ours is compared within what that leaves open.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from metamsc.models.location_scale.compare import compare_location_scale
from metamsc.models.location_scale.fit import LocationScaleFit, fit_location_scale
from metamsc.models.location_scale.predict import predict_location_scale, predict_tau2, scale_tests

from .adapter_multilevel import joint_test
from .adapter_rma import (
    METHODS,
    TESTS,
    Floats,
    complete_rows,
    design_of,
    given_effects,
    level_of,
    statistics_of,
    text_of,
)
from .adapter_tests import chosen_coefficients, joint_fields
from .compare import Answer
from .dispatch import for_kind
from .r_eval import Adapter, Arguments
from .r_formula import ModelMatrix
from .r_values import NotSupportedError, numeric

SEARCH = {"log": 2e-5, "identity": 2e-3}
LOG_LIKELIHOOD = 1e-6
# The identity link's barrier keeps tau2 this far from 0, in units of the mean sampling variance.
BARRIER = 1e-6
_KNOWN = {"yi", "vi", "sei", "mods", "scale", "data", "method", "test", "level", "link", "control",
          "slab", "digits", "verbose", "measure", "optbeta"}  # fmt: skip
_RAW = {"ai", "bi", "ci", "di", "n1i", "n2i", "m1i", "m2i", "sd1i", "sd2i", "ri", "ni", "xi", "vtype"}


@dataclass(frozen=True)
class LsFit:
    """A location-scale fit with its designs."""

    fit: LocationScaleFit
    design: ModelMatrix | None
    scale: ModelMatrix

    def fields(self) -> dict[str, Any]:
        """Return the result in the reference's names."""
        r = self.fit.result
        scale_df = r.scale[0].df
        fields: dict[str, Any] = {
            "k": r.k,
            "p": len(r.coefficients),
            "q": len(r.scale),
            "beta": [c.estimate for c in r.coefficients],
            "se": [c.se for c in r.coefficients],
            "zval": [c.statistic for c in r.coefficients],
            "pval": [c.p for c in r.coefficients],
            "ci.lb": [c.ci.low for c in r.coefficients],
            "ci.ub": [c.ci.high for c in r.coefficients],
            "ddf": r.coefficients[0].df,
            "alpha": [c.estimate for c in r.scale],
            "tau2": list(r.tau2),
            "I2": list(r.I2),
            "H2": list(r.H2),
            "QE": r.Q,
            "QEp": r.Q_p,
            "s2w": r.scale_factor,
            "ddf.alpha": scale_df,
            "fit.stats": {"ML": statistics_of(r.fit.ml), "REML": statistics_of(r.fit.reml)},
        }
        if r.link == "log" and self.fit.cov_alpha is not None:
            fields |= {
                "se.alpha": [c.se for c in r.scale],
                "zval.alpha": [c.statistic for c in r.scale],
                "pval.alpha": [c.p for c in r.scale],
                "ci.lb.alpha": [None if c.ci is None else c.ci.low for c in r.scale],
                "ci.ub.alpha": [None if c.ci is None else c.ci.high for c in r.scale],
            }
            if r.QS is not None:
                fields |= {"QS": r.QS.statistic, "QSp": r.QS.p, "QSdf": [r.QS.df, r.QS.df2]}
        return fields | joint_test(r.QM, r.coefficients)

    @property
    def tolerance(self) -> float:
        """Return what the reference's search leaves open of log tau2, at least the link's tolerance.

        It stops at a change of 1e-10 of the likelihood: a step of sqrt(1e-10 deviance) standard errors.
        """
        r = self.fit.result
        if r.link != "log" or self.fit.cov_alpha is None:
            return SEARCH[r.link]
        own = r.fit.reml if r.method == "REML" and r.fit.reml is not None else r.fit.ml
        spread = float(((self.fit.Z @ self.fit.cov_alpha) * self.fit.Z).sum(axis=1).max())
        return max(SEARCH["log"], 3.0 * math.sqrt(1e-10 * max(1.0, abs(2.0 * own.loglik)) * spread))

    def inside_barrier(self) -> dict[str, Any]:
        """Return the fields with each tau2 of 0 where the identity link's barrier keeps it."""
        slack = BARRIER * float(self.fit.model.vi.mean())
        tau2 = [max(t, slack) for t in self.fit.result.tau2]
        return {**self.fields(), "tau2": tau2, "I2": [1e-3] * len(tau2), "H2": [1.0 + 1e-5] * len(tau2)}

    def answer(self) -> Answer:
        """Compare the fit itself."""
        r = self.fit.result
        finer = {f"fit.stats.{r.method}.ll": LOG_LIKELIHOOD} if r.link == "log" else {}
        answer = Answer(self.fields(), self.tolerance, finer=finer)
        if r.link == "identity":
            answer.bounds = lambda: (self.fields(), self.inside_barrier())
        return answer


def rma_scale(arguments: Arguments) -> LsFit:
    """Answer a call of ``rma`` with ``scale=``."""
    bound = arguments.bind("yi", "vi", "sei")
    unknown = set(bound) - _KNOWN - _RAW
    if unknown:
        raise NotSupportedError(f"rma(scale=, {', '.join(sorted(unknown))}=)")
    env = arguments.env
    frame = env.evaluate(bound["data"]) if "data" in bound else None
    inner = env.within(frame)
    y, v, mods = given_effects(bound, arguments, inner)
    design = None if mods is None else design_of(mods, frame, y.size)
    scale = design_of(inner.evaluate(bound["scale"]), frame, y.size)
    kept = complete_rows(y, v, design) & ~np.isnan(scale.X).any(axis=1)
    method, test = text_of(inner, bound, "method", "REML"), text_of(inner, bound, "test", "z")
    if METHODS.get(method, method) not in ("ML", "REML"):
        raise NotSupportedError(f"location-scale model by {method}")
    fit = fit_location_scale(
        y[kept],
        v[kept],
        Z=scale.X[kept],
        Z_names=scale.names,
        X=None if design is None else design.X[kept],
        names=None if design is None else design.names,
        link=text_of(inner, bound, "link", "log"),
        method=method,
        ci_method=TESTS[test],
        level=level_of(inner, bound),
    )
    return LsFit(fit, design, scale)


def _rows(given: Floats, design: ModelMatrix | None) -> Floats:
    """Return rows of moderators as rows of the design, its intercept put in front."""
    if design is None:
        raise NotSupportedError("new values without moderators")
    n_mods = len(design.names) - (1 if design.has_intercept else 0)
    rows = given if given.ndim == 2 else given[:, None] if n_mods == 1 else given[None, :]
    return np.column_stack([np.ones(len(rows)), rows]) if design.has_intercept else rows


def predict(fit: LsFit, arguments: Arguments) -> Answer:
    """Answer ``predict``: of the mean, or with ``newscale`` alone of log tau2 (or tau2)."""
    bound = arguments.bind("object", "newmods")
    if set(bound) - {"object", "newmods", "newscale", "level", "digits"}:
        raise NotSupportedError("predict of a location-scale fit with these arguments")
    env = arguments.env
    level = level_of(env, bound) if "level" in bound else None
    X = None if "newmods" not in bound else _rows(numeric(env.evaluate(bound["newmods"])), fit.design)
    Z = None if "newscale" not in bound else _rows(numeric(env.evaluate(bound["newscale"])), fit.scale)
    tolerance = fit.tolerance
    if X is None and Z is not None:
        if fit.fit.result.link != "log":
            raise NotSupportedError("predicted tau2 under the identity link")
        rows = predict_tau2(fit.fit, Z, level=level)
        quantiles = [None if r.ci is None else (np.log(r.ci.low), np.log(r.ci.high)) for r in rows]
        fields: dict[str, Any] = {
            "pred": [r.predictor for r in rows],
            "se": [r.se for r in rows],
            "ci.lb": [None if q is None else float(q[0]) for q in quantiles],
            "ci.ub": [None if q is None else float(q[1]) for q in quantiles],
        }
        return Answer(fields, tolerance)
    if (X is None) != (Z is None):
        raise NotSupportedError("new values of the mean's moderators alone")
    found = predict_location_scale(fit.fit, X, Z, level=level)
    fields = {
        "pred": [p.estimate for p in found],
        "se": [p.se for p in found],
        "ci.lb": [p.ci.low for p in found],
        "ci.ub": [p.ci.high for p in found],
        "pi.lb": [None if p.pi is None else p.pi.low for p in found],
        "pi.ub": [None if p.pi is None else p.pi.high for p in found],
    }
    return Answer(fields, tolerance)


def anova(fit: LsFit, arguments: Arguments) -> Answer:
    """Answer ``anova``: of two fits, or of scale coefficients (att)."""
    bound = arguments.bind("object", "object2")
    env = arguments.env
    tolerance = fit.tolerance
    if "object2" not in bound:
        if set(bound) - {"object", "att", "digits"} or "att" not in bound:
            raise NotSupportedError("anova of a location-scale fit with these arguments")
        names = list(fit.scale.names)
        rows = np.eye(len(names))[chosen_coefficients(bound["att"], env, names)]
        joint = joint_fields(scale_tests(fit.fit, rows))
        return Answer({name.replace("QM", "QS"): value for name, value in joint.items()}, tolerance)
    other = env.evaluate(bound["object2"])
    if not isinstance(other, LsFit):
        raise NotSupportedError("anova of a location-scale fit and one of another kind")
    full, reduced = sorted((fit, other), key=_n_parameters, reverse=True)
    found = compare_location_scale(full.fit, reduced.fit)
    fields: dict[str, Any] = {
        "LRT": found.statistic,
        "pval": found.p,
        "R2": None,
        "tau2.f": None,
        "tau2.r": None,
    }
    for mark, one in (("f", full), ("r", reduced)):
        own = one.fit.result.fit.reml if one.fit.result.method == "REML" else one.fit.result.fit.ml
        fields |= {
            f"QE.{mark}": one.fit.result.Q,
            f"parms.{mark}": _n_parameters(one),
            f"fit.stats.{mark}": statistics_of(own),
        }
    # Twice the difference of two maxima, each found to within the search's tolerance.
    finer = {"LRT": 1e-4} if fit.fit.result.link == "log" else {}
    return Answer(fields, tolerance, finer=finer)


def _n_parameters(fit: LsFit) -> int:
    return len(fit.fit.result.coefficients) + len(fit.fit.result.scale)


def register(adapters: dict[str, Adapter]) -> None:
    """Add these families, in front of whoever answers them for other fits."""
    plain = adapters["rma"]

    def rma(arguments: Arguments) -> Any:
        scaled = any(name == "scale" for name, _ in arguments.items)
        return rma_scale(arguments) if scaled else plain(arguments)

    adapters["rma"] = adapters["rma.uni"] = rma
    for name, mine in (("predict", predict), ("anova", anova)):
        adapters[name] = for_kind(LsFit, mine, adapters.get(name))
