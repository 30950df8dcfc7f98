"""The pooled results: one line per stratum and, where the plan allows it, one over all."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from metamsc.plots.numbers import (
    format_count,
    format_number,
    format_p,
    format_percent,
    format_significant,
)
from metamsc.plots.strata_words import between_words
from metamsc.plots.wording import CI_WORDS, TAU2_WORDS, inside_sentence, percent, pi_words
from metamsc.tables.labels import (
    effect_header,
    is_animal,
    moderator_name,
    note_words,
    plural,
    shown_effect,
    shown_interval,
    shown_pi,
    stratum_title,
    type_words,
)
from metamsc.tables.table import Cell, Column, Piece, Row, Table, cell, without_columns

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult, Difference, Stratum
    from metamsc.dataset.rows import EffectRow
    from metamsc.models.results import Interval


ALPHA = 0.05
"""Below this p value a test is said to have found something; what it found is always said with p."""
_NO_POWER = " A test this small has little power: no difference found is not evidence of no difference."


def results_table(result: AnalysisResult) -> Table:
    """Return the table of pooled results.

    Parameters
    ----------
    result : AnalysisResult

    Returns
    -------
    Table
        Columns ``group, k, n, estimate, pi, tau2, I2, p`` and, where groups were pooled in different
        ways, ``method``; one method for all is a note. With k = 1 the line is the single study's own
        result, and says so.
    """
    pools = [*result.strata, *([result.overall] if result.overall is not None else [])]
    level = percent(pools[0].pooled.level) if pools else "95%"
    people = "Animals" if is_animal(result) else "Participants"
    columns = (
        Column("group", "Group"),
        Column("k", "Studies", "right"),
        Column("n", f"{people}\n(treated / control)", "right"),
        Column("estimate", f"{effect_header(result.scale)}\n({level} CI)", "right"),
        Column("pi", f"{level} prediction\ninterval", "right"),
        Column("tau2", f"τ² ({level} CI)", "right"),
        Column("I2", f"I² ({level} CI)", "right"),
        Column("p", "p", "right"),
        Column("method", "Method"),
    )
    table = Table(
        name="results",
        caption=f"Pooled results for {inside_sentence(result.scale.outcome_label)}{_by(result)}.",
        columns=columns,
        rows=tuple(_row(result, stratum) for stratum in pools),
        notes=_notes(result, pools),
        empty="No study can be pooled.",
    )
    one_method = len({method_words(stratum) for stratum in pools if stratum.pooled.k > 1}) <= 1
    return without_columns(table, "method") if one_method else table


def _by(result: AnalysisResult) -> str:
    """Return by what the plan groups studies: ", by type of diabetes and product"."""
    names = [moderator_name(name) for name in result.spec.get("strata", ())]
    return f", by {' and '.join(names)}" if names else ""


def _row(result: AnalysisResult, stratum: Stratum) -> Row:
    pooled, found = stratum.pooled, stratum.pooled.heterogeneity
    alone = pooled.k == 1
    effect = shown_effect(result, pooled.estimate)
    interval = shown_interval(result, pooled.ci.low, pooled.ci.high)
    cells = (
        cell(
            stratum_title(result, stratum),
            Piece(method_words(stratum) if alone else "", small=True),
            Piece(stratum.note, small=True),
        ),
        _count(result.rows_of(stratum)),
        cell(arm_totals(result.rows_of(stratum))),
        cell(effect, Piece(f"({interval})")),
        cell(shown_pi(result, pooled.pi)),
        cell("–")
        if alone
        else _with_interval(format_significant(found.tau2), found.tau2_ci, format_significant),
        cell("–")
        if alone
        else _with_interval(f"{format_percent(found.I2)}%", found.I2_ci, format_percent, "%"),
        cell(format_p(pooled.p).removeprefix("p ").removeprefix("= ")),
        cell(method_words(stratum)),
    )
    return Row(cells, kind="total" if not stratum.key else "", indent=max(len(stratum.key) - 1, 0))


def _with_interval(
    text: str, interval: Interval | None, write: Callable[[float], str], unit: str = ""
) -> Cell:
    if interval is None:
        return cell(text)
    return cell(text, Piece(f"({write(interval.low)} to {write(interval.high)}{unit})"))


def _count(rows: Sequence[EffectRow]) -> Cell:
    """Return the number of rows; where they share participants, of how many studies they are."""
    cohorts = {row.cohort for row in rows}
    of = f"arms of {plural(len(cohorts), 'study', 'studies')}" if len(cohorts) < len(rows) else ""
    return cell(str(len(rows)), Piece(of, small=True))


def arm_totals(rows: Sequence[EffectRow]) -> str:
    """Return the participants of both sides; a dash for a side on which a number is not printed."""
    sides = []
    for arms in ([row.treatment for row in rows], [row.control for row in rows]):
        known = [arm.n for arm in arms if arm.n is not None]
        sides.append(format_count(sum(known)) if len(known) == len(arms) else "–")
    return " / ".join(sides)


def participants(rows: Sequence[EffectRow]) -> float | None:
    """Return the participants of all rows together; None where a number is not printed."""
    known = [arm.n for row in rows for arm in (row.treatment, row.control) if arm.n is not None]
    return sum(known) if known and len(known) == 2 * len(rows) else None


METHOD_WORDS = {
    "mh": "Mantel–Haenszel, common effect",
    "peto": "Peto, common odds ratio",
    "glmm-um-fs": "GLMM with fixed study intercepts",
    "glmm-um-rs": "GLMM with random study intercepts",
    "glmm-cm-el": "GLMM, exact conditional likelihood",
    "glmm-cm-al": "GLMM, approximate conditional likelihood",
    "bayes": "Bayesian",
}


def method_words(stratum: Stratum) -> str:
    """Return how one line came about: the method, or estimator of tau2 and interval."""
    pooled, details = stratum.pooled, stratum.details
    if pooled.k == 1:
        return "one study, not pooled"
    if details.get("cluster"):
        cluster = details["cluster"]
        return f"{cluster['working_model']} model, cluster-robust ({cluster['tests']})"
    method = str(details.get("method", ""))
    if method == "bayes":
        return f"{METHOD_WORDS[method]}, {details['prior_words']}"
    if method in METHOD_WORDS:
        return METHOD_WORDS[method]
    tau2 = TAU2_WORDS.get(pooled.tau2_method, pooled.tau2_method)
    return f"{tau2}, {CI_WORDS.get(pooled.ci_method, pooled.ci_method)}"


def _notes(result: AnalysisResult, pools: Sequence[Stratum]) -> tuple[str, ...]:
    methods = dict.fromkeys(method_words(stratum) for stratum in pools if stratum.pooled.k > 1)
    notes = [f"Method: {method}." for method in methods] if len(methods) == 1 else []
    if result.scale.ratio and methods:
        notes.append("τ² is on the log scale.")
    if any(stratum.pooled.pi is not None for stratum in pools):
        words = dict.fromkeys(
            pi_words(stratum.pooled.pi_method) for stratum in pools if stratum.pooled.pi is not None
        )
        notes.append(f"Prediction interval: {'; '.join(words)}.")
    if any(stratum.pooled.k == 2 and stratum.pooled.pi is None for stratum in pools):
        notes.append("Two studies give no prediction interval.")
    notes.extend(
        f"Difference between {between_words(result, test)}: {_test(test)}, {format_p(test.p)} "
        f"({note_words(test.method)}). {difference_words(test)}".strip()
        for test in result.differences
    )
    return tuple(notes)


def _test(test: Difference) -> str:
    """Return a test statistic with its degrees of freedom."""
    if test.df2 is None:
        return f"Q = {format_number(test.statistic, 2)}, df = {test.df}"
    return f"F = {format_number(test.statistic, 2)}, df = {test.df} and {test.df2:.3g}"


def difference_words(item: Difference) -> str:
    """Return the note of a test with groups by their names; of power only where no difference was found."""
    note = item.note.replace(_NO_POWER, "") if item.p < ALPHA else item.note
    for level in item.between:
        note = re.sub(rf"(?<=[ :]){re.escape(level)}(?=[.,]| \(k)", type_words(level), note)
    return note_words(note)
