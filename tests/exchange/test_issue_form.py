"""The form "propose a study": what it offers, and what a filled one becomes. The studies are made up."""

from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from metamsc.checks.run import check_records
from metamsc.cli import main
from metamsc.exchange.convert import Hints
from metamsc.exchange.importing import Imported
from metamsc.exchange.issue_answers import NO_ANSWER
from metamsc.exchange.issue_fields import FIELDS, form_text, option_of
from metamsc.exchange.issue_form import read_issue
from metamsc.records.model import Study

ROOT = Path(__file__).parents[2]
HINTS = Hints(extracted_by="TODO", date="2026-11-22")
CLINICAL = {
    "label": "Müller 2020",
    "title": 'A trial: of cells "in" diabetes',
    "authors": "Müller A; Schmidt B",
    "journal": "Journal of Examples",
    "doi": "https://doi.org/10.1000/example.9",
    "pmid": "12345679",
    "registration": "NCT00000009, NCT00000010",
    "setting": "clinical",
    "design": "rct-parallel",
    "diabetes_type": "T2D",
    "follow_up": "12 months",
    "cells.product": "exosomes",
    "cells.source": "umbilical-cord",
    "cells.donor": "allogeneic",
    "cells.route": "intravenous",
    "dose": "1.1 × 10^6 cells/kg",
    "comparator": "placebo",
    "n_treated": "21",
    "n_control": "20",
    "source.kind": "table",
    "source.locator": "Table 2",
    "results": "outcome, at, unit, arm, n, mean, sd\n"
    "hba1c, 12 months, %, msc, 21, 7.5, 1.0\nhba1c, 12 months, %, control, 20, 8.8, 0.9",
    "extracted_by": "A. Reader",
}
ANIMAL = {
    "label": "Li 2021",
    "title": "Cells in rats",
    "setting": "preclinical",
    "design": "animal-randomised",
    "diabetes_type": "T1D",
    "species": "rat",
    "strain": "Wistar",
    "induction": "streptozotocin",
    "source.kind": "figure",
    "source.locator": "Figure 3",
    "source.url": "https://example.org/li-2021",
    "extracted_by": "A. Reader",
}


def filled(answers: dict[str, str]) -> str:
    """The body of an issue as the service renders it: every field, with or without an answer."""
    blocks = []
    for field in FIELDS:
        text = answers.get(field.key, "")
        if field.words is not None and text:
            text = option_of(field.words(text))
        if field.key == "results" and text:
            text = f"```text\n{text}\n```"
        blocks.append(f"### {field.label}\n\n{text or NO_ANSWER}\n")
    return "\n".join(blocks)


def read(answers: dict[str, str]) -> Imported:
    return read_issue(filled(answers), "issue.md", HINTS)


def study_of(answers: dict[str, str]) -> Study:
    imported = read(answers)
    assert imported.problems == ()
    (study,) = imported.studies
    return study


def test_the_shipped_form_is_the_generated_one() -> None:
    shipped = (ROOT / ".github/ISSUE_TEMPLATE/propose-a-study.yml").read_text(encoding="utf-8")
    assert shipped == form_text()


def test_labels_and_ids_tell_fields_apart() -> None:
    """The service refuses ids and labels that stand twice, and an option "None"."""
    entries = [entry for entry in yaml.safe_load(form_text())["body"] if entry["type"] != "markdown"]
    assert len({entry["id"] for entry in entries}) == len(entries) == len(FIELDS)
    assert len({entry["attributes"]["label"].lower() for entry in entries}) == len(entries)
    options = [option for entry in entries for option in entry["attributes"].get("options", ())]
    assert "none" not in {option.lower() for option in options}


