"""One summary of findings over several analyses: populations, order, rows, footnotes, and every format."""

from __future__ import annotations

import io
import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metamsc.analysis.grade_plan import DOMAINS, LEVELS, GradeEntry
from metamsc.analysis.grade_profile import grade_profiles
from metamsc.analysis.plan import read_spec
from metamsc.analysis.result import AnalysisResult, Scale
from metamsc.analysis.run import run
from metamsc.checks.read import read_records
from metamsc.dataset.rows import ArmNumbers, EffectRow
from metamsc.errors import InputError, OptionError
from metamsc.tables import Table, appendix_across, findings_across, findings_table, write_tables
from metamsc.tables.grade_below import told_apart
from tests.invented import MD, RR, SMD, exclusion, make, missing, row, stratum

ROOT = Path(__file__).parents[2]
HOSTILE = "<script>alert(1)</script> & \\input{x} =1+1 | # [x](y)"


def judged(stratum_name: str, **given: Any) -> dict[str, Any]:
    """Return judgements on every domain: no concern but those given, their reasons named after the domain."""
    levels = {name: given.pop(name, "none") for name in DOMAINS}
    domains = {
        name: {"judgement": level, "because": f"about {name}", "by": "A. Panel"}
        for name, level in levels.items()
    }
    start = {"level": "high", "because": "two trials", "by": "A. Panel"}
    return {"stratum": stratum_name, "start": start, **domains, **given}


def counts(judgement: str, order: int | None = None) -> dict[str, Any]:
    place = {} if order is None else {"order": order}
    return {"judgement": judgement, "because": "a survey", "by": "A. Panel", **place}


def result_of(
    label: str, rows: list[EffectRow], scale: Scale = MD, *entries: dict[str, Any], **changes: Any
) -> AnalysisResult:
    """Make a result with its profiles, named after its outcome."""
    options = {name: changes.pop(name) for name in ("overall", "setting") if name in changes}
    made = make(rows, replace(scale, outcome_label=label), **options)
    made = replace(made, name=label.lower().replace(" ", "-"), title=f"{label} after MSC", **changes)
    given = [GradeEntry.model_validate(item) for item in entries]
    return replace(made, grade=grade_profiles(made, given), spec=made.spec | {"grade": list(entries)})


def risks(name: str, group: str, **changes: Any) -> EffectRow:
    """A row of 8 of 20 against 4 of 20: ratio 2, 200 in 1000 become 400."""
    return replace(
        row(name, group, math.log(2.0), 1 / 8 - 1 / 20 + 1 / 4 - 1 / 20),
        treatment=ArmNumbers(arms=("msc",), label="MSC", n=20, events=8),
        control=ArmNumbers(arms=("control",), label="placebo", n=20, events=4),
        value="events",
        **changes,
    )


def texts(table: Table, place: int) -> dict[str, str]:
    cells = (cell.text.replace("\u00a0", " ") for cell in table.rows[place].cells)
    return {column.name: text for column, text in zip(table.columns, cells, strict=True)}


def outcomes(table: Table) -> list[str]:
    return [own.cells[0].text.split("\n")[0] for own in table.rows if not own.indent]


@pytest.fixture
def hba1c() -> AnalysisResult:
    rows = [
        row("Aa 2014", "T1D", -1.0, 0.04),
        row("Bb 2018", "T1D", -0.8, 0.04),
        row("Cc 2016", "T2D", -0.5, 0.0625),
    ]
    return result_of("HbA1c", rows, overall=True)


@pytest.fixture
def healing() -> AnalysisResult:
    return result_of("Complete ulcer healing", [risks("Dd 2019", "T1D")], RR)


