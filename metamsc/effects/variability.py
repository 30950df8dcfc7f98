"""Log ratios of variability: SDs (VR, VRC) and coefficients of variation (CVR, CVRC)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from metamsc.effects.inputs import Rows
from metamsc.effects.mean_difference import ARM_INPUTS, PAIRED_INPUTS
from metamsc.effects.measure import Computed, Measure, Options, VarianceFormula
from metamsc.effects.ratio_of_means import log_mean_ratio, log_mean_ratio_change


def log_sd_ratio(rows: Rows, options: Options) -> Computed:
    """VR: log of treated over control SD."""
    half_treat = 1 / (2 * (rows["n_treat"] - 1))
    half_control = 1 / (2 * (rows["n_control"] - 1))
    yi = np.log(rows["sd_treat"] / rows["sd_control"])
    if options.bias_correction:
        yi = yi + half_treat - half_control
    return yi, half_treat + half_control


def log_cv_ratio(rows: Rows, options: Options) -> Computed:
    """CVR: log of treated over control coefficient of variation, the log SD ratio less the log mean ratio."""
    options = replace(options, variance="LS")
    sd_ratio, sd_variance = log_sd_ratio(rows, options)
    mean_ratio, mean_variance = log_mean_ratio(rows, options)
    return sd_ratio - mean_ratio, sd_variance + mean_variance


def log_sd_ratio_change(rows: Rows, _options: Options) -> Computed:
    """VRC: log of the SD after over the SD before in one group."""
    yi = np.log(rows["sd_post"] / rows["sd_pre"])
    return yi, (1 - rows["r"] ** 2) / (rows["n"] - 1)


def log_cv_ratio_change(rows: Rows, options: Options) -> Computed:
    """CVRC: log of the coefficient of variation after over before in one group."""
    sd_ratio, sd_variance = log_sd_ratio_change(rows, options)
    mean_ratio, mean_variance = log_mean_ratio_change(rows, options)
    return sd_ratio - mean_ratio, sd_variance + mean_variance


_NAKAGAWA = "Nakagawa et al. 2015, Methods Ecol Evol 6:143"
_SENIOR = "Senior, Viechtbauer & Nakagawa 2020, Res Synth Methods 11:553"

MEASURES = (
    Measure(
        name="VR",
        label="Variability ratio",
        formula="ln(s₁/s₂) + 1/(2(n₁−1)) − 1/(2(n₂−1))",
        variances=(VarianceFormula("LS", "1/(2(n₁−1)) + 1/(2(n₂−1))", _NAKAGAWA),),
        inputs=("n_treat", "sd_treat", "n_control", "sd_control"),
        compute=log_sd_ratio,
        scale="log",
        display="exp",
        uses_sd=True,
        has_bias_correction=True,
    ),
    Measure(
        name="CVR",
        label="Coefficient of variation ratio",
        formula="VR − ROM, both with their bias corrections",
        variances=(
            VarianceFormula(
                "LS",
                "1/(2(n₁−1)) + 1/(2(n₂−1)) + s₁²/(n₁m₁²) + s₂²/(n₂m₂²)",
                f"{_NAKAGAWA}, eq. 12 without the correlation terms; {_SENIOR}",
            ),
        ),
        inputs=ARM_INPUTS,
        compute=log_cv_ratio,
        scale="log",
        display="exp",
        uses_sd=True,
        positive_means=True,
        has_bias_correction=True,
    ),
    Measure(
        name="VRC",
        label="Variability ratio, after to before",
        formula="ln(s_post/s_pre)",
        variances=(VarianceFormula("LS", "(1 − r²)/(n−1)", _SENIOR),),
        inputs=("n", "sd_post", "sd_pre", "r"),
        compute=log_sd_ratio_change,
        scale="log",
        display="exp",
        uses_sd=True,
    ),
    Measure(
        name="CVRC",
        label="Coefficient of variation ratio, after to before",
        formula="VRC − ROMC, the latter with its bias correction",
        variances=(
            VarianceFormula(
                "LS",
                "(1 − r²)/(n−1) + (s_post²/m_post² + s_pre²/m_pre² − 2·r·s_post·s_pre/(m_post·m_pre))/n",
                _SENIOR,
            ),
        ),
        inputs=PAIRED_INPUTS,
        compute=log_cv_ratio_change,
        scale="log",
        display="exp",
        uses_sd=True,
        positive_means=True,
        has_bias_correction=True,
    ),
)
