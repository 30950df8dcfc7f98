"""Generalised linear mixed models for counts: the exact distribution of events instead of a normal one.

Counts in, a :class:`~metamsc.models.rare.results.GlmmResult` out. No constant is ever added to the counts
that are modelled. Likelihoods stand in ``study_models``, integration in ``quadrature``, maximisation in
``maximise``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from metamsc.errors import OptionError, TooFewStudiesError, check_option
from metamsc.models.inference import critical_value, infer_coefficient, omnibus_test
from metamsc.models.inputs import check_fixed_tau2, check_level
from metamsc.models.rare.counts import usable
from metamsc.models.rare.glmm_data import GlmmData, prepare
from metamsc.models.rare.glmm_fit import Fitted, fit, homogeneity_tests
from metamsc.models.rare.glmm_notes import glmm_notes
from metamsc.models.rare.results import GlmmResult
from metamsc.models.results import Coefficient, Interval

MEASURES: dict[str, str] = {
    "OR": "log odds ratio of two arms",
    "IRR": "log incidence rate ratio of two arms",
    "PLO": "log odds of one group",
    "IRLN": "log incidence rate of one group",
}
MODELS: dict[str, str] = {
    "UM.FS": "unconditional, a fixed intercept for every study",
    "UM.RS": "unconditional, random study intercepts",
    "CM.EL": "conditional on the events of both arms, exact (OR: non-central hypergeometric)",
    "CM.AL": "conditional, approximate (OR: binomial; IRR: the same as CM.EL, which is binomial)",
}
METHODS = ("ML", "EE")
CI_METHODS = ("wald", "t")


def fit_glmm(
    measure: str,
    *,
    events_treat: ArrayLike | None = None,
    events_control: ArrayLike | None = None,
    n_treat: ArrayLike | None = None,
    n_control: ArrayLike | None = None,
    time_treat: ArrayLike | None = None,
    time_control: ArrayLike | None = None,
    events: ArrayLike | None = None,
    n: ArrayLike | None = None,
    time: ArrayLike | None = None,
    model: str = "UM.FS",
    tau2_method: str = "ML",
    ci_method: str = "wald",
    level: float = 0.95,
    X: ArrayLike | None = None,
    names: Sequence[str] | None = None,
    tau2: float | None = None,
    n_quadrature: int = 7,
    drop00: bool = True,
) -> GlmmResult:
    """Fit a generalised linear mixed model to counts of events.

    Parameters
    ----------
    measure : str
        OR (``events_treat n_treat events_control n_control``), IRR (``events_treat time_treat
        events_control time_control``), PLO (``events n``) or IRLN (``events time``).
    events_treat, events_control, n_treat, n_control, time_treat, time_control, events, n, time
        Arrays of shape (k,): events, participants, person-time in one unit.
    model : str
        UM.FS, UM.RS, CM.EL or CM.AL (``MODELS`` explains each); only for OR and IRR.
    tau2_method : str
        "ML", or "EE" for a common effect.
    ci_method : str
        "wald" (normal quantiles) or "t" (k - p degrees of freedom).
    level : float
        Coverage of all intervals, a fraction.
    X : array-like of shape (k, p), optional
        Design with its intercept column; default: an intercept only.
    names : sequence of str, optional
        Names of the columns of `X`.
    tau2 : float, optional
        A value to use instead of estimating (ignored by EE, which uses 0).
    n_quadrature : int
        Nodes per random effect of the adaptive Gauss-Hermite rule; 1 is Laplace's approximation.
    drop00 : bool
        Whether studies without events, or with nothing but events, in both arms are left out. Only UM.RS
        can learn from them (about its intercepts); the other models leave them out in any case.

    Returns
    -------
    GlmmResult

    Raises
    ------
    OptionError, InputError, TooFewStudiesError
        An argument is wrong (named in the message), there are fewer studies than parameters, or an
        effect is infinite because one arm has no events in any study.

    Notes
    -----
    Stijnen, Hamza & Özdemir 2010 (Stat Med 29:3046-3067) for CM and the one-group models; Turner et al.
    2000 (Stat Med 19:3417-3432) and Jackson et al. 2018 (Stat Med 37:1059-1085) for UM.
    Log odds ratio of study i: x_i'beta + tau u_i, u_i standard normal, half of it in each arm. ML
    estimates of tau2 are too small on average with few studies.

    Examples
    --------
    >>> from metamsc.models.rare.glmm import fit_glmm
    >>> result = fit_glmm("PLO", events=[3, 0, 7, 2], n=[40, 30, 50, 25], tau2_method="EE")
    >>> round(result.estimate, 4)  # the log odds of 12 in 145
    -2.4054
    """
    _check_options(model, tau2_method, ci_method, n_quadrature)
    check_option("measure", measure, MEASURES)
    check_level(level)
    check_fixed_tau2(tau2)
    given = {
        "events_treat": events_treat,
        "n_treat": n_treat,
        "time_treat": time_treat,
        "events_control": events_control,
        "n_control": n_control,
        "time_control": time_control,
        "events": events,
        "n": n,
        "time": time,
    }
    data = prepare(measure, model, given, X, names, drop00=drop00)
    needed = data.design.n_coefs + (1 if tau2_method == "ML" and tau2 is None else 0)
    if data.model.k < needed:
        raise TooFewStudiesError(
            f"{data.design.n_coefs} coefficients{' and tau2' if tau2_method == 'ML' else ''} need at least "
            f"{needed} studies with events; got {data.model.k}. Use tau2_method='EE' or fewer moderators."
        )
    fitted = fit(data.model, data.matrix, random=tau2_method == "ML", n_nodes=n_quadrature, tau2=tau2)
    return _result(measure, data, fitted, tau2_method=tau2_method, ci_method=ci_method, level=level)


def _check_options(model: str, tau2_method: str, ci_method: str, n_quadrature: int) -> None:
    check_option("model", model, MODELS)
    check_option("tau2_method", tau2_method, METHODS)
    check_option("ci_method", ci_method, CI_METHODS)
    if not (isinstance(n_quadrature, int) and 1 <= n_quadrature <= 100):
        raise OptionError(f"n_quadrature must be a whole number from 1 to 100; got {n_quadrature!r}.")


def _result(
    measure: str,
    data: GlmmData,
    fitted: Fitted,
    *,
    tau2_method: str,
    ci_method: str,
    level: float,
) -> GlmmResult:
    """Put the estimates, their tests and the fit together."""
    design = data.design
    X, k, p = data.matrix, data.model.k, design.n_coefs
    df = None if ci_method == "wald" or k == p else float(k - p)
    se = np.sqrt(np.diag(fitted.cov))
    coefficients = tuple(
        infer_coefficient(name, float(b), float(s), df, level)
        for name, b, s in zip(design.names, fitted.beta, se, strict=True)
    )
    first, tested = coefficients[0], list(design.tested)
    QM = omnibus_test(fitted.beta[tested], fitted.cov[np.ix_(tested, tested)], df) if tested else None
    wald, ratio, loglik_saturated = homogeneity_tests(data.model, X, fitted)
    typical = _typical_variance(data)
    aic, bic, aicc = _criteria(fitted)
    return GlmmResult(
        measure=measure,
        model=data.name,
        tau2_method=tau2_method,
        ci_method="wald" if df is None else ci_method,
        k=k,
        n_excluded=int((~data.kept).sum()),
        estimate=first.estimate,
        se=first.se,
        statistic=first.statistic,
        df=first.df,
        p=first.p,
        ci=first.ci,
        pi=_prediction(first, fitted.tau2, k, df, level) if tau2_method == "ML" and p == 1 else None,
        level=level,
        tau2=fitted.tau2,
        tau2_se=fitted.tau2_se,
        sigma2=fitted.sigma2,
        I2=100.0 * fitted.tau2 / (typical + fitted.tau2),
        H2=fitted.tau2 / typical + 1.0,
        wald_test=wald,
        likelihood_ratio_test=ratio,
        coefficients=coefficients,
        QM=QM,
        loglik=fitted.loglik,
        aic=aic,
        bic=bic,
        aicc=aicc,
        loglik_saturated=loglik_saturated,
        conditional_deviance=fitted.conditional_deviance,
        n_quadrature=fitted.n_nodes,
        warnings=glmm_notes(data.model, data.name, data.kept, fitted, design, tau2_method),
    )


def _prediction(first: Coefficient, tau2: float, k: int, df: float | None, level: float) -> Interval | None:
    """Return the prediction interval, with the quantiles of the confidence interval."""
    if k < 3:
        return None
    half = critical_value(level, df) * float(np.sqrt(first.se**2 + tau2))
    return Interval(first.estimate - half, first.estimate + half, level)


def _typical_variance(data: GlmmData) -> float:
    """Return the typical sampling variance, (k - p) / trace(P), of the studies' own effects."""
    some = usable(data.yi, data.vi)
    w, Z = 1.0 / data.vi[some], data.matrix[some]
    k, p = Z.shape
    if k <= p:
        return float(1.0 / w.mean())
    WZ = w[:, None] * Z
    trace = w.sum() - np.trace(np.linalg.solve(Z.T @ WZ, WZ.T @ WZ))
    return float((k - p) / trace)


def _criteria(fitted: Fitted) -> tuple[float, float, float]:
    """Return AIC, BIC and AICc; the sample is the number of counts."""
    q, n = fitted.n_parameters, fitted.n_counts
    m = max(n, q + 2)
    deviance = -2.0 * fitted.loglik
    return deviance + 2 * q, deviance + q * float(np.log(n)), deviance + 2 * q * m / (m - q - 1)
