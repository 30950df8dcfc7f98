"""What published reviews print against themselves. The reviews of these tests are made up."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from metamsc.checks.published import check_published, significant
from metamsc.errors import RecordError
from metamsc.records.published import PublishedResult, ReviewFile, load_reviews, read_reviews
from metamsc.records.schema import REVIEW_SCHEMA_FILE, schema_text

ROOT = Path(__file__).parents[2]
INFO = {
    "id": "made-up", "label": "Made up", "reference": "Journal of Examples", "locator": "Abstract",
    "url": "https://example.org", "setting": "clinical", "scope": "5 trials",
}  # fmt: skip


def result(**given: Any) -> dict[str, Any]:
    return {"as_printed": "HbA1c", "compared_with": "control", "measure": "MD", **given}


def review(tmp_path: Path, *results: dict[str, Any]) -> ReviewFile:
    file = tmp_path / "made-up.yml"
    file.write_text(yaml.safe_dump({"schema": 1, "review": INFO, "results": list(results)}), encoding="utf-8")
    (read,) = read_reviews(tmp_path)
    return read


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"estimate": 0.13, "ci": [0.04, 0.08]}, "A605", "ci"),
        ({"estimate": -1.18, "ci": [-1.4, 0.95]}, "A610", "ci"),
        ({"estimate": -1.0, "ci": [-0.5, -1.5]}, "A605", "ci"),
        ({"measure": "OR", "estimate": 2.04, "ci": [1.11, 3.02]}, "A610", "ci"),
        ({"estimate": -1.0, "ci": [-1.5, -0.5], "p": 0.4}, "A619", "p"),
        ({"estimate": 0.4, "ci": [0.1, 0.7], "said": "lower"}, "C512", "estimate"),
        ({"estimate": 0.4, "ci": [-0.1, 0.9], "claimed": "significant"}, "A619", "claimed"),
        ({"estimate": 0.4, "ci": [0.1, 0.7], "claimed": "not significant"}, "A619", "claimed"),
        ({"estimate": 0.4, "p": 0.212, "claimed": "significant"}, "A619", "claimed"),
    ],
)
def test_a_contradiction_is_told_at_its_line(
    tmp_path: Path, given: dict[str, Any], code: str, field: str
) -> None:
    sound = result(estimate=-1.0, ci=[-1.5, -0.5], p=0.0001, claimed="significant", said="lower")
    (problem,) = check_published(review(tmp_path, sound, result(**given)))
    assert (problem.code, problem.severity, problem.where) == (code, "warning", f"results[1].{field}")
    line = (tmp_path / "made-up.yml").read_text(encoding="utf-8").splitlines()[problem.line - 1]
    assert line.strip().startswith((field, "- "))


@pytest.mark.parametrize(
    "given",
    [
        {"measure": "OR", "estimate": 8.2, "ci": [5.33, 12.62]},
        {"measure": "percent", "estimate": 58.9, "compared_with": "none"},
        {"p": 0.004, "claimed": "significant"},
        {"estimate": 0.95, "ci": [0.33, 1.57], "fall_is_positive": True},
    ],
)
def test_what_agrees_is_silent(tmp_path: Path, given: dict[str, Any]) -> None:
    assert check_published(review(tmp_path, result(**given))) == ()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"estimate": 1.2, "ci": [1.1, 1.3], "measure": "RR"}, True),
        ({"estimate": 1.2, "ci": [0.9, 1.6], "measure": "RR"}, False),
        ({"estimate": 1.2}, None),
        ({"p": 0.05}, False),
        ({"p": 0.05, "p_operator": "<"}, True),
        ({"p": 0.1, "p_operator": "<"}, None),
        ({"p": 0.05, "p_operator": ">"}, False),
    ],
)
def test_significance_by_interval_or_p(given: dict[str, Any], expected: bool | None) -> None:
    assert significant(PublishedResult.model_validate(result(**given))) is expected


def test_an_interval_without_estimate_or_a_ratio_below_zero_is_refused(tmp_path: Path) -> None:
    bad = {
        "schema": 1,
        "review": INFO,
        "results": [result(ci=[0, 1], p=0.1), result(measure="RR", estimate=-1)],
    }
    (tmp_path / "made-up.yml").write_text(yaml.safe_dump(bad), encoding="utf-8")
    reviews, problems = load_reviews(tmp_path)
    assert reviews == ()
    assert len(problems) == 2
    assert all(problem.line for problem in problems)
    with pytest.raises(RecordError, match="2 problem"):
        read_reviews(tmp_path)


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//example.org", "https://a b"])
def test_an_address_that_would_be_no_link_is_refused(tmp_path: Path, url: str) -> None:
    made = {"schema": 1, "review": {**INFO, "url": url}, "results": [result(estimate=1.0)]}
    (tmp_path / "made-up.yml").write_text(yaml.safe_dump(made), encoding="utf-8")
    assert [problem.where for problem in load_reviews(tmp_path)[1]] == ["review.url"]


def test_the_file_is_named_like_the_review(tmp_path: Path) -> None:
    review(tmp_path, result(estimate=1.0))
    (tmp_path / "made-up.yml").rename(tmp_path / "other.yml")
    assert [problem.code for problem in load_reviews(tmp_path)[1]] == ["F301"]


def test_a_folder_that_is_not_there_holds_none(tmp_path: Path) -> None:
    assert load_reviews(tmp_path / "none") == ((), ())


def test_the_shipped_reviews_are_sound_and_their_misprints_known() -> None:
    reviews = read_reviews(ROOT / "data/reviews")
    assert len(reviews) == 27
    told = {read.id: [(p.code, p.where) for p in check_published(read)] for read in reviews}
    assert {name: found for name, found in told.items() if found} == {
        "bailey-2021": [("A610", "results[0].ci")],
        "diabetes-ther-2019": [("A610", "results[0].ci")],
        "nada-2025": [("C512", "results[1].estimate")],
        "sun-2022": [("A605", "results[3].ci")],
        "wang-h-2023": [("A605", "results[1].ci"), ("A610", "results[2].ci")],
    }


def test_the_schema_is_up_to_date() -> None:
    assert REVIEW_SCHEMA_FILE.read_text(encoding="utf-8") == schema_text(REVIEW_SCHEMA_FILE)