def test_every_answer_of_a_trial_is_in_its_record() -> None:
    study = study_of(CLINICAL)
    assert (study.id, study.study.label, study.study.year) == ("muller-2020", "Müller 2020", 2020)
    assert study.study.title == CLINICAL["title"]
    assert study.study.authors == ("Müller A", "Schmidt B")
    assert (study.study.journal, study.study.doi, study.study.pmid) == (
        "Journal of Examples", "10.1000/example.9", "12345679",
    )  # fmt: skip
    assert study.study.registration == ("NCT00000009", "NCT00000010")
    assert (study.study.setting, study.study.design) == ("clinical", "rct-parallel")
    assert (study.diabetes_type, study.study.follow_up) == ("T2D", "12 months")
    treated, control = study.arms
    assert treated.cells is not None
    assert treated.cells.dose is not None
    assert (treated.cells.product, treated.cells.source) == ("exosomes", "umbilical-cord")
    assert (treated.cells.donor, treated.cells.route) == ("allogeneic", "intravenous")
    assert (treated.cells.dose.value, treated.cells.dose.unit) == (1.1e6, "cells/kg")
    assert (treated.n_randomised, control.n_randomised, control.comparator) == (21, 20, "placebo")
    source = study.sources["form"]
    assert (source.kind, source.locator, source.url) == (
        "table", "Table 2", "https://doi.org/10.1000/example.9",
    )  # fmt: skip
    (row,) = study.results
    assert row.arms is not None
    assert (row.outcome, row.unit, row.at, row.source) == ("hba1c", "%", "12 months", ("form",))
    assert (row.arms["msc"].n, row.arms["msc"].mean, row.arms["msc"].sd) == (21, 7.5, 1.0)
    assert (row.arms["control"].n, row.arms["control"].mean, row.arms["control"].sd) == (20, 8.8, 0.9)
    assert study.extraction is not None
    assert study.extraction.extracted_by == "A. Reader"
    assert study.to_confirm == ()


def test_a_full_form_gives_a_record_without_a_problem(tmp_path: Path) -> None:
    issue = tmp_path / "issue.md"
    issue.write_text(filled(CLINICAL), encoding="utf-8")
    done = CliRunner().invoke(main, ["from-issue", str(issue), "--output", str(tmp_path / "records")])
    assert done.exit_code == 0, done.output
    file = tmp_path / "records/clinical/muller-2020.yml"
    assert done.stdout == f"{file} (new)\n"
    assert check_records(file).problems == ()


def test_what_was_left_open_is_a_to_do() -> None:
    study = study_of(ANIMAL)
    assert study.model is not None
    assert (study.model.species, study.model.strain, study.model.models_type) == ("rat", "Wistar", "T1D")
    assert study.results == ()
    assert {entry.field for entry in study.to_confirm} == {"arms.msc.cells", "arms.control.comparator"}


@pytest.mark.parametrize(
    ("key", "answer", "place", "told"),
    [
        ("dose", "two million", "arms.msc.cells.dose", "a dose is a number and a unit"),
        ("n_treated", "about 20", "arms.msc.n_randomised", "a number is needed"),
        ("doi", "example.9", "study.doi", "has not the form of doi"),
        ("follow_up", "6m", "study.follow_up", "a time is written like"),
        ("design", "a good one", "study.design", "is not an allowed word"),
        ("results", "hba1c, 12 months, msc", "results", "the first line of the results names no columns"),
        ("results", "outcome, arm, n, mean\nhba1c, arm B, 3, 7", "results", "'arm B'"),
        ("results", "outcome, arm, n, mean\nhba1c, msc, three, 7", "results", "'three'"),
        ("results", "outcome, arm, n, mean\nsugar, msc, 3, 7", "results", "'sugar'"),
        ("results", "outcome, arm, n, mean\nhba1c, msc, 3, 7.4 ± 1", "results", "'7.4 ± 1'"),
    ],
)
def test_an_answer_that_cannot_be_read_is_quoted_in_a_to_do(
    key: str, answer: str, place: str, told: str
) -> None:
    """The rest of the form becomes a record, as if that answer had been left open."""
    body = filled({**CLINICAL, key: ""}).split("\n\n")
    at = 2 * [field.key for field in FIELDS].index(key) + 1
    body[at] = f"{answer}\n" if at + 1 == len(body) else answer
    imported = read_issue("\n\n".join(body), "issue.md", HINTS)
    assert imported.problems == ()
    (study,) = imported.studies
    (entry,) = (entry for entry in study.to_confirm if "the form says" in entry.reason)
    assert entry.field == place
    assert told in entry.reason
    assert f"'{answer.splitlines()[-1]}' under" in entry.reason


