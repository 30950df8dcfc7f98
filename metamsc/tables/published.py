"""Our pooled results beside those of published reviews, one line per published result."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from metamsc.plots.wording import capitalise
from metamsc.tables.labels import label_words, shown_effect, shown_interval, word
from metamsc.tables.table import Cell, Column, Piece, Row, Table, cell, group_row

if TYPE_CHECKING:
    from metamsc.analysis.beside import Beside
    from metamsc.analysis.result import AnalysisResult
    from metamsc.errors import Problem

_OVERLAP = {True: "overlap", False: "do not overlap", None: "not on one scale"}
_NOTE = (
    "None of these reviews shows the numbers of its studies where its result was read, so which studies "
    "differ cannot be listed; ours are in the table of studies."
)
_DIRECTION = {True: "same", False: "opposite", None: "–"}


def published_table(
    result: AnalysisResult, found: Sequence[Beside], contradictions: Mapping[str, Sequence[Problem]]
) -> Table:
    """Return the table of one analysis.

    Parameters
    ----------
    result : AnalysisResult
    found : sequence of Beside
        From :func:`metamsc.analysis.beside.set_beside`.
    contradictions : mapping of str to sequence of Problem
        Id of a review -> what it prints against itself (:func:`metamsc.checks.published.check_published`).
    """
    rows: list[Row] = []
    last = ""
    for item in found:
        info = item.review.review.review
        if info.id != last:
            rows.append(group_row(f"{info.label}: {info.scope}"))
            last = info.id
        rows.append(_row(result, item, contradictions.get(info.id, ())))
    return Table(
        name="published",
        caption=f"Published pooled results for {result.scale.outcome_label}, and ours.",
        columns=(
            Column("published", "Published"),
            Column("estimate", "Estimate\n(95% CI)", "right"),
            Column("ours", "Ours"),
            Column("direction", "Direction"),
            Column("intervals", "Intervals"),
            Column("differs", "What differs, and what the review prints against itself"),
        ),
        rows=tuple(rows),
        notes=(_NOTE, _our_designs(result)) if rows else (),
        empty="No published pooled result of this outcome is recorded.",
    )


def _our_designs(result: AnalysisResult) -> str:
    """Say which designs our pools hold: published ones often mix them."""
    designs = Counter(dict(row.moderators)["design"] for row in result.table.rows)
    listed = ", ".join(f"{count} × {word(name)}" for name, count in designs.most_common())
    return f"Ours: {listed}; each with a control group."


def _row(result: AnalysisResult, item: Beside, contradictions: Sequence[Problem]) -> Row:
    info, published = item.review.review.review, item.result
    index = item.review.review.results.index(published)
    told = [p for p in contradictions if p.where.startswith(f"results[{index}].")]
    href = f"https://doi.org/{info.doi}" if info.doi else info.url
    remarks = [Piece(capitalise(text), small=True) for text in item.differs]
    remarks += [Piece(f"⚠ {_minus(problem.message)}", small=True) for problem in told]
    if published.note:
        remarks.append(Piece(_minus(published.note), small=True))
    return Row(
        (
            cell(Piece(published.as_printed, href)),
            _estimate(item),
            _ours(result, item),
            cell(_DIRECTION[item.same_direction]),
            cell(_OVERLAP[item.overlap] if item.ours is not None else "–"),
            Cell(tuple((piece,) for piece in remarks)),
        )
    )


def _estimate(item: Beside) -> Cell:
    published = item.result
    if published.estimate is None:
        return cell(f"P {published.p_operator} {published.p:g}")
    numbers = (published.estimate, *(published.ci or ()))
    texts = [_minus(f"{value:.{max(map(_decimals, numbers))}f}") for value in numbers]
    unit = f" {published.unit}" if published.unit else ""
    value = f"{published.measure.value} {texts[0]}{unit}"
    if published.ci is None:
        return cell(value)
    return cell(value, Piece(f"{texts[1]} to {texts[2]}", small=True))


def _decimals(value: float) -> int:
    """Return how many decimals a number was recorded with; print gives estimate and limits the same."""
    return len(f"{value:g}".partition(".")[2])


def _minus(text: str) -> str:
    """Write the signs of numbers as print does; hyphens between words stay."""
    return re.sub(r"(?<![\w.])-(?=\d)", "−", text)


def _ours(result: AnalysisResult, item: Beside) -> Cell:
    if item.ours is None:
        return cell(Piece(item.why_none, small=True))
    pooled = item.ours.pooled
    return cell(
        f"{result.scale.measure} {shown_effect(result, pooled.estimate)}",
        Piece(shown_interval(result, pooled.ci.low, pooled.ci.high), small=True),
        Piece(
            f"{label_words(result, item.ours.label)}, k\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}{pooled.k}",
            small=True,
        ),
    )
