"""Refits by whom they leave out and by whom they take in: leave-one-out and cumulative meta-analysis.

Arrays in, frozen rows out; every table is one call of the vectorised kernel. Nothing is judged here:
whether a change matters is for the reader, with :mod:`metamsc.sensitivity.influence` at hand.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from metamsc.errors import InputError, TooFewStudiesError
from metamsc.models.model import Model, check_model
from metamsc.sensitivity.subsets import Refits, describe_subsets, fit_subsets, refuse_single, study_labels


def leave_one_out(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    groups: Sequence[Hashable] | None = None,
    labels: Sequence[str] | None = None,
    X: ArrayLike | None = None,
    names: Sequence[str] | None = None,
    tau2_method: str = "REML",
    ci_method: str = "hksj-adhoc",
    level: float = 0.95,
    tau2: float | None = None,
    weights: ArrayLike | None = None,
) -> Refits:
    """Fit the model again without each study in turn, or without each group of studies.

    Parameters
    ----------
    yi, vi, X, names, tau2_method, ci_method, level, tau2, weights
        As in :func:`metamsc.models.pool.pool`.
    groups : sequence of k hashable values, optional
        Studies with the same value are left out together (all reports of one cohort, one laboratory);
        default: each study on its own.
    labels : sequence of k str, optional
        Names of the studies; default "1" to "k". With `groups` the groups' values are the labels.

    Returns
    -------
    Refits
        One row per study, or per group in order of appearance; a row's label is what is left out.

    Raises
    ------
    OptionError, InputError
        As `pool`; or `groups` and `labels` together, or of another length.
    TooFewStudiesError
        Nothing is left that could be fitted (k = 1, a single group).

    Notes
    -----
    Viechtbauer W & Cheung MW-L (2010). Outlier and influence diagnostics for meta-analysis. Research
    Synthesis Methods 1:112-125.

    Examples
    --------
    >>> from metamsc.sensitivity.cumulative import leave_one_out
    >>> refits = leave_one_out([0.2, 0.5, -0.1], [0.04, 0.04, 0.04], tau2_method="EE", ci_method="wald")
    >>> [round(row.estimate, 2) for row in refits.rows if row is not None]
    [0.2, 0.05, 0.35]
    """
    model = _model(yi, vi, X, names, tau2_method, ci_method, level, tau2, weights)
    if groups is None:
        refuse_single(model.k, "Leaving one out")
        present = ~np.eye(model.k, dtype=np.bool_)
        return describe_subsets(model, fit_subsets(model, present), study_labels(labels, model.k))
    if labels is not None:
        raise InputError("labels name studies, groups are named by their values; give one of the two.")
    if len(groups) != model.k:
        raise InputError(f"groups must have one value per study; got {len(groups)} for {model.k} studies.")
    found = list(dict.fromkeys(groups))
    if len(found) < 2:
        raise TooFewStudiesError(f"Leaving out a group needs at least 2 groups; all are {found[0]!r}.")
    number = {group: i for i, group in enumerate(found)}
    member = np.array([number[group] for group in groups])
    present = member[None, :] != np.arange(len(found))[:, None]
    return describe_subsets(model, fit_subsets(model, present), tuple(str(group) for group in found))


def cumulative(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    order: ArrayLike | None = None,
    labels: Sequence[str] | None = None,
    X: ArrayLike | None = None,
    names: Sequence[str] | None = None,
    tau2_method: str = "REML",
    ci_method: str = "hksj-adhoc",
    level: float = 0.95,
    tau2: float | None = None,
    weights: ArrayLike | None = None,
) -> Refits:
    """Fit the model to the first study, the first two, and so on.

    Parameters
    ----------
    yi, vi, X, names, tau2_method, ci_method, level, tau2, weights
        As in :func:`metamsc.models.pool.pool`.
    order : array-like of shape (k,), optional
        Numbers by which studies come in, smallest first: years, or sampling variances for the most
        precise first. Equal numbers keep the order given. Default: the order given.
    labels : sequence of k str, optional
        Names of the studies in the order of `yi`; default "1" to "k".

    Returns
    -------
    Refits
        k rows in the order in which studies come in; a row's label is the study that came in last.

    Raises
    ------
    OptionError, InputError, TooFewStudiesError
        As `pool`; or `order` has another length or is not numbers.

    Notes
    -----
    Lau J et al. (1992). Cumulative meta-analysis of therapeutic trials for myocardial infarction. New
    England Journal of Medicine 327:248-254. The tests are repeated looks at growing data and are not
    adjusted for that.

    Examples
    --------
    >>> from metamsc.sensitivity.cumulative import cumulative
    >>> refits = cumulative([0.2, 0.6], [0.04, 0.04], order=[2010, 2001], tau2_method="EE", ci_method="wald")
    >>> [(row.label, round(row.estimate, 2)) for row in refits.rows if row is not None]
    [('2', 0.6), ('1', 0.4)]
    """
    model = _model(yi, vi, X, names, tau2_method, ci_method, level, tau2, weights)
    k = model.k
    given = study_labels(labels, k)
    by = np.arange(k, dtype=np.float64) if order is None else np.asarray(order, dtype=np.float64)
    if by.shape != (k,) or not np.isfinite(by).all():
        raise InputError(f"order must be {k} finite numbers, one per study; got {order!r}.")
    sequence = np.argsort(by, kind="stable")
    rank = np.empty(k, dtype=np.intp)
    rank[sequence] = np.arange(k)
    present = rank[None, :] <= np.arange(k)[:, None]
    return describe_subsets(model, fit_subsets(model, present), tuple(given[i] for i in sequence))


def _model(
    yi: ArrayLike,
    vi: ArrayLike,
    X: ArrayLike | None,
    names: Sequence[str] | None,
    tau2_method: str,
    ci_method: str,
    level: float,
    tau2: float | None,
    weights: ArrayLike | None,
) -> Model:
    return check_model(
        yi,
        vi,
        tau2_method=tau2_method,
        ci_method=ci_method,
        pi_method="t",
        level=level,
        X=X,
        names=names,
        tau2=tau2,
        weights=weights,
    )