def test_one_line_of_the_results_that_cannot_be_read_leaves_the_others() -> None:
    table = (
        f"{CLINICAL['results']}\nhba1c, 6 months, %, msc, 21, 7.9 ± 1.0\nweight, 6 months, kg, msc, 21, 80, 9"
    )
    study = study_of({**CLINICAL, "results": table})
    assert [(row.outcome, row.at) for row in study.results] == [("hba1c", "12 months")]
    said = [entry.reason for entry in study.to_confirm]
    assert ["7.9 ± 1.0" in text for text in said] == [True, False]
    assert "weight, 6 months" in said[1]


def test_a_name_without_letters_of_ours_is_a_problem_at_its_line() -> None:
    imported = read({**CLINICAL, "label": "李 2020"})
    (problem,) = imported.problems
    assert "no id can be made" in problem.message
    assert filled({**CLINICAL, "label": "李 2020"}).split("\n")[problem.line - 1] == "李 2020"


@pytest.mark.parametrize(
    ("key", "answer", "expected"),
    [
        ("n_treated", "n = 21", 21),
        ("n_treated", "21 patients", 21),
        ("pmid", "PMID: 12345679", "12345679"),
        ("pmid", "https://pubmed.ncbi.nlm.nih.gov/12345679/", "12345679"),
        ("doi", "doi: 10.1000/example.9.", "10.1000/example.9"),
        ("doi", "DOI https://doi.org/10.1000/example.9", "10.1000/example.9"),
        ("registration", "NCT 00000009", ("NCT00000009",)),
        ("source.url", "here: [paper](https://example.org/a.pdf)", "https://example.org/a.pdf"),
        ("journal", "n/a", None),
        ("pmid", "–", None),
        ("doi", "_No response_", None),
    ],
)
def test_what_has_one_meaning_is_understood(key: str, answer: str, expected: object) -> None:
    study = study_of({**CLINICAL, key: answer})
    found = {
        "n_treated": study.arms[0].n_randomised, "pmid": study.study.pmid, "doi": study.study.doi,
        "registration": study.study.registration, "source.url": study.sources["form"].url,
        "journal": study.study.journal,
    }  # fmt: skip
    assert found[key] == expected
    assert not [entry for entry in study.to_confirm if "the form says" in entry.reason]


LINES = (
    ("Outcome", "At", "Unit", "Group", "N", "Mean", "SD"),
    ("HbA1c", "12 months", "%", "MSC", "21", "7.5", "1.0"),
    ("hba1c", "12 months", "%", "Placebo", "20", "8.8", "0.9"),
)
"""The results of CLINICAL as somebody else would write them."""


@pytest.mark.parametrize(
    "table",
    [
        "\n".join("; ".join(line).replace(".", ",") for line in LINES),
        "\n".join(f"| {' | '.join(line)} |" for line in (LINES[0], ["---"] * 7, *LINES[1:])),
        "\n".join("\t".join(line) for line in LINES),
    ],
    ids=["semicolons and decimal commas", "a table of Markdown", "pasted from a spreadsheet"],
)
def test_results_as_people_lay_them_out(table: str) -> None:
    assert study_of({**CLINICAL, "results": table}).results == study_of(CLINICAL).results


