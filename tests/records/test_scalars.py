"""Plain scalars by the core schema of YAML 1.2.2, section 10.3.2."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from metamsc.errors import InputError
from metamsc.records.scalars import LARGEST, SMALLEST, resolve


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NO", "NO"),
        ("no", "no"),
        ("yes", "yes"),
        ("on", "on"),
        ("true", True),
        ("False", False),
        ("tRUE", "tRUE"),
        ("", None),
        ("~", None),
        ("null", None),
        ("nULL", "nULL"),
        ("12", 12),
        ("-12", -12),
        ("+12", 12),
        ("012", 12),
        ("0o14", 12),
        ("0x1F", 31),
        ("1_000", "1_000"),
        ("1:30", "1:30"),
        ("12:30:45", "12:30:45"),
        ("2026-11-22", "2026-11-22"),
        ("1e6", 1e6),
        ("1.0e6", 1e6),
        ("1.1e+6", 1.1e6),
        (".5", 0.5),
        ("-.5", -0.5),
        ("5.", 5.0),
        ("1.2.3", "1.2.3"),
        ("-", "-"),
        (".", "."),
        ("+", "+"),
        ("<5", "<5"),
        ("7.5 %", "7.5 %"),
        ("=", "="),
        ("0o18", "0o18"),
        ("-0x1F", "-0x1F"),
        ("٣", "٣"),
    ],
)
def test_core_schema(text: str, value: object) -> None:
    found = resolve(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("text", [".nan", ".NaN", ".inf", "-.INF", "+.Inf", "1e999", "-1e999", "9" * 400])
def test_not_finite_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        resolve(text)


@given(st.integers(-(10**50), 10**50))
def test_integers_survive(number: int) -> None:
    assert resolve(str(number)) == number


@given(st.floats(-LARGEST, LARGEST))
def test_floats_survive(number: float) -> None:
    assume(number == 0 or abs(number) >= SMALLEST)
    assert resolve(repr(number)) == number


@pytest.mark.parametrize(
    "text", ["1.1e50", "-1e51", "1" * 52, "0x" + "f" * 290, "0o" + "7" * 290, "9e-51", "-5e-324"]
)
def test_numbers_that_no_paper_reports_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="that a paper can report"):
        resolve(text)


@given(st.text(max_size=30))
def test_every_text_is_a_value_or_refused(text: str) -> None:
    try:
        value = resolve(text)
    except InputError:
        return
    assert value is None or isinstance(value, str | bool | int | float)
