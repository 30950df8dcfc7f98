"""Miller (1978), The inverse of the Freeman-Tukey double arcsine transformation, Am Stat 32:138.

Numbers of page 138 as metafor's test of this page records them. Our (and metafor's) transform is half of
Miller's, its variance a quarter. Tolerance: half a unit of the last digit.
"""

from __future__ import annotations

import numpy as np
import pytest

from metamsc.effects import back_transform, compute_effects
from metamsc.models.pool import pool
from tests.published.printed import digits

EVENTS, N = [3, 6, 10, 1], np.array([11, 17, 21, 6])
EFFECTS = compute_effects("PFT", events=EVENTS, n=N)
HARMONIC = float(len(N) / (1.0 / N).sum())


def test_transformed_proportions() -> None:
    assert 2 * EFFECTS.yi == pytest.approx([1.1391, 1.2888, 1.5253, 0.9515], abs=digits(4))
    assert 4 * EFFECTS.vi == pytest.approx([0.0870, 0.0571, 0.0465, 0.1538], abs=digits(4))


@pytest.mark.parametrize(
    ("weights", "mean", "proportion"), [(np.ones(4), 1.2262, 0.3164), (None, 1.3093, 0.3595)]
)
def test_mean_and_its_inverse(weights: np.ndarray | None, mean: float, proportion: float) -> None:
    r = pool(EFFECTS.yi, EFFECTS.vi, tau2_method="EE", ci_method="wald", weights=weights)
    assert 2 * r.estimate == pytest.approx(mean, abs=digits(4))
    back = float(back_transform("PFT", r.estimate, size=HARMONIC))
    assert back == pytest.approx(proportion, abs=digits(4))
