"""What is said of the shipped records: no error, nothing open, and every acknowledged warning explained."""

from pathlib import Path

from metamsc.checks.run import check_records

SHIPPED = Path(__file__).parents[2] / "data" / "extractions"


def test_every_acknowledged_warning_has_its_line() -> None:
    report = check_records(SHIPPED, strict=True)
    assert report.problems == (), [str(p) for p in report.problems]
    lines = (SHIPPED / "README.md").read_text(encoding="utf-8").splitlines()
    for entry in report.acknowledged:
        file = Path(entry.problem.file)
        name = f"`{file.parent.name}/{file.stem}`"
        assert any(name in line and entry.problem.code in line for line in lines), entry
        assert len(entry.reason) > 40, "a reason says why, not that"
    count = {10: "Ten"}[len(report.acknowledged)]
    assert f"{count}\nwarnings are acknowledged" in "\n".join(lines)
    assert f"reads {len(report.studies)} records" in lines[2]


def test_acknowledged_numbers_are_pooled_nowhere() -> None:
    """What is odd is kept to show what is printed: out of pooling, at baseline only, or not MSC."""
    report = check_records(SHIPPED)
    studies = {study.id: study for study in report.studies}
    for entry in report.acknowledged:
        study = studies[Path(entry.problem.file).stem]
        where = entry.problem.where
        if where.startswith("results["):
            row = study.results[int(where.split("[")[1].split("]")[0])]
            assert not row.pool or row.at == "baseline"
        if where.startswith("arms["):
            cells = study.arms[int(where.split("[")[1].split("]")[0])].cells
            assert cells is not None
            assert not cells.msc
