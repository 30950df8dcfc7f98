"""`metamsc new` with flags and answers that nobody gives on purpose: a sound file, or none and a message."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from metamsc.cli import main
from metamsc.records.load import load_records, read_studies
from tests.fuzz.mutations import NASTY

FLAGS = ("--setting", "clinical", "--design", "rct-parallel")
IDS = (
    "../../etc/passwd", "/etc/passwd", "..", ".", "", " ", "a/b", "a\\b", "C:\\x", "con\0", "cai-2016\n", "-",
    "--", "cаi-2016", "caí-2016", "CAI-2016", "cai--2016", "cai-2016.", "\u202ecai-2016", "cai\u200b-2016",
    "~", "~root", "%2e%2e", "$HOME", "*",
)  # fmt: skip
TEXTS = (
    *(value.strip("'") for value in NASTY if "\\" not in value and value.strip("'")),
    "a: b # c", "- x", "? y", "{{ x }}", "'", '"', '\\"', "\\", "x\ny: z", "x\r\ny", "\ttab", "|", ">", "@x",
    "`x`", "TODO", "", " ", "null", "true", "1e6", "12:30", " x ", "x" * 5_000, "\u05e9\u05dc\u05d5\u05dd",
    "🩸", "a\u0301", "\x1b[2J", "\x00", "\u202e", "\u2028", "\ufeff", "\x85",
)  # fmt: skip


def run(folder: Path, *arguments: str, answers: str | None = None) -> Result:
    return CliRunner().invoke(main, ["new", *arguments, "--folder", str(folder)], input=answers)


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def told(result: Result) -> None:
    """A message on standard error, no traceback, and nothing that a terminal obeys."""
    assert result.exit_code in (1, 2), result.output
    assert isinstance(result.exception, SystemExit)
    assert result.stderr.strip()
    assert "Traceback" not in result.output
    assert "internal error" not in result.output


@pytest.mark.parametrize("study_id", IDS)
def test_an_id_that_is_none_writes_nothing(tmp_path: Path, study_id: str) -> None:
    folder = tmp_path / "data" / "extractions"
    told(run(folder, *FLAGS, "--title", "x", "--", study_id))
    assert files(tmp_path) == []


@pytest.mark.parametrize("study_id", ["a" * 300, "a-" * 2_000 + "a"], ids=len)
def test_an_id_that_no_file_system_takes_is_an_error(tmp_path: Path, study_id: str) -> None:
    told(run(tmp_path, study_id, *FLAGS, "--title", "x"))
    assert files(tmp_path) == []


@pytest.mark.parametrize("flag", ["--title", "--label", "--extracted-by"])
def test_any_text_is_written_as_it_is_or_refused(tmp_path: Path, flag: str) -> None:
    refused = 0
    for number, text in enumerate(dict.fromkeys(TEXTS)):
        if text == "" and flag != "--title":
            continue  # as if left out
        folder = tmp_path / str(number)
        given = {"--title": "A trial", flag: text}
        pairs = [f"{name}={value}" for name, value in given.items()]
        result = run(folder, "cai-2016", *FLAGS, *pairs)
        if result.exit_code:
            told(result)
            assert files(folder) == []
            refused += 1
            continue
        (study,) = read_studies(folder)
        found = {
            "--title": study.study.title,
            "--label": study.label,
            "--extracted-by": study.extraction.extracted_by,
        }
        assert found[flag].split() == text.split(), text
    assert 0 < refused < len(TEXTS) / 2


@pytest.mark.parametrize(
    "doi", ["javascript:alert(1)", "10.1/x", "10.1000/a b", "10.1000/<script>", "10.1000/x\n", "x"]
)
def test_a_doi_is_one_or_refused(tmp_path: Path, doi: str) -> None:
    result = run(tmp_path, "cai-2016", *FLAGS, "--title", "x", "--doi", doi)
    if result.exit_code:
        told(result)
        assert files(tmp_path) == []
    else:
        _, problems = load_records(tmp_path)
        assert problems == ()


def test_a_folder_that_is_a_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "folder").write_text("precious", encoding="utf-8")
    told(run(tmp_path / "folder", "cai-2016", *FLAGS, "--title", "x"))
    assert (tmp_path / "folder").read_text(encoding="utf-8") == "precious"


def test_a_setting_that_is_a_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "clinical").write_text("precious", encoding="utf-8")
    told(run(tmp_path, "cai-2016", *FLAGS, "--title", "x"))
    assert (tmp_path / "clinical").read_text(encoding="utf-8") == "precious"


def test_a_folder_that_cannot_be_written_to_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(tmp_path))

    monkeypatch.setattr("tempfile.mkstemp", refuse)
    monkeypatch.setattr("os.open", refuse)
    monkeypatch.setattr("io.open", refuse)
    told(run(tmp_path, "cai-2016", *FLAGS, "--title", "x"))


def test_ctrl_c_at_a_question_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("metamsc.cli.new._on_terminal", lambda: True)
    answers = ["Cai 2016", "clinical", "rct-parallel"]

    def answer(*_: object, **__: object) -> str:
        if not answers:
            raise click.Abort
        return answers.pop(0)

    monkeypatch.setattr("click.prompt", answer)
    result = run(tmp_path)
    assert result.exit_code == 1
    assert "Aborted" in result.stderr
    assert files(tmp_path) == []


def test_a_stop_while_the_file_is_written_leaves_no_part_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("os.link", stopped)
    result = run(tmp_path, "cai-2016", *FLAGS, "--title", "x")
    assert result.exit_code == 1
    assert files(tmp_path) == []


def test_answers_of_a_stranger_are_asked_again_or_written_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("metamsc.cli.new._on_terminal", lambda: True)
    answers = (
        "../../etc/passwd", "clinical", "../x", "999", "-1", "rct-parallel", "<script>: # '\"",
        "javascript:x", "10.1000/x", "0", "99", "1", "nothing", "means", "=HYPERLINK(1)", "",
    )  # fmt: skip
    result = run(tmp_path, answers="\n".join(answers))
    assert result.exit_code == 0, result.output
    (study,) = read_studies(tmp_path)
    assert study.study.title == "<script>: # '\""
    assert study.extraction.extracted_by == "=HYPERLINK(1)"
    assert [file.parent for file in files(tmp_path)] == [tmp_path / "clinical"]
    assert study.id == "etc-passwd"
