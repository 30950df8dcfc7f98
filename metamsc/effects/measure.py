"""What an effect measure is: its names, formulas with sources, and the function that computes it.

Each family of measures (``mean_difference.py``, ``standardised.py``, ...) declares a tuple of
:class:`Measure` beside its functions; ``registry.py`` collects them. Nothing here computes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from metamsc.effects.inputs import Rows

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class VarianceFormula:
    """A sampling-variance formula: `name` is its code ("LS"), `text` the formula, `source` the paper."""

    name: str
    text: str
    source: str


@dataclass(frozen=True, slots=True)
class Options:
    """Choices of one call, checked and with the defaults of the measure filled in.

    Attributes
    ----------
    variance : str
        Code of the variance formula.
    bias_correction : bool
        Whether the small-sample bias correction is applied, where the measure has one.
    add : float
        Added to cells with the rule `to` ("only0", "all", "if0all", "none").
    to : str
        Which rows `add` goes to.
    drop00 : bool
        Whether rows without events (or with nothing but events) in both arms become missing.
    """

    variance: str
    bias_correction: bool
    add: float
    to: str
    drop00: bool


Computed = tuple[FloatArray, FloatArray]
"""`yi` and `vi`, each of shape (k,); NaN or infinite where the effect is not defined."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One effect measure.

    Attributes
    ----------
    name : str
        The field's code ("SMD").
    label : str
        What a reader sees ("Standardised mean difference (Hedges' g)").
    formula : str
        The effect in text.
    variances : tuple of VarianceFormula
        The variance formulas on offer; the first is the default. Empty for a measure that is only
        ever reported as a contrast (hazard ratio).
    inputs : tuple of str
        Keyword arguments of ``compute_effects`` it needs.
    alternative_inputs : tuple of str
        Arguments that can stand in for part of `inputs` (``se_treat``, ``se_control``).
    compute : callable or None
        Function of the rows and options; None for a contrast-only measure.
    scale : str
        Analysis scale of `yi`: "raw", "log", "standardised", "logit", "arcsine", "square-root", "z",
        "probit".
    display : str
        Name of the back-transformation to the scale shown to readers: "identity", "exp", ...
    null : float or None
        Value of no effect on the analysis scale; None where there is none (a single proportion).
    precision_axis : str
        Vertical axis of a funnel plot: "se", or "1/sqrt(n)" where the standard error depends on the
        effect itself (standardised differences: Zwetsloot et al. 2017, eLife 6:e24260).
    uses_sd : bool
        Whether an SD goes into the variance, so that a group of one is refused.
    positive_means : bool
        Whether the means must be positive (ratio scale).
    has_bias_correction : bool
        Whether `bias_correction` makes a difference.
    has_cells : bool
        Whether it is made of counts, so that `add`, `to` and `drop00` have a meaning.
    default_add : float
        What is added to zero cells unless the caller says otherwise.
    """

    name: str
    label: str
    formula: str
    variances: tuple[VarianceFormula, ...]
    inputs: tuple[str, ...]
    compute: Callable[[Rows, Options], Computed] | None
    scale: str = "raw"
    display: str = "identity"
    null: float | None = 0.0
    precision_axis: str = "se"
    alternative_inputs: tuple[str, ...] = ()
    uses_sd: bool = False
    positive_means: bool = False
    has_bias_correction: bool = False
    has_cells: bool = False
    default_add: float = 0.0

    @property
    def is_ratio(self) -> bool:
        """Whether it is a log ratio shown as a ratio, on a log axis."""
        return self.display == "exp" and self.null is not None

    @property
    def default_variance(self) -> str | None:
        """Code of the variance formula used unless another is asked for."""
        return self.variances[0].name if self.variances else None

    def variance_formula(self, name: str) -> VarianceFormula:
        """Return the variance formula with this code; the caller has checked that there is one."""
        return next(formula for formula in self.variances if formula.name == name)
