"""How far studies differ: one line per pool, every statistic with its interval."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from metamsc.plots.numbers import format_number, format_p, format_percent, format_significant
from metamsc.plots.wording import TAU2_WORDS, inside_sentence, percent
from metamsc.tables.labels import label_words, shown_pi
from metamsc.tables.table import Cell, Column, Piece, Row, Table, cell

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult, Stratum
    from metamsc.models.results import Interval


def heterogeneity_table(result: AnalysisResult) -> Table:
    """Return heterogeneity of every pool; empty where no pool has two rows.

    Parameters
    ----------
    result : AnalysisResult

    Returns
    -------
    Table
        Columns ``group, k, Q, tau2, tau, I2, H2, pi, estimator``.
    """
    pools = [stratum for stratum in result.pools if stratum.pooled.k > 1]
    level = percent(pools[0].pooled.level) if pools else "95%"
    notes = ["I² and H² are computed from τ², not from Q (Higgins & Thompson 2002)."] if pools else []
    if pools and result.scale.ratio:
        notes.append("τ² and τ are on the log scale.")
    return Table(
        name="heterogeneity",
        caption=f"Heterogeneity of {inside_sentence(result.scale.outcome_label)} between studies.",
        columns=(
            Column("group", "Group"),
            Column("k", "Studies", "right"),
            Column("Q", "Q (df), p", "right"),
            Column("tau2", f"τ² ({level} CI)", "right"),
            Column("tau", "τ", "right"),
            Column("I2", f"I² ({level} CI)", "right"),
            Column("H2", f"H² ({level} CI)", "right"),
            Column("pi", f"{level} prediction\ninterval", "right"),
            Column("estimator", "Estimator of τ²"),
        ),
        rows=tuple(_row(result, stratum) for stratum in pools),
        notes=tuple(notes),
        empty="No group has two studies, so nothing can differ.",
    )


def _row(result: AnalysisResult, stratum: Stratum) -> Row:
    pooled, found = stratum.pooled, stratum.pooled.heterogeneity
    return Row(
        (
            cell(label_words(result, stratum.label)),
            cell(str(pooled.k)),
            cell(f"{format_number(found.Q, 2)} ({found.Q_df})", format_p(found.Q_p)),
            _with_interval(found.tau2, found.tau2_ci),
            cell(format_significant(math.sqrt(found.tau2))),
            _percent_with_interval(found.I2, found.I2_ci),
            _with_interval(found.H2, found.H2_ci),
            cell(shown_pi(result, pooled.pi)),
            cell(TAU2_WORDS.get(pooled.tau2_method, pooled.tau2_method)),
        ),
        kind="" if stratum.key else "total",
    )


def _with_interval(value: float, interval: Interval | None) -> Cell:
    if interval is None:
        return cell(format_significant(value))
    ends = f"({format_significant(interval.low)} to {format_significant(interval.high)})"
    return cell(format_significant(value), Piece(ends))


def _percent_with_interval(value: float, interval: Interval | None) -> Cell:
    if interval is None:
        return cell(f"{format_percent(value)}%")
    ends = f"({format_percent(interval.low)} to {format_percent(interval.high)}%)"
    return cell(f"{format_percent(value)}%", Piece(ends))
