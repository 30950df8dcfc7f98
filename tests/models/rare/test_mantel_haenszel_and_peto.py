"""Mantel-Haenszel and Peto: by hand, against the library used, laws, refusals."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2

from metamsc.errors import InputError, OptionError, TooFewStudiesError
from metamsc.models.rare.counts import ZERO_CELL_RULES, ZeroCells
from metamsc.models.rare.mantel_haenszel import MEASURES, mantel_haenszel
from metamsc.models.rare.peto import peto
from metamsc.models.rare.results import StratifiedResult

# Closed forms: a few roundings, magnified where terms cancel.
CLOSED = 1e-12

# Study 1: 10/50 against 5/50; study 2: 20/100 against 10/100. Both odds ratios are 2.25.
TABLES: dict[str, Any] = {
    "events_treat": [10, 20],
    "n_treat": [50, 100],
    "events_control": [5, 10],
    "n_control": [50, 100],
}


def close(value: float | None, expected: float) -> bool:
    return value is not None and math.isclose(value, expected, rel_tol=CLOSED, abs_tol=CLOSED)


def test_odds_ratio_by_hand() -> None:
    result = mantel_haenszel("OR", **TABLES, correct=False)
    # R = 10*45/100 + 20*90/200 = 13.5; S = 40*5/100 + 80*10/200 = 6.
    assert close(result.estimate, math.log(13.5 / 6))
    # P = (a + d)/N = 0.55, 0.55; Q = 0.45, 0.45: var = PR/(2R^2) + (PS + QR)/(2RS) + QS/(2S^2).
    variance = 0.55 / 27 + (0.55 * 6 + 0.45 * 13.5) / 162 + 0.45 / 12
    assert close(result.se, math.sqrt(variance))
    # a - E = 2.5 and 5; V = 50*50*15*85/(100^2 * 99) and 100*100*30*170/(200^2 * 199).
    V = 3_187_500 / 990_000 + 51_000_000 / 7_960_000
    assert result.association is not None
    assert close(result.association.statistic, 7.5**2 / V)
    assert close(result.association.p, float(chi2.sf(7.5**2 / V, 1)))
    # Cochran divides by N where the other divides by N - 1.
    assert result.cochran is not None
    assert close(result.cochran.statistic, 7.5**2 / (3.1875 + 6.375))


def test_continuity_correction_takes_a_half() -> None:
    result = mantel_haenszel("OR", **TABLES)
    V = 3_187_500 / 990_000 + 51_000_000 / 7_960_000
    assert result.association is not None
    assert close(result.association.statistic, 7.0**2 / V)


def test_equal_odds_ratios_have_no_breslow_day_statistic() -> None:
    result = mantel_haenszel("OR", **TABLES)
    assert result.breslow_day is not None
    assert result.tarone is not None
    assert (result.breslow_day.df, result.tarone.df) == (1, 1)
    assert result.breslow_day.statistic == pytest.approx(0.0, abs=CLOSED)
    assert result.breslow_day.p == pytest.approx(1.0, abs=1e-5)  # the root of a statistic near 1e-13


def test_risk_ratio_by_hand() -> None:
    result = mantel_haenszel("RR", **TABLES)
    # (10*50/100 + 20*100/200) / (5*50/100 + 10*100/200) = 15/7.5.
    assert close(result.estimate, math.log(2.0))
    # sum(n1 n2 (a + c)/N^2 - ac/N) = (3.75 - 0.5) + (7.5 - 1) = 9.75; variance 9.75/(15 * 7.5).
    assert close(result.se, math.sqrt(9.75 / 112.5))
    assert result.weights_percent == pytest.approx((100 / 3, 200 / 3), rel=CLOSED)


def test_risk_difference_by_hand() -> None:
    result = mantel_haenszel("RD", **TABLES)
    # (2.5 + 5) / (25 + 50).
    assert close(result.estimate, 0.1)
    # P = sum(c n1^2/N^2 - a n2^2/N^2) = -1.25 - 2.5; Q = sum(a(n2 - c) + c(n1 - a))/(2N) = 3.25 + 6.5.
    assert close(result.se, math.sqrt((0.1 * -3.75 + 9.75) / 75**2))


def test_rates_by_hand() -> None:
    rates: dict[str, Any] = {
        "events_treat": [6, 4],
        "time_treat": [100, 100],
        "events_control": [2, 2],
        "time_control": [100, 300],
    }
    ratio = mantel_haenszel("IRR", **rates, correct=False)
    # (6*100/200 + 4*300/400) / (2*100/200 + 2*100/400) = 6/1.5; variance (8/4 + 6*3/16)/(6*1.5).
    assert close(ratio.estimate, math.log(4.0))
    assert close(ratio.se, math.sqrt((2 + 1.125) / 9))
    # x1 - E = 2 + 2.5; variance 2 + 1.125.
    assert ratio.association is not None
    assert close(ratio.association.statistic, 4.5**2 / 3.125)
    difference = mantel_haenszel("IRD", **rates)
    # (400/200 + 1000/400) / (50 + 75).
    assert close(difference.estimate, 4.5 / 125)
    variance = (50**2 * 8e-4 + 75**2 * (4e-4 + 2 / 9e4)) / 125**2
    assert close(difference.se, math.sqrt(variance))


def test_peto_by_hand() -> None:
    result = peto(**TABLES)
    V1, V2 = 3_187_500 / 990_000, 51_000_000 / 7_960_000
    assert close(result.estimate, 7.5 / (V1 + V2))
    assert close(result.se, 1 / math.sqrt(V1 + V2))
    assert result.homogeneity is not None
    assert close(result.homogeneity.statistic, 6.25 / V1 + 25 / V2 - 7.5**2 / (V1 + V2))
    assert result.association is None


def test_homogeneity_is_about_the_common_effect() -> None:
    result = mantel_haenszel("RD", **{**TABLES, "events_control": [5, 20]})
    # Differences 0.1 and 0; common (2.5 + 0)/75 = 1/30; variances (0.16 + 0.09)/50 and 0.32/100.
    Q = (0.1 - 1 / 30) ** 2 / 0.005 + (1 / 30) ** 2 / 0.0032
    assert result.homogeneity is not None
    assert close(result.homogeneity.statistic, Q)
    assert close(result.I2, max(0.0, 100 * (Q - 1) / Q))
    assert close(result.H2, Q)


def test_agrees_with_statsmodels_where_it_has_the_number() -> None:
    from statsmodels.stats.contingency_tables import StratifiedTable

    a, n1, c, n2 = np.array([[12, 40, 7, 45], [3, 90, 9, 80], [30, 60, 22, 55]], dtype=float).T
    strata = StratifiedTable(np.array([[a, n1 - a], [c, n2 - c]]))
    result = mantel_haenszel("OR", events_treat=a, n_treat=n1, events_control=c, n_control=n2)
    for test, adjust in ((result.breslow_day, False), (result.tarone, True)):
        assert test is not None
        assert close(test.statistic, float(strata.test_equal_odds(adjust=adjust).statistic))
    ratio = mantel_haenszel("RR", events_treat=a, n_treat=n1, events_control=c, n_control=n2)
    assert close(ratio.estimate, float(np.log(strata.riskratio_pooled)))


def test_breslow_day_for_a_common_odds_ratio_of_one() -> None:
    # Odds ratios 2.25 and 1/2.25 in mirrored tables: the common one is exactly 1, E = m n1/N = 7.5.
    result = mantel_haenszel(
        "OR", events_treat=[10, 5], n_treat=[50, 50], events_control=[5, 10], n_control=[50, 50]
    )
    assert result.estimate == 0.0
    v = 1 / (1 / 7.5 + 1 / 42.5 + 1 / 7.5 + 1 / 42.5)
    assert result.breslow_day is not None
    assert close(result.breslow_day.statistic, 2 * 2.5**2 / v)


def test_a_tiny_p_value_is_not_zero() -> None:
    result = mantel_haenszel(
        "OR", events_treat=[400], n_treat=[500], events_control=[100], n_control=[500], correct=False
    )
    assert result.association is not None
    assert 0.0 < result.association.p < 1e-70


def _with_double_zero(n: int) -> dict[str, Any]:
    return {name: [*values, 0 if name.startswith("events") else n] for name, values in TABLES.items()}


@pytest.mark.parametrize("measure", ["OR", "RR"])
def test_double_zero_studies_leave_ratios_alone(measure: str) -> None:
    more: dict[str, Any] = {
        name: [*values, 0 if name.startswith("events") else 30] for name, values in TABLES.items()
    }
    with_it, without = mantel_haenszel(measure, **more), mantel_haenszel(measure, **TABLES)
    assert close(with_it.estimate, without.estimate or math.nan)
    assert close(with_it.se, without.se or math.nan)
    assert (with_it.k, with_it.k_effects, with_it.n_double_zero) == (3, 2, 1)
    assert with_it.weights_percent[2] == 0.0
    assert "1 study has no events" in with_it.warnings[0]


def test_double_zero_studies_pull_a_difference_to_zero() -> None:
    more: dict[str, Any] = {
        name: [*values, 0 if name.startswith("events") else 50] for name, values in TABLES.items()
    }
    assert close(mantel_haenszel("RD", **more).estimate, 7.5 / 100)
    dropped = mantel_haenszel("RD", **more, pooled_zeros=ZeroCells(0.0, "none", drop00=True))
    assert close(dropped.estimate, 0.1)
    assert dropped.k == 2
    assert "left out" in dropped.warnings[0]


@pytest.mark.parametrize(
    ("to", "added"), [("only0", (0, 1)), ("all", (1, 1)), ("if0all", (1, 1)), ("none", (0, 0))]
)
def test_zero_cell_rules(to: str, added: tuple[int, int]) -> None:
    a, b, c, d = (np.array(x, dtype=float) for x in ([4, 0], [6, 10], [2, 3], [8, 7]))
    rule = ZeroCells(0.5, to, drop00=False)
    cells = rule.apply([a, b, c, d])
    assert [list(cell) for cell in cells] == [list(cell + 0.5 * np.array(added)) for cell in (a, b, c, d)]


def test_no_events_in_one_arm_anywhere_has_no_ratio() -> None:
    result = mantel_haenszel(
        "OR", events_treat=[0, 0], n_treat=[20, 30], events_control=[2, 1], n_control=[20, 30]
    )
    assert (result.estimate, result.se, result.ci, result.p, result.homogeneity) == (None,) * 5
    assert result.association is not None  # the test of association still is one
    assert any("treated arms" in text for text in result.warnings)
    difference = mantel_haenszel(
        "RD", events_treat=[0, 0], n_treat=[20, 30], events_control=[2, 1], n_control=[20, 30]
    )
    assert close(difference.estimate, -(2 * 0.5 + 1 * 0.5) / 25)


def test_no_events_at_all() -> None:
    result = mantel_haenszel(
        "OR", events_treat=[0, 0], n_treat=[9, 9], events_control=[0, 0], n_control=[9, 9]
    )
    assert (result.estimate, result.association, result.k_effects) == (None, None, 0)
    with pytest.raises(InputError, match="at least one study"):
        peto(events_treat=[0, 0], n_treat=[9, 9], events_control=[0, 0], n_control=[9, 9])


def test_peto_says_where_it_is_biased() -> None:
    unequal = peto(events_treat=[4], n_treat=[200], events_control=[2], n_control=[50])
    assert any("twice the size" in text for text in unequal.warnings)
    large = peto(events_treat=[12], n_treat=[50], events_control=[1], n_control=[50])
    assert any("biased for effects this large" in text for text in large.warnings)
    fine = peto(events_treat=[3, 2], n_treat=[400, 300], events_control=[4, 3], n_control=[400, 300])
    assert fine.warnings == ()


counts = st.integers(1, 12)
studies = st.lists(st.tuples(counts, counts, counts, counts), min_size=2, max_size=6)


def _arguments(rows: list[tuple[int, int, int, int]]) -> dict[str, Any]:
    a, b, c, d = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    return {"events_treat": a, "n_treat": a + b, "events_control": c, "n_control": c + d}


def _swapped(x: dict[str, Any]) -> dict[str, Any]:
    other = {"treat": "control", "control": "treat"}
    return {f"{name.rsplit('_', 1)[0]}_{other[name.rsplit('_', 1)[1]]}": v for name, v in x.items()}


def _pooled(method: str, x: dict[str, Any]) -> StratifiedResult:
    return peto(**x) if method == "PETO" else mantel_haenszel(method, **x)


@pytest.mark.parametrize("method", ["OR", "RR", "RD", "PETO"])
@given(rows=studies)
@settings(max_examples=25, deadline=None)
def test_swapping_the_arms_turns_the_sign(method: str, rows: list[tuple[int, int, int, int]]) -> None:
    x = _arguments(rows)
    one, other = _pooled(method, x), _pooled(method, _swapped(x))
    assert one.estimate == pytest.approx(-(other.estimate or 0.0), rel=1e-9, abs=1e-12)
    assert one.se == pytest.approx(other.se, rel=1e-9)


@pytest.mark.parametrize("method", ["OR", "RD", "PETO"])
@given(rows=studies)
@settings(max_examples=25, deadline=None)
def test_counting_the_others_turns_the_sign(method: str, rows: list[tuple[int, int, int, int]]) -> None:
    x = _arguments(rows)
    others = {
        **x,
        "events_treat": x["n_treat"] - x["events_treat"],
        "events_control": x["n_control"] - x["events_control"],
    }
    one, other = _pooled(method, x), _pooled(method, others)
    assert one.estimate == pytest.approx(-(other.estimate or 0.0), rel=1e-9, abs=1e-12)
    assert one.se == pytest.approx(other.se, rel=1e-9)


@given(rows=studies, factor=st.sampled_from([0.001, 2.5, 1000.0]))
@settings(max_examples=25, deadline=None)
def test_the_unit_of_time_matters_to_differences_only(
    rows: list[tuple[int, int, int, int]], factor: float
) -> None:
    x1, t1, x2, t2 = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    events: dict[str, Any] = {"events_treat": x1, "events_control": x2}
    once: dict[str, Any] = {"time_treat": t1, "time_control": t2}
    scaled: dict[str, Any] = {name: factor * value for name, value in once.items()}
    for measure, power in (("IRR", 0), ("IRD", -1)):
        one = mantel_haenszel(measure, **events, **once)
        other = mantel_haenszel(measure, **events, **scaled)
        assert other.estimate == pytest.approx((one.estimate or 0.0) * factor**power, rel=1e-9, abs=1e-12)
        assert other.se == pytest.approx((one.se or 0.0) * factor**power, rel=1e-9)


@given(rows=studies)
@settings(max_examples=20, deadline=None)
def test_one_study_twice_as_often_is_the_same_effect(rows: list[tuple[int, int, int, int]]) -> None:
    # Every stratum repeated: same estimate, variance halved.
    once, twice = (mantel_haenszel("RR", **_arguments(r)) for r in (rows, rows * 2))
    assert once.estimate == pytest.approx(twice.estimate, rel=1e-9, abs=1e-12)
    assert once.se == pytest.approx(math.sqrt(2) * (twice.se or 0.0), rel=1e-9)


@pytest.mark.parametrize("measure", ["OR", "RR", "RD"])
def test_results_survive_json(measure: str) -> None:
    result = mantel_haenszel(measure, **TABLES)
    assert StratifiedResult.from_dict(json.loads(json.dumps(result.to_dict()))) == result


def test_results_without_an_estimate_survive_json() -> None:
    result = mantel_haenszel("OR", events_treat=[0], n_treat=[9], events_control=[0], n_control=[9])
    assert StratifiedResult.from_dict(json.loads(json.dumps(result.to_dict()))) == result


def test_every_measure_is_named_in_the_refusal() -> None:
    with pytest.raises(OptionError) as refusal:
        mantel_haenszel("SMD", **TABLES)
    assert all(repr(measure) in str(refusal.value) for measure in MEASURES)
    with pytest.raises(OptionError) as refusal:
        ZeroCells(0.5, "some")
    assert all(repr(rule) in str(refusal.value) for rule in ZERO_CELL_RULES)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"events_treat": [60, 20]}, InputError, "study 1: events_treat is 60 and n_treat is 50"),
        ({"events_control": [5, -1]}, InputError, "study 2: events_control is -1"),
        ({"n_control": [50]}, InputError, "one value per study"),
        ({"n_treat": [50, math.nan]}, InputError, "n_treat[2] is nan"),
        ({"time_treat": [1, 1]}, OptionError, "OR takes n_treat and n_control"),
        ({"level": 95}, OptionError, "level must be a fraction"),
        ({"n_treat": None}, InputError, "missing: n_treat"),
        ({name: [] for name in TABLES}, TooFewStudiesError, "at least 1 study"),
    ],
)
def test_refusals(change: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=re.escape(message)):
        mantel_haenszel("OR", **{**TABLES, **change})


def test_a_negative_constant_is_refused() -> None:
    with pytest.raises(InputError, match="add must be"):
        ZeroCells(add=-0.5)
