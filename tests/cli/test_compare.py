"""`metamsc compare`."""

import json
from pathlib import Path

from click.testing import CliRunner, Result

from metamsc.cli import main

RECORD = Path(__file__).parents[1] / "examples/extractions/valid/clinical/series-2019.yml"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["compare", *map(str, arguments)])


def second(tmp_path: Path, old: str, new: str) -> Path:
    text = RECORD.read_text()
    assert old in text
    file = tmp_path / "b" / RECORD.name
    file.parent.mkdir()
    file.write_text(text.replace(old, new))
    return file


def test_agreement_is_exit_code_0(tmp_path: Path) -> None:
    result = run(RECORD, RECORD)
    assert result.exit_code == 0, result.output
    assert "0 to adjudicate" in result.stdout


def test_disagreement_merged_and_adjudicated(tmp_path: Path) -> None:
    other = second(tmp_path, "design: single-arm", "design: rct-parallel")
    merged = tmp_path / "series-2019.yml"
    result = run(RECORD, other, "--output", merged)
    assert result.exit_code == 1
    assert "* study.design: single-arm | rct-parallel (differs)" in result.stdout
    assert "1 disagreement marked in to_confirm" in result.stdout
    assert "two extractions differ" in merged.read_text()
    left = run(merged, "--adjudicated-by", "Cleo")
    assert left.exit_code == 1
    assert "study.design" in left.stderr
    text = merged.read_text()
    merged.write_text(text[: text.index("to_confirm:")] + text[text.index("extraction:") :])
    closed = run(merged, "--adjudicated-by", "Cleo")
    assert closed.exit_code == 0, closed.output
    assert "status: adjudicated" in merged.read_text()
    assert "adjudicated by Cleo" in merged.read_text()


def test_json(tmp_path: Path) -> None:
    data = json.loads(run(RECORD, RECORD, "--format", "json").stdout)
    assert data["disagreements"] == 0
    assert data["studies"][0]["study"] == "series-2019"
    assert data["agreement"]["counts"]["differs"] == 0


def test_wrong_usage(tmp_path: Path) -> None:
    assert run(RECORD).exit_code == 2
    assert run(RECORD, RECORD, "--adjudicated-by", "C").exit_code == 2
    assert run(RECORD, tmp_path).exit_code == 1
    (tmp_path / "x.yml").write_text("schema: 1")
    broken = run(RECORD, tmp_path / "x.yml")
    assert broken.exit_code == 1
    assert "S202" in broken.stderr
    assert "Traceback" not in broken.output


def test_output_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "m.yml").write_text("mine")
    assert run(RECORD, RECORD, "--output", tmp_path / "m.yml").exit_code == 1
    assert (tmp_path / "m.yml").read_text() == "mine"