def test_one_table_per_population_types_in_their_order(hba1c: AnalysisResult) -> None:
    animals = result_of("Blood glucose", [row("Mm 2012", "T1D", -3.0, 0.5)], setting="preclinical")
    other = result_of("Insulin", [row("Ee 2016", "unspecified", -0.2, 0.04)])
    tables = findings_across([animals, other, hba1c])
    assert [table.name for table in tables] == [
        "findings-clinical-t1d",
        "findings-clinical-t2d",
        "findings-clinical-unspecified",
        "findings-clinical-all",
        "findings-preclinical-t1d",
    ]
    assert [table.caption for table in tables] == [
        "Summary of findings for people with type 1 diabetes.",
        "Summary of findings for people with type 2 diabetes.",
        "Summary of findings for people with diabetes of unstated type.",
        "Summary of findings for people with type 1 diabetes or type 2 diabetes, pooled together.",
        "Summary of findings for animals: models of type 1 diabetes.",
    ]
    for table in tables:
        assert table.caption.removeprefix("Summary of findings for ").removeprefix("animals: ") in (
            table.lead[0].removeprefix("Population: ")
        )


def test_no_row_is_of_another_population_than_its_table() -> None:
    """What the shipped analyses pool by type stands once, under its own type."""
    studies = read_records(ROOT / "data/extractions")
    results = [run(read_spec(path.parent), studies) for path in sorted(ROOT.glob("analyses/*/analysis.yml"))]
    tables = {table.name: table for table in findings_across(results)}
    assert set(tables) == {
        "findings-clinical-t1d",
        "findings-clinical-t2d",
        "findings-clinical-unspecified",
        "findings-clinical-all",
        "findings-preclinical-t1d",
    }
    clinical = ["C-peptide, area under the curve", "Complete ulcer healing", "HbA1c", "Daily insulin dose"]
    assert outcomes(tables["findings-clinical-t1d"]) == clinical
    assert outcomes(tables["findings-clinical-t2d"]) == clinical
    assert outcomes(tables["findings-clinical-unspecified"]) == ["Complete ulcer healing"]
    assert outcomes(tables["findings-clinical-all"]) == ["HbA1c"]
    hba1c = next(result for result in results if result.name == "hba1c")
    single = {own.cells[0].text: own for own in findings_table(hba1c).rows}
    for name, label in (("t1d", "Type 1 diabetes"), ("t2d", "Type 2 diabetes")):
        table = tables[f"findings-clinical-{name}"]
        mine = texts(table, clinical.index("HbA1c"))
        assert mine["difference"].startswith(
            texts(replace(findings_table(hba1c), rows=(single[label],)), 0)["difference"]
        )
    none = texts(tables["findings-clinical-t2d"], clinical.index("Daily insulin dose"))
    assert none["evidence"] == "No study"
    assert "Pooled for: type 1 diabetes, 2 studies." in none["meaning"]


def test_rows_are_those_of_the_single_tables(healing: AnalysisResult) -> None:
    """Cell for cell: what a joint cell adds is its unit, its measure and, in the first, the follow-up."""
    rows = [row("Aa 2014", "T1D", -1.0, 0.04), row("Bb 2018", "T1D", -0.8, 0.04, at="3 months", at_days=90.0)]
    entries = judged("T1D", imprecision="serious")
    results = [
        result_of("HbA1c", rows, MD, entries),
        result_of("Complete ulcer healing", [risks("Dd 2019", "T1D")], RR, entries),
        result_of("Glucose", rows, SMD, entries),
    ]
    (joint,) = findings_across(results)
    for place, result in enumerate(results):
        table = findings_table(result)
        own, both = texts(table, 0), texts(joint, place)
        measure = result.scale.measure_label
        assert f"{own['evidence']}" == f"{both['evidence']}\n{both['outcome'].split(chr(10))[1]}"
        for name in ("relative", "without", "with", "difference", "mid", "certainty", "meaning"):
            if name not in own:
                assert both[name] == ("" if name == "meaning" else "–"), name
                continue
            said = both[name].replace(" per 1000", "")
            if name in ("relative", "difference") and measure in said:
                said = said[: said.index(f"\n{measure}")]
            assert said == own[name], (result.name, name)


