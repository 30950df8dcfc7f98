"""Layout of a forest plot: an :class:`AnalysisResult` in, frozen rows, axis and footnotes out. Pure.

Rows run top to bottom: strata in the order of the result, each with its studies, its pooled effect, its
prediction interval and its heterogeneity; then all together, and the tests for differences. Every number
is read off the result; only the intervals of single studies (normal quantiles) and the totals of
participants are worked out here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from metamsc.errors import InputError
from metamsc.plots import forest_cells as texts
from metamsc.plots import wording
from metamsc.plots.forest_axis import forest_axis
from metamsc.plots.forest_content import ForestContent, forest_content, interval_level, is_one_pool
from metamsc.plots.forest_rows import ForestLayout, ForestRow
from metamsc.plots.numbers import NO_VALUE

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult, Stratum
    from metamsc.dataset.rows import EffectRow

EXTRA_LINE = 0.75
"""Height of a second line of text, in row heights."""
GAP = 0.45
NOTE_COLUMNS = 84
NARROW_NOTE_COLUMNS = 56
"""Where the arms take little room."""


def stratum_path(stratum: Stratum) -> str:
    """Return what a stratum's artists are called by: "T1D", "T1D/bone-marrow", "overall"."""
    return "/".join(stratum.key) or "overall"


def stratum_name(stratum: Stratum) -> str:
    """Return how a stratum is headed: below another one, by its own value only."""
    return stratum.key[-1] if len(stratum.key) > 1 else stratum.label


@dataclass(slots=True)
class _Stack:
    """Rows laid from the top down; the only thing here that changes while it is built."""

    rows: list[ForestRow] = field(default_factory=list)
    bottom: float = 0.0

    def gap(self, height: float = GAP) -> None:
        if self.rows:
            self.bottom += height

    def add(self, row: ForestRow) -> None:
        lines = max([row.lines, *(text.count("\n") + 1 for _, text in row.cells)])
        height = 1.0 + EXTRA_LINE * (lines - 1)
        self.rows.append(replace(row, y=self.bottom + height / 2.0, lines=lines))
        self.bottom += height

    def text(self, kind: str, target: str, text: str, indent: int = 0) -> None:
        cells = (("label", text),)
        key = f"{kind}:{target}"
        self.add(ForestRow(kind=kind, key=key, target=target, y=0.0, cells=cells, indent=indent))


