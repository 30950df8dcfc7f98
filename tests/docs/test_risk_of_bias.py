"""docs/risk-of-bias.md is true: its judgements reach every page of an invented review."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from metamsc.analysis.plan import read_spec
from metamsc.analysis.result import AnalysisResult
from metamsc.analysis.run import run
from metamsc.checks.read import read_records
from metamsc.checks.run import check_records
from metamsc.plots.risk_of_bias_layout import risk_of_bias_panels
from metamsc.records.rob_tools import SCHEMES
from metamsc.report.build import build_site
from metamsc.review.starter import RECORDS, begin_review
from metamsc.tables.risk_of_bias import risk_of_bias_tables
from tests.visit import Visit, own_only

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PAGE = (Path(__file__).parents[2] / "docs" / "risk-of-bias.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```yaml\n(risk_of_bias:.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)
BY_TOOL = {yaml.safe_load(block)["risk_of_bias"][0]["tool"]: block for block in BLOCKS}
TRIAL = """schema: 1
study: {{id: {id}, label: {label}, title: A, year: 2020, setting: clinical, design: {design}}}
population: {{diabetes_type: T2D}}
arms:
  - {{id: msc, role: treatment, cells: {{source: adipose, donor: allogeneic}}}}
  - {{id: control, role: control, comparator: standard-care}}
sources: {{t: {{kind: table, reference: primary, url: "https://doi.org/10.1000/{id}", locator: Table 2}}}}
results:
  - outcome: hba1c
    unit: "%"
    at: 12 months
    source: t
    arms: {{msc: {{n: {n}, mean: 7.4, sd: 1.1}}, control: {{n: {n}, mean: 8.1, sd: 1.2}}}}
extraction: {{extracted_by: A. Reader, date: 2026-01-31, status: single}}
"""
RATS = """schema: 1
study: {id: rats, label: Rats 2020, title: Rats, year: 2020, setting: preclinical, design: animal-randomised}
model: {species: rat, sex: male, induction: {agent: streptozotocin}, models_type: T1D}
arms:
  - {id: msc, role: treatment, n_randomised: 8, cells: {source: bone-marrow, donor: allogeneic}}
  - {id: control, role: control, n_randomised: 8, comparator: vehicle}
sources: {t: {kind: table, reference: primary, url: "https://example.org/rats", locator: Table 2}}
results:
  - outcome: blood_glucose
    unit: mmol/L
    at: 4 weeks
    source: t
    arms: {msc: {n: 8, mean: 15.2, sd: 3.1}, control: {n: 8, mean: 24.9, sd: 4.0}}
