"""What is refused, and how the message names it; what becomes missing when asked for."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pytest

from metamsc.effects import MEASURES, compute_effects
from metamsc.errors import InputError, OptionError

MEANS: dict[str, Any] = {
    "n_treat": [10, 12],
    "mean_treat": [5.0, 6.0],
    "sd_treat": [1.0, 2.0],
    "n_control": [11, 9],
    "mean_control": [4.0, 7.0],
    "sd_control": [1.5, 1.0],
}
COUNTS: dict[str, Any] = {
    "events_treat": [3, 4],
    "n_treat": [10, 12],
    "events_control": [2, 5],
    "n_control": [11, 9],
}


@pytest.mark.parametrize(
    ("measure", "change", "message"),
    [
        ("MD", {"sd_treat": [1, -2]}, "sd_treat[1] = -2: a standard deviation cannot be negative."),
        ("MD", {"n_control": [11, 0]}, "n_control[1] = 0: a group has at least one member."),
        ("SMD", {"n_treat": [1, 12]}, "n_treat[0] = 1: an SD needs more than one member."),
        ("MD", {"sd_control": 0}, "sd_control[0] = 0: a standard deviation of zero makes the variance of MD"),
        ("MD", {"mean_treat": [5, math.nan]}, "mean_treat[1] = nan: a value is needed in every row."),
        ("MD", {"mean_treat": [math.inf, 5]}, "mean_treat[0] = inf: must be finite."),
        ("ROM", {"mean_control": [4, -7]}, "mean_control[1] = -7: ROM needs positive means (a ratio scale)."),
        ("ROM", {"mean_control": 0}, "mean_control[0] = 0: ROM needs positive means"),
        ("MD", {"mean_treat": [1, 2, 3]}, "arrays must have one length; got n_treat: 2, mean_treat: 3"),
        ("MD", {"mean_treat": []}, "mean_treat is empty."),
        ("MD", {"mean_treat": "high"}, "mean_treat must be numbers; got 'high'."),
        ("MD", {"mean_treat": [[1, 2]]}, "mean_treat must be a number or one-dimensional; got shape (1, 2)."),
        ("MD", {"events": 3}, "MD needs n_treat, mean_treat"),
        ("MD", {"se_treat": 1}, "give sd_treat or se_treat, not both."),
        ("MD", {"sd_treat": None}, "missing sd_treat."),
        ("SMD", {"sd_treat": None, "se_treat": 1}, "missing sd_treat; not used se_treat."),
    ],
)
def test_refused_means(measure: str, change: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        compute_effects(measure, **{**MEANS, **change})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"events_treat": [3, 13]}, "events_treat[1] = 13: more events than members (n_treat = 12)."),
        ({"events_control": [-1, 5]}, "events_control[0] = -1: a count cannot be negative."),
        ({"events_treat": [99, 99]}, "more events than members (n_treat = 10) (1 more like it)."),
    ],
)
def test_refused_counts(change: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        compute_effects("RR", **{**COUNTS, **change})


def test_refused_correlation_and_time() -> None:
    with pytest.raises(InputError, match=re.escape("r = 1.1: a correlation lies between -1 and 1.")):
        compute_effects("COR", r=1.1, n=10)
    with pytest.raises(InputError, match=re.escape("time = 0: person-time must be above zero.")):
        compute_effects("IR", events=1, time=0)


def test_a_standard_error_needs_no_n_but_a_variance_that_pools_does() -> None:
    by_se: dict[str, Any] = {"mean_treat": 5, "se_treat": 1, "mean_control": 4, "se_control": 1}
    with pytest.raises(
        InputError, match="variance 'HO' needs n and SD in both arms; got se_treat, se_control"
    ):
        compute_effects("MD", variance="HO", **by_se)
    with pytest.raises(InputError, match=re.escape("se_treat = 0: a standard error of zero")):
        compute_effects("MD", **{**by_se, "se_treat": 0})


@pytest.mark.parametrize(
    ("measure", "options", "message"),
    [
        ("SMD", {"variance": "XX"}, "variance of SMD must be one of 'LS', 'LS2', 'UB', 'AV'; got 'XX'."),
        ("MD", {"to": "all"}, "add, to and drop00 are for counts; MD has none."),
        ("MD", {"bias_correction": False}, "MD has no bias correction to leave out."),
        ("MD", {"undefined": "drop"}, "undefined must be one of 'refuse', 'missing'; got 'drop'."),
    ],
)
def test_refused_options(measure: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError, match=re.escape(message)):
        compute_effects(measure, **MEANS, **options)


def test_refused_zero_cell_options() -> None:
    message = "to must be one of 'only0', 'all', 'if0all', 'none'; got 'some'."
    with pytest.raises(OptionError, match=re.escape(message)):
        compute_effects("RR", **COUNTS, to="some")
    with pytest.raises(OptionError, match=re.escape("add must be a finite number >= 0; got -1.")):
        compute_effects("RR", **COUNTS, add=-1)


def test_a_hazard_ratio_is_not_computed() -> None:
    with pytest.raises(OptionError, match="HR is only taken as reported: use effect_from_contrast"):
        compute_effects("HR", **COUNTS)


def test_a_measure_that_is_undefined_names_the_row_and_its_values() -> None:
    with pytest.raises(InputError) as caught:
        compute_effects("OR", **{**COUNTS, "events_treat": [3, 0]}, to="none")
    assert "position 1" in str(caught.value)
    assert "events_treat = 0" in str(caught.value)
    assert 'undefined="missing"' in str(caught.value)


def test_undefined_rows_become_missing_when_asked_for() -> None:
    effects = compute_effects(
        "ROM",
        **{**MEANS, "mean_treat": [5.0, -6.0], "sd_control": [math.nan, 1.0]},
        undefined="missing",
    )
    assert np.isnan(effects.yi).all()
    assert effects.notes == (("sd_control is missing",), ("ROM is not defined for these values",))
    assert not effects.usable.any()


def test_a_missing_row_changes_no_other() -> None:
    whole = compute_effects("SMD", variance="AV", **MEANS)
    arms: dict[str, Any] = {name: [*values, math.nan] for name, values in MEANS.items()}
    effects = compute_effects("SMD", variance="AV", undefined="missing", **arms)
    assert effects.vi[:2].tolist() == whole.vi.tolist()


def test_a_zero_variance_is_refused_or_noted() -> None:
    nobody: dict[str, Any] = {
        "events_treat": 0,
        "n_treat": 9,
        "events_control": 0,
        "n_control": 9,
        "to": "none",
    }
    with pytest.raises(InputError, match="RD or its variance is not defined here: "):
        compute_effects("RD", **nobody)
    effects = compute_effects("RD", **nobody, undefined="missing")
    assert effects.vi.tolist() == [0.0]
    assert not effects.usable.any()
    assert effects.notes == (("the estimated variance is zero",),)


def test_numbers_are_repeated_to_the_length_of_the_arrays() -> None:
    effects = compute_effects("MD", **{**MEANS, "mean_control": 4})
    assert effects.yi.tolist() == [1.0, 2.0]


def test_results_cannot_be_changed() -> None:
    effects = compute_effects("MD", **MEANS)
    with pytest.raises(ValueError, match="read-only"):
        effects.yi[0] = 0
    with pytest.raises(AttributeError):
        effects.measure = "SMD"  # type: ignore[misc] # frozen, which is what is tested
    given = np.array([5.0, 6.0])
    compute_effects("MD", **{**MEANS, "mean_treat": given})
    given[0] = 7.0  # the caller's own array stays writable


def test_every_input_of_every_measure_is_an_argument() -> None:
    assert {"n", "r", "events", "time"} <= {name for measure in MEASURES.values() for name in measure.inputs}
    for measure in MEASURES.values():
        if measure.compute is not None:
            with pytest.raises(InputError, match=f"^{measure.name} needs .*; missing "):
                compute_effects(measure.name)
