"""Sentences on what held: each one against numbers worked out anew, on data sets of every kind."""

import itertools
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from metamsc.models.pool import pool
from metamsc.report.trust_changes import of_all
from metamsc.report.trust_missing_words import BOUND_NOTE
from metamsc.report.trust_text import trust_text
from metamsc.report.trust_voice import Voice, listed
from metamsc.report.trust_words import answers, starting_point, summary
from metamsc.sensitivity.missing_result import MissingTrial
from metamsc.sensitivity.stress_result import QUESTIONS, StressTest
from metamsc.sensitivity.stress_test import stress_test

UNIT = Voice(measure="mean difference", ratio=False, unit="percentage points", decimals=2)
RATIO = Voice(measure="risk ratio", ratio=True, unit="", decimals=2)

# Words that claim more than any number here could carry.
CLAIMS = re.compile(
    r"\b(robust|prove[sn]?|confirm|reliabl[ey]|safe(ly)?|certain(ly)?|trustworthy)\b", re.IGNORECASE
)


def held(yi: Any, vi: Any, **more: Any) -> StressTest:
    return stress_test(yi, vi, **more)


def data_sets() -> dict[str, tuple[StressTest, Voice, tuple[Any, Any]]]:
    """Studies that agree, disagree, are one, two, many, biased, of one cohort, with and without a size."""
    rng = np.random.default_rng(11)
    many = rng.normal(-0.4, 0.15, 25), rng.uniform(0.01, 0.3, 25)
    slope = np.sqrt(np.linspace(0.01, 0.4, 14))
    missing = [MissingTrial(label="X", n=60, status="selected"), MissingTrial(label="Y", status="unrelated")]
    kinds: list[tuple[str, Any, Any, dict[str, Any]]] = [
        ("one", [0.4], [0.04], {}),
        ("two that agree", [-0.5, -0.6], [0.01, 0.02], {"mid": 0.5}),
        ("two that disagree", [-0.5, 0.6], [0.01, 0.02], {"mid": 0.5}),
        ("three", [0.9, 1.0, -0.7], [0.25] * 3, {"mid": 0.5, "missing": missing, "n_total": [40] * 3}),
        ("seven", [-1.0, -0.9, -1.1, -1.0, 1.5, -0.8, -1.2], [0.05] * 7, {"years": list(range(2001, 2008))}),
        ("one cohort", [0.1, 0.2, 0.3], [0.05] * 3, {"cohorts": ["a"] * 3}),
        ("two cohorts", [0.5, 0.6, -0.9], [0.01] * 3, {"cohorts": ["a", "a", "b"]}),
        ("many", *many, {"mid": 0.3}),
        ("small studies differ", 1.5 * slope + 0.01 * rng.normal(size=14), slope**2, {}),
        ("forced", [0.1, 0.3, 0.5, 0.7, 0.2], [0.01, 0.03, 0.05, 0.09, 0.02], {"force": True}),
    ]
    voices = itertools.cycle((UNIT, RATIO))
    return {
        name: (held(yi, vi, **more), voice, (yi, vi))
        for (name, yi, vi, more), voice in zip(kinds, voices, strict=False)
    }


SETS = data_sets()


@pytest.mark.parametrize(("test", "voice"), [found[:2] for found in SETS.values()], ids=list(SETS))
def test_the_result_is_told_with_its_side_interval_and_importance(test: StressTest, voice: Voice) -> None:
    pooled, text = test.pooled, starting_point(test, voice)
    assert voice.value(pooled.estimate) in text
    assert f"95% CI {voice.number(pooled.ci.low)} to {voice.number(pooled.ci.high)}" in text
    includes = pooled.ci.low <= 0.0 <= pooled.ci.high
    assert (f"includes {voice.null}" in text) == includes
    assert (f"excludes {voice.null}" in text) == (not includes)
    assert ("minimal important" in text) == (test.mid is not None)
    if test.mid is not None:
        assert ("at least as large" in text) == (abs(pooled.estimate) >= test.mid)
    assert text.startswith("This is one study, not a pool" if test.k == 1 else "The result is")


@pytest.mark.parametrize(("test", "voice"), [found[:2] for found in SETS.values()], ids=list(SETS))
def test_no_sentence_claims_more_than_its_numbers(test: StressTest, voice: Voice) -> None:
    told = answers(test, voice)
    assert list(told) == list(QUESTIONS)
    whole = " ".join([starting_point(test, voice), summary(test), *told.values()])
    assert not CLAIMS.search(whole)
    for text in told.values():
        assert text.endswith(".")
        assert "  " not in text
        assert ".." not in text.replace("et al..", "")
        assert not re.search(r"\b(None|nan|inf|True|False)\b", text)


