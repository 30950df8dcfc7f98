"""Summary of findings, reasons for doubt, risk of bias, heterogeneity, characteristics of studies."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from metamsc.analysis.grade_bias import BiasAssessment, bias_assessments
from metamsc.analysis.grade_plan import DOMAINS, GradeEntry
from metamsc.analysis.grade_profile import grade_profiles, unused_judgements
from metamsc.analysis.plan import read_spec
from metamsc.analysis.result import AnalysisResult, Scale, Sensitivity
from metamsc.analysis.run import run
from metamsc.checks.read import read_records
from metamsc.dataset.rows import ArmNumbers, EffectRow
from metamsc.errors import OptionError
from metamsc.records.studies import Studies
from metamsc.tables import (
    Table,
    appendix_tables,
    characteristics_table,
    domains_table,
    findings_table,
    heterogeneity_table,
    risk_of_bias_tables,
)
from metamsc.tables.appendix import NAMES
from tests.invented import SMD, beside

Make = Callable[..., AnalysisResult]
MakeRow = Callable[..., EffectRow]
ROOT = Path(__file__).parents[2]


def texts(table: Table, row: int) -> dict[str, str]:
    cells = [row for row in table.rows if row.kind != "group"][row].cells
    unbroken = (cell.text.replace("\u00a0", " ") for cell in cells)
    return {column.name: text for column, text in zip(table.columns, unbroken, strict=True)}


def names(table: Table) -> list[str]:
    return [column.name for column in table.columns]


def whole(**changed: str) -> dict[str, Any]:
    """Every judgement made: no concern but for those given."""
    levels = dict.fromkeys(DOMAINS, "none") | changed
    judged = {
        name: {"judgement": level, "because": f"about {name}", "by": "A. Panel"}
        for name, level in levels.items()
    }
    start = {"level": "high", "because": "two trials", "by": "A. Panel"}
    return {"stratum": "T1D", "start": start, **judged}


def graded(result: AnalysisResult, *entries: dict[str, Any]) -> AnalysisResult:
    return replace(
        result, grade=grade_profiles(result, [GradeEntry.model_validate(item) for item in entries])
    )


@pytest.fixture
def two(make_result: Make, make_row: MakeRow) -> AnalysisResult:
    return make_result([make_row("Aa 2014", "T1D", -1.0, 0.04), make_row("Bb 2018", "T1D", -0.8, 0.04)])


@pytest.fixture
def ulcers(make_result: Make, make_row: MakeRow, rr: Scale) -> AnalysisResult:
    """8 of 20 against 4 of 20: ratio 2, 200 in 1000 become 400."""
    row = replace(
        make_row("Aa 2014", "T1D", math.log(2.0), 1 / 8 - 1 / 20 + 1 / 4 - 1 / 20),
        treatment=ArmNumbers(arms=("msc",), label="MSC", n=20, events=8),
        control=ArmNumbers(arms=("control",), label="control", n=20, events=4),
        value="events",
    )
    return make_result([row], rr)


def test_nothing_is_filled_in_where_nobody_judged(two: AnalysisResult) -> None:
    table = findings_table(graded(two))
    line = texts(table, 0)
    assert line["certainty"] == "Not judged yet"
    assert "meaning" not in line
    assert "Nobody has judged the certainty of this evidence yet" in table.notes[0]
    reasons = domains_table(graded(two))
    assert [texts(reasons, row)["judgement"] for row in range(6)] == ["Not judged yet"] * 6


def test_a_judgement_that_is_missing_is_named(two: AnalysisResult) -> None:
    data = whole(imprecision="serious")
    del data["indirectness"], data["start"]
    line = texts(findings_table(graded(two, data)), 0)
    assert line["certainty"].startswith(
        "Not judged yet\nmissing: study design, indirectness\n−1 imprecision a"
    )


def test_certainty_with_symbols_word_and_reasons(two: AnalysisResult) -> None:
    data = whole(imprecision="very-serious", indirectness="serious")
    table = findings_table(graded(two, data))
    line = texts(table, 0)
    # 4 - 2 - 1 = 1
    assert line["certainty"] == "⊕◯◯◯\nVery low\n−1 indirectness a\n−2 imprecision b"
    assert table.notes[:2] == ("a. about indirectness (A. Panel)", "b. about imprecision (A. Panel)")
    assert line["meaning"] == "The evidence is very uncertain about the effect of MSC on HbA1c."


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "MSC lowers HbA1c by an amount that matters."),
        ({"imprecision": "serious"}, "MSC probably lowers HbA1c by an amount that matters."),
        ({"imprecision": "very-serious"}, "MSC may lower HbA1c by an amount that matters."),
    ],
)
def test_the_sentence_is_as_sure_as_the_certainty(
    two: AnalysisResult, changed: dict[str, str], said: str
) -> None:
    """The mean is -0.9 and the smallest difference that matters 0.5."""
    assert texts(findings_table(graded(two, whole(**changed))), 0)["meaning"] == said


def test_a_small_effect_makes_little_difference(make_result: Make, make_row: MakeRow) -> None:
    result = make_result([make_row("Aa 2014", "T1D", -0.3, 0.04)])
    said = texts(findings_table(graded(result, whole(imprecision="very-serious"))), 0)["meaning"]
    assert said == "MSC may make little or no important difference to HbA1c."
    about_null = whole() | {"threshold": "null"}
    assert texts(findings_table(graded(result, about_null)), 0)["meaning"] == "MSC lowers HbA1c."


def test_events_are_told_in_a_thousand_people(ulcers: AnalysisResult) -> None:
    table = findings_table(graded(ulcers, whole(imprecision="serious")))
    line = texts(table, 0)
    assert [column.spanner for column in table.columns].count("Absolute effect, in 1000 people") == 4
    assert line["relative"].startswith("2.00\n(")
    assert line["without"] == "200"
    assert line["with"].startswith("400\n(")
    assert line["difference"].startswith("200 more\n(")
    # 200 · 1.25 = 250 and 200 / 1.25 = 160
    assert line["mid"] == "a ratio of 1.25 or 0.80\n50 more or 40 fewer"
    assert (
        line["meaning"] == "MSC probably makes complete ulcer healing more likely by an amount that matters."
    )
    assert "Risk without MSC: events in all control arms together." in "\n".join(table.notes)


def test_a_limit_beyond_every_risk_is_said_to_be_cut(ulcers: AnalysisResult) -> None:
    given = whole() | {"baseline_risk": {"value": 0.6, "source": "a register"}}
    table = findings_table(graded(ulcers, given))
    assert texts(table, 0)["with"].startswith("1000\n(")
    assert texts(table, 0)["with"].endswith("limited to 0 to 1000")
    assert "Risk without MSC: a register." in "\n".join(table.notes)


LOW_AND_HIGH = [
    {"value": 0.1, "source": "a register", "people": "Low risk"},
    {"value": 0.3, "source": "a cohort", "people": "High risk"},
]


def test_each_baseline_risk_has_a_row(ulcers: AnalysisResult) -> None:
    """A ratio of 2: 100 in 1000 become 200, 300 become 600."""
    table = findings_table(graded(ulcers, whole() | {"baseline_risk": LOW_AND_HIGH}))
    pool, low, high = (texts(table, place) for place in range(3))
    assert pool["relative"].startswith("2.00\n(")
    assert (pool["without"], pool["with"], pool["difference"]) == ("", "", "")
    assert pool["certainty"].startswith("⊕⊕⊕⊕")
    assert (low["group"], low["without"], low["relative"], low["certainty"]) == ("Low risk", "100", "", "")
    assert (low["with"].split("\n")[0], low["difference"].split("\n")[0]) == ("200", "100 more")
    assert (high["group"], high["without"]) == ("High risk", "300")
    assert (high["with"].split("\n")[0], high["difference"].split("\n")[0]) == ("600", "300 more")
    assert "Risk without MSC: Low risk: a register; High risk: a cohort." in "\n".join(table.notes)


def test_several_baseline_risks_say_whose_they_are(ulcers: AnalysisResult) -> None:
    nameless = [{"value": 0.1, "source": "a"}, {"value": 0.3, "source": "b", "people": "High risk"}]
    for wrong in (nameless, [LOW_AND_HIGH[0], LOW_AND_HIGH[0]], []):
        with pytest.raises(ValidationError):
            GradeEntry.model_validate({"stratum": "T1D", "baseline_risk": wrong})


def test_who_what_and_compared_with_what_stand_above(two: AnalysisResult) -> None:
    table = findings_table(graded(two))
    assert table.lead == (
        "Population: people with type 1 diabetes.",
        "Intervention: MSC. Comparison: control (placebo).",
        "Outcome: HbA1c; lower is better.",
    )
    for shown in (table.to_html(), table.to_markdown()):
        assert "Comparison: control (placebo)." in shown


def test_means_stand_with_their_unit_and_their_control_means(two: AnalysisResult) -> None:
    table = findings_table(graded(two))
    assert "relative" not in names(table)
    assert "with" not in names(table)
    line = texts(table, 0)
    assert (line["without"], line["mid"]) == ("mean 7.5 %", "0.5 percentage points")
    assert line["difference"].startswith("−0.90\n(")
    assert next(c.header for c in table.columns if c.name == "difference") == "Mean difference, %\n(95% CI)"


def test_judgements_that_facts_speak_against_are_below_the_table(
    make_result: Make, make_row: MakeRow
) -> None:
    result = make_result([make_row("Aa 2014", "T1D", -0.6, 0.09)])
    notes = findings_table(graded(result, whole())).notes
    (said,) = [note for note in notes if note.startswith("Type 1 diabetes, to be looked at: ")]
    assert "Imprecision is judged no concern; the interval crosses" in said


def test_animals_get_facts_and_no_certainty(make_result: Make, make_row: MakeRow) -> None:
    result = make_result([make_row("Aa 2014", "T1D", -1.0, 0.04)], setting="preclinical")
    table = findings_table(graded(result, whole()))
    assert {"certainty", "meaning"}.isdisjoint(names(table))
    assert "Hooijmans et al. 2018" in table.notes[0]
    reasons = domains_table(graded(result))
    assert names(reasons) == ["domain", "facts"]
    assert texts(reasons, 0)["facts"] == "RCT parallel (the one study)"


def test_reasons_show_judgement_reason_and_name(two: AnalysisResult) -> None:
    data = whole(imprecision="serious") | {"upgrades": {"dose_response": {"because": "x", "by": "B."}}}
    table = domains_table(graded(two, data))
    assert texts(table, 0)["judgement"] == "Starts high\ntwo trials\nJudged by A. Panel"
    assert texts(table, 1)["judgement"] == "No concern\nabout risk_of_bias\nJudged by A. Panel"
    assert texts(table, 4)["judgement"] == "Serious\nabout imprecision\nJudged by A. Panel"
    assert texts(table, 6)["judgement"] == "+1\nx\nJudged by B."


def test_facts_on_imprecision_are_absolute_too(ulcers: AnalysisResult, two: AnalysisResult) -> None:
    """Of 1000, 200 without: 57 fewer to 800 more (the relative limits are 0.716 and 5.59, cut at 1000)."""
    facts = texts(domains_table(graded(ulcers)), 4)["facts"].split("\n")
    assert facts[0] == "By the estimate: an important benefit"
    assert facts[2] == "In 1000 people: 57 fewer to 800 more"
    assert not any(
        line.startswith("In 1000") for line in texts(domains_table(graded(two)), 4)["facts"].split("\n")
    )
    assert "Comparison: placebo (all 2 studies)" in texts(domains_table(graded(two)), 3)["facts"]


def test_the_interval_of_two_studies_stands_beside_the_wald_interval(two: AnalysisResult) -> None:
    """-0.9 ± 12.7·0.141 is -2.70 to 0.90; with 1.96 it is -1.18 to -0.62, beyond what matters."""
    wald = Sensitivity(
        name="wald",
        label="Wald interval",
        changed=("model.ci_method = wald",),
        strata=(beside("T1D", 2, (-0.9, -1.177, -0.623)),),
    )
    facts = texts(domains_table(graded(replace(two, sensitivity=(wald,)))), 4)["facts"].split("\n")
    assert facts[1].startswith("95% interval −2.70 to 0.90: crosses the thresholds of important benefit, no")
    assert facts[2] == (
        "Of two studies, it has one degree of freedom; 95% Wald interval −1.18 to −0.62: crosses no threshold"
    )
    assert not any("degree of freedom" in row.cells[1].text for row in domains_table(graded(two)).rows[1:])


def test_ratios_that_matter_are_on_their_side(ulcers: AnalysisResult, make_result: Make) -> None:
    facts = texts(domains_table(graded(ulcers)), 4)["facts"]
    assert "Confidence that the mean effect reaches a ratio of 1.25: " in facts
    (row,) = ulcers.table.rows
    rows = (row, replace(row, row_id="bb", label="Bb 2016", cohort="bb", yi=-0.1))
    said = texts(domains_table(graded(make_result(rows, ulcers.scale))), 2)["facts"]
    assert "1 better beyond a ratio of 1.25 or 0.80, 1 in between, 0 worse beyond it" in said


def test_publication_bias_is_undetected_or_suspected(two: AnalysisResult) -> None:
    for level, said in (("none", "Undetected"), ("serious", "Strongly suspected")):
        table = domains_table(graded(two, whole(publication_bias=level)))
        assert texts(table, 5)["judgement"].startswith(f"{said}\n")


def test_where_the_rating_begins_stands_with_the_studies(two: AnalysisResult) -> None:
    assert "2 studies\nrandomised\n12 months" in texts(findings_table(graded(two)), 0)["evidence"]
    first, second = two.table.rows
    other = replace(
        second, moderators=tuple((dict(second.moderators) | {"design": "nonrandomised-controlled"}).items())
    )
    for rows, said in (((first, other), "1 of 2 randomised"), ((other, other), "not randomised")):
        made = replace(two, table=replace(two.table, rows=rows))
        made = replace(made, strata=(replace(two.strata[0], row_ids=tuple(row.row_id for row in rows)),))
        assert f"\n{said}\n" in texts(findings_table(graded(made)), 0)["evidence"]


def test_times_of_many_lengths_are_the_shortest_and_the_longest(make_result: Make, make_row: MakeRow) -> None:
    days = {"48 months": 1460.0, "12 weeks": 84.0, "6 months": 182.0, "1 year": 365.0}
    rows = [
        make_row(f"A{place} 2014", "T1D", -1.0, 0.04, at=at, at_days=days[at])
        for place, at in enumerate(days)
    ]
    assert texts(findings_table(graded(make_result(rows))), 0)["evidence"].endswith("12 weeks to 48 months")
    few = make_result(rows[:3])
    assert texts(findings_table(graded(few)), 0)["evidence"].endswith("12 weeks, 6 months, 48 months")


def test_a_standardised_difference_says_how_to_read_it(make_result: Make, make_row: MakeRow) -> None:
    smd = make_result([make_row("Aa 2014", "T1D", 0.4, 0.04)], SMD)
    said = "A standardised difference is in standard deviations"
    assert any(note.startswith(said) for note in findings_table(graded(smd)).notes)
    means = make_result([make_row("Aa 2014", "T1D", 0.4, 0.04)])
    assert not any(note.startswith(said) for note in findings_table(graded(means)).notes)


def test_no_absolute_effect_is_explained(ulcers: AnalysisResult) -> None:
    (row,) = ulcers.table.rows
    for events, why in (
        (0.0, "no control arm had an event"),
        (None, "the events of the control arms are not"),
    ):
        silent = replace(row, control=replace(row.control, events=events))
        made = graded(replace(ulcers, table=replace(ulcers.table, rows=(silent,))))
        (note,) = [text for text in findings_table(made).notes if text.startswith("No effect in 1000 people")]
        assert why in note
        assert note.endswith("The plan can give a baseline risk.")
    assert not any(text.startswith("No effect in") for text in findings_table(graded(ulcers)).notes)


def test_importance_alone_is_no_judgement_on_certainty(two: AnalysisResult) -> None:
    counts = {"judgement": "critical", "because": "a survey", "by": "A. Panel"}
    table = findings_table(graded(two, {"stratum": "T1D", "importance": counts}))
    assert texts(table, 0)["certainty"] == "Not judged yet"
    assert table.notes[0].startswith("Nobody has judged")


def test_judgements_on_animals_leave_no_footnote(make_result: Make, make_row: MakeRow) -> None:
    result = make_result([make_row("Aa 2014", "T1D", -1.0, 0.04)], setting="preclinical")
    assert not any(
        "about imprecision" in note
        for note in findings_table(graded(result, whole(imprecision="serious"))).notes
    )


def test_arms_of_one_study_are_comparisons(make_result: Make, make_row: MakeRow) -> None:
    rows = [make_row("Aa 2014", "T1D", -1.0, 0.04), make_row("Bb 2014", "T1D", -0.9, 0.04, cohort="aa-2014")]
    assert texts(domains_table(graded(make_result(rows))), 0)["facts"] == "RCT parallel (all 2 comparisons)"


def test_risk_of_bias_by_tool_and_domain(make_result: Make, make_row: MakeRow) -> None:
    rows = [make_row(name, "T1D", -1.0, 0.04) for name in ("Aa 2014", "Bb 2018", "Cc 2020")]
    judged = BiasAssessment(
        study_id="aa-2014",
        label="Aa 2014",
        tool="rob2",
        about="hba1c",
        overall="high",
        domains=(
            ("D1: randomisation process", "low", "central list"),
            ("Missing outcome data", "high", ""),
            ("Funding", "unclear", ""),
        ),
        assessed_by="A. Panel",
    )
    blank = replace(judged, study_id="bb-2018", label="Bb 2018", about="", domains=(), assessed_by="")
    blank = replace(blank, overall="not assessed")
    other = replace(blank, study_id="cc-2020", label="Cc 2020", tool="robins-i-v2")
    first, second = risk_of_bias_tables(make_result(rows, risk_of_bias=(judged, blank, other)))
    assert (first.name, second.name) == ("risk-of-bias-rob2", "risk-of-bias-robins-i-v2")
    line = texts(first, 0)
    assert (line["d1"], line["d2"], line["d3"]) == ("Low", "Not assessed", "High")
    assert (line["other"], line["overall"], line["by"]) == ("Funding: unclear", "High", "A. Panel")
    assert set(texts(first, 1).values()) == {"Bb 2018", "Not assessed", "", "–"}
    assert "Not assessed: nobody has judged 1 study of 2 yet." in first.notes
    assert "Aa 2014, D1: randomisation process: central list" in first.notes
    assert len([name for name in names(second) if name.startswith("d")]) == 6


def test_the_judgement_on_this_outcome_goes_first() -> None:
    studies = read_records(ROOT / "data/extractions")
    study = studies.study("cai-2016")
    entries = [
        {"tool": "rob2", "outcome": "insulin_dose", "overall": "low"},
        {"tool": "rob2", "overall": "some concerns"},
        {"tool": "rob2", "outcome": "hba1c", "overall": "high"},
    ]
    data = study.model_dump(by_alias=True, mode="json", exclude_none=True)

    def overall(*chosen: dict[str, str]) -> str:
        changed = type(study).model_validate(data | {"risk_of_bias": list(chosen)})
        result = run(read_spec(ROOT / "analyses/hba1c"), studies)
        row = next(row for row in result.table.rows if row.study_id == "cai-2016")
        return bias_assessments([row], Studies.of(changed), "hba1c")[0].overall

    assert overall(*entries) == "high"
    assert overall(*entries[:2]) == "some concerns"  # of the whole study
    assert overall(entries[0]) == "not assessed"  # of another outcome


def test_heterogeneity_by_hand(make_result: Make, make_row: MakeRow) -> None:
    """Equal variances 0.04: tau2 = 0.32 - 0.04 = 0.28, tau 0.529, I2 87.5 %, H2 8; Q = 2·0.16/0.04 = 8."""
    rows = [make_row("Aa 2014", "T1D", -1.0, 0.04), make_row("Bb 2018", "T1D", -0.2, 0.04)]
    line = texts(heterogeneity_table(make_result(rows)), 0)
    assert (line["k"], line["tau"], line["pi"]) == ("2", "0.53", "–")
    assert line["Q"] == "8.00 (1)\np = 0.005"
    assert line["tau2"].startswith("0.28\n(")
    assert line["I2"].startswith("87.5%\n(")
    assert line["H2"].startswith("8.0\n(")
    assert heterogeneity_table(make_result(rows[:1])).rows == ()


@pytest.fixture(scope="module")
def shipped() -> Studies:
    return read_records(ROOT / "data/extractions")


def test_characteristics_say_what_the_records_say(shipped: Studies) -> None:
    table = characteristics_table(run(read_spec(ROOT / "analyses/hba1c"), shipped), shipped)
    assert [row.cells[0].text for row in table.rows if row.kind == "group"] == [
        "Type 1 diabetes",
        "Type 2 diabetes",
    ]
    cai = texts(table, 0)
    assert cai["study"].startswith("Cai 2016\nUC-MSC with autologous BM-MNC")
    assert cai["study"].endswith("10.2337/dc15-0171")
    assert cai["design"] == "RCT parallel\nopen\nCN"
    assert cai["people"] == "Type 1 diabetes\nUC-MSC + aBM-MNC: 21\nstandard care: 21"
    assert "Also given: autologous bone-marrow mononuclear cells, 106.8e6/kg" in cai["treatment"]
    assert (cai["control"], cai["registration"]) == ("Standard care", "NCT01374854")
    skyler = texts(table, 2)
    assert "placebo: 9.8 (SD 6.7) years" in skyler["duration"]


def test_characteristics_of_animals(shipped: Studies) -> None:
    table = characteristics_table(run(read_spec(ROOT / "analyses/animal-glucose"), shipped), shipped)
    line = texts(table, 0)
    assert "mouse" in line["people"]
    assert "streptozotocin" in line["people"]
    assert "female" not in line


def test_an_appendix_has_every_table_with_rows_in_one_order(shipped: Studies) -> None:
    for file in sorted((ROOT / "analyses").glob("*/analysis.yml")):
        result = run(read_spec(file.parent), shipped)
        made = appendix_tables(result, shipped)
        assert all(table.rows for table in made)
        order = [next(i for i, name in enumerate(NAMES) if table.name.startswith(name)) for table in made]
        assert order == sorted(order)
        assert {"findings", "characteristics", "results", "studies", "domains"} <= {
            table.name for table in made
        }


def test_only_named_tables_even_when_empty(full: AnalysisResult) -> None:
    made = appendix_tables(full, only=("regression", "results"))
    assert [table.name for table in made] == ["results", "regression"]
    assert made[1].rows == ()
    with pytest.raises(OptionError, match=r"only must be names of tables, .*; got 'figures'"):
        appendix_tables(full, only=("figures",))


def test_a_result_is_judged_under_its_label_or_the_words_of_the_records(
    make_result: Make, make_row: MakeRow
) -> None:
    result = make_result([make_row("Aa 2014", "unspecified", -1.0, 0.04)])
    (stratum,) = result.strata
    for name in (stratum.label, "unspecified"):
        entry = GradeEntry.model_validate(whole() | {"stratum": name})
        (profile,) = grade_profiles(result, [entry])
        assert profile.certainty == "high"
        assert unused_judgements(result, [entry]) == ()
    other = GradeEntry.model_validate(whole() | {"stratum": "T2D"})
    assert grade_profiles(result, [other])[0].certainty is None
    assert "judges 'T2D'" in unused_judgements(result, [other])[0]
