"""Kappa and ICC by hand, against published examples, and by their laws."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metamsc.exchange.agreement import cohen_kappa, icc_agreement

CLOSED = 1e-12  # closed forms in exact small numbers: only the last bits may differ
SHIFT = 1e-6  # a shift of up to 1e6 costs that many digits of values around 1
PRINTED = 0.005  # the paper prints two decimals


def pairs(counts: dict[tuple[str, str], int]) -> list[tuple[str, str]]:
    return [pair for pair, number in counts.items() for _ in range(number)]


def test_kappa_by_hand() -> None:
    # p_o = (20 + 15) / 50 = 0.7; p_e = 25/50 * 30/50 + 25/50 * 20/50 = 0.5; kappa = 0.2 / 0.5
    table = {("y", "y"): 20, ("y", "n"): 5, ("n", "y"): 10, ("n", "n"): 15}
    assert cohen_kappa(pairs(table)) == pytest.approx(0.4, abs=CLOSED)


def test_kappa_below_chance_by_hand() -> None:
    # p_o = 0; p_e = 1/2 * 1/2 + 1/2 * 1/2 = 1/2; kappa = -1
    assert cohen_kappa([("a", "b"), ("b", "a")]) == -1


def test_kappa_three_categories_by_hand() -> None:
    # shares: rows 0.5 0.3 0.2, columns 0.4 0.3 0.3; p_o = 0.25 + 0.02 + 0.02 = 0.29,
    # p_e = 0.20 + 0.09 + 0.06 = 0.35; kappa = -0.06 / 0.65
    counts = [[25, 13, 12], [12, 2, 16], [3, 15, 2]]
    table = {(str(i), str(j)): n for i, row in enumerate(counts) for j, n in enumerate(row)}
    assert cohen_kappa(pairs(table)) == pytest.approx(-0.06 / 0.65, abs=CLOSED)


def test_kappa_published() -> None:
    """Cohen (1968), Psychol Bull 70:213-220, table 1, 200 diagnoses: unweighted kappa is printed as .492."""
    shares = [[0.44, 0.07, 0.09], [0.05, 0.20, 0.05], [0.01, 0.03, 0.06]]
    table = {(str(i), str(j)): round(200 * p) for i, row in enumerate(shares) for j, p in enumerate(row)}
    # p_o = 0.70; p_e = 0.6 * 0.5 + 0.3 * 0.3 + 0.1 * 0.2 = 0.41; 0.29 / 0.59
    assert cohen_kappa(pairs(table)) == pytest.approx(0.29 / 0.59, abs=CLOSED)
    assert round(0.29 / 0.59, 3) == 0.492


def test_kappa_without_variation() -> None:
    assert cohen_kappa([]) is None
    assert cohen_kappa([("a", "a"), ("a", "a")]) is None
    assert cohen_kappa([("a", "a"), ("b", "b")]) == 1


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), max_size=30))
def test_kappa_laws(found: list[tuple[str, str]]) -> None:
    kappa = cohen_kappa(found)
    swapped = cohen_kappa([(b, a) for a, b in found])
    assert (kappa is None) == (swapped is None)
    if kappa is not None and swapped is not None:
        assert kappa == pytest.approx(swapped, abs=CLOSED)
        assert -1 <= kappa <= 1
        renamed = cohen_kappa([(a.upper(), b.upper()) for a, b in found])
        assert renamed == kappa


SHROUT_FLEISS = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
"""Shrout & Fleiss (1979), table 2: four ratings on six targets."""


def test_icc_published() -> None:
    """Shrout & Fleiss (1979), table 4, prints 0.29 for ICC(2,1)."""
    found = icc_agreement(SHROUT_FLEISS)
    assert found == pytest.approx(0.29, abs=PRINTED)
    # Its table 3: BMS 11.24, JMS 32.49, EMS 1.02; the sums of squares are 56.2083, 97.4583, 15.2917.
    between, judges, residual = 56.208333333333336 / 5, 97.45833333333333 / 3, 15.291666666666666 / 15
    expected = (between - residual) / (between + 3 * residual + 4 * (judges - residual) / 6)
    assert found == pytest.approx(expected, abs=CLOSED)


def test_icc_by_hand() -> None:
    # Rows 1 2, 3 4, 5 6: item means 1.5 3.5 5.5, BMS = 2 * (4 + 0 + 4) / 2 = 8; rater means 3 4,
    # JMS = 3 * (0.25 + 0.25) / 1 = 1.5; no residual. ICC = 8 / (8 + 2 * 1.5 / 3) = 8 / 9
    assert icc_agreement([[1, 2], [3, 4], [5, 6]]) == pytest.approx(8 / 9, abs=CLOSED)


def test_icc_limits() -> None:
    assert icc_agreement([]) is None
    assert icc_agreement([[1, 2]]) is None
    assert icc_agreement([[1], [2]]) is None
    assert icc_agreement([[3, 3], [3, 3]]) is None
    assert icc_agreement([[1, 1], [2, 2]]) == 1
    # Item and rater means are all 2: everything is residual, EMS = 4, BMS = JMS = 0; -4 / (4 - 4)
    assert icc_agreement([[1, 3], [3, 1]]) is None


@given(
    st.lists(st.tuples(st.integers(-50, 50), st.integers(-50, 50)), min_size=2, max_size=20),
    st.integers(-(10**6), 10**6),
    st.sampled_from([0.5, 2.0, 1024.0]),
)
def test_icc_laws(ratings: list[tuple[int, int]], shift: int, scale: float) -> None:
    icc = icc_agreement(ratings)
    moved = icc_agreement([[scale * (x + shift) for x in row] for row in ratings])
    assert (icc is None) == (moved is None)
    if icc is not None and moved is not None:
        assert moved == pytest.approx(icc, abs=SHIFT)
        assert icc_agreement([row[::-1] for row in ratings]) == pytest.approx(icc, abs=SHIFT)
        assert icc <= 1 + CLOSED
