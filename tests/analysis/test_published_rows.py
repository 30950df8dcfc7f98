"""The shipped analyses by hand: every row from the numbers printed in the papers, and known pooled values.

The arithmetic here uses nothing of the toolkit. Figures are those printed in the sources that the
records name.
"""

import math
from pathlib import Path

import pytest

from metamsc.analysis.plan import read_spec
from metamsc.analysis.result import AnalysisResult
from metamsc.analysis.run import run
from metamsc.checks.read import read_records
from metamsc.dataset.build import build_table, effect_table
from metamsc.dataset.rows import EffectTable
from metamsc.models.pool import pool
from metamsc.models.results import PooledResult
from metamsc.records.studies import Studies

ROOT = Path(__file__).parents[2]
NAMES = (
    "hba1c",
    "insulin-dose",
    "foot-ulcer-healing",
    "c-peptide",
    "animal-glucose",
    "animal-normoglycaemia",
)

CLOSED = 1e-9  # closed forms on numbers near 1, a dozen operations
PRINTED = 0.005  # half a unit of the second decimal, to which the check values are given

Pair = tuple[float, float]


def difference(treated: tuple[float, float, int], control: tuple[float, float, int]) -> Pair:
    """Mean difference of two (mean, SD, n): m1 − m2, s1²/n1 + s2²/n2."""
    (m1, s1, n1), (m2, s2, n2) = treated, control
    return m1 - m2, s1**2 / n1 + s2**2 / n2


def hedges(treated: tuple[float, float, int], control: tuple[float, float, int]) -> Pair:
    """Hedges' g by the exact factor J = Γ(m/2)/(√(m/2)·Γ((m−1)/2)), v = 1/n1 + 1/n2 + g²/(2(n1+n2))."""
    (m1, s1, n1), (m2, s2, n2) = treated, control
    m = n1 + n2 - 2
    pooled = math.sqrt(((n1 - 1) * s1**2 + (n2 - 1) * s2**2) / m)
    exact = math.exp(math.lgamma(m / 2) - math.lgamma((m - 1) / 2)) / math.sqrt(m / 2)
    g = exact * (m1 - m2) / pooled
    return g, 1 / n1 + 1 / n2 + g**2 / (2 * (n1 + n2))


def risk_ratio(a: float, n1: float, c: float, n2: float) -> Pair:
    """Logarithm of (a/n1)/(c/n2), 1/a − 1/n1 + 1/c − 1/n2; ½ to each cell when one is empty."""
    if 0 in (a, n1 - a, c, n2 - c):
        a, c, n1, n2 = a + 0.5, c + 0.5, n1 + 1, n2 + 1
    return math.log((a / n1) / (c / n2)), 1 / a - 1 / n1 + 1 / c - 1 / n2


def log_ratio_of_means(m1: float, se1: float, m2: float, se2: float) -> Pair:
    """Logarithm of m1/m2 with a = se1²/m1², b = se2²/m2²: plus ½(a − b) for bias, variance a + b."""
    a, b = (se1 / m1) ** 2, (se2 / m2) ** 2
    return math.log(m1 / m2) + (a - b) / 2, a + b


def risk_difference(a: float, n1: float, c: float, n2: float) -> Pair:
    """With ½ in every cell where one is empty, as for ratios."""
    add = 0.5 if 0 in (a, n1 - a, c, n2 - c) else 0.0
    p1, p2 = (a + add) / (n1 + 2 * add), (c + add) / (n2 + 2 * add)
    return p1 - p2, p1 * (1 - p1) / (n1 + 2 * add) + p2 * (1 - p2) / (n2 + 2 * add)


