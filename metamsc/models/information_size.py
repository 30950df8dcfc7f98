"""How much evidence is enough: power of a meta-analysis, and the optimal information size.

Planning numbers in, frozen results out. Everything assumes normal tests with known variances, so it says
what is possible at best: tau2 is taken as known, and with few studies a Hartung-Knapp test has less power
(Jackson & Turner 2017, Res Synth Methods 8:290-302). Power is for an effect chosen beforehand, such as
the MID; never for the effect that was found, which only restates its p value.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri

from metamsc.errors import InputError, OptionError, TooFewStudiesError
from metamsc.models.inputs import as_vector


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerResult:
    """Power of the two-sided z test of a pooled effect.

    `se` is that of the pooled effect, in its unit; `tau2` 0 means a fixed-effect (equal-effects) model;
    `detectable` is the effect that would be found with probability `target`.
    """

    effect: float
    tau2: float
    alpha: float
    k: int
    se: float
    power: float
    target: float
    detectable: float

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True, kw_only=True)
class InformationSize:
    """Participants needed in all trials together.

    `n_total` = `n_treat` + `n_control` is the optimal information size, that of one adequately powered
    trial; `required` is `n_total` / (1 - `diversity`), rounded up: the required information size when
    effects differ between trials. `diversity` is a fraction; 0 leaves the two equal.
    """

    effect: float
    alpha: float
    power: float
    n_treat: int
    n_control: int
    n_total: int
    diversity: float
    required: int

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name."""
        return {name: getattr(self, name) for name in self.__slots__}


def compute_power(
    effect: float, vi: ArrayLike, *, tau2: float = 0.0, alpha: float = 0.05, target: float = 0.8
) -> PowerResult:
    """Power to find `effect` by pooling studies with sampling variances `vi`.

    Parameters
    ----------
    effect : float
        Effect worth finding, on the analysis scale (a ratio's logarithm); its sign does not matter.
    vi : array-like of shape (k,)
        Sampling variances of the studies; all > 0.
    tau2 : float
        Between-study variance expected: 0 for the fixed-effect model.
    alpha : float
        Two-sided error level, a fraction.
    target : float
        Power for `detectable`, a fraction above `alpha`.

    Returns
    -------
    PowerResult

    Raises
    ------
    InputError, TooFewStudiesError, OptionError
        If a number is missing, not finite, not positive where it must be, or not a fraction.

    Notes
    -----
    lambda = effect / sqrt(1 / sum(1 / (vi + tau2))); power = Phi(lambda - c) + Phi(-lambda - c), c the
    upper alpha / 2 quantile. `detectable` = se (c + z_target), which leaves out the other tail.

    References
    ----------
    Hedges & Pigott (2001), Psychol Methods 6:203-217; Borenstein et al. (2009), Introduction to
    Meta-Analysis, ch. 29.
    """
    v = as_vector("vi", vi)
    if not v.size:
        raise TooFewStudiesError("Power needs at least 1 study; got 0.")
    if (v <= 0.0).any():
        first = int(np.flatnonzero(v <= 0.0)[0])
        raise InputError(f"vi[{first + 1}] is {v[first]:g}; a sampling variance must be > 0.")
    _check_finite("effect", effect)
    _check_tau2(tau2)
    quantile = _two_sided(alpha)
    _check_target(target, alpha)
    se = 1.0 / math.sqrt(float((1.0 / (v + tau2)).sum()))
    return PowerResult(
        effect=effect,
        tau2=tau2,
        alpha=alpha,
        k=int(v.size),
        se=se,
        power=float(ndtr(abs(effect) / se - quantile) + ndtr(-abs(effect) / se - quantile)),
        target=target,
        detectable=se * (quantile + float(ndtri(target))),
    )


def required_studies(
    effect: float, variance: float, *, tau2: float = 0.0, alpha: float = 0.05, power: float = 0.8
) -> int:
    """Smallest number of studies of one size that reach `power`.

    Parameters
    ----------
    effect : float
        Effect worth finding, not 0.
    variance : float
        Sampling variance of each study.
    tau2, alpha, power : float
        As in :func:`compute_power`.

    Returns
    -------
    int
        k with (c + z_power)**2 (variance + tau2) / effect**2 <= k. With tau2 > 0 larger studies
        cannot replace more studies: k never falls below (c + z_power)**2 tau2 / effect**2.

    Raises
    ------
    InputError, OptionError
        As :func:`compute_power`; also if `effect` is 0, which no number of studies finds.

    References
    ----------
    Hedges & Pigott (2001), Psychol Methods 6:203-217, solved for k.
    """
    _check_nonzero("effect", effect)
    _check_positive("variance", variance)
    _check_tau2(tau2)
    return _whole(_sum_of_quantiles(alpha, power) ** 2 * (variance + tau2) / effect**2)


def information_size_for_means(
    difference: float,
    sd: float,
    *,
    alpha: float = 0.05,
    power: float = 0.8,
    ratio: float = 1.0,
    diversity: float = 0.0,
) -> InformationSize:
    """Optimal information size for a difference of means.

    Parameters
    ----------
    difference : float
        Difference worth finding (the MID), not 0, in the outcome's unit.
    sd : float
        Standard deviation of the outcome within an arm.
    alpha, power : float
        Two-sided error level and power, fractions.
    ratio : float
        Participants treated for each control.
    diversity : float
        D2 of :func:`compute_diversity`, a fraction below 1.

    Returns
    -------
    InformationSize

    Raises
    ------
    InputError, OptionError
        If a number is not finite, not positive where it must be, or not a fraction.

    Notes
    -----
    n_control = (1 + 1 / ratio) sd**2 (c + z_power)**2 / difference**2, n_treat = ratio n_control, each
    rounded up.

    References
    ----------
    Guyatt et al. (2011), GRADE guidelines 6, J Clin Epidemiol 64:1283-1293 (the size of a conventional
    sample size calculation); Wetterslev et al. (2009), BMC Med Res Methodol 9:86 (diversity).
    """
    _check_nonzero("difference", difference)
    _check_positive("sd", sd)
    _check_positive("ratio", ratio)
    n_control = (1.0 + 1.0 / ratio) * (sd * _sum_of_quantiles(alpha, power) / difference) ** 2
    return _information_size(difference, alpha, power, n_control, ratio, diversity)


