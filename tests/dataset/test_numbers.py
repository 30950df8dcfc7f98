"""From what arms report to the numbers of an effect size. All studies are invented."""

import math
from statistics import NormalDist
from typing import Any

import pytest

from metamsc.dataset.rows import EffectRow, EffectTable
from tests.dataset.invented import CONTROL, MSC, contrast, counts, means, only, study, table, treated

EXACT = 1e-12  # a few operations on numbers near 1
T9 = 2.2621571628540993  # 0.975 quantile of Student's t on 9 df, from printed tables 2.262


def row_of(msc: dict[str, Any], ctrl: dict[str, Any] | None = None, **options: Any) -> EffectRow:
    (row,) = table(study("a", means(msc=msc, ctrl=ctrl)), **options).rows
    return row


def left_out(msc: dict[str, Any], **options: Any) -> tuple[str, str]:
    item = only(table(study("a", means(msc=msc)), **options))
    return item.code, item.reason


def test_printed_means_and_sds_need_no_derivation() -> None:
    row = row_of({"mean": 7.0, "sd": 1.2, "n": 16})
    assert row.yi == pytest.approx(-1.0, abs=EXACT)
    assert row.vi == pytest.approx(1.44 / 16 + 1 / 10, abs=EXACT)
    assert (row.derived, row.notes, row.imputed) == ((), (), False)


def test_sd_from_se() -> None:
    row = row_of({"mean": 7.0, "se": 0.25, "n": 16})
    assert row.treatment.sd == pytest.approx(1.0, abs=EXACT)
    assert row.vi == pytest.approx(0.0625 + 0.1, abs=EXACT)
    assert [(item.side, item.text, item.imputed) for item in row.derived] == [
        ("treatment", "sd ← se·√n (0.25·√16)", False)
    ]


def test_standard_errors_without_n_give_a_mean_difference() -> None:
    row = row_of({"mean": 7.0, "se": 0.3}, {"mean": 8.0, "se": 0.4})
    assert row.yi == pytest.approx(-1.0, abs=EXACT)
    assert row.vi == pytest.approx(0.09 + 0.16, abs=EXACT)
    assert (row.treatment.n, row.treatment.sd, row.treatment.se) == (None, None, 0.3)


def test_standard_errors_without_n_give_no_standardised_difference() -> None:
    both = study("a", means(msc={"mean": 7.0, "se": 0.3}, ctrl={"mean": 8.0, "se": 0.4}))
    item = only(table(both, measure="SMD"))
    assert (item.code, item.reason) == (
        "not-computable",
        "SMD needs the number analysed in each arm; it is not printed",
    )


def test_one_arm_without_n_uses_the_other_arms_se() -> None:
    # control: SD 1, n 10, so SE² = 0.1
    row = row_of({"mean": 7.0, "se": 0.3})
    assert row.vi == pytest.approx(0.09 + 0.1, abs=EXACT)


def test_sd_from_a_confidence_interval() -> None:
    """Half-width T9·SE with SE = 0.2: SD = 0.2·√10."""
    row = row_of({"mean": 7.0, "ci": [7 - 0.2 * T9, 7 + 0.2 * T9], "n": 10})
    assert row.treatment.sd == pytest.approx(0.2 * math.sqrt(10), rel=1e-9)
    assert row.derived[0].text.startswith("sd ← √n·width of CI/(2·t on 9 df)")
    assert not row.imputed


def test_an_interval_without_n() -> None:
    assert left_out({"mean": 7.0, "ci": [6.0, 8.0]}) == ("no-n", "an interval without the number analysed")


def test_no_spread() -> None:
    assert left_out({"mean": 7.0, "n": 10}) == ("no-spread", "mean without any measure of spread")


UNLABELLED = {"mean": 7.0, "spread": {"value": 0.5, "kind": "unlabelled"}}


def test_an_unlabelled_spread_is_not_read_by_default() -> None:
    assert left_out({**UNLABELLED, "n": 16}) == (
        "unlabelled-spread",
        "± 0.5 is not labelled SD or SE, and the plan assumes neither",
    )


@pytest.mark.parametrize(("reading", "sd"), [("sd", 0.5), ("se", 2.0)])
def test_an_unlabelled_spread_as_the_plan_reads_it(reading: str, sd: float) -> None:
    found = table(study("a", means(msc={**UNLABELLED, "n": 16})), unlabelled_spread=reading)
    (row,) = found.rows
    assert row.treatment.sd == pytest.approx(sd, abs=EXACT)
    assert row.imputed
    said = {"sd": "a standard deviation", "se": "a standard error"}[reading]
    assert f"A ± that the text does not label is read as {said}." in found.assumptions


