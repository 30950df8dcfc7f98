"""Other tools' files: values go where they belong, and what a format does not say is a visible to-do."""

import math
from pathlib import Path

import pytest

from metamsc.checks.read import read_records
from metamsc.checks.run import check_records
from metamsc.errors import RecordError
from metamsc.exchange.convert import Hints
from metamsc.exchange.importing import Imported, import_tables
from metamsc.exchange.record_files import write_studies
from metamsc.records.model import Study
from metamsc.vocabulary import ArmRole, ContrastMeasure

EXACT = 1e-12  # exp of a log that is printed exactly: the last bits

DATA_ROWS = (
    "Analysis group,Analysis number,Analysis name,Subgroup,Applicability,Study,Study year,GIV Mean,GIV SE,"
    "Experimental mean,Experimental SD,Experimental cases,Experimental N,Control mean,Control SD,"
    "Control cases,Control N,O-E,Variance,Weight,Mean,CI start,CI end,Footnotes\n"
)
SYRF = (
    "StudyId,Title,Authors,Year,Doi,ExperimentId,ExperimentLabel,CohortId,CohortLabel,NumberOfAnimals,"
    "IsDiseaseModelControl,DiseaseModelLabel(s),IsTreatmentControl,TreatmentLabel(s),OutcomeId,OutcomeLabel,"
    "GreaterIsWorse,TimeInMinutes,OutcomeAverage,OutcomeAverageType,OutcomeUnit,OutcomeError,OutcomeErrorType\n"
)


def hints(**given: object) -> Hints:
    return Hints(extracted_by="A. Importer", date="2026-11-22", **given)  # type: ignore[arg-type]  # one of its fields


def run(tmp_path: Path, text: str, **given: object) -> Imported:
    (tmp_path / "table.csv").write_text(text, encoding="utf-8")
    return import_tables(tmp_path / "table.csv", hints(**given))


def only(imported: Imported, tmp_path: Path) -> Study:
    """The one record; `metamsc check` finds its to-dos, each of them, and no other error."""
    assert imported.problems == ()
    (study,) = imported.studies
    write_studies([study], tmp_path / "records")
    errors = check_records(tmp_path / "records").errors
    assert {problem.code for problem in errors} == {"C519"}, [str(p) for p in errors]
    assert len(errors) == len(study.to_confirm) + study.study.title.startswith("TODO")
    return study


def todo(study: Study) -> set[str]:
    return {entry.field for entry in study.to_confirm}


def test_long_table(tmp_path: Path) -> None:
    text = (
        "study,arm,role,outcome,time,unit,n,mean,sd,design,cells.source\n"
        "cai-2016,msc,treatment,hba1c,12 months,%,21,7.5,1.0,rct-parallel,umbilical-cord\n"
        "cai-2016,control,control,hba1c,12 months,%,21,8.8,0.9,,\n"
        "cai-2016,msc,,hba1c,baseline,%,21,8.6,0.81,,\n"
    )
    study = only(run(tmp_path, text, setting="clinical", diabetes_type="T1D"), tmp_path)
    assert (study.id, study.label, study.study.design) == ("cai-2016", "Cai 2016", "rct-parallel")
    assert [(r.outcome, r.at) for r in study.results] == [("hba1c", "12 months"), ("hba1c", "baseline")]
    arms = study.results[0].arms or {}
    assert (arms["msc"].mean, arms["msc"].sd, arms["control"].n) == (7.5, 1.0, 21)
    assert study.arms[0].cells is not None
    assert study.arms[0].cells.source == "umbilical-cord"
    assert todo(study) == {"arms.msc.cells", "arms.control.comparator", "sources.import"}
    assert study.study.title == "TODO title of Cai 2016"


FULL = (
    "study,title,study.label,setting,design,population.diabetes_type,arm,role,comparator,cells.source,"
    "cells.product,cells.donor,cells.dose.value,cells.dose.unit,cells.route,outcome,time,unit,n,mean,sd,source,"
    "source.kind,reference,url,locator\n"
    "a-2020,A trial,A 2020,clinical,rct-parallel,T1D,msc,treatment,,adipose,cells,allogeneic,1e6,cells/kg,"
    "intravenous,hba1c,12 months,%,21,7.4,1.1,table-2,table,primary,https://doi.org/10.1000/x,Table 2\n"
    "a-2020,,,,,,control,control,placebo,,,,,,,hba1c,12 months,%,20,8.6,1.0,table-2,,,,\n"
)


