"""Excess significance by hand, against the reference, and its laws."""

import itertools
import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metamsc.errors import InputError, OptionError, TooFewStudiesError
from metamsc.sensitivity.excess import TESTS, excess_significance

CLOSED_FORM = 1e-8
# Where tau2 > 0 the reference integrates numerically, to eps**0.25; it also searches the limit to that.
REFERENCE_INTEGRAL = 1.3e-4

_FILE = json.loads((Path(__file__).parents[1] / "reference/data/bias_bcg.json").read_text())
_BCG = _FILE["data"]["dat"]
_EXPECTED: dict[str, Any] = {case["call"]: case["expect"] for case in _FILE["cases"]}
CRITICAL = 1.959963984540054


def _upper(z: float) -> float:
    return 0.5 * math.erfc(z / math.sqrt(2))


def test_two_studies_by_hand() -> None:
    # Both have v = 1 and a true effect at the critical value: power = 1/2 + P(z < -2 * 1.96).
    # The 2.5 is significant, the 0 is not: P(at least one of two) = 1 - (1 - power)^2.
    power = 0.5 + _upper(2 * CRITICAL)
    found = excess_significance([2.5, 0], [1, 1], theta=CRITICAL, force=True)
    assert found.power == pytest.approx((power, power), rel=CLOSED_FORM)
    assert found.significant == (True, False)
    assert (found.observed, found.k) == (1, 2)
    assert found.expected == pytest.approx(2 * power, rel=CLOSED_FORM)
    assert found.ratio == pytest.approx(1 / (2 * power), rel=CLOSED_FORM)
    assert found.p == pytest.approx(1 - (1 - power) ** 2, rel=CLOSED_FORM)
    # With equal powers the binomial is the same; chi-square: (1 - 2 power)^2 / (2 power (1 - power)).
    binomial = excess_significance([2.5, 0], [1, 1], theta=CRITICAL, test="binomial", force=True)
    assert binomial.p == pytest.approx(found.p, rel=CLOSED_FORM)
    chi2 = excess_significance([2.5, 0], [1, 1], theta=CRITICAL, test="chi2", force=True)
    z = (1 - 2 * power) / math.sqrt(2 * power * (1 - power))
    assert chi2.chi2 == pytest.approx(z**2, rel=1e-6)  # the difference 1 - 2 power = -9e-5 costs digits
    assert chi2.p == pytest.approx(_upper(z), rel=CLOSED_FORM)


def test_the_mean_is_weighted_by_hand() -> None:
    # 1 / (v + tau2) with v = 1, 3 and tau2 = 1: 1/2 and 1/4; (1 + 1) / (3/4) = 8/3 for effects 2 and 4.
    found = excess_significance([2, 4], [1, 3], tau2=1.0, force=True)
    assert found.theta == pytest.approx(8 / 3, rel=CLOSED_FORM)


def test_the_exact_test_counts_every_outcome() -> None:
    y, v = [2.5, 0.1, 3.0, 2.2, -0.5], [0.8, 1.5, 1.0, 2.0, 0.4]
    found = excess_significance(y, v, theta=0.9, force=True)
    total = 0.0
    for outcome in itertools.product((0, 1), repeat=5):
        if sum(outcome) >= found.observed:
            total += math.prod(p if hit else 1 - p for hit, p in zip(outcome, found.power, strict=True))
    assert found.observed == 2
    assert found.p == pytest.approx(total, rel=1e-12)


@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
def test_heterogeneity_averages_the_power(alternative: str) -> None:
    # Midpoint rule for the power over true effects from N(0.4, 0.3^2), 40,000 steps within 8 sd.
    theta, tau, se, steps = 0.4, 0.3, 0.5, 40_000
    critical = CRITICAL if alternative == "two-sided" else 1.6448536269514722
    average = 0.0
    for i in range(steps):
        u = -8 + 16 * (i + 0.5) / steps
        z = (theta + tau * u) / se
        above, below = _upper(critical - z), _upper(critical + z)
        power = {"two-sided": above + below, "greater": above, "less": below}[alternative]
        average += power * math.exp(-0.5 * u * u) / math.sqrt(2 * math.pi) * 16 / steps
    found = excess_significance(
        [0, 1], [se**2, 1], theta=theta, tau2=tau**2, alternative=alternative, force=True
    )
    assert found.power[0] == pytest.approx(average, rel=1e-8)


