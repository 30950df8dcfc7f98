"""The data of the page: every number at full precision, with its source and the derivation that made it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from metamsc.analysis.result import AnalysisResult
from metamsc.dataset.rows import ArmNumbers, Derived, EffectRow
from metamsc.errors import InputError
from metamsc.records.results import RiskOfBias
from metamsc.records.studies import Studies, StudyFile
from metamsc.report.explorer import explorer_data, explorer_page, write_explorer
from metamsc.report.explorer.page import embedded_json
from metamsc.report.explorer.schema import ExplorerData, Row
from metamsc.vocabulary import RobJudgement, RobTool

Make = Callable[..., AnalysisResult]
MakeRow = Callable[..., EffectRow]


def rows_of(data: ExplorerData) -> dict[str, Row]:
    return {row.id: row for analysis in data.analyses for row in analysis.rows}


def test_every_row_of_every_shipped_analysis_is_there(
    shipped: Sequence[AnalysisResult], studies: Studies
) -> None:
    data = explorer_data(shipped, studies)
    assert [analysis.name for analysis in data.analyses] == [result.name for result in shipped]
    for analysis, result in zip(data.analyses, shipped, strict=True):
        assert [row.id for row in analysis.rows] == [row.row_id for row in result.table.rows]
        assert [(row.yi, row.vi) for row in analysis.rows] == list(
            zip(result.table.yi, result.table.vi, strict=True)
        )
        assert len(analysis.excluded) == len(result.table.excluded)
        assert len(analysis.missing) == len(result.table.missing)
        assert all(row.sources for row in analysis.rows)
    assert {facts.id for facts in data.studies} == {
        row.study_id for result in shipped for row in result.table.rows
    }


def test_json_gives_back_the_same_numbers(shipped: Sequence[AnalysisResult], studies: Studies) -> None:
    data = explorer_data(shipped, studies)
    read = json.loads(embedded_json(data.to_dict()))
    found = [(row["yi"], row["vi"]) for analysis in read["analyses"] for row in analysis["rows"]]
    assert found == [(row.yi, row.vi) for result in shipped for row in result.table.rows]


def test_a_derivation_stands_by_the_numbers_it_made(make_result: Make, make_row: MakeRow) -> None:
    row = make_row(
        "Aa 2014",
        "T1D",
        -1.0,
        0.04,
        derived=(
            Derived(side="treatment", text="sd ← se·√n (0.2·√20)"),
            Derived(side="control", text="events, n ← inferred (82 %)", imputed=True),
            Derived(side="control", text="± read as SD", imputed=True),
            Derived(side="effect", text="0.5 added to all cells"),
        ),
        control=ArmNumbers(arms=("control",), label="placebo", n=22, events=18.0),
    )
    found = rows_of(explorer_data([make_result([row])]))["aa-2014:msc"]
    treated, control = ({number.name: number for number in side.numbers} for side in found.sides)
    assert treated["sd"].how == ("sd ← se·√n (0.2·√20)",)
    assert treated["sd"].assumed is False
    assert treated["mean"].how == ()
    assert control["n"].how == control["events"].how == ("events, n ← inferred (82 %)",)
    assert control["n"].assumed
    assert found.sides[1].other == ("± read as SD",)
    assert found.derived == ("0.5 added to all cells",)
    assert found.sources == (("abstract: Results", "https://example.org/aa-2014"),)
    assert (found.file, found.line) == ("clinical/aa-2014.yml", 41)


def test_a_standard_error_is_shown_only_where_there_is_no_sd(make_result: Make, make_row: MakeRow) -> None:
    both = ArmNumbers(arms=("a",), label="a", n=20, mean=1.0, sd=0.9, se=0.2)
    row = make_row("Aa", "T1D", -1.0, 0.04, treatment=both, control=replace(both, sd=None))
    sides = rows_of(explorer_data([make_result([row])]))["aa:msc"].sides
    assert [[number.name for number in side.numbers] for side in sides] == [
        ["n", "mean", "sd"],
        ["n", "mean", "se"],
    ]


def test_risk_of_bias_of_the_outcome_comes_before_that_of_the_study(
    make_result: Make, make_row: MakeRow, studies: Studies
) -> None:
    judged = (
        RiskOfBias(tool=RobTool.ROB2, overall=RobJudgement.LOW),
        RiskOfBias(tool=RobTool.ROB2, outcome="hba1c", overall=RobJudgement.HIGH),
        RiskOfBias(tool=RobTool.ROB2, outcome="egfr", overall=RobJudgement.SOME_CONCERNS),
    )
    study = next(study for study in studies if study.study.id == "cai-2016")
    row = replace(make_row("Aa", "T1D", -1.0, 0.04), study_id="cai-2016")
    other = replace(row, row_id="b", outcome="c_peptide", label="B")
    unknown = replace(row, row_id="c", study_id="no-such-study", label="C")
    records = Studies([StudyFile(study.model_copy(update={"risk_of_bias": judged}))])
    data = explorer_data([make_result([row, other, unknown])], records)
    assert [row.levels[-1] for row in data.analyses[0].rows] == ["high", "low", "not judged"]
    assert data.facets[-1].name == "risk_of_bias"
    assert data.facets[-1].label == "Risk of bias"
    assert [level for level, _ in data.facets[-1].words] == ["low", "high", "not judged"], "best first"


def test_a_design_without_a_control_is_marked(make_result: Make, make_row: MakeRow) -> None:
    one = make_row("Aa", "T1D", -1.0, 0.04)
    alone = make_row("Bb", "T1D", -1.0, 0.04, moderators=(*one.moderators, ("design", "single-arm")))
    data = explorer_data([make_result([one, alone])])
    assert [row.single_arm for row in data.analyses[0].rows] == [False, True]


def test_a_second_stratum_of_a_plan_can_be_filtered_by(make_result: Make, make_row: MakeRow) -> None:
    made = make_result([make_row("Aa", "T1D", -1.0, 0.04)])
    split = replace(made, spec={**made.spec, "strata": ["diabetes_type", "blinding"]})
    assert "blinding" in [facet.name for facet in explorer_data([split]).facets]


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ({"method": "mh"}, "The plan pools by mh"),
        ({"cluster": "study"}, "rows of one study as dependent"),
        ({"tau2_sharing": "common"}, "shares one τ² among strata"),
        ({"tau2_method": "ML"}, "estimates τ² by maximum likelihood; here by REML"),
        ({"preset": "revman-5"}, ""),
    ],
)
def test_what_the_page_does_otherwise_is_said(
    make_result: Make, make_row: MakeRow, model: dict[str, Any], said: str
) -> None:
    made = make_result([make_row("Aa", "T1D", -1.0, 0.04), make_row("Bb", "T1D", -0.5, 0.04)])
    choices = explorer_data([replace(made, spec={**made.spec, "model": model})]).analyses[0].choices
    assert bool(choices.differs) == bool(said)
    assert said in " ".join(choices.differs)
    if model == {"preset": "revman-5"}:
        assert (choices.tau2_method, choices.ci_method, choices.pi_method) == ("DL", "wald", "riley")


def test_names_of_analyses_differ_and_there_is_one(make_result: Make, make_row: MakeRow) -> None:
    made = make_result([make_row("Aa", "T1D", -1.0, 0.04)])
    with pytest.raises(InputError, match="invented stands twice"):
        explorer_data([made, made])
    with pytest.raises(InputError, match="at least one analysis"):
        explorer_data([])


def test_same_results_give_the_same_bytes(
    shipped: Sequence[AnalysisResult], studies: Studies, tmp_path: Path
) -> None:
    first = write_explorer(tmp_path / "a", shipped, studies)
    second = write_explorer(tmp_path / "b", shipped, studies)
    assert first.name == "explorer.html"
    assert first.read_bytes() == second.read_bytes()
    assert str(tmp_path) not in first.read_text(encoding="utf-8")


def test_links_to_the_site_are_there_only_in_a_site(make_result: Make, make_row: MakeRow) -> None:
    results = [make_result([make_row("Aa", "T1D", -1.0, 0.04)])]
    alone, inside = (explorer_page(explorer_data(results, in_site=inside)) for inside in (False, True))
    assert 'href="records/index.html"' in inside
    assert 'href="records/index.html"' not in alone
