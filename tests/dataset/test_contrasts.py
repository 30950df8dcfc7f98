"""Reported contrasts with their tests. All studies are invented but for the Cochrane Handbook's example."""

import math
from typing import Any

import pytest

from metamsc.dataset.rows import EffectRow
from tests.dataset.invented import contrast, only, study, table

PRINTED_2 = 5e-3  # published with two decimals
Z = 1.959963984540054  # 0.975 quantile of the normal distribution
T18 = 2.10092204024096  # of Student's t on 18 df


def row_of(**given: Any) -> EffectRow:
    (row,) = table(study("a", contrast(**given))).rows
    return row


def test_the_cochrane_handbooks_difference() -> None:
    """Cochrane Handbook 5.1, 7.7.3.3: difference 3.8, P = 0.008, groups of 25 and 22: SE 1.37, 45 df."""
    row = row_of(difference=3.8, p=0.008, n_treatment=25, n_control=22)
    assert row.sei == pytest.approx(1.37, abs=PRINTED_2)
    assert "t on 45 df at P = 0.008" in row.derived[0].text
    assert row.derived[0].text.endswith(", unadjusted difference")
    assert (row.derived[0].kind, row.imputed) == ("contrast-quantile", False)


CI = {"difference": -1.0, "ci": [-1.5, -0.5]}
SIZES: dict[str, Any] = {"n_treatment": 10, "n_control": 10}


@pytest.mark.parametrize(
    ("given", "quantile", "why"),
    [
        ({**CI, **SIZES}, T18, "unadjusted difference"),
        ({**CI, **SIZES, "adjusted_for": "ANCOVA, baseline"}, Z, "adjusted difference"),
        ({**CI, **SIZES, "test": "z"}, Z, "z test"),
        (CI, Z, "numbers analysed not printed"),
        ({**CI, "adjusted_for": "mixed model", "df": 18}, T18, "degrees of freedom as printed"),
        ({**CI, **SIZES, "df": 9}, 2.2621571627409915, "degrees of freedom as printed"),
        ({**CI, **SIZES, "test": "chi2", "df": 1}, T18, "unadjusted difference"),
    ],
)
def test_which_quantile_an_interval_is_read_with(given: dict[str, Any], quantile: float, why: str) -> None:
    found = table(study("a", contrast(**given)))
    (row,) = found.rows
    assert row.sei == pytest.approx(0.5 / quantile, rel=1e-9)
    assert row.derived[0].text.endswith(f", {why}")
    assert any("read with Student's t" in text for text in found.assumptions)


def test_a_standard_error_takes_no_quantile() -> None:
    found = table(study("a", contrast(difference=-1.0, se=0.3, **SIZES)))
    assert [item.kind for item in found.rows[0].derived] == ["contrast"]
    assert not any("Student's t" in text for text in found.assumptions)


@pytest.mark.parametrize(
    ("test", "statistic"), [("t", 4.0), ("welch", -4.0), ("z", 4.0), ("f", 16.0), ("chi2", 16.0)]
)
def test_statistics(test: str, statistic: float) -> None:
    """SE = 1/4 whatever the test; a statistic is taken before P."""
    row = row_of(difference=-1.0, test=test, statistic=statistic, p=0.5)
    assert row.sei == pytest.approx(0.25, rel=1e-12)


def test_chi2_of_more_than_two_groups_is_not_used() -> None:
    row = row_of(difference=-1.0, test="chi2", statistic=16.0, df=2, p=0.05)
    assert row.sei == pytest.approx(1 / Z, rel=1e-9)
    assert (
        only(table(study("a", contrast(difference=-1.0, test="chi2", statistic=16.0, df=2)))).code
        == "no-spread"
    )


def test_a_hazard_ratio_by_its_log_rank_statistic() -> None:
    """ln 0.5 with χ² = 4: SE = ln 2/2."""
    result = {**contrast(measure="HR", ratio=0.5, test="chi2", statistic=4.0), "outcome": "amputation"}
    del result["unit"]
    (row,) = table(study("a", result), outcome="amputation", measure="HR").rows
    assert (row.yi, row.sei) == pytest.approx((-math.log(2), math.log(2) / 2))
    assert (
        "exact for a Wald test only; score and likelihood-ratio tests agree with it approximately"
        in row.notes
    )


def test_a_one_sided_p_value_is_doubled() -> None:
    one = row_of(difference=-1.0, p=0.025, one_sided=True, **SIZES)
    two = row_of(difference=-1.0, p=0.05, **SIZES)
    assert one.sei == pytest.approx(two.sei, rel=1e-12)
    assert one.sei == pytest.approx(1 / T18, rel=1e-9)
    assert "one-sided" in one.derived[0].text


@pytest.mark.parametrize("operator", ["<", ">"])
def test_a_bound_is_never_a_standard_error(operator: str) -> None:
    given: dict[str, Any] = {"difference": -1.0, "p": 0.05, "p_operator": operator, **SIZES}
    item = only(table(study("a", contrast(**given))))
    assert item.code == "no-spread"
    assert (
        item.reason == f"P {operator} 0.05 is a bound and gives no standard error; give se, ci or statistic"
    )
    assert row_of(**given, se=0.4).sei == pytest.approx(0.4, rel=1e-12)


def test_a_statistic_of_an_unnamed_test_is_not_used() -> None:
    assert only(table(study("a", contrast(difference=-1.0, statistic=4.0)))).code == "no-spread"
