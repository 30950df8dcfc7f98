"""What the rows of one forest plot need before they are laid out: cells, weights, sizes. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

from metamsc.errors import OptionError
from metamsc.plots import forest_cells as texts
from metamsc.plots.forest_arms import arm_columns as columns_of_arms
from metamsc.plots.forest_arms import arm_texts
from metamsc.plots.forest_columns import field_cell, find_fields, is_text, sorted_rows
from metamsc.plots.forest_models import Models, OtherModels, other_models
from metamsc.plots.forest_rob import rob_cells, rob_columns, shown_profiles
from metamsc.plots.forest_rows import ForestColumn
from metamsc.plots.judgements import RobProfile, assessed_profiles
from metamsc.plots.numbers import NO_VALUE
from metamsc.plots.preset import Column, ForestField, ForestPreset
from metamsc.plots.preset_words import effect_header, method_words, weight_text
from metamsc.plots.wording import wrap

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult
    from metamsc.dataset.rows import EffectRow

_HEADER_COLUMNS = 15
"""Where there is no room to spare: "Mean difference" stays on one line."""


@dataclass(frozen=True, slots=True)
class ForestContent:
    """What every row of one figure needs to be written."""

    result: AnalysisResult
    preset: ForestPreset
    by_id: dict[str, EffectRow]
    style: texts.ArmStyle
    left: tuple[Column, ...]
    right: tuple[Column, ...]
    study_cells: dict[str, dict[str, str]]
    weights: dict[str, float]
    """Percent within the group, or over all where the preset shows one weight and there is such a pool."""
    overall_weights: dict[str, float]
    """Percent over all, where both weights are shown; else empty."""
    sizes: dict[str, float]
    z: float
    level: float
    profiles: dict[str, RobProfile]
    models: OtherModels

    def ordered(self, row_ids: tuple[str, ...]) -> tuple[EffectRow, ...]:
        """Return the studies of one group in the order of the figure."""
        rows = [self.by_id[row_id] for row_id in row_ids]
        weights = self.overall_weights or self.weights
        return sorted_rows(rows, self.preset.sort, weights, (*self.left, *self.right))


def interval_level(result: AnalysisResult) -> float:
    """Return the coverage of the intervals of an analysis."""
    pools = [stratum.pooled for stratum in (*result.strata, result.overall) if stratum is not None]
    return pools[0].ci.level if pools else 0.95


def forest_content(
    result: AnalysisResult,
    *,
    arm_columns: bool,
    preset: ForestPreset,
    rob: Mapping[str, RobProfile] | None = None,
    models: Models | None = None,
) -> ForestContent:
    """Collect cells, weights and sizes of every row.

    Raises
    ------
    OptionError
        If a column, the order or a model has a name that there is not.
    InputError
        If a model is on another scale.
    """
    rows = result.table.rows
    left, right = find_fields(preset.left, rows), find_fields(preset.right, rows)
    find_fields((*left, *right), rows)
    if "label" not in left:
        raise OptionError(f"left must name the column 'label', where headings stand; got {preset.left!r}.")
    arms = arm_columns and "arms" in (*left, *right)
    style = texts.arm_style(rows) if arms else texts.ArmStyle("none")
    weights, overall_weights = _weights(result, one=preset.words.weights == "one")
    level = interval_level(result)
    z = NormalDist().inv_cdf(0.5 + level / 2.0)
    content = ForestContent(
        result=result,
        preset=preset,
        by_id={row.row_id: row for row in rows},
        style=style,
        left=left,
        right=right,
        study_cells=arm_texts(rows, style, preset.words),
        weights=weights,
        overall_weights=overall_weights,
        sizes=_sizes(result),
        z=z,
        level=level,
        profiles=_profiles(result, rob) if "rob" in (*left, *right) else {},
        models=other_models(result, models, z),
    )
    for row in rows:
        content.study_cells[row.row_id] |= _more_cells(content, row)
    return content


def _profiles(result: AnalysisResult, rob: Mapping[str, RobProfile] | None) -> dict[str, RobProfile]:
    """Return the judgements by row: those given, else those that the result carries."""
    return shown_profiles(result.table.rows, assessed_profiles(result.risk_of_bias) if rob is None else rob)


def _more_cells(content: ForestContent, row: EffectRow) -> dict[str, str]:
    """Return the cells of one study beside those of its arms and its effect."""
    cells, words = {"label": texts.label_cell(row, content.preset.room.label)}, content.preset.words
    fields = [field for field in (*content.left, *content.right) if isinstance(field, ForestField)]
    cells |= {field.name: field_cell(field, row) for field in fields}
    weight = content.weights.get(row.row_id)
    cells["weight"] = NO_VALUE if weight is None else weight_text(words, weight)
    if row.row_id in content.overall_weights:
        cells["weight_overall"] = weight_text(words, content.overall_weights[row.row_id])
    return cells | rob_cells(content.profiles.get(row.row_id))


def forest_columns(content: ForestContent) -> tuple[ForestColumn, ...]:
    """Return the columns of a figure, left to right."""
    return (
        *(made for column in content.left for made in _columns(content, column, "left")),
        *(made for column in content.right for made in _columns(content, column, "right")),
    )


def _columns(content: ForestContent, column: Column, side: str) -> tuple[ForestColumn, ...]:
    """Return what one entry of a preset stands for: one column, several or none."""
    result, words = content.result, content.preset.words
    if isinstance(column, ForestField):
        align = "left" if is_text(column, result.table.rows) else "decimal"
        return (ForestColumn(name=column.name, header=column.header, align=align, side=side),)
    if column == "label":
        header = _header(content, words.study)
        return (ForestColumn(name="label", header=header, align="left", side=side),)
    if column == "arms":
        return tuple(
            ForestColumn(name=made.name, header=made.header, group=made.group, side=side)
            for made in columns_of_arms(result.scale, content.style, words)
            if content.preset.studies or _is_total(made.name, content.style)
        )
    if column == "estimate":
        header = effect_header(words, result.scale, content.level, method_words(result.pools))
        header = _header(content, header)
        return (ForestColumn(name="estimate", header=header, align="decimal-end", side=side),)
    if column == "rob":
        return rob_columns(content.profiles, side, letters=words.domains == "letters")
    return _weight_columns(content, side)


def _header(content: ForestContent, text: str) -> str:
    """Return a heading, on more lines where there is no room to spare."""
    if content.preset.room.spare:
        return text
    lines = text.replace("% CI", "%\u00a0CI").split("\n")
    return "\n".join(wrap(line, _HEADER_COLUMNS, 2) for line in lines)


def _is_total(name: str, style: texts.ArmStyle) -> bool:
    """Say whether a pooled line has something in this column: sums of people and events, no means."""
    return name.startswith(("n_", "events_")) or style.kind == "events"


def _weight_columns(content: ForestContent, side: str) -> tuple[ForestColumn, ...]:
    if content.overall_weights:
        group = content.preset.words.weight.replace("\n", " ")
        return (
            ForestColumn(name="weight", header="group", group=group, side=side),
            ForestColumn(name="weight_overall", header="overall", group=group, side=side),
        )
    header = content.preset.words.weight
    return (ForestColumn(name="weight", header=header, side=side),) if content.weights else ()


def is_one_pool(result: AnalysisResult) -> bool:
    """Say whether the overall pool is the same as the only stratum's."""
    first = [stratum for stratum in result.strata if len(stratum.key) == 1]
    return (
        result.overall is not None
        and len(first) == 1
        and set(first[0].row_ids) == set(result.overall.row_ids)
    )


