"""From one study to candidate rows: every result the plan can use as an effect size, or why it cannot."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from metamsc.dataset.choose import Candidate, choose_time
from metamsc.dataset.comparisons import Comparison, Unusable, check_study, find_comparisons
from metamsc.dataset.describe import describe_moderators, describe_place, shown_file, shown_line
from metamsc.dataset.numbers import Reader, extractor_derivations
from metamsc.dataset.rows import ArmNumbers, Derived, EffectRow, Exclusion
from metamsc.dataset.selection import Selection
from metamsc.effects import compute_effects, effect_from_contrast, find_measure
from metamsc.errors import InputError, OptionError, UnitError
from metamsc.outcomes.catalogue import Outcome
from metamsc.outcomes.units import convert
from metamsc.records.model import Arm, Result
from metamsc.records.studies import StudyFile
from metamsc.records.values import parse_days
from metamsc.vocabulary import ContrastMeasure, UnitOfAnalysis

_MEASURE_OF_CONTRAST = {
    ContrastMeasure.DIFFERENCE: "MD",
    ContrastMeasure.HAZARD_RATIO: "HR",
    ContrastMeasure.RISK_RATIO: "RR",
    ContrastMeasure.ODDS_RATIO: "OR",
}

OF_LEVELS = frozenset({"ROM", "CVR"})
"""Measures made of means that have a natural zero: a change from baseline has none."""


@dataclass(frozen=True, slots=True)
class _Numbers:
    """Effect and variance of one comparison, with both sides and how they came about."""

    yi: float
    vi: float
    treatment: ArmNumbers
    control: ArmNumbers
    derived: tuple[Derived, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CandidateFinder:
    """Finds the rows of studies for one selection with measure and unit filled in."""

    selection: Selection
    entry: Outcome
    unit: str

    def study(self, file: StudyFile) -> tuple[list[Candidate], list[Exclusion]]:
        """Return the candidate rows of one study at its chosen time, and the reasons for the others."""
        study = file.study
        indexes = [i for i, result in enumerate(study.results) if self._concerns(result)]
        if not indexes:
            return [], []
        try:
            check_study(study, self.selection)
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
        return chosen, [*excluded, *others]

    def _concerns(self, result: Result) -> bool:
        return result.outcome == self.entry.id and result.at != "baseline"

    def _candidates(self, file: StudyFile, index: int) -> tuple[list[Candidate], list[Unusable]]:
        """Return the rows of one result, and the reasons of those of its treated arms that give none.

        A control is divided only among the arms that do give a row.
        """
        result = file.study.results[index]
        comparisons = find_comparisons(file.study, index, self.selection)
        days = parse_days(result.at)
        distance = self.selection.time.distance(days)
        if distance is None:
            said = "time not reported" if days is None else f"at {result.at}"
            raise Unusable("time", f"{said}; the plan takes {self.selection.time.choice()}")
        kinds = ("events", *self.selection.values)
        usable, refused = [], []
        for comparison in comparisons:
            try:
                self._checked_row(file, replace(comparison, share=1))
            except Unusable as reason:
                refused.append(reason if len(comparisons) == 1 else reason.of(comparison.treated[0]))
            else:
                usable.append(comparison)
        rows = []
        for comparison in usable:
            shared = replace(comparison, share=len(usable) if comparison.share > 1 else 1)
            rank = (distance, -(days or 0.0), float(kinds.index(comparison.value)), float(index))
            rows.append(Candidate(self._checked_row(file, shared), index, rank, comparison.dose))
        return rows, refused

    def _checked_row(self, file: StudyFile, comparison: Comparison) -> EffectRow:
        """Return the row of a comparison, provided the plan takes its kind of number."""
        if comparison.value != "events" and comparison.value not in self.selection.values:
            raise Unusable("measure", f"a {comparison.value} value, and the plan does not take those")
        if comparison.value == "change" and self.measure in OF_LEVELS:
            raise Unusable("measure", f"a change from baseline, and {self.measure} is of values, not changes")
        row = self._row(file, comparison)
        if self.selection.as_reported_only and row.imputed:
            assumed = "; ".join(item.text for item in row.derived if item.imputed)
            raise Unusable("imputed", f"rests on an assumption: {assumed}")
        return row

    def _row(self, file: StudyFile, comparison: Comparison) -> EffectRow:
        study, result = file.study, comparison.result
        from_contrast = comparison.value == "contrast"
        numbers = self._of_contrast(comparison) if from_contrast else self._of_arms(comparison)
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
                dict.fromkeys(note for note in (_counted(result), result.note, *numbers.notes) if note)
            ),
            moderators=describe_moderators(study, comparison),
            place=describe_place(file, comparison),
        )

    @property
    def measure(self) -> str:
        """Code of the measure that is pooled."""
        return self.selection.measure or self.entry.measure

    def _of_arms(self, comparison: Comparison) -> _Numbers:
        """Effect size from what the arms report."""
        if find_measure(self.measure).compute is None:
            raise Unusable("measure", f"values per arm, and {self.measure} is only taken as reported")
        reader = Reader(self.entry, self.unit, self.selection)
        treated = reader.read(comparison.result, comparison.treated, "treatment")
        control = reader.read(comparison.result, (comparison.control,), "control", comparison.share)
        try:
            effects = compute_effects(
                self.measure, **_arguments(self.measure, (treated.numbers, control.numbers))
            )
        except (InputError, OptionError) as error:
            raise Unusable("not-computable", str(error)) from None
        by_measure = tuple(Derived(side="effect", text=note) for note in effects.notes[0])
        return _Numbers(
            yi=float(effects.yi[0]),
            vi=float(effects.vi[0]),
            treatment=treated.numbers,
            control=control.numbers,
            derived=(*treated.derived, *control.derived, *by_measure),
            notes=(
                *treated.notes,
                *control.notes,
                *effects.warnings,
                *_no_events(self.measure, treated.numbers, control.numbers),
            ),
        )

    def _of_contrast(self, comparison: Comparison) -> _Numbers:
        """Effect size from a comparison that the study reports as such."""
        contrast, result = comparison.result.contrast, comparison.result
        assert contrast is not None  # the comparison was made from it  # noqa: S101
        given = _MEASURE_OF_CONTRAST[contrast.measure]
        if given != self.measure:
            raise Unusable("measure", f"reported as a contrast ({given}); the plan pools {self.measure}")
        try:
            effect = effect_from_contrast(
                self.measure,
                difference=contrast.difference,
                ratio=contrast.ratio,
                se=contrast.se,
                ci=contrast.ci,
                p=contrast.p,
            )
        except InputError as error:
            raise Unusable("no-spread", str(error)) from None
        factor, unit_step = self._contrast_factor(result)
        adjusted = (f"adjusted: {contrast.adjusted_for}",) if contrast.adjusted_for else ()
        return _Numbers(
            yi=effect.yi * factor,
            vi=effect.vi * factor**2,
            treatment=_reported_side(comparison.treated[0], contrast.n_treatment),
            control=_reported_side(comparison.control, contrast.n_control),
            derived=(
                *(Derived(side="effect", text=text) for text in effect.derivation),
                *unit_step,
                *extractor_derivations(contrast.derivations, "effect"),
            ),
            notes=(contrast.note or "", *effect.notes, *adjusted),
        )

    def _contrast_factor(self, result: Result) -> tuple[float, tuple[Derived, ...]]:
        """Return what a reported difference is multiplied by to be in the unit of the analysis."""
        if result.unit is None or self.measure != "MD":
            return 1.0, ()
        try:
            converted = convert(1.0, self.entry, result.unit, self.unit, "difference")
        except UnitError as error:
            raise Unusable("unit", str(error)) from None
        step = (Derived(side="effect", text=converted.derivation),) if converted.derivation else ()
        return converted.value, step

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


def _no_events(measure: str, treated: ArmNumbers, control: ArmNumbers) -> tuple[str, ...]:
    """Say that a ratio without any event is made by the constant added to its cells."""
    if treated.events != 0 or control.events != 0 or not find_measure(measure).is_ratio:
        return ()
    note = (
        "no event in either arm: the ratio comes from the constant added and the sizes of the arms alone "
        "(Cochrane Handbook 10.4.4); see the risk difference"
    )
    return (note,)


def _counted(result: Result) -> str:
    """Say what n counts where it is not people or animals."""
    if result.unit_of_analysis is UnitOfAnalysis.PARTICIPANTS:
        return ""
    return (
        f"n counts {result.unit_of_analysis.value}, several of which may belong to one participant: "
        "the interval may be too narrow"
    )


def _reported_side(arm: Arm, n: int | None) -> ArmNumbers:
    return ArmNumbers(arms=(arm.id,), label=arm.label or arm.id, n=None if n is None else float(n))


def _arguments(measure: str, sides: tuple[ArmNumbers, ArmNumbers]) -> dict[str, Any]:
    """Return the arguments of :func:`compute_effects` that these numbers can give."""
    arguments: dict[str, Any] = {}
    counted = sides[0].events is not None
    by_se = not counted and any(side.n is None for side in sides)
    for name, side in zip(("treat", "control"), sides, strict=True):
        if counted:
            pairs = {"events": side.events, "n": side.n}
        elif by_se:
            if measure not in ("MD", "ROM"):
                raise InputError(f"{measure} needs the number analysed in each arm; it is not printed.")
            pairs = {"mean": side.mean, "se": side.se}
        else:
            pairs = {"mean": side.mean, "sd": side.sd, "n": side.n}
        arguments.update({f"{key}_{name}": value for key, value in pairs.items() if value is not None})
    taken = (*find_measure(measure).inputs, *find_measure(measure).alternative_inputs)
    return {name: value for name, value in arguments.items() if name in taken}
