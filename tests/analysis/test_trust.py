"""The plan's `sensitivity` key: what it switches on and refuses, which trials are missing from which pool."""

import math
from typing import Any

import pytest
from pydantic import ValidationError

from metamsc.analysis import trust_refits
from metamsc.analysis.multiverse import run_multiverse
from metamsc.analysis.plan import read_plan
from metamsc.analysis.pooling import pool_stratum
from metamsc.analysis.result import AnalysisResult
from metamsc.errors import InputError, SpecError
from metamsc.records.model import Study
from metamsc.records.studies import Studies
from metamsc.report.trust_page import show_trust
from metamsc.report.trust_voice import voice_of
from metamsc.report.trust_words import answers
from metamsc.tables.trust_summary import trust_summary_table
from tests.analysis.plans import analyse, plan
from tests.dataset.invented import contrast, control, counts, means, study, treated

ALL = ("influence", "small_study", "missing", "choices", "subsets")
CHOICE = {"name": "pm", "label": "PM", "model": {"tau2_method": "PM"}}


def trial(name: str, mean: float, **more: Any) -> Study:
    return study(name, means(msc={"mean": mean, "sd": 1.0, "n": 20}), **more)


FOUR = tuple(trial(name, mean) for name, mean in (("a", 7.0), ("b", 7.4), ("c", 6.8), ("d", 8.4)))


def trusted(*studies: Study, **parts: Any) -> AnalysisResult:
    return analyse(*studies, **{"sensitivity": "all", **parts})


@pytest.mark.parametrize(
    ("given", "parts", "named"),
    [
        ((), None, 0),
        ([CHOICE], None, 1),
        ("all", ALL, 0),
        ({}, ALL, 0),
        ({"analyses": [CHOICE]}, ALL, 1),
        ({"subsets": False, "choices": False}, ALL[:3], 0),
        ({"subsets": {"number": 5, "seed": 3}}, ALL, 0),
    ],
)
def test_forms_of_the_key(given: Any, parts: tuple[str, ...] | None, named: int) -> None:
    spec = plan(sensitivity=given)
    assert (None if spec.stress is None else spec.stress.parts) == parts
    assert len(spec.named_analyses) == named
    again = type(spec).model_validate(spec.model_dump(by_alias=True, mode="json", exclude_none=True))
    assert again == spec


def test_a_list_does_what_it_always_did() -> None:
    result = analyse(*FOUR, sensitivity=[CHOICE])
    assert result.trust is None
    assert result.spec["sensitivity"][0]["name"] == "pm"
    assert "pm" in {item.name for item in result.sensitivity}
    assert result.to_dict()["trust"] is None


@pytest.mark.parametrize("given", ["some", True, {"influences": True}, {"subsets": {"number": 0}}])
def test_other_values_are_refused(given: Any) -> None:
    with pytest.raises(ValidationError):
        plan(sensitivity=given)


def test_problems_stand_at_their_lines() -> None:
    head = b"schema: 1\nname: x\ntitle: t\nquestion: q\nselect: {outcome: hba1c}\n"
    text = head + b"sensitivity:\n  analyses:\n    - {name: a, label: b, model: {tau2_method: XX}}\n"
    with pytest.raises(SpecError, match=r"x\.yml:8:\d+: sensitivity\.analyses\[0\]\.model\.tau2_method"):
        read_plan(text, "x.yml")
    with pytest.raises(SpecError) as raised:
        read_plan(head + b"sensitivity: {subsets: many}\n", "x.yml")
    assert len(raised.value.problems) == 1
    assert raised.value.problems[0].where == "sensitivity.subsets"


def test_every_pool_has_its_test_with_the_plans_model() -> None:
    result = trusted(*FOUR, trial("e", 7.5, diabetes_type="T2D"), across_types={"pool": True, "because": "x"})
    assert result.trust is not None
    assert [test.label for test in result.trust.tests] == [pool.label for pool in result.pools]
    for test, pool in zip(result.trust.tests, result.pools, strict=True):
        assert test.pooled.estimate == pytest.approx(pool.pooled.estimate, rel=1e-12)
        assert (test.pooled.tau2_method, test.pooled.ci_method) == ("DL", "wald")
        assert test.mid == result.scale.mid
    assert result.to_dict()["trust"]["tests"][0]["label"] == "T1D"


