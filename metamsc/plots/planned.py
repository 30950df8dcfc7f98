"""The look of figures that the plan of a result asks for; what is asked for elsewhere goes before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from metamsc.plots.preset import ForestPreset, forest_preset

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult


@dataclass(frozen=True, slots=True, kw_only=True)
class ForestLook:
    """Keywords of :func:`metamsc.plots.forest.draw_forest`."""

    preset: ForestPreset
    limits: tuple[float, float] | None = None
    models: tuple[str, ...] | None = None


def planned_figures(result: AnalysisResult) -> Mapping[str, Any]:
    """Return `figures` of the plan that made a result; empty where it says nothing (a CSV has no plan)."""
    found: Mapping[str, Any] | None = result.spec.get("figures")
    return found or {}


def planned_forest(
    result: AnalysisResult,
    *,
    preset: str | None = None,
    dark: bool | None = None,
    left: Sequence[str] | None = None,
    right: Sequence[str] | None = None,
    sort: str | None = None,
    studies: bool | None = None,
    prediction: str | None = None,
    width: float | None = None,
    on_page: bool = False,
    limits: tuple[float, float] | None = None,
    models: Sequence[str] | None = None,
) -> ForestLook:
    """Return the look of the forest plot: each choice as given, else as planned, else the usual one.

    Parameters
    ----------
    result : AnalysisResult
        Its plan is asked: ``figures: {forest: ...}``.
    preset, dark, left, right, sort, studies, prediction, width
        See :func:`~metamsc.plots.preset.forest_preset`. Another preset than the planned one brings its own
        columns.
    on_page : bool
        For a page, which follows its reader: the planned `dark` and `width` are of files.
    limits, models
        See :func:`~metamsc.plots.forest.draw_forest`.

    Raises
    ------
    OptionError
        If there is no such preset or prediction, or the width is none.
    """
    figures = planned_figures(result)
    plan: Mapping[str, Any] = figures.get("forest") or {}
    of_files: Mapping[str, Any] = {} if on_page else figures
    name = preset or plan.get("preset", "plain")
    same = name == plan.get("preset", "plain")
    chosen = forest_preset(
        name,
        dark=bool(of_files.get("dark")) if dark is None else dark,
        left=left if left is not None or not same else plan.get("left"),
        right=right if right is not None or not same else plan.get("right"),
        sort=(plan.get("sort") or "") if sort is None else sort,
        studies=plan.get("studies", True) if studies is None else studies,
        prediction=prediction or plan.get("prediction", "bar"),
        width=width or of_files.get("width"),
    )
    ends = limits or plan.get("limits")
    others = models if models is not None else plan.get("models")
    return ForestLook(
        preset=chosen,
        limits=(float(ends[0]), float(ends[1])) if ends else None,
        models=tuple(others) if others else None,
    )