BY_HAND: dict[str, dict[str, Pair]] = {
    "hba1c": {
        "cai-2016:msc": difference((7.5, 1.0, 21), (8.8, 0.9, 21)),
        "dantas-12-months:asc": difference((7.3, 1.11, 7), (8.9, 1.33, 4)),
        "zang-2022:msc": difference((7.52, 1.07, 45), (8.19, 1.02, 46)),
        "skyler-2015:mpc-2.0": (-0.3, 0.25**2),
    },
    "insulin-dose": {
        "cai-2016:msc": difference((0.6, 0.2, 21), (0.9, 0.2, 21)),
        "dantas-12-months:asc": difference((0.39, 0.15, 7), (0.74, 0.29, 4)),
    },
    "foot-ulcer-healing": {
        "uzun-2021:msc": risk_ratio(9, 10, 8, 10),
        "moon-2019:msc": risk_ratio(18, 22, 9, 17),
        "dfu-102-2025:msc": risk_ratio(16, 35, 18, 30),
    },
    "c-peptide": {
        "cai-2016:msc": hedges((13.6, 8.1, 21), (7.7, 4.5, 21)),
        "dantas-2020:asc": hedges((220.58, 97.06, 7), (63.37, 37.96, 4)),
    },
    "animal-glucose": {"lee-2006:msc": log_ratio_of_means(18.34, 1.12, 27.78, 2.45)},
    # the sham arm of six without an event is divided among three arms: 0 of 2 each
    "animal-normoglycaemia": {
        "milanesi-2012:vegf": risk_difference(5, 9, 0, 2),
        "milanesi-2012:pdx1": risk_difference(4, 8, 0, 2),
        "milanesi-2012:plain": risk_difference(0, 6, 0, 2),
    },
}


@pytest.fixture(scope="module")
def records() -> Studies:
    return read_records(ROOT / "data/extractions")


@pytest.fixture(scope="module")
def results(records: Studies) -> dict[str, AnalysisResult]:
    return {name: run(read_spec(ROOT / "analyses" / name), records) for name in NAMES}


def test_every_shipped_plan_is_worked_out_here() -> None:
    assert set(BY_HAND) == set(NAMES) == {path.parent.name for path in ROOT.glob("analyses/*/analysis.yml")}


@pytest.mark.parametrize("name", NAMES)
def test_rows_by_hand(name: str, results: dict[str, AnalysisResult]) -> None:
    rows = results[name].table.rows
    assert {row.row_id for row in rows} == set(BY_HAND[name])
    for row in rows:
        yi, vi = BY_HAND[name][row.row_id]
        assert row.yi == pytest.approx(yi, rel=CLOSED), row.row_id
        assert row.vi == pytest.approx(vi, rel=CLOSED), row.row_id


def two_decimals(fit: PooledResult) -> tuple[float, float, float]:
    return fit.estimate, fit.ci.low, fit.ci.high


def dl(rows: EffectTable, *studies: str) -> PooledResult:
    """DerSimonian–Laird with Wald interval over all rows, or those of the named studies."""
    used = [row for row in rows.rows if not studies or row.study_id in studies]
    assert len(used) == len(studies or rows.rows)
    return pool([row.yi for row in used], [row.vi for row in used], tau2_method="DL", ci_method="wald")


def test_hba1c_check_values(results: dict[str, AnalysisResult]) -> None:
    table = results["hba1c"].table
    # 1/v = 20.8078 and 16; Q = 0.37²·20.8078·16/36.8078 = 1.23824; tau2 = 0.23824/18.0895 = 0.013170;
    # SE² = 1/(1/0.061229 + 1/0.075670); 1.95996·0.183968 = 0.360571: low end −0.86508
    assert two_decimals(dl(table, "zang-2022", "skyler-2015")) == pytest.approx(
        (-0.50, -0.87, -0.14), abs=PRINTED
    )
    four = dl(table)
    assert four.k == 4
    assert two_decimals(four) == pytest.approx((-0.81, -1.31, -0.31), abs=PRINTED)
    # with DerSimonian–Laird the tau2-based I2 is the Q-based one, (Q − df)/Q
    found = four.heterogeneity
    assert found.tau2 > 0
    assert abs(found.I2 - 63) < 0.5
    assert math.isclose(found.I2, 100 * (found.Q - 3) / found.Q, rel_tol=CLOSED)


