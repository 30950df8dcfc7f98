"""Two extractions of one abstract, as two people would write them, from comparison to adjudicated."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from metamsc.checks.run import check_records
from metamsc.cli import main
from metamsc.exchange.agreement import agreement_of
from metamsc.exchange.compare import Comparison, compare_studies
from metamsc.exchange.fields import converted_status
from metamsc.exchange.pairs import compare_paths
from metamsc.exchange.same_unit import in_unit_of
from metamsc.records.load import load_study, read_studies
from metamsc.records.studies import StudyFile

ROOT = Path(__file__).parents[2] / "examples/two-extractors"
ADA, BEN = ROOT / "ada/cai-2016.yml", ROOT / "ben/cai-2016.yml"
CLOSED = 1e-12  # one multiplication and one addition


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    (found,), problems = compare_paths(ADA, BEN)
    assert problems == ()
    return found


def test_each_passes_the_check_by_itself() -> None:
    assert check_records(ADA).problems == ()
    assert [p.code for p in check_records(BEN).problems] == ["P703"], "the SD called SE is suspected already"


def test_what_belongs_together_is_found(comparison: Comparison) -> None:
    assert comparison.matching.arms == {"uc-msc": "msc", "standard": "control"}
    assert comparison.matching.sources == {"results-section": "abstract"}
    assert comparison.matching.results == ((0, 2), (1, 1), (2, 3), (3, 4), (4, 0), (5, None))


TO_ADJUDICATE = {
    "study.blinding": "differs",
    "arms.msc.cells.product": "differs",
    "results[2].arms.control.n": "differs",
    "results[3].arms.msc.mean": "differs",
    "results[4].arms.msc.sd": "only A",
    "results[4].arms.msc.se": "only B",
    "results[5]": "only A",
    "missing_results[0]": "only A",
}


def test_disagreements_are_those_that_were_made(comparison: Comparison) -> None:
    assert {field.where: field.status for field in comparison.disagreements} == TO_ADJUDICATE


def test_other_units_of_one_number_agree(comparison: Comparison) -> None:
    """58 mmol/mol is 0.09148 * 58 + 2.152 = 7.45784 %; 7.5 stands for ± 0.05, 58 for ± 0.0457 %."""
    found = {field.where: field for field in comparison.fields}
    mean = found["results[1].arms.msc.mean"]
    assert mean.b == pytest.approx(7.45784, abs=CLOSED)
    assert (mean.status, mean.hint) == ("rounding", "58 mmol/mol is 7.458 %")
    assert found["results[1].arms.msc.sd"].b == pytest.approx(0.09148 * 10.9, abs=CLOSED)
    assert found["results[1].unit"].status == "rounding"
    assert found["results[3].unit"].status == "rounding", "three of four numbers are right in their unit"
    assert "9.4 mmol/L is 169.3 mg/dL" in found["results[3].arms.msc.mean"].hint
    assert "SE 0.2 × √21 = 0.917" in found["results[4].arms.msc.se"].hint  # 0.2 * 4.5826


@pytest.mark.parametrize(("b", "status"), [(7.45784, "rounding"), (7.59, "rounding"), (7.6, "differs")])
def test_limits_of_rounding_in_another_unit(b: float, status: str) -> None:
    assert converted_status(7.5, b, 0.05, 0.5 * 0.09148) == status  # 7.5 + 0.05 + 0.04574 = 7.59574


def test_units_that_are_one_or_none() -> None:
    assert in_unit_of("insulin_dose", "U/kg/day", "IU/day/kg") is None
    assert in_unit_of("hba1c", None, "%") is None
    assert in_unit_of("insulin_dose", "IU/day", "IU/day/kg") is None, "needs a body weight"
    assert in_unit_of("hba1c", "mmol/mol", "%") is not None


def test_units_that_cannot_be_turned_differ(tmp_path: Path) -> None:
    text = ADA.read_text().replace("unit: IU/day/kg", "unit: IU/day")
    other = load_study(text.encode(), "b.yml")
    ada = load_study(ADA.read_bytes(), "a.yml")
    assert isinstance(other, StudyFile)
    assert isinstance(ada, StudyFile)
    found = [field.where for field in compare_studies(ada, other).disagreements]
    assert found == ["results[4].unit"]


def test_numbers_of_other_units_are_not_taken_together(comparison: Comparison) -> None:
    icc = agreement_of([comparison]).icc
    assert icc["hba1c (%).mean"][0] == 4
    assert not any(name.startswith("hba1c.") for name in icc)


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert "Traceback" not in result.output
    return result.exit_code, result.output


def test_from_comparison_to_an_adjudicated_record(tmp_path: Path) -> None:
    """What docs/exchange.md tells people to do, step by step."""
    merged = tmp_path / "clinical/cai-2016.yml"
    code, shown = run("compare", ADA, BEN, "--output", merged)
    assert code == 1
    assert "8 to adjudicate" in shown
    assert "status stays single, 8 disagreements marked" in shown
    report = check_records(merged)
    assert [p.code for p in report.errors] == ["C519"] * 8, "no analysis runs while one is open"
    code, shown = run("compare", merged, "--adjudicated-by", "Cleo Third")
    assert code == 1
    assert "8 disagreements are still marked" in shown
    text = merged.read_text()
    start, end = text.index("to_confirm:"), text.index("extraction:")
    settled = text[:start] + "# blinding: open, Methods, second paragraph\n" + text[end:]
    merged.write_text(settled.replace("151.2", "151.20"))
    assert check_records(merged).problems == ()
    code, shown = run("compare", merged, "--adjudicated-by", "Cleo Third")
    assert code == 0, shown
    study = read_studies(merged)[0]
    assert study.extraction.status == "adjudicated"
    assert study.extraction.checked_by == "Ben Sample; adjudicated by Cleo Third"
    assert "# blinding: open, Methods" in merged.read_text()
    assert check_records(merged).problems == ()


def test_without_disagreement_it_is_double(tmp_path: Path) -> None:
    again = tmp_path / "again/cai-2016.yml"
    again.parent.mkdir()
    again.write_text(ADA.read_text().replace("Ada Example", "Ben Sample").replace('unit: "%"', "unit: '%'"))
    code, shown = run("compare", ADA, again, "--output", tmp_path / "clinical/cai-2016.yml")
    assert code == 0
    assert "status double" in shown
    assert read_studies(tmp_path / "clinical")[0].extraction.status == "double"
    assert check_records(tmp_path / "clinical").problems == ()
