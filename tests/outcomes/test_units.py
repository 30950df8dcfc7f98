"""Conversions: constants from their sources, round trips, refusals."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metamsc.errors import OptionError, UnitError
from metamsc.outcomes.catalogue import NOT_PRINTED, catalogue, outcome
from metamsc.outcomes.units import convert, convertible

CLOSED = 1e-12  # one or two multiplications

MASTER_EQUATION = 0.003
"""The two published equations are rounded to four digits each: 0.09148 (10.93 x - 23.50) + 2.152 =
0.99988 x + 0.00222, at most 0.0022 % from x for x in 0 to 20 %."""

ATOMIC_WEIGHT = {"C": 12.011, "H": 1.008, "N": 14.007, "O": 15.999}
"""IUPAC conventional standard atomic weights."""


def molar_mass(formula: str) -> float:
    return sum(
        ATOMIC_WEIGHT[symbol] * int(count or 1) for symbol, count in re.findall(r"([A-Z])(\d*)", formula)
    )


def test_hba1c_level_by_the_published_equations() -> None:
    assert convert(7.0, "hba1c", "%", "mmol/mol").value == pytest.approx(53.01, rel=CLOSED)  # 76.51 - 23.50
    assert convert(53.0, "hba1c", "mmol/mol", "%").value == pytest.approx(
        7.00044, rel=CLOSED
    )  # 4.84844 + 2.152


def test_hba1c_difference_takes_the_slope_alone() -> None:
    assert convert(-1.0, "hba1c", "%", "mmol/mol", "difference").value == pytest.approx(-10.93, rel=CLOSED)
    assert convert(10.0, "hba1c", "mmol/mol", "%", "difference").value == pytest.approx(0.9148, rel=CLOSED)
    assert convert(0.0, "hba1c", "mmol/mol", "%", "difference").value == 0


def test_hba1c_is_not_the_dimensionless_ratio() -> None:
    assert convert(7.0, "hba1c", "%", "mmol/mol").value != pytest.approx(70.0, abs=10)


def test_glucose() -> None:
    assert molar_mass("C6H12O6") == pytest.approx(180.156, abs=5e-4)
    assert convert(100.0, "fasting_glucose", "mg/dL", "mmol/L").value == pytest.approx(
        100 / 18.0156, rel=CLOSED
    )
    assert convert(5.5507, "fasting_glucose", "mmol/L", "mg/dL").value == pytest.approx(100.0, abs=1e-3)


RESIDUES = {  # residue = amino acid less water
    "G": "C2H3N1O1", "A": "C3H5N1O1", "S": "C3H5N1O2", "P": "C5H7N1O1", "V": "C5H9N1O1",
    "L": "C6H11N1O1", "D": "C4H5N1O3", "Q": "C5H8N2O2", "E": "C5H7N1O3",
}  # fmt: skip


def test_c_peptide_molar_mass_follows_from_the_human_sequence() -> None:
    sequence = "EAEDLQVGQVELGGGPGAGSLQPLALEGSLQ"  # UniProt P01308, residues 57-87
    assert len(sequence) == 31
    mass = sum(molar_mass(RESIDUES[residue]) for residue in sequence) + molar_mass("H2O1")
    assert mass == pytest.approx(molar_mass("C129H211N35O48"), abs=1e-6)
    assert mass == pytest.approx(3020.3, abs=0.05)


def test_c_peptide() -> None:
    assert convert(1.0, "c_peptide_fasting", "ng/mL", "nmol/L").value == pytest.approx(1 / 3.0203, rel=CLOSED)
    assert convert(1.0, "c_peptide_fasting", "nmol/L", "pmol/L").value == pytest.approx(1000, rel=CLOSED)
    assert convert(1.0, "c_peptide_fasting", "pmol/mL", "nmol/L").value == 1.0
    assert convert(1.0, "c_peptide_fasting", "ng/mL", "pmol/L").value == pytest.approx(331.0929, abs=1e-4)


def test_creatinine() -> None:
    assert molar_mass("C4H7N3O1") == pytest.approx(113.12, abs=5e-4)
    assert convert(30.0, "albumin_creatinine_ratio", "mg/g", "mg/mmol").value == pytest.approx(
        3.3936, rel=CLOSED
    )


def test_insulin_needs_a_body_weight() -> None:
    assert convert(42.0, "insulin_dose", "IU/day", "UI/kg", body_weight=70.0).value == pytest.approx(
        0.6, rel=CLOSED
    )
    assert convert(0.6, "insulin_dose", "U/kg/day", "U/day", body_weight=70.0).value == pytest.approx(
        42, rel=CLOSED
    )
    with pytest.raises(UnitError, match="only with body_weight"):
        convert(42.0, "insulin_dose", "U/day", "U/kg/day")
    for weight in (0.0, -1.0, 70_000.0, math.nan):
        with pytest.raises(UnitError, match="body_weight must be"):
            convert(42.0, "insulin_dose", "U/day", "U/kg/day", body_weight=weight)
    assert not convertible("insulin_dose", "U/day", "U/kg/day")
    assert convertible("insulin_dose", "U/day", "U/kg/day", with_weight=True)


def test_times() -> None:
    assert convert(4.0, "time_to_healing", "weeks", "days").value == pytest.approx(28, rel=CLOSED)
    assert convert(12.0, "time_to_healing", "months", "years").value == pytest.approx(1, rel=CLOSED)
    assert convert(36.0, "time_to_healing", "hours", "days").value == pytest.approx(1.5, rel=CLOSED)


def test_glucose_area_in_hours() -> None:
    # 60 min at 1 mmol/L is 60 mmol/L·min, 1 mmol/L·h, 18.0156 mg/dL·h
    assert convert(60.0, "glucose_auc", "mmol/L·min", "mmol/L·h").value == pytest.approx(1, rel=CLOSED)
    assert convert(60.0, "glucose_auc", "mmol/L·min", "mg/dL·h").value == pytest.approx(18.0156, rel=CLOSED)


@pytest.mark.parametrize(
    ("outcome_id", "from_unit", "to_unit", "reason"),
    [
        ("c_peptide_auc", "pmol/mL/180 min", "nmol/L × 120 min", "different tests"),
        ("c_peptide_auc", "ng/mL·min", "ng/mL", "a standardised one"),
        ("wound_area_reduction", "%", "cm2", "baseline area"),
        ("fasting_insulin", "uU/mL", "pmol/L", "species and assay"),
        ("egfr", "mL/min", "mL/min/1.73m2", "body surface"),
        ("hba1c", NOT_PRINTED, "%", "not printed"),
        ("hba1c", "%", NOT_PRINTED, "not printed"),
    ],
)
def test_no_common_scale_is_refused_with_the_reason(
    outcome_id: str, from_unit: str, to_unit: str, reason: str
) -> None:
    with pytest.raises(UnitError, match=reason):
        convert(1.0, outcome_id, from_unit, to_unit)
    assert not convertible(outcome_id, from_unit, to_unit)


def test_averaged_areas_convert() -> None:
    assert convert(1.0, "c_peptide_auc", "ng/mL", "nmol/L").value == pytest.approx(1 / 3.0203, rel=CLOSED)


def test_glucose_disposal_in_moles() -> None:
    """1 mg/kg/min of glucose, 180.156 g/mol, is 1000/180.156 = 5.5507 umol/kg/min."""
    found = convert(1.0, "glucose_infusion_rate", "mg/min/kg", "umol/kg/min")
    assert found.value == pytest.approx(1000 / 180.156, rel=CLOSED)
    assert found.derivation == "umol/kg/min ← mg/kg/min (glucose 180.156 g/mol)"


def test_same_unit_is_left_alone() -> None:
    same = convert(7.5, "hba1c", "% points", "%")
    assert (same.value, same.unit, same.derivation) == (7.5, "%", "")
    assert convert(7.5, "hba1c", NOT_PRINTED, NOT_PRINTED).value == 7.5


@pytest.mark.parametrize(
    ("args", "text"),
    [
        ((53.0, "hba1c", "mmol/mol", "%"), "% ← mmol/mol (IFCC–NGSP master equation)"),
        ((100.0, "fasting_glucose", "mg/dl", "mM"), "mmol/L ← mg/dL (glucose 180.156 g/mol)"),
        ((1.0, "c_peptide_peak", "ng/ml", "nmol/L"), "nmol/L ← ng/mL (C-peptide 3020.3 g/mol)"),
        ((1.0, "wound_area", "mm2", "cm2"), "cm2 ← mm2"),
    ],
)
def test_derivation_says_what_it_leaned_on(args: tuple[float, str, str, str], text: str) -> None:
    assert convert(*args).derivation == text


def test_derivation_of_a_dose_names_the_weight() -> None:
    converted = convert(42.0, "insulin_dose", "IU/day", "UI/kg", body_weight=70.0)
    assert converted.derivation == "U/kg/day ← U/day (body weight 70 kg)"


def test_misuse_is_named() -> None:
    with pytest.raises(OptionError, match=r"kind must be one of 'level', 'difference'; got 'sd'"):
        convert(1.0, "hba1c", "%", "%", "sd")
    with pytest.raises(OptionError, match="hba1c"):
        convert(1.0, "hbaic", "%", "%")
    with pytest.raises(UnitError, match="counted"):
        convert(1.0, "death", "%", "%")


PAIRS = [
    (o.id, group.units[0].unit, unit.unit)
    for o in catalogue().outcomes.values()
    if o.quantity is not None
    for group in o.quantity.groups
    for unit in group.units[1:]
]


@given(st.sampled_from(PAIRS), st.floats(0, 20), st.sampled_from(["level", "difference"]))
def test_round_trip(pair: tuple[str, str, str], value: float, kind: str) -> None:
    outcome_id, base, unit = pair
    there = convert(value, outcome_id, base, unit, kind)
    back = convert(there.value, outcome_id, unit, base, kind)
    tolerance = MASTER_EQUATION if outcome_id == "hba1c" else 1e-9 * max(value, 1e-300)
    assert back.value == pytest.approx(value, abs=tolerance)
    assert there.unit == outcome(outcome_id).canonical_unit(unit)


@given(st.sampled_from(PAIRS), st.floats(-50, 50), st.floats(-50, 50))
def test_difference_of_levels_is_the_converted_difference(
    pair: tuple[str, str, str], first: float, second: float
) -> None:
    outcome_id, base, unit = pair
    levels = [convert(value, outcome_id, base, unit).value for value in (first, second)]
    difference = convert(first - second, outcome_id, base, unit, "difference").value
    scale = max(abs(level) for level in levels) + abs(difference)
    assert levels[0] - levels[1] == pytest.approx(difference, abs=1e-12 * scale + 1e-9)


@given(st.sampled_from(PAIRS), st.floats(0, 50), st.floats(0.001, 50))
def test_order_is_kept(pair: tuple[str, str, str], value: float, more: float) -> None:
    outcome_id, base, unit = pair
    assert convert(value, outcome_id, base, unit).value < convert(value + more, outcome_id, base, unit).value
