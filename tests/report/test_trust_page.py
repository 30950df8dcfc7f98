"""The section Can the result be trusted?: what chunks return, figures below each other, files on disk."""

import base64
import itertools
import re
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import pytest

from metamsc.analysis.result import AnalysisResult
from metamsc.models.pool import pool
from metamsc.report import page, trust_page
from metamsc.report.compose import compose
from metamsc.report.execute import Executed
from metamsc.report.outputs import write_outputs
from metamsc.report.source import Cell, Document
from metamsc.report.stack import stack_svgs
from metamsc.report.trust_figures import trust_figures
from metamsc.report.trust_files import trust_frames, write_trust_figures
from metamsc.sensitivity.stress_result import QUESTIONS
from metamsc.tables.table import Table
from metamsc.tables.trust import trust_group_table, trust_table
from metamsc.tables.trust_missing import trust_missing_table
from metamsc.tables.trust_summary import trust_summary_table
from tests.analysis.plans import analyse
from tests.dataset.invented import means, study

SVG = "{http://www.w3.org/2000/svg}"


def _tree(svg: str) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314 - our own figure


PICTURE = re.compile(r"!\[([^\]]*)\]\(data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)\)\{width=6.3in\}")


@cache
def result(k: int, **parts: Any) -> AnalysisResult:
    """k invented trials whose effect grows with their standard error."""
    trials = []
    for place in range(k):
        n = 10 + 7 * place
        mean = 7.6 - 3.0 / n**0.5 + (0.05 if place % 2 else -0.05)
        trials.append(
            study(f"t{place}", means(msc={"mean": round(mean, 2), "sd": 1.0, "n": n}), year=2001 + place)
        )
    return analyse(*trials, sensitivity="all", model={}, **parts)


@cache
def section(k: int) -> str:
    """The section as Markdown, its figures drawn once."""
    return page.show_trust(result(k)).markdown


def test_a_plan_that_does_not_ask_says_how_to() -> None:
    plain = analyse(study("a", means()))
    assert "`sensitivity: all`" in page.show_trust(plain).markdown
    table = trust_table(plain)
    assert table.rows == ()
    assert "sensitivity: all" in table.empty
    assert trust_frames(plain) == {}


def test_no_study_has_nothing_to_hold() -> None:
    assert page.show_trust(analyse(sensitivity="all")).markdown.startswith("No study can be pooled")


def test_a_summary_stands_first_then_each_group_folded_question_by_question() -> None:
    text = section(12)
    summary, fold, rest = text.partition(
        ':::::: {.callout-note collapse="true" title="Type 1 diabetes: what was'
    )
    assert "@tbl-trust says what held" in summary
    assert "::::: {#tbl-trust}" in summary
    assert fold
    assert rest.index("The result is ") < rest.index("::::: {#tbl-trust-t1d}")
    questions = re.findall(r"^\*\*(.+?)\*\* ", rest, re.MULTILINE)
    assert questions == list(QUESTIONS.values())
    assert text.count("collapse=") == 2  # the group, and who is missing
    opened = [len(fence) for fence in re.findall(r"^(:{3,}) ?\{", text, re.MULTILINE)]
    closed = [len(fence) for fence in re.findall(r"^(:{3,})$", text, re.MULTILINE)]
    assert sorted(opened) == sorted(closed)


def test_a_title_cannot_end_its_own_quotes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trust_page, "label_words", lambda *_: 'a" onclick="b\\')
    titles = re.findall(r"^:::::: \{.*$", page.show_trust(result(2)).markdown, re.MULTILINE)
    assert [title.count('"') for title in titles] == [4, 4]
    assert titles[0].endswith('title="a” onclick=”b: what was done, and what came out"}')


def lines(table: Table) -> dict[str, list[str]]:
    """The cells of each row but headings, by the first."""
    return {row.cells[0].text: [cell.text for cell in row.cells] for row in table.rows if row.kind != "group"}


@pytest.mark.parametrize("k", [1, 2, 4, 12])
def test_the_table_has_a_line_per_check_that_says_something(k: int) -> None:
    table = trust_table(result(k))
    done = lines(table)
    assert ("Outliers and influential studies" in done) == (k >= 5)
    assert ("Most precise first, before the last" in done) == (k >= 3)
    assert ("Small-study effects allowed for" in done) == (k >= 10)
    few = "not done: one study" if k == 1 else "not done: fewer than 10 studies"
    assert (done["Test for small-study effects"][2] == few) == (k < 10)
    assert [row.cells[0].text for row in table.rows if row.kind == "group"] == list(QUESTIONS.values())
    assert all(row.cells[0].text for row in table.rows)  # a heading of a row that is empty names nothing
    if k == 2:
        assert done["Each study by itself"][3:] == ["–", "–", "–"]
    if k == 12:
        test = result(k).trust.tests[0]  # type: ignore[union-attr]
        verdict = test.verdict("leave-one-out")
        assert verdict is not None
        assert done["Without each study"][1] == "12"
        assert done["Without each study"][3] == "unchanged"
        assert verdict.n_direction == 0


