"""SDs, standard errors and counts from what is printed: published examples and hand arithmetic."""

from __future__ import annotations

import math
import re

import pytest

from metamsc.effects.recover import (
    events_from_percent,
    sd_from_ci,
    sd_from_se,
    sd_from_unlabelled,
    se_from_ci,
    se_from_p,
)
from metamsc.effects.recover_groups import combine_counts, combine_means, correlation_from_sds, sd_of_change
from metamsc.effects.recover_quantiles import (
    expected_range,
    mean_sd_from_quantiles,
)
from metamsc.errors import InputError, OptionError

RTOL = 1e-12  # closed forms
PRINTED_3 = 5e-4  # values printed with three decimals


def test_sd_from_se() -> None:
    recovered = sd_from_se(0.25, 16)
    assert recovered.value == 1.0
    assert recovered.derivation == "sd ← se·√n (0.25·√16)"
    assert not recovered.imputed


def test_sd_from_ci_uses_t() -> None:
    # Cochrane Handbook 5.1, 7.7.3.2: for n = 25 the divisor is 2 × 2.0639 = 4.128
    recovered = sd_from_ci(0, 4.128, 25)
    assert recovered.value == pytest.approx(5, abs=PRINTED_3)
    assert "t on 24 df" in recovered.derivation


def test_se_from_ci() -> None:
    # Cochrane Handbook 6.3.1: the interval of a 95 % CI is 3.92 standard errors wide
    assert se_from_ci(0, 3.92).value == pytest.approx(1, abs=PRINTED_3)
    assert se_from_ci(0, 3.29, level=0.90).value == pytest.approx(1, abs=PRINTED_3)
    assert se_from_ci(0, 5.15, level=0.99).value == pytest.approx(1, abs=PRINTED_3)


def test_se_from_p() -> None:
    assert se_from_p(-1.9599639845400545, 0.05).value == pytest.approx(1, rel=RTOL)


def test_unlabelled_spread_is_imputed_and_shows_the_other_reading() -> None:
    as_sd = sd_from_unlabelled(2, 9, reading="sd")
    assert (as_sd.value, as_sd.imputed, as_sd.notes) == (2, True, ("as SE it would be 6",))
    as_se = sd_from_unlabelled(2, 9, reading="se")
    assert (as_se.value, as_se.imputed, as_se.notes) == (6, True, ("as SD it would be 2",))
    with pytest.raises(OptionError, match="reading must be one of 'sd', 'se'; got 'ci'"):
        sd_from_unlabelled(2, 9, reading="ci")


@pytest.mark.parametrize(
    ("percent", "n", "decimals", "events"),
    [
        (57.1, 21, None, 12),  # 12/21 = 57.142 %
        (33.3, 27, None, 9),
        (0, 10, None, 0),
        (100, 10, None, 10),
        (13, 8, 0, 1),  # 12.5 % rounded up
        (12, 8, 0, 1),  # 12.5 % rounded to even
        (66.7, 3, None, 2),
    ],
)
def test_events_from_percent(percent: float, n: int, decimals: int | None, events: int) -> None:
    recovered = events_from_percent(percent, n, decimals=decimals)
    assert recovered.value == events
    assert f"of {n}" in recovered.derivation
    assert not recovered.imputed


@pytest.mark.parametrize(
    ("percent", "n", "decimals", "message"),
    [
        (58.0, 21, 1, "no count of 21 prints as 58.0%; give the count."),
        (50.0, 400, 0, "each of 198, 199, 200, 201, 202 of 400 prints as 50%"),
        (101, 10, None, "percent must be at most 100"),
        (-1, 10, None, "percent must be >= 0; got -1."),
    ],
)
def test_percent_that_fits_no_or_several_counts(
    percent: float, n: int, decimals: int | None, message: str
) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        events_from_percent(percent, n, decimals=decimals)


def test_expected_range_against_the_table_of_wan_2014() -> None:
    # Wan et al. 2014, table 1, exact ξ(n); eq. 9 is an approximation within 1.5 % from n = 5 on
    table = {5: 2.326, 10: 3.078, 25: 3.931, 40: 4.322, 50: 4.498}
    for n, xi in table.items():
        assert expected_range(n) == pytest.approx(xi, rel=0.015)