def test_a_table_that_says_everything_leaves_nothing_to_do(tmp_path: Path) -> None:
    imported = run(tmp_path, FULL)
    assert imported.problems == ()
    (study,) = imported.studies
    write_studies([study], tmp_path / "records")
    assert check_records(tmp_path / "records").problems == ()
    assert [arm.role for arm in study.arms] == [ArmRole.TREATMENT, ArmRole.CONTROL]


def test_no_analysis_runs_with_a_to_do(tmp_path: Path) -> None:
    """What the file does not say is no silent gap: reading the records for an analysis fails and names it."""
    imported = run(tmp_path, FULL.replace(",intravenous,", ",,").replace(",T1D,", ",,"))
    write_studies(imported.studies, tmp_path / "records")
    with pytest.raises(RecordError) as refused:
        read_records(tmp_path / "records")
    assert {problem.code for problem in refused.value.problems} == {"C519"}
    assert "population.diabetes_type" in str(refused.value)


def test_a_unit_in_one_row_only_is_an_oversight(tmp_path: Path) -> None:
    """As merged cells become in CSV: without a word it would be two results, one of them "not printed"."""
    text = FULL.replace("12 months,%,20", "12 months,,20")
    imported = run(tmp_path, text)
    assert [(p.code, p.line) for p in imported.problems] == [("T907", 3)]
    assert "but for unit" in imported.problems[0].message


def test_a_header_of_several_sheets_is_asked_about(tmp_path: Path) -> None:
    imported = run(tmp_path, FULL.replace("study.label", "label"))
    assert [(p.code, p.hint) for p in imported.problems] == [
        ("T903", "of what? write arm.label or study.label")
    ]


def test_long_table_needs_role_and_setting(tmp_path: Path) -> None:
    text = "study,arm,outcome,n,mean,sd\na-2016,msc,hba1c,21,7.5,1.0\n"
    imported = run(tmp_path, text)
    assert imported.studies == ()
    assert {p.code for p in imported.problems} >= {"T904", "T912"}
    assert any("role" in p.hint for p in imported.problems)


def test_long_table_that_contradicts_itself(tmp_path: Path) -> None:
    text = (
        "study,arm,role,outcome,time,n,mean,unit,year\na-1,m,treatment,hba1c,baseline,2,7,%,2016\n"
        "a-1,c,control,hba1c,baseline,2,7,%,2017\n"
    )
    imported = run(tmp_path, text, setting="clinical")
    assert [(p.code, p.where) for p in imported.problems] == [("T907", "table!I3")]


def test_long_table_names_sources(tmp_path: Path) -> None:
    text = (
        "study,arm,role,outcome,time,unit,n,mean,sd,source\n"
        "a-1,m,treatment,hba1c,baseline,%,21,7.5,1,table-2\na-1,c,control,hba1c,baseline,%,21,8,1,table-2\n"
    )
    study = only(run(tmp_path, text, setting="clinical"), tmp_path)
    assert set(study.sources) == {"table-2"}
    assert "sources.table-2" in todo(study)


def test_syrf(tmp_path: Path) -> None:
    first = '0f,MSC in rats,"Si, Y.; Zhao, Y.",2012,10.2337/db11-1141,e1,Exp 1'
    outcome = "o1,Glucose in blood,TRUE,10080"
    text = SYRF + (
        f"{first},c1,MSC,8,FALSE,STZ,FALSE,BM-MSC,{outcome},12.1,mean,mmol/L,1.2,SD\n"
        f"{first},c2,Vehicle,7,FALSE,STZ,TRUE,PBS,{outcome},19.1,mean,mmol/L,0.6,SEM\n"
        f"{first},c3,Normal,6,TRUE,none,,,{outcome},6.1,median,mmol/L,0.6,IQR\n"
        f"{first},c1,MSC,8,FALSE,STZ,FALSE,BM-MSC,o1,Glucose in blood,TRUE,90,18,mean,mmol/L,2,\n"
    )
    imported = run(tmp_path, text, outcomes={"Glucose in blood": "blood_glucose"})
    assert imported.form == "syrf"
    assert imported.not_carried == ("GreaterIsWorse",)
    study = only(imported, tmp_path)
    assert (study.id, study.study.setting, study.study.doi) == ("si-2012", "preclinical", "10.2337/db11-1141")
    assert [arm.role for arm in study.arms] == [ArmRole.TREATMENT, ArmRole.CONTROL, ArmRole.HEALTHY]
    week, early = study.results
    assert (week.at, early.at, week.unit) == ("7 days", "1.5 hours", "mmol/L")
    assert week.arms is not None
    assert early.arms is not None
    assert (week.arms["msc"].sd, week.arms["vehicle"].se, week.arms["vehicle"].n) == (1.2, 0.6, 7)
    assert (week.arms["normal"].median, week.arms["normal"].iq_range) == (6.1, None)
    assert early.arms["msc"].spread is not None, "an error without a type is no SD"
    assert {"model.species", "results.blood_glucose.arms.normal", "results.blood_glucose.at"} <= todo(study)


