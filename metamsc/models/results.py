"""Frozen results of the models: plain numbers and tuples, nothing that computes, draws or refits.

An absent quantity is ``None``, never NaN; its reason stands in ``warnings``. ``to_dict`` is the one
bridge to JSON, tables and the report.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Interval:
    """A two-sided interval on the analysis scale; `level` is a fraction (0.95, not 95)."""

    low: float
    high: float
    level: float = 0.95

    def to_dict(self) -> dict[str, float]:
        """Return ``{"low", "high", "level"}``."""
        return {"low": self.low, "high": self.high, "level": self.level}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Interval:
        """Rebuild from :meth:`to_dict`."""
        return cls(low=values["low"], high=values["high"], level=values["level"])


def _interval_or_none(values: Mapping[str, Any] | None) -> Interval | None:
    return None if values is None else Interval.from_dict(values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heterogeneity:
    """Between-study variation.

    `tau2` is in the squared unit of the measure; `I2` is a percentage from 0 to 100 **computed from
    tau2** and the typical within-study variance (Higgins & Thompson 2002; not from Q), `H2` the ratio
    of total to typical within-study variance, both with intervals from the ends of the tau2
    interval. `Q` is the inverse-variance weighted sum of squares on `Q_df` degrees of freedom.
    """

    tau2: float
    tau2_se: float | None
    tau2_ci: Interval | None
    I2: float
    I2_ci: Interval | None
    H2: float
    H2_ci: Interval | None
    Q: float
    Q_df: int
    Q_p: float

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name, intervals as dicts."""
        return {
            name: value.to_dict() if isinstance(value, Interval) else value
            for name, value in ((name, getattr(self, name)) for name in self.__slots__)
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Heterogeneity:
        """Rebuild from :meth:`to_dict`."""
        intervals = {name: _interval_or_none(values[name]) for name in ("tau2_ci", "I2_ci", "H2_ci")}
        return cls(**{**values, **intervals})


@dataclass(frozen=True, slots=True, kw_only=True)
class Coefficient:
    """One coefficient of a model.

    `df` is None where the reference is the normal distribution; `statistic` and `p` are None where the
    standard error is 0 (identical effects under Hartung-Knapp), because a test is then undefined.
    """

    name: str
    estimate: float
    se: float
    statistic: float | None
    df: float | None
    p: float | None
    ci: Interval

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name."""
        return {
            "name": self.name,
            "estimate": self.estimate,
            "se": self.se,
            "statistic": self.statistic,
            "df": self.df,
            "p": self.p,
            "ci": self.ci.to_dict(),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Coefficient:
        """Rebuild from :meth:`to_dict`."""
        return cls(**{**values, "ci": Interval.from_dict(values["ci"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class OmnibusTest:
    """Test of several coefficients together; `df2` is None for a chi-square, else the F test's."""

    statistic: float
    df: int
    df2: float | None
    p: float

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name."""
        return {"statistic": self.statistic, "df": self.df, "df2": self.df2, "p": self.p}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> OmnibusTest:
        """Rebuild from :meth:`to_dict`."""
        return cls(**values)


@dataclass(frozen=True, slots=True, kw_only=True)
class PooledResult:
    """Summary of k studies; holds numbers only, draws and refits nothing.

    Attributes
    ----------
    measure : str
        Effect-size code ("MD", "SMD", "RR", ...); ratios are on the log scale here.
    k : int
        Number of estimates pooled.
    estimate, se, statistic, df, p, ci
        The pooled effect; with moderators, the first coefficient (the intercept, if there is one).
        `df` is None where the reference is the normal distribution. `statistic` and `p` are None where
        `se` is 0.
    pi : Interval or None
        Where the true effect of a new study is expected; None with k < 3, in an equal-effects model
        and with moderators (where it depends on their values: see ``predict_effects``).
    level : float
        Coverage of every interval here, a fraction.
    tau2_method, ci_method, pi_method : str
        What was used; `ci_method` is "wald" for k = 1 whatever was asked for.
    heterogeneity : Heterogeneity
    coefficients : tuple of Coefficient
        One per column of the design; a single "intercept" without moderators.
    QM : OmnibusTest or None
        Test of all coefficients but the intercept; None without moderators.
    R2 : float or None
        Percent of tau2 accounted for by moderators; None without moderators, or without an intercept.
    loglik, aic, bic, aicc : float or None
        For ML, EE (full likelihood) and REML (restricted); None for other tau2 methods.
    weights_percent : tuple of float
        Weight of each study in the estimate, in the order given, summing to 100.
    warnings : tuple of str
        Sentences for the reader; part of the result, shown by every reporter.
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
    tau2_method: str
    ci_method: str
    pi_method: str
    heterogeneity: Heterogeneity
    coefficients: tuple[Coefficient, ...]
    QM: OmnibusTest | None
    R2: float | None
    loglik: float | None
    aic: float | None
    bic: float | None
    aicc: float | None
    weights_percent: tuple[float, ...]
    warnings: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-safe dict; :meth:`from_dict` rebuilds an equal result from it."""
        values: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__}
        values["ci"] = self.ci.to_dict()
        values["pi"] = None if self.pi is None else self.pi.to_dict()
        values["heterogeneity"] = self.heterogeneity.to_dict()
        values["coefficients"] = [coefficient.to_dict() for coefficient in self.coefficients]
        values["QM"] = None if self.QM is None else self.QM.to_dict()
        values["weights_percent"] = list(self.weights_percent)
        values["warnings"] = list(self.warnings)
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> PooledResult:
        """Rebuild from :meth:`to_dict`."""
        rebuilt = dict(values)
        rebuilt["ci"] = Interval.from_dict(values["ci"])
        rebuilt["pi"] = _interval_or_none(values["pi"])
        rebuilt["heterogeneity"] = Heterogeneity.from_dict(values["heterogeneity"])
        rebuilt["coefficients"] = tuple(Coefficient.from_dict(c) for c in values["coefficients"])
        rebuilt["QM"] = None if values["QM"] is None else OmnibusTest.from_dict(values["QM"])
        rebuilt["weights_percent"] = tuple(values["weights_percent"])
        rebuilt["warnings"] = tuple(values["warnings"])
        return cls(**rebuilt)
