"""Hold the pool of a CSV against all that could be held against it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from metamsc.analysis.methods.choice import INVERSE_VARIANCE
from metamsc.analysis.methods.result import MethodResult
from metamsc.dataset.csv import CsvEffects
from metamsc.errors import InputError, OptionError
from metamsc.sensitivity.missing_result import MissingTrial
from metamsc.sensitivity.stress_result import StressTest
from metamsc.sensitivity.stress_test import stress_test

YEAR = "year"
"""Column that says when a study was published."""
_NUMBERS = ("n_treat", "n_control", "events_treat", "events_control", "n_total")


def examine_csv(
    effects: CsvEffects,
    strata: Sequence[tuple[str, Sequence[int], MethodResult]],
    *,
    threshold: float | None = None,
    cohorts: str | None = None,
    missing: Sequence[Sequence[MissingTrial]] = (),
    force: bool = False,
) -> tuple[StressTest, ...]:
    """Run a stress test on every pool of a CSV.

    Parameters
    ----------
    effects : CsvEffects
        A column `year` gives the order of publication, numbers of participants and events the tests that
        are made for them.
    strata : sequence of (label, rows, pooled result)
        `rows` are places in `effects`.
    threshold : float, optional
        Smallest effect that matters, on the analysis scale, with the sign of a benefit.
    cohorts : str, optional
        Column whose rows with one value are left out together.
    missing : sequence of sequence of MissingTrial
        For each of `strata` the trials known to exist whose result is not in the file; nothing for none.
    force : bool
        Run tests for small-study effects below ten studies all the same.

    Raises
    ------
    OptionError
        If the rows were not pooled by inverse variance as independent ones, or there is no such column.
    InputError
        If a trial is among the missing and among the rows.
    """
    for trial in {trial.label for trials in missing for trial in trials} & set(effects.labels):
        raise InputError(f"{trial} is a row of {effects.file}, and named as missing.")
    for _, _, pooled in strata:
        if pooled.method != INVERSE_VARIANCE or len(pooled.coefficients) > 1 or pooled.details.get("cluster"):
            raise OptionError(
                "sensitivity refits by inverse variance on independent rows: it goes with no other method, "
                "no `cluster` and no `mods`."
            )
    columns: dict[str, Sequence[Any] | None] = {name: _numbers(effects, name) for name in _NUMBERS}
    columns["years"] = _years(effects)
    columns["cohorts"] = None if cohorts is None else effects.column(cohorts)
    return tuple(
        stress_test(
            [effects.yi[i] for i in rows],
            [effects.vi[i] for i in rows],
            labels=[effects.labels[i] for i in rows],
            measure=effects.measure,
            mid=None if threshold is None else abs(threshold),
            lower_is_better=None if threshold is None else threshold < 0.0,
            tau2_method=str(pooled.tau2_method),
            ci_method=str(pooled.ci_method) if len(rows) > 1 else "wald",
            level=pooled.level,
            missing=trials,
            force=force,
            label=label,
            **_taken(columns, rows),
        )
        for (label, rows, pooled), trials in zip(strata, missing or [()] * len(strata), strict=True)
    )


def _taken(columns: dict[str, Sequence[Any] | None], rows: Sequence[int]) -> dict[str, Any]:
    return {name: None if values is None else [values[i] for i in rows] for name, values in columns.items()}


def _numbers(effects: CsvEffects, name: str) -> tuple[float, ...] | None:
    """Return a column of numbers; None where there is none, or a row has no number in it."""
    if name not in effects.frame.columns:
        return None
    try:
        values = tuple(float(text) for text in effects.column(name))
    except (ValueError, InputError):
        return None
    return values if all(math.isfinite(value) and value >= 0.0 for value in values) else None


def _years(effects: CsvEffects) -> tuple[int | None, ...] | None:
    """Return the years of publication, None for a row without one."""
    if YEAR not in effects.frame.columns:
        return None
    texts = [str(text or "").strip() for text in effects.frame[YEAR]]
    return tuple(int(text) if text.isascii() and text.isdigit() else None for text in texts)
