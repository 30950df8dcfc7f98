"""Maximum likelihood fits of a study model, and its tests of homogeneity against a saturated model."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from metamsc.models.batch import FloatArray
from metamsc.models.inference import chi2_p
from metamsc.models.rare.densities import Binomial
from metamsc.models.rare.maximise import Maximum, Problem, maximise
from metamsc.models.rare.results import ChiSquareTest
from metamsc.models.rare.study_models import StudyModel

# Standard deviations from which the search starts; the best maximum counts.
_STARTS = (0.3, 1.0)
# A standard deviation this small is 0: the likelihood is even in it and flat to rounding there.
_ZERO_SD = 1e-4
# A search does not leave 0 by itself, where the slope is 0; it starts no nearer than this.
_NUDGE = 0.1


@dataclass(frozen=True, slots=True)
class Fitted:
    """A fitted model: coefficients with their covariance, variance components and fit."""

    beta: FloatArray
    cov: FloatArray
    tau2: float
    tau2_se: float | None
    sigma2: float | None
    loglik: float
    loglik_common: float
    conditional_deviance: float
    n_parameters: int
    n_counts: int
    n_nodes: int


def fit(model: StudyModel, X: FloatArray, *, random: bool, n_nodes: int, tau2: float | None = None) -> Fitted:
    """Return the fit; `random` with a between-study variance (estimated, or `tau2`), else a common effect.

    Parameters
    ----------
    model : StudyModel
        Of k studies.
    X : array of shape (k, p)
        Full column rank.
    """
    common = _fit_common(model, X, n_nodes)
    best, tau = common, 0.0
    if random and tau2 is None:
        best = _fit_random(model, X, common, n_nodes)
        tau = float(abs(best.theta[-1]))
    elif random and tau2 is not None and tau2 > 0.0:
        tau = float(np.sqrt(tau2))
        best = _fit_held(model, X, common, n_nodes, tau)
    if tau2 is None and tau < _ZERO_SD:
        best, tau = common, 0.0
    p, alpha = X.shape[1], 1 if model.intercept == "random" else 0
    cov = np.asarray(np.linalg.inv(best.information), dtype=np.float64)
    held = model.problem(X, random=tau > 0.0, n_nodes=n_nodes, tau=tau)
    theta = best.theta[: held.map.shape[2]]
    local = np.column_stack([held.local(theta, best.free), np.full(model.k, tau)])
    saturated = float(model.family.saturated.sum())
    intercepts = model.k if model.intercept == "fixed" else 0
    return Fitted(
        beta=theta[alpha : alpha + p],
        cov=cov[alpha : alpha + p, alpha : alpha + p],
        tau2=tau**2,
        tau2_se=2.0 * tau * float(np.sqrt(cov[-1, -1])) if tau > 0.0 and tau2 is None else None,
        sigma2=float(theta[alpha + p] ** 2) if alpha else None,
        loglik=best.value + saturated,
        loglik_common=common.value + saturated,
        conditional_deviance=model.deviance_at_modes(local, random=True),
        n_parameters=p + 2 * alpha + intercepts + (1 if random and tau2 is None else 0),
        n_counts=model.k * model.offset.shape[1],
        n_nodes=n_nodes,
    )


def _start(model: StudyModel) -> FloatArray:
    """Return a study's intercept with half an event added, as if its effect were 0."""
    y = model.family.counts.sum(axis=-1)
    if isinstance(model.family, Binomial):
        n = model.family.n.sum(axis=-1)
        return np.asarray(np.log((y + 0.5) / (n - y + 0.5)))
    return np.asarray(np.log((y + 0.5) / np.exp(model.offset).sum(axis=-1)))


def _fit_common(model: StudyModel, X: FloatArray, n_nodes: int) -> Maximum:
    """Return the maximum without between-study variance."""
    problem = model.problem(X, random=False, n_nodes=n_nodes)
    theta, free = np.zeros(problem.map.shape[2]), np.zeros(model.k)
    if model.intercept == "none":
        return maximise(problem, theta, free)
    intercepts = _start(model)
    if model.intercept == "fixed":
        return maximise(problem, theta, intercepts)
    theta[0] = intercepts.mean()
    return _best(problem, theta, free, n_sds=1)