def test_absolute_effects_by_hand(healing: AnalysisResult) -> None:
    """4 of 20 is 200 in 1000; twice that is 400, 200 more. 1.25 · 200 = 250, 200 / 1.25 = 160."""
    line = texts(findings_across([healing])[0], 0)
    # ln 2 ± 1.96 · sqrt(1/8 - 1/20 + 1/4 - 1/20) = 0.6931 ± 1.0277: 0.7156 to 5.589, so 143 to 1000 (1118)
    assert line["relative"] == "2.00\n(0.72 to 5.59)\nRisk ratio"
    assert line["without"] == "200 per 1000"
    assert line["with"] == "400 per 1000\n(143 to 1000)\nlimited to 0 to 1000"
    assert line["difference"] == "200 more per 1000\n(57 fewer to 800 more)"
    assert line["mid"] == "a ratio of 1.25 or 0.80\n50 more or 40 fewer per 1000"


def test_each_baseline_risk_has_a_row_and_the_outcome_no_dash(tmp_path: Path) -> None:
    given = [
        {"people": "Low risk", "value": 0.1, "source": "a register"},
        {"people": "High risk", "value": 0.3, "source": "a cohort"},
    ]
    result = result_of("Healing", [risks("Dd 2019", "T1D")], RR, judged("T1D", baseline_risk=given))
    table = findings_across([result])[0]
    first, low, high = (texts(table, place) for place in range(3))
    assert (first["without"], first["with"], first["difference"]) == ("", "", "")
    assert (low["outcome"], low["without"], low["relative"]) == ("Low risk", "100 per 1000", "")
    assert low["difference"].startswith("100 more per 1000\n")
    assert low["mid"] == "25 more or 20 fewer per 1000"  # 100 · 0.25, 100 · 0.2
    assert (high["with"].split("\n")[0], high["certainty"]) == ("600 per 1000", "")
    assert [own.indent for own in table.rows] == [0, 1, 1]
    assert "\n| \u2003Low risk |" in table.to_markdown()
    sheet = openpyxl.load_workbook(write_tables([table], tmp_path / "a.xlsx", title="x")).worksheets[1]
    indents = {str(line[0].value).split("\n")[0]: line[0].alignment.indent for line in sheet.rows}
    assert (indents["Healing"], indents["Low risk"], indents["High risk"]) == (0, 1, 1)


def test_dashes_stand_where_a_measure_has_no_such_number(
    hba1c: AnalysisResult, healing: AnalysisResult
) -> None:
    table = findings_across([hba1c, healing])[0]
    means, events = texts(table, 0), texts(table, 1)
    assert (means["relative"], means["with"]) == ("–", "–")
    assert means["difference"].endswith("Mean difference, %")
    assert events["mid"].startswith("a ratio")
    assert "–" not in events.values()


def test_footnotes_are_shared_and_complete() -> None:
    """The same reason has one letter in all rows; every letter in the table is explained, in their order."""
    rows = [row("Aa 2014", "T1D", -1.0, 0.04)]
    results = [
        result_of("HbA1c", rows, MD, judged("T1D", imprecision="serious", indirectness="serious")),
        result_of("Insulin", rows, MD, judged("T1D", imprecision="very-serious", risk_of_bias="serious")),
    ]
    (table,) = findings_across(results)
    first, second = (texts(table, place)["certainty"] for place in range(2))
    assert first == "⊕⊕◯◯\nLow\n−1 indirectness a\n−1 imprecision b"  # 4 - 1 - 1
    assert second == "⊕◯◯◯\nVery low\n−1 risk of bias c\n−2 imprecision b"  # 4 - 1 - 2
    assert table.notes[:3] == (
        "a. about indirectness (A. Panel)",
        "b. about imprecision (A. Panel)",
        "c. about risk_of_bias (A. Panel)",
    )
    raised = {
        piece.text
        for own in table.rows
        for value in own.cells
        for line in value.lines
        for piece in line
        if piece.raised
    }
    explained = {found[1] for note in table.notes if (found := re.match(r"([a-z]+)\. ", note))}
    assert raised == explained == {"a", "b", "c"}


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries(
            {name: st.tuples(st.sampled_from(tuple(LEVELS)), st.sampled_from("xyz")) for name in DOMAINS}
        ),
        min_size=1,
        max_size=6,
    )
)
def test_every_level_taken_away_has_a_mark_that_is_explained(said: list[dict[str, tuple[str, str]]]) -> None:
    results = []
    for number, domains in enumerate(said):
        entry = {
            name: {"judgement": level, "because": why, "by": "A. Panel"}
            for name, (level, why) in domains.items()
        }
        results.append(
            result_of(f"Outcome {number}", [row("Aa 2014", "T1D", -1.0, 0.04)], MD, judged("T1D") | entry)
        )
    (table,) = findings_across(results)
    explained = dict(note.split(". ", 1) for note in table.notes if re.match(r"[a-z]\. ", note))
    for place, domains in enumerate(said):
        lines = texts(table, place)["certainty"].split("\n")[2:]
        in_order = (domains[name] for name in DOMAINS)
        reasons = [f"{why} (A. Panel)" for level, why in in_order if level != "none"]
        assert [explained[line.split(" ")[-1]] for line in lines] == reasons
    used = {why for domains in said for level, why in domains.values() if level != "none"}
    assert sorted(explained.values()) == sorted(f"{why} (A. Panel)" for why in used)