def test_an_unlabelled_spread_without_n() -> None:
    row = row_of(UNLABELLED, unlabelled_spread="se")
    assert row.vi == pytest.approx(0.25 + 0.1, abs=EXACT)
    assert [(item.text, item.imputed) for item in row.derived] == [
        ("se ← unlabelled ± read as SE (0.5)", True)
    ]
    assert left_out(UNLABELLED, unlabelled_spread="sd") == (
        "no-n",
        "± read as SD, and the number analysed is not printed",
    )


def test_medians() -> None:
    """Quartiles 6 and 8 about 7, n = 25: the mean is 7 by symmetry; the SD 2/η with Wan's η."""
    median = {"median": 7.0, "iq_range": [6.0, 8.0], "n": 25}
    found = table(study("a", means(msc=median)))
    (row,) = found.rows
    assert row.treatment.mean == pytest.approx(7.0, abs=EXACT)
    eta = 2 * NormalDist().inv_cdf((0.75 * 25 - 0.125) / (25 + 0.25))
    assert row.treatment.sd == pytest.approx(2 / eta, rel=1e-9)
    assert row.imputed
    assert found.assumptions[-1].startswith("Medians were turned into means")
    assert left_out(median, medians="exclude") == ("measure", "median, and the plan takes means only")


SKEWED = {"median": 2.0, "iq_range": [0.0, 10.0], "n": 50}


def test_medians_that_look_skewed() -> None:
    """|0 + 10 − 4|/10 = 0.60 against 2.65/√50 − 6/50² = 0.372 (Shi 2023)."""
    found = table(study("a", means(msc=SKEWED)), medians="convert")
    assert (
        "median: looks skewed (0.60, limit 0.37 at 5%): mean and SD may mislead (Shi 2023)"
        in found.rows[0].notes
    )
    code, reason = left_out(SKEWED, medians="refuse-skewed")
    assert code == "skewed"
    assert reason.startswith("median of values of which looks skewed (0.60")
    straight = {"median": 7.0, "iq_range": [6.0, 8.0], "n": 25}
    row = row_of(straight, medians="refuse-skewed")
    assert any("no skewness shown (0.00, limit 0.52 at 5%)" in note for note in row.notes)


def test_what_a_recovery_says_is_carried_to_the_row() -> None:
    row = row_of({**UNLABELLED, "n": 16}, unlabelled_spread="sd")
    assert row.notes == ("as SE it would be 2",)


def test_arms_that_are_combined_keep_their_flags() -> None:
    """Two arms of 10, one with an unlabelled ±: the row rests on it, and its SD is that of both."""
    loose = {"mean": 7.0, "n": 10, "spread": {"value": 1.0, "kind": "unlabelled"}}
    arms = [treated("low"), treated("high"), CONTROL]
    values = {
        "low": loose,
        "high": {"mean": 7.0, "sd": 1.0, "n": 10},
        "control": {"mean": 8.0, "sd": 1.0, "n": 10},
    }
    found = table(study("a", {**means(), "arms": values}, arms=arms), unlabelled_spread="sd")
    (row,) = found.rows
    assert row.imputed
    assert row.vi == pytest.approx(18 / 19 / 20 + 0.1, abs=EXACT)  # SD² = (9 + 9)/19
    assert [(count.kind, count.rows, count.imputed) for count in found.derivation_counts()] == [
        ("unlabelled-spread", 1, 1),
        ("combined-arms", 1, 0),
    ]


@pytest.mark.parametrize(
    ("value", "code", "reason"),
    [
        ({"median": 7.0, "n": 25}, "no-spread", "median without quartiles or range"),
        ({"median": 7.0, "iq_range": [6.0, 8.0]}, "no-n", "median without the number analysed"),
        ({"median": 9.0, "iq_range": [6.0, 8.0], "n": 25}, "not-computable", ""),
        ({"median": 7.0, "iq_range": [6.0, 8.0], "n": 3}, "not-computable", ""),
    ],
)
def test_medians_that_cannot_be_used(value: dict[str, Any], code: str, reason: str) -> None:
    found, said = left_out(value)
    assert found == code
    assert said.startswith(reason)
    assert said != ""


