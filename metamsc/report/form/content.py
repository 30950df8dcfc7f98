"""What the extraction form has to know: the schema, the words with their meaning, the outcomes, the rules."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from metamsc.checks.acknowledge import ACKNOWLEDGEMENT_CODES
from metamsc.checks.plausibility import TYPE_2_LEAST, plausible_range
from metamsc.checks.registry import RULES
from metamsc.checks.usual_spread import unit_of_spread, usual_spread
from metamsc.errors import InputError, UnitError
from metamsc.files import PathLike
from metamsc.outcomes.catalogue import NOT_PRINTED, Outcome, Quantity, catalogue, spelling_key
from metamsc.outcomes.units import convert
from metamsc.records.rob_tools import SCHEMES, RobScheme
from metamsc.records.scaffold import SCHEMA_PATH, schema_line
from metamsc.vocabulary import Setting, Vocabulary

RECORDS = "data/extractions"
"""Where records stand in a review."""
FORMAT = 1
"""Version of the data in the page."""

KEYWORDS = frozenset(
    {
        "$defs", "$id", "$ref", "$schema", "additionalProperties", "allOf", "anyOf", "const", "default",
        "description", "else", "enum", "exclusiveMinimum", "if", "items", "maxItems", "maximum", "minItems",
        "minLength", "minProperties", "minimum", "oneOf", "pattern", "prefixItems", "properties", "required",
        "then", "title", "type",
    }
)  # fmt: skip
"""Keywords of JSON Schema 2020-12 that the validator in the page knows; 01_schema.js has the same list."""

RULES_IN_PAGE = (*(rule.code for rule in RULES if rule.check is not None), *ACKNOWLEDGEMENT_CODES)
"""Rules of `metamsc check` that the page computes too: all that need one record."""


def rules_elsewhere() -> dict[str, str]:
    """Return code and title of the rules that compare records, which a page with one record cannot run."""
    return {rule.code: rule.title for rule in RULES if rule.compare is not None}


_MAPS = frozenset({"properties", "$defs"})
_VALUES = frozenset({"const", "enum", "default", "required"})
_NOT_NEEDED = frozenset({"title", "default"})


def keywords(schema: Any) -> Iterator[str]:
    """Yield every keyword that a schema uses, repeatedly."""
    if isinstance(schema, list):
        for entry in schema:
            yield from keywords(entry)
    elif isinstance(schema, dict):
        for keyword, value in schema.items():
            yield keyword
            if keyword in _MAPS:
                yield from keywords(list(value.values()))
            elif keyword not in _VALUES:
                yield from keywords(value)


def _slim(schema: Any) -> Any:
    """Return a schema without what neither judges a value nor explains it."""
    if isinstance(schema, list):
        return [_slim(entry) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    slim: dict[str, Any] = {}
    for keyword, value in schema.items():
        if keyword in _MAPS:
            slim[keyword] = {name: _slim(entry) for name, entry in value.items()}
        elif keyword not in _NOT_NEEDED:
            slim[keyword] = value if keyword in _VALUES else _slim(value)
    return slim


def read_schema() -> dict[str, Any]:
    """Return the schema of a record as it is shipped, for the page.

    Raises
    ------
    InputError
        If it uses a keyword that the validator in the page does not know.
    """
    schema: dict[str, Any] = json.loads(SCHEMA_PATH.read_text(encoding="utf-8"))
    unknown = sorted(set(keywords(schema)) - KEYWORDS)
    if unknown:
        raise InputError(
            f"the schema of a record uses {', '.join(unknown)}; the form's validator does not know it."
        )
    slim: dict[str, Any] = _slim(schema)
    return slim


def form_data(repository: str = "", records: PathLike = RECORDS) -> dict[str, Any]:
    """Return what the page of the form embeds, as JSON can hold it.

    Parameters
    ----------
    repository : str
        ``OWNER/NAME`` on GitHub that the form proposes to send records to; a reader may change it.
    records : path
        Folder that the records will stand in: their first line leads to the schema there is above it.

    Raises
    ------
    InputError
        If the shipped schema uses a keyword that the page cannot judge.
    """
    rules = {rule.code: [rule.title, rule.severity] for rule in RULES if rule.code in RULES_IN_PAGE}
    rules |= {code: [title, "warning"] for code, title in ACKNOWLEDGEMENT_CODES.items()}
    line = schema_line(Path(records) / Setting.CLINICAL.value / "record.yml")
    return {
        "format": FORMAT,
        "repository": repository,
        "first_line": "" if line is None else f"{line}\n",
        "schema": read_schema(),
        "words": _words(),
        "rules": rules,
        "families": dict(catalogue().families),
        "outcomes": [_outcome(outcome) for outcome in catalogue().outcomes.values()],
        "spellings": {name: _spellings(quantity) for name, quantity in catalogue().quantities.items()},
        "not_printed": NOT_PRINTED,
        "tools": {tool: _tool(scheme) for tool, scheme in SCHEMES.items()},
    }


def _words() -> dict[str, dict[str, str]]:
    """Vocabulary -> word -> meaning, by the name that the schema gives the vocabulary."""
    kinds = [kind for kind in Vocabulary.__subclasses__() if kind.__module__ == Vocabulary.__module__]
    return {kind.__name__: {word.value: word.meaning for word in kind} for kind in kinds}


def _tool(scheme: RobScheme) -> dict[str, Any]:
    """Title, domains with what finds them in other words, and judgements of a risk-of-bias tool."""
    names = [domain.name for domain in scheme.domains]
    patterns = [domain.pattern for domain in scheme.domains]
    return {"title": scheme.title, "domains": names, "patterns": patterns, "levels": list(scheme.levels)}


def _spellings(quantity: Quantity) -> dict[str, str]:
    """Every spelling of a quantity's units, reduced as a lookup reduces it -> the catalogue's."""
    names = [(name, unit.unit) for group in quantity.groups for unit in group.units
             for name in (unit.unit, *unit.aliases)]  # fmt: skip
    return {spelling_key(name): unit for name, unit in reversed(names)}  # the first of two is the one found


def _outcome(outcome: Outcome) -> dict[str, Any]:
    return {
        "id": outcome.id,
        "label": outcome.label,
        "kind": outcome.kind,
        "direction": outcome.direction,
        "integer": outcome.integer,
        "scale": None if outcome.scale is None else list(outcome.scale),
        "never_negative": bool(outcome.plausible) and all(e.range[0] >= 0 for e in outcome.plausible),
        "quantity": outcome.quantity_id,
        "time": outcome.quantity_id == "time",
        "dimensionless": outcome.quantity is not None and outcome.quantity.dimensionless,
        "units": {unit: _unit(outcome, unit) for unit in outcome.units},
        "unit": outcome.unit,
        "spread_unit": unit_of_spread(outcome.id),
        "settings": {setting.value: _in_setting(outcome, setting) for setting in outcome.settings},
    }


def _in_setting(outcome: Outcome, setting: Setting) -> dict[str, Any]:
    """Usual spread, and by unit the range of group means (second for type 2, where it differs)."""
    usual = usual_spread(outcome.id, setting)
    ranges = {unit: list(_ranges(outcome, setting, unit)) for unit in outcome.units}
    return {"usual": None if usual is None else list(usual), "ranges": {u: r for u, r in ranges.items() if r}}


def _ranges(outcome: Outcome, setting: Setting, unit: str) -> Iterator[list[float]]:
    found = plausible_range(outcome, setting, unit)
    if found is None:
        return
    yield list(found)
    least = TYPE_2_LEAST.get(outcome.id)
    if least is not None and setting is Setting.CLINICAL:
        yield [convert(least[0], outcome, least[1], unit).value, found[1]]


def _unit(outcome: Outcome, unit: str) -> dict[str, Any]:
    """How a number in this unit reads in the outcome's own, and whether it has a scale in common with it."""
    quantity = outcome.quantity
    place = quantity.find(unit) if quantity is not None else None
    own = quantity.find(outcome.unit) if quantity is not None and outcome.unit is not None else None
    slope, intercept = 1.0, 0.0
    if outcome.unit is not None and unit != outcome.unit:
        try:
            zero, one = (convert(x, outcome, unit, outcome.unit).value for x in (0.0, 1.0))
            slope, intercept = one - zero, zero
        except UnitError:
            pass  # without a common scale SD and mean are still in one unit, and their ratio means something
    per_person = quantity is not None and quantity.bridge is not None and place is not None and place[0] == 1
    comparable = place is not None and own is not None and place[0] == own[0]
    return {"to_own": [slope, intercept], "comparable": comparable, "per_person": per_person}
