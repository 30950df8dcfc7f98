"""Measures of a 2×2 table of counts: risk and odds ratios, risk difference, Peto, arcsine, associations."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtri

from metamsc.effects.inputs import Rows
from metamsc.effects.measure import Computed, FloatArray, Measure, Options, VarianceFormula
from metamsc.effects.zero_cells import adjust_cells

TABLE_INPUTS = ("events_treat", "n_treat", "events_control", "n_control")

Table = tuple[FloatArray, FloatArray, FloatArray, FloatArray]
"""Events and non-events of the treated, then of the controls."""


def _table(rows: Rows, options: Options) -> Table:
    """Return the cells, after dropping double-zero rows and adding to empty cells as asked."""
    a, n1 = rows["events_treat"], rows["n_treat"]
    c, n2 = rows["events_control"], rows["n_control"]
    if options.drop00:
        dropped = ((a == 0) & (c == 0)) | ((a == n1) & (c == n2))
        rows.drop(dropped, "dropped: no events, or nothing but events, in both arms")
    a, b, c, d = adjust_cells(rows, (a, n1 - a, c, n2 - c), options)
    return a, b, c, d


def log_risk_ratio(rows: Rows, options: Options) -> Computed:
    """RR: log of treated over control risk."""
    a, b, c, d = _table(rows, options)
    return np.log(a / (a + b)) - np.log(c / (c + d)), 1 / a - 1 / (a + b) + 1 / c - 1 / (c + d)


def log_odds_ratio(rows: Rows, options: Options) -> Computed:
    """OR: log of treated over control odds."""
    a, b, c, d = _table(rows, options)
    return np.log(a / b) - np.log(c / d), 1 / a + 1 / b + 1 / c + 1 / d


def risk_difference(rows: Rows, options: Options) -> Computed:
    """RD: treated minus control risk."""
    a, b, c, d = _table(rows, options)
    n1, n2 = a + b, c + d
    p1, p2 = a / n1, c / n2
    yi = p1 - p2
    if options.variance == "UB":
        return yi, p1 * (1 - p1) / (n1 - 1) + p2 * (1 - p2) / (n2 - 1)
    if options.variance == "AV":
        p1 = np.full_like(p1, np.nansum(a) / np.nansum(n1))
        p2 = np.full_like(p2, np.nansum(c) / np.nansum(n2))
    return yi, p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2


def peto_odds_ratio(rows: Rows, options: Options) -> Computed:
    """PETO: log odds ratio by Peto's one-step method, observed minus expected over its variance."""
    a, b, c, d = _table(rows, options)
    n1, n2, total = a + b, c + d, a + b + c + d
    events = a + c
    variance = events * (b + d) * (n1 / total) * (n2 / total) / (total - 1)
    return (a - events * n1 / total) / variance, 1 / variance


def arcsine_difference(rows: Rows, options: Options) -> Computed:
    """AS: difference of the arcsine square roots of the risks."""
    a, b, c, d = _table(rows, options)
    yi = np.arcsin(np.sqrt(a / (a + b))) - np.arcsin(np.sqrt(c / (c + d)))
    return yi, 1 / (4 * (a + b)) + 1 / (4 * (c + d))


def phi_coefficient(rows: Rows, options: Options) -> Computed:
    """PHI: correlation of the two binary variables."""
    a, b, c, d = _table(rows, options)
    total = a + b + c + d
    rows_differ, columns_differ = (a + b - c - d) / total, (a + c - b - d) / total
    rows_product, columns_product = (a + b) * (c + d) / total**2, (a + c) * (b + d) / total**2
    yi = (a * d - b * c) / (total**2 * np.sqrt(rows_product * columns_product))
    skew = rows_differ * columns_differ / np.sqrt(rows_product * columns_product)
    margins = rows_differ**2 / rows_product + columns_differ**2 / columns_product
    return yi, (1 - yi**2 + yi * (1 + yi**2 / 2) * skew - 0.75 * yi**2 * margins) / total


