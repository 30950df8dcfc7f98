"""Results of the rare-event and Bayesian models in the shape of a pooled result; nothing is fitted."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from metamsc.analysis.methods.result import MethodResult
from metamsc.errors import InputError
from metamsc.models.batch import FloatArray
from metamsc.models.bayes.results import BayesResult
from metamsc.models.inference import chi2_p
from metamsc.models.rare.results import BetaBinomialResult, GlmmResult, StratifiedResult
from metamsc.models.results import Coefficient, Heterogeneity, Interval


def _single(name: str, result: Any) -> tuple[Coefficient, ...]:
    return (
        Coefficient(
            name=name,
            estimate=result.estimate,
            se=result.se,
            statistic=result.statistic,
            df=None,
            p=result.p,
            ci=result.ci,
        ),
    )


def from_stratified(result: StratifiedResult, details: dict[str, Any]) -> MethodResult:
    """Return a Mantel-Haenszel or Peto result: a common effect, so tau2 is 0 and tau2_method EE.

    Raises
    ------
    InputError
        If the counts do not determine the common effect; says why.
    """
    if result.estimate is None or result.se is None or result.ci is None:
        raise InputError(" ".join(result.warnings))
    test = result.homogeneity
    found = None
    if test is not None and result.I2 is not None and result.H2 is not None:
        found = Heterogeneity(
            tau2=0.0,
            tau2_se=None,
            tau2_ci=None,
            I2=result.I2,
            I2_ci=None,
            H2=result.H2,
            H2_ci=None,
            Q=test.statistic,
            Q_df=test.df,
            Q_p=test.p,
        )
    return MethodResult(
        measure=result.measure,
        k=result.k,
        estimate=result.estimate,
        se=result.se,
        statistic=result.statistic,
        df=None,
        p=result.p,
        ci=result.ci,
        pi=None,
        level=result.level,
        tau2_method="EE",
        ci_method="wald",
        pi_method=None,
        heterogeneity=found,
        coefficients=_single("intercept", result),
        weights_percent=result.weights_percent,
        warnings=result.warnings,
        details={**details, "result": result.to_dict()},
    )


def from_glmm(result: GlmmResult, details: dict[str, Any]) -> MethodResult:
    """Return a GLMM result; its Q is the Wald test of homogeneity."""
    test = result.wald_test
    return MethodResult(
        measure=result.measure,
        k=result.k,
        estimate=result.estimate,
        se=result.se,
        statistic=result.statistic,
        df=result.df,
        p=result.p,
        ci=result.ci,
        pi=result.pi,
        level=result.level,
        tau2_method=result.tau2_method,
        ci_method=result.ci_method,
        pi_method=None if result.pi is None else ("normal" if result.df is None else "t"),
        heterogeneity=Heterogeneity(
            tau2=result.tau2,
            tau2_se=result.tau2_se,
            tau2_ci=None,
            I2=result.I2,
            I2_ci=None,
            H2=result.H2,
            H2_ci=None,
            Q=0.0 if test is None else test.statistic,
            Q_df=0 if test is None else test.df,
            Q_p=1.0 if test is None else test.p,
        ),
        coefficients=result.coefficients,
        QM=result.QM,
        loglik=result.loglik,
        aic=result.aic,
        bic=result.bic,
        aicc=result.aicc,
        warnings=result.warnings,
        details={**details, "result": result.to_dict()},
    )


def from_beta_binomial(result: BetaBinomialResult, details: dict[str, Any]) -> MethodResult:
    """Return a beta-binomial result: it has a correlation within arms and no heterogeneity of effects."""
    return MethodResult(
        measure=result.measure,
        k=result.k,
        estimate=result.estimate,
        se=result.se,
        statistic=result.statistic,
        df=None,
        p=result.p,
        ci=result.ci,
        pi=None,
        level=result.level,
        tau2_method=None,
        ci_method="wald",
        pi_method=None,
        heterogeneity=None,
        coefficients=_single("intercept", result),
        loglik=result.loglik,
        aic=result.aic,
        bic=result.bic,
        aicc=result.aicc,
        warnings=result.warnings,
        details={**details, "result": result.to_dict()},
    )


def from_bayes(yi: ArrayLike, vi: ArrayLike, result: BayesResult, details: dict[str, Any]) -> MethodResult:
    """Return a Bayesian result: posterior median, sd and credible interval; there is no test.

    tau2 and its interval are the squared median and interval of tau; the prediction interval is that of the
    true effect in a new study; weights are posterior means over tau.
    """
    y, v = np.asarray(yi, dtype=np.float64), np.asarray(vi, dtype=np.float64)
    mu = result.mu
    own = result.to_dict()
    del own["grid"]
    coefficient = Coefficient(
        name="intercept",
        estimate=mu.median,
        se=float("nan") if mu.sd is None else mu.sd,
        statistic=None,
        df=None,
        p=None,
        ci=mu.ci,
    )
    return MethodResult(
        measure=result.measure,
        k=result.k,
        estimate=mu.median,
        se=mu.sd,
        statistic=None,
        df=None,
        p=None,
        ci=mu.ci,
        pi=result.new_study.ci,
        level=result.level,
        tau2_method="bayes",
        ci_method="credible",
        pi_method="bayes",
        heterogeneity=_bayes_heterogeneity(y, v, result),
        coefficients=() if mu.sd is None else (coefficient,),
        weights_percent=_mean_weights(v, result),
        warnings=result.warnings,
        details={**details, "result": own},
    )


def _bayes_heterogeneity(y: FloatArray, v: FloatArray, result: BayesResult) -> Heterogeneity:
    w = 1.0 / v
    df = y.size - 1
    Q = float((w * (y - w @ y / w.sum()) ** 2).sum()) if df else 0.0
    tau2 = result.tau.median**2
    low, high = result.tau.ci.low**2, result.tau.ci.high**2
    typical = df * float(w.sum()) / float(w.sum() ** 2 - (w**2).sum()) if df else float(v[0])

    def between(low: float, high: float) -> Interval:
        return Interval(low, high, result.level)

    return Heterogeneity(
        tau2=tau2,
        tau2_se=None,
        tau2_ci=between(low, high),
        I2=100.0 * tau2 / (tau2 + typical),
        I2_ci=between(100.0 * low / (low + typical), 100.0 * high / (high + typical)),
        H2=1.0 + tau2 / typical,
        H2_ci=between(1.0 + low / typical, 1.0 + high / typical),
        Q=Q,
        Q_df=df,
        Q_p=chi2_p(Q, df),
    )


def _mean_weights(v: FloatArray, result: BayesResult) -> tuple[float, ...]:
    """Return the posterior means of the studies' weights, in percent."""
    tau, mass = np.array(result.grid.tau), np.array(result.grid.mass)
    total = np.zeros_like(v)
    for t, m in zip(tau, mass, strict=True):  # a grid has some hundred nodes; k may be large
        w = 1.0 / (v + t * t)
        total += m * w / w.sum()
    return tuple(float(x) for x in 100.0 * total / mass.sum())
