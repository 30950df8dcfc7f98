"""How numbers are written, and where axes end and tick."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metamsc.errors import InputError
from metamsc.plots.numbers import (
    decimals_for,
    format_count,
    format_number,
    format_p,
    format_ratio,
    format_significant,
    format_value,
    pad_left,
    plain,
    side,
)
from metamsc.plots.ticks import Limits, effect_limits, linear_as_ratio, linear_ticks, ratio_ticks
from metamsc.plots.wording import display_width, wrap


@pytest.mark.parametrize(
    ("spreads", "decimals"),
    [([0.9], 2), ([1.0], 1), ([35.0], 0), ([0.03], 3), ([1e-9], 4), ([], 2), ([None, 0.5], 2)],
)
def test_decimals_show_two_digits_of_the_spread(spreads: list[float | None], decimals: int) -> None:
    assert decimals_for(spreads) == decimals


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (-1.25, 1, "−1.3"),
        (0.125, 2, "0.13"),
        (2.5, 0, "3"),
        (-0.001, 2, "0.00"),
        (0.0, 1, "0.0"),
        (123.4, 0, "123"),
        (-2.5e6, 1, "−2.5e6"),
    ],
)
def test_numbers(value: float, decimals: int, text: str) -> None:
    assert format_number(value, decimals) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0001, "<0.001"), (0.004, "0.004"), (0.5, "0.50"), (12.345, "12.35"), (165.2, "165"), (2e5, ">10000")],
)
def test_ratios(value: float, text: str) -> None:
    assert format_ratio(value) == text


@pytest.mark.parametrize(
    ("value", "ratio", "text"),
    [
        (0.004, False, "0.004"),
        (-0.00004, False, "−0.00004"),
        (0.0, False, "0.00"),
        (1e-12, False, "0.00"),
        (0.4996, False, "0.50"),
        (math.log(1.0004), True, "1.0004"),
        (math.log(0.9996), True, "0.9996"),
        (0.0, True, "1.00"),
        (math.log(0.0004), True, "<0.001"),
    ],
)
def test_rounding_keeps_to_the_side_of_no_difference(value: float, ratio: bool, text: str) -> None:
    assert format_value(value, ratio=ratio, decimals=2) == text


@given(low=st.floats(-3, 3), width=st.floats(0, 3), ratio=st.booleans(), decimals=st.integers(0, 4))
def test_a_shown_interval_never_contradicts_what_it_excludes(
    low: float, width: float, ratio: bool, decimals: int
) -> None:
    none = 1.0 if ratio else 0.0
    ends = [format_value(end, ratio=ratio, decimals=decimals) for end in (low, low + width)]
    shown_low, shown_high = (float(plain(end)) for end in ends)
    exact = side(low, 0.0) <= 0 <= side(low + width, 0.0)
    assert (shown_low <= none <= shown_high) is exact


def test_a_ratio_beyond_floating_point_is_still_written() -> None:
    assert format_value(1000.0, ratio=True, decimals=2) == ">10000"


@pytest.mark.parametrize(
    ("p", "text"),
    [
        (0.0004, "p < 0.001"),
        (0.0456, "p = 0.046"),
        (0.0498, "p = 0.0498"),
        (0.05, "p = 0.050"),
        (0.456, "p = 0.46"),
        (None, "p not computable"),
    ],
)
def test_p_values(p: float | None, text: str) -> None:
    assert format_p(p) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0"), (0.123, "0.12"), (0.0042, "0.0042"), (12.7, "13"), (4.2e-6, "4.2e−06")]
)
def test_significant_digits(value: float, text: str) -> None:
    assert format_significant(value) == text


def test_counts() -> None:
    assert [format_count(value) for value in (12.0, 4.5, None)] == ["12", "4.5", "–"]


def test_padding_lines_digits_up() -> None:
    assert {len(text) for text in pad_left(["1.0", "10.0", "−10.0"])} == {5}


def test_limits_must_increase() -> None:
    with pytest.raises(InputError, match=r"low < high; got 1\.0 and 1\.0"):
        Limits(1.0, 1.0)


effects = st.lists(
    st.tuples(st.floats(-50, 50), st.floats(0.01, 20.0)).map(
        lambda pair: (pair[0], pair[0] - pair[1], pair[0] + pair[1])
    ),
    min_size=1,
    max_size=30,
)


@given(effects)
def test_limits_hold_every_estimate_and_the_null(found: list[tuple[float, float, float]]) -> None:
    limits = effect_limits([e for e, _, _ in found], [(low, high) for _, low, high in found], (), 0.0)
    assert all(limits.low <= estimate <= limits.high for estimate, _, _ in found)
    assert limits.low <= 0.0 <= limits.high


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6))
def test_linear_ticks_are_few_inside_and_told_apart(low: float, span: float) -> None:
    limits = Limits(low, low + span)
    if span < 1e-6 * abs(low):  # labels would need more digits than an effect ever has
        return
    values, labels = linear_ticks(limits)
    assert 2 <= len(values) <= 8
    assert all(limits.low - 1e-6 * span <= value <= limits.high + 1e-6 * span for value in values)
    if span > 1e-3 and limits.high < 1e5 and limits.low > -1e5:
        assert len(set(labels)) == len(labels)


@given(st.floats(-8, 0.0), st.floats(0.05, 8))
def test_ratio_ticks_are_round_and_true(low: float, high: float) -> None:
    limits = Limits(low, high)
    values, labels = ratio_ticks(limits)
    assert 2 <= len(values) <= 7
    assert all(limits.low <= value <= limits.high for value in values)
    # Labels carry three significant digits at the least where no round ratio lies inside (2 digits there).
    assert all(
        math.exp(value) == pytest.approx(float(label), rel=0.06)
        for value, label in zip(values, labels, strict=True)
    )


def test_usual_ratio_axis() -> None:
    assert ratio_ticks(Limits(math.log(0.2), math.log(6.0)))[1] == ("0.25", "0.5", "1", "2", "4")
    assert ratio_ticks(Limits(math.log(0.012), math.log(80.0)))[1][:3] == ("0.03", "0.1", "0.3")


def test_wide_characters_take_two_columns() -> None:
    assert display_width("蔡 2016") == 7
    assert wrap("one two three four", 9, 2) == "one two\nthree …"


def test_ratios_are_written_out_as_far_as_they_can_be_read() -> None:
    """Ticks at 0.0001 to 100 read as numbers; far beyond, as powers."""
    found = ratio_ticks(Limits(math.log(0.5e-4), math.log(200.0)))[1]
    assert found == ("0.0001", "0.001", "0.01", "0.1", "1", "10", "100")
    places, labels = linear_as_ratio(Limits(math.log(90.0), math.log(160.0)))
    # exp(ln 90 + 0.1, 0.5, 0.9 of ln(160/90) = 0.5754) = 95.3, 120, 151.1, at two digits
    assert labels == ("95", "120", "150")
    assert places == tuple(math.log(ratio) for ratio in (95.0, 120.0, 150.0))
    assert linear_as_ratio(Limits(math.log(1.0), math.log(1.001)))[1] == ("1.0001", "1.0005", "1.0009")