def information_size_for_risks(
    risk_control: float,
    risk_treat: float,
    *,
    alpha: float = 0.05,
    power: float = 0.8,
    ratio: float = 1.0,
    diversity: float = 0.0,
) -> InformationSize:
    """Optimal information size for two risks, as fractions between 0 and 1.

    Parameters
    ----------
    risk_control, risk_treat : float
        Expected risks; a relative risk reduction of 20 % of 0.30 is 0.24.
    alpha, power, ratio, diversity : float
        As in :func:`information_size_for_means`.

    Returns
    -------
    InformationSize
        `effect` is the risk difference.

    Raises
    ------
    InputError, OptionError
        If the risks are equal or not between 0 and 1, or as :func:`information_size_for_means`.

    Notes
    -----
    n_control = (c + z_power)**2 (p_t (1 - p_t) / ratio + p_c (1 - p_c)) / (p_t - p_c)**2: variances of each
    arm by its own risk, no continuity correction.

    References
    ----------
    Guyatt et al. (2011), GRADE guidelines 6, J Clin Epidemiol 64:1283-1293; Wetterslev et al. (2009).
    """
    for name, risk in (("risk_control", risk_control), ("risk_treat", risk_treat)):
        if not (isinstance(risk, (int, float)) and 0.0 < risk < 1.0):
            raise InputError(f"{name} must be a fraction between 0 and 1; got {risk!r}.")
    if risk_control == risk_treat:
        raise InputError(f"risk_control and risk_treat must differ; both are {risk_treat!r}.")
    _check_positive("ratio", ratio)
    spread = risk_treat * (1.0 - risk_treat) / ratio + risk_control * (1.0 - risk_control)
    difference = risk_treat - risk_control
    n_control = spread * (_sum_of_quantiles(alpha, power) / difference) ** 2
    return _information_size(difference, alpha, power, n_control, ratio, diversity)


def compute_diversity(vi: ArrayLike, tau2: float) -> float:
    """Diversity D2: the share of the random-effects variance that the fixed-effect model does not have.

    Parameters
    ----------
    vi : array-like of shape (k,)
        Sampling variances; all > 0.
    tau2 : float
        Between-study variance, >= 0.

    Returns
    -------
    float
        1 - sum(1 / (vi + tau2)) / sum(1 / vi), a fraction from 0 up to below 1; never below I2 / 100.

    Raises
    ------
    InputError, TooFewStudiesError
        As :func:`compute_power`.

    References
    ----------
    Wetterslev et al. (2009), BMC Med Res Methodol 9:86.
    """
    random = compute_power(0.0, vi, tau2=tau2).se
    fixed = compute_power(0.0, vi).se
    return 1.0 - (fixed / random) ** 2


def _information_size(
    effect: float, alpha: float, power: float, n_control: float, ratio: float, diversity: float
) -> InformationSize:
    if not (isinstance(diversity, (int, float)) and 0.0 <= diversity < 1.0):
        raise OptionError(f"diversity must be a fraction from 0 up to below 1; got {diversity!r}.")
    treat, control = _whole(ratio * n_control), _whole(n_control)
    return InformationSize(
        effect=effect,
        alpha=alpha,
        power=power,
        n_treat=treat,
        n_control=control,
        n_total=treat + control,
        diversity=diversity,
        required=_whole((treat + control) / (1.0 - diversity)),
    )


def _whole(n: float) -> int:
    """Round up, except what is whole but for rounding."""
    return max(1, math.ceil(n * (1.0 - 1e-12)))


def _two_sided(alpha: float) -> float:
    if not (isinstance(alpha, (int, float)) and 0.0 < alpha < 1.0):
        raise OptionError(f"alpha must be a fraction between 0 and 1, such as 0.05; got {alpha!r}.")
    return float(-ndtri(0.5 * alpha))


def _check_target(power: float, alpha: float) -> None:
    if not (isinstance(power, (int, float)) and alpha < power < 1.0):
        raise OptionError(f"power must be a fraction above alpha ({alpha:g}), such as 0.8; got {power!r}.")


def _sum_of_quantiles(alpha: float, power: float) -> float:
    quantile = _two_sided(alpha)
    _check_target(power, alpha)
    return quantile + float(ndtri(power))


def _check_finite(name: str, value: float) -> None:
    if not (isinstance(value, (int, float)) and math.isfinite(value)):
        raise InputError(f"{name} must be a finite number; got {value!r}.")


def _check_nonzero(name: str, value: float) -> None:
    _check_finite(name, value)
    if value == 0.0:
        raise InputError(f"{name} must not be 0: no number of participants finds it.")


def _check_positive(name: str, value: float) -> None:
    _check_finite(name, value)
    if value <= 0.0:
        raise InputError(f"{name} must be > 0; got {value!r}.")


def _check_tau2(tau2: float) -> None:
    _check_finite("tau2", tau2)
    if tau2 < 0.0:
        raise InputError(f"tau2 must be >= 0; got {tau2!r}.")