def test_syrf_refuses_what_it_cannot_tell(tmp_path: Path) -> None:
    first = '0f,T,"Si, Y.",2012,,e1,E,c1,MSC,8,FALSE,STZ,FALSE,MSC,o1,blood_glucose,TRUE'
    rows = ("60,12.1,mean,mmol/L,1,SD", "60,12.2,mean,mmol/L,1,SD", "90,12,mode,mmol/L,1,SD")
    text = SYRF + "".join(f"{first},{row}\n" for row in rows)
    assert [(p.line, p.code) for p in run(tmp_path, text).problems] == [(3, "T907"), (4, "T911")]


def test_revman(tmp_path: Path) -> None:
    text = DATA_ROWS + (
        "1,1,HbA1c (%),,,Cai 2016,2016,,,7.5,1,,21,8.8,0.9,,21,,,60,-1.3,-1.9,-0.7,\n"
        "1,2,ulcer_healing,Wagner 3,,Cai 2016,2016,,,0,0,18,21,0,0,9,21,,,60,2,1,3,see text\n"
        "2,1,amputation,,,Cai 2016,2016,-0.5,0.25,,,,,,,,,,,60,0.61,0.37,0.99,\n"
    )
    given = {"setting": "clinical", "outcomes": {"HbA1c (%)": "hba1c"}, "measure": "RR"}
    imported = run(tmp_path, text, **given)
    assert "Weight" in imported.not_carried
    study = only(imported, tmp_path)
    assert [arm.id for arm in study.arms] == ["experimental", "control", "experimental-2", "control-2"]
    mean, count, contrast = study.results
    assert mean.arms is not None
    assert (mean.arms["experimental"].mean, mean.arms["control"].sd, mean.unit) == (7.5, 0.9, "not printed")
    assert count.arms is not None
    assert (count.arms["control"].events, count.arms["control"].n, count.note) == (
        9, 21, "Subgroup: Wagner 3; Footnotes: see text",
    )  # fmt: skip
    assert contrast.contrast is not None
    assert contrast.contrast.measure is ContrastMeasure.RISK_RATIO
    assert contrast.contrast.ratio == pytest.approx(math.exp(-0.5), abs=EXACT)
    assert [d.fields for d in contrast.contrast.derivations] == [("ratio",)]
    assert {"results.hba1c.unit", "results.hba1c.at", "results.ulcer_healing.subgroup"} <= todo(study)


def test_revman_says_which_outcome_is_unknown(tmp_path: Path) -> None:
    row = "1,1,Pain at rest,,,A 2016,2016,,,7.5,1,,21,8.8,0.9,,21,,,60,,,,\n"
    imported = run(tmp_path, DATA_ROWS + row + row, setting="clinical")
    assert [(p.code, p.where) for p in imported.problems] == [("T910", "table!C2")]
    assert '--outcome "Pain at rest=' in imported.problems[0].hint


def test_revman_needs_a_setting(tmp_path: Path) -> None:
    assert [p.code for p in run(tmp_path, DATA_ROWS).problems] == ["T912"]


def test_metafor_means(tmp_path: Path) -> None:
    text = "author,year,m1i,sd1i,n1i,m2i,sd2i,n2i\nCai,2016,7.5,1,21,8.8,0.9,20\n"
    study = only(
        run(tmp_path, text, setting="clinical", outcomes={"": "hba1c"}, unit="%", at="1 year"), tmp_path
    )
    assert (study.id, study.study.year) == ("cai-2016", 2016)
    (result,) = study.results
    assert result.arms is not None
    assert (result.arms["group-1"].mean, result.arms["group-2"].n) == (7.5, 20)
    assert (result.unit, result.at) == ("%", "1 year")
    assert "arms.group-1.role" in todo(study)


def test_metafor_counts(tmp_path: Path) -> None:
    text = "study,ai,bi,ci,di\nLu 2011,18,0,16,4\n"
    study = only(run(tmp_path, text, setting="clinical", outcomes={"": "ulcer_healing"}), tmp_path)
    assert study.results[0].arms is not None
    second = study.results[0].arms["group-2"]
    assert (second.events, second.n, second.derivations[0].note) == (16, 20, "ci + di")  # 16 + 4
    given = "study,ai,n1i,ci,n2i\nLu 2011,18,18,16,20\n"
    study = only(run(tmp_path, given, setting="clinical", outcomes={"": "ulcer_healing"}), tmp_path)
    assert study.results[0].arms is not None
    assert study.results[0].arms["group-2"].derivations == ()


