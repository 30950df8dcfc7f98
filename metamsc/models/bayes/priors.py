"""Prior distributions of the between-study standard deviation tau, and of the mean effect mu.

A prior of tau knows its density, its distribution function and how fast its tail falls; nothing of
data. Priors that are published for the variance tau2 (log-normal, log-t) take the published parameters
and are turned into priors of tau here, by the change of variable log(tau2) = 2 log(tau).
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.special import gammaln, ndtr, stdtr

from metamsc.errors import InputError
from metamsc.models.batch import FloatArray

_LOG_2PI = math.log(2.0 * math.pi)


class TauPrior(ABC):
    """What every prior of tau answers; `moments` is the order of its highest finite moment."""

    moments: float = math.inf
    upper: float = math.inf

    @abstractmethod
    def log_density(self, tau: FloatArray) -> FloatArray:
        """Log density at `tau` > 0, per unit of tau."""

    @abstractmethod
    def cdf(self, tau: float) -> float:
        """Probability that tau is at most `tau` >= 0."""

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """Return the family's name and the parameters."""


def _check_positive(name: str, value: float) -> None:
    if not (isinstance(value, (int, float)) and math.isfinite(value) and value > 0.0):
        raise InputError(f"{name} must be a finite number > 0; got {value!r}.")


def _check_finite(name: str, value: float) -> None:
    if not (isinstance(value, (int, float)) and math.isfinite(value)):
        raise InputError(f"{name} must be a finite number; got {value!r}.")


@dataclass(frozen=True)
class HalfNormal(TauPrior):
    """tau = |z|, z normal with mean 0 and standard deviation `scale` (unit of the effects).

    The median is 0.674 `scale`, the 95th percentile 1.96 `scale`.
    """

    scale: float

    def __post_init__(self) -> None:
        _check_positive("scale", self.scale)

    def log_density(self, tau: FloatArray) -> FloatArray:
        """Log density at `tau`, per unit of tau."""
        z = tau / self.scale
        return 0.5 * math.log(2.0 / math.pi) - math.log(self.scale) - 0.5 * z * z

    def cdf(self, tau: float) -> float:
        """Probability of at most `tau`."""
        return math.erf(tau / (self.scale * math.sqrt(2.0)))

    def to_dict(self) -> dict[str, Any]:
        """Return the family's name and the parameters."""
        return {"family": "half-normal", **asdict(self)}


@dataclass(frozen=True)
class HalfCauchy(TauPrior):
    """tau = |z|, z Cauchy with median 0 and `scale`, which is the median of tau (Gelman 2006)."""

    scale: float
    moments = 0.0

    def __post_init__(self) -> None:
        _check_positive("scale", self.scale)

    def log_density(self, tau: FloatArray) -> FloatArray:
        """Log density at `tau`, per unit of tau."""
        z = tau / self.scale
        return math.log(2.0 / (math.pi * self.scale)) - 2.0 * np.log(np.hypot(1.0, z))

    def cdf(self, tau: float) -> float:
        """Probability of at most `tau`."""
        return 2.0 / math.pi * math.atan(tau / self.scale)

    def to_dict(self) -> dict[str, Any]:
        """Return the family's name and the parameters."""
        return {"family": "half-cauchy", **asdict(self)}


@dataclass(frozen=True)
class Uniform(TauPrior):
    """tau between 0 and `upper`, each value alike; proper, so an upper limit must be said."""

    upper: float

    def __post_init__(self) -> None:
        _check_positive("upper", self.upper)

    def log_density(self, tau: FloatArray) -> FloatArray:
        """Log density at `tau`, per unit of tau."""
        return np.where(tau <= self.upper, -math.log(self.upper), -np.inf)

    def cdf(self, tau: float) -> float:
        """Probability of at most `tau`."""
        return min(tau / self.upper, 1.0)

    def to_dict(self) -> dict[str, Any]:
        """Return the family's name and the parameters."""
        return {"family": "uniform", **asdict(self)}


@dataclass(frozen=True)
class LogNormalVariance(TauPrior):
    """log(tau2) normal with mean `location` and standard deviation `scale`: Turner et al.'s form."""

    location: float
    scale: float
    source: str | None = None
    measure: str | None = None

    def __post_init__(self) -> None:
        _check_finite("location", self.location)
        _check_positive("scale", self.scale)

    def log_density(self, tau: FloatArray) -> FloatArray:
        """Log density at `tau`, per unit of tau."""
        x = np.log(tau)
        z = (2.0 * x - self.location) / self.scale
        return math.log(2.0 / self.scale) - x - 0.5 * (z * z + _LOG_2PI)

    def cdf(self, tau: float) -> float:
        """Probability of at most `tau`."""
        if tau <= 0.0:
            return 0.0
        return float(ndtr((2.0 * math.log(tau) - self.location) / self.scale))

    def to_dict(self) -> dict[str, Any]:
        """Return the family's name and the parameters."""
        return {"family": "log-normal (tau2)", **asdict(self)}


@dataclass(frozen=True)
class LogTVariance(TauPrior):
    """(log(tau2) - location) / scale has a t distribution with `df` degrees: Rhodes et al.'s form.

    Its tail is heavier than any power above 1: without data tau has no mean.
    """

    location: float
    scale: float
    df: float = 5.0
    source: str | None = None
    measure: str | None = None
    moments = 0.0

    def __post_init__(self) -> None:
        _check_finite("location", self.location)
        _check_positive("scale", self.scale)
        _check_positive("df", self.df)

    def log_density(self, tau: FloatArray) -> FloatArray:
        """Log density at `tau`, per unit of tau."""
        x, n = np.log(tau), self.df
        z = (2.0 * x - self.location) / self.scale
        constant = gammaln(0.5 * (n + 1.0)) - gammaln(0.5 * n) - 0.5 * math.log(n * math.pi)
        constant += math.log(2.0 / self.scale)
        return constant - x - 0.5 * (n + 1.0) * np.log1p(z * z / n)

    def cdf(self, tau: float) -> float:
        """Probability of at most `tau`."""
        if tau <= 0.0:
            return 0.0
        return float(stdtr(self.df, (2.0 * math.log(tau) - self.location) / self.scale))

    def to_dict(self) -> dict[str, Any]:
        """Return the family's name and the parameters."""
        return {"family": "log-t (tau2)", **asdict(self)}


@dataclass(frozen=True)
class KnownTau(TauPrior):
    """tau is known: all mass at one value >= 0. Gives the conjugate normal analysis; 0: equal effects."""

    tau: float

    def __post_init__(self) -> None:
        _check_finite("tau", self.tau)
        if self.tau < 0.0:
            raise InputError(f"tau must be >= 0; got {self.tau!r}.")

    def log_density(self, tau: FloatArray) -> FloatArray:
        """Refuse: a single point has no density."""
        raise InputError(f"A known tau has no density; its mass is 1 at {self.tau:g} (asked at {tau!r}).")

    def cdf(self, tau: float) -> float:
        """Probability of at most `tau`."""
        return float(tau >= self.tau)

    def to_dict(self) -> dict[str, Any]:
        """Return the family's name and the parameters."""
        return {"family": "known", **asdict(self)}


@dataclass(frozen=True)
class NormalPrior:
    """Normal prior of mu, in the unit of the effects; no prior at all is the flat one."""

    mean: float
    sd: float

    def __post_init__(self) -> None:
        _check_finite("mean", self.mean)
        _check_positive("sd", self.sd)

    def to_dict(self) -> dict[str, Any]:
        """Return the family's name and the parameters."""
        return {"family": "normal", "mean": self.mean, "sd": self.sd}
