"""Treated arms against one whole control: the covariance of their rows. All studies are invented."""

import math
from typing import Any

import numpy as np
import pytest

from metamsc.dataset.rows import EffectTable
from metamsc.effects.aggregate import aggregate_effects
from metamsc.errors import InputError, OptionError
from metamsc.models.multilevel.fit import fit_multilevel
from tests.dataset.invented import control, counts, means, study, table, treated

EXACT = 1e-12  # a few operations on numbers near 1
ARMS = [treated("low", 1.0), treated("high", 2.0), control("placebo")]


def two_doses(placebo: dict[str, Any], multi_arm: str = "covariance", **options: Any) -> EffectTable:
    """7.0 and 6.0 (SD 1, n 10) against one control, beside a study with one treated arm."""
    usual = {"sd": 1.0, "n": 10}
    values = {"low": {"mean": 7.0, **usual}, "high": {"mean": 6.0, **usual}, "placebo": placebo}
    shared = study("a", {**means(), "arms": values}, arms=ARMS)
    return table(shared, study("b", means()), multi_arm=multi_arm, **options)


PLACEBO = {"mean": 8.0, "sd": 2.0, "n": 16}


def test_mean_differences_share_the_variance_of_the_control_mean() -> None:
    """V = [[0.1 + 0.25, 0.25], [0.25, 0.35]]: 2²/16 = 0.25; the control keeps its 16."""
    found = two_doses(PLACEBO)
    assert [row.control.n for row in found.rows] == [16, 16, 10]
    expected = [[0.35, 0.25, 0], [0.25, 0.35, 0], [0, 0, 0.2]]
    assert found.covariance().to_array() == pytest.approx(np.array(expected), abs=EXACT)
    assert found.covariance().studies == ("a", "b")
    assert any("only a model that takes their covariance" in text for text in found.assumptions)


def test_ratios_share_the_relative_variance() -> None:
    V = two_doses(PLACEBO, measure="ROM").covariance().to_array()
    assert V[0, 1] == pytest.approx(0.25 / 64, abs=EXACT)


def test_a_standard_error_without_n_and_a_reading_error_are_shared_too() -> None:
    V = two_doses({"mean": 8.0, "se": 0.5, "reading_error": 0.3}).covariance().to_array()
    assert V[0, 1] == pytest.approx(0.25 + 0.03, abs=EXACT)
    assert V[0, 0] == pytest.approx(0.1 + 0.28, rel=1e-7)


def test_standardised_differences() -> None:
    """1/n of the control, and half the product of the effects times the share of its SD (pairwise)."""
    found = two_doses(PLACEBO, measure="SMD")
    first, second = found.yi[:2]
    V = found.covariance().to_array()
    assert V[0, 1] == pytest.approx(1 / 16 + 0.5 * first * second * 16 / 26**2, abs=EXACT)


def test_risk_ratios() -> None:
    """1/x − 1/n of the control: 1/5 − 1/20."""
    result = counts((1, 1), (1, 1))
    result["arms"] = {
        "low": {"events": 8, "n": 10},
        "high": {"events": 9, "n": 10},
        "placebo": {"events": 5, "n": 20},
    }
    found = table(study("a", result, arms=ARMS), outcome="ulcer_healing", multi_arm="covariance")
    assert found.covariance().to_array()[0, 1] == pytest.approx(1 / 5 - 1 / 20, abs=EXACT)


def test_ratios_of_geometric_means() -> None:
    """ln(1.5)²/16 of the control."""
    arm = {"geometric_sd": 1.5, "n": 16}
    values = {
        name: {"geometric_mean": mean, **arm}
        for name, mean in (("low", 6.0), ("high", 5.0), ("placebo", 8.0))
    }
    found = table(study("a", {**means(), "arms": values}, arms=ARMS), multi_arm="covariance", measure="ROM")
    assert found.covariance().to_array()[0, 1] == pytest.approx(math.log(1.5) ** 2 / 16, abs=EXACT)


def test_a_control_is_divided_or_has_a_covariance_never_both() -> None:
    divided = two_doses(PLACEBO, "split-control")
    assert [row.control.n for row in divided.rows] == [8, 8, 10]
    with pytest.raises(InputError, match="divide it or take the covariance, not both"):
        divided.covariance()
    assert not any("covariance" in text for text in divided.assumptions)


def test_independent_rows_have_a_diagonal() -> None:
    found = two_doses(PLACEBO, "combine")
    assert found.covariance().to_array() == pytest.approx(np.diag(found.vi), abs=EXACT)


def test_a_measure_without_covariance_is_refused_only_where_rows_share_an_arm() -> None:
    with pytest.raises(OptionError, match="'CVR'"):
        two_doses(PLACEBO, measure="CVR").covariance()
    alone = table(study("b", means()), measure="CVR", multi_arm="covariance")
    assert alone.covariance().to_array() == pytest.approx(np.diag(alone.vi))


def test_it_is_what_models_take() -> None:
    """Two effects −1 and −2 with variance 0.35 and covariance 0.25: mean −1.5, variance (0.35 + 0.25)/2."""
    found = two_doses(PLACEBO)
    one_each = aggregate_effects(found.yi, found.covariance())
    assert one_each.yi == pytest.approx(np.array([-1.5, -1.0]), abs=EXACT)
    assert one_each.vi == pytest.approx(np.array([0.3, 0.2]), abs=EXACT)
    levels = {"study": [row.study_id for row in found.rows], "effect": [row.row_id for row in found.rows]}
    fit = fit_multilevel(found.yi, found.covariance(), random=levels)
    assert -2 < fit.result.estimate < -1


def test_the_covariance_is_a_covariance() -> None:
    for measure in ("MD", "SMD", "ROM"):
        V = two_doses(PLACEBO, measure=measure).covariance().to_array()
        assert np.linalg.eigvalsh(V).min() > 0