def test_ulcer_check_values(records: Studies, results: dict[str, AnalysisResult]) -> None:
    def ratio(fit: PooledResult) -> list[float]:
        return [math.exp(value) for value in two_decimals(fit)]

    cultured = dl(results["foot-ulcer-healing"].table)
    assert cultured.k == 3
    assert ratio(cultured) == pytest.approx([1.09, 0.76, 1.58], abs=PRINTED)
    spec = read_spec(ROOT / "analyses/foot-ulcer-healing")
    choices = {
        choice.name: build_table(records, spec.changed(choice).select) for choice in spec.named_analyses
    }
    published, everything = choices["published-only-all-products"], choices["all-products"]
    assert {row.study_id for row in everything.rows} - {row.study_id for row in published.rows} == {
        "dfu-102-2025"
    }
    assert ratio(dl(published)) == pytest.approx([1.43, 1.16, 1.76], abs=PRINTED)
    assert ratio(dl(everything)) == pytest.approx([1.26, 0.94, 1.68], abs=PRINTED)


def test_lee_2006_needs_no_number_of_animals(records: Studies) -> None:
    """18.34 − 27.78 = −9.44; √(1.12² + 2.45²) = √7.2569 = 2.6939."""
    (row,) = effect_table(records, outcome="blood_glucose", setting="preclinical").rows
    assert row.yi == pytest.approx(-9.44, rel=CLOSED)
    assert row.sei == pytest.approx(math.sqrt(7.2569), rel=CLOSED)
    assert round(row.sei, 4) == 2.6939
    assert (row.treatment.n, row.control.n) == (None, None)
    no_smd = effect_table(records, outcome="blood_glucose", setting="preclinical", measure="SMD")
    assert [(item.study_id, item.code) for item in no_smd.excluded if item.study_id == "lee-2006"] == [
        ("lee-2006", "not-computable")
    ]


def test_the_three_glucose_experiments_join_only_as_standard_errors(records: Studies) -> None:
    """Log ratios of means with ± read as SE; n is not printed, so no other reading gives a number."""
    tables = {
        reading: effect_table(
            records, outcome="blood_glucose", setting="preclinical", measure="ROM", unlabelled_spread=reading
        )
        for reading in ("sd", "se")
    }
    assert {row.study_id for row in tables["sd"].rows} == {"lee-2006"}
    found = {row.study_id: (row.yi, row.vi) for row in tables["se"].rows}
    assert found == {
        "lee-2006": pytest.approx(log_ratio_of_means(18.34, 1.12, 27.78, 2.45), rel=CLOSED),
        "insulin-gene-msc-2007": pytest.approx(log_ratio_of_means(6.50, 0.89, 25.40, 4.10), rel=CLOSED),
        "ipc-pancreatectomy-rats": pytest.approx(log_ratio_of_means(18.7, 2.5, 25.8, 1.25), rel=CLOSED),
    }


BRAZIL = {"araujo-2020", "dantas-2020", "dantas-12-months", "dantas-2021"}


def test_the_brazilian_cohort_counts_once(records: Studies, results: dict[str, AnalysisResult]) -> None:
    assert len({records.study(name).cohort for name in BRAZIL}) == 1
    counted = {
        name: [row.study_id for row in result.table.rows if row.study_id in BRAZIL]
        for name, result in results.items()
    }
    assert {name: len(rows) for name, rows in counted.items() if rows} == {
        "hba1c": 1,
        "insulin-dose": 1,
        "c-peptide": 1,
    }
    said = {item.study_id for item in results["hba1c"].table.excluded if item.code == "cohort"}
    assert said == {"araujo-2020", "dantas-2020"}


def test_no_row_of_another_product_and_none_of_one_arm(
    records: Studies, results: dict[str, AnalysisResult]
) -> None:
    for result in results.values():
        for row in result.table.rows:
            study = records.study(row.study_id)
            cells = [study.arm(arm).cells for arm in row.treatment.arms]
            assert all(item is not None and item.msc for item in cells)
            assert "single-arm" not in study.study.design.value