@pytest.mark.parametrize("name", [name for name, (test, *_) in SETS.items() if test.k > 2])
def test_leaving_one_out_is_told_as_it_comes_out(name: str) -> None:
    """Every refit is made again with `pool`, and range, sides and intervals are counted from there."""
    test, voice, (yi, vi) = SETS[name]
    told = answers(test, voice)["one-study"]
    refits = [pool(np.delete(yi, i), np.delete(vi, i)) for i in range(test.k)]
    estimates = [refit.estimate for refit in refits]
    noun = "comparison" if len(set(test.cohorts)) < test.k else "study"
    span = voice.span(min(estimates), max(estimates))
    assert told.startswith(f"Leaving out one {noun} at a time gives estimates from {span}: ")
    first = told.split(": ", 1)[1].split(". ")[0].rstrip(".")
    whole, reached = test.pooled, abs(test.pooled.estimate) >= (test.mid or np.inf)
    excludes = whole.ci.low > 0 or whole.ci.high < 0
    unlike = {
        "direction": [(e < 0) != (whole.estimate < 0) for e in estimates],
        "significance": [(r.ci.low > 0 or r.ci.high < 0) != excludes for r in refits],
    }
    if test.mid is not None:
        unlike["importance"] = [(abs(e) >= test.mid) != reached for e in estimates]
    counted = {aspect: sum(found) for aspect, found in unlike.items()}
    for aspect, said in {
        "direction": r"turns? the direction",
        "significance": f"intervals? that {'in' if excludes else 'ex'}cludes? {voice.null}",
        "importance": f"{'falls? short of' if reached else 'reach(es)?'} the minimal important difference",
    }.items():
        count = counted.get(aspect, 0)
        found = re.search(rf"(all {test.k}|{count} of {test.k}) (has an |have )?{said}", first)
        assert (found is not None) == (count > 0)
        if found is not None:
            assert found[1].startswith("all") == (count == test.k)
    same = [aspect for aspect, count in counted.items() if not count]
    holds = f"{listed(same)} {'holds' if len(same) == 1 else 'hold'}" if same else ""
    if len(same) == len(counted):
        holds = f"{holds} in all {test.k}"
    assert first.endswith(holds)
    anything = [label for label, *changed in zip(test.labels, *unlike.values(), strict=True) if any(changed)]
    if 0 < len(anything) < test.k:
        assert f"(without {listed(anything)})" in first
    else:
        assert "(without" not in first


def named(name: str) -> tuple[StressTest, Voice]:
    return SETS[name][:2]


def test_one_study_is_said_to_be_one() -> None:
    test, voice = named("one")
    told = answers(test, voice)
    assert told["one-study"] == "There is one study: the result is that study."
    assert told["subsets"] == "With 1 study there are no subsets to compare."
    assert summary(test).startswith("One study cannot be held against others")


def test_two_studies_stand_by_themselves_and_show_nothing_more() -> None:
    test, _ = named("two that disagree")
    told = answers(test, UNIT)["one-study"]
    assert "1 −0.50 percentage points (95% CI −0.70 to −0.30)" in told
    assert "2 0.60 percentage points (95% CI 0.32 to 0.88)" in told
    assert "direction" not in told  # single studies have intervals of another kind
    assert told.endswith("Two cannot show whether one carries the result.")
    assert (
        "stay the same" not in summary(test).split("under")[0]
        or "leaving out" not in summary(test).split("Not")[0]
    )
    assert "Not examined: leaving out one study at a time" in summary(test)


def test_the_one_that_carries_it_is_named() -> None:
    test, voice = named("seven")
    told = answers(test, voice)["one-study"]
    assert "Flagged as outlying or influential: 5; one in twenty is outlying by chance." in told
    # with study 5 among 4 and more the interval includes no effect, which it did not with 3 and 4
    assert "are those of the whole since 5 came in (number 5)" in told


def test_cohorts_are_left_out_as_wholes() -> None:
    test, voice = named("two cohorts")
    told = answers(test, voice)["one-study"]
    assert told.startswith("Leaving out one comparison at a time")
    assert "Leaving out one of the 2 cohorts at a time gives estimates from" in told
    only = answers(*named("one cohort"))["one-study"]
    assert "All rows are of one cohort: there is no result without it." in only
    assert "study at a time" not in summary(named("one cohort")[0])


