"""Two extractions: what belongs together, how it agrees, and the record made of both."""

from pathlib import Path

import pytest

from metamsc.errors import InputError
from metamsc.exchange.agreement import agreement_of
from metamsc.exchange.compare import Comparison, compare_studies
from metamsc.exchange.fields import decimals, lines_of, number_status
from metamsc.exchange.merge import MARK, adjudicate, left_to_decide, merge_studies
from metamsc.exchange.pairs import compare_paths, write_merged
from metamsc.records.load import load_study
from metamsc.records.studies import StudyFile

RECORD = """\
schema: 1
study: {id: a-2016, label: A, title: T, setting: clinical, design: rct-parallel, doi: 10.1000/a}
population: {diabetes_type: T1D}
arms:
  - {id: msc, role: treatment, n_randomised: 21, cells: {source: adipose}}
  - {id: control, role: control, comparator: placebo}
sources:
  abstract: {kind: abstract, reference: primary, url: "https://x.org", locator: Abstract}
results:
  - outcome: hba1c
    unit: "%"
    at: 12 months
    source: abstract
    arms: {msc: {n: 21, mean: 7.5, sd: 1.0}, control: {n: 21, mean: 8.80, sd: 0.9}}
  - outcome: insulin_dose
    unit: IU/day/kg
    at: 12 months
    source: abstract
    arms: {msc: {n: 21, mean: 0.6, sd: 0.2}, control: {n: 21, mean: 0.9, sd: 0.2}}
extraction: {extracted_by: Ada, date: "2026-01-01", status: single}
"""
OTHER = (
    RECORD.replace("extracted_by: Ada", "extracted_by: Ben")
    .replace("id: msc", "id: cells")
    .replace("msc: {n", "cells: {n")
    .replace("12 months", "1 year")
    .replace("IU/day/kg", "U/kg/day")
)


def write(folder: Path, name: str, text: str) -> Path:
    file = folder / name / "a-2016.yml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def compared(tmp_path: Path, other: str, first: str = RECORD) -> Comparison:
    (found,), problems = compare_paths(write(tmp_path, "a", first), write(tmp_path, "b", other))
    assert problems == ()
    return found


def disagreements(comparison: Comparison) -> list[tuple[str, str]]:
    return [(field.where, field.status) for field in comparison.disagreements]


def test_other_ids_order_and_units_are_no_disagreement(tmp_path: Path) -> None:
    head, first, second = OTHER.split("  - outcome: ")
    tail = second[second.index("extraction:") :]
    swapped = f"{head}  - outcome: {second.removesuffix(tail)}  - outcome: {first}{tail}"
    comparison = compared(tmp_path, swapped)
    assert comparison.matching.results == ((0, 1), (1, 0))
    assert comparison.matching.arms == {"cells": "msc", "control": "control"}
    assert disagreements(comparison) == []


def test_statuses(tmp_path: Path) -> None:
    other = (
        OTHER.replace("mean: 7.5,", "mean: 7.46,")
        .replace("mean: 8.80,", "mean: 8.8,")
        .replace("mean: 0.6, sd: 0.2", "mean: 0.6")
        .replace("n: 21, mean: 0.9, sd: 0.2", "n: 20, mean: 0.9, sd: 0.2")
        .replace("adipose", "bone-marrow")
        .replace(", n_randomised: 21", "")
        .replace("label: A,", "label: Another,")
    )
    comparison = compared(tmp_path, other)
    found = {field.where: field.status for field in comparison.fields}
    assert found["results[0].arms.msc.mean"] == "rounding"  # |7.5 - 7.46| = 0.04 <= 0.05
    assert found["results[0].arms.control.mean"] == "exact"
    assert disagreements(comparison) == [
        ("arms.msc.n_randomised", "only A"),
        ("arms.msc.cells.source", "differs"),
        ("results[1].arms.msc.sd", "only A"),
        ("results[1].arms.control.n", "differs"),
    ]
    assert found["study.label"] == "differs"  # wording: listed, not to adjudicate


@pytest.mark.parametrize(
    ("a", "b", "digits", "status"),
    [
        (7.5, 7.5, 1, "exact"),
        (7.5, 7.46, 1, "rounding"),
        (7.5, 7.55, 1, "rounding"),  # half a unit: it may have been rounded either way
        (7.5, 7.56, 1, "differs"),
        (7.5, 7.4, 1, "differs"),
        (21.0, 20.0, 0, "differs"),
        (1.1e6, 1.06e6, -5, "rounding"),
        (1.1e6, 1.04e6, -5, "differs"),
    ],
)
def test_rounding_by_hand(a: float, b: float, digits: int, status: str) -> None:
    assert number_status(a, b, digits) == status


def test_digits_are_those_printed(tmp_path: Path) -> None:
    file = write(tmp_path, "a", RECORD.replace("mean: 7.5,", "mean: 1.1e6,"))
    record = load_study(file.read_bytes(), str(file))
    assert isinstance(record, StudyFile)
    lines = lines_of(record)
    at = ("results", 0, "arms", "control", "mean")
    assert decimals(record, lines, at, 8.8) == 2  # printed 8.80
    assert decimals(record, lines, ("results", 0, "arms", "msc", "mean"), 1.1e6) == -5
    assert decimals(StudyFile(record.study), [], at, 8.8) == 1  # not read from a file


