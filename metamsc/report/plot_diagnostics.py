"""How figures that refit or diagnose one pool are drawn for ``metamsc plot``, from a request to axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from metamsc.errors import InputError
from metamsc.plots.strata_words import stratum_heading
from metamsc.report.plot_regression import regression_data

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from metamsc.analysis.result import AnalysisResult, Stratum
    from metamsc.dataset.rows import EffectRow
    from metamsc.report.plot_kinds import PlotRequest

_ALL_SUBSETS = 14
"""Up to so many studies GOSH takes every subset, else as many as :data:`_DRAWN`."""
_DRAWN, _SEED = 20_000, 1


def filled_funnel(request: PlotRequest) -> Axes:
    """Draw the funnel plot with what trim and fill puts in; below ten studies too, since it is asked for."""
    from metamsc.plots.funnel import draw_funnel
    from metamsc.sensitivity.trim_fill import trim_and_fill

    result, pool, rows, options = _rows(request)
    yi, vi, _ = _arrays(rows)
    fill = trim_and_fill(
        yi,
        vi,
        tau2_method=options["tau2_method"],
        ci_method=options["ci_method"],
        level=pool.pooled.level,
        measure=result.scale.measure,
        force=True,
    )
    name = "overall" if pool is result.overall else pool.label
    return draw_funnel(result, stratum=name, fill=fill, width=request.width)


def _rows(request: PlotRequest) -> tuple[AnalysisResult, Stratum, tuple[EffectRow, ...], dict[str, Any]]:
    """Return result, pool, its rows, and how it was pooled, for a figure that refits it.

    Raises
    ------
    InputError
        If it was not pooled by inverse variance: a refit would be of another model.
    """
    from metamsc.models.fit import CI_METHODS
    from metamsc.models.tau2 import TAU2_METHODS

    result, pool = request.pool()
    pooled = pool.pooled
    if pooled.k > 1 and (pooled.tau2_method not in TAU2_METHODS or pooled.ci_method not in CI_METHODS):
        raise InputError(
            f"{pool.label} was pooled by {pooled.ci_method}; this figure is of inverse variance."
        )
    options = {"tau2_method": pooled.tau2_method, "ci_method": pooled.ci_method}
    return result, pool, result.rows_of(pool), options


def _arrays(rows: tuple[EffectRow, ...]) -> tuple[list[float], list[float], list[str]]:
    return [row.yi for row in rows], [row.vi for row in rows], [row.label for row in rows]


def leave_one_out(request: PlotRequest) -> Axes:
    """Draw the pool without each study."""
    from metamsc.plots.refits import draw_refits
    from metamsc.sensitivity.cumulative import leave_one_out as refit

    result, pool, rows, options = _rows(request)
    yi, vi, labels = _arrays(rows)
    found = refit(yi, vi, labels=labels, level=pool.pooled.level, **options)
    title = _title(result, pool)
    return draw_refits(
        found, result.scale, whole=pool.pooled, prefix="without ", title=title, width=request.width
    )


def cumulative(request: PlotRequest) -> Axes:
    """Draw the pool as studies came in, by year."""
    from metamsc.plots.refits import draw_refits
    from metamsc.sensitivity.cumulative import cumulative as refit

    result, pool, rows, options = _rows(request)
    rows = tuple(sorted(rows, key=lambda row: (row.year or 9999, row.label)))
    yi, vi, labels = _arrays(rows)
    found = refit(yi, vi, labels=labels, level=pool.pooled.level, **options)
    title = _title(result, pool)
    return draw_refits(found, result.scale, whole=pool.pooled, prefix="+ ", title=title, width=request.width)


def influence(request: PlotRequest) -> Axes:
    """Draw eight diagnostics of influence, on the pool or with `mods` on the meta-regression."""
    from metamsc.plots.influence import draw_influence
    from metamsc.sensitivity.influence import measure_influence

    (yi, vi), options, title = _refitted(request)
    return draw_influence(measure_influence(yi, vi, **options), title=title, width=request.width)[0]


def baujat(request: PlotRequest) -> Axes:
    """Draw influence over the contribution to heterogeneity, of the pool or with `mods` the regression."""
    from metamsc.plots.points import draw_baujat
    from metamsc.sensitivity.coordinates import baujat_coordinates

    (yi, vi), options, title = _refitted(request)
    del options["ci_method"]  # places are without any interval
    return draw_baujat(baujat_coordinates(yi, vi, **options), title=title, width=request.width)


def _refitted(request: PlotRequest) -> tuple[tuple[list[float], list[float]], dict[str, Any], str]:
    """Return (yi, vi), with what they are fitted again, and the title."""
    if "mods" in request.flags:
        return *regression_data(request), f"Meta-regression on {request.flags['mods']}"
    result, pool, rows, options = _rows(request)
    yi, vi, labels = _arrays(rows)
    return (yi, vi), {"labels": labels, **options}, _title(result, pool)


def _title(result: AnalysisResult, pool: Stratum) -> str:
    """Return the title of the analysis, with the name of a pool that is not the overall one."""
    return result.title if pool is result.overall else f"{result.title}: {stratum_heading(result, pool)}"


def radial(request: PlotRequest) -> Axes:
    """Draw the radial plot."""
    from metamsc.plots.points import draw_radial
    from metamsc.sensitivity.coordinates import radial_coordinates

    result, pool, rows, options = _rows(request)
    yi, vi, labels = _arrays(rows)
    found = radial_coordinates(yi, vi, labels=labels, tau2_method=options["tau2_method"])
    title = _title(result, pool)
    return draw_radial(found, pool.pooled, result.scale, title=title, width=request.width)


def labbe(request: PlotRequest) -> Axes:
    """Draw the L'Abbé plot."""
    from metamsc.plots.points import draw_labbe

    result, pool = request.pool()
    title = _title(result, pool)
    return draw_labbe(result.rows_of(pool), pool.pooled, title=title, width=request.width)


def drapery(request: PlotRequest) -> Axes:
    """Draw p value functions."""
    from metamsc.plots.drapery import draw_drapery

    result, pool = request.pool()
    title, rows = _title(result, pool), result.rows_of(pool)
    return draw_drapery(rows, pool.pooled, result.scale, title=title, width=request.width)


def gosh(request: PlotRequest) -> Axes:
    """Draw the pools of all subsets, of 20,000 at random where there are too many."""
    from metamsc.plots.gosh import draw_gosh
    from metamsc.sensitivity.gosh import gosh as run_gosh

    result, pool, rows, options = _rows(request)
    yi, vi, labels = _arrays(rows)
    drawn = None if len(yi) <= _ALL_SUBSETS else _DRAWN
    found = run_gosh(
        yi,
        vi,
        n_subsets=drawn,
        seed=None if drawn is None else _SEED,
        labels=labels,
        tau2_method=options["tau2_method"],
    )
    return draw_gosh(found, result.scale, title=_title(result, pool), width=request.width)
