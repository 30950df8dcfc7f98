"""Pooling one set of effects: arrays in, a frozen :class:`PooledResult` out.

The defaults are those of current guidance for systematic reviews of interventions: REML, Hartung-Knapp
with the ad hoc truncation, Q-profile interval for tau2, I2 computed from tau2, prediction interval
(Cochrane Statistical Methods Group, "Random-effects meta-analysis methods for Intervention Reviews",
2022-2025; Röver, Knapp & Friede 2015, BMC Med Res Methodol 15:99). Studies, outcomes and units are
unknown here; nothing is dropped and nothing is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from metamsc.models import notes
from metamsc.models.batch import Batch, make_batch
from metamsc.models.fit import BatchFit, fit_prepared
from metamsc.models.inference import chi2_p, infer_coefficient, omnibus_test
from metamsc.models.intervals import interval_is_empty, q_profile
from metamsc.models.model import Model, check_model
from metamsc.models.results import Coefficient, Heterogeneity, Interval, OmnibusTest, PooledResult


def pool(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    tau2_method: str = "REML",
    ci_method: str = "hksj-adhoc",
    pi_method: str = "t",
    level: float = 0.95,
    measure: str = "GEN",
    X: ArrayLike | None = None,
    names: Sequence[str] | None = None,
    tau2: float | None = None,
    weights: ArrayLike | None = None,
) -> PooledResult:
    """Pool effects by the random-effects (or equal-effects) model, with moderators if a design is given.

    Parameters
    ----------
    yi : array-like of shape (k,)
        Effects, all on one analysis scale (ratios as logarithms) and in one unit.
    vi : array-like of shape (k,)
        Their sampling variances, in the squared unit of `yi`; all > 0.
    tau2_method : str
        One of EE, DL, GENQ, HE, HS, HSk, SJ, ML, REML, EB, PM, PMM (``TAU2_METHODS`` explains each).
    ci_method : str
        "wald", "t", "hksj" or "hksj-adhoc".
    pi_method : str
        "t" (k - p degrees of freedom; the default whatever `ci_method` is, because tau2 is estimated),
        "riley" (k - p - 1), "normal" or "simple" (the mean taken as known).
    level : float
        Coverage of all intervals, a fraction.
    measure : str
        Effect-size code, carried into the result.
    X : array-like of shape (k, p), optional
        Design including its intercept column, if there is to be one; default: an intercept only.
    names : sequence of str, optional
        Names of the columns of `X`.
    tau2 : float, optional
        A value to use instead of estimating (ignored by EE, which uses 0).
    weights : array-like of shape (k,), optional
        Weights for the estimate instead of 1 / (vi + tau2); ones give the unweighted mean.
        GENQ estimates tau2 with them, too.

    Returns
    -------
    PooledResult
        k = 1 pools nothing: estimate and interval are the study's own with normal quantiles, tau2 is 0,
        and `warnings` says so.

    Raises
    ------
    OptionError
        An option is not one of those allowed.
    InputError
        A value is missing, infinite or of the wrong sign, or lengths differ; says which.
    TooFewStudiesError
        No study, or no more studies than coefficients.

    Notes
    -----
    estimate = (X'WX)^-1 X'Wy with W = diag(1 / (vi + tau2)); hksj multiplies its covariance by
    y'Py / (k - p) (Knapp & Hartung 2003, Stat Med 22:2693-2710), hksj-adhoc by max(1, that). The
    prediction interval is estimate +- quantile * sqrt(se**2 + tau2).

    Examples
    --------
    >>> from metamsc.models.pool import pool
    >>> result = pool([0.2, 0.5, -0.1], [0.04, 0.09, 0.02], tau2_method="DL", ci_method="wald")
    >>> round(result.estimate, 4), round(result.heterogeneity.tau2, 4)
    (0.1267, 0.0397)
    """
    model = check_model(
        yi,
        vi,
        tau2_method=tau2_method,
        ci_method=ci_method,
        pi_method=pi_method,
        level=level,
        X=X,
        names=names,
        tau2=tau2,
        weights=weights,
    )
    batch = model.batch()
    fit = model.fit(batch)
    coefficients = _coefficients(model, fit)
    first = coefficients[0]
    loglik, aic, bic, aicc = _fit_statistics(model, float(fit.loglik[0]))
    return PooledResult(
        measure=measure,
        k=model.k,
        estimate=first.estimate,
        se=first.se,
        statistic=first.statistic,
        df=first.df,
        p=first.p,
        ci=first.ci,
        pi=_prediction_interval(model, fit),
        level=level,
        tau2_method=tau2_method,
        ci_method=model.ci_method,
        pi_method=pi_method,
        heterogeneity=_heterogeneity(model, batch, fit),
        coefficients=coefficients,
        QM=_moderator_test(model, fit),
        R2=_explained(model, fit),
        loglik=loglik,
        aic=aic,
        bic=bic,
        aicc=aicc,
        weights_percent=_weights_percent(model, float(fit.tau2[0])),
        warnings=notes.pooling_notes(
            k=model.k,
            vi=model.vi,
            tau2_method=tau2_method,
            asked_ci=ci_method,
            design=model.design,
            se=first.se,
            Q=float(fit.Q[0]),
            empty_tau2_ci=_is_empty(model, float(fit.Q[0])),
        ),
    )


def _coefficients(model: Model, fit: BatchFit) -> tuple[Coefficient, ...]:
    se = np.sqrt(np.maximum(fit.cov[0].diagonal(), 0.0))
    values = zip(model.design.names, fit.estimate[0].tolist(), se.tolist(), strict=True)
    return tuple(infer_coefficient(n, b, s, model.df, model.level) for n, b, s in values)


def _moderator_test(model: Model, fit: BatchFit) -> OmnibusTest | None:
    tested = list(model.design.tested)
    if not tested:
        return None
    return omnibus_test(fit.estimate[0][tested], fit.cov[0][np.ix_(tested, tested)], model.df)


def _prediction_interval(model: Model, fit: BatchFit) -> Interval | None:
    if model.k < 3 or model.tau2_method == "EE" or model.design.n_coefs > 1:
        return None
    centre = float(fit.estimate[0, 0])
    half = model.prediction_half_width(float(fit.cov[0, 0, 0]), float(fit.tau2[0]))
    return Interval(centre - half, centre + half, model.level)


def _is_empty(model: Model, Q: float) -> bool:
    return model.residual_df > 0 and interval_is_empty(Q, model.residual_df, model.level)


def _heterogeneity(model: Model, batch: Batch, fit: BatchFit) -> Heterogeneity:
    df = model.residual_df
    tau2, Q, se = float(fit.tau2[0]), float(fit.Q[0]), float(fit.tau2_se[0])
    tau2_ci = I2_ci = H2_ci = None
    if df > 0:
        low, high = (float(end[0]) for end in q_profile(batch, model.level))
        typical = float(fit.typical_v[0])
        tau2_ci = Interval(low, high, model.level)
        I2_ci = Interval(100.0 * low / (typical + low), 100.0 * high / (typical + high), model.level)
        H2_ci = Interval(low / typical + 1.0, high / typical + 1.0, model.level)
    return Heterogeneity(
        tau2=tau2,
        tau2_se=se if np.isfinite(se) else None,
        tau2_ci=tau2_ci,
        I2=float(fit.I2[0]),
        I2_ci=I2_ci,
        H2=float(fit.H2[0]),
        H2_ci=H2_ci,
        Q=Q,
        Q_df=df,
        Q_p=chi2_p(Q, df),
    )


def _explained(model: Model, fit: BatchFit) -> float | None:
    """Return R2 in percent: the share of tau2 (EE: adjusted, of Q) that the moderators account for."""
    if not model.design.tested or not model.design.has_intercept:
        return None
    null_batch = make_batch(model.yi[None], model.vi[None])
    null = fit_prepared(null_batch, model.tau2_method, "wald")
    if model.tau2_method == "EE":
        before, after = float(null.Q[0]) / (model.k - 1), float(fit.Q[0]) / max(float(fit.df[0]), 1.0)
    else:
        before, after = float(null.tau2[0]), float(fit.tau2[0])
    return 0.0 if before == 0.0 else max(0.0, 100.0 * (before - after) / before)


def _fit_statistics(
    model: Model, loglik: float
) -> tuple[float | None, float | None, float | None, float | None]:
    """Return log-likelihood, AIC, BIC, AICc; None unless the method maximises that likelihood."""
    if model.tau2_method not in ("EE", "ML", "REML") or not np.isfinite(loglik):
        return None, None, None, None
    p = model.design.n_coefs
    parameters = p + (1 if model.tau2_method != "EE" and model.tau2 is None else 0)
    n = model.k - p if model.tau2_method == "REML" else model.k
    if n < 1:
        return loglik, None, None, None
    m = max(n, parameters + 2)
    aic = -2.0 * loglik + 2.0 * parameters
    bic = -2.0 * loglik + parameters * float(np.log(n))
    return loglik, aic, bic, -2.0 * loglik + 2.0 * parameters * m / (m - parameters - 1)


def _weights_percent(model: Model, tau2: float) -> tuple[float, ...]:
    w = 1.0 / (model.vi + tau2) if model.weights is None else model.weights
    return tuple((100.0 * w / w.sum()).tolist())
