"""The skewness test: hand arithmetic, its level by simulation, and what it makes of a median."""

from __future__ import annotations

import re

import numpy as np
import pytest

from metamsc.effects.recover_quantiles import mean_sd_from_quantiles
from metamsc.effects.recover_skewness import check_skewness
from metamsc.errors import InputError, OptionError

RTOL = 1e-12  # closed forms
SETS = 4_000
LEVEL_TOLERANCE = 0.015
"""The standard error of 5 % in 4,000 sets is 0.35 %; the published limits are approximations."""


def test_by_hand() -> None:
    # n = 25. Quartiles 2, 8, median 4: |10 − 8|/6 = 1/3 against 2.65/5 − 6/625 = 0.5204
    quartiles = check_skewness(4, 25, quartiles=(2, 8))
    assert quartiles.scenario == "quartiles"
    assert quartiles.statistic == pytest.approx(1 / 3, rel=RTOL)
    assert quartiles.critical == pytest.approx(0.5204, rel=RTOL)
    assert not quartiles.rejected
    assert quartiles.note == "no skewness shown (0.33, limit 0.52 at 5%) (Shi 2023)"
    # range 0 to 16: |16 − 8|/16 = 1/2 against 1/ln 34 + 2.5/26 = 0.2836 + 0.0962
    extremes = check_skewness(4, 25, extremes=(0, 16))
    assert extremes.scenario == "range"
    assert extremes.statistic == pytest.approx(0.5, rel=RTOL)
    assert extremes.critical == pytest.approx(0.37973, abs=1e-5)
    assert extremes.rejected
    # both: 2.65·ln 15/5 = 1.435267 times 1/2 against 3/5 − 40/15625 = 0.59744
    both = check_skewness(4, 25, quartiles=(2, 8), extremes=(0, 16))
    assert both.scenario == "quartiles and range"
    assert both.statistic == pytest.approx(0.7176334, abs=1e-7)
    assert both.critical == pytest.approx(0.59744, rel=RTOL)
    assert both.rejected


def test_symmetric_numbers_are_never_skewed() -> None:
    found = check_skewness(5, 1000, quartiles=(4, 6), extremes=(0, 10))
    assert (found.statistic, found.rejected) == (0, False)


def test_either_side() -> None:
    right = check_skewness(1, 50, quartiles=(0, 10))
    left = check_skewness(9, 50, quartiles=(0, 10))
    assert right == left


def samples(n: int, *, log: bool) -> list[list[float]]:
    """Sorted samples of size n = 4q + 1, where the quartiles are observations."""
    values = np.sort(np.random.default_rng(20230510 + n).normal(size=(SETS, n)), axis=1)
    rows: list[list[float]] = (np.exp(values) if log else values).tolist()
    return rows


@pytest.mark.parametrize("n", [25, 101])
@pytest.mark.parametrize("scenario", ["range", "quartiles", "quartiles and range"])
def test_level_and_power(n: int, scenario: str) -> None:
    q = (n - 1) // 4

    def share_rejected(*, log: bool) -> float:
        rejected = 0
        for row in samples(n, log=log):
            quartiles = (row[q], row[3 * q]) if "quartiles" in scenario else None
            extremes = (row[0], row[-1]) if "range" in scenario else None
            found = check_skewness(row[2 * q], n, quartiles=quartiles, extremes=extremes)
            assert found.scenario == scenario
            rejected += found.rejected
        return rejected / SETS

    assert share_rejected(log=False) == pytest.approx(0.05, abs=LEVEL_TOLERANCE)
    assert share_rejected(log=True) > 3 * 0.05  # log-normal values with σ = 1


def test_a_median_can_be_refused_where_it_is_skewed() -> None:
    assert mean_sd_from_quantiles(2, 50, quartiles=(0, 10)).notes == (
        check_skewness(2, 50, quartiles=(0, 10)).note,
    )
    with pytest.raises(InputError, match=re.escape("looks skewed (0.60, limit 0.37 at 5%)")) as refusal:
        mean_sd_from_quantiles(2, 50, quartiles=(0, 10), skewed="refuse")
    assert "analyse the median, or the logarithms, instead" in str(refusal.value)
    symmetric = mean_sd_from_quantiles(5, 50, quartiles=(0, 10), skewed="refuse")
    assert symmetric.notes == ()
    assert symmetric.imputed
    with pytest.raises(OptionError, match="skewed must be one of 'note', 'refuse'; got 'drop'"):
        mean_sd_from_quantiles(5, 50, quartiles=(0, 10), skewed="drop")


def test_refusals() -> None:
    with pytest.raises(InputError, match="n must be >= 5; got 4"):
        check_skewness(5, 4, quartiles=(4, 8))
    with pytest.raises(InputError, match="give quartiles, extremes or both"):
        check_skewness(5, 20)
    with pytest.raises(InputError, match="out of order"):
        check_skewness(9, 20, quartiles=(4, 8))
