"""Which pool of a result a figure of one pool is of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metamsc.errors import InputError, OptionError, check_option
from metamsc.plots.strata_words import stratum_heading

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult, Stratum


def chosen_pool(result: AnalysisResult, stratum: str | None) -> Stratum:
    """Return a pool by its label; when none is named, the overall one or the only one.

    Raises
    ------
    OptionError
        If there is no such pool, or none is named and there are several.
    InputError
        If nothing was pooled.
    """
    if not result.pools:
        raise InputError(f"analysis {result.name!r} pooled nothing: there is nothing to draw.")
    if stratum is None:
        if result.overall is not None or len(result.pools) == 1:
            return result.pools[-1]
        listed = ", ".join(repr(pool.label) for pool in result.pools)
        raise OptionError(f"stratum must be one of {listed}: the types are not pooled together.")
    return find_pool(result, stratum)


def find_pool(result: AnalysisResult, stratum: str) -> Stratum:
    """Return a pool by its label, its path ("T1D/bone-marrow", "overall") or the words figures have for it.

    Raises
    ------
    OptionError
        If there is no such pool; lists the labels.
    """
    for pool in result.pools:
        path = "/".join(pool.key) or "overall"
        if stratum in (pool.label, path, stratum_heading(result, pool)):
            return pool
    check_option("stratum", stratum, [pool.label for pool in result.pools])
    raise AssertionError(stratum)  # a label was found above
