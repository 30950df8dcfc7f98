"""Small-study effects where the standard error depends on the effect: counts, standardised differences.

The standard error of an odds ratio, a risk ratio or a standardised difference contains the effect itself,
so a regression on it finds asymmetry where there is none. These tests put something in its place that
does not: a score and its variance, or numbers of participants.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from metamsc.errors import InputError, check_option
from metamsc.sensitivity.bias import RegressionTest, checked_effects, fit_multiplicative, refuse_below

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    FloatArray = NDArray[np.float64]

MEASURES = ("OR", "RR")


def harbord_test(
    events_treat: ArrayLike,
    n_treat: ArrayLike,
    events_control: ArrayLike,
    n_control: ArrayLike,
    *,
    measure: str = "OR",
    level: float = 0.95,
    force: bool = False,
) -> RegressionTest:
    """Test for small-study effects in 2x2 tables by regressing scores on their precision.

    Parameters
    ----------
    events_treat, n_treat, events_control, n_control : array-like of shape (k,)
        Events and participants per arm. Tables without events, or without anything else, say nothing of
        the measure and are left out.
    measure : str
        "OR" or "RR".
    level : float
        Coverage of the interval, a fraction.
    force : bool
        Run below ten studies all the same.

    Returns
    -------
    RegressionTest
        `slope` is the bias; `intercept` the effect in an infinitely large study. Predictor
        "1/sqrt(score variance)".

    Raises
    ------
    TooFewStudiesError
        Below ten informative studies unless forced, and below three always.
    InputError
        If numbers are impossible, or all studies are equally precise.
    OptionError
        If the measure is unknown.

    Notes
    -----
    Z / V regressed on 1 / sqrt(V) with weights V. With events a of n1, E in all of N: for OR,
    Z = a - E n1 / N, V = n1 n0 E (N - E) / (N**2 (N - 1)); for RR, Z = (a N - E n1) / (N - E),
    V = n1 n0 E / (N (N - E)).

    References
    ----------
    Harbord, Egger & Sterne (2006), Stat Med 25:3443-3457; for RR: Harbord, Harris & Sterne (2009), Stata
    Journal 9:197-210.
    """
    import numpy as np

    check_option("measure", measure, MEASURES)
    a, n1, c, n0 = _checked_counts(events_treat, n_treat, events_control, n_control)
    E, N = a + c, n1 + n0
    informative = (E > 0) & (E < N)
    a, n1, n0, E, N = (values[informative] for values in (a, n1, n0, E, N))
    refuse_below(a.size, force=force)
    if measure == "OR":
        Z, V = a - E * n1 / N, n1 * n0 * E * (N - E) / (N**2 * (N - 1.0))
    else:
        Z, V = (a * N - E * n1) / (N - E), n1 * n0 * E / (N * (N - E))
    x = 1.0 / np.sqrt(V)
    return _regressed(Z / V, 1.0 / V, x, "1/sqrt(score variance)", level)


def peters_test(
    yi: ArrayLike,
    events_treat: ArrayLike,
    n_treat: ArrayLike,
    events_control: ArrayLike,
    n_control: ArrayLike,
    *,
    level: float = 0.95,
    force: bool = False,
) -> RegressionTest:
    """Test for small-study effects in 2x2 tables by regressing effects on 1 / participants.

    Parameters
    ----------
    yi : array-like of shape (k,)
        Log odds ratios (or log risk ratios).
    events_treat, n_treat, events_control, n_control, level, force
        As of :func:`harbord_test`.

    Returns
    -------
    RegressionTest
        With predictor "1/n".

    Raises
    ------
    TooFewStudiesError, InputError
        As :func:`harbord_test`.

    Notes
    -----
    Weights are E (N - E) / N, the inverse variance of a log odds ratio in arms of the average risk: they
    do not depend on the effect.

    References
    ----------
    Peters et al. (2006), JAMA 295:676-680.
    """
    import numpy as np

    a, n1, c, n0 = _checked_counts(events_treat, n_treat, events_control, n_control)
    y = np.asarray(yi, dtype=float)
    if y.shape != a.shape:
        raise InputError(f"yi must have one effect per study; got {y.shape} for {a.size} studies.")
    E, N = a + c, n1 + n0
    informative = (E > 0) & (E < N)
    y, E, N = y[informative], E[informative], N[informative]
    y, v = checked_effects(y, N / (E * (N - E)), level=level, force=force)
    return _regressed(y, v, 1.0 / N, "1/n", level)


def pustejovsky_rodgers_test(
    yi: ArrayLike,
    vi: ArrayLike,
    n_treat: ArrayLike,
    n_control: ArrayLike,
    *,
    level: float = 0.95,
    force: bool = False,
) -> RegressionTest:
    """Test for small-study effects in standardised mean differences.

    Parameters
    ----------
    yi, vi : array-like of shape (k,)
        Standardised differences and their sampling variances.
    n_treat, n_control : array-like of shape (k,)
        Participants per arm.
    level, force
        As of :func:`harbord_test`.

    Returns
    -------
    RegressionTest
        With predictor "sqrt(1/n_treat + 1/n_control)".

    Raises
    ------
    TooFewStudiesError, InputError
        As :func:`harbord_test`.

    Notes
    -----
    The predictor is the part of the standard error that does not contain the difference; weights 1 / vi.

    References
    ----------
    Pustejovsky & Rodgers (2019), Res Synth Methods 10:57-71.
    """
    import numpy as np

    y, v = checked_effects(yi, vi, level=level, force=force)
    n1, n0 = _positive("n_treat", n_treat, y.size), _positive("n_control", n_control, y.size)
    return _regressed(y, v, np.sqrt(1.0 / n1 + 1.0 / n0), "sqrt(1/n_treat + 1/n_control)", level)


def _regressed(y: FloatArray, v: FloatArray, x: FloatArray, predictor: str, level: float) -> RegressionTest:
    if x.max() - x.min() <= 1e-12 * x.max():
        raise InputError(f"all studies have the same {predictor}: there is no precision to regress on.")
    return fit_multiplicative(y, v, x, predictor, level=level, is_limit=True)


def _positive(name: str, values: ArrayLike, k: int) -> FloatArray:
    import numpy as np

    array = np.asarray(values, dtype=float)
    if array.shape != (k,) or not (np.isfinite(array).all() and (array > 0).all()):
        raise InputError(f"{name} must have one positive number per study.")
    return array


def _checked_counts(*columns: ArrayLike) -> tuple[FloatArray, ...]:
    import numpy as np

    a, n1, c, n0 = (np.asarray(column, dtype=float) for column in columns)
    if a.ndim != 1 or not a.shape == n1.shape == c.shape == n0.shape:
        raise InputError("events and participants must be one-dimensional and equally long.")
    possible = (a >= 0) & (a <= n1) & (c >= 0) & (c <= n0) & (n1 > 0) & (n0 > 0)
    if not (np.isfinite(n1 + n0) & possible).all():
        first = int(np.flatnonzero(~(np.isfinite(n1 + n0) & possible))[0])
        raise InputError(f"study {first + 1}: events must lie between 0 and the participants of the arm.")
    return a, n1, c, n0
