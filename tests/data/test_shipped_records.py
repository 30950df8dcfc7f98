"""The records that ship with metamsc: sound, traceable, and true to the rules of the evidence."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from metamsc import CheckReport, Study, check_records
from metamsc.records.model import Result
from metamsc.records.values import ArmValue
from metamsc.vocabulary import MissingKind, Publication, Setting

RECORDS = Path(__file__).parents[2] / "data" / "extractions"

LABEL_WIDTH = 30
"""Longest label that leaves a forest plot room for its numbers."""

ACKNOWLEDGED = {
    # The page quoted prints C-peptide in umol/L and pmol/L; one is a misprint, kept as printed.
    ("uc-msc-series-cn", "P701", "results[2].arms.msc.mean"),
    ("uc-msc-series-cn", "P701", "results[3].arms.msc.mean"),
    # Islet diameters printed in mm that are plainly micrometres, kept as printed.
    ("endrinaldi-wj-msc", "P701", "results[0].arms.wj-msc.mean"),
    ("endrinaldi-wj-msc", "P701", "results[0].arms.control.mean"),
    # A review prints 1e9 mononuclear cells per kg.
    ("bhansali-2017", "P707", "arms[1].cells.dose.value"),
    # The same page prints C-peptide after a meal a three-hundredth of usual, too.
    ("uc-msc-series-cn", "P701", "results[4].arms.msc.mean"),
    ("uc-msc-series-cn", "P701", "results[5].arms.msc.mean"),
    # C-peptide at baseline of two arms that were not randomised, next to nothing in both, as printed.
    ("thakkar-2015", "P708", "results[2].arms.autologous.mean"),
    # Addresses as they were noted when the text was read: no more than that is known of them.
    ("shrestha-2013", "C515", "sources.abstract.url"),
    ("stem-cells-prp-wound-2021", "C515", "sources.figure-3-legend.url"),
}

NOT_MSC_ARMS = {
    ("bajuri-2023", "adipose"),
    ("bhansali-2014-rct", "abmsct"),
    ("bhansali-2014-single-arm", "abmsct"),
    ("bhansali-2017", "mnc"),
    ("gooch-2021", "neo-islets"),
    ("haller-cord-blood", "cord-blood"),
    ("han-2010", "pla"),
    ("jain-2011", "marrow-cells"),
    ("lonardi-2019", "adipose"),
    ("low-temperature-mat-niche", "adipose"),
    ("lu-2011", "bmmnc"),
    ("luoyang-2021", "marrow-cells"),
    ("namgoong-2022", "adipose"),
    ("sood-2017", "intravenous"),
    ("sood-2017", "spd-sma"),
    ("sood-2017", "splenic-artery"),
    ("svf-pig-wounds", "ha-svf"),
    ("svf-pig-wounds", "svf"),
    ("wu-2024", "mnc"),
    ("yasti-2023", "adipose"),
    ("zhao-2013", "groups-a-b"),
    ("zhao-2013", "group-c"),
}

NEVER_POOLED = {
    ("admsc-nod-pmc3447906", "responder"): 1,  # responders chosen after the fact, no control count
    ("adsc-islets-2010", "graft_survival_time"): 1,  # arms got different doses of islets
    ("apelin-msc-2018", "blood_glucose"): 3,  # before and after in one arm
    ("carlsson-2023", "c_peptide_auc"): 1,  # arms start at 96 and 48
    ("endrinaldi-wj-msc", "islet_area"): 1,  # unit plainly wrong
    ("endrinaldi-wj-msc", "islet_diameter"): 1,
    ("insulin-gene-msc-2007", "body_weight"): 1,  # treated arm only
    ("ipc-pancreatectomy-rats", "blood_glucose"): 1,  # during glucose loading, comparator inferred
    ("lonardi-2019", "ulcer_healing"): 1,  # percentages contradict the printed P
    ("namgoong-2022", "wound_area_reduction"): 1,  # ± contradicts the printed P
    ("svf-pig-wounds", "capillary_density"): 1,  # wounds nested in 4 pigs
    ("uc-msc-series-cn", "c_peptide_postprandial"): 2,
    ("uc-msc-series-cn", "c_peptide_fasting"): 2,  # original paper unknown, no n
    ("uc-msc-series-cn", "fasting_glucose"): 2,
    ("uc-msc-series-cn", "hba1c"): 2,
    ("uc-msc-series-cn", "postprandial_glucose"): 2,
    ("ucb-msc-routes-mice", "body_weight"): 2,  # per cent of another group
}


@pytest.fixture(scope="module")
def report() -> CheckReport:
    return check_records(RECORDS)


@pytest.fixture(scope="module")
def studies(report: CheckReport) -> dict[str, Study]:
    return {study.id: study for study in report.studies}


def _values(study: Study) -> Iterator[tuple[Result, ArmValue]]:
    for result in study.results:
        for value in (result.arms or {}).values():
            yield result, value


def test_all_records_are_valid(report: CheckReport) -> None:
    assert report.errors == ()
    assert len(report.studies) == len(report.files)


def test_every_warning_has_been_looked_at(report: CheckReport) -> None:
    assert report.warnings == (), [str(problem) for problem in report.warnings]
    found = [entry.problem for entry in report.acknowledged]
    assert {(Path(p.file).stem, p.code, p.where) for p in found} == ACKNOWLEDGED
    assert len(found) == len(ACKNOWLEDGED)


def test_there_are_enough_real_studies(studies: dict[str, Study]) -> None:
    count = Counter(study.study.setting for study in studies.values())
    assert count[Setting.CLINICAL] >= 30
    assert count[Setting.PRECLINICAL] >= 12


def test_labels_are_short_and_unique(studies: dict[str, Study]) -> None:
    labels = [study.label for study in studies.values()]
    assert [label for label in labels if len(label) > LABEL_WIDTH] == []
    assert [label for label, times in Counter(labels).items() if times > 1] == []


def test_every_number_has_a_source(studies: dict[str, Study]) -> None:
    for study in studies.values():
        assert all(source.url or source.citation for source in study.sources.values())
        for result in study.results:
            assert result.source, f"{study.id}: {result.outcome}"
            assert set(result.source) <= set(study.sources), f"{study.id}: {result.outcome}"


def test_an_unlabelled_spread_is_never_an_sd(studies: dict[str, Study]) -> None:
    unlabelled = re.compile(r"unlabelled|not label", re.IGNORECASE)
    for study in studies.values():
        for result, value in _values(study):
            if unlabelled.search(f"{value.note} {result.note}"):
                assert (value.sd, value.se) == (None, None), f"{study.id}: {result.outcome} {result.at}"


def test_a_record_without_numbers_says_what_is_missing(studies: dict[str, Study]) -> None:
    silent = [study.id for study in studies.values() if not study.results and not study.missing_results]
    assert silent == []


def test_products_that_are_not_msc(studies: dict[str, Study]) -> None:
    arms = ((study.id, arm) for study in studies.values() for arm in study.arms)
    assert {(name, arm.id) for name, arm in arms if arm.cells and not arm.cells.msc} == NOT_MSC_ARMS


def test_rows_kept_only_to_show_what_is_printed(studies: dict[str, Study]) -> None:
    kept = ((study.id, result) for study in studies.values() for result in study.results)
    assert Counter((name, r.outcome) for name, r in kept if not r.pool) == NEVER_POOLED


def test_one_cohort_has_one_key(studies: dict[str, Study]) -> None:
    shared: dict[str, set[str]] = {}
    for study in studies.values():
        shared.setdefault(study.cohort, set()).add(study.id)
    assert {key: ids for key, ids in shared.items() if len(ids) > 1} == {
        "br-asc-nct03920397": {"araujo-2020", "dantas-2020", "dantas-12-months", "dantas-2021"},
        "zang-pla-general": {"zang-2022", "pla-general-hospital-tir"},
        "msc-cyclosporin-2009": {"msc-cyclosporin-2009", "pmc7812547-ref-101"},
    }


def test_co_interventions_are_moderators(studies: dict[str, Study]) -> None:
    for name in ("cai-2016", "araujo-2020", "dantas-2020", "dantas-12-months", "dantas-2021", "wu-2024"):
        cells = studies[name].arms[0].cells
        assert cells is not None
        assert cells.co_intervention, name


@pytest.mark.parametrize(
    ("name", "outcome", "kind"),
    [
        ("prochymal-2012", "c_peptide", MissingKind.UNPUBLISHED),
        ("protrans-young", "c_peptide", MissingKind.DIRECTION_ONLY),
        ("dfu-301-2022", "ulcer_healing", MissingKind.UNPUBLISHED),
    ],
)
def test_trials_without_published_numbers_are_listed(
    studies: dict[str, Study], name: str, outcome: str, kind: MissingKind
) -> None:
    study = studies[name]
    assert study.study.publication is Publication.UNPUBLISHED
    assert (outcome, kind) in {(missing.outcome, missing.kind) for missing in study.missing_results}
    compared = [r for r in study.results if r.contrast or len(r.arms or {}) > 1]
    assert compared == []


def test_prochymal_randomised_63(studies: dict[str, Study]) -> None:
    assert studies["prochymal-2012"].study.n_randomised == 63
    assert studies["prochymal-2012"].results == ()


def test_printed_contradictions_stay_visible(studies: dict[str, Study]) -> None:
    zang = " ".join(studies["zang-2022"].study.notes)
    assert "-1.31" in zang
    assert "-1.50" in zang
    assert "0.0064" in " ".join(studies["lonardi-2019"].study.notes)


def test_a_plus_minus_that_must_be_an_se_stays_unlabelled(studies: dict[str, Study]) -> None:
    values = [value for result, value in _values(studies["sood-2017"]) if result.outcome == "hba1c"]
    assert sorted(v.spread.value for v in values if v.spread) == [0.15, 0.16, 0.18, 0.24]
    assert all("standard error" in (value.note or "") for value in values)
