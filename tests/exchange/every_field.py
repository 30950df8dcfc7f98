"""One record for each field of the model, found by walking it: a field added tomorrow takes part."""

import copy
import itertools
from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError

from metamsc.exchange.columns import bare, part_of
from metamsc.records.model import Study
from metamsc.vocabulary import Vocabulary

Step = str | int
Place = tuple[Step, ...]
KEY = "key"
"""Name in a mapping whose names are free; the arm of a value, too."""

BASES: dict[str, list[dict[str, Any]]] = {
    "StudyInfo": [{"id": "a", "label": "A", "title": "T", "setting": "clinical", "design": "rct-parallel"}],
    "Population": [{"diabetes_type": "T1D"}],
    "AnimalModel": [{"species": "rat", "induction": {"agent": "alloxan"}, "models_type": "T1D"}],
    "InductionDetail": [{"agent": "alloxan"}],
    "Arm": [{"id": KEY, "role": "control", "comparator": "placebo"}],
    "Cells": [{"source": "adipose"}],
    "Quantity": [{"unit": "mg/kg"}],
    "Characteristic": [
        {"unit": "years", "mean": 1.5},
        {"unit": "years"},
        {"unit": "years", "geometric_mean": 2.5},
    ],
    "Source": [{"kind": "table", "reference": "primary", "url": "https://example.org", "locator": "Table 1"}],
    "Result": [
        {"outcome": "hba1c", "at": "1 year", "source": [KEY], "arms": {KEY: {"mean": 1.0}}},
        {"outcome": "hba1c", "at": "1 year", "source": [KEY], "note": "a note", "arms": {KEY: {"mean": 1.0}}},
        {"outcome": "hba1c", "at": "1 year", "source": [KEY]},
    ],
    "ArmValue": [{"mean": 1.5, "p": 0.5}, {"mean": 1.5}, {"events": 3}, {"geometric_mean": 2.5}, {}],
    "Contrast": [
        {"treatment": KEY, "control": "b", "difference": 1.5, "p": 0.5, "statistic": 2.5},
        {"treatment": KEY, "control": "b", "difference": 1.5},
        {"treatment": KEY, "control": "b", "measure": "HR"},
        {"treatment": KEY, "control": "b", "ratio": 1.5},
    ],
    "PrintedTest": [{"p": 0.5}],
    "Spread": [{"value": 1.5, "kind": "unlabelled"}],
    "Derivation": [
        {"fields": ["mean"], "kind": "arithmetic", "note": "how"},
        {"fields": ["difference"], "kind": "arithmetic", "note": "how"},
    ],
    "MissingResult": [{"outcome": "hba1c", "reason": "why"}],
    "RiskOfBias": [{"tool": "rob2"}],
    "DomainJudgement": [{"domain": "D1", "judgement": "low"}],
    "ToConfirm": [{"field": "study.year", "reason": "why"}],
    "Acknowledgement": [{"code": "P701", "reason": "why", "by": "who"}],
    "Extraction": [{"extracted_by": "Ada", "date": "2026-01-01", "status": "single"}],
}
"""What a part needs before a field is added to it; where fields exclude each other, several to try."""

SAMPLES: dict[str, Any] = {
    "doi": "10.1000/x", "pmid": "26553832", "pmcid": "PMC123", "countries": ["NO"], "year": 2016,
    "follow_up": "2 years", "at": "2 years", "date": "2026-02-03", "code": "P702", "setting": "clinical",
    "value": "change", "cohort": "c-1", "id": "other", "treatment": "other", "control": "other",
    "source": "other", "schema": 1, "measure": "HR", "kind": "unlabelled", "outcome": "other",
    "role": "healthy", "product": "exosomes", "geometric_sd": 2.5,
}  # fmt: skip
"""Values of fields that take no value of their kind, or only a few."""


def parts(model: type[BaseModel] = Study, place: Place = ()) -> Iterator[tuple[Place, type[BaseModel]]]:
    """Yield every part of the record and its place; entries of lists have the number 0, of mappings KEY."""
    yield place, model
    for name, field in model.model_fields.items():
        below = (*place, field.alias or name)
        inner = bare(field.annotation)
        part = part_of(inner)
        entry = part_of(get_args(inner)[0]) if get_origin(inner) is tuple else None
        named = part_of(get_args(inner)[1]) if get_origin(inner) is dict else None
        if part is not None:
            yield from parts(part, below)
        elif entry is not None:
            yield from parts(entry, (*below, 0))
        elif named is not None:
            yield from parts(named, (*below, KEY))