def test_what_only_one_has(tmp_path: Path) -> None:
    extra = (
        "  - outcome: c_peptide_fasting\n    unit: ng/mL\n    at: 12 months\n    source: table\n"
        "    arms: {cells: {n: 21, mean: 1, sd: 1}}\nextraction:"
    )
    other = OTHER.replace("extraction:", extra).replace(
        "results:", "  table: {kind: table, reference: primary, url: u, locator: Table 2}\nresults:"
    )
    comparison = compared(tmp_path, other)
    assert disagreements(comparison) == [("results[2]", "only B")]
    merged = merge_studies(comparison)
    assert [r.outcome for r in merged.results] == ["hba1c", "insulin_dose", "c_peptide_fasting"]
    assert set(merged.results[2].arms or {}) == {"msc"}, "called by the first record's id"
    assert set(merged.sources) == {"abstract", "table"}
    assert left_to_decide(merged) == ("results[2]",)


def test_merged_without_disagreement_is_double(tmp_path: Path) -> None:
    other = OTHER.replace("mean: 7.5,", "mean: 7.46,")
    merged = merge_studies(compared(tmp_path, other))
    assert merged.extraction.status == "double"
    assert merged.extraction.checked_by == "Ben"
    assert (merged.results[0].arms or {})["msc"].mean == 7.46, "the finer print of one number"
    assert merged.to_confirm == ()


def test_one_person_twice_is_not_double(tmp_path: Path) -> None:
    assert merge_studies(compared(tmp_path, OTHER.replace("Ben", " ada"))).extraction.status == "single"


def test_disagreement_adjudicated(tmp_path: Path) -> None:
    comparison = compared(tmp_path, OTHER.replace("sd: 0.9}", "sd: 0.8}"))
    (file,) = write_merged((comparison,), tmp_path / "a-2016.yml")
    record = load_study(file.read_bytes(), str(file))
    assert isinstance(record, StudyFile)
    assert record.study.extraction.status == "single"
    (entry,) = record.study.to_confirm
    assert entry.field == "results[0].arms.control.sd"
    assert entry.reason == f"{MARK}0.9 (Ada), 0.8 (Ben)"
    with pytest.raises(InputError, match="1 disagreements are still marked"):
        adjudicate(file.read_bytes(), str(file), "Cleo")
    lines = file.read_text().replace("sd: 0.9}", "sd: 0.80}  # Table 2").splitlines()
    start = lines.index("to_confirm:")
    settled = "\n".join([*lines[:start], *lines[start + 2 :]]) + "\n"
    text = adjudicate(settled.encode(), str(file), "Cleo: third").decode()
    closed = load_study(text.encode(), str(file))
    assert isinstance(closed, StudyFile)
    assert closed.study.extraction.status == "adjudicated"
    assert closed.study.extraction.checked_by == "Ben; adjudicated by Cleo: third"
    assert "sd: 0.80}  # Table 2" in text, "nothing else in the file changes"


def test_adjudicate_needs_two_extractors() -> None:
    with pytest.raises(InputError, match="checked_by"):
        adjudicate(RECORD.encode(), "a.yml", "Cleo")
    with pytest.raises(InputError, match="cannot be read"):
        adjudicate(b"x", "a.yml", "Cleo")


def test_agreement_counts_kappa_and_icc(tmp_path: Path) -> None:
    other = OTHER.replace("adipose", "bone-marrow").replace("mean: 0.6", "mean: 0.7")
    found = agreement_of([compared(tmp_path, other)])
    assert found.counts["differs"] == 2
    assert found.counts["only A"] == found.counts["only B"] == 0
    # Words: setting, design, diabetes_type, 2 roles, cells.source, comparator, source kind and reference: 9
    # pairs, 8 of them equal; each word once, so p_e = 8 / 81 and kappa = (8/9 - 8/81) / (1 - 8/81) = 64/73
    number, kappa = found.kappa["all words"]
    assert number == 9
    assert kappa == pytest.approx(64 / 73)
    assert found.icc["results.n"] == (4, None)  # 21 throughout


def test_itself(tmp_path: Path) -> None:
    comparison = compared(tmp_path, RECORD)
    assert {field.status for field in comparison.fields} == {"exact"}
    merged = merge_studies(comparison)
    assert merged.results == comparison.a.study.results


def test_shipped_records_agree_with_themselves() -> None:
    from metamsc.records.load import load_records

    studies, _ = load_records(Path(__file__).parents[2] / "data/extractions")
    for file in studies.files:
        comparison = compare_studies(file, file)
        assert comparison.disagreements == (), file.file
        merged = merge_studies(comparison)
        assert merged.model_copy(update={"extraction": file.study.extraction}) == file.study


def test_two_folders(tmp_path: Path) -> None:
    write(tmp_path, "a", RECORD)
    write(tmp_path, "b", OTHER)
    (tmp_path / "b/b-2017.yml").write_text(
        OTHER.replace("a-2016", "b-2017").replace("doi: 10.1000/a", "year: 2017")
    )
    found, problems = compare_paths(tmp_path / "a", tmp_path / "b")
    assert len(found) == 1
    assert [(p.severity, p.message.split()[0]) for p in problems] == [("warning", "b-2017")]


def test_not_one_study(tmp_path: Path) -> None:
    other = OTHER.replace("a-2016", "c-2016").replace("10.1000/a", "10.1000/c")
    with pytest.raises(InputError, match="not one study"):
        compared(tmp_path, other)
    with pytest.raises(InputError, match="two files or two folders"):
        compare_paths(tmp_path / "a", tmp_path / "b" / "a-2016.yml")


def test_merged_is_never_written_over_a_file(tmp_path: Path) -> None:
    comparison = compared(tmp_path, OTHER)
    with pytest.raises(InputError, match="never written over"):
        write_merged((comparison,), comparison.a.file)
