"""Incidence rates compared between two arms: ratio, differences; and hazard ratios as reported."""

from __future__ import annotations

import numpy as np

from metamsc.effects.inputs import Rows
from metamsc.effects.measure import Computed, FloatArray, Measure, Options, VarianceFormula
from metamsc.effects.zero_cells import adjust_cells

RATE_INPUTS = ("events_treat", "time_treat", "events_control", "time_control")


def _events(rows: Rows, options: Options) -> tuple[FloatArray, FloatArray]:
    """Return the events of both arms, after dropping double-zero rows and adding as asked."""
    treat, control = rows["events_treat"], rows["events_control"]
    if options.drop00:
        rows.drop((treat == 0) & (control == 0), "dropped: no events in both arms")
    treat, control = adjust_cells(rows, (treat, control), options)
    return treat, control


def log_rate_ratio(rows: Rows, options: Options) -> Computed:
    """IRR: log of treated over control incidence rate."""
    treat, control = _events(rows, options)
    return np.log(treat / rows["time_treat"]) - np.log(
        control / rows["time_control"]
    ), 1 / treat + 1 / control


def rate_difference(rows: Rows, options: Options) -> Computed:
    """IRD: treated minus control incidence rate."""
    treat, control = _events(rows, options)
    time_treat, time_control = rows["time_treat"], rows["time_control"]
    return treat / time_treat - control / time_control, treat / time_treat**2 + control / time_control**2


def root_rate_difference(rows: Rows, options: Options) -> Computed:
    """IRSD: difference of the square roots of the incidence rates."""
    treat, control = _events(rows, options)
    time_treat, time_control = rows["time_treat"], rows["time_control"]
    return np.sqrt(treat / time_treat) - np.sqrt(control / time_control), 1 / (4 * time_treat) + 1 / (
        4 * time_control
    )


_POISSON = "delta method for Poisson counts; Rothman et al. 2008, Modern Epidemiology"

MEASURES = (
    Measure(
        name="IRR",
        label="Incidence rate ratio",
        formula="ln((x₁/t₁)/(x₂/t₂))",
        variances=(VarianceFormula("LS", "1/x₁ + 1/x₂", _POISSON),),
        inputs=RATE_INPUTS,
        compute=log_rate_ratio,
        scale="log",
        display="exp",
        has_cells=True,
        default_add=0.5,
    ),
    Measure(
        name="IRD",
        label="Incidence rate difference",
        formula="x₁/t₁ − x₂/t₂",
        variances=(VarianceFormula("LS", "x₁/t₁² + x₂/t₂²", _POISSON),),
        inputs=RATE_INPUTS,
        compute=rate_difference,
        has_cells=True,
        default_add=0.5,
    ),
    Measure(
        name="IRSD",
        label="Incidence rate difference (square root)",
        formula="√(x₁/t₁) − √(x₂/t₂)",
        variances=(VarianceFormula("LS", "1/(4t₁) + 1/(4t₂)", _POISSON),),
        inputs=RATE_INPUTS,
        compute=root_rate_difference,
        scale="square-root",
        has_cells=True,
    ),
    Measure(
        name="HR",
        label="Hazard ratio",
        formula="ln HR, as reported (not computed from arms)",
        variances=(),
        inputs=(),
        compute=None,
        scale="log",
        display="exp",
    ),
)
