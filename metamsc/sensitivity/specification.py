"""What many defensible analyses of one question say together: a specification curve, described and tested.

Arrays in, numbers out: which choices make a path and how each path is pooled is the caller's business
(:mod:`metamsc.analysis.multiverse`). A path that pools nothing has NaN for its estimate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metamsc.errors import InputError
from metamsc.models.batch import BoolArray, FloatArray
from metamsc.models.fit import fit_batch

_MOST_CODES = 20_000_000  # combinations that are counted in one array
_TRACE = 1e-12  # sums over a million paths are good to about 1e-13


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveSummary:
    """A specification curve in a few numbers.

    `n_paths` paths were asked for, `n_pooled` of them pool at least two studies; everything else is of
    those. Shares are fractions of `n_pooled`; `share_same_sign` is of the sign that more of them have.
    `low` to `high` are the smallest to the largest estimate, `q25` and `q75` its quartiles.
    """

    n_paths: int
    n_pooled: int
    median: float
    q25: float
    q75: float
    low: float
    high: float
    sign: int
    share_same_sign: float
    share_significant: float
    share_significant_same_sign: float
    share_significant_other_sign: float

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceShare:
    """How much of the variance between paths goes with one choice.

    `alone` is the variance of its options' means over the variance of all paths (first-order
    sensitivity index; Sobol 1993), `with_others` the mean variance among paths that differ in nothing
    else (total index), both fractions. With every combination present ``alone <= with_others``.
    """

    name: str
    alone: float
    with_others: float

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name."""
        return {name: getattr(self, name) for name in self.__slots__}


def summarise_curve(estimate: FloatArray, p: FloatArray, *, level: float = 0.95) -> CurveSummary | None:
    """Describe a curve.

    Parameters
    ----------
    estimate, p : arrays of shape (n_paths,)
        Pooled estimate and its P value; NaN where a path pools nothing.
    level : float
        A path is significant when its P value is below 1 - level.

    Returns
    -------
    CurveSummary or None
        None when no path pools anything.

    Raises
    ------
    InputError
        If the arrays differ in shape.
    """
    if estimate.shape != p.shape or estimate.ndim != 1:
        raise InputError(f"estimate and p must be of one shape (n,); got {estimate.shape} and {p.shape}.")
    here = np.isfinite(estimate)
    if not here.any():
        return None
    values, significant = estimate[here], p[here] < 1.0 - level
    sign = 1 if (values > 0.0).sum() >= (values < 0.0).sum() else -1
    same = np.sign(values) == sign
    q25, median, q75 = np.quantile(values, (0.25, 0.5, 0.75)).tolist()
    return CurveSummary(
        n_paths=int(estimate.size),
        n_pooled=int(values.size),
        median=median,
        q25=q25,
        q75=q75,
        low=float(values.min()),
        high=float(values.max()),
        sign=sign,
        share_same_sign=float(same.mean()),
        share_significant=float(significant.mean()),
        share_significant_same_sign=float((significant & same).mean()),
        share_significant_other_sign=float((significant & (np.sign(values) == -sign)).mean()),
    )


def share_variance(
    values: FloatArray, options: NDArray[np.integer[Any]], names: tuple[str, ...]
) -> tuple[ChoiceShare, ...]:
    """Divide the variance between paths among the choices that make them.

    Parameters
    ----------
    values : array of shape (n_paths,)
        Estimates (or statistics, when paths are on several scales); NaN paths are left out.
    options : integer array of shape (n_paths, n_choices)
        Which option of each choice a path took.
    names : tuple of str
        The choices' names.

    Returns
    -------
    tuple of ChoiceShare
        In the order of `names`; zeros when all paths agree.

    Raises
    ------
    InputError
        If the shapes do not go together, or the choices have too many combinations to count.
    """
    if options.shape != (values.size, len(names)):
        raise InputError(f"options must be of shape ({values.size}, {len(names)}); got {options.shape}.")
    here = np.isfinite(values)
    y, chosen = values[here], options[here]
    if y.size == 0:
        return tuple(ChoiceShare(name=name, alone=0.0, with_others=0.0) for name in names)
    y = y - y.mean()
    total = float(y @ y)
    # Differences at the rounding of the estimates themselves are no variance.
    if total <= (1e-12 * float(np.abs(values[here]).max())) ** 2 * y.size:
        return tuple(ChoiceShare(name=name, alone=0.0, with_others=0.0) for name in names)
    sizes = chosen.max(axis=0).astype(object) + 1
    if np.prod(sizes) > _MOST_CODES:
        raise InputError(
            f"{len(names)} choices have {np.prod(sizes):,} combinations; at most {_MOST_CODES:,}."
        )
    strides = np.array([int(np.prod(sizes[at + 1 :])) for at in range(len(names))], dtype=np.intp)
    code = chosen @ strides
    shares = []
    for at, name in enumerate(names):
        alone = _traceless(_between(y, chosen[:, at]) / total)
        within = _traceless(1.0 - _between(y, code - chosen[:, at] * strides[at]) / total)
        shares.append(ChoiceShare(name=name, alone=alone, with_others=within))
    return tuple(shares)


def _traceless(share: float) -> float:
    """Return 0 for a share that is the rounding of sums over many paths."""
    return share if share > _TRACE else 0.0


def _between(y: FloatArray, group: NDArray[np.integer[Any]]) -> float:
    """Return the sum of squares between groups of centred `y`."""
    n = np.bincount(group)
    sums = np.bincount(group, weights=y)
    return float((sums[n > 0] ** 2 / n[n > 0]).sum())


def pool_paths(
    yi: FloatArray, vi: FloatArray, mask: BoolArray, tau2_method: str, ci_method: str, level: float = 0.95
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    """Pool D data sets by one model.

    Parameters
    ----------
    yi, vi, mask : arrays of shape (D, k)
        Effects, sampling variances and who takes part: at least one study each.
    tau2_method, ci_method : str
        As in :func:`metamsc.pool`; a single study has a Wald interval whatever is asked.
    level : float
        Level of the interval.

    Returns
    -------
    estimate, se, p, half, tau2, I2 : arrays of shape (D,)
        `half` is half the width of the interval.
    """
    from scipy.special import ndtr, ndtri, stdtr, stdtrit

    fit = fit_batch(yi, vi, tau2_method=tau2_method, ci_method=ci_method, mask=mask)
    estimate, se = fit.estimate[:, 0], np.sqrt(np.maximum(fit.cov[:, 0, 0], 0.0))
    by_t = (fit.df > 0.0) & (ci_method != "wald")
    df = np.where(by_t, fit.df, 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.abs(estimate / se)
    p = 2.0 * np.where(by_t, stdtr(df, -z), ndtr(-z))
    p = np.where(se > 0.0, p, np.nan)
    upper = 0.5 + 0.5 * level
    half = np.where(by_t, stdtrit(df, upper), ndtri(upper)) * se
    return estimate, se, p, half, fit.tau2, fit.I2
