"""Summary of findings over several analyses: one table per population, one line per outcome."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from metamsc.analysis.grade_plan import IMPORTANCES
from metamsc.errors import InputError
from metamsc.plots.wording import inside_sentence, percent
from metamsc.tables.grade import findings_of
from metamsc.tables.grade_below import (
    BETWEEN,
    better_words,
    conditions_words,
    control_words,
    notes_below,
    told_apart,
    treatment_words,
)
from metamsc.tables.grade_populations import (
    TOGETHER,
    Population,
    populations_of,
    reasons_for_none,
)
from metamsc.tables.grade_rows import Finding, Footnotes, Style, finding_rows, follow_up
from metamsc.tables.labels import stratum_title
from metamsc.tables.table import Cell, Column, Piece, Row, Table, blank_columns, cell, without_columns

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult

AnalysisLink = Callable[["AnalysisResult"], str]
"""Address of the page of an analysis; "" for no link."""
MOST_OUTCOMES = 7
"""GRADE guidelines 2 (Guyatt et al. 2011, J Clin Epidemiol 64:395-400): no more than seven outcomes."""
LIMITED = "limited"
_SPANNER = "Anticipated absolute effects"
_NOTHING = "–"
_RELATIVE = frozenset({"relative", "certainty"})
_ABSOLUTE = frozenset({"without", "with", "difference", "mid"})


def findings_across(
    results: Sequence[AnalysisResult], *, analysis_link: AnalysisLink | None = None
) -> tuple[Table, ...]:
    """Return the GRADE summary of findings of several analyses, one table per population.

    Parameters
    ----------
    results : sequence of AnalysisResult
        One for each outcome; their order is that of the lines where nobody judged how much outcomes count.
    analysis_link : callable, optional
        Gives the address that the name of an outcome leads to.

    Returns
    -------
    tuple of Table
        People before animals, types of diabetes in their order, a pool over all types last. A line is an
        outcome, what the plan judges critical first; pools within a type stand indented below it. An outcome
        of which nothing could be pooled has a line that says why. Footnotes are lettered through each table.

    Raises
    ------
    InputError
        If a result has pools and no GRADE profiles: :func:`metamsc.run` makes them.

    References
    ----------
    Guyatt et al. (2013), GRADE guidelines 12 (summary of findings tables), J Clin Epidemiol 66:158-172;
    Schünemann et al., Cochrane Handbook, chapter 14; Guyatt et al. (2025), Core GRADE 6, BMJ 389:e083866.
    """
    for result in results:
        if result.pools and not result.grade:
            raise InputError(f"{result.name} has no GRADE profiles: `metamsc.run` makes them from a plan.")
    return tuple(
        _Summary(population, results, analysis_link or (lambda _: "")).table()
        for population in populations_of(results)
    )


def importance_of(population: Population, result: AnalysisResult) -> Mapping[str, Any]:
    """Return what the plan says of how much an outcome counts for a population; empty without."""
    names = {population.key, *(pool.label for pool in population.pools(result) if len(pool.key) < 2)}
    given = [item.judgements for item in result.grade if item.judgements] + list(result.spec.get("grade", ()))
    for entry in given:
        if entry["stratum"] in names and entry.get("importance"):
            return dict(entry["importance"])
    return {}


@dataclass(slots=True)
class _Summary:
    """The making of one table."""

    population: Population
    results: Sequence[AnalysisResult]
    link: AnalysisLink
    footnotes: Footnotes = field(default_factory=Footnotes)
    outcomes: list[AnalysisResult] = field(init=False)
    """In the order of the rows."""
    left_out: list[AnalysisResult] = field(init=False)
    """Of limited importance."""

    def __post_init__(self) -> None:
        about = [
            result
            for result in self.results
            if self.population.pools(result) or self.population.asks_for(result)
        ]
        limited = [self._counts(item).get("judgement") == LIMITED for item in about]
        self.left_out = [item for item, is_limited in zip(about, limited, strict=True) if is_limited]
        shown = [item for item, is_limited in zip(about, limited, strict=True) if not is_limited]
        self.outcomes = sorted(shown, key=self._place)

    def _counts(self, result: AnalysisResult) -> Mapping[str, Any]:
        return importance_of(self.population, result)

    def _place(self, result: AnalysisResult) -> tuple[int, float]:
        """Return where an outcome stands: by importance, then by the order given; sorting keeps the rest."""
        counts = self._counts(result)
        if not counts:
            return len(IMPORTANCES), 0.0
        return IMPORTANCES.index(counts["judgement"]), counts.get("order") or float("inf")

    def table(self) -> Table:
        """Make the table."""
        named, rows = self._rows()
        levels = {found.stratum.pooled.level for _, found in named}
        level = f"{percent(levels.pop())} CI" if len(levels) == 1 else "CI"
        treatment = self._treatment()
        people = "Animals" if self.population.is_animal else "Participants"
        who = self.population.words(self.results)
        table = Table(
            name=f"findings-{self.population.name}",
            caption=f"Summary of findings for {'animals: ' if self.population.is_animal else ''}{who}.",
            columns=(
                Column("outcome", "Outcome,\nfollow-up"),
                Column("evidence", f"{people},\nstudies"),
                Column("relative", f"Relative effect\n({level})", "right"),
                Column("without", f"Without {treatment}", "right", _SPANNER),
                Column("with", f"With {treatment}\n({level})", "right", _SPANNER),
                Column("difference", f"Difference\n({level})", "right", _SPANNER),
                Column("mid", "Smallest that\nmatters", "right", _SPANNER),
                Column("certainty", "Certainty of the\nevidence (GRADE)"),
                Column("meaning", "What happens"),
            ),
            rows=tuple(row for row, _ in rows),
            lead=self._lead(who),
            notes=(*notes_below(named, self.footnotes), *self._own_notes()),
            empty=f"Every outcome is judged to be of limited importance: {self._limited()}.",
        )
        shown = without_columns(table, *blank_columns(table))
        filled = (
            _with_dashes(row, shown.columns, dashed)
            for row, (_, dashed) in zip(shown.rows, rows, strict=True)
        )
        return replace(shown, rows=tuple(filled))

    def _rows(self) -> tuple[list[tuple[str, Finding]], list[tuple[Row, frozenset[str]]]]:
        """Return every finding with its name, and the rows with the columns that get a dash where blank."""
        levels = {pool.pooled.level for result in self.outcomes for pool in self.population.pools(result)}
        style = Style(units=True, level=len(levels) > 1)
        named: list[tuple[str, Finding]] = []
        rows: list[tuple[Row, frozenset[str]]] = []
        for result in self.outcomes:
            pools = self.population.pools(result)
            if not pools:
                rows.append((self._row_of_none(result), frozenset()))
            for place, found in enumerate(item for item in findings_of(result) if item.stratum in pools):
                within = stratum_title(result, found.stratum) if len(found.stratum.key) > 1 else ""
                named.append((f"{self._name(result)}{f' ({within})' if within else ''}", found))
                first = cell(within) if place else self._outcome(result, found, within)
                own, *risks = finding_rows(found, first, self.footnotes, style)
                # several baseline risks have rows of their own, and the outcome then none of these numbers
                dashed = _RELATIVE if risks else _RELATIVE | _ABSOLUTE
                rows.append((replace(own, indent=1) if place else own, dashed))
                rows.extend((row, frozenset()) for row in risks)
        return named, rows

    def _name(self, result: AnalysisResult) -> str:
        """Return what an outcome is called here: its label, with the title where two share it."""
        label = result.scale.outcome_label
        alike = Counter(item.scale.outcome_label for item in self.outcomes)[label]
        return f"{label} ({result.title})" if alike > 1 else label

    def _outcome(self, result: AnalysisResult, found: Finding | None, within: str = "") -> Cell:
        """Return the first cell of an outcome: name, time frame, direction, how much it counts."""
        times = "" if found is None else follow_up(result.rows_of(found.stratum))
        counts = f"{said} outcome" if (said := self._counts(result).get("judgement")) else ""
        return cell(
            Piece(self._name(result), self.link(result)),
            Piece(within, small=True),
            Piece(times, small=True),
            *(Piece(text, small=True) for text in self._own_words(result)),
            Piece("; ".join(filter(None, (better_words(result), counts))), small=True),
        )

    def _row_of_none(self, result: AnalysisResult) -> Row:
        """Return the row of an outcome of which nothing could be pooled for these people."""
        why = [Piece(reason, small=True) for reason in reasons_for_none(self.population, result)]
        blank = (cell(),) * 6
        said = cell("No study could be pooled.", *why)
        return Row((self._outcome(result, None), cell("No study"), *blank, said))

    def _pooled(self) -> list[AnalysisResult]:
        return [result for result in self.outcomes if self.population.pools(result)]

    def _treatment(self) -> str:
        labels = {result.scale.treatment_label for result in self.outcomes}
        return labels.pop() if len(labels) == 1 else "treatment"

    def _words(self, result: AnalysisResult) -> tuple[str, str, str]:
        """Return whom an outcome was studied in besides their diabetes, what they got, and the control."""
        rows = result.rows_of(self.population.pools(result)[0])
        return conditions_words(rows), treatment_words(result, rows), control_words(result, rows)

    def _shared(self) -> tuple[str | None, str | None, str | None]:
        """Return of these what is the same for every outcome; None where it is not."""
        parts = zip(*map(self._words, self._pooled()), strict=True)
        who, what, against = (found.pop() if len(found := set(texts)) == 1 else None for texts in parts)
        return who, what, against

    def _own_words(self, result: AnalysisResult) -> list[str]:
        """Return what of these is to be said with the outcome, because it is not so for all of them."""
        if not self.population.pools(result):
            return []
        lead = ("", "intervention: ", "comparison: ")
        both = zip(lead, self._words(result), self._shared(), strict=True)
        return [f"{name}{text}" for name, text, shared in both if shared is None and text]

    def _lead(self, who: str) -> tuple[str, ...]:
        """Return population, intervention and comparison; what differs is said with each outcome."""
        if not self._pooled():
            return (f"Population: {who}.",)
        differs = "differs between outcomes, and stands with each"
        condition, treatment, control = self._shared()
        also = "complication " + differs if condition is None else condition
        return (
            f"Population: {who}{f' ({also})' if also else ''}.",
            f"Intervention: {differs if treatment is None else treatment}.",
            f"Comparison: {differs if control is None else control}.",
        )

    def _limited(self) -> str:
        return BETWEEN.join(inside_sentence(result.scale.outcome_label) for result in self.left_out)

    def _own_notes(self) -> list[str]:
        """Return what holds for the table as a whole: types together, outcomes left out, too many of them."""
        notes = []
        if self.population.key == TOGETHER:
            reasons = told_apart(
                (
                    (self._name(result), result.spec.get("across_types", {}).get("because") or "")
                    for result in self._pooled()
                ),
                len(self._pooled()),
            )
            notes.append(f"Types are pooled together here.{f' {reasons}' if reasons else ''}")
        if self.left_out:
            notes.append(f"Not shown, judged to be of limited importance: {self._limited()}.")
        if len(self.outcomes) > MOST_OUTCOMES:
            notes.append(
                f"{len(self.outcomes)} outcomes; GRADE asks for no more than {MOST_OUTCOMES}, those that "
                "count most for the decision."
            )
        return notes


def _with_dashes(row: Row, columns: Sequence[Column], names: Collection[str]) -> Row:
    """Return a row with a dash where a measure has no such number, so that nothing seems forgotten."""
    cells = (
        cell(_NOTHING) if column.name in names and not value.text else value
        for value, column in zip(row.cells, columns, strict=True)
    )
    return replace(row, cells=tuple(cells))
