"""Rothman, Greenland & Lash (2008), Modern Epidemiology, 3rd ed., ch. 15: stratified tables.

Tables 15-1 (tolbutamide), 15-2 (smoking) and 15-5 (spermicides), by the Mantel-Haenszel method and by
maximum likelihood, as metafor's test of this chapter gives them to four decimals (the chapter prints two or
three; where its last digit differs that is noted). Intervals have 90 % coverage. Tolerance: half a unit of
the last digit.
"""

from __future__ import annotations

import math
from typing import Any

import pytest

from metamsc.effects import compute_effects
from metamsc.models.rare.glmm import fit_glmm
from metamsc.models.rare.mantel_haenszel import mantel_haenszel
from metamsc.models.rare.results import ChiSquareTest, GlmmResult, StratifiedResult
from tests.published.printed import digits, reference_data

DATA = reference_data("rare_counts")


def tables(name: str) -> dict[str, Any]:
    d = DATA[name]
    return {"events_treat": d["ai"], "n_treat": d["n1i"], "events_control": d["ci"], "n_control": d["n2i"]}


def rates(name: str) -> dict[str, Any]:
    d = DATA[name]  # person-time in 10,000 years
    return {
        "events_treat": d["x1i"],
        "time_treat": d["t1i"],
        "events_control": d["x2i"],
        "time_control": d["t2i"],
    }


def common(r: StratifiedResult | GlmmResult) -> tuple[float, float, float]:
    assert r.estimate is not None
    assert r.ci is not None
    return r.estimate, r.ci.low, r.ci.high


def ratio(r: StratifiedResult | GlmmResult) -> tuple[float, ...]:
    return tuple(math.exp(x) for x in common(r))


def shown(test: ChiSquareTest | None) -> tuple[float, float]:
    assert test is not None
    return test.statistic, test.p


def test_strata_table_15_1() -> None:
    differences = compute_effects("RD", **tables("tolbutamide"))
    assert differences.yi == pytest.approx([0.0338, 0.0363], abs=digits(4))
    assert differences.sei == pytest.approx([0.0315, 0.0598], abs=digits(4))
    ratios = compute_effects("RR", **tables("tolbutamide"))
    assert [math.exp(y) for y in ratios.yi] == pytest.approx([1.8113, 1.1926], abs=digits(4))
    crude = compute_effects("RR", **{name: sum(values) for name, values in tables("tolbutamide").items()})
    assert math.exp(float(crude.yi[0])) == pytest.approx(1.4356, abs=digits(4))


def test_mantel_haenszel_table_15_1() -> None:
    difference = mantel_haenszel("RD", **tables("tolbutamide"), level=0.90)
    # The chapter prints 0.088: its variance is that of Greenland & Robins (1985), ours of Sato et al. (1989).
    assert common(difference) == pytest.approx((0.0349, -0.0176, 0.0874), abs=digits(4))
    assert shown(difference.homogeneity) == pytest.approx((0.0017, 0.9669), abs=digits(4))  # printed 0.001
    risk = mantel_haenszel("RR", **tables("tolbutamide"), level=0.90)
    assert ratio(risk) == pytest.approx((1.3256, 0.8658, 2.0296), abs=digits(4))
    assert shown(risk.homogeneity) == pytest.approx((0.4472, 0.5037), abs=digits(4))
    odds = mantel_haenszel("OR", **tables("tolbutamide"), level=0.90, correct=False)
    assert ratio(odds) == pytest.approx((1.4031, 0.8411, 2.3409), abs=digits(4))
    assert shown(odds.homogeneity) == pytest.approx((0.3474, 0.5556), abs=digits(4))
    assert shown(odds.cochran) == pytest.approx((1.1976, 0.2738), abs=digits(4))
    assert shown(odds.association) == pytest.approx((1.1914, 0.2750), abs=digits(4))
    assert shown(odds.tarone) == pytest.approx((0.3489, 0.5547), abs=digits(4))


