"""`metamsc run`, `effects` and `verify` on the shipped records, and with the mistakes of a new user."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from metamsc.cli import main

ROOT = Path(__file__).parents[2]
TABLES = [
    "pooled.csv", "rows.csv", "excluded.csv", "missing.csv", "sensitivity.csv",
    "information.csv", "regression.csv",
]  # fmt: skip
TRUST = [f"{name}.csv" for name in ("verdicts", "refits", "influence", "missing_trials", "bounds", "paths")]
"""What the plan's `sensitivity` adds."""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("data", "analyses"):
        shutil.copytree(ROOT / name, folder / name)
    return folder


@pytest.fixture
def there(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand at the root of the copy."""
    monkeypatch.chdir(checkout)
    return checkout


def call(*arguments: str) -> Result:
    result = CliRunner().invoke(main, arguments)
    assert "Traceback" not in result.output
    assert "internal error" not in result.output
    return result


def refused(code: int, *arguments: str) -> str:
    """Run a command that must fail, with its message on standard error alone."""
    result = call(*arguments)
    assert (result.exit_code, result.stdout) == (code, ""), result.output
    return result.stderr


def test_run_writes_everything_and_prints_the_pools(there: Path) -> None:
    result = call("run", "analyses/hba1c", "--no-figures", "--output", "out")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("hba1c: HbA1c after MSC therapy (MD, %)\n")
    assert [line.split()[0] for line in result.stdout.splitlines()[2:5]] == ["T1D", "T2D", "All"]
    assert sorted(path.name for path in Path("out/hba1c").rglob("*.*")) == sorted(
        ["inputs.json", "results.json", "manifest.json", "appendix.md", "appendix.tex", *TABLES, *TRUST]
    )


def test_json_is_what_is_written(there: Path) -> None:
    result = call("run", "analyses/insulin-dose", "--no-figures", "--json", "--output", "out")
    (printed,) = json.loads(result.stdout)
    assert printed == json.loads(Path("out/insulin-dose/results.json").read_text(encoding="utf-8"))


def test_all_plans_are_run_when_none_is_named(there: Path) -> None:
    result = call("run", "--no-figures", "--output", "all")
    assert result.exit_code == 0
    assert sorted(path.name for path in Path("all").iterdir()) == sorted(
        path.name for path in Path("analyses").iterdir() if (path / "analysis.yml").is_file()
    )


def test_two_runs_write_the_same_bytes(there: Path) -> None:
    for name in ("first", "second"):
        call("run", "analyses/foot-ulcer-healing", "--no-figures", "--output", name)
    first, second = Path("first/foot-ulcer-healing"), Path("second/foot-ulcer-healing")
    for file in first.rglob("*.*"):
        assert file.read_bytes() == (second / file.relative_to(first)).read_bytes(), file.name


def test_a_flag_replaces_the_plans_choice_and_is_written_down(there: Path) -> None:
    call("run", "analyses/hba1c", "--tau2", "PM", "--ci", "t", "--no-figures", "--output", "flagged")
    data = json.loads(Path("flagged/hba1c/results.json").read_text(encoding="utf-8"))
    assert data["spec"]["model"]["tau2_method"] == "PM"
    assert {stratum["pooled"]["tau2_method"] for stratum in data["strata"]} == {"PM"}
    assert {stratum["pooled"]["ci_method"] for stratum in data["strata"]} == {"t"}


def test_figures_are_drawn(there: Path) -> None:
    result = call("run", "analyses/insulin-dose", "--output", "drawn")
    assert result.exit_code == 0
    drawn = {path.name for path in Path("drawn/insulin-dose").iterdir()} - set(TABLES)
    assert {"forest.svg", "forest.pdf", "forest.png", "funnel.svg", "sensitivity.svg"} <= drawn


def plan(folder: Path, *changes: tuple[str, str], name: str = "hba1c") -> str:
    """A copy of the shipped plan in a folder of this name, with changes made to its text."""
    text = (ROOT / "analyses/hba1c/analysis.yml").read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    file = folder / name / "analysis.yml"
    file.parent.mkdir(parents=True)
    file.write_text(text, encoding="utf-8")
    return str(file)


@pytest.mark.parametrize("command", ["run", "effects"])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("outcome: hba1c", "outcome: hba1d"), "Did you mean 'hba1c'? [F306]"),
        (("title: ", "titel: "), "unknown key 'titel' [S201]\n  did you mean 'title'?"),
        (("setting: clinical", "setting: [clinical"), "not YAML"),
        (
            ("tau2_method: PM", "tau2_method: PMX"),
            "].model.tau2_method: tau2_method must be one of",
        ),
    ],
)
def test_a_broken_plan(
    command: str, change: tuple[str, str], message: str, tmp_path: Path, there: Path
) -> None:
    file = plan(tmp_path, change)
    said = refused(1, command, file)
    assert said.startswith(f"Error: {file} is not a plan:\n{file}:")
    assert message in said


def test_a_plan_in_a_folder_of_another_name(tmp_path: Path, there: Path) -> None:
    said = refused(1, "run", plan(tmp_path, name="wrong"))
    assert "the plan is called 'hba1c', its folder 'wrong' [F305]\n  write `name: wrong`" in said


def test_paths_that_are_not_there(tmp_path: Path, there: Path) -> None:
    for command in (["run", "nowhere"], ["effects", "nowhere"], ["verify", "nowhere"]):
        assert "Path 'nowhere' does not exist" in refused(2, *command)
    assert "Path 'nowhere' does not exist" in refused(2, "run", "--records", "nowhere")
    assert "no plan: there is no nowhere/<name>/analysis.yml" in refused(1, "run", "--analyses", "nowhere")
    assert "cannot be read: No such file" in refused(1, "run", str(tmp_path))


def test_no_records(tmp_path: Path, there: Path) -> None:
    said = f"Error: {tmp_path} holds no record (*.yml); name the folder with --records.\n"
    assert refused(1, "run", "analyses/hba1c", "--records", str(tmp_path)) == said
    assert refused(1, "effects", "analyses/hba1c", "--records", str(tmp_path)) == said


def test_a_broken_record_stops_before_anything_is_written(tmp_path: Path, there: Path) -> None:
    folder = tmp_path / "records" / "clinical"
    folder.mkdir(parents=True)
    text = Path("data/extractions/clinical/cai-2016.yml").read_text(encoding="utf-8")
    (folder / "cai-2016.yml").write_text(text.replace("sd: 0.81", "sd: -0.81"), encoding="utf-8")
    out = tmp_path / "out"
    said = refused(1, "run", "analyses/hba1c", "--records", str(folder.parent), "--output", str(out))
    assert "cai-2016.yml:" in said
    assert "[S205]" in said
    assert not out.exists()


def test_a_place_that_cannot_be_written_to(tmp_path: Path, there: Path) -> None:
    (tmp_path / "taken").write_text("a file", encoding="utf-8")
    said = refused(1, "run", "analyses/hba1c", "--no-figures", "--output", str(tmp_path / "taken"))
    assert str(tmp_path / "taken") in said
    assert (tmp_path / "taken").read_text(encoding="utf-8") == "a file"


def test_a_plan_that_leaves_nothing(tmp_path: Path, there: Path) -> None:
    file = plan(
        tmp_path, ("at: 12 months, earliest: 8 weeks, latest: 18 months", "at: 9 years, earliest: 8 years")
    )
    result = call("run", file, "--output", str(tmp_path / "out"))
    assert result.exit_code == 0
    assert "No study can be pooled." in result.stdout
    assert "results left out with reasons" in result.stdout
    for name in TABLES:
        header = (tmp_path / "out/hba1c" / name).read_text(encoding="utf-8").splitlines()[0]
        assert "," in header


def test_effects_as_text_csv_and_json(there: Path) -> None:
    text = call("effects", "analyses/hba1c").stdout
    assert "hba1c: MD, % (4 rows from 60 records)" in text
    assert "Left out (11):" in text
    assert "[not-msc]" in text
    assert "Known to be missing (" in text
    lines = call("effects", "analyses/hba1c", "--format", "csv").stdout.splitlines()
    assert len(lines) == 5
    assert lines[0].startswith("row_id,study_id,label,year,cohort")
    data = json.loads(call("effects", "analyses/hba1c", "--format", "json").stdout)
    assert [row["study_id"] for row in data["rows"]] == [line.split(",")[1] for line in lines[1:]]


def test_effects_name_a_unit_only_where_the_numbers_have_one(there: Path) -> None:
    assert call("effects", "analyses/c-peptide").stdout.startswith("c_peptide_auc: SMD (")
    assert call("effects", "analyses/animal-glucose").stdout.startswith("blood_glucose: ROM (")


def test_tables_in_other_formats_and_none(there: Path) -> None:
    call("run", "analyses/hba1c", "--no-figures", "--tables", "docx, xlsx", "--output", "forms")
    assert sorted(path.name for path in Path("forms/hba1c/tables").iterdir()) == [
        "appendix.docx",
        "appendix.xlsx",
    ]
    call("run", "analyses/hba1c", "--no-figures", "--tables", "none", "--output", "forms")
    assert list(Path("forms/hba1c/tables").iterdir()) == []
    message = refused(2, "run", "analyses/hba1c", "--no-figures", "--tables", "docx,pdf", "--output", "forms")
    assert "--tables must be one of 'html', 'latex', 'docx', 'xlsx', 'markdown'; got 'pdf'" in message
