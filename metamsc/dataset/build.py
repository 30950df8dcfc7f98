"""Build the table of effect sizes: one row per comparison the plan takes, a reason for every other.

Three steps. Each result of each study is read into a candidate row or a reason; one time point (and
kind of number) is chosen per study; one study is chosen per cohort.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from metamsc.dataset.candidates import CandidateFinder
from metamsc.dataset.choose import Candidate, choose_per_cohort, unique_labels
from metamsc.dataset.correlations import Correlations
from metamsc.dataset.csv import COUNTS, MEANS
from metamsc.dataset.describe import shown_file, shown_line
from metamsc.dataset.levels import UNIT_FREE
from metamsc.dataset.memory import Asked, Memory
from metamsc.dataset.rows import EffectRow, EffectTable, Exclusion, Missing, sort_rows
from metamsc.dataset.selection import NO_CONTROL, Selection
from metamsc.dataset.shared_control import shares_control
from metamsc.effects import find_measure
from metamsc.effects.registry import MEASURES
from metamsc.errors import OptionError
from metamsc.outcomes.catalogue import Outcome, catalogue, outcome
from metamsc.records.model import Study
from metamsc.records.studies import Studies, StudyFile
from metamsc.vocabulary import Setting


def effect_table(
    records: Studies | Iterable[Study],
    *,
    outcome: str,
    at: str | None = None,
    tolerance: str | None = None,
    **options: Any,
) -> EffectTable:
    """Return the table of effect sizes of one outcome.

    Parameters
    ----------
    records : Studies or iterable of Study
        What :func:`metamsc.read_records` returns.
    outcome : str
        Id from the outcome catalogue: "hba1c".
    at, tolerance : str, optional
        Target time and the largest distance from it: "12 months", "3 months". Without a target the
        latest time point of each study is taken.
    **options
        Further keys of :class:`~metamsc.dataset.selection.Selection`: ``setting``, ``measure``,
        ``unit``, ``control``, ``multi_arm``, ``unlabelled_spread``, ``as_reported_only``, ...

    Returns
    -------
    EffectTable

    Raises
    ------
    OptionError
        If an option is unknown or has a value that is not allowed.
    """
    from pydantic import ValidationError

    if "time" in options:
        if at is not None or tolerance is not None:
            raise OptionError("give `time`, or `at` and `tolerance`, not both.")
    else:
        rule = "latest" if at is None else "nearest"
        options["time"] = {"at": at, "tolerance": tolerance, "rule": rule}
    try:
        selection = Selection.model_validate({"outcome": outcome, **options})
    except ValidationError as error:
        details = "; ".join(
            f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors(include_url=False)
        )
        raise OptionError(f"the selection is not valid: {details}") from None
    return build_table(records, selection)


def build_table(records: Studies | Iterable[Study], selection: Selection) -> EffectTable:
    """Return the table of effect sizes that a selection asks for.

    Raises
    ------
    OptionError
        If the outcome or measure is unknown, or the outcome does not belong to the setting.
    UnitError
        If the unit of the analysis is not one of the outcome's.
    """
    return Tables(records).build(selection)


class Tables:
    """Builds many tables from one set of records, reading each study anew only where it must.

    Parameters
    ----------
    records : Studies or iterable of Study
    """

    def __init__(self, records: Studies | Iterable[Study]) -> None:
        self._studies = records if isinstance(records, Studies) else Studies.of(*records)
        self._outcomes: dict[tuple[str, str, Setting], _OneOutcome] = {}

    def build(self, selection: Selection) -> EffectTable:
        """Return the table that a selection asks for; raises as :func:`build_table` does."""
        entry = outcome(selection.outcome)
        selection, unit = complete_selection(selection, entry)
        key = (entry.id, unit, selection.setting)
        if key not in self._outcomes:
            self._outcomes[key] = _OneOutcome(self._studies, entry, unit, selection.setting)
        found = self._outcomes[key]
        candidates, excluded = found.read(selection)
        rows, same_people = choose_per_cohort(candidates)
        excluded.extend(same_people)
        return EffectTable(
            outcome=entry.id,
            measure=selection.measure or entry.measure,
            unit="" if selection.measure in UNIT_FREE else unit,
            setting=selection.setting.value,
            rows=unique_labels(sort_rows(rows)),
            excluded=tuple(sorted(excluded, key=lambda item: (item.code, item.label, item.line))),
            missing=found.missing,
            assumptions=_assumptions(selection, rows),
            n_records=len(found.files),
        )


class _OneOutcome:
    """What is known of one outcome of the records, in one unit."""

    def __init__(self, studies: Studies, entry: Outcome, unit: str, setting: Setting) -> None:
        self.files = [file for file in studies.files if file.study.study.setting is setting]
        missing = sorted(_missing(self.files, entry), key=lambda item: (item.label, item.line))
        self.missing = tuple(missing)
        self._entry, self._unit = entry, unit
        self._correlations = Correlations([file.study for file in self.files], entry, unit)
        self._memories = [Memory() for _ in self.files]

    def read(self, selection: Selection) -> tuple[list[Candidate], list[Exclusion]]:
        """Return the candidate rows of all studies, and a reason for every other result."""
        candidates: list[Candidate] = []
        excluded: list[Exclusion] = []
        asked = Asked(selection)
        for file, memory in zip(self.files, self._memories, strict=True):

            def look(watched: Selection, file: StudyFile = file) -> tuple[list[Candidate], list[Exclusion]]:
                return CandidateFinder(watched, self._entry, self._unit, self._correlations).study(file)

            found, left_out = memory.find(asked, look)
            candidates.extend(found)
            excluded.extend(left_out)
        return candidates, excluded


def complete_selection(selection: Selection, entry: Outcome) -> tuple[Selection, str]:
    """Fill in measure and unit from the catalogue and check that they go together.

    Raises
    ------
    OptionError
        If the outcome does not belong to the setting, or the measure not to the outcome.
    UnitError
        If the unit is not one of the outcome's.
    """
    if selection.setting not in entry.settings:
        raise OptionError(f"outcome {entry.id!r} is not one of {selection.setting.value} studies.")
    measure = find_measure(selection.measure or entry.measure)
    kind, needed = ("counted", COUNTS) if entry.kind == "event" else ("measured", MEANS)
    reported = entry.kind == "event" and measure.compute is None
    if not reported and not (measure.inputs and set(measure.inputs) <= set(needed)):
        fitting = ", ".join(
            name for name, item in MEASURES.items() if item.inputs and set(item.inputs) <= set(needed)
        )
        raise OptionError(f"{entry.id} is {kind}: measure must be one of {fitting}; got {measure.name!r}.")
    unit = entry.canonical_unit(selection.unit or entry.unit or "") if entry.kind == "continuous" else ""
    return selection.model_copy(update={"measure": measure.name}), unit


def _missing(files: Sequence[StudyFile], entry: Outcome) -> Iterator[Missing]:
    """List what the records say is missing for the outcome, by its id or a family it belongs to."""
    for file in files:
        study = file.study
        for index, item in enumerate(study.missing_results):
            if entry.id not in catalogue().members(item.outcome):
                continue
            arms = [arm.n_randomised for arm in study.arms]
            total = study.study.n_randomised
            if total is None and all(n is not None for n in arms):
                total = sum(n or 0 for n in arms)
            yield Missing(
                study_id=study.id,
                label=study.label,
                diabetes_type=study.diabetes_type.value,
                outcome=item.outcome,
                kind=item.kind.value,
                reason=item.reason,
                direction=item.direction or "",
                n=total,
                controlled=study.study.design not in NO_CONTROL,
                file=shown_file(file),
                line=shown_line(file, ("missing_results", index)),
            )


def _assumptions(selection: Selection, rows: Sequence[EffectRow]) -> tuple[str, ...]:
    """Say in sentences what the selection assumes about these rows."""
    kinds = {item.kind for row in rows for item in row.derived}
    imputed = {item.kind for row in rows for item in row.derived if item.imputed}
    apart = "shared-control" in kinds or shares_control(rows)
    meaning = {"sd": "a standard deviation", "se": "a standard error"}.get(selection.unlabelled_spread, "")
    of_levels = {row.value for row in rows} >= {"final", "change"}
    sentences = (
        (True, selection.time.sentence()),
        (apart, "One study per cohort, its treated arms kept apart: treated participants are counted once."),
        (not apart, "One row per cohort: participants are counted once."),
        ("unlabelled-spread" in kinds, f"A ± that the text does not label is read as {meaning}."),
        ("combined-arms" in kinds, "Treated arms of one study are combined into one group."),
        ("shared-control" in kinds, "A control group shared by several treated arms is divided among them."),
        (shares_control(rows), _SHARED),
        ("median" in kinds, _MEDIANS),
        ("change-mean" in kinds, "Changes are final minus baseline values where no change is reported."),
        ("change-sd" in imputed, _correlation_sentence(selection)),
        ("percent-change" in imputed, "Percent changes are taken as independent of the value at baseline."),
        (bool(imputed & {"within-arm-test", "between-arms-test"}), _TESTS),
        ("geometric" in imputed, "Values behind geometric means are taken as log-normal."),
        ("contrast-quantile" in kinds, _QUANTILES),
        (selection.measure in UNIT_FREE and of_levels, _MIXED),
    )
    return tuple(text for holds, text in sentences if holds)


_SHARED = (
    "Rows of one study share its whole control group and are not independent: only a model that takes their "
    "covariance pools them rightly."
)
_MEDIANS = "Medians were turned into means on the assumption of a roughly normal distribution."
_TESTS = "A printed P value of an unnamed test is taken as of Student's t test."
_QUANTILES = (
    "Intervals and P values of unadjusted differences are read with Student's t, of adjusted ones and of "
    "ratios with the normal distribution, unless degrees of freedom are printed."
)
_MIXED = (
    "Standardised differences of final values and of changes are pooled together, although their "
    "standard deviations are of different things (Cochrane Handbook 10.5.2)."
)


def _correlation_sentence(selection: Selection) -> str:
    """Say which correlation stands behind SDs of change that no arm gives."""
    chosen = (
        "the median of those known elsewhere, else 0.5" if selection.correlation is None else "the plan's"
    )
    value = "" if selection.correlation is None else f" ({selection.correlation:g})"
    return f"The SD of a change that is not printed rests on a correlation before-after: {chosen}{value}."