def test_quantiles_by_hand() -> None:
    # n = 16, so n^0.75 = 8. Range 0 to 12, median 5: Luo mean 4/12·6 + 8/12·5 = 16/3
    recovered = mean_sd_from_quantiles(5, 16, extremes=(0, 12))
    assert recovered.value.mean == pytest.approx(16 / 3, rel=RTOL)
    assert recovered.value.sd == pytest.approx(12 / expected_range(16), rel=RTOL)
    # quartiles 4 and 8, median 5: weight 0.7 + 0.39/16 on 6
    weight = 0.7 + 0.39 / 16
    quartiles = mean_sd_from_quantiles(5, 16, quartiles=(4, 8))
    assert quartiles.value.mean == pytest.approx(weight * 6 + (1 - weight) * 5, rel=RTOL)
    # η(16) = 2Φ⁻¹(11.875/16.25) = 2·Φ⁻¹(0.7307692…) = 2·0.615141…
    assert quartiles.value.sd == pytest.approx(4 / (2 * 0.6151411), rel=1e-6)
    assert recovered.imputed
    assert quartiles.imputed
    assert "Luo 2018" in quartiles.derivation
    assert "Wan 2014" in quartiles.derivation


def test_five_numbers() -> None:
    both = mean_sd_from_quantiles(5, 16, quartiles=(4, 8), extremes=(0, 12))
    outer, inner = 2.2 / 10.2, 0.7 - 0.72 / 16**0.55
    assert both.value.mean == pytest.approx(outer * 6 + inner * 6 + (1 - outer - inner) * 5, rel=RTOL)
    by_range = mean_sd_from_quantiles(5, 16, extremes=(0, 12)).value.sd
    by_quartiles = mean_sd_from_quantiles(5, 16, quartiles=(4, 8)).value.sd
    weight = 1 / (1 + 0.07 * 16**0.6)
    assert both.value.sd == pytest.approx(weight * by_range + (1 - weight) * by_quartiles, rel=RTOL)
    assert "Shi 2020" in both.derivation
    wan = mean_sd_from_quantiles(
        5, 16, quartiles=(4, 8), extremes=(0, 12), mean_method="wan", sd_method="wan"
    )
    assert wan.value.mean == pytest.approx((0 + 2 * 4 + 2 * 5 + 2 * 8 + 12) / 8, rel=RTOL)
    assert wan.value.sd == pytest.approx((by_range + by_quartiles) / 2, rel=RTOL)
    assert mean_sd_from_quantiles(5, 16, extremes=(0, 12), mean_method="wan").value.mean == pytest.approx(
        (0 + 2 * 5 + 12) / 4, rel=RTOL
    )
    assert mean_sd_from_quantiles(5, 16, quartiles=(4, 8), mean_method="wan").value.mean == pytest.approx(
        (4 + 5 + 8) / 3, rel=RTOL
    )


def test_normal_values_come_back() -> None:
    # quartiles and expected extremes of a normal with mean 50 and SD 10 at n = 101
    half_range, half_quartile = 10 * expected_range(101) / 2, 6.744897501960817
    recovered = mean_sd_from_quantiles(
        50,
        101,
        quartiles=(50 - half_quartile, 50 + half_quartile),
        extremes=(50 - half_range, 50 + half_range),
    )
    assert recovered.value.mean == pytest.approx(50, rel=RTOL)
    # η(101) differs from the population's 1.349 by 0.9 %
    assert recovered.value.sd == pytest.approx(10, rel=0.01)
    assert recovered.notes == ()


def test_skewed_numbers_are_pointed_out() -> None:
    # |q₁ + q₃ − 2m|/(q₃ − q₁) = 6/10 against 2.65/√50 − 6/2500 = 0.372
    skewed = mean_sd_from_quantiles(2, 50, quartiles=(0, 10))
    assert skewed.notes == ("looks skewed (0.60, limit 0.37 at 5%): mean and SD may mislead (Shi 2023)",)
    # range only: 8/10 against 1/ln 59 + 2.5/51 = 0.294
    assert "limit 0.29" in mean_sd_from_quantiles(1, 50, extremes=(0, 10)).notes[0]
    # both: 3/√50 − 40/125000 = 0.424; 2.65·ln 30/√50·0.5 = 0.64
    five = mean_sd_from_quantiles(5, 50, quartiles=(3, 7), extremes=(0, 20))
    assert "(0.64, limit 0.42" in five.notes[0]


def test_skewness_limits_in_a_small_group() -> None:
    # n = 6: 2.65/√6 − 6/36 = 0.915; 1/ln 15 + 2.5/7 = 0.726; 3/√6 − 40/216 = 1.040
    assert "(0.96, limit 0.92" in mean_sd_from_quantiles(0.2, 6, quartiles=(0, 10)).notes[0]
    assert "(0.80, limit 0.73" in mean_sd_from_quantiles(1, 6, extremes=(0, 10)).notes[0]
    # 2.65·ln 3.6/√6·0.9 = 1.25
    five = mean_sd_from_quantiles(1, 6, quartiles=(0.5, 1.5), extremes=(0, 20))
    assert "(1.25, limit 1.04" in five.notes[0]