REFERENCE_CALLS: list[tuple[str, dict[str, Any]]] = [
    ("yi, vi, data=dat, progbar=FALSE", {}),
    ('yi, vi, data=dat, test="binom", progbar=FALSE', {"test": "binomial"}),
    (
        'yi, vi, data=dat, test="chi2", alternative="less", theta=-0.3, progbar=FALSE',
        {"test": "chi2", "alternative": "less", "theta": -0.3},
    ),
]


@pytest.mark.parametrize(("call", "options"), REFERENCE_CALLS)
def test_agrees_with_the_reference(call: str, options: dict[str, Any]) -> None:
    expected = _EXPECTED[f"tes({call})"]
    found = excess_significance(_BCG["yi"], _BCG["vi"], **options)
    assert found.observed == expected["O"]
    assert list(found.significant) == expected["sig"]
    assert list(found.power) == pytest.approx(expected["power"], rel=CLOSED_FORM)
    assert found.p == pytest.approx(expected["pval"], rel=CLOSED_FORM)
    assert found.limit == pytest.approx(expected["theta.lim"], abs=REFERENCE_INTEGRAL)


def test_agrees_with_the_reference_with_heterogeneity() -> None:
    expected = _EXPECTED['tes(rma(yi, vi, data=dat, method="REML", control=ctl), test="chi2", progbar=FALSE)']
    found = excess_significance(
        _BCG["yi"], _BCG["vi"], theta=expected["theta"], tau2=0.3132432581364859, test="chi2"
    )
    assert list(found.power) == pytest.approx(expected["power"], rel=REFERENCE_INTEGRAL)
    assert found.p == pytest.approx(expected["pval"], rel=REFERENCE_INTEGRAL)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(-20, 300), st.integers(10, 200)), min_size=2, max_size=9),
    st.sampled_from(sorted(TESTS)),
)
def test_the_limit_is_where_p_is_its_level(studies: list[tuple[int, int]], test: str) -> None:
    y, v = [s[0] / 50 for s in studies], [s[1] / 100 for s in studies]
    found = excess_significance(y, v, theta=0.5, test=test, force=True)
    assert 0.0 <= found.p <= 1.0
    if found.limit is None:
        assert excess_significance(y, v, theta=0.0, test=test, force=True).p >= 0.10
    else:
        at = excess_significance(y, v, theta=found.limit, test=test, force=True)
        assert at.p == pytest.approx(0.10, rel=1e-6)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.integers(-200, 300), st.integers(10, 200)), min_size=2, max_size=9),
    st.sampled_from([0.25, 4.0]),
)
def test_unit_and_sign_do_not_matter(studies: list[tuple[int, int]], unit: float) -> None:
    y, v = [s[0] / 50 for s in studies], [s[1] / 100 for s in studies]
    plain = excess_significance(y, v, tau2=0.5, force=True)
    turned = excess_significance(
        [-unit * x for x in y], [unit**2 * x for x in v], tau2=0.5 * unit**2, force=True
    )
    assert turned.p == pytest.approx(plain.p, rel=1e-9)
    assert turned.power == pytest.approx(plain.power, rel=1e-9)


def test_misuse_is_named() -> None:
    y, v = _BCG["yi"], _BCG["vi"]
    with pytest.raises(OptionError, match="'exact', 'binomial', 'chi2'"):
        excess_significance(y, v, test="fisher")
    with pytest.raises(OptionError, match="'two-sided', 'greater', 'less'"):
        excess_significance(y, v, alternative="two.sided")
    with pytest.raises(InputError, match="tau2 must be a finite number >= 0; got -1"):
        excess_significance(y, v, tau2=-1)
    with pytest.raises(InputError, match="theta must be a finite"):
        excess_significance(y, v, theta=math.inf)
    with pytest.raises(TooFewStudiesError, match=r"with 9 studies .* at least 10"):
        excess_significance(y[:9], v[:9])
