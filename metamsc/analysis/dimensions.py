"""The choices a multiverse is made of: what a plan declares, or what its rows leave open.

Knows plans as plain data only; :mod:`metamsc.analysis.multiverse` runs what comes out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from metamsc.dataset.selection import Selection, TreatmentRule
from metamsc.errors import OptionError, check_option, quoted

if TYPE_CHECKING:
    from metamsc.analysis.spec import AnalysisSpec
    from metamsc.analysis.spec_sensitivity import PathOption, SensitivityChoice

MODEL_KEYS = ("tau2_method", "ci_method")
"""Choices of the model that paths may differ in: those that change an estimate or its P value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One way to decide: what it replaces in the plan's `select` and `model`."""

    label: str
    select: Mapping[str, Any]
    model: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension:
    """One decision with the options worth trying; the plan's own is among them unless it is left out."""

    name: str
    options: tuple[Option, ...]

    @property
    def of_model(self) -> bool:
        """Whether its options change the model alone, not the rows."""
        return not any(option.select for option in self.options)


def known_names() -> tuple[str, ...]:
    """List the keys of a plan that a multiverse may vary by their plain name."""
    return (*MODEL_KEYS, *_select_keys(), *_treatment_keys())


def _select_keys() -> tuple[str, ...]:
    fixed = {"outcome", "setting", "treatment", "exclude"}
    return tuple(name for name in Selection.model_fields if name not in fixed)


def _treatment_keys() -> tuple[str, ...]:
    return tuple(TreatmentRule.model_fields)


def declared_dimensions(
    declared: Mapping[str, Sequence[PathOption | bool | float | str]],
) -> tuple[Dimension, ...]:
    """Return the decisions of a plan's `multiverse` key."""
    return tuple(
        Dimension(name=name, options=tuple(declared_option(name, option) for option in options))
        for name, options in declared.items()
    )


def declared_option(name: str, option: PathOption | bool | float | str) -> Option:
    """Return one option of a plan's `multiverse` key.

    Raises
    ------
    OptionError
        If a plain value stands under a name that is no key of a plan, or an option changes a part of
        the model that paths do not differ in.
    """
    if isinstance(option, bool | int | float | str):
        if name not in known_names():
            raise OptionError(
                f"{quoted(name)} is no key of `select`, `select.treatment` or `model` "
                f"({', '.join(known_names())}): give its options a `label`, and what they change under "
                "`select` or `model`."
            )
        return _plain_option(name, option)
    for key in option.model:
        check_option(f"model key of option {quoted(option.label)}", key, MODEL_KEYS)
    return Option(label=option.label, select=option.select, model=option.model)


def _plain_option(name: str, value: Any) -> Option:
    label = {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
    if name in MODEL_KEYS:
        return Option(label=label, select={}, model={name: value})
    if name == "risk_of_bias":
        return Option(label=f"at most {value}", select={name: {"at_most": value}}, model={})
    if name in _treatment_keys():
        return Option(label=label, select={"treatment": {name: value}}, model={})
    return Option(label=label, select={name: value}, model={})


def open_dimensions(spec: AnalysisSpec, row_choices: Iterable[SensitivityChoice]) -> tuple[Dimension, ...]:
    """Return the decisions that a plan without a `multiverse` key leaves open.

    These are the estimators and intervals in use, and everything that the plan's automatic sensitivity
    analyses would try one at a time on its rows.
    """
    options = spec.model.options()
    tau2 = dict.fromkeys((options["tau2_method"], "REML", "PM", "DL"))
    ci = dict.fromkeys((options["ci_method"], "hksj-adhoc", "hksj", "wald"))
    found = [
        Dimension(name=name, options=tuple(_plain_option(name, value) for value in values))
        for name, values in zip(MODEL_KEYS, (tau2, ci), strict=True)
    ]
    rows: dict[str, list[Option]] = {}
    for choice in row_choices:
        if choice.model or not choice.select:
            continue
        name = "+".join(sorted(_leaves(choice.select)))
        rows.setdefault(name, []).append(Option(label=choice.label, select=choice.select, model={}))
    planned = Option(label="as planned", select={}, model={})
    found.extend(Dimension(name=name, options=(planned, *tried)) for name, tried in rows.items())
    return tuple(found)


def _leaves(changes: Mapping[str, Any]) -> list[str]:
    """Name the keys at the bottom of nested changes."""
    names: list[str] = []
    for key, value in changes.items():
        names.extend(_leaves(value) if isinstance(value, Mapping) and key == "treatment" else [key])
    return names
