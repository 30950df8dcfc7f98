"""Records of every shape, for the laws of exchange; fields come from the model, so new ones take part."""

import copy
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from metamsc.exchange.columns import Column, columns_of, set_at
from metamsc.exchange.layout import characteristic_names, study_lists
from metamsc.records.model import (
    AnimalModel,
    Arm,
    DomainJudgement,
    Extraction,
    Population,
    Result,
    RiskOfBias,
    Source,
    Study,
    StudyInfo,
)
from metamsc.records.scalars import LARGEST, SMALLEST
from metamsc.records.text import BAD_CHARACTER
from metamsc.records.values import CENTRES, ArmValue, Characteristic, Contrast, Derivation

AWKWARD = (
    "=1+2", "+1", "-5", "@SUM(A1)", "'=x", "''=", "'", "''", "'quoted", "\tx", "x\t", "a\r\nb", "a\rb",
    "a\nb", " lead", "trail ", "_x000D_", "x_x005F_", '"q"', '"', '["a"]', "[a", "{b", "a; b", ";", "NO",
    "yes", "1e6", "1.50", "0123", "#REF!", "# remark", "TRUE", "null", "2026-11-22", "1:30", "12:30:45",
    "µ±ü—", "a: b", "a #b", "- x", "? y", "| z", "> w", "%", "`", "!tag", "&a", "*b", "=", "＝1", "x" * 200,
    "long words " * 20, "a  b", "\u3000", "a\xa0b", "🧫 cells", "\\", "\\n", "a,b", "{a: 1}", "...", "---",
)  # fmt: skip
"""Texts that YAML, CSV, a spreadsheet or our own escapes could take for something else."""

_CHARACTERS = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cf", "Cn", "Co", "Zl", "Zp"))
texts = st.one_of(
    st.sampled_from(AWKWARD),
    st.text(st.one_of(_CHARACTERS, st.sampled_from("\n\r\t;'\"=+-@#:,[]{}")), min_size=1, max_size=40),
).filter(lambda text: not BAD_CHARACTER.search(text) and text != "")
keys = st.from_regex(r"[a-z0-9]{1,4}(?:[-_.][a-z0-9]{1,3}){0,2}", fullmatch=True)
times = st.sampled_from(["baseline", "12 months", "48 weeks", "1 day", "0.5 hours", "not reported"])


def _sized(number: float) -> float:
    return number if abs(number) >= SMALLEST else 0.0


finite = st.floats(-LARGEST, LARGEST).map(_sized)
positive = st.floats(min_value=SMALLEST, max_value=LARGEST)

_BY_NAME: dict[str, st.SearchStrategy[Any]] = {
    "year": st.integers(1950, 2100),
    "doi": st.sampled_from(["10.1234/a", "10.2337/dc15-0171"]),
    "pmid": st.sampled_from(["26553832", "0123"]),
    "pmcid": st.just("PMC123"),
    "countries": st.lists(st.sampled_from(["NO", "BR", "CN"]), max_size=3),
    "date": st.sampled_from(["2026-11-22", "1999-01-01"]),
    "code": st.just("P701"),
    "follow_up": times,
    "at": times,
    "cohort": keys,
    "outcome": keys,
    "infusions": st.integers(1, 9),
    "percent": st.floats(0, 100).map(_sized),
    "p": st.floats(0, 1).map(_sized),
    "correlation": st.floats(-1, 1).map(_sized),
    "geometric_sd": st.floats(1.0625, LARGEST),
    "value": st.floats(0, LARGEST).map(_sized),
    "schema": st.just(1),
}
_NOT_NEGATIVE = frozenset({"sd", "se", "df", "ratio", "geometric_mean", "reading_error"})


def _value(column: Column) -> st.SearchStrategy[Any]:
    name = str(next(step for step in reversed(column.path) if isinstance(step, str)))
    if column.allowed:
        return st.sampled_from(column.allowed)
    if name in _BY_NAME:
        return _BY_NAME[name]
    if column.kind == "integer":
        return st.integers(0, 10**6)
    if column.kind == "number":
        return positive if name in _NOT_NEGATIVE else finite
    if column.kind == "boolean":
        return st.booleans()
    return st.lists(texts, max_size=3) if column.kind == "texts" else texts


@st.composite
def part(draw: st.DrawFn, model: type[BaseModel], skip: frozenset[str] = frozenset()) -> dict[str, Any]:
    """A part with its required fields and some of the others."""
    data: dict[str, Any] = {}
    for column in columns_of(model, skip=skip):
        if column.kind != "json" and (column.required or draw(st.integers(0, 3)) == 0):
            set_at(data, column.path, draw(_value(column)))
    for pair in ("ci", "range", "iq_range"):
        if pair in data:
            data[pair] = sorted(x if x is not None else 0.0 for x in data[pair])
    return data


_WIDTHS = ("sd", "se", "spread")


