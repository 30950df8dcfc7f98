"""The interval of Henmi and Copas: inverse-variance weights, width for random effects.

Small studies count for little in the equal-effects estimate, so that selective publication of small
studies biases it less; the interval is made wide enough for heterogeneity all the same. Arrays in, a
frozen result out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammainc

from metamsc.errors import TooFewStudiesError
from metamsc.models.batch import FloatArray
from metamsc.models.inputs import check_effects, check_level
from metamsc.models.results import Interval

# The integrand has a normal density as a factor: beyond 12 there is less than 1e-32.
_FAR = 12.0
_PANELS, _NODES = 24, 20
# The critical value is found to this relative width.
_WIDTH = 1e-13


@dataclass(frozen=True, slots=True, kw_only=True)
class HenmiCopas:
    """Equal-effects estimate with an interval that allows for heterogeneity.

    `se` is the standard error of the estimate under random effects, `critical` what it is multiplied by
    in `ci`, `tau2` the DerSimonian-Laird estimate on which both rest.
    """

    k: int
    estimate: float
    se: float
    critical: float
    ci: Interval
    tau2: float

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-safe dict of the fields by name."""
        values: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__}
        values["ci"] = self.ci.to_dict()
        return values


def henmi_copas(yi: ArrayLike, vi: ArrayLike, *, level: float = 0.95) -> HenmiCopas:
    """Return the estimate and interval of Henmi and Copas.

    Parameters
    ----------
    yi, vi : array-like of shape (k,)
        Effects on the analysis scale and their sampling variances (> 0); k >= 2.
    level : float
        Coverage, a fraction.

    Returns
    -------
    HenmiCopas

    Raises
    ------
    InputError, OptionError
        A value is missing, infinite or of the wrong sign; `level` is not a fraction.
    TooFewStudiesError
        k < 2.

    Notes
    -----
    Henmi M & Copas JB (2010). Confidence intervals for random effects meta-analysis and robustness to
    publication bias. Statistics in Medicine 29:2969-2983. With U the standardised estimate, Q given U = r
    is taken as gamma distributed with the conditional mean and variance of their appendix, which makes the
    distribution of U / sqrt(1 + tau2_DL W2) one integral.

    Examples
    --------
    >>> from metamsc.models.henmi_copas import henmi_copas
    >>> round(henmi_copas([0.2, 0.9], [0.04, 0.09]).estimate, 4)
    0.4154
    """
    y, v = check_effects(yi, vi)
    check_level(level)
    k = y.size
    if k < 2:
        raise TooFewStudiesError(f"The interval of Henmi and Copas needs at least 2 studies; got {k}.")
    # The interval is equivariant: working in units of the typical standard error keeps powers in range.
    unit = float(np.sqrt(np.mean(v)))
    w = unit**2 / v
    W1 = float(w.sum())
    share = w / W1
    centred = (y - y[0]) / unit
    mean = float(share @ centred)
    W2, W3, W4 = (float(share @ w**power) for power in (1, 2, 3))
    Q = float(w @ (centred - mean) ** 2)
    tau2 = max(0.0, (Q - (k - 1)) / (W1 - W2))
    se = unit * float(np.sqrt((1.0 + tau2 * W2) / W1))
    critical = _critical_value(_Conditional(k, tau2, W1, W2, W3, W4), 0.5 * (1.0 - level))
    estimate = float(y[0]) + unit * mean
    half = critical * se
    return HenmiCopas(
        k=k,
        estimate=estimate,
        se=se,
        critical=critical,
        ci=Interval(estimate - half, estimate + half, level),
        tau2=tau2 * unit**2,
    )


@dataclass(frozen=True, slots=True)
class _Conditional:
    """Distribution of Q given the standardised estimate, from the power sums of the weights."""

    k: int
    tau2: float
    W1: float
    W2: float
    W3: float
    W4: float

    def moments(self, z: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return mean and variance of Q given that the estimate is z standard errors from the truth."""
        k, t, W1, W2, W3, W4 = self.k, self.tau2, self.W1, self.W2, self.W3, self.W4
        ratio = 1.0 + t * W2
        spread = W3 - W2**2
        excess = (z**2 - 1.0) / ratio
        mean = (k - 1) + t * (W1 - W2) + t**2 * excess * spread
        variance = (
            2.0 * (k - 1)
            + 4.0 * t * (W1 - W2)
            + 2.0 * t**2 * (W1 * W2 - 2.0 * W3 + W2**2)
            + 4.0 * t**2 * excess * spread
            + 4.0 * t**3 * excess * (W4 - 2.0 * W2 * W3 + W2**3)
            + 2.0 * t**4 * (1.0 - 2.0 * z**2) / ratio**2 * spread**2
        )
        return mean, variance

    def upper_tail(self, x: float) -> float:
        """Return the probability that the studentised estimate exceeds `x` > 0.

        The estimate is z true standard errors off; it exceeds `x` estimated ones where Q, and with it
        the estimated standard error, is small enough.
        """
        x = x / np.sqrt(1.0 + self.tau2 * self.W2)
        z, weight = _nodes(x)
        mean, variance = self.moments(z)
        limit = (self.W1 / self.W2 - 1.0) * ((z / x) ** 2 - 1.0) + (self.k - 1)
        density = np.exp(-0.5 * z**2) / np.sqrt(2.0 * np.pi)
        return float(weight @ (gammainc(mean**2 / variance, limit * mean / variance) * density))


def _nodes(start: float) -> tuple[FloatArray, FloatArray]:
    """Return nodes and weights of composite Gauss-Legendre quadrature from `start` to where nothing is."""
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    edges = np.linspace(start, max(_FAR, start + 4.0), _PANELS + 1)
    half = 0.5 * np.diff(edges)[:, None]
    middle = 0.5 * (edges[1:] + edges[:-1])[:, None]
    return (middle + half * nodes).ravel(), (half * weights).ravel()


def _critical_value(conditional: _Conditional, tail: float) -> float:
    """Return where the upper tail is `tail`, by doubling and bisection (the tail falls from 1/2 to 0)."""
    excess: Callable[[float], float] = lambda x: conditional.upper_tail(x) - tail  # noqa: E731
    low, high = 0.0, 2.0
    while excess(high) > 0.0:
        low, high = high, 2.0 * high
    while high - low > _WIDTH * high:
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        low, high = (middle, high) if excess(middle) > 0.0 else (low, middle)
    return 0.5 * (low + high)
