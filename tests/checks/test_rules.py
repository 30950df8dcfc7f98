"""Rules at their limits: what is just allowed and just not."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metamsc.checks import arithmetic, coherence, duplicates, plausibility, references
from metamsc.checks.rule import RecordCheck
from metamsc.checks.run import check_records, check_studies
from metamsc.records.model import Study
from metamsc.records.studies import Studies
from metamsc.records.yaml_events import Loaded, load_yaml_bytes

VALID = Path(__file__).parents[1] / "examples" / "extractions" / "valid"


def plain(path: str = "clinical/trial-2020.yml") -> dict[str, Any]:
    """Plain data of a valid example with one row left."""
    loaded = load_yaml_bytes((VALID / path).read_bytes(), path)
    assert isinstance(loaded, Loaded)
    loaded.data["results"] = loaded.data["results"][:1]
    return loaded.data


def count(check: RecordCheck, data: dict[str, Any]) -> int:
    return len(list(check(Study.model_validate(data))))


def with_value(value: dict[str, Any], outcome: str = "insulin_independence", **row: Any) -> dict[str, Any]:
    data = plain()
    arms = {
        "msc": value,
        "control": {"n": 20, "events": 1} if "events" in value or "percent" in value else value,
    }
    data["results"] = [{"outcome": outcome, "at": "12 months", "source": "abstract", "arms": arms, **row}]
    return data


@pytest.mark.parametrize(("n", "events", "found"), [(21, 21, 0), (21, 22, 1), (0, 0, 0)])
def test_events_within_n(n: int, events: int, found: int) -> None:
    assert count(arithmetic.check_events_within_n, with_value({"n": n, "events": events})) == found


@pytest.mark.parametrize(
    ("percent", "n", "found"),
    [
        (14.3, 21, 0),  # 3/21 = 14.286
        (14.2, 21, 1),  # 14.15 to 14.25 holds no count of 21
        (14, 21, 0),  # 13.5 to 14.5
        (15.0, 21, 1),  # YAML cannot tell 15.0 from 15: 14.5 to 15.5 holds none
        (33.33, 3, 0),
        (33.34, 3, 1),
        (100, 7, 0),
        (0, 7, 0),
        (12.5, 8, 0),
    ],
)
def test_percent_possible(percent: float, n: int, found: int) -> None:
    assert count(arithmetic.check_percent_possible, with_value({"n": n, "percent": percent})) == found


@settings(deadline=None)  # reads an example file each time; slow on a busy machine
@given(st.integers(1, 400), st.data(), st.integers(0, 3))
def test_a_rounded_percentage_of_a_count_is_always_possible(n: int, data: st.DataObject, digits: int) -> None:
    events = data.draw(st.integers(0, n))
    value = {"n": n, "percent": round(100 * events / n, digits)}
    assert count(arithmetic.check_percent_possible, with_value(value)) == 0
    assert count(arithmetic.check_percent_is_events, with_value({**value, "events": events})) == 0


def test_n_within_randomised_counts_participants_only() -> None:
    value = {"n": 27, "events": 3}
    assert count(arithmetic.check_n_within_randomised, with_value(value)) == 1
    assert count(arithmetic.check_n_within_randomised, with_value(value, unit_of_analysis="limbs")) == 0


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ({"mean": 7.5, "ci": [7.5, 7.5]}, 0),
        ({"mean": 7.5, "ci": [7.6, 8.0]}, 1),
        ({"change": -1.0, "ci": [0.5, 1.5]}, 1),
        ({"median": 7.0, "ci": [6.0, 8.0]}, 0),
    ],
)
def test_interval_holds_centre(value: dict[str, Any], found: int) -> None:
    data = with_value(value, "hba1c", unit="%")
    assert count(arithmetic.check_interval_holds_centre, data) == 2 * found  # both arms


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ({"median": 7.0, "iq_range": [7.0, 7.0]}, 0),
        ({"median": 7.0, "iq_range": [7.1, 8.0]}, 1),
        ({"median": 7.0, "iq_range": [6.0, 8.0], "range": [6.0, 8.0]}, 0),
        ({"median": 7.0, "iq_range": [6.0, 8.0], "range": [6.5, 8.0]}, 1),
        ({"mean": 9.0, "range": [6.5, 8.0]}, 1),
    ],
)
def test_quartiles_ordered(value: dict[str, Any], found: int) -> None:
    assert count(arithmetic.check_quartiles_ordered, with_value(value, "hba1c", unit="%")) == 2 * found


def test_arithmetic_in_a_row_kept_aside_is_a_warning() -> None:
    data = with_value({"n": 20, "events": 21}, pool=False, note="printed so")
    problems = check_studies(Studies.of(Study.model_validate(data)))
    assert [(p.code, p.severity) for p in problems if p.code == "A601"] == [("A601", "warning")]
    data = with_value({"n": 20, "events": 21})
    problems = check_studies(Studies.of(Study.model_validate(data)))
    assert [(p.code, p.severity) for p in problems if p.code == "A601"] == [("A601", "error")]


@pytest.mark.parametrize(
    ("at", "follow_up", "found"),
    [
        ("12 months", "52 weeks", 0),
        ("52 weeks", "360 days", 0),
        ("14 months", "12 months", 1),
        ("baseline", "12 months", 0),
        ("not reported", "12 months", 0),
        ("2 years", "not reported", 0),
    ],
)
def test_time_within_follow_up(at: str, follow_up: str, found: int) -> None:
    data = with_value({"n": 20, "events": 2})
    data["results"][0]["at"] = at
    data["study"]["follow_up"] = follow_up
    assert count(coherence.check_time_within_follow_up, data) == found


@pytest.mark.parametrize(
    ("strain", "agent", "models", "found"),
    [
        ("db/db", "genetic", "T2D", 0),
        ("BKS.Cg-Dock7m +/+ Leprdb/J (db/db)", "genetic", "T1D", 1),
        ("Goto-Kakizaki", "genetic", "T1D", 1),
        ("GK", "genetic", "T1D", 1),
        ("NOD", "spontaneous", "T2D", 1),
        ("NOD", "spontaneous", "T1D", 0),
        ("NOD/SCID", "high-fat-diet+streptozotocin", "T2D", 0),
        ("C57BL/6", "streptozotocin", "T1D", 0),
        ("db/db", "genetic", "unspecified", 0),
    ],
)
def test_model_fits_type(strain: str, agent: str, models: str, found: int) -> None:
    data = plain("preclinical/mice-2018.yml")
    data["model"].update(strain=strain, induction={"agent": agent}, models_type=models)
    assert count(coherence.check_model_fits_type, data) == found


@pytest.mark.parametrize(
    ("strain", "species", "found"),
    [
        ("Wistar", "rat", 0),
        ("Sprague-Dawley", "mouse", 1),
        ("C57BL/6", "rat", 1),
        ("NOD/scid", "mouse", 0),
        ("BALB/c nude", "mouse", 0),
        ("db/db", "rat", 1),
        ("an own strain", "rat", 0),
        ("Wistar", "not-reported", 0),
        ("beagle", "dog", 0),
        ("New Zealand White", "rabbit", 0),
    ],
)
def test_strain_fits_species(strain: str, species: str, found: int) -> None:
    data = plain("preclinical/mice-2018.yml")
    data["model"].update(strain=strain, species=species)
    assert count(coherence.check_strain_fits_species, data) == found


@pytest.mark.parametrize(
    ("number", "found"),
    [
        ("NCT01374854", 0),
        ("NCT0137485", 1),
        ("NCT 01374854", 1),
        ("ChiCTR2200055885", 0),
        ("ChiCTR-INR-17010335", 0),
        ("ISRCTN12345678", 0),
        ("2013-001234-12", 0),
        ("IRCT20110726007115N4", 0),
        ("UMIN000012345", 0),
        ("CTRI/2018/01/011254", 0),
        ("see text", 1),
    ],
)
def test_registration_form(number: str, found: int) -> None:
    data = plain()
    data["study"]["registration"] = [number]
    assert count(coherence.check_registration_form, data) == found


@pytest.mark.parametrize(
    ("design", "tool", "found"),
    [
        ("rct-parallel", "rob2", 0),
        ("rct-active", "robins-i-v2", 1),
        ("nonrandomised-controlled", "robins-i-v2", 0),
    ],
)
def test_rob_tool(design: str, tool: str, found: int) -> None:
    data = plain()
    data["study"]["design"] = design
    data["risk_of_bias"] = [{"tool": tool}]
    assert count(coherence.check_rob_tool, data) == found


def test_contrast_between_treatments_in_an_active_trial() -> None:
    data = plain()
    data["arms"][1] = {**data["arms"][0], "id": "control"}
    contrast = {"treatment": "msc", "control": "control", "difference": 1.0, "se": 0.5}
    data["results"] = [
        {"outcome": "hba1c", "unit": "%", "at": "8 weeks", "source": "abstract", "contrast": contrast}
    ]
    assert count(coherence.check_contrast_roles, data) == 1
    data["study"]["design"] = "rct-active"
    assert count(coherence.check_contrast_roles, data) == 0


@pytest.mark.parametrize(
    ("row", "known", "given"),
    [
        ({"outcome": "hba1c", "unit": "%"}, 0, 0),
        ({"outcome": "hba1c"}, 0, 1),
        ({"outcome": "hba1c", "unit": "not printed"}, 0, 0),
        ({"outcome": "hba1c", "unit": "mg/dL"}, 1, 0),
        ({"outcome": "homa_ir"}, 0, 0),
        ({"outcome": "insulin_dose", "unit": "UI/kg"}, 0, 0),
        ({"outcome": "insulin_dose", "unit": "%"}, 1, 0),
        ({"outcome": "death", "unit": "%"}, 1, 0),
    ],
)
def test_units(row: dict[str, Any], known: int, given: int) -> None:
    data = plain()
    data["results"] = [
        {"at": "8 weeks", "source": "abstract", "arms": {"msc": {"n": 20, "mean": 7.5}}, **row}
    ]
    assert count(references.check_units_known, data) == known
    assert count(references.check_units_given, data) == given


def test_percent_change_has_percent_as_its_unit_or_none() -> None:
    arms = {"msc": {"n": 20, "percent_change": -42.0}}
    for row in ({"unit": "%"}, {}):
        data = plain()
        data["results"] = [
            {"outcome": "insulin_dose", "at": "8 weeks", "source": "abstract", "arms": arms, **row}
        ]
        assert count(references.check_units_known, data) == 0
        assert count(references.check_units_given, data) == 0
        assert count(plausibility.check_means_plausible, data) == 0


@pytest.mark.parametrize(
    ("unit", "value", "found"),
    [
        ("%", {"mean": 7.5}, 0),
        ("%", {"mean": 58}, 1),
        ("mmol/mol", {"mean": 58}, 0),
        ("mmol/mol", {"mean": 7.5}, 1),
        ("%", {"change": -1.1}, 0),
        ("%", {"change": -15}, 1),
        ("not printed", {"mean": 58}, 0),
    ],
)
def test_plausible_range_follows_the_unit(unit: str, value: dict[str, Any], found: int) -> None:
    data = with_value(value, "hba1c", unit=unit)
    assert count(plausibility.check_means_plausible, data) == 2 * found


def test_duplicate_rows_are_told_apart() -> None:
    data = with_value({"n": 20, "events": 2})
    row = data["results"][0]
    assert count(duplicates.check_results_once, {**data, "results": [row, dict(row)]}) == 1
    for change in (
        {"definition": "x"},
        {"at": "6 months"},
        {"subgroup": "x"},
        {"at_note": "x"},
        {"outcome": "death"},
    ):
        assert count(duplicates.check_results_once, {**data, "results": [row, {**row, **change}]}) == 0


@pytest.mark.parametrize(("cohorts", "found"), [((None, None), 1), (("a", "b"), 1), (("a", "a"), 0)])
def test_shared_doi_or_trial_needs_a_cohort(cohorts: tuple[str | None, str | None], found: int) -> None:
    studies = []
    for name, cohort in zip("ab", cohorts, strict=True):
        data = plain()
        data["study"].update(id=name, cohort=cohort)
        studies.append(Study.model_validate(data))
    papers = list(duplicates.check_paper_once(Studies.of(*studies), [None] * 2))
    assert [f.path[-1] for _, f in papers] == ["doi", "pmid", "pmcid"] * found
    assert len(list(duplicates.check_registration_once(Studies.of(*studies), [None] * 2))) == found


def test_report_of_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "bad.yml").write_text("a: [")
    report = check_records(tmp_path)
    assert report.files == (str(tmp_path / "bad.yml"),)
    assert (len(report.errors), len(report.warnings), len(report.studies)) == (1, 0, 0)
    assert report.exit_code == 1


def test_warnings_alone_are_no_failure_unless_strict() -> None:
    file = VALID.parent / "invalid" / "C511-country.yml"
    assert check_records(file).exit_code == 0
    assert check_records(file, strict=True).exit_code == 1
    assert len(check_records(file).warnings) == 1
