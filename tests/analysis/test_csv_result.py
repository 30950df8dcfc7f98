"""A CSV as a result: the same rows, pools and test as `pool_csv` found, nothing pooled again."""

from __future__ import annotations

import math
from pathlib import Path

from metamsc.analysis.csv import pool_csv
from metamsc.analysis.csv_result import csv_result

BCG = Path(__file__).parents[2] / "examples/bcg.csv"


def test_pools_and_rows_are_those_of_the_csv() -> None:
    pool = pool_csv(BCG, by="alloc")
    result = csv_result(pool, title="BCG", outcome="tuberculosis", lower_is_better=True)
    assert (result.name, result.title, result.scale.measure, result.scale.ratio) == ("bcg", "BCG", "RR", True)
    assert [(stratum.key, stratum.pooled.estimate) for stratum in result.strata] == [
        ((level,), found.estimate) for level, found in pool.strata
    ]
    assert result.overall is not None
    assert result.overall.pooled.to_dict() == pool.overall.as_pooled().to_dict()
    assert result.table.yi == pool.effects.yi
    for stratum in result.strata:
        rows = result.rows_of(stratum)
        assert {row.moderator("alloc") for row in rows} == {stratum.label}
        assert len(rows) == stratum.pooled.k == len(stratum.pooled.weights_percent)
    assert pool.difference is not None
    (difference,) = result.differences
    assert (difference.statistic, difference.p) == (pool.difference.statistic, pool.difference.p)
    assert difference.between == ("alternate", "random", "systematic")


def test_arms_stand_in_their_columns() -> None:
    row = csv_result(pool_csv(BCG)).table.rows[0]
    # Aronson 1948,4,123,11,139,1948,44,random
    assert (row.label, row.year, row.value) == ("Aronson 1948", 1948, "events")
    assert (row.treatment.events, row.treatment.n, row.control.events, row.control.n) == (4, 123, 11, 139)
    assert row.yi == math.log((4 / 123) / (11 / 139))
    assert (row.moderator("ablat"), row.place.line) == ("44", 2)


def test_given_effects_have_no_arms(tmp_path: Path) -> None:
    file = tmp_path / "given.csv"
    file.write_text("study,yi,sei,n_treat\nA,0.1,0.2,10\nB,0.3,0.2,\n", encoding="utf-8")
    result = csv_result(pool_csv(file), unit="mmol/L")
    first, second = result.table.rows
    assert (first.value, first.treatment.n, first.treatment.mean, second.treatment.n) == (
        "contrast",
        10.0,
        None,
        None,
    )
    assert (result.scale.measure_label, result.scale.unit, result.scale.lower_is_better) == (
        "effect",
        "mmol/L",
        None,
    )
    assert result.title == "given"