def test_a_comma_of_thousands_is_no_decimal_point() -> None:
    table = "outcome; at; unit; arm; n; mean\nhba1c; 12 months; %; msc; 21; 7,500"
    (entry,) = (e for e in study_of({**CLINICAL, "results": table}).to_confirm if "the form says" in e.reason)
    assert "7,500" in entry.reason


def test_two_names_that_could_be_one_group_stay_two() -> None:
    groups = "\n".join(f"hba1c, 12 months, %, {name}, 9, 7" for name in ("cells", "treated"))
    table = f"outcome, at, unit, arm, n, mean\n{groups}"
    said = [e.reason for e in study_of({**CLINICAL, "results": table}).to_confirm]
    assert ["'cells'" in text or "'treated'" in text for text in said] == [True, True]


def test_headings_that_somebody_touched_are_found() -> None:
    body = filled(CLINICAL)
    for field, touched in (
        ("Title of the report", "## Title of the report:"),
        ("People or animals", "**People or animals**"),
        ("First author and year", "### first author and year"),
        ("DOI", "doi"),
    ):
        body = body.replace(f"### {field}\n", f"{touched}\n")
    assert read_issue(body, "issue.md", HINTS) == read(CLINICAL)


def test_a_word_that_is_a_heading_elsewhere_stays_a_word() -> None:
    study = study_of({**CLINICAL, "note": "Journal\n\nDOI: none\n\nTitle of the report"})
    assert study.study.notes == ("Journal DOI: none Title of the report",)


def test_a_heading_of_the_form_inside_an_answer_is_told() -> None:
    body = filled({**CLINICAL, "note": "see\n### Results\nnothing"})
    problem = read_issue(body, "issue.md", HINTS).problems[0]
    assert (problem.code, problem.message) == ("T907", "the heading 'Results' stands twice")
    assert body.split("\n")[problem.line - 1] == "### Results"


def test_other_headings_are_text() -> None:
    study = study_of({**CLINICAL, "note": "### Remark\n<script>\n- id: x"})
    assert study.study.notes == ("### Remark <script> - id: x",)


def test_sixty_thousand_letters_are_read() -> None:
    study = study_of({**CLINICAL, "note": "word 🙂 " * 8_000})
    assert len(study.study.notes[0]) > 55_000
    rows = "".join(f"hba1c, {i} months, %, msc, 21, 7.5 ± {i}, 1.0\n" for i in range(1, 1500))
    assert study_of({**CLINICAL, "results": f"outcome, at, unit, arm, n, mean, sd\n{rows}"}).results == ()


@pytest.mark.parametrize("text", ["", "### Something else\n\nx", "\x00"])
def test_no_form_is_a_problem_and_writes_nothing(text: str, tmp_path: Path) -> None:
    issue = tmp_path / "issue.md"
    issue.write_text(text, encoding="utf-8")
    done = CliRunner().invoke(main, ["from-issue", str(issue), "--output", str(tmp_path / "records")])
    assert done.exit_code == 1
    assert not (tmp_path / "records").exists()


def test_other_bytes_are_one_message(tmp_path: Path) -> None:
    issue = tmp_path / "issue.md"
    issue.write_bytes(b"\xff\xfe\x00")
    done = CliRunner().invoke(main, ["from-issue", str(issue)])
    assert done.exit_code == 2
    assert "is not text in UTF-8" in done.output


def test_windows_line_ends_and_standard_input(tmp_path: Path) -> None:
    body = filled(CLINICAL).replace("\n", "\r\n")
    done = CliRunner().invoke(main, ["from-issue", "-", "--output", str(tmp_path), "--dry-run"], input=body)
    assert done.exit_code == 0, done.output


@given(st.dictionaries(st.sampled_from([field.key for field in FIELDS if field.words is None]), st.text()))
def test_whatever_is_typed_ends_in_a_record_or_in_problems(answers: dict[str, str]) -> None:
    imported = read({**CLINICAL, **answers})
    assert imported.studies or imported.problems
