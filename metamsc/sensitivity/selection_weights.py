"""Weight functions of selection models: how likely a result with a given p-value is to be seen.

Each function takes p-values and parameters and returns the logarithm of the relative probability of
selection with its first and second derivatives in the parameters, so that likelihoods have exact
gradients. Probabilities are relative: 1 (or the value at p = 0) is that of the most significant result.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

# Beta and power weights are 0 or infinite at p = 0 and p = 1; their p-values are kept this far away
# (the convention of the reference implementation). Without it the beta model's normalising integral
# diverges as soon as delta1 < 1 - v / (v + tau2).
P_FLOOR = 1e-5
# Smallest delta2 of the negative exponential power: p**(1 / delta2) is then below 0.006 for all p < 0.95.
LEAST_SHAPE = 0.01
# A p-value that has underflowed is taken for this one, so that its logarithm is finite.
_LEAST_P = 1e-300


@dataclass(frozen=True, slots=True)
class LogWeight:
    """log w (...,), its gradient (..., m) and Hessian (..., m, m) in the m parameters."""

    value: FloatArray
    gradient: FloatArray
    hessian: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightFunction:
    """One family of smooth weight functions.

    `null` is the parameters' value without selection, `lower` the smallest one of each that is searched,
    `starts` where a search begins; `p_floor` > 0 keeps p-values away from 0 and 1. `by_strength` says that
    the first parameter is the strength of selection: an imprecision of studies can multiply it, a threshold
    can be set beside it, and at 0 the other parameters mean nothing. `evaluate` takes p-values, parameters
    and that imprecision, which broadcasts against the p-values (1 where there is none).
    """

    formula: str
    names: tuple[str, ...] = ("delta",)
    null: float = 0.0
    lower: tuple[float, ...] = (0.0,)
    starts: tuple[tuple[float, ...], ...] = ((0.2,), (1.0,), (5.0,), (20.0,))
    p_floor: float = 0.0
    by_strength: bool = True
    evaluate: Callable[[FloatArray, FloatArray, FloatArray], LogWeight]


def _linear(basis: FloatArray, delta: FloatArray) -> LogWeight:
    """Return log w = basis @ delta, basis of shape (..., m)."""
    m = delta.size
    return LogWeight(basis @ delta, basis, np.zeros((*basis.shape[:-1], m, m)))


def _beta(p: FloatArray, delta: FloatArray, imprecision: FloatArray) -> LogWeight:
    del imprecision  # its parameters are shapes, none is a strength
    return _linear(np.stack([np.log(p), np.log1p(-p)], axis=-1), delta - 1.0)


def _half_normal(p: FloatArray, delta: FloatArray, imprecision: FloatArray) -> LogWeight:
    return _linear((-imprecision * p**2)[..., None], delta)


def _negative_exponential(p: FloatArray, delta: FloatArray, imprecision: FloatArray) -> LogWeight:
    return _linear((-imprecision * p)[..., None], delta)


def _power(p: FloatArray, delta: FloatArray, imprecision: FloatArray) -> LogWeight:
    return _linear((imprecision * np.log1p(-p))[..., None], delta)


def _logistic(p: FloatArray, delta: FloatArray, imprecision: FloatArray) -> LogWeight:
    slope = imprecision * p
    x = delta[0] * slope
    share = 1.0 / (1.0 + np.exp(-x))  # x >= 0, so nothing overflows
    value = np.log(2.0) - x - np.log1p(np.exp(-x))
    return LogWeight(
        value, (-slope * share)[..., None], (-(slope**2) * share * (1.0 - share))[..., None, None]
    )


def _exponential_power(p: FloatArray, delta: FloatArray, imprecision: FloatArray) -> LogWeight:
    """Return log w = -delta1 c f with f = p**u, u = 1 / delta2, and its derivatives by hand."""
    u = 1.0 / delta[1]
    # log p f and (log p)**2 f go to 0 with p; p itself may be 0 by underflow.
    log_p = np.log(np.maximum(p, _LEAST_P))
    f = np.exp(u * log_p)
    f_shape = -(u**2) * log_p * f
    f_shape2 = (u**4 * log_p**2 + 2.0 * u**3 * log_p) * f
    gradient = -imprecision[..., None] * np.stack([f, delta[0] * f_shape], axis=-1)
    hessian = np.zeros((*p.shape, 2, 2))
    hessian[..., 0, 1] = hessian[..., 1, 0] = -imprecision * f_shape
    hessian[..., 1, 1] = -imprecision * delta[0] * f_shape2
    return LogWeight(-delta[0] * imprecision * f, gradient, hessian)


WEIGHT_FUNCTIONS: dict[str, WeightFunction] = {
    "beta": WeightFunction(
        formula="p**(delta1 - 1) (1 - p)**(delta2 - 1)",
        names=("delta1", "delta2"),
        null=1.0,
        lower=(1e-5, 1e-5),
        starts=((1.0, 1.0), (0.5, 1.0), (1.0, 3.0), (0.3, 0.5)),
        p_floor=P_FLOOR,
        by_strength=False,
        evaluate=_beta,
    ),
    "half-normal": WeightFunction(formula="exp(-delta p**2)", evaluate=_half_normal),
    "negative-exponential": WeightFunction(formula="exp(-delta p)", evaluate=_negative_exponential),
    "logistic": WeightFunction(formula="2 exp(-delta p) / (1 + exp(-delta p))", evaluate=_logistic),
    "power": WeightFunction(formula="(1 - p)**delta", p_floor=P_FLOOR, evaluate=_power),
    "negative-exponential-power": WeightFunction(
        formula="exp(-delta1 p**(1 / delta2))",
        names=("delta1", "delta2"),
        lower=(0.0, LEAST_SHAPE),
        starts=((1.0, 1.0), (5.0, 1.0), (2.0, 0.3), (5.0, 3.0)),
        evaluate=_exponential_power,
    ),
}
