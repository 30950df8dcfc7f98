"""What a selection model supposes of the selection: its kind, cut-points and given parameters, checked."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from metamsc.errors import InputError, check_option
from metamsc.sensitivity.bias import precision_values
from metamsc.sensitivity.selection_weights import WEIGHT_FUNCTIONS

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    FloatArray = NDArray[np.float64]

KINDS: dict[str, str] = {
    "step": "constant between cut-points of p (Hedges 1992; Vevea & Hedges 1995)",
    "beta": "p**(delta1 - 1) (1 - p)**(delta2 - 1) (Citkowicz & Vevea 2017)",
    "half-normal": "exp(-delta p**2) (Preston et al. 2004)",
    "negative-exponential": "exp(-delta p) (Preston et al. 2004)",
    "logistic": "2 exp(-delta p) / (1 + exp(-delta p)) (Preston et al. 2004)",
    "power": "(1 - p)**delta (metafor's name)",
    "negative-exponential-power": "exp(-delta1 p**(1 / delta2)) (Begg & Mazumdar 1994)",
    "truncation": "delta for effects on the wrong side of a cut-off, else 1 (Rust et al. 1990)",
}

ALTERNATIVES: dict[str, str] = {
    "greater": "large effects are significant",
    "less": "small effects are significant",
    "two-sided": "effects far from 0 on either side are significant",
}

PRECISIONS = ("se", "variance", "1/n", "1/sqrt(n)")
"""What the strength of selection may be proportional to: all are 0 in an infinitely large study."""

SIGNS = {"greater": 1, "less": -1, "two-sided": 0}
_STEPWISE = ("step", "truncation")


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectionForm:
    """One form of selection, checked.

    Attributes
    ----------
    kind, alternative : str
        Of ``KINDS`` and ``ALTERNATIVES``.
    steps : array of shape (m,)
        Upper ends of intervals of p, the last being 1; empty for a smooth kind without a threshold and
        for "truncation".
    cutoff : float or None
        Of "truncation", in the unit of the effects.
    fixed : tuple of float or None
        One entry per parameter (for "step": per interval but the first), None where it is estimated.
    precision : str or None
        What the strength of selection is proportional to.
    imprecision : array of shape (k,) or None
        That measure of each study, the largest being 1.
    """

    kind: str
    alternative: str
    steps: FloatArray
    cutoff: float | None
    fixed: tuple[float | None, ...]
    precision: str | None
    imprecision: FloatArray | None

    @property
    def is_stepwise(self) -> bool:
        """Whether the weight is constant between cut-points."""
        return self.kind in _STEPWISE

    @property
    def threshold(self) -> float:
        """P-value up to which a smooth weight is 1; 0 where there is none."""
        return float(self.steps[0]) if self.steps.size and not self.is_stepwise else 0.0

    @property
    def sign(self) -> int:
        """1 where large effects are significant, -1 where small ones are, 0 for two-sided tests."""
        return SIGNS[self.alternative]

    def loses_shape(self, strength: float) -> bool:
        """Whether the parameters after the first mean nothing: its strength of selection is 0."""
        if self.is_stepwise or len(self.fixed) < 2:
            return False
        return WEIGHT_FUNCTIONS[self.kind].by_strength and strength == 0.0

    def scaled(self, scale: float) -> SelectionForm:
        """Return the same form for effects divided by `scale`."""
        return self if self.cutoff is None else replace(self, cutoff=self.cutoff / scale)


def checked_form(
    v: FloatArray,
    *,
    kind: str,
    alternative: str,
    steps: Sequence[float] | None,
    cutoff: float | None,
    delta: Sequence[float | None] | None,
    precision: str | None,
    n_total: ArrayLike | None,
) -> SelectionForm:
    """Return the form of selection of studies with variances `v`, shape (k,).

    Raises
    ------
    InputError
        If an argument is wrong, or the kind does not use it.
    OptionError
        If an option is unknown.
    """
    check_option("kind", kind, KINDS)
    check_option("alternative", alternative, ALTERNATIVES)
    cuts = _checked_steps(kind, steps)
    return SelectionForm(
        kind=kind,
        alternative=alternative,
        steps=np.array(cuts),
        cutoff=_checked_cutoff(kind, alternative, cutoff),
        fixed=_checked_delta(kind, cuts, delta),
        precision=precision,
        imprecision=_checked_imprecision(kind, v, precision, n_total),
    )


def _checked_steps(kind: str, steps: Sequence[float] | None) -> tuple[float, ...]:
    """Return the upper ends of the intervals, the last being 1; none where the kind needs none."""
    if steps is None:
        return (0.025, 1.0) if kind == "step" else ()
    if kind != "step" and not (kind in WEIGHT_FUNCTIONS and WEIGHT_FUNCTIONS[kind].by_strength):
        raise InputError(f"steps belong to other kinds than {kind!r}; got {list(steps)!r}.")
    ends = [float(step) for step in steps]
    if not ends or ends == [1.0]:
        raise InputError("steps must hold at least one cut-point of p below 1.")
    if ends[-1] != 1.0:
        ends.append(1.0)
    if ends[0] <= 0.0 or any(b <= a for a, b in itertools.pairwise(ends)):
        raise InputError(f"steps must increase within (0, 1]; got {list(steps)!r}.")
    if kind != "step" and len(ends) != 2:
        raise InputError(f"kind {kind!r} takes one threshold of p in steps; got {list(steps)!r}.")
    return tuple(ends)


def _checked_cutoff(kind: str, alternative: str, cutoff: float | None) -> float | None:
    if kind != "truncation":
        if cutoff is not None:
            raise InputError(f"cutoff belongs to kind 'truncation'; got it with {kind!r}.")
        return None
    if alternative == "two-sided":
        raise InputError("kind 'truncation' has one good side: alternative is 'greater' or 'less'.")
    value = 0.0 if cutoff is None else float(cutoff)
    if not math.isfinite(value):
        raise InputError(f"cutoff must be a finite number; got {cutoff!r}.")
    return value


def _checked_delta(
    kind: str, cuts: tuple[float, ...], delta: Sequence[float | None] | None
) -> tuple[float | None, ...]:
    """Return one entry per parameter (for "step": per interval but the first), None where estimated."""
    if kind == "step":
        lower, n = (0.0,) * len(cuts), len(cuts)
        given = list(delta) if delta is not None else [1.0] + [None] * (n - 1)
    else:
        lower = WEIGHT_FUNCTIONS[kind].lower if kind in WEIGHT_FUNCTIONS else (0.0,)
        n = len(lower)
        given = list(delta) if delta is not None else [None] * n
    if len(given) != n:
        raise InputError(f"delta must have {n} values for this model (None to estimate); got {len(given)}.")
    for value, least in zip(given, lower, strict=True):
        if value is not None and not (math.isfinite(value) and value >= least):
            raise InputError(f"delta must be numbers >= {least:g}, or None to estimate; got {value!r}.")
    if kind != "step":
        return tuple(given)
    if given[0] not in (None, 1.0):
        raise InputError(f"delta[1] is of the first interval, the reference: 1, not {given[0]!r}.")
    return tuple(given[1:])


def _checked_imprecision(
    kind: str, v: FloatArray, precision: str | None, n_total: ArrayLike | None
) -> FloatArray | None:
    """Return what multiplies the strength of selection, as a share of the largest; None for nothing."""
    if precision is not None:
        check_option("precision", precision, PRECISIONS)
    if n_total is not None and precision not in ("1/n", "1/sqrt(n)"):
        raise InputError(f"n_total belongs to precision '1/n' or '1/sqrt(n)'; got it with {precision!r}.")
    if precision is None:
        return None
    if kind not in WEIGHT_FUNCTIONS or not WEIGHT_FUNCTIONS[kind].by_strength:
        raise InputError(f"precision belongs to kinds with a strength of selection, not to {kind!r}.")
    values = precision_values(precision, v, n_total)
    relative: FloatArray = values / values.max()
    return relative
