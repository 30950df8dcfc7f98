"""`metamsc plot`: every figure by its name, what goes with what, and files that are figures."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from metamsc.cli import main
from metamsc.plots.save import FORMATS
from metamsc.report.plot_kinds import KINDS, PlotRequest, draw_kind
from metamsc.report.plot_regression import regression_data
from metamsc.sensitivity.influence import measure_influence

ROOT = Path(__file__).parents[2]
BCG = "examples/bcg.csv"
OF_CSV = (
    "forest", "funnel", "orchard", "caterpillar", "leave-one-out", "cumulative", "influence", "baujat",
    "radial", "labbe", "drapery", "gosh", "filled-funnel",
)  # fmt: skip

RSTUDENT = (0.225545246580204, -0.500517301753208, -0.556403269348355)
"""metafor 3.8.1: influence(rma(yi, vi, mods = ~ ablat, method = "DL"))$inf$rstudent, risk ratios."""
REFERENCE = 1e-12  # closed forms, printed with 15 digits


@pytest.fixture(autouse=True)
def _at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def plot(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["plot", *arguments])


def test_the_filled_funnel_has_what_trim_and_fill_puts_in() -> None:
    """metafor: trimfill(rma(yi, vi, data = dat.bcg), RR) finds one study missing on the right."""
    ax = draw_kind("filled-funnel", PlotRequest(source=Path(BCG), flags={}))
    filled = [artist for artist in ax.get_children() if str(artist.get_gid() or "").startswith("est:filled:")]
    assert len(filled) == 1
    plain = draw_kind("funnel", PlotRequest(source=Path(BCG), flags={}))
    assert not [a for a in plain.get_children() if str(a.get_gid() or "").startswith("est:filled:")]


@pytest.mark.parametrize("kind", OF_CSV)
def test_of_a_csv(kind: str, tmp_path: Path) -> None:
    target = tmp_path / f"{kind}.svg"
    result = plot(kind, BCG, "--output", str(target), "--dark")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.strip() == str(target)
    text = target.read_text(encoding="utf-8")
    assert text.startswith("<?xml")
    assert KINDS[kind].shows in text  # its title, for those who do not see it


def test_of_a_csv_where_there_are_no_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = (ROOT / BCG).read_bytes()
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.csv").write_bytes(table)
    assert plot("baujat", "mine.csv").exit_code == 0
    assert (tmp_path / "baujat.svg").exists()
    of_a_plan = plot("baujat", str(ROOT / "analyses/hba1c"))
    assert of_a_plan.exit_code == 1
    assert "there is no data/extractions; name the folder of the records with --records" in of_a_plan.stderr
    named = plot("baujat", "mine.csv", "--records", "nowhere")
    assert named.exit_code == 2
    assert "Path 'nowhere' does not exist" in named.stderr


@pytest.mark.parametrize("kind", ["bubble", "coefficients"])
def test_a_regression_of_a_csv(kind: str, tmp_path: Path) -> None:
    target = tmp_path / "figure.png"
    result = plot(kind, BCG, "--mods", "ablat + alloc", "--output", str(target))
    assert result.exit_code == 0, result.output
    assert target.read_bytes().startswith(b"\x89PNG")
    without = plot(kind, BCG, "--output", str(target))
    assert without.exit_code == 1
    assert "--mods" in without.stderr


def test_diagnostics_of_a_regression_are_of_the_regression() -> None:
    request = PlotRequest(source=Path(BCG), flags={"mods": "ablat", "ci_method": "wald", "tau2_method": "DL"})
    (yi, vi), options = regression_data(request)
    table = measure_influence(yi, vi, **options)
    assert table.coefficients == ("intercept", "ablat")
    assert [row.rstudent for row in table.rows[:3]] == pytest.approx(RSTUDENT, rel=REFERENCE)
    drawn = {kind: draw_kind(kind, request) for kind in ("influence", "baujat")}
    pool = PlotRequest(source=Path(BCG), flags={"ci_method": "wald", "tau2_method": "DL"})
    for kind, ax in drawn.items():
        of_pool = draw_kind(kind, pool)
        assert [np.asarray(line.get_ydata()).tolist() for line in ax.lines] != [
            np.asarray(line.get_ydata()).tolist() for line in of_pool.lines
        ]


@pytest.mark.parametrize(
    "kind", ["leave-one-out", "cumulative", "radial", "gosh", "funnel", "filled-funnel", "drapery"]
)
def test_a_figure_of_pools_refuses_a_regression(kind: str) -> None:
    result = plot(kind, BCG, "--mods", "ablat")
    assert result.exit_code == 2
    assert f"--mods does not go with {kind}" in result.stderr


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


COLUMN = 85.0
"""Width of a column of most journals, in millimetres."""


def test_names_without_room_side_by_side_are_left_to_the_influential(tmp_path: Path) -> None:
    file = tmp_path / "many.csv"
    rows = [f"Study {n},{(-1) ** n * 0.1 + 3.0 * (n == 7)},0.04" for n in range(40)]
    file.write_text("\n".join(["study,yi,vi", *rows, ""]), "utf-8")
    for width, named in ((None, 40), (COLUMN, 1)):
        ax = draw_kind("influence", PlotRequest(source=file, width=width))
        figure = ax.get_figure(root=True)
        assert figure is not None
        ticks = [text.get_text() for text in figure.axes[-1].get_xticklabels()]
        assert len(ticks) == named
        assert "Study 7" in ticks


def test_a_width_that_cannot_be_is_refused_with_the_least_one() -> None:
    refused = plot("labbe", BCG, "--width", "45")
    assert refused.exit_code == 2
    assert "width must be at least 60 mm for this figure; got 45" in refused.stderr
    table = plot("flow", "--width", "45")
    assert table.exit_code == 2
    assert "for this figure; got 45" in table.stderr


def test_tables_are_drawn_in_a_column_too(tmp_path: Path) -> None:
    target = tmp_path / "flow.svg"
    assert plot("flow", "--width", "85", "--output", str(target)).exit_code == 0
    assert re.search(r'<svg [^>]*width="240\.9\d*pt"', target.read_text("utf-8"))  # 85 / 25.4 x 72


def test_a_csv_is_told_what_was_measured(tmp_path: Path) -> None:
    request = PlotRequest(source=Path(BCG), title="BCG vaccine", outcome="tuberculosis")
    ax = draw_kind("caterpillar", request)
    assert ax.get_xlabel() == "Risk ratio for tuberculosis (log scale)"
    figure = ax.get_figure(root=True)
    assert figure is not None
    assert "BCG vaccine" in {text.get_text() for text in figure.texts}
    refused = plot("caterpillar", "analyses/hba1c", "--outcome", "glucose")
    assert refused.exit_code == 2
    assert "--outcome and --unit are for a CSV" in refused.stderr


@pytest.mark.parametrize("column", ["study", "label", "slab"])
def test_names_stand_in_any_of_the_usual_columns(column: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text(f"{column},yi,vi\nSmith 2001,0.1,0.02\nOlsen 2004,0.5,0.03\nWu 2011,-0.3,0.05\n", "utf-8")
    ax = draw_kind("radial", PlotRequest(source=file))
    assert {text.get_text() for text in ax.texts} >= {"Smith 2001", "Olsen 2004", "Wu 2011"}
    assert ax.get_ylabel() == "Effect / √(v + τ²)"
    assert draw_kind("funnel", PlotRequest(source=file)).get_xlabel() == "Effect"
