"""Limit meta-analysis: the pool if every study were infinitely precise, small-study effects allowed for.

An extended random-effects model in which the effect may depend on the standard error. What is left when the
standard error goes to 0 is the adjusted effect. Asymmetry for any reason moves it, not only missing
evidence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from metamsc.errors import InputError
from metamsc.sensitivity.bias import checked_effects

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from metamsc.models.results import Interval

CAVEAT = (
    "The adjusted effect takes all dependence of effects on their precision for bias; it is an extrapolation "
    "beyond the largest study, and without large studies a long one."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitAnalysis:
    """The pool without and with allowance for small-study effects.

    Attributes
    ----------
    k : int
    tau2 : float
        Heterogeneity of the plain random-effects model.
    estimate, estimate_se : float
        Of the plain model.
    adjusted, adjusted_se : float
        Effect in a study of infinite precision, and its standard error.
    adjusted_ci : Interval
    p : float
        Two-sided, of the adjusted effect.
    bias, slope : float
        Intercept alpha (expected shift of a standardised effect in very small studies) and slope beta of
        the generalised radial plot; adjusted = beta + tau alpha.
    Q, Q_bias, Q_rest : float
        Heterogeneity: all, by small-study effects (1 degree of freedom), beyond them (k - 2).
    Q_p, Q_bias_p, Q_rest_p : float
    G2 : float
        Percent of the variation of the limit effects that small-study effects do not explain.
    limit_yi : tuple of float
        Each study's effect shrunk to what it would be with infinite precision.
    warnings : tuple of str
    """

    k: int
    tau2: float
    estimate: float
    estimate_se: float
    adjusted: float
    adjusted_se: float
    adjusted_ci: Interval
    p: float
    bias: float
    slope: float
    Q: float
    Q_p: float
    Q_bias: float
    Q_bias_p: float
    Q_rest: float
    Q_rest_p: float
    G2: float
    limit_yi: tuple[float, ...]
    warnings: tuple[str, ...] = (CAVEAT,)


def limit_analysis(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    tau2_method: str = "REML",
    level: float = 0.95,
    force: bool = False,
) -> LimitAnalysis:
    """Estimate the effect in a study of infinite precision.

    Parameters
    ----------
    yi, vi : array-like of shape (k,)
        Effects and sampling variances, on the analysis scale.
    tau2_method : str
        As of :func:`metamsc.models.pool.pool`.
    level : float
        Coverage of the interval, a fraction.
    force : bool
        Run below ten studies all the same.

    Returns
    -------
    LimitAnalysis

    Raises
    ------
    TooFewStudiesError
        Below ten studies unless forced, and below three always.
    InputError
        If a value is wrong, or all studies are equally precise.

    Notes
    -----
    y_i = beta + sqrt(v_i + tau2) (e_i + alpha); alpha and beta from the regression of y / s on 1 / s,
    s = sqrt(v + tau2); adjusted = beta + tau alpha with standard error
    1 / (sd(1 / sqrt(v)) sqrt(k - 1)), the method "beta0" of R's metasens. Limit effects
    beta + (tau / s_i) (y_i - beta). G2 is 1 - R2 of the radial regression of the limit effects.

    References
    ----------
    Ruecker, Schwarzer, Carpenter, Binder & Schumacher (2011), Biostatistics 12:122-142.
    """
    import numpy as np
    from scipy.special import chdtrc

    from metamsc.models.inference import critical_value, two_sided_p
    from metamsc.models.pool import pool
    from metamsc.models.results import Interval

    y, v = checked_effects(yi, vi, level=level, force=force)
    se = np.sqrt(v)
    if np.ptp(se) <= 1e-12 * se.max():
        raise InputError("all studies are equally precise: there is nothing to extrapolate from.")
    plain = pool(y, v, tau2_method=tau2_method, ci_method="wald", level=level)
    tau2 = plain.heterogeneity.tau2
    s = np.sqrt(v + tau2)
    bias, slope, _ = _radial(y, s)
    adjusted = slope + np.sqrt(tau2) * bias
    adjusted_se = float(1.0 / (np.std(1.0 / se, ddof=1) * np.sqrt(y.size - 1)))
    half = critical_value(level, None) * adjusted_se
    limit = slope + np.sqrt(tau2) / s * (y - slope)
    Q, Q_rest = plain.heterogeneity.Q, _radial(y, se)[2]
    Q_bias = max(0.0, Q - Q_rest)
    return LimitAnalysis(
        k=y.size,
        tau2=tau2,
        estimate=plain.estimate,
        estimate_se=plain.se,
        adjusted=float(adjusted),
        adjusted_se=adjusted_se,
        adjusted_ci=Interval(float(adjusted) - half, float(adjusted) + half, level),
        p=two_sided_p(float(adjusted) / adjusted_se, None),
        bias=bias,
        slope=slope,
        Q=Q,
        Q_p=plain.heterogeneity.Q_p,
        Q_bias=Q_bias,
        Q_bias_p=float(chdtrc(1, Q_bias)),
        Q_rest=Q_rest,
        Q_rest_p=float(chdtrc(y.size - 2, Q_rest)),
        G2=_unexplained(limit, se),
        limit_yi=tuple(limit.tolist()),
    )


def _radial(y: ArrayLike, s: ArrayLike) -> tuple[float, float, float]:
    """Return intercept, slope and residual sum of squares of the regression of y / s on 1 / s."""
    import numpy as np

    effects, spread = np.asarray(y, dtype=float), np.asarray(s, dtype=float)
    X = np.column_stack([np.ones_like(spread), 1.0 / spread])
    b, *_ = np.linalg.lstsq(X, effects / spread, rcond=None)
    rest = effects / spread - X @ b
    return float(b[0]), float(b[1]), float(rest @ rest)


def _unexplained(limit: ArrayLike, se: ArrayLike) -> float:
    """Return 100 (1 - R2) of the radial regression of the limit effects; 0 where they do not vary."""
    import numpy as np

    z = np.asarray(limit, dtype=float) / np.asarray(se, dtype=float)
    total = float(((z - z.mean()) ** 2).sum())
    return 0.0 if total == 0.0 else 100.0 * _radial(limit, se)[2] / total