def test_co_interventions_of_type_1_trials_are_seen(results: dict[str, AnalysisResult]) -> None:
    said = {row.study_id: row.moderator("co_intervention") for row in results["hba1c"].table.rows}
    assert "mononuclear" in said["cai-2016"]
    assert "vitamin D" in said["dantas-12-months"]
    assert said["zang-2022"] == said["skyler-2015"] == "none"


def test_protrans_is_out_by_its_baseline_not_in_silence(results: dict[str, AnalysisResult]) -> None:
    table = results["c-peptide"].table
    (item,) = [item for item in table.excluded if item.study_id == "carlsson-2023"]
    assert item.code == "not-for-pooling"
    assert "96 and 48" in item.reason


def test_the_contradiction_in_zang_2022_is_seen(results: dict[str, AnalysisResult]) -> None:
    result = results["hba1c"]
    (row,) = [row for row in result.table.rows if row.study_id == "zang-2022"]
    assert any("do not match" in note for note in row.notes)
    assert any("do not match" in warning and "Zang 2022" in warning for warning in result.warnings)
    assert any(item.study_id == "zang-2022" and item.kind == "contradictory" for item in result.table.missing)


def test_lonardi_2019_is_not_pooled_and_said_why(results: dict[str, AnalysisResult]) -> None:
    (item,) = [i for i in results["foot-ulcer-healing"].table.excluded if i.study_id == "lonardi-2019"]
    assert item.code == "not-for-pooling"
    assert "contradicts" in item.reason


@pytest.mark.parametrize(
    ("name", "studies"),
    [
        (
            "hba1c",
            {"hu-2013", "hu-2016", "carlsson-2015", "izadi-2022", "lu-2021", "liu-2014", "kong-2014",
             "guan-2015", "nguyen-2021", "bhansali-2017"},
        ),
        ("c-peptide", {"prochymal-2012", "protrans-young", "hu-2013", "carlsson-2015", "lu-2021"}),
        ("foot-ulcer-healing", {"dfu-301-2022"}),
    ],
)  # fmt: skip
def test_missing_results_are_listed(name: str, studies: set[str], results: dict[str, AnalysisResult]) -> None:
    assert studies <= {item.study_id for item in results[name].table.missing}


def test_the_trial_without_a_record_is_listed(results: dict[str, AnalysisResult]) -> None:
    known = results["foot-ulcer-healing"].spec["known_missing"]
    assert [item["label"] for item in known] == ["ALLO-ASC-DFU-302 (phase 3)"]


def test_the_negative_arm_stays(results: dict[str, AnalysisResult]) -> None:
    (row,) = [r for r in results["animal-normoglycaemia"].table.rows if r.treatment.arms == ("plain",)]
    assert (row.treatment.events, row.treatment.n) == (0, 6)
    # 0.5/7 - 0.5/3: the constant alone makes it differ from 0, and the plan says so
    assert row.yi == pytest.approx(-2 / 21, rel=CLOSED)
    assert any("½ is added" in note for note in results["animal-normoglycaemia"].warnings)


def test_the_experiment_with_an_active_control_is_not_pooled(results: dict[str, AnalysisResult]) -> None:
    result = results["animal-normoglycaemia"]
    (item,) = [item for item in result.table.excluded if item.study_id == "abortus-msc-clusters-2014"]
    assert item.code == "no-control"
    assert result.overall is None


def test_type_1_and_type_2_are_first_of_all_apart(results: dict[str, AnalysisResult]) -> None:
    assert [stratum.label for stratum in results["hba1c"].pools] == ["T1D", "T2D", "All types"]
    assert results["hba1c"].differences[0].between == ("T1D", "T2D")
    for name in ("insulin-dose", "c-peptide"):
        assert [stratum.label for stratum in results[name].pools] == ["T1D"]
