"""Small-study effects by regression, run by statsmodels, refused where it cannot say anything.

The classical test of Egger and its relatives: a weighted regression of the effects on their
precision. A slope away from zero means that small studies give other results than large ones; that
can be missing evidence, and can be many other things.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from metamsc.errors import InputError, TooFewStudiesError, check_option

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    FloatArray = NDArray[np.float64]

MINIMUM_K = 10
"""Below this the test has too little power to be read (Sterne 2011, BMJ 343:d4002, recommendation 2)."""

PREDICTORS = ("se", "variance", "n", "1/n", "sqrt(n)", "1/sqrt(n)")


@dataclass(frozen=True, slots=True, kw_only=True)
class RegressionTest:
    """Weighted regression of effects on precision: `statistic` is the t of the slope on `df`."""

    predictor: str
    k: int
    intercept: float
    """Limit estimate: the effect of an infinitely precise study."""
    intercept_se: float
    slope: float
    slope_se: float
    statistic: float
    df: int
    p: float


def regress_on_precision(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    predictor: str = "se",
    n_total: ArrayLike | None = None,
    force: bool = False,
) -> RegressionTest:
    """Test for small-study effects by regressing effects on a measure of precision.

    Parameters
    ----------
    yi, vi : array-like of shape (k,)
        Effects and sampling variances, on the analysis scale.
    predictor : str
        "se" (Egger), "variance", "1/sqrt(n)" (for standardised differences, whose SE depends on the
        effect itself), "1/n", "sqrt(n)" or "n".
    n_total : array-like of shape (k,), optional
        Participants per study; needed by the predictors that use n.
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
        If the predictor is unknown.

    Notes
    -----
    y = b0 + b1 x + e, e ~ N(0, phi v): weighted least squares with weights 1 / v and estimated phi.

    References
    ----------
    Egger, Davey Smith, Schneider & Minder (1997), BMJ 315:629-634; for 1/sqrt(n): Zwetsloot et al.
    (2017), eLife 6:e24260; Pustejovsky & Rodgers (2019), Res Synth Methods 10:57-71.
    """
    import numpy as np
    from statsmodels.regression.linear_model import WLS

    check_option("predictor", predictor, PREDICTORS)
    y, v = np.asarray(yi, dtype=float), np.asarray(vi, dtype=float)
    if y.ndim != 1 or y.shape != v.shape:
        raise InputError(f"yi and vi must be one-dimensional and equally long; got {y.shape} and {v.shape}.")
    if not (np.isfinite(y).all() and np.isfinite(v).all() and (v > 0).all()):
        raise InputError("yi must be finite and vi finite and positive.")
    refuse_below(y.size, force=force)
    x = _predictor(predictor, v, n_total)
    if np.ptp(x) <= 1e-12 * np.abs(x).max():
        raise InputError(f"all studies have the same {predictor}: there is no precision to regress on.")
    fit = WLS(y, np.column_stack([np.ones_like(x), x]), weights=1 / v).fit()
    return RegressionTest(
        predictor=predictor,
        k=int(y.size),
        intercept=float(fit.params[0]),
        intercept_se=float(fit.bse[0]),
        slope=float(fit.params[1]),
        slope_se=float(fit.bse[1]),
        statistic=float(fit.tvalues[1]),
        df=int(fit.df_resid),
        p=float(fit.pvalues[1]),
    )


def _predictor(name: str, v: FloatArray, n_total: ArrayLike | None) -> FloatArray:
    import numpy as np

    if name in ("se", "variance"):
        return np.sqrt(v) if name == "se" else v
    if n_total is None:
        raise InputError(f"predictor {name!r} needs n_total, the participants of each study.")
    n = np.asarray(n_total, dtype=float)
    if n.shape != v.shape or not (n > 0).all():
        raise InputError("n_total must have one positive number per study.")
    size = np.sqrt(n) if "sqrt" in name else n
    return 1 / size if name.startswith("1/") else size


def refuse_below(k: int, *, force: bool = False) -> None:
    """Raise :class:`TooFewStudiesError` when k studies cannot carry a test for small-study effects."""
    if k < 3:
        raise TooFewStudiesError(f"a regression on precision needs k >= 3; got {k}.")
    if k < MINIMUM_K and not force:
        raise TooFewStudiesError(
            f"a test for small-study effects needs k >= {MINIMUM_K}; got {k}. With fewer studies it can "
            "hardly tell real asymmetry from chance (Sterne 2011)."
        )
