"""The covariance of effects of one study: by hand, published, and refusals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from metamsc.effects import compute_effects
from metamsc.effects.aggregate import aggregate_effects
from metamsc.effects.arm_covariance import COVARIANCE_MEASURES, arm_covariance
from metamsc.effects.covariance import correlated_covariance
from metamsc.errors import InputError, OptionError

CLOSED = 1e-12


def test_one_correlation_within_studies() -> None:
    V = correlated_covariance([4.0, 9.0, 1.0], study=["a", "b", "a"], rho=0.5)
    assert V.studies == ("a", "b")
    # 0.5 sqrt(4 * 1) = 1
    expected = [[4.0, 0.0, 1.0], [0.0, 9.0, 0.0], [1.0, 0.0, 1.0]]
    assert np.allclose(V.to_array(), expected, rtol=CLOSED, atol=0.0)


def test_outcomes_times_and_repeated_measurements() -> None:
    V = correlated_covariance(
        np.ones(4),
        study=[1, 1, 1, 1],
        rho=0.6,
        obs=[1, 2, 1, 1],
        outcome=["x", "x", "y", "x"],
        rho_outcome=0.4,
        time=[0, 0, 0, 2],
        phi=0.5,
    )
    full = V.to_array()
    assert full[0, 1] == pytest.approx(0.6, rel=CLOSED)  # same outcome, another measurement
    assert full[0, 2] == pytest.approx(0.4, rel=CLOSED)  # another outcome
    assert full[0, 3] == pytest.approx(0.25, rel=CLOSED)  # the same, two units of time later
    assert full[1, 3] == pytest.approx(0.15, rel=CLOSED)


def test_shared_groups_by_size() -> None:
    V = correlated_covariance(
        np.ones(4),
        study=[1, 1, 1, 2],
        treat=["msc", "exosomes", "msc", "msc"],
        control=["saline", "saline", "exosomes", "saline"],
        n_treat=[10, 10, 10, 10],
        n_control=[10, 20, 10, 10],
    )
    full = V.to_array()
    # 1 and 2 share the control: (1/sqrt(10 * 20)) / sqrt(0.2 * 0.15)
    assert full[0, 1] == pytest.approx(200**-0.5 / 0.03**0.5, rel=CLOSED)
    assert full[0, 2] == pytest.approx(0.5, rel=CLOSED)  # share the treated arm
    # exosomes are treated in 2 and control in 3: negative
    assert full[1, 2] == pytest.approx(-0.1 / (0.15 * 0.2) ** 0.5, rel=CLOSED)
    assert full[0, 3] == 0.0
    # without sizes two effects with one control have correlation one half
    half = correlated_covariance(np.ones(2), study=[1, 1], treat=["a", "b"], control=["c", "c"])
    assert half.to_array()[0, 1] == pytest.approx(0.5, rel=CLOSED)


ARMS: dict[str, Any] = {
    "study": ["s", "s"],
    "treat": ["low", "high"],
    "control": ["saline", "saline"],
    "n_treat": [8, 10],
    "n_control": [16, 16],
    "mean_treat": [20.0, 16.0],
    "sd_treat": [4.0, 5.0],
    "mean_control": [25.0, 25.0],
    "sd_control": [6.0, 6.0],
    "events_treat": [4, 5],
    "events_control": [8, 8],
}


@pytest.mark.parametrize(
    ("measure", "expected"),
    [
        ("MD", 36.0 / 16.0),  # sd^2 / n of the control
        ("ROM", 36.0 / (16.0 * 625.0)),
        ("RR", 1.0 / 8.0 - 1.0 / 16.0),
        ("OR", 1.0 / 8.0 + 1.0 / 8.0),
        ("RD", 0.5 * 0.5 / 16.0),
        ("SMD", 1.0 / 16.0 + 0.5 * (-0.9) * (-1.5) * 16.0 / (24.0 * 26.0)),
    ],
)
def test_shared_control_by_hand(measure: str, expected: float) -> None:
    V = arm_covariance(measure, [1.0, 2.0], yi=[-0.9, -1.5], **ARMS)
    assert V.blocks[0][0, 1] == pytest.approx(expected, rel=CLOSED)
    assert V.blocks[0].diagonal().tolist() == [1.0, 2.0]


@pytest.mark.parametrize("measure", COVARIANCE_MEASURES)
def test_an_effect_is_perfectly_correlated_with_itself(measure: str) -> None:
    # Every arm shared and the same outcome: the covariance must be the effect's own sampling variance.
    arms: dict[str, Any] = {name: [value[0], value[0]] for name, value in ARMS.items()}
    figures = [f"{f}_{arm}" for f in ("n", "mean", "sd", "events") for arm in ("treat", "control")]
    given: dict[str, Any] = {f: arms[f] for f in figures if f.split("_")[0] in _needed(measure)}
    effects = compute_effects(measure, **given)
    V = arm_covariance(measure, effects.vi, yi=effects.yi, **arms)
    assert V.blocks[0][0, 1] == pytest.approx(effects.vi[0], rel=CLOSED)


def _needed(measure: str) -> tuple[str, ...]:
    return ("n", "mean", "sd") if measure in ("MD", "SMD", "ROM") else ("n", "events")


def test_two_outcomes_of_the_same_participants() -> None:
    arms = {**ARMS, "treat": ["msc", "msc"], "n_treat": [8, 8]}
    V = arm_covariance("MD", [6.5, 6.0], outcome=["glucose", "weight"], rho=0.6, **arms)
    # rho times the sum over both arms of sd sd' / n: 20 / 8 and 36 / 16
    assert V.blocks[0][0, 1] == pytest.approx(0.6 * (2.5 + 2.25), rel=CLOSED)


def test_an_empty_cell_gets_a_half_in_its_whole_table() -> None:
    arms = {**ARMS, "events_treat": [0, 5]}
    V = arm_covariance("RR", [1.0, 1.0], **arms)
    expected = ((1 / 8.5 - 1 / 17) * (1 / 8 - 1 / 16)) ** 0.5
    assert V.blocks[0][0, 1] == pytest.approx(expected, rel=CLOSED)


def test_aggregates_by_hand() -> None:
    V = correlated_covariance([1.0, 1.0, 4.0], study=["a", "a", "b"], rho=0.5)
    found = aggregate_effects([1.0, 3.0, 7.0], V)
    assert found.studies == ("a", "b")
    assert found.yi == pytest.approx([2.0, 7.0], rel=CLOSED)
    assert found.vi == pytest.approx([0.75, 4.0], rel=CLOSED)  # (1 + 0.5) / 2
    assert found.n_effects == (2, 1)
    plain = aggregate_effects(
        [1.0, 4.0], correlated_covariance([1.0, 4.0], study=[1, 1], rho=0.5), weighted=False
    )
    assert (plain.yi[0], plain.vi[0]) == (2.5, pytest.approx((1 + 4 + 2 * 1.0) / 4, rel=CLOSED))
    with pytest.raises(InputError, match="study 'a' is singular"):
        aggregate_effects([1.0, 2.0], correlated_covariance([1.0, 1.0], study=["a", "a"], rho=1.0))
    with pytest.raises(InputError, match="2 finite numbers"):
        aggregate_effects([1.0], correlated_covariance([1.0, 1.0], study=["a", "a"], rho=0.1))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rho": 1.2}, r"rho is a correlation and must be in \[-1, 1\]; got 1.2"),
        ({"study": ["a", None]}, r"study\[2\] is missing"),
        ({"study": ["a"]}, "one label per effect"),
        ({"outcome": ["x", "y"]}, "go together; rho_outcome is missing"),
        ({"time": [0, 1]}, "go together; phi is missing"),
        ({"control": ["c", "c"]}, "control needs treat"),
        ({"treat": ["c", "d"], "control": ["c", "c"]}, "are the same arm, 'c'"),
        ({"n_treat": [10, 0]}, r"n_treat\[2\] is 0; it must be > 0"),
        ({"vi": [1.0, -1.0]}, r"vi\[2\] is -1"),
        ({"vi": [1.0, float("nan")]}, "vi must be finite"),
    ],
)
def test_misuse_is_named(change: dict[str, Any], message: str) -> None:
    given: dict[str, Any] = {"vi": [1.0, 1.0], "study": ["a", "a"], **change}
    with pytest.raises(InputError, match=message):
        correlated_covariance(given.pop("vi"), **given)


def test_misuse_of_arms_is_named() -> None:
    with pytest.raises(OptionError, match="'MD', 'SMD', 'ROM', 'RR', 'OR', 'RD'"):
        arm_covariance("CVR", [1.0, 1.0], **ARMS)
    with pytest.raises(InputError, match="yi is needed"):
        arm_covariance("SMD", [1.0, 1.0], **ARMS)
    with pytest.raises(InputError, match="sd_treat is needed"):
        arm_covariance("MD", [1.0, 1.0], **{**ARMS, "sd_treat": None})
    with pytest.raises(InputError, match="between 0 and the arm's n"):
        arm_covariance("RR", [1.0, 1.0], **{**ARMS, "events_treat": [9, 5]})