def test_each_table_letters_its_own_footnotes() -> None:
    rows = [row("Aa 2014", "T1D", -1.0, 0.04), row("Bb 2018", "T2D", -0.8, 0.04)]
    entries = (judged("T1D", imprecision="serious"), judged("T2D", indirectness="serious"))
    for table, word in zip(
        findings_across([result_of("HbA1c", rows, MD, *entries)]),
        ("imprecision", "indirectness"),
        strict=True,
    ):
        assert table.notes[0] == f"a. about {word} (A. Panel)"
        assert not table.notes[1].startswith("b.")


def test_outcomes_stand_by_how_much_they_count_then_as_given() -> None:
    rows = [row("Aa 2014", "T1D", -1.0, 0.04)]

    def about(label: str, *given: Any) -> AnalysisResult:
        entry = [{"stratum": "T1D", "importance": counts(*given)}] if given else []
        return result_of(label, rows, MD, *entry)

    results = [
        about("Unrated"),
        about("Important", "important"),
        about("Critical"[::-1], "critical"),
        about("Second", "critical", 2),
        about("Trifle", "limited"),
        about("First", "critical", 1),
        about("Early", "important", 3),
    ]
    (table,) = findings_across(results)
    assert outcomes(table) == ["First", "Second", "lacitirC", "Early", "Important", "Unrated"]
    assert texts(table, 0)["outcome"] == "First\n12 months\nlower is better; critical outcome"
    assert "Not shown, judged to be of limited importance: trifle." in table.notes
    (nothing,) = findings_across([results[4]])
    assert (nothing.rows, nothing.empty) == (
        (),
        "Every outcome is judged to be of limited importance: trifle.",
    )


def test_an_outcome_may_count_for_one_type_and_not_for_another() -> None:
    rows = [row("Aa 2014", "T1D", -1.0, 0.04), row("Bb 2018", "T2D", -0.8, 0.04)]
    dose = result_of(
        "Insulin dose",
        rows,
        MD,
        {"stratum": "T1D", "importance": counts("critical")},
        {"stratum": "T2D", "importance": counts("limited")},
    )
    first, second = findings_across([result_of("HbA1c", rows), dose])
    assert outcomes(first) == ["Insulin dose", "HbA1c"]
    assert outcomes(second) == ["HbA1c"]


def test_more_outcomes_than_a_panel_can_weigh_is_said() -> None:
    results = [result_of(f"Outcome {n}", [row("Aa 2014", "T1D", -1.0, 0.04)]) for n in range(8)]
    said = "8 outcomes; GRADE asks for no more than 7, those that count most for the decision."
    assert said in findings_across(results)[0].notes
    assert said.replace("8", "7") not in findings_across(results[:7])[0].notes


