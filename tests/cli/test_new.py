"""`metamsc new`."""

import os
import select
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from metamsc.cli import main
from metamsc.records.load import read_studies

HUNG = 300.0
"""Seconds after which a program is taken for one that never answers."""
FLAGS = ("--setting", "clinical", "--design", "rct-parallel", "--title", "A trial")


def run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["new", *arguments, "--folder", str(folder)])


def test_writes_and_prints_the_path(tmp_path: Path) -> None:
    result = run(tmp_path, "cai-2016", *FLAGS, "--doi", "10.2337/dc15-0171", "--extracted-by", "A. Extractor")
    assert result.exit_code == 0
    assert result.stdout == f"{tmp_path}/clinical/cai-2016.yml\n"
    study = read_studies(tmp_path)[0]
    assert (study.label, study.study.year, study.study.doi) == ("Cai 2016", 2016, "10.2337/dc15-0171")
    assert study.extraction.extracted_by == "A. Extractor"


def test_never_overwrites(tmp_path: Path) -> None:
    run(tmp_path, "cai-2016", *FLAGS)
    result = run(tmp_path, "cai-2016", *FLAGS)
    assert result.exit_code == 1
    assert "never overwritten" in result.stderr
    assert "Traceback" not in result.output


def test_missing_flag_without_a_terminal(tmp_path: Path) -> None:
    result = run(tmp_path, "cai-2016", "--setting", "clinical")
    assert result.exit_code == 2
    assert "--design" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_wrong_id_and_design(tmp_path: Path) -> None:
    assert "small letters" in run(tmp_path, "../Cai", *FLAGS).stderr
    wrong = run(tmp_path, "a-2016", "--setting", "preclinical", "--design", "rct-parallel", "--title", "x")
    assert wrong.exit_code == 1
    assert "does not belong" in wrong.stderr


def test_asks_on_a_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("metamsc.cli.new._on_terminal", lambda: True)
    answers = "clinical\nnonsense\nsingle-arm\n \nA series\n"
    result = CliRunner().invoke(main, ["new", "cai-2016", "--folder", str(tmp_path)], input=answers)
    assert result.exit_code == 0, result.output
    assert read_studies(tmp_path)[0].study.title == "A series"


def test_an_id_with_accents_is_told_how_to_write_it(tmp_path: Path) -> None:
    result = run(tmp_path, "Müller 2020", *FLAGS)
    assert result.exit_code == 1
    assert "write muller-2020" in result.stderr


def test_without_an_id_and_a_terminal(tmp_path: Path) -> None:
    result = run(tmp_path, *FLAGS)
    assert result.exit_code == 2
    assert "STUDY_ID" in result.stderr


def test_contrast_only_and_healthy_group(tmp_path: Path) -> None:
    flags = ("--setting", "preclinical", "--design", "animal-controlled", "--title", "Mice", "--healthy")
    result = run(tmp_path, "a-2020", *flags, "--treated", "2", "--printed", "contrast")
    assert result.exit_code == 0, result.output
    text = (tmp_path / "preclinical/a-2020.yml").read_text()
    assert "#       treatment: msc\n#       control: control" in text
    assert [arm.id for arm in read_studies(tmp_path)[0].arms] == ["msc", "msc-2", "control", "healthy"]


DIALOGUE = (
    ("family name", "李 2020"),  # no Latin letter: asked again
    ("family name", "O'Brien-Müller 2020"),
    ("Setting", "9"),  # no such number: asked again
    ("Number or word", "2"),
    ("Design", "animal-randomised"),
    ("Title", "Cells: the mice's tale"),
    ("DOI", "x"),  # no DOI: asked again
    ("DOI", "https://doi.org/10.1000/x"),
    ("got cells", "2"),
    ("without diabetes", "y"),
    ("printed as", "1"),
    ("Your name", ""),
)


@pytest.mark.skipif(os.name != "posix", reason="a pseudo-terminal is a thing of POSIX")
def test_dialogue_in_a_real_terminal(tmp_path: Path) -> None:
    import pty

    terminal, theirs = pty.openpty()
    asking = subprocess.Popen(
        [sys.executable, "-m", "metamsc", "new"], cwd=tmp_path, stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    shown = b""
    for question, answer in DIALOGUE:
        heard = b""
        while question.encode() not in heard or not heard.rstrip(b" ").endswith((b":", b"]")):
            assert select.select([terminal], [], [], HUNG)[0], shown + heard
            heard += os.read(terminal, 4096)
        shown += heard
        os.write(terminal, answer.encode() + b"\n")
    try:
        while chunk := os.read(terminal, 4096):
            shown += chunk
    except OSError:
        pass  # how a terminal says that the program has ended
    exit_code = asking.wait(HUNG)
    os.close(terminal)
    assert exit_code == 0, shown.decode()
    assert b"Traceback" not in shown
    assert b"metamsc check" in shown
    study = read_studies(tmp_path / "data/extractions")[0]
    assert (study.id, study.label, study.study.year) == ("obrien-muller-2020", "O'Brien-Müller 2020", 2020)
    assert (study.study.title, study.study.doi) == ("Cells: the mice's tale", "10.1000/x")
    assert [arm.id for arm in study.arms] == ["msc", "msc-2", "control", "healthy"]


def test_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = run(tmp_path / "file", "cai-2016", *FLAGS)
    assert result.exit_code == 1
    assert "file" in result.stderr
    assert result.exception is None or isinstance(result.exception, SystemExit)
