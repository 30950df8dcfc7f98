"""References: what a record holds becomes BibTeX that any program reads; nothing is made up or breaks out."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from metamsc.analysis.plan import read_spec
from metamsc.analysis.run import run
from metamsc.checks.read import read_records
from metamsc.records.model import StudyInfo
from metamsc.report.citations import (
    Reference,
    _author,
    _study,
    _volume,
    escape_bibtex,
    packaged_references,
    plain_bibtex,
    software_references,
    study_key,
    study_references,
    to_bibtex,
)
from metamsc.report.pandoc import pandoc_path
from metamsc.report.template import asset

ROOT = Path(__file__).parents[2]
HOSTILE = r"50% \emph{x}} , year = {1999}, & #1 _a_ $b$ ~c^d @article{evil, x} `y`"


def parsed(bibtex: str, tmp_path: Path) -> dict[str, dict[str, Any]]:
    """Read a bibliography with pandoc: an independent parser."""
    file = tmp_path / "references.bib"
    file.write_text(bibtex, encoding="utf-8")
    command = [pandoc_path(), str(file), "--from", "bibtex", "--to", "csljson"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return {item["id"]: item for item in json.loads(done.stdout)}


def info(**changes: Any) -> StudyInfo:
    facts: dict[str, Any] = {"id": "aa-2014", "label": "Aa 2014", "title": "A trial"}
    facts |= {"setting": "clinical", "design": "rct-parallel"}
    return StudyInfo.model_validate(facts | changes)


def test_packaged_works_are_read_whole(tmp_path: Path) -> None:
    there = packaged_references()
    assert len(there) == asset("references.bib").count("\n@") + 1
    rover = there["rover2015"]
    assert rover.label == "Röver et al. 2015"
    assert there["hartung2001"].label == "Hartung & Knapp 2001"
    assert there["raudenbush2009"].to_text() == (
        "Raudenbush SW. Analyzing effect sizes: random-effects models. In: Cooper H, Hedges LV, Valentine "
        "JC, editors. The Handbook of Research Synthesis and Meta-Analysis, 2nd ed. New York: Russell Sage "
        "Foundation. 2009:295–315."
    )
    assert rover.to_text() == (
        "Röver C, Knapp G, Friede T. Hartung-Knapp-Sidik-Jonkman approach and its modification for "
        "random-effects meta-analysis with few studies. BMC Medical Research Methodology. 2015;15:99. "
        "doi:10.1186/s12874-015-0091-1."
    )
    again = parsed(to_bibtex(there.values()), tmp_path)
    assert set(again) == set(there)
    for key, item in there.items():
        assert again[key]["title"].lower() == plain_bibtex(item.fields["title"]).lower().replace("—", "—")
        assert again[key].get("DOI", "") == item.fields.get("doi", "")


def test_a_record_is_cited_field_by_field() -> None:
    entry = _study(
        info(
            authors=("Cai J", "Wu Z", "van der Berg AB"),
            year=2016,
            journal="Diabetes Care",
            volume="39(1):149-157",
            doi="10.2337/dc15-0171",
            registration=("NCT01374854",),
        )
    )
    assert entry.kind == "article"
    assert entry.to_bibtex() == (
        "@article{aa-2014,\n"
        "  author  = {{Cai}, J and {Wu}, Z and {van der Berg}, AB},\n"
        "  title   = {{A trial}},\n"
        "  journal = {Diabetes Care},\n"
        "  year    = {2016},\n"
        "  volume  = {39},\n"
        "  number  = {1},\n"
        "  pages   = {149--157},\n"
        "  doi     = {10.2337/dc15-0171},\n"
        "  note    = {registered as NCT01374854},\n"
        "}\n"
    )


def test_what_is_not_recorded_is_left_out() -> None:
    entry = _study(info())
    assert set(entry.fields) == {"label", "title"}
    assert entry.kind == "misc"
    assert entry.to_text() == "Aa 2014. A trial."


@pytest.mark.parametrize(
    ("printed", "fields"),
    [
        ("13(1):1-10", {"volume": "13", "number": "1", "pages": "1--10"}),
        ("39:149–157", {"volume": "39", "pages": "149--157"}),
        ("6:e010247", {"volume": "6", "pages": "e010247"}),
        ("suppl. 2, S14", {"volume": "suppl. 2, S14"}),
        (None, {}),
    ],
)
def test_volumes(printed: str | None, fields: dict[str, str]) -> None:
    assert _volume(printed) == fields


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Cai J", "{Cai}, J"),
        ("van der Berg A-B", "{van der Berg}, A-B"),
        ("et al.", "others"),
        ("The DFU Study Group", "{The DFU Study Group}"),
        ("Müller and Sons", "{Müller and Sons}"),
        ("Plato", "{Plato}"),
    ],
)
def test_authors(name: str, written: str) -> None:
    assert _author(name) == written


def test_hostile_text_stays_in_its_field(tmp_path: Path) -> None:
    entry = _study(
        info(
            title=HOSTILE,
            authors=(HOSTILE, "Cai J"),
            journal=HOSTILE,
            volume=HOSTILE,
            doi="10.1234/a},year={1999},x={%20_b",
            registration=(HOSTILE,),
            year=2014,
        )
    )
    found = parsed(entry.to_bibtex(), tmp_path)
    assert set(found) == {"aa-2014"}
    item = found["aa-2014"]
    assert item["issued"] == {"date-parts": [[2014]]}
    assert "50%" in item["title"]
    assert "@article{evil, x}" in item["title"]
    assert plain_bibtex(escape_bibtex(HOSTILE)) == HOSTILE
    assert escape_bibtex("a\n\n  b") == "a b"


def test_keys_never_collide_with_works() -> None:
    assert study_key("egger1997") == "egger1997-study"
    assert study_key("zang-2022") == "zang-2022"


def test_shipped_studies_are_cited_as_recorded(tmp_path: Path) -> None:
    records = read_records(ROOT / "data" / "extractions")
    result = run(read_spec(ROOT / "analyses" / "hba1c"), records)
    references = study_references(result, records)
    assert [item.key for item in references] == list(dict.fromkeys(row.study_id for row in result.table.rows))
    found = parsed(to_bibtex(references), tmp_path)
    for item in references:
        study = records[[record.id for record in records].index(item.key)].study
        assert found[item.key]["title"] == study.title
        assert found[item.key].get("DOI") == study.doi
    without = study_references(result, None)
    assert [item.fields["title"] for item in without] == [f"{{{item.label}}}" for item in without]


def test_software_has_its_versions(invented: Any) -> None:
    made = invented.make([invented.row("Aa 2014", "T1D", -1.0, 0.04)])
    made = replace(made, manifest=made.manifest | {"engines": {"numpy": "2.4.6", "formulaic": "1.2"}})
    assert [item.to_text() for item in software_references(made)] == [
        "The metamsc authors. metamsc. Version 0.1.",
        "NumPy. Version 2.4.6.",
        "formulaic. Version 1.2.",
    ]
    assert software_references(replace(made, manifest={})) == ()


def test_lines_are_short() -> None:
    long = Reference("a", "article", {"title": "word " * 60 + "end"}, "A")
    assert max(map(len, long.to_bibtex().splitlines())) <= 100
    assert re.sub(r"\s+", " ", long.to_bibtex()).count("word ") == 60
