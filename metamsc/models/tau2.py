"""Estimators of the between-study variance tau2, for many data sets at once.

EE (none: tau2 = 0), DL, GENQ, HE, HS, HSk, SJ, ML, REML, EB, PM, PMM, with their standard errors. A
:class:`~metamsc.models.batch.Batch` comes in, tau2 and its standard error go out, both on the working
scale. Negative moment estimates are set to 0. A data set with no residual degrees of freedom gets
tau2 = 0 and no standard error.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from metamsc.models.batch import Batch, FloatArray
from metamsc.models.kernel import Moments, moments
from metamsc.models.search import maximise, solve_q

TAU2_METHODS: dict[str, str] = {
    "EE": "equal effects: tau2 is 0 by assumption",
    "DL": "DerSimonian-Laird moment estimator (1986)",
    "GENQ": "generalised Q moment estimator with weights of one's own (DerSimonian & Kacker 2007)",
    "HE": "Hedges (variance-component) moment estimator (1983)",
    "HS": "Hunter-Schmidt (1990)",
    "HSk": "Hunter-Schmidt with the small-sample correction of Brannick et al. (2019)",
    "SJ": "Sidik-Jonkman (2005)",
    "ML": "maximum likelihood (Hardy & Thompson 1996)",
    "REML": "restricted maximum likelihood (Viechtbauer 2005)",
    "EB": "empirical Bayes (Morris 1983); the same value as PM",
    "PM": "Paule-Mandel (1982)",
    "PMM": "median-unbiased Paule-Mandel (Viechtbauer 2021)",
}

Estimate: TypeAlias = tuple[FloatArray, FloatArray]


def estimate_tau2(
    batch: Batch, method: str, fixed: FloatArray | None = None, weights: FloatArray | None = None
) -> Estimate:
    """Return tau2 and its standard error for every data set, working scale, shapes (B,).

    Parameters
    ----------
    batch : Batch
    method : str
        A key of :data:`TAU2_METHODS`.
    fixed : array of shape (B,), optional
        Values of tau2 to use instead of estimating; the standard error is the method's at that value.
    weights : array of shape (B, k), optional
        Weights of GENQ; default 1 / v, with which it is DL. Of no effect on the other methods.

    Returns
    -------
    tau2, se : arrays of shape (B,)
        `se` is NaN where it is not defined (EE, no residual degrees of freedom).

    Notes
    -----
    Standard errors are the large-sample ones: inverse Fisher information for ML and REML, the variance
    of the quadratic form under normality for the moment estimators (Viechtbauer 2005, J Educ Behav
    Stat 30:261-293).
    """
    if method == "EE":
        return np.zeros(batch.k.size), np.full(batch.k.size, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        tau2, se = _genq(batch, fixed, weights) if method == "GENQ" else _ESTIMATORS[method](batch, fixed)
    enough = batch.df > 0
    if enough.all():
        return tau2, se
    kept = tau2 if fixed is not None else np.where(enough, tau2, 0.0)
    return kept, np.where(enough, se, np.nan)


def _kept(estimate: FloatArray, fixed: FloatArray | None) -> FloatArray:
    return np.maximum(estimate, 0.0) if fixed is None else fixed


def _quadratic_se(at: Moments, df: FloatArray, tau2: FloatArray, divisor: FloatArray) -> FloatArray:
    """Return the standard error of (y'Py - c) / divisor, P at tau2 = 0."""
    variance = 2.0 * df + 4.0 * tau2 * at.trP + 2.0 * tau2**2 * at.trPP
    result: FloatArray = np.sqrt(variance) / divisor
    return result


def _dl(batch: Batch, fixed: FloatArray | None) -> Estimate:
    at = moments(batch, np.zeros(batch.k.size))
    tau2 = _kept((at.Q - batch.df) / at.trP, fixed)
    return tau2, _quadratic_se(at, batch.df, tau2, at.trP)


def _genq(batch: Batch, fixed: FloatArray | None, weights: FloatArray | None) -> Estimate:
    """Return (Q_a - tr(PV)) / tr(P) with the weights a in Q_a and P (Jackson 2013, section 2)."""
    if weights is None:
        return _dl(batch, fixed)
    a = np.where(np.isfinite(batch.v), weights, 0.0)
    trace, square = _traces(batch, a)
    trP, trPVP, trPP = _weight_traces(batch, a)
    tau2 = _kept((_generalised_q(batch, a) - trace) / trP, fixed)
    return tau2, np.sqrt(2.0 * square + 4.0 * tau2 * trPVP + 2.0 * tau2**2 * trPP) / trP


def _generalised_q(batch: Batch, a: FloatArray) -> FloatArray:
    """Return the sum of squared residuals of least squares with weights `a`, weighted by them."""
    if batch.Z is None:
        mean = (a * batch.y).sum(axis=1) / a.sum(axis=1)
        residual = batch.y - mean[:, None]
    else:
        Zt = np.swapaxes(batch.Z, 1, 2)
        gamma = np.linalg.solve(Zt @ (a[..., None] * batch.Z), Zt @ (a * batch.y)[..., None])
        residual = batch.y - (batch.Z @ gamma)[..., 0]
    total: FloatArray = (a * residual**2).sum(axis=1)
    return total


def _weight_traces(batch: Batch, a: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return tr(P), tr(PVP) and tr(PP) with V = diag(v) and P the projector of weights `a`."""
    present = np.isfinite(batch.v)
    v = np.where(present, batch.v, 0.0)
    Z = present[..., None].astype(np.float64) if batch.Z is None else batch.Z
    Zt = np.swapaxes(Z, 1, 2)
    cov = np.linalg.inv(Zt @ (a[..., None] * Z))

    def middle(w: FloatArray) -> FloatArray:
        return np.asarray(cov @ (Zt @ (w[..., None] * Z)))

    first, second = middle(a**2), middle(a**2 * v)
    trP = a.sum(axis=1) - np.trace(first, axis1=1, axis2=2)
    trPVP = (a**2 * v).sum(axis=1) - 2.0 * np.trace(middle(a**3 * v), axis1=1, axis2=2)
    trPP = (a**2).sum(axis=1) - 2.0 * np.trace(middle(a**3), axis1=1, axis2=2)
    return (
        trP,
        trPVP + np.einsum("bpq,bqp->b", first, second),
        trPP + np.einsum("bpq,bqp->b", first, first),
    )


def _hs(batch: Batch, fixed: FloatArray | None) -> Estimate:
    at = moments(batch, np.zeros(batch.k.size))
    tau2 = _kept((at.Q - batch.k) / at.S1, fixed)
    return tau2, _quadratic_se(at, batch.df, tau2, at.S1)


def _hsk(batch: Batch, fixed: FloatArray | None) -> Estimate:
    at = moments(batch, np.zeros(batch.k.size))
    correction = batch.k / batch.df
    tau2 = _kept((correction * at.Q - batch.k) / at.S1, fixed)
    return tau2, correction * _quadratic_se(at, batch.df, tau2, at.S1)


def _traces(batch: Batch, w: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return tr(PV) and tr(PVPV) with V = diag(v) and P the projector of weights `w`."""
    v = np.where(np.isfinite(batch.v), batch.v, 0.0)
    if batch.Z is None:
        S1 = w.sum(axis=1)
        wv = w * v
        ratio = (w * wv).sum(axis=1) / S1
        square = (wv**2).sum(axis=1) - 2.0 * (w * wv**2).sum(axis=1) / S1 + ratio**2
        return wv.sum(axis=1) - ratio, square
    Zt = np.swapaxes(batch.Z, 1, 2)
    cov = np.linalg.inv(Zt @ (w[..., None] * batch.Z))
    H = cov @ (Zt @ ((w**2 * v)[..., None] * batch.Z))
    K = cov @ (Zt @ ((w**3 * v**2)[..., None] * batch.Z))
    trace = (w * v).sum(axis=1) - np.trace(H, axis1=1, axis2=2)
    square = ((w * v) ** 2).sum(axis=1) - 2.0 * np.trace(K, axis1=1, axis2=2)
    return trace, square + np.einsum("bpq,bqp->b", H, H)


def _he(batch: Batch, fixed: FloatArray | None) -> Estimate:
    unit = np.isfinite(batch.v).astype(np.float64)
    trace, square = _traces(batch, unit)
    tau2 = _kept(((batch.y**2).sum(axis=1) - trace) / batch.df, fixed)
    variance = 2.0 * square + 4.0 * tau2 * trace + 2.0 * tau2**2 * batch.df
    return tau2, np.sqrt(variance) / batch.df


def _sj(batch: Batch, fixed: FloatArray | None) -> Estimate:
    start = batch.spread
    at = moments(batch, start)
    tau2 = _kept(start * at.Q / batch.df, fixed)
    square = _traces(batch, 1.0 / (batch.v + start[:, None]))[1]
    tr_pvp = at.trP - start * at.trPP  # tr(PVP), because P (V + start I) P = P
    variance = 2.0 * square + 4.0 * tau2 * tr_pvp + 2.0 * tau2**2 * at.trPP
    return tau2, start / batch.df * np.sqrt(variance)


def _likelihood(restricted: bool) -> Callable[[Batch, FloatArray | None], Estimate]:
    def estimate(batch: Batch, fixed: FloatArray | None) -> Estimate:
        tau2 = maximise(batch, restricted=restricted) if fixed is None else fixed
        at = moments(batch, tau2)
        return tau2, np.sqrt(2.0 / (at.trPP if restricted else at.S2))

    return estimate


def _paule_mandel(median: bool) -> Callable[[Batch, FloatArray | None], Estimate]:
    def estimate(batch: Batch, fixed: FloatArray | None) -> Estimate:
        df = np.maximum(batch.df, 1.0)
        if median:
            from scipy.special import chdtri

            target = np.asarray(chdtri(df, 0.5), dtype=np.float64)
        else:
            target = df
        tau2 = solve_q(batch, target) if fixed is None else fixed
        S1 = (1.0 / (batch.v + tau2[:, None])).sum(axis=1)
        return tau2, batch.k * np.sqrt(2.0 / batch.df) / S1

    return estimate


_ESTIMATORS: dict[str, Callable[[Batch, FloatArray | None], Estimate]] = {
    "DL": _dl,
    "HE": _he,
    "HS": _hs,
    "HSk": _hsk,
    "SJ": _sj,
    "ML": _likelihood(restricted=False),
    "REML": _likelihood(restricted=True),
    "EB": _paule_mandel(median=False),
    "PM": _paule_mandel(median=False),
    "PMM": _paule_mandel(median=True),
}
