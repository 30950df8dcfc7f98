"""Fits a checked selection model and turns the maximum of its likelihood into a result."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from metamsc.errors import InputError
from metamsc.models.batch import make_batch
from metamsc.models.fit import fit_prepared
from metamsc.models.inputs import Design
from metamsc.sensitivity.maximum import best_of
from metamsc.sensitivity.selection_likelihood import (
    COARSE,
    Likelihood,
    SelectionData,
    SmoothLikelihood,
    StepLikelihood,
)
from metamsc.sensitivity.selection_result import SelectionModel
from metamsc.sensitivity.selection_summary import summarise
from metamsc.sensitivity.selection_weights import WEIGHT_FUNCTIONS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    Function = Callable[[FloatArray], Likelihood]

SIGNS = {"greater": 1, "less": -1, "two-sided": 0}
# Parameters beyond these say only "as strong as can be"; the search ends here and the result says so.
_MOST_STEP, _MOST_SMOOTH = 1e4, 100.0
# Smallest weight of a step with studies; its likelihood is then minus infinity at 0.
_LEAST = 1e-8
# Correlation matrices worse conditioned than this have no inverse to speak of.
_SINGULAR = 1e12
_STEP_STARTS = (1.0, 0.5, 0.1, 0.01)
# tau2 to begin from, as shares of the estimate without selection.
_TAU2_STARTS = (1.0, 0.1)


def fit_selection(
    y: FloatArray,
    v: FloatArray,
    *,
    design: Design,
    kind: str,
    alternative: str,
    steps: FloatArray,
    fixed: tuple[float | None, ...],
    tau2_method: str,
    level: float,
    several_starts: bool = True,
) -> SelectionModel:
    """Fit a model whose arguments have been checked by ``selection_model``.

    With `several_starts` False the search begins at the fit without selection only, as other software
    does, and may end in a lower maximum.
    """
    plain = fit_prepared(make_batch(y[None], v[None], None, design.X), tau2_method, "wald")
    scale = float(np.ldexp(1.0, int(np.rint(0.5 * np.log2(v.mean())))))
    X = np.ones((y.size, 1)) if design.X is None else design.X
    # Columns of length sqrt(k), so that coefficients are of comparable size; undone at the end.
    lengths = np.sqrt((X**2).mean(axis=0))
    data = SelectionData(y / scale, v / scale**2, X / lengths, SIGNS[alternative])
    p, counts = X.shape[1], np.zeros(0, dtype=np.intp)
    if kind == "step":
        step_likelihood = StepLikelihood(data, steps)
        counts = step_likelihood.counts
        search: Function = step_likelihood
        final: Function = step_likelihood
        low, high = _step_bounds(counts, fixed)
        delta_starts = [np.full(len(fixed), start) for start in _STEP_STARTS]
    else:
        weight = WEIGHT_FUNCTIONS[kind]
        search, final = SmoothLikelihood(data, weight, COARSE), SmoothLikelihood(data, weight)
        low, high = _bounds(fixed, weight.lower, _MOST_SMOOTH)
        delta_starts = [np.array(start) for start in weight.starts]
    tau2 = float(plain.tau2[0]) / scale**2
    most = max(100.0 * (tau2 + float(data.v.max())), 1e3 * float(np.var(data.y)))
    top_tau2 = 0.0 if tau2_method == "EE" else most
    lower = np.concatenate([np.full(p, -np.inf), [0.0], low])
    upper = np.concatenate([np.full(p, np.inf), [top_tau2], high])
    starts = _starts(data, tau2, delta_starts, estimate=tau2_method == "ML")
    starts = starts if several_starts else starts[:1]
    return summarise(
        best_of(search, final, starts, lower, upper),
        design=design,
        lengths=lengths,
        scale=scale,
        level=level,
        kind=kind,
        alternative=alternative,
        tau2_method=tau2_method,
        steps=steps,
        counts=counts,
        fixed=fixed,
        k=y.size,
        plain=plain,
    )


def _step_bounds(counts: NDArray[np.intp], fixed: tuple[float | None, ...]) -> tuple[FloatArray, FloatArray]:
    """Bound the weights; one of an interval without studies is 0, which nothing contradicts."""
    if counts[0] == 0 and None in fixed:
        raise InputError(
            "no study has a p-value in the first interval, to which all weights are relative; join it with "
            "the next one (leave out its step), or give all weights with delta."
        )
    low, high = _bounds(fixed, _LEAST, _MOST_STEP)
    for j, value in enumerate(fixed):
        if value is None and counts[j + 1] == 0:
            low[j] = high[j] = 0.0
    return low, high


def _bounds(fixed: tuple[float | None, ...], lower: float, most: float) -> tuple[FloatArray, FloatArray]:
    low = np.array([lower if value is None else value for value in fixed])
    high = np.array([most if value is None else value for value in fixed])
    return low, high


def _starts(
    data: SelectionData, tau2: float, deltas: list[FloatArray], *, estimate: bool
) -> list[FloatArray]:
    """Return where to begin: tau2 and coefficients without selection and with less of both."""
    found = []
    for share in _TAU2_STARTS if estimate and tau2 > 0.0 else (1.0,):
        here = share * tau2 if tau2 > 0.0 or not estimate else 0.1 * float(np.median(data.v))
        w = 1.0 / (data.v + here)
        beta = np.linalg.lstsq(np.sqrt(w)[:, None] * data.X, np.sqrt(w) * data.y, rcond=None)[0]
        for j, delta in enumerate(deltas):
            shrunk = beta if j == 0 else 0.5 * beta
            found.append(np.concatenate([shrunk, [here], delta]))
    return found
