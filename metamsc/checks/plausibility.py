"""Plausibility: numbers that may be right and look like a slip of unit, sign or decimal point."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from metamsc.checks.references import percent_change_only
from metamsc.checks.rows import Row, rows, summaries
from metamsc.checks.rule import Finding
from metamsc.errors import UnitError
from metamsc.outcomes.catalogue import Outcome, catalogue, spelling_key
from metamsc.outcomes.units import convert
from metamsc.records.model import Study
from metamsc.records.values import ArmValue
from metamsc.vocabulary import DiabetesType, Setting

TYPE_2_LEAST = {"c_peptide_fasting": (0.1, "nmol/L"), "c_peptide_peak": (0.2, "nmol/L")}
"""Groups with type 2 diabetes make insulin of their own; in type 1 a group mean may be near 0."""
FEW = 0.01
"""Share of the upper limit of a dose per person below which it is likelier one per kilogram."""
SLIPS = (10.0, 100.0, 1000.0, 0.1, 0.01, 0.001)


def plausible_range(outcome: Outcome, setting: Setting, unit: str) -> tuple[float, float] | None:
    """Range of a group mean in `unit`; None when the catalogue has none that converts to it."""
    for entry in outcome.plausible:
        if entry.setting is not setting:
            continue
        try:
            low, high = (convert(bound, outcome, entry.unit, unit).value for bound in entry.range)
        except UnitError:
            continue
        return low, high
    return None


def check_means_plausible(study: Study) -> Iterator[Finding]:
    """Check that means and medians lie where group means lie; changes are no wider."""
    for row in rows(study):
        outcome, unit = catalogue().outcomes.get(row.result.outcome), row.result.unit
        if outcome is None or unit is None or not _accepted(outcome.id, unit):
            continue
        limits = _limits_of(study, outcome, unit)
        if limits is None or percent_change_only(row.result):
            continue
        for arm, value in (row.result.arms or {}).items():
            yield from _out_of_range(study, outcome, row, arm, value, limits)
    yield from _contrasts(study)
    yield from _characteristics(study)


def _contrasts(study: Study) -> Iterator[Finding]:
    """Differences wider than the range of means."""
    for index, result in enumerate(study.results):
        outcome, contrast, unit = catalogue().outcomes.get(result.outcome), result.contrast, result.unit
        if outcome is None or contrast is None or contrast.difference is None:
            continue
        limits = (
            _limits_of(study, outcome, unit) if unit is not None and _accepted(outcome.id, unit) else None
        )
        if limits is None or abs(contrast.difference) <= limits[1] - limits[0]:
            continue
        most = limits[1] - limits[0]
        message = f"difference {contrast.difference:g} {unit}; expected at most {most:.4g} {unit} either way"
        hint = _slip(abs(contrast.difference), 0.0, most)
        yield Finding(("results", index, "contrast", "difference"), message, hint)


_OF_PEOPLE = {
    "age": (("years", 1.0, 95.0), ("months", 12.0, 1140.0)),
    "disease_duration": (("years", 0.0, 60.0), ("months", 0.0, 720.0)),
    "bmi": (("kg/m2", 12.0, 65.0),),
}
"""Name -> unit, lowest and highest mean of a group of people."""


def _characteristics(study: Study) -> Iterator[Finding]:
    """Age, duration of diabetes and BMI of groups of people."""
    if study.study.setting is not Setting.CLINICAL:
        return
    for path, summary in summaries(study):
        name = str(path[-1])
        number = next((x for x in (summary.mean, summary.median) if x is not None), None)
        unit = getattr(summary, "unit", None)
        if name not in _OF_PEOPLE or number is None or unit is None:
            continue
        for known, low, high in _OF_PEOPLE[name]:
            if (
                spelling_key(unit).rstrip("s") == spelling_key(known).rstrip("s")
                and not low <= number <= high
            ):
                field = "mean" if summary.mean is not None else "median"
                message = f"{name.replace('_', ' ')} {number:g} {unit}; expected {low:g} to {high:g} {unit}"
                yield Finding((*path, field), message, _slip(number, low, high))


def _limits_of(study: Study, outcome: Outcome, unit: str) -> tuple[float, float] | None:
    return _limits(outcome.id, study.study.setting, unit, study.diabetes_type)


@cache
def _limits(
    outcome_id: str, setting: Setting, unit: str, diabetes_type: DiabetesType
) -> tuple[float, float] | None:
    outcome = catalogue().outcomes[outcome_id]
    found = plausible_range(outcome, setting, unit)
    least = TYPE_2_LEAST.get(outcome_id)
    human = setting is Setting.CLINICAL
    if found is None or least is None or not human or diabetes_type is not DiabetesType.T2D:
        return found
    try:
        return convert(least[0], outcome, least[1], unit).value, found[1]
    except UnitError:
        return found


def _out_of_range(
    study: Study, outcome: Outcome, row: Row, arm: str, value: ArmValue, limits: tuple[float, float]
) -> Iterator[Finding]:
    low, high = limits
    unit = row.result.unit or ""
    for name in ("mean", "median", "geometric_mean", "change"):
        number = getattr(value, name)
        if number is None:
            continue
        least, most = (low - high, high - low) if name == "change" else (low, high)
        if name != "change" and _per_kilogram(study, outcome, unit, number, high):
            least = FEW * high
        if not least <= number <= most:
            message = f"{name} {number:g} {unit}; expected {least:.4g} to {most:.4g} {unit}"
            likely = _likely_unit(study, outcome, unit, number) if name != "change" else ""
            yield Finding(row.arm_path(arm, name), message, likely or _slip(number, least, most))


def implausible(study: Study, row: Row, value: ArmValue) -> bool:
    """Whether P701 is told of the mean, so that rules on its spread and course need not be."""
    outcome, unit = catalogue().outcomes.get(row.result.outcome), row.result.unit
    if value.mean is None or outcome is None or unit is None or not _accepted(outcome.id, unit):
        return False
    limits = _limits_of(study, outcome, unit)
    if limits is None:
        return False
    least = FEW * limits[1] if _per_kilogram(study, outcome, unit, value.mean, limits[1]) else limits[0]
    return not least <= value.mean <= limits[1]


@cache
def _accepted(outcome_id: str, unit: str) -> bool:
    return catalogue().outcomes[outcome_id].accepts(unit)


def _per_kilogram(study: Study, outcome: Outcome, unit: str, number: float, high: float) -> bool:
    """Whether a dose per person is so small that it is likelier one per kilogram."""
    if not 0 < number < FEW * high:
        return False
    quantity = outcome.quantity
    if quantity is None or quantity.bridge is None:
        return False
    found = quantity.find(unit)
    return found is not None and found[0] == 1 and bool(_likely_unit(study, outcome, unit, number))


def _likely_unit(study: Study, outcome: Outcome, unit: str, number: float) -> str:
    """Name the units in which the number would be plausible; empty when there is none."""
    own = outcome.canonical_unit(unit)
    fitting = []
    for other in outcome.units:
        limits = _limits_of(study, outcome, other) if other != own else None
        if limits is not None and limits[0] <= number <= limits[1]:
            fitting.append(other)
    if not fitting:
        return ""
    return f"{number:g} would be usual in {' or '.join(dict.fromkeys(fitting))}: is that the unit?"


def _slip(number: float, least: float, most: float) -> str:
    for factor in SLIPS:
        if least <= number * factor <= most and number != 0:
            return f"{number * factor:g} would be usual: check unit and decimal point against the paper"
    return "check unit, sign and decimal point against the paper"
