"""Which studies the result hangs on: deletion diagnostics of each study.

Arrays in, frozen rows out, one row per study in the order given. Deletions are one call of the
vectorised kernel. Source of all measures: Viechtbauer W & Cheung MW-L (2010). Outlier and influence
diagnostics for meta-analysis. Research Synthesis Methods 1:112-125.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtr, ndtri

from metamsc.models.batch import BoolArray, FloatArray
from metamsc.models.fit import BatchFit, fit_batch
from metamsc.models.model import Model
from metamsc.sensitivity.deletions import Deletions, check_plain_model, design_rows, leverages
from metamsc.sensitivity.subsets import refuse_single, study_labels

# Two-sided 5 % of the normal: a deleted residual beyond it is called outlying.
OUTLIER_Z = float(ndtri(0.975))


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyInfluence:
    """Influence of one study on the fit.

    Fields that need the fit without the study are None where that fit does not exist.

    Attributes
    ----------
    label : str
    rstudent : float or None
        Deleted residual divided by its standard error.
    dffits : float or None
        Change of the study's own predicted effect, in standard errors.
    cooks_distance : float or None
        Distance between the coefficients with and without the study, in the metric of their covariance.
    cov_ratio : float or None
        Generalised variance of the coefficients without the study over that with it; below 1 the study
        makes the estimate less precise.
    tau2_deleted, Q_deleted : float or None
        Heterogeneity without the study.
    hat : float
        Leverage.
    weight_percent : float
    dfbetas : tuple of float, or None
        Change of each coefficient, in standard errors.
    is_outlier : bool or None
        abs(rstudent) above 1.96.
    is_influential : bool or None
        abs(dffits) > 3 sqrt(p / (k - p)), or more than half of chi-square(p) below `cooks_distance`, or
        hat > 3 p / k, or any abs(dfbetas) > 1.
    """

    label: str
    rstudent: float | None
    dffits: float | None
    cooks_distance: float | None
    cov_ratio: float | None
    tau2_deleted: float | None
    Q_deleted: float | None
    hat: float
    weight_percent: float
    dfbetas: tuple[float, ...] | None
    is_outlier: bool | None
    is_influential: bool | None

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-safe dict of the fields by name."""
        values: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__}
        values["dfbetas"] = None if self.dfbetas is None else list(self.dfbetas)
        return values


