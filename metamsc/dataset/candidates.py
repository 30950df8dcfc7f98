"""From one study to candidate rows: every result the plan can use as an effect size, or why it cannot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from metamsc.dataset.choose import Candidate, choose_time
from metamsc.dataset.comparisons import Comparison, Unusable, check_study, find_offers
from metamsc.dataset.correlations import Correlations
from metamsc.dataset.describe import describe_moderators, describe_place, shown_file, shown_line
from metamsc.dataset.effect import effect_of_arms, effect_of_contrast
from metamsc.dataset.levels import Levels
from metamsc.dataset.numbers import Reader
from metamsc.dataset.risk_of_bias import check_risk_of_bias, find_judgement
from metamsc.dataset.rows import EffectRow, Exclusion
from metamsc.dataset.selection import Selection
from metamsc.outcomes.catalogue import Outcome
from metamsc.records.model import Result
from metamsc.records.studies import StudyFile
from metamsc.records.values import parse_days
from metamsc.vocabulary import UnitOfAnalysis

OF_LEVELS = frozenset({"ROM", "CVR"})
"""Measures made of means that have a natural zero: a change from baseline has none."""


_Row = tuple[EffectRow, tuple[float, str] | None]


@dataclass(frozen=True, slots=True)
class CandidateFinder:
    """Finds the rows of studies for one selection with measure and unit filled in."""

    selection: Selection
    entry: Outcome
    unit: str
    correlations: Correlations

    def study(self, file: StudyFile) -> tuple[list[Candidate], list[Exclusion]]:
        """Return the candidate rows of one study at its chosen time, and the reasons for the others."""
        study = file.study
        indexes = [i for i, result in enumerate(study.results) if self._concerns(result)]
        if not indexes:
            return [], []
        try:
            check_study(study, self.selection)
            note = check_risk_of_bias(study, self.entry.id, self.selection.risk_of_bias)
        except Unusable as reason:
            return [], [self._exclusion(file, indexes[0], reason)]
        found: list[Candidate] = []
        excluded: list[Exclusion] = []
        for index in indexes:
            try:
                rows, refused = self._candidates(file, index)
            except Unusable as reason:
                rows, refused = [], [reason]
            found.extend(rows)
            excluded.extend(self._exclusion(file, index, reason) for reason in refused)
        chosen, others = choose_time(found, self.selection)
        if note:
            chosen = [replace(item, row=replace(item.row, notes=(*item.row.notes, note))) for item in chosen]
        return chosen, [*excluded, *others]

    def _concerns(self, result: Result) -> bool:
        return result.outcome == self.entry.id and result.at != "baseline"

    def _candidates(self, file: StudyFile, index: int) -> tuple[list[Candidate], list[Unusable]]:
        """Return the rows of one result, and the reasons of those of its treated arms that give none.

        Of several kinds of numbers that a result offers, the one that the plan likes best and that gives
        rows is taken.
        """
        result = file.study.results[index]
        offers = find_offers(file.study, index, self.selection)
        days = parse_days(result.at)
        distance = self.selection.time.distance(days)
        if distance is None:
            said = "time not reported" if days is None else f"at {result.at}"
            raise Unusable("time", f"{said}; the plan takes {self.selection.time.choice()}")
        kinds = ("events", *self.selection.values)
        tried = [self._rows(file, comparisons) for comparisons in offers]
        rows, refused = next((found for found in tried if found[0]), tried[0])
        return [
            Candidate(
                row, index, (distance, -(days or 0.0), float(kinds.index(row.value)), float(index)), dose
            )
            for row, dose in rows
        ], refused

    def _rows(self, file: StudyFile, comparisons: Sequence[Comparison]) -> tuple[list[_Row], list[Unusable]]:
        """Return the rows of one kind of number with their doses, and the reasons of arms that give none.

        A control is divided only among the arms that do give a row.
        """
        usable: list[tuple[Comparison, EffectRow]] = []
        refused = []
        for comparison in comparisons:
            try:
                usable.append((comparison, self._checked_row(file, replace(comparison, share=1))))
            except Unusable as reason:
                refused.append(reason if len(comparisons) == 1 else reason.of(comparison.treated[0]))
        rows = []
        for comparison, whole in usable:
            divided = comparison.share > 1 and len(usable) > 1
            shared = replace(comparison, share=len(usable))
            rows.append((self._checked_row(file, shared) if divided else whole, comparison.dose))
        return rows, refused

    def _checked_row(self, file: StudyFile, comparison: Comparison) -> EffectRow:
        """Return the row of a comparison, provided the plan takes its kind of number."""
        if comparison.value != "events" and comparison.value not in self.selection.values:
            raise Unusable("measure", f"a {comparison.value} value, and the plan does not take those")
        if comparison.value == "change" and self.measure in OF_LEVELS and not comparison.of_baseline:
            raise Unusable("measure", f"a change from baseline, and {self.measure} is of values, not changes")
        row = self._row(file, comparison)
        if self.selection.as_reported_only and row.imputed:
            assumed = "; ".join(item.text for item in row.derived if item.imputed)
            raise Unusable("imputed", f"rests on an assumption: {assumed}")
        return row

    def _row(self, file: StudyFile, comparison: Comparison) -> EffectRow:
        study, result = file.study, comparison.result
        levels = Levels(self.entry, self.unit, self.selection, study)
        find = effect_of_contrast if comparison.value == "contrast" else effect_of_arms
        numbers = find(comparison, Reader(levels, self.correlations), self.measure)
        moderators, on_doses = describe_moderators(study, comparison)
        judgement = find_judgement(study, self.entry.id, self.selection.risk_of_bias.tools)
        treated = "+".join(arm.id for arm in comparison.treated)
        return EffectRow(
            row_id=f"{study.id}:{treated}",
            study_id=study.id,
            label=study.label,
            year=study.study.year,
            cohort=study.cohort,
            diabetes_type=study.diabetes_type.value,
            outcome=self.entry.id,
            definition=result.definition,
            at=result.at,
            at_days=parse_days(result.at),
            value=comparison.value,
            yi=numbers.yi,
            vi=numbers.vi,
            treatment=numbers.treatment,
            control=numbers.control,
            derived=numbers.derived,
            notes=tuple(
                dict.fromkeys(
                    note for note in (_counted(result), result.note, *numbers.notes, *on_doses) if note
                )
            ),
            moderators=moderators,
            place=describe_place(file, comparison),
            rob="" if judgement is None else judgement.value,
        )

    @property
    def measure(self) -> str:
        """Code of the measure that is pooled."""
        return self.selection.measure or self.entry.measure

    def _exclusion(self, file: StudyFile, index: int, reason: Unusable) -> Exclusion:
        study, result = file.study, file.study.results[index]
        return Exclusion(
            study_id=study.id,
            label=study.label,
            cohort=study.cohort,
            diabetes_type=study.diabetes_type.value,
            code=reason.code,
            reason=reason.reason,
            outcome=result.definition or self.entry.label,
            at=result.at,
            file=shown_file(file),
            line=shown_line(file, ("results", index)),
        )


def _counted(result: Result) -> str:
    """Say what n counts where it is not people or animals."""
    if result.unit_of_analysis is UnitOfAnalysis.PARTICIPANTS:
        return ""
    return (
        f"n counts {result.unit_of_analysis.value}, several of which may belong to one participant: "
        "the interval may be too narrow"
    )
