"""Selection models: the pooled effect if results with large p-values were less likely to be seen.

In come effects, variances and a form of selection; out come the effect adjusted for it, the selection
itself and a test against none. The adjustment rests on the form assumed: several forms side by side are a
sensitivity analysis, one of them is not a result.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from metamsc.errors import TooFewStudiesError, check_option
from metamsc.sensitivity.bias import checked_effects
from metamsc.sensitivity.selection_result import SelectionModel

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

TAU2_METHODS = ("ML", "EE")


def selection_model(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    kind: str = "step",
    alternative: str = "greater",
    steps: Sequence[float] | None = None,
    cutoff: float | None = None,
    delta: Sequence[float | None] | None = None,
    precision: str | None = None,
    n_total: ArrayLike | None = None,
    tau2_method: str = "ML",
    X: ArrayLike | None = None,
    names: Sequence[str] | None = None,
    level: float = 0.95,
    force: bool = False,
) -> SelectionModel:
    """Pool effects together with the probability, as a function of p, that a result is seen.

    Parameters
    ----------
    yi, vi : array-like of shape (k,)
        Effects and sampling variances, on the analysis scale.
    kind : str
        "step", "beta", "half-normal", "negative-exponential", "logistic", "power",
        "negative-exponential-power" or "truncation" (``selection_form.KINDS``).
    alternative : str
        Which results are taken for significant: "greater", "less" or "two-sided". For benefit as a
        lower value, "less".
    steps : sequence of float, optional
        Cut-points of p for "step", increasing, within (0, 1): (0.025,), the default, with a one-sided
        alternative separates what is significant two-sided at 5 % in the expected direction from all
        else. A last value of 1 may be given or left out. For the smooth kinds but "beta" one threshold:
        results up to it are all equally likely to be seen.
    cutoff : float, optional
        For "truncation": effects on the wrong side of it, in the unit of the effects, are seen with
        probability delta relative to the others; default 0.
    delta : sequence of float or None, optional
        Parameters to fix (Vevea & Woods 2005), None where one is to be estimated. For "step" one per
        interval, the first being 1.
    precision : str, optional
        "se", "variance", "1/n" or "1/sqrt(n)": selection grows in proportion to it, so that large studies
        are seen whatever they find (Preston 2004 uses the standard error). The strength reported is that
        of the least precise study. Not for "step", "beta" and "truncation".
    n_total : array-like of shape (k,), optional
        Participants per study, for the last two.
    tau2_method : str
        "ML", or "EE" for no heterogeneity.
    X, names
        Design including its intercept column, as of :func:`metamsc.models.pool.pool`.
    level : float
        Coverage of the intervals, a fraction.
    force : bool
        Run below ten studies all the same.

    Returns
    -------
    SelectionModel

    Raises
    ------
    TooFewStudiesError
        Below ten studies unless forced; fewer studies than parameters always.
    InputError
        If a value is wrong, steps are not increasing, the first interval holds no study (the others are
        relative to it), a threshold has no study on one side, or an argument does not belong to the kind.
    OptionError
        If an option is unknown.

    Notes
    -----
    A study's likelihood is w(p) N(y; x'b, v + tau2) / A, A the integral of the numerator over y: by
    normal tail areas for "step" and "truncation", else by Gauss-Legendre panels. With a threshold a,
    w(p) / w(a) beyond it and 1 up to it; with a precision, delta (delta1) times the study's measure over
    the largest. Exact derivatives; several starts; standard errors from the observed information of what
    is not at a bound. For "beta" and "power" p is kept within [1e-5, 1 - 1e-5]
    (``selection_weights.P_FLOOR`` says why).

    References
    ----------
    Hedges (1992), Stat Sci 7:246-255; Vevea & Hedges (1995), Psychometrika 60:419-435; Vevea & Woods
    (2005), Psychol Methods 10:428-443; Preston, Ashby & Smyth (2004), J Eval Clin Pract 10:313-322;
    Citkowicz & Vevea (2017), Psychol Methods 22:28-41; Begg & Mazumdar (1994), Biometrics 50:1088-1101;
    Rust, Lehmann & Farley (1990), J Mark Res 27:220-226.
    """
    from metamsc.models.inputs import check_design
    from metamsc.sensitivity.selection_fit import fit_selection
    from metamsc.sensitivity.selection_form import checked_form

    check_option("tau2_method", tau2_method, TAU2_METHODS)
    y, v = checked_effects(yi, vi, level=level, force=force, minimum=2)
    design = check_design(X, names, y.size)
    form = checked_form(
        v,
        kind=kind,
        alternative=alternative,
        steps=steps,
        cutoff=cutoff,
        delta=delta,
        precision=precision,
        n_total=n_total,
    )
    free = sum(value is None for value in form.fixed)
    wanted = design.n_coefs + (tau2_method == "ML") + free
    if y.size < wanted:
        raise TooFewStudiesError(
            f"a selection model with {wanted} parameters needs at least {wanted} studies; got {y.size}."
        )
    return fit_selection(y, v, form, design=design, tau2_method=tau2_method, level=level)
