"""Fail-safe numbers by hand, against the reference, and what they promise."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metamsc.errors import InputError, OptionError
from metamsc.models.pool import pool
from metamsc.sensitivity.fail_safe import CAVEAT, METHODS, TAU2_UPDATES, fail_safe_number

CLOSED_FORM = 1e-8
_FILE = json.loads((Path(__file__).parents[1] / "reference/data/bias_bcg.json").read_text())
_BCG = _FILE["data"]["dat"]
_EXPECTED: dict[str, Any] = {case["call"]: case["expect"] for case in _FILE["cases"]}

TWOS, ONES = [2.0, 2.0, 2.0], [1.0, 1.0, 1.0]


def test_rosenthal_by_hand() -> None:
    # z = 2 three times: (6 / 1.644854)^2 - 3 = 13.306 - 3 = 10.3, so 11; p = Phi(-6 / sqrt(3)).
    found = fail_safe_number(TWOS, ONES, method="Rosenthal")
    assert (found.k, found.n, found.estimate) == (3, 11, None)
    assert found.p == pytest.approx(0.5 * math.erfc(6 / math.sqrt(3) / math.sqrt(2)), rel=CLOSED_FORM)


def test_rosenberg_by_hand() -> None:
    # z of the mean = 2 sqrt(3): 3 * ((3.4641 / 1.959964)^2 - 1) = 3 * 2.1238 = 6.4, so 7.
    found = fail_safe_number(TWOS, ONES, method="Rosenberg")
    assert found.n == 7
    assert found.estimate == pytest.approx(2.0, rel=CLOSED_FORM)
    assert found.p == pytest.approx(math.erfc(2 * math.sqrt(3) / math.sqrt(2)), rel=CLOSED_FORM)


def test_orwin_by_hand() -> None:
    # Mean 0.6, target 0.2: 3 * 0.4 / 0.2 = 6 exactly, and not 7 for the rounding of 0.6 - 0.2.
    found = fail_safe_number([0.6] * 3, ONES, method="Orwin", target=0.2)
    assert (found.n, found.p, found.alpha) == (6, None, None)
    # The target has the sign of the mean; half the mean takes as many studies as there are.
    assert fail_safe_number([-0.6] * 3, ONES, method="Orwin", target=0.2).target == -0.2
    assert fail_safe_number([0.1, 0.3, 0.8], [1, 2, 3], method="Orwin").n == 3
    # No number of studies brings a mean to 0; one that is below the target needs none.
    assert fail_safe_number(TWOS, ONES, method="Orwin", target=0.0).n is None
    assert fail_safe_number(TWOS, ONES, method="Orwin", target=3.0).n == 0


def test_orwin_weighted_or_plain_by_hand() -> None:
    # y = 1, 4 with v = 1, 2: weighted (1 + 2) / 1.5 = 2, plain 2.5; target 1: 2 * 1 / 1 = 2 and 2 * 1.5 = 3.
    weighted = fail_safe_number([1, 4], [1, 2], method="Orwin", target=1)
    plain = fail_safe_number([1, 4], [1, 2], method="Orwin", target=1, weighted=False)
    assert (weighted.n, plain.n) == (2, 3)
    assert weighted.estimate == pytest.approx(2.0, rel=CLOSED_FORM)
    assert plain.estimate == pytest.approx(2.5, rel=CLOSED_FORM)


@pytest.mark.parametrize(
    ("call", "options"),
    [
        ('type="Rosenthal")', {"method": "Rosenthal"}),
        ('type="Rosenberg")', {"method": "Rosenberg"}),
        ('type="Orwin", target=0.05)', {"method": "Orwin", "target": 0.05, "weighted": False}),
        ('type="Orwin", target=0.05, weighted=TRUE)', {"method": "Orwin", "target": 0.05}),
    ],
)
def test_agrees_with_the_reference(call: str, options: dict[str, Any]) -> None:
    expected = _EXPECTED[f"fsn(yi, vi, data=dat, {call}"]
    found = fail_safe_number(_BCG["yi"], _BCG["vi"], **options)
    assert found.n == expected["fsnum"]
    for ours, theirs in ((found.p, "pval"), (found.estimate, "meanes"), (found.target, "target")):
        assert ours == (
            None if expected[theirs] is None else pytest.approx(expected[theirs], rel=CLOSED_FORM)
        )


studies = st.lists(st.tuples(st.integers(-60, 200), st.integers(1, 40)), min_size=1, max_size=10)


@settings(max_examples=60, deadline=None)
@given(studies)
def test_rosenthal_keeps_its_promise(found: list[tuple[int, int]]) -> None:
    y, v = [s[0] / 50 for s in found], [s[1] / 40 for s in found]
    n = fail_safe_number(y, v, method="Rosenthal").n
    assert n is not None
    # With n studies of z = 0 more the combined p reaches 0.05; with one fewer it does not.
    enough = fail_safe_number([*y, *[0.0] * n], [*v, *[1.0] * n], method="Rosenthal")
    assert enough.p is not None
    assert enough.p >= 0.05 * (1 - 1e-9)
    if n:
        short = fail_safe_number([*y, *[0.0] * (n - 1)], [*v, *[1.0] * (n - 1)], method="Rosenthal")
        assert short.p is not None
        assert short.p < 0.05


@settings(max_examples=60, deadline=None)
@given(studies)
def test_rosenberg_keeps_its_promise(found: list[tuple[int, int]]) -> None:
    y, v = [s[0] / 50 for s in found], [s[1] / 40 for s in found]
    n = fail_safe_number(y, v, method="Rosenberg").n
    assert n is not None
    average = len(v) / sum(1 / x for x in v)
    enough = fail_safe_number([*y, *[0.0] * n], [*v, *[average] * n], method="Rosenberg")
    assert enough.p is not None
    assert enough.p >= 0.05 * (1 - 1e-9)


def test_every_number_carries_its_caveat() -> None:
    for method in METHODS:
        assert fail_safe_number(TWOS, ONES, method=method).warnings == (CAVEAT,)


def test_misuse_is_named() -> None:
    with pytest.raises(OptionError, match="'Rosenthal', 'Orwin', 'Rosenberg'"):
        fail_safe_number(TWOS, ONES, method="Fisher")
    with pytest.raises(InputError, match="belong to method 'Orwin'"):
        fail_safe_number(TWOS, ONES, method="Rosenthal", target=0.1)
    with pytest.raises(InputError, match="alpha must be a fraction"):
        fail_safe_number(TWOS, ONES, alpha=5)
    with pytest.raises(InputError, match="target must be a finite"):
        fail_safe_number(TWOS, ONES, method="Orwin", target=math.nan)


def test_general_by_hand() -> None:
    # Equal variances 0.04, effects 0.3, 0.5, 0.7: Q = 0.08 / 0.04 = 2 = df, so tau2 = 0 by DL; w = 25.
    # z = 37.5 / sqrt(75) = 4.33; (37.5 / 1.959964)**2 = 366.08; (366.08 - 75) / 25 = 11.6: 12 studies.
    y, v = [0.3, 0.5, 0.7], [0.04] * 3
    found = fail_safe_number(y, v, method="General", tau2_method="DL", tau2_update="held")
    assert (found.n, found.target, found.alpha) == (12, None, 0.05)
    assert found.estimate == pytest.approx(0.5, rel=1e-12)
    # To a mean of 0.2: 37.5 / 0.2 = 187.5; (187.5 - 75) / 25 = 4.5: 5 studies.
    found = fail_safe_number(y, v, method="General", tau2_method="DL", tau2_update="held", target=0.2)
    assert (found.n, found.target, found.alpha) == (5, 0.2, None)


def test_general_by_moments_by_hand() -> None:
    # tau2 = 0, v0 = 0.04, b = 0.5. With n = 5: m = 3 * 0.5 / 8 = 0.1875 and
    # tau2 = (3 (0.3125)**2 + 5 (0.1875)**2) / 7 = 0.067. All weights are the same, so the mean is 0.1875, at
    # most 0.2. With n = 4 it is 1.5 / 7 = 0.214.
    y, v = [0.3, 0.5, 0.7], [0.04] * 3
    found = fail_safe_number(y, v, method="General", tau2_method="DL", tau2_update="moments", target=0.2)
    assert found.n == 5
    # To P = 0.05 the mean, 1.5 / (3 + n), has to be at most 1.96 sqrt((0.04 + tau2) / (3 + n)).
    # n = 2: 0.3; tau2 = (3 (0.2)**2 + 2 (0.3)**2) / 4 = 0.075: 1.96 sqrt(0.115 / 5) = 0.297, not enough.
    # n = 3: 0.25; tau2 = (3 (0.25)**2 + 3 (0.25)**2) / 5 = 0.075: 1.96 sqrt(0.115 / 6) = 0.271.
    assert fail_safe_number(y, v, method="General", tau2_method="DL", tau2_update="moments").n == 3


def test_general_without_heterogeneity_is_rosenberg() -> None:
    y, v = [0.3, 0.45, 0.5, 0.2], [0.04, 0.02, 0.09, 0.05]
    general = fail_safe_number(y, v, method="General", tau2_method="EE")
    assert general.n == fail_safe_number(y, v, method="Rosenberg").n


def test_as_many_studies_of_no_effect_undo_the_result_and_one_fewer_does_not() -> None:
    y, v = [0.1, 0.9, 0.5, 0.2, 0.8], [0.04, 0.02, 0.09, 0.05, 0.03]
    found = fail_safe_number(y, v, method="General", tau2_update="held")
    assert found.n is not None
    tau2 = pool(y, v).heterogeneity.tau2
    v0 = len(v) / sum(1 / value for value in v)
    for n, significant in ((found.n, False), (found.n - 1, True)):
        with_more = pool([*y, *[0.0] * n], [*v, *[v0] * n], tau2=tau2, ci_method="wald")
        assert with_more.p is not None
        assert (with_more.p < 0.05) is significant


def _set(name: str) -> tuple[list[float], list[float]]:
    data = json.loads((Path(__file__).parents[1] / f"reference/data/{name}.json").read_text())["data"]["dat"]
    return data["yi"], data["vi"]


@pytest.mark.parametrize(
    ("name", "update", "expected"),
    [
        # metafor 4's own tests (test_misc_fsn.r): fsn(yi, vi, type="General"), and the same with exact=TRUE.
        ("hackshaw1998", "moments", 112),
        ("hackshaw1998", "refitted", 119),
        ("raudenbush1985", "moments", 0),
        ("raudenbush1985", "refitted", 0),
    ],
)
def test_general_numbers_that_metafor_holds_itself_to(name: str, update: str, expected: int) -> None:
    found = fail_safe_number(*_set(name), method="General", tau2_update=update)
    assert (found.n, found.tau2_update) == (expected, update)


@pytest.mark.parametrize("target", [None, 0.25])
def test_refitted_is_the_pool_with_so_many_studies_and_one_fewer_is_not_enough(target: float | None) -> None:
    y, v = [0.1, 0.9, 0.5, 0.2, 0.8], [0.04, 0.02, 0.09, 0.05, 0.03]
    found = fail_safe_number(y, v, method="General", target=target)
    assert found.n is not None
    assert found.n > 2
    tau2, v0 = pool(y, v).heterogeneity.tau2, len(v) / sum(1 / value for value in v)
    for n, enough in ((found.n, True), (found.n - 1, False)):
        # Any effects of mean 0 and variance v0 + tau2 do: only these two enter the likelihood.
        drawn = np.random.default_rng(n).normal(size=n)
        drawn = (drawn - drawn.mean()) / drawn.std(ddof=1) * math.sqrt(v0 + tau2)
        with_more = pool([*y, *drawn], [*v, *[v0] * n], ci_method="wald")
        assert with_more.p is not None
        reached = with_more.p >= 0.05 if target is None else abs(with_more.estimate) <= target
        assert reached is enough


def test_all_updates_are_one_without_heterogeneity() -> None:
    y, v = [0.3, 0.45, 0.5, 0.2], [0.04, 0.02, 0.09, 0.05]
    found = {
        fail_safe_number(y, v, method="General", tau2_method="EE", tau2_update=update).n
        for update in TAU2_UPDATES
    }
    assert found == {fail_safe_number(y, v, method="Rosenberg").n}


def test_a_target_of_0_is_never_reached() -> None:
    assert fail_safe_number([0.3, 0.5, 0.7], [0.04] * 3, method="General", target=0.0).n is None
    with pytest.raises(OptionError, match="tau2_update must be one of 'refitted', 'moments', 'held'"):
        fail_safe_number([0.3, 0.5, 0.7], [0.04] * 3, method="General", tau2_update="kept")