def yule_q(rows: Rows, options: Options) -> Computed:
    """YUQ: Yule's Q, (OR − 1)/(OR + 1)."""
    log_odds, variance = log_odds_ratio(rows, options)
    yi = np.tanh(log_odds / 2)
    return yi, (1 - yi**2) ** 2 * variance / 4


def yule_y(rows: Rows, options: Options) -> Computed:
    """YUY: Yule's Y, (√OR − 1)/(√OR + 1)."""
    log_odds, variance = log_odds_ratio(rows, options)
    yi = np.tanh(log_odds / 4)
    return yi, (1 - yi**2) ** 2 * variance / 16


def probit_difference(rows: Rows, options: Options) -> Computed:
    """PBIT: difference of the probits of the risks, an estimate of a standardised mean difference."""
    a, b, c, d = _table(rows, options)
    yi, vi = np.zeros(rows.k), np.zeros(rows.k)
    for sign, events, others in ((1, a, b), (-1, c, d)):
        n = events + others
        p = events / n
        z = ndtri(p)
        yi = yi + sign * z
        vi = vi + 2 * math.pi * p * (1 - p) * np.exp(z**2) / n
    return yi, vi


LOGISTIC = math.sqrt(3) / math.pi
"""SD of the standard normal over that of the logistic distribution: log odds ratio to SMD."""
COX_SNELL = 1.65
"""Cox & Snell's factor between a log odds ratio and a standardised difference of normal variables."""


def odds_ratio_to_smd_logistic(rows: Rows, options: Options) -> Computed:
    """OR2DL: standardised mean difference from the odds ratio, logistic distributions."""
    yi, vi = log_odds_ratio(rows, options)
    return LOGISTIC * yi, LOGISTIC**2 * vi


def odds_ratio_to_smd_normal(rows: Rows, options: Options) -> Computed:
    """OR2DN: standardised mean difference from the odds ratio, normal distributions."""
    yi, vi = log_odds_ratio(rows, options)
    return yi / COX_SNELL, vi / COX_SNELL**2


_FLEISS = "Fleiss & Berlin 2009, in The Handbook of Research Synthesis, ch. 13"
_CHINN = "Chinn 2000, Stat Med 19:3127"
_COX = "Cox & Snell 1989, Analysis of Binary Data; Sánchez-Meca et al. 2003, Psychol Methods 8:448"

