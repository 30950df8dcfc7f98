"""Which time point stands for a study. All studies are invented."""

from typing import Any

import pytest
from pydantic import ValidationError

from metamsc.dataset.rows import EffectTable
from metamsc.dataset.selection import TimeRule
from metamsc.errors import OptionError
from tests.dataset.invented import contrast, means, only, study, table


def at_times(*times: str, **options: Any) -> EffectTable:
    return table(study("a", *(means(time) for time in times)), **options)


def taken(*times: str, **rule: Any) -> str | None:
    """The time that a rule takes of several, None when it takes none."""
    rows = at_times(*times, time=rule).rows
    return rows[0].at if rows else None


def test_nearest_to_the_target() -> None:
    assert taken("3 months", "10 months", "24 months", at="12 months") == "10 months"


def test_latest_and_earliest() -> None:
    times = ("3 months", "24 months", "10 months")
    assert taken(*times, rule="latest") == "24 months"
    assert taken(*times, rule="earliest") == "3 months"


def test_the_latest_is_taken_without_a_target() -> None:
    assert at_times("3 months", "10 months").rows[0].at == "10 months"


def test_of_two_equally_near_times_the_later() -> None:
    # 12 − 9 = 15 − 12 months
    assert taken("9 months", "15 months", at="12 months") == "15 months"
    assert taken("15 months", "9 months", at="12 months") == "15 months"


def test_the_later_wins_whatever_its_kind_of_number() -> None:
    later = contrast("15 months", difference=-0.7, se=0.2, value="change")
    found = table(study("a", means("9 months"), later), at="12 months")
    assert [(row.at, row.value) for row in found.rows] == [("15 months", "contrast")]
    (left_out,) = found.excluded
    assert (left_out.code, left_out.at) == ("time", "9 months")
    assert left_out.reason == "at 9 months; the time taken from this report is 15 months"


@pytest.mark.parametrize(
    ("at", "fits"),
    [("9 months", True), ("15 months", True), ("8 months", False), ("16 months", False), ("39 weeks", True)],
)
def test_tolerance(at: str, *, fits: bool) -> None:
    # 39 weeks are 273 days, 9 months 273.9: one visit
    found = at_times(at, at="12 months", tolerance="3 months")
    assert bool(found.rows) is fits
    if not fits:
        assert (
            only(found).reason
            == f"at {at}; the plan takes the nearest to 12 months, within 3 months of 12 months"
        )


@pytest.mark.parametrize(
    ("bound", "same", "other"),
    [
        ({"earliest": "3 months"}, ("13 weeks", "90 days"), "12 weeks"),
        ({"latest": "52 weeks"}, ("12 months", "1 year", "365 days"), "13 months"),
        ({"latest": "6 months"}, ("26 weeks", "180 days"), "28 weeks"),
        ({"earliest": "1 year"}, ("52 weeks", "360 days"), "50 weeks"),
    ],
)
def test_a_bound_is_met_by_other_words_for_the_same_visit(
    bound: dict[str, str], same: tuple[str, ...], other: str
) -> None:
    for time in same:
        assert taken(time, rule="latest", **bound) == time
    assert taken(other, rule="latest", **bound) is None


def test_bounds_leave_out_what_is_nearest() -> None:
    assert taken("2 weeks", "6 months", at="4 weeks", earliest="8 weeks") == "6 months"


def test_a_time_that_is_not_reported() -> None:
    left_out = only(at_times("not reported"))
    assert left_out.code == "time"
    assert left_out.reason == "time not reported; the plan takes the latest time"
    assert taken("not reported", rule="latest", untimed=True) == "not reported"
    assert taken("not reported", "6 months", rule="latest", untimed=True) == "6 months"
    assert taken("6 months", "not reported", at="12 months", untimed=True) == "6 months"


def test_before_treatment_is_no_result_of_it() -> None:
    found = at_times("baseline")
    assert (found.rows, found.excluded) == ((), ())
    assert only(at_times("0 days")).code == "time"


def test_a_time_that_cannot_be_used_gives_way_to_the_next() -> None:
    bare = means("12 months", msc={"mean": 7.0, "n": 10})
    found = table(study("a", bare, means("6 months")), at="12 months")
    assert [row.at for row in found.rows] == ["6 months"]
    assert [(item.code, item.at) for item in found.excluded] == [("no-spread", "12 months")]


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"rule": "nearest"}, "needs `at`"),
        ({"rule": "latest", "tolerance": "3 months"}, "`tolerance` needs `at`"),
        ({"at": "a year"}, "a time is written like"),
    ],
)
def test_a_rule_that_cannot_be_followed_is_refused(rule: dict[str, str], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        TimeRule.model_validate(rule)


def test_the_time_is_given_once() -> None:
    with pytest.raises(OptionError, match="not both"):
        at_times("3 months", at="3 months", time={"rule": "latest"})
    with pytest.raises(OptionError, match="tolerance"):
        at_times("3 months", tolerance="1 month")


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ({"rule": "latest"}, "One time point per study: the latest time."),
        (
            {"rule": "earliest", "earliest": "8 weeks"},
            "One time point per study: the earliest time, not before 8 weeks.",
        ),
        (
            {"at": "12 months", "earliest": "8 weeks", "latest": "18 months"},
            "One time point per study: the nearest to 12 months, not before 8 weeks and not after 18 months.",
        ),
    ],
)
def test_the_rule_in_words(rule: dict[str, str], sentence: str) -> None:
    assert TimeRule.model_validate(rule).sentence() == sentence
    assert at_times("9 months", time=rule).assumptions[0] == sentence
