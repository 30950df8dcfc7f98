"""Can the result be trusted? One line per group: what was tried, what held and what did not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from metamsc.plots.numbers import format_p, format_percent
from metamsc.plots.specification_layout import decision_words
from metamsc.plots.wording import capitalise, inside_sentence, percent
from metamsc.sensitivity.stress_result import FEWEST_FOR_INFLUENCE
from metamsc.tables.labels import (
    effect_header,
    is_animal,
    label_words,
    plural,
    shown_effect,
    shown_interval,
)
from metamsc.tables.table import Cell, Column, Piece, Row, Table, blank_columns, cell, without_columns
from metamsc.tables.trust import NOT_ASKED, some_names, why_not

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult
    from metamsc.sensitivity.stress_result import StressTest, Verdict

HELD, NOT_DONE = "Held", "Not done"
_ALPHA = 0.05
_HELD_NOTE = (
    "Held: the estimate stays on its side of no effect (direction), the interval still includes or still "
    "excludes it (significance){mid}. That is not proof: with few studies little can change."
)
_MID = ", and the estimate stays as large as the minimal important difference or smaller (importance)"
_MISSING_NOTE = (
    "Missing results: the weight that the known ones would have, and the nearest effect that would turn the "
    "direction, were it that of all of them."
)


def trust_summary_table(result: AnalysisResult) -> Table:
    """Return what held and what did not, one line per group.

    Parameters
    ----------
    result : AnalysisResult

    Returns
    -------
    Table
        Empty, with the way to ask for it, where the plan does not; without the columns of parts that
        nobody asked for.
    """
    tests = () if result.trust is None else result.trust.shown(result.pools)
    level = percent(tests[0].pooled.level) if tests else "95%"
    table = Table(
        name="trust-summary",
        caption="What was tried, what held and what did not.",
        columns=(
            Column("group", f"Group\n{effect_header(result.scale)} ({level} CI)"),
            Column("one-study", "Without each study"),
            Column("influence", "Outliers"),
            Column("small-study", "Small-study effects"),
            Column("missing", "Missing results"),
            Column("choices", "Other choices"),
            Column("subsets", "Subsets"),
        ),
        rows=tuple(_row(result, test) for test in tests),
        notes=_notes(result, tests),
        empty=NOT_ASKED,
    )
    return without_columns(table, *blank_columns(table)) if tests else table


def _notes(result: AnalysisResult, tests: Sequence[StressTest]) -> tuple[str, ...]:
    if not tests:
        return ()
    held = _HELD_NOTE.format(mid="" if result.scale.mid is None else _MID)
    return (held, _MISSING_NOTE) if any(test.bounds.found for test in tests) else (held,)


def _row(result: AnalysisResult, test: StressTest) -> Row:
    pooled = test.pooled
    interval = shown_interval(result, pooled.ci.low, pooled.ci.high)
    group = cell(
        label_words(result, test.label),
        Piece(f"{shown_effect(result, pooled.estimate)} ({interval})", small=True),
        Piece(_studies(test), small=True),
    )
    return Row(
        (
            group, _one_study(test), _influence(test), _small_study(test), _missing(result, test),
            _choices(test), _subsets(test),
        )
    )  # fmt: skip


def _studies(test: StressTest) -> str:
    shared = len(set(test.cohorts)) < test.k
    return plural(test.k, "comparison") if shared else plural(test.k, "study", "studies")


def _said(first: str, *more: str) -> Cell:
    return cell(first, *(Piece(text, small=True) for text in more))


def _choices(test: StressTest) -> Cell:
    """Say what other choices changed, and which of them moves that most."""
    verdict, curve = test.verdict("choices"), test.choices.found
    if verdict is None:
        return cell()
    if verdict.refused or curve is None:
        return _said(NOT_DONE, why_not(verdict, test.k))
    lines = _what_changed(verdict)
    shares = curve.shares_of_significance if verdict.n_significance else curve.shares
    top = max(shares, key=lambda share: share.alone, default=None)
    if verdict.changes and top is not None and top.alone > 0.0:
        lines.append(f"most by “{inside_sentence(decision_words(top.name))}”")
    return _said(*lines)


def _subsets(test: StressTest) -> Cell:
    verdict = test.verdict("subsets")
    if verdict is None:
        return cell()
    return _said(NOT_DONE, why_not(verdict, test.k)) if verdict.refused else _said(*_what_changed(verdict))


def _what_changed(verdict: Verdict) -> list[str]:
    """Return "Held" with how often, or what changed and how often."""
    changed = [(name, count) for name, count in verdict.changed.items() if count]
    if not changed:
        return [HELD, f"in all {verdict.n:,}" if verdict.n > 1 else "in the one there is"]
    counted = [f"{name} in {count:,} of {verdict.n:,}" for name, count in changed]
    return ["Changed", *counted]


def _one_study(test: StressTest) -> Cell:
    verdict = test.verdict("leave-one-out")
    if verdict is None:
        return cell()
    if test.k <= 2:
        return _said(NOT_DONE, "one study" if test.k == 1 else "two studies: each by itself")
    if verdict.refused:
        return _said(NOT_DONE, why_not(verdict, test.k))
    lines = _what_changed(verdict)
    if verdict.changes and len(verdict.names) < verdict.n:
        lines.append(f"without {some_names(verdict.names)}")
    cohorts = test.verdict("leave-one-cohort-out")
    if cohorts is not None and not cohorts.refused:
        first, *rest = _what_changed(cohorts)
        lines.append(f"without each cohort: {first.lower()}{' ' if rest else ''}{'; '.join(rest)}")
    return _said(*lines)


def _influence(test: StressTest) -> Cell:
    verdict = test.verdict("influence")
    if verdict is None:
        return cell()
    if verdict.refused or test.k < FEWEST_FOR_INFLUENCE:
        few = "one study" if test.k == 1 else f"fewer than {FEWEST_FOR_INFLUENCE} studies"
        return _said(NOT_DONE, few if test.k < FEWEST_FOR_INFLUENCE else why_not(verdict, test.k))
    return _said("Flagged", some_names(verdict.names)) if verdict.names else cell("None flagged")


def _small_study(test: StressTest) -> Cell:
    verdict, adjusted = test.verdict("small-study"), test.verdict("adjusted")
    if verdict is None:
        return cell()
    if verdict.refused:
        return _said(NOT_DONE, why_not(verdict, test.k))
    if verdict.p is None:
        lines = ["No P value", verdict.names[0]]
    else:
        lines = ["Found" if verdict.p < _ALPHA else "Not found", f"{verdict.names[0]}: {format_p(verdict.p)}"]
    if adjusted is not None and not adjusted.refused:
        first, *rest = _what_changed(adjusted)
        lines.append(f"allowed for: {first.lower()} {'; '.join(rest)}")
    return _said(*lines)


def _missing(result: AnalysisResult, test: StressTest) -> Cell:
    verdict, table = test.verdict("known-missing"), test.missing
    if verdict is None:
        return cell()
    if table is None:
        return _said(NOT_DONE, why_not(verdict, test.k))
    n = sum(count for status, count in table.studies.items() if status != "included")
    if not n:
        return cell("None known")
    known = plural(n, "study", "studies") if is_animal(result) else plural(n, "trial")
    if not test.bounds.found:
        return cell(f"{known} known")
    bound = test.bounds.found[0].bound
    turn = next(point.effect for point in bound.tipping_points if point.change == "changes direction")
    lines = [f"{known} known", f"{format_percent(bound.weight_percent)}% of the weight"]
    if turn is not None:
        lines.append(f"direction would turn at {shown_effect(result, turn)}")
    return _said(capitalise(lines[0]), *lines[1:])
