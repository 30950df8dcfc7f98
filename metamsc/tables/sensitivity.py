"""The same question under other choices, and the tests for small-study effects."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from metamsc.plots.numbers import (
    format_chance,
    format_number,
    format_p,
    format_significant,
    format_value,
)
from metamsc.plots.wording import percent
from metamsc.sensitivity.bias import MINIMUM_K
from metamsc.tables.labels import (
    decimals_of_width,
    effect_header,
    label_words,
    shown_effect,
    shown_interval,
)
from metamsc.tables.table import Column, Piece, Row, Table, cell, group_row

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult, Sensitivity, SensitivityStratum, SmallStudy, Stratum


_FEW = f"Fewer than {MINIMUM_K} studies cannot tell small-study effects from chance (Sterne 2011)."


def sensitivity_table(result: AnalysisResult) -> Table:
    """Return the main analysis and every other choice, stratum by stratum.

    A choice that gives a stratum the same numbers is named in that stratum's line of unchanged
    choices rather than shown as one more identical row.
    """
    level = percent(result.strata[0].pooled.level) if result.strata else "95%"
    main = {stratum.label: stratum for stratum in result.strata}
    if result.overall is not None:
        main[result.overall.label] = result.overall
    others = [item.label for choice in result.sensitivity for item in choice.strata]
    rows: list[Row] = []
    for label in dict.fromkeys([*main, *others]):
        rows.append(group_row(label_words(result, label)))
        rows.extend(_stratum_rows(result, label, main.get(label)))
    return Table(
        name="sensitivity",
        caption=f"{result.scale.outcome_label} under other choices.",
        columns=(
            Column("choice", "Choice"),
            Column("k", "Studies", "right"),
            Column("estimate", f"{effect_header(result.scale)}\n({level} CI)", "right"),
            Column("tau2", "τ²", "right"),
            Column("changed", "Rows that differ, and what else is told"),
        ),
        rows=tuple(rows) if result.sensitivity else (),
        empty="No other choice would change anything here.",
    )


def _stratum_rows(result: AnalysisResult, label: str, main: Stratum | None) -> list[Row]:
    rows = [] if main is None else [_main_row(result, main)]
    unchanged = []
    for choice in result.sensitivity:
        found = next((item for item in choice.strata if item.label == label), None)
        if found is None:
            continue
        if main is not None and not choice.measure and _is_same(main, found):
            unchanged.append(choice.label)
        else:
            rows.append(_row(result, choice, found))
    if unchanged:
        blank = cell()
        rows.append(Row((cell("Same numbers"), blank, blank, blank, cell("; ".join(unchanged)))))
    return rows


def _is_same(main: Stratum, found: SensitivityStratum) -> bool:
    """Say whether a choice gives a stratum the very same result."""
    pooled = main.pooled
    return (pooled.k, pooled.estimate, pooled.ci.low, pooled.ci.high, pooled.heterogeneity.tau2) == (
        found.k,
        found.estimate,
        found.ci_low,
        found.ci_high,
        found.tau2,
    )


def _main_row(result: AnalysisResult, stratum: Stratum) -> Row:
    pooled = stratum.pooled
    tau2 = "–" if pooled.k == 1 else format_significant(pooled.heterogeneity.tau2)
    effect = _effect(result, pooled.estimate, pooled.ci.low, pooled.ci.high)
    return Row((cell("As planned"), cell(str(pooled.k)), cell(effect), cell(tau2), cell()), kind="total")


def _row(result: AnalysisResult, choice: Sensitivity, found: SensitivityStratum) -> Row:
    note = cell(
        Piece(_named(result, choice.note), small=True), Piece(found.note, small=True), _mid_piece(found)
    )
    if found.estimate is None or found.ci_low is None or found.ci_high is None:
        said = "not computable" if found.note else "nothing left to pool"
        return Row((cell(choice.label), cell(str(found.k)), cell(said), cell("–"), note))
    tau2 = "–" if found.k == 1 or found.tau2 is None else format_significant(found.tau2)
    if choice.measure:
        effect = _other_effect(choice, found.estimate, found.ci_low, found.ci_high)
    else:
        effect = _effect(result, found.estimate, found.ci_low, found.ci_high)
    return Row((cell(choice.label), cell(str(found.k)), cell(effect), cell(tau2), note))


def _mid_piece(found: SensitivityStratum) -> Piece:
    """Return the posterior probabilities of reaching the minimal important difference."""
    if found.mid_mean is None or found.mid_new_study is None:
        return Piece("")
    mean, new = (format_chance(value) for value in (found.mid_mean, found.mid_new_study))
    return Piece(
        f"probability of reaching the minimal important difference: mean {mean}, new study {new}",
        small=True,
    )


def _effect(result: AnalysisResult, estimate: float, low: float, high: float) -> str:
    return f"{shown_effect(result, estimate)} ({shown_interval(result, low, high)})"


def _other_effect(choice: Sensitivity, estimate: float, low: float, high: float) -> str:
    """Write an effect of another measure than the plan's, with its code, on its own scale."""
    decimals = decimals_of_width(low, high)
    shown = [format_value(value, ratio=choice.ratio, decimals=decimals) for value in (estimate, low, high)]
    unit = f" {choice.unit}" if choice.unit else ""
    return f"{choice.measure} {shown[0]} ({shown[1]} to {shown[2]}){unit}"


def _named(result: AnalysisResult, note: str) -> str:
    """Put labels for the row ids in a note; a study this result does not know keeps its id."""
    for row in sorted(result.table.rows, key=lambda row: -len(row.row_id)):
        note = note.replace(row.row_id, row.label)
    labels = {item.study_id: item.label for item in result.table.excluded}
    return re.sub(r"\b([\w.-]+):[\w.+-]+", lambda found: labels.get(found[1], found[1]), note)


def small_study_table(result: AnalysisResult) -> Table:
    """Return the tests for small-study effects, or why each was not run."""
    return Table(
        name="small-study",
        caption="Tests for small-study effects.",
        columns=(
            Column("group", "Group"),
            Column("k", "Studies", "right"),
            Column("test", "Test"),
            Column("result", "Result"),
        ),
        rows=tuple(_small_study_row(result, item) for item in result.small_study),
        notes=(_FEW,) if any(item.refused and item.k < MINIMUM_K for item in result.small_study) else (),
        empty="There is nothing to test for small-study effects.",
    )


def _small_study_row(result: AnalysisResult, item: SmallStudy) -> Row:
    if item.refused and item.k < MINIMUM_K:
        said = f"Not run: fewer than {MINIMUM_K} studies."
    elif item.refused:
        said = f"Not run: {item.refused.replace('>=', '≥')}"
    elif item.statistic is None or item.p is None:
        said = "Not computable."
    else:
        said = f"t = {format_number(item.statistic, 2)}, df = {item.df}, {format_p(item.p)}"
    return Row((cell(label_words(result, item.label)), cell(str(item.k)), cell(item.method), cell(said)))
