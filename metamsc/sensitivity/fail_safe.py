"""Fail-safe numbers: how many studies without an effect would undo the result.

Old and easily misread: they assume that missing studies average exactly nothing, say nothing about
whether any are missing, and ignore heterogeneity. Each result carries that caveat. They are here so that
published numbers can be checked, not as evidence that nothing is missing.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from metamsc.errors import InputError, check_option
from metamsc.sensitivity.bias import check_fraction, checked_effects

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    FloatArray = NDArray[np.float64]

METHODS: dict[str, str] = {
    "Rosenthal": "until the studies' combined z (Stouffer) is no longer significant, one-sided",
    "Orwin": "until the mean effect falls to a target",
    "Rosenberg": "until the equal-effects mean is no longer significant, two-sided",
    "General": "until the random-effects mean is no longer significant, two-sided, or falls to a target",
}

TAU2_UPDATES: dict[str, str] = {
    "refitted": "estimated anew with the missing studies, which vary as much as those there are",
    "moments": "put together from the variances within and between the two sets of studies",
    "held": "left at its estimate from the studies there are",
}

CAVEAT = (
    "A fail-safe number assumes that missing studies average no effect at all and that studies do not "
    "differ; it does not show that none is missing (Becker 2005)."
)

# A number of studies this close above a whole one is that one: rounding of the division.
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class FailSafe:
    """How many studies of no effect would undo the result.

    Attributes
    ----------
    method : str
    k : int
    n : int or None
        The fail-safe number; None where no number of them is enough (a target of 0), or ten million are
        not (a hundred thousand where tau2 is refitted).
    alpha : float or None
        Level of significance; None for Orwin.
    p : float or None
        P-value of the studies as they are: one-sided for Rosenthal, two-sided for Rosenberg and General,
        None for Orwin.
    estimate, target : float or None
        Mean effect (None for Rosenthal) and the mean it is to fall to (Orwin, and General where one is
        given; it has the sign of the mean).
    tau2_update : str or None
        What became of tau2 with the missing studies: one of ``TAU2_UPDATES``; None but for General.
    warnings : tuple of str
    """

    method: str
    k: int
    n: int | None
    alpha: float | None
    p: float | None
    estimate: float | None
    target: float | None
    tau2_update: str | None = None
    warnings: tuple[str, ...] = (CAVEAT,)


def fail_safe_number(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    method: str = "Rosenberg",
    alpha: float = 0.05,
    target: float | None = None,
    weighted: bool = True,
    tau2_method: str = "REML",
    tau2_update: str = "refitted",
) -> FailSafe:
    """Count the studies of no effect that would undo the result.

    Parameters
    ----------
    yi, vi : array-like of shape (k,)
        Effects and sampling variances, on the analysis scale; no effect is 0.
    method : str
        "Rosenthal", "Orwin", "Rosenberg" or "General" (``METHODS`` explains them).
    alpha : float
        Level at which the result counts as significant; not used with a target.
    target : float, optional
        Mean effect too small to matter, without its sign. Orwin: default half the mean; General: asks for
        the mean to fall to it instead of for significance to be lost.
    weighted : bool
        Orwin: the mean is weighted by 1 / vi (default) or plain, as in Orwin's paper.
    tau2_method : str
        General: as of :func:`metamsc.models.pool.pool`.
    tau2_update : str
        General: "refitted", "moments" or "held" (``TAU2_UPDATES`` explains them).

    Returns
    -------
    FailSafe

    Raises
    ------
    InputError
        If values are wrong, or an option is given that the method does not use.
    TooFewStudiesError
        Without a study.
    OptionError
        If the method is unknown.

    Notes
    -----
    Rosenthal: (sum z / z_alpha)**2 - k, z = y / sqrt(v). Orwin: k (mean - target) / target. Rosenberg: the
    weight that brings the z of the mean to z_alpha/2, in studies of average weight:
    k (((sum w y) / z_alpha/2)**2 / sum w - 1). General: missing studies have mean 0 and all the harmonic
    mean v0 of v as variance. Held: ((sum w y / z_alpha/2)**2 - sum w) / w0 with w = 1 / (v + tau2) and
    w0 = 1 / (v0 + tau2), or (sum w y / target - sum w) / w0. Refitted: the smallest n for which the pool of
    all k + n says so, the effects of the n having variance v0 + tau2 (pairs of opposite sign: of studies
    with one variance only mean and sum of squares count). Moments: the same, tau2 being
    ((k + n - 2) tau2 + k (b - m)**2 + n m**2) / (k + n - 1), m = k b / (k + n). "refitted" and "moments"
    are what R's metafor does with and without ``exact``. All rounded up, never below 0.

    References
    ----------
    Rosenthal (1979), Psychol Bull 86:638-641; Orwin (1983), J Educ Stat 8:157-159; Rosenberg (2005),
    Evolution 59:464-468; against their use: Becker (2005), in Rothstein, Sutton & Borenstein, ch. 7.
    """
    check_option("method", method, METHODS)
    check_option("tau2_update", tau2_update, TAU2_UPDATES)
    check_fraction("alpha", alpha)
    if (method not in ("Orwin", "General") and target is not None) or (method != "Orwin" and not weighted):
        raise InputError(f"target and weighted belong to method 'Orwin'; got them with {method!r}.")
    if target is not None and not math.isfinite(target):
        raise InputError(f"target must be a finite number; got {target!r}.")
    y, v = checked_effects(yi, vi, force=True, minimum=1)
    if method == "Rosenthal":
        return _rosenthal(y, v, alpha)
    if method == "Rosenberg":
        return _rosenberg(y, v, alpha)
    if method == "General":
        return _general(y, v, alpha, target, tau2_method, tau2_update)
    return _orwin(y, v, target, weighted=weighted)


def _rosenthal(y: FloatArray, v: FloatArray, alpha: float) -> FailSafe:
    from scipy.special import ndtr, ndtri

    k = y.size
    z = abs(float((y / v**0.5).sum())) / math.sqrt(k)
    n = _whole(k * ((z / float(ndtri(alpha))) ** 2 - 1.0))
    p = float(ndtr(-z))
    return FailSafe(method="Rosenthal", k=k, n=n, alpha=alpha, p=p, estimate=None, target=None)


def _rosenberg(y: FloatArray, v: FloatArray, alpha: float) -> FailSafe:
    from scipy.special import ndtr, ndtri

    k, w = y.size, 1.0 / v
    total = float(w.sum())
    mean = float((w * y).sum()) / total
    z = abs(mean) * math.sqrt(total)
    n = _whole(k * ((z / float(ndtri(0.5 * alpha))) ** 2 - 1.0))
    p = float(2.0 * ndtr(-z))
    return FailSafe(method="Rosenberg", k=k, n=n, alpha=alpha, p=p, estimate=mean, target=None)


def _orwin(y: FloatArray, v: FloatArray, target: float | None, *, weighted: bool) -> FailSafe:
    k = y.size
    mean = float((y / v).sum() / (1.0 / v).sum()) if weighted else float(y.mean())
    goal = 0.5 * mean if target is None else math.copysign(target, mean)
    if goal != 0.0:
        n: int | None = _whole(k * (mean - goal) / goal)
    else:
        n = 0 if mean == 0.0 else None
    return FailSafe(method="Orwin", k=k, n=n, alpha=None, p=None, estimate=mean, target=goal)


def _general(
    y: FloatArray, v: FloatArray, alpha: float, target: float | None, tau2_method: str, tau2_update: str
) -> FailSafe:
    from scipy.special import ndtr, ndtri

    from metamsc.models.pool import pool

    tau2 = pool(y, v, tau2_method=tau2_method, ci_method="wald").heterogeneity.tau2
    w = 1.0 / (v + tau2)
    sum_w, sum_wy = float(w.sum()), float((w * y).sum())
    mean = sum_wy / sum_w
    goal = None if target is None else math.copysign(target, mean)
    critical = -float(ndtri(0.5 * alpha))
    v0 = v.size / float((1.0 / v).sum())
    added = _Added(y, v, v0, tau2, mean, tau2_method)

    def is_enough(n: int) -> bool:
        estimate, se = added.moments(n) if tau2_update == "moments" else added.refitted(n)
        return abs(estimate) <= critical * se if goal is None else abs(estimate) <= abs(goal)

    n: int | None
    if goal == 0.0:
        n = 0 if mean == 0.0 else None
    elif tau2_update == "held" or tau2_method == "EE":
        most = (sum_wy / critical) ** 2 if goal is None else sum_wy / goal
        n = _whole((most - sum_w) * (v0 + tau2))
    else:
        n = _smallest(is_enough, 10_000_000 if tau2_update == "moments" else 100_000)
    return FailSafe(
        method="General",
        k=y.size,
        n=n,
        alpha=alpha if target is None else None,
        p=float(2.0 * ndtr(-abs(mean) * math.sqrt(sum_w))),
        estimate=mean,
        target=goal,
        tau2_update=tau2_update,
    )


@dataclass(frozen=True, slots=True)
class _Added:
    """Studies with effects `y` and variances `v`, and n more of mean 0 and variance `v0` beside them."""

    y: FloatArray
    v: FloatArray
    v0: float
    tau2: float
    mean: float
    tau2_method: str

    def refitted(self, n: int) -> tuple[float, float]:
        """Return estimate and standard error of the pool of all."""
        import numpy as np

        from metamsc.models.batch import make_batch
        from metamsc.models.fit import fit_prepared

        spread = math.sqrt(self.v0 + self.tau2)
        more = np.zeros(n)
        pairs = n // 2
        if n > 1:  # n - 1 squares of `spread` in all; an odd study lies at 0
            more[: 2 * pairs] = spread * math.sqrt((n - 1) / (2 * pairs))
            more[:pairs] *= -1.0
        y, v = np.concatenate([self.y, more]), np.concatenate([self.v, np.full(n, self.v0)])
        fit = fit_prepared(make_batch(y[None], v[None], None, None), self.tau2_method, "wald")
        return float(fit.estimate[0, 0]), math.sqrt(float(fit.cov[0, 0, 0]))

    def moments(self, n: int) -> tuple[float, float]:
        """Return the same with tau2 put together from variances within and between the two sets."""
        k = self.y.size
        m = k * self.mean / (k + n)
        inside = (k - 1 + max(n - 1, 0)) * self.tau2
        tau2 = (inside + k * (self.mean - m) ** 2 + n * m**2) / (k + n - 1)
        w = 1.0 / (self.v + tau2)
        total = float(w.sum()) + n / (self.v0 + tau2)
        return float((w * self.y).sum()) / total, 1.0 / math.sqrt(total)


def _smallest(is_enough: Callable[[int], bool], most: int) -> int | None:
    """Return the smallest number that is enough, more being enough too; None if `most` is not."""
    if is_enough(0):
        return 0
    low, high = 0, 1
    while not is_enough(high):
        if high >= most:
            return None
        low, high = high, min(2 * high, most)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_enough(middle) else (middle, high)
    return high


def _whole(number: float) -> int:
    """Round up, but not for the sake of rounding errors; never below 0."""
    return max(0, math.ceil(number * (1.0 - _ROUNDING)))
