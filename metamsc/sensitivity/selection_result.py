"""Result of a selection model: frozen, numbers only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from metamsc.models.results import Coefficient, Interval, OmnibusTest


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectionParameter:
    """One parameter of the weight function.

    `null` is its value without selection; `statistic` and `p` are the Wald test of that value. Standard
    error, test and interval are None for a value that was given, or that lies at its bound.
    """

    name: str
    value: float
    null: float
    is_fixed: bool
    se: float | None
    statistic: float | None
    p: float | None
    ci: Interval | None

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name."""
        values: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__}
        values["ci"] = None if self.ci is None else self.ci.to_dict()
        return values


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectionModel:
    """Effects pooled under a model of which results are seen.

    Attributes
    ----------
    kind, alternative, tau2_method : str
    k : int
    steps : tuple of float
        Upper ends of the intervals of p, the last being 1; empty for smooth weight functions without a
        threshold.
    cutoff : float or None
        Effect that separates the two intervals of kind "truncation".
    precision : str or None
        What the strength of selection is proportional to; it is given for the least precise study.
    k_per_interval : tuple of int
        Studies in each interval; empty where there are none.
    estimates : tuple of float
        Coefficients adjusted for selection; a single one without moderators.
    coefficients : tuple of Coefficient
        The same with normal tests and intervals; empty where the likelihood is flat.
    estimate, se, statistic, p, ci
        Of the first coefficient; all but `estimate` are None where the likelihood is flat.
    QM : OmnibusTest or None
        Test of all coefficients but the intercept.
    tau2 : float
    tau2_se : float or None
        None where tau2 is 0 (a boundary has no normal approximation) or not estimated.
    tau2_ci : Interval or None
    parameters : tuple of SelectionParameter
    loglik, aic, bic, aicc : float
    lrt, lrt_p : float or None
        Likelihood-ratio test against no selection on `lrt_df` degrees of freedom; None where every
        parameter was given.
    unselected_estimate, unselected_loglik : float
        The first coefficient, and the log-likelihood, of the same model without selection.
    warnings : tuple of str
    """

    kind: str
    alternative: str
    tau2_method: str
    k: int
    level: float
    steps: tuple[float, ...]
    cutoff: float | None
    precision: str | None
    k_per_interval: tuple[int, ...]
    estimates: tuple[float, ...]
    coefficients: tuple[Coefficient, ...]
    estimate: float
    se: float | None
    statistic: float | None
    p: float | None
    ci: Interval | None
    QM: OmnibusTest | None
    tau2: float
    tau2_se: float | None
    tau2_ci: Interval | None
    parameters: tuple[SelectionParameter, ...]
    loglik: float
    aic: float
    bic: float
    aicc: float
    lrt: float | None
    lrt_df: int
    lrt_p: float | None
    unselected_estimate: float
    unselected_loglik: float
    warnings: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-safe dict of the fields by name."""
        values: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__}
        for name in ("ci", "QM", "tau2_ci"):
            values[name] = None if values[name] is None else values[name].to_dict()
        for name in ("coefficients", "parameters"):
            values[name] = [item.to_dict() for item in values[name]]
        for name in ("steps", "k_per_interval", "estimates", "warnings"):
            values[name] = list(values[name])
        return values
