"""Fitting a location-scale model: effects, variances and two designs in, a frozen result out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from metamsc.errors import TooFewStudiesError, check_option
from metamsc.models.batch import FloatArray
from metamsc.models.fit_statistics import FitStatistics, likelihood_statistics
from metamsc.models.inference import chi2_p, infer_coefficient, omnibus_test
from metamsc.models.inputs import Design, check_design
from metamsc.models.location_scale.likelihood import Evaluation, ScaleLikelihood
from metamsc.models.location_scale.results import LocationScaleResult, ScaleCoefficient
from metamsc.models.location_scale.search import maximise_identity_link, maximise_log_link
from metamsc.models.model import Model, check_model
from metamsc.models.results import Coefficient, OmnibusTest

LINKS: dict[str, str] = {
    "log": "log tau2 is linear in the moderators; a coefficient multiplies tau2",
    "identity": "tau2 itself is linear in the moderators, and kept >= 0 in every study",
}
METHODS: dict[str, str] = {
    "REML": "restricted maximum likelihood",
    "ML": "maximum likelihood: for comparing designs of the mean",
}
# Below this share of the sampling variance a fitted tau2 is told apart from 0 by nothing.
_NONE_LEFT = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class LocationScaleFit:
    """A fitted model: its `result`, and the arrays that predictions and tests need.

    `estimate` (p,) and `cov` (p, p) are of the mean's design, `alpha` (q,) and `cov_alpha` (q, q) of the
    scale's, in the units of the effects; `cov_alpha` is None where the scale has no standard errors.
    """

    result: LocationScaleResult
    model: Model
    scale_design: Design
    Z: FloatArray
    estimate: FloatArray
    cov: FloatArray
    alpha: FloatArray
    cov_alpha: FloatArray | None

    @property
    def scale_df(self) -> float | None:
        """Degrees of freedom of tests of scale coefficients; None for normal quantiles."""
        return None if self.model.ci_method == "wald" else float(self.model.k - self.alpha.size)


def fit_location_scale(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    Z: ArrayLike,
    Z_names: Sequence[str] | None = None,
    X: ArrayLike | None = None,
    names: Sequence[str] | None = None,
    link: str = "log",
    method: str = "REML",
    ci_method: str = "t",
    level: float = 0.95,
    measure: str = "GEN",
) -> LocationScaleFit:
    """Fit a model in which moderators change the mean effect (`X`) and the amount of heterogeneity (`Z`).

    Parameters
    ----------
    yi, vi, X, names, level, measure
        As in :func:`metamsc.models.pool.pool`.
    Z : array-like of shape (k, q)
        Design of the scale part, an intercept column included if there is to be one.
    Z_names : sequence of str, optional
        Names of the columns of `Z`.
    link : str
        "log" or "identity".
    method : str
        "REML" or "ML".
    ci_method : str
        As in `pool`; the scale part has t quantiles with k - q degrees of freedom for all but "wald".

    Returns
    -------
    LocationScaleFit
        `.result` is the :class:`LocationScaleResult`.

    Raises
    ------
    OptionError, InputError, TooFewStudiesError
        As in `pool`; also where there are no more studies than coefficients of both kinds.

    Notes
    -----
    y_i ~ N(x_i' beta, v_i + tau2_i), log tau2_i or tau2_i = z_i' alpha (Viechtbauer & López-López 2022, Res
    Synth Methods 13:697-715). Standard errors of alpha are from the observed information with beta profiled
    out. With fewer than 40 or so studies Wald tests of alpha are unreliable; compare two fits by
    :func:`metamsc.models.location_scale.compare.compare_location_scale`.

    Examples
    --------
    >>> from metamsc.models.location_scale.fit import fit_location_scale
    >>> y, v = [0.1, 0.2, 0.15, 0.9, -0.6, 1.2, 0.0, 0.5], [0.01] * 8
    >>> Z = [[1, 0], [1, 0], [1, 0], [1, 1], [1, 1], [1, 1], [1, 1], [1, 1]]
    >>> fit = fit_location_scale(y, v, Z=Z, link="identity")
    >>> [round(t, 3) for t in fit.result.tau2[2:4]]
    [0.0, 0.499]
    """
    check_option("link", link, LINKS)
    check_option("method", method, METHODS)
    model = check_model(
        yi,
        vi,
        tau2_method=method,
        ci_method=ci_method,
        pi_method="t",
        level=level,
        X=X,
        names=names,
        tau2=None,
        weights=None,
    )
    scale_design = check_design(Z, Z_names, model.k)
    p, q = model.design.n_coefs, scale_design.n_coefs
    if model.k <= max(p, q):
        raise TooFewStudiesError(
            f"A location-scale model with {p} and {q} coefficients needs at least {max(p, q) + 1} studies; "
            f"got {model.k}."
        )
    Zk = np.ones((model.k, 1)) if scale_design.X is None else scale_design.X
    return _fitted(model, scale_design, Zk, link, measure)


def _fitted(model: Model, scale_design: Design, Z: FloatArray, link: str, measure: str) -> LocationScaleFit:
    batch = model.batch()
    unit = float(batch.scale[0])
    X = np.ones((model.k, 1)) if model.design.X is None else model.design.X
    basis, R = np.linalg.qr(X)
    B, R_scale = np.linalg.qr(Z)
    B, R_scale = B * np.sqrt(model.k), R_scale / np.sqrt(model.k)
    restricted = model.tau2_method == "REML"
    centre = basis.T @ model.yi
    y = (model.yi - basis @ centre) / unit
    likelihood = ScaleLikelihood(
        y, model.vi / unit**2, basis, B, -2.0 * float(np.log(unit)), link == "log", restricted
    )
    common = float(model.fit(batch).tau2[0]) / unit**2
    if link == "log":
        a, at = maximise_log_link(likelihood, common)
        regular = bool((at.tau2 > _NONE_LEFT * likelihood.v).all())
    else:
        a, at, regular = maximise_identity_link(likelihood, common)
    to_alpha = np.linalg.inv(R_scale) * (1.0 if link == "log" else unit**2)
    cov_alpha = _inverse_information(at.hessian, to_alpha) if regular else None
    to_coefs = np.linalg.inv(R)
    estimate = to_coefs @ (centre + unit * at.gamma)
    factor = _scale_factor(model, at)
    cov = factor * unit**2 * (to_coefs @ at.cov @ to_coefs.T)
    alpha = to_alpha @ a
    return LocationScaleFit(
        result=_result(model, scale_design, at, unit, estimate, cov, alpha, cov_alpha, factor, link, measure),
        model=model,
        scale_design=scale_design,
        Z=Z,
        estimate=estimate,
        cov=cov,
        alpha=alpha,
        cov_alpha=cov_alpha,
    )


def _inverse_information(hessian: FloatArray, to_alpha: FloatArray) -> FloatArray | None:
    """Return the covariance of alpha, or None where the likelihood is not curved in every direction."""
    if np.linalg.eigvalsh(-hessian)[0] <= 0.0:
        return None
    cov: FloatArray = to_alpha @ np.linalg.inv(-hessian) @ to_alpha.T
    return cov


def _scale_factor(model: Model, at: Evaluation) -> float:
    if not model.ci_method.startswith("hksj"):
        return 1.0
    factor = at.Q / model.residual_df
    return max(factor, 1.0) if model.ci_method == "hksj-adhoc" else factor


def _result(
    model: Model,
    scale_design: Design,
    at: Evaluation,
    unit: float,
    estimate: FloatArray,
    cov: FloatArray,
    alpha: FloatArray,
    cov_alpha: FloatArray | None,
    factor: float,
    link: str,
    measure: str,
) -> LocationScaleResult:
    equal = model.fit_at_zero()
    tau2 = at.tau2 * unit**2
    typical = float(equal.typical_v[0])
    tested = list(model.design.tested)
    df_scale = None if model.ci_method == "wald" else float(model.k - alpha.size)
    se = np.sqrt(np.maximum(np.diag(cov), 0.0))
    Q = float(equal.Q[0])
    return LocationScaleResult(
        measure=measure,
        k=model.k,
        level=model.level,
        link=link,
        method=model.tau2_method,
        ci_method=model.ci_method,
        coefficients=tuple(
            infer_coefficient(n, float(b), float(s), model.df, model.level)
            for n, b, s in zip(model.design.names, estimate, se, strict=True)
        ),
        QM=omnibus_test(estimate[tested], cov[np.ix_(tested, tested)], model.df) if tested else None,
        scale=_scale_coefficients(scale_design, alpha, cov_alpha, df_scale, model.level),
        QS=_scale_test(scale_design, alpha, cov_alpha, df_scale),
        tau2=tuple(tau2.tolist()),
        I2=tuple((100.0 * tau2 / (typical + tau2)).tolist()),
        H2=tuple((1.0 + tau2 / typical).tolist()),
        Q=Q,
        Q_df=model.residual_df,
        Q_p=chi2_p(Q, model.residual_df),
        scale_factor=factor,
        fit=_statistics(model, at, unit, alpha.size),
        warnings=_notes(model, scale_design, cov_alpha is None, link),
    )


def _scale_coefficients(
    design: Design, alpha: FloatArray, cov: FloatArray | None, df: float | None, level: float
) -> tuple[ScaleCoefficient, ...]:
    if cov is None:
        return tuple(
            ScaleCoefficient(name=n, estimate=float(a), se=None, statistic=None, df=df, p=None, ci=None)
            for n, a in zip(design.names, alpha, strict=True)
        )
    rows: list[Coefficient] = [
        infer_coefficient(n, float(a), float(s), df, level)
        for n, a, s in zip(design.names, alpha, np.sqrt(np.diag(cov)), strict=True)
    ]
    return tuple(
        ScaleCoefficient(
            name=c.name, estimate=c.estimate, se=c.se, statistic=c.statistic, df=c.df, p=c.p, ci=c.ci
        )
        for c in rows
    )


def _scale_test(
    design: Design, alpha: FloatArray, cov: FloatArray | None, df: float | None
) -> OmnibusTest | None:
    tested = list(design.tested)
    if not tested or cov is None:
        return None
    return omnibus_test(alpha[tested], cov[np.ix_(tested, tested)], df)


def _statistics(model: Model, at: Evaluation, unit: float, q: int) -> FitStatistics:
    """Return both likelihoods' statistics at the fitted tau2, in the original units."""
    k, p = model.k, model.design.n_coefs
    marginal = model.vi + at.tau2 * unit**2
    log_det = float(np.log(marginal).sum())
    full = -0.5 * (k * float(np.log(2.0 * np.pi)) + log_det + at.Q)
    # |X'X| = 1 in the orthonormal basis; cov is that of effects divided by `unit`.
    correction = 0.5 * (float(np.linalg.slogdet(at.cov)[1]) + p * 2.0 * float(np.log(unit)))
    restricted = -0.5 * ((k - p) * float(np.log(2.0 * np.pi)) + log_det + at.Q) + correction
    saturated = float(-0.5 * np.log(2.0 * np.pi * model.vi).sum())
    return FitStatistics(
        ml=likelihood_statistics(full, saturated, p + q, k),
        reml=likelihood_statistics(restricted, 0.0, p + q, k - p),
    )


def _notes(model: Model, scale_design: Design, no_errors: bool, link: str) -> tuple[str, ...]:
    found = []
    for part, design in (("Moderators", model.design), ("Scale moderators", scale_design)):
        if design.dropped:
            found.append(
                f"{part} dropped because others already determine them: {', '.join(design.dropped)}."
            )
    if no_errors:
        text = "runs towards 0" if link == "log" else "is estimated as 0, the boundary of what is possible,"
        found.append(
            f"tau2 {text} in some studies: scale coefficients have no standard errors and no Wald tests. "
            "Compare models by their likelihoods."
        )
    n_coefs = model.design.n_coefs + scale_design.n_coefs
    if model.k < 10 * n_coefs:
        found.append(f"k = {model.k} for {n_coefs} coefficients: tests of the scale part are not reliable.")
    return tuple(found)
