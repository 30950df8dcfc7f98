"""Results as plain text for a terminal: what `metamsc pool`, `effects` and `run` print."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from metamsc.analysis.csv import CsvPool
from metamsc.analysis.methods.choice import INVERSE_VARIANCE
from metamsc.analysis.methods.result import MethodResult
from metamsc.analysis.result import AnalysisResult, Scale
from metamsc.dataset.rows import EffectTable
from metamsc.models.results import Interval
from metamsc.models.subgroups import SubgroupTest
from metamsc.plots.numbers import format_number, format_p, format_percent, format_ratio, format_significant
from metamsc.plots.wording import capitalise

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
    title = "All studies" if result.strata else f"{result.effects.file}: {result.overall.measure}"
    blocks.append(_block(title, result.overall, ratio=result.ratio))
    if result.difference is not None:
        blocks.append(_difference_lines(str(result.by), result.difference))
    if result.notes:
        blocks.append("\n".join(["Rows:", *(f"  {note}" for note in result.notes)]))
    return "\n\n".join(blocks)


def _difference_lines(by: str, test: SubgroupTest) -> str:
    name = "Q" if test.df2 is None else "F"
    df = f"df = {test.df}" if test.df2 is None else f"df = {test.df} and {test.df2:.4g}"
    line = f"Difference between strata of {by}: {name} = {_number(test.statistic)}, {df}, {format_p(test.p)}"
    return "\n  ".join([f"{line} ({test.tau2_sharing} tau2)", *test.warnings])


def _block(title: str, pooled: MethodResult, *, ratio: bool) -> str:
    """Return one pooled result, a line per quantity."""
    if len(pooled.coefficients) > 1:
        return _regression_block(title, pooled)
    scale = " (log scale)" if ratio else ""
    level = f"{100 * pooled.level:g}%"
    interval = "credible interval" if pooled.method == "bayes" else f"CI ({pooled.ci_method})"
    rows = [] if pooled.method == INVERSE_VARIANCE else [["method", pooled.method]]
    rows += [["studies", str(pooled.k)], [f"estimate{scale}", _number(pooled.estimate)]]
    if ratio:
        shown = [format_ratio(math.exp(x)) for x in (pooled.estimate, pooled.ci.low, pooled.ci.high)]
        rows.append([f"as a ratio, {level} CI", f"{shown[0]} ({shown[1]} to {shown[2]})"])
    rows.append([f"{level} {interval}", _interval(pooled.ci)])
    if pooled.se is not None:
        name = "posterior sd" if pooled.method == "bayes" else "standard error"
        rows.append([name, _number(pooled.se)])
    if pooled.p is not None or pooled.method != "bayes":
        rows.append(["p", format_p(pooled.p)])
    if pooled.pi is not None:
        rows.append([f"{level} prediction interval ({pooled.pi_method})", _interval(pooled.pi)])
    rows += _heterogeneity_rows(pooled, level)
    rows += _mid_rows(pooled, ratio=ratio)
    body = "\n".join(f"  {line}" for line in align(rows, left=1).splitlines())
    notes = "".join(f"\n  note: {text}" for text in (*_said_of_method(pooled), *pooled.warnings))
    return f"{title}\n{body}{notes}"


def _heterogeneity_rows(pooled: MethodResult, level: str) -> list[list[str]]:
    found = pooled.heterogeneity
    if found is None or pooled.k == 1:
        return []
    bayes = pooled.method == "bayes"
    name = "posterior median" if bayes else str(pooled.tau2_method)
    rows = [[f"tau2 ({name})", format_significant(found.tau2, 4)]]
    if found.tau2_ci is not None:
        kind = "credible" if bayes else "Q-profile"
        rows.append([f"tau2, {level} {kind} interval", _interval(found.tau2_ci)])
    rows.append(["I2", f"{format_percent(found.I2)}%"])
    is_glmm = pooled.method.startswith("glmm")
    name = "Wald Q" if is_glmm else "Q"
    rows.append([f"{name} ({found.Q_df} df)", f"{_number(found.Q)}, {format_p(found.Q_p)}"])
    ratio = pooled.details["result"]["likelihood_ratio_test"] if is_glmm else None
    if ratio is not None:
        value = f"{_number(ratio['statistic'])}, {format_p(ratio['p'])}"
        rows.append([f"likelihood-ratio test of homogeneity ({ratio['df']} df)", value])
    return rows


def _mid_rows(pooled: MethodResult, *, ratio: bool) -> list[list[str]]:
    """Return how probable it is that the mean effect, and a new study's, passes the threshold."""
    mid = pooled.details.get("mid")
    if mid is None:
        return []
    shown = format_ratio(math.exp(mid["threshold"])) if ratio else f"{mid['threshold']:g}"
    word = "probability" if mid["by"] == "posterior" else "confidence"
    rows = [[f"{word} that the mean is {mid['direction']} {shown}", f"{format_percent(100 * mid['mean'])}%"]]
    if mid["new_study"] is not None:
        value = f"{format_percent(100 * mid['new_study'])}%"
        rows.append([f"{word} that a new study's effect is", value])
    return rows


def _said_of_method(pooled: MethodResult) -> list[str]:
    """Return what must be known of the method before its number is used."""
    details = pooled.details
    said = []
    if "prior_words" in details:
        mu = "flat" if details["mu_prior"] == "flat" else details["mu_prior"]
        said.append(f"{capitalise(details['prior_words'])}; prior of mu: {mu}.")
    if "double_zero" in details:
        said.append(f"Double-zero studies: {details['double_zero']}.")
    cluster = details.get("cluster")
    if cluster is not None:
        said.append(f"{capitalise(cluster['working_model'])} working model: {cluster['why']}")
        said.append(f"{cluster['n_clusters']} clusters; tests and intervals: {cluster['tests']}.")
        said.extend(_other_rho(cluster))
    return said


def _other_rho(cluster: Mapping[str, Any]) -> list[str]:
    rows = [(row["rho"], row["coefficients"][0]) for row in cluster["other_rho"]]
    if not rows:
        return []
    listed = "; ".join(
        f"{rho:g}: {_number(item['estimate'])} ({_interval(Interval.from_dict(item['ci']))})"
        for rho, item in rows
    )
    return [f"With other values of rho, first coefficient: {listed}."]


def _regression_block(title: str, pooled: MethodResult) -> str:
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
    if found is not None:
        tau2 = format_significant(found.tau2, 4)
        left = f"tau2 left ({pooled.tau2_method}) {tau2}, I2 {format_percent(found.I2)}%"
        if pooled.R2 is not None:
            left += f", accounted for {format_percent(pooled.R2)}%"
        lines.append(f"{left}; QE({found.Q_df}) = {_number(found.Q)}, {format_p(found.Q_p)}")
    lines.extend(f"note: {text}" for text in (*_said_of_method(pooled), *pooled.warnings))
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
                _cut(row.label),
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


def _cut(label: str) -> str:
    """Return a label that fits its column; one that is cut says so."""
    return label if len(label) <= _WIDEST_LABEL else f"{label[: _WIDEST_LABEL - 1]}…"


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
                f"{format_percent(pooled.heterogeneity.I2)}%" if pooled.k > 1 else "–",
            ]
        )
    lines.append(align(rows))
    lines.extend(f"  note: {warning}" for warning in result.warnings)
    return "\n".join(lines)


def _shown(scale: Scale, value: float) -> str:
    return format_ratio(math.exp(value)) if scale.ratio else _number(value)


def _shown_interval(scale: Scale, interval: Interval) -> str:
    return f"{_shown(scale, interval.low)} to {_shown(scale, interval.high)}"