def fields() -> Iterator[tuple[Place, type[BaseModel], str]]:
    """Yield every field that holds a value of its own: place of its part, part, name."""
    for place, model in parts():
        for name, field in model.model_fields.items():
            inner = bare(field.annotation)
            holder = [inner, *get_args(inner)] if get_origin(inner) in (tuple, dict) else [inner]
            if not any(part_of(held) is not None for held in holder):
                yield place, model, field.alias or name


ONE_VALUE_ONLY = frozenset({("Study", "schema"), ("Spread", "kind"), ("StudyInfo", "setting")})
"""Fields that have no other value in a record that is otherwise the same."""


def samples(model: type[BaseModel], name: str) -> list[Any]:
    """Values of the field that are not its default; the first that fits is taken."""
    return [["mean", "p"], ["difference", "p"]] if name == "fields" else [_sample(model, name)]


def _sample(model: type[BaseModel], name: str) -> Any:
    field = next(f for n, f in model.model_fields.items() if name in (n, f.alias))
    inner = bare(field.annotation)
    if name == "value" and inner is not str:
        return 2.5
    if name == "source" and get_origin(inner) is tuple:
        return [KEY, "other"]
    if name == "source" and isinstance(inner, type) and issubclass(inner, Vocabulary):
        return "placenta"
    if name in SAMPLES and not (name == "kind" and model.__name__ != "Spread"):
        return SAMPLES[name]
    if isinstance(inner, type) and issubclass(inner, Vocabulary):
        return next(word.value for word in reversed(inner) if word is not field.default)
    if get_origin(inner) is Literal:
        return next(word for word in reversed(get_args(inner)) if word != field.default)
    if get_origin(inner) is tuple:
        return [1.5, 2.5] if bare(get_args(inner)[0]) is float else ["one", "two"]
    if inner is bool:
        return not field.default
    return {str: "some text", int: 7, float: 0.75}[inner]


def base(place: Place) -> dict[str, Any]:
    """The smallest record that may have a part at this place."""
    animal = place[:1] == ("model",)
    about = {"model": BASES["AnimalModel"][0]} if animal else {"population": BASES["Population"][0]}
    info = dict(BASES["StudyInfo"][0])
    if animal:
        info.update(setting="preclinical", design="animal-controlled")
    return copy.deepcopy(
        {
            "schema": 1, "study": info, **about, "arms": [BASES["Arm"][0]],
            "sources": {KEY: BASES["Source"][0]}, "extraction": BASES["Extraction"][0],
        }
    )  # fmt: skip


def with_part(place: Place, last: dict[str, Any], choice: dict[Place, dict[str, Any]]) -> dict[str, Any]:
    """The smallest record with this part at its place, and chosen bases of the parts above it."""
    data: Any = base(place)
    at: Any = data
    for depth, step in enumerate(place, start=1):
        here, following = place[:depth], place[depth] if depth < len(place) else None
        if isinstance(step, int):
            at[:] = [at[0] if at else {}]
        new: Any = copy.deepcopy(last) if depth == len(place) else [] if following == 0 else None
        if new is None:
            known = at[step] if isinstance(step, int) or step in at else {}
            new = {**known, **copy.deepcopy(choice.get(here, {}))}
        at[step] = new
        at = new
    if not place:
        data.update(last)
    return data  # type: ignore[no-any-return]  # a mapping, built above


def record_with(place: Place, model: type[BaseModel], name: str) -> tuple[Study, Study] | None:
    """A record with the field, and the same without it or with another value; None if none is valid."""
    above = [(p, m.__name__) for p, m in parts() if p and p == place[: len(p)] and p != place]
    options = [[(p, b) for b in BASES.get(m, [{}])] for p, m in above]
    bases = BASES.get(model.__name__, [{}])
    for value, own, *chosen in itertools.product(samples(model, name), bases, *options):
        choice = dict(chosen)
        found = _valid(with_part(place, {**own, name: value}, choice))
        # Without it the part may be nothing (a centre among several): then there is no part either.
        without = _valid(with_part(place, own, choice)) or _valid(base(place))
        if found and without and (found != without or (model.__name__, name) in ONE_VALUE_ONLY):
            return found, without
    return None


def _valid(data: dict[str, Any]) -> Study | None:
    try:
        return Study.model_validate(data)
    except ValidationError:
        return None
