"""Standardised mean differences and changes, with the exact small-sample correction of Hedges (1981)."""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln

from metamsc.effects.inputs import Rows
from metamsc.effects.mean_difference import ARM_INPUTS, PAIRED_INPUTS, change_variance, pooled_variance
from metamsc.effects.measure import Computed, FloatArray, Measure, Options, VarianceFormula

SERIES_DF = 2000
"""From here on the series of the correction beats the log-gammas, which cancel to 1e-12 here."""


def hedges_correction(df: FloatArray) -> FloatArray:
    """Exact small-sample correction J of a standardised difference.

    Parameters
    ----------
    df : array of shape (k,)
        Degrees of freedom of the standardiser.

    Returns
    -------
    array of shape (k,)
        J in (0, 1); NaN where df <= 1, since the expectation does not exist.

    Notes
    -----
    J = Γ(df/2) / (√(df/2) Γ((df−1)/2)); through log-gamma, so that nothing overflows, and above
    df = 2000 by the asymptotic series of the ratio, where log-gammas would cancel.

    References
    ----------
    Hedges (1981), J Educ Stat 6:107-128, eq. 6e; series: Tricomi & Erdélyi (1951), Pac J Math 1:133.
    """
    x = np.where(df > 1, df, np.nan) / 2
    exact = np.exp(gammaln(x) - gammaln(x - 0.5) - np.log(x) / 2)
    y = np.maximum(x - 0.5, 1.0)
    tail = 5 / (1024 * y**3) - 21 / (32768 * y**4) - 399 / (262144 * y**5)
    series = 1 - 1 / (8 * y) + 1 / (128 * y**2) + tail
    return np.asarray(np.where(df > SERIES_DF, series * np.sqrt(y / x), exact), dtype=np.float64)


def _correction(df: FloatArray, options: Options) -> FloatArray:
    return hedges_correction(df) if options.bias_correction else np.ones_like(df)


def _inverse_n(rows: Rows) -> FloatArray:
    return 1 / rows["n_treat"] + 1 / rows["n_control"]


def standardised_difference(rows: Rows, options: Options) -> Computed:
    """SMD: difference of means in units of the pooled SD."""
    total = rows["n_treat"] + rows["n_control"]
    df = total - 2
    correction = _correction(df, options)
    yi = correction * (rows["mean_treat"] - rows["mean_control"]) / np.sqrt(pooled_variance(rows))
    base = _inverse_n(rows)
    if options.variance == "LS2":
        return yi, correction**2 * base + yi**2 / (2 * total)
    if options.variance == "UB":
        return yi, base + (1 - (df - 2) / (df * correction**2)) * yi**2
    if options.variance == "AV":
        usable = np.isfinite(yi)
        average = np.sum(total[usable] * yi[usable]) / np.sum(total[usable])
        return yi, base + np.where(usable, average**2 / (2 * total), np.nan)
    return yi, base + yi**2 / (2 * total)


def standardised_difference_unequal(rows: Rows, options: Options) -> Computed:
    """SMDH: difference in units of the root of the average variance, variances not assumed equal."""
    n_treat, n_control = rows["n_treat"], rows["n_control"]
    var_treat, var_control = rows["sd_treat"] ** 2, rows["sd_control"] ** 2
    average = (var_treat + var_control) / 2
    correction = _correction(n_treat + n_control - 2, options)
    yi = correction * (rows["mean_treat"] - rows["mean_control"]) / np.sqrt(average)
    spread = var_treat**2 / (n_treat - 1) + var_control**2 / (n_control - 1)
    means = var_treat / (n_treat - 1) + var_control / (n_control - 1)
    return yi, yi**2 * spread / (8 * average**2) + means / average


def glass_difference(rows: Rows, options: Options) -> Computed:
    """SMD1: difference in units of the control SD (Glass)."""
    yi = _glass_effect(rows, options)
    return yi, _inverse_n(rows) + yi**2 / (2 * rows["n_control"])


def glass_difference_unequal(rows: Rows, options: Options) -> Computed:
    """SMD1H: Glass's difference with a variance that does not assume equal variances."""
    yi = _glass_effect(rows, options)
    ratio = (rows["sd_treat"] / rows["sd_control"]) ** 2
    df_control = rows["n_control"] - 1
    return yi, ratio / (rows["n_treat"] - 1) + 1 / df_control + yi**2 / (2 * df_control)


def _glass_effect(rows: Rows, options: Options) -> FloatArray:
    """Return the bias-corrected difference in control SDs."""
    correction = _correction(rows["n_control"] - 1, options)
    return correction * (rows["mean_treat"] - rows["mean_control"]) / rows["sd_control"]


def standardised_change(rows: Rows, options: Options) -> Computed:
    """SMCC: mean change in units of the SD of the changes."""
    n = rows["n"]
    correction = _correction(n - 1, options)
    yi = correction * (rows["mean_post"] - rows["mean_pre"]) / np.sqrt(change_variance(rows))
    factor = correction**2 if options.variance == "LS2" else 1.0
    return yi, factor / n + yi**2 / (2 * n)


def standardised_change_raw(rows: Rows, options: Options) -> Computed:
    """SMCR: mean change in units of the SD before."""
    n = rows["n"]
    correction = _correction(n - 1, options)
    yi = correction * (rows["mean_post"] - rows["mean_pre"]) / rows["sd_pre"]
    factor = correction**2 if options.variance == "LS2" else 1.0
    return yi, factor * 2 * (1 - rows["r"]) / n + yi**2 / (2 * n)