def test_an_outcome_without_a_study_has_a_line_that_says_why(hba1c: AnalysisResult) -> None:
    """In type 2: a result known to be missing; in type 1: results left out; pooled for nobody."""
    nothing = result_of("Death", [], RR)
    nothing = replace(
        nothing,
        table=replace(
            nothing.table,
            missing=(missing("Gg 2013", controlled=True), missing("Hh 2013", controlled=False)),
            excluded=(exclusion("Ee 2021", "time", "x"), exclusion("Ff 2021", "design", "y")),
        ),
    )
    first, second, together = findings_across([hba1c, nothing])
    assert texts(first, 1) == {
        "outcome": "Death\nhigher is better",
        "evidence": "No study",
        "without": "",
        "difference": "",
        "mid": "",
        "certainty": "",
        "meaning": "No study could be pooled.\n2 results left out: outside the time window, or another time "
        "is nearer; design not allowed by the plan.",
    }
    assert texts(second, 1)["meaning"] == (
        "No study could be pooled.\nResults of 1 study are known or planned, and are not here."
    )
    # nobody anywhere: it stands in the table of all types as well, with all reasons
    assert outcomes(together) == ["HbA1c", "Death"]


def test_a_type_that_the_method_could_not_pool_says_so(hba1c: AnalysisResult) -> None:
    rows = [risks("Dd 2019", "T2D")]
    made = result_of("Death", rows, RR, warnings=("T1D: not pooled: no event in any arm",))
    first = findings_across([hba1c, made])[0]
    assert "Not pooled: no event in any arm" in texts(first, 1)["meaning"]
    assert "Pooled for: type 2 diabetes, 1 study." in texts(first, 1)["meaning"]


def test_an_outcome_pooled_for_another_type_only_is_not_asked_of_people_of_unstated_type(
    hba1c: AnalysisResult,
) -> None:
    other = result_of("Ulcers", [risks("Ee 2016", "unspecified")], RR)
    tables = {table.name: table for table in findings_across([hba1c, other])}
    assert outcomes(tables["findings-clinical-unspecified"]) == ["Ulcers"]
    assert (
        "No record has a result.\nPooled for: diabetes of unstated type, 1 study."
        in (texts(tables["findings-clinical-t1d"], 1)["meaning"])
    )


def test_nothing_pooled_at_all_is_one_table_that_says_so() -> None:
    (table,) = findings_across([result_of("HbA1c", []), result_of("Death", [], RR)])
    assert table.caption == "Summary of findings for people with diabetes."
    assert outcomes(table) == ["HbA1c", "Death"]
    assert findings_across([]) == ()


def test_pools_within_a_type_stand_below_it() -> None:
    rows = [row("Aa 2014", "T1D", -1.0, 0.04), row("Bb 2018", "T1D", -0.8, 0.04)]
    made = result_of("HbA1c", rows)
    within = replace(stratum(("T1D", "bone-marrow"), rows[:1], MD), label="T1D · bone-marrow")
    made = replace(made, strata=(*made.strata, within))
    made = replace(made, grade=grade_profiles(made, [GradeEntry.model_validate(judged("T1D · bone-marrow"))]))
    (table,) = findings_across([made])
    assert [(own.cells[0].text.split("\n")[0], own.indent) for own in table.rows] == [
        ("HbA1c", 0),
        ("Bone marrow", 1),
    ]
    assert texts(table, 0)["certainty"] == "Not judged yet"
    assert texts(table, 1)["certainty"].startswith("⊕⊕⊕⊕")
    assert "Nobody has judged yet, and nothing is filled in: HbA1c." in table.notes
    assert any(note.startswith("HbA1c (Bone marrow), to be looked at: ") for note in table.notes)


def test_what_differs_between_outcomes_is_said_with_each(hba1c: AnalysisResult) -> None:
    plain = row("Aa 2014", "T1D", -1.0, 0.04)
    edited = replace(
        plain,
        moderators=tuple((dict(plain.moderators) | {"product": "gene-edited"}).items()),
        control=replace(plain.control, label="standard care"),
    )
    first = findings_across([hba1c, result_of("Insulin", [edited])])[0]
    assert first.lead == (
        "Population: people with type 1 diabetes.",
        "Intervention: differs between outcomes, and stands with each.",
        "Comparison: differs between outcomes, and stands with each.",
    )
    said = "intervention: MSC (gene-edited MSC)\ncomparison: control (standard care)"
    assert said in texts(first, 1)["outcome"]
    assert "intervention: MSC\ncomparison: control (placebo)" in texts(first, 0)["outcome"]
    alike = findings_across([hba1c, result_of("Insulin", [plain])])[0]
    assert alike.lead[1:] == ("Intervention: MSC.", "Comparison: control (placebo).")
    unnamed = replace(plain, control=replace(plain.control, label="control"))
    assert findings_across([result_of("Insulin", [unnamed])])[0].lead[2] == "Comparison: control."


