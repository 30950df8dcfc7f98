"""What was found in a study once is not looked for again while nothing it depended on has changed.

A multiverse asks for thousands of selections that differ in a few keys, and most studies depend on few
of them. Each finding is kept with the keys of the selection that were read on the way to it; another
selection with the same values of these keys must give the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar, cast

from metamsc.dataset.selection import Selection

Found = TypeVar("Found")


class _Watched:
    """Stands for a selection and notes which of its keys are read."""

    __slots__ = ("_read", "_selection")

    def __init__(self, selection: Selection, read: dict[str, None]) -> None:
        self._selection, self._read = selection, read

    def __getattr__(self, name: str) -> Any:
        if name not in Selection.model_fields:
            raise AttributeError(f"{name!r} is no key of a selection: what it reads could not be noted.")
        self._read[name] = None
        return getattr(self._selection, name)


class Asked:
    """A selection and, for each of its keys, a number that equal values share."""

    _numbers: ClassVar[dict[Any, int]] = {}

    def __init__(self, selection: Selection) -> None:
        self.selection = selection
        known = self._numbers
        self.number = {
            name: known.setdefault((name, getattr(selection, name)), len(known))
            for name in Selection.model_fields
        }


class Memory:
    """Findings of one kind about one study, each with what it depended on."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, ...], dict[tuple[int, ...], Any]] = {}

    def find(self, asked: Asked, look: Callable[[Selection], Found]) -> Found:
        """Return what `look` finds for this selection, from memory where that is sure to be the same.

        Parameters
        ----------
        asked : Asked
        look : callable
            Must depend on nothing but the keys that it reads from its argument.
        """
        number = asked.number
        for names, findings in self._kept.items():
            key = tuple([number[name] for name in names])
            if key in findings:
                return cast("Found", findings[key])
        noted: dict[str, None] = {}
        made = look(cast("Selection", _Watched(asked.selection, noted)))
        names = tuple(noted)
        self._kept.setdefault(names, {})[tuple([number[name] for name in names])] = made
        return made
