"""Variance inflation: how much less precise a coefficient is for the company of the other moderators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from metamsc.errors import InputError
from metamsc.models.batch import FloatArray
from metamsc.models.inputs import Design
from metamsc.models.model import check_model
from metamsc.models.multilevel.fit import MultilevelFit
from metamsc.models.structured.fit import StructuredFit


@dataclass(frozen=True, slots=True, kw_only=True)
class VarianceInflation:
    """Of one coefficient or of several together (the levels of a factor).

    `vif` is the generalised variance inflation factor, 1 without correlation with other moderators; `sif`
    = vif ** (1 / (2 m)) is on the scale of the standard error and comparable between groups of other sizes.
    """

    names: tuple[str, ...]
    vif: float
    sif: float

    @property
    def m(self) -> int:
        """Number of coefficients."""
        return len(self.names)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name, and `m`."""
        return {"names": list(self.names), "m": self.m, "vif": self.vif, "sif": self.sif}


def variance_inflation(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    X: ArrayLike,
    names: Sequence[str] | None = None,
    groups: Sequence[Sequence[str]] | None = None,
    tau2_method: str = "REML",
    tau2: float | None = None,
    weights: ArrayLike | None = None,
) -> tuple[VarianceInflation, ...]:
    """Return the variance inflation of each coefficient but the intercept, or of groups of them.

    Parameters
    ----------
    yi, vi, X, names, tau2_method, tau2, weights
        As in :func:`metamsc.models.pool.pool`.
    groups : sequence of sequences of str, optional
        Names of columns that belong together, such as the indicators of one factor.

    Returns
    -------
    tuple of VarianceInflation

    Raises
    ------
    OptionError, InputError, TooFewStudiesError
        As in `pool`; also where a group names a column that is not there, or no moderator is.

    Notes
    -----
    |R11| |R22| / |R| with R the correlations of the coefficients but the intercept, R11 those of the group,
    R22 those of the rest (Fox & Monette 1992, J Am Stat Assoc 87:178-183).
    """
    model = check_model(
        yi,
        vi,
        tau2_method=tau2_method,
        ci_method="wald",
        pi_method="t",
        level=0.95,
        X=X,
        names=names,
        tau2=tau2,
        weights=weights,
    )
    return _inflations(model.design, model.fit(model.batch()).cov[0], groups)


def variance_inflation_multilevel(
    fit: MultilevelFit | StructuredFit, *, groups: Sequence[Sequence[str]] | None = None
) -> tuple[VarianceInflation, ...]:
    """Return the variance inflation in a multilevel fit; see :func:`variance_inflation`."""
    return _inflations(fit.model.design, fit.cov, groups)


def _inflations(
    design: Design, cov: FloatArray, groups: Sequence[Sequence[str]] | None
) -> tuple[VarianceInflation, ...]:
    tested = list(design.tested)
    if not tested:
        raise InputError("Variance inflation is about moderators; the model has none.")
    names = [design.names[j] for j in tested]
    part = cov[np.ix_(tested, tested)]
    sd = np.sqrt(np.diag(part))
    R = part / np.outer(sd, sd)
    asked = [(name,) for name in names] if groups is None else [tuple(group) for group in groups]
    found = []
    for group in asked:
        missing = [name for name in group if name not in names]
        if missing or not group:
            raise InputError(
                f"groups must name moderators, which are {', '.join(names)}; got {', '.join(missing)!r}."
            )
        own = np.isin(np.array(names, dtype=object), np.array(group, dtype=object))
        log_vif = _log_det(R[np.ix_(own, own)]) + _log_det(R[np.ix_(~own, ~own)]) - _log_det(R)
        vif = float(np.exp(log_vif))
        found.append(VarianceInflation(names=group, vif=vif, sif=float(vif ** (0.5 / len(group)))))
    return tuple(found)


def _log_det(R: FloatArray) -> float:
    return float(np.linalg.slogdet(R)[1]) if R.size else 0.0