def test_metafor_estimates(tmp_path: Path) -> None:
    text = "study,yi,vi\nA 2011,-0.5,0.04\n"
    imported = run(tmp_path, text, setting="clinical", outcomes={"": "hba1c"}, measure="MD", unit="%")
    contrast = only(imported, tmp_path).results[0].contrast
    assert contrast is not None
    assert (contrast.difference, contrast.se) == (-0.5, 0.2)  # sqrt(0.04)
    assert [d.fields for d in contrast.derivations] == [("se",)]
    refused = run(tmp_path, text, setting="clinical", outcomes={"": "hba1c"})
    assert [p.code for p in refused.problems] == ["T912"]
    smd = run(
        tmp_path, "study,yi,vi,measure\nA 2011,-0.5,0.04,SMD\n", setting="clinical", outcomes={"": "hba1c"}
    )
    assert [p.code for p in smd.problems] == ["T911"]


@pytest.mark.parametrize("value", ["x", "1e400", "7,5", "=1+1"])
def test_wrong_numbers_are_named(value: str, tmp_path: Path) -> None:
    text = f'study,yi,vi\nA 2011,"{value}",0.04\n'
    imported = run(tmp_path, text, setting="clinical", outcomes={"": "hba1c"}, measure="MD")
    assert ("T905", "table!B2") in [(p.code, p.where) for p in imported.problems]


def test_unknown_table(tmp_path: Path) -> None:
    imported = run(tmp_path, "a,b\n1,2\n")
    assert [p.code for p in imported.problems] == ["T901"]
    assert "a, b" in imported.problems[0].message


REVMAN_5 = (
    "Comparison Number,Outcome Number,Subgroup Number,Name,Data Type,Statistical Method,Effect Measure,"
    "Analysis Model,Swap event and non-event,Events 1,Mean 1,SD 1,Total 1,Events 2,Mean 2,SD 2,Total 2,"
    "Effect Estimate,SE,CI Start,CI End,Weight,Group Label 1,Group Label 2,Year of study\n"
    "1,0,0,Cells versus usual care,,,,,,,,,,,,,,,,,,,,,\n"
    "1,1,0,HbA1c,CON,IV,MD,Random,,0,,,41,0,,,40,-1.2,,-2,-0.4,100,UC-MSC,Usual care,\n"
    "1,1,0,Cai 2016,,,,,,0,7.5,1,21,0,8.8,0.9,20,-1.3,0.3,-1.9,-0.7,60,,,2016\n"
    "1,1,0,Hu 2013,,,,,,0,5.6,0,20,0,7.5,0,20,-1.9,0.3,-2.5,-1.3,40,,,2013\n"
    "1,2,0,Ulcer healing,DIC,M-H,RR,Random,YES,18,,,,16,,,,1.1,,0.9,1.3,100,UC-MSC,Usual care,\n"
    "1,2,1,Wagner 3,DIC,M-H,RR,Random,,18,,,,16,,,,1.1,,0.9,1.3,100,,,\n"
    '1,2,1,Lu 2011,,,,,,18,0,0,"1,018",16,0,0,20,1.1,0.1,0.9,1.3,100,,,2011\n'
    "1,3,0,Amputation,IV,IV,HR,Fixed,,0,,,,0,,,,0.61,,0.37,0.99,100,UC-MSC,Usual care,\n"
    "1,3,0,Lu 2011,,,,,,0,0,0,0,0,0,0,0,0.6065,0.25,0.3716,0.99,100,,,2011\n"
)


