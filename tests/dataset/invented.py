"""Builders of **invented** studies: no number here was ever observed."""

from __future__ import annotations

from typing import Any

from metamsc.dataset.build import effect_table
from metamsc.dataset.rows import EffectTable, Exclusion
from metamsc.records.model import Study
from metamsc.records.studies import Studies

MSC: dict[str, Any] = {
    "id": "msc",
    "role": "treatment",
    "cells": {"source": "umbilical-cord", "dose": {"value": 1e6, "unit": "cells/kg"}},
}
CONTROL: dict[str, Any] = {"id": "control", "role": "control", "comparator": "placebo"}


def treated(arm_id: str, dose: float | None = None, **cells: Any) -> dict[str, Any]:
    """A treated arm, with a dose in cells/kg where one is given."""
    given = {"source": "umbilical-cord", **cells}
    if dose is not None:
        given["dose"] = {"value": dose, "unit": "cells/kg"}
    return {"id": arm_id, "role": "treatment", "cells": given}


def control(arm_id: str, comparator: str = "placebo", role: str = "control") -> dict[str, Any]:
    return {"id": arm_id, "role": role, "comparator": comparator}


def means(
    at: str = "12 months",
    msc: dict[str, Any] | None = None,
    ctrl: dict[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """HbA1c of both arms: 7.0 (SD 1.0, n 10) against 8.0 (SD 1.0, n 10) unless given otherwise."""
    usual = {"n": 10, "sd": 1.0}
    arms = {"msc": msc or {"mean": 7.0, **usual}, "control": ctrl or {"mean": 8.0, **usual}}
    return {"outcome": "hba1c", "unit": "%", "at": at, "source": "paper", "arms": arms, **more}


def counts(msc: tuple[int, int], ctrl: tuple[int, int], at: str = "12 weeks", **more: Any) -> dict[str, Any]:
    """Healed ulcers, (events, n) of both arms."""
    arms = {name: {"events": events, "n": n} for name, (events, n) in (("msc", msc), ("control", ctrl))}
    return {"outcome": "ulcer_healing", "at": at, "source": "paper", "arms": arms, **more}


def contrast(at: str = "12 months", **given: Any) -> dict[str, Any]:
    """A difference of HbA1c reported as such."""
    part = {"treatment": "msc", "control": "control", **given}
    return {"outcome": "hba1c", "unit": "%", "at": at, "source": "paper", "contrast": part}


def study(
    study_id: str,
    *results: dict[str, Any],
    arms: list[dict[str, Any]] | None = None,
    diabetes_type: str = "T1D",
    risk_of_bias: list[dict[str, Any]] | None = None,
    **info: Any,
) -> Study:
    """A clinical study called invented; `info` goes into its `study` part."""
    return Study.model_validate(
        {
            "schema": 1,
            "study": {
                "id": study_id,
                "label": f"Invented {study_id}",
                "title": "An invented study",
                "year": 2020,
                "setting": "clinical",
                "design": "rct-parallel",
                **info,
            },
            "population": {"diabetes_type": diabetes_type},
            "arms": arms or [MSC, CONTROL],
            "sources": {
                "paper": {"kind": "table", "reference": "primary", "url": "invented", "locator": "Table 2"}
            },
            "results": list(results),
            "risk_of_bias": risk_of_bias or [],
            "extraction": {"extracted_by": "nobody", "date": "2026-01-01", "status": "single"},
        }
    )


def table(*studies: Study, outcome: str = "hba1c", **options: Any) -> EffectTable:
    return effect_table(Studies.of(*studies), outcome=outcome, **options)


def only(excluded: EffectTable) -> Exclusion:
    """The one exclusion of a table without rows."""
    assert excluded.rows == ()
    (item,) = excluded.excluded
    return item
