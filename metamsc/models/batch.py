"""Many data sets side by side, made ready for the kernel: scaled, centred, padded.

In come arrays of shape (B, k) with a mask and, for meta-regression, a design; out comes a
:class:`Batch` on which every estimator of this package works. A single fit is B = 1. Nothing is
checked here for meaning (that is :mod:`metamsc.models.pool`'s part) and nothing is estimated.

Three things are done once so that no estimator has to think of them:

* *scale*: each data set is divided by a power of two near its typical standard error. Powers of two
  are exact, so multiplying effects by c and variances by c**2 changes nothing but the units.
* *location*: the least-squares fit is taken out of the effects, so that an offset costs no digits.
* *padding*: an absent study has an infinite variance, hence weight 0 in every sum.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

FloatArray: TypeAlias = NDArray[np.float64]
BoolArray: TypeAlias = NDArray[np.bool_]
IntArray: TypeAlias = NDArray[np.intp]

# Residuals this small beside the effects are the rounding of a model that fits perfectly.
_ROUNDING = 1e-13


@dataclass(frozen=True, slots=True)
class Batch:
    """B data sets on their working scale.

    Attributes
    ----------
    y : array of shape (B, k)
        Least-squares residuals of the effects divided by `scale`; 0 where there is no study.
    v : array of shape (B, k)
        Sampling variances divided by `scale**2`; infinite where there is no study.
    Z : array of shape (B, k, p) or (1, k, p), or None
        Orthonormal basis of the design, 0 where there is no study; None means intercept only.
    R : array of shape (B, p, p) or (1, p, p), or None
        The design is ``Z @ R``.
    shift : array of shape (B, p)
        What least squares took out, in the basis `Z` (for an intercept: the mean), divided by `scale`.
    spread : array of shape (B,)
        ``mean((y - mean(y))**2)`` of the scaled effects, with divisor k (Sidik-Jonkman's start).
    k : array of shape (B,)
        Number of studies present.
    scale : array of shape (B,)
        Power of two; effects are ``scale`` times their working value, variances ``scale**2`` times.
    """

    y: FloatArray
    v: FloatArray
    Z: FloatArray | None
    R: FloatArray | None
    shift: FloatArray
    spread: FloatArray
    k: FloatArray
    scale: FloatArray

    @property
    def n_coefs(self) -> int:
        """Number of coefficients p of the design."""
        return int(self.shift.shape[1])

    @property
    def df(self) -> FloatArray:
        """Residual degrees of freedom k - p of each data set, shape (B,)."""
        return self.k - self.n_coefs

    def take(self, rows: IntArray | slice) -> Batch:
        """Return the data sets `rows`, in that order and as often as named."""
        shared = self.Z is None or self.Z.shape[0] == 1
        return Batch(
            y=self.y[rows],
            v=self.v[rows],
            Z=self.Z if shared or self.Z is None else self.Z[rows],
            R=self.R if shared or self.R is None else self.R[rows],
            shift=self.shift[rows],
            spread=self.spread[rows],
            k=self.k[rows],
            scale=self.scale[rows],
        )

    def variance_range(self) -> tuple[FloatArray, FloatArray]:
        """Return the smallest and the largest working variance of each data set, shapes (B,)."""
        return self.v.min(axis=1), np.where(np.isfinite(self.v), self.v, 0.0).max(axis=1)


def make_batch(
    yi: FloatArray, vi: FloatArray, mask: BoolArray | None = None, X: FloatArray | None = None
) -> Batch:
    """Scale, centre and pad `yi` and `vi`.

    Parameters
    ----------
    yi, vi : arrays of shape (B, k)
        Effects and their sampling variances (> 0 where present).
    mask : array of shape (B, k), optional
        True where a study is present; default: all are. Each data set needs more studies than
        coefficients, or exactly as many.
    X : array of shape (k, p) or (B, k, p), optional
        Design of full rank in every data set, an intercept being one of its columns; default: an
        intercept only.
    """
    if mask is None:
        present, k = None, np.full(yi.shape[0], float(yi.shape[1]))
        mean_v, first = vi.sum(axis=1) / k, yi[:, :1]
    else:
        present, k = mask, mask.sum(axis=1).astype(np.float64)
        mean_v = np.where(mask, vi, 0.0).sum(axis=1) / k
        first = np.take_along_axis(yi, mask.argmax(axis=1)[:, None], axis=1)
    scale = np.ldexp(1.0, np.rint(0.5 * np.log2(mean_v)).astype(np.int32))
    # Differences from the first study are exactly 0 for identical effects; the mean alone is not.
    y = _padded((yi - first) / scale[:, None], present, 0.0)
    v = _padded(vi / scale[:, None] ** 2, present, np.inf)
    mean = y.sum(axis=1) / k
    y = _padded(y - mean[:, None], present, 0.0)
    spread = (y * y).sum(axis=1) / k
    location = first[:, 0] / scale + mean
    if X is None:
        return Batch(y, v, None, None, location[:, None], spread, k, scale)
    everywhere = np.ones(yi.shape, dtype=np.bool_) if present is None else present
    return _with_design(y, v, everywhere, X, location, spread, k, scale)


def _padded(a: FloatArray, present: BoolArray | None, absent: float) -> FloatArray:
    return a if present is None else np.where(present, a, absent)


def _with_design(
    y: FloatArray,
    v: FloatArray,
    present: BoolArray,
    X: FloatArray,
    location: FloatArray,
    spread: FloatArray,
    k: FloatArray,
    scale: FloatArray,
) -> Batch:
    """Take the least-squares fit on `X` out of `y`; `location` is what was already taken out."""
    designs = X[None] if X.ndim == 2 else X
    if designs.shape[0] == 1 and present.all():
        Z, R = np.linalg.qr(designs)
    else:
        here = present[..., None]
        Z, R = np.linalg.qr(np.where(here, designs, 0.0))
        Z = np.where(here, Z, 0.0)
    gamma, residual = _projected(Z, y, present)
    # The location is in the span of the design only if an intercept is; what is not stays in y.
    gamma_0, left_over = _projected(Z, np.where(present, location[:, None], 0.0), present)
    spanned = np.abs(left_over).max(axis=1) <= _ROUNDING * np.abs(location)
    residual = residual + np.where(spanned[:, None], 0.0, left_over)
    perfect = (residual**2).sum(axis=1) <= _ROUNDING**2 * k * spread
    residual = np.where(perfect[:, None], 0.0, residual)
    return Batch(residual, v, Z, R, gamma + gamma_0, spread, k, scale)


def _projected(Z: FloatArray, y: FloatArray, present: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Return the coefficients of `y` in the orthonormal basis `Z` and what they leave over."""
    gamma = (np.swapaxes(Z, 1, 2) @ y[..., None])[..., 0]
    return gamma, np.where(present, y - (Z @ gamma[..., None])[..., 0], 0.0)
