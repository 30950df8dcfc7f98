"""Bayesian random-effects meta-analysis: effects and priors in, a frozen :class:`BayesResult` out.

The normal-normal hierarchical model, solved by quadrature over tau; given tau everything else is normal,
so every posterior is a mixture of normals and every number is reproducible to the last digits. No
default for the prior of tau: no scale suits every measure and unit.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from metamsc.errors import InputError, OptionError, check_option
from metamsc.models.batch import FloatArray
from metamsc.models.bayes.likelihood import Conditional, NormalModel
from metamsc.models.bayes.mixture import NormalMixture, quantiles_of_many, shortest_interval
from metamsc.models.bayes.notes import bayes_notes
from metamsc.models.bayes.priors import KnownTau, NormalPrior, TauPrior
from metamsc.models.bayes.quadrature import TauPosterior, integrate_tau
from metamsc.models.bayes.results import (
    BayesResult,
    Posterior,
    PosteriorGrid,
    ShrunkenEffect,
    ThresholdProbability,
)
from metamsc.models.inputs import check_effects, check_level
from metamsc.models.results import Interval

# Elements of one (study, tau) array: bounds memory at about 8 MB.
_BLOCK = 1_000_000


def fit_bayes(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    tau_prior: TauPrior,
    mu_prior: NormalPrior | None = None,
    measure: str = "GEN",
    level: float = 0.95,
) -> BayesResult:
    """Fit y_i ~ N(theta_i, v_i), theta_i ~ N(mu, tau2) with priors on mu and tau.

    Parameters
    ----------
    yi : array-like of shape (k,)
        Effects, all on one analysis scale (ratios as logarithms) and in one unit.
    vi : array-like of shape (k,)
        Their sampling variances, in the squared unit of `yi`; all > 0.
    tau_prior : TauPrior
        ``HalfNormal``, ``HalfCauchy``, ``Uniform``, ``LogNormalVariance``, ``LogTVariance``, ``KnownTau``, or
        what ``turner_prior`` and ``rhodes_prior`` return. All are proper, so every k >= 1 has a posterior.
    mu_prior : NormalPrior, optional
        Default: flat.
    measure : str
        Effect-size code, carried into the result.
    level : float
        Probability of all intervals, a fraction.

    Returns
    -------
    BayesResult

    Raises
    ------
    InputError, TooFewStudiesError
        If the arrays do not fit, hold anything but finite numbers and positive variances, or are empty.
    OptionError
        If `level` is not a fraction, or a prior is not one of ours.

    References
    ----------
    Röver (2020), J Stat Softw 93(6) (model, shrinkage, prediction). Röver & Friede (2017), J Comput Graph
    Stat 26:217-222 (posterior as a mixture over a grid of tau). Röver et al. (2021), Res Synth Methods
    12:448-474 (choice of prior). Bender et al. (2018), Res Synth Methods 9:382-392 (few studies).
    """
    y, v = check_effects(yi, vi)
    check_level(level)
    if not isinstance(tau_prior, TauPrior):
        raise OptionError(f"tau_prior must be a prior such as HalfNormal(0.5); got {tau_prior!r}.")
    if not (mu_prior is None or isinstance(mu_prior, NormalPrior)):
        raise OptionError(f"mu_prior must be None (flat) or a NormalPrior; got {mu_prior!r}.")
    model = NormalModel.of(y, v, mu_prior)
    q = integrate_tau(model, tau_prior)
    given = model.given(q.tau)
    mu = NormalMixture(q.mass, given.mean, np.sqrt(given.variance))
    new = NormalMixture(q.mass, given.mean, np.sqrt(given.variance + q.tau * q.tau))
    proper = mu_prior is not None
    return BayesResult(
        measure=measure,
        k=int(y.size),
        level=level,
        mu=_summary(mu, level, model.offset, 2 if proper else q.moments),
        tau=_tau_summary(q, level),
        new_study=_summary(new, level, model.offset, q.moments),
        studies=tuple(_shrink(y, q, given, level)),
        tau_prior=tau_prior.to_dict(),
        mu_prior=None if mu_prior is None else mu_prior.to_dict(),
        log_evidence=q.log_evidence if proper else None,
        quadrature_error=q.error,
        grid=PosteriorGrid(
            tau=_floats(q.tau),
            mass=_floats(q.mass),
            mu_mean=_floats(given.mean + model.offset),
            mu_sd=_floats(np.sqrt(given.variance)),
        ),
        warnings=bayes_notes(
            k=int(y.size), measure=measure, prior=tau_prior, moments=q.moments, error=q.error
        ),
    )


def probability_beyond(result: BayesResult, threshold: float, direction: str) -> ThresholdProbability:
    """Return the posterior probability that the effect lies beyond `threshold`, such as the MID.

    Parameters
    ----------
    result : BayesResult
    threshold : float
        On the scale of the effects (ratios: its logarithm), with its sign: a fall of HbA1c by 0.5 is -0.5.
    direction : str
        "below" or "above".

    Returns
    -------
    ThresholdProbability
        For the mean effect, and for the true effect in a new study.

    Raises
    ------
    InputError
        If `threshold` is not a finite number.
    OptionError
        If `direction` is neither.
    """
    check_option("direction", direction, ("below", "above"))
    if not math.isfinite(threshold):
        raise InputError(f"threshold must be a finite number; got {threshold!r}.")
    sign = 1.0 if direction == "below" else -1.0
    mass, mean, sd, tau = (np.array(getattr(result.grid, n)) for n in ("mass", "mu_mean", "mu_sd", "tau"))
    # turned round for "above", so that a small probability keeps its digits
    mu = NormalMixture(mass, sign * mean, sd).cdf(sign * threshold)
    new = NormalMixture(mass, sign * mean, np.hypot(sd, tau)).cdf(sign * threshold)
    return ThresholdProbability(threshold=threshold, direction=direction, mu=mu, new_study=new)


def _floats(values: FloatArray) -> tuple[float, ...]:
    return tuple(float(value) for value in values)


def _ends(level: float) -> tuple[float, float]:
    return 0.5 * (1.0 - level), 0.5 * (1.0 + level)


def _summary(mixture: NormalMixture, level: float, offset: float, moments: int) -> Posterior:
    low, high = (mixture.quantile(p) for p in _ends(level))
    a, b = shortest_interval(mixture.quantile, mixture.density, level, from_zero=False)
    mean, sd = mixture.moments()
    return Posterior(
        mean=mean + offset if moments >= 1 else None,
        median=mixture.quantile(0.5) + offset,
        sd=sd if moments >= 2 else None,
        ci=Interval(low + offset, high + offset, level),
        shortest=Interval(a + offset, b + offset, level),
    )


def _tau_summary(q: TauPosterior, level: float) -> Posterior:
    if isinstance(q.prior, KnownTau):
        tau = q.prior.tau
        point = Interval(tau, tau, level)
        return Posterior(mean=tau, median=tau, sd=0.0, ci=point, shortest=point)
    low, high = (q.quantile(p) for p in _ends(level))
    a, b = shortest_interval(q.quantile, q.density, level, from_zero=True)
    mean = float(q.mass @ q.tau)
    sd = math.sqrt(float(q.mass @ (q.tau - mean) ** 2))
    return Posterior(
        mean=mean if q.moments >= 1 else None,
        median=q.quantile(0.5),
        sd=sd if q.moments >= 2 else None,
        ci=Interval(low, high, level),
        shortest=Interval(a, b, level),
    )


def _shrink(y: FloatArray, q: TauPosterior, given: Conditional, level: float) -> list[ShrunkenEffect]:
    """Shrink all studies, a block of them at a time."""
    size = max(1, _BLOCK // q.tau.size)
    blocks = (range(start, min(start + size, y.size)) for start in range(0, y.size, size))
    return [effect for block in blocks for effect in _shrink_block(block, y, q, given, level)]


def _shrink_block(
    studies: range, y: FloatArray, q: TauPosterior, given: Conditional, level: float
) -> list[ShrunkenEffect]:
    model, weight = q.model, q.mass
    rows = [model.shrunken(i, q.tau, given) for i in studies]
    mean, sd = np.stack([row[0] for row in rows]), np.sqrt(np.stack([row[1] for row in rows]))
    low, middle, high = (
        quantiles_of_many(weight, mean, sd, p) + model.offset for p in (_ends(level)[0], 0.5, _ends(level)[1])
    )
    center = mean @ weight
    spread = np.sqrt((sd * sd + (mean - center[:, None]) ** 2) @ weight)
    return [
        ShrunkenEffect(
            yi=float(y[i]),
            sei=math.sqrt(float(model.v[i])),
            mean=float(center[j]) + model.offset,
            median=float(middle[j]),
            sd=float(spread[j]),
            ci=Interval(float(low[j]), float(high[j]), level),
            pull=float(weight @ (model.v[i] / (model.v[i] + q.tau * q.tau))),
        )
        for j, i in enumerate(studies)
    ]
