"""The JSON Schema of a record (2020-12), generated from the model, for editors and other validators.

``python -m metamsc.records.schema`` writes it again after the model or the catalogue has changed.
Structure only: references, arithmetic and plausibility are judged by `metamsc check`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from metamsc.outcomes.catalogue import catalogue
from metamsc.records.descriptions import describe_schema
from metamsc.records.model import SCHEMA_VERSION, Study
from metamsc.vocabulary import NOT_MSC

SCHEMA_FILE = Path(__file__).parent / str(SCHEMA_VERSION) / "extraction.json"

Json = dict[str, Any]


def _has(name: str, value: str) -> Json:
    return {"properties": {name: {"const": value}}, "required": [name]}


def _conditions() -> dict[str, Json]:
    """Return what the model's validators demand, as far as JSON Schema can say it; by definition."""
    products = sorted(NOT_MSC)
    return {
        "Result": {"oneOf": [{"required": ["arms"]}, {"required": ["contrast"]}]},
        "Source": {"anyOf": [{"required": ["url"]}, {"required": ["citation"]}]},
        "Arm": {
            "allOf": [
                {"if": _has("role", "treatment"), "then": {"required": ["cells"]}},
                {"if": _has("role", "control"), "then": {"required": ["comparator"]}},
            ]
        },
        "Cells": {
            "if": {"properties": {"product": {"enum": products}}, "required": ["product"]},
            "then": {"properties": {"msc": {"const": False}}, "required": ["msc"]},
        },
    }


def _setting_condition() -> Json:
    clinical = {"properties": {"study": _has("setting", "clinical")}}
    return {
        "if": clinical,
        "then": {"required": ["population"], "properties": {"model": {"type": "null"}}},
        "else": {"required": ["model"], "properties": {"population": {"type": "null"}}},
    }


def build_schema() -> Json:
    """Return the schema as plain data."""
    describe_schema(Study)
    schema = Study.model_json_schema(by_alias=True, mode="validation")
    parts: dict[str, Json] = schema["$defs"]
    outcomes, families = list(catalogue().outcomes), list(catalogue().families)
    parts["Result"]["properties"]["outcome"]["enum"] = outcomes
    parts["MissingResult"]["properties"]["outcome"]["enum"] = [*outcomes, *families]
    source = parts["Result"]["properties"]["source"]
    key = source["items"]
    parts["Result"]["properties"]["source"] = {
        "anyOf": [key, {"type": "array", "items": key, "minItems": 1}],
        "description": source["description"],
    }
    for name, condition in _conditions().items():
        parts[name].update(condition)
    head: Json = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:metamsc:schema:extraction:{SCHEMA_VERSION}",
    }
    return {**head, **schema, **_setting_condition()}


def schema_text() -> str:
    """Return the file's content."""
    return json.dumps(build_schema(), indent=2, ensure_ascii=False) + "\n"


def write_schema() -> Path:
    """Write the schema into the package and return its path."""
    SCHEMA_FILE.parent.mkdir(parents=True, exist_ok=True)
    SCHEMA_FILE.write_text(schema_text(), encoding="utf-8")
    return SCHEMA_FILE