def test_conditional_likelihood_table_15_1() -> None:
    r = fit_glmm("OR", **tables("tolbutamide"), model="CM.EL", tau2_method="EE")  # 95 % here
    assert ratio(r) == pytest.approx((1.40, 0.76, 2.58), abs=digits(2))
    # metafor's Wald test (0.3480) rests on a curvature by differences; this is summed outright in R.
    assert shown(r.wald_test)[0] == pytest.approx(0.34633029, abs=digits(8))
    assert shown(r.likelihood_ratio_test) == pytest.approx((0.3502, 0.5540), abs=digits(4))


def test_strata_table_15_2() -> None:
    differences = compute_effects("IRD", **rates("smoking"))
    assert differences.yi == pytest.approx([5.0417, 12.8040, 22.9610, 38.5674, -20.2008], abs=digits(4))
    ratios = compute_effects("IRR", **rates("smoking"))
    expected = [5.7366, 2.1388, 1.4682, 1.3561, 0.9047]
    assert [math.exp(y) for y in ratios.yi] == pytest.approx(expected, abs=digits(4))


def test_mantel_haenszel_table_15_2() -> None:
    difference = mantel_haenszel("IRD", **rates("smoking"), level=0.90)
    assert common(difference) == pytest.approx((11.4392, 6.3498, 16.5286), abs=digits(4))
    assert shown(difference.homogeneity)[0] == pytest.approx(26.8758, abs=digits(4))
    rate = mantel_haenszel("IRR", **rates("smoking"), level=0.90)
    assert ratio(rate) == pytest.approx((1.4247, 1.1944, 1.6994), abs=digits(4))
    assert shown(rate.homogeneity) == pytest.approx((10.4117, 0.0340), abs=digits(4))
    assert shown(rate.association) == pytest.approx((10.7021, 0.0011), abs=digits(4))
    plain = mantel_haenszel("IRR", **rates("smoking"), level=0.90, correct=False)
    assert shown(plain.association) == pytest.approx((11.0162, 0.0009), abs=digits(4))


@pytest.mark.parametrize("model", ["UM.FS", "CM.EL"])
def test_likelihoods_table_15_2(model: str) -> None:
    r = fit_glmm("IRR", **rates("smoking"), model=model, tau2_method="EE", level=0.90)
    assert ratio(r) == pytest.approx((1.4255, 1.1947, 1.7009), abs=digits(4))
    assert shown(r.wald_test) == pytest.approx((10.1991, 0.0372), abs=digits(4))
    assert shown(r.likelihood_ratio_test) == pytest.approx((12.1324, 0.0164), abs=digits(4))


def test_mantel_haenszel_table_15_5() -> None:
    r = mantel_haenszel("OR", **tables("spermicide"), level=0.90, correct=False)
    assert ratio(r) == pytest.approx((3.7812, 1.4304, 9.9954), abs=digits(4))
    assert shown(r.homogeneity) == pytest.approx((0.1378, 0.7105), abs=digits(4))
    assert shown(r.cochran) == pytest.approx((5.8248, 0.0158), abs=digits(4))
    assert shown(r.association) == pytest.approx((5.8092, 0.0159), abs=digits(4))
    assert shown(r.tarone) == pytest.approx((0.1391, 0.7092), abs=digits(4))


@pytest.mark.parametrize(
    ("model", "odds_ratio", "wald", "likelihood_ratio"),
    [
        ("UM.FS", (3.79, 1.43, 10.03), (0.1374, 0.7109), (0.1324, 0.7160)),
        # metafor's Wald test of the conditional model (0.1327) rests on a curvature by differences; this is
        # summed outright in R.
        ("CM.EL", (3.76, 1.43, 9.93), (0.1232, 0.7256), (0.1188, 0.7304)),
    ],
)
def test_likelihoods_table_15_5(
    model: str,
    odds_ratio: tuple[float, ...],
    wald: tuple[float, float],
    likelihood_ratio: tuple[float, float],
) -> None:
    r = fit_glmm("OR", **tables("spermicide"), model=model, tau2_method="EE", level=0.90)
    assert ratio(r) == pytest.approx(odds_ratio, abs=digits(2))
    assert shown(r.wald_test) == pytest.approx(wald, abs=digits(4))
    assert shown(r.likelihood_ratio_test) == pytest.approx(likelihood_ratio, abs=digits(4))
