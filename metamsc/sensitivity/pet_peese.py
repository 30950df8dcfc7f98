"""PET-PEESE: the effect that a study of infinite precision would show, by two regressions and a rule.

PET regresses effects on their standard errors, PEESE on their variances; the intercept is the estimate.
The rule that chooses between them is the conventional one. Both are shown, because the rule can turn on
a p-value just above or below its limit. With few or alike studies, or much heterogeneity, neither can be
trusted; this is a sensitivity analysis, never the result.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from metamsc.sensitivity.bias import RegressionTest, check_fraction, regress_on_precision

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from metamsc.models.results import Interval

ONE_SIDED_ALPHA = 0.05
"""Level of the one-sided test of PET's intercept (Stanley & Doucouliagos 2014)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PetPeese:
    """Both regressions, and the estimate that the rule takes.

    `estimate`, `se` and `ci` are the intercept of the one `chosen`; `pet_p` is the one-sided p-value of
    PET's intercept, in the direction that it points to: None if PET fits exactly.
    """

    k: int
    pet: RegressionTest
    peese: RegressionTest
    pet_p: float | None
    alpha: float
    chosen: str
    estimate: float
    se: float
    ci: Interval


def pet_peese(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    alpha: float = ONE_SIDED_ALPHA,
    level: float = 0.95,
    force: bool = False,
) -> PetPeese:
    """Estimate the effect without small-study effects by PET-PEESE.

    Parameters
    ----------
    yi, vi : array-like of shape (k,)
        Effects and sampling variances, on the analysis scale.
    alpha : float
        PEESE is taken when the one-sided p-value of PET's intercept is below this, PET otherwise.
    level : float
        Coverage of the interval, a fraction.
    force : bool
        Run below ten studies all the same.

    Returns
    -------
    PetPeese

    Raises
    ------
    TooFewStudiesError, InputError
        As :func:`~metamsc.sensitivity.bias.regress_on_precision`.

    References
    ----------
    Stanley & Doucouliagos (2014), Res Synth Methods 5:60-78; limits: Stanley (2017), Soc Psychol Personal
    Sci 8:581-591; Carter et al. (2019), Adv Methods Pract Psychol Sci 2:115-144.
    """
    from metamsc.models.inference import two_sided_p

    check_fraction("alpha", alpha)
    pet = regress_on_precision(yi, vi, predictor="se", level=level, force=force)
    peese = regress_on_precision(yi, vi, predictor="variance", level=level, force=force)
    p = None if pet.p is None else 0.5 * two_sided_p(pet.intercept / pet.intercept_se, pet.df)
    # An exact fit leaves nothing to test; its intercept is then taken as different from 0 if it is.
    found = pet.intercept != 0.0 if p is None else p < alpha
    chosen = peese if found else pet
    return PetPeese(
        k=pet.k,
        pet=pet,
        peese=peese,
        pet_p=p,
        alpha=alpha,
        chosen="PEESE" if found else "PET",
        estimate=chosen.intercept,
        se=chosen.intercept_se,
        ci=chosen.intercept_ci,
    )
