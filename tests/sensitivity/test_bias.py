"""Small-study regression against hand arithmetic, the reference implementation, and its laws."""

import json
import math
from pathlib import Path

import pytest

from metamsc.errors import InputError, OptionError, TooFewStudiesError
from metamsc.models.pool import pool
from metamsc.sensitivity.bias import LIMIT_PREDICTORS, PREDICTORS, regress_on_precision
from metamsc.sensitivity.pet_peese import pet_peese

CLOSED_FORM = 1e-8  # weighted least squares solved by QR
ITERATED = 1e-6  # tau2 of the reference is good to about 1e-10, with moderators less

_BCG = json.loads((Path(__file__).parents[1] / "reference/data/bcg.json").read_text())["data"]
BCG_YI, BCG_VI = tuple(_BCG["dat"]["yi"]), tuple(_BCG["dat"]["vi"])
BCG_N = tuple(
    sum(cells)
    for cells in zip(*(_BCG["raw"][name] for name in ("tpos", "tneg", "cpos", "cneg")), strict=True)
)

# regtest(rma(yi, vi, method="EE"), model="lm", predictor=...) of metafor 3.8-1 on the same numbers
METAFOR_T_AND_P = {
    "se": (-1.4012820022893326, 0.18870699508197877),
    "variance": (-0.8568139650444085, 0.40982581214622005),
    "n": (4.41122166112393, 0.0010435896839019964),
    "1/n": (-1.4484695606205618, 0.17538436544450128),
    "sqrt(n)": (4.278716524842694, 0.0013015171881870819),
    "1/sqrt(n)": (-2.6259760819328912, 0.023575907453519236),
}


def _number(value: float | None) -> float:
    assert value is not None
    return value


@pytest.mark.parametrize("predictor", PREDICTORS)
def test_agrees_with_the_reference(predictor: str) -> None:
    test = regress_on_precision(BCG_YI, BCG_VI, predictor=predictor, n_total=BCG_N)
    statistic, p = METAFOR_T_AND_P[predictor]
    assert test.statistic == pytest.approx(statistic, rel=CLOSED_FORM)
    assert test.p == pytest.approx(p, rel=CLOSED_FORM)
    assert (test.df, test.k) == (11, 13)


def test_three_studies_by_hand() -> None:
    # y = 1, 2, 4 at se = 1, 2, 3 with weights 1, 1/4, 1/9, i.e. 36 : 9 : 4.
    # Sw = 49, mean x = (36 + 18 + 12) / 49 = 66/49, mean y = (36 + 18 + 16) / 49 = 70/49
    # Sxy = 36 + 36 + 48 - 66 * 70 / 49 = 180/7;  Sxx = 36 + 36 + 36 - 66**2 / 49 = 936/49
    slope = (180 / 7) / (936 / 49)
    test = regress_on_precision([1, 2, 4], [1, 4, 9], force=True)
    assert test.slope == pytest.approx(slope, rel=CLOSED_FORM)
    assert test.intercept == pytest.approx(70 / 49 - slope * 66 / 49, rel=CLOSED_FORM)
    assert test.df == 1


def test_scale_and_sign() -> None:
    plain = regress_on_precision(BCG_YI, BCG_VI)
    turned = regress_on_precision([-10 * y for y in BCG_YI], [100 * v for v in BCG_VI])
    assert turned.statistic == pytest.approx(-_number(plain.statistic), rel=CLOSED_FORM)
    assert turned.intercept == pytest.approx(-10 * plain.intercept, rel=CLOSED_FORM)


def test_refuses_below_ten_and_names_the_limit() -> None:
    with pytest.raises(TooFewStudiesError, match=r"with 9 studies .* at least 10"):
        regress_on_precision(BCG_YI[:9], BCG_VI[:9])
    assert math.isfinite(_number(regress_on_precision(BCG_YI[:9], BCG_VI[:9], force=True).p))
    with pytest.raises(TooFewStudiesError, match=r"with 2 studies .* at least 3"):
        regress_on_precision(BCG_YI[:2], BCG_VI[:2], force=True)


def test_misuse_is_named() -> None:
    with pytest.raises(OptionError, match="'1/sqrt\\(n\\)'"):
        regress_on_precision(BCG_YI, BCG_VI, predictor="precision")
    with pytest.raises(InputError, match="n_total"):
        regress_on_precision(BCG_YI, BCG_VI, predictor="n")
    with pytest.raises(InputError, match="same se"):
        regress_on_precision(BCG_YI, [0.1] * 13)
    with pytest.raises(InputError, match="positive"):
        regress_on_precision(BCG_YI, [0.0, *BCG_VI[1:]])


# regtest(rma(yi, vi, method="REML", test=...), model="rma", predictor="sei"): statistic, p, ci of the limit
METAFOR_ADDITIVE = {
    "wald": (-0.803329193090804, 0.421784488855319, -1.1182239890087835, 0.09736024080271033),
    "hksj": (-0.781154133601789, 0.451196679953773, -1.2123410165975028, 0.19147726839142976),
}


