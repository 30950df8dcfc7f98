"""The figures of "Can the result be trusted?", each where there is enough to draw."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from metamsc.sensitivity.stress_result import FEWEST_FOR_INFLUENCE
from metamsc.tables.labels import label_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from metamsc.analysis.result import AnalysisResult, Stratum
    from metamsc.sensitivity.influence import InfluenceTable
    from metamsc.sensitivity.stress_result import StressTest

    Drawing = Callable[[], Axes]

FEWEST_ROWS = 3
"""With two studies, leaving one out and adding one show single studies."""
_WITHOUT, _ADDED = "without ", "+ "


def refit_figures(result: AnalysisResult) -> Iterator[tuple[str, str, Drawing]]:
    """Yield (file name, heading, drawing) of leave-one-out and cumulative forests."""
    from metamsc.plots.refits import draw_refits

    for test, words in _shown(result):
        if test.k < FEWEST_ROWS:
            continue
        for name, heading, part, prefix in (
            ("leave-one-out", "Without each study", test.without_study, _WITHOUT),
            ("leave-one-cohort-out", "Without each cohort", test.without_cohort, _WITHOUT),
            ("cumulative-year", "As published", test.by_year, _ADDED),
            ("cumulative-precision", "The most precise first", test.by_precision, _ADDED),
        ):
            found = part.found
            if found is not None:
                yield (
                    f"{name}-{_slug(test.label)}",
                    f"{words}{heading}",
                    partial(draw_refits, found, result.scale, whole=test.pooled, prefix=prefix),
                )


def influence_figures(result: AnalysisResult) -> Iterator[tuple[str, str, Drawing]]:
    """Yield (file name, heading, drawing) of the diagnostics and of Baujat's plot, from five studies on."""
    from metamsc.plots.points import draw_baujat

    for test, words in _shown(result):
        table, points = test.influence.found, test.baujat.found
        if test.k < FEWEST_FOR_INFLUENCE:
            continue
        if table is not None:
            yield (
                f"influence-{_slug(test.label)}",
                f"{words}Diagnostics of influence",
                partial(_first_panel, table),
            )
        if points is not None and any(point.influence is not None for point in points):
            yield (
                f"baujat-{_slug(test.label)}",
                f"{words}Where heterogeneity comes from (Baujat)",
                partial(draw_baujat, points),
            )


def _first_panel(table: InfluenceTable) -> Axes:
    from metamsc.plots.influence import draw_influence

    return draw_influence(table)[0]


def filled_figures(result: AnalysisResult) -> Iterator[tuple[str, str, Drawing]]:
    """Yield (file name, heading, drawing) of funnels with what trim and fill puts in."""
    from metamsc.plots.forest_lines import stratum_path
    from metamsc.plots.funnel import draw_funnel

    strata = {stratum.label: stratum for stratum in result.pools}
    for test, words in _shown(result):
        fill = None if test.small_study is None else test.small_study.trim_fill.found
        if fill is None:
            continue
        stratum: Stratum = strata[test.label]
        path = stratum_path(stratum) if stratum.key else "overall"
        yield (
            f"funnel-filled-{_slug(test.label)}",
            f"{words}Funnel with filled studies",
            partial(draw_funnel, result, stratum=path, title=False, fill=fill),
        )


def choice_figures(result: AnalysisResult) -> Iterator[tuple[str, str, Drawing]]:
    """Yield (file name, heading, drawing) of specification curves, densities of subsets and draperies."""
    from metamsc.plots.drapery import draw_drapery
    from metamsc.plots.gosh import draw_gosh
    from metamsc.plots.specification import draw_specification

    multiverse = None if result.trust is None else result.trust.multiverse
    strata = {stratum.label: stratum for stratum in result.pools}
    for test, words in _shown(result):
        slug, curve, gosh = _slug(test.label), test.choices.found, test.subsets.found
        if multiverse is not None and curve is not None and curve.one_scale and curve.estimate.size > 1:
            yield (
                f"specification-{slug}",
                f"{words}Every combination of choices",
                partial(draw_specification, multiverse, stratum=test.label, title=False),
            )
        if gosh is not None and test.k >= FEWEST_FOR_INFLUENCE:
            yield (
                f"gosh-{slug}",
                f"{words}Every subset of the studies",
                partial(draw_gosh, gosh, result.scale),
            )
        if test.k >= FEWEST_ROWS and test.pooled.se > 0.0:
            rows = result.rows_of(strata[test.label])
            yield (
                f"drapery-{slug}",
                f"{words}P value of every possible effect",
                partial(draw_drapery, rows, test.pooled, result.scale),
            )


def trust_figures(result: AnalysisResult) -> Iterator[tuple[str, str, Drawing]]:
    """Yield every figure: (file name, heading, drawing)."""
    yield from refit_figures(result)
    yield from influence_figures(result)
    yield from filled_figures(result)
    yield from choice_figures(result)


def _shown(result: AnalysisResult) -> Iterator[tuple[StressTest, str]]:
    """Yield the tests that a report shows, with the beginning of their headings where there are several."""
    tests = () if result.trust is None else result.trust.shown(result.pools)
    for test in tests:
        yield test, f"{label_words(result, test.label)}: " if len(tests) > 1 else ""


def _slug(label: str) -> str:
    return "-".join("".join(c if c.isalnum() and c.isascii() else " " for c in label.lower()).split())