@pytest.mark.parametrize(
    ("value", "says"),
    [({"mean": 7.0, "sd": 0.0, "n": 10}, "zero"), ({"mean": 7.0, "sd": 1.0, "n": 1}, "n_treat = 1")],
)
def test_numbers_without_a_variance_leave_the_row_out_not_the_analysis(
    value: dict[str, Any], says: str
) -> None:
    found = table(study("a", means(msc=value)), study("b", means()))
    assert [row.study_id for row in found.rows] == ["b"]
    assert [item.code for item in found.excluded] == ["not-computable"]
    assert says in found.excluded[0].reason


def in_mmol(msc: dict[str, Any], ctrl: dict[str, Any], **options: Any) -> EffectTable:
    return table(study("a", {**means(msc=msc, ctrl=ctrl), "unit": "mmol/mol"}), **options)


def test_hba1c_from_mmol_mol() -> None:
    """NGSP = 0.09148·IFCC + 2.152: means by the whole equation, SDs by the slope alone."""
    (row,) = in_mmol({"mean": 53.0, "sd": 10.0, "n": 10}, {"mean": 64.0, "sd": 11.0, "n": 10}).rows
    assert row.treatment.mean == pytest.approx(0.09148 * 53 + 2.152, abs=EXACT)
    assert row.treatment.sd == pytest.approx(0.9148, abs=EXACT)
    assert row.yi == pytest.approx(0.09148 * -11, abs=EXACT)
    assert row.vi == pytest.approx(0.09148**2 * (100 / 10 + 121 / 10), abs=EXACT)
    assert [item.text for item in row.derived] == ["% ← mmol/mol (IFCC–NGSP master equation)"] * 2


def test_a_change_takes_the_slope_alone() -> None:
    (row,) = in_mmol({"change": -11.0, "sd": 10.0, "n": 10}, {"change": 0.0, "sd": 10.0, "n": 10}).rows
    assert row.treatment.mean == pytest.approx(-1.00628, abs=EXACT)
    assert row.control.mean == 0.0


def test_a_standard_error_without_n_is_converted_too() -> None:
    (row,) = in_mmol({"mean": 53.0, "se": 3.0}, {"mean": 64.0, "se": 4.0}).rows
    assert row.vi == pytest.approx(0.09148**2 * 25, abs=EXACT)


def test_the_other_way_round() -> None:
    (row,) = table(study("a", means()), unit="mmol/mol").rows
    assert row.treatment.mean == pytest.approx(10.93 * 7 - 23.5, abs=1e-10)
    assert row.yi == pytest.approx(-10.93, abs=1e-10)


def test_a_standardised_difference_needs_no_conversion() -> None:
    found = in_mmol({"mean": 53.0, "sd": 10.0, "n": 10}, {"mean": 64.0, "sd": 10.0, "n": 10}, measure="SMD")
    (row,) = found.rows
    assert (row.treatment.mean, found.unit) == (53.0, "")
    assert not any("mmol" in item.text for item in row.derived)


def test_glucose() -> None:
    result = {**means(), "outcome": "fasting_glucose", "unit": "mg/dL"}
    result["arms"] = {
        "msc": {"mean": 180.156, "sd": 18.0156, "n": 10},
        "control": {"mean": 198.1716, "sd": 18.0156, "n": 10},
    }
    (row,) = table(study("a", result), outcome="fasting_glucose", unit="mmol/L").rows
    assert row.treatment.mean == pytest.approx(10.0, abs=EXACT)
    assert row.yi == pytest.approx(-1.0, abs=1e-11)
    assert row.vi == pytest.approx(0.2, abs=EXACT)


def test_insulin_per_person_does_not_become_insulin_per_kilogram() -> None:
    result = {**means(), "outcome": "insulin_dose", "unit": "U/day"}
    item = only(table(study("a", result), outcome="insulin_dose", unit="U/kg/day"))
    assert item.code == "unit"
    assert "body_weight" in item.reason


def test_a_unit_that_is_not_printed() -> None:
    item = only(table(study("a", {**means(), "unit": "not printed"})))
    assert item.code == "unit"


def test_a_ratio_of_means_is_not_made_of_changes() -> None:
    change = {"change": -1.0, "sd": 0.5, "n": 10}
    found = table(study("a", means(msc=change, ctrl=change)), study("b", means()), measure="ROM")
    assert [row.study_id for row in found.rows] == ["b"]
    assert [(i.code, i.reason) for i in found.excluded] == [
        ("measure", "a change from baseline, and ROM is of values, not changes")
    ]


