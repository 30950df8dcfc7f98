"""Where each node of a YAML file stands: a compact tree of marks beside the tree of values.

Comes out of :mod:`metamsc.records.yaml_events`; every later layer asks it for file and line. One
mark is one integer, because a review of ten thousand records has millions of nodes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

Path = tuple[str | int, ...]
"""Way to a node: keys and list indexes, ``("results", 0, "arms", "msc", "sd")``."""

_COLUMN_BITS = 20  # a file is at most 1 MB, so no line number or column needs more
_MARK_BITS = 2 * _COLUMN_BITS
_COLUMN_MASK = (1 << _COLUMN_BITS) - 1
_MARK_MASK = (1 << _MARK_BITS) - 1

_LONGEST_KEY = 60

Marked = int | tuple[int, "dict[str, Marked] | list[Marked]"]
"""A scalar's marks, or a collection's marks with its children. Marks = key's mark and value's mark."""


class Unread(Protocol):
    """Places that are looked up when one is first asked for."""

    def marks(self) -> Marked:
        """Return the tree of marks."""
        ...

    def may_hold(self, text: str) -> bool:
        """Whether a text may stand in the file."""
        ...


class Place(NamedTuple):
    """Line and column, both counted from 1."""

    line: int
    column: int


def pack(line: int, column: int) -> int:
    """Return the mark of a place, both counted from 0 as libyaml does."""
    return ((line + 1) << _COLUMN_BITS) | (column + 1)


def pack_pair(key_mark: int, value_mark: int) -> int:
    """Join the mark of a key and the mark of its value; 0 stands for no key."""
    return (key_mark << _MARK_BITS) | value_mark


def _unpack(mark: int) -> Place:
    return Place(mark >> _COLUMN_BITS, mark & _COLUMN_MASK)


def format_path(path: Path) -> str:
    """Write a path as a person would: ``results[0].arms.msc.sd``; the whole file is ``""``.

    A key longer than 60 characters is cut: it is no name of ours, and stands in every problem below it.
    """
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            name = step if len(step) <= _LONGEST_KEY else f"{step[: _LONGEST_KEY - 1]}…"
            text += f".{name}" if text else name
    return text


@dataclass(frozen=True, slots=True)
class Positions:
    """Line and column of every key and value of one file.

    Attributes
    ----------
    root : int, tuple or Unread
        The tree of marks, or what can tell it.
    """

    root: Marked | Unread = 0

    def _tree(self) -> Marked:
        return self.root if isinstance(self.root, int | tuple) else self.root.marks()

    def _marks(self, path: Path) -> tuple[int, bool]:
        """Return the marks of the node at `path`, or of its nearest ancestor, and whether it was there."""
        node = self._tree()
        for step in path:
            children = node[1] if isinstance(node, tuple) else None
            child: Marked | None = None
            if isinstance(children, dict) and isinstance(step, str):
                child = children.get(step)
            elif isinstance(children, list) and isinstance(step, int) and 0 <= step < len(children):
                child = children[step]
            if child is None:
                return (node[0] if isinstance(node, tuple) else node), False
            node = child
        return (node[0] if isinstance(node, tuple) else node), True

    def may_hold(self, text: str) -> bool:
        """Whether a text may stand in the file: False only where it does not."""
        return isinstance(self.root, int | tuple) or self.root.may_hold(text)

    def below(self, path: Path) -> Positions:
        """Return the places of the nodes below `path`, by their paths from there; none if it is not there."""
        node = self._tree()
        for step in path:
            children: Any = node[1] if isinstance(node, tuple) else ()
            known = step in children if isinstance(children, dict) else step in range(len(children))
            if not known:
                return Positions()
            node = children[step]
        return Positions(node)

    def value(self, path: Path) -> Place:
        """Place of the value at `path`; of the key of its nearest ancestor when it is not there.

        Returns
        -------
        Place
            Line 0, column 0 for a record that was not read from a file.
        """
        marks, found = self._marks(path)
        return _unpack(marks & _MARK_MASK) if found else self._key_or_value(marks)

    def key(self, path: Path) -> Place:
        """Place of the key at `path`; of the value where there is no key (list items, the root)."""
        return self._key_or_value(self._marks(path)[0])

    @staticmethod
    def _key_or_value(marks: int) -> Place:
        return _unpack((marks >> _MARK_BITS) or (marks & _MARK_MASK))
