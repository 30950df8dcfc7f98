"""Layout of a forest plot: an :class:`AnalysisResult` in, frozen rows, axis and footnotes out. Pure.

Rows run top to bottom: strata in the order of the result, each with its studies, its pooled effect, its
prediction interval and its heterogeneity; then all together, and the tests for differences. Every number
is read off the result; only the intervals of single studies (normal quantiles) and the totals of
participants are worked out here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from metamsc.errors import InputError
from metamsc.plots import forest_cells as texts
from metamsc.plots import preset_words, wording
from metamsc.plots.forest_axis import forest_axis
from metamsc.plots.forest_content import ForestContent, forest_columns, forest_content, is_one_pool
from metamsc.plots.forest_lines import GAP, NOTE_LINES, Stack, add_pool, add_study, stratum_path
from metamsc.plots.forest_models import Models
from metamsc.plots.forest_notes import forest_notes
from metamsc.plots.forest_rob import judgements_of
from metamsc.plots.forest_rows import ForestLayout, ForestRow
from metamsc.plots.numbers import NO_VALUE
from metamsc.plots.preset import ForestPreset, forest_preset
from metamsc.plots.strata_words import between_words, stratum_title

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult, Stratum
    from metamsc.plots.judgements import RobProfile

NOTE_COLUMNS = 84
NARROW_NOTE_COLUMNS = 56
"""Where the arms take little room."""
PLANNED = "The analysis as planned"
"""What the legend calls the result itself where other models stand beside it."""


def forest_layout(
    result: AnalysisResult,
    *,
    limits: tuple[float, float] | None = None,
    arm_columns: bool = True,
    title: bool = True,
    preset: str | ForestPreset = "plain",
    rob: Mapping[str, RobProfile] | None = None,
    models: Models | None = None,
) -> ForestLayout:
    """Lay out the forest plot of an analysis.

    Parameters
    ----------
    result : AnalysisResult
    limits : (low, high), optional
        Ends of the effect axis **as shown** (ratios as ratios, not logarithms); intervals beyond them end
        in arrows. Default: chosen so that every estimate and the null are on it.
    arm_columns : bool
        Show what each arm reported.
    title : bool
        Put the title of the analysis above the figure.
    preset : str or ForestPreset
        "plain", "bmj", "revman", "jama", or what :func:`~metamsc.plots.preset.forest_preset` returns.
    rob : mapping of str to RobProfile, optional
        Study id -> judgements, from :func:`~metamsc.plots.judgements.profiles_of`; those that the result
        carries when left out, {} for none.
    models : sequence of str or mapping of str to AnalysisResult, optional
        Sensitivity analyses of the result by name, or other results by what the legend calls them: drawn
        beside the planned estimate in each row.

    Returns
    -------
    ForestLayout

    Raises
    ------
    InputError
        If there is no row to draw, `limits` is not an increasing pair (positive for a ratio), or a model
        is on another scale.
    OptionError
        If there is no such preset, column, order or model.
    """
    if not result.table.rows:
        raise InputError(f"analysis {result.name!r} has no row to draw: nothing could be pooled.")
    chosen = forest_preset(preset) if isinstance(preset, str) else preset
    content = forest_content(result, arm_columns=arm_columns, preset=chosen, rob=rob, models=models)
    stack = Stack()
    _add_strata(stack, content)
    _add_overall(stack, content)
    rows = _with_effects(stack.rows, content)
    axis = forest_axis(result.scale, rows, limits)
    lower, higher = preset_words.direction_words(chosen.words, result.scale)
    method = preset_words.method_words(result.pools)
    over = preset_words.graphic_header(chosen.words, result.scale, content.level, method)
    return ForestLayout(
        title=result.title if title else "",
        columns=forest_columns(content),
        rows=rows,
        axis=replace(axis, lower=lower, higher=higher),
        footer=forest_notes(content),
        height=stack.bottom,
        preset=chosen,
        graphic_header=over if chosen.room.spare else "",
        models=(PLANNED, *content.models.names) if content.models.names else (),
        judgements=judgements_of(content.profiles),
        counts=any(row.value == "events" for row in result.table.rows),
    )


def _add_strata(stack: Stack, content: ForestContent) -> None:
    """Add every stratum with what is in it, then rows that no stratum holds."""
    result = content.result
    shown: set[str] = set()
    for stratum in result.strata:
        if len(stratum.key) == 1:
            children = [
                other for other in result.strata if len(other.key) > 1 and other.key[:1] == stratum.key
            ]
            _add_stratum(stack, content, stratum, children)
            shown.update(stratum.row_ids)
    rest = tuple(row.row_id for row in result.table.rows if row.row_id not in shown)
    if rest and shown and content.preset.studies:
        stack.gap()
        stack.text("stratum", "rest", "In no group")
    for row in content.ordered(rest):
        add_study(stack, content, row, indent=1 if shown else 0)


def _add_stratum(stack: Stack, content: ForestContent, stratum: Stratum, children: Sequence[Stratum]) -> None:
    stack.gap()
    if content.preset.studies or children:
        stack.text("stratum", stratum_path(stratum), stratum_title(content.result, stratum))
    below = {row_id for child in children for row_id in child.row_ids}
    own = tuple(row_id for row_id in stratum.row_ids if row_id not in below)
    for row in content.ordered(own):
        add_study(stack, content, row, indent=1)
    for child in children:
        stack.gap(GAP / 2.0)
        if content.preset.studies:
            stack.text("stratum", stratum_path(child), stratum_title(content.result, child), indent=1)
        for row in content.ordered(child.row_ids):
            add_study(stack, content, row, indent=2)
        add_pool(stack, content, child, indent=2)
    if children:
        stack.gap(GAP / 2.0)
    if not is_one_pool(content.result):
        add_pool(stack, content, stratum, indent=1)


def _add_overall(stack: Stack, content: ForestContent) -> None:
    result, words = content.result, content.preset.words
    stack.gap(GAP if result.strata else GAP / 2.0)
    if result.overall is not None:
        grouped = any(len(stratum.key) == 1 for stratum in result.strata) and not is_one_pool(result)
        add_pool(stack, content, result.overall, indent=0, label="" if grouped else "All studies")
    if not content.preset.room.below:
        return
    wide = content.style.kind == "means" or "estimate" in content.left
    columns = content.preset.room.note or (NOTE_COLUMNS if wide else NARROW_NOTE_COLUMNS)
    for index, difference in enumerate(result.differences, start=1):
        between = between_words(result, difference)
        text = preset_words.difference_text(words, difference, between, len(result.differences))
        stack.text("difference", str(index), wording.wrap(text, columns, NOTE_LINES))


def _with_effects(rows: Sequence[ForestRow], content: ForestContent) -> tuple[ForestRow, ...]:
    """Add the column of estimates; what further models say stands below, line by line."""
    words, ratio = content.preset.words, content.result.scale.ratio
    decimals = max(texts.effect_decimals(content.result), words.minimum_decimals)

    def written(row: ForestRow) -> str:
        assert row.low is not None  # noqa: S101 - asked before
        assert row.high is not None  # noqa: S101 - as above
        lines = [
            preset_words.effect_text(words, (row.estimate, row.low, row.high), ratio=ratio, decimals=decimals)
        ]
        lines.extend(
            NO_VALUE
            if other.low is None or other.high is None
            else preset_words.effect_text(
                words, (other.estimate, other.low, other.high), ratio=ratio, decimals=decimals
            )
            for other in row.others
        )
        return "\n".join(lines)

    return tuple(
        row if row.low is None else replace(row, cells=(*row.cells, ("estimate", written(row))))
        for row in rows
    )