def standardised_change_raw_unequal(rows: Rows, options: Options) -> Computed:
    """SMCRH: as SMCR, with a variance that does not assume equal variances before and after."""
    df = rows["n"] - 1
    yi = _correction(df, options) * (rows["mean_post"] - rows["mean_pre"]) / rows["sd_pre"]
    return yi, change_variance(rows) / (rows["sd_pre"] ** 2 * df) + yi**2 / (2 * df)


_HEDGES = "Hedges 1981, J Educ Stat 6:107; Hedges & Olkin 1985"
_BONETT = "Bonett 2008, Psychol Methods 13:99"
_BECKER = "Becker 1988, Br J Math Stat Psychol 41:257"
_GIBBONS = "Gibbons, Hedeker & Davis 1993, J Educ Stat 18:271"

MEASURES = (
    Measure(
        name="SMD",
        label="Standardised mean difference (Hedges' g)",
        formula="J(m₁ − m₂)/sₚ, J exact on n₁+n₂−2 degrees of freedom",
        variances=(
            VarianceFormula("LS", "1/n₁ + 1/n₂ + g²/(2(n₁+n₂))", f"{_HEDGES}, large sample"),
            VarianceFormula(
                "LS2",
                "J²(1/n₁ + 1/n₂) + g²/(2(n₁+n₂))",
                "Borenstein et al. 2009, Introduction to Meta-Analysis",
            ),
            VarianceFormula(
                "UB", "1/n₁ + 1/n₂ + (1 − (df−2)/(df·J²))g², df = n₁+n₂−2", "Hedges 1983, Psychol Bull 93:388"
            ),
            VarianceFormula(
                "AV",
                "1/n₁ + 1/n₂ + ḡ²/(2(n₁+n₂)), ḡ the n-weighted average",
                f"{_HEDGES}, assuming one common effect",
            ),
        ),
        inputs=ARM_INPUTS,
        compute=standardised_difference,
        scale="standardised",
        precision_axis="1/sqrt(n)",
        uses_sd=True,
        has_bias_correction=True,
    ),
    Measure(
        name="SMDH",
        label="Standardised mean difference, unequal variances",
        formula="J(m₁ − m₂)/√((s₁²+s₂²)/2)",
        variances=(
            VarianceFormula(
                "LS",
                "g²(s₁⁴/(n₁−1) + s₂⁴/(n₂−1))/(8s̄⁴) + (s₁²/(n₁−1) + s₂²/(n₂−1))/s̄², s̄² = (s₁²+s₂²)/2",
                f"{_BONETT} and Bonett 2009, Psychol Methods 14:225",
            ),
        ),
        inputs=ARM_INPUTS,
        compute=standardised_difference_unequal,
        scale="standardised",
        precision_axis="1/sqrt(n)",
        uses_sd=True,
        has_bias_correction=True,
    ),
    Measure(
        name="SMD1",
        label="Standardised mean difference (Glass' delta)",
        formula="J(m₁ − m₂)/s₂, J exact on n₂−1 degrees of freedom",
        variances=(VarianceFormula("LS", "1/n₁ + 1/n₂ + g²/(2n₂)", _HEDGES),),
        inputs=ARM_INPUTS,
        compute=glass_difference,
        scale="standardised",
        precision_axis="1/sqrt(n)",
        uses_sd=True,
        has_bias_correction=True,
    ),
    Measure(
        name="SMD1H",
        label="Standardised mean difference (Glass' delta), unequal variances",
        formula="J(m₁ − m₂)/s₂, J exact on n₂−1 degrees of freedom",
        variances=(VarianceFormula("LS", "s₁²/(s₂²(n₁−1)) + 1/(n₂−1) + g²/(2(n₂−1))", _BONETT),),
        inputs=ARM_INPUTS,
        compute=glass_difference_unequal,
        scale="standardised",
        precision_axis="1/sqrt(n)",
        uses_sd=True,
        has_bias_correction=True,
    ),
    Measure(
        name="SMCC",
        label="Standardised mean change (change-score SD)",
        formula="J(m_post − m_pre)/s_change, J exact on n−1 degrees of freedom",
        variances=(
            VarianceFormula("LS", "1/n + g²/(2n)", _GIBBONS),
            VarianceFormula("LS2", "J²/n + g²/(2n)", "Borenstein et al. 2009"),
        ),
        inputs=PAIRED_INPUTS,
        compute=standardised_change,
        scale="standardised",
        precision_axis="1/sqrt(n)",
        uses_sd=True,
        has_bias_correction=True,
    ),
    Measure(
        name="SMCR",
        label="Standardised mean change (SD before)",
        formula="J(m_post − m_pre)/s_pre, J exact on n−1 degrees of freedom",
        variances=(
            VarianceFormula("LS", "2(1−r)/n + g²/(2n)", _BECKER),
            VarianceFormula("LS2", "J²·2(1−r)/n + g²/(2n)", "Borenstein et al. 2009"),
        ),
        inputs=("n", "mean_post", "mean_pre", "sd_pre", "r"),
        compute=standardised_change_raw,
        scale="standardised",
        precision_axis="1/sqrt(n)",
        uses_sd=True,
        has_bias_correction=True,
    ),
    Measure(
        name="SMCRH",
        label="Standardised mean change (SD before), unequal variances",
        formula="J(m_post − m_pre)/s_pre, J exact on n−1 degrees of freedom",
        variances=(VarianceFormula("LS", "s_change²/(s_pre²(n−1)) + g²/(2(n−1))", _BONETT),),
        inputs=PAIRED_INPUTS,
        compute=standardised_change_raw_unequal,
        scale="standardised",
        precision_axis="1/sqrt(n)",
        uses_sd=True,
        has_bias_correction=True,
    ),
)
