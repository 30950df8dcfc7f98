"""The JSON Schema of a plan (2020-12), generated from the model, for editors.

``python -m metamsc.analysis.schema`` writes it again after the model has changed.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from metamsc.analysis.spec import AnalysisSpec
from metamsc.records.descriptions import describe_schema

SCHEMA_FILE = Path(__file__).parent / "1" / "analysis.json"


def build_schema() -> dict[str, Any]:
    """Return the schema as plain data."""
    describe_schema(AnalysisSpec)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "metamsc analysis plan",
        **{key: value for key, value in AnalysisSpec.model_json_schema().items() if key != "title"},
    }


def schema_text() -> str:
    """Return the schema as it stands in the file."""
    return json.dumps(build_schema(), indent=1, ensure_ascii=False, sort_keys=True) + "\n"
