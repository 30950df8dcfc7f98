"""Do strata differ, whatever they were pooled by? One test for each way of pooling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from metamsc.analysis.methods.choice import INVERSE_VARIANCE, PoolChoice
from metamsc.analysis.methods.pool import PoolData, pool_rows
from metamsc.analysis.methods.result import MethodResult
from metamsc.errors import OptionError, TooFewStudiesError
from metamsc.models.pool import pool
from metamsc.models.subgroups import Subgroup, SubgroupTest, compare_subgroups


def shared_tau2(data: PoolData, groups: Sequence[str], choice: PoolChoice) -> float:
    """Return the tau2 that all strata share: that of the meta-regression on the stratum.

    Raises
    ------
    OptionError
        If the method has no tau2 to share.
    """
    if choice.method != INVERSE_VARIANCE or choice.clustered:
        raise OptionError("tau2_sharing 'common' is for method 'inverse-variance' without a cluster.")
    test = compare_subgroups(data.yi, data.vi, groups, tau2_sharing="common", tau2_method=choice.tau2_method)
    return test.subgroups[0].tau2


def compare_strata(
    data: PoolData,
    groups: Sequence[str],
    strata: Mapping[str, MethodResult],
    choice: PoolChoice,
    tau2_sharing: str,
) -> SubgroupTest | None:
    """Test whether strata differ.

    Parameters
    ----------
    data : PoolData
        All rows.
    groups : sequence of str
        Stratum of each row.
    strata : mapping of str to MethodResult
        The strata as pooled.
    choice : PoolChoice
    tau2_sharing : str
        "separate" or "common".

    Returns
    -------
    SubgroupTest or None
        Inverse variance: see :func:`metamsc.models.subgroups.compare_subgroups`. With a cluster: the joint
        robust test of the stratum as a moderator; None where there are not enough clusters. Other methods:
        Q of the strata's estimates with weights 1 / se**2. Bayes: None, it has no test.
    """
    if choice.method == "bayes":
        return None
    if choice.clustered:
        return _robust(data, groups, strata, choice)
    if choice.method == INVERSE_VARIANCE:
        return compare_subgroups(
            data.yi,
            data.vi,
            groups,
            tau2_sharing=tau2_sharing,
            tau2_method=choice.tau2_method,
            ci_method=choice.ci_method if tau2_sharing == "common" else "wald",
        )
    estimates = [found.estimate for found in strata.values()]
    variances = [(found.se or 0.0) ** 2 for found in strata.values()]
    between = pool(estimates, variances, tau2_method="EE", ci_method="wald").heterogeneity
    return SubgroupTest(
        tau2_sharing="separate",
        statistic=between.Q,
        df=between.Q_df,
        df2=None,
        p=between.Q_p,
        subgroups=_subgroups(strata),
        warnings=(f"Strata were pooled by {choice.method}; Q compares their estimates.",),
    )


def _robust(
    data: PoolData, groups: Sequence[str], strata: Mapping[str, MethodResult], choice: PoolChoice
) -> SubgroupTest | None:
    levels = tuple(strata)
    X = np.array([[1.0, *(float(group == level) for level in levels[1:])] for group in groups])
    try:
        fit = pool_rows(replace(data, X=X, names=("intercept", *levels[1:])), replace(choice, mid=None))
    except TooFewStudiesError:
        return None
    if fit.QM is None:
        return None
    return SubgroupTest(
        tau2_sharing="common",
        statistic=fit.QM.statistic,
        df=fit.QM.df,
        df2=fit.QM.df2,
        p=fit.QM.p,
        subgroups=_subgroups(strata),
        warnings=("The stratum as a moderator of all rows, cluster-robust (CR2, HTZ).",),
    )


def _subgroups(strata: Mapping[str, MethodResult]) -> tuple[Subgroup, ...]:
    return tuple(
        Subgroup(
            label=label,
            k=found.k,
            estimate=found.estimate,
            se=found.se or 0.0,
            tau2=0.0 if found.heterogeneity is None else found.heterogeneity.tau2,
        )
        for label, found in strata.items()
    )
