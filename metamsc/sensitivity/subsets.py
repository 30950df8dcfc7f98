"""Refits of one model to many subsets of its studies, in one call of the vectorised kernel.

A checked model and a table of who takes part come in, tests and heterogeneity of each subset go out.
Which subsets are asked for (all but one, the first n, ...) is the callers' business.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import chdtrc, ndtr, ndtri, stdtr, stdtrit

from metamsc.errors import InputError, TooFewStudiesError
from metamsc.models.batch import BoolArray, FloatArray
from metamsc.models.fit import BatchFit, fit_batch
from metamsc.models.model import Model
from metamsc.models.results import Coefficient, Interval
from metamsc.models.shared import SharedStudies, maximise_shared, shares_sums
from metamsc.models.without_one import fit_without_one

# A subset's design has lost a column when the smallest eigenvalue of Z'Z over its studies, Z being an
# orthonormal basis of the whole design, is this small (its square root is the share of length left).
_RANK_LOST = 1e-13


@dataclass(frozen=True, slots=True, kw_only=True)
class Refit:
    """The model fitted to a subset of its studies.

    `label` says what was left out or came in; `k` is the number of studies in the fit. The other
    fields are those of :class:`metamsc.models.results.PooledResult` and of its heterogeneity: with
    moderators `estimate` to `ci` are of the first coefficient, and `coefficients` has them all.
    """

    label: str
    k: int
    estimate: float
    se: float
    statistic: float | None
    df: float | None
    p: float | None
    ci: Interval
    tau2: float
    I2: float
    H2: float
    Q: float
    Q_df: int
    Q_p: float
    coefficients: tuple[Coefficient, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-safe dict of the fields by name."""
        values: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__}
        values["ci"] = self.ci.to_dict()
        values["coefficients"] = [c.to_dict() for c in self.coefficients]
        return values


