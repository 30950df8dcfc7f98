"""Of a value that may be of several kinds, one error says what is wrong, at its place in the file."""

import time
from typing import Annotated

import pytest
from pydantic import BeforeValidator, Field

from metamsc.records.parts import Part, as_tuple
from metamsc.records.positions import Positions
from metamsc.records.validate import model_at, validate


class Option(Part):
    """One kind."""

    label: str
    """Its name."""


class Choice(Part):
    """Holds several kinds."""

    options: Annotated[tuple[Option | bool | float | str, ...], BeforeValidator(as_tuple)]
    named: dict[str, Option | Annotated[int, Field(gt=0)]] = Field(default_factory=dict)
    maybe: Option | None = None
    several: Annotated[tuple[Option, ...], Field(min_length=2), BeforeValidator(as_tuple)] = ()


def told(**data: object) -> list[tuple[str, str, str]]:
    found, problems = validate(Choice, data, Positions(), "a.yml")
    assert (found is None) == bool(problems)
    return [(problem.where, problem.code, problem.message) for problem in problems]


@pytest.mark.parametrize("option", [{"label": "x"}, True, 1.5, "x"])
def test_each_kind_is_taken(option: object) -> None:
    assert told(options=[option]) == []


def test_a_value_of_no_kind_is_told_once_with_every_kind() -> None:
    message = "options must be a mapping, true or false, a number or text; got a list"
    assert told(options=["x", ["y"]]) == [("options[1]", "S203", message)]


def test_what_is_wrong_inside_the_one_kind_that_fits_is_told_at_its_place() -> None:
    assert [(where, code) for where, code, _ in told(options=[{"lable": "x"}])] == [
        ("options[0].lable", "S201"),
        ("options[0].label", "S202"),
    ]
    assert told(options=[{"label": 1}])[0][:2] == ("options[0].label", "S203")


def test_an_error_that_tells_more_than_the_kind_stands_for_the_others() -> None:
    assert told(options=["x"], named={"a": 0})[0][:2] == ("named.a", "S205")


def test_a_part_that_may_be_left_out_is_no_choice() -> None:
    assert told(options=["x"], maybe={"label": 1})[0][:2] == ("maybe.label", "S203")
    assert told(options=["x"], maybe=3)[0][:2] == ("maybe", "S203")


def test_the_model_below_a_choice_is_found() -> None:
    assert model_at(Choice, ("options", 0)) is Option
    assert model_at(Choice, ("named", "a")) is Option
    assert model_at(Choice, ("maybe",)) is Option
    assert model_at(Choice, ("options",)) is None
    assert model_at(Choice, ("nothing", 0)) is None


def test_many_values_of_no_kind_are_told_at_once() -> None:
    start = time.process_time()
    assert len(told(options=[["x"]] * 10_000)) == 101
    assert time.process_time() - start < 5.0  # linear: a moment; all pairs of them: minutes


def test_a_list_is_too_short_by_what_stands_there() -> None:
    """Entries that are wrong do not count for pydantic: each is told, and that is all."""
    short = ("several", "S208", "several has 1 entries; it must have at least 2")
    assert told(options=["x"], several=[{"label": "a"}]) == [short]
    assert [found[:2] for found in told(options=["x"], several=[{"label": 1}, {"label": "b"}])] == [
        ("several[0].label", "S203")
    ]
