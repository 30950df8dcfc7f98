"""Predicted effects of a structured model, and intervals for its variances and correlations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from metamsc.errors import InputError
from metamsc.models.batch import FloatArray
from metamsc.models.inference import critical_value
from metamsc.models.regression import Prediction
from metamsc.models.results import Interval
from metamsc.models.structured.fit import StructuredFit
from metamsc.models.structured.search import LARGEST, climb
from metamsc.models.structured.terms import Term


def predict_structured(
    fit: StructuredFit,
    new_X: ArrayLike | None = None,
    *,
    levels: Sequence[str] | None = None,
    level: float | None = None,
) -> tuple[Prediction, ...]:
    """Predict the mean effect at each row of `new_X` (default: at each effect's own values).

    Parameters
    ----------
    fit : StructuredFit
    new_X : array-like of shape (n, p), optional
        Rows in the columns of the design, the intercept's 1 included.
    levels : sequence of str, length n, optional
        Level of the inner variable that each row is about, for prediction intervals where a term has a
        variance for each level; a term without that level adds nothing.
    level : float, optional
        Coverage; default that of the fit.

    Returns
    -------
    tuple of Prediction
        `pi` is None where a term has several variances and `levels` are not given.

    Raises
    ------
    InputError
        `new_X` has other columns than the design, or `levels` another length.
    """
    level = fit.model.level if level is None else level
    rows = _rows(fit, new_X)
    if levels is not None and len(levels) != len(rows):
        raise InputError(f"levels must have one label per row ({len(rows)}); got {len(levels)}.")
    df = [c.df for c in fit.result.coefficients]
    found = []
    for i, row in enumerate(rows):
        mean, variance = float(row @ fit.estimate), max(float(row @ fit.cov @ row), 0.0)
        parts = [d for d, x in zip(df, row, strict=True) if x != 0.0 and d is not None]
        quantile = critical_value(level, min(parts, default=df[0]))
        half = quantile * float(np.sqrt(variance))
        total = _total(fit, None if levels is None else str(levels[i]))
        pi = None
        if total is not None:
            wide = quantile * float(np.sqrt(variance + total))
            pi = Interval(mean - wide, mean + wide, level)
        ci = Interval(mean - half, mean + half, level)
        found.append(Prediction(estimate=mean, se=float(np.sqrt(variance)), ci=ci, pi=pi))
    return tuple(found)


def _total(fit: StructuredFit, at: str | None) -> float | None:
    """Return the variance of a new true effect, or None where it depends on a level not given."""
    total = 0.0
    for term in fit.result.terms:
        if len(term.variances) == 1:
            total += term.variances[0]
        elif at is None:
            return None
        elif at in term.levels:
            total += term.variances[term.levels.index(at)]
    return total


def _rows(fit: StructuredFit, new_X: ArrayLike | None) -> FloatArray:
    design = fit.model.design
    if new_X is None:
        return np.ones((1, 1)) if design.X is None else design.X
    rows = np.asarray(new_X, dtype=np.float64)
    n_given = design.n_coefs + len(design.dropped)
    if rows.ndim != 2 or rows.shape[1] != n_given or not np.isfinite(rows).all():
        raise InputError(f"new_X must be finite numbers in the {n_given} columns of X.")
    return rows[:, list(design.kept)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterInterval:
    """The profile-likelihood interval of one variance or correlation of a term."""

    term: str
    parameter: str
    estimate: float
    ci: Interval

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name, the interval as a dict."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return {**values, "ci": self.ci.to_dict()}


def structured_intervals(fit: StructuredFit, *, level: float | None = None) -> tuple[ParameterInterval, ...]:
    """Return profile-likelihood intervals of all variances and correlations.

    Parameters
    ----------
    fit : StructuredFit
    level : float, optional
        Coverage; default that of the fit.

    Returns
    -------
    tuple of ParameterInterval
        Terms in order, variances before correlations; an end is 0 (of a variance), infinite, or the bound of
        the correlation where the likelihood never falls far enough.

    Raises
    ------
    InputError
        A term is unstructured: its coordinates are not its variances and correlations one by one.
    """
    level = fit.model.level if level is None else level
    drop = critical_value(level, None) ** 2
    found: list[ParameterInterval] = []
    for term, part in zip(fit.likelihood.terms, fit.likelihood.slices, strict=True):
        if term.structure.kind == "UN":
            raise InputError(f"{term.name} is unstructured: profile intervals are for other structures.")
        for j in range(term.structure.n_coordinates):
            low, high = (
                _natural(fit, term, part, j, _end(fit, part.start + j, side, drop)) for side in (-1, 1)
            )
            found.append(
                ParameterInterval(
                    term=term.name,
                    parameter=_parameter_name(term, j),
                    estimate=_natural(fit, term, part, j, float(fit.coordinates[part.start + j])),
                    ci=Interval(low, high, level),
                )
            )
    return tuple(found)


def _natural(fit: StructuredFit, term: Term, part: slice, j: int, x: float) -> float:
    """Return the variance or correlation whose coordinate is `x`, in the units of the effects."""
    structure = term.structure
    moved = fit.coordinates[part].copy()
    moved[j] = x
    variances, correlations = structure.parameters(moved)
    if j >= structure.n_variances:
        return float(correlations[0])
    if abs(x) >= LARGEST:
        return 0.0 if x < 0.0 else float("inf")
    return float(variances[j]) * fit.model.scale**2


def _parameter_name(term: Term, j: int) -> str:
    structure = term.structure
    if j >= structure.n_variances:
        return "rho"
    return "variance" if structure.n_variances == 1 else f"variance[{term.levels[j]}]"


def _end(fit: StructuredFit, j: int, side: float, drop: float) -> float:
    """Return the coordinate on this side at which the profile deviance has risen by `drop`."""
    from scipy.optimize import brentq

    likelihood = fit.likelihood
    ceiling = likelihood.evaluate(fit.coordinates).deviance + drop
    free = np.ones(likelihood.n_coordinates, dtype=np.bool_)
    free[j] = False
    warm = [fit.coordinates.copy()]
    inner, step = float(np.clip(fit.coordinates[j], -LARGEST, LARGEST)), 0.5
    # A search from another start may end a rounding error away: every point is climbed from once.
    seen = {inner: -drop}

    def rise(x: float) -> float:
        if x not in seen:
            starts = [warm[0].copy(), fit.coordinates.copy()]
            for start in starts:
                start[j] = x
            found = [climb(likelihood, start, free) for start in starts]
            warm[0], at = min(found, key=lambda item: item[1].deviance)
            seen[x] = at.deviance - ceiling
        return seen[x]

    while True:
        outer = float(np.clip(inner + side * step, -LARGEST, LARGEST))
        if rise(outer) > 0.0:
            break
        if abs(outer) >= LARGEST:
            return side * LARGEST
        inner, step = outer, 2.0 * step
    return float(brentq(rise, inner, outer, xtol=1e-10, rtol=1e-12))
