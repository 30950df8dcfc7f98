"""Frozen results of multilevel models: plain numbers and tuples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from metamsc.models.results import Coefficient, Interval, OmnibusTest


@dataclass(frozen=True, slots=True, kw_only=True)
class VarianceComponent:
    """The variance of one level's random intercepts.

    Attributes
    ----------
    name : str
        The level, with those it is nested in: "study/effect".
    n_groups : int
        Number of groups (random intercepts) of this level.
    sigma2 : float
        Variance, in the squared unit of the effects.
    ci : Interval or None
        Profile-likelihood interval; the upper end is infinite when the likelihood never falls far
        enough. None when not asked for, when the variance was given, or not estimable.
    share : float or None
        Share of all random variance, 0 to 1; None when there is none.
    I2 : float
        Percent of the total variance (random and typical sampling) that is this level's.
    estimated : bool
        False where the value was given, or set to 0 because the data cannot tell it (see `warnings`).
    """

    name: str
    n_groups: int
    sigma2: float
    ci: Interval | None
    share: float | None
    I2: float
    estimated: bool

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name, the interval as a dict."""
        values = {name: getattr(self, name) for name in self.__slots__}
        values["ci"] = None if self.ci is None else self.ci.to_dict()
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> VarianceComponent:
        """Rebuild from :meth:`to_dict`."""
        ci = values["ci"]
        return cls(**{**values, "ci": None if ci is None else Interval.from_dict(ci)})


@dataclass(frozen=True, slots=True, kw_only=True)
class MultilevelResult:
    """Summary of k dependent effects; holds numbers only, draws and refits nothing.

    Attributes
    ----------
    measure : str
        Effect-size code; ratios are on the log scale here.
    k : int
        Number of effects.
    estimate, se, statistic, df, p, ci
        The first coefficient (the intercept, if there is one). `df` is None for normal quantiles.
    pi : Interval or None
        Where the true effect of a new effect in a new group is expected, from all levels' variances
        together; None with moderators, without random effects and with fewer than 3 effects.
    level : float
        Coverage of every interval here, a fraction.
    method, ci_method, df_method : str
        What was used.
    components : tuple of VarianceComponent
        In the order given, outermost first.
    I2 : float
        Percent of the total variance that is not sampling error, all levels together.
    Q, Q_df, Q_p
        Generalised Q statistic of the model without random effects, and its chi-square test.
    coefficients : tuple of Coefficient
    QM : OmnibusTest or None
        Test of all coefficients but the intercept; None without moderators.
    loglik, aic, bic, aicc : float
        Of the method used (restricted likelihood under REML: not comparable between designs).
    weights_percent : tuple of float or None
        Weight of each effect in the pooled estimate, summing to 100; None with moderators.
    warnings : tuple of str
        Sentences for the reader.
    """

    measure: str
    k: int
    estimate: float
    se: float
    statistic: float | None
    df: float | None
    p: float | None
    ci: Interval
    pi: Interval | None
    level: float
    method: str
    ci_method: str
    df_method: str
    components: tuple[VarianceComponent, ...]
    I2: float
    Q: float
    Q_df: int
    Q_p: float
    coefficients: tuple[Coefficient, ...]
    QM: OmnibusTest | None
    loglik: float
    aic: float
    bic: float | None
    aicc: float | None
    weights_percent: tuple[float, ...] | None
    warnings: tuple[str, ...] = ()

    @property
    def sigma2(self) -> tuple[float, ...]:
        """The variances of the components, in their order."""
        return tuple(c.sigma2 for c in self.components)

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-safe dict; :meth:`from_dict` rebuilds an equal result from it."""
        values: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__}
        values["ci"] = self.ci.to_dict()
        values["pi"] = None if self.pi is None else self.pi.to_dict()
        values["components"] = [c.to_dict() for c in self.components]
        values["coefficients"] = [c.to_dict() for c in self.coefficients]
        values["QM"] = None if self.QM is None else self.QM.to_dict()
        values["weights_percent"] = None if self.weights_percent is None else list(self.weights_percent)
        values["warnings"] = list(self.warnings)
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> MultilevelResult:
        """Rebuild from :meth:`to_dict`."""
        pi, QM, weights = values["pi"], values["QM"], values["weights_percent"]
        rebuilt = dict(values)
        rebuilt["ci"] = Interval.from_dict(values["ci"])
        rebuilt["pi"] = None if pi is None else Interval.from_dict(pi)
        rebuilt["components"] = tuple(VarianceComponent.from_dict(c) for c in values["components"])
        rebuilt["coefficients"] = tuple(Coefficient.from_dict(c) for c in values["coefficients"])
        rebuilt["QM"] = None if QM is None else OmnibusTest.from_dict(QM)
        rebuilt["weights_percent"] = None if weights is None else tuple(weights)
        rebuilt["warnings"] = tuple(values["warnings"])
        return cls(**rebuilt)
