"""Each preset on the 13 BCG trials (Colditz 1994), log risk ratios: the numbers of the tool it replays.

Values are metafor 3.8's: `rma` with the options of each comment and thresholds of 1e-12. Prediction
intervals follow from se and tau2 by hand.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

import metamsc as mm
from metamsc.models.presets import DEFAULT_PRESET, PRESETS

ROOT = Path(__file__).parents[2]
ITERATED = 2e-6  # both sides search for tau2; printed here with 6 decimals
T12, T11, Z = 2.178813, 2.200985, 1.959964  # 97.5 % quantiles with 12 and 11 degrees of freedom, and normal

EXPECTED: dict[str, dict[str, float]] = {
    # method="REML", test="adhoc"
    "metamsc": {"estimate": -0.714532, "low": -1.108444, "high": -0.320621, "tau2": 0.313243},
    # method="REML", test="knha"
    "cochrane-2025": {"estimate": -0.714532, "low": -1.108444, "high": -0.320621, "tau2": 0.313243},
    # method="DL", test="z"
    "revman-5": {"estimate": -0.714117, "low": -1.064445, "high": -0.363789, "tau2": 0.308760},
    # method="PM", test="adhoc"
    "iqwig": {"estimate": -0.714968, "low": -1.109098, "high": -0.320838, "tau2": 0.318068},
    # method="REML", test="z"
    "metafor": {"estimate": -0.714532, "low": -1.066898, "high": -0.362167, "tau2": 0.313243},
    # method="REML", test="adhoc"
    "preclinical": {"estimate": -0.714532, "low": -1.108444, "high": -0.320621, "tau2": 0.313243},
}
QUANTILE = {"t": T12, "riley": T11, "normal": Z}


@pytest.mark.parametrize("name", PRESETS)
def test_numbers_of_a_preset(name: str) -> None:
    found = mm.pool_csv(ROOT / "examples/bcg.csv", preset=name).overall
    expected, chosen = EXPECTED[name], PRESETS[name]
    assert found.heterogeneity is not None
    assert found.se is not None
    assert found.pi is not None
    numbers = {
        "estimate": found.estimate,
        "low": found.ci.low,
        "high": found.ci.high,
        "tau2": found.heterogeneity.tau2,
    }
    assert numbers == pytest.approx(expected, abs=ITERATED)
    half = QUANTILE[chosen.pi_method] * math.sqrt(found.se**2 + found.heterogeneity.tau2)
    assert found.pi.high - found.estimate == pytest.approx(half, abs=ITERATED)


@pytest.mark.parametrize("name", PRESETS)
def test_a_result_says_which_preset_made_it(name: str) -> None:
    details: Any = mm.pool_csv(ROOT / "examples/bcg.csv", preset=name).to_dict()["details"]
    assert details["preset"] == name
    assert details["preset_source"] == PRESETS[name].source
    page = (ROOT / "docs/analysis.md").read_text(encoding="utf-8")
    assert f"| `{name}` | {PRESETS[name].tau2_method} |" in page


def test_presets_differ_where_they_should() -> None:
    """Homogeneous effects: the ad hoc floor keeps the model's standard error, HKSJ goes below it."""
    yi, vi = [0.50, 0.51, 0.49], [0.04, 0.04, 0.04]
    widths = {}
    for name, chosen in PRESETS.items():
        fit = mm.pool(yi, vi, tau2_method=chosen.tau2_method, ci_method=chosen.ci_method)
        widths[name] = fit.ci.high - fit.ci.low
    # mean square of residuals over 2 is 0.0001; HKSJ: SE √(0.0001 / 3); t with 2 df is 4.302653
    assert widths["cochrane-2025"] == pytest.approx(2 * 4.302653 * math.sqrt(0.0001 / 3), abs=1e-6)
    assert widths["metamsc"] == pytest.approx(2 * 4.302653 * math.sqrt(0.04 / 3), abs=1e-6)
    assert widths["revman-5"] == pytest.approx(2 * Z * math.sqrt(0.04 / 3), abs=1e-6)
    assert DEFAULT_PRESET == "metamsc"
