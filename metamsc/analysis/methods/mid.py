"""How probable it is that an effect passes a threshold, such as the minimal important difference.

For a model without priors these are levels of confidence: the share of the confidence (or predictive)
distribution beyond the threshold. One minus it is the one-sided p value against the threshold.
"""

from __future__ import annotations

import math
from typing import Any

from scipy.special import ndtr, stdtr

from metamsc.analysis.methods.result import MethodResult
from metamsc.models.inference import critical_value


def mid_probabilities(found: MethodResult, threshold: float) -> dict[str, Any]:
    """Return how much of the confidence and predictive distributions lies beyond a threshold.

    Parameters
    ----------
    found : MethodResult
        Of a model without priors.
    threshold : float
        On the analysis scale; below 0 means that lower values matter.

    Returns
    -------
    dict
        ``threshold``, ``direction``, ``mean`` (mean effect), ``new_study`` (true effect of a new study; None
        where there is no prediction interval) and ``by``.

    References
    ----------
    Mean: Schweder & Hjort (2016), Confidence, Likelihood, Probability. New study: the predictive
    distribution whose quantiles are the prediction interval (Higgins et al. 2009, J R Stat Soc A
    172:137-159).
    """
    direction = "below" if threshold < 0.0 else "above"
    se = found.se if found.se is not None else math.nan
    return {
        "threshold": threshold,
        "direction": direction,
        "mean": _beyond(found.estimate, se, found.df, threshold),
        "new_study": _new_study(found, threshold),
        "by": "confidence",
    }


def _new_study(found: MethodResult, threshold: float) -> float | None:
    """Return the share of the predictive distribution beyond the threshold, from the prediction interval."""
    if found.pi is None:
        return None
    df = _prediction_df(found)
    spread = 0.5 * (found.pi.high - found.pi.low) / critical_value(found.pi.level, df)
    return _beyond(found.estimate, spread, df, threshold)


def _prediction_df(found: MethodResult) -> float | None:
    if found.pi_method in ("normal", "simple"):
        return None
    if found.ci_method == "CR2" or found.method.startswith("glmm"):
        return found.df
    spare = float(found.k - max(len(found.coefficients), 1))
    return spare - 1.0 if found.pi_method == "riley" else spare


def _beyond(centre: float, spread: float, df: float | None, threshold: float) -> float:
    """Return the probability beyond a threshold, on its side of 0, of a normal or t distribution."""
    sign = 1.0 if threshold < 0.0 else -1.0
    if spread == 0.0:
        return float(sign * centre < sign * threshold)
    z = sign * (threshold - centre) / spread
    return float(ndtr(z) if df is None else stdtr(df, z))