@dataclass(frozen=True, slots=True, kw_only=True)
class Refits:
    """Fits of one model to several subsets, in the order asked for.

    `rows` has None where the subset cannot carry the model (too few studies, or a moderator that no
    longer varies); `warnings` names these.
    """

    rows: tuple[Refit | None, ...]
    labels: tuple[str, ...]
    tau2_method: str
    ci_method: str
    warnings: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-safe dict of the fields by name."""
        return {
            "rows": [None if row is None else row.to_dict() for row in self.rows],
            "labels": list(self.labels),
            "tau2_method": self.tau2_method,
            "ci_method": self.ci_method,
            "warnings": list(self.warnings),
        }


@dataclass(frozen=True, slots=True)
class SubsetFits:
    """Which of B subsets could be fitted, shape (B,), and the fits of those that could."""

    fitted: BoolArray
    fit: BatchFit

    def spread(self, values: FloatArray) -> FloatArray:
        """Return `values` of the fitted subsets with one row per subset, NaN for the others."""
        full = np.full((self.fitted.size, *values.shape[1:]), np.nan)
        full[self.fitted] = values
        return full


def fit_subsets(model: Model, present: BoolArray) -> SubsetFits:
    """Fit `model` to every subset.

    Parameters
    ----------
    model : Model
    present : array of shape (B, k)
        True where a study takes part.

    Returns
    -------
    SubsetFits

    Raises
    ------
    TooFewStudiesError
        No subset can carry the model.
    """
    fitted = _carries(model, present)
    if not fitted.any():
        raise TooFewStudiesError(
            f"None of the subsets can be fitted: {model.k} studies are too few for refits of a model with "
            f"{model.design.n_coefs} coefficient{'s' if model.design.n_coefs > 1 else ''}."
        )
    quick = _without_one(model, present)
    if quick is not None:
        return SubsetFits(fitted, quick)
    mask = present[fitted]
    shape = mask.shape
    fixed = None if model.tau2 is None else np.full(shape[0], model.tau2)
    likelihood = model.tau2_method in ("ML", "REML") and model.design.X is None
    if fixed is None and likelihood and shares_sums(mask):
        studies = SharedStudies.of(model.yi, model.vi)
        found = maximise_shared(studies, mask, restricted=model.tau2_method == "REML")
        fixed = found * studies.scale**2
    fit = fit_batch(
        np.broadcast_to(model.yi, shape),
        np.broadcast_to(model.vi, shape),
        tau2_method=model.tau2_method,
        ci_method=model.ci_method,
        mask=mask,
        X=model.design.X,
        tau2=fixed,
        weights=None if model.weights is None else np.broadcast_to(model.weights, shape),
    )
    return SubsetFits(fitted, fit)


def _without_one(model: Model, present: BoolArray) -> BatchFit | None:
    """Return the fits without each study in turn by their shared sums, where that is what is asked for."""
    plain = model.design.X is None and model.weights is None and model.tau2 is None
    if not plain or model.tau2_method not in ("ML", "REML") or present.shape[0] != model.k:
        return None
    if not (present == ~np.eye(model.k, dtype=np.bool_)).all():
        return None
    return fit_without_one(
        model.yi, model.vi, restricted=model.tau2_method == "REML", ci_method=model.ci_method
    )


def _carries(model: Model, present: BoolArray) -> BoolArray:
    """Say which subsets have enough studies, weight and contrast for the model."""
    k, p = present.sum(axis=1), model.design.n_coefs
    spare = 0 if model.tau2_method == "EE" or model.tau2 is not None else 1
    enough: BoolArray = (k >= p + spare) | ((k == 1) & (p == 1))
    if model.weights is not None:
        enough &= (present & (model.weights > 0.0)).any(axis=1)
    if model.design.X is None:
        return enough
    Z = np.linalg.qr(model.design.X)[0]
    gram = np.einsum("bk,kp,kq->bpq", present.astype(np.float64), Z, Z, optimize=True)
    return enough & (np.linalg.eigvalsh(gram)[:, 0] > _RANK_LOST)


def describe_subsets(model: Model, subsets: SubsetFits, labels: Sequence[str]) -> Refits:
    """Return tests, intervals and heterogeneity of every subset as frozen rows."""
    fit = subsets.fit
    df = fit.df if model.ci_method != "wald" else np.zeros_like(fit.df)
    se = np.sqrt(np.maximum(np.diagonal(fit.cov, axis1=1, axis2=2), 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = fit.estimate / se
    some = np.where(df > 0.0, df, 1.0)
    upper = 0.5 + 0.5 * model.level
    half = np.where(df > 0.0, stdtrit(some, upper), ndtri(upper))[:, None] * se
    tail = np.where((df > 0.0)[:, None], stdtr(some[:, None], -abs(statistic)), ndtr(-abs(statistic)))
    Q_p = np.where(fit.df > 0.0, chdtrc(np.maximum(fit.df, 1.0), fit.Q), 1.0)
    columns = [
        values.tolist()
        for values in (fit.k, fit.df, df, fit.tau2, fit.I2, fit.H2, fit.Q, Q_p, fit.estimate, se)
    ]
    tests = [values.tolist() for values in (statistic, 2.0 * tail, half)]
    positions = np.flatnonzero(subsets.fitted).tolist()
    rows: list[Refit | None] = [None] * len(labels)
    for at, values, test in zip(positions, zip(*columns, strict=True), zip(*tests, strict=True), strict=True):
        rows[at] = _refit(labels[at], model, values, test)
    lost = [label for label, row in zip(labels, rows, strict=True) if row is None]
    return Refits(
        rows=tuple(rows),
        labels=tuple(labels),
        tau2_method=model.tau2_method,
        ci_method=model.ci_method,
        warnings=(_lost_note(lost),) if lost else (),
    )


def _refit(label: str, model: Model, values: tuple[Any, ...], test: tuple[Any, ...]) -> Refit:
    k, Q_df, df, tau2, I2, H2, Q, Q_p, estimates, errors = values
    coefficients = tuple(
        Coefficient(
            name=name,
            estimate=b,
            se=se,
            statistic=z if se > 0.0 else None,
            df=df if df > 0.0 else None,
            p=p if se > 0.0 else None,
            ci=Interval(b - half, b + half, model.level),
        )
        for name, b, se, z, p, half in zip(model.design.names, estimates, errors, *test, strict=True)
    )
    first = coefficients[0]
    return Refit(
        label=label,
        k=int(k),
        estimate=first.estimate,
        se=first.se,
        statistic=first.statistic,
        df=first.df,
        p=first.p,
        ci=first.ci,
        tau2=tau2,
        I2=I2,
        H2=H2,
        Q=Q,
        Q_df=int(Q_df),
        Q_p=Q_p,
        coefficients=coefficients,
    )


def _lost_note(lost: Sequence[str]) -> str:
    return (
        f"The model cannot be fitted at {', '.join(lost)}: too few studies are left for its coefficients, "
        "or a moderator no longer varies."
    )


def study_labels(labels: Sequence[str] | None, k: int) -> tuple[str, ...]:
    """Return the studies' labels; "1" to "k" by default."""
    if labels is None:
        return tuple(str(i + 1) for i in range(k))
    if len(labels) != k:
        raise InputError(f"labels must have one name per study; got {len(labels)} for {k} studies.")
    return tuple(str(label) for label in labels)


def refuse_single(k: int, what: str) -> None:
    """Raise unless there are at least two studies."""
    if k < 2:
        raise TooFewStudiesError(f"{what} needs at least 2 studies; got {k}.")
