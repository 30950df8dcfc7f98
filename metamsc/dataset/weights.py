"""Body weights that a record gives, and what they turn into each other: doses per kilogram and in all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from metamsc.effects.recover import Recovered, sd_from_se
from metamsc.effects.recover_doses import dose_per_kg, total_dose
from metamsc.errors import InputError, UnitError
from metamsc.outcomes.units import convert
from metamsc.records.model import Arm, Study
from metamsc.records.values import Characteristic

PER_KG, PER_RECIPIENT = "cells/kg", "cells"
"""Units of doses that are counts of cells; every other one (mL, ug) is left alone."""


@dataclass(frozen=True, slots=True)
class Weight:
    """Mean body weight in kg, with its SD where the record gives one."""

    mean: float
    sd: float | None
    of: str
    """"of the arm" or "of all participants"."""


def weight_of(study: Study, arm: Arm) -> Weight | None:
    """Return the body weight of an arm: its own, else that of all; None when the record has neither."""
    group = study.population or study.model
    own = None if arm.body_weight is None else _in_kg(arm.body_weight, "of the arm")
    if own is not None or group is None or group.body_weight is None:
        return own
    return _in_kg(group.body_weight, "of all participants" if study.population else "of all animals")


def _in_kg(found: Characteristic, of: str) -> Weight | None:
    """Return a recorded weight in kg; None where it has no mean or median, or no unit of mass."""
    centre = found.mean if found.mean is not None else found.median
    if centre is None or centre <= 0:
        return None
    sd = sd_from_se(found.se, found.n).value if found.se and found.n else found.sd
    try:
        factor = convert(1.0, "body_weight", found.unit, "kg", "difference").value
    except UnitError:
        return None
    return Weight(centre * factor, None if sd is None or found.mean is None else sd * factor, of)


def describe_doses(study: Study, arms: Sequence[Arm]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the doses of cells per kg and per recipient, all infusions together, and how they came about.

    Parameters
    ----------
    study : Study
    arms : sequence of Arm
        The treated arms of a row; unequal doses of combined arms are listed.

    Returns
    -------
    dict, tuple of str
        `dose_per_kg` and `dose_total`, "" where the record does not give them; derivations of those that
        rest on a body weight.
    """
    found: dict[str, list[str]] = {"dose_per_kg": [], "dose_total": []}
    notes: list[str] = []
    for arm in arms:
        for name, dose in _doses(study, arm).items():
            found[name].append(f"{dose.value:.4g}")
            notes.extend(f"{name}: {text}" for text in (dose.derivation, *dose.notes) if text)
    complete = {name: values if len(values) == len(arms) else [] for name, values in found.items()}
    return {name: ", ".join(dict.fromkeys(values)) for name, values in complete.items()}, tuple(notes)


def _doses(study: Study, arm: Arm) -> dict[str, Recovered[float]]:
    """Return either kind of dose of one arm over all infusions, recovered or as recorded."""
    cells = arm.cells
    if cells is None or cells.dose is None or not cells.dose.value:
        return {}
    dose, unit = cells.dose.value * (cells.infusions or 1), cells.dose.unit.replace(" ", "").lower()
    per_kg = unit == PER_KG
    if not per_kg and unit != PER_RECIPIENT:
        return {}
    printed = {"dose_per_kg" if per_kg else "dose_total": Recovered(dose, "")}
    weight = weight_of(study, arm)
    if weight is None:
        return printed
    try:
        other = total_dose(dose, weight.mean) if per_kg else dose_per_kg(dose, weight.mean)
    except InputError:
        return printed
    text = f"{other.derivation} (body weight {weight.of})"
    return {**printed, "dose_total" if per_kg else "dose_per_kg": Recovered(other.value, text)}
