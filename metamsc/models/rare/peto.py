"""Peto's one-step odds ratio: observed minus expected events over their variance."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from metamsc.errors import InputError
from metamsc.models.inputs import check_level
from metamsc.models.rare.counts import UNCHANGED, TwoArms, ZeroCells, arm_effects, two_arms, usable
from metamsc.models.rare.results import StratifiedResult
from metamsc.models.rare.stratified import Common, double_zero_note, own_from_q, summarise

# Peto's step is biased for unequal arms and large effects (Greenland & Salvan 1990, Stat Med 9:247-252;
# Sweeting et al. 2004, Stat Med 23:1351-1375). Where the reader is told so is our choice: arms of 2 to 1 ...
_UNEQUAL_ARMS = 2.0
# ... and an odds ratio outside 1/3 to 3.
_LARGE_EFFECT = float(np.log(3.0))


def peto(
    *,
    events_treat: ArrayLike,
    n_treat: ArrayLike,
    events_control: ArrayLike,
    n_control: ArrayLike,
    pooled_zeros: ZeroCells = UNCHANGED,
    study_zeros: ZeroCells | None = None,
    level: float = 0.95,
) -> StratifiedResult:
    """Pool 2×2 tables by Peto's method (a common log odds ratio, one step from 0).

    Parameters
    ----------
    events_treat, n_treat, events_control, n_control : array-like of shape (k,)
        Events and participants.
    pooled_zeros : ZeroCells
        What is done to the tables before pooling; default: nothing.
    study_zeros : ZeroCells, optional
        What decides which studies count for the degrees of freedom of `homogeneity`; default: all but
        double-zero studies.
    level : float
        Coverage of the interval, a fraction.

    Returns
    -------
    StratifiedResult
        Double-zero studies have variance 0, hence weight 0.

    Raises
    ------
    InputError
        A count is impossible, or no study has both an event and a participant without one.
    TooFewStudiesError, OptionError
        No study; `level` is not a fraction.

    Notes
    -----
    With E = m n1 / N and V = m (N - m) n1 n2 / (N**2 (N - 1)), m the events of both arms: estimate =
    sum(a - E) / sum(V), variance 1 / sum(V), Q = sum((a - E)**2 / V) - (sum(a - E))**2 / sum(V)
    (Yusuf et al. 1985, Prog Cardiovasc Dis 27:335-371). Good for events below 1 %, arms of similar size
    and moderate effects; otherwise biased (Greenland & Salvan 1990, Stat Med 9:247-252), and
    `warnings` says so.

    Examples
    --------
    >>> from metamsc.models.rare.peto import peto
    >>> result = peto(events_treat=[1, 0], n_treat=[50, 50], events_control=[3, 2], n_control=[50, 50])
    >>> round(result.estimate, 4)
    -1.3655
    """
    check_level(level)
    arms = two_arms(
        events_treat=events_treat,
        size_treat=n_treat,
        events_control=events_control,
        size_control=n_control,
        rates=False,
    )
    t = arms.adjusted(pooled_zeros)
    N, m = t.size_treat + t.size_control, t.events_treat + t.events_control
    surplus = t.events_treat - m * t.size_treat / N
    V = m * (N - m) * (t.size_treat / N) * (t.size_control / N) / (N - 1.0)
    if not V.any():
        raise InputError(
            "Peto's method needs at least one study with both an event and a participant without one; "
            f"none of the {arms.k} has."
        )
    total = float(V.sum())
    common = Common(float(surplus.sum()) / total, float(np.sqrt(1.0 / total)), V)
    some = V > 0.0
    Q = max(0.0, float((surplus[some] ** 2 / V[some]).sum()) - float(surplus.sum()) ** 2 / total)
    k_effects = int(usable(*arm_effects("PETO", arms.adjusted(study_zeros or ZeroCells()))).sum())
    own = own_from_q(k_effects if int(some.sum()) > 1 else 1, Q)._replace(k=k_effects)
    notes = double_zero_note(arms, "they tell nothing and have weight 0", left_out=pooled_zeros.drop00)
    kept = ~arms.double_zero if pooled_zeros.drop00 else np.ones(arms.k, dtype=np.bool_)
    return summarise(
        method="PETO",
        measure="OR",
        arms=arms,
        kept=kept,
        common=common,
        own=own,
        notes=[*notes, *_validity(arms, common)],
        level=level,
        tests=dict.fromkeys(("association", "cochran", "breslow_day", "tarone")),
    )


def _validity(arms: TwoArms, common: Common) -> list[str]:
    """Return where the one-step estimate is known to be biased."""
    notes = []
    ratio = arms.size_treat / arms.size_control
    unequal = int((np.maximum(ratio, 1.0 / ratio) >= _UNEQUAL_ARMS).sum())
    if unequal:
        studies = "1 study has an arm" if unequal == 1 else f"{unequal} studies have an arm"
        notes.append(f"{studies} at least twice the size of the other: Peto's method may be biased.")
    if common.estimate is not None and abs(common.estimate) > _LARGE_EFFECT:
        notes.append(
            f"The common odds ratio is {np.exp(common.estimate):.2f}: Peto's method is biased for effects "
            "this large; compare Mantel-Haenszel or a GLMM."
        )
    return notes
