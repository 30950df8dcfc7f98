"""Put changes into a plan as plain data: nested keys one by one, methods that belong together as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def merged_plan(
    data: Mapping[str, Any], select: Mapping[str, Any], model: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the plain data of a plan with keys of `select` and `model` replaced, nested ones one by one."""
    changed = dict(data)
    changed["select"] = _merged(data["select"], dict(select))
    changed["model"] = merged_model(data["model"], dict(model))
    return changed


_SET_BY_PRESET = ("tau2_method", "ci_method", "pi_method")
_SET_BY_METHOD = (*_SET_BY_PRESET, "tau_prior", "mu_prior", "rho", "cluster")


def merged_model(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Put changes into a model; a preset or a method is not mixed with choices made for another one."""
    if "preset" in changes:
        base = {key: value for key, value in base.items() if key not in _SET_BY_PRESET}
    if changes.get("method", base.get("method")) != base.get("method"):
        base = {key: value for key, value in base.items() if key not in _SET_BY_METHOD}
    return _merged(base, changes)


def _merged(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in changes.items():
        old = merged.get(key)
        merged[key] = _merged(old, value) if isinstance(value, dict) and isinstance(old, dict) else value
    return merged