extraction: {extracted_by: A. Reader, date: 2026-01-31, status: single}
"""


@pytest.fixture(scope="module")
def review(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A review as `metamsc init` makes it, with a study per tool and one that nobody has judged."""
    folder = tmp_path_factory.mktemp("rob") / "my-review"
    begin_review(folder)
    begin_review(folder, outcome="blood_glucose", setting="preclinical", force=True)
    for form in (folder / RECORDS).rglob("form.yml"):
        form.unlink()
    trials = [
        ("trial", "rct-parallel", 40, "rob2"),
        ("cohort", "nonrandomised-controlled", 33, "robins-i-v2"),
        ("open", "rct-parallel", 20, ""),
    ]
    for name, design, n, tool in trials:
        text = TRIAL.format(id=name, label=f"{name.capitalize()} 2020", design=design, n=n)
        (folder / RECORDS / "clinical" / f"{name}.yml").write_text(
            text + BY_TOOL.get(tool, ""), encoding="utf-8"
        )
    (folder / RECORDS / "preclinical").mkdir()
    (folder / RECORDS / "preclinical" / "rats.yml").write_text(RATS + BY_TOOL["syrcle"], encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def results(review: Path) -> dict[str, AnalysisResult]:
    records = read_records(review / RECORDS)
    plans = sorted((review / "analyses").glob("*/analysis.yml"))
    return {str(result.table.setting): result for result in (run(read_spec(plan), records) for plan in plans)}


@pytest.fixture(scope="module")
def site(review: Path) -> Path:
    return build_site(
        review / "build" / "site",
        analyses=review / "analyses",
        records=review / RECORDS,
        route="embedded",
        to=("html", "pdf", "docx"),
    ).folder


def test_the_page_has_every_domain_and_word_of_every_tool(review: Path) -> None:
    assert list(BY_TOOL) == list(SCHEMES)
    for tool, scheme in SCHEMES.items():
        (entry,) = yaml.safe_load(BY_TOOL[tool])["risk_of_bias"]
        assert [item["domain"] for item in entry["domains"]] == [domain.name for domain in scheme.domains]
        assert ("overall" in entry) == scheme.has_overall
        assert re.search(rf"^\| `{tool}` \| [^|]+ \| {', '.join(scheme.levels)} \|$", PAGE, re.MULTILINE)
    assert check_records(review / RECORDS, strict=True).problems == ()


def test_tables_and_figures_have_what_the_records_say(results: dict[str, AnalysisResult]) -> None:
    tables = {table.name: table for result in results.values() for table in risk_of_bias_tables(result)}
    assert sorted(tables) == sorted(f"risk-of-bias-{tool}" for tool in SCHEMES)
    for tool, scheme in SCHEMES.items():
        (entry,) = yaml.safe_load(BY_TOOL[tool])["risk_of_bias"]
        said = [item["judgement"] for item in entry["domains"]]
        setting = "preclinical" if tool == "syrcle" else "clinical"
        (panel,) = [one for one in risk_of_bias_panels(results[setting]) if one.scheme.tool == tool]
        drawn = [row for row in panel.rows if row.is_assessed]
        overall = [entry["overall"]] if scheme.has_overall else []
        assert [list(row.judgements) for row in drawn] == [[*said, *overall]]
        table = tables[f"risk-of-bias-{tool}"]
        shown = [table.to_markdown().count(word.capitalize()) > 0 for word in said]
        assert all(shown)
        reasons = [item["support"] for item in entry["domains"] if "support" in item]
        assert all(any(note.endswith(reason) for note in table.notes) for reason in reasons)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "words"),
    [
        (
            "hba1c",
            ("The risk of bias is not judged yet of Open 2020: ", "central list, page 3", "Some concerns"),
        ),
        ("blood-glucose", ("Risk of bias by SYRCLE.", "“randomly divided”", "Unclear")),
    ],
)
def test_the_report_has_sentence_table_and_a_figure_with_its_number(
    site: Path, name: str, words: tuple[str, ...]
) -> None:
    html = (site / name / "report.html").read_text(encoding="utf-8")
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))
    assert all(word in text or word.replace("“", '"').replace("”", '"') in text for word in words), words
    assert len(re.findall(r"Figure.\d+\.\s+Risk of bias as it is judged", text)) == 1
    for form in ("pdf", "docx"):
        assert (site / name / f"report.{form}").stat().st_size > 10_000


@pytest.mark.slow
@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("clinical/trial", "RoB 2 (HbA1c): some concerns"),
        ("clinical/cohort", "ROBINS-I V2 (HbA1c): serious"),
        ("clinical/open", "not judged yet"),
        ("preclinical/rats", "judged by domain"),
    ],
)
def test_the_page_of_a_record_says_what_is_judged(site: Path, page: str, said: str) -> None:
    html = (site / "records" / f"{page}.html").read_text(encoding="utf-8")
    (fact,) = re.findall(r"<dt>Risk of bias</dt><dd>(.*?)</dd>", html)
    assert said in fact


def data_of(site: Path) -> Any:
    page = (site / "explorer.html").read_text(encoding="utf-8")
    found = re.search(r'id="explorer-data">(.*?)</script>', page, flags=re.DOTALL)
    assert found is not None
    return json.loads(found[1])


@pytest.mark.slow
def test_the_explorer_holds_every_judgement(site: Path) -> None:
    data = data_of(site)
    assert data["facets"][-1]["words"] == [
        ["some concerns", "Some concerns"],
        ["serious", "Serious"],
        ["judged by domain", "Judged by domain"],
        ["not judged", "Not judged"],
    ]
    rows = {row["study_id"]: row for analysis in data["analyses"] for row in analysis["rows"]}
    assert rows["open"]["judged"] is None
    assert rows["rats"]["judged"]["overall"] == ""
    for study, tool in (("trial", "rob2"), ("cohort", "robins-i-v2"), ("rats", "syrcle")):
        (entry,) = yaml.safe_load(BY_TOOL[tool])["risk_of_bias"]
        assert rows[study]["judged"]["domains"] == [
            [item["domain"], item["judgement"], item.get("support", "")] for item in entry["domains"]
        ]


@pytest.mark.slow
@pytest.mark.chromium
def test_the_explorer_filters_by_it_and_shows_the_reasons(browser: Browser, site: Path) -> None:
    from playwright.sync_api import expect

    with Visit(browser).go(site / "explorer.html", "#a=hba1c&f.risk_of_bias=serious") as visit:
        expect(visit.page.locator("#shown")).to_have_text("1 of 3 results shown")
        visit.page.locator(".row").first.click()
        record = visit.page.locator("#record")
        expect(record).to_contain_text("ROBINS-I V2, HbA1c: Serious. Judged by A. Reader, B. Reader.")
        expect(record).to_contain_text("HbA1c differs at baseline, not adjusted")
    own_only([visit])
