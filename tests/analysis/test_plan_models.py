"""What a plan can ask of the models, and what stands beside it unasked. All studies are invented."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import metamsc as mm
from metamsc.analysis.information import pooled_sd, treated_risk
from metamsc.analysis.plan import read_spec
from metamsc.analysis.result import AnalysisResult
from metamsc.errors import OptionError, SpecError
from metamsc.records.model import Study
from tests.analysis.plans import analyse, named, names, plan
from tests.dataset.invented import counts, means, study

EXACT = 1e-12  # closed forms, the same sums
POSTERIOR = 1e-9  # quadrature, guaranteed to 1e-10 of the mass
HEALED = {"outcome": "ulcer_healing"}


def trials(k: int, **info: Any) -> list[Study]:
    return [
        study(f"s{i}", means(msc={"mean": 7.0 - i / 4, "sd": 1.0 + i / 10, "n": 10 + i}), **info)
        for i in range(k)
    ]


def healing(*pairs: tuple[tuple[int, int], tuple[int, int]]) -> list[Study]:
    return [study(f"e{i}", counts(*pair)) for i, pair in enumerate(pairs)]


@pytest.mark.parametrize(("k", "beside"), [(1, False), (2, True), (4, True), (5, False)])
def test_bayes_stands_beside_two_to_four_studies(k: int, beside: bool) -> None:
    result = analyse(*trials(k))
    assert ("bayes" in names(result)) is beside
    if beside:
        item = named(result, "bayes")
        # the catalogue's minimal important difference of HbA1c is 0.5: the scale of the prior
        assert item.changed == ("model.method = bayes", "model.tau_prior = half-normal:0.5")
        assert named(result, "bayes-wide").changed[1] == "model.tau_prior = half-normal:1"
        table = result.table
        own = mm.fit_bayes(table.yi, table.vi, tau_prior=mm.HalfNormal(0.5))
        (found,) = item.strata
        assert (found.estimate, found.ci_low, found.ci_high) == (own.mu.median, own.mu.ci.low, own.mu.ci.high)
        beyond = mm.probability_beyond(own, -0.5, "below")
        assert (found.mid_mean, found.mid_new_study) == (beyond.mu, beyond.new_study)


def test_the_plans_prior_is_taken_and_arms_of_one_study_are_no_studies() -> None:
    result = analyse(*trials(3), model={"tau_prior": "uniform:2"})
    assert named(result, "bayes").changed[1] == "model.tau_prior = uniform:2"
    assert "bayes-wide" not in names(result)
    same = [study(f"s{i}", means(), cohort="one", arms=None) for i in range(2)]
    assert "bayes" not in names(analyse(*same))


def test_published_priors_by_measure() -> None:
    smd = analyse(*trials(3), select={"outcome": "hba1c", "measure": "SMD"})
    assert named(smd, "bayes").changed == ("model.method = bayes", "model.tau_prior = rhodes")
    ratio = analyse(*healing(((8, 20), (4, 20)), ((9, 25), (6, 25))), select=HEALED | {"measure": "RR"})
    bayes = named(ratio, "bayes")
    assert (bayes.measure, bayes.ratio) == ("OR", True)
    assert bayes.changed[1:] == ("model.tau_prior = turner", "select.measure = OR")


def test_where_no_prior_fits_the_reason_is_told() -> None:
    result = analyse(*trials(2), select={"outcome": "hba1c", "measure": "ROM"})
    assert "bayes" not in names(result)
    (note,) = result.method_notes
    assert "no published prior of heterogeneity is on the scale of the" in note
    assert "`model.tau_prior` gives one" in note


def test_count_models_stand_beside_few_events() -> None:
    sparse = healing(((3, 20), (0, 20)), ((4, 25), (1, 25)), ((2, 30), (2, 31)))
    result = analyse(*sparse, select=HEALED | {"measure": "RR"})
    assert {"mh", "peto", "glmm-cm-el", "beta-binomial"} <= names(result)
    arms: dict[str, Any] = {
        "events_treat": [3, 4, 2],
        "n_treat": [20, 25, 30],
        "events_control": [0, 1, 2],
        "n_control": [20, 25, 31],
    }
    (mh,), (peto,) = named(result, "mh").strata, named(result, "peto").strata
    assert mh.estimate == mm.mantel_haenszel("RR", **arms).estimate
    assert peto.estimate == mm.peto(**arms).estimate
    assert named(result, "peto").measure == "OR"
    assert named(result, "mh").measure == ""
    many = healing(((8, 20), (5, 20)), ((9, 25), (6, 25)))
    assert "mh" not in names(analyse(*many, select=HEALED))


def test_a_model_that_the_counts_do_not_determine_says_so() -> None:
    nobody = healing(((3, 20), (0, 20)), ((4, 25), (0, 25)))
    (found,) = named(analyse(*nobody, select=HEALED | {"measure": "RD"}), "beta-binomial").strata
    assert found.estimate is None
    assert found.k == 2
    assert "no events in any study" in found.note


@pytest.mark.parametrize("method", ["mh", "peto", "glmm-cm-el", "bayes"])
def test_a_plan_can_pool_by_any_method(method: str) -> None:
    events = healing(((8, 20), (4, 20)), ((9, 25), (6, 25)), ((12, 30), (5, 31)))
    result = analyse(*events, select=HEALED | {"measure": "OR"}, model={"method": method})
    (stratum,) = result.strata
    assert stratum.details["method"] == method
    assert not {"wald", "dersimonian-laird", method} & names(result)
    data = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert data["strata"][0]["details"]["method"] == method
    assert sum(stratum.pooled.weights_percent) == pytest.approx(100.0)


def test_a_method_that_cannot_pool_is_told_and_pools_nothing() -> None:
    nobody = healing(((3, 20), (0, 20)), ((4, 25), (0, 25)))
    result = analyse(*nobody, select=HEALED | {"measure": "RR"}, model={"method": "mh"})
    assert result.strata == ()
    assert any("T1D: not pooled: " in text and "No events" in text for text in result.warnings)


def test_dependent_rows() -> None:
    studies = [*trials(2, countries=["CN"]), *[study("z", means(), countries=["US"])]]
    result = analyse(*studies, model={"cluster": "country"})
    (stratum,) = result.strata
    own = mm.pool_correlated(result.table.yi, result.table.vi, study=["CN", "CN", "US"])
    assert stratum.pooled.se == own.robust.coefficients[0].se
    assert stratum.pooled.ci_method == "CR2"
    assert stratum.details["cluster"]["n_clusters"] == 2
    assert not {"bayes", "wald"} & names(result)


def test_strata_can_share_tau2() -> None:
    studies = [
        study(f"{kind.lower()}-{i}", means(msc={"mean": 7.0 - i, "sd": 1.0, "n": 10}), diabetes_type=kind)
        for kind in ("T1D", "T2D")
        for i in range(3)
    ]
    shared = analyse(*studies, model={"tau2_method": "DL", "ci_method": "wald", "tau2_sharing": "common"})
    tau2 = {stratum.pooled.heterogeneity.tau2 for stratum in shared.strata}
    assert len(tau2) == 1
    assert shared.strata[0].details["tau2_given"] in tau2
    (difference,) = shared.differences
    assert difference.method == "Q between strata of diabetes type, common tau2"
    assert difference.statistic == pytest.approx(0.0, abs=EXACT)


def test_meta_regression_of_a_plan() -> None:
    studies = [
        study(f"s{i}", means(msc={"mean": 7.0 - i, "sd": 1.0, "n": 10}), year=2010 + i) for i in range(5)
    ]
    result = analyse(*studies, mods="year")
    (found,) = result.regressions
    assert found.names == ("intercept", "year")
    assert found.pooled is not None
    # HbA1c falls by 1 a year, all of one weight: the slope is −1
    assert found.pooled.coefficients[1].estimate == pytest.approx(-1.0, abs=1e-9)
    assert [row[1] for row in found.design] == [2010.0, 2011.0, 2012.0, 2013.0, 2014.0]
    assert json.loads(json.dumps(result.to_dict(), allow_nan=False))["regressions"][0]["k"] == 5


def test_rows_without_a_moderator_are_named_and_too_few_refused() -> None:
    (found,) = analyse(*trials(3), mods="species").regressions
    assert found.pooled is None
    assert found.left_out == ("Invented s0 (species)", "Invented s1 (species)", "Invented s2 (species)")
    assert found.refused == "No row has every moderator of the formula."
    (few,) = analyse(*trials(3), mods="at_days").regressions
    assert "2 coefficients and tau2 need at least 4 rows with every moderator; there are 3." in few.refused


def test_information_size_by_hand() -> None:
    """SD 1 in all arms, MID 0.5: 2·(1.959964 + 0.841621)²/0.25 = 62.79 per arm, 126 together."""
    studies = [study(f"s{i}", means(msc={"mean": 7.0, "sd": 1.0, "n": 10})) for i in range(2)]
    (found,) = analyse(*studies).information
    assert (found.optimal, found.participants, found.effect) == (126, 40.0, 0.5)
    assert found.diversity == pytest.approx(0.0, abs=EXACT)
    # variance of each difference 0.2, of the mean 0.1: power Φ(0.5/√0.1 − 1.959964)
    expected = 0.5 * math.erfc(-(0.5 / math.sqrt(0.1) - 1.959964) / math.sqrt(2))
    assert found.power_fixed == pytest.approx(expected, abs=1e-3)  # the other tail adds 0.0002


def test_no_information_size_without_a_difference_that_matters() -> None:
    assert analyse(*healing(((8, 20), (5, 20))), select=HEALED).information == ()
    plan_mid = {"value": 1.25, "source": "invented"}
    (found,) = analyse(
        *healing(((8, 20), (5, 20))), select=HEALED | {"measure": "RR"}, mid=plan_mid
    ).information
    # control risk 25 %, treated 31.25 %: n = 7.848880·(0.2148 + 0.1875)/0.0625² per arm
    assert found.optimal == 2 * math.ceil(7.848880 * (0.3125 * 0.6875 + 0.25 * 0.75) / 0.0625**2)
    assert found.assumed == "control risk 25%, that of all control arms"


def test_parts_of_the_information_size() -> None:
    result = analyse(*trials(2))
    # SDs 1.0 and 1.1 treated, 1.0 control: (9·1 + 10·1.21 + 9·1 + 9·1)/37
    assert pooled_sd(result.table.rows) == pytest.approx(math.sqrt(39.1 / 37), abs=EXACT)
    scale = analyse(*healing(((8, 20), (5, 20))), select=HEALED | {"measure": "OR"}).scale
    odds = replace(scale, mid=math.log(2.0))
    # odds 1/3 doubled are 2/3: risk 0.4; more healing is better
    assert treated_risk(0.25, odds) == pytest.approx(0.4, abs=EXACT)


def test_flags_are_put_into_the_plan() -> None:
    spec = plan(mid={"value": 0.3, "source": "invented"})
    flagged = spec.with_flags(
        measure="SMD", by="msc_source", mods="year", cluster="study", tau2_method="REML"
    )
    assert (flagged.select.measure, flagged.strata) == ("SMD", ("diabetes_type", "msc_source"))
    assert (flagged.mods, flagged.model.cluster, flagged.mid) == ("year", "study", None)
    assert spec.with_flags(method="bayes", tau_prior="half-normal:1").model.options()["tau2_method"] == "REML"
    assert spec.with_flags() is spec
    with pytest.raises(OptionError, match="cluster must be one of study, cohort"):
        spec.with_flags(cluster="colour")
    with pytest.raises(OptionError, match="does not respect randomisation"):
        spec.with_flags(method="beta-binomial")


def test_a_choice_that_a_flag_makes_impossible_is_told_not_fatal() -> None:
    choice = {"name": "pm", "label": "Paule–Mandel", "model": {"tau2_method": "PM"}}
    result: AnalysisResult = analyse(
        *trials(3), model={"method": "bayes", "tau_prior": "half-normal:1"}, sensitivity=[choice]
    )
    (found,) = named(result, "pm").strata
    assert found.estimate is None
    assert found.note.startswith("not run: tau2_method is not used by method 'bayes'")


@pytest.mark.parametrize(
    ("line", "where", "says"),
    [
        ("model: {method: best}", "model", "method must be one of inverse-variance, mh"),
        ("model: {method: beta-binomial}", "model", "does not respect randomisation"),
        ("model: {method: mh}", "model.method", "measure (of method 'mh') must be one of 'OR', 'RR', 'RD'"),
        ("model: {method: bayes}", "model.method", "method bayes needs tau_prior for MD"),
        ("model: {tau_prior: gamma}", "model.tau_prior", "tau_prior must be one of half-normal:SCALE"),
        ("model: {cluster: colour}", "model", "cluster must be one of study, cohort"),
        ("model: {cluster: study, ci_method: hksj}", "model.method", "ci_method is not used with a cluster"),
        ("mods: colour", "mods", "'colour' is no moderator"),
        ("mods: year +", "mods", "cannot be read"),
        ("mods: dose", "mods", "take dose_per_kg or dose_total"),
    ],
)
def test_mistakes_stand_at_their_line(line: str, where: str, says: str, tmp_path: Path) -> None:
    text = (
        "schema: 1\nname: invented\ntitle: T\nquestion: Q\n"
        "select: {outcome: hba1c, measure: MD}\n" + line + "\n"
    )
    file = tmp_path / "invented" / "analysis.yml"
    file.parent.mkdir()
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        read_spec(file)
    assert "analysis.yml:6:" in str(caught.value)
    assert f": {where}: " in str(caught.value)
    assert says in str(caught.value)
