"""The outcome catalogue: what each outcome is, its units, direction, ranges and default measure.

Reads ``catalogue.yml`` of this folder once and gives frozen values. Conversion of numbers is in
:mod:`metamsc.outcomes.units`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from functools import cache, cached_property
from importlib import resources
from types import MappingProxyType
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from metamsc.errors import OptionError, UnitError, quoted
from metamsc.vocabulary import Setting

NOT_PRINTED = "not printed"
"""What a record says as the unit when the text gives none: accepted everywhere, convertible nowhere."""


def _as_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


_Names = Annotated[tuple[str, ...], BeforeValidator(_as_tuple)]
_Pair = Annotated[tuple[float, float], BeforeValidator(_as_tuple)]


class _Entry(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


class Unit(_Entry):
    """One unit of a quantity, relative to the base unit of its group."""

    unit: str
    """Canonical spelling."""
    aliases: _Names = ()
    """Other spellings, as papers print them."""
    per_base: Annotated[float, Field(gt=0)] | None = None
    """How many of this unit make one base unit, where the two are proportional."""
    from_base: _Pair | None = None
    """Slope and intercept of this unit as a function of the base unit."""
    to_base: _Pair | None = None
    """Slope and intercept of the base unit as a function of this unit."""
    derivation: str | None = None
    """Constant or equation, in few words, kept beside a converted number."""

    @property
    def forward(self) -> tuple[float, float]:
        """Slope and intercept from the base unit to this one."""
        return self.from_base or (self.per_base or 1.0, 0.0)

    @property
    def back(self) -> tuple[float, float]:
        """Slope and intercept from this unit to the base unit."""
        return self.to_base or (1.0 / (self.per_base or 1.0), 0.0)


class Group(_Entry):
    """Units that convert into each other; the first is the base."""

    units: Annotated[tuple[Unit, ...], BeforeValidator(_as_tuple), Field(min_length=1)]


class Quantity(_Entry):
    """A kind of measurement with its units."""

    groups: Annotated[tuple[Group, ...], BeforeValidator(_as_tuple), Field(min_length=1)]
    source: str | None = None
    """Where the constants come from."""
    between: str | None = None
    """Why units of different groups do not convert."""
    bridge: Literal["body_weight"] | None = None
    """What makes the first group (per kilogram) and the second (per person) convertible."""
    dimensionless: bool = False
    """Whether a record may leave the unit out."""

    def find(self, unit: str) -> tuple[int, Unit] | None:
        """Return the group's number and the unit of a spelling, None when it is not one of ours."""
        return self._by_spelling.get(spelling_key(unit))

    @cached_property
    def _by_spelling(self) -> dict[str, tuple[int, Unit]]:
        found: dict[str, tuple[int, Unit]] = {}
        for number, group in enumerate(self.groups):
            for entry in group.units:
                for name in (entry.unit, *entry.aliases):
                    found.setdefault(spelling_key(name), (number, entry))
        return found

    @property
    def units(self) -> tuple[str, ...]:
        """Canonical spelling of every unit."""
        return tuple(entry.unit for group in self.groups for entry in group.units)


class PlausibleRange(_Entry):
    """Where a group mean is expected to lie."""

    setting: Annotated[Setting, Field(strict=False)]
    unit: str
    range: _Pair


class UsualSpread(_Entry):
    """How widely the participants of a group usually differ, and how that is known."""

    setting: Annotated[Setting, Field(strict=False)]
    range: _Pair
    """Lowest and highest of the groups looked at."""
    basis: Literal["records", "published", "judgement"]
    """Shipped records (a test computes the range again), published groups, or judgement alone."""
    source: str
    arms: Annotated[int, Field(gt=0)] | None = None
    """Groups looked at."""
    records: _Names = ()
    """Ids of the shipped records, in alphabetical order."""
    url: str | None = None
    unit: str | None = None
    """Of an SD; None for SD/mean."""

    @model_validator(mode="after")
    def _traceable(self) -> UsualSpread:
        if not 0 < self.range[0] < self.range[1]:
            raise ValueError("a usual spread has a range from low to high, above 0")
        if (self.basis == "records") != bool(self.records) or (self.basis == "published") != bool(self.url):
            raise ValueError("`basis: records` lists its `records`, `published` gives a `url`")
        return self


_Usual = Annotated[tuple[UsualSpread, ...], BeforeValidator(_as_tuple)]


class Mid(_Entry):
    """Minimal important difference."""

    value: float
    measure: Literal["MD", "RR"]
    unit: str | None = None
    source: str
    url: str


