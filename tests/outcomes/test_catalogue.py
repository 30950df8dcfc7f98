"""The catalogue as data: complete, sound, read alike by two readers."""

import re
from importlib import resources
from pathlib import Path

import pytest
from pydantic import ValidationError

from metamsc.errors import OptionError, UnitError
from metamsc.outcomes.catalogue import NOT_PRINTED, Outcome, build_catalogue, catalogue, outcome, spelling_key
from metamsc.outcomes.document import outcomes_page
from metamsc.records.yaml_events import Loaded, load_yaml_bytes
from metamsc.vocabulary import Setting

PAGE = Path(__file__).parents[2] / "docs" / "outcomes.md"
OUTCOMES = list(catalogue().outcomes.values())
CLINICAL = [
    "hba1c",
    "c_peptide_fasting",
    "c_peptide_peak",
    "c_peptide_auc",
    "c_peptide_percent_baseline",
    "insulin_dose",
    "fasting_glucose",
    "postprandial_glucose",
    "egfr",
    "mgfr",
    "insulin_auc",
    "glucose_infusion_rate",
    "homa_beta",
    "homa_ir",
    "time_to_healing",
    "wound_area",
    "wound_area_reduction",
    "erectile_function",
    "symptom_score",
    "body_weight",
    "insulin_independence",
    "responder",
    "remission",
    "hba1c_target",
    "drug_independence",
    "adverse_events",
    "serious_adverse_events",
    "death",
    "ulcer_healing",
    "amputation",
    "macrovascular_event",
    "peripheral_neuropathy",
    "angiogenesis",
]
PRECLINICAL = [
    "blood_glucose",
    "fasting_glucose",
    "glucose_auc",
    "fasting_insulin",
    "c_peptide_fasting",
    "hba1c",
    "homa_ir",
    "homa_beta",
    "body_weight",
    "wound_healing",
    "wound_healing_time",
    "wound_gap",
    "granulation_area",
    "islet_diameter",
    "islet_area",
    "graft_survival_time",
    "albumin_creatinine_ratio",
    "capillary_density",
    "irs1_phosphorylation",
    "fractional_shortening",
    "islet_cell_count",
    "survival",
    "normoglycaemia",
    "responder",
    "diabetes_incidence",
    "death",
]


def test_holds_the_outcomes_that_records_use() -> None:
    by_setting = {s: {o.id for o in OUTCOMES if s in o.settings} for s in Setting}
    assert set(CLINICAL) <= by_setting[Setting.CLINICAL]
    assert set(PRECLINICAL) <= by_setting[Setting.PRECLINICAL]


def test_our_own_yaml_reader_reads_it_alike() -> None:
    content = resources.files("metamsc.outcomes").joinpath("catalogue.yml").read_bytes()
    loaded = load_yaml_bytes(content, "catalogue.yml")
    assert isinstance(loaded, Loaded), loaded
    assert build_catalogue(loaded.data) == catalogue()


@pytest.mark.parametrize("entry", OUTCOMES, ids=lambda entry: entry.id)
def test_units_belong_to_the_quantity(entry: Outcome) -> None:
    if entry.kind == "event":
        assert entry.units == ()
        assert not entry.accepts("%")
        return
    assert entry.unit in entry.units
    assert all(entry.canonical_unit(limit.unit) == limit.unit for limit in entry.plausible)
    assert all(limit.range[0] < limit.range[1] for limit in entry.plausible)
    assert {limit.setting for limit in entry.plausible} <= set(entry.settings)
    assert entry.accepts(NOT_PRINTED)
    if entry.mid is not None and entry.mid.unit is not None:
        assert entry.accepts(entry.mid.unit)


@pytest.mark.parametrize("entry", OUTCOMES, ids=lambda entry: entry.id)
def test_a_minimal_important_difference_has_a_source_or_a_reason(entry: Outcome) -> None:
    if entry.mid is None:
        assert entry.mid_reason
    else:
        assert entry.mid.source
        assert re.match(r"https://\S+", entry.mid.url)


def test_no_spelling_stands_for_two_units_of_one_group() -> None:
    for name, quantity in catalogue().quantities.items():
        for group in quantity.groups:
            keys = [key for u in group.units for key in {spelling_key(text) for text in (u.unit, *u.aliases)}]
            assert len(keys) == len(set(keys)), name


