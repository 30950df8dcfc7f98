"""What each field of a part is for: the text below it in the source, read when somebody asks.

Pydantic would read these texts as each class is made (`use_attribute_docstrings`), which takes a fifth of
the time in which a command begins; they are shown in a problem, in the docs and in the JSON Schemas.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from typing import get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo


def described(part: type[BaseModel]) -> Mapping[str, FieldInfo]:
    """Return the fields of a part, each with its description filled in where the source has one."""
    fields = part.model_fields
    for kind in part.__mro__:
        for name, text in _texts(kind.__module__).get(kind.__qualname__, {}).items():
            if name in fields and fields[name].description is None:
                fields[name].description = text
    return fields


def describe_schema(part: type[BaseModel]) -> None:
    """Make `part` say the descriptions of its fields, and of all parts within, in its JSON Schema."""
    for inner in dict.fromkeys(_parts_within(part)):
        described(inner)
        inner.model_rebuild(force=True)


def _parts_within(part: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """Yield each part below `part` before the one that holds it, and `part` at last."""
    for field in part.model_fields.values():
        yield from _parts_named(field.annotation)
    yield part


def _parts_named(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield from _parts_within(annotation)
    for inner in get_args(annotation):
        yield from _parts_named(inner)


@cache
def _texts(module: str) -> Mapping[str, Mapping[str, str]]:
    """Class -> field -> text of a module; nothing where the source is not there."""
    try:
        tree = ast.parse(inspect.getsource(sys.modules[module]))
    except (OSError, TypeError):
        return {}
    return {node.name: _texts_of(node) for node in tree.body if isinstance(node, ast.ClassDef)}


def _texts_of(part: ast.ClassDef) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for field, below in zip(part.body, part.body[1:], strict=False):
        if not isinstance(field, ast.AnnAssign) or not isinstance(field.target, ast.Name):
            continue
        value = below.value if isinstance(below, ast.Expr) else None
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            found[field.target.id] = inspect.cleandoc(value.value)
    return found
