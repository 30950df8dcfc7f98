"""From the arguments of a GLMM to checked counts, the study model and the design."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from metamsc.errors import InputError, OptionError, TooFewStudiesError
from metamsc.models.batch import BoolArray, FloatArray
from metamsc.models.inputs import Design, check_design
from metamsc.models.rare.counts import (
    TwoArms,
    ZeroCells,
    arm_effects,
    group_effects,
    one_group,
    two_arms,
)
from metamsc.models.rare.study_models import StudyModel, group_model, rate_model, table_model

_SIZES = {"OR": "n", "IRR": "time", "PLO": "n", "IRLN": "time"}


@dataclass(frozen=True, slots=True)
class GlmmData:
    """Checked counts as a study model, its design, the studies' own effects and who was left out.

    Attributes
    ----------
    model : StudyModel
    name : str
        UM.FS, UM.RS, CM.EL, CM.AL or "one-group".
    kept : array of shape (number of studies given,)
    design : Design
    yi, vi : arrays of shape (k,)
        Of the studies kept, 1/2 added to the cells of those with an empty one.
    """

    model: StudyModel
    name: str
    kept: BoolArray
    design: Design
    yi: FloatArray
    vi: FloatArray

    @property
    def matrix(self) -> FloatArray:
        """The design as a matrix of shape (k, p)."""
        return np.ones((self.model.k, 1)) if self.design.X is None else self.design.X


def prepare(
    measure: str,
    model: str,
    given: Mapping[str, ArrayLike | None],
    X: ArrayLike | None,
    names: Sequence[str] | None,
    *,
    drop00: bool,
) -> GlmmData:
    """Return the data of a fit, or raise the one error that says what is wrong with the arguments."""
    size = _SIZES[measure]
    two = measure in ("OR", "IRR")
    wanted = [f"{part}_{arm}" for arm in ("treat", "control") for part in ("events", size)]
    wanted = wanted if two else ["events", size]
    others = [name for name, value in given.items() if value is not None and name not in wanted]
    if others:
        raise OptionError(f"{measure} takes {', '.join(wanted)}, but not {', '.join(others)}.")
    if two:
        return _two_arms(measure, model, [given[name] for name in wanted], X, names, drop00=drop00)
    return _one_group(measure, given["events"], given[size], X, names)


def _two_arms(
    measure: str,
    model: str,
    values: Sequence[ArrayLike | None],
    X: ArrayLike | None,
    names: Sequence[str] | None,
    *,
    drop00: bool,
) -> GlmmData:
    rates = measure == "IRR"
    arms = two_arms(
        events_treat=values[0],
        size_treat=values[1],
        events_control=values[2],
        size_control=values[3],
        rates=rates,
    )
    drop = drop00 or model != "UM.RS"
    kept = ~arms.double_zero if drop else np.ones(arms.k, dtype=np.bool_)
    used = arms.take(kept)
    _refuse_infinite(used, measure)
    yi, vi = arm_effects(measure, used.adjusted(ZeroCells(drop00=False)))
    study_model = (rate_model if rates else table_model)(model, used)
    return GlmmData(study_model, model, kept, _design(X, names, kept), yi, vi)


def _refuse_infinite(arms: TwoArms, measure: str) -> None:
    """Raise where the common effect has no finite estimate."""
    if not arms.k:
        raise TooFewStudiesError("No study has both an event and a participant without one.")
    for arm, events, size in (
        ("treated", arms.events_treat, arms.size_treat),
        ("control", arms.events_control, arms.size_control),
    ):
        full = not arms.rates and bool((events == size).all())
        if full or not events.any():
            what = "nothing but events" if full else "no events"
            raise InputError(
                f"The {arm} arms have {what} in any study, so the estimate of {measure} is infinite. A risk "
                "difference or Peto's method can still be given."
            )


def _one_group(
    measure: str,
    events: ArrayLike | None,
    size: ArrayLike | None,
    X: ArrayLike | None,
    names: Sequence[str] | None,
) -> GlmmData:
    rates = measure == "IRLN"
    group = one_group(events=events, size=size, rates=rates)
    full = not rates and bool((group.events == group.size).all())
    if full or not group.events.any():
        what = "Nothing but" if full else "No"
        raise InputError(f"{what} events in any study: the estimate of {measure} is infinite.")
    yi, vi = group_effects(group)
    kept = np.ones(group.k, dtype=np.bool_)
    return GlmmData(group_model(group), "one-group", kept, _design(X, names, kept), yi, vi)


def _design(X: ArrayLike | None, names: Sequence[str] | None, kept: BoolArray) -> Design:
    """Return the design of the studies kept, or raise if there are too few for it."""
    k = int(kept.sum())
    if X is None:
        return check_design(None, names, k)
    rows = np.asarray(X)
    if rows.ndim != 2 or rows.shape[0] != kept.size:
        return check_design(X, names, kept.size)  # refuses, and says why
    return check_design(rows[kept], names, k)
