"""Errors about a value that may be of several kinds, as a person means them.

Pydantic gives one error for each kind, with the kind's name as a step of the path. Here such a step is
dropped, and of the errors of one value those stay that say most: what is wrong inside the one kind that
it could be, else one error with every kind that is allowed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import NoneType, UnionType
from typing import Any, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from metamsc.records.positions import Path


def strip(annotation: Any) -> Any:
    """Return an annotation without `| None` and without Annotated."""
    while True:
        if hasattr(annotation, "__metadata__"):
            annotation = annotation.__origin__
        elif len(found := kinds(annotation)) == 1 and found[0] is not annotation:
            annotation = found[0]
        else:
            return annotation


def kinds(annotation: Any) -> tuple[Any, ...]:
    """Return the kinds of value that an annotation allows, besides none."""
    if get_origin(annotation) not in (Union, UnionType):
        return (annotation,)
    return tuple(kind for kind in get_args(annotation) if kind is not NoneType)


def element(annotation: Any) -> Any:
    """Return what a collection holds; None for what is no collection."""
    bare = strip(annotation)
    args = get_args(bare)
    if get_origin(bare) not in (tuple, list, dict) or not args:
        return None
    return args[1] if get_origin(bare) is dict else args[0]


def model_in(annotation: Any) -> type[BaseModel] | None:
    """Return the model that an annotation is, or that one of its kinds is; None where there is none."""
    for kind in kinds(strip(annotation)):
        bare = strip(kind)
        if isinstance(bare, type) and issubclass(bare, BaseModel):
            return bare
    return None


_OF_ALL = frozenset({"too_short", "too_long"})
"""Errors of a list or mapping that was entered: it is of the kind that was meant."""


def _holds_others(value: Any) -> bool:
    return isinstance(value, list | tuple | dict)


def _miscounts(detail: ErrorDetails) -> bool:
    """Say whether a list is called too short only as its wrong entries, told one by one, do not count."""
    given = detail["input"]
    least = detail.get("ctx", {}).get("min_length", 0)
    return detail["type"] == "too_short" and _holds_others(given) and len(given) >= least


class _Found(NamedTuple):
    detail: ErrorDetails
    path: Path
    of_whole: bool
    """Whether it says that the value as a whole is not of one of the kinds."""


def said_once(
    details: Iterable[ErrorDetails], model: type[BaseModel], only_kind: Callable[[str], bool]
) -> list[tuple[ErrorDetails, Path, tuple[str, ...]]]:
    """Return errors with their paths in the file, and the types of all errors that one stands for.

    Parameters
    ----------
    details : iterable of ErrorDetails
        As pydantic gives them.
    model : type
        What was validated.
    only_kind : callable
        Whether a type of error says nothing but that the value is of another kind.
    """
    found = [_place(detail, model) for detail in details if not _miscounts(detail)]
    of_whole: dict[Path, list[ErrorDetails]] = {}
    entered: set[Path] = set()
    """Places inside which something is wrong."""
    for one in found:
        if one.of_whole:
            of_whole.setdefault(one.path, []).append(one.detail)
        entered.update(one.path[:length] for length in range(len(one.path)))
    said: list[tuple[ErrorDetails, Path, tuple[str, ...]]] = []
    for one in found:
        if not one.of_whole:
            said.append((one.detail, one.path, (one.detail["type"],)))
        elif same := of_whole.pop(one.path, []):  # at the first of them
            telling = next((detail for detail in same if not only_kind(detail["type"])), None)
            if telling is not None and telling["type"] == "literal_error" and _holds_others(telling["input"]):
                telling = next((detail for detail in same if detail["type"] in _OF_ALL), telling)
            types = tuple(detail["type"] for detail in ([telling] if telling else same))
            if one.path not in entered:
                said.append((telling or same[0], one.path, types))
    return said


def _place(detail: ErrorDetails, model: type[BaseModel]) -> _Found:
    """Walk down the path of an error, leaving out the steps that name a kind."""
    path: Path = ()
    inside: Any = model
    of_whole = False
    for step in detail["loc"]:
        bare = strip(inside)
        of_whole = len(kinds(bare)) > 1
        if of_whole:
            inside = next(
                (kind for kind in kinds(bare) if getattr(strip(kind), "__name__", "") == step), None
            )
            continue
        path += (step,)
        if isinstance(bare, type) and issubclass(bare, BaseModel):
            fields = bare.model_fields.items()
            field = next((field for name, field in fields if step in (field.alias or name, name)), None)
            inside = None if field is None else field.annotation
        else:
            inside = element(bare)
    return _Found(detail, path, of_whole)