def test_choices_are_the_multiverse_of_the_plan() -> None:
    parts: dict[str, Any] = {
        "multiverse": {"tau2_method": ["DL", "REML", "EE"], "ci_method": ["wald", "hksj"]}
    }
    result = trusted(*FOUR, **parts)
    assert result.trust is not None
    curve = result.trust.tests[0].choices.found
    direct = run_multiverse(plan(sensitivity="all", **parts), Studies.of(*FOUR)).curve("T1D")
    assert curve is not None
    assert curve.decisions == (("tau2_method", 3), ("ci_method", 2))
    assert curve.summary == direct.summary
    assert curve.test == direct.test
    verdict = result.trust.tests[0].verdict("choices")
    assert verdict is not None
    assert verdict.n == 6


def test_too_many_combinations_are_left_to_the_command() -> None:
    result = trusted(*FOUR, sensitivity={"choices": {"max_paths": 4}})
    assert result.trust is not None
    assert result.trust.multiverse is None
    assert "at most 4 are run" in result.trust.tests[0].choices.refused


def healed(name: str, msc: int, ctrl: int) -> Study:
    return study(name, counts((msc, 20), (ctrl, 20)))


def test_counts_are_left_out_by_their_own_model() -> None:
    """Mantel and Haenszel by hand: sum a (n0 / N) over sum c (n1 / N), with equal arms sum a / sum c."""
    events = {"a": (12, 8), "b": (15, 9), "c": (9, 10), "d": (14, 6)}
    result = trusted(
        *(healed(name, *pair) for name, pair in events.items()),
        select={"outcome": "ulcer_healing", "measure": "RR"},
        model={"method": "mh"},
    )
    assert result.trust is not None
    (test,) = result.trust.tests
    refits = test.without_study.found
    assert refits is not None
    for left_out, row in zip(events, refits.rows, strict=True):
        kept = [pair for name, pair in events.items() if name != left_out]
        ratio = sum(a for a, _ in kept) / sum(c for _, c in kept)
        assert row is not None
        assert row.estimate == pytest.approx(math.log(ratio), rel=1e-12)
    assert [item.check for item in test.verdicts] == ["leave-one-out", "leave-one-cohort-out"]
    assert "pools by Mantel-Haenszel" in result.trust.notes[0]
    told = answers(test, voice_of(result))
    assert list(told) == ["one-study"]
    assert "not asked for" not in told["one-study"]
    table = trust_summary_table(result)
    assert [column.name for column in table.columns] == ["group", "one-study"]
    text = show_trust(result).markdown
    assert "the other checks refit by inverse variance on independent rows, and were not made" in text
    assert "#fig-trust-leave-one-out-" in text
    assert "drapery" not in text


def test_clusters_are_left_out_by_the_model_of_the_plan() -> None:
    """Two doses of one study and four others: without the study, the rest is pooled as the plan does."""
    arm = {"mean": 7.2, "sd": 1.0, "n": 20}
    doses = study(
        "e",
        means(msc=arm)
        | {"arms": {"low": arm, "high": {**arm, "mean": 7.6}, "control": {**arm, "mean": 8.0}}},
        arms=[treated("low", 1e6), treated("high", 2e6), control("control")],
    )
    parts: dict[str, Any] = {
        "model": {"cluster": "study"},
        "select": {"outcome": "hba1c", "multi_arm": "covariance"},
    }
    result = trusted(*FOUR, doses, **parts)
    assert result.trust is not None
    (test,) = result.trust.tests
    assert test.k == 6
    refits = test.without_cohort.found
    assert refits is not None
    assert len(refits.labels) == 5
    kept = analyse(*FOUR, **parts).strata[0].pooled
    (row,) = [row for row in refits.rows if row is not None and row.k == 4]
    assert (row.estimate, row.se) == (kept.estimate, kept.se)
    assert "rows of one study as dependent" in result.trust.notes[0]
    said = answers(test, voice_of(result))["one-study"]
    assert said.startswith("Leaving out one comparison at a time")
    assert "Leaving out one of the 5 cohorts at a time" in said