def test_small_study_effects_are_found_not_found_or_not_looked_for() -> None:
    test, voice = named("small studies differ")
    told = answers(test, voice)["missing"]
    assert "Egger's test finds that effects go with the size of studies (p < 0.001)" in told
    assert "No result is known to be missing; that does not mean that none is." in told
    test, voice = named("many")
    told = answers(test, voice)["missing"]
    assert test.small_study is not None
    p = test.small_study.regressions["Egger"].found
    assert p is not None
    assert p.p is not None
    assert p.p > 0.05
    assert "Egger's test does not find that effects go with the size of studies" in told
    assert "does not show that nothing is missing" in told
    few = answers(*named("seven"))["missing"]
    assert few.startswith("Small-study effects were not tested: with fewer than 10 studies no test can tell")
    assert "10" not in few.split(". ", 1)[1]  # said once
    forced = answers(*named("forced"))["missing"]
    assert "All of this was forced: with 5 studies it can hardly be told from chance." in forced


def test_filled_studies_are_counted_with_their_side() -> None:
    test, voice = named("small studies differ")
    assert test.small_study is not None
    fill = test.small_study.trim_fill.found
    assert fill is not None
    assert fill.k0 > 1
    assert fill.side == "left"
    told = answers(test, voice)["missing"]
    assert f"Trim and fill puts in {fill.k0} studies with lower values; with them the estimate is " in told
    assert voice.value(fill.adjusted.estimate) in told


def test_missing_trials_are_told_with_sizes_reasons_and_tipping_points() -> None:
    test, _ = named("three")
    told = answers(test, UNIT)["missing"]
    assert (
        "2 trials are known whose results are not here (60 participants in 1 of them; the pooled ones have "
        "120). Missing because of what they showed: probably 1, no 1."
    ) in told
    assert test.bounds.found is not None
    bound = test.bounds.found[0].bound
    assert bound.tipping_points[0].effect is None  # three studies that disagree so much leave wide intervals
    assert "no effect was found, however large, at which the interval would exclude no effect" in told
    for point, verb in zip(bound.tipping_points[1:], ("turn", "reach"), strict=True):
        assert point.effect is not None
        assert re.search(rf"at {re.escape(UNIT.value(point.effect))} the .* would {verb}", told)
    assert "Were those of unknown size as precise as the most precise of the pooled studies" in told


def refitted(yi: list[float], vi: list[float], new: list[float], effect: float, **model: Any) -> Any:
    """The pool with missing trials of these variances in it that all showed one effect."""
    return pool([*yi, *[effect] * len(new)], [*vi, *new], **model)


@pytest.mark.parametrize("alike", [True, False])
def test_the_side_on_which_missing_trials_make_it_significant(alike: bool) -> None:
    """Four trials of 1.0 (variance 1) have z = 2; three have 1.73: one that agrees is not enough."""
    model: dict[str, Any] = {"tau2_method": "EE", "ci_method": "wald"}
    names = ("a", "b")[: 1 + alike]
    missing = [MissingTrial(label=name, vi=1.0) for name in names]
    test = stress_test([1.0, 1.0], [1.0, 1.0], missing=missing, **model)
    told = answers(test, UNIT)["missing"]
    end = "at ([0-9.]+) percentage points no longer" if alike else ""
    begin = "if it agreed with the pooled ones " if alike else "at ([0-9.]+) percentage points "
    found = re.search(f"{begin}the interval would exclude no effect(?:, {end})?", told)
    assert found is not None
    tip, new = float(found[1]), [1.0] * len(names)
    assert refitted([1.0, 1.0], [1.0, 1.0], new, tip + 0.02, **model).ci.low > 0
    assert refitted([1.0, 1.0], [1.0, 1.0], new, tip - 0.02, **model).ci.low < 0


def test_conclusions_change_where_it_is_said_and_no_nearer() -> None:
    """The pool is fitted again with the missing trial in it, a little on either side of each point."""
    yi, vi = [1.0, 1.1, 0.9], [0.05] * 3
    test = stress_test(yi, vi, mid=0.6, missing=[MissingTrial(label="a", n=50)], n_total=[50] * 3)
    told = answers(test, UNIT)["missing"]
    assert told.count("1 trial is known whose result is not here") == 1
    assert "Missing because of what it showed: unclear." in told
    said = {
        verb: float(effect.replace("−", "-"))
        for effect, verb in re.findall(
            r"at ([−0-9.]+) percentage points the \w+ would (include|turn|fall short)", told
        )
    }
    assert set(said) == {"include", "turn", "fall short"}
    changed = {
        "include": lambda fit: fit.ci.low < 0.0,
        "turn": lambda fit: fit.estimate < 0.0,
        "fall short": lambda fit: fit.estimate < 0.6,
    }
    for verb, tip in said.items():
        assert changed[verb](refitted(yi, vi, [0.05], tip - 0.01))
        for nearer in np.linspace(tip + 0.01, 1.0, 20):
            assert not changed[verb](refitted(yi, vi, [0.05], float(nearer)))


