"""The same numbers from an independent engine: PyMARE recomputes what `pool` reports.

Nothing of ours takes part in the recomputation but the input checks, which PyMARE does not make. What
it has no method for is said as a value, never guessed. PyMARE is imported only when asked for: it
brings sympy with it and costs nearly two seconds.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from metamsc.models.batch import FloatArray
from metamsc.models.inputs import check_design, check_effects
from metamsc.models.results import PooledResult

ENGINE = "PyMARE"
_CORRECTIONS = {"wald": "wald", "hksj": "knapp-hartung", "hksj-adhoc": "knapp-hartung-conservative"}
_ESTIMATORS = ("EE", "DL", "HE", "ML", "REML")
# PyMARE's likelihood search stops at this tolerance of tau2; differences below it are its rounding.
_XTOL = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One quantity by both engines; `relative` is |ours - theirs| / max(|ours|, |theirs|)."""

    quantity: str
    ours: float
    theirs: float
    relative: float


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineComparison:
    """What the second engine says of one result.

    `available` is False where it has no such method; `reason` then says why, and `differences` is
    empty. `largest` is the largest relative difference.
    """

    engine: str
    available: bool
    reason: str | None
    differences: tuple[Difference, ...]
    largest: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name, differences as dicts."""
        return {
            "engine": self.engine,
            "available": self.available,
            "reason": self.reason,
            "differences": [
                {name: getattr(d, name) for name in ("quantity", "ours", "theirs", "relative")}
                for d in self.differences
            ],
            "largest": self.largest,
        }


def compare_engines(
    yi: ArrayLike,
    vi: ArrayLike,
    result: PooledResult,
    *,
    X: ArrayLike | None = None,
    names: Sequence[str] | None = None,
) -> EngineComparison:
    """Recompute `result` from its data with PyMARE and return every difference.

    Parameters
    ----------
    yi, vi, X, names
        What `result` was pooled from.
    result : PooledResult
        Estimated, with inverse-variance weights; one with a given tau2 or own weights differs from
        what PyMARE estimates, and shows it.
        Estimated, with inverse-variance weights; one with a given tau2 or own weights differs from
        what PyMARE estimates, and shows it.

    Returns
    -------
    EngineComparison
        Compared are tau2, and for each coefficient estimate, se and both ends of its interval.

    Raises
    ------
    InputError
        The arrays are not ones that `pool` accepts.
    """
    y, v = check_effects(yi, vi)
    design = check_design(X, names, y.size)
    reason = _unavailable(result, y.size)
    if reason is not None:
        return EngineComparison(engine=ENGINE, available=False, reason=reason, differences=(), largest=None)
    matrix = np.ones((y.size, 1)) if design.X is None else design.X
    theirs = _recompute(y, v, matrix, result)
    ours: dict[str, float] = {"tau2": result.heterogeneity.tau2}
    for c in result.coefficients:
        values = {"estimate": c.estimate, "se": c.se, "ci.low": c.ci.low, "ci.high": c.ci.high}
        ours.update({f"{c.name}: {quantity}": value for quantity, value in values.items()})
    # Relative to the typical size of an effect here, so that a tau2 or a limit near 0 is not blown up.
    # An interval that PyMARE leaves undefined (all residuals 0) is not a difference.
    differences = tuple(
        _difference(name, ours[name], theirs[name], floor=_floor(name, v))
        for name in ours
        if np.isfinite(theirs[name])
    )
    largest = max(d.relative for d in differences)
    return EngineComparison(
        engine=ENGINE, available=True, reason=None, differences=differences, largest=largest
    )


def _unavailable(result: PooledResult, k: int) -> str | None:
    """Say why PyMARE cannot recompute `result`, or None if it can."""
    if k == 1:
        return "nothing was pooled (k = 1)"
    if result.tau2_method not in _ESTIMATORS:
        return f"tau2_method {result.tau2_method} is not available in the second engine"
    if result.ci_method not in _CORRECTIONS:
        return f"ci_method {result.ci_method} is not available in the second engine"
    return None


def _recompute(y: FloatArray, v: FloatArray, X: FloatArray, result: PooledResult) -> dict[str, float]:
    """Return tau2 and every coefficient's numbers by PyMARE, in the names of `compare_engines`."""
    with warnings.catch_warnings():
        # PyMARE opens a data file on import without closing it; its small-sample advice is ours to give.
        warnings.simplefilter("ignore")
        from pymare import Dataset
        from pymare.estimators import (
            DerSimonianLaird,
            Hedges,
            VarianceBasedLikelihoodEstimator,
            WeightedLeastSquares,
        )

        correction = _CORRECTIONS[result.ci_method]
        method = result.tau2_method
        if method in ("ML", "REML"):
            estimator = VarianceBasedLikelihoodEstimator(
                method=method.lower(), small_sample_correction=correction, xtol=_XTOL
            )
        elif method == "EE":
            estimator = WeightedLeastSquares(tau2=0.0, small_sample_correction=correction)
        else:
            estimator = {"DL": DerSimonianLaird, "HE": Hedges}[method](small_sample_correction=correction)
        labels = [c.name for c in result.coefficients]
        estimator.fit_dataset(Dataset(y, v, X, X_names=labels, add_intercept=False))
        summary = estimator.summary()
        stats = summary.get_fe_stats(alpha=1.0 - result.level)
    tau2 = 0.0 if summary.tau2 is None else float(np.ravel(summary.tau2)[0])
    theirs = {"tau2": tau2}
    for j, name in enumerate(labels):
        for quantity, key in (("estimate", "est"), ("se", "se"), ("ci.low", "ci_l"), ("ci.high", "ci_u")):
            theirs[f"{name}: {quantity}"] = float(np.asarray(stats[key])[j, 0])
    return theirs


def _floor(name: str, v: FloatArray) -> float:
    """Return the size below which a value counts as 0: a millionth of what sampling error alone makes."""
    typical = float(np.median(v))
    return 1e-6 * typical if name == "tau2" else 1e-6 * float(np.sqrt(typical / v.size))


def _difference(name: str, ours: float, theirs: float, floor: float) -> Difference:
    size = max(abs(ours), abs(theirs), floor)
    return Difference(quantity=name, ours=ours, theirs=theirs, relative=abs(ours - theirs) / size)