def test_the_table_of_a_group_is_its_part_of_the_whole() -> None:
    found = result(12)
    assert found.trust is not None
    (whole, part) = (trust_table(found), trust_group_table(found, found.trust.tests[0]))
    assert part.rows == whole.rows  # one group: no heading above it
    assert part.caption.startswith("Type 1 diabetes: ")


def test_the_summary_says_what_held_what_changed_and_what_was_not_done() -> None:
    """The numbers are counted here from fits of the single subsets and paths."""
    found = result(4)
    assert found.trust is not None
    test = found.trust.tests[0]
    (row,) = trust_summary_table(found).rows
    cells = dict(
        zip(("group", "one", "outliers", "small", "missing", "choices", "subsets"), row.cells, strict=True)
    )
    yi, vi = [item.yi for item in found.table.rows], [item.vi for item in found.table.rows]
    whole = pool(yi, vi)
    assert cells["group"].text.startswith("Type 1 diabetes\n")
    assert cells["group"].text.endswith("\n4 studies")
    refits = [pool(np.delete(yi, i), np.delete(vi, i)) for i in range(4)]
    assert counted(cells["one"].text, 4) == changed_among(whole, refits)
    assert cells["outliers"].text == "Not done\nfewer than 5 studies"
    assert cells["small"].text == "Not done\nfewer than 10 studies"
    assert cells["missing"].text == "None known"
    paths = [
        pool(yi, vi, tau2_method=tau2, ci_method=ci)
        for tau2 in ("REML", "PM", "DL")
        for ci in ("hksj-adhoc", "hksj", "wald")
    ]
    assert counted(cells["choices"].text, 9) == changed_among(whole, paths)
    masks = [mask for mask in itertools.product((False, True), repeat=4) if any(mask)]
    subsets = [pool(np.array(yi)[list(mask)], np.array(vi)[list(mask)]) for mask in masks]
    turned = sum((fit.estimate < 0) != (whole.estimate < 0) for fit in subsets)
    assert counted(cells["subsets"].text, 15).get("direction", 0) == turned
    assert test.verdict("subsets") is not None


def changed_among(whole: Any, fits: list[Any]) -> dict[str, int]:
    """How many fits are on the other side, and have an interval that is, without those that none are."""
    sides = sum((fit.estimate < 0) != (whole.estimate < 0) for fit in fits)
    clear = [fit.ci.low > 0 or fit.ci.high < 0 for fit in (whole, *fits)]
    found = {"direction": sides, "significance": sum(one != clear[0] for one in clear[1:])}
    return {name: count for name, count in found.items() if count}


def counted(text: str, total: int) -> dict[str, int]:
    """The counts that a cell names, without that of importance."""
    found = {name: int(n) for name, n, of in re.findall(r"(\w+) in (\d+) of (\d+)", text) if int(of) == total}
    assert text.startswith("Changed" if found else "Held")
    if not found:
        assert text == f"Held\nin all {total}"
    return {name: count for name, count in found.items() if name != "importance"}


def test_a_summary_of_many_studies_and_of_some_parts() -> None:
    (row,) = trust_summary_table(result(12)).rows
    test = result(12).trust.tests[0]  # type: ignore[union-attr]
    small, flags = test.verdict("small-study"), test.verdict("influence")
    assert flags is not None
    assert row.cells[2].text.startswith("Flagged\n" if flags.names else "None flagged")
    assert small is not None
    assert small.p is not None
    assert row.cells[3].text.startswith("Found" if small.p < 0.05 else "Not found")
    assert trust_summary_table(analyse(study("a", means()))).rows == ()
    some = {"missing": False, "choices": False}
    fewer = trust_summary_table(analyse(study("a", means()), study("b", means()), sensitivity=some))
    assert {"missing", "choices"}.isdisjoint(column.name for column in fewer.columns)


DRAWN = {
    1: [],
    2: ["specification"],
    4: ["leave-one-out", "cumulative-year", "cumulative-precision", "specification", "drapery"],
    12: [
        "leave-one-out", "cumulative-year", "cumulative-precision", "influence", "baujat", "funnel-filled",
        "specification", "gosh", "drapery",
    ],
}  # fmt: skip


