"""Fits a checked selection model and turns the maximum of its likelihood into a result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from metamsc.errors import InputError
from metamsc.models.batch import make_batch
from metamsc.models.fit import fit_prepared
from metamsc.models.inputs import Design
from metamsc.sensitivity.maximum import Maximum, best_of
from metamsc.sensitivity.selection_form import SelectionForm
from metamsc.sensitivity.selection_likelihood import COARSE, FINE, Likelihood, SelectionData, SmoothLikelihood
from metamsc.sensitivity.selection_result import SelectionModel
from metamsc.sensitivity.selection_steps import StepLikelihood
from metamsc.sensitivity.selection_summary import summarise
from metamsc.sensitivity.selection_weights import WEIGHT_FUNCTIONS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

Function: TypeAlias = "Callable[[FloatArray], Likelihood]"

# Parameters beyond these say only "as strong as can be"; the search ends here and the result says so.
_MOST_STEP, _MOST_SMOOTH = 1e4, 100.0
# Smallest weight of a step with studies; its likelihood is then minus infinity at 0.
_LEAST = 1e-8
_STEP_STARTS = (1.0, 0.5, 0.1, 0.01)
# tau2 to begin from, as shares of the estimate without selection.
_TAU2_STARTS = (1.0, 0.1)


def fit_selection(
    y: FloatArray,
    v: FloatArray,
    form: SelectionForm,
    *,
    design: Design,
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
    data = SelectionData(y / scale, v / scale**2, X / lengths, form.sign)
    search = _search(data, form.scaled(scale))
    tau2 = float(plain.tau2[0]) / scale**2
    most = max(100.0 * (tau2 + float(data.v.max())), 1e3 * float(np.var(data.y)))
    top_tau2 = 0.0 if tau2_method == "EE" else most
    p = X.shape[1]
    lower = np.concatenate([np.full(p, -np.inf), [0.0], search.low])
    upper = np.concatenate([np.full(p, np.inf), [top_tau2], search.high])
    starts = _starts(data, tau2, search.starts, estimate=tau2_method == "ML")
    starts = starts if several_starts else starts[:1]
    top = best_of(search.rough, search.exact, starts, lower, upper)
    return summarise(
        _without_meaning_held(top, form, p),
        form,
        design=design,
        lengths=lengths,
        scale=scale,
        level=level,
        tau2_method=tau2_method,
        counts=search.counts,
        k=y.size,
        plain=plain,
    )


@dataclass(frozen=True, slots=True)
class _Search:
    """Likelihoods to search on and to end on, bounds and starts of the parameters, studies per interval."""

    rough: Function
    exact: Function
    low: FloatArray
    high: FloatArray
    starts: list[FloatArray]
    counts: NDArray[np.intp]


def _search(data: SelectionData, form: SelectionForm) -> _Search:
    """Return what is searched, for effects on the working scale."""
    if form.is_stepwise:
        steps = form.steps if form.kind == "step" else None
        function = StepLikelihood(data, steps, cutoff=form.cutoff or 0.0)
        low, high = _step_bounds(function.counts, form)
        starts = [np.full(len(form.fixed), start) for start in _STEP_STARTS]
        return _Search(function, function, low, high, starts, function.counts)
    weight = WEIGHT_FUNCTIONS[form.kind]
    rough, exact = (
        SmoothLikelihood(data, weight, points, threshold=form.threshold, imprecision=form.imprecision)
        for points in (COARSE, FINE)
    )
    low, high = _bounds(form.fixed, weight.lower, _MOST_SMOOTH)
    return _Search(
        rough, exact, low, high, [np.array(start) for start in weight.starts], _threshold_counts(data, form)
    )


def _threshold_counts(data: SelectionData, form: SelectionForm) -> NDArray[np.intp]:
    """Count the studies on both sides of a threshold; empty where there is none."""
    if not form.threshold:
        return np.zeros(0, dtype=np.intp)
    beyond = int((data.p_values(data.y, np.sqrt(data.v)) > form.threshold).sum())
    if None in form.fixed and beyond in (0, data.y.size):
        side = "above" if beyond == 0 else "up to"
        raise InputError(
            f"no study has a p-value {side} {form.threshold:g}: with that threshold nothing shows how "
            "strong selection is; choose another, or give delta."
        )
    return np.array([data.y.size - beyond, beyond], dtype=np.intp)


def _without_meaning_held(top: Maximum, form: SelectionForm, p: int) -> Maximum:
    """Hold the further parameters of a kind whose strength is 0: the likelihood does not depend on them."""
    if not form.fixed or not form.loses_shape(float(top.x[p + 1])):
        return top
    held = top.held.copy()
    held[p + 2 :] = True
    return replace(top, held=held)


def _step_bounds(counts: NDArray[np.intp], form: SelectionForm) -> tuple[FloatArray, FloatArray]:
    """Bound the weights; one of an interval without studies is 0, which nothing contradicts."""
    fixed = form.fixed
    if counts[0] == 0 and None in fixed:
        if form.kind == "truncation":
            raise InputError(
                "no effect lies on the good side of the cut-off, to which the others are relative; choose "
                "another cutoff or alternative, or give delta."
            )
        raise InputError(
            "no study has a p-value in the first interval, to which all weights are relative; join it with "
            "the next one (leave out its step), or give all weights with delta."
        )
    low, high = _bounds(fixed, (_LEAST,) * len(fixed), _MOST_STEP)
    for j, value in enumerate(fixed):
        if value is None and counts[j + 1] == 0:
            low[j] = high[j] = 0.0
    return low, high


def _bounds(
    fixed: tuple[float | None, ...], lower: tuple[float, ...], most: float
) -> tuple[FloatArray, FloatArray]:
    low = np.array([least if value is None else value for value, least in zip(fixed, lower, strict=True)])
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
