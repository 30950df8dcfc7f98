"""SDs from tests between arms. All studies are invented but for the Cochrane Handbook's example."""

import math
from typing import Any

import pytest

from metamsc.dataset.rows import EffectRow
from tests.dataset.invented import control, means, only, study, table, treated

EXACT = 1e-12  # a few operations on numbers near 1
PRINTED_2 = 5e-3  # published with two decimals
T18_AT_5_PERCENT = 2.10092204024096  # 0.975 quantile of Student's t on 18 df, from printed tables 2.101
BARE: dict[str, Any] = {"msc": {"mean": 7.0, "n": 10}, "ctrl": {"mean": 8.0, "n": 10}}


def row_of(between: dict[str, Any], **options: Any) -> EffectRow:
    (row,) = table(study("a", means(**BARE, between=between)), **options).rows
    return row


def test_a_t_statistic_gives_the_standard_error_of_the_difference() -> None:
    """SE = 1/2 = 0.5; SD = 0.5/√(1/10 + 1/10) = √1.25; the variance is SE² again."""
    row = row_of({"test": "t", "statistic": 2.0}, as_reported_only=True)
    assert (row.yi, row.vi) == pytest.approx((-1.0, 0.25), abs=EXACT)
    assert row.treatment.sd == row.control.sd == pytest.approx(math.sqrt(1.25), abs=EXACT)
    assert [(item.side, item.kind) for item in row.derived] == [
        ("treatment", "between-arms-test"),
        ("control", "between-arms-test"),
    ]
    assert row.derived[0].text.startswith("sd ← test between the arms (sd ← se/√(1/n₁ + 1/n₂)")
    assert "one SD for both groups; too small if the difference was adjusted for baseline" in row.notes


def test_the_cochrane_handbooks_p_value() -> None:
    """Cochrane Handbook 5.1, 7.7.3.3: groups of 25 and 22, difference 3.8, P = 0.008: SD 4.69."""
    arms: dict[str, Any] = {"msc": {"mean": 10.8, "n": 25}, "ctrl": {"mean": 7.0, "n": 22}}
    found = table(study("a", means(**arms, between={"test": "t", "p": 0.008})))
    (row,) = found.rows
    # the Handbook goes on with the SE rounded to 1.37: ± 0.005 there is ± 0.005/√(1/25 + 1/22) here
    assert row.treatment.sd == pytest.approx(4.69, abs=PRINTED_2 * (1 + 1 / math.sqrt(1 / 25 + 1 / 22)))
    assert row.sei == pytest.approx(1.37, abs=PRINTED_2)
    assert not row.imputed


def test_a_p_value_of_an_unnamed_test_is_an_assumption() -> None:
    row = row_of({"p": 0.05})
    assert row.sei == pytest.approx(1 / T18_AT_5_PERCENT, rel=1e-9)
    assert row.imputed
    assert row.derived[0].text.startswith("sd ← P, taken as of Student's t test, between the arms (")
    item = only(table(study("a", means(**BARE, between={"p": 0.05})), as_reported_only=True))
    assert item.code == "imputed"


@pytest.mark.parametrize(
    ("between", "se"),
    [
        ({"test": "f", "statistic": 4.0}, 0.5),
        ({"test": "welch", "statistic": -2.0}, 0.5),
        ({"test": "z", "statistic": 2.0}, 0.5),
        ({"test": "z", "p": 0.04550026389635842}, 0.5),  # 2(1 − Φ(2))
        ({"test": "f", "p": 0.05}, 1 / T18_AT_5_PERCENT),
        ({"test": "t", "p": 0.05, "df": 9}, 1 / 2.2621571627409915),
    ],
)
def test_other_tests_of_two_means(between: dict[str, Any], se: float) -> None:
    row = row_of(between)
    assert row.sei == pytest.approx(se, rel=1e-9)
    assert not row.imputed


@pytest.mark.parametrize(
    ("between", "reason"),
    [
        ({"p": 0.05, "p_operator": "<"}, "no spread; P < 0.05 is a bound and gives none"),
        ({"test": "mann-whitney", "p": 0.03}, "no spread, and the printed P (Mann-Whitney"),
        ({"test": "not-reported", "statistic": 2.1}, "no spread, and the printed statistic (the text read"),
        ({"test": "chi2", "statistic": 4.0}, "no spread, and the printed statistic (chi-square test)"),
    ],
)
def test_tests_that_give_nothing(between: dict[str, Any], reason: str) -> None:
    item = only(table(study("a", means(**BARE, between=between))))
    assert item.code == "no-spread"
    assert item.reason.startswith(reason)


def test_numbers_that_are_needed() -> None:
    no_n = means(msc={"mean": 7.0}, ctrl={"mean": 8.0, "n": 10}, between={"test": "t", "statistic": 2.0})
    assert only(table(study("a", no_n))).code == "no-n"
    same = means(msc={"mean": 8.0, "n": 10}, ctrl={"mean": 8.0, "n": 10}, between={"test": "t", "p": 0.5})
    assert only(table(study("a", same))).code == "not-computable"


def test_a_printed_spread_comes_first() -> None:
    (row,) = table(study("a", means(between={"test": "t", "statistic": 5.0}))).rows
    assert row.vi == pytest.approx(0.2, abs=EXACT)
    assert row.derived == ()


def three_arms(between: dict[str, Any], **options: Any) -> Any:
    arms = [treated("low", 1.0), treated("high", 2.0), control("placebo")]
    values = {
        "low": {"mean": 7.0, "n": 10},
        "high": {"mean": 6.0, "n": 10},
        "placebo": {"mean": 8.0, "n": 10},
    }
    return table(study("a", {**means(), "arms": values, "between": between}, arms=arms), **options)


def test_a_test_is_of_the_two_arms_it_names() -> None:
    """The pair high–placebo: SE 2/4 = 0.5; low–placebo has no test, and the three arms together neither."""
    pair = {"test": "t", "statistic": 4.0, "arms": ["high", "placebo"]}
    found = three_arms(pair, multi_arm="split-control")
    assert [(row.treatment.arms, row.sei) for row in found.rows] == [
        (("high",), pytest.approx(0.5, abs=EXACT))
    ]
    assert found.excluded[0].reason == "low: no spread, and the printed test is not of these two arms"
    assert "several combined" in only(three_arms(pair)).reason
    of_all = three_arms({"test": "f", "statistic": 4.0}, multi_arm="highest-dose")
    assert of_all.rows == ()
    assert all("not of these two arms" in item.reason for item in of_all.excluded)


def test_units_follow() -> None:
    """In mmol/mol the SE is 10/2 = 5; in % it is 0.09148·5."""
    arms: dict[str, Any] = {"msc": {"mean": 53.0, "n": 10}, "ctrl": {"mean": 63.0, "n": 10}}
    result = {**means(**arms, between={"test": "t", "statistic": 2.0}), "unit": "mmol/mol"}
    (row,) = table(study("a", result)).rows
    assert row.sei == pytest.approx(0.09148 * 5, abs=EXACT)


def test_changes_too() -> None:
    arms: dict[str, Any] = {"msc": {"change": -1.0, "n": 10}, "ctrl": {"change": 0.0, "n": 10}}
    (row,) = table(study("a", means(**arms, between={"test": "t", "statistic": 2.0}))).rows
    assert row.value == "change"
    assert row.vi == pytest.approx(0.25, abs=EXACT)
