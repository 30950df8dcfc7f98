"""Log ratios of means: between arms (ROM) and before to after (ROMC). Ratio scales only: no change scores."""

from __future__ import annotations

import numpy as np

from metamsc.effects.inputs import Rows
from metamsc.effects.mean_difference import ARM_INPUTS, PAIRED_INPUTS, pooled_variance, squared_se
from metamsc.effects.measure import Computed, FloatArray, Measure, Options, VarianceFormula


def log_mean_ratio(rows: Rows, options: Options) -> Computed:
    """ROM: log of treated over control mean; the bias correction needs no n when SEs are given."""
    relative_treat = squared_se(rows, "treat") / rows["mean_treat"] ** 2
    relative_control = squared_se(rows, "control") / rows["mean_control"] ** 2
    yi = np.log(rows["mean_treat"] / rows["mean_control"])
    if options.bias_correction:
        yi = yi + (relative_treat - relative_control) / 2
    if options.variance == "HO":
        return yi, pooled_variance(rows) * _inverse_size(rows)
    if options.variance == "AV":
        return yi, _average_squared_cv(rows, "treat") + _average_squared_cv(rows, "control")
    return yi, relative_treat + relative_control


def _inverse_size(rows: Rows) -> FloatArray:
    """Return 1/(n₁m₁²) + 1/(n₂m₂²)."""
    treat = rows["n_treat"] * rows["mean_treat"] ** 2
    control = rows["n_control"] * rows["mean_control"] ** 2
    return 1 / treat + 1 / control


def _average_squared_cv(rows: Rows, arm: str) -> FloatArray:
    """Return the squared n-weighted average coefficient of variation of an arm, over n."""
    n = rows[f"n_{arm}"]
    cv = rows[f"sd_{arm}"] / rows[f"mean_{arm}"]
    used = np.isfinite(cv * n)
    average = np.sum(n[used] * cv[used]) / np.sum(n[used])
    return np.asarray(average**2 / n, dtype=np.float64)


def log_mean_ratio_change(rows: Rows, options: Options) -> Computed:
    """ROMC: log of the mean after over the mean before in one group."""
    post = rows["sd_post"] / rows["mean_post"]
    pre = rows["sd_pre"] / rows["mean_pre"]
    yi = np.log(rows["mean_post"] / rows["mean_pre"])
    if options.bias_correction:
        yi = yi + (post**2 - pre**2) / (2 * rows["n"])
    return yi, (post**2 + pre**2 - 2 * rows["r"] * post * pre) / rows["n"]


MEASURES = (
    Measure(
        name="ROM",
        label="Ratio of means",
        formula="ln(m₁/m₂) + ½(s₁²/(n₁m₁²) − s₂²/(n₂m₂²)); the second term corrects bias",
        variances=(
            VarianceFormula(
                "LS", "s₁²/(n₁m₁²) + s₂²/(n₂m₂²)", "Hedges, Gurevitch & Curtis 1999, Ecology 80:1150, eq. 1"
            ),
            VarianceFormula(
                "HO",
                "sₚ²(1/(n₁m₁²) + 1/(n₂m₂²)), sₚ² pooled",
                "Hedges, Gurevitch & Curtis 1999, equal variances",
            ),
            VarianceFormula(
                "AV",
                "c̄₁²/n₁ + c̄₂²/n₂, c̄ the n-weighted average coefficient of variation of an arm",
                "Nakagawa et al. 2023, Ecol Lett 26:232",
            ),
        ),
        inputs=ARM_INPUTS,
        alternative_inputs=("se_treat", "se_control"),
        compute=log_mean_ratio,
        scale="log",
        display="exp",
        uses_sd=True,
        positive_means=True,
        has_bias_correction=True,
    ),
    Measure(
        name="ROMC",
        label="Ratio of means, after to before",
        formula="ln(m_post/m_pre) + (s_post²/m_post² − s_pre²/m_pre²)/(2n); the second term corrects bias",
        variances=(
            VarianceFormula(
                "LS",
                "(s_post²/m_post² + s_pre²/m_pre² − 2·r·s_post·s_pre/(m_post·m_pre))/n",
                "Lajeunesse 2011, Ecology 92:2049, eq. 6; correction Lajeunesse 2015, Ecology 96:2056",
            ),
        ),
        inputs=PAIRED_INPUTS,
        compute=log_mean_ratio_change,
        scale="log",
        display="exp",
        uses_sd=True,
        positive_means=True,
        has_bias_correction=True,
    ),
)
