"""PRISMA: every item is there, an answer is given only where something is recorded."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from metamsc.analysis.flow import SearchFlow
from metamsc.analysis.plan import find_specs, read_spec
from metamsc.analysis.run import run
from metamsc.checks.read import read_records
from metamsc.report.pandoc import to_html, to_typst
from metamsc.report.paper_files import write_paper_files
from metamsc.report.prisma import SECTIONS, checklist_table, prisma_2020, prisma_abstracts
from metamsc.report.prisma_answers import MISSING, NOT_RECORDED, Known
from metamsc.report.prisma_items import PRISMA_2020, PRISMA_ABSTRACTS
from metamsc.report.template import asset
from metamsc.report.words_page import pooled_records, recorded_search, show_paper, show_prisma

ROOT = Path(__file__).parents[2]
NUMBERS_2020 = [
    *(str(number) for number in range(1, 10)), "10a", "10b", "11", "12", *(f"13{part}" for part in "abcdef"),
    "14", "15", "16a", "16b", "17", "18", "19", *(f"20{part}" for part in "abcd"), "21", "22",
    *(f"23{part}" for part in "abcd"), "24a", "24b", "24c", "25", "26", "27",
]  # fmt: skip
NEVER_KNOWN = {"1", "2", "3", "7", "8", "23a", "23c", "23d", "24a", "24c", "25", "26"}
"""What no plan, record or result of ours holds."""


def test_all_items_stand_once_in_order() -> None:
    assert [item.number for item in PRISMA_2020] == NUMBERS_2020
    assert len({number.rstrip("abcdef") for number in NUMBERS_2020}) == 27
    assert [item.number for item in PRISMA_ABSTRACTS] == [str(number) for number in range(1, 13)]
    for item in (*PRISMA_2020, *PRISMA_ABSTRACTS):
        assert item.topic
        assert item.asks.endswith(".")


@pytest.fixture(scope="module")
def known() -> list[Known]:
    records = read_records(ROOT / "data" / "extractions")
    return [Known(run(read_spec(path), records), records) for path in find_specs(ROOT / "analyses")]


def test_nothing_is_answered_that_is_not_recorded(known: list[Known]) -> None:
    for item in known:
        filled = {entry.number: answer for entry, answer in prisma_2020(item)}
        assert {number for number in NEVER_KNOWN if filled[number].state != MISSING} == set()
        assert filled["6"].text == NOT_RECORDED
        assert filled["11"].state == filled["18"].state == MISSING  # no record has a judgement
        assert filled["4"].text == item.result.question
        assert filled["5"].state == "partly"
        for answer in filled.values():
            assert answer.text.endswith((".", "?")), answer
        short = {entry.number: answer for entry, answer in prisma_abstracts(item)}
        assert {number for number, answer in short.items() if answer.state == MISSING} >= {
            "1",
            "10",
            "11",
            "12",
        }


def test_places_are_headings_of_the_report(known: list[Known]) -> None:
    source = asset("report.qmd")
    for anchor, heading in SECTIONS.items():
        assert f"{heading} {{#{anchor}}}" in source
    for item in known:
        for _, answer in (*prisma_2020(item), *prisma_abstracts(item)):
            assert answer.section in {"", *SECTIONS}


def test_a_search_that_was_written_down_is_told(known: list[Known]) -> None:
    flow = {"schema": 1, "identified": {"databases": {"MEDLINE": 210}, "registers": {"CENTRAL": 30}}}
    told = Known(known[0].result, known[0].records, SearchFlow.model_validate(flow))
    filled = {entry.number: answer for entry, answer in prisma_2020(told)}
    assert filled["6"].text == "Searched: MEDLINE and CENTRAL. Not recorded: the days of the searches."
    assert "flow.yml" in filled["16a"].text
    empty = Known(known[0].result, None, SearchFlow.model_validate({"schema": 1}))
    assert {entry.number: answer for entry, answer in prisma_2020(empty)}["6"].text == NOT_RECORDED


def test_tables_say_how_much_is_answered(known: list[Known]) -> None:
    filled = prisma_2020(known[0])
    table = checklist_table(filled, name="prisma-2020", linked=True)
    assert table.caption.startswith("42 entries: ")
    rows = list(csv.reader(io.StringIO(table.to_csv())))
    assert rows[0] == ["group", "item", "topic", "state", "answer", "where"]
    assert [row[1] for row in rows[1:]] == NUMBERS_2020
    assert 'href="#sec-methods"' in table.to_html()
    assert "href" not in checklist_table(filled, name="prisma-2020", linked=False).to_html()
    assert "CC BY 4.0" in table.to_markdown()


def test_hostile_questions_and_notes_are_escaped(invented: Any) -> None:
    made = invented.make([invented.row("Aa 2014", "T1D", -1.0, 0.04)])
    evil = "<script>alert(1)</script> | **x** [@egger1997] =1+1"
    made = replace(made, question=evil, spec=made.spec | {"notes": [evil], "known_missing": []})
    table = checklist_table(prisma_2020(Known(made)), name="prisma-2020", linked=True)
    assert "<script>" not in table.to_html()
    assert "[@egger1997]" not in table.to_markdown()
    assert "<script>" not in table.to_markdown().replace(r"\<script\>", "")
    page = show_prisma(made).markdown
    assert "<script>" not in page
    assert page.count("[@page2021]") == 2


def test_the_page_folds_text_and_lists(known: list[Known]) -> None:
    result = known[0].result
    page = show_paper(result).markdown
    assert page.count('.callout-note collapse="true"') == 3
    assert len([line for line in page.splitlines() if line.startswith(":::")]) == 8
    assert page.startswith('::::: {.content-visible when-format="html"}')
    assert "```bibtex" in page
    assert not [line for line in page.splitlines() if line.startswith("#")]
    assert {study.id for study in pooled_records(result)} == {row.study_id for row in result.table.rows}


def test_records_that_changed_since_are_not_cited(known: list[Known]) -> None:
    result = known[0].result
    other = [item | {"sha256": "0" * 64} for item in result.manifest["records"]]
    changed = replace(result, manifest=result.manifest | {"records": other})
    assert len(pooled_records(changed)) == 0


def test_no_search_is_none(tmp_path: Path) -> None:
    assert recorded_search(str(tmp_path)) is None


@pytest.mark.parametrize(("form", "ending"), [("markdown", "md"), ("text", "txt"), ("docx", "docx")])
def test_files_of_a_paper(known: list[Known], tmp_path: Path, form: str, ending: str) -> None:
    written = write_paper_files(known[0].result, tmp_path / "new", records=known[0].records, form=form)
    also = ["docx"] if form == "docx" else []
    assert [path.name for path in written] == [
        f"paper.{ending}",
        "references.bib",
        *(f"{name}.{end}" for name in ("prisma-2020", "prisma-abstracts") for end in ("md", "csv", *also)),
    ]
    assert all(path.stat().st_size > 500 for path in written)
    before = [path.read_bytes() for path in written]
    write_paper_files(known[0].result, tmp_path / "new", records=known[0].records, form=form)
    assert [path.read_bytes() for path in written] == before


def test_paper_of_paper_is_left_out_of_print(known: list[Known], tmp_path: Path) -> None:
    bibliography = tmp_path / "references.bib"
    bibliography.write_text(asset("references.bib"), encoding="utf-8")
    text = f"A paragraph.\n\n{show_paper(known[0].result).markdown}"
    common: dict[str, Any] = {"source": tmp_path / "report.qmd", "bibliography": [bibliography]}
    printed = to_typst(text, images={}, variables={"title": "T"}, **common)
    shown = to_html(
        text, template=asset("page.html"), lua_filter=asset("filter.lua"), variables={"styles": ""}, **common
    )
    assert "A paragraph." in printed
    assert "A paragraph." in shown
    assert "References as BibTeX" not in printed
    assert shown.count("<details") - shown.count('<details class="mm-toc') >= 3
