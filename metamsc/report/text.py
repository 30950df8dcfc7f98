"""Results as plain text for a terminal: what `metamsc pool`, `effects` and `run` print."""

from __future__ import annotations

import math
from collections.abc import Sequence

from metamsc.analysis.csv import CsvPool
from metamsc.analysis.result import AnalysisResult, Scale
from metamsc.dataset.rows import EffectTable
from metamsc.models.results import Interval, PooledResult
from metamsc.plots.numbers import format_number, format_p, format_percent, format_ratio, format_significant

_DECIMALS = 3
_WIDEST_LABEL = 44


def _number(value: float) -> str:
    """Three decimals, or three digits where those would all be zero; `--json` has the full number."""
    small = 0 < abs(value) < 0.5 * 10**-_DECIMALS
    return format_significant(value, _DECIMALS) if small else format_number(value, _DECIMALS)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def _interval(interval: Interval) -> str:
    return f"{_number(interval.low)} to {_number(interval.high)}"


def align(rows: Sequence[Sequence[str]], *, left: int = 1) -> str:
    """Return rows of cells in columns: the first `left` flush left, the others flush right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [
            cell.ljust(width) if i < left else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def pooled_text(result: CsvPool) -> str:
    """Return the pooled result of a CSV, by stratum where a column was named."""
    blocks = []
    for label, pooled in result.strata:
        blocks.append(_block(f"{result.by} = {label}", pooled, ratio=result.ratio))
    title = "All studies" if result.strata else f"{result.effects.file}: {result.effects.measure}"
    blocks.append(_block(title, result.overall, ratio=result.ratio))
    if result.difference is not None:
        test = result.difference
        line = f"Difference between strata of {result.by}: Q = {_number(test.statistic)}, df = {test.df}"
        blocks.append("\n  ".join([f"{line}, {format_p(test.p)}", *test.warnings]))
    if result.effects.notes:
        blocks.append("\n".join(["Rows:", *(f"  {note}" for note in result.effects.notes)]))
    return "\n\n".join(blocks)


def _block(title: str, pooled: PooledResult, *, ratio: bool) -> str:
    """Return one pooled result, a line per quantity."""
    if len(pooled.coefficients) > 1:
        return _regression_block(title, pooled)
    scale = " (log scale)" if ratio else ""
    level = f"{100 * pooled.level:g}%"
    found = pooled.heterogeneity
    rows = [["studies", str(pooled.k)], [f"estimate{scale}", _number(pooled.estimate)]]
    if ratio:
        shown = [format_ratio(math.exp(x)) for x in (pooled.estimate, pooled.ci.low, pooled.ci.high)]
        rows.append([f"as a ratio, {level} CI", f"{shown[0]} ({shown[1]} to {shown[2]})"])
    rows += [
        [f"{level} CI ({pooled.ci_method})", _interval(pooled.ci)],
        ["standard error", _number(pooled.se)],
        ["p", format_p(pooled.p)],
    ]
    if pooled.pi is not None:
        rows.append([f"{level} prediction interval ({pooled.pi_method})", _interval(pooled.pi)])
    if pooled.k > 1:
        rows.append([f"tau2 ({pooled.tau2_method})", format_significant(found.tau2, 4)])
        if found.tau2_ci is not None:
            rows.append([f"tau2, {level} Q-profile interval", _interval(found.tau2_ci)])
        rows.append(["I2", f"{format_percent(found.I2)} %"])
        rows.append([f"Q ({found.Q_df} df)", f"{_number(found.Q)}, {format_p(found.Q_p)}"])
    body = "\n".join(f"  {line}" for line in align(rows, left=1).splitlines())
    notes = "".join(f"\n  note: {warning}" for warning in pooled.warnings)
    return f"{title}\n{body}{notes}"


def _regression_block(title: str, pooled: PooledResult) -> str:
    """Return a meta-regression: a line per coefficient, then what is left of heterogeneity."""
    level = f"{100 * pooled.level:g}%"
    head = ["", "estimate", "se", f"{level} CI ({pooled.ci_method})", "p"]
    rows = [
        [item.name, _number(item.estimate), _number(item.se), _interval(item.ci), format_p(item.p)]
        for item in pooled.coefficients
    ]
    lines = [f"{title}, {pooled.k} studies, on the analysis scale", align([head, *rows])]
    if pooled.QM is not None:
        kind = f"F({pooled.QM.df}, {pooled.QM.df2:g})" if pooled.QM.df2 is not None else f"QM({pooled.QM.df})"
        lines.append(f"moderators together: {kind} = {_number(pooled.QM.statistic)}, {format_p(pooled.QM.p)}")
    found = pooled.heterogeneity
    tau2 = format_significant(found.tau2, 4)
    left = f"tau2 left ({pooled.tau2_method}) {tau2}, I2 {format_percent(found.I2)} %"
    if pooled.R2 is not None:
        left += f", accounted for {format_percent(pooled.R2)} %"
    lines.append(f"{left}; QE({found.Q_df}) = {_number(found.Q)}, {format_p(found.Q_p)}")
    lines.extend(f"note: {warning}" for warning in pooled.warnings)
    return "\n".join([lines[0], *(f"  {line}" for block in lines[1:] for line in block.splitlines())])


def effects_text(table: EffectTable) -> str:
    """Return the effect sizes of a plan and every exclusion with its reason."""
    unit = f", {table.unit}" if table.unit and table.measure == "MD" else ""
    counted = f"{_count(table.k, 'row')} from {_count(table.n_records, 'record')}"
    lines = [f"{table.outcome}: {table.measure}{unit} ({counted})"]
    if table.rows:
        head = ["study", "type", "time", "yi", "sei", "n treated", "n control", "derived"]
        rows = [
            [
                row.label[:_WIDEST_LABEL],
                row.diabetes_type,
                row.at,
                _number(row.yi),
                _number(row.sei),
                "" if row.treatment.n is None else f"{row.treatment.n:g}",
                "" if row.control.n is None else f"{row.control.n:g}",
                "assumed" if row.imputed else ("yes" if row.derived else ""),
            ]
            for row in table.rows
        ]
        lines.append(align([head, *rows], left=3))
    if table.excluded:
        lines.append(f"\nLeft out ({len(table.excluded)}):")
        lines.extend(f"  {item.label}, {item.at}: {item.reason} [{item.code}]" for item in table.excluded)
    if table.missing:
        lines.append(f"\nKnown to be missing ({len(table.missing)}):")
        lines.extend(f"  {item.label}: {item.reason} [{item.kind}]" for item in table.missing)
    return "\n".join(lines)


def result_text(result: AnalysisResult) -> str:
    """Return the pooled results of an analysis, a line per stratum, and its warnings."""
    unit = f", {result.scale.unit}" if result.scale.unit else ""
    lines = [f"{result.name}: {result.title} ({result.scale.measure}{unit})"]
    if not result.strata:
        return (
            f"{lines[0]}\n  {result.overall_note} "
            f"{_count(len(result.table.excluded), 'result')} left out with reasons."
        )
    rows = [["", "k", "estimate", "CI", "prediction", "tau2", "I2"]]
    for stratum in result.pools:
        pooled = stratum.pooled
        rows.append(
            [
                f"  {stratum.label}",
                str(pooled.k),
                _shown(result.scale, pooled.estimate),
                _shown_interval(result.scale, pooled.ci),
                "–" if pooled.pi is None else _shown_interval(result.scale, pooled.pi),
                format_significant(pooled.heterogeneity.tau2, 3) if pooled.k > 1 else "–",
                f"{format_percent(pooled.heterogeneity.I2)} %" if pooled.k > 1 else "–",
            ]
        )
    lines.append(align(rows))
    lines.extend(f"  note: {warning}" for warning in result.warnings)
    return "\n".join(lines)


def _shown(scale: Scale, value: float) -> str:
    return format_ratio(math.exp(value)) if scale.ratio else _number(value)


def _shown_interval(scale: Scale, interval: Interval) -> str:
    return f"{_shown(scale, interval.low)} to {_shown(scale, interval.high)}"
