"""Weighted sums at a given tau2: the one place where weights are formed.

With w = 1 / (v + tau2), W = diag(w) and P = W - W X (X'WX)^-1 X'W, every estimator and every test of
this package is made of y'Py, y'PPy, y'PPPy, tr(P) and tr(PP). They are computed here in O(k p**2)
for all data sets of a batch at once; no k x k matrix is ever formed. Working scale in, working scale
out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metamsc.models.batch import Batch, FloatArray

# Elements of a (rows, k, p) block that stay in a core's cache; larger batches are worked in blocks.
BLOCK = 1 << 17


@dataclass(frozen=True, slots=True)
class Moments:
    """Sums at one tau2 per data set, each of shape (B,) unless noted.

    `Q` = y'Py, `A` = y'PPy = -dQ/dtau2, `C` = y'PPPy = -dA/dtau2 / 2, `trP`, `trPP` = -d trP/dtau2,
    `S1` = sum w, `S2` = sum w**2, `cov` = (X'WX)^-1 in the working basis, shape (B, p, p), `gamma` =
    coefficients beyond `Batch.shift`, shape (B, p).
    """

    Q: FloatArray
    A: FloatArray
    C: FloatArray
    trP: FloatArray
    trPP: FloatArray
    S1: FloatArray
    S2: FloatArray
    cov: FloatArray
    gamma: FloatArray


def _dot(a: FloatArray, b: FloatArray) -> FloatArray:
    """Row-wise inner products of two (B, k) arrays."""
    result: FloatArray = np.einsum("bk,bk->b", a, b)
    return result


def moments(batch: Batch, tau2: FloatArray) -> Moments:
    """Return the :class:`Moments` of every data set of `batch` at `tau2`, shape (B,)."""
    if batch.Z is None and tau2.size == 1:
        return _moments_one(batch.y[0], 1.0 / (batch.v[0] + tau2[0]))
    w = 1.0 / (batch.v + tau2[:, None])
    if batch.Z is None:
        return moments_intercept(batch.y, w)
    return _moments_design(batch.y, w, batch.Z)


def moments_intercept(y: FloatArray, w: FloatArray) -> Moments:
    """Return the moments for an intercept only; `w` of shape (B, k), `y` the same or (1, k)."""
    S1 = w.sum(axis=1)
    mu = _dot(w, y) / S1
    r = y - mu[:, None]
    u = w * r
    w2 = w * w
    uw = u * w
    S2 = w2.sum(axis=1)
    ratio = S2 / S1
    return Moments(
        Q=_dot(u, r),
        A=_dot(u, u),
        C=_dot(u, uw) - uw.sum(axis=1) ** 2 / S1,
        trP=S1 - ratio,
        trPP=S2 - 2.0 * _dot(w2, w) / S1 + ratio**2,
        S1=S1,
        S2=S2,
        cov=(1.0 / S1)[:, None, None],
        gamma=mu[:, None],
    )


def _moments_one(y: FloatArray, w: FloatArray) -> Moments:
    """Return the moments of one data set, `y` and `w` of shape (k,): as above in half the time."""
    S1, S2 = float(w.sum()), float(w.dot(w))
    mu = float(w.dot(y)) / S1
    r = y - mu
    u = w * r
    ratio = S2 / S1
    trPP = S2 - 2.0 * float((w * w).dot(w)) / S1 + ratio**2
    C = float(u.dot(u * w)) - float(u.dot(w)) ** 2 / S1
    found = np.array([u.dot(r), u.dot(u), C, S1 - ratio, trPP, S1, S2, 1.0 / S1, mu])
    Q, A, C_, trP, trPP_, S1_, S2_, cov, gamma = found[:, None]
    return Moments(Q, A, C_, trP, trPP_, S1_, S2_, cov[:, None, None], gamma[:, None])


def _moments_design(y: FloatArray, w: FloatArray, Z: FloatArray) -> Moments:
    Zt = np.swapaxes(Z, 1, 2)
    WZ = w[..., None] * Z
    cov = np.asarray(np.linalg.inv(Zt @ WZ), dtype=np.float64)
    gamma = (cov @ (np.swapaxes(WZ, 1, 2) @ y[..., None]))[..., 0]
    r = y - (Z @ gamma[..., None])[..., 0]
    u = w * r
    M2 = np.swapaxes(WZ, 1, 2) @ WZ
    M3 = np.swapaxes(WZ, 1, 2) @ (w[..., None] * WZ)
    S1, S2 = w.sum(axis=1), _dot(w, w)
    H = cov @ M2
    h = (np.swapaxes(WZ, 1, 2) @ u[..., None])[..., 0]
    return Moments(
        Q=_dot(u, r),
        A=_dot(u, u),
        C=_dot(u, u * w) - np.einsum("bp,bpq,bq->b", h, cov, h),
        trP=S1 - np.trace(H, axis1=1, axis2=2),
        trPP=S2 - 2.0 * np.einsum("bpq,bqp->b", cov, M3) + np.einsum("bpq,bqp->b", H, H),
        S1=S1,
        S2=S2,
        cov=cov,
        gamma=gamma,
    )


def log_likelihood(batch: Batch, tau2: FloatArray, *, restricted: bool) -> FloatArray:
    """Return the (restricted) log-likelihood at `tau2` in the original units, shape (B,).

    ML: -1/2 (k log 2pi + sum log(v + tau2) + y'Py). REML: the same with k - p for k, plus
    1/2 log|X'X| - 1/2 log|X'WX| (Harville 1974; the constant that makes it the density of the
    error contrasts).
    """
    at = moments(batch, tau2)
    return log_likelihood_from(batch, tau2, at.Q, at.cov, restricted=restricted)


def log_likelihood_from(
    batch: Batch, tau2: FloatArray, Q: FloatArray, cov: FloatArray, *, restricted: bool
) -> FloatArray:
    """Return the log-likelihood from the residual sum of squares `Q` and `cov` = (X'WX)^-1."""
    marginal = batch.v + tau2[:, None]
    absent = np.isinf(marginal)
    log_det = np.log(np.where(absent, 1.0, marginal) if absent.any() else marginal).sum(axis=1)
    n = batch.df if restricted else batch.k
    value = -0.5 * (n * (np.log(2.0 * np.pi) + 2.0 * np.log(batch.scale)) + log_det + Q)
    if restricted:
        # With an orthonormal basis |Z'Z| = 1; an intercept alone is not normalised: |X'X| = k.
        if batch.Z is None:
            value = value + 0.5 * np.log(cov[:, 0, 0] * batch.k)
        else:
            value = value + 0.5 * np.linalg.slogdet(cov)[1]
    result: FloatArray = value
    return result


def block_rows(batch: Batch) -> int:
    """Return how many data sets of `batch` make one cache-sized block."""
    return max(1, BLOCK // int(batch.y.shape[1] * batch.n_coefs))
