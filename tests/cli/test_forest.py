"""`metamsc forest`: what it writes, for whom, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from metamsc.cli import main
from metamsc.cli.forest import FIGURE_PRESETS, PREDICTIONS
from metamsc.plots import preset

ROOT = Path(__file__).parents[2]
BCG = ROOT / "examples/bcg.csv"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["forest", *map(str, arguments)])


def test_choices_are_those_of_the_library() -> None:
    assert tuple(preset.PRESETS) == FIGURE_PRESETS
    assert preset.PREDICTIONS == PREDICTIONS


def test_a_plan_as_a_journal_prints_it(tmp_path: Path) -> None:
    stem = tmp_path / "new" / "figure-2"
    result = run(
        ROOT / "analyses/hba1c",
        "--records",
        ROOT / "data/extractions",
        "--figure-preset",
        "revman",
        "--models",
        "paule-mandel",
        "--title",
        "Figure 2",
        "--output",
        stem,
    )
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.split() == [f"{stem}.{kind}" for kind in ("svg", "pdf", "png")]
    svg = Path(f"{stem}.svg").read_text(encoding="utf-8")
    for words in ("<!-- Study or subgroup -->", "<!-- Figure 2 -->", "<!-- Paule–Mandel estimator -->"):
        assert words in svg
    assert 'id="other:1:subtotal:T1D"' in svg


def test_a_csv_with_its_own_columns_and_order(tmp_path: Path) -> None:
    stem = tmp_path / "bcg"
    result = run(
        BCG,
        "--by",
        "alloc",
        "--left",
        "label,ablat,arms",
        "--sort",
        "-year",
        "--arms",
        "BCG",
        "control",
        "--outcome",
        "tuberculosis",
        "--better",
        "lower",
        "--output",
        stem,
    )
    assert (result.exit_code, result.stderr) == (0, "")
    svg = Path(f"{stem}.svg").read_text(encoding="utf-8")
    years = [
        "TPT Madras 1980",
        "Hart &amp; Sutherland 1977",
        "Vandiviere et al 1973",
        "Coetzee &amp; Berjak 1968",
    ]
    places = [svg.replace("& ", "&amp; ").index(f"<!-- {label} -->") for label in years]
    assert places == sorted(places)
    for words in (
        "<!-- Ablat -->",
        "<!-- ← Favours BCG -->",
        "<!-- Risk ratio for tuberculosis",
    ):
        assert words in svg


def test_pages_and_dark(tmp_path: Path) -> None:
    result = run(
        BCG, "--pages", "--dark", "--prediction", "density", "--summary", "--output", tmp_path / "bcg"
    )
    assert (result.exit_code, result.stdout) == (0, f"{tmp_path / 'bcg.pdf'}\n")
    assert [path.name for path in tmp_path.iterdir()] == ["bcg.pdf"]


def test_the_same_file_twice(tmp_path: Path) -> None:
    for name in ("a", "b"):
        assert run(BCG, "--figure-preset", "jama", "--output", tmp_path / name).exit_code == 0
    for kind in ("svg", "pdf", "png"):
        assert (tmp_path / f"a.{kind}").read_bytes() == (tmp_path / f"b.{kind}").read_bytes()


@pytest.mark.parametrize(
    ("flags", "code", "said"),
    [
        (("--sort", "colour"), 2, "sort must be a column, with - before it for falling: label"),
        (("--left", "label,colour"), 2, "there is no column 'colour'"),
        (("--left", ","), 2, "',' holds no name."),
        (("--models", "bayes"), 2, "models must be sensitivity analyses of 'bcg': it has none; got 'bayes'"),
        (("--mods", "year"), 2, "--mods is a regression"),
        (("--figure-preset", "nejm"), 2, "'nejm' is not one of"),
        (("--limits", "2", "1"), 1, "limits must be two increasing numbers above 0"),
        (("--by", "colour"), 2, "has no column 'colour'"),
    ],
)
def test_what_is_refused(flags: tuple[str, ...], code: int, said: str, tmp_path: Path) -> None:
    result = run(BCG, *flags, "--output", tmp_path / "x")
    assert result.exit_code == code
    assert said in result.stderr
    assert not list(tmp_path.iterdir())


def test_characters_that_cannot_be_drawn_are_named(tmp_path: Path) -> None:
    file = tmp_path / "odd.csv"
    file.write_text("study,yi,sei\nPlain 2001,0.1,0.2\nPrivate \ue000 2002,0.3,0.2\n", encoding="utf-8")
    result = run(file, "--output", tmp_path / "odd")
    assert result.exit_code == 0
    assert "no font here has every character of 'Private \\ue000 2002'" in result.stderr


@pytest.mark.parametrize("form", ["svg", "pdf", "png"])
def test_an_ending_asks_for_that_file_alone(form: str, tmp_path: Path) -> None:
    target = tmp_path / f"figure.{form}"
    done = CliRunner().invoke(main, ["forest", str(ROOT / "examples/bcg.csv"), "-o", str(target)])
    assert (done.exit_code, done.stdout.strip()) == (0, str(target)), done.output
    assert [path.name for path in tmp_path.iterdir()] == [target.name]


def test_pages_are_a_pdf(tmp_path: Path) -> None:
    command = ["forest", str(ROOT / "examples/bcg.csv"), "--pages", "-o"]
    assert CliRunner().invoke(main, [*command, str(tmp_path / "x.png")]).exit_code == 2
    done = CliRunner().invoke(main, [*command, str(tmp_path / "x.pdf")])
    assert (done.exit_code, done.stdout.strip()) == (0, str(tmp_path / "x.pdf")), done.output
