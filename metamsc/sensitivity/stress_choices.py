"""The choices part of a stress test on bare effects: estimators of tau2 and intervals, all combined."""

from __future__ import annotations

import numpy as np

from metamsc.errors import InputError, TooFewStudiesError
from metamsc.sensitivity.joint_test import PathData, permute_curve
from metamsc.sensitivity.specification import pool_paths, share_variance, summarise_curve
from metamsc.sensitivity.stress_data import StressData
from metamsc.sensitivity.stress_result import ChoiceCurve

TAU2 = ("REML", "PM", "DL")
CI = ("hksj-adhoc", "hksj", "wald")
"""Choices that are tried besides those made."""
_PATTERNS = 999


def choice_curve(data: StressData) -> ChoiceCurve:
    """Pool by every combination of estimator and interval.

    Raises
    ------
    TooFewStudiesError
        With one study, which every choice leaves as it is.
    """
    if data.k < 2:
        raise TooFewStudiesError("one study is the same under every choice of estimator and interval.")
    decisions = {
        "tau2_method": tuple(dict.fromkeys((data.tau2_method, *TAU2))),
        "ci_method": tuple(dict.fromkeys((data.ci_method, *CI))),
    }
    methods = tuple((tau2, ci) for tau2 in decisions["tau2_method"] for ci in decisions["ci_method"])
    options = np.indices([len(names) for names in decisions.values()]).reshape(2, -1).T
    y, v = np.array([data.yi]), np.array([data.vi])
    mask = np.ones(y.shape, dtype=np.bool_)
    pooled = np.array([pool_paths(y, v, mask, tau2, ci, data.level) for tau2, ci in methods])[:, :, 0]
    estimate, p, half = pooled[:, 0], pooled[:, 2], pooled[:, 3]
    numbers = {cohort: number for number, cohort in enumerate(dict.fromkeys(data.cohorts))}
    cluster = np.array([[numbers[cohort] for cohort in data.cohorts]])
    paths = PathData(y, v, mask, cluster, methods, np.ones((len(methods), 1)))
    significant = np.where(np.isnan(p), np.nan, p < 1.0 - data.level)
    test, why = None, ""
    try:
        test = permute_curve(paths, level=data.level, patterns=_PATTERNS, seed=data.seed, one_scale=True)
    except InputError as error:
        why = str(error)
    return ChoiceCurve(
        decisions=tuple((name, len(tried)) for name, tried in decisions.items()),
        summary=summarise_curve(estimate, p, level=data.level),
        one_scale=True,
        shares=share_variance(estimate, options, tuple(decisions)),
        shares_of_significance=share_variance(significant, options, tuple(decisions)),
        test=test,
        not_tested=why,
        estimate=estimate,
        ci_low=estimate - half,
        ci_high=estimate + half,
    )
