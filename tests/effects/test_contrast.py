"""Effects from reported contrasts: published examples, hand arithmetic, refusals."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest

from metamsc.effects import effect_from_contrast
from metamsc.errors import InputError, OptionError

RTOL = 1e-12  # closed forms
PRINTED_2 = 5e-3  # values printed with two decimals


def test_altman_and_bland_ratio() -> None:
    # Altman & Bland 2011, BMJ 343:d2090, relative risk 0.30 with P = 0.034; their formula
    # z = −0.862 + √(0.743 − 2.404·ln P) approximates the normal quantile to 0.2 %
    effect = effect_from_contrast("RR", ratio=0.30, p=0.034)
    z = -0.862 + math.sqrt(0.743 - 2.404 * math.log(0.034))
    assert effect.sei == pytest.approx(-math.log(0.30) / z, rel=0.002)
    assert effect.derivation[0] == "yi ← ln 0.3"
    assert "P = 0.034" in effect.derivation[1]


def test_altman_and_bland_difference() -> None:
    # same note: 17 percentage points, P = 0.032, 95 % CI 1.4 to 32.6 (their z is an approximation, so ±0.1)
    effect = effect_from_contrast("RD", difference=17, p=0.032)
    assert effect.yi - 1.96 * effect.sei == pytest.approx(1.4, abs=0.1)
    assert effect.yi + 1.96 * effect.sei == pytest.approx(32.6, abs=0.1)


def test_cochrane_handbook_difference_by_t() -> None:
    # Cochrane Handbook 5.1, 7.7.3.3: MD 3.8, P = 0.008, groups of 25 and 22: t = 2.78 and SE 1.37
    effect = effect_from_contrast("MD", difference=3.8, p=0.008, n_treat=25, n_control=22, distribution="t")
    assert effect.sei == pytest.approx(1.37, abs=PRINTED_2)
    assert "t on 45 df" in effect.derivation[0]


def test_difference_with_its_standard_error() -> None:
    effect = effect_from_contrast("MD", difference=4.4, se=2.16, ci=(0, 8.8), p=0.04)
    assert (effect.yi, effect.vi) == (4.4, 2.16**2)
    assert effect.derivation == ("standard error of the difference as reported (2.16)",)


def test_interval_of_a_difference() -> None:
    effect = effect_from_contrast("MD", difference=2, ci=(1, 3))
    assert effect.sei == pytest.approx(1 / 1.9599639845400545, rel=RTOL)
    ninety = effect_from_contrast("MD", difference=2, ci=(1, 3), level=0.90)
    assert ninety.sei == pytest.approx(1 / 1.6448536269514722, rel=RTOL)
    small = effect_from_contrast("MD", difference=2, ci=(1, 3), n_treat=6, n_control=6, distribution="t")
    assert small.sei == pytest.approx(1 / 2.2281388519862735, rel=RTOL)  # t, 10 df
    assert "95% CI" in effect.derivation[0]


def test_interval_of_a_ratio_is_taken_on_the_log_scale() -> None:
    effect = effect_from_contrast("HR", ratio=0.5, ci=(0.25, 1.0))
    assert effect.yi == pytest.approx(-math.log(2), rel=RTOL)
    assert effect.sei == pytest.approx(math.log(2) / 1.9599639845400545, rel=RTOL)
    assert effect.notes == ()
    assert "log scale" in effect.derivation[1]


def test_a_lopsided_interval_is_pointed_out() -> None:
    effect = effect_from_contrast("MD", difference=1.2, ci=(1, 3))
    assert len(effect.notes) == 1
    assert "80%" in effect.notes[0]  # 0.8 below the middle, half-width 1


@pytest.mark.parametrize(
    ("measure", "given", "message"),
    [
        ("RR", {"difference": 1, "se": 1}, "RR is a ratio: give `ratio`"),
        ("RR", {"ratio": 2, "difference": 1, "se": 1}, "RR is a ratio: give `ratio`"),
        ("RR", {"ratio": 0, "se": 1}, "ratio must be > 0; got 0."),
        ("MD", {"ratio": 2, "se": 1}, "MD is a difference: give `difference`"),
        ("MD", {"difference": math.nan, "se": 1}, "difference must be finite; got nan."),
        ("MD", {"difference": 1}, "needs se, ci, statistic or p to be weighted; got none."),
        ("MD", {"difference": 1, "se": 0}, "se must be > 0; got 0."),
        ("MD", {"difference": 1, "ci": (2, 1)}, "high end of ci must be > 2; got 1."),
        ("MD", {"difference": 5, "ci": (1, 3)}, "ci 1 to 3 does not contain the estimate 5."),
        ("RR", {"ratio": 2, "ci": (0, 3)}, "low end of ci must be > 0; got 0."),
        ("MD", {"difference": 0, "p": 0.5}, "an estimate of 0 has P = 1"),
        ("MD", {"difference": 1, "p": 0}, "p must be > 0 and < 1; got 0."),
        ("MD", {"difference": 1, "p": 1}, "p must be > 0 and < 1; got 1."),
        ("MD", {"difference": 1, "ci": (0, 2), "level": 95}, "level must be > 0 and < 1; got 95."),
        ("MD", {"difference": 1, "ci": (0, 2), "distribution": "t"}, "needs n_treat and n_control"),
    ],
)
def test_refusals(measure: str, given: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        effect_from_contrast(measure, **given)


def test_unknown_distribution_and_measure() -> None:
    with pytest.raises(OptionError, match="distribution must be one of 'z', 't'; got 'normal'"):
        effect_from_contrast("MD", difference=1, se=1, distribution="normal")
    with pytest.raises(OptionError, match="measure must be one of 'MD'"):
        effect_from_contrast("md", difference=1, se=1)


@pytest.mark.parametrize(
    ("test", "statistic"), [("t", -4.0), ("welch", 4.0), ("z", 4.0), ("f", 16.0), ("chi2", 16.0)]
)
def test_statistics_of_a_difference(test: str, statistic: float) -> None:
    # SE = |estimate|/4 whatever the kind; a statistic comes before P
    effect = effect_from_contrast("MD", difference=-2, test=test, statistic=statistic, p=0.5)
    assert effect.sei == pytest.approx(0.5, rel=RTOL)


def test_chi2_of_a_ratio() -> None:
    # ln 2 with χ² = 4: SE = ln 2/2; a score test agrees with that approximately, and the note says so
    effect = effect_from_contrast("HR", ratio=2, test="chi2", statistic=4)
    assert effect.sei == pytest.approx(math.log(2) / 2, rel=RTOL)
    assert "exact for a Wald test only" in effect.notes[0]


def test_the_handbooks_t_statistic() -> None:
    # Cochrane Handbook 5.1, 7.7.3.3: MD 3.8 with t = 2.78 is SE 1.37
    effect = effect_from_contrast("MD", difference=3.8, test="t", statistic=2.78)
    assert effect.sei == pytest.approx(1.37, abs=PRINTED_2)


def test_printed_degrees_of_freedom_stand_for_the_sizes() -> None:
    effect = effect_from_contrast("MD", difference=2, ci=(1, 3), distribution="t", df=10)
    assert effect.sei == pytest.approx(1 / 2.2281388519862735, rel=RTOL)
    assert "t on 10 df" in effect.derivation[0]


def test_a_one_sided_p_value() -> None:
    one = effect_from_contrast("MD", difference=2, p=0.025, one_sided=True)
    assert one.sei == pytest.approx(2 / 1.9599639845400545, rel=RTOL)
    with pytest.raises(InputError, match=re.escape("one-sided p must be > 0 and < 0.5; got 0.6")):
        effect_from_contrast("MD", difference=2, p=0.6, one_sided=True)


@pytest.mark.parametrize("operator", ["<", ">"])
def test_a_bound_on_p_is_refused_unless_something_else_is_printed(operator: str) -> None:
    with pytest.raises(InputError, match=f"P {operator} 0.05 is a bound and gives no standard error"):
        effect_from_contrast("MD", difference=2, p=0.05, p_operator=operator)
    assert effect_from_contrast("MD", difference=2, se=1, p=0.05, p_operator=operator).sei == 1


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"test": "t", "statistic": 0}, "t = 0 gives no standard error"),
        ({"test": "f", "statistic": -1}, "f must be > 0"),
        ({"ci": (0, 2), "df": 5}, "df = 5 is of Student's t"),
        ({"ci": (0, 2), "df": 0, "distribution": "t"}, "df must be > 0"),
        ({"statistic": 3}, "needs se, ci, statistic or p"),
    ],
)
def test_refusals_of_tests(given: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        effect_from_contrast("MD", difference=1, **given)


def test_unknown_test_and_operator() -> None:
    with pytest.raises(OptionError, match="test must be one of 't', 'welch', 'z', 'f', 'chi2'; got 'fisher'"):
        effect_from_contrast("MD", difference=1, test="fisher", statistic=1)
    with pytest.raises(OptionError, match="p_operator must be one of '=', '<', '>'; got '~'"):
        effect_from_contrast("MD", difference=1, p=0.1, p_operator="~")
