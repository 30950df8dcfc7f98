"""Correlations, reported as such or made from two arms, and standardised differences as odds ratios."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import hyp2f1, ndtri

from metamsc.effects.inputs import Rows
from metamsc.effects.mean_difference import ARM_INPUTS, pooled_variance
from metamsc.effects.measure import Computed, FloatArray, Measure, Options, VarianceFormula
from metamsc.effects.two_by_two import COX_SNELL, LOGISTIC

MIN_N = 4
"""A variance of a correlation (and of its z) needs n >= 4; the bias-corrected one is defined for n >= 5."""


def correlation(rows: Rows, options: Options) -> Computed:
    """COR: raw correlation."""
    return rows["r"], _correlation_variance(rows["r"], rows, options)


def unbiased_correlation(rows: Rows, options: Options) -> Computed:
    """UCOR: correlation with the exact bias correction of Olkin and Pratt."""
    r, n = rows["r"], rows["n"]
    defined = n > MIN_N
    safe = np.where(defined, n, MIN_N + 1)
    yi = np.where(defined, r * hyp2f1(0.5, 0.5, (safe - 2) / 2, 1 - r**2), np.nan)
    if options.variance == "UB":
        rest = 1 - r**2
        tail = (safe - 3) / (safe - 2) * rest * hyp2f1(1, 1, safe / 2, rest)
        return yi, yi**2 - 1 + np.where(defined, tail, np.nan)
    return yi, _correlation_variance(yi, rows, options)


def _correlation_variance(yi: FloatArray, rows: Rows, options: Options) -> FloatArray:
    """Return (1 − ρ²)²/(n − 1) at each row's correlation, or at the n-weighted average; NaN below n = 4."""
    n = rows["n"]
    if options.variance == "AV":
        usable = np.isfinite(yi)
        rho: FloatArray = np.full_like(yi, np.sum(n[usable] * yi[usable]) / np.sum(n[usable]))
    else:
        rho = yi
    return np.where(n >= MIN_N, (1 - rho**2) ** 2 / (n - 1), np.nan)


def fisher_z(rows: Rows, _options: Options) -> Computed:
    """ZCOR: Fisher's z transform of a correlation."""
    n = rows["n"]
    return np.arctanh(rows["r"]), np.where(n >= MIN_N, 1 / np.where(n >= MIN_N, n - 3, 1), np.nan)


def _cohen_d(rows: Rows) -> tuple[FloatArray, FloatArray]:
    """Return the uncorrected standardised difference and its large-sample variance."""
    n_treat, n_control = rows["n_treat"], rows["n_control"]
    d = (rows["mean_treat"] - rows["mean_control"]) / np.sqrt(pooled_variance(rows))
    return d, 1 / n_treat + 1 / n_control + d**2 / (2 * (n_treat + n_control))


def point_biserial(rows: Rows, options: Options) -> Computed:
    """RPB: correlation of the outcome with arm."""
    n_treat, n_control = rows["n_treat"], rows["n_control"]
    total = n_treat + n_control
    d, variance = _cohen_d(rows)
    h = (total - 2) * (1 / n_treat + 1 / n_control)
    yi = d / np.sqrt(d**2 + h)
    if options.variance == "CS":
        spread = total * yi**2 / (4 * n_treat * n_control) + (2 - 3 * yi**2) / (2 * total)
        return yi, (1 - yi**2) ** 2 * spread
    return yi, h**2 / (h + d**2) ** 3 * variance


def biserial(rows: Rows, options: Options) -> Computed:
    """RBIS: correlation with a normal variable that was cut to make the arms."""
    total = rows["n_treat"] + rows["n_control"]
    p = rows["n_treat"] / total
    q = 1 - p
    z = ndtri(q)
    density = np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
    point, _ = point_biserial(rows, options)
    yi = np.sqrt(p * q) / density * point
    rho = np.clip(yi, -1, 1)
    slope = 1.5 + (1 - p * z / density) * (1 + q * z / density)
    return yi, (p * q / density**2 - slope * rho**2 + rho**4) / (total - 1)


def smd_to_odds_ratio_logistic(rows: Rows, _options: Options) -> Computed:
    """D2ORL: log odds ratio from the standardised mean difference, logistic distributions."""
    d, variance = _cohen_d(rows)
    return d / LOGISTIC, variance / LOGISTIC**2


