"""`metamsc plot`: every figure by its name, what goes with what, and files that are figures."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from metamsc.cli import main
from metamsc.plots.save import FORMATS
from metamsc.report.plot_kinds import KINDS

ROOT = Path(__file__).parents[2]
BCG = "examples/bcg.csv"
OF_CSV = (
    "forest", "funnel", "orchard", "caterpillar", "leave-one-out", "cumulative", "influence", "baujat",
    "radial", "labbe", "drapery", "gosh",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def plot(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["plot", *arguments])


@pytest.mark.parametrize("kind", OF_CSV)
def test_of_a_csv(kind: str, tmp_path: Path) -> None:
    target = tmp_path / f"{kind}.svg"
    result = plot(kind, BCG, "--output", str(target), "--dark")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.strip() == str(target)
    text = target.read_text(encoding="utf-8")
    assert text.startswith("<?xml")
    assert KINDS[kind].shows in text  # its title, for those who do not see it


@pytest.mark.parametrize("kind", ["bubble", "coefficients"])
def test_a_regression_of_a_csv(kind: str, tmp_path: Path) -> None:
    target = tmp_path / "figure.png"
    result = plot(kind, BCG, "--mods", "ablat + alloc", "--output", str(target))
    assert result.exit_code == 0, result.output
    assert target.read_bytes().startswith(b"\x89PNG")
    without = plot(kind, BCG, "--output", str(target))
    assert without.exit_code == 1
    assert "--mods" in without.stderr


@pytest.mark.parametrize("kind", ["evidence-map", "flow", "translation"])
def test_of_all_records(kind: str, tmp_path: Path) -> None:
    target = tmp_path / "figure.pdf"
    result = plot(kind, "--output", str(target), "--least", "2")
    assert result.exit_code == 0, result.output
    assert target.read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize("kind", ["traffic-light", "rob-summary", "orchard", "dose-response", "flow"])
def test_of_a_plan(kind: str, tmp_path: Path) -> None:
    result = plot(kind, "analyses/insulin-dose", "--output", str(tmp_path / "figure.svg"))
    assert (result.exit_code, result.stderr) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "exit_code", "words"),
    [
        (("venn", BCG), 2, "'venn' is not one of"),
        (("orchard", "nowhere.csv"), 2, "nowhere.csv"),
        (("orchard", BCG, "--output", "figure.gif"), 2, "'svg', 'pdf', 'png'"),
        (("traffic-light", BCG), 2, "name a plan"),
        (("orchard", BCG, "--cluster", "alloc"), 2, "--cluster does not go"),
        (("caterpillar", BCG, "--stratum", "T9"), 2, "'All studies'"),
        (("dose-response", BCG), 1, "no study has a dose"),
        (("labbe", "analyses/insulin-dose"), 1, "OR, RR, RD; got MD"),
    ],
)
def test_what_does_not_go_together_is_said(arguments: tuple[str, ...], exit_code: int, words: str) -> None:
    result = plot(*arguments)
    assert result.exit_code == exit_code, result.output
    assert words in result.stderr


def test_the_search_beside_the_plans_is_in_the_flow(tmp_path: Path) -> None:
    from shutil import copytree

    copytree(ROOT / "analyses", tmp_path / "analyses")
    (tmp_path / "analyses" / "flow.yml").write_text("schema: 1\nscreened: 4321\n", encoding="utf-8")
    for source in ("analyses", "analyses/insulin-dose"):
        target = tmp_path / "flow.svg"
        result = plot("flow", str(tmp_path / source), "--output", str(target))
        assert result.exit_code == 0, result.output
        assert "4,321" in target.read_text(encoding="utf-8")
    (tmp_path / "analyses" / "flow.yml").write_text("schema: 1\nscrened: 4\n", encoding="utf-8")
    wrong = plot("flow", str(tmp_path / "analyses"), "--output", str(target))
    assert wrong.exit_code == 1
    assert "flow.yml:2" in wrong.stderr


def test_the_help_lists_every_figure() -> None:
    text = plot("--help").stdout
    assert [kind for kind in KINDS if f"\n  {kind} " not in text] == []
    assert set(FORMATS) == {"svg", "pdf", "png"}
