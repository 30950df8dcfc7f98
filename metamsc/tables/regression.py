"""The plan's meta-regression: a block per pool, a line per coefficient."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metamsc.names import note_words
from metamsc.plots.numbers import (
    format_number,
    format_p,
    format_percent,
    format_significant,
    format_value,
)
from metamsc.plots.reference_levels import coefficient_names
from metamsc.plots.wording import percent
from metamsc.tables.labels import label_words
from metamsc.tables.table import Column, Row, Table, cell, group_row

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult, Regression
    from metamsc.models.results import Coefficient, PooledResult

CAUTION = (
    "A meta-regression compares studies, not randomised groups: what else studies differ in is compared as "
    "well."
)


def regression_table(result: AnalysisResult) -> Table:
    """Return the coefficients of the plan's meta-regression; empty when the plan has none."""
    fitted = [item.pooled for item in result.regressions if item.pooled is not None]
    level = percent(fitted[0].level) if fitted else "95%"
    rows: list[Row] = []
    notes: list[str] = []
    for item in result.regressions:
        name = label_words(result, item.label)
        rows.append(group_row(f"{name}, {item.k} rows"))
        rows.extend(_rows(result, item))
        if item.pooled is not None:
            notes.append(_model_note(name, item.pooled))
            notes.extend(f"{name}: {note_words(text)}" for text in item.pooled.warnings)
        if item.left_out:
            notes.append(f"{name}: without {', '.join(item.left_out)}.")
    formula = result.regressions[0].formula if result.regressions else ""
    scale = "Ratio of ratios" if result.scale.ratio else "Estimate"
    return Table(
        name="regression",
        caption=f"Meta-regression on {formula}." if formula else "Meta-regression.",
        columns=(
            Column("coefficient", "Coefficient"),
            Column("estimate", f"{scale}\n({level} CI)", "right"),
            Column("p", "p", "right"),
        ),
        rows=tuple(rows),
        notes=(*notes, CAUTION) if fitted else tuple(notes),
        empty="The plan has no meta-regression.",
    )


def _rows(result: AnalysisResult, item: Regression) -> list[Row]:
    if item.pooled is None:
        return [Row((cell(f"Not run: {item.refused}"), cell("–"), cell("–")))]
    names = coefficient_names(result, item)
    return [_row(names[one.name], one, ratio=result.scale.ratio) for one in item.pooled.coefficients]


def _row(name: str, item: Coefficient, *, ratio: bool) -> Row:
    if ratio:
        values = [format_value(x, ratio=True, decimals=2) for x in (item.estimate, item.ci.low, item.ci.high)]
    else:
        values = [format_significant(x, 3) for x in (item.estimate, item.ci.low, item.ci.high)]
    p = format_p(item.p).removeprefix("p ").removeprefix("= ")
    return Row((cell(name), cell(f"{values[0]} ({values[1]} to {values[2]})"), cell(p)))


def _model_note(name: str, pooled: PooledResult) -> str:
    found = pooled.heterogeneity
    said = f"{name}: τ² left {format_significant(found.tau2)}, I² {format_percent(found.I2)}%"
    if pooled.R2 is not None:
        said += f", R² {format_percent(pooled.R2)}%"
    if pooled.QM is not None:
        kind = "χ²" if pooled.QM.df2 is None else "F"
        statistic = format_number(pooled.QM.statistic, 2)
        said += f"; moderators together {kind} = {statistic}, {format_p(pooled.QM.p)}"
    return f"{said}."
