"""Can the result be trusted? One call that refits, tests and bounds one pooled result in every way there is.

Arrays in, one frozen result out: each part holds what was found or why it was not done, and verdicts say
what became of direction, significance and importance. Nothing here is in words or drawn.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from metamsc.errors import InputError, TooFewStudiesError, check_option
from metamsc.models.inputs import check_effects
from metamsc.models.pool import pool
from metamsc.models.results import PooledResult
from metamsc.sensitivity.coordinates import baujat_coordinates
from metamsc.sensitivity.cumulative import cumulative, leave_one_out
from metamsc.sensitivity.gosh import gosh
from metamsc.sensitivity.gosh_result import Gosh
from metamsc.sensitivity.influence import measure_influence
from metamsc.sensitivity.missing_result import MissingTrial
from metamsc.sensitivity.stress_choices import choice_curve
from metamsc.sensitivity.stress_data import StressData
from metamsc.sensitivity.stress_missing import bounds_for_missing, table_of_missing
from metamsc.sensitivity.stress_result import FEWEST_FOR_SUBSETS, PARTS, StressTest, attempt
from metamsc.sensitivity.stress_small_study import small_study_tests
from metamsc.sensitivity.stress_verdicts import judge
from metamsc.sensitivity.subsets import Refits, study_labels

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

Value = TypeVar("Value")

EACH_ITS_OWN = "every row is of a cohort of its own: this is leaving out one study."
N_SUBSETS = 20_000
"""Subsets that are fitted unless asked otherwise: all of them up to 14 studies."""


def stress_test(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    labels: Sequence[str] | None = None,
    years: Sequence[int | None] | None = None,
    cohorts: Sequence[str] | None = None,
    n_total: ArrayLike | None = None,
    n_treat: ArrayLike | None = None,
    n_control: ArrayLike | None = None,
    events_treat: ArrayLike | None = None,
    events_control: ArrayLike | None = None,
    missing: Sequence[MissingTrial] = (),
    measure: str = "GEN",
    mid: float | None = None,
    lower_is_better: bool | None = None,
    tau2_method: str = "REML",
    ci_method: str = "hksj-adhoc",
    level: float = 0.95,
    parts: Collection[str] = tuple(PARTS),
    force: bool = False,
    n_subsets: int = N_SUBSETS,
    seed: int = 1,
    label: str = "All studies",
) -> StressTest:
    """Find out what becomes of a pooled result under everything that could be held against it.

    Parameters
    ----------
    yi, vi : array-like of shape (k,)
        Effects and sampling variances, on the analysis scale (ratios as logarithms; no effect is 0).
    labels : sequence of k str, optional
        Names of the studies; default "1" to "k".
    years : sequence of k int or None, optional
        For the cumulative pool; studies of one year keep the order given.
    cohorts : sequence of k str, optional
        Rows with one value are of one study or cohort and are left out together.
    n_total, n_treat, n_control : array-like of shape (k,), optional
        Participants; `n_total` follows from the other two.
    events_treat, events_control : array-like of shape (k,), optional
        Events; with them odds and risk ratios get the tests made for counts.
    missing : sequence of MissingTrial
        Trials known to exist whose result is not among `yi`.
    measure : str
        Code of the effect: "MD", "SMD", "OR", ...
    mid : float, optional
        Minimal important difference on the analysis scale, a positive size.
    lower_is_better : bool, optional
        Side on which results are taken for wanted, for models of selection; default: the pooled one's.
    tau2_method, ci_method, level
        As of :func:`metamsc.models.pool.pool`; every refit has the same model.
    parts : collection of str
        Keys of ``stress_result.PARTS``; all by default.
    force : bool
        Run tests for small-study effects below ten studies all the same.
    n_subsets, seed : int
        Subsets to fit, drawn with this seed where there are more.
    label : str
        What is pooled.

    Returns
    -------
    StressTest

    Raises
    ------
    OptionError, InputError, TooFewStudiesError
        If the effects cannot be pooled, an option is unknown or a column has another length. What only
        one part cannot do is that part's `refused`.

    Notes
    -----
    A change of direction is an estimate on the other side of 0, one of significance an interval that
    includes 0 where the pooled one does not (or the reverse), one of importance an estimate that is as
    large as `mid` where the pooled one is not (or the reverse).

    Examples
    --------
    >>> from metamsc.sensitivity.stress_test import stress_test
    >>> found = stress_test([-0.4, -0.5, 0.3], [0.02, 0.03, 0.02], tau2_method="EE", ci_method="wald")
    >>> verdict = found.verdict("leave-one-out")
    >>> verdict.n_direction, verdict.n_significance, verdict.names
    (1, 1, ('3',))
    """
    for part in parts:
        check_option("part", part, PARTS)
    y, v = check_effects(yi, vi)
    k = int(y.size)
    n1, n0 = _column("n_treat", n_treat, k), _column("n_control", n_control, k)
    total = _column("n_total", n_total, k)
    if total is None and n1 is not None and n0 is not None:
        total = tuple(a + b for a, b in zip(n1, n0, strict=True))
    names = study_labels(labels, k)
    data = StressData(
        label=label,
        yi=tuple(y.tolist()),
        vi=tuple(v.tolist()),
        labels=names,
        years=_given("years", years, (None,) * k),
        cohorts=_given("cohorts", cohorts, names),
        n_treat=n1,
        n_control=n0,
        n_total=total,
        events_treat=_column("events_treat", events_treat, k),
        events_control=_column("events_control", events_control, k),
        missing=tuple(missing),
        measure=measure,
        mid=_checked_mid(mid),
        lower_is_better=lower_is_better,
        tau2_method=tau2_method,
        ci_method=ci_method,
        level=level,
        force=force,
        n_subsets=n_subsets,
        seed=seed,
    )
    return run_parts(data, frozenset(parts))


def run_parts(data: StressData, parts: Collection[str]) -> StressTest:
    """Run the parts asked for on checked data."""
    pooled = pool(data.yi, data.vi, measure=data.measure, **data.model)
    found: dict[str, Any] = {}
    if "influence" in parts:
        found |= _influence(data)
    if "small_study" in parts:
        found["small_study"] = small_study_tests(data, pooled.estimate)
    if "missing" in parts:
        found["missing"] = table_of_missing(data)
        found["bounds"] = attempt(lambda: bounds_for_missing(data, _threshold(data, pooled)))
    if "choices" in parts:
        found["choices"] = attempt(lambda: choice_curve(data))
    if "subsets" in parts:
        found["subsets"] = attempt(lambda: _subsets(data))
    stress = StressTest(
        label=data.label,
        pooled=pooled,
        mid=data.mid,
        labels=data.labels,
        years=data.years,
        cohorts=data.cohorts,
        forced=data.force,
        **found,
    )
    return replace(stress, verdicts=judge(stress))


def _threshold(data: StressData, pooled: PooledResult) -> float | None:
    """Return the minimal important difference on the side of the pooled effect."""
    return None if data.mid is None else float(np.copysign(data.mid, pooled.estimate))


def _influence(data: StressData) -> dict[str, Any]:
    """Refit without each study and cohort and as evidence came in, and measure influence."""
    y, v, names, model = data.yi, data.vi, data.labels, data.model
    tau2_method, ci_method = data.tau2_method, data.ci_method
    return {
        "without_study": attempt(lambda: leave_one_out(y, v, labels=names, **model)),
        "without_cohort": attempt(lambda: _without_cohort(data)),
        "by_year": attempt(lambda: _by_year(data)),
        "by_precision": attempt(lambda: _in_order(data, data.vi)),
        "influence": attempt(
            lambda: measure_influence(y, v, labels=names, tau2_method=tau2_method, ci_method=ci_method)
        ),
        "baujat": attempt(
            lambda: baujat_coordinates(y, v, labels=names, tau2_method=tau2_method, ci_method="wald")
        ),
    }


def _without_cohort(data: StressData) -> Refits:
    if len(set(data.cohorts)) == data.k > 1:
        raise InputError(EACH_ITS_OWN)
    return leave_one_out(data.yi, data.vi, groups=data.cohorts, **data.model)


def _by_year(data: StressData) -> Refits:
    years = [year for year in data.years if year is not None]
    if len(years) < data.k:
        raise InputError(f"the year is not known of {data.k - len(years)} of {data.k} studies.")
    return _in_order(data, years)


def _in_order(data: StressData, order: Sequence[float]) -> Refits:
    if data.k < 2:
        raise TooFewStudiesError("one study: there is no order in which evidence came in.")
    return cumulative(data.yi, data.vi, order=order, labels=data.labels, **data.model)


def _subsets(data: StressData) -> Gosh:
    if data.k < FEWEST_FOR_SUBSETS:
        own = "one study has no subset but itself" if data.k == 1 else "two studies have no others but each"
        raise TooFewStudiesError(f"{own}; at least {FEWEST_FOR_SUBSETS} are needed to compare subsets.")
    return gosh(
        data.yi,
        data.vi,
        labels=data.labels,
        n_subsets=data.n_subsets,
        seed=data.seed,
        tau2_method=data.tau2_method,
    )


def _given(name: str, values: Sequence[Value] | None, default: tuple[Value, ...]) -> tuple[Value, ...]:
    if values is None:
        return default
    if len(values) != len(default):
        raise InputError(f"{name} must have one value per study; got {len(values)} for {len(default)}.")
    return tuple(values)


def _column(name: str, values: ArrayLike | None, k: int) -> tuple[float, ...] | None:
    """Return a column of numbers; None where it is not given."""
    if values is None:
        return None
    array = np.asarray(values, dtype=np.float64)
    if array.shape != (k,) or not (np.isfinite(array).all() and (array >= 0.0).all()):
        raise InputError(f"{name} must have one number, 0 or more, per study.")
    return tuple(array.tolist())


def _checked_mid(mid: float | None) -> float | None:
    if mid is not None and not (np.isfinite(mid) and mid > 0.0):
        raise InputError(f"mid must be a positive size on the analysis scale; got {mid!r}.")
    return mid
