"""Morris (2008), Estimating effect sizes from pretest-posttest-control group designs, Organ Res Methods
11:364-386: five studies of training (from Carlson & Schmidt 1999).

Table 1 (page 368) as metafor's test of this table records it: differences between the groups' standardised
mean changes. Tolerance: half a unit of the last digit.
"""

from __future__ import annotations

import numpy as np
import pytest

from metamsc.effects import compute_effects
from metamsc.effects.compute import Effects
from tests.published.printed import digits

R = [0.47, 0.64, 0.77, 0.89, 0.44]
TRAINED: dict[str, list[float]] = {
    "mean_pre": [30.6, 23.5, 0.5, 53.4, 35.6], "mean_post": [38.5, 26.8, 0.7, 75.9, 36.0],
    "sd_pre": [15.0, 3.1, 0.1, 14.5, 4.7], "n": [20, 50, 9, 10, 14],
}  # fmt: skip
CONTROL: dict[str, list[float]] = {
    "mean_pre": [23.1, 24.9, 0.6, 55.7, 34.8], "mean_post": [19.7, 25.3, 0.6, 60.7, 33.4],
    "sd_pre": [13.8, 4.1, 0.2, 17.3, 3.1], "n": [20, 42, 9, 11, 14],
}  # fmt: skip


def change(group: dict[str, list[float]]) -> Effects:
    return compute_effects(
        "SMCR",
        mean_pre=group["mean_pre"],
        mean_post=group["mean_post"],
        sd_pre=group["sd_pre"],
        n=group["n"],
        r=R,
    )


def test_differences_of_standardised_changes() -> None:
    assert np.subtract(change(TRAINED).yi, change(CONTROL).yi) == pytest.approx(
        [0.74, 0.95, 1.81, 1.15, 0.51], abs=digits(2)
    )


def test_the_groups() -> None:
    # Not in the article; metafor's values, to four decimals.
    trained, control = change(TRAINED), change(CONTROL)
    assert trained.yi == pytest.approx([0.5056, 1.0481, 1.8054, 1.4181, 0.0801], abs=digits(4))
    assert trained.vi == pytest.approx([0.0594, 0.0254, 0.2322, 0.1225, 0.0802], abs=digits(4))
    assert control.yi == pytest.approx([-0.2365, 0.0958, 0.0, 0.2667, -0.4250], abs=digits(4))
    assert control.vi == pytest.approx([0.0544, 0.0173, 0.0511, 0.0232, 0.0864], abs=digits(4))
