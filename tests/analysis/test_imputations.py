"""Sensitivity analyses of what is imputed: correlations, skewed medians. All studies are invented."""

from typing import Any

import pytest
from pydantic import ValidationError

from metamsc.records.model import Study
from tests.analysis.plans import analyse, named, names, plan
from tests.dataset.invented import means, study

EXACT = 1e-12  # a few operations on numbers near 1
SELECT: dict[str, Any] = {"outcome": "hba1c", "values": ["change"], "changes": "derived"}
GRID = {"correlation-0-3": 0.3, "correlation-0-5": 0.5, "correlation-0-7": 0.7, "correlation-0-9": 0.9}


def level(mean: float, **more: Any) -> dict[str, Any]:
    return {"mean": mean, "sd": 1.0, "n": 10, **more}


def both_ends(study_id: str, final: float, **more: Any) -> Study:
    """8.0 at baseline in both arms; the control stays there."""
    ends = (
        means("baseline", level(8.0), level(8.0)),
        means("12 months", level(final, **more), level(8.0, **more)),
    )
    return study(study_id, *ends)


def test_other_correlations_are_shown_where_a_row_rests_on_one() -> None:
    """One study: its variance is 2(2 − 2r)/10 = 0.4(1 − r); 0.5 is assumed, and not shown again."""
    result = analyse(both_ends("a", 7.0), select=SELECT)
    assert names(result) & set(GRID) == set(GRID) - {"correlation-0-5"}
    for name in set(GRID) - {"correlation-0-5"}:
        item = named(result, name)
        (stratum,) = item.strata
        assert stratum.ci_high is not None
        assert stratum.ci_low is not None
        half = (stratum.ci_high - stratum.ci_low) / 2
        assert half == pytest.approx(1.959963984540054 * (0.4 * (1 - GRID[name])) ** 0.5, rel=1e-9)
        assert item.changed == (f"select.correlation = {GRID[name]:g}",)
        assert item.note == "same rows"


def test_a_correlation_that_the_plan_sets_is_not_shown_beside_itself() -> None:
    result = analyse(both_ends("a", 7.0), select={**SELECT, "correlation": 0.7})
    assert names(result) & set(GRID) == set(GRID) - {"correlation-0-7"}


def test_printed_correlations_have_no_other() -> None:
    result = analyse(both_ends("a", 7.0, correlation=0.6), select=SELECT)
    assert not names(result) & {*GRID, "as-reported-only"}
    assert not names(analyse(both_ends("a", 7.0))) & set(GRID)


def test_only_rows_without_an_assumption() -> None:
    """The study that prints its correlation stays."""
    studies = both_ends("a", 7.0), both_ends("b", 7.5, correlation=0.6)
    result = analyse(*studies, select=SELECT)
    item = named(result, "as-reported-only")
    assert item.note == "without Invented a"
    assert item.strata[0].estimate == pytest.approx(-0.5, abs=EXACT)


def test_medians_that_look_skewed_left_out() -> None:
    skewed = means(msc={"median": 2.0, "iq_range": [0.0, 10.0], "n": 50})
    straight = means(msc={"median": 7.0, "iq_range": [6.0, 8.0], "n": 50})
    result = analyse(study("a", skewed), study("b", straight))
    assert named(result, "skewed-medians-out").note == "without Invented a"
    assert "skewed-medians-out" not in names(analyse(study("a", straight), study("b", straight)))


def test_changes_instead_of_final_values_are_named() -> None:
    """In the main analysis 7.0 − 8.0; by changes (7.0 − 8.0) − (8.0 − 8.0) is another number."""
    changed = {
        "name": "changes",
        "label": "By changes",
        "select": {"values": ["change"], "changes": "derived"},
    }
    result = analyse(both_ends("a", 7.0), sensitivity=[changed])
    assert named(result, "changes").note == "with another kind of number: Invented a (change)"


def test_rows_that_share_a_control_are_not_pooled_as_independent() -> None:
    covariance = {"outcome": "hba1c", "multi_arm": "covariance"}
    with pytest.raises(ValidationError, match="cluster: study"):
        plan(select=covariance)
    assert plan(select=covariance, model={"cluster": "study"}).select.multi_arm == "covariance"
