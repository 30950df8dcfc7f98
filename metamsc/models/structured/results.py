"""Frozen results of structured models: plain numbers and tuples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from metamsc.models.fit_statistics import FitStatistics
from metamsc.models.results import Coefficient, OmnibusTest


@dataclass(frozen=True, slots=True, kw_only=True)
class TermEstimate:
    """The covariance of one random term.

    Attributes
    ----------
    name : str
    structure : str
        Key of ``STRUCTURES``; "ID" for a random intercept.
    levels : tuple of str
        Levels of the inner variable (or groups of a known correlation); empty for a random intercept.
    n_groups : int
        Number of groups of the outer variable.
    variances : tuple of float
        One, or one for each level; in the squared unit of the effects.
    correlations : tuple of float
        None, one, or (unstructured) one for each pair, by rows of the lower triangle.
    """

    name: str
    structure: str
    levels: tuple[str, ...]
    n_groups: int
    variances: tuple[float, ...]
    correlations: tuple[float, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return {name: list(v) if isinstance(v, tuple) else v for name, v in values.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class StructuredResult:
    """Summary of k dependent effects; the first coefficient is the pooled effect without moderators.

    Attributes
    ----------
    measure, k, level, method, ci_method, df_method
        As in ``MultilevelResult``.
    coefficients : tuple of Coefficient
    QM : OmnibusTest or None
        Test of all coefficients but the intercept; None without moderators.
    Q, Q_df, Q_p
        Generalised Q statistic of the model without random effects, and its chi-square test.
    terms : tuple of TermEstimate
    fit : FitStatistics
        By both likelihoods, at the estimates.
    warnings : tuple of str
    """

    measure: str
    k: int
    level: float
    method: str
    ci_method: str
    df_method: str
    coefficients: tuple[Coefficient, ...]
    QM: OmnibusTest | None
    Q: float
    Q_df: int
    Q_p: float
    terms: tuple[TermEstimate, ...]
    fit: FitStatistics
    warnings: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-safe dict of the fields by name."""
        values: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__}
        values["coefficients"] = [c.to_dict() for c in self.coefficients]
        values["QM"] = None if self.QM is None else self.QM.to_dict()
        values["terms"] = [t.to_dict() for t in self.terms]
        values["fit"] = self.fit.to_dict()
        values["warnings"] = list(self.warnings)
        return values