@pytest.mark.parametrize("ci_method", METAFOR_ADDITIVE)
def test_meta_regression_agrees_with_the_reference(ci_method: str) -> None:
    test = regress_on_precision(BCG_YI, BCG_VI, model="additive", ci_method=ci_method)
    statistic, p, low, high = METAFOR_ADDITIVE[ci_method]
    assert test.intercept == pytest.approx(-0.5104318741030366, rel=ITERATED)
    assert test.statistic == pytest.approx(statistic, rel=ITERATED)
    assert test.p == pytest.approx(p, rel=ITERATED)
    assert (test.intercept_ci.low, test.intercept_ci.high) == pytest.approx((low, high), rel=ITERATED)
    assert test.df == (None if ci_method == "wald" else 11)


def test_equal_effects_meta_regression_is_the_other_model_without_its_factor() -> None:
    # Both weigh by 1 / v; least squares multiplies the variances by phi = RSS / df, equal effects by 1.
    plain = regress_on_precision(BCG_YI, BCG_VI)
    equal = regress_on_precision(BCG_YI, BCG_VI, model="additive", tau2_method="EE", ci_method="wald")
    assert equal.slope == pytest.approx(plain.slope, rel=CLOSED_FORM)
    line = [plain.intercept + plain.slope * math.sqrt(v) for v in BCG_VI]
    rss = sum((y - f) ** 2 / v for y, f, v in zip(BCG_YI, line, BCG_VI, strict=True))
    assert plain.slope_se == pytest.approx(equal.slope_se * math.sqrt(rss / 11), rel=CLOSED_FORM)
    assert (plain.tau2, equal.tau2) == (None, 0.0)


@pytest.mark.parametrize("predictor", PREDICTORS)
def test_the_intercept_is_a_limit_only_where_the_predictor_vanishes(predictor: str) -> None:
    test = regress_on_precision(BCG_YI, BCG_VI, predictor=predictor, n_total=BCG_N)
    assert test.is_limit == (predictor in LIMIT_PREDICTORS) == (predictor not in ("n", "sqrt(n)"))
    # The t quantile with 11 degrees of freedom is 2.200985.
    assert test.intercept_ci.high == pytest.approx(test.intercept + 2.200985160 * test.intercept_se, rel=1e-8)


def test_a_line_through_every_study_has_no_test() -> None:
    # y = 1 + 2 se exactly: no scatter, so slope and limit are known and their test is not.
    test = regress_on_precision([3, 5, 7], [1, 4, 9], force=True)
    assert (test.intercept, test.slope) == pytest.approx((1.0, 2.0), rel=CLOSED_FORM)
    assert (test.statistic, test.p) == (None, None)


def test_additive_scatter_is_that_of_the_meta_regression() -> None:
    test = regress_on_precision(BCG_YI, BCG_VI, model="additive", predictor="variance")
    fit = pool(BCG_YI, BCG_VI, X=[[1.0, v] for v in BCG_VI])
    assert test.tau2 == fit.heterogeneity.tau2
    assert test.slope == fit.coefficients[1].estimate


def test_unknown_models_and_levels_are_named() -> None:
    with pytest.raises(OptionError, match="'multiplicative', 'additive'"):
        regress_on_precision(BCG_YI, BCG_VI, model="lm")
    with pytest.raises(InputError, match=r"level must be a fraction between 0 and 1; got 95"):
        regress_on_precision(BCG_YI, BCG_VI, level=95)


# lm(yi ~ sqrt(vi), weights=1/vi) and lm(yi ~ vi, weights=1/vi): intercept, its standard error
LM_PET = (-0.19092864235982013, 0.22008494954872537)
LM_PEESE = (-0.37995350642827064, 0.1572552916822035)


def test_pet_peese_takes_pet_when_its_effect_is_not_shown() -> None:
    # t = -0.190929 / 0.220085 = -0.8675 with 11 df, one-sided p = 0.404184 / 2: not below 0.05.
    result = pet_peese(BCG_YI, BCG_VI)
    assert (result.pet.intercept, result.pet.intercept_se) == pytest.approx(LM_PET, rel=CLOSED_FORM)
    assert (result.peese.intercept, result.peese.intercept_se) == pytest.approx(LM_PEESE, rel=CLOSED_FORM)
    assert result.pet_p == pytest.approx(0.40418398170559766 / 2, rel=CLOSED_FORM)
    assert result.chosen == "PET"
    assert (result.estimate, result.se) == (result.pet.intercept, result.pet.intercept_se)


def test_pet_peese_takes_peese_when_it_is() -> None:
    result = pet_peese(BCG_YI, BCG_VI, alpha=0.21)
    assert result.chosen == "PEESE"
    assert result.ci == result.peese.intercept_ci
    with pytest.raises(TooFewStudiesError, match="at least 10"):
        pet_peese(BCG_YI[:9], BCG_VI[:9])


def test_pet_peese_of_an_exact_line() -> None:
    assert pet_peese([3, 5, 7], [1, 4, 9], force=True).chosen == "PEESE"
