"""Measures of a single group: proportions and incidence rates, raw and transformed. None has a null value."""

from __future__ import annotations

import numpy as np

from metamsc.effects.inputs import Rows
from metamsc.effects.measure import Computed, FloatArray, Measure, Options, VarianceFormula
from metamsc.effects.zero_cells import adjust_cells


def _counts(rows: Rows, options: Options) -> tuple[FloatArray, FloatArray]:
    """Return events and non-events, added to where the rule says so."""
    events, others = adjust_cells(rows, (rows["events"], rows["n"] - rows["events"]), options)
    return events, others


def proportion(rows: Rows, options: Options) -> Computed:
    """PR: raw proportion."""
    events, others = _counts(rows, options)
    n = events + others
    p = events / n
    if options.variance == "UB":
        return p, p * (1 - p) / (n - 1)
    average = np.nansum(events) / np.nansum(n) if options.variance == "AV" else p
    return p, average * (1 - average) / n


def log_proportion(rows: Rows, options: Options) -> Computed:
    """PLN: log proportion."""
    events, others = _counts(rows, options)
    n = events + others
    expected = n * np.nansum(events) / np.nansum(n) if options.variance == "AV" else events
    return np.log(events / n), 1 / expected - 1 / n


def logit_proportion(rows: Rows, options: Options) -> Computed:
    """PLO: log odds."""
    events, others = _counts(rows, options)
    n = events + others
    expected = n * np.nansum(events) / np.nansum(n) if options.variance == "AV" else events
    return np.log(events / others), 1 / expected + 1 / (n - expected)


def arcsine_proportion(rows: Rows, options: Options) -> Computed:
    """PAS: arcsine square root of the proportion."""
    events, others = _counts(rows, options)
    n = events + others
    return np.arcsin(np.sqrt(events / n)), 1 / (4 * n)


def freeman_tukey_proportion(rows: Rows, options: Options) -> Computed:
    """PFT: Freeman-Tukey double arcsine of the proportion."""
    events, others = _counts(rows, options)
    n = events + others
    low, high = np.sqrt(events / (n + 1)), np.sqrt((events + 1) / (n + 1))
    return (np.arcsin(low) + np.arcsin(high)) / 2, 1 / (4 * n + 2)


def _events(rows: Rows, options: Options) -> FloatArray:
    """Return the events, added to where the rule says so."""
    return adjust_cells(rows, (rows["events"],), options)[0]


def incidence_rate(rows: Rows, options: Options) -> Computed:
    """IR: raw incidence rate."""
    events = _events(rows, options)
    return events / rows["time"], events / rows["time"] ** 2


def log_incidence_rate(rows: Rows, options: Options) -> Computed:
    """IRLN: log incidence rate."""
    events = _events(rows, options)
    return np.log(events / rows["time"]), 1 / events


def root_incidence_rate(rows: Rows, options: Options) -> Computed:
    """IRS: square root of the incidence rate."""
    return np.sqrt(_events(rows, options) / rows["time"]), 1 / (4 * rows["time"])


def freeman_tukey_incidence_rate(rows: Rows, options: Options) -> Computed:
    """IRFT: Freeman-Tukey transformed incidence rate."""
    events = _events(rows, options)
    yi = (np.sqrt(events / rows["time"]) + np.sqrt((events + 1) / rows["time"])) / 2
    return yi, 1 / (4 * rows["time"])


PROPORTION_INPUTS = ("events", "n")
RATE_INPUTS = ("events", "time")
_DELTA = "delta method for a binomial count"
_AVERAGE = "assuming one common proportion"
_POISSON = "delta method for a Poisson count; Rothman et al. 2008, Modern Epidemiology"
_FREEMAN = "Freeman & Tukey 1950, Ann Math Stat 21:607"

MEASURES = (
    Measure(
        name="PR",
        label="Proportion",
        formula="p = x/n",
        variances=(
            VarianceFormula("LS", "p(1−p)/n", "binomial variance"),
            VarianceFormula("UB", "p(1−p)/(n−1)", "unbiased version of the same"),
            VarianceFormula("AV", "p̄(1−p̄)/n, p̄ over all rows", _AVERAGE),
        ),
        inputs=PROPORTION_INPUTS,
        compute=proportion,
        null=None,
        has_cells=True,
        default_add=0.5,
    ),
    Measure(
        name="PLN",
        label="Proportion (log)",
        formula="ln p",
        variances=(
            VarianceFormula("LS", "1/x − 1/n", _DELTA),
            VarianceFormula("AV", "1/(np̄) − 1/n, p̄ over all rows", _AVERAGE),
        ),
        inputs=PROPORTION_INPUTS,
        compute=log_proportion,
        scale="log",
        display="exp",
        null=None,
        has_cells=True,
        default_add=0.5,
    ),
    Measure(
        name="PLO",
        label="Proportion (logit)",
        formula="ln(p/(1−p))",
        variances=(
            VarianceFormula("LS", "1/x + 1/(n−x)", _DELTA),
            VarianceFormula("AV", "1/(np̄) + 1/(n(1−p̄)), p̄ over all rows", _AVERAGE),
        ),
        inputs=PROPORTION_INPUTS,
        compute=logit_proportion,
        scale="logit",
        display="logistic",
        null=None,
        has_cells=True,
        default_add=0.5,
    ),
    Measure(
        name="PAS",
        label="Proportion (arcsine)",
        formula="arcsin√p",
        variances=(VarianceFormula("LS", "1/(4n)", _DELTA),),
        inputs=PROPORTION_INPUTS,
        compute=arcsine_proportion,
        scale="arcsine",
        display="sine-squared",
        null=None,
        has_cells=True,
    ),
    Measure(
        name="PFT",
        label="Proportion (Freeman-Tukey double arcsine)",
        formula="½(arcsin√(x/(n+1)) + arcsin√((x+1)/(n+1)))",
        variances=(VarianceFormula("LS", "1/(4n+2)", _FREEMAN),),
        inputs=PROPORTION_INPUTS,
        compute=freeman_tukey_proportion,
        scale="arcsine",
        display="freeman-tukey-proportion",
        null=None,
        has_cells=True,
    ),
    Measure(
        name="IR",
        label="Incidence rate",
        formula="x/t",
        variances=(VarianceFormula("LS", "x/t²", _POISSON),),
        inputs=RATE_INPUTS,
        compute=incidence_rate,
        null=None,
        has_cells=True,
        default_add=0.5,
    ),
    Measure(
        name="IRLN",
        label="Incidence rate (log)",
        formula="ln(x/t)",
        variances=(VarianceFormula("LS", "1/x", _POISSON),),
        inputs=RATE_INPUTS,
        compute=log_incidence_rate,
        scale="log",
        display="exp",
        null=None,
        has_cells=True,
        default_add=0.5,
    ),
    Measure(
        name="IRS",
        label="Incidence rate (square root)",
        formula="√(x/t)",
        variances=(VarianceFormula("LS", "1/(4t)", _POISSON),),
        inputs=RATE_INPUTS,
        compute=root_incidence_rate,
        scale="square-root",
        display="square",
        null=None,
        has_cells=True,
    ),
    Measure(
        name="IRFT",
        label="Incidence rate (Freeman-Tukey)",
        formula="½(√(x/t) + √((x+1)/t))",
        variances=(VarianceFormula("LS", "1/(4t)", _FREEMAN),),
        inputs=RATE_INPUTS,
        compute=freeman_tukey_incidence_rate,
        scale="square-root",
        display="freeman-tukey-rate",
        null=None,
        has_cells=True,
    ),
)