def test_choices_are_counted() -> None:
    test, _ = named("three")
    told = answers(test, UNIT)["choices"]
    curve = test.choices.found
    assert curve is not None
    significant = int(((curve.ci_low > 0) | (curve.ci_high < 0)).sum())
    assert told.startswith(
        "All 9 combinations of the choices left open (estimator of τ²: 3; confidence interval: 3) pool two"
    )
    assert significant == 0
    assert "direction, significance and importance hold in all 9" in told
    pooled = pool([0.9, 1.0, -0.7], [0.25] * 3)
    interval = UNIT.bare(pooled.ci.low, pooled.ci.high)
    assert f"beside the planned {UNIT.value(pooled.estimate)} (95% CI {interval})" in told
    assert "can find nothing in 3 studies: its P cannot be below 0.25" in told


def test_subsets_are_counted() -> None:
    test, voice = named("three")
    told = answers(test, voice)["subsets"]
    estimates = [
        pool([y for y, i in zip([0.9, 1.0, -0.7], mask, strict=True) if i], [0.25] * sum(mask)).estimate
        for mask in itertools.product((0, 1), repeat=3)
        if sum(mask)
    ]
    assert len(estimates) == 7
    same = sum(e > 0 for e in estimates)
    assert (
        f"All 7 subsets of the 3 studies give estimates from {voice.span(min(estimates), max(estimates))}"
        in told
    )
    assert 0 < same < 7
    assert re.search(rf"\b{7 - same} of 7 turns? the direction", told)
    assert told.endswith("With 3 studies these are few, and the smallest are single ones.")


def test_a_summary_names_what_changed_and_how_often() -> None:
    test, _ = named("seven")
    text = summary(test)
    verdict = test.verdict("subsets")
    assert verdict is not None
    assert f"every subset of the studies (direction in {verdict.n_direction} of 127)" in text
    assert "Not examined: allowing for small-study effects." in text


def test_numbers_near_no_effect_keep_their_side() -> None:
    assert UNIT.number(-0.001).startswith("−0.001")
    assert RATIO.number(0.001) == "1.001"
    assert RATIO.number(-0.001) == "0.999"
    assert UNIT.number(0.0) == "0.00"
    assert RATIO.value(np.log(0.5)) == "risk ratio 0.50"
    assert UNIT.value(-0.5) == "−0.50 percentage points"
    assert RATIO.size(np.log(1.25)) == "risk ratio 0.80 or 1.25"


def test_small_words() -> None:
    assert [of_all(1, 1), of_all(2, 2), of_all(7, 7), of_all(1, 3)] == ["it", "both", "all 7", "1 of 3"]
    assert listed(["A"]) == "A"
    assert listed(["A", "B", "C"]) == "A, B and C"
    assert listed(list("ABCDEFG")) == "A, B, C, D, E and 2 others"


def test_the_terminal_prints_nothing_that_was_not_asked_for(tmp_path: Any) -> None:
    from metamsc.analysis.csv import pool_csv

    file = tmp_path / "x.csv"
    file.write_text("study,yi,vi\nA,0.1,0.02\nB,0.2,0.03\n", encoding="utf-8")
    assert trust_text(pool_csv(file)) == ""
    text = trust_text(pool_csv(file, sensitivity=True))
    assert text.startswith("Can the result be trusted?")
    assert BOUND_NOTE[:20] not in text
    assert max(map(len, text.splitlines())) <= 100


def test_studies_without_a_year_are_said_to_be_without_one() -> None:
    four = ([0.1, 0.3, 0.5, 0.7], [0.01, 0.03, 0.05, 0.09])
    said = answers(held(*four, years=[2001, None, 2003, 2004]), UNIT)["one-study"]
    assert "Not followed by year of publication: the year is not known of 1 of 4 studies." in said
    dated = answers(held(*four, years=[2001, 2002, 2003, 2004]), UNIT)["one-study"]
    assert "Not followed by year" not in dated
    assert "By year of publication, the estimate goes from" in dated


def test_a_table_without_a_row_is_not_printed(tmp_path: Path) -> None:
    from metamsc.analysis.csv import pool_csv

    file = tmp_path / "one.csv"
    file.write_text("study,yi,vi\na,0.4,0.04\n")
    text = trust_text(pool_csv(file, sensitivity=True))
    assert "This is one study, not a pool" in text
    assert "estimates  direction" not in text