def _fit_random(model: StudyModel, X: FloatArray, common: Maximum, n_nodes: int) -> Maximum:
    """Return the maximum with between-study variance, from several starts."""
    problem = model.problem(X, random=True, n_nodes=n_nodes)
    theta = np.append(common.theta, 0.0)
    if model.intercept != "random":
        return _best(problem, theta, common.free, n_sds=1)
    # Two random effects take the square of the nodes: search with one, then go on from there.
    rough = model.problem(X, random=True, n_nodes=1)
    found = _best(rough, theta, common.free, n_sds=1)
    if abs(common.theta[-1]) < _ZERO_SD:
        found = max(found, _best(rough, theta, common.free, n_sds=2), key=lambda m: m.value)
    if n_nodes == 1:
        return found
    start = found.theta.copy()
    start[-1] = max(abs(start[-1]), _NUDGE)
    return maximise(problem, start, found.free)


def _fit_held(model: StudyModel, X: FloatArray, common: Maximum, n_nodes: int, tau: float) -> Maximum:
    """Return the maximum with `tau` held at a value."""
    problem = model.problem(X, random=True, n_nodes=n_nodes, tau=tau)
    if model.intercept == "random":
        return _best(problem, common.theta, common.free, n_sds=1)
    return maximise(problem, common.theta, common.free)


def _best(problem: Problem, theta: FloatArray, free: FloatArray, n_sds: int) -> Maximum:
    """Return the best maximum over starting values of the last `n_sds` parameters."""
    found = []
    for sds in product(_STARTS, repeat=n_sds):
        start = theta.copy()
        start[-n_sds:] = sds
        found.append(maximise(problem, start, free))
    return max(found, key=lambda maximum: maximum.value)


def homogeneity_tests(
    model: StudyModel, X: FloatArray, fitted: Fitted
) -> tuple[ChiSquareTest | None, ChiSquareTest | None, float | None]:
    """Return the Wald and likelihood-ratio tests against an effect for every study, and its loglik.

    Where nothing is integrated out, that model fits every study's effect perfectly and its information
    is diagonal: the Wald statistic is then the weighted squared distance of the studies' own effects
    from the design. With random intercepts it is fitted.
    """
    df = model.k - X.shape[1]
    if df < 1:
        return None, None, None
    if model.intercept == "random":
        loglik, own, information = _saturated_random(model, fitted.n_nodes)
    else:
        loglik = float(model.family.saturated.sum())
        some = np.isfinite(model.yi) & np.isfinite(model.vi)
        own = np.where(some, model.yi, 0.0)
        information = np.diag(np.where(some, 1.0 / model.vi, 0.0))
    wald = _distance(own, information, X)
    ratio = max(0.0, 2.0 * (loglik - fitted.loglik_common))
    return _chi2(wald, df), _chi2(ratio, df), loglik


def _saturated_random(model: StudyModel, n_nodes: int) -> tuple[float, FloatArray, FloatArray]:
    """Return log likelihood, effects and their information with random intercepts, others profiled."""
    limit = model.without_extreme_arms()
    problem = limit.saturated_problem(n_nodes)
    extreme = model.extreme_treated()
    y_start = np.where(extreme | ~np.isfinite(model.yi), 0.0, model.yi)
    found = _best(problem, np.array([_start(model).mean(), 0.0]), y_start, n_sds=1)
    shared = np.einsum("klp,klm,kmq->pq", problem.map, found.hessian, problem.map)
    cross = np.einsum("klp,kl->pk", problem.map, found.hessian[:, :, 1])
    information = np.diag(found.hessian[:, 1, 1]) - cross.T @ np.linalg.solve(shared, cross)
    information[extreme] = 0.0
    information[:, extreme] = 0.0
    # Perfectly fitted arms add their own largest log likelihood, which `limit` left out.
    saturated = float(model.family.saturated.sum())
    return found.value + saturated, np.where(extreme, 0.0, found.free), information


def _distance(own: FloatArray, information: FloatArray, X: FloatArray) -> float:
    """Return (y - Xb)'A(y - Xb) at the b that makes it smallest, A the information."""
    normal = X.T @ information @ X
    b = np.linalg.lstsq(normal, X.T @ information @ own, rcond=None)[0]
    rest = own - X @ b
    return max(0.0, float(rest @ information @ rest))


def _chi2(statistic: float, df: int) -> ChiSquareTest:
    return ChiSquareTest(statistic=statistic, df=df, p=chi2_p(statistic, df))
