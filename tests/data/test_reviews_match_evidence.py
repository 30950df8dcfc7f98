"""Published reviews beside the file they were copied from; needs the shared folder."""

import json
import math
import re
from pathlib import Path
from typing import Any

import pytest

from metamsc.records.published import PublishedResult, PublishedReview, read_reviews

ROOT = Path(__file__).parents[2]
EVIDENCE = ROOT.parent / "shared/evidence/published_meta_analyses.json"


IN_NOTES = {
    "nephropathy-2016": ("creatinine", "GFR", "urea", "proteinuria", "kidney weight"),
    "wang-h-2023": ("serum creatinine (Scr)", "alpha-SMA"),
}
"""Review -> results that stand in the words of the evidence's note, not in fields of their own."""


def _entries() -> list[dict[str, Any]]:
    groups = json.loads(EVIDENCE.read_text(encoding="utf-8")).values()
    return [entry for reviews in groups for entry in reviews]


@pytest.mark.skipif(not EVIDENCE.is_file(), reason="no shared evidence beside this checkout")
def test_every_comparison_is_there_as_printed() -> None:
    printed: list[tuple[str, float | None, float | None]] = []
    for entry in _entries():
        for row in entry.get("results", [entry]):
            low = row["ci"][0] if "ci" in row else row.get("lo")
            estimate = row.get("est")
            if estimate is None and "p" not in row:
                continue
            if row["measure"] == "n (%)":
                estimate = float(row["note"].rstrip("%"))
            printed.append((row["outcome"], estimate, low))
    ours = [
        (item.as_printed, item.estimate, None if item.ci is None else item.ci[0])
        for read in read_reviews(ROOT / "data/reviews")
        for item in read.review.results
        if item.as_printed not in IN_NOTES.get(read.review.review.id, ())
    ]
    assert sorted(map(repr, ours)) == sorted(map(repr, map(_as_float, printed)))


@pytest.mark.skipif(not EVIDENCE.is_file(), reason="no shared evidence beside this checkout")
def test_numbers_that_stand_in_notes_of_the_evidence_are_those() -> None:
    notes = {(entry.get("doi"), entry["url"]): entry.get("note", "") for entry in _entries()}
    seen = 0
    for read in read_reviews(ROOT / "data/reviews"):
        review = read.review
        for item in review.results:
            if item.as_printed not in IN_NOTES.get(review.review.id, ()):
                continue
            (note,) = (text for (doi, url), text in notes.items() if _is_of(review, doi, url))
            if item.estimate is None:
                assert item.p is not None
                operator = "" if item.p_operator == "=" else item.p_operator
                assert f"{item.as_printed} {operator}{item.p:g}" in note
            else:
                assert item.ci is not None
                low, high = item.ci
                short = re.sub(r".*\((\w+)\)", r"\1", item.as_printed)  # "serum creatinine (Scr)"
                pattern = rf"{re.escape(short)} (SMD )?{item.estimate:g} [^;]*\({low:.2f},{high:.2f}\)"
                assert re.search(pattern, note), pattern
            seen += 1
    assert seen == sum(map(len, IN_NOTES.values())) == 7


def _is_of(read: PublishedReview, doi: str | None, url: str) -> bool:
    review = read.review
    return (doi is not None and review.doi == doi) or url.rstrip("/") == review.url.rstrip("/")


def _as_float(row: tuple[str, float | None, float | None]) -> tuple[str, float | None, float | None]:
    return row[0], *(None if x is None else float(x) for x in row[1:])  # type: ignore[return-value]


def test_a_percentage_is_compared_with_nothing() -> None:
    def percent(item: PublishedResult) -> bool:
        return item.measure == "percent"

    rows = [item for read in read_reviews(ROOT / "data/reviews") for item in read.review.results]
    assert sum(map(percent, rows)) == 4
    assert all(item.compared_with == "none" for item in rows if percent(item))
    assert all(math.isfinite(item.estimate) for item in rows if item.estimate is not None)
