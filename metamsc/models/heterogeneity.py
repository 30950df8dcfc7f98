"""Interval for tau2 by a chosen method, with what it says about tau, I2 and H2."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from metamsc.errors import OptionError, TooFewStudiesError, check_option
from metamsc.models.batch import Batch, FloatArray
from metamsc.models.fit import BatchFit
from metamsc.models.inputs import check_weights
from metamsc.models.intervals import generalised_q_interval, profile_likelihood, q_profile
from metamsc.models.model import Model, check_model
from metamsc.models.results import Interval

TAU2_CI_METHODS: dict[str, str] = {
    "q-profile": "exact under the model, whatever estimated tau2 (Viechtbauer 2007)",
    "profile-likelihood": "for ML and REML (Hardy & Thompson 1996)",
    "biggerstaff-jackson": "generalised Q with weights 1 / vi: Cochran's Q (Biggerstaff & Jackson 2008)",
    "jackson": "generalised Q with weights 1 / sqrt(vi), shorter in most cases (Jackson 2013)",
    "generalised-q": "generalised Q with weights of one's own",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tau2Interval:
    """An interval for tau2 and the same interval for tau, I2 (percent) and H2.

    `empty` says that no tau2 >= 0 is compatible with effects this much alike; both ends are then 0.
    """

    method: str
    tau2: Interval
    tau: Interval
    I2: Interval
    H2: Interval
    empty: bool

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name, intervals as dicts."""
        intervals = {name: getattr(self, name).to_dict() for name in ("tau2", "tau", "I2", "H2")}
        return {"method": self.method, **intervals, "empty": self.empty}


def tau2_interval(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    method: str = "q-profile",
    tau2_method: str = "REML",
    X: ArrayLike | None = None,
    names: Sequence[str] | None = None,
    level: float = 0.95,
    weights: ArrayLike | None = None,
) -> Tau2Interval:
    """Return an interval for the between-study variance.

    Parameters
    ----------
    yi, vi, X, names, level
        As in :func:`metamsc.models.pool.pool`.
    method : str
        Key of :data:`TAU2_CI_METHODS`. All but "profile-likelihood" are exact under the model.
    tau2_method : str
        The likelihood profiled, "ML" or "REML"; without effect on the other intervals.
    weights : array-like of shape (k,), optional
        Weights > 0 of "generalised-q".

    Returns
    -------
    Tau2Interval
        The upper end is searched without a limit: with two studies it may be enormous, and that is
        what two studies say.

    Raises
    ------
    TooFewStudiesError
        No residual degrees of freedom.
    OptionError
        Profile likelihood asked for with an estimator that maximises no likelihood; weights with a method
        that has its own, or none with "generalised-q".
    """
    check_option("method", method, TAU2_CI_METHODS)
    model = check_model(
        yi,
        vi,
        tau2_method=tau2_method,
        ci_method="wald",
        pi_method="normal",
        level=level,
        X=X,
        names=names,
        tau2=None,
        weights=None,
    )
    if model.residual_df < 1:
        raise TooFewStudiesError(
            f"An interval for tau2 needs more studies than coefficients; got k = {model.k} "
            f"and {model.design.n_coefs}."
        )
    batch = model.batch()
    fit = model.fit(batch)
    low, high = _ends(model, batch, fit, method, _given_weights(method, weights, model.vi))
    typical = float(fit.typical_v[0])
    return Tau2Interval(
        method=method,
        tau2=Interval(low, high, level),
        tau=Interval(float(np.sqrt(low)), float(np.sqrt(high)), level),
        I2=Interval(100.0 * low / (typical + low), 100.0 * high / (typical + high), level),
        H2=Interval(1.0 + low / typical, 1.0 + high / typical, level),
        empty=high == 0.0,
    )


def _given_weights(method: str, weights: ArrayLike | None, vi: FloatArray) -> FloatArray | None:
    """Return the weights of a generalised Q statistic, or None for the other methods."""
    if method == "generalised-q":
        a = check_weights(weights, vi.size)
        if a is None or not (a > 0.0).all():
            raise OptionError("generalised-q needs weights > 0, one per study.")
        return a
    if weights is not None:
        raise OptionError(f"weights are for method 'generalised-q' only; got {method!r}.")
    return {"biggerstaff-jackson": 1.0 / vi, "jackson": 1.0 / np.sqrt(vi)}.get(method)


def _ends(
    model: Model, batch: Batch, fit: BatchFit, method: str, weights: FloatArray | None
) -> tuple[float, float]:
    if weights is not None:
        return generalised_q_interval(model.yi, model.vi, model.design.X, weights, model.level)
    if method == "q-profile":
        low, high = q_profile(batch, model.level)
        return float(low[0]), float(high[0])
    if model.tau2_method not in ("ML", "REML"):
        raise OptionError(f"profile-likelihood needs tau2_method ML or REML; got {model.tau2_method!r}.")
    restricted = model.tau2_method == "REML"
    return profile_likelihood(batch, float(fit.tau2[0]), model.level, restricted=restricted)
