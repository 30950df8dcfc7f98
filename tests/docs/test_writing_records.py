"""docs/writing-records.md is true: its commands are run in order, and its record is accepted."""

import re
import shlex
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from metamsc.checks.run import check_records
from metamsc.cli import main
from metamsc.records.load import load_records

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/writing-records.md").read_text(encoding="utf-8")
STEP = re.compile(r"^```bash\n(.*?)^```|^<!-- writes (\S+) -->\n```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)


def test_the_page_step_by_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("data", "analyses"):
        shutil.copytree(ROOT / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    commands = 0
    for bash, file, text in STEP.findall(PAGE):
        if file:
            assert Path(file).exists(), "`metamsc new` has begun it"
            Path(file).write_text(text, encoding="utf-8")
        for line in bash.splitlines():
            program, *arguments = shlex.split(line)
            assert program == "metamsc"
            result = CliRunner().invoke(main, arguments)
            assert result.exit_code == 0, f"{line}\n{result.output}"
            commands += 1
    assert commands == 4
    assert check_records("data/extractions").problems == ()


def test_what_is_left_to_do_is_listed_in_between(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    bash = STEP.findall(PAGE)[0][0]
    for line in bash.splitlines():
        shown = CliRunner().invoke(main, shlex.split(line)[1:]).output
    assert "population.diabetes_type" in shown
    assert "[C518, warning]" in shown


def test_every_way_of_printing_is_a_record() -> None:
    """The values in the table of the page are accepted by the model."""
    from metamsc.records.model import Study
    from metamsc.records.yaml_events import Loaded, load_yaml_bytes

    text = next(text for _, file, text in STEP.findall(PAGE) if file)
    cells = re.findall(r"^> .*|^\| .+ \| `(.+?)`", PAGE, flags=re.MULTILINE)
    values = [cell for cell in cells if cell]
    assert len(values) == 9
    for value in values:
        key = value.split(":")[0]
        arms = "{msc: {n: 2, mean: 1}}" if key == "between" else f"{{msc: {{{value}}}}}"
        rows = "" if key == "contrast" else f"    arms: {arms}\n"
        rows += f"    {value}\n" if key in ("between", "contrast") else ""
        start, end = text.index("results:"), text.index("missing_results:")
        row = f'results:\n  - outcome: hba1c\n    unit: "%"\n    at: 1 year\n    source: table-2\n{rows}'
        loaded = load_yaml_bytes((text[:start] + row + text[end:]).encode(), "x.yml")
        assert isinstance(loaded, Loaded), value
        Study.model_validate(loaded.data)


def test_the_record_of_the_page_is_nowhere_else() -> None:
    assert "muller-2020" not in load_records(ROOT / "data/extractions")[0].ids