def test_revman_5(tmp_path: Path) -> None:
    """Means, counts (a subgroup, thousands with a comma, events exchanged) and a ratio on its own scale."""
    given = {"setting": "clinical", "at": "12 months", "unit": "%"}
    imported = run(tmp_path, REVMAN_5, **given)
    assert imported.form == "revman5"
    assert imported.problems == ()
    cai, hu, lu = imported.studies
    assert (cai.id, cai.study.year, cai.arms[0].label) == ("cai-2016", 2016, "UC-MSC")
    assert cai.results[0].arms is not None
    assert (cai.results[0].arms["experimental"].mean, cai.results[0].arms["control"].sd) == (7.5, 0.9)
    assert hu.results[0].arms is not None
    assert hu.results[0].arms["control"].sd == 0, "a mean with SD 0 is no count: the check speaks of it"
    healing, amputation = lu.results
    assert healing.arms is not None
    assert (healing.arms["experimental"].events, healing.arms["experimental"].n) == (18, 1018)
    assert healing.note == "Subgroup: Wagner 3"
    assert any("exchanges events" in entry.reason for entry in lu.to_confirm)
    assert amputation.contrast is not None
    # log(0.99 / 0.3716) / (2 * 1.96) = 0.25 is the SE: the ratio is given as such
    assert (amputation.contrast.ratio, amputation.contrast.se) == (0.6065, 0.25)
    assert amputation.contrast.derivations == ()


@pytest.mark.parametrize(
    ("estimate", "codes"),
    [
        ("-0.5,0.25,-0.99,-0.01", set()),  # (0.98) / (2 * 1.96) = 0.25: a log
        ("-0.5,0.25,-1.99,-0.01", {"T912"}),  # fits neither scale
        ("-0.5,,-0.99,-0.01", {"T912"}),
        ("0.6,0.25,0.4,-0.9", {"T912"}),  # its ends are on two sides of 0
        ("0.6,0.25,0.99,0.37", {"T912"}),
        ("0.6,0.25,0.37,0", {"T912"}),
        ("0.6,0,0.6,0.6", {"T912"}),
    ],
)
def test_revman_5_scale_of_a_ratio(estimate: str, codes: set[str], tmp_path: Path) -> None:
    text = REVMAN_5.replace("0.6065,0.25,0.3716,0.99", estimate)
    imported = run(tmp_path, text, setting="clinical", at="1 year", unit="%")
    assert {p.code for p in imported.problems} == codes
    if not codes:
        contrast = imported.studies[2].results[1].contrast
        assert contrast is not None
        assert contrast.ratio == pytest.approx(math.exp(-0.5), abs=EXACT)
        assert [d.fields for d in contrast.derivations] == [("ratio",)]


def test_revman_5_refuses_other_data(tmp_path: Path) -> None:
    text = REVMAN_5.replace("Amputation,IV", "Amputation,O_E")
    imported = run(tmp_path, text, setting="clinical", at="1 year", unit="%")
    assert [(p.code, p.line) for p in imported.problems] == [("T911", 9 + 1)]


def test_meta_frames(tmp_path: Path) -> None:
    given = {"setting": "clinical", "outcomes": {"": "hba1c"}, "unit": "%", "at": "1 year"}
    means = run(tmp_path, "studlab,mean.e,sd.e,n.e,mean.c,sd.c,n.c\nCai 2016,7.5,1,21,8.8,0.9,20\n", **given)
    assert means.form == "meta"
    study = only(means, tmp_path)
    assert study.results[0].arms is not None
    assert (study.results[0].arms["experimental"].mean, study.results[0].arms["control"].n) == (7.5, 20)
    assert "arms.experimental.role" not in todo(study), "meta says which group was treated"
    counts = run(tmp_path, "studlab,event.e,n.e,event.c,n.c\nLu 2011,18,18,16,20\n", setting="clinical",
                 outcomes={"": "ulcer_healing"})  # fmt: skip
    assert counts.problems == ()
    assert counts.studies[0].results[0].arms is not None
    assert counts.studies[0].results[0].arms["control"].events == 16
    estimates = run(tmp_path, "studlab,TE,seTE,sm\nA 2011,-0.5,0.2,MD\n", **given)
    contrast = estimates.studies[0].results[0].contrast
    assert contrast is not None
    assert (contrast.difference, contrast.se) == (-0.5, 0.2)


@pytest.mark.parametrize(
    ("first", "second", "codes"),
    [
        ("Cai 2016", "cai  2016", []),
        ("Müller 2016", "Muller 2016", ["T907"]),
        ("Cai 2016", "李 2020", ["T904"]),
        ("Cai 2016", "", ["T904"]),
    ],
)
def test_names_that_give_one_id_or_none(first: str, second: str, codes: list[str], tmp_path: Path) -> None:
    rows = f'{first},7.5,1,21,8.8,0.9,20,hba1c\n"{second}",7.5,1,21,8.8,0.9,20,fasting_glucose\n'
    text = "study,m1i,sd1i,n1i,m2i,sd2i,n2i,outcome\n" + rows
    imported = run(tmp_path, text, setting="clinical", unit="%", at="1 year")
    assert [p.code for p in imported.problems] == codes
    assert all(p.line == 3 for p in imported.problems)