def test_every_spelling_is_found_in_its_own_group() -> None:
    for name, quantity in catalogue().quantities.items():
        for number, group in enumerate(quantity.groups):
            for unit in group.units:
                for spelling in (unit.unit, *unit.aliases):
                    assert quantity.find(spelling) == (number, unit), f"{name}: {spelling}"


@pytest.mark.parametrize(
    ("outcome_id", "printed", "canonical"),
    [
        ("hba1c", "% points", "%"),
        ("hba1c", "mmol / mol", "mmol/mol"),
        ("insulin_dose", "IU/day/kg", "U/kg/day"),
        ("insulin_dose", "UI/kg", "U/kg/day"),
        ("insulin_dose", "IU/kg", "U/kg/day"),
        ("insulin_dose", "units/kg per day", "U/kg/day"),
        ("insulin_dose", "IU/day", "U/day"),
        ("egfr", "ml/min/1.73 m2", "mL/min/1.73m2"),
        ("egfr", "mL/min/1.73 m²", "mL/min/1.73m2"),
        ("fasting_glucose", "mmol/l", "mmol/L"),
        ("fasting_glucose", "mg/dl", "mg/dL"),
        ("c_peptide_fasting", "µg/L", "ng/mL"),
        ("c_peptide_fasting", "pmol/mL", "nmol/L"),
        ("c_peptide_auc", "ng/ml.min", "ng/mL·min"),
        ("c_peptide_auc", "nmol/l x 120 min", "nmol/L × 120 min"),
        ("c_peptide_auc", "pmol/mL/180 min", "pmol/mL/180 min"),
        ("glucose_infusion_rate", "mg/min/kg", "mg/kg/min"),
        ("erectile_function", "score", "points"),
        ("wound_gap", "μm", "um"),
    ],
)
def test_units_as_papers_print_them(outcome_id: str, printed: str, canonical: str) -> None:
    assert outcome(outcome_id).canonical_unit(printed) == canonical


def test_unknown_unit_lists_the_known_ones() -> None:
    with pytest.raises(UnitError, match=re.escape("%, mmol/mol, or 'not printed'; got 'mg/dL'")):
        outcome("hba1c").canonical_unit("mg/dL")
    with pytest.raises(UnitError, match="it is counted"):
        outcome("death").canonical_unit("%")


def test_unknown_outcome_names_the_nearest() -> None:
    with pytest.raises(OptionError, match="Did you mean 'hba1c'"):
        outcome("hbaic")
    with pytest.raises(OptionError, match="Known: hba1c"):
        outcome("zzz")


def test_families() -> None:
    assert catalogue().members("c_peptide") == (
        "c_peptide_fasting",
        "c_peptide_unspecified",
        "c_peptide_peak",
        "c_peptide_postprandial",
        "c_peptide_auc",
        "c_peptide_percent_baseline",
    )
    assert catalogue().members("insulin_sensitivity") == (
        "glucose_infusion_rate",
        "homa_ir",
        "insulin_tolerance",
    )
    assert set(catalogue().members("renal")) == {"egfr", "mgfr", "albumin_creatinine_ratio"}
    assert catalogue().members("hba1c") == ("hba1c",)
    assert {family for o in OUTCOMES for family in o.families} == set(catalogue().families)
    with pytest.raises(OptionError, match="peptides"):
        catalogue().members("peptides")


def test_what_outcomes_are_to_patients() -> None:
    assert outcome("ulcer_healing").importance == "patient-important"
    assert outcome("hba1c").importance == "surrogate"
    assert outcome("c_peptide_auc").importance == "physiological"
    animals = next(item for item in OUTCOMES if Setting.CLINICAL not in item.settings)
    assert animals.importance is None
    written = outcome("hba1c").model_dump(by_alias=True)
    with pytest.raises(ValidationError, match="has `importance`"):
        Outcome.model_validate({**written, "importance": None})
    with pytest.raises(ValidationError, match="animals alone has none"):
        Outcome.model_validate({**animals.model_dump(by_alias=True), "importance": "surrogate"})


def test_mappings_are_read_only() -> None:
    with pytest.raises(TypeError):
        catalogue().outcomes["x"] = OUTCOMES[0]  # type: ignore[index]  # that it is refused is the test


def test_page_is_up_to_date() -> None:
    command = "run python -m metamsc.outcomes.document docs/outcomes.md"
    assert PAGE.read_text(encoding="utf-8") == outcomes_page(catalogue()), command
