"""The made-up study that the template shows."""

from __future__ import annotations

from typing import Any

from metamsc.records.model import Study

_EXAMPLE: dict[str, Any] = {
    "schema": 1,
    "study": {
        "id": "example-2020",
        "label": "Example 2020",
        "title": "An example, made up",
        "authors": ["Example A", "Sample B"],
        "year": 2020,
        "registration": ["NCT00000000"],
        "countries": ["BR"],
        "setting": "clinical",
        "design": "rct-parallel",
        "follow_up": "12 months",
    },
    "population": {
        "diabetes_type": "T1D",
        "age": {"mean": 18.3, "sd": 5.1, "n": 42, "unit": "years"},
    },
    "arms": [
        {
            "id": "msc",
            "role": "treatment",
            "n_randomised": 21,
            "cells": {
                "source": "umbilical-cord",
                "donor": "allogeneic",
                "dose": {"value": 1e6, "unit": "cells/kg"},
                "infusions": 1,
                "route": "intravenous",
            },
        },
        {"id": "control", "role": "control", "n_randomised": 21, "comparator": "placebo"},
    ],
    "sources": {
        "table-2": {
            "kind": "table",
            "reference": "primary",
            "url": "https://example.org/paper",
            "locator": "Table 2",
        }
    },
    "results": [
        {
            "outcome": "hba1c",
            "unit": "%",
            "at": "12 months",
            "source": ["table-2"],
            "arms": {
                "msc": {"n": 21, "mean": 7.5, "sd": 1.0},
                "control": {"n": 20, "mean": 8.8, "sd": 0.9},
            },
        },
        {
            "outcome": "insulin_independence",
            "at": "12 months",
            "source": ["table-2"],
            "arms": {
                "msc": {
                    "n": 21,
                    "events": 6,
                    "percent": 28.6,
                    "derivations": [
                        {
                            "fields": ["events"],
                            "kind": "arithmetic",
                            "note": "printed as 28.6 %; 6/21",
                        }
                    ],
                },
                "control": {"n": 20, "events": 0},
            },
        },
    ],
    "missing_results": [
        {
            "outcome": "c_peptide",
            "at": "12 months",
            "kind": "figure-only",
            "reason": "Figure 3 only",
        }
    ],
    "extraction": {"extracted_by": "A. Extractor", "date": "2026-01-31", "status": "single"},
}


def example_study() -> Study:
    """Return a small trial with every part that most records have; no such study exists."""
    return Study.model_validate(_EXAMPLE)
