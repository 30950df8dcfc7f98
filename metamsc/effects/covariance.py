"""The sampling covariance of effects that come from the same study, a study's block at a time.

Effects of one study are correlated when they share a control group, or are several outcomes or times of
the same participants. Two ways to say how much: assumed correlations (`correlated_covariance`, after
metafor's vcalc), or the figures of the arms (``metamsc.effects.arm_covariance``), which need no
assumption for a shared control. Both return a block-diagonal matrix that ``fit_multilevel`` takes as V.
Splitting the control group's size is a cruder remedy for the same thing; never use both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from metamsc.effects.covariance_inputs import (
    IntArray,
    by_study,
    check_correlation,
    check_together,
    finite,
    numbered,
    numbered_arms,
    positive,
)
from metamsc.effects.measure import FloatArray
from metamsc.errors import InputError


@dataclass(frozen=True, slots=True, eq=False)
class SamplingCovariance:
    """A block-diagonal covariance of k effects: block b is about the effects `rows[b]`, counted from 0.

    `studies[b]` is the label of block b. Blocks are in the squared unit of the effects.
    """

    rows: tuple[IntArray, ...]
    blocks: tuple[FloatArray, ...]
    studies: tuple[Any, ...]

    @property
    def k(self) -> int:
        """Number of effects."""
        return sum(r.size for r in self.rows)

    def to_array(self) -> FloatArray:
        """Return the full (k, k) matrix: for looking at, not for models (they take the blocks)."""
        full = np.zeros((self.k, self.k))
        for rows, block in zip(self.rows, self.blocks, strict=True):
            full[np.ix_(rows, rows)] = block
        return full


def correlated_covariance(
    vi: ArrayLike,
    *,
    study: ArrayLike,
    rho: float | None = None,
    obs: ArrayLike | None = None,
    outcome: ArrayLike | None = None,
    rho_outcome: float | None = None,
    time: ArrayLike | None = None,
    phi: float | None = None,
    treat: ArrayLike | None = None,
    control: ArrayLike | None = None,
    n_treat: ArrayLike | None = None,
    n_control: ArrayLike | None = None,
) -> SamplingCovariance:
    """Return the covariance of effects whose correlations within a study are assumed.

    Parameters
    ----------
    vi : array-like of shape (k,)
        Sampling variances, > 0.
    study : array-like of shape (k,)
        Labels; effects of different studies are independent.
    rho : float, optional
        Correlation of two effects of a study (with `outcome`: of the same outcome; with `obs`: unless
        both have the same label there). Default 1: nothing but groups and times tells effects apart.
    obs : array-like of shape (k,), optional
        Which measurement of the participants an effect is about.
    outcome, rho_outcome : array-like of shape (k,) and float, optional
        What is measured, and the correlation of two different outcomes.
    time, phi : array-like of shape (k,) and float, optional
        When it is measured; the correlation falls as phi ** |difference of times|.
    treat, control : array-like of shape (k,), optional
        Labels of the two groups of each effect; effects that share one group are correlated by what
        the groups' sizes say (two equal groups and a shared control: 0.5).
    n_treat, n_control : array-like of shape (k,), optional
        Sizes of the groups; default equal.

    Returns
    -------
    SamplingCovariance
        Blocks in the order in which the studies first appear. A correlation of 1 between two effects makes
        a block singular, which models refuse.

    Raises
    ------
    InputError
        A correlation outside [-1, 1], a missing label, a variance or size that is not > 0.

    Notes
    -----
    corr(i, j) = r [1(t_i=t_j)/sqrt(n_ti n_tj) + 1(c_i=c_j)/sqrt(n_ci n_cj) - 1(t_i=c_j)/sqrt(n_ti n_cj)
    - 1(c_i=t_j)/sqrt(n_ci n_tj)] / sqrt((1/n_ti + 1/n_ci)(1/n_tj + 1/n_cj)) with r = rho_outcome
    between outcomes, rho within one, times phi ** |time_i - time_j|.

    References
    ----------
    The formula is that of metafor's vcalc (Viechtbauer 2010, J Stat Softw 36(3), and its manual page).

    Examples
    --------
    >>> from metamsc.effects.covariance import correlated_covariance
    >>> correlated_covariance([4.0, 4.0, 1.0], study=["a", "a", "b"], rho=0.5).blocks[0].round(6).tolist()
    [[4.0, 2.0], [2.0, 4.0]]
    """
    v = positive("vi", vi, None)
    k = v.size
    labels, members = by_study(study, k)
    for name, value in (("rho", rho), ("rho_outcome", rho_outcome), ("phi", phi)):
        check_correlation(name, value)
    check_together(outcome=outcome, rho_outcome=rho_outcome)
    check_together(time=time, phi=phi)
    if control is not None and treat is None:
        raise InputError("control needs treat: which groups do the effects compare?")
    same = None if obs is None else numbered(obs, k, "obs")
    kind = None if outcome is None else numbered(outcome, k, "outcome")
    when = None if time is None else finite("time", time, k)
    t, c = numbered_arms(treat, control, k)
    u, w = (
        1.0 / np.sqrt(np.ones(k) if n is None else positive(name, n, k))
        for name, n in (("n_treat", n_treat), ("n_control", n_control))
    )
    blocks = []
    for rows in members:
        shared = overlap(t[rows], c[rows], u[rows], w[rows])
        size = np.sqrt(u[rows] ** 2 + w[rows] ** 2)
        r = np.full((rows.size, rows.size), 1.0 if rho is None else rho)
        if same is not None:
            r = np.where(same[rows][:, None] == same[rows], 1.0, r)
        if kind is not None and rho_outcome is not None:
            r = np.where(kind[rows][:, None] == kind[rows], r, rho_outcome)
        if when is not None and phi is not None:
            r = r * phi ** np.abs(when[rows][:, None] - when[rows])
        V = r * shared / np.outer(size, size) * np.sqrt(np.outer(v[rows], v[rows]))
        np.fill_diagonal(V, v[rows])
        blocks.append(V)
    return SamplingCovariance(tuple(members), tuple(blocks), tuple(labels))


def overlap(t: FloatArray, c: FloatArray, u: FloatArray, w: FloatArray) -> FloatArray:
    """Return the sum over shared arms of +- the product of both errors' SDs, `u` treated, `w` control."""
    total: FloatArray = (
        (t[:, None] == t) * np.outer(u, u)
        + (c[:, None] == c) * np.outer(w, w)
        - (t[:, None] == c) * np.outer(u, w)
        - (c[:, None] == t) * np.outer(w, u)
    )
    return total
