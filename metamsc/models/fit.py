"""Fit of the random-effects model to many data sets at once: coefficients, tests' scale, heterogeneity.

Arrays in, arrays out, in the units of the effects. No text, no intervals, no checks of meaning: a
single analysis goes through :func:`metamsc.models.pool.pool`, and whoever fits thousands of subsets
calls :func:`fit_batch` and keeps the columns that are needed.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from metamsc.models.batch import Batch, BoolArray, FloatArray, make_batch
from metamsc.models.kernel import BLOCK, Moments, log_likelihood_from, moments
from metamsc.models.tau2 import estimate_tau2

CI_METHODS: dict[str, str] = {
    "wald": "normal quantiles, model-based standard error",
    "t": "t quantiles with k - p degrees of freedom, model-based standard error",
    "hksj": "Hartung-Knapp-Sidik-Jonkman: scaled standard error, t with k - p degrees of freedom",
    "hksj-adhoc": "as hksj, but the scale factor is never below 1 (Röver, Knapp & Friede 2015)",
}


@dataclass(frozen=True, slots=True)
class BatchFit:
    """Results of B fits in the units of the effects; arrays are of shape (B,) unless noted.

    `estimate` (B, p), `cov` (B, p, p), `df` is k - p (0 where normal quantiles are due because no
    degrees of freedom are left), `tau2_se` is NaN where undefined, `scale_factor` is what Hartung-Knapp
    multiplied the variances by (1 for other methods), `typical_v` the typical sampling variance
    (k - p) / tr(P) of Higgins & Thompson (2002), from which `I2` (percent) and `H2` follow.
    `loglik` is the restricted one for REML and the full one otherwise.
    """

    k: FloatArray
    df: FloatArray
    tau2: FloatArray
    tau2_se: FloatArray
    estimate: FloatArray
    cov: FloatArray
    scale_factor: FloatArray
    Q: FloatArray
    typical_v: FloatArray
    I2: FloatArray
    H2: FloatArray
    loglik: FloatArray


def fit_batch(
    yi: FloatArray,
    vi: FloatArray,
    *,
    tau2_method: str = "REML",
    ci_method: str = "hksj-adhoc",
    mask: BoolArray | None = None,
    X: FloatArray | None = None,
    tau2: FloatArray | None = None,
    weights: FloatArray | None = None,
) -> BatchFit:
    """Fit B data sets.

    Parameters
    ----------
    yi, vi : arrays of shape (B, k)
        Effects and sampling variances; values where `mask` is False are not looked at.
    tau2_method : str
        Key of :data:`metamsc.models.tau2.TAU2_METHODS`.
    ci_method : str
        Key of :data:`CI_METHODS`; decides whether `cov` carries the Hartung-Knapp factor.
    mask : array of shape (B, k), optional
        True where a study takes part.
    X : array of shape (k, p) or (B, k, p), optional
        Design, of full rank in every data set; default: an intercept only.
    tau2 : array of shape (B,), optional
        Values to use instead of estimating.
    weights : array of shape (B, k), optional
        Weights for the estimate instead of 1 / (vi + tau2); its variance is then the sandwich. GENQ
        estimates tau2 with them, too.

    Returns
    -------
    BatchFit
    """
    step = max(1, BLOCK // (yi.shape[1] * (1 if X is None else X.shape[-1])))
    blocks = []
    for start in range(0, yi.shape[0], step):  # a block's arrays stay in cache through the whole fit
        rows = slice(start, start + step)
        batch = make_batch(
            yi[rows],
            vi[rows],
            None if mask is None else mask[rows],
            X[rows] if X is not None and X.ndim == 3 else X,
        )
        fixed = None if tau2 is None else tau2[rows]
        given = None if weights is None else weights[rows]
        blocks.append(fit_prepared(batch, tau2_method, ci_method, fixed, given))
    return blocks[0] if len(blocks) == 1 else _joined(blocks)


def _joined(blocks: list[BatchFit]) -> BatchFit:
    """Return one fit of all data sets of `blocks`, in order."""
    return BatchFit(
        **{field.name: np.concatenate([getattr(b, field.name) for b in blocks]) for field in fields(BatchFit)}
    )


def fit_prepared(
    batch: Batch,
    tau2_method: str,
    ci_method: str,
    tau2: FloatArray | None = None,
    weights: FloatArray | None = None,
) -> BatchFit:
    """Fit an already prepared batch; the arguments are those of :func:`fit_batch`."""
    fixed = None if tau2 is None else tau2 / batch.scale**2
    tau2_w, se_w = estimate_tau2(batch, tau2_method, fixed, weights)
    at = moments(batch, tau2_w)
    at_zero = moments(batch, np.zeros_like(tau2_w)) if tau2_w.any() else at
    factor = _scale_factor(batch, at, ci_method)
    gamma, cov, Q_fit = at.gamma, at.cov, at.Q
    if weights is not None:
        gamma, cov, Q_fit = _weighted(batch, tau2_w, weights)
    estimate, covariance = _original_units(batch, gamma, factor[:, None, None] * cov)
    typical, I2, H2 = _inconsistency(batch, at_zero, tau2_w, equal_effects=tau2_method == "EE")
    restricted = tau2_method == "REML"
    return BatchFit(
        k=batch.k,
        df=batch.df,
        tau2=tau2_w * batch.scale**2,
        tau2_se=se_w * batch.scale**2,
        estimate=estimate,
        cov=covariance,
        scale_factor=factor,
        Q=np.where(batch.df > 0, at_zero.Q, 0.0),
        typical_v=typical * batch.scale**2,
        I2=I2,
        H2=H2,
        loglik=log_likelihood_from(batch, tau2_w, Q_fit, at.cov, restricted=restricted),
    )


def _scale_factor(batch: Batch, at: Moments, ci_method: str) -> FloatArray:
    """Return y'Py / (k - p), truncated at 1 for the ad hoc variant; 1 without degrees of freedom."""
    one = np.ones_like(at.Q)
    if not ci_method.startswith("hksj"):
        return one
    factor = at.Q / np.maximum(batch.df, 1.0)
    if ci_method == "hksj-adhoc":
        factor = np.maximum(factor, 1.0)
    return np.where(batch.df > 0, factor, one)