def _pool_weights(result: AnalysisResult) -> tuple[dict[str, float], dict[str, float]]:
    """Return the weights within first-level groups and over all, in percent."""
    within: dict[str, float] = {}
    for stratum in result.strata:
        if len(stratum.key) == 1 and stratum.pooled.k > 1:
            within.update(zip(stratum.row_ids, stratum.pooled.weights_percent, strict=True))
    overall = result.overall
    if overall is None or overall.pooled.k == 1:
        return within, {}
    return within, dict(zip(overall.row_ids, overall.pooled.weights_percent, strict=True))


def _weights(result: AnalysisResult, *, one: bool) -> tuple[dict[str, float], dict[str, float]]:
    """Return the weights that are shown: the first column's and, where there are two, the second's."""
    within, overall = _pool_weights(result)
    if one and overall:
        return overall, {}
    both = bool(within) and bool(overall) and not is_one_pool(result)
    return within or overall, overall if both else {}


def _sizes(result: AnalysisResult) -> dict[str, float]:
    """Return relative areas of the squares: overall weights, or 1 / (vi + tau2) of each row's own pool."""
    _, raw = _pool_weights(result)
    if not raw:
        for stratum in result.strata:
            tau2 = stratum.pooled.heterogeneity.tau2
            rows = result.rows_of(stratum) if len(stratum.key) == 1 else ()
            raw.update({row.row_id: 1.0 / (row.vi + tau2) for row in rows})
    largest = max(raw.values(), default=1.0)
    return {row_id: value / largest for row_id, value in raw.items()}