@pytest.mark.parametrize("k", list(DRAWN))
def test_figures_where_there_is_enough_to_draw(k: int) -> None:
    """With one study other choices change nothing that could be drawn: no combination pools two."""
    text = section(k)
    assert re.findall(r"#fig-trust-([a-z-]+)-t1d\}", text) == DRAWN[k]
    pictures = [(alt, _tree(base64.b64decode(data).decode("utf-8"))) for alt, data in PICTURE.findall(text)]
    assert len(pictures) == len(DRAWN[k])
    for alt, root in pictures:
        assert root.tag == f"{SVG}svg"
        assert root.findtext(f"{SVG}title") == alt.replace("\\", "")
        assert alt.startswith("Type 1 diabetes: ")


@pytest.mark.parametrize("k", list(DRAWN))
def test_letters_keep_their_size_on_paper(k: int) -> None:
    """A figure wider than the text of a page is scaled down, and its letters with it: 7 pt is the least."""
    for figure in trust_figures(result(k)):
        drawn = figure.drawing().get_figure(root=True)
        assert drawn is not None
        width, height = drawn.get_size_inches()
        assert min(1.0, 6.65 / width, 8.9 / height) * 7.5 >= 7.0, figure.name


def test_pictures_become_parts_of_a_page_and_files_of_a_pdf() -> None:
    output = {"output_type": "display_data", "data": {"text/markdown": section(4)}}
    cell = Cell("code", "page.show_trust(result)", {}, 1)
    executed = Executed(Document(Path("report.qmd"), {}, (cell,)), ((output,),))
    web = compose(executed)
    assert "data:image" not in web.markdown
    assert web.markdown.count('<div class="mm-figure"><svg') == 5
    ids = re.findall(r'\sid="([^"]+)"', web.markdown)
    assert len(ids) == len(set(ids))
    paper = compose(executed, to="pdf")
    assert sorted(paper.images) == [f"cell-0-{number}.svg" for number in range(1, 6)]
    assert "data:image" not in paper.markdown
    for name in paper.images:
        assert f"]({name}){{width=" in paper.markdown


def test_headings_of_stacked_figures_are_escaped() -> None:
    part = f'<svg xmlns="{SVG[1:-1]}" width="10pt" height="5pt" viewBox="0 0 10 5"><g id="a"/></svg>'
    root = _tree(stack_svgs([("A < B & C", part), ("D", part)], 'title <"x">'))
    assert [text.text for text in root.findall(f"{SVG}text")] == ["A < B & C", "D"]
    assert [inner.attrib["y"] for inner in root.findall(f"{SVG}svg")] == ["18", "55"]


def test_files_hold_what_the_result_holds(tmp_path: Path) -> None:
    found = result(12)
    written = write_outputs(found, tmp_path, figures=False)
    names = {path.relative_to(tmp_path).as_posix() for path in written}
    assert {
        "verdicts.csv",
        "refits.csv",
        "influence.csv",
        "missing_trials.csv",
        "bounds.csv",
        "paths.csv",
    } <= names
    drawn = [figure.name for figure in trust_figures(found)]
    assert {"leave-one-out-t1d", "funnel-filled-t1d", "gosh-t1d", "specification-t1d"} <= set(drawn)
    refits = pd.read_csv(tmp_path / "refits.csv")
    assert found.trust is not None
    rows = found.trust.tests[0].without_study.found
    assert rows is not None
    own = refits[refits["series"] == "without_study"]
    assert own["estimate"].tolist() == [row.estimate for row in rows.rows if row is not None]
    assert len(pd.read_csv(tmp_path / "paths.csv")) == 9


def test_figures_of_an_earlier_run_go(tmp_path: Path) -> None:
    (tmp_path / "trust").mkdir()
    (tmp_path / "trust" / "gosh-t1d.svg").write_text("of other numbers", encoding="utf-8")
    written = write_trust_figures(result(2), tmp_path)
    assert [path.name for path in written] == ["specification-t1d.svg"]
    assert [path.name for path in (tmp_path / "trust").glob("*.svg")] == ["specification-t1d.svg"]


def test_who_is_missing_is_listed_beside_who_is_there() -> None:
    absent = {
        "label": "Phase 3",
        "reason": "no result published",
        "source": "x",
        "n": 100,
        "status": "selected",
    }
    found = analyse(study("a", means()), study("b", means()), sensitivity="all", known_missing=[absent])
    rows = [[cell.text for cell in row.cells] for row in trust_missing_table(found).rows]
    assert [row[0] for row in rows] == ["Invented a", "Invented b", "Phase 3"]
    assert [row[1] for row in rows] == ["20", "20", "100"]
    assert [row[2] for row in rows] == ["14.3%", "14.3%", "71.4%"]
    assert [row[3] for row in rows] == ["Pooled", "Pooled", "Missing, probably because of what it showed"]
    assert rows[2][4] == "No result published"
    assert trust_missing_table(analyse(study("a", means()))).rows == ()