MEASURES = (
    Measure(
        name="RR",
        label="Risk ratio",
        formula="ln((a/n₁)/(c/n₂))",
        variances=(VarianceFormula("LS", "1/a − 1/n₁ + 1/c − 1/n₂", f"{_FLEISS}; Katz et al. 1978"),),
        inputs=TABLE_INPUTS,
        compute=log_risk_ratio,
        scale="log",
        display="exp",
        has_cells=True,
        default_add=0.5,
    ),
    Measure(
        name="OR",
        label="Odds ratio",
        formula="ln(ad/(bc)), b = n₁−a, d = n₂−c",
        variances=(VarianceFormula("LS", "1/a + 1/b + 1/c + 1/d", f"{_FLEISS}; Woolf 1955"),),
        inputs=TABLE_INPUTS,
        compute=log_odds_ratio,
        scale="log",
        display="exp",
        has_cells=True,
        default_add=0.5,
    ),
    Measure(
        name="RD",
        label="Risk difference",
        formula="p₁ − p₂, p₁ = a/n₁, p₂ = c/n₂",
        variances=(
            VarianceFormula("LS", "p₁(1−p₁)/n₁ + p₂(1−p₂)/n₂", _FLEISS),
            VarianceFormula("UB", "p₁(1−p₁)/(n₁−1) + p₂(1−p₂)/(n₂−1)", "unbiased version of the same"),
            VarianceFormula("AV", "p̄₁(1−p̄₁)/n₁ + p̄₂(1−p̄₂)/n₂, p̄ over all rows", "assuming one common risk"),
        ),
        inputs=TABLE_INPUTS,
        compute=risk_difference,
        has_cells=True,
        default_add=0.5,
    ),
    Measure(
        name="PETO",
        label="Odds ratio (Peto)",
        formula="(a − E)/V, E = (a+c)n₁/N, V = (a+c)(b+d)n₁n₂/(N²(N−1))",
        variances=(VarianceFormula("LS", "1/V", "Yusuf et al. 1985, Prog Cardiovasc Dis 27:335"),),
        inputs=TABLE_INPUTS,
        compute=peto_odds_ratio,
        scale="log",
        display="exp",
        has_cells=True,
        default_add=0.5,
    ),
    Measure(
        name="AS",
        label="Arcsine risk difference",
        formula="arcsin√p₁ − arcsin√p₂",
        variances=(VarianceFormula("LS", "1/(4n₁) + 1/(4n₂)", "Rücker et al. 2009, Stat Med 28:721"),),
        inputs=TABLE_INPUTS,
        compute=arcsine_difference,
        scale="arcsine",
        has_cells=True,
    ),
    Measure(
        name="PHI",
        label="Phi coefficient",
        formula="(ad − bc)/√(n₁n₂(a+c)(b+d))",
        variances=(
            VarianceFormula(
                "LS",
                "[1 − φ² + φ(1+φ²/2)·uv/√(UV) − ¾φ²(u²/U + v²/V)]/N, u, v the differences and U, V the"
                " products of the row and column proportions",
                "Yule 1912, J R Stat Soc 75:579",
            ),
        ),
        inputs=TABLE_INPUTS,
        compute=phi_coefficient,
        has_cells=True,
    ),
    Measure(
        name="YUQ",
        label="Yule's Q",
        formula="(OR − 1)/(OR + 1)",
        variances=(VarianceFormula("LS", "¼(1−Q²)²(1/a + 1/b + 1/c + 1/d)", "Yule 1900; Yule 1912"),),
        inputs=TABLE_INPUTS,
        compute=yule_q,
        has_cells=True,
        default_add=0.5,
    ),
    Measure(
        name="YUY",
        label="Yule's Y",
        formula="(√OR − 1)/(√OR + 1)",
        variances=(VarianceFormula("LS", "(1−Y²)²(1/a + 1/b + 1/c + 1/d)/16", "Yule 1912"),),
        inputs=TABLE_INPUTS,
        compute=yule_y,
        has_cells=True,
        default_add=0.5,
    ),
    Measure(
        name="PBIT",
        label="Standardised mean difference from risks (probit)",
        formula="Φ⁻¹(p₁) − Φ⁻¹(p₂)",
        variances=(
            VarianceFormula(
                "LS", "Σ 2π·p(1−p)·exp(z²)/n, z = Φ⁻¹(p)", "Sánchez-Meca et al. 2003, Psychol Methods 8:448"
            ),
        ),
        inputs=TABLE_INPUTS,
        compute=probit_difference,
        scale="probit",
        precision_axis="1/sqrt(n)",
        has_cells=True,
        default_add=0.5,
    ),
    Measure(
        name="OR2DL",
        label="Standardised mean difference from the odds ratio (logistic)",
        formula="(√3/π)·ln OR",
        variances=(VarianceFormula("LS", "(3/π²)(1/a + 1/b + 1/c + 1/d)", _CHINN),),
        inputs=TABLE_INPUTS,
        compute=odds_ratio_to_smd_logistic,
        scale="standardised",
        precision_axis="1/sqrt(n)",
        has_cells=True,
        default_add=0.5,
    ),
    Measure(
        name="OR2DN",
        label="Standardised mean difference from the odds ratio (normal)",
        formula="ln OR/1.65",
        variances=(VarianceFormula("LS", "(1/a + 1/b + 1/c + 1/d)/1.65²", _COX),),
        inputs=TABLE_INPUTS,
        compute=odds_ratio_to_smd_normal,
        scale="standardised",
        precision_axis="1/sqrt(n)",
        has_cells=True,
        default_add=0.5,
    ),
)