def test_standardised_differences_of_changes_and_of_values_are_told() -> None:
    change = {"change": -1.0, "sd": 0.5, "n": 10}
    studies = study("a", means(msc=change, ctrl=change)), study("b", means())
    assert any("10.5.2" in text for text in table(*studies, measure="SMD").assumptions)
    assert not any("10.5.2" in text for text in table(*studies).assumptions)
    assert not any("10.5.2" in text for text in table(studies[1], measure="SMD").assumptions)


def test_percent_change_of_an_outcome_in_percent_of_baseline() -> None:
    """−10 % of baseline is 90 % of baseline, with the same spread."""
    result = means(
        msc={"percent_change": -10.0, "sd": 5.0, "n": 10}, ctrl={"percent_change": -40.0, "sd": 5.0, "n": 10}
    )
    c_peptide = {**result, "outcome": "c_peptide_percent_baseline", "unit": "%"}
    (row,) = table(study("a", c_peptide), outcome="c_peptide_percent_baseline").rows
    assert (row.value, row.treatment.mean, row.control.mean, row.yi) == ("final", 90.0, 60.0, 30.0)
    assert row.derived[0].text == "% of baseline ← 100 + percent change"
    item = only(table(study("b", result)))
    assert (item.code, item.reason) == ("measure", "only a percent change from baseline is reported")


def test_counts() -> None:
    """RR = (6/10)/(3/12); variance 1/6 − 1/10 + 1/3 − 1/12."""
    (row,) = table(study("a", counts((6, 10), (3, 12))), outcome="ulcer_healing").rows
    assert row.yi == pytest.approx(math.log((6 / 10) / (3 / 12)), abs=EXACT)
    assert row.vi == pytest.approx(1 / 6 - 1 / 10 + 1 / 3 - 1 / 12, abs=EXACT)
    assert (row.value, row.treatment.events, row.treatment.mean) == ("events", 6, None)


def healed(msc: dict[str, Any], ctrl: dict[str, Any] | None = None) -> EffectTable:
    result = counts((0, 1), (0, 1))
    result["arms"] = {"msc": msc, "control": ctrl or {"events": 5, "n": 20}}
    return table(study("a", result), outcome="ulcer_healing")


def test_a_count_from_a_percentage() -> None:
    (row,) = healed({"percent": 82.0, "n": 22}).rows
    assert row.treatment.events == 18  # 18/22 = 81.8 %
    assert row.derived[0].text == "events ← 82% of 22 (81.82%)"
    assert not row.imputed  # one count only prints as 82 %


@pytest.mark.parametrize(
    ("value", "code", "says"),
    [
        ({"percent": 50.0, "n": 300}, "not-computable", "each of"),
        ({"percent": 45.0, "n": 10}, "not-computable", "no count of 10"),
        ({"percent": 50.0}, "no-n", "number analysed not printed"),
        ({"events": 5}, "no-n", "number analysed not printed"),
        ({"events": 5, "n": 4}, "not-computable", "more events than members"),
    ],
)
def test_counts_that_cannot_be_used(value: dict[str, Any], code: str, says: str) -> None:
    item = only(healed(value))
    assert item.code == code
    assert says in item.reason


def test_an_empty_cell_is_told() -> None:
    (row,) = healed({"events": 0, "n": 10}).rows
    assert row.yi == pytest.approx(math.log((0.5 / 11) / (5.5 / 21)), abs=EXACT)
    assert [(item.side, item.text) for item in row.derived] == [
        ("effect", "0.5 added to all cells (zero cell)")
    ]


def test_a_ratio_without_any_event_says_what_it_is_made_of() -> None:
    """0/10 against 0/20: RR = (0.5/11)/(0.5/21), from nothing but the sizes of the arms."""
    both = study("a", counts((0, 10), (0, 20)))
    (row,) = table(both, outcome="ulcer_healing").rows
    assert row.yi == pytest.approx(math.log(21 / 11), abs=EXACT)
    assert row.notes[0].startswith("no event in either arm: the ratio comes from the constant added")
    assert table(both, outcome="ulcer_healing", measure="RD").rows[0].notes == ()
    assert table(study("b", counts((0, 10), (1, 20))), outcome="ulcer_healing").rows[0].notes == ()