def forest_layout(
    result: AnalysisResult,
    *,
    limits: tuple[float, float] | None = None,
    arm_columns: bool = True,
    title: bool = True,
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

    Returns
    -------
    ForestLayout

    Raises
    ------
    InputError
        If there is no row to draw, or `limits` is not an increasing pair (positive for a ratio).
    """
    if not result.table.rows:
        raise InputError(f"analysis {result.name!r} has no row to draw: nothing could be pooled.")
    content = forest_content(result, arm_columns=arm_columns)
    stack = _Stack()
    _add_strata(stack, content)
    _add_overall(stack, content)
    rows = _with_effects(stack.rows, result)
    level = interval_level(result)
    return ForestLayout(
        title=result.title if title else "",
        columns=texts.forest_columns(result.scale, content.style, level, content.weight_columns),
        rows=rows,
        axis=forest_axis(result.scale, rows, limits),
        footer=_footer(result),
        height=stack.bottom,
    )


def _add_strata(stack: _Stack, content: ForestContent) -> None:
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
    rest = [row for row in result.table.rows if row.row_id not in shown]
    if rest and shown:
        stack.gap()
        stack.text("stratum", "rest", "In no group")
    for row in rest:
        _add_study(stack, content, row, indent=1 if shown else 0)


def _add_stratum(
    stack: _Stack, content: ForestContent, stratum: Stratum, children: Sequence[Stratum]
) -> None:
    stack.gap()
    stack.text("stratum", stratum_path(stratum), stratum_name(stratum))
    below = {row_id for child in children for row_id in child.row_ids}
    for row_id in stratum.row_ids:
        if row_id not in below:
            _add_study(stack, content, content.by_id[row_id], indent=1)
    for child in children:
        stack.gap(GAP / 2.0)
        stack.text("stratum", stratum_path(child), stratum_name(child), indent=1)
        for row_id in child.row_ids:
            _add_study(stack, content, content.by_id[row_id], indent=2)
        _add_pool(stack, content, child, indent=2)
    if children:
        stack.gap(GAP / 2.0)
    if not is_one_pool(content.result):
        _add_pool(stack, content, stratum, indent=1)


def _add_study(stack: _Stack, content: ForestContent, row: EffectRow, indent: int) -> None:
    cells = {"label": texts.label_cell(row), **content.arm_cells[row.row_id]}
    weight = content.weights.get(row.row_id)
    cells["weight"] = NO_VALUE if weight is None else texts.weight_text(weight)
    if row.row_id in content.overall_weights:
        cells["weight_overall"] = texts.weight_text(content.overall_weights[row.row_id])
    half = content.z * row.sei
    stack.add(
        ForestRow(
            kind="study",
            key=f"study:{row.row_id}",
            target=row.row_id,
            y=0.0,
            cells=tuple(cells.items()),
            estimate=row.yi,
            low=row.yi - half,
            high=row.yi + half,
            weight=weight,
            size=content.sizes.get(row.row_id, 0.0),
            indent=indent,
        )
    )


def _add_pool(stack: _Stack, content: ForestContent, stratum: Stratum, indent: int, label: str = "") -> None:
    """Add the pooled effect, its prediction interval and its heterogeneity; only words for one study."""
    pooled, path = stratum.pooled, stratum_path(stratum)
    line = wording.heterogeneity_line(pooled)
    if content.style.kind != "means":
        line = line.replace(", Q", ",\nQ")
    if pooled.k == 1:
        stack.text("heterogeneity", path, line, indent)
        return
    kind = "subtotal" if stratum.key else "overall"
    name = wording.wrap(label or f"{stratum_name(stratum)}, pooled", texts.LABEL_COLUMNS, 2)
    rows = content.result.rows_of(stratum)
    cells = {"label": f"{name} (k = {pooled.k})", **texts.total_cells(rows, content.style)}
    within = sum(content.weights.get(row.row_id, 0.0) for row in rows)
    if stratum.key or not content.overall_weights:
        cells["weight"] = texts.weight_text(within)
    if content.overall_weights:
        cells["weight_overall"] = texts.weight_text(sum(content.overall_weights[row.row_id] for row in rows))
    row = ForestRow(
        kind=kind,
        key=f"{kind}:{path}",
        target=path,
        y=0.0,
        cells=tuple(cells.items()),
        estimate=pooled.estimate,
        low=pooled.ci.low,
        high=pooled.ci.high,
        weight=within if stratum.key or not content.overall_weights else None,
        indent=indent,
    )
    stack.add(row)
    if pooled.pi is not None:
        words = f"{wording.percent(pooled.pi.level)} prediction interval"
        prediction = ForestRow(
            kind="prediction",
            key=f"prediction:{path}",
            target=path,
            y=0.0,
            cells=(("label", words),),
            low=pooled.pi.low,
            high=pooled.pi.high,
            indent=indent,
        )
        stack.add(prediction)
    stack.text("heterogeneity", path, line, indent)


def _add_overall(stack: _Stack, content: ForestContent) -> None:
    result = content.result
    stack.gap(GAP if result.strata else GAP / 2.0)
    if result.overall is not None:
        grouped = any(len(stratum.key) == 1 for stratum in result.strata) and not is_one_pool(result)
        _add_pool(stack, content, result.overall, indent=0, label="" if grouped else "Pooled")
    for index, difference in enumerate(result.differences, start=1):
        _add_wrapped(stack, content, "difference", str(index), wording.difference_line(difference))


def _add_wrapped(stack: _Stack, content: ForestContent, kind: str, target: str, text: str) -> None:
    columns = NOTE_COLUMNS if content.style.kind == "means" else NARROW_NOTE_COLUMNS
    stack.text(kind, target, wording.wrap(text, columns, 6))


def _with_effects(rows: Sequence[ForestRow], result: AnalysisResult) -> tuple[ForestRow, ...]:
    """Add the column of estimates, lined up over all rows that have one."""
    effects = [
        (row.estimate, row.low, row.high) for row in rows if row.low is not None and row.high is not None
    ]
    written = iter(
        texts.effect_texts(effects, ratio=result.scale.ratio, decimals=texts.effect_decimals(result))
    )
    return tuple(
        row if row.low is None else replace(row, cells=(*row.cells, ("estimate", next(written))))
        for row in rows
    )


def _footer(result: AnalysisResult) -> tuple[str, ...]:
    rows = result.table.rows
    strata = [stratum for stratum in (*result.strata, result.overall) if stratum is not None]
    notes = [
        f"{stratum.label}: {stratum.note}" for stratum in strata if stratum.note and stratum.pooled.k > 1
    ]
    lines = (
        wording.method_line([stratum.pooled for stratum in strata]),
        *wording.mark_lines(rows),
        wording.change_line(rows),
        wording.mid_line(result.scale),
        *(wording.difference_note(difference) for difference in result.differences),
        wording.capitalise(result.overall_note),
        *notes,
        wording.left_out_line(result),
    )
    return tuple(line for line in lines if line)
