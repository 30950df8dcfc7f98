"""The README is true: every command in it is run, here or by CI, and its figure is the project's own."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
RUN_BY_CI = {"make report", "make test"}
"""`.ci/run` runs these two; a test that ran them would run itself."""


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)


def commands() -> list[str]:
    lines = (line.split(" #")[0].strip() for block in blocks("bash") for line in block.splitlines())
    return [line for line in lines if line]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the commands need, so that they may write."""
    copy = tmp_path_factory.mktemp("readme")
    for name in ("data", "analyses", "examples"):
        shutil.copytree(ROOT / name, copy / name)
    return copy


def run_there(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, env=_environment(), timeout=600
    )


def _environment() -> dict[str, str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "COLUMNS": "100"}


def test_ci_runs_the_two_commands_the_readme_opens_with() -> None:
    first = blocks("bash")[0]
    assert [line.split("#")[0].strip() for line in first.splitlines()] == ["make report", "make test"]
    ci = (ROOT / ".ci/run").read_text(encoding="utf-8")
    assert all(command in ci for command in RUN_BY_CI)


def test_commands_run_in_order(checkout: Path) -> None:
    ran = 0
    for command in commands():
        if command in RUN_BY_CI or command == "metamsc report":  # the site has tests of its own
            continue
        done = run_there(shlex.split(command), checkout)
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        ran += 1
    assert ran >= 7


def test_the_command_is_found_as_the_readme_says() -> None:
    assert "source .venv/bin/activate" in README
    activate = Path(sys.prefix) / "bin" / "activate"
    if not activate.is_file():
        pytest.skip("this Python is in no environment made by venv")
    shell = ["bash", "-c", 'source "$1" && command -v metamsc', "bash", str(activate)]
    done = subprocess.run(shell, capture_output=True, text=True, env={"PATH": "/usr/bin:/bin"}, check=True)
    assert done.stdout.strip() == str(activate.parent / "metamsc")


def test_library_example_runs(checkout: Path) -> None:
    (example,) = blocks("python")
    assert len([line for line in example.splitlines() if line.strip()]) <= 15
    done = run_there([sys.executable, "-W", "error", "-c", example], checkout)
    assert done.returncode == 0, done.stderr
    assert "Cai 2016" in done.stdout
    assert (checkout / "build/hba1c/forest.svg").stat().st_size > 10_000


def test_every_link_leads_somewhere() -> None:
    for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))):
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_the_count_of_records_is_the_shipped_one() -> None:
    shipped = len(list((ROOT / "data/extractions").rglob("*.yml")))
    assert f"{shipped} studies are shipped" in README


def test_its_other_figures_are_drawn_by_the_project() -> None:
    shown = re.findall(r"!\[[^\]]+\]\(docs/figures/([^)]+)\)", README)
    assert len(shown) == 3
    assert "hba1c-forest.svg" in shown
    script = (ROOT / "docs/draw_figures.py").read_text(encoding="utf-8")
    for name in shown:
        assert (ROOT / "docs/figures" / name).stat().st_size > 10_000
        assert name.split(".")[0] in script, f"{name} is not drawn by docs/draw_figures.py"


def test_the_figure_is_what_the_project_draws(checkout: Path) -> None:
    import metamsc as mm

    result = mm.run(mm.read_spec(checkout / "analyses/hba1c"), mm.read_records(checkout / "data/extractions"))
    (svg,) = mm.write_figure(mm.draw_forest(result), checkout / "figure", formats=["svg"])
    shown = ROOT / "docs/figures/hba1c-forest.svg"
    assert svg.read_text(encoding="utf-8") == shown.read_text(encoding="utf-8"), (
        "the figure of the README is out of date: make figures"
    )
