"""The figures of "Can the result be trusted?", each where there is enough to draw."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
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
_MILLIMETRES = 160.0
"""Width of a figure that is drawn as wide as it is told: the text of an A4 page, inside a box."""
_WITHOUT, _ADDED = "without ", "+ "
_BAND = "The band is the interval of all studies, the dashed line their estimate."


@dataclass(frozen=True, slots=True)
class TrustFigure:
    """One figure: its file, the question it belongs to, what it shows, and how it is drawn.

    `caption` says how it is read, beyond its `heading`.
    """

    name: str
    question: str
    heading: str
    caption: str
    drawing: Drawing


def trust_figures(result: AnalysisResult) -> Iterator[TrustFigure]:
    """Yield the figures of every pool that a report shows."""
    for test in () if result.trust is None else result.trust.shown(result.pools):
        yield from figures_of(result, test)


def figures_of(result: AnalysisResult, test: StressTest) -> Iterator[TrustFigure]:
    """Yield the figures of one pool, question by question."""
    slug = slug_of(test.label)
    for figure in (
        *_refits(result, test),
        *_influence(test),
        *_filled(result, test),
        *_choices(result, test),
        *_subsets(result, test),
    ):
        yield TrustFigure(
            f"{figure.name}-{slug}",
            figure.question,
            f"{label_words(result, test.label)}: {figure.heading}",
            figure.caption,
            figure.drawing,
        )


def slug_of(label: str) -> str:
    """Return a label as part of a file's name or of an address."""
    return "-".join("".join(c if c.isalnum() and c.isascii() else " " for c in label.lower()).split())


def _refits(result: AnalysisResult, test: StressTest) -> Iterator[TrustFigure]:
    """Yield forests of refits: without each study and cohort, and as evidence came in."""
    from metamsc.plots.refits import draw_refits

    if test.k < FEWEST_ROWS:
        return
    for name, heading, part, prefix in (
        ("leave-one-out", "without each study", test.without_study, _WITHOUT),
        ("leave-one-cohort-out", "without each cohort", test.without_cohort, _WITHOUT),
        ("cumulative-year", "one study after the other, as published", test.by_year, _ADDED),
        ("cumulative-precision", "one study after the other, most precise first", test.by_precision, _ADDED),
    ):
        found = part.found
        if found is not None:
            drawing = partial(draw_refits, found, result.scale, whole=test.pooled, prefix=prefix)
            yield TrustFigure(name, "one-study", heading, _BAND, drawing)


def _influence(test: StressTest) -> Iterator[TrustFigure]:
    """Yield the diagnostics of influence and Baujat's plot, from five studies on."""
    from metamsc.plots.points import draw_baujat

    table, points = test.influence.found, test.baujat.found
    if test.k < FEWEST_FOR_INFLUENCE:
        return
    if table is not None:
        caption = "Studies drawn as diamonds are flagged."
        heading, drawing = "diagnostics of influence", partial(_first_panel, table)
        yield TrustFigure("influence", "one-study", heading, caption, drawing)
    if points is not None and any(point.influence is not None for point in points):
        yield TrustFigure(
            "baujat",
            "one-study",
            "where heterogeneity comes from (Baujat)",
            "Further right: more of the heterogeneity; further up: more influence on the result.",
            partial(draw_baujat, points),
        )


def _first_panel(table: InfluenceTable) -> Axes:
    from metamsc.plots.influence import draw_influence

    return draw_influence(table, width=_MILLIMETRES)[0]


def _filled(result: AnalysisResult, test: StressTest) -> Iterator[TrustFigure]:
    """Yield the funnel with what trim and fill puts in."""
    from metamsc.plots.forest_lines import stratum_path
    from metamsc.plots.funnel import draw_funnel

    fill = None if test.small_study is None else test.small_study.trim_fill.found
    if fill is None:
        return
    stratum = _stratum(result, test)
    path = stratum_path(stratum) if stratum.key else "overall"
    heading = "funnel, in which trim and fill puts no study"
    caption = "Symmetry does not show that nothing is missing."
    if fill.k0 > 0:
        heading = "funnel with what trim and fill puts in"
        caption = "Open symbols are not studies: the method mirrors what it takes for missing."
    yield TrustFigure(
        "funnel-filled",
        "missing",
        heading,
        caption,
        partial(draw_funnel, result, stratum=path, title=False, fill=fill, width=_MILLIMETRES),
    )


def _choices(result: AnalysisResult, test: StressTest) -> Iterator[TrustFigure]:
    """Yield the specification curve."""
    from metamsc.plots.specification import draw_specification

    multiverse, curve = None if result.trust is None else result.trust.multiverse, test.choices.found
    if multiverse is None or curve is None or not curve.one_scale or curve.estimate.size < 2:
        return
    yield TrustFigure(
        "specification",
        "choices",
        "every combination of choices",
        "Each bar is one combination, its choices marked below it.",
        partial(draw_specification, multiverse, stratum=test.label, title=False),
    )


def _subsets(result: AnalysisResult, test: StressTest) -> Iterator[TrustFigure]:
    """Yield the density of subsets, and the P value of every effect."""
    from metamsc.plots.drapery import draw_drapery
    from metamsc.plots.gosh import draw_gosh

    gosh = test.subsets.found
    if gosh is not None and test.k >= FEWEST_FOR_INFLUENCE:
        yield TrustFigure(
            "gosh",
            "subsets",
            "every subset of the studies",
            "Each point or cell is one or more subsets: its estimate, and the heterogeneity within it.",
            partial(draw_gosh, gosh, result.scale),
        )
    if test.verdict("subsets") is not None and test.k >= FEWEST_ROWS and test.pooled.se > 0.0:
        yield TrustFigure(
            "drapery",
            "subsets",
            "P value of every possible effect",
            "Thin curves are studies, the thick one is the pooled result.",
            partial(draw_drapery, result.rows_of(_stratum(result, test)), test.pooled, result.scale),
        )


def _stratum(result: AnalysisResult, test: StressTest) -> Stratum:
    return {stratum.label: stratum for stratum in result.pools}[test.label]
