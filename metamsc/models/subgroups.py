"""Do strata differ? The test for subgroup differences, with one tau2 per stratum or one for all.

Separate tau2 (Borenstein & Higgins 2013; what review software does by default): each stratum is
pooled on its own and the pooled estimates are compared by their inverse-variance weighted sum of
squares. Common tau2: the strata are the levels of one moderator in a meta-regression. Neither says
which strata differ, and neither makes a comparison between studies a randomised one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from metamsc.errors import InputError, check_option
from metamsc.models.batch import FloatArray, IntArray
from metamsc.models.inference import chi2_p
from metamsc.models.inputs import check_effects
from metamsc.models.pool import pool

TAU2_SHARING: dict[str, str] = {
    "separate": "each stratum has its own tau2",
    "common": "one tau2 for all strata, from a meta-regression on the stratum",
}
# Below this many studies a stratum's own tau2 is little more than a guess.
_SMALL_STRATUM = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Subgroup:
    """One stratum as the test sees it: model-based (Wald) standard error."""

    label: str
    k: int
    estimate: float
    se: float
    tau2: float

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True, kw_only=True)
class SubgroupTest:
    """Test for subgroup differences; `df2` is None for chi-square (`Q_between`), else the F test's."""

    tau2_sharing: str
    statistic: float
    df: int
    df2: float | None
    p: float
    subgroups: tuple[Subgroup, ...]
    warnings: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name, subgroups as dicts."""
        values: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__}
        values["subgroups"] = [subgroup.to_dict() for subgroup in self.subgroups]
        values["warnings"] = list(self.warnings)
        return values


def compare_subgroups(
    yi: ArrayLike,
    vi: ArrayLike,
    groups: Sequence[str],
    *,
    tau2_sharing: str = "separate",
    tau2_method: str = "REML",
    ci_method: str = "wald",
) -> SubgroupTest:
    """Test whether the mean effects of strata differ.

    Parameters
    ----------
    yi, vi : array-like of shape (k,)
        Effects and sampling variances.
    groups : sequence of str, length k
        Stratum of each study; strata are reported in order of appearance.
    tau2_sharing : str
        "separate" (default) or "common".
    tau2_method : str
        As in :func:`metamsc.models.pool.pool`.
    ci_method : str
        With "common" tau2, "wald" gives a chi-square and the others an F test. With "separate" tau2
        only "wald" is defined: the weights are 1 / se**2 of the model.

    Returns
    -------
    SubgroupTest

    Raises
    ------
    InputError
        Fewer than two strata, or a length mismatch.
    OptionError
        An option is not allowed.

    Notes
    -----
    Separate: Q_between = sum w_g (m_g - m)**2 with w_g = 1 / se_g**2 and m the weighted mean, on
    g - 1 degrees of freedom.
    """
    check_option("tau2_sharing", tau2_sharing, TAU2_SHARING)
    if tau2_sharing == "separate":
        check_option("ci_method (with separate tau2)", ci_method, ("wald",))
    y, v = check_effects(yi, vi)
    labels = [str(group) for group in groups]
    if len(labels) != y.size:
        raise InputError(f"groups must have one label per study; got {len(labels)} for {y.size} studies.")
    levels = tuple(dict.fromkeys(labels))
    if len(levels) < 2:
        raise InputError(f"A test for subgroup differences needs at least 2 strata; got {len(levels)}.")
    codes = np.array([levels.index(label) for label in labels])
    if tau2_sharing == "separate":
        return _separate(y, v, codes, levels, tau2_method)
    return _common(y, v, codes, levels, tau2_method, ci_method)


def _separate(
    y: FloatArray, v: FloatArray, codes: IntArray, levels: tuple[str, ...], tau2_method: str
) -> SubgroupTest:
    subgroups = []
    for g, label in enumerate(levels):
        own = codes == g
        fit = pool(y[own], v[own], tau2_method=tau2_method, ci_method="wald")
        subgroups.append(
            Subgroup(label=label, k=fit.k, estimate=fit.estimate, se=fit.se, tau2=fit.heterogeneity.tau2)
        )
    estimates = np.array([s.estimate for s in subgroups])
    w = np.array([s.se for s in subgroups]) ** -2.0
    mean = float(w @ estimates / w.sum())
    Q = float(w @ (estimates - mean) ** 2)
    df = len(levels) - 1
    return SubgroupTest(
        tau2_sharing="separate",
        statistic=Q,
        df=df,
        df2=None,
        p=chi2_p(Q, df),
        subgroups=tuple(subgroups),
        warnings=_notes(subgroups, separate=tau2_method != "EE"),
    )


def _common(
    y: FloatArray,
    v: FloatArray,
    codes: IntArray,
    levels: tuple[str, ...],
    tau2_method: str,
    ci_method: str,
) -> SubgroupTest:
    # Cell means without an intercept give each stratum's estimate; contrasts give the test.
    cells = (codes[:, None] == np.arange(len(levels))).astype(np.float64)
    contrasts = cells.copy()
    contrasts[:, 0] = 1.0
    fit = pool(y, v, tau2_method=tau2_method, ci_method="wald", X=cells, names=levels)
    against_first = pool(y, v, tau2_method=tau2_method, ci_method=ci_method, X=contrasts)
    subgroups = [
        Subgroup(
            label=label,
            k=int((codes == g).sum()),
            estimate=fit.coefficients[g].estimate,
            se=fit.coefficients[g].se,
            tau2=fit.heterogeneity.tau2,
        )
        for g, label in enumerate(levels)
    ]
    test = against_first.QM
    if test is None:
        raise InputError("The effects fit the strata exactly, so a test for differences is not defined.")
    return SubgroupTest(
        tau2_sharing="common",
        statistic=test.statistic,
        df=test.df,
        df2=test.df2,
        p=test.p,
        subgroups=tuple(subgroups),
        warnings=_notes(subgroups, separate=False),
    )


def _notes(subgroups: Sequence[Subgroup], *, separate: bool) -> tuple[str, ...]:
    """Say which strata are too small for the test to mean much."""
    found = []
    single = [s.label for s in subgroups if s.k == 1]
    small = [f"{s.label} (k = {s.k})" for s in subgroups if 1 < s.k < _SMALL_STRATUM]
    if single:
        found.append(
            f"One study only in: {', '.join(single)}. The comparison then rests on that study"
            + (", whose heterogeneity is taken as 0, so the p-value is too small." if separate else ".")
        )
    if small:
        found.append(
            f"Few studies in: {', '.join(small)}."
            + (" Their own tau2 is a guess." if separate else "")
            + " A test this small has little power: no difference found is not evidence of no difference."
        )
    return tuple(found)
