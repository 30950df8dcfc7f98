"""The small-study part of a stress test: tests that suit the measure, and pools that allow for bias."""

from __future__ import annotations

from collections.abc import Callable

from metamsc.sensitivity.bias import RegressionTest, refuse_below, regress_on_precision
from metamsc.sensitivity.bias_counts import harbord_test, peters_test, pustejovsky_rodgers_test
from metamsc.sensitivity.excess import excess_significance
from metamsc.sensitivity.fail_safe import FailSafe, fail_safe_number
from metamsc.sensitivity.limit_analysis import limit_analysis
from metamsc.sensitivity.p_curve import p_curve
from metamsc.sensitivity.p_uniform import p_uniform_star
from metamsc.sensitivity.pet_peese import pet_peese
from metamsc.sensitivity.rank_test import rank_correlation
from metamsc.sensitivity.selection import selection_model
from metamsc.sensitivity.stress_data import StressData
from metamsc.sensitivity.stress_result import SmallStudyTests, attempt
from metamsc.sensitivity.trim_fill import trim_and_fill

EGGER, HARBORD, PETERS = "Egger", "Harbord", "Peters"
BY_SIZE, PUSTEJOVSKY = "regression on 1/√n", "Pustejovsky–Rodgers"


def small_study_tests(data: StressData, estimate: float) -> SmallStudyTests:
    """Run every test and adjustment; each one that the data cannot carry says why.

    Parameters
    ----------
    data : StressData
    estimate : float
        The pooled effect, whose side is taken for the expected one where no direction is a benefit.
    """
    y, v, force, level = data.yi, data.vi, data.force, data.level
    lower = estimate < 0.0 if data.lower_is_better is None else data.lower_is_better
    side = "less" if lower else "greater"
    return SmallStudyTests(
        regressions={name: attempt(test) for name, test in _regressions(data).items()},
        rank=attempt(lambda: rank_correlation(y, v, force=force)),
        excess=attempt(lambda: excess_significance(y, v, force=force)),
        p_curve=attempt(lambda: p_curve(y, v, force=force)),
        fail_safe=attempt(lambda: _fail_safe(data)),
        trim_fill=attempt(lambda: trim_and_fill(y, v, measure=data.measure, force=force, **data.model)),
        pet_peese=attempt(lambda: pet_peese(y, v, level=level, force=force)),
        limit=attempt(lambda: limit_analysis(y, v, tau2_method=data.tau2_method, level=level, force=force)),
        selection=attempt(lambda: selection_model(y, v, alternative=side, level=level, force=force)),
        p_uniform=attempt(lambda: p_uniform_star(y, v, side=side, level=level, force=force)),
    )


def _fail_safe(data: StressData) -> FailSafe:
    """Return the fail-safe number of the random-effects mean; no more readable below ten than the tests."""
    refuse_below(data.k, force=data.force)
    return fail_safe_number(data.yi, data.vi, method="General", alpha=1.0 - data.level)


def _regressions(data: StressData) -> dict[str, Callable[[], RegressionTest]]:
    """Return the regressions that suit the measure, best first.

    The standard error of a standardised difference or a ratio of risks contains the effect itself, so a
    regression on it alone finds asymmetry where there is none.
    """
    y, v, force, level = data.yi, data.vi, data.force, data.level
    found: dict[str, Callable[[], RegressionTest]] = {}
    n1, n0, a, c = data.n_treat, data.n_control, data.events_treat, data.events_control
    if data.measure.startswith("SMD"):
        if n1 is not None and n0 is not None:
            found[PUSTEJOVSKY] = lambda: pustejovsky_rodgers_test(y, v, n1, n0, level=level, force=force)
        found[BY_SIZE] = lambda: regress_on_precision(
            y, v, predictor="1/sqrt(n)", n_total=data.n_total, level=level, force=force
        )
        return found
    if data.measure in ("OR", "RR") and None not in (n1, n0, a, c):
        counts = [list(column) for column in (a, n1, c, n0) if column is not None]
        found[HARBORD] = lambda: harbord_test(*counts, measure=data.measure, level=level, force=force)
        found[PETERS] = lambda: peters_test(y, *counts, level=level, force=force)
    found[EGGER] = lambda: regress_on_precision(y, v, level=level, force=force)
    return found
