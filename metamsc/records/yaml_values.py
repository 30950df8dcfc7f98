"""The values of a YAML file that has nothing wrong, and nothing else: a third of the time of a full pass.

Nearly every file is fine, and nearly no place in it is ever asked for. :func:`quick_values` reads such a
file without keeping places; at anything that :mod:`metamsc.records.yaml_events` refuses it gives up, and
the full pass there finds it again with its line. It is lenient in nothing: what it returns is what the
full pass returns.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

import yaml

from metamsc.errors import InputError
from metamsc.records.scalars import Scalar, resolve
from metamsc.records.text import BAD_CHARACTER

MAX_DEPTH = 40
MAX_VALUES = 50_000
"""Limits of one file. A long record has some 2,000 values, 8 levels and 60 KB."""

QUICK_LENGTH = 200_000
"""Characters of a file that is read the quick way. One beyond is no record as people write them: the full
pass counts its values as they come."""

_SHORT = 40
"""Characters of a word that is worth remembering; longer ones are said once."""

_STARTS = frozenset((yaml.MappingStartEvent, yaml.SequenceStartEvent))
_ENDS = frozenset((yaml.MappingEndEvent, yaml.SequenceEndEvent))
_WHOLE_EVENTS = (yaml.StreamStartEvent, yaml.StreamEndEvent, yaml.DocumentStartEvent, yaml.DocumentEndEvent)
_NOTHING: Final[Any] = object()


class _OddError(Exception):
    """The file is not a plain one."""


@lru_cache(maxsize=4096)
def _known_word(text: str) -> Scalar:
    """Value of a short word: keys, units and small numbers come in every record, and are kept once."""
    return resolve(text)


def quick_values(text: str) -> dict[str, Any] | None:
    """Return the values of a file, or None if only the full pass can tell what it holds.

    Parameters
    ----------
    text : str
        The whole file, free of characters that YAML does not allow.
    """
    if len(text) > QUICK_LENGTH:
        return None
    loader = yaml.CSafeLoader(text)
    try:
        root = _read(loader.get_event)
    except (_OddError, InputError, yaml.YAMLError):
        return None
    finally:
        loader.dispose()
    return root if isinstance(root, dict) else None


def _read(next_event: Callable[[], Any]) -> Any:
    """Read all events. A collection being filled is a flat list; a mapping's has keys and values in turn."""
    scalar, mapping_end, known_word = yaml.ScalarEvent, yaml.MappingEndEvent, _known_word
    stack: list[list[Any]] = []
    items: list[Any] = []
    values = documents = 0
    while (event := next_event()) is not None:
        kind = type(event)
        if kind is scalar:
            value = event.value
            plain = event.implicit[0] and event.anchor is None and event.tag is None
            if plain and len(value) <= _SHORT:
                items.append(known_word(value))
            else:
                items.append(_scalar(event))
        elif kind in _STARTS:
            if event.anchor is not None or event.tag is not None or len(stack) >= MAX_DEPTH:
                raise _OddError
            stack.append(items)
            items = []
        elif kind in _ENDS:
            values += len(items)
            full = _mapping(items) if kind is mapping_end else items
            items = stack.pop()
            items.append(full)
        elif kind is yaml.DocumentStartEvent:
            documents += 1
        elif kind not in _WHOLE_EVENTS:
            raise _OddError  # an alias
    if documents != 1 or len(items) != 1 or values >= MAX_VALUES:
        raise _OddError
    return items[0]


def _scalar(event: Any) -> Scalar:
    if event.anchor is not None or event.tag is not None:
        raise _OddError
    value: str = event.value
    if event.implicit[0]:
        return resolve(value)
    if event.style == '"' and BAD_CHARACTER.search(value):
        raise _OddError
    return value


def _mapping(items: list[Any]) -> dict[str, Any]:
    keys = items[::2]
    if {*map(type, keys)} - {str}:
        raise _OddError
    mapping = dict(zip(keys, items[1::2], strict=True))
    if len(mapping) != len(keys) or "<<" in mapping:
        raise _OddError
    return mapping
