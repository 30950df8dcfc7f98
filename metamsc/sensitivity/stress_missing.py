"""The missing-evidence part of a stress test: who contributes a result, who does not, and a bound."""

from __future__ import annotations

from typing import Any

from metamsc.errors import InputError
from metamsc.sensitivity.missing import bound_missing
from metamsc.sensitivity.missing_result import MissingTrial
from metamsc.sensitivity.missing_table import MissingTable, missing_table
from metamsc.sensitivity.stress_data import StressData
from metamsc.sensitivity.stress_result import AssumedBound

MEDIAN = "as precise as the median of the pooled studies"
BEST = "as precise as the most precise of the pooled studies"
NONE_KNOWN = "no result is known to be missing; that does not mean that none is"


def table_of_missing(data: StressData) -> MissingTable:
    """Put pooled studies (cohorts of several rows once) and missing trials into one table."""
    by_cohort: dict[str, tuple[str, float | None]] = {}
    for i, cohort in enumerate(data.cohorts):
        n = None if data.n_total is None else data.n_total[i]
        label, before = by_cohort.get(cohort, (data.labels[i], None))
        total = n if before is None else before + (n or 0.0)
        by_cohort[cohort] = (label, total)
    missing = [(trial.label, trial.n, trial.status, trial.reason) for trial in data.missing]
    return missing_table(list(by_cohort.values()), missing)


def bounds_for_missing(data: StressData, threshold: float | None) -> tuple[AssumedBound, ...]:
    """Say what the missing trials would have to show.

    Where the size of a trial is not known, twice: with the precision of the median of the pooled studies,
    and of the most precise one.

    Raises
    ------
    InputError
        If no trial is known to be missing.
    TooFewStudiesError
        With one study.
    """
    if not data.missing:
        raise InputError(f"{NONE_KNOWN}.")
    options: dict[str, Any] = {**data.model, "n_total": data.n_total, "threshold": threshold}
    first = bound_missing(data.yi, data.vi, data.missing, **options)
    known = data.n_total is not None
    if all(trial.vi is not None or (known and trial.n is not None) for trial in data.missing):
        return (AssumedBound(assumes="", bound=first),)
    best = min(data.vi)
    precise = [
        trial
        if trial.vi is not None or (known and trial.n is not None)
        else MissingTrial(label=trial.label, vi=best)
        for trial in data.missing
    ]
    second = bound_missing(data.yi, data.vi, precise, **options)
    return (AssumedBound(assumes=MEDIAN, bound=first), AssumedBound(assumes=BEST, bound=second))
