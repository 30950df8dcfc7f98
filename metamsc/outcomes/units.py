"""Conversion of numbers between the units of one outcome, each with the constant it leaned on.

A *level* takes the whole equation; a *difference* (also a change, SD or SE) takes the slope alone.
What has no common scale is refused with the reason: nothing here guesses.
"""

from __future__ import annotations

from dataclasses import dataclass

from metamsc.errors import UnitError, check_option
from metamsc.outcomes.catalogue import NOT_PRINTED, Outcome, Quantity, Unit, outcome

KINDS = ("level", "difference")


@dataclass(frozen=True, slots=True)
class Converted:
    """A converted number.

    Attributes
    ----------
    value : float
        In `unit`.
    unit : str
        Canonical spelling of the target.
    derivation : str
        ``"% ← mmol/mol (IFCC–NGSP master equation)"``; empty when nothing was converted.
    """

    value: float
    unit: str
    derivation: str


def convert(
    value: float,
    outcome_id: str | Outcome,
    from_unit: str,
    to_unit: str,
    kind: str = "level",
    body_weight: float | None = None,
) -> Converted:
    """Convert a number of an outcome from one unit to another.

    Parameters
    ----------
    value : float
        In `from_unit`.
    outcome_id : str or Outcome
        Decides which units there are: 1 mg/dL is another number of mmol/L for glucose than for creatinine.
    from_unit, to_unit : str
        In any spelling the catalogue knows.
    kind : {"level", "difference"}
        "difference" for a mean difference, a change, an SD, an SE or the half-width of an interval.
    body_weight : float, optional
        Mean body weight in kg, for insulin per person ↔ per kilogram.

    Returns
    -------
    Converted
        The number, its unit and how it came about.

    Raises
    ------
    UnitError
        If the outcome has no such unit, the units have no common scale, or the body weight is missing.
    OptionError
        If the outcome or `kind` is unknown.
    """
    check_option("kind", kind, KINDS)
    entry = outcome(outcome_id) if isinstance(outcome_id, str) else outcome_id
    source, target = entry.canonical_unit(from_unit), entry.canonical_unit(to_unit)
    if source == target and _group(entry, from_unit) == _group(entry, to_unit):
        return Converted(value, target, "")
    if NOT_PRINTED in (source, target) or entry.quantity is None:
        raise UnitError(f"{entry.id}: the unit is not printed, so {from_unit!r} cannot become {to_unit!r}.")
    return _convert(value, entry, entry.quantity, from_unit, to_unit, kind, body_weight)


def convertible(
    outcome_id: str | Outcome, from_unit: str, to_unit: str, *, with_weight: bool = False
) -> bool:
    """Whether :func:`convert` would succeed; `with_weight` tells that a body weight is at hand."""
    try:
        convert(1.0, outcome_id, from_unit, to_unit, body_weight=70.0 if with_weight else None)
    except UnitError:
        return False
    return True


def _group(entry: Outcome, unit: str) -> int | None:
    found = None if entry.quantity is None else entry.quantity.find(unit)
    return None if found is None else found[0]


def _find(quantity: Quantity, unit: str) -> tuple[int, Unit]:
    found = quantity.find(unit)
    assert found is not None, unit  # canonical_unit has found it  # noqa: S101
    return found


def _convert(
    value: float,
    entry: Outcome,
    quantity: Quantity,
    from_unit: str,
    to_unit: str,
    kind: str,
    body_weight: float | None,
) -> Converted:
    from_group, source = _find(quantity, from_unit)
    to_group, target = _find(quantity, to_unit)
    notes = [text for text in (source.derivation, target.derivation) if text]
    base = _apply(value, source.back, kind)
    if from_group != to_group:
        base = base * _bridge(entry, quantity, from_group, source.unit, target.unit, body_weight)
        notes.append(f"body weight {body_weight:g} kg")
    result = _apply(base, target.forward, kind)
    detail = f" ({'; '.join(dict.fromkeys(notes))})" if notes else ""
    return Converted(result, target.unit, f"{target.unit} ← {source.unit}{detail}")


def _apply(value: float, line: tuple[float, float], kind: str) -> float:
    slope, intercept = line
    return slope * value + (intercept if kind == "level" else 0.0)


def _bridge(
    entry: Outcome, quantity: Quantity, from_group: int, source: str, target: str, body_weight: float | None
) -> float:
    """Return the factor between two groups; only a body weight makes one."""
    if quantity.bridge is None:
        raise UnitError(f"{entry.id}: {source!r} cannot become {target!r}: {quantity.between}.")
    if body_weight is None:
        raise UnitError(
            f"{entry.id}: {source!r} becomes {target!r} only with body_weight (mean body weight in kg); "
            "got None."
        )
    if not 0 < body_weight < 1000:
        raise UnitError(f"body_weight must be a weight in kg between 0 and 1000; got {body_weight!r}.")
    return body_weight if from_group == 0 else 1.0 / body_weight
