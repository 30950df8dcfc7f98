"""Result of a stress test: every part found or refused with its reason, and what the parts say together."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, fields, is_dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np

from metamsc.errors import InputError, TooFewStudiesError

if TYPE_CHECKING:
    from metamsc.models.batch import FloatArray
    from metamsc.models.results import PooledResult
    from metamsc.sensitivity.bias import RegressionTest
    from metamsc.sensitivity.coordinates import BaujatPoint
    from metamsc.sensitivity.excess import ExcessSignificance
    from metamsc.sensitivity.fail_safe import FailSafe
    from metamsc.sensitivity.gosh_result import Gosh
    from metamsc.sensitivity.influence import InfluenceTable
    from metamsc.sensitivity.joint_test import CurveTest
    from metamsc.sensitivity.limit_analysis import LimitAnalysis
    from metamsc.sensitivity.missing_result import MissingBound
    from metamsc.sensitivity.missing_table import MissingTable
    from metamsc.sensitivity.p_curve import PCurve
    from metamsc.sensitivity.p_uniform_result import PUniform
    from metamsc.sensitivity.pet_peese import PetPeese
    from metamsc.sensitivity.rank_test import RankTest
    from metamsc.sensitivity.selection_result import SelectionModel
    from metamsc.sensitivity.specification import ChoiceShare, CurveSummary
    from metamsc.sensitivity.subsets import Refits
    from metamsc.sensitivity.trim_fill import TrimFill

Found = TypeVar("Found")

PARTS: dict[str, str] = {
    "influence": "without each study and cohort, as evidence came in, diagnostics of influence",
    "small_study": "small-study effects and what allowing for them gives",
    "missing": "known missing trials, and what they would have to show",
    "choices": "other defensible choices, all combined",
    "subsets": "every subset of the studies",
}
"""Parts of a stress test, which can be asked for by name."""

QUESTIONS: dict[str, str] = {
    "one-study": "Does one study carry it?",
    "missing": "Is something missing?",
    "choices": "Does it hold under other choices?",
    "subsets": "Is it the same in every subset?",
}

NOT_ASKED = "not asked for"
FEWEST_FOR_SUBSETS = 3
"""Subsets of two studies are the studies."""
FEWEST_FOR_INFLUENCE = 5
"""Below this many studies the limits of diagnostics of influence mean nothing."""


@dataclass(frozen=True, slots=True)
class Tried(Generic[Found]):
    """A part: what was `found`, or None and the reason in `refused`."""

    found: Found | None = None
    refused: str = NOT_ASKED

    def to_dict(self) -> dict[str, Any]:
        """Return both fields, JSON-safe."""
        return {"found": plain(self.found), "refused": self.refused}


def attempt(part: Callable[[], Found]) -> Tried[Found]:
    """Run a part; too few studies, or data it cannot take, are its reason for not being done."""
    try:
        return Tried(part(), "")
    except (TooFewStudiesError, InputError) as error:
        return Tried(None, str(error))


def plain(value: Any) -> Any:
    """Return a result as plain Python that JSON can hold: fields by name, infinite numbers as None."""
    if hasattr(value, "to_dict"):
        return plain(value.to_dict())
    if is_dataclass(value):
        return {item.name: plain(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallStudyTests:
    """Tests for small-study effects, and the pool with allowance for them.

    `regressions` are by name, the one made for the measure first. Everything here assumes that asymmetry
    is missing evidence, which it need not be.
    """

    regressions: dict[str, Tried[RegressionTest]]
    rank: Tried[RankTest]
    excess: Tried[ExcessSignificance]
    p_curve: Tried[PCurve]
    fail_safe: Tried[FailSafe]
    trim_fill: Tried[TrimFill]
    pet_peese: Tried[PetPeese]
    limit: Tried[LimitAnalysis]
    selection: Tried[SelectionModel]
    p_uniform: Tried[PUniform]


@dataclass(frozen=True, slots=True, kw_only=True)
class AssumedBound:
    """A bound for missing trials, and what it `assumes` of trials of unknown size ("" where none is)."""

    assumes: str
    bound: MissingBound


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceCurve:
    """The result under every combination of stated choices.

    Attributes
    ----------
    decisions : tuple of (name, number of options)
    summary : CurveSummary or None
        None where no combination pools two studies.
    one_scale : bool
        Whether all combinations measure the same in the same unit; if not, estimates have no range.
    shares, shares_of_significance : tuple of ChoiceShare
        Which decision moves the estimate (estimate / se with several scales), and significance.
    test : CurveTest or None
        Joint test; `not_tested` says why there is none.
    estimate, ci_low, ci_high : arrays of shape (n,)
        Of the combinations that pool two studies or more; not in :meth:`to_dict`.
    """

    decisions: tuple[tuple[str, int], ...]
    summary: CurveSummary | None
    one_scale: bool
    shares: tuple[ChoiceShare, ...]
    shares_of_significance: tuple[ChoiceShare, ...]
    test: CurveTest | None
    not_tested: str
    estimate: FloatArray = field(repr=False, compare=False)
    ci_low: FloatArray = field(repr=False, compare=False)
    ci_high: FloatArray = field(repr=False, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name, without the arrays."""
        arrays = ("estimate", "ci_low", "ci_high")
        return {
            item.name: plain(getattr(self, item.name)) for item in fields(self) if item.name not in arrays
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one check did to the pooled result. Counts are of the `n` other results it looked at.

    Attributes
    ----------
    question, check : str
        Keys of ``QUESTIONS`` and ``CHECKS``.
    n : int
    low, high : float or None
        Smallest and largest estimate; None where there are none on one scale.
    n_direction : int or None
        Estimates on the other side of no effect.
    n_significance : int or None
        Intervals that include no effect where the pooled one excludes it, or the other way round; None
        where the check has no intervals.
    n_mid : int or None
        Estimates as large as the minimal important difference, in either direction, where the pooled one
        is not, or the other way round; None where none is set.
    p : float or None
        Of a check that is a test.
    names : tuple of str
        Studies (or choices) behind the changes or flags.
    refused : str
        Why the check was not done; all else is then empty.
    """

    question: str
    check: str
    n: int = 0
    low: float | None = None
    high: float | None = None
    n_direction: int | None = None
    n_significance: int | None = None
    n_mid: int | None = None
    p: float | None = None
    names: tuple[str, ...] = ()
    refused: str = ""

    @property
    def changed(self) -> dict[str, int]:
        """How many of the other results change each aspect that was compared, by its name."""
        counts = {
            "direction": self.n_direction,
            "significance": self.n_significance,
            "importance": self.n_mid,
        }
        return {name: count for name, count in counts.items() if count is not None}

    @property
    def changes(self) -> bool | None:
        """Whether direction, significance or importance changed anywhere; None where nothing was compared."""
        return any(self.changed.values()) if self.changed else None

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name and `changes`."""
        values = {item.name: plain(getattr(self, item.name)) for item in fields(self)}
        return {**values, "changes": self.changes}


@dataclass(frozen=True, slots=True, kw_only=True)
class StressTest:
    """A pooled result and what becomes of it.

    Attributes
    ----------
    label : str
        What was pooled.
    pooled : PooledResult
        The result that everything is compared with, by the same model as all refits.
    mid : float or None
        Minimal important difference on the analysis scale, a positive size.
    labels, years, cohorts : tuple
        Of the studies, in the order given; None where a year is not known.
    without_study, without_cohort, by_year, by_precision : Tried of Refits
    influence : Tried of InfluenceTable
    baujat : Tried of tuple of BaujatPoint
    small_study : SmallStudyTests or None
        None where it was not asked for.
    missing : MissingTable or None
        Who contributes a result and whose is missing.
    bounds : Tried of tuple of AssumedBound
    choices : Tried of ChoiceCurve
    subsets : Tried of Gosh
    forced : bool
        Whether tests were run below ten studies on request.
    verdicts : tuple of Verdict
    """

    label: str
    pooled: PooledResult
    mid: float | None
    labels: tuple[str, ...]
    years: tuple[int | None, ...]
    cohorts: tuple[str, ...]
    without_study: Tried[Refits] = Tried()
    without_cohort: Tried[Refits] = Tried()
    by_year: Tried[Refits] = Tried()
    by_precision: Tried[Refits] = Tried()
    influence: Tried[InfluenceTable] = Tried()
    baujat: Tried[tuple[BaujatPoint, ...]] = Tried()
    small_study: SmallStudyTests | None = None
    missing: MissingTable | None = None
    bounds: Tried[tuple[AssumedBound, ...]] = Tried()
    choices: Tried[ChoiceCurve] = Tried()
    subsets: Tried[Gosh] = Tried()
    forced: bool = False
    verdicts: tuple[Verdict, ...] = ()

    @property
    def k(self) -> int:
        """Number of estimates pooled."""
        return self.pooled.k

    def verdict(self, check: str) -> Verdict | None:
        """Return the verdict of one check; None where it was not asked for."""
        return next((item for item in self.verdicts if item.check == check), None)

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-safe dict of the fields by name."""
        return {item.name: plain(getattr(self, item.name)) for item in fields(self)}
