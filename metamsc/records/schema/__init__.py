"""The JSON Schemas (2020-12) of a record and of a published review, generated from the models.

``python -m metamsc.records.schema`` writes them again after a model or the catalogue has changed.
Structure only: references, arithmetic and plausibility are judged by `metamsc check`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from metamsc.files import write_atomic
from metamsc.outcomes.catalogue import catalogue
from metamsc.records.descriptions import describe_schema
from metamsc.records.model import SCHEMA_VERSION, Study
from metamsc.records.published import PublishedReview
from metamsc.vocabulary import NOT_MSC

SCHEMA_FILE = Path(__file__).parent / str(SCHEMA_VERSION) / "extraction.json"
REVIEW_SCHEMA_FILE = SCHEMA_FILE.with_name("review.json")

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


def build_review_schema() -> Json:
    """Return the schema of a published review as plain data."""
    describe_schema(PublishedReview)
    schema = PublishedReview.model_json_schema(by_alias=True, mode="validation")
    schema["$defs"]["PublishedResult"]["properties"]["outcome"]["enum"] = [*catalogue().outcomes, None]
    head: Json = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:metamsc:schema:review:{SCHEMA_VERSION}",
    }
    return {**head, **schema}


SCHEMAS = {SCHEMA_FILE: build_schema, REVIEW_SCHEMA_FILE: build_review_schema}
"""File -> what builds it."""


def schema_text(file: Path = SCHEMA_FILE) -> str:
    """Return the content of a schema file."""
    return json.dumps(SCHEMAS[file](), indent=2, ensure_ascii=False) + "\n"


def write_schemas() -> tuple[Path, ...]:
    """Write the schemas into the package and return their paths."""
    for file in SCHEMAS:
        write_atomic(file, schema_text(file))
    return tuple(SCHEMAS)
