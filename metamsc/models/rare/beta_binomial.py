"""The beta-binomial model of two arms: double-zero studies are part of the evidence, nothing is added."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln

from metamsc.errors import InputError, check_option
from metamsc.models.batch import FloatArray, IntArray
from metamsc.models.inference import infer_coefficient
from metamsc.models.inputs import check_level
from metamsc.models.rare.counts import TwoArms, two_arms
from metamsc.models.rare.results import BetaBinomialResult

MEASURES: dict[str, str] = {
    "OR": "odds ratio (log scale)",
    "RR": "risk ratio (log scale)",
    "RD": "risk difference",
}
# Starting values of the overdispersion; the best maximum counts.
_STARTS = (0.01, 0.1)
_MAX_STEPS = 200
# Newton has arrived when a step would gain less than this in log likelihood.
_GAIN_DONE = 1e-12
_FEW_STUDIES = 3


@dataclass(frozen=True, slots=True)
class _Arms:
    """All 2 k arms; `arm` is 0 for control, 1 for treated."""

    y: FloatArray
    n: FloatArray
    arm: IntArray

    def steps(self) -> _Steps:
        """Return, for j = 0, 1, ..., how many arms have more than j events, non-events, participants."""
        rest = self.n - self.y
        by_arm = [(_more_than(x[self.arm == 0]), _more_than(x[self.arm == 1])) for x in (self.y, rest)]
        return by_arm[0], by_arm[1], _more_than(self.n)


_Steps = tuple[tuple[FloatArray, FloatArray], tuple[FloatArray, FloatArray], FloatArray]


def _more_than(counts: FloatArray) -> FloatArray:
    """Return the number of `counts` above 0, 1, 2, ..., as long as there are any."""
    tally = np.bincount(counts.astype(np.intp)).astype(np.float64)
    return np.asarray(tally[::-1].cumsum()[::-1][1:])


def beta_binomial(
    measure: str,
    *,
    events_treat: ArrayLike,
    n_treat: ArrayLike,
    events_control: ArrayLike,
    n_control: ArrayLike,
    level: float = 0.95,
) -> BetaBinomialResult:
    """Compare two arms by the beta-binomial model with a common intra-class correlation.

    Parameters
    ----------
    measure : str
        OR, RR or RD.
    events_treat, n_treat, events_control, n_control : array-like of shape (k,)
        Whole numbers of events and participants.
    level : float
        Coverage of the interval, a fraction.

    Returns
    -------
    BetaBinomialResult

    Raises
    ------
    OptionError, InputError, TooFewStudiesError
        An argument is wrong, or an arm has no events (or nothing but events) in any study.

    Notes
    -----
    The events of an arm with n participants follow a beta-binomial distribution with mean risk mu
    (control) or mu' (treated) and correlation rho; arms are independent, so the comparison is across all
    arms, not within studies: randomisation is not respected, and studies of unlike baseline risk enlarge
    rho (Felsch et al. 2022, BMC Med Res Methodol 22:319). With gamma = rho / (1 - rho) the log likelihood
    of y events in n is sum log(mu + j gamma) over j < y, plus sum log(1 - mu + j gamma) over j < n - y,
    minus sum log(1 + j gamma) over j < n, plus log C(n, y); at gamma = 0 it is binomial. Kuss 2015 (Stat
    Med 34:1097-1116), who recommends it where studies without events must not be lost.

    Examples
    --------
    >>> from metamsc.models.rare.beta_binomial import beta_binomial
    >>> result = beta_binomial(
    ...     "OR", events_treat=[0, 1, 2], n_treat=[50] * 3, events_control=[1, 2, 3], n_control=[50] * 3
    ... )
    >>> round(result.estimate, 4), round(result.rho, 4)  # odds 3 : 147 against 6 : 144
    (-0.7138, 0.0)
    """
    check_option("measure", measure, MEASURES)
    check_level(level)
    arms = two_arms(
        events_treat=events_treat,
        size_treat=n_treat,
        events_control=events_control,
        size_control=n_control,
        rates=False,
    )
    data = _check(arms)
    theta, information, value = _fit(data)
    mu, gamma = _risks(theta), float(theta[2])
    boundary = gamma == 0.0
    used = slice(0, 2) if boundary else slice(0, 3)
    cov = np.linalg.inv(information[used, used])
    estimate, gradient = _effect(measure, theta[:2], mu)
    se = float(np.sqrt(gradient @ cov[:2, :2] @ gradient))
    effect = infer_coefficient("treated", estimate, se, None, level)
    choose = gammaln(data.n + 1) - gammaln(data.y + 1) - gammaln(data.n - data.y + 1)
    loglik, m = value + float(choose.sum()), max(2 * arms.k, 5)
    return BetaBinomialResult(
        measure=measure,
        k=arms.k,
        n_double_zero=int(arms.double_zero.sum()),
        estimate=estimate,
        se=se,
        statistic=effect.statistic,
        p=effect.p,
        ci=effect.ci,
        level=level,
        risk_control=float(mu[0]),
        rho=gamma / (1.0 + gamma),
        rho_se=None if boundary else float(np.sqrt(cov[2, 2])) / (1.0 + gamma) ** 2,
        loglik=loglik,
        aic=-2.0 * loglik + 6.0,
        bic=-2.0 * loglik + 3.0 * float(np.log(2 * arms.k)),
        aicc=-2.0 * loglik + 6.0 * m / (m - 4),
        warnings=_notes(arms, boundary=boundary),
    )


def _check(arms: TwoArms) -> _Arms:
    """Return all arms, or raise why a risk of 0 or 1 would be estimated."""
    y = np.concatenate([arms.events_control, arms.events_treat])
    n = np.concatenate([arms.size_control, arms.size_treat])
    if not ((y == np.round(y)).all() and (n == np.round(n)).all()):
        raise InputError("the beta-binomial model needs whole numbers of events and participants.")
    arm = np.repeat(np.array([0, 1], dtype=np.intp), arms.k)
    for j, name in enumerate(("control", "treated")):
        events, size = y[arm == j], n[arm == j]
        if not events.any() or (events == size).all():
            what = "no events" if not events.any() else "nothing but events"
            raise InputError(f"The {name} arms have {what} in any study, so their risk has no interval.")
    return _Arms(y, n, arm)


def _risks(theta: FloatArray) -> FloatArray:
    """Return the mean risks of control and treated arms from their log odds."""
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * theta[:2])))


def _effect(measure: str, log_odds: FloatArray, mu: FloatArray) -> tuple[float, FloatArray]:
    """Return the effect and its gradient in the two log odds."""
    slope = mu * (1.0 - mu)
    if measure == "OR":
        return float(log_odds[1] - log_odds[0]), np.array([-1.0, 1.0])
    if measure == "RR":
        return float(np.log(mu[1] / mu[0])), np.array([-1.0, 1.0]) * (1.0 - mu)
    return float(mu[1] - mu[0]), np.array([-1.0, 1.0]) * slope


def _fit(data: _Arms) -> tuple[FloatArray, FloatArray, float]:
    """Return log odds and gamma at the maximum, the information there, and the log likelihood."""
    steps = data.steps()
    total = [(data.y[data.arm == j].sum(), data.n[data.arm == j].sum()) for j in (0, 1)]
    odds = np.array([np.log(y / (n - y)) for y, n in total])
    binomial = np.append(odds, 0.0)
    found = [(binomial, _likelihood(binomial, steps))]
    for start in _STARTS:
        theta = _climb(np.append(odds, start), steps)
        found.append((theta, _likelihood(theta, steps)))
    theta, best = max(found, key=lambda pair: pair[1][0])
    if best[0] <= found[0][1][0] + _GAIN_DONE * abs(best[0]):
        theta, best = found[0]
    return theta, best[2], best[0]


def _climb(theta: FloatArray, steps: _Steps) -> FloatArray:
    """Return the maximum reached by Newton steps in the log odds and gamma >= 0."""
    value, gradient, information = _likelihood(theta, steps)
    for _ in range(_MAX_STEPS):
        scale = np.sqrt(np.maximum(np.abs(np.diag(information)), 1e-12))
        eigen, vectors = np.linalg.eigh(information / np.outer(scale, scale))
        step = vectors @ ((vectors.T @ (gradient / scale)) / np.maximum(np.abs(eigen), 1e-10)) / scale
        step[:2] = np.clip(step[:2], -2.0, 2.0)
        size = 1.0
        for _ in range(60):
            new = theta + size * step
            new[2] = max(new[2], 0.1 * theta[2])
            trial = _likelihood(new, steps)
            if trial[0] >= value:
                break
            size *= 0.5
        gain = trial[0] - value
        if gain < 0.0:
            break
        theta, (value, gradient, information) = new, trial
        if gain <= _GAIN_DONE * abs(value) and np.abs(size * step[:2]).max() < 1e-9:
            break
    return theta


def _likelihood(theta: FloatArray, steps: _Steps) -> tuple[float, FloatArray, FloatArray]:
    """Return the log likelihood without binomial coefficients, its gradient and its information."""
    mu, gamma = _risks(theta), float(theta[2])
    events, rests, sizes = steps
    slope, bend = mu * (1.0 - mu), mu * (1.0 - mu) * (1.0 - 2.0 * mu)
    value, along, twice = _rising(1.0, gamma, sizes)[[0, 2, 5]]
    total, gradient, information = -value, np.array([0.0, 0.0, -along]), np.zeros((3, 3))
    information[2, 2] = -twice
    for arm in (0, 1):
        one, none = _rising(float(mu[arm]), gamma, events[arm]), _rising(1.0 - mu[arm], gamma, rests[arm])
        total += one[0] + none[0]
        gradient[arm] = (one[1] - none[1]) * slope[arm]
        gradient[2] += one[2] + none[2]
        information[arm, arm] = (one[3] + none[3]) * slope[arm] ** 2 - (one[1] - none[1]) * bend[arm]
        information[2, arm] = information[arm, 2] = (one[4] - none[4]) * slope[arm]
        information[2, 2] += one[5] + none[5]
    return float(total), gradient, information


def _rising(base: float, gamma: float, times: FloatArray) -> FloatArray:
    """Return sums of log t, 1/t, j/t, 1/t**2, j/t**2, (j/t)**2; t = base + j gamma, each `times[j]` times."""
    j = np.arange(times.size, dtype=np.float64)
    inverse = 1.0 / (base + gamma * j)
    ratio = j * inverse
    return np.array(
        [
            -(times @ np.log(inverse)),
            times @ inverse,
            times @ ratio,
            times @ inverse**2,
            times @ (ratio * inverse),
            times @ ratio**2,
        ]
    )


def _notes(arms: TwoArms, *, boundary: bool) -> tuple[str, ...]:
    notes = []
    n = int(arms.double_zero.sum())
    if n:
        studies = "1 study has" if n == 1 else f"{n} studies have"
        notes.append(f"{studies} no events, or nothing but events, in both arms: part of the evidence here.")
    if arms.k < _FEW_STUDIES:
        notes.append(f"k = {arms.k}: the intra-class correlation is hardly determined by {2 * arms.k} arms.")
    if boundary:
        notes.append("rho is 0: arms vary no more than binomially, so all count as one large trial.")
    notes.append("Arms are compared across studies, not within them: randomisation is not respected.")
    return tuple(notes)