def test_other_models_are_left_alone_where_nobody_asks_and_where_it_would_take_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    silent = trusted(*FOUR, model={"cluster": "cohort"}, sensitivity={"influence": False})
    assert silent.trust is not None
    assert silent.trust.tests == ()
    monkeypatch.setattr(trust_refits, "MOST_REFITS", 3)
    result = trusted(*FOUR, model={"cluster": "cohort"})
    assert result.trust is not None
    (test,) = result.trust.tests
    assert test.without_study.refused == "more than 3 fits of this model would take too long."
    said = answers(test, voice_of(result))["one-study"]
    assert (
        said == "Studies were not left out one at a time: more than 3 fits of this model would take too long."
    )
    assert trust_summary_table(result).rows[0].cells[1].text.startswith("Not done")


def test_a_model_that_fails_without_one_study_says_without_which(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(rows: Any, *more: Any) -> Any:
        if {row.label for row in rows} == {"Invented b", "Invented c", "Invented d"}:
            raise InputError("no maximum")
        return pool_stratum(rows, *more)

    monkeypatch.setattr(trust_refits, "pool_stratum", fails)
    result = trusted(*FOUR, model={"cluster": "cohort"})
    assert result.trust is not None
    (test,) = result.trust.tests
    refits = test.without_study.found
    assert refits is not None
    assert refits.warnings == ("Invented a: no maximum",)
    said = answers(test, voice_of(result))["one-study"]
    assert "The model could not be fitted without Invented a." in said
    assert "in all 3" in said or "of 3" in said


def test_finer_groups_have_no_known_missing_trials_and_no_choices() -> None:
    result = trusted(*FOUR, strata=["diabetes_type", "product"])
    assert result.trust is not None
    finer = result.trust.tests[1]
    assert len(result.strata[1].key) == 2
    assert finer.missing is None
    assert "finer groups" in finer.bounds.refused
    assert "finer groups" in finer.choices.refused
    assert [test.label for test in result.trust.shown(result.pools)] == ["T1D"]


def test_nothing_pooled_has_nothing_to_hold() -> None:
    assert trusted().trust is None


def lost(name: str, *kinds: str, **info: Any) -> Study:
    """A study without a result, which is missing in these ways."""
    made = study(name, **info).model_dump(by_alias=True, mode="json", exclude_none=True)
    absent = [{"outcome": "hba1c", "reason": "not here", "kind": kind} for kind in kinds]
    return Study.model_validate({**made, "missing_results": absent})


def test_missing_trials_are_those_that_could_have_been_pooled() -> None:
    absent = (
        lost("lost", "direction-only"),
        lost("other-type", "figure-only", diabetes_type="T2D"),
        lost("same-people", "figure-only", cohort="cohort-a"),
        lost("twice", "figure-only", "no-n"),
    )
    pooled = trial("a", 7.0, cohort="cohort-a")
    result = trusted(
        pooled,
        *FOUR[1:],
        *absent,
        known_missing=[
            {"label": "K1", "reason": "r", "source": "s", "n": 80, "status": "selected"},
            {"label": "K2", "reason": "r", "source": "s", "diabetes_type": "T2D"},
        ],
    )
    assert result.trust is not None
    table = result.trust.tests[0].missing
    assert table is not None
    found = {row.label: (row.status, row.n) for row in table.rows if row.status != "included"}
    assert set(found) == {"Invented lost", "Invented twice", "K1"}
    assert found["Invented lost"][0] == "unclear"  # of the paper, an abstract may be all that was read
    assert found["K1"] == ("selected", 80)
    verdict = result.trust.tests[0].verdict("known-missing")
    assert verdict is not None
    assert verdict.n == 3


def test_arms_are_passed_on_only_where_all_rows_have_them() -> None:
    """A contrast may have no numbers of participants: the whole column then stays away."""
    bare = study("e", contrast(measure="difference", difference=-0.5, ci=[-1.0, 0.0]))
    result = trusted(*FOUR, bare, sensitivity={"choices": False})
    assert result.trust is not None
    test = result.trust.tests[0]
    assert test.k == 5
    assert test.missing is not None
    assert {row.n for row in test.missing.rows} == {None}
