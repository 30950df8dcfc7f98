"""A function of a fit is answered by whoever knows fits of that kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from .r_eval import Adapter, Arguments
from .r_values import NotSupportedError

Fit = TypeVar("Fit")


def for_kind(kind: type[Fit], mine: Callable[[Fit, Arguments], Any], others: Adapter | None) -> Adapter:
    """Return the adapter of a function of a fit: `mine` for fits of this kind, else the others'.

    The fit is evaluated once and passed on as a value.
    """

    def adapter(arguments: Arguments) -> Any:
        items = list(arguments.items)
        named = (None, "object", "x", "model")
        at = next((i for i, (name, _) in enumerate(items) if name in named), None)
        if at is None:
            raise NotSupportedError("a function of a fit without a fit")
        value = arguments.env.evaluate(items[at][1])
        items[at] = (items[at][0], {"value": value})
        passed = Arguments(items, arguments.env)
        if isinstance(value, kind):
            return mine(value, passed)
        if others is None:
            raise NotSupportedError(f"a fit of kind {type(value).__name__}")
        return others(passed)

    return adapter
