"""The random effects integrated out, study by study: adaptive Gauss-Hermite quadrature.

For each study the integrand is centred at its mode and scaled by its curvature there, as in
Pinheiro & Bates (1995, J Comput Graph Stat 4:12-35); one node is the Laplace approximation. Two random
effects use the product rule. All parameter points asked for are worked side by side.
"""

from __future__ import annotations

from itertools import product

import numpy as np

from metamsc.models.batch import FloatArray
from metamsc.models.rare.densities import Family

_MAX_STEPS = 100
# Newton on a strictly concave function: one more step after this change would gain less than rounding.
_STEP_DONE = 1e-10


def integrated_loglik(family: Family, base: FloatArray, loading: FloatArray, n_nodes: int) -> FloatArray:
    """Return each study's log likelihood with its standard normal random effects integrated out.

    Parameters
    ----------
    family : Family
        Of k studies with m cells each.
    base : array of shape (S, k, m)
        Linear predictors without random effects, at S parameter points.
    loading : array of shape (S, k, m, d)
        What one standard deviation of each of the d random effects adds to the predictor.
    n_nodes : int
        Nodes per random effect; 1 is the Laplace approximation.

    Returns
    -------
    array of shape (S, k)
        Relative to ``family.saturated``.
    """
    u = find_modes(family, base, loading)
    root = np.linalg.cholesky(_curvature(family, base, loading, u))
    inverse = np.linalg.inv(root).swapaxes(-1, -2)
    log_scale = -np.log(np.diagonal(root, axis1=-2, axis2=-1)).sum(axis=-1)
    nodes, weights = np.polynomial.hermite_e.hermegauss(n_nodes)
    log_weights = np.log(weights) - 0.5 * np.log(2.0 * np.pi) + 0.5 * nodes**2
    d = loading.shape[-1]
    terms = []
    for chosen in product(range(n_nodes), repeat=d):
        z = nodes[list(chosen)]
        point = u + inverse @ z
        terms.append(_joint(family, base, loading, point) + log_weights[list(chosen)].sum())
    stacked = np.stack(terms)
    top = stacked.max(axis=0)
    return np.asarray(log_scale + top + np.log(np.exp(stacked - top).sum(axis=0)))


def find_modes(family: Family, base: FloatArray, loading: FloatArray) -> FloatArray:
    """Return the most probable random effects given the counts, shape (S, k, d)."""
    u = np.zeros((*base.shape[:2], loading.shape[-1]))
    value = _joint(family, base, loading, u)
    for _ in range(_MAX_STEPS):
        slope = family.slopes(base + _shift(loading, u))[0]
        gradient = np.einsum("skm,skmd->skd", slope, loading) - u
        step = np.linalg.solve(_curvature(family, base, loading, u), gradient[..., None])[..., 0]
        u, value, done = _line_search(family, base, loading, u, value, step)
        if done:
            break
    return u


def _line_search(
    family: Family, base: FloatArray, loading: FloatArray, u: FloatArray, value: FloatArray, step: FloatArray
) -> tuple[FloatArray, FloatArray, bool]:
    """Return the point after `step`, halved where it would lose, and whether no step mattered."""
    size = np.ones(value.shape)
    small = np.abs(step).max(axis=-1) < _STEP_DONE * (1.0 + np.abs(u).max(axis=-1))
    for _ in range(40):
        point = u + size[..., None] * step
        new = _joint(family, base, loading, point)
        losing = ~(new >= value - 1e-12 * (1.0 + np.abs(value))) & ~small
        if not losing.any():
            break
        size = np.where(losing, 0.5 * size, size)
    return point, new, bool(small.all())


def _shift(loading: FloatArray, u: FloatArray) -> FloatArray:
    return np.asarray(np.einsum("skmd,skd->skm", loading, u))


def _joint(family: Family, base: FloatArray, loading: FloatArray, u: FloatArray) -> FloatArray:
    """Return log probability of counts and random effects, without the normal's constant."""
    counts = family.loglik(base + _shift(loading, u)).sum(axis=-1)
    return np.asarray(counts - 0.5 * (u**2).sum(axis=-1))


def _curvature(family: Family, base: FloatArray, loading: FloatArray, u: FloatArray) -> FloatArray:
    """Return minus the Hessian of the joint log probability, shape (S, k, d, d)."""
    second = family.slopes(base + _shift(loading, u))[1]
    identity = np.eye(loading.shape[-1])
    return np.asarray(np.einsum("skm,skmd,skme->skde", second, loading, loading) + identity)
