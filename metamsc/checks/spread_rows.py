"""The spreads of a record, grouped by what they measure, with the differences between arms beside them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from metamsc.checks.plausibility import implausible
from metamsc.checks.rows import (
    LEVELS,
    Row,
    canonical_unit,
    known_outcome,
    once_per_study,
    pairs,
    sd_of,
    series,
)
from metamsc.checks.spread_evidence import Difference, Series, Spread
from metamsc.checks.usual_spread import Usual, unit_of_spread, usual_spread
from metamsc.errors import UnitError
from metamsc.outcomes.catalogue import NOT_PRINTED, catalogue
from metamsc.outcomes.units import convert
from metamsc.records.designs import RANDOMISED
from metamsc.records.model import Study
from metamsc.records.positions import Path
from metamsc.records.values import ArmValue
from metamsc.vocabulary import Setting

_BASELINE_APART = {True: 0.10, False: 0.40}
"""Expected |SMD| at baseline beyond chance: randomised or not. Animals are not always randomised."""
_LATER_APART = {Setting.CLINICAL: 0.9, Setting.PRECLINICAL: 2.0}
"""Expected |SMD| after treatment: effects in animals are larger."""


def labelled_spreads(study: Study) -> Iterator[tuple[Spread, str]]:
    """Yield every labelled spread of a record with its outcome."""
    for group, spreads in _spreads_of_groups(study):
        for spread in spreads:
            yield spread, group[0].result.outcome


@once_per_study
def _spreads_of_groups(study: Study) -> tuple[tuple[Sequence[Row], tuple[Spread, ...]], ...]:
    """Rows measured alike, each group with its labelled spreads."""
    groups = series(study).values()
    return tuple(
        [(group, tuple(s for row in group for s in _spreads(study, row, group))) for group in groups]
    )


def spread_series(study: Study, others: Mapping[str, Usual] | None = None) -> Iterator[Series]:
    """Yield the series of a record that have at least one labelled spread with n >= 3.

    Parameters
    ----------
    study : Study
        The record.
    others : mapping, optional
        Outcome -> usual spread, in place of the catalogue's (from the other studies of a set).
    """
    for group, spreads in _spreads_of_groups(study):
        outcome = group[0].result.outcome
        usual = usual_spread(outcome, study.study.setting) if others is None else others.get(outcome)
        if spreads:
            # compared with other studies of a set, a spread is judged by itself
            differences = () if others is not None else tuple(_differences(study, group, spreads))
            yield Series(outcome, spreads, differences, usual)
    if others is None:
        yield from _characteristic_series(study)


NOT_A_ROW = -1
"""Row number of spreads of characteristics."""


def _characteristic_series(study: Study) -> Iterator[Series]:
    """BMI and body weight of the arms at baseline: an SE there is one in the rest of the table too."""
    for name in ("bmi", "body_weight"):
        usual = usual_spread(name, study.study.setting)
        found = []
        for index, arm in enumerate(study.arms):
            value = getattr(arm, name)
            sd = sd_of(value) if value is not None else None
            if value is None or sd is None or not value.n or value.n < 3:
                continue
            if value.mean is None or value.mean <= 0:  # a weight below 0 has no logarithm
                continue
            label = "sd" if value.sd else "se"
            path: Path = ("arms", index, name, label)
            ratio = math.log(sd / value.mean)
            number = getattr(value, label)
            found.append(
                Spread(path, label, NOT_A_ROW, arm.id, value.n, number, sd, math.log(sd), ratio, False)
            )
        if found and usual is not None:
            yield Series(name, tuple(found), (), usual)


def _spreads(study: Study, row: Row, group: Sequence[Row]) -> Iterator[Spread]:
    for arm, value in (row.result.arms or {}).items():
        sd, n = sd_of(value), value.n
        if sd is None or n is None or n < 3 or not _comparable(row, value):
            continue
        if implausible(study, row, value):
            continue
        label = "sd" if value.sd else "se"
        number = getattr(value, label)
        path = row.arm_path(arm, label)
        of_change = value.centre == "change"
        level = _level(arm, group) if of_change else value.mean
        ratio = log_usual(row, sd, level)
        yield Spread(path, label, row.index, arm, n, number, sd, math.log(sd), ratio, of_change)


def _comparable(row: Row, value: ArmValue) -> bool:
    """Whether the SD is one of levels or changes; percent changes where levels are percentages too."""
    percent = value.centre == "percent_change" and unit_of_spread(row.result.outcome) == "%"
    return value.centre in ("mean", "change") or percent


def _level(arm: str, group: Sequence[Row]) -> float | None:
    """Mean level of an arm whose change is given: its own, or any arm's."""
    values = [(name, value) for row in group for name, value in (row.result.arms or {}).items()]
    own = [value.mean for name, value in values if name == arm and value.mean is not None]
    return next(iter([*own, *(value.mean for _, value in values if value.mean is not None)]), None)