def test_what_the_extractor_worked_out_is_kept() -> None:
    inferred = {"fields": ["n"], "kind": "inferred", "note": "the likeliest reading"}
    row = row_of({"mean": 7.0, "sd": 1.0, "n": 10, "derivations": [inferred]})
    assert [(item.text, item.imputed) for item in row.derived] == [
        ("n ← inferred (the likeliest reading)", True)
    ]
    worked_out = {**inferred, "kind": "arithmetic"}
    assert not row_of({"mean": 7.0, "sd": 1.0, "n": 10, "derivations": [worked_out]}).imputed


def test_as_reported_only() -> None:
    median = {"median": 7.0, "iq_range": [6.0, 8.0], "n": 25}
    found = table(
        study("a", means(msc=median)),
        study("b", means(msc={"mean": 7.0, "se": 0.3, "n": 10})),
        as_reported_only=True,
    )
    assert [row.study_id for row in found.rows] == ["b"]  # algebra on printed numbers is no assumption
    (item,) = found.excluded
    assert item.code == "imputed"
    assert item.reason.startswith("rests on an assumption: mean ← median and quartiles")


def test_a_reported_difference() -> None:
    (row,) = table(study("a", contrast(difference=-0.3, se=0.25, n_treatment=15, n_control=16))).rows
    assert (row.yi, row.value) == (-0.3, "contrast")
    assert row.vi == pytest.approx(0.0625, abs=EXACT)
    assert (row.treatment.n, row.control.n, row.treatment.mean) == (15, 16, None)


def test_a_reported_difference_with_an_interval() -> None:
    """(−0.8 to 0.2): SE = 1/(2·1.959964)."""
    (row,) = table(study("a", contrast(difference=-0.3, ci=[-0.8, 0.2], adjusted_for="age"))).rows
    assert row.sei == pytest.approx(1 / (2 * 1.959963984540054), rel=1e-9)
    assert row.derived[0].text.startswith("se ← width of CI/(2·z) ((0.2 − (−0.8))/(2·1.9600))")
    assert row.notes == ("adjusted: age",)


def test_a_reported_difference_is_converted_by_the_slope() -> None:
    part = {**contrast(difference=-11.0, se=5.0), "unit": "mmol/mol"}
    (row,) = table(study("a", part)).rows
    assert row.yi == pytest.approx(-1.00628, abs=EXACT)
    assert row.sei == pytest.approx(0.4574, abs=EXACT)
    assert row.derived[-1].text == "% ← mmol/mol (IFCC–NGSP master equation)"


def test_a_reported_difference_without_spread() -> None:
    assert only(table(study("a", contrast(difference=-0.3)))).code == "no-spread"


def test_a_reported_difference_gives_no_standardised_one() -> None:
    item = only(table(study("a", contrast(difference=-0.3, se=0.25)), measure="SMD"))
    assert (item.code, item.reason) == ("measure", "reported as a contrast (MD); the plan pools SMD")


def ratio(measure: str) -> dict[str, Any]:
    part = {"treatment": "msc", "control": "control", "measure": measure, "ratio": 2.0, "ci": [1.0, 4.0]}
    return {"outcome": "ulcer_healing", "at": "12 weeks", "source": "paper", "contrast": part}


def test_a_reported_ratio_is_pooled_on_its_logarithm() -> None:
    (row,) = table(study("a", ratio("RR")), outcome="ulcer_healing").rows
    assert row.yi == pytest.approx(math.log(2), abs=EXACT)
    assert row.sei == pytest.approx(math.log(4) / (2 * 1.959963984540054), rel=1e-9)


def test_a_hazard_ratio_is_no_risk_ratio() -> None:
    item = only(table(study("a", ratio("HR")), outcome="ulcer_healing"))
    assert (item.code, item.reason) == ("measure", "reported as a contrast (HR); the plan pools RR")


def test_counts_are_no_hazard_ratio() -> None:
    found = table(
        study("a", counts((5, 10), (3, 10))), study("b", ratio("HR")), outcome="ulcer_healing", measure="HR"
    )
    assert [row.study_id for row in found.rows] == ["b"]
    assert [(i.code, i.reason) for i in found.excluded] == [
        ("measure", "values per arm, and HR is only taken as reported")
    ]


def test_a_contrast_follows_the_rules_of_arms_too() -> None:
    forbidden = [MSC, {**CONTROL, "comparator": "active-drug"}]
    item = only(table(study("a", contrast(difference=-0.3, se=0.25), arms=forbidden)))
    assert item.code == "no-control"
    assert (
        only(table(study("a", contrast(difference=-0.3, se=0.25)), treatment={"msc": "none"})).code
        == "not-msc"
    )
