"""Small-study regression against hand arithmetic, the reference implementation, and its laws."""

import json
import math
from pathlib import Path

import pytest

from metamsc.errors import InputError, OptionError, TooFewStudiesError
from metamsc.sensitivity.bias import PREDICTORS, regress_on_precision

CLOSED_FORM = 1e-8  # weighted least squares solved by QR

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
    assert turned.statistic == pytest.approx(-plain.statistic, rel=CLOSED_FORM)
    assert turned.intercept == pytest.approx(-10 * plain.intercept, rel=CLOSED_FORM)


def test_refuses_below_ten_and_names_the_limit() -> None:
    with pytest.raises(TooFewStudiesError, match=r"k >= 10; got 9"):
        regress_on_precision(BCG_YI[:9], BCG_VI[:9])
    assert math.isfinite(regress_on_precision(BCG_YI[:9], BCG_VI[:9], force=True).p)
    with pytest.raises(TooFewStudiesError, match=r"k >= 3; got 2"):
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
