"""Figures of a report follow `figures` of the plan: doses per kg or per recipient, shares by weight."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from metamsc.analysis.plan import read_spec
from metamsc.analysis.result import AnalysisResult
from metamsc.analysis.run import run
from metamsc.checks.read import read_records
from metamsc.report.page import show_doses, show_risk_of_bias_figures
from metamsc.report.shown import Figure, Prose

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def hba1c() -> AnalysisResult:
    spec = read_spec(ROOT / "analyses/hba1c").model_copy(update={"sensitivity": (), "trust": None})
    return run(spec, read_records(ROOT / "data/extractions"))


def planned(result: AnalysisResult, **figures: object) -> AnalysisResult:
    return replace(result, spec={**result.spec, "figures": figures})


def test_doses_are_per_what_the_plan_says(hba1c: AnalysisResult) -> None:
    rows = tuple(
        replace(row, moderators=(*row.moderators, ("dose_total", f"{number}e8")))
        for number, row in enumerate(hba1c.table.rows, start=1)
    )
    known = replace(hba1c, table=replace(hba1c.table, rows=rows))
    usual, other = show_doses(known), show_doses(planned(known, doses="recipient"))
    assert isinstance(usual, Figure)
    assert isinstance(other, Figure)
    assert "Cells per kg of body weight, all infusions" in usual.svg
    assert "Cells per recipient, all infusions" in other.svg


def test_without_doses_there_is_no_figure(hba1c: AnalysisResult) -> None:
    rows = tuple(replace(row, moderators=()) for row in hba1c.table.rows)
    silent = replace(hba1c, table=replace(hba1c.table, rows=rows))
    assert show_doses(silent) == Prose("")
    assert show_doses(replace(hba1c, strata=(), overall=None)) == Prose("")


def test_weights_come_first_where_the_plan_wants_them(hba1c: AnalysisResult) -> None:
    judged = replace(
        hba1c,
        risk_of_bias=tuple(
            replace(item, overall="low", domains=(("Missing outcome data", "low", ""),))
            for item in hba1c.risk_of_bias
            if item.tool == "rob2"
        ),
    )
    usual = show_risk_of_bias_figures(judged)
    weighted = show_risk_of_bias_figures(planned(judged, weighted=True))
    assert isinstance(usual, Figure)
    assert isinstance(weighted, Figure)
    words = ("Shares of the studies", "Shares of the weight in the pool")
    assert usual.svg.index(words[0]) < usual.svg.index(words[1])
    assert weighted.svg.index(words[1]) < weighted.svg.index(words[0])
