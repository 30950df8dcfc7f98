"""`metamsc import`."""

import json
from pathlib import Path

from click.testing import CliRunner, Result

from metamsc.checks.run import check_records
from metamsc.cli import main
from metamsc.records.load import load_records

LONG = (
    "study,arm,role,outcome,time,unit,n,mean,sd\n"
    "cai-2016,msc,treatment,hba1c,12 months,%,21,7.5,1.0\n"
    "cai-2016,control,control,hba1c,12 months,%,21,8.8,0.9\n"
)
RECORD = Path(__file__).parents[1] / "examples/extractions/valid/clinical/series-2019.yml"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["import", *map(str, arguments)])


def table(tmp_path: Path, text: str = LONG) -> Path:
    file = tmp_path / "table.csv"
    file.write_text(text)
    return file


def test_writes_records_whose_only_errors_are_to_dos(tmp_path: Path) -> None:
    result = run(table(tmp_path), "--setting", "clinical", "--output", tmp_path / "records")
    assert result.exit_code == 0, result.output
    assert result.stdout == f"{tmp_path}/records/clinical/cai-2016.yml (new)\n"
    assert "one long table" in result.stderr
    assert {problem.code for problem in check_records(tmp_path / "records").errors} == {"C519"}


def test_dry_run_writes_nothing(tmp_path: Path) -> None:
    result = run(table(tmp_path), "--setting", "clinical", "--output", tmp_path / "records", "--dry-run")
    assert result.exit_code == 0
    assert "would be written" in result.stderr
    assert not (tmp_path / "records").exists()


def test_problems_are_printed_with_their_cell(tmp_path: Path) -> None:
    result = run(
        table(tmp_path, LONG.replace("7.5", "7.5 %")), "--setting", "clinical", "--output", tmp_path / "r"
    )
    assert result.exit_code == 1
    assert "table!H2" in result.stdout
    assert "[T905]" in result.stdout
    assert "nothing written" in result.stderr
    assert not (tmp_path / "r").exists()


def test_never_overwrites_unless_asked(tmp_path: Path) -> None:
    arguments = ("--setting", "clinical", "--output", tmp_path / "records")
    run(table(tmp_path), *arguments)
    file = tmp_path / "records/clinical/cai-2016.yml"
    assert "(unchanged)" in run(table(tmp_path), *arguments).stdout
    file.write_text(file.read_text().replace("mean: 7.5", "mean: 7.6  # checked in the paper"))
    before = file.read_bytes()
    result = run(table(tmp_path), *arguments)
    assert result.exit_code == 1
    assert "T909" in result.stdout
    assert file.read_bytes() == before
    updated = run(table(tmp_path), *arguments, "--update")
    assert updated.exit_code == 0
    assert "(updated)" in updated.stdout
    assert "1 comments lost: # checked in the paper" in updated.stdout
    assert "mean: 7.5" in file.read_text()


def test_the_other_setting_is_looked_at(tmp_path: Path) -> None:
    run(table(tmp_path), "--setting", "clinical", "--output", tmp_path / "records")
    again = run(table(tmp_path), "--setting", "preclinical", "--output", tmp_path / "records", "--update")
    assert again.exit_code == 1
    assert "other setting" in again.stdout


def test_export_and_import_is_nothing_new(tmp_path: Path) -> None:
    assert CliRunner().invoke(main, ["export", str(RECORD), "--csv", str(tmp_path / "csv")]).exit_code == 0
    result = run(tmp_path / "csv", "--output", tmp_path / "records")
    assert result.exit_code == 0, result.output
    assert load_records(tmp_path / "records")[0][0] == load_records(RECORD)[0][0]


def test_a_record_that_check_would_refuse_is_not_written(tmp_path: Path) -> None:
    """A file of records has at most 1 MB: the same limit for what is imported."""
    long = LONG.replace("sd\n", "sd,arm_note\n")
    for spread in ("1.0", "0.9"):
        long = long.replace(f",{spread}\n", f",{spread},{'x ' * 300_000}\n")
    result = run(table(tmp_path, long), "--setting", "clinical", "--output", tmp_path / "records")
    assert result.exit_code == 1
    assert "[T911]" in result.stdout
    assert "(Y102)" in result.stdout
    assert not (tmp_path / "records").exists()


def test_numbers_end_where_check_ends(tmp_path: Path) -> None:
    for number, place in (("1e51", "H2"), ("1e-51", "H2"), ("9" * 60, "H2")):
        result = run(
            table(tmp_path, LONG.replace("7.5", number)), "--setting", "clinical", "--output", tmp_path / "r"
        )
        assert result.exit_code == 1
        assert f"table!{place}" in result.stdout
        assert "that a paper can report" in result.stdout


def test_json(tmp_path: Path) -> None:
    result = run(table(tmp_path), "--output", tmp_path / "records", "--json")
    data = json.loads(result.stdout)
    assert result.exit_code == data["exit_code"] == 1
    assert data["form"] == "long"
    assert {problem["code"] for problem in data["problems"]} == {"T912"}


def test_files_that_are_no_tables(tmp_path: Path) -> None:
    for name in ("x.xlsx", "x.docx", "x.csv"):
        (tmp_path / name).write_bytes(b"\xff\x00")
        result = run(tmp_path / name)
        assert result.exit_code == 1, name
        assert "T901" in result.stdout
        assert "Traceback" not in result.output
