"""Standard errors from t, F, χ² and P: published examples and hand arithmetic."""

from __future__ import annotations

import math
import re

import pytest

from metamsc.effects.contrast import effect_from_contrast
from metamsc.effects.recover import se_from_p
from metamsc.effects.recover_statistics import (
    sd_from_se_of_difference,
    se_from_chi2,
    se_from_f,
    se_from_t,
)
from metamsc.errors import InputError, OptionError

RTOL = 1e-12  # closed forms
PRINTED_2 = 5e-3  # values printed with two decimals
APPROXIMATE_Z = 5e-3  # Altman & Bland approximate the normal quantile; 0.3 % off at these P values


def test_se_from_t_and_p_of_the_cochrane_handbook() -> None:
    # Cochrane Handbook 5.1, 7.7.3.3: groups of 25 and 22, MD 3.8, P = 0.008, so t = 2.78 on 45 df, SE 1.37
    recovered = se_from_t(3.8, 2.78)
    assert recovered.value == pytest.approx(1.37, abs=PRINTED_2)
    assert recovered.derivation == "se ← |estimate|/|t| (3.8/2.78)"
    assert not recovered.imputed
    assert se_from_p(3.8, 0.008, df=45).value == pytest.approx(1.37, abs=PRINTED_2)


def test_the_sign_of_t_does_not_matter() -> None:
    assert se_from_t(-6, 3).value == 2
    assert se_from_t(6, -3).value == 2


def test_f_on_one_df_is_t_squared() -> None:
    # F = 2.78² = 7.7284 for the same trial
    recovered = se_from_f(3.8, 7.7284)
    assert recovered.value == pytest.approx(se_from_t(3.8, 2.78).value, rel=RTOL)
    assert recovered.derivation == "se ← |estimate|/√F (3.8/√7.7284), F on 1 numerator df"


def test_sd_from_the_se_of_a_difference() -> None:
    # both groups 8: √(1/8 + 1/8) = ½, so sd = 2·se
    recovered = sd_from_se_of_difference(1.5, 8, 8)
    assert recovered.value == pytest.approx(3, rel=RTOL)
    assert "one SD for both groups" in recovered.notes[0]
    # groups of 4 and 12: √(1/4 + 1/12) = √(1/3)
    assert sd_from_se_of_difference(1, 4, 12).value == pytest.approx(math.sqrt(3), rel=RTOL)


def test_sd_from_t_gives_back_students_t_test() -> None:
    # SDs 3 and 5 in groups of 5 and 9: pooled variance (4·9 + 8·25)/12 = 59/3; difference 4
    pooled = math.sqrt(59 / 3)
    t = 4 / (pooled * math.sqrt(1 / 5 + 1 / 9))
    sd = sd_from_se_of_difference(se_from_t(4, t).value, 5, 9)
    assert sd.value == pytest.approx(pooled, rel=RTOL)


def test_se_from_chi2() -> None:
    # ln of e² is 2, χ² = 16: 2/4
    recovered = se_from_chi2(math.exp(2), 16)
    assert recovered.value == pytest.approx(0.5, rel=RTOL)
    assert se_from_chi2(math.exp(-2), 16).value == pytest.approx(0.5, rel=RTOL)
    assert recovered.notes == (
        "exact for a Wald test only; score and likelihood-ratio tests agree with it approximately",
    )
    corrected = se_from_chi2(math.exp(2), 16, continuity_corrected=True)
    assert "this standard error is too large" in corrected.notes[1]


def test_chi2_of_a_wald_test_is_exact() -> None:
    # 2 x 2 table 12/30 against 20/30: ln OR and its variance by Woolf
    log_or = math.log(12 * 10 / (18 * 20))
    se = math.sqrt(1 / 12 + 1 / 18 + 1 / 20 + 1 / 10)
    assert se_from_chi2(math.exp(log_or), (log_or / se) ** 2).value == pytest.approx(se, rel=RTOL)
    # Pearson's χ² of that table, (12·10 − 18·20)²·60/(30·30·32·28) = 4.286, is only near it
    pearson = (12 * 10 - 18 * 20) ** 2 * 60 / (30 * 30 * 32 * 28)
    assert se_from_chi2(math.exp(log_or), pearson).value == pytest.approx(se, rel=0.02)


def test_p_values_of_altman_and_bland() -> None:
    # BMJ 2011;343:d2090: difference 17 points, P = 0.032, SE 7.940; RR 0.30, P = 0.034, z = 2.117
    assert se_from_p(17, 0.032).value == pytest.approx(7.940, rel=APPROXIMATE_Z)
    log_rr = math.log(0.30)
    se = se_from_p(log_rr, 0.034).value
    assert abs(log_rr) / se == pytest.approx(2.117, rel=APPROXIMATE_Z)
    assert math.exp(log_rr - 1.96 * se) == pytest.approx(0.10, abs=PRINTED_2)  # their lower limit


def test_one_sided_p() -> None:
    one = se_from_p(1.6448536269514722, 0.05, sides=1)
    assert one.value == pytest.approx(1, rel=RTOL)
    assert one.value == se_from_p(1.6448536269514722, 0.10).value
    assert "P = 0.05, one-sided" in one.derivation
    with pytest.raises(InputError, match=re.escape("one-sided p must be > 0 and < 0.5; got 0.7.")):
        se_from_p(1, 0.7, sides=1)
    with pytest.raises(OptionError, match="sides must be one of '1', '2'; got '3'"):
        se_from_p(1, 0.05, sides=3)


@pytest.mark.parametrize("printed", ["0.008", "P = 0.008", "p=0.008", " P 0.008 "])
def test_p_as_printed(printed: str) -> None:
    assert se_from_p(3.8, printed, df=45).value == se_from_p(3.8, 0.008, df=45).value


@pytest.mark.parametrize("printed", ["<0.05", "P < 0.001", "NS", "p>0.05", "≤0.01", ""])
def test_a_bound_is_refused_with_advice(printed: str) -> None:
    with pytest.raises(InputError, match=re.escape(f"p must be exact; got {printed!r}.")) as refusal:
        se_from_p(3.8, printed)
    assert "look for se, ci or the test statistic" in str(refusal.value)


def test_refusals() -> None:
    with pytest.raises(InputError, match="an estimate of 0 has a statistic of 0"):
        se_from_t(0, 2)
    with pytest.raises(InputError, match="t = 0 gives no standard error"):
        se_from_t(1, 0)
    with pytest.raises(InputError, match="t must be finite; got nan"):
        se_from_t(1, math.nan)
    with pytest.raises(InputError, match=re.escape("F must have 1 degree of freedom (two groups); got 2.")):
        se_from_f(1, 4, df_between=2)
    with pytest.raises(InputError, match="f must be > 0; got 0"):
        se_from_f(1, 0)
    with pytest.raises(InputError, match=re.escape("χ² must have 1 degree of freedom (two groups); got 3.")):
        se_from_chi2(2, 4, df=3)
    with pytest.raises(InputError, match="a ratio of 1 has χ² = 0"):
        se_from_chi2(1, 4)
    with pytest.raises(InputError, match="ratio must be > 0; got -1"):
        se_from_chi2(-1, 4)
    with pytest.raises(InputError, match="se must be > 0; got 0"):
        sd_from_se_of_difference(0, 5, 5)


def test_agrees_with_a_contrast_reported_by_its_p() -> None:
    by_contrast = effect_from_contrast("RR", ratio=0.30, p=0.034)
    assert by_contrast.sei == se_from_p(math.log(0.30), 0.034).value