@st.composite
def summary(draw: st.DrawFn, model: type[BaseModel], *, event: bool = False) -> dict[str, Any]:
    """A summary with one centre and one width at most; counts instead where wanted."""
    data = draw(
        part(model, frozenset({"derivations", *CENTRES, *_WIDTHS, "geometric_sd", "events", "percent"}))
    )
    if event:
        data["events"] = draw(st.integers(0, 10**6))
        return data
    centre = draw(st.sampled_from(CENTRES))
    data[centre] = draw(positive if centre in _NOT_NEGATIVE else finite)
    if centre == "geometric_mean":
        if draw(st.booleans()):
            data["geometric_sd"] = draw(_BY_NAME["geometric_sd"])
        return data
    width = draw(st.sampled_from((*_WIDTHS, None)))
    if width is not None:
        number = draw(positive)
        data[width] = {"value": number, "kind": "unlabelled"} if width == "spread" else number
    return data


@st.composite
def _derivations(draw: st.DrawFn, value: dict[str, Any]) -> list[dict[str, Any]]:
    found = draw(st.lists(part(Derivation), max_size=2))
    for derivation in found:
        derivation["fields"] = draw(st.lists(st.sampled_from(sorted(value)), min_size=1, max_size=2))
    return found


@st.composite
def _result(draw: st.DrawFn, arms: list[str], sources: list[str]) -> dict[str, Any]:
    data = draw(part(Result, frozenset({"arms", "contrast", "between"})))
    data["source"] = draw(st.lists(st.sampled_from(sources), min_size=1, max_size=2))
    if not data.get("pool", True):
        data["note"] = draw(texts)
    if len(arms) > 1 and draw(st.booleans()):
        contrast = draw(part(Contrast, frozenset({"measure", "difference", "ratio", "derivations", "value"})))
        contrast.update(treatment=arms[0], control=arms[1], difference=draw(finite))
        data["contrast"] = contrast
        return data
    chosen = draw(st.lists(st.sampled_from(arms), min_size=1, unique=True))
    data["arms"] = {arm: draw(summary(ArmValue, event=draw(st.booleans()))) for arm in chosen}
    for value in data["arms"].values():
        if draw(st.booleans()):
            value["derivations"] = draw(_derivations(value))
    if draw(st.booleans()):
        data["between"] = {"p": draw(st.floats(0, 1).map(_sized)), "p_operator": draw(st.sampled_from("=<>"))}
    return data


@st.composite
def _arm(draw: st.DrawFn, arm: str) -> dict[str, Any]:
    data = draw(part(Arm, characteristic_names(Arm) | {"id", "role", "cells", "comparator"}))
    data.update(id=arm, role="control", comparator=draw(st.sampled_from(["placebo", "sham"])))
    if draw(st.booleans()):
        cells = draw(part(Arm, frozenset(Arm.model_fields) - {"cells"})).get("cells", {})
        cells.update(source="adipose", product="cells", msc=True)
        data.update(role="treatment", cells=cells)
    for name in sorted(characteristic_names(Arm)):
        if draw(st.integers(0, 3)) == 0:
            data[name] = draw(summary(Characteristic))
    return data


@st.composite
def records(draw: st.DrawFn) -> Study:
    """A record that is sound in structure; its meaning may be nonsense."""
    clinical = draw(st.booleans())
    arms = draw(st.lists(keys, min_size=1, max_size=3, unique=True))
    sources = draw(st.lists(keys, min_size=1, max_size=2, unique=True))
    about = Population if clinical else AnimalModel
    data: dict[str, Any] = {
        "schema": 1,
        "study": {
            **draw(part(StudyInfo)),
            "id": draw(keys),
            "setting": "clinical" if clinical else "preclinical",
        },
        "population" if clinical else "model": draw(part(about, characteristic_names(about))),
        "arms": [draw(_arm(arm)) for arm in arms],
        "sources": {name: {**draw(part(Source)), "citation": draw(texts)} for name in sources},
        "results": draw(st.lists(_result(arms, sources), max_size=3)),
        "extraction": draw(part(Extraction)),
        "risk_of_bias": [],
    }
    if clinical and draw(st.booleans()):
        data["population"]["age"] = draw(summary(Characteristic))
    for judgement in draw(st.lists(part(RiskOfBias, frozenset({"domains"})), max_size=2)):
        data["risk_of_bias"].append(
            {**judgement, "domains": draw(st.lists(part(DomainJudgement), max_size=2))}
        )
    for name, entry in study_lists().items():
        data[name] = draw(st.lists(part(entry), max_size=2))
    return valid(data)


def valid(data: dict[str, Any]) -> Study:
    """The record, without the optional values that other fields or limits forbid."""
    data = copy.deepcopy(data)
    for _ in range(8):
        try:
            return Study.model_validate(data)
        except ValidationError as error:
            for detail in error.errors():
                _drop(data, detail["loc"])
    assume(False)
    raise AssertionError  # not reached


def _drop(data: Any, path: tuple[str | int, ...]) -> None:
    for step in path[:-1]:
        inside = isinstance(data, list) or (isinstance(data, dict) and step in data)
        data = data[step] if inside else {}
    if isinstance(data, dict):
        data.pop(path[-1] if path else "", None)
