"""What `metamsc run` leaves on disk. All studies are invented."""

import csv
import json
from pathlib import Path

import pytest

from metamsc.analysis.result import AnalysisResult
from metamsc.report.outputs import result_frames, write_outputs
from tests.analysis.plans import analyse
from tests.dataset.invented import means, study


@pytest.fixture(scope="module")
def result() -> AnalysisResult:
    return analyse(
        study("a", means(msc={"mean": 7.0, "sd": 1.0, "n": 10})),
        study("b", means(msc={"mean": 6.0, "sd": 1.0, "n": 10}), publication="unpublished"),
        study("c", means(), diabetes_type="T2D"),
        study("single", means(), design="single-arm"),
    )


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_tables_hold_what_the_result_holds(result: AnalysisResult, tmp_path: Path) -> None:
    write_outputs(result, tmp_path, figures=False)
    pooled = rows_of(tmp_path / "pooled.csv")
    assert [row["stratum"] for row in pooled] == ["T1D", "T2D"]
    assert float(pooled[0]["estimate"]) == result.strata[0].pooled.estimate
    assert [row["row_id"] for row in rows_of(tmp_path / "rows.csv")] == ["a:msc", "b:msc", "c:msc"]
    assert [row["code"] for row in rows_of(tmp_path / "excluded.csv")] == ["design"]
    sensitivity = rows_of(tmp_path / "sensitivity.csv")
    published = [row for row in sensitivity if row["name"] == "published-only"]
    assert [(row["stratum"], row["k"], row["note"]) for row in published] == [
        ("T1D", "1", "without Invented b"),
        ("T2D", "1", "without Invented b"),
    ]
    assert {row["measure"] for row in sensitivity} == {"MD"}


def test_json_is_to_dict(result: AnalysisResult, tmp_path: Path) -> None:
    write_outputs(result, tmp_path, figures=False)
    data = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert data == json.loads(json.dumps(result.to_dict()))
    assert json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8")) == data["manifest"]


def test_ratios_are_shown_as_ratios_beside_their_logarithms() -> None:
    ratio = analyse(study("a", means()), select={"outcome": "hba1c", "measure": "ROM"})
    (row,) = result_frames(ratio)["pooled"].to_dict("records")
    assert row["shown_estimate"] == pytest.approx(2.718281828459045 ** row["estimate"], rel=1e-12)
    assert row["shown_ci_low"] < row["shown_estimate"] < 1


def test_every_table_has_its_columns_without_rows() -> None:
    empty, full = result_frames(analyse()), result_frames(analyse(study("a", means())))
    names = {"pooled", "rows", "excluded", "missing", "sensitivity", "information", "regression"}
    assert set(empty) == set(full) == names
    for name in full:
        assert list(empty[name].columns) == list(full[name].columns)
        assert len(empty[name].columns) > 3
        assert len(empty[name]) == 0


def test_figures_only_where_there_is_something_to_draw(tmp_path: Path) -> None:
    """One study has a forest and a funnel, and no other choice to compare it with."""
    nothing = {path.name for path in write_outputs(analyse(), tmp_path / "none")}
    assert not any(name.endswith((".svg", ".pdf", ".png")) for name in nothing)
    alone = {path.name for path in write_outputs(analyse(study("a", means())), tmp_path / "alone")}
    assert {"forest.svg", "forest.pdf", "forest.png", "funnel.svg"} <= alone
    assert "sensitivity.svg" not in alone


def test_what_is_said_to_be_written_is_there(result: AnalysisResult, tmp_path: Path) -> None:
    written = write_outputs(result, tmp_path, figures=False)
    assert sorted(written) == sorted(tmp_path.iterdir())


def test_a_folder_that_cannot_be_made(result: AnalysisResult, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file", encoding="utf-8")
    with pytest.raises(OSError, match="taken"):
        write_outputs(result, tmp_path / "taken", figures=False)
