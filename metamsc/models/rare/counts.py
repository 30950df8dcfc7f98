"""Counts as the models for rare events take them: checked once, with the studies' own effects beside.

Two arms with events of participants (2×2 tables) or events over person-time; or one group. The
studies' own effects and variances are needed for heterogeneity statistics only, never for the pooled
estimates; they are the usual inverse-variance ones with the zero-cell rule that is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from metamsc.errors import InputError, TooFewStudiesError, check_option
from metamsc.models.batch import BoolArray, FloatArray
from metamsc.models.inputs import as_vector

ZERO_CELL_RULES: dict[str, str] = {
    "only0": "studies with an empty cell",
    "all": "every study",
    "if0all": "every study as soon as one has an empty cell",
    "none": "no study",
}


@dataclass(frozen=True, slots=True)
class ZeroCells:
    """What is done about empty cells: `add` to all cells of the studies that `to` names.

    `drop00` leaves out studies without events, or with nothing but events, in both arms.
    """

    add: float = 0.5
    to: str = "only0"
    drop00: bool = True

    def __post_init__(self) -> None:
        check_option("to", self.to, ZERO_CELL_RULES)
        if not (np.isfinite(self.add) and self.add >= 0.0):
            raise InputError(f"add must be a finite number >= 0; got {self.add!r}.")

    def apply(self, cells: list[FloatArray]) -> list[FloatArray]:
        """Return the cells with the constant added where the rule says so."""
        empty = np.any([cell == 0.0 for cell in cells], axis=0)
        chosen = {
            "only0": empty,
            "all": np.ones_like(empty),
            "if0all": np.full_like(empty, bool(empty.any())),
            "none": np.zeros_like(empty),
        }[self.to]
        return [cell + np.where(chosen, self.add, 0.0) for cell in cells]


UNCHANGED = ZeroCells(add=0.0, to="none", drop00=False)


@dataclass(frozen=True, slots=True)
class TwoArms:
    """Events and sizes of two arms, k studies; `rates`: sizes are person-time, else participants."""

    events_treat: FloatArray
    size_treat: FloatArray
    events_control: FloatArray
    size_control: FloatArray
    rates: bool

    @property
    def k(self) -> int:
        """Number of studies."""
        return self.events_treat.size

    @property
    def double_zero(self) -> BoolArray:
        """Studies without events, or (participants) with nothing but events, in both arms."""
        none = np.asarray((self.events_treat == 0.0) & (self.events_control == 0.0))
        if self.rates:
            return none
        full = (self.events_treat == self.size_treat) & (self.events_control == self.size_control)
        return np.asarray(none | full)

    def take(self, rows: BoolArray) -> TwoArms:
        """Return the studies chosen."""
        return TwoArms(
            self.events_treat[rows],
            self.size_treat[rows],
            self.events_control[rows],
            self.size_control[rows],
            self.rates,
        )

    def cells(self) -> list[FloatArray]:
        """Return a, b, c, d of the tables, or the events of both arms."""
        if self.rates:
            return [self.events_treat, self.events_control]
        a, c = self.events_treat, self.events_control
        return [a, self.size_treat - a, c, self.size_control - c]

    def adjusted(self, rule: ZeroCells) -> TwoArms:
        """Return the studies kept by `rule`, with its constant added."""
        kept = self.take(~self.double_zero) if rule.drop00 else self
        cells = rule.apply(kept.cells())
        if self.rates:
            return TwoArms(cells[0], kept.size_treat, cells[1], kept.size_control, rates=True)
        a, b, c, d = cells
        return TwoArms(a, a + b, c, c + d, rates=False)


@dataclass(frozen=True, slots=True)
class OneGroup:
    """Events and sizes (participants, or person-time) of one group, k studies."""

    events: FloatArray
    size: FloatArray
    rates: bool

    @property
    def k(self) -> int:
        """Number of studies."""
        return self.events.size


def _vectors(arguments: dict[str, ArrayLike | None]) -> list[FloatArray]:
    """Return the arguments as arrays of one length, none missing."""
    missing = [name for name, value in arguments.items() if value is None]
    if missing:
        raise InputError(f"{', '.join(arguments)} are needed here; missing: {', '.join(missing)}.")
    vectors = [as_vector(name, value) for name, value in arguments.items() if value is not None]
    sizes = {vector.size for vector in vectors}
    if len(sizes) > 1:
        listed = ", ".join(f"{name} {vector.size}" for name, vector in zip(arguments, vectors, strict=True))
        raise InputError(f"every argument must have one value per study; got {listed}.")
    if not vectors[0].size:
        raise TooFewStudiesError("Pooling needs at least 1 study; got 0.")
    return vectors


def _check_counts(names: tuple[str, str], events: FloatArray, size: FloatArray, *, rates: bool) -> None:
    """Raise unless events are >= 0, sizes are > 0 and (participants) events do not exceed them."""
    wrong = (size <= 0.0) | (events < 0.0) | ((events > size) & (not rates))
    if wrong.any():
        i = int(np.flatnonzero(wrong)[0])
        rule = "events >= 0 and person-time > 0" if rates else "0 <= events <= participants, participants > 0"
        raise InputError(
            f"study {i + 1}: {names[0]} is {events[i]:g} and {names[1]} is {size[i]:g}; needed: {rule}."
        )


def two_arms(
    *,
    events_treat: ArrayLike | None,
    size_treat: ArrayLike | None,
    events_control: ArrayLike | None,
    size_control: ArrayLike | None,
    rates: bool,
) -> TwoArms:
    """Return checked counts of two arms, or raise what is wrong with them.

    Raises
    ------
    InputError
        An argument is missing, lengths differ, or a count is impossible; says which study.
    TooFewStudiesError
        No study at all.
    """
    size = "time" if rates else "n"
    names = ("events_treat", f"{size}_treat", "events_control", f"{size}_control")
    values = (events_treat, size_treat, events_control, size_control)
    a, n1, c, n2 = _vectors(dict(zip(names, values, strict=True)))
    _check_counts(names[:2], a, n1, rates=rates)
    _check_counts(names[2:], c, n2, rates=rates)
    return TwoArms(a, n1, c, n2, rates)


def one_group(*, events: ArrayLike | None, size: ArrayLike | None, rates: bool) -> OneGroup:
    """Return checked counts of one group, or raise what is wrong with them (as :func:`two_arms`)."""
    names = ("events", "time" if rates else "n")
    x, n = _vectors(dict(zip(names, (events, size), strict=True)))
    _check_counts(names, x, n, rates=rates)
    return OneGroup(x, n, rates)


def arm_effects(measure: str, arms: TwoArms) -> tuple[FloatArray, FloatArray]:
    """Return the studies' own effects and sampling variances; not finite where a cell is empty.

    `measure` is OR, RR, RD, PETO, IRR or IRD; formulas as in the catalogue of effect sizes.
    """
    a, n1, c, n2 = arms.events_treat, arms.size_treat, arms.events_control, arms.size_control
    b, d, total = n1 - a, n2 - c, n1 + n2
    with np.errstate(divide="ignore", invalid="ignore"):
        if measure == "OR":
            return np.log(a / b) - np.log(c / d), 1 / a + 1 / b + 1 / c + 1 / d
        if measure == "RR":
            return np.log(a / n1) - np.log(c / n2), 1 / a - 1 / n1 + 1 / c - 1 / n2
        if measure == "RD":
            return a / n1 - c / n2, a / n1 * (b / n1) / n1 + c / n2 * (d / n2) / n2
        if measure == "PETO":
            v = (a + c) * (b + d) * (n1 / total) * (n2 / total) / (total - 1)
            return (a - (a + c) * n1 / total) / v, 1 / v
        if measure == "IRR":
            return np.log(a / n1) - np.log(c / n2), 1 / a + 1 / c
        return a / n1 - c / n2, a / n1**2 + c / n2**2


def group_effects(group: OneGroup) -> tuple[FloatArray, FloatArray]:
    """Return log odds (participants) or log rates with 1/2 added to studies with an empty cell."""
    x = group.events
    cells = [x] if group.rates else [x, group.size - x]
    cells = ZeroCells().apply(cells)
    if group.rates:
        return np.log(cells[0] / group.size), 1.0 / cells[0]
    return np.log(cells[0] / cells[1]), 1.0 / cells[0] + 1.0 / cells[1]


def usable(yi: FloatArray, vi: FloatArray) -> BoolArray:
    """Say which studies have a finite effect with a positive, finite variance."""
    return np.asarray(np.isfinite(yi) & np.isfinite(vi) & (vi > 0.0))