@pytest.mark.parametrize(
    ("median", "n", "quartiles", "extremes", "message"),
    [
        (5.0, 16, None, None, "give quartiles, extremes or both beside the median."),
        (5.0, 4, (4, 8), None, "n must be >= 5; got 4."),
        (9.0, 16, (4, 8), None, "out of order: 4, 4, 9, 8, 8."),
        (5.0, 16, (4, 8), (5, 12), "out of order: 5, 4, 5, 8, 12."),
        (5.0, 16, (5, 5), None, "quartiles are both 5: no SD can be had from them."),
        (math.nan, 16, (4, 8), None, "must be finite"),
    ],
)
def test_quantiles_refused(
    median: float,
    n: float,
    quartiles: tuple[float, float] | None,
    extremes: tuple[float, float] | None,
    message: str,
) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        mean_sd_from_quantiles(median, n, quartiles=quartiles, extremes=extremes)


def test_combined_groups_are_the_union_of_their_members() -> None:
    # members 1, 3 (mean 2, SD √2) and 5, 7, 9 (mean 7, SD 2): union mean 5, SD √10
    combined = combine_means([2, 3], [2, 7], [math.sqrt(2), 2]).value
    assert combined.n == 5
    assert combined.mean == pytest.approx(5, rel=RTOL)
    assert combined.sd == pytest.approx(math.sqrt(10), rel=RTOL)  # 16 + 4 + 0 + 4 + 16 = 40, /4


def test_combined_groups_by_the_formula_of_the_cochrane_handbook() -> None:
    # table 6.5.a for two groups, with n = 50, 50, means 26.5, 32.9, SDs 4.5, 5.8
    n, mean, sd = (50, 50), (26.5, 32.9), (4.5, 5.8)
    between = n[0] * n[1] / 100 * (mean[0] ** 2 + mean[1] ** 2 - 2 * mean[0] * mean[1])
    expected = math.sqrt((49 * sd[0] ** 2 + 49 * sd[1] ** 2 + between) / 99)
    combined = combine_means(n, mean, sd).value
    assert combined.mean == pytest.approx(29.7, rel=RTOL)
    assert combined.sd == pytest.approx(expected, rel=RTOL)


def test_combined_counts() -> None:
    combined = combine_counts([3, 0, 2], [10, 5, 9])
    assert (combined.value.events, combined.value.n) == (5, 24)
    assert combined.derivation == "events, n ← sums over 3 arms"


def test_combining_refusals() -> None:
    with pytest.raises(InputError, match=re.escape("got n: 2, mean: 1, sd: 2")):
        combine_means([2, 3], [2], [1, 1])
    with pytest.raises(InputError, match="at least two arms"):
        combine_counts([1], [2])
    with pytest.raises(InputError, match="events must be at most n; got 3 of 2"):
        combine_counts([1, 3], [2, 2])
    with pytest.raises(InputError, match="mean must be finite; got nan"):
        combine_means([2, 3], [2, math.nan], [1, 1])


def test_sd_of_change_of_the_cochrane_handbook() -> None:
    # Cochrane Handbook 5.1, 16.4.6.4: SDs 2.38 and 2.21, r = 0.68, n = 10: SE 0.583
    recovered = sd_of_change(2.38, 2.21, 0.68)
    assert recovered.value / math.sqrt(10) == pytest.approx(0.583, abs=PRINTED_3)
    assert recovered.imputed
    assert not sd_of_change(2.38, 2.21, 0.68, r_reported=True).imputed


def test_correlation_from_sds_inverts_sd_of_change() -> None:
    change = sd_of_change(4, 3, 0.5).value  # √(16 + 9 − 12) = √13
    assert change == pytest.approx(math.sqrt(13), rel=RTOL)
    assert correlation_from_sds(4, 3, change).value == pytest.approx(0.5, rel=RTOL)
    with pytest.raises(InputError, match=re.escape("give r = -1.250")):
        correlation_from_sds(1, 2, math.sqrt(10))  # (1 + 4 − 10)/4
    with pytest.raises(InputError, match=re.escape("r must lie between -1 and 1; got 1.5")):
        sd_of_change(4, 3, 1.5)
