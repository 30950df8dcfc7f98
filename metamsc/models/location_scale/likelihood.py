"""The (restricted) likelihood of a location-scale model in the scale coefficients, with exact derivatives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metamsc.models.batch import FloatArray

# Beyond this a log tau2 (in units of the sampling variance) is as good as -infinity or +infinity.
_EXTREME = 60.0


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The log-likelihood without its constants at one set of scale coefficients.

    `gradient` (q,) and `hessian` (q, q) are those of `value` with the coefficients of the mean profiled
    out; `gamma` (p,) are these coefficients and `cov` (p, p) their covariance, both in the working basis;
    `tau2` (k,) is on the working scale, `Q` the weighted residual sum of squares.
    """

    value: float
    gradient: FloatArray
    hessian: FloatArray
    gamma: FloatArray
    cov: FloatArray
    tau2: FloatArray
    Q: float


@dataclass(frozen=True, slots=True)
class ScaleLikelihood:
    """One data set on its working scale.

    `y`, `v` (k,); `X` (k, p) and `B` (k, q) are orthogonal bases of the two designs, with columns of length
    1 and sqrt(k); tau2 is exp(B a + offset) with `log_link`, else B a.
    """

    y: FloatArray
    v: FloatArray
    X: FloatArray
    B: FloatArray
    offset: float
    log_link: bool
    restricted: bool

    def evaluate(self, a: FloatArray) -> Evaluation:
        """Return value, gradient and Hessian at `a`, shape (q,)."""
        tau2, first, second = self._tau2(a)
        w = 1.0 / (self.v + tau2)
        X, B = self.X, self.B
        information = X.T @ (w[:, None] * X)
        cov = np.asarray(np.linalg.inv(information), dtype=np.float64)
        gamma = cov @ (X.T @ (w * self.y))
        r = self.y - X @ gamma
        u = w * r
        root = np.linalg.cholesky(cov)
        half = X @ root  # rows L_i with L_i L_j' = x_i' cov x_j
        h = (half**2).sum(axis=1)
        value = -0.5 * (-float(np.log(w).sum()) + float(u @ r))
        if self.restricted:
            value -= 0.5 * float(np.linalg.slogdet(information)[1])
        diagonal = w - w**2 * h if self.restricted else w
        slope = -0.5 * (diagonal - u**2)
        gradient = B.T @ (first * slope)
        D = first[:, None] * B
        pull = X.T @ ((w * u)[:, None] * D)
        hessian = -(D.T @ ((u**2 * w)[:, None] * D)) + pull.T @ cov @ pull
        if self.restricted:
            hessian += 0.5 * D.T @ ((w**2 - 2.0 * w**3 * h)[:, None] * D)
            products = (half[:, :, None] * half[:, None, :]).reshape(len(w), -1)
            F = products.T @ ((w**2)[:, None] * D)
            hessian += 0.5 * F.T @ F
        else:
            hessian += 0.5 * D.T @ ((w**2)[:, None] * D)
        hessian += B.T @ ((slope * second)[:, None] * B)
        return Evaluation(value, gradient, hessian, gamma, cov, tau2, float(u @ r))

    def _tau2(self, a: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return tau2 and its first two derivatives with respect to the linear predictor."""
        eta = self.B @ a + (self.offset if self.log_link else 0.0)
        if not self.log_link:
            return np.maximum(eta, 0.0), np.ones_like(eta), np.zeros_like(eta)
        tau2 = np.exp(np.clip(eta, -_EXTREME, _EXTREME))
        inside = np.abs(eta) < _EXTREME
        slope = np.where(inside, tau2, 0.0)
        return tau2, slope, slope
