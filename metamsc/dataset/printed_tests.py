"""SDs from tests: of the change within an arm, and between the two arms of a comparison.

A test gives a standard error only together with the very estimate that it tests, and only when it is exact:
"P < 0.05" and rank tests give none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from metamsc.dataset.comparisons import Unusable
from metamsc.dataset.trail import Trail
from metamsc.effects.recover import Recovered, sd_from_se, se_from_p
from metamsc.effects.recover_statistics import sd_from_se_of_difference, se_from_f, se_from_t
from metamsc.records.model import Arm, Result
from metamsc.records.values import ArmValue, PrintedTest
from metamsc.vocabulary import StatisticalTest

_BY_T = frozenset({StatisticalTest.T, StatisticalTest.WELCH, StatisticalTest.F, StatisticalTest.NOT_REPORTED})
"""Tests whose P value is read with Student's t on N − 2 degrees of freedom (F on (1, df) is t²)."""


@dataclass(frozen=True, slots=True)
class Sides:
    """The two arms that a result compares, for a test between them; several treated arms have none."""

    treated: Arm
    control: Arm


def sd_of_tested_change(value: ArmValue, change: float, trail: Trail) -> float | None:
    """Return the SD of the changes in an arm from the test of its change; None when there is no such test.

    Parameters
    ----------
    value : ArmValue
        Holds `t`, or an exact `p`, and `n`.
    change : float
        Mean change that was tested, in the unit wanted.
    trail : Trail

    Raises
    ------
    Unusable
        If P is a bound, n is missing, or the numbers are impossible.

    Notes
    -----
    SE = |change|/t, SD = SE·√n with t on n − 1 degrees of freedom (Cochrane Handbook 6.5.2.3 for one group).
    A P value is read as that of a paired t test, which the record does not say: an assumption.
    """
    if value.t is None and value.p is None:
        return None
    if value.t is None and value.p_operator != "=":
        raise Unusable("no-spread", _bound(value.p_operator, value.p))
    if value.n is None or value.n < 2:
        raise Unusable("no-n", "a test within the arm without the number analysed")
    n, t, p = value.n, value.t, value.p

    def find() -> Recovered[float]:
        se = se_from_t(change, t) if t is not None else se_from_p(change, p or 0.0, df=n - 1)
        sd = sd_from_se(se.value, n)
        given = "paired t" if t is not None else "P, taken as of a paired t test,"
        text = f"sd ← {given} of the change ({sd.derivation}; {se.derivation})"
        return Recovered(sd.value, text, imputed=t is None)

    return trail.recover("within-arm-test", find)


def sd_of_tested_difference(result: Result, sides: Sides | None, trail: Trail) -> float | None:
    """Return the SD within arms from the test between them; None when there is no such test.

    Parameters
    ----------
    result : Result
        Its `between` tests the difference of the centres of the two arms.
    sides : Sides or None
        The comparison; None when several treated arms are compared at once.
    trail : Trail

    Raises
    ------
    Unusable
        If the test is a bound, a rank test, or of more than these two arms; or n is missing.
    """
    test, values = result.between, result.arms or {}
    if test is None:
        return None
    if sides is None:
        raise Unusable("no-spread", "no spread, and a test between two arms is not one of several combined")
    pair = (sides.treated.id, sides.control.id)
    if set(test.arms or values) != set(pair):
        raise Unusable("no-spread", "no spread, and the printed test is not of these two arms")
    treated, control = (values[arm] for arm in pair)
    if not treated.n or not control.n:
        raise Unusable("no-n", "no spread, and a test between the arms without the numbers analysed")
    difference = _centre(treated) - _centre(control)
    n1, n2 = treated.n, control.n
    find_se = _standard_error(test, difference, n1 + n2 - 2)

    def find() -> Recovered[float]:
        se = find_se()
        sd = sd_from_se_of_difference(se.value, n1, n2)
        given = "P, taken as of Student's t test," if se.imputed else "test"
        text = f"sd ← {given} between the arms ({sd.derivation}; {se.derivation})"
        return Recovered(sd.value, text, se.imputed, (*se.notes, *sd.notes))

    return trail.recover("between-arms-test", find)


def _standard_error(test: PrintedTest, difference: float, df: float) -> Callable[[], Recovered[float]]:
    """Return how the SE of a difference follows from a test; refuse what gives none."""
    kind, statistic, p = test.test, test.statistic, test.p
    if statistic is not None and kind in (StatisticalTest.T, StatisticalTest.WELCH, StatisticalTest.Z):
        return lambda: se_from_t(difference, statistic)
    if statistic is not None and kind is StatisticalTest.F:
        return lambda: se_from_f(difference, statistic)
    if p is None:
        raise Unusable("no-spread", f"no spread, and the printed statistic ({kind.meaning}) gives none")
    if test.p_operator != "=":
        raise Unusable("no-spread", _bound(test.p_operator, p))
    if kind is StatisticalTest.Z:
        return lambda: se_from_p(difference, p)
    if kind not in _BY_T:
        raise Unusable("no-spread", f"no spread, and the printed P ({kind.meaning}) gives none")
    named = kind is not StatisticalTest.NOT_REPORTED and (
        kind is not StatisticalTest.WELCH or test.df is not None
    )

    def find() -> Recovered[float]:
        found = se_from_p(difference, p, df=test.df if test.df is not None else df)
        return Recovered(found.value, found.derivation, imputed=not named)

    return find


def _centre(value: ArmValue) -> float:
    """Return the mean or mean change that a test of means compares."""
    if value.centre not in ("mean", "change", "percent_change"):
        raise Unusable("no-spread", "no spread, and the test is not one of means")
    return float(getattr(value, value.centre))


def _bound(operator: str, p: float | None) -> str:
    return f"no spread; P {operator} {p:g} is a bound and gives none"