class Outcome(_Entry):
    """One outcome of the catalogue."""

    id: str
    label: str
    kind: Literal["continuous", "event"]
    settings: Annotated[tuple[Annotated[Setting, Field(strict=False)], ...], BeforeValidator(_as_tuple)]
    quantity_id: Annotated[str | None, Field(alias="quantity")] = None
    """Key of the quantity; None for events."""
    unit: str | None = None
    """Canonical unit, in which results are shown; None for events."""
    direction: Literal["lower", "higher", "neutral"]
    """Which way is better for the patient or animal."""
    importance: Literal["patient-important", "surrogate", "physiological"] | None = None
    """What it is to patients (after Gandhi et al. 2008, JAMA 299:2543): what they notice, what stands for
    that, how the body works. None for animals alone. Where an outcome belongs is our reading."""
    measure: Literal["MD", "SMD", "ROM", "RR"]
    """Measure of effect by default."""
    families: _Names = ()
    """Families it belongs to, for `missing_results`."""
    plausible: Annotated[tuple[PlausibleRange, ...], BeforeValidator(_as_tuple)] = ()
    usual_cv: _Usual = ()
    """SD/mean, by setting."""
    usual_sd: _Usual = ()
    """SD itself, where the ratio means little."""
    integer: bool = False
    """Whether the value of each participant is a whole number."""
    scale: _Pair | None = None
    """Lowest and highest value that one participant can have, in `unit`."""
    mid: Mid | None = None
    mid_reason: str | None = None
    """Why there is no minimal important difference, where there is none."""

    @model_validator(mode="after")
    def _complete(self) -> Outcome:
        continuous = self.kind == "continuous"
        if continuous != (self.quantity_id is not None) or continuous != (self.unit is not None):
            raise ValueError("a continuous outcome has `quantity` and `unit`, an event has neither")
        if (Setting.CLINICAL in self.settings) != (self.importance is not None):
            raise ValueError("an outcome of clinical studies has `importance`, one of animals alone has none")
        if (self.mid is None) == (self.mid_reason is None):
            raise ValueError("give `mid`, or `mid_reason` for its absence")
        if any(entry.unit is not None for entry in self.usual_cv) or any(
            entry.unit is None for entry in self.usual_sd
        ):
            raise ValueError("a usual SD has a unit, a usual SD/mean has none")
        settings = [entry.setting for entry in (*self.usual_cv, *self.usual_sd)]
        if len(settings) != len(set(settings)) or not set(settings) <= set(self.settings):
            raise ValueError("one usual spread for each setting that the outcome has")
        return self

    @property
    def quantity(self) -> Quantity | None:
        """The quantity with its units; None for events."""
        return None if self.quantity_id is None else catalogue().quantities[self.quantity_id]

    @property
    def units(self) -> tuple[str, ...]:
        """Accepted units in canonical spelling; empty for events."""
        return () if self.quantity is None else self.quantity.units

    def canonical_unit(self, unit: str) -> str:
        """Return the canonical spelling of a unit as printed.

        Raises
        ------
        UnitError
            If the outcome has no such unit; lists those it has.
        """
        if unit == NOT_PRINTED and self.quantity is not None:
            return unit
        found = None if self.quantity is None else self.quantity.find(unit)
        if found is None:
            allowed = ", ".join(self.units) or "none (it is counted)"
            raise UnitError(f"unit of {self.id} must be one of {allowed}, or {NOT_PRINTED!r}; got {unit!r}.")
        return found[1].unit

    def accepts(self, unit: str) -> bool:
        """Whether `unit` is one of the outcome's, in any spelling known."""
        return self.quantity is not None and (unit == NOT_PRINTED or self.quantity.find(unit) is not None)


def _frozen_mapping(value: Any) -> Any:
    return MappingProxyType(dict(value))


class Catalogue(_Entry):
    """All outcomes, quantities and families; the mappings are read-only."""

    quantities: Annotated[Mapping[str, Quantity], AfterValidator(_frozen_mapping)]
    outcomes: Annotated[Mapping[str, Outcome], AfterValidator(_frozen_mapping)]
    families: Annotated[Mapping[str, str], AfterValidator(_frozen_mapping)]

    def members(self, family: str) -> tuple[str, ...]:
        """Outcome ids of a family of `missing_results`; an outcome id is its own family.

        Raises
        ------
        OptionError
            If it is neither a family nor an outcome.
        """
        if family in self.outcomes:
            return (family,)
        if family not in self.families:
            raise OptionError(_unknown("family", family, (*self.families, *self.outcomes)))
        return tuple(o.id for o in self.outcomes.values() if family in o.families)


@cache
def spelling_key(unit: str) -> str:
    """Reduce the spelling of a unit to what tells it from others: case, spaces, µ and ² do not."""
    text = unit.lower().replace("µ", "u").replace("μ", "u").replace("²", "2").replace("^", "")
    text = re.sub(r"[⋅∙•*]|\.(?=[a-z])", "·", text).replace("×", "x")
    return re.sub(r"\s+", "", text)


def _unknown(name: str, value: str, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(value, known, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else f" Known: {', '.join(known)}."
    return f"{name} {quoted(value)} is not in the outcome catalogue.{hint}"


@cache
def catalogue() -> Catalogue:
    """Return the outcome catalogue, read once from the file that ships with the package."""
    text = resources.files("metamsc.outcomes").joinpath("catalogue.yml").read_text(encoding="utf-8")
    data = yaml.load(text, Loader=yaml.CSafeLoader)
    return build_catalogue(data)


def build_catalogue(data: dict[str, Any]) -> Catalogue:
    """Make a catalogue from plain data.

    Raises
    ------
    pydantic.ValidationError
        If the data do not have the form of ``catalogue.yml``.
    """
    outcomes = {key: {"id": key, **entry} for key, entry in data["outcomes"].items()}
    return Catalogue.model_validate({**data, "outcomes": outcomes})


def outcome(outcome_id: str) -> Outcome:
    """Return an outcome by its id.

    Raises
    ------
    OptionError
        If there is none; names the nearest.
    """
    found = catalogue().outcomes.get(outcome_id)
    if found is None:
        raise OptionError(_unknown("outcome", outcome_id, tuple(catalogue().outcomes)))
    return found
