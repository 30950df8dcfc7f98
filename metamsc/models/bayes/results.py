"""Frozen results of the Bayesian model: numbers and tuples, nothing that computes or refits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from metamsc.models.results import Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Posterior:
    """Summary of one posterior distribution, on the scale of the effects.

    `ci` is the equal-tailed credible interval, `shortest` the shortest one of the same probability.
    `mean` and `sd` are None where they are infinite (few studies and a heavy-tailed prior of tau).
    """

    mean: float | None
    median: float
    sd: float | None
    ci: Interval
    shortest: Interval

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name."""
        return {
            "mean": self.mean,
            "median": self.median,
            "sd": self.sd,
            "ci": self.ci.to_dict(),
            "shortest": self.shortest.to_dict(),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Posterior:
        """Rebuild from :meth:`to_dict`."""
        intervals = {name: Interval.from_dict(values[name]) for name in ("ci", "shortest")}
        return cls(**{**values, **intervals})


@dataclass(frozen=True, slots=True, kw_only=True)
class ShrunkenEffect:
    """A study's true effect a posteriori: its own estimate `yi`, pulled towards the mean of all.

    `pull` is the posterior mean of vi / (vi + tau2): 0 leaves the study where it is, 1 replaces it
    by the pooled effect. `ci` is equal-tailed.
    """

    yi: float
    sei: float
    mean: float
    median: float
    sd: float
    ci: Interval
    pull: float

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name."""
        return {
            **{name: getattr(self, name) for name in ("yi", "sei", "mean", "median", "sd")},
            "ci": self.ci.to_dict(),
            "pull": self.pull,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> ShrunkenEffect:
        """Rebuild from :meth:`to_dict`."""
        return cls(**{**values, "ci": Interval.from_dict(values["ci"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class PosteriorGrid:
    """The posterior as a discrete distribution, all of equal length.

    `mass[j]` is the probability of node `tau[j]` (they sum to 1); given tau[j], mu is normal with
    `mu_mean[j]` and `mu_sd[j]`, and a new study's true effect normal with variance mu_sd**2 + tau**2.
    Sums over it are as exact as the quadrature.
    """

    tau: tuple[float, ...]
    mass: tuple[float, ...]
    mu_mean: tuple[float, ...]
    mu_sd: tuple[float, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the columns as lists."""
        return {name: list(getattr(self, name)) for name in self.__slots__}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> PosteriorGrid:
        """Rebuild from :meth:`to_dict`."""
        return cls(**{name: tuple(column) for name, column in values.items()})


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdProbability:
    """Posterior probability of an effect beyond `threshold` in `direction` ("below" or "above").

    `mu` is about the mean effect, `new_study` about the true effect in a new study (the MID reached by
    the next patients' setting, not by the average one).
    """

    threshold: float
    direction: str
    mu: float
    new_study: float

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True, kw_only=True)
class BayesResult:
    """Posterior of the normal-normal hierarchical model.

    Attributes
    ----------
    measure, k, level
        Effect-size code, number of studies, probability of every interval here (a fraction).
    mu, tau, new_study : Posterior
        Mean effect; between-study standard deviation; true effect in a new study (`new_study.ci` is the
        prediction interval).
    studies : tuple of ShrunkenEffect
        In the order given.
    tau_prior, mu_prior : dict
        Family, parameters and source; `mu_prior` is None for the flat one.
    log_evidence : float or None
        Log marginal likelihood, for Bayes factors; None with a flat prior of mu, which has no scale.
    quadrature_error : float
        Bound of the relative error of the posterior's mass and finite moments of tau.
    grid : PosteriorGrid
        The joint posterior itself.
    warnings : tuple of str
        Sentences for the reader.
    """

    measure: str
    k: int
    level: float
    mu: Posterior
    tau: Posterior
    new_study: Posterior
    studies: tuple[ShrunkenEffect, ...]
    tau_prior: Mapping[str, Any]
    mu_prior: Mapping[str, Any] | None
    log_evidence: float | None
    quadrature_error: float
    grid: PosteriorGrid
    warnings: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-safe dict; :meth:`from_dict` rebuilds an equal result from it."""
        values: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__}
        for name in ("mu", "tau", "new_study", "grid"):
            values[name] = values[name].to_dict()
        values["studies"] = [study.to_dict() for study in self.studies]
        values["tau_prior"] = dict(self.tau_prior)
        values["mu_prior"] = None if self.mu_prior is None else dict(self.mu_prior)
        values["warnings"] = list(self.warnings)
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> BayesResult:
        """Rebuild from :meth:`to_dict`."""
        rebuilt = dict(values)
        for name in ("mu", "tau", "new_study"):
            rebuilt[name] = Posterior.from_dict(values[name])
        rebuilt["grid"] = PosteriorGrid.from_dict(values["grid"])
        rebuilt["studies"] = tuple(ShrunkenEffect.from_dict(study) for study in values["studies"])
        rebuilt["warnings"] = tuple(values["warnings"])
        return cls(**rebuilt)
