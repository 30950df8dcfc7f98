"""Begg's rank test by hand, against the reference, and its laws."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metamsc.errors import InputError, TooFewStudiesError
from metamsc.sensitivity.rank_test import rank_correlation

CLOSED_FORM = 1e-8
DATA = Path(__file__).parents[1] / "reference/data"


def test_without_ties_by_hand() -> None:
    # v = 1, 2, 3, 4: weights sum to 25/12, mean of 0, 1, 3, 2 is (1/2 + 1 + 1/2) / (25/12) = 0.96.
    # Standardised by v - 0.48: -1.33, 0.03, 1.29, 0.55; one of 6 pairs is discordant: tau = (5 - 1) / 6.
    # Of 24 orders 1 + 3 have at most one discordant pair: p = 2 * 4 / 24.
    test = rank_correlation([0, 1, 3, 2], [1, 2, 3, 4], force=True)
    assert test.tau == pytest.approx(4 / 6, rel=CLOSED_FORM)
    assert test.p == pytest.approx(1 / 3, rel=CLOSED_FORM)
    assert test.exact


def test_with_ties_by_hand() -> None:
    # v = 1, 1, 2: mean of 0, 1, 5 is 3.5 / 2.5 = 1.4; deviations rise. S = 2 of the two untied pairs;
    # tau-b = 2 / sqrt(3 * 2). Var S = (3 * 2 * 11 - 2 * 1 * 9) / 18 = 8/3: z = 2 / sqrt(8/3) = 1.224745.
    test = rank_correlation([0, 1, 5], [1, 1, 2], force=True)
    assert test.tau == pytest.approx(2 / 6**0.5, rel=CLOSED_FORM)
    assert test.p == pytest.approx(0.2206713619, rel=CLOSED_FORM)
    assert not test.exact


@pytest.mark.parametrize("name", ["bcg", "cohen1981", "curtis1998", "raudenbush1985", "senn2013"])
def test_agrees_with_the_reference(name: str) -> None:
    content = json.loads((DATA / f"bias_{name}.json").read_text())
    (expected,) = (case["expect"] for case in content["cases"] if case["call"].startswith("ranktest"))
    test = rank_correlation(content["data"]["dat"]["yi"], content["data"]["dat"]["vi"])
    assert test.tau == pytest.approx(expected["tau"], rel=CLOSED_FORM)
    assert test.p == pytest.approx(expected["pval"], rel=CLOSED_FORM)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.integers(-99, 99), st.integers(1, 99)), min_size=3, max_size=12),
    st.sampled_from([0.25, 2.0, 64.0]),
)
def test_unit_sign_and_order(studies: list[tuple[int, int]], unit: float) -> None:
    y, v = [float(s[0]) for s in studies], [float(s[1]) for s in studies]
    plain = rank_correlation(y, v, force=True)
    turned = rank_correlation([-unit * x for x in y], [unit**2 * x for x in v], force=True)
    if plain.tau is None:
        assert turned.tau is None
        return
    assert turned.tau == pytest.approx(-plain.tau, abs=1e-12)
    assert turned.p == pytest.approx(plain.p, rel=1e-10)
    assert -1.0 - 1e-12 <= plain.tau <= 1.0 + 1e-12


def test_what_cannot_be_ranked_has_no_test() -> None:
    for y, v in (([0.3] * 5, [0.02, 0.05, 0.1, 0.03, 0.08]), ([1, 2, 3], [4, 4, 4])):
        test = rank_correlation(y, v, force=True)
        assert (test.tau, test.p) == (None, None)


def test_refusals_say_why() -> None:
    with pytest.raises(TooFewStudiesError, match=r"with 3 studies .* at least 10"):
        rank_correlation([1, 2, 3], [1, 2, 3])
    with pytest.raises(TooFewStudiesError, match=r"with one study .* at least 2"):
        rank_correlation([1], [1], force=True)
    with pytest.raises(InputError, match="positive"):
        rank_correlation([1, 2], [1, 0], force=True)
