"""The covariance of effects that share arms, from the figures of the arms themselves."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from metamsc.effects.covariance import SamplingCovariance, overlap
from metamsc.effects.covariance_inputs import (
    by_study,
    check_correlation,
    check_together,
    finite,
    numbered,
    numbered_arms,
    positive,
)
from metamsc.effects.measure import FloatArray
from metamsc.errors import InputError, check_option

COVARIANCE_MEASURES: dict[str, tuple[str, ...]] = {
    "MD": ("n", "sd"),
    "SMD": ("n",),
    "ROM": ("n", "mean", "sd"),
    "RR": ("n", "events"),
    "OR": ("n", "events"),
    "RD": ("n", "events"),
}
"""Measures of :func:`arm_covariance` and the figures of each arm that they need."""


def arm_covariance(
    measure: str,
    vi: ArrayLike,
    *,
    study: ArrayLike,
    treat: ArrayLike,
    control: ArrayLike,
    n_treat: ArrayLike,
    n_control: ArrayLike,
    mean_treat: ArrayLike | None = None,
    sd_treat: ArrayLike | None = None,
    mean_control: ArrayLike | None = None,
    sd_control: ArrayLike | None = None,
    events_treat: ArrayLike | None = None,
    events_control: ArrayLike | None = None,
    yi: ArrayLike | None = None,
    outcome: ArrayLike | None = None,
    rho: float | None = None,
    sd_pooled_over: str = "pair",
) -> SamplingCovariance:
    """Return the covariance of effects from the figures of the arms they share.

    Parameters
    ----------
    measure : str
        MD, SMD, ROM, RR, OR or RD (ratios as logarithms).
    vi : array-like of shape (k,)
        Sampling variances, the diagonal of the result.
    study, treat, control : array-like of shape (k,)
        Labels: of the study, and of the two arms within it. Two effects with one arm in common share
        its participants.
    n_treat, n_control, mean_*, sd_*, events_* : array-like of shape (k,)
        The arms' figures: MD needs n, sd; ROM also mean; RR, OR, RD need n, events; SMD needs n and `yi`.
    yi : array-like of shape (k,), optional
        Effects, for SMD only.
    outcome, rho : array-like of shape (k,) and float, optional
        What is measured (or when), and the correlation of two different ones within a participant, the
        same in all arms.
    sd_pooled_over : str
        SMD only: "pair" (each effect by the SD of its own two arms, as `compute_effects` does) or
        "study" (one SD over all arms of the study: Gleser & Olkin).

    Returns
    -------
    SamplingCovariance

    Raises
    ------
    OptionError
        Another measure.
    InputError
        A figure that the measure needs is missing.

    Notes
    -----
    An effect is the difference of two arms' statistics with errors of variance a (MD: sd^2/n; ROM:
    sd^2/(n mean^2); RR: 1/x - 1/n; OR: 1/x + 1/(n-x), 1/2 added to the cells of a table with an empty
    one; RD: p(1-p)/n; SMD: 1/n). With r = 1 for the same outcome and `rho` otherwise,
    cov(i, j) = r sum over shared arms of +- sqrt(a_i a_j), + for an arm on the same side of both.
    SMD adds r^2 g_i g_j / 2 times sum of n over shared arms / (N_i N_j), the covariance of the
    pooled variances ("pair"), or r^2 g_i g_j / (2 N), N of all arms ("study").

    References
    ----------
    Gleser & Olkin (2009), in The Handbook of Research Synthesis, 2nd ed., ch. 19.
    Lajeunesse (2011), Ecology 92:2049-2055 (ROM).
    """
    check_option("measure", measure, COVARIANCE_MEASURES)
    check_option("sd_pooled_over", sd_pooled_over, ("pair", "study"))
    v = positive("vi", vi, None)
    k = v.size
    labels, members = by_study(study, k)
    check_together(outcome=outcome, rho=rho)
    check_correlation("rho", rho)
    kind = np.zeros(k) if outcome is None else numbered(outcome, k, "outcome")
    t, c = numbered_arms(treat, control, k)
    sizes = {"treat": positive("n_treat", n_treat, k), "control": positive("n_control", n_control, k)}
    figures = {
        "treat": {"mean": mean_treat, "sd": sd_treat, "events": events_treat},
        "control": {"mean": mean_control, "sd": sd_control, "events": events_control},
    }
    u, w = _arm_errors(measure, sizes, figures)
    g = finite("yi", yi, k) if measure == "SMD" else None
    blocks = []
    for rows in members:
        r = np.where(kind[rows][:, None] == kind[rows], 1.0, 1.0 if rho is None else rho)
        V = r * overlap(t[rows], c[rows], u[rows], w[rows])
        if g is not None:
            n_t, n_c = sizes["treat"][rows], sizes["control"][rows]
            share = _pooled_share(t[rows], c[rows], n_t, n_c, sd_pooled_over)
            V = V + 0.5 * r**2 * np.outer(g[rows], g[rows]) * share
        np.fill_diagonal(V, v[rows])
        blocks.append(V)
    return SamplingCovariance(tuple(members), tuple(blocks), tuple(labels))


def _pooled_share(t: FloatArray, c: FloatArray, n_t: FloatArray, n_c: FloatArray, over: str) -> FloatArray:
    """Return twice the covariance of two relative pooled SDs."""
    if over == "study":
        _, first = np.unique(np.concatenate([t, c]), return_index=True)
        return np.full((t.size, t.size), 1.0 / np.concatenate([n_t, n_c])[first].sum())
    shared = (
        (t[:, None] == t) * np.minimum.outer(n_t, n_t)
        + (c[:, None] == c) * np.minimum.outer(n_c, n_c)
        + (t[:, None] == c) * np.minimum.outer(n_t, n_c)
        + (c[:, None] == t) * np.minimum.outer(n_c, n_t)
    )
    result: FloatArray = shared / np.outer(n_t + n_c, n_t + n_c)
    return result


def _arm_errors(
    measure: str, sizes: dict[str, FloatArray], figures: dict[str, dict[str, ArrayLike | None]]
) -> tuple[FloatArray, FloatArray]:
    """Return the SDs of both arms' statistics."""
    needed = [name for name in COVARIANCE_MEASURES[measure] if name != "n"]
    given: dict[str, dict[str, FloatArray]] = {}
    for arm, values in figures.items():
        given[arm] = {name: finite(f"{name}_{arm}", values[name], sizes[arm].size) for name in needed}
    if "events" in needed:
        x, y = given["treat"]["events"], given["control"]["events"]
        n, m = sizes["treat"], sizes["control"]
        if ((x < 0) | (x > n) | (y < 0) | (y > m)).any():
            raise InputError("events must lie between 0 and the arm's n.")
        add = np.where((x == 0) | (y == 0) | (x == n) | (y == m), 0.5 * (measure != "RD"), 0.0)
        pairs = [(x + add, n + 2 * add), (y + add, m + 2 * add)]
        treat, control = (np.sqrt(_count_variance(measure, a, b)) for a, b in pairs)
        return treat, control
    roots = []
    for arm in ("treat", "control"):
        error = 1.0 / np.sqrt(sizes[arm])
        if measure != "SMD":
            error = error * given[arm]["sd"]
        if measure == "ROM":
            error = error / given[arm]["mean"]
        roots.append(error)
    return roots[0], roots[1]


def _count_variance(measure: str, events: FloatArray, n: FloatArray) -> FloatArray:
    """Return the variance of log risk, log odds or risk of one arm."""
    if measure == "RR":
        return 1.0 / events - 1.0 / n
    if measure == "OR":
        return 1.0 / events + 1.0 / (n - events)
    return events * (n - events) / n**3
