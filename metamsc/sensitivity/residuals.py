"""Residuals of a pooled or meta-regression model: standardised, studentised; and the leverages.

Arrays in, frozen rows out, one per study in the order given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from metamsc.models.batch import FloatArray
from metamsc.sensitivity.deletions import Deletions, check_plain_model, design_rows, leverages
from metamsc.sensitivity.subsets import refuse_single, study_labels

# 1 minus a leverage of 1 in double precision.
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Residual:
    """What the model leaves over of one study; `z` is None where its standard error is 0."""

    label: str
    residual: float
    se: float
    z: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name."""
        return {name: getattr(self, name) for name in self.__slots__}


def standardised_residuals(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    labels: Sequence[str] | None = None,
    X: ArrayLike | None = None,
    names: Sequence[str] | None = None,
    tau2_method: str = "REML",
    tau2: float | None = None,
) -> tuple[Residual, ...]:
    """Return internally standardised residuals: y - X b over the square root of its variance.

    Parameters and errors are those of :func:`metamsc.sensitivity.influence.measure_influence`.

    Notes
    -----
    With weights 1 / M the variance (I - H) M (I - H)' has the diagonal M_i (1 - h_i) (Viechtbauer &
    Cheung 2010).
    """
    model = check_plain_model(yi, vi, X, names, tau2_method, "wald", tau2)
    refuse_single(model.k, "Residuals")
    fit = model.fit(model.batch())
    hat, _ = leverages(model, float(fit.tau2[0]))
    residual = model.yi - design_rows(model) @ fit.estimate[0]
    left = 1.0 - hat
    # A study that a coefficient fits alone has nothing left over; what stands here then is rounding.
    se = np.sqrt((model.vi + fit.tau2[0]) * np.where(left > _ROUNDING, left, 0.0))
    return _residuals(study_labels(labels, model.k), residual, se)


def studentised_residuals(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    labels: Sequence[str] | None = None,
    X: ArrayLike | None = None,
    names: Sequence[str] | None = None,
    tau2_method: str = "REML",
    ci_method: str = "hksj-adhoc",
    tau2: float | None = None,
) -> tuple[Residual | None, ...]:
    """Return deleted (externally standardised) residuals: the study against the fit without it.

    Parameters and errors are those of :func:`metamsc.sensitivity.influence.measure_influence`; None
    where the fit without a study does not exist. The variance of the prediction is that fit's, with its
    Hartung-Knapp factor (Viechtbauer & Cheung 2010).
    """
    model = check_plain_model(yi, vi, X, names, tau2_method, ci_method, tau2)
    refuse_single(model.k, "Deleted residuals")
    deleted = Deletions.of(model)
    rows = _residuals(study_labels(labels, model.k), model.yi - deleted.predicted, deleted.residual_se(model))
    return tuple(
        row if fitted else None for row, fitted in zip(rows, deleted.subsets.fitted.tolist(), strict=True)
    )


def hat_values(
    vi: ArrayLike,
    *,
    X: ArrayLike | None = None,
    tau2: float = 0.0,
) -> tuple[float, ...]:
    """Return the leverages: the diagonal of X (X'WX)^-1 X'W with W = diag(1 / (vi + tau2)).

    Parameters
    ----------
    vi : array-like of shape (k,)
    X : array-like of shape (k, p), optional
        Design with its intercept; default: an intercept only, where the leverage is the weight's share.
    tau2 : float
        In the unit of `vi`.

    Raises
    ------
    InputError, TooFewStudiesError
        As :func:`metamsc.models.pool.pool`.
    """
    model = check_plain_model(np.zeros(np.shape(vi)), vi, X, None, "EE", "wald", tau2)
    return tuple(leverages(model, tau2)[0].tolist())


def _residuals(labels: Sequence[str], residual: FloatArray, se: FloatArray) -> tuple[Residual, ...]:
    return tuple(
        Residual(label=label, residual=r, se=s, z=r / s if s > 0.0 else None)
        for label, r, s in zip(labels, residual.tolist(), se.tolist(), strict=True)
    )
