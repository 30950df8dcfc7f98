"""The maximum of a smooth function of few variables with lower and upper bounds, from several starts.

Newton's method with exact derivatives, damped (Levenberg) until a step climbs; variables at a bound whose
gradient points outwards are held there. A handful of variables, at most some dozens of steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    BoolArray = NDArray[np.bool_]

_STEPS = 300
# The rise that a Newton step promises, beside the value: below the first only rounding is left; a maximum
# that is only to be compared with others may be as rough as the second.
_NO_RISE, _ROUGH_RISE = 1e-14, 1e-6
_MOST_DAMPING = 1e12


class Curve(Protocol):
    """A value with gradient and Hessian."""

    @property
    def value(self) -> float:
        """Return the value."""
        ...

    @property
    def gradient(self) -> FloatArray:
        """Return the first derivatives, shape (n,)."""
        ...

    @property
    def hessian(self) -> FloatArray:
        """Return the second derivatives, shape (n, n)."""
        ...


@dataclass(frozen=True, slots=True)
class Maximum:
    """Where the function is largest.

    `held` marks variables at a bound (or fixed), `settled` is whether the search came to rest.
    """

    x: FloatArray
    value: float
    gradient: FloatArray
    hessian: FloatArray
    held: BoolArray
    settled: bool


def climb(
    function: Callable[[FloatArray], Curve],
    start: FloatArray,
    low: FloatArray,
    high: FloatArray,
    *,
    least_rise: float = _NO_RISE,
) -> Maximum:
    """Climb from `start` to a local maximum of `function` within [low, high].

    A variable with ``low == high`` stays where it is. The search ends when the next step promises less
    than `least_rise` (1 + abs(value)).
    """
    x = np.clip(start, low, high)
    at = function(x)
    damping = 1e-3
    for _ in range(_STEPS):
        held = ((x <= low) & (at.gradient <= 0.0)) | ((x >= high) & (at.gradient >= 0.0)) | (low == high)
        free = np.flatnonzero(~held)
        if not free.size:
            return Maximum(x, at.value, at.gradient, at.hessian, held, settled=True)
        moved = None
        while moved is None and damping <= _MOST_DAMPING:
            step, rise = _step(at, free, damping)
            if step is not None and damping <= 1e-2 and rise <= least_rise * (1.0 + abs(at.value)):
                return _last_step(function, x, at, free, held, low, high)
            moved = None if step is None else _tried(function, x, free, step, at.value, low, high)
            damping = max(damping / 10.0, 1e-12) if moved is not None else max(damping * 10.0, 1e-9)
        if moved is None:  # no step climbs: the top, as far as rounding lets it be seen
            return Maximum(x, at.value, at.gradient, at.hessian, held, settled=_flat(at, free))
        x, at = moved
    return Maximum(x, at.value, at.gradient, at.hessian, held, settled=False)


def _last_step(
    function: Callable[[FloatArray], Curve],
    x: FloatArray,
    at: Curve,
    free: NDArray[np.intp],
    held: BoolArray,
    low: FloatArray,
    high: FloatArray,
) -> Maximum:
    """Take the plain Newton step that remains: its gain is below rounding, its reach in x is not."""
    step, _ = _step(at, free, 0.0)
    if step is not None:
        proposal = x.copy()
        proposal[free] += step
        if (proposal >= low).all() and (proposal <= high).all():
            there = function(proposal)
            if there.value >= at.value - 1e-12 * (1.0 + abs(at.value)):
                x, at = proposal, there
    return Maximum(x, at.value, at.gradient, at.hessian, held, settled=True)


def _step(at: Curve, free: NDArray[np.intp], damping: float) -> tuple[FloatArray | None, float]:
    """Return the damped Newton step of the free variables and the rise it promises."""
    g = at.gradient[free]
    curvature = -at.hessian[np.ix_(free, free)]
    size = np.maximum(np.abs(np.diag(curvature)), 1e-12 * max(1.0, float(np.abs(curvature).max())))
    try:
        factor = np.linalg.cholesky(curvature / np.sqrt(np.outer(size, size)) + damping * np.eye(free.size))
    except np.linalg.LinAlgError:
        return None, 0.0
    scaled = np.linalg.solve(factor, g / np.sqrt(size))
    step = np.linalg.solve(factor.T, scaled) / np.sqrt(size)
    return step, float(scaled @ scaled)


def _tried(
    function: Callable[[FloatArray], Curve],
    x: FloatArray,
    free: NDArray[np.intp],
    step: FloatArray,
    value: float,
    low: FloatArray,
    high: FloatArray,
) -> tuple[FloatArray, Curve] | None:
    proposal = x.copy()
    proposal[free] = np.clip(x[free] + step, low[free], high[free])
    if (proposal == x).all():
        return None
    there = function(proposal)
    good = np.isfinite(there.value) and np.isfinite(there.hessian).all() and there.value > value
    return (proposal, there) if good else None


def _flat(at: Curve, free: NDArray[np.intp]) -> bool:
    """Say whether the undamped step promises no more than rounding."""
    step, rise = _step(at, free, 1e-12)
    return step is not None and rise <= 1e-9 * (1.0 + abs(at.value))


def best_of(
    rough: Callable[[FloatArray], Curve],
    exact: Callable[[FloatArray], Curve],
    starts: Iterable[FloatArray],
    low: FloatArray,
    high: FloatArray,
) -> Maximum:
    """Return the highest of the maxima reached from `starts`.

    The search runs on `rough`; the places it ends in are compared, and the best refined, on `exact`.
    """
    ends = [climb(rough, start, low, high, least_rise=_ROUGH_RISE).x for start in starts]
    values = [exact(end).value for end in ends]
    best = max(range(len(ends)), key=lambda j: values[j] if np.isfinite(values[j]) else -np.inf)
    return climb(exact, ends[best], low, high)
