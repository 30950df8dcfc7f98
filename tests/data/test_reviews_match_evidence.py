"""Published reviews beside the file they were copied from; needs the shared folder."""

import json
import math
from pathlib import Path

import pytest

from metamsc.records.published import PublishedResult, read_reviews

ROOT = Path(__file__).parents[2]
EVIDENCE = ROOT.parent / "shared/evidence/published_meta_analyses.json"


@pytest.mark.skipif(not EVIDENCE.is_file(), reason="no shared evidence beside this checkout")
def test_every_comparison_is_there_as_printed() -> None:
    printed: list[tuple[str, float | None, float | None]] = []
    for reviews in json.loads(EVIDENCE.read_text(encoding="utf-8")).values():
        for entry in reviews:
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
    ]
    assert sorted(map(repr, ours)) == sorted(map(repr, map(_as_float, printed)))


def _as_float(row: tuple[str, float | None, float | None]) -> tuple[str, float | None, float | None]:
    return row[0], *(None if x is None else float(x) for x in row[1:])  # type: ignore[return-value]


def test_a_percentage_is_compared_with_nothing() -> None:
    def percent(item: PublishedResult) -> bool:
        return item.measure == "percent"

    rows = [item for read in read_reviews(ROOT / "data/reviews") for item in read.review.results]
    assert sum(map(percent, rows)) == 4
    assert all(item.compared_with == "none" for item in rows if percent(item))
    assert all(math.isfinite(item.estimate) for item in rows if item.estimate is not None)
