"""Known missing trials: how large their effects would have to be to change the conclusion.

Nobody knows what a trial without a result would have shown. But it can be said what it would have to show
for the pooled effect to lose its significance, change its direction or pass a threshold, and how unusual
that would be beside the trials that are known.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from metamsc.errors import InputError, TooFewStudiesError
from metamsc.models.inputs import check_effects
from metamsc.models.pool import pool
from metamsc.sensitivity.missing_result import MissingBound, MissingTrial
from metamsc.sensitivity.missing_search import Search

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    FloatArray = NDArray[np.float64]

GUESSED = "No size is known of {names}: taken to be as precise as the median study."
SAME = "All missing trials are given one and the same effect; unlike effects would add to the heterogeneity."


def bound_missing(
    yi: ArrayLike,
    vi: ArrayLike,
    missing: Sequence[MissingTrial],
    *,
    n_total: ArrayLike | None = None,
    threshold: float | None = None,
    tau2_method: str = "REML",
    ci_method: str = "hksj-adhoc",
    level: float = 0.95,
) -> MissingBound:
    """Find the effects of missing trials at which the conclusion changes.

    Parameters
    ----------
    yi, vi : array-like of shape (k,)
        Effects and sampling variances of the trials there are, on the analysis scale (no effect is 0).
    missing : sequence of MissingTrial
    n_total : array-like of shape (k,), optional
        Participants of the trials there are; with it the variance of a missing trial follows from its
        `n` (median of variance times participants, divided by n).
    threshold : float, optional
        An effect that matters, on the analysis scale; whether the estimate passes it is one more
        conclusion.
    tau2_method, ci_method, level
        As of :func:`metamsc.models.pool.pool`.

    Returns
    -------
    MissingBound

    Raises
    ------
    TooFewStudiesError
        With fewer than 2 trials.
    InputError
        If no trial is missing, or a value is wrong.

    Notes
    -----
    With tau2 held, S = sum 1 / (v + tau2) over the trials there are and M over the missing ones: the
    direction changes at -(sum w y) / M, a threshold c is passed at (c (S + M) - sum w y) / M, and
    significance is lost at (+-z sqrt(S + M) - sum w y) / M. Largest bias: (k + m) / k
    phi(Phi^-1(k / (k + m))) sum (v + tau2)**-1/2 / sum (v + tau2)**-1.

    References
    ----------
    Page et al. (2023), ROB-ME, BMJ 383:e076754, for what to do with known missing results; Copas & Jackson
    (2004), Biometrics 60:146-153, for the largest bias.
    """
    import numpy as np

    y, v = check_effects(yi, vi)
    if y.size < 2:
        raise TooFewStudiesError(f"a bound for missing trials needs at least 2 trials; got {y.size}.")
    if not missing:
        raise InputError("no trial is missing: there is nothing to bound.")
    if threshold is not None and not math.isfinite(threshold):
        raise InputError(f"threshold must be a finite number; got {threshold!r}.")
    new_v, guessed = _variances(v, missing, n_total)
    options: dict[str, Any] = {"tau2_method": tau2_method, "ci_method": ci_method, "level": level}
    now = pool(y, v, **options)
    search = Search(y, v, new_v, now, options)
    changes: list[tuple[str, float | None]] = [("changes direction", 0.0)]
    if threshold is not None:
        changes.append(("passes the threshold", threshold))
    points = [search.significance(), *(search.passing(name, float(goal or 0.0)) for name, goal in changes)]
    warnings = (SAME,) if len(missing) > 1 else ()
    if guessed:
        warnings = (*warnings, GUESSED.format(names=", ".join(guessed)))
    w = 1.0 / (v + search.tau2)
    return MissingBound(
        k=y.size,
        n_missing=len(missing),
        estimate=now.estimate,
        tau2=search.tau2,
        is_significant=search.significant,
        is_significant_if_alike=search.significant_if_alike(),
        weight_percent=100.0 * search.M / (search.S + search.M),
        tipping_points=tuple(points),
        n_null_trials=search.null_trials(float(np.median(v))),
        largest_bias=_largest_bias(w, len(missing)),
        warnings=warnings,
    )


def _variances(
    v: FloatArray, missing: Sequence[MissingTrial], n_total: ArrayLike | None
) -> tuple[FloatArray, list[str]]:
    """Return the missing trials' variances, and the labels of those that had to be guessed."""
    import numpy as np

    typical = float(np.median(v))
    per_head = None
    if n_total is not None:
        n = np.asarray(n_total, dtype=float)
        if n.shape != v.shape or not (np.isfinite(n).all() and (n > 0).all()):
            raise InputError("n_total must have one positive number per trial.")
        per_head = float(np.median(v * n))
    found, guessed = [], []
    for trial in missing:
        given = [value for value in (trial.n, trial.vi) if value is not None]
        if any(not (math.isfinite(value) and value > 0.0) for value in given):
            raise InputError(f"{trial.label}: n and vi must be positive numbers.")
        if trial.vi is not None:
            found.append(trial.vi)
        elif trial.n is not None and per_head is not None:
            found.append(per_head / trial.n)
        else:
            found.append(typical)
            guessed.append(trial.label)
    return np.array(found), guessed


def _largest_bias(w: FloatArray, m: int) -> float:
    import numpy as np
    from scipy.special import ndtri

    k = w.size
    z = float(ndtri(k / (k + m)))
    density = math.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)
    return float((k + m) / k * density * np.sqrt(w).sum() / w.sum())
