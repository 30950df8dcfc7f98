"""Both registers of the text for a paper, read sentence by sentence, on invented and on shipped results."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metamsc.analysis.plan import find_specs, read_spec
from metamsc.analysis.result import AnalysisResult, Stratum
from metamsc.analysis.run import run
from metamsc.checks.read import read_records
from metamsc.errors import OptionError
from metamsc.plots.numbers import format_p
from metamsc.records.studies import Studies
from metamsc.report import words
from metamsc.report.citations import packaged_references
from metamsc.report.markdown import cited_keys, escaped, without_markup
from metamsc.report.paper import REGISTERS, UNWRITTEN, write_paper
from metamsc.report.results_technical import pool_paragraph

from .claims import check_every_sentence, check_pool, check_printed_numbers

ROOT = Path(__file__).parents[2]
PLANS = [read_spec(path) for path in find_specs(ROOT / "analyses")]
CLOSE = st.sampled_from([0.0, 0.5, -0.5, 0.4999, -0.5001, 0.0004, -0.004, 0.2231, 1.2e-7])
"""At a threshold, and a hair beside it."""
EFFECTS = st.lists(
    st.tuples(st.one_of(st.floats(-3, 3), CLOSE), st.floats(0.001, 2)).map(
        lambda pair: (round(pair[0], 7), round(pair[1], 4))
    ),
    min_size=1,
    max_size=12,
)
SCALES = st.sampled_from(["MD", "RR", "SMD"])
METHODS = st.sampled_from(
    [("REML", "hksj-adhoc"), ("DL", "wald"), ("EE", "wald"), ("PM", "hksj"), ("REML", "t")]
)
LAW = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def pooled(invented: Any, effects: list[tuple[float, float]], scale: str, method: tuple[str, str]) -> Any:
    rows = [invented.row(f"S{i} 2014", "T1D", yi, vi) for i, (yi, vi) in enumerate(effects)]
    made = invented.make(rows, invented.SCALES[scale])
    chosen = invented.stratum(
        ("T1D",), rows, invented.SCALES[scale], tau2_method=method[0], ci_method=method[1]
    )
    return replace(made, strata=(chosen,))


def read_technical(result: AnalysisResult, stratum: Stratum, text: str) -> None:
    check_every_sentence(result, text)
    check_pool(result, stratum, text)
    check_printed_numbers(result, stratum, text)
    assert f"k = {stratum.pooled.k}" in text


@LAW
@given(effects=EFFECTS, scale=SCALES, method=METHODS)
def test_the_technical_register_claims_what_the_numbers_say(
    invented: Any, effects: list[tuple[float, float]], scale: str, method: tuple[str, str]
) -> None:
    result = pooled(invented, effects, scale, method)
    (stratum,) = result.strata
    read_technical(result, stratum, without_markup(pool_paragraph(result, stratum, cited=False), str))


@LAW
@given(effects=EFFECTS, scale=SCALES, method=METHODS)
def test_the_plain_register_claims_what_the_numbers_say(
    invented: Any, effects: list[tuple[float, float]], scale: str, method: tuple[str, str]
) -> None:
    result = pooled(invented, effects, scale, method)
    (statement,) = words.statements(result)
    check_every_sentence(result, statement.text)
    check_pool(result, result.strata[0], statement.text)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("was lower with", "was higher with"),
        ("interval includes", "interval excludes"),
        (" percentage points", ""),
        ("was −0.50 percentage", "was −0.49 percentage"),
        ("95% CI −2.84 to 1.83", "95% CI −2.84 to −1.83"),
        ("k = 2", "k = 3"),
        ("cannot be estimated reliably", "is small"),
        ("That is not evidence that", "That is evidence that"),
        ("HbA1c was lower with", "HbA1c was significantly lower with"),
        (") in favour of MSC; the", ") in favour of control; the"),
    ],
)
def test_the_reader_notices_a_wrong_claim(shipped: dict[str, AnalysisResult], old: str, new: str) -> None:
    result = shipped["hba1c"]
    stratum = result.strata[1]
    text = without_markup(pool_paragraph(result, stratum, cited=False), str)
    assert old in text
    wrong = text.replace(old, new)
    with pytest.raises(AssertionError):
        read_technical(result, stratum, wrong)


@pytest.fixture(scope="session")
def records() -> Studies:
    return read_records(ROOT / "data" / "extractions")


@pytest.fixture(scope="session")
def shipped(records: Studies) -> dict[str, AnalysisResult]:
    return {plan.name: run(plan, records) for plan in PLANS}


@pytest.mark.parametrize("name", [plan.name for plan in PLANS])
def test_shipped_pools_are_told_as_they_are(name: str, shipped: dict[str, AnalysisResult]) -> None:
    result = shipped[name]
    for stratum in result.pools:
        text = without_markup(pool_paragraph(result, stratum, cited=False), str)
        check_pool(result, stratum, text)
        check_printed_numbers(result, stratum, text)
        assert f"k = {stratum.pooled.k}" in text
        plain = words.state(result, stratum).text
        check_pool(result, stratum, plain)


@pytest.mark.parametrize("register", REGISTERS)
@pytest.mark.parametrize("name", [plan.name for plan in PLANS])
def test_every_sentence_of_a_shipped_paper(
    name: str, register: str, shipped: dict[str, AnalysisResult], records: Studies
) -> None:
    result = shipped[name]
    paper = write_paper(result, records, register=register)
    methods, results = paper.sections
    assert (methods.heading, results.heading) == ("Methods", "Results")
    notes = len(result.spec["notes"]) > 0
    own = results.paragraphs[:-1] if notes else results.paragraphs  # cautions are the plan's words
    for paragraph in own:
        check_every_sentence(result, paper.plain(paragraph))
    text = paper.to_text()
    assert str(result.table.n_records) in text
    assert f"{len(result.table.excluded)} result" in text
    missing = len(result.table.missing) + len(result.spec["known_missing"])
    assert f"{missing} results are known to be missing" in text
    assert "risk of bias" in text
    for paragraph in (*methods.paragraphs, *results.paragraphs):
        assert paragraph.endswith((".", "]")) or paragraph == UNWRITTEN, paragraph
        assert not re.search(r"\bnan\b|None|\s{2,}|\.\.|\( | \)|>=", paper.plain(paragraph)), paragraph


@pytest.mark.parametrize("name", [plan.name for plan in PLANS])
def test_references_are_those_cited_the_software_and_the_studies(
    name: str, shipped: dict[str, AnalysisResult], records: Studies
) -> None:
    result = shipped[name]
    paper = write_paper(result, records)
    cited = set(cited_keys(paper.to_markdown()))
    there = {item.key for item in paper.references}
    assert cited <= there
    studies = {row.study_id for row in result.table.rows}
    assert studies <= cited
    assert there == cited
    plain = write_paper(result, records, register="plain")
    assert {item.key for item in plain.references} == {"software-metamsc", *studies}
    packaged = write_paper(result, records, cite_studies=False)
    assert set(cited_keys(packaged.to_markdown())) <= set(packaged_references())


def test_plain_sentences_are_short(shipped: dict[str, AnalysisResult]) -> None:
    result = shipped["hba1c"]
    paper = write_paper(result, register="plain")
    lengths = [
        len(sentence.split())
        for paragraph in paper.sections[0].paragraphs[1:]
        for sentence in re.split(r"(?<=\.) ", paper.plain(paragraph))
    ]
    assert sum(lengths) / len(lengths) < 18
    technical = write_paper(result).to_text()
    for jargon in ("REML", "Hartung", "τ²", "Q-profile"):
        assert jargon in technical
        assert jargon not in paper.to_text()


def test_registers_are_two() -> None:
    with pytest.raises(OptionError, match="'plain', 'technical'"):
        write_paper(None, register="simple")  # type: ignore[arg-type]  # refused before it is looked at


def test_nothing_pooled_is_said(invented: Any) -> None:
    for register in REGISTERS:
        text = write_paper(invented.make([]), register=register).to_text()
        assert "No study could be pooled." in text
        assert "none contributes" in text


HOSTILE = "Evil [@egger1997] **bold** `code` <script>\n\n# Head\n\n@tbl-results \\x $y$ ]("


def hostile(invented: Any) -> AnalysisResult:
    rows = [
        invented.row("Aa 2014", "T1D", -1.0, 0.04, label=HOSTILE),
        invented.row("Bb 2015", "T1D", -0.2, 0.04),
    ]
    made: AnalysisResult = invented.make(rows)
    scale = replace(made.scale, mid_source=HOSTILE, unit="% [@x]")
    spec = made.spec | {"notes": [HOSTILE], "known_missing": []}
    return replace(made, title=HOSTILE, scale=scale, spec=spec, overall_note=HOSTILE)


@pytest.mark.parametrize("register", REGISTERS)
def test_text_from_records_is_shown_and_does_nothing(invented: Any, register: str) -> None:
    paper = write_paper(hostile(invented), register=register, cite_studies=False)
    markdown = paper.to_markdown()
    assert markdown.count("\n# ") + markdown.startswith("# ") == 1
    assert "<script>" not in markdown.replace(r"\<script\>", "")
    assert "Evil [@egger1997]" not in markdown
    assert r"Evil \[\@egger1997\] \*\*bold\*\*" in markdown
    text = paper.to_text()
    assert "Evil [@egger1997] **bold** `code` <script> # Head @tbl-results \\x $y$ ](" in text
    keys = cited_keys(markdown)
    assert set(keys) <= set(packaged_references())
    assert ("egger1997" in keys) is False


def test_markup_comes_off() -> None:
    shown = without_markup(
        r"**A** `b_c` 50\% [see @key1; @key2] \[x\] [@key3].", lambda key: key.upper().strip("3")
    )
    assert shown == "A b_c 50% (see KEY1; KEY2) [x] (KEY)."
    assert without_markup("A [@gone].", lambda _: "") == "A."
    assert cited_keys(r"[@a.b-c; @d] \[@e\] `[@f]`") == ("a.b-c", "d")
    assert escaped("a\n\n# b") == r"a \# b"


@pytest.mark.parametrize(
    ("p", "shown"),
    [
        (0.22, "p = 0.22"),
        (0.04996, "p = 0.04996"),
        (0.05, "p = 0.050"),
        (0.0501, "p = 0.0501"),
        (1e-5, "p < 0.001"),
    ],
)
def test_no_p_value_is_rounded_across_its_level(p: float, shown: str) -> None:
    assert format_p(p, 0.05) == shown


def test_docx_is_a_document_with_the_text(shipped: dict[str, AnalysisResult], records: Studies) -> None:
    paper = write_paper(shipped["insulin-dose"], records)
    made = paper.to_docx()
    assert made == paper.to_docx()
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        body = archive.read("word/document.xml").decode("utf-8")
    text = re.sub(r"<[^>]+>", "", body)
    for paragraph in paper.sections[1].paragraphs:
        assert paper.plain(paragraph)[:60].replace("'", "’")[:40] in text.replace("'", "’")
    assert "Heading2" in body


def test_what_was_told_of_one_group_is_not_told_again(shipped: dict[str, AnalysisResult]) -> None:
    for register in REGISTERS:
        paper = write_paper(shipped["hba1c"], register=register)
        text = paper.to_text()
        assert text.count("That is not evidence that MSC and control do the same.") == 1
        for paragraph in paper.sections[1].paragraphs:
            assert paper.plain(paragraph).count("the minimal important difference (0.5") <= 1
    pools = write_paper(shipped["hba1c"]).sections[1].paragraphs[:3]
    assert ["Under the same prior, the 95%" in pool for pool in pools] == [False, True, True]
