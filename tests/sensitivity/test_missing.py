"""Bounds for known missing trials: by hand, by putting the answer in, laws."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtri

from metamsc.errors import InputError, OptionError, TooFewStudiesError
from metamsc.models.pool import pool
from metamsc.sensitivity.missing import bound_missing
from metamsc.sensitivity.missing_result import MissingBound, MissingTrial, TippingPoint
from metamsc.sensitivity.missing_table import STATUS_OF_KIND, STATUSES, missing_table
from metamsc.vocabulary import MissingKind

CLOSED_FORM = 1e-8
ITERATED = 1e-6

YI = [0.6, 0.4, 0.5, 0.7, 0.3]
VI = [0.02, 0.03, 0.05, 0.04, 0.03]
ONE = [MissingTrial(label="X", vi=0.02)]


def _point(found: MissingBound, change: str) -> TippingPoint:
    (point,) = (point for point in found.tipping_points if point.change == change)
    return point


def _effect(found: MissingBound, change: str) -> float:
    effect = _point(found, change).effect
    assert effect is not None
    return effect


def test_equal_effects_by_hand() -> None:
    # y = 0.6 and 0.4, v = 0.04 each: w = 25, sum w y = 25, S = 50, estimate 0.5. One missing trial, v = 0.04:
    # M = 25. Direction: -25 / 25 = -1 (mean of 0.6, 0.4, -1 is 0). Threshold 0.2: (15 - 25) / 25 = -0.4.
    # Significance: (1.959964 * sqrt(75) - 25) / 25 = (16.973786 - 25) / 25 = -0.321049.
    found = bound_missing(
        [0.6, 0.4],
        [0.04, 0.04],
        [MissingTrial(label="X", vi=0.04)],
        threshold=0.2,
        tau2_method="EE",
        ci_method="wald",
    )
    for change, effect in (
        ("changes direction", -1.0),
        ("passes the threshold", -0.4),
        ("loses significance", (1.959963984540054 * math.sqrt(75) - 25) / 25),
    ):
        assert _effect(found, change) == pytest.approx(effect, rel=CLOSED_FORM)
        assert _point(found, change).effect_tau2_held == pytest.approx(effect, rel=CLOSED_FORM)
    assert found.weight_percent == pytest.approx(100 / 3, rel=CLOSED_FORM)
    # (25 / 1.959964)**2 = 162.7; (162.7 - 50) / 25 = 4.5: five trials of no effect.
    assert (found.n_null_trials, found.is_significant) == (5, True)
    # Copas & Jackson: 3 / 2 * phi(Phi^-1(2 / 3)) * 10 / 50, phi(0.430727) = 0.363602.
    assert found.largest_bias == pytest.approx(1.5 * 0.363602 * 0.2, abs=1e-6)


@pytest.mark.parametrize("ci_method", ["wald", "hksj", "hksj-adhoc"])
@pytest.mark.parametrize("tau2_method", ["DL", "REML", "PM"])
def test_at_the_tipping_point_the_conclusion_tips(tau2_method: str, ci_method: str) -> None:
    found = bound_missing(YI, VI, ONE, threshold=0.35, tau2_method=tau2_method, ci_method=ci_method)

    def pooled(effect: float) -> tuple[float, float]:
        result = pool([*YI, effect], [*VI, 0.02], tau2_method=tau2_method, ci_method=ci_method)
        return result.estimate, result.ci.low

    assert pooled(_effect(found, "changes direction"))[0] == pytest.approx(0.0, abs=1e-8)
    assert pooled(_effect(found, "passes the threshold"))[0] == pytest.approx(0.35, rel=ITERATED)
    tipping = _effect(found, "loses significance")
    assert pooled(tipping)[1] == pytest.approx(0.0, abs=1e-8)
    assert pooled(tipping + 0.01)[1] > 0.0
    assert pooled(tipping - 0.01)[1] < 0.0


@settings(max_examples=20, deadline=None)
@given(st.floats(0.01, 100.0))
def test_units_and_signs_do_not_matter(c: float) -> None:
    one = bound_missing(YI, VI, ONE)
    other = bound_missing(
        [-c * y for y in YI], [c * c * v for v in VI], [MissingTrial(label="X", vi=c * c * 0.02)]
    )
    for a, b in zip(one.tipping_points, other.tipping_points, strict=True):
        assert b.change == a.change
        assert b.effect == pytest.approx(-c * (a.effect or math.nan), rel=1e-5)
        assert b.chance == pytest.approx(a.chance, rel=1e-4)
    assert other.n_null_trials == one.n_null_trials
    assert other.largest_bias == pytest.approx(c * one.largest_bias, rel=ITERATED)


def test_a_result_that_is_not_significant_can_become_so() -> None:
    found = bound_missing([0.2, -0.1, 0.1], [0.02, 0.02, 0.02], ONE, tau2_method="EE", ci_method="wald")
    assert not found.is_significant
    assert found.n_null_trials is None
    # S = 150, M = 50, sum w y = 10: (1.959964 * sqrt(200) - 10) / 50 = 0.354372 is the nearer end.
    assert _effect(found, "becomes significant") == pytest.approx(
        (1.959963984540054 * math.sqrt(200) - 10) / 50, rel=CLOSED_FORM
    )


def test_sizes_give_variances() -> None:
    # v n = 2 for all: a missing trial of 50 has variance 0.04.
    by_size = bound_missing(YI, VI, [MissingTrial(label="X", n=50)], n_total=[2 / v for v in VI])
    assert by_size == bound_missing(YI, VI, [MissingTrial(label="X", vi=0.04)])
    guessed = bound_missing(YI, VI, [MissingTrial(label="X", n=50)])  # nothing to compare 50 with
    assert guessed.tipping_points == bound_missing(YI, VI, [MissingTrial(label="X", vi=0.03)]).tipping_points
    assert "No size is known of X" in guessed.warnings[0]


def test_more_missing_trials_need_less() -> None:
    one = bound_missing(YI, VI, ONE)
    three = bound_missing(YI, VI, ONE * 3)
    assert _effect(one, "loses significance") < _effect(three, "loses significance")
    assert three.n_missing == 3
    assert three.largest_bias > one.largest_bias
    assert any("one and the same effect" in warning for warning in three.warnings)


def test_chance_is_that_of_the_prediction() -> None:
    found = bound_missing(YI, VI, ONE, tau2_method="DL")
    point = _point(found, "changes direction")
    now = pool(YI, VI, tau2_method="DL")
    spread = math.sqrt(now.heterogeneity.tau2 + now.se**2)
    assert point.distance == pytest.approx((_effect(found, "changes direction") - now.estimate) / spread)
    assert point.chance is not None
    assert 0.0 < point.chance < 0.5


def test_copas_jackson_against_the_selection_it_bounds() -> None:
    # Equal precision, the largest k of k + m kept: the bias is at most the bound, and nearly attains it.
    rng = np.random.default_rng(0)
    k, m = 40, 20
    kept = np.sort(rng.normal(0.0, 0.2, (4000, k + m)), axis=1)[:, m:]
    bias = float(kept.mean())
    bound = bound_missing(np.linspace(0.3, 0.5, k), np.full(k, 0.04), ONE * m, tau2_method="EE").largest_bias
    assert bound == pytest.approx(1.5 * 0.2 * math.exp(-0.5 * ndtri(2 / 3) ** 2) / math.sqrt(2 * math.pi))
    assert 0.97 * bound < bias <= bound


def test_result_is_json() -> None:
    found = bound_missing(YI, VI, ONE, threshold=0.1)
    data = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert [point["change"] for point in data["tipping_points"]] == [
        "loses significance", "changes direction", "passes the threshold",
    ]  # fmt: skip


def test_refusals() -> None:
    with pytest.raises(InputError, match="no trial is missing"):
        bound_missing(YI, VI, [])
    with pytest.raises(TooFewStudiesError, match="at least 2 trials"):
        bound_missing([0.1], [0.1], ONE)
    with pytest.raises(InputError, match="X: n and vi must be positive"):
        bound_missing(YI, VI, [MissingTrial(label="X", n=0)])
    with pytest.raises(InputError, match="n_total must have one positive number"):
        bound_missing(YI, VI, ONE, n_total=[1])
    with pytest.raises(InputError, match="threshold must be a finite number"):
        bound_missing(YI, VI, ONE, threshold=math.inf)


def test_table_counts_studies_and_participants() -> None:
    table = missing_table(
        [("A", 60), ("B", 30)],
        [("C", 10, "selected", "only the direction is printed"), ("D", None, "unclear", "never published")],
    )
    assert table.studies == {"included": 2, "selected": 1, "unclear": 1, "unrelated": 0}
    assert table.participants == {"included": 90, "selected": 10, "unclear": 0, "unrelated": 0}
    assert [row.n_percent for row in table.rows] == [60.0, 30.0, 10.0, None]
    assert table.n_unknown == 1
    assert json.loads(json.dumps(table.to_dict()))["rows"][2]["status"] == "selected"


def test_every_kind_of_missing_result_has_a_first_judgement() -> None:
    assert set(STATUS_OF_KIND) == set(MissingKind)
    assert set(STATUS_OF_KIND.values()) <= set(STATUSES) - {"included"}
    with pytest.raises(OptionError, match="status must be one of 'selected', 'unclear', 'unrelated'"):
        missing_table([], [("C", 10, "included", "")])
    with pytest.raises(InputError, match="participants must be a positive number"):
        missing_table([("A", 0)], [])
