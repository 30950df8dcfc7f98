"""Every interval method on the same simulated data sets: how often it covers, how wide it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri, stdtrit

from benchmarks.simulated.bayes import bayes_intervals
from benchmarks.simulated.henmi import henmi_half_widths
from benchmarks.simulated.studies import Scenario, simulate
from metamsc.models.batch import BoolArray, FloatArray
from metamsc.models.fit import fit_batch

LEVEL = 0.95
# Half-normal prior of tau: SDs of the effects that are plausible for log odds ratios and standardised
# differences (Röver et al. 2021); mean differences are simulated in units of the SD.
PRIOR_SCALE = 0.5
CI_NAMES = ("wald-DL", "wald", "t", "hksj", "hksj-adhoc", "henmi-copas", "bayes")
PI_NAMES = ("normal", "t", "riley", "bayes")


@dataclass(frozen=True)
class Row:
    """One method in one cell: `coverage` of `used` data sets, with its Monte Carlo error, and widths."""

    kind: str
    measure: str
    sizes: str
    k: int
    I2: float
    method: str
    coverage: float
    mc_error: float
    median_width: float
    mean_width: float
    used: int


Ends = tuple[FloatArray, FloatArray]


def run_cell(scenario: Scenario, B: int, rng: np.random.Generator, together: int) -> list[Row]:
    """Simulate `B` meta-analyses, `together` at once, and return one row per method."""
    inside: dict[tuple[str, str], list[FloatArray]] = {}
    width: dict[tuple[str, str], list[FloatArray]] = {}
    for start in range(0, B, together):
        yi, vi, mask = simulate(scenario, min(together, B - start), rng)
        enough = mask.sum(axis=1) >= 2
        confidence, prediction = _intervals(yi[enough], vi[enough], mask[enough])
        for name, (low, high) in confidence.items():
            hit = ((low <= scenario.mu) & (scenario.mu <= high)).astype(np.float64)
            inside.setdefault(("CI", name), []).append(hit)
            width.setdefault(("CI", name), []).append(high - low)
        for name, (low, high) in prediction.items():
            inside.setdefault(("PI", name), []).append(_content(low, high, scenario))
            width.setdefault(("PI", name), []).append(high - low)
    return [
        _row(kind, scenario, name, np.concatenate(inside[kind, name]), np.concatenate(width[kind, name]))
        for kind, name in inside
    ]


def _content(low: FloatArray, high: FloatArray, scenario: Scenario) -> FloatArray:
    """Return the share of true effects inside: exact, so that no new study need be drawn."""
    tau = np.sqrt(scenario.tau2)
    if tau == 0.0:
        return ((low <= scenario.mu) & (scenario.mu <= high)).astype(np.float64)
    return np.asarray(ndtr((high - scenario.mu) / tau) - ndtr((low - scenario.mu) / tau))


def _row(kind: str, s: Scenario, method: str, inside: FloatArray, width: FloatArray) -> Row:
    known = np.isfinite(width)  # no prediction interval exists with k < 3
    used = int(known.sum())
    if not used:
        return Row(kind, s.measure, s.sizes, s.k, s.I2, method, np.nan, np.nan, np.nan, np.nan, 0)
    hit = inside[known]
    return Row(
        kind,
        s.measure,
        s.sizes,
        s.k,
        s.I2,
        method,
        float(hit.mean()),
        float(hit.std() / np.sqrt(used)),
        float(np.median(width[known])),
        float(width[known].mean()),
        used,
    )


def _intervals(yi: FloatArray, vi: FloatArray, mask: BoolArray) -> tuple[dict[str, Ends], dict[str, Ends]]:
    fit = fit_batch(yi, vi, mask=mask, tau2_method="REML", ci_method="hksj")
    dl = fit_batch(yi, vi, mask=mask, tau2_method="DL", ci_method="wald")
    variance = fit.cov[:, 0, 0] / np.where(fit.scale_factor > 0.0, fit.scale_factor, 1.0)
    adhoc = variance * np.maximum(fit.scale_factor, 1.0)
    mu, z, t = fit.estimate[:, 0], float(ndtri(0.5 + 0.5 * LEVEL)), _t_quantile(fit.df)
    centre, half = henmi_half_widths(yi, vi, mask, LEVEL)
    low, high, new_low, new_high = bayes_intervals(yi, vi, mask, PRIOR_SCALE, LEVEL)
    confidence = {
        "wald-DL": _around(dl.estimate[:, 0], z * np.sqrt(dl.cov[:, 0, 0])),
        "wald": _around(mu, z * np.sqrt(variance)),
        "t": _around(mu, t * np.sqrt(variance)),
        "hksj": _around(mu, t * np.sqrt(fit.cov[:, 0, 0])),
        "hksj-adhoc": _around(mu, t * np.sqrt(adhoc)),
        "henmi-copas": _around(centre, half),
        "bayes": (low, high),
    }
    spread = np.where(fit.k >= 3, np.sqrt(adhoc + fit.tau2), np.nan)
    riley = _t_quantile(np.maximum(fit.df - 1.0, 1.0))
    prediction = {
        "normal": _around(mu, z * spread),
        "t": _around(mu, t * spread),
        "riley": _around(mu, riley * spread),
        "bayes": (new_low, new_high),
    }
    return confidence, prediction


def _t_quantile(df: FloatArray) -> FloatArray:
    return np.asarray(stdtrit(df, 0.5 + 0.5 * LEVEL), dtype=np.float64)


def _around(centre: FloatArray, half: FloatArray) -> Ends:
    return centre - half, centre + half
