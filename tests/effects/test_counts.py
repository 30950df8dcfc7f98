"""Measures made of counts, with the arithmetic by hand and on the BCG trials."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from metamsc.effects import compute_effects

RTOL = 1e-12  # closed forms in double precision
PRINTED_4 = 5e-5  # values printed with four decimals

TABLE: dict[str, Any] = {"events_treat": 10, "n_treat": 20, "events_control": 5, "n_control": 20}
ZERO: dict[str, Any] = {"events_treat": 0, "n_treat": 4, "events_control": 2, "n_control": 4}


def test_risk_ratio() -> None:
    effects = compute_effects("RR", **TABLE)
    assert effects.yi == pytest.approx([math.log(2)], rel=RTOL)
    assert effects.vi == pytest.approx([1 / 10 - 1 / 20 + 1 / 5 - 1 / 20], rel=RTOL)
    assert effects.notes == ((),)


def test_odds_ratio() -> None:
    effects = compute_effects("OR", **TABLE)
    assert effects.yi == pytest.approx([math.log(3)], rel=RTOL)  # (10/10)/(5/15)
    assert effects.vi == pytest.approx([0.1 + 0.1 + 0.2 + 1 / 15], rel=RTOL)


def test_risk_difference() -> None:
    effects = compute_effects("RD", **TABLE)
    assert effects.yi == pytest.approx([0.25], rel=RTOL)
    assert effects.vi == pytest.approx([(0.25 + 0.1875) / 20], rel=RTOL)
    assert compute_effects("RD", variance="UB", **TABLE).vi == pytest.approx([(0.25 + 0.1875) / 19], rel=RTOL)


def test_risk_difference_with_average_risks() -> None:
    # treated 10/20 and 0/20, controls 5/20 and 15/20: average risks 1/4 and 1/2
    arms: dict[str, Any] = {
        "events_treat": [10, 2],
        "n_treat": [20, 20],
        "events_control": [5, 15],
        "n_control": [20, 20],
    }
    effects = compute_effects("RD", variance="AV", **arms)
    expected = (0.3 * 0.7 + 0.25) / 20  # 12/40 = 0.3, 20/40 = 0.5
    assert effects.vi == pytest.approx([expected, expected], rel=RTOL)


def test_peto() -> None:
    effects = compute_effects("PETO", **TABLE)  # E = 15·20/40 = 7.5, V = 15·25·¼/39
    variance = 15 * 25 / 4 / 39
    assert effects.yi == pytest.approx([2.5 / variance], rel=RTOL)
    assert effects.vi == pytest.approx([1 / variance], rel=RTOL)


def test_arcsine() -> None:
    effects = compute_effects("AS", events_treat=10, n_treat=20, events_control=0, n_control=20)
    assert effects.yi == pytest.approx([math.pi / 4], rel=RTOL)  # arcsin √½, nothing added
    assert effects.vi == pytest.approx([1 / 80 + 1 / 80], rel=RTOL)
    assert effects.notes == ((),)


def test_associations() -> None:
    # φ of [[10, 10], [5, 15]] is (150 − 50)/√(20·20·15·25)
    assert compute_effects("PHI", **TABLE).yi == pytest.approx([100 / math.sqrt(150_000)], rel=RTOL)
    assert compute_effects("YUQ", **TABLE).yi == pytest.approx([0.5], rel=RTOL)  # (3 − 1)/(3 + 1)
    root = math.sqrt(3)
    assert compute_effects("YUY", **TABLE).yi == pytest.approx([(root - 1) / (root + 1)], rel=RTOL)
    log_odds = compute_effects("OR", **TABLE)
    logistic = compute_effects("OR2DL", **TABLE)
    assert logistic.yi == pytest.approx(log_odds.yi * math.sqrt(3) / math.pi, rel=RTOL)
    assert logistic.vi == pytest.approx(log_odds.vi * 3 / math.pi**2, rel=RTOL)


def test_only_rows_with_an_empty_cell_get_a_half() -> None:
    arms: dict[str, Any] = {name: [TABLE[name], ZERO[name]] for name in TABLE}
    effects = compute_effects("OR", **arms)
    assert effects.yi == pytest.approx([math.log(3), math.log(1 / 9)], rel=RTOL)  # (0.5/4.5)/(2.5/2.5)
    assert effects.vi[1] == pytest.approx(2 + 1 / 4.5 + 0.4 + 0.4, rel=RTOL)
    assert effects.notes == ((), ("0.5 added to all cells (zero cell)",))


@pytest.mark.parametrize(
    ("to", "first", "note"),
    [
        ("only0", math.log(3), ()),
        ("all", math.log((10.5 / 10.5) / (5.5 / 15.5)), ("0.5 added to all cells (added to every row)",)),
        ("if0all", math.log(15.5 / 5.5), ("0.5 added to all cells (some row has a zero cell)",)),
    ],
)
def test_rules_for_zero_cells(to: str, first: float, note: tuple[str, ...]) -> None:
    arms: dict[str, Any] = {name: [TABLE[name], ZERO[name]] for name in TABLE}
    effects = compute_effects("OR", to=to, **arms)
    assert effects.yi[0] == pytest.approx(first, rel=RTOL)
    assert effects.notes[0] == note
    assert effects.yi[1] == pytest.approx(math.log(1 / 9), rel=RTOL)


def test_if0all_leaves_complete_tables_alone() -> None:
    assert compute_effects("OR", to="if0all", **TABLE).yi == pytest.approx([math.log(3)], rel=RTOL)


def test_another_constant() -> None:
    effects = compute_effects("RR", add=1, **ZERO)
    assert effects.yi == pytest.approx([math.log((1 / 6) / (3 / 6))], rel=RTOL)
    assert effects.notes == (("1 added to all cells (zero cell)",),)


def test_drop00_makes_both_kinds_of_empty_rows_missing() -> None:
    effects = compute_effects(
        "OR", events_treat=[0, 4, 1], n_treat=4, events_control=[0, 5, 2], n_control=5, drop00=True
    )
    assert np.isnan(effects.yi).tolist() == [True, True, False]
    assert effects.usable.tolist() == [False, False, True]
    assert "dropped" in effects.notes[0][0]
    assert effects.notes[2] == ()


def test_rates() -> None:
    arms: dict[str, Any] = {"events_treat": 8, "time_treat": 100, "events_control": 2, "time_control": 50}
    irr = compute_effects("IRR", **arms)
    assert irr.yi == pytest.approx([math.log(2)], rel=RTOL)
    assert irr.vi == pytest.approx([1 / 8 + 1 / 2], rel=RTOL)
    ird = compute_effects("IRD", **arms)
    assert ird.yi == pytest.approx([0.08 - 0.04], rel=RTOL)
    assert ird.vi == pytest.approx([8 / 1e4 + 2 / 2500], rel=RTOL)
    irsd = compute_effects("IRSD", **{**arms, "events_treat": 9, "events_control": 8})
    assert irsd.yi == pytest.approx([0.3 - 0.4], rel=RTOL)
    assert irsd.vi == pytest.approx([1 / 400 + 1 / 200], rel=RTOL)


def test_one_group() -> None:
    group: dict[str, Any] = {"events": 4, "n": 16}
    assert compute_effects("PR", **group).vi == pytest.approx([0.1875 / 16], rel=RTOL)
    assert compute_effects("PR", variance="UB", **group).vi == pytest.approx([0.1875 / 15], rel=RTOL)
    assert compute_effects("PLN", **group).vi == pytest.approx([1 / 4 - 1 / 16], rel=RTOL)
    logit = compute_effects("PLO", **group)
    assert logit.yi == pytest.approx([-math.log(3)], rel=RTOL)
    assert logit.vi == pytest.approx([1 / 4 + 1 / 12], rel=RTOL)
    assert compute_effects("PAS", **group).yi == pytest.approx([math.pi / 6], rel=RTOL)  # arcsin ½
    rate: dict[str, Any] = {"events": 9, "time": 100}
    assert compute_effects("IR", **rate).vi == pytest.approx([9e-4], rel=RTOL)
    assert compute_effects("IRLN", **rate).vi == pytest.approx([1 / 9], rel=RTOL)
    assert compute_effects("IRS", **rate).yi == pytest.approx([0.3], rel=RTOL)


BCG = np.array(
    [  # Colditz et al. 1994: tuberculosis among vaccinated and controls, as positive, negative
        (4, 119, 11, 128),
        (6, 300, 29, 274),
        (3, 228, 11, 209),
        (62, 13536, 248, 12619),
        (33, 5036, 47, 5761),
        (180, 1361, 372, 1079),
        (8, 2537, 10, 619),
        (505, 87886, 499, 87892),
        (29, 7470, 45, 7232),
        (17, 1699, 65, 1600),
        (186, 50448, 141, 27197),
        (5, 2493, 3, 2338),
        (27, 16886, 29, 17825),
    ]
).T
BCG_ARMS: dict[str, Any] = {
    "events_treat": BCG[0],
    "n_treat": BCG[0] + BCG[1],
    "events_control": BCG[2],
    "n_control": BCG[2] + BCG[3],
}


def test_bcg_log_risk_ratios() -> None:
    # metafor's manual page of dat.bcg prints these, four decimals
    effects = compute_effects("RR", **BCG_ARMS)
    assert effects.yi == pytest.approx(
        [
            -0.8893,
            -1.5854,
            -1.3481,
            -1.4416,
            -0.2175,
            -0.7861,
            -1.6209,
            0.0120,
            -0.4694,
            -1.3713,
            -0.3394,
            0.4459,
            -0.0173,
        ],
        abs=PRINTED_4,
    )
    assert effects.vi == pytest.approx(
        [
            0.3256,
            0.1946,
            0.4154,
            0.0200,
            0.0512,
            0.0069,
            0.2230,
            0.0040,
            0.0564,
            0.0730,
            0.0124,
            0.5325,
            0.0714,
        ],
        abs=PRINTED_4,
    )


def test_bcg_odds_ratio_of_the_first_trial() -> None:
    effects = compute_effects("OR", **BCG_ARMS)
    assert effects.yi[0] == pytest.approx(math.log(4 * 128 / (119 * 11)), rel=RTOL)
    assert effects.vi[0] == pytest.approx(1 / 4 + 1 / 119 + 1 / 11 + 1 / 128, rel=RTOL)
