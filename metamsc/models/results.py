"""Frozen results of the models: plain numbers and tuples, nothing that computes, draws or refits.

An absent quantity is ``None``, never NaN; its reason stands in ``warnings``. ``to_dict`` is the one
bridge to JSON, tables and the report.
"""

from __future__ import annotations

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Coefficient:
    """One coefficient of a model: `df` is None where the reference is the normal distribution."""

    name: str
    estimate: float
    se: float
    statistic: float
    df: float | None
    p: float
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
