"""Our pools beside published ones: which is set beside which, direction, overlap, and what differs."""

from pathlib import Path
from typing import Any

import pytest

from metamsc.analysis.beside import Beside, set_beside
from metamsc.analysis.plan import read_spec
from metamsc.analysis.result import AnalysisResult
from metamsc.analysis.run import run
from metamsc.checks.read import read_records
from metamsc.records.positions import Positions
from metamsc.records.published import PublishedReview, ReviewFile, read_reviews
from metamsc.tables.published import published_table

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def result() -> AnalysisResult:
    """HbA1c: T1D k = 2, T2D k = 2, all types −0.81 (−1.66 to 0.03)."""
    return run(read_spec(ROOT / "analyses/hba1c"), read_records(ROOT / "data/extractions"))


def beside(result: AnalysisResult, types: list[str], **given: Any) -> Beside:
    row = {
        "outcome": "hba1c", "as_printed": "HbA1c", "unit": "%", "compared_with": "control", "measure": "MD",
        "estimate": -0.7, "ci": [-1.1, -0.3], **given,
    }  # fmt: skip
    info = {
        "id": "made-up", "label": "Made up", "reference": "Journal of Examples", "locator": "Abstract",
        "url": "https://example.org", "setting": "clinical", "scope": "5 trials", "diabetes_types": types,
    }  # fmt: skip
    review = PublishedReview.model_validate({"schema": 1, "review": info, "results": [row]})
    (found,) = set_beside(result, [ReviewFile(review, "made-up.yml", "", Positions())])
    return found


@pytest.mark.parametrize(
    ("types", "ours"),
    [(["T2D"], "T2D"), (["T1D"], "T1D"), (["T1D", "T2D"], "All types"), ([], "All types")],
)
def test_the_pool_of_the_same_types_stands_beside(
    result: AnalysisResult, types: list[str], ours: str
) -> None:
    found = beside(result, types)
    assert found.ours is not None
    assert found.ours.label == ours


def test_no_pool_of_the_type_is_said(result: AnalysisResult) -> None:
    found = beside(result, ["T3c"])
    assert (found.ours, found.same_direction, found.overlap) == (None, None, None)
    assert found.why_none == "no study of pancreatogenic diabetes can be pooled here"


def test_same_question_same_scale(result: AnalysisResult) -> None:
    found = beside(result, ["T2D"])
    assert (found.same_direction, found.overlap, found.differs) == (True, True, ())


def test_opposite_and_apart(result: AnalysisResult) -> None:
    """All types: −1.66 to 0.03, so 0.04 to 0.5 lies outside."""
    found = beside(result, ["T1D", "T2D"], estimate=0.3, ci=[0.04, 0.5])
    assert (found.same_direction, found.overlap) == (False, False)


def test_a_fall_written_as_positive_is_turned_round(result: AnalysisResult) -> None:
    found = beside(result, ["T1D", "T2D"], estimate=0.3, ci=[0.04, 0.5], fall_is_positive=True)
    assert (found.same_direction, found.overlap) == (True, True)
    assert "a fall is written as a positive number" in found.differs


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"unit": None}, "no unit printed, ours %"),
        ({"unit": "mmol/mol"}, "in mmol/mol, ours in %"),
        ({"measure": "SMD"}, "SMD, ours MD"),
        ({"compared_with": "baseline"}, "compared with baseline, ours with a control group"),
    ],
)
def test_numbers_of_another_question_are_not_held_against_each_other(
    result: AnalysisResult, given: dict[str, Any], said: str
) -> None:
    found = beside(result, ["T2D"], **given)
    assert found.overlap is None
    assert said in found.differs
    assert found.same_direction is True


def test_estimate_and_limits_are_shown_with_the_decimals_of_print(result: AnalysisResult) -> None:
    """YAML drops the zero of "−1.00": the limits of one result have as many decimals as its estimate."""
    found = beside(result, ["T1D", "T2D"], estimate=-1.22, ci=[-1.43, -1.0])
    text = published_table(result, [found], {}).to_markdown()
    assert "MD −1.22 % · −1.43 to −1.00 |" in text
    assert "Pools type 1 diabetes and type 2 diabetes" in text


def test_numbers_of_studies_and_other_comparisons_are_named(result: AnalysisResult) -> None:
    found = beside(result, ["T2D"], k=5, compared_with="not-said")
    assert found.differs == (
        "what it is compared with: the text read does not say", "5 studies, ours 2",
    )  # fmt: skip


def test_the_shipped_reviews_are_set_beside_every_analysis() -> None:
    reviews, records = read_reviews(ROOT / "data/reviews"), read_records(ROOT / "data/extractions")
    counts = {}
    for name in ("hba1c", "foot-ulcer-healing", "insulin-dose", "c-peptide"):
        found = set_beside(run(read_spec(ROOT / "analyses" / name), records), reviews)
        counts[name] = len(found)
        assert all(item.to_dict()["published"]["outcome"] == item.result.outcome for item in found)
    assert counts == {"hba1c": 12, "foot-ulcer-healing": 6, "insulin-dose": 7, "c-peptide": 1}
