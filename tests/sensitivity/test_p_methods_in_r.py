"""p-uniform* and p-curve against the same methods written down in R: printed examples come without data."""

import json
from pathlib import Path
from typing import Any

import pytest

from metamsc.sensitivity.p_curve import p_curve
from metamsc.sensitivity.p_uniform import p_uniform_star

REFERENCE = json.loads((Path(__file__).parent / "p_methods.json").read_text())
SETS = sorted(REFERENCE["data"])

# Closed forms; R's integrals of densities are good to 1e-13.
CLOSED_FORM = 1e-8
# Roots and maxima on both sides: a maximum of a likelihood known to 1e-15 is known to sqrt(1e-15).
ITERATED = 1e-6


@pytest.mark.parametrize("name", SETS)
def test_p_uniform_star(name: str) -> None:
    data: dict[str, Any] = REFERENCE["data"][name]
    found = p_uniform_star(data["yi"], data["vi"], side=data["side"])
    ours = {
        "estimate": found.estimate, "low": found.ci.low, "high": found.ci.high,
        "tau2": found.tau2, "tau2_low": found.tau2_ci.low, "tau2_high": found.tau2_ci.high,
        "effect_lrt": found.effect_lrt, "tau2_lrt": found.tau2_lrt,
    }  # fmt: skip
    assert ours == pytest.approx(REFERENCE["p_uniform_star"][name], rel=ITERATED, abs=ITERATED)


@pytest.mark.parametrize("name", SETS)
def test_p_curve(name: str) -> None:
    data, expected = REFERENCE["data"][name], dict(REFERENCE["p_curve"][name])
    found = p_curve(data["yi"], data["vi"], force=True)
    for key in ("power", "power_low", "power_high"):
        assert getattr(found, key) == pytest.approx(expected.pop(key), rel=ITERATED)
    assert {key: getattr(found, key) for key in expected} == pytest.approx(expected, rel=CLOSED_FORM)
