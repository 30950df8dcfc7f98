"""Interval for tau2 by a chosen method, with what it says about tau, I2 and H2."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from metamsc.errors import OptionError, TooFewStudiesError, check_option
from metamsc.models.intervals import profile_likelihood, q_profile
from metamsc.models.model import check_model
from metamsc.models.results import Interval

TAU2_CI_METHODS: dict[str, str] = {
    "q-profile": "exact under the model, whatever estimated tau2 (Viechtbauer 2007)",
    "profile-likelihood": "for ML and REML (Hardy & Thompson 1996)",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tau2Interval:
    """An interval for tau2 and the same interval for tau, I2 (percent) and H2."""

    method: str
    tau2: Interval
    tau: Interval
    I2: Interval
    H2: Interval

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name, intervals as dicts."""
        intervals = {name: getattr(self, name).to_dict() for name in ("tau2", "tau", "I2", "H2")}
        return {"method": self.method, **intervals}


def tau2_interval(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    method: str = "q-profile",
    tau2_method: str = "REML",
    X: ArrayLike | None = None,
    names: Sequence[str] | None = None,
    level: float = 0.95,
) -> Tau2Interval:
    """Return an interval for the between-study variance.

    Parameters
    ----------
    yi, vi, X, names, level
        As in :func:`metamsc.models.pool.pool`.
    method : str
        "q-profile" or "profile-likelihood".
    tau2_method : str
        The likelihood profiled, "ML" or "REML"; without effect on the Q-profile interval.

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
        Profile likelihood asked for with an estimator that maximises no likelihood.
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
    if method == "q-profile":
        low, high = (float(end[0]) for end in q_profile(batch, level))
    elif tau2_method in ("ML", "REML"):
        restricted = tau2_method == "REML"
        low, high = profile_likelihood(batch, float(fit.tau2[0]), level, restricted=restricted)
    else:
        raise OptionError(f"profile-likelihood needs tau2_method ML or REML; got {tau2_method!r}.")
    typical = float(fit.typical_v[0])
    return Tau2Interval(
        method=method,
        tau2=Interval(low, high, level),
        tau=Interval(float(np.sqrt(low)), float(np.sqrt(high)), level),
        I2=Interval(100.0 * low / (typical + low), 100.0 * high / (typical + high), level),
        H2=Interval(1.0 + low / typical, 1.0 + high / typical, level),
    )
