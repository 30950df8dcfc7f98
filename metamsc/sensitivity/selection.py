"""Selection models: the pooled effect if results with large p-values were less likely to be seen.

In come effects, variances and a form of selection; out come the effect adjusted for it, the selection
itself and a test against none. The adjustment rests on the form assumed: several forms side by side are a
sensitivity analysis, one of them is not a result.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from metamsc.errors import InputError, TooFewStudiesError, check_option
from metamsc.sensitivity.bias import checked_effects
from metamsc.sensitivity.selection_result import SelectionModel

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    FloatArray = NDArray[np.float64]

KINDS: dict[str, str] = {
    "step": "constant between cut-points of p (Hedges 1992; Vevea & Hedges 1995)",
    "beta": "p**(delta1 - 1) (1 - p)**(delta2 - 1) (Citkowicz & Vevea 2017)",
    "half-normal": "exp(-delta p**2) (Preston et al. 2004)",
    "negative-exponential": "exp(-delta p) (Preston et al. 2004)",
    "logistic": "2 exp(-delta p) / (1 + exp(-delta p)) (Preston et al. 2004)",
    "power": "(1 - p)**delta (metafor's name)",
}

ALTERNATIVES: dict[str, str] = {
    "greater": "large effects are significant",
    "less": "small effects are significant",
    "two-sided": "effects far from 0 on either side are significant",
}

TAU2_METHODS = ("ML", "EE")


def selection_model(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    kind: str = "step",
    alternative: str = "greater",
    steps: Sequence[float] = (0.025,),
    delta: Sequence[float | None] | None = None,
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
        "step", "beta", "half-normal", "negative-exponential", "logistic" or "power" (``KINDS``).
    alternative : str
        Which results are taken for significant: "greater", "less" or "two-sided". For benefit as a
        lower value, "less".
    steps : sequence of float
        Cut-points of p for "step", increasing, within (0, 1): (0.025,) with a one-sided alternative
        separates what is significant two-sided at 5 % in the expected direction from all else. A last
        value of 1 may be given or left out.
    delta : sequence of float or None, optional
        Parameters to fix (Vevea & Woods 2005), None where one is to be estimated. For "step" one per
        interval, the first being 1.
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
        If a value is wrong, steps are not increasing or the first interval holds no study (the others
        are relative to it).
    OptionError
        If an option is unknown.

    Notes
    -----
    A study's likelihood is w(p) N(y; x'b, v + tau2) / A, A the integral of the numerator over y: by
    normal tail areas for "step", else by Gauss-Legendre panels. Exact derivatives; several starts;
    standard errors from the observed information of what is not at a bound. For "beta" and "power" p is
    kept within [1e-5, 1 - 1e-5] (``selection_weights.P_FLOOR`` says why).

    References
    ----------
    Hedges (1992), Stat Sci 7:246-255; Vevea & Hedges (1995), Psychometrika 60:419-435; Vevea & Woods
    (2005), Psychol Methods 10:428-443; Preston, Ashby & Smyth (2004), J Eval Clin Pract 10:313-322;
    Citkowicz & Vevea (2017), Psychol Methods 22:28-41.
    """
    import numpy as np

    from metamsc.models.inputs import check_design
    from metamsc.sensitivity.selection_fit import fit_selection

    check_option("kind", kind, KINDS)
    check_option("alternative", alternative, ALTERNATIVES)
    check_option("tau2_method", tau2_method, TAU2_METHODS)
    y, v = checked_effects(yi, vi, level=level, force=force, minimum=2)
    design = check_design(X, names, y.size)
    cuts = _checked_steps(steps) if kind == "step" else ()
    fixed = _checked_delta(kind, cuts, delta)
    free = sum(value is None for value in fixed)
    wanted = design.n_coefs + (tau2_method == "ML") + free
    if y.size < wanted:
        raise TooFewStudiesError(
            f"a selection model with {wanted} parameters needs at least {wanted} studies; got {y.size}."
        )
    return fit_selection(
        y,
        v,
        design=design,
        kind=kind,
        alternative=alternative,
        steps=np.array(cuts),
        fixed=fixed,
        tau2_method=tau2_method,
        level=level,
    )


def _checked_steps(steps: Sequence[float]) -> tuple[float, ...]:
    """Return the upper ends of the intervals, the last being 1."""
    ends = [float(step) for step in steps]
    if not ends or ends == [1.0]:
        raise InputError("steps must hold at least one cut-point of p below 1.")
    if ends[-1] != 1.0:
        ends.append(1.0)
    if ends[0] <= 0.0 or any(b <= a for a, b in itertools.pairwise(ends)):
        raise InputError(f"steps must increase within (0, 1]; got {list(steps)!r}.")
    return tuple(ends)


def _checked_delta(
    kind: str, cuts: tuple[float, ...], delta: Sequence[float | None] | None
) -> tuple[float | None, ...]:
    """Return one entry per parameter (for "step": per interval but the first), None where estimated."""
    from metamsc.sensitivity.selection_weights import WEIGHT_FUNCTIONS

    n = len(cuts) if kind == "step" else len(WEIGHT_FUNCTIONS[kind].names)
    given = list(delta) if delta is not None else [1.0] + [None] * (n - 1) if kind == "step" else [None] * n
    if len(given) != n:
        raise InputError(f"delta must have {n} values for this model (None to estimate); got {len(given)}.")
    lower = 0.0 if kind == "step" else WEIGHT_FUNCTIONS[kind].lower
    for value in given:
        if value is not None and not (math.isfinite(value) and value >= lower):
            raise InputError(f"delta must be numbers >= {lower:g}, or None to estimate; got {value!r}.")
    if kind != "step":
        return tuple(given)
    if given[0] not in (None, 1.0):
        raise InputError(f"delta[1] is of the first interval, the reference: 1, not {given[0]!r}.")
    return tuple(given[1:])