@dataclass(frozen=True, slots=True, kw_only=True)
class InfluenceTable:
    """Influence of every study; `coefficients` names the entries of each row's `dfbetas`."""

    rows: tuple[StudyInfluence, ...]
    coefficients: tuple[str, ...]
    warnings: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-safe dict of the fields by name."""
        return {
            "rows": [row.to_dict() for row in self.rows],
            "coefficients": list(self.coefficients),
            "warnings": list(self.warnings),
        }


def measure_influence(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    labels: Sequence[str] | None = None,
    X: ArrayLike | None = None,
    names: Sequence[str] | None = None,
    tau2_method: str = "REML",
    ci_method: str = "hksj-adhoc",
    tau2: float | None = None,
) -> InfluenceTable:
    """Measure how much each study moves the fit.

    Parameters
    ----------
    yi, vi, X, names, tau2_method, ci_method, tau2
        As in :func:`metamsc.models.pool.pool`; a Hartung-Knapp factor enters the standard errors.
    labels : sequence of k str, optional
        Names of the studies; default "1" to "k".

    Returns
    -------
    InfluenceTable

    Raises
    ------
    OptionError, InputError, TooFewStudiesError
        As `pool`; and with k < 2, or where no study can be left out.

    Notes
    -----
    With (i) for "without study i", x_i its row of X, M = vi + tau2 and s2 the Hartung-Knapp factor:
    rstudent = (y_i - x_i b(i)) / sqrt(s2(i) (v_i + tau2(i)) + x_i cov(i) x_i'), cov with its s2;
    dffits = x_i (b - b(i)) / sqrt(s2(i) h_i (v_i + tau2(i)));
    cooks_distance = (b - b(i))' cov^-1 (b - b(i)); cov_ratio = det cov(i) / det cov;
    dfbetas_j = (b_j - b(i)_j) / sqrt(s2(i) [(X' diag(1 / (v + tau2(i))) X)^-1]_jj)
    (Viechtbauer & Cheung 2010; the limits of `is_influential` are those of Belsley, Kuh &
    Welsch 1980 as used in metafor).

    Examples
    --------
    >>> from metamsc.sensitivity.influence import measure_influence
    >>> table = measure_influence([0.1, 0.2, 0.9], [0.04, 0.04, 0.04], tau2_method="EE", ci_method="wald")
    >>> [row.is_outlier for row in table.rows]
    [False, False, True]
    """
    model = check_plain_model(yi, vi, X, names, tau2_method, ci_method, tau2)
    refuse_single(model.k, "Influence of single studies")
    given = study_labels(labels, model.k)
    whole = model.fit(model.batch())
    hat, root = leverages(model, float(whole.tau2[0]))
    deleted = Deletions.of(model)
    columns = _influence_columns(model, whole, hat, root, deleted)
    weights = 1.0 / (model.vi + whole.tau2[0])
    rows = tuple(
        _influence_row(given[i], float(hat[i]), float(100.0 * weights[i] / weights.sum()), model, values)
        for i, values in enumerate(zip(*(column.tolist() for column in columns), strict=True))
    )
    lost = [label for label, fitted in zip(given, deleted.subsets.fitted, strict=True) if not fitted]
    return InfluenceTable(
        rows=rows,
        coefficients=model.design.names,
        warnings=(f"Without {', '.join(lost)} the model cannot be fitted.",) if lost else (),
    )


def _influence_columns(
    model: Model, whole: BatchFit, hat: FloatArray, root: FloatArray, deleted: Deletions
) -> tuple[FloatArray | BoolArray, ...]:
    """Return rstudent, dffits, Cook's distance, covariance ratio, tau2, Q, DFBETAS; NaN where not fitted."""
    fit, fitted = deleted.subsets.fit, deleted.subsets.fitted
    change = whole.estimate[0] - deleted.estimate
    moved = design_rows(model) @ whole.estimate[0] - deleted.predicted
    own = deleted.scale_factor * hat * (model.vi + deleted.tau2)
    cook = ((change @ root.T) ** 2).sum(axis=1) / whole.scale_factor[0]
    log_det = np.linalg.slogdet(fit.cov)[1] - np.linalg.slogdet(whole.cov)[1]
    shape = (int(fitted.sum()), model.k)
    at_tau2 = fit_batch(
        np.broadcast_to(model.yi, shape),
        np.broadcast_to(model.vi, shape),
        tau2_method=model.tau2_method,
        ci_method="wald",
        X=model.design.X,
        tau2=fit.tau2,
    )
    bread = deleted.subsets.spread(np.diagonal(at_tau2.cov, axis1=1, axis2=2))
    return (
        (model.yi - deleted.predicted) / deleted.residual_se(model),
        moved / np.sqrt(own),
        cook,
        deleted.subsets.spread(np.exp(log_det)),
        deleted.tau2,
        deleted.subsets.spread(fit.Q),
        change / np.sqrt(deleted.scale_factor[:, None] * bread),
    )


def _influence_row(
    label: str, hat: float, weight: float, model: Model, values: tuple[Any, ...]
) -> StudyInfluence:
    *measures, dfbetas = values
    rstudent, dffits, cook, ratio, tau2, Q = measures
    exists = tau2 == tau2
    k, p = model.k, model.design.n_coefs
    influential = (
        (k > p and abs(dffits) > 3.0 * (p / (k - p)) ** 0.5)
        or float(chdtr(p, cook)) > 0.5
        or hat > 3.0 * p / k
        or any(abs(change) > 1.0 for change in dfbetas)
    )
    return StudyInfluence(
        label=label,
        rstudent=rstudent if exists else None,
        dffits=dffits if exists else None,
        cooks_distance=cook if exists else None,
        cov_ratio=ratio if exists else None,
        tau2_deleted=tau2 if exists else None,
        Q_deleted=Q if exists else None,
        hat=hat,
        weight_percent=weight,
        dfbetas=tuple(dfbetas) if exists else None,
        is_outlier=abs(rstudent) > OUTLIER_Z if exists else None,
        is_influential=bool(influential) if exists else None,
    )
