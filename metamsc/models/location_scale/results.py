"""Frozen results of location-scale models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from metamsc.models.fit_statistics import FitStatistics
from metamsc.models.results import Coefficient, Interval, OmnibusTest


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleCoefficient:
    """One coefficient of the scale part: of log tau2, or of tau2 itself under the identity link.

    Everything but `name` and `estimate` is None where a tau2 is at its boundary 0 or runs off to it, which
    leaves no standard error.
    """

    name: str
    estimate: float
    se: float | None
    statistic: float | None
    df: float | None
    p: float | None
    ci: Interval | None

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return {**values, "ci": None if self.ci is None else self.ci.to_dict()}


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationScaleResult:
    """Summary of k effects under a location-scale model.

    Attributes
    ----------
    measure : str
    k : int
    level : float
        Coverage of every interval here, a fraction.
    link, method, ci_method : str
        What was used.
    coefficients : tuple of Coefficient
        Of the mean effect.
    QM : OmnibusTest or None
        Test of all of them but the intercept; None without moderators.
    scale : tuple of ScaleCoefficient
        Of the amount of heterogeneity.
    QS : OmnibusTest or None
        Test of all of them but the intercept; None without any, or without standard errors.
    tau2 : tuple of float
        The fitted between-study variance of each study, in the squared unit of the effects.
    I2, H2 : tuple of float
        As in `Heterogeneity`, for each study's tau2 and the one typical sampling variance.
    Q, Q_df, Q_p
        Generalised Q statistic of the model without heterogeneity.
    scale_factor : float
        What Hartung-Knapp multiplied the variances by; 1 for other methods.
    fit : FitStatistics
    warnings : tuple of str
    """

    measure: str
    k: int
    level: float
    link: str
    method: str
    ci_method: str
    coefficients: tuple[Coefficient, ...]
    QM: OmnibusTest | None
    scale: tuple[ScaleCoefficient, ...]
    QS: OmnibusTest | None
    tau2: tuple[float, ...]
    I2: tuple[float, ...]
    H2: tuple[float, ...]
    Q: float
    Q_df: int
    Q_p: float
    scale_factor: float
    fit: FitStatistics
    warnings: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-safe dict of the fields by name."""
        values: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__}
        for name in ("coefficients", "scale"):
            values[name] = [item.to_dict() for item in values[name]]
        for name in ("QM", "QS"):
            values[name] = None if values[name] is None else values[name].to_dict()
        for name in ("tau2", "I2", "H2", "warnings"):
            values[name] = list(values[name])
        return values | {"fit": self.fit.to_dict()}


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalePrediction:
    """tau2 at one set of values of the scale's moderators.

    `se` is that of the linear predictor (log tau2 under the log link); `ci` is for tau2, its ends taken
    from the predictor's. Both None where the scale coefficients have no standard errors.
    """

    tau2: float
    predictor: float
    se: float | None
    ci: Interval | None

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return {**values, "ci": None if self.ci is None else self.ci.to_dict()}