def _weighted(
    batch: Batch, tau2: FloatArray, weights: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return coefficients, their sandwich covariance and the residual sum of squares for given weights."""
    present = np.isfinite(batch.v)
    a = np.where(present, weights, 0.0)
    M = np.where(present, batch.v, 0.0) + tau2[:, None]
    Z = present[..., None].astype(np.float64) if batch.Z is None else batch.Z
    Zt = np.swapaxes(Z, 1, 2)
    bread = np.linalg.inv(Zt @ (a[..., None] * Z))
    gamma = (bread @ (Zt @ (a * batch.y)[..., None]))[..., 0]
    cov = bread @ (Zt @ ((a**2 * M)[..., None] * Z)) @ bread
    residual = batch.y - (Z @ gamma[..., None])[..., 0]
    Q = (residual**2 / (batch.v + tau2[:, None])).sum(axis=1)
    return gamma, cov, Q


def _original_units(batch: Batch, gamma: FloatArray, cov: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return coefficients and covariance of the design's columns, in the units of the effects."""
    coefs = batch.scale[:, None] * (batch.shift + gamma)
    cov = batch.scale[:, None, None] ** 2 * cov
    if batch.R is None:
        return coefs, cov
    inverse = np.linalg.inv(batch.R)
    return (inverse @ coefs[..., None])[..., 0], inverse @ cov @ np.swapaxes(inverse, 1, 2)


def _inconsistency(
    batch: Batch, at_zero: Moments, tau2: FloatArray, *, equal_effects: bool
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the typical sampling variance, I2 in percent and H2 (from Q in an equal-effects model)."""
    df = batch.df
    some = df > 0
    if some.all() and not equal_effects:
        typical = df / at_zero.trP
        return typical, 100.0 * tau2 / (typical + tau2), tau2 / typical + 1.0
    df = np.where(some, df, 1.0)
    typical = np.where(some, df / np.where(some, at_zero.trP, 1.0), 0.0)
    if equal_effects:
        Q = np.where(some & (at_zero.Q > 0), at_zero.Q, df)
        return (
            typical,
            np.where(some, np.maximum(0.0, 100.0 * (Q - df) / Q), 0.0),
            np.where(some, at_zero.Q / df, 1.0),
        )
    safe = np.where(some, typical, 1.0)
    I2 = np.where(some, 100.0 * tau2 / (safe + tau2), 0.0)
    return typical, I2, np.where(some, tau2 / safe + 1.0, 1.0)
