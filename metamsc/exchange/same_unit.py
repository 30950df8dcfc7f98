"""One result in two units: what the second extractor wrote, in the unit of the first.

A paper that prints 7.5 % (58 mmol/mol) is read rightly by both who write one of them. Levels take the whole
equation, spreads and changes its slope; counts, percentages, P values and test statistics have no unit.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from metamsc.errors import MetamscError
from metamsc.outcomes.units import convert
from metamsc.records.positions import Path

_LEVELS = frozenset({"mean", "median"})
_DIFFERENCES = frozenset({"change", "sd", "se", "reading_error", "difference"})
_PAIRS = frozenset({"ci", "iq_range", "range"})
_WITHOUT_UNIT = frozenset({"percent_change", "ratio", "geometric_mean"})
"""Centres whose spread or interval is no number of the unit, or only on its log."""


@dataclass(slots=True)
class InUnit:
    """Values of one result, turned from one unit into another.

    Attributes
    ----------
    outcome, given, wanted : str
        Outcome id, unit of the values, unit to turn them into.
    slopes : dict of Path to float
        Place of each value that was turned, below the result -> size of one of its units in the other.
    """

    outcome: str
    given: str
    wanted: str
    slopes: dict[Path, float] = field(default_factory=dict)

    def value(self, number: float, kind: str) -> float:
        """Return a number in the unit wanted; `kind` is "level" or "difference"."""
        return convert(number, self.outcome, self.given, self.wanted, kind).value

    def part(self, part: BaseModel, place: Path) -> BaseModel:
        """Return a value per arm or a contrast with all its numbers turned, and note where they stand."""
        given = {name for name in type(part).model_fields if getattr(part, name) is not None}
        if given & _WITHOUT_UNIT:
            return part
        pairs = "level" if given & _LEVELS else "difference"
        changed: dict[str, Any] = {}
        for name in given:
            value, here = getattr(part, name), (*place, name)
            if name in _LEVELS:
                changed[name] = self._turn(value, here, "level")
            elif name in _DIFFERENCES:
                changed[name] = self._turn(value, here)
            elif name in _PAIRS:
                changed[name] = tuple(self._turn(x, (*here, end), pairs) for end, x in enumerate(value))
            elif name == "spread":
                changed[name] = value.model_copy(update={"value": self._turn(value.value, (*here, "value"))})
        return part.model_copy(update=changed)

    def _turn(self, number: float, place: Path, kind: str = "difference") -> float:
        self.slopes[place] = abs(self.value(1.0, "difference"))
        return self.value(number, kind)


def in_unit_of(outcome: str, given: str | None, wanted: str | None) -> InUnit | None:
    """Return what turns values of one unit into another; None where nothing does, or they are one."""
    if given is None or wanted is None or given == wanted:
        return None
    turned = InUnit(outcome, given, wanted)
    try:
        same = turned.value(1.0, "level") == 1.0 and turned.value(2.0, "level") == 2.0
    except MetamscError:
        return None
    return None if same else turned
