"""Measures of a single group's mean and spread: mean, log mean, log SD."""

from __future__ import annotations

import numpy as np

from metamsc.effects.inputs import Rows
from metamsc.effects.measure import Computed, Measure, Options, VarianceFormula


def single_mean(rows: Rows, _options: Options) -> Computed:
    """MN: raw mean."""
    return rows["mean"], rows["sd"] ** 2 / rows["n"]


def log_mean(rows: Rows, _options: Options) -> Computed:
    """MNLN: log mean."""
    return np.log(rows["mean"]), rows["sd"] ** 2 / (rows["n"] * rows["mean"] ** 2)


def log_sd(rows: Rows, options: Options) -> Computed:
    """SDLN: log SD, corrected for its small-sample bias."""
    half = 1 / (2 * (rows["n"] - 1))
    return np.log(rows["sd"]) + (half if options.bias_correction else 0.0), half


MEAN_INPUTS = ("n", "mean", "sd")

MEASURES = (
    Measure(
        name="MN",
        label="Mean",
        formula="m",
        variances=(VarianceFormula("LS", "s²/n", "variance of a mean"),),
        inputs=MEAN_INPUTS,
        compute=single_mean,
        null=None,
        uses_sd=True,
    ),
    Measure(
        name="MNLN",
        label="Mean (log)",
        formula="ln m",
        variances=(VarianceFormula("LS", "s²/(n·m²)", "delta method"),),
        inputs=MEAN_INPUTS,
        compute=log_mean,
        scale="log",
        display="exp",
        null=None,
        uses_sd=True,
        positive_means=True,
    ),
    Measure(
        name="SDLN",
        label="Standard deviation (log)",
        formula="ln s + 1/(2(n−1)); the second term corrects bias",
        variances=(VarianceFormula("LS", "1/(2(n−1))", "Nakagawa et al. 2015, Methods Ecol Evol 6:143"),),
        inputs=("n", "sd"),
        compute=log_sd,
        scale="log",
        display="exp",
        null=None,
        uses_sd=True,
        has_bias_correction=True,
    ),
)
