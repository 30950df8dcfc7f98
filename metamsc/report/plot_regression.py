"""The rows and the design of the meta-regression that a figure of diagnostics is asked for (``--mods``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from metamsc.errors import InputError, OptionError, check_option

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult, Regression
    from metamsc.report.plot_kinds import PlotRequest


def regression_data(request: PlotRequest) -> tuple[tuple[list[float], list[float]], dict[str, Any]]:
    """Return (yi, vi) of the rows of a meta-regression, and with what it is fitted again.

    Parameters
    ----------
    request : PlotRequest
        With `mods` among its flags.

    Returns
    -------
    data : tuple of two lists of k numbers
        Effects on the analysis scale and their sampling variances.
    options : dict
        labels, X of shape (k, p), names, tau2_method, ci_method.

    Raises
    ------
    InputError
        If it was not run, or its tests are cluster-robust: the diagnostics are of independent rows.
    OptionError
        If there is no such stratum.
    """
    result = request.result()
    found = _chosen(result, request.stratum)
    fitted = found.pooled
    if fitted is None:
        raise InputError(f"{found.label}: the meta-regression was not run: {found.refused}")
    if found.details.get("cluster"):
        raise InputError(f"{found.label}: diagnostics of a cluster-robust meta-regression are not computed.")
    by_id = {row.row_id: row for row in result.table.rows}
    rows = [by_id[row_id] for row_id in found.row_ids]
    options = {
        "labels": [row.label for row in rows],
        "X": found.design,
        "names": found.names,
        "tau2_method": fitted.tau2_method,
        "ci_method": fitted.ci_method,
    }
    return ([row.yi for row in rows], [row.vi for row in rows]), options


def _chosen(result: AnalysisResult, stratum: str | None) -> Regression:
    labels = [item.label for item in result.regressions]
    if stratum is None and len(labels) != 1:
        raise OptionError(f"name one of the regressions with --stratum: {', '.join(labels)}.")
    check_option("--stratum", stratum or labels[0], labels)
    return next(item for item in result.regressions if stratum in (None, item.label))
