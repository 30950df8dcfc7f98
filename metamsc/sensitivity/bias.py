"""Small-study effects by regression, refused where it cannot say anything.

The test of Egger and its relatives: a regression of the effects on their precision. A slope away from
zero means that small studies give other results than large ones; that can be missing evidence, and can
be many other things. Two models: least squares with weights 1 / v, where the scatter inflates every
variance by one factor (run by statsmodels); and meta-regression, where it is a tau2 beside them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from metamsc.errors import InputError, TooFewStudiesError, check_option

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from metamsc.models.results import Interval

    FloatArray = NDArray[np.float64]

MINIMUM_K = 10
"""Below this the test has too little power to be read (Sterne 2011, BMJ 343:d4002, recommendation 2)."""

PREDICTORS = ("se", "variance", "n", "1/n", "sqrt(n)", "1/sqrt(n)")

LIMIT_PREDICTORS = frozenset({"se", "variance", "1/n", "1/sqrt(n)"})
"""Those that are 0 for an infinitely large study, so that the intercept is the effect in such a one."""

MODELS: dict[str, str] = {
    "multiplicative": "weighted least squares: one estimated factor inflates every variance (Egger 1997)",
    "additive": "meta-regression: a tau2 is added to every variance (Sterne & Egger 2005)",
}

# Weighted residuals this small beside the effects are the rounding of a line through every point.
_ROUNDING = 1e-13


@dataclass(frozen=True, slots=True, kw_only=True)
class RegressionTest:
    """Regression of effects on precision: `statistic` is the slope over its standard error.

    Attributes
    ----------
    predictor, model : str
        One of ``PREDICTORS`` (or the one that a test in ``bias_counts`` names) and of ``MODELS``.
    k : int
    intercept, intercept_se : float
    intercept_ci : Interval
    is_limit : bool
        Whether the intercept is the limit estimate, the effect in an infinitely precise study. For
        predictors that grow with size ("n", "sqrt(n)") it is no such thing.
    slope, slope_se : float
    statistic, p : float or None
        None where the line passes through every study: there is then no scatter to test against.
    df : int or None
        Degrees of freedom of t; None where the reference is the normal distribution.
    tau2 : float or None
        Heterogeneity left beside the predictor; None in the multiplicative model, which has no tau2.
    """

    predictor: str
    model: str
    k: int
    intercept: float
    intercept_se: float
    intercept_ci: Interval
    is_limit: bool
    slope: float
    slope_se: float
    statistic: float | None
    df: int | None
    p: float | None
    tau2: float | None


def regress_on_precision(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    predictor: str = "se",
    n_total: ArrayLike | None = None,
    model: str = "multiplicative",
    tau2_method: str = "REML",
    ci_method: str = "hksj-adhoc",
    level: float = 0.95,
    force: bool = False,
) -> RegressionTest:
    """Test for small-study effects by regressing effects on a measure of precision.

    Parameters
    ----------
    yi, vi : array-like of shape (k,)
        Effects and sampling variances, on the analysis scale.
    predictor : str
        "se" (Egger), "variance", "1/sqrt(n)" (for standardised differences, whose SE depends on the
        effect itself), "1/n" (the predictor of Peters), "sqrt(n)" or "n".
    n_total : array-like of shape (k,), optional
        Participants per study; needed by the predictors that use n.
    model : str
        "multiplicative" or "additive" (``MODELS`` explains them).
    tau2_method, ci_method : str
        As of :func:`metamsc.models.pool.pool`; used by the additive model only.
    level : float
        Coverage of the interval, a fraction.
    force : bool
        Run below ten studies all the same.

    Returns
    -------
    RegressionTest

    Raises
    ------
    TooFewStudiesError
        Below ten studies unless forced, and below three always.
    InputError
        If lengths differ, a variance is not positive, or all studies are equally precise.
    OptionError
        If an option is unknown.

    Notes
    -----
    y = b0 + b1 x + e. Multiplicative: e ~ N(0, phi v), phi estimated. Additive: e ~ N(0, v + tau2).

    References
    ----------
    Egger, Davey Smith, Schneider & Minder (1997), BMJ 315:629-634; Sterne & Egger (2005), in Rothstein,
    Sutton & Borenstein, Publication Bias in Meta-Analysis, ch. 6; Peters et al. (2006), JAMA 295:676-680;
    for 1/sqrt(n): Zwetsloot et al. (2017), eLife 6:e24260; Pustejovsky & Rodgers (2019), Res Synth
    Methods 10:57-71.
    """
    check_option("predictor", predictor, PREDICTORS)
    check_option("model", model, MODELS)
    y, v = checked_effects(yi, vi, level=level, force=force)
    x = precision_values(predictor, v, n_total)
    if x.max() - x.min() <= 1e-12 * abs(x).max():
        raise InputError(f"all studies have the same {predictor}: there is no precision to regress on.")
    if model == "multiplicative":
        return fit_multiplicative(y, v, x, predictor, level=level, is_limit=predictor in LIMIT_PREDICTORS)
    return _additive(y, v, x, predictor, tau2_method, ci_method, level)


def fit_multiplicative(
    y: FloatArray, v: FloatArray, x: FloatArray, predictor: str, *, level: float, is_limit: bool
) -> RegressionTest:
    """Regress `y` on `x` by least squares with weights 1 / `v`, arrays of shape (k,)."""
    import numpy as np
    from statsmodels.regression.linear_model import WLS

    from metamsc.models.inference import critical_value
    from metamsc.models.results import Interval

    size = float(np.abs(x).max())  # the predictor is scaled to at most 1, which costs no digits
    fit = WLS(y, np.column_stack([np.ones_like(x), x / size]), weights=1 / v).fit(method="qr")
    intercept, intercept_se = float(fit.params[0]), float(fit.bse[0])
    df = int(fit.df_resid)
    exact = bool(np.sqrt(fit.ssr) <= _ROUNDING * np.sqrt((y**2 / v).sum()))
    half = critical_value(level, df) * intercept_se
    return RegressionTest(
        predictor=predictor,
        model="multiplicative",
        k=y.size,
        intercept=intercept,
        intercept_se=intercept_se,
        intercept_ci=Interval(intercept - half, intercept + half, level),
        is_limit=is_limit,
        slope=float(fit.params[1]) / size,
        slope_se=float(fit.bse[1]) / size,
        statistic=None if exact else float(fit.tvalues[1]),
        df=df,
        p=None if exact else float(fit.pvalues[1]),
        tau2=None,
    )


def _additive(
    y: FloatArray,
    v: FloatArray,
    x: FloatArray,
    predictor: str,
    tau2_method: str,
    ci_method: str,
    level: float,
) -> RegressionTest:
    """Fit by meta-regression."""
    import numpy as np

    from metamsc.models.pool import pool

    X = np.column_stack([np.ones_like(x), x])
    fit = pool(
        y, v, X=X, names=("limit", predictor), tau2_method=tau2_method, ci_method=ci_method, level=level
    )
    first, slope = fit.coefficients
    return RegressionTest(
        predictor=predictor,
        model="additive",
        k=fit.k,
        intercept=first.estimate,
        intercept_se=first.se,
        intercept_ci=first.ci,
        is_limit=predictor in LIMIT_PREDICTORS,
        slope=slope.estimate,
        slope_se=slope.se,
        statistic=slope.statistic,
        df=None if slope.df is None else int(slope.df),
        p=slope.p,
        tau2=fit.heterogeneity.tau2,
    )


def precision_values(name: str, v: FloatArray, n_total: ArrayLike | None) -> FloatArray:
    """Return the measure of precision of each study, shape (k,).

    Raises
    ------
    InputError
        If it is made of participants and `n_total` is missing or wrong.
    """
    import numpy as np

    if name in ("se", "variance"):
        return np.sqrt(v) if name == "se" else v
    if n_total is None:
        raise InputError(f"{name!r} needs n_total, the participants of each study.")
    n = np.asarray(n_total, dtype=float)
    if n.shape != v.shape or not (np.isfinite(n).all() and (n > 0).all()):
        raise InputError("n_total must have one positive number per study.")
    size = np.sqrt(n) if "sqrt" in name else n
    return 1 / size if name.startswith("1/") else size


def checked_effects(
    yi: ArrayLike, vi: ArrayLike, *, force: bool, level: float = 0.95, minimum: int = 3
) -> tuple[FloatArray, FloatArray]:
    """Return effects and variances as arrays, or refuse: wrong values, wrong level, too few studies."""
    import numpy as np

    y, v = np.asarray(yi, dtype=float), np.asarray(vi, dtype=float)
    if y.ndim != 1 or y.shape != v.shape:
        raise InputError(f"yi and vi must be one-dimensional and equally long; got {y.shape} and {v.shape}.")
    if not (np.isfinite(y).all() and np.isfinite(v).all() and (v > 0).all()):
        raise InputError("yi must be finite and vi finite and positive.")
    check_fraction("level", level)
    refuse_below(y.size, force=force, minimum=minimum)
    return y, v


def check_fraction(name: str, value: float) -> None:
    """Raise :class:`InputError` unless `value` lies between 0 and 1."""
    if not 0.0 < value < 1.0:
        raise InputError(f"{name} must be a fraction between 0 and 1; got {value!r}.")


def refuse_below(k: int, *, force: bool = False, minimum: int = 3) -> None:
    """Raise :class:`TooFewStudiesError` when k studies cannot carry a test for small-study effects.

    Parameters
    ----------
    k : int
        Studies there are.
    force : bool
        Go below ``MINIMUM_K``, the number that makes the test readable.
    minimum : int
        Studies without which it cannot be computed at all, forced or not.
    """
    said = "one study" if k == 1 else f"{k} studies"
    if k < MINIMUM_K and not force:
        raise TooFewStudiesError(
            f"with {said} no test can tell small-study effects from chance; at least {MINIMUM_K} are needed "
            "(Sterne 2011)."
        )
    if k < minimum:
        raise TooFewStudiesError(f"with {said} this cannot be computed; at least {minimum} are needed.")
