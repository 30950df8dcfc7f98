"""Looks for the effect of missing trials, nearest to the present estimate, that changes a conclusion."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtri, stdtr

from metamsc.models.fit import fit_batch
from metamsc.models.inference import critical_value
from metamsc.models.results import PooledResult
from metamsc.sensitivity.missing_result import TippingPoint

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    Curve = Callable[[FloatArray, FloatArray], FloatArray]

# How far a search goes, in prediction standard deviations from the estimate, and its grid: fine near the
# estimate, where the answer matters.
_REACH, _GRID = 50.0, 400


class Search:
    """The pool with missing trials of one effect in it, as a function of that effect."""

    def __init__(
        self, y: FloatArray, v: FloatArray, new_v: FloatArray, now: PooledResult, options: dict[str, Any]
    ) -> None:
        self.y, self.v, self.new_v, self.now, self.options = y, v, new_v, now, options
        self.tau2 = now.heterogeneity.tau2
        w = 1.0 / (v + self.tau2)
        self.S, self.Sy = float(w.sum()), float((w * y).sum())
        self.M = float((1.0 / (new_v + self.tau2)).sum())
        self.z = -float(ndtri(0.5 * (1.0 - options["level"])))
        self.significant = now.ci.low > 0.0 or now.ci.high < 0.0
        # Where there is no heterogeneity to speak of, the trials' own errors set the scale.
        self.spread = math.sqrt(self.tau2 + now.se**2) or math.sqrt(float(np.median(v)))
        df = float(y.size + new_v.size - 1)
        self.quantile = critical_value(options["level"], None if options["ci_method"] == "wald" else df)

    def pooled(self, effects: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return estimates and half-widths of the intervals with missing trials of these effects."""
        new = np.repeat(effects[:, None], self.new_v.size, axis=1)
        yi = np.concatenate([np.broadcast_to(self.y, (effects.size, self.y.size)), new], axis=1)
        vi = np.broadcast_to(np.append(self.v, self.new_v), yi.shape)
        fit = fit_batch(yi, vi, tau2_method=self.options["tau2_method"], ci_method=self.options["ci_method"])
        half = self.quantile * np.sqrt(np.maximum(fit.cov[:, 0, 0], 0.0))
        return fit.estimate[:, 0], half

    def significant_if_alike(self) -> bool:
        """Say whether the pool is significant when the missing trials show the present estimate."""
        estimate, half = self.pooled(np.array([self.now.estimate]))
        return bool(abs(estimate[0]) > half[0])

    def passing(self, change: str, goal: float) -> TippingPoint:
        """Return where the estimate passes `goal`."""
        held = (goal * (self.S + self.M) - self.Sy) / self.M
        way = math.copysign(1.0, goal - self.now.estimate)
        return self._point(change, self._nearest(lambda estimate, _: estimate - goal, (way,)), held)

    def significance(self) -> TippingPoint:
        """Return where significance is lost, or gained."""
        half = self.z * math.sqrt(self.S + self.M)
        ends = [(half - self.Sy) / self.M, (-half - self.Sy) / self.M]
        side = math.copysign(1.0, self.now.estimate)
        if self.significant:
            found = self._nearest(lambda estimate, half: side * estimate - half, (-side, side))
            return self._point("loses significance", found, ends[0] if side > 0 else ends[1])
        held = min(ends, key=lambda end: abs(end - self.now.estimate))
        found = self._nearest(lambda estimate, half: np.abs(estimate) - half, (-1.0, 1.0))
        return self._point("becomes significant", found, held)

    def _nearest(self, curve: Curve, ways: tuple[float, ...]) -> float | None:
        """Return the root of a curve nearest to the estimate, in the directions `ways`."""
        steps = self.spread * _REACH * np.linspace(0.0, 1.0, _GRID + 1) ** 2
        found: list[tuple[float, float]] = []
        for way in ways:
            effects = self.now.estimate + way * steps
            positive = curve(*self.pooled(effects)) > 0.0
            crossing = np.flatnonzero(positive[1:] != positive[:-1])
            if crossing.size:
                j = int(crossing[0])
                root = self._root(curve, float(effects[j]), float(effects[j + 1]))
                found.append((abs(root - self.now.estimate), root))
        return min(found)[1] if found else None

    def _root(self, curve: Curve, low: float, high: float) -> float:
        def value(effect: float) -> float:
            return float(curve(*self.pooled(np.array([effect])))[0])

        return float(brentq(value, low, high, xtol=1e-13 * self.spread))

    def _point(self, change: str, effect: float | None, held: float) -> TippingPoint:
        if effect is None:
            return TippingPoint(change=change, effect=None, effect_tau2_held=held, distance=None, chance=None)
        distance = (effect - self.now.estimate) / self.spread
        return TippingPoint(
            change=change,
            effect=effect,
            effect_tau2_held=held,
            distance=distance,
            chance=float(stdtr(self.y.size - 1, -abs(distance))),
        )

    def null_trials(self, typical: float) -> int | None:
        """Return how many median trials without an effect would undo significance."""
        if not self.significant:
            return None
        weight = 1.0 / (typical + self.tau2)
        return max(0, math.ceil(((self.Sy / self.z) ** 2 - self.S) / weight * (1.0 - 1e-12)))