def test_a_complication_that_made_people_eligible_belongs_to_the_population() -> None:
    plain = row("Aa 2014", "T1D", -1.0, 0.04)
    ulcer = replace(
        plain, moderators=tuple((dict(plain.moderators) | {"complication": "foot-ulcer"}).items())
    )
    (both,) = findings_across([result_of("HbA1c", [ulcer]), result_of("Insulin", [ulcer])])
    assert both.lead[0] == "Population: people with type 1 diabetes (foot ulcer)."
    (mixed,) = findings_across([result_of("HbA1c", [ulcer]), result_of("Insulin", [plain])])
    assert "complication differs between outcomes" in mixed.lead[0]
    assert "\nfoot ulcer\n" in texts(mixed, 0)["outcome"]
    (some,) = findings_across([result_of("HbA1c", [ulcer, replace(plain, row_id="b", label="Bb")])])
    assert some.lead[0] == "Population: people with type 1 diabetes (foot ulcer in some studies)."


def test_levels_that_differ_stand_in_the_cells() -> None:
    rows = [row("Aa 2014", "T1D", -1.0, 0.04)]
    ninety = result_of("Insulin", rows)
    ninety = replace(ninety, strata=(stratum(("T1D",), rows, MD, level=0.9),))
    (table,) = findings_across([result_of("HbA1c", rows), ninety])
    assert texts(table, 0)["difference"].endswith("\n95% CI")
    assert texts(table, 1)["difference"].endswith("\n90% CI")
    assert [column.header for column in table.columns if column.name == "difference"] == ["Difference\n(CI)"]


def test_types_pooled_together_are_said_to_be_with_the_reason_of_the_plan(hba1c: AnalysisResult) -> None:
    spec = hba1c.spec | {"across_types": {"pool": True, "because": "Reviews do so."}}
    together = findings_across([replace(hba1c, spec=spec)])[-1]
    assert together.notes[-1] == "Types are pooled together here. Reviews do so."


def test_animals_have_facts_and_no_footnotes_of_judgements() -> None:
    entries = judged("T1D", imprecision="serious")
    animals = result_of("Glucose", [row("Mm 2012", "T1D", -3.0, 0.5)], MD, entries, setting="preclinical")
    (table,) = findings_across([animals])
    assert {"certainty", "meaning"}.isdisjoint(column.name for column in table.columns)
    assert table.notes[0].startswith("GRADE rates evidence for decisions about patients")
    assert not any("imprecision" in note for note in table.notes)
    assert table.columns[1].header == "Animals,\nstudies"


def test_two_analyses_of_one_outcome_are_told_apart() -> None:
    rows = [row("Aa 2014", "T1D", -1.0, 0.04)]
    early = replace(result_of("HbA1c", rows), title="HbA1c at 3 months")
    (table,) = findings_across([result_of("HbA1c", rows), early])
    assert outcomes(table) == ["HbA1c (HbA1c after MSC)", "HbA1c (HbA1c at 3 months)"]
    tables = appendix_across([result_of("HbA1c", rows), early], only=["results"])
    assert [table.caption.split(". ")[0] for table in tables] == ["HbA1c after MSC", "HbA1c at 3 months"]


def test_profiles_are_needed(hba1c: AnalysisResult) -> None:
    with pytest.raises(InputError, match=r"hba1c has no GRADE profiles: `metamsc\.run` makes them"):
        findings_across([replace(hba1c, grade=())])
    with pytest.raises(OptionError, match="only must be names of tables"):
        appendix_across([hba1c], only=["figures"])


