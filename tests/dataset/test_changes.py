"""Changes from baseline: printed, completed, or final minus baseline. All studies are invented."""

import math
from typing import Any

import pytest

from metamsc.dataset.rows import EffectRow
from metamsc.records.model import Study
from tests.dataset.invented import means, only, study, table

EXACT = 1e-12  # a few operations on numbers near 1
PRINTED_3 = 5e-4  # published with three decimals
T9_AT_2_PERCENT = 2.8214379233005493  # 0.99 quantile of Student's t on 9 df, from printed tables 2.821
DERIVED: dict[str, Any] = {"values": ["change"], "changes": "derived"}
N = {"n": 10}


def level(mean: float, sd: float = 1.0, **more: Any) -> dict[str, Any]:
    return {"mean": mean, "sd": sd, **N, **more}


def change(value: float, **more: Any) -> dict[str, Any]:
    return {"change": value, **N, **more}


def baseline(msc: dict[str, Any], ctrl: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return means("baseline", msc, ctrl or level(8.0, 1.0), **more)


def row_of(*studies: Study, **options: Any) -> EffectRow:
    (row,) = table(*studies, **options).rows
    return row


def both_ends(study_id: str = "a", **msc: Any) -> Study:
    """Baseline 8.0 (SD 1.0) in both arms; final 7.0 (SD 1.0) against 7.8 (SD 1.0)."""
    return study(study_id, baseline(level(8.0)), means(msc=level(7.0, **msc), ctrl=level(7.8)))


def test_final_minus_baseline_with_an_assumed_correlation() -> None:
    """SD of change √(1 + 1 − 2·0.5) = 1 in both arms: −1.0 against −0.2, variance 1/10 + 1/10."""
    row = row_of(both_ends(), **DERIVED)
    assert (row.value, row.imputed) == ("change", True)
    assert row.yi == pytest.approx(-0.8, abs=EXACT)
    assert row.vi == pytest.approx(0.2, abs=EXACT)
    assert [item.text for item in row.derived if item.side == "treatment"] == [
        "change ← final − baseline (7 − 8)",
        "sd of change ← SDs before and after, r ← 0.5 assumed (1, 1)",
    ]
    assert [(item.kind, item.imputed) for item in row.derived][:2] == [
        ("change-mean", False),
        ("change-sd", True),
    ]
    assert "no study gives a correlation" in row.notes


def test_only_a_plan_that_asks_for_it_takes_final_minus_baseline() -> None:
    row = row_of(both_ends())
    assert (row.value, row.derived) == ("final", ())
    item = only(table(both_ends(), values=["change"]))
    assert (item.code, item.reason) == ("measure", "a final value, and the plan does not take those")


@pytest.mark.parametrize(
    ("values", "taken"), [(["final", "change"], "final"), (["change", "final"], "change")]
)
def test_the_plan_says_which_of_the_two_is_taken(values: list[str], taken: str) -> None:
    found = table(both_ends(), values=values, changes="derived")
    assert [row.value for row in found.rows] == [taken]
    assert found.excluded == ()


def test_a_study_without_baseline_gives_its_final_value_where_the_plan_takes_that_too() -> None:
    found = table(study("a", means()), values=["change", "final"], changes="derived")
    assert ([row.value for row in found.rows], found.excluded) == (["final"], ())
    item = only(table(study("a", means()), **DERIVED))
    assert (item.code, item.reason) == ("no-value", "no value at baseline to take the change from")


def test_a_printed_correlation_is_no_assumption() -> None:
    """Cochrane Handbook 5.1, 16.4.6.4: SDs 2.38 and 2.21, r = 0.68, n = 10: SE 0.583."""
    arm = {**N, "sd": 2.21, "correlation": 0.68}
    a = study(
        "a",
        baseline(level(8.0, 2.38), level(8.0, 2.38)),
        means(msc={"mean": 7.0, **arm}, ctrl={"mean": 8.0, **arm}),
    )
    row = row_of(a, **DERIVED)
    assert row.treatment.se == pytest.approx(0.583, abs=PRINTED_3)
    assert row.vi == pytest.approx(2 * 0.583**2, rel=2e-3)  # both arms alike; 0.583 is rounded
    assert not row.imputed
    assert row.derived[1].text.startswith("sd of change ← SDs before and after, r ← 0.68 as printed (")
    assert table(a, **DERIVED, as_reported_only=True).k == 1


def test_a_correlation_from_another_arm() -> None:
    """The control prints SDs 1, 1 and of change 0.6: r = (1 + 1 − 0.36)/2 = 0.82, borrowed by the other."""
    at = means(msc=change(-1.0), ctrl=change(-0.2, sd=0.6))
    a = study("a", baseline(level(8.0)), means(msc=level(7.0), ctrl=level(7.8)), at)
    row = row_of(a, values=["change"])
    assert row.vi == pytest.approx(0.36 / 10 + 0.36 / 10, abs=EXACT)
    assert row.imputed
    assert row.derived[-1].text.endswith("r ← 0.82, known in other arms or times of this study (1, 1)")


def with_all_sds(study_id: str, sd_of_change: float, **info: Any) -> Study:
    """Both arms with baseline, final and change; its own value is not taken at 12 months."""
    at = [
        means("3 months", level(7.0), level(8.0)),
        means("3 months", change(-1, sd=sd_of_change), change(0, sd=1)),
    ]
    return study(study_id, baseline(level(8.0)), *at, **info)


def test_correlations_of_other_studies_one_value_for_a_cohort() -> None:
    """Arms with r = (2 − 0.16)/2 = 0.92 and 0.5: their median 0.71 stands for each of two reports."""
    others = [with_all_sds("b", 0.4, cohort="x"), with_all_sds("c", 0.4, cohort="x")]
    row = next(r for r in table(both_ends(), *others, **DERIVED).rows if r.study_id == "a")
    assert row.vi == pytest.approx(2 * (2 - 2 * 0.71) / 10, abs=EXACT)
    assert row.derived[1].text.endswith("r ← 0.71, known in other studies (1, 1)")


def test_no_correlation_is_borrowed_from_the_same_participants() -> None:
    same = with_all_sds("b", 0.4, cohort="a")
    row = next(r for r in table(both_ends(), same, **DERIVED).rows if r.study_id == "a")
    assert row.derived[1].text.endswith("r ← 0.5 assumed (1, 1)")


def test_a_correlation_set_by_the_plan() -> None:
    """√(2 − 2·0.9) = √0.2 in both arms."""
    row = row_of(both_ends(), **DERIVED, correlation=0.9)
    assert row.vi == pytest.approx(2 * 0.2 / 10, abs=EXACT)
    assert row.imputed
    assert row.derived[1].text.endswith("r ← 0.9 set by the plan (1, 1)")
    printed = row_of(both_ends(correlation=0.5), **DERIVED, correlation=0.9)
    assert printed.vi == pytest.approx(1 / 10 + 0.2 / 10, abs=EXACT)


def test_rows_on_an_imputed_correlation_are_not_as_reported() -> None:
    item = only(table(both_ends(), **DERIVED, as_reported_only=True))
    assert item.code == "imputed"
    assert "r ← 0.5 assumed" in item.reason


def test_a_printed_change_without_sd_is_completed() -> None:
    """The same SDs as above, with the printed change −1.1 and not 7.0 − 8.0."""
    at = means(msc=change(-1.1), ctrl=change(-0.2))
    a = study("a", baseline(level(8.0)), means(msc=level(7.0), ctrl=level(7.8)), at)
    row = row_of(a, values=["change"])
    assert (row.yi, row.vi) == pytest.approx((-0.9, 0.2), abs=EXACT)
    assert [item.kind for item in row.derived] == ["change-sd", "change-sd"]
    without = study("a", at)
    assert only(table(without)).reason == "change without any measure of spread"


def test_a_change_by_its_own_paired_t() -> None:
    """SE = 1.0/2.5 = 0.4, SD = 0.4·√10; algebra, so the row is as reported."""
    at = means(msc=change(-1.0, t=2.5), ctrl=change(0.0, sd=1.0))
    row = row_of(study("a", at), as_reported_only=True)
    assert row.treatment.sd == pytest.approx(0.4 * math.sqrt(10), abs=EXACT)
    assert row.vi == pytest.approx(0.16 + 0.1, abs=EXACT)
    assert row.derived[0].text == (
        "sd ← paired t of the change (sd ← se·√n (0.4·√10); se ← |estimate|/|t| (1/2.5))"
    )
    assert (row.derived[0].kind, row.imputed) == ("within-arm-test", False)


def test_a_change_by_its_own_p_value() -> None:
    """P = 0.02 on 9 df is t = 2.821: SE 1/2.821. The paper does not say that the test is a t test."""
    at = means(msc=change(-1.0, p=0.02), ctrl=change(0.0, sd=1.0))
    row = row_of(study("a", at))
    assert row.treatment.se == pytest.approx(1 / T9_AT_2_PERCENT, rel=1e-9)
    assert row.imputed
    assert row.derived[0].text.startswith("sd ← P, taken as of a paired t test, of the change (")
    assert only(table(study("a", at), as_reported_only=True)).code == "imputed"


@pytest.mark.parametrize(
    ("arm", "code", "reason"),
    [
        ({"p": 0.05, "p_operator": "<"}, "no-spread", "no spread; P < 0.05 is a bound and gives none"),
        ({"p": 0.02, "n": None}, "no-n", "a test within the arm without the number analysed"),
        ({"p": 0.0}, "not-computable", "p must be > 0 and < 1; got 0"),
    ],
)
def test_tests_of_a_change_that_give_nothing(arm: dict[str, Any], code: str, reason: str) -> None:
    given = {key: value for key, value in {**change(-1.0), **arm}.items() if value is not None}
    item = only(table(study("a", means(msc=given, ctrl=change(0.0, sd=1.0)))))
    assert (item.code, item.reason) == (code, reason)


def test_the_test_of_the_change_beats_a_correlation() -> None:
    """Final minus baseline −1.0 with t = 5: SE 0.2."""
    row = row_of(both_ends(t=5.0), **DERIVED)
    assert row.treatment.se == pytest.approx(0.2, abs=EXACT)
    assert [item.kind for item in row.derived if item.side == "treatment"] == [
        "change-mean",
        "within-arm-test",
    ]


def test_an_arm_with_a_change_against_one_with_its_final_value() -> None:
    at = means(msc=change(-1.0, sd=1.0), ctrl=level(7.8))
    a = study("a", baseline(level(8.0)), at)
    assert only(table(a)).reason == "arms report different kinds of numbers (change, final)"
    row = row_of(a, **DERIVED)
    assert row.yi == pytest.approx(-0.8, abs=EXACT)
    assert row.value == "change"


def test_units_of_baseline_and_final_may_differ() -> None:
    """HbA1c 64 mmol/mol at baseline is 0.09148·64 + 2.152 %, its SD 10 mmol/mol 0.9148 %."""
    before = {**baseline(level(64.0, 10.0), level(64.0, 10.0)), "unit": "mmol/mol"}
    row = row_of(study("a", before, means(msc=level(7.0), ctrl=level(8.0))), **DERIVED)
    start = 0.09148 * 64 + 2.152
    assert row.treatment.mean == pytest.approx(7.0 - start, abs=EXACT)
    assert row.vi == pytest.approx(2 * (1 + 0.9148**2 - 0.9148) / 10, abs=EXACT)
    assert row.derived[0].text == "baseline: % ← mmol/mol (IFCC–NGSP master equation)"


def test_other_members_at_baseline_are_pointed_out() -> None:
    a = study("a", baseline({**level(8.0), "n": 12}), means(msc=level(7.0), ctrl=level(7.8)))
    assert "12 at baseline and 10 later: not all are the same members" in row_of(a, **DERIVED).notes


def test_two_baselines_of_which_none_is_named_are_not_guessed_between() -> None:
    twice = [baseline(level(8.0), definition="HPLC"), baseline(level(8.4), definition="immunoassay")]
    item = only(table(study("a", *twice, means()), **DERIVED))
    assert item.reason == "no value at baseline to take the change from"
    named = row_of(study("a", *twice, means(definition="immunoassay")), **DERIVED)
    assert named.treatment.mean == pytest.approx(7.0 - 8.4, abs=EXACT)


def test_an_unusable_baseline_says_so() -> None:
    loose = {"mean": 8.0, **N, "spread": {"value": 1.0, "kind": "unlabelled"}}
    item = only(table(study("a", baseline(loose), means()), **DERIVED))
    assert (item.code, item.reason.split(":")[0]) == ("unlabelled-spread", "baseline")
    (row,) = table(study("a", baseline(loose), means()), **DERIVED, unlabelled_spread="sd").rows
    assert row.derived[0].text.startswith("baseline: sd ← unlabelled ±")


def percents(msc: dict[str, Any], ctrl: dict[str, Any]) -> dict[str, Any]:
    return means(msc={**N, **msc}, ctrl={**N, **ctrl})


def test_percent_changes_with_a_baseline() -> None:
    """−10 % (SD 5) of 8.0 (SD 1.0): −0.8, SD √((8·5)² + (10·1)²)/100 = √1700/100; 0 % (SD 5): SD 0.4."""
    at = percents({"percent_change": -10.0, "sd": 5.0}, {"percent_change": 0.0, "sd": 5.0})
    row = row_of(study("a", baseline(level(8.0)), at))
    assert (row.value, row.imputed) == ("change", True)
    assert row.yi == pytest.approx(-0.8, abs=EXACT)
    assert row.vi == pytest.approx(0.17 / 10 + 0.16 / 10, abs=EXACT)
    assert [item.kind for item in row.derived] == ["percent-change", "percent-change"]
    assert only(table(study("a", at))).reason == "only a percent change from baseline is reported"


def test_percent_changes_as_a_ratio_of_means() -> None:
    """90 % against 100 % of baseline, SD 5 and n 10 each: ln 0.9 with the bias correction of ROM."""
    at = percents({"percent_change": -10.0, "sd": 5.0}, {"percent_change": 0.0, "sd": 5.0})
    row = row_of(study("a", at), measure="ROM")
    treated, control = 2.5 / 90**2, 2.5 / 100**2
    assert row.yi == pytest.approx(math.log(0.9) + (treated - control) / 2, abs=EXACT)
    assert row.vi == pytest.approx(treated + control, abs=EXACT)
    assert (row.value, row.imputed) == ("change", False)
    assert row.notes == ("percents of baseline: as final values where the arms start alike",)
    assert only(table(study("a", at), measure="ROM", values=["final"])).code == "measure"


def test_a_table_says_what_its_changes_assume() -> None:
    said = table(both_ends(), **DERIVED).assumptions
    assert "Changes are final minus baseline values where no change is reported." in said
    assert any("the median of those known elsewhere, else 0.5" in text for text in said)
    assert any(
        "the plan's (0.7)" in text for text in table(both_ends(), **DERIVED, correlation=0.7).assumptions
    )


def test_a_baseline_in_other_words_for_the_same_time() -> None:
    """A change at 1 year with the final values at 12 months."""
    at = means("1 year", change(-1.1), change(-0.2))
    a = study("a", baseline(level(8.0)), means(msc=level(7.0), ctrl=level(7.8)), at)
    row = row_of(a, values=["change"])
    assert row.vi == pytest.approx(0.2, abs=EXACT)


def test_a_baseline_that_the_record_keeps_out_is_not_used() -> None:
    before = baseline(level(8.0), pool=False, note="contradicts the text")
    item = only(table(study("a", before, means()), **DERIVED))
    assert item.reason == "no value at baseline to take the change from"