def log_usual(row: Row, sd: float, mean: float | None) -> float | None:
    """Log of what the catalogue knows the usual range of: SD/mean in the outcome's own unit, or the SD."""
    outcome, unit = known_outcome(row.result), row.result.unit
    if outcome is None:
        return None
    # mmol/mol and % of HbA1c have different zeros: the ratio is taken in one unit
    slope, intercept = _to_own_unit(outcome.id, unit)
    usual_unit = unit_of_spread(outcome.id)
    if usual_unit is not None:
        comparable = usual_unit == outcome.unit and _converts(outcome.id, unit)
        return math.log(slope * sd) if comparable else None
    if mean is None or mean <= 0:
        return None
    sd, mean = slope * sd, slope * mean + intercept
    return math.log(sd / mean) if mean > 0 else None


def _converts(outcome_id: str, unit: str | None) -> bool:
    """Whether numbers in this unit have a scale in common with the outcome's own."""
    outcome = catalogue().outcomes[outcome_id]
    if outcome.quantity is None or outcome.unit is None or unit == NOT_PRINTED:
        return False
    if unit is None:
        return outcome.quantity.dimensionless
    own, found = outcome.quantity.find(outcome.unit), outcome.quantity.find(unit)
    return own is not None and found is not None and own[0] == found[0]


@cache
def _to_own_unit(outcome_id: str, unit: str | None) -> tuple[float, float]:
    """Slope and intercept from a unit to the outcome's own; 1 and 0 where there is no common scale.

    Without one, mean and SD are still in one unit, and their ratio means something.
    """
    outcome = catalogue().outcomes[outcome_id]
    if (
        unit is None
        or outcome.unit is None
        or canonical_unit(outcome_id, unit) in (NOT_PRINTED, outcome.unit)
    ):
        return 1.0, 0.0
    try:
        zero, one = (convert(x, outcome, unit, outcome.unit).value for x in (0.0, 1.0))
    except UnitError:
        return 1.0, 0.0
    return one - zero, zero


def _differences(study: Study, group: Sequence[Row], spreads: Sequence[Spread]) -> Iterator[Difference]:
    places = {(spread.row, spread.arm): i for i, spread in enumerate(spreads)}
    later = sum(1 for row in group if row.days != 0)
    for row in group:
        arms = row.result.arms or {}
        found = [pair for pair in pairs(study, row) if all((row.index, arm) in places for arm in pair)]
        for treated, control in found:
            a, b = _centre(arms[treated]), _centre(arms[control])
            if a is None or b is None or arms[treated].centre != arms[control].centre:
                continue
            at_start = row.days == 0
            randomised = study.study.design in RANDOMISED
            apart = _BASELINE_APART[randomised] if at_start else _LATER_APART[study.study.setting]
            weight = 1 / len(found) / (1 if at_start else max(later, 1))
            yield Difference(places[row.index, treated], places[row.index, control], a - b, apart, weight)


def _centre(value: ArmValue) -> float | None:
    return getattr(value, value.centre) if value.centre in LEVELS else None