def test_the_appendix_begins_with_the_joint_table_and_goes_on_by_analysis(
    hba1c: AnalysisResult, healing: AnalysisResult
) -> None:
    names = [table.name for table in appendix_across([hba1c, healing])]
    assert names[:3] == ["findings-clinical-t1d", "findings-clinical-t2d", "findings-clinical-all"]
    assert "findings" not in names
    assert names.count("results") == 2
    assert names.index("studies") < len(names) - 1 - names[::-1].index("results")
    assert [table.name for table in appendix_across([hba1c, healing], only=["studies"])] == ["studies"] * 2


def test_said_once_or_of_each() -> None:
    assert told_apart([("A", "x"), ("B", "x")], 2) == "x"
    assert told_apart([("A", "x"), ("B", "x")], 3) == "A · B: x"
    assert told_apart([("A", "x"), ("B", "y"), ("C", "x"), ("D", "")], 4) == "A · C: x; B: y"
    assert told_apart([("A", "")], 1) == ""


@pytest.fixture
def hostile() -> tuple[Table, ...]:
    entry = judged("T1D", imprecision="serious", importance=counts("critical"))
    entry["imprecision"]["because"] = HOSTILE
    return findings_across(
        [result_of(HOSTILE, [row("Aa 2014", "T1D", -1.0, 0.04)], MD, entry)],
        analysis_link=lambda _: "javascript:alert(1)",
    )


def test_text_of_plans_stays_text(hostile: tuple[Table, ...], tmp_path: Path) -> None:
    for shown in (
        hostile[0].to_html(),
        write_tables(hostile, tmp_path / "a.html", title=HOSTILE).read_text(encoding="utf-8"),
    ):
        assert "<script>" not in shown
        assert "javascript:" not in shown
        assert shown.count("&lt;script&gt;") >= 2
    latex = write_tables(hostile, tmp_path / "a.tex", title=HOSTILE).read_text(encoding="utf-8")
    assert "\\input{x}" not in latex
    assert "\\textbackslash{}input\\{x\\}" in latex


def test_marks_are_raised_where_a_format_can(hba1c: AnalysisResult, tmp_path: Path) -> None:
    entry = judged("T1D", imprecision="serious")
    tables = findings_across(
        [replace(hba1c, grade=grade_profiles(hba1c, [GradeEntry.model_validate(entry)]))]
    )
    assert "<sup>a</sup>" in tables[0].to_html()
    latex = write_tables(tables, tmp_path / "a.tex", title="x").read_text(encoding="utf-8")
    assert "imprecision~}{\\scriptsize \\textsuperscript{a}}" in latex
    assert "Population: people with type 1 diabetes." in latex
    document = docx.Document(io.BytesIO(write_tables(tables, tmp_path / "a.docx", title="x").read_bytes()))
    runs = [
        run
        for own in document.tables[0].rows
        for value in own.cells
        for paragraph in value.paragraphs
        for run in paragraph.runs
    ]
    assert [run.text for run in runs if run.font.superscript] == ["a"]
    assert [len(table.rows) for table in document.tables] == [3, 3, 3]  # two rows of headings, one outcome
    assert "a. about imprecision (A. Panel)" in [paragraph.text for paragraph in document.paragraphs]
    book = openpyxl.load_workbook(write_tables(tables, tmp_path / "a.xlsx", title="x"))
    assert book.sheetnames == [
        "contents", "1 findings-clinical-t1d", "2 findings-clinical-t2d", "3 findings-clinical-all"
    ]  # fmt: skip
    words = [str(value.value) for line in book.worksheets[1].rows for value in line if value.value]
    # -0.9 ± 12.706 · sqrt(0.04 / 2): the ad hoc floor, one degree of freedom
    assert "−0.90\n(−2.70 to 0.90)\nMean difference, %" in words
    assert "⊕⊕⊕◯\nModerate\n−1\u00a0imprecision\u00a0a" in words


def test_an_outcome_leads_to_its_page(hba1c: AnalysisResult) -> None:
    def link(result: AnalysisResult) -> str:
        return f"./{result.name}/report.html"

    table = findings_across([hba1c], analysis_link=link)[0]
    assert '<a href="./hba1c/report.html">HbA1c</a>' in table.to_html()
