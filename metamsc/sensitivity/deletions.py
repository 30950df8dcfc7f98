"""The fits without one study, and the leverage of each: what all deletion diagnostics are made of.

A checked model comes in, arrays with one row per study come out, NaN where the fit without a study does
not exist.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from metamsc.models.batch import FloatArray
from metamsc.models.model import Model, check_model
from metamsc.sensitivity.subsets import SubsetFits, fit_subsets


@dataclass(frozen=True, slots=True)
class Deletions:
    """The k fits without one study: its predicted effect, the prediction's variance, and all else."""

    subsets: SubsetFits
    estimate: FloatArray
    tau2: FloatArray
    scale_factor: FloatArray
    predicted: FloatArray
    variance: FloatArray

    @classmethod
    def of(cls, model: Model) -> Deletions:
        """Fit `model` k times."""
        subsets = fit_subsets(model, ~np.eye(model.k, dtype=np.bool_))
        fit, x = subsets.fit, design_rows(model)[subsets.fitted]
        return cls(
            subsets=subsets,
            estimate=subsets.spread(fit.estimate),
            tau2=subsets.spread(fit.tau2),
            scale_factor=subsets.spread(fit.scale_factor),
            predicted=subsets.spread(np.einsum("ip,ip->i", x, fit.estimate)),
            variance=subsets.spread(np.einsum("ip,ipq,iq->i", x, fit.cov, x)),
        )

    def residual_se(self, model: Model) -> FloatArray:
        """Return the standard errors of the deleted residuals; s2 scales all their variance."""
        own = self.scale_factor * (model.vi + self.tau2)
        return np.asarray(np.sqrt(own + self.variance), dtype=np.float64)


def design_rows(model: Model) -> FloatArray:
    """Return the design as an array of shape (k, p)."""
    return np.ones((model.k, 1)) if model.design.X is None else model.design.X


def leverages(model: Model, tau2: float) -> tuple[FloatArray, FloatArray]:
    """Return the hat values and R of sqrt(W) X = Z R, for which R'R = X'WX."""
    root_w = np.sqrt(1.0 / (model.vi + tau2))
    Z, R = np.linalg.qr(root_w[:, None] * design_rows(model))
    return (Z**2).sum(axis=1), R


def check_plain_model(
    yi: ArrayLike,
    vi: ArrayLike,
    X: ArrayLike | None,
    names: Sequence[str] | None,
    tau2_method: str,
    ci_method: str,
    tau2: float | None,
) -> Model:
    """Return the checked model of a diagnostic: no weights of the user's, no intervals."""
    return check_model(
        yi,
        vi,
        tau2_method=tau2_method,
        ci_method=ci_method,
        pi_method="t",
        level=0.95,
        X=X,
        names=names,
        tau2=tau2,
        weights=None,
    )
