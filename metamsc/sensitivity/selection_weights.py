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


@dataclass(frozen=True, slots=True)
class LogWeight:
    """log w (...,), its gradient (..., m) and Hessian (..., m, m) in the m parameters."""

    value: FloatArray
    gradient: FloatArray
    hessian: FloatArray


@dataclass(frozen=True, slots=True)
class WeightFunction:
    """One family of smooth weight functions.

    `null` is the parameter value without selection, `lower` the smallest one allowed, `starts` where a
    search begins; `p_floor` > 0 keeps p-values away from 0 and 1.
    """

    formula: str
    names: tuple[str, ...]
    null: float
    lower: float
    starts: tuple[tuple[float, ...], ...]
    p_floor: float
    evaluate: Callable[[FloatArray, FloatArray], LogWeight]


def _linear(basis: FloatArray, delta: FloatArray) -> LogWeight:
    """Return log w = basis @ delta, basis of shape (..., m)."""
    m = delta.size
    return LogWeight(basis @ delta, basis, np.zeros((*basis.shape[:-1], m, m)))


def _beta(p: FloatArray, delta: FloatArray) -> LogWeight:
    return _linear(np.stack([np.log(p), np.log1p(-p)], axis=-1), delta - 1.0)


def _half_normal(p: FloatArray, delta: FloatArray) -> LogWeight:
    return _linear(-(p**2)[..., None], delta)


def _negative_exponential(p: FloatArray, delta: FloatArray) -> LogWeight:
    return _linear(-p[..., None], delta)


def _power(p: FloatArray, delta: FloatArray) -> LogWeight:
    return _linear(np.log1p(-p)[..., None], delta)


def _logistic(p: FloatArray, delta: FloatArray) -> LogWeight:
    x = delta[0] * p
    share = 1.0 / (1.0 + np.exp(-x))  # x >= 0, so nothing overflows
    value = np.log(2.0) - x - np.log1p(np.exp(-x))
    return LogWeight(value, (-p * share)[..., None], (-(p**2) * share * (1.0 - share))[..., None, None])


_ONE = ((0.2,), (1.0,), (5.0,), (20.0,))

WEIGHT_FUNCTIONS: dict[str, WeightFunction] = {
    "beta": WeightFunction(
        "p**(delta1 - 1) (1 - p)**(delta2 - 1)",
        ("delta1", "delta2"),
        1.0,
        1e-5,
        ((1.0, 1.0), (0.5, 1.0), (1.0, 3.0), (0.3, 0.5)),
        P_FLOOR,
        _beta,
    ),
    "half-normal": WeightFunction("exp(-delta p**2)", ("delta",), 0.0, 0.0, _ONE, 0.0, _half_normal),
    "negative-exponential": WeightFunction(
        "exp(-delta p)", ("delta",), 0.0, 0.0, _ONE, 0.0, _negative_exponential
    ),
    "logistic": WeightFunction(
        "2 exp(-delta p) / (1 + exp(-delta p))", ("delta",), 0.0, 0.0, _ONE, 0.0, _logistic
    ),
    "power": WeightFunction("(1 - p)**delta", ("delta",), 0.0, 0.0, _ONE, P_FLOOR, _power),
}