def smd_to_odds_ratio_normal(rows: Rows, _options: Options) -> Computed:
    """D2ORN: log odds ratio from the standardised mean difference, normal distributions."""
    d, variance = _cohen_d(rows)
    return COX_SNELL * d, COX_SNELL**2 * variance


CORRELATION_INPUTS = ("r", "n")
_LARGE = VarianceFormula("LS", "(1−r²)²/(n−1)", "Hedges & Olkin 1985, ch. 11")
_AVERAGE = VarianceFormula("AV", "(1−r̄²)²/(n−1), r̄ the n-weighted average", "assuming one common correlation")

MEASURES = (
    Measure(
        name="COR",
        label="Correlation",
        formula="r",
        variances=(_LARGE, _AVERAGE),
        inputs=CORRELATION_INPUTS,
        compute=correlation,
    ),
    Measure(
        name="UCOR",
        label="Correlation, bias-corrected",
        formula="r·₂F₁(½, ½; (n−2)/2; 1−r²)",
        variances=(
            _LARGE,
            VarianceFormula(
                "UB",
                "r̂² − 1 + (n−3)/(n−2)·(1−r²)·₂F₁(1, 1; n/2; 1−r²)",
                "Hedges 1989, J Appl Psychol 74:469; Olkin & Pratt 1958, Ann Math Stat 29:201",
            ),
            _AVERAGE,
        ),
        inputs=CORRELATION_INPUTS,
        compute=unbiased_correlation,
    ),
    Measure(
        name="ZCOR",
        label="Correlation (Fisher's z)",
        formula="½ln((1+r)/(1−r))",
        variances=(VarianceFormula("LS", "1/(n−3)", "Fisher 1921, Metron 1:3"),),
        inputs=CORRELATION_INPUTS,
        compute=fisher_z,
        scale="z",
        display="tanh",
    ),
    Measure(
        name="RPB",
        label="Point-biserial correlation",
        formula="d/√(d² + h), h = (N−2)(1/n₁ + 1/n₂)",
        variances=(
            VarianceFormula(
                "LS",
                "h²/(h+d²)³·(1/n₁ + 1/n₂ + d²/(2N)), group sizes fixed",
                "Jacobs & Viechtbauer 2017, Res Synth Methods 8:161",
            ),
            VarianceFormula(
                "CS",
                "(1−r²)²(N·r²/(4n₁n₂) + (2−3r²)/(2N)), group sizes random",
                "Tate 1954, Ann Math Stat 25:603",
            ),
        ),
        inputs=ARM_INPUTS,
        compute=point_biserial,
        uses_sd=True,
    ),
    Measure(
        name="RBIS",
        label="Biserial correlation",
        formula="r_pb·√(pq)/φ(z), p = n₁/N, z = Φ⁻¹(q)",
        variances=(
            VarianceFormula(
                "LS",
                "(pq/φ² − (3/2 + (1−pz/φ)(1+qz/φ))r² + r⁴)/(N−1)",
                "Soper 1914, Biometrika 10:384; Jacobs & Viechtbauer 2017",
            ),
        ),
        inputs=ARM_INPUTS,
        compute=biserial,
        uses_sd=True,
    ),
    Measure(
        name="D2ORL",
        label="Odds ratio from the standardised mean difference (logistic)",
        formula="(π/√3)·d",
        variances=(VarianceFormula("LS", "(π²/3)(1/n₁ + 1/n₂ + d²/(2N))", "Chinn 2000, Stat Med 19:3127"),),
        inputs=ARM_INPUTS,
        compute=smd_to_odds_ratio_logistic,
        scale="log",
        display="exp",
        uses_sd=True,
    ),
    Measure(
        name="D2ORN",
        label="Odds ratio from the standardised mean difference (normal)",
        formula="1.65·d",
        variances=(
            VarianceFormula(
                "LS", "1.65²(1/n₁ + 1/n₂ + d²/(2N))", "Cox & Snell 1989, Analysis of Binary Data"
            ),
        ),
        inputs=ARM_INPUTS,
        compute=smd_to_odds_ratio_normal,
        scale="log",
        display="exp",
        uses_sd=True,
    ),
)
