"""A checked request for a fit: the data, the design and every option, ready to be fitted.

The one gate through which `pool`, `predict_effects` and `compare_subgroups` go, so that they refuse the
same things with the same words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from metamsc.errors import TooFewStudiesError, check_option
from metamsc.models.batch import Batch, FloatArray, make_batch
from metamsc.models.fit import CI_METHODS, BatchFit, fit_prepared
from metamsc.models.inference import critical_value
from metamsc.models.inputs import (
    Design,
    check_design,
    check_effects,
    check_fixed_tau2,
    check_level,
    check_weights,
)
from metamsc.models.tau2 import TAU2_METHODS

PI_METHODS: dict[str, str] = {
    "t": "t quantiles with k - p degrees of freedom (Veroniki et al. 2019, Res Synth Methods 10:23-43)",
    "riley": "t quantiles with k - p - 1 degrees of freedom (Higgins et al. 2009; Riley et al. 2011)",
    "normal": "normal quantiles",
    "simple": "normal quantiles, the mean taken as known: estimate +- quantile * tau (too narrow)",
}


@dataclass(frozen=True, slots=True)
class Model:
    """A checked request: the data, the design and every option."""

    yi: FloatArray
    vi: FloatArray
    design: Design
    tau2_method: str
    ci_method: str
    pi_method: str
    level: float
    tau2: float | None
    weights: FloatArray | None

    @property
    def k(self) -> int:
        """Number of studies."""
        return self.yi.size

    @property
    def residual_df(self) -> int:
        """Studies minus coefficients."""
        return self.k - self.design.n_coefs

    @property
    def df(self) -> float | None:
        """Degrees of freedom of tests of coefficients; None for normal quantiles."""
        return None if self.ci_method == "wald" else float(self.residual_df)

    @property
    def prediction_df(self) -> float | None:
        """Degrees of freedom of prediction intervals; None for normal quantiles."""
        spare = float(self.residual_df)
        return {"t": spare, "riley": spare - 1.0, "normal": None, "simple": None}[self.pi_method]

    def prediction_half_width(self, variance: float, tau2: float) -> float:
        """Return half the width of the prediction interval around a mean of this variance."""
        spread = tau2 if self.pi_method == "simple" else variance + tau2
        return critical_value(self.level, self.prediction_df) * float(np.sqrt(spread))

    def batch(self) -> Batch:
        """Return the data as a batch of one."""
        return make_batch(self.yi[None], self.vi[None], None, self.design.X)

    def fit_at_zero(self) -> BatchFit:
        """Fit the equal-effects model of the same design."""
        return fit_prepared(self.batch(), "EE", "wald")

    def fit(self, batch: Batch) -> BatchFit:
        """Fit the one data set."""
        fixed = None if self.tau2 is None else np.array([self.tau2])
        weights = None if self.weights is None else self.weights[None]
        return fit_prepared(batch, self.tau2_method, self.ci_method, fixed, weights)


def check_model(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    tau2_method: str,
    ci_method: str,
    pi_method: str,
    level: float,
    X: ArrayLike | None,
    names: Sequence[str] | None,
    tau2: float | None,
    weights: ArrayLike | None,
) -> Model:
    """Return a :class:`Model`, or raise the one error that says what is wrong with the arguments."""
    check_option("tau2_method", tau2_method, TAU2_METHODS)
    check_option("ci_method", ci_method, CI_METHODS)
    check_option("pi_method", pi_method, PI_METHODS)
    check_level(level)
    check_fixed_tau2(tau2)
    y, v = check_effects(yi, vi)
    design = check_design(X, names, y.size)
    p, spare = design.n_coefs, 0 if tau2_method == "EE" or y.size == 1 or tau2 is not None else 1
    if y.size < p + spare:
        raise TooFewStudiesError(
            f"A model with {p} coefficients{' and tau2' if spare else ''} needs at least {p + spare} "
            f"studies; got {y.size}. Use fewer moderators."
        )
    ci = "wald" if y.size == p else ci_method
    return Model(y, v, design, tau2_method, ci, pi_method, level, tau2, check_weights(weights, y.size))
