"""One pass over the events of a YAML file: values by YAML 1.2, the place of each node, no surprises.

Comes in as bytes, goes out as :class:`Loaded` or as problems. Records come from strangers: nothing here
constructs objects, follows a reference or recurses, and whatever makes YAML ambiguous or explosive
(duplicate keys, anchors, merge keys, tags, deep nesting) is refused with its line. A plain file is read
by :mod:`metamsc.records.yaml_values`; the pass here is for what is wrong, and for where things stand.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import yaml

from metamsc.errors import InputError, Problem
from metamsc.records.positions import Marked, Path, Positions, format_path, pack, pack_pair
from metamsc.records.scalars import resolve
from metamsc.records.text import BAD_CHARACTER, decode, name_character, syntax_problem
from metamsc.records.yaml_values import MAX_DEPTH, MAX_VALUES, quick_values

MAX_PROBLEMS = 100
"""Of one file: more are not worth reading."""

_NO_KEY: Final = object()


@dataclass(frozen=True, slots=True)
class Loaded:
    """A YAML file read: its values, the place of each and the fingerprint of its bytes."""

    file: str
    data: dict[str, Any]
    positions: Positions
    sha256: str


class _StopReadingError(Exception):
    """Reading cannot go on; the problem is already noted."""


class _Frame:
    """A collection that is being filled."""

    __slots__ = ("key", "key_mark", "marks", "parent_key_mark", "start", "values")

    def __init__(self, values: Any, marks: Any, start: int, parent_key_mark: int) -> None:
        self.values = values
        self.marks = marks
        self.start = start
        self.parent_key_mark = parent_key_mark
        self.key: Any = _NO_KEY
        self.key_mark = 0


class _Builder:
    """Builds values and marks from events, with a stack of its own."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self.stack: list[_Frame] = []
        self.root: Any = None
        self.root_marks: Marked = 0
        self.documents = 0
        self.values = 0

    def note(self, code: str, mark: Any, message: str, hint: str) -> None:
        """Keep a problem; stop when there are too many to be worth reading."""
        line, column = (mark.line + 1, mark.column + 1) if mark is not None else (0, 0)
        self.problems.append(Problem(self.file, line, column, code, self._where(), message, hint))
        if len(self.problems) >= MAX_PROBLEMS:
            raise _StopReadingError

    def _where(self) -> str:
        path: Path = ()
        for frame in self.stack:
            if isinstance(frame.values, list):
                path += (len(frame.values),)
            elif frame.key is not _NO_KEY:
                path += (frame.key,)
        return format_path(path)

    def build(self, text: str) -> None:
        """Read every event of `text`."""
        on_event = {
            yaml.ScalarEvent: self._scalar,
            yaml.MappingStartEvent: self._start,
            yaml.SequenceStartEvent: self._start,
            yaml.MappingEndEvent: self._end,
            yaml.SequenceEndEvent: self._end,
            yaml.AliasEvent: self._alias,
            yaml.DocumentStartEvent: self._document,
        }
        loader = yaml.CSafeLoader(text)
        try:
            # as yaml.parse does, without asking before each event whether there is one
            while (event := loader.get_event()) is not None:
                handle = on_event.get(type(event))
                if handle is not None:
                    handle(event)
        finally:
            loader.dispose()

    def _document(self, event: Any) -> None:
        self.documents += 1
        if self.documents > 1:
            self.note(
                "Y107",
                event.start_mark,
                "a second document begins here",
                "one file holds one record; remove the '---'",
            )
            raise _StopReadingError

    def _alias(self, event: Any) -> None:
        self.note(
            "Y111", event.start_mark, f"alias *{_cut(event.anchor)}", "write the value out where it is used"
        )
        self._add(None, pack(event.start_mark.line, event.start_mark.column), event)

    def _check_node(self, event: Any) -> None:
        self.values += 1
        if self.values > MAX_VALUES:
            self.note(
                "Y115", event.start_mark, f"more than {MAX_VALUES:,} values", "one file holds one study"
            )
            raise _StopReadingError
        if event.anchor is not None:
            self.note(
                "Y111",
                event.start_mark,
                f"anchor &{_cut(event.anchor)}",
                "write the value out where it is used",
            )
        if event.tag is not None:
            self.note(
                "Y113",
                event.start_mark,
                f"tag {_cut(event.tag)}",
                "leave the tag out; use quotes to make a text",
            )

    def _scalar(self, event: Any) -> None:
        self._check_node(event)
        mark = event.start_mark
        value: Any = event.value
        if event.implicit[0]:
            try:
                value = resolve(value)
            except InputError as error:
                self.note("Y116", mark, str(error), "leave the value out if it is not reported")
                value = 0
        elif event.style == '"':
            self._check_escapes(event)
        self._add(value, pack(mark.line, mark.column), event)

    def _check_escapes(self, event: Any) -> None:
        found = BAD_CHARACTER.search(event.value)
        if found:
            self.note(
                "Y104",
                event.start_mark,
                f"the text holds the character {name_character(found[0])}",
                "remove it",
            )

    def _start(self, event: Any) -> None:
        self._check_node(event)
        mapping = isinstance(event, yaml.MappingStartEvent)
        if len(self.stack) >= MAX_DEPTH:
            self.note(
                "Y114", event.start_mark, f"more than {MAX_DEPTH} levels of nesting", "a record has about 8"
            )
            raise _StopReadingError
        key_mark = 0
        if self.stack and isinstance(self.stack[-1].values, dict):
            parent = self.stack[-1]
            if parent.key is _NO_KEY:
                self.note("Y110", event.start_mark, "a list or mapping as a key", "a key is a word")
                raise _StopReadingError
            key_mark = parent.key_mark
        start = pack(event.start_mark.line, event.start_mark.column)
        self.stack.append(_Frame({} if mapping else [], {} if mapping else [], start, key_mark))

    def _end(self, _event: Any) -> None:
        frame = self.stack.pop()
        pair = pack_pair(frame.parent_key_mark, frame.start)
        self._put(frame.values, (pair, frame.marks))

    def _add(self, value: Any, mark: int, event: Any) -> None:
        """Take in a scalar: a key where a mapping waits for one, else a value."""
        frame = self.stack[-1] if self.stack else None
        if frame is not None and isinstance(frame.values, dict) and frame.key is _NO_KEY:
            frame.key = self._key(value, event, frame)
            frame.key_mark = mark
            return
        key_mark = frame.key_mark if frame is not None and isinstance(frame.values, dict) else 0
        self._put(value, pack_pair(key_mark, mark))

    def _put(self, value: Any, marks: Marked) -> None:
        if not self.stack:
            self.root, self.root_marks = value, marks
            return
        frame = self.stack[-1]
        if isinstance(frame.values, list):
            frame.values.append(value)
            frame.marks.append(marks)
            return
        frame.values[frame.key] = value
        frame.marks[frame.key] = marks
        frame.key = _NO_KEY

    def _key(self, value: Any, event: Any, frame: _Frame) -> str:
        if not isinstance(value, str):
            shown = getattr(event, "value", "*" + (getattr(event, "anchor", None) or ""))
            if isinstance(event, yaml.ScalarEvent):
                short = _cut(shown)
                self.note(
                    "Y110", event.start_mark, f"the key {short} is not text", f"put it in quotes: '{short}'"
                )
            return shown
        if value == "<<" and event.implicit[0]:
            self.note("Y112", event.start_mark, "merge key <<", "write the keys out")
        elif value in frame.values:
            first = frame.marks[value]
            line = Positions(first).key(()).line
            self.note(
                "Y109",
                event.start_mark,
                f"the key {_cut(value)!r} is already on line {line}",
                "keep one of the two",
            )
        return value


def _cut(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:59]}…"


def load_yaml_bytes(content: bytes, file: str) -> Loaded | tuple[Problem, ...]:
    """Read the bytes of one YAML file.

    Parameters
    ----------
    content : bytes
        The whole file.
    file : str
        Its name, as problems shall show it.

    Returns
    -------
    Loaded or tuple of Problem
        The values with their places; or everything found wrong, in the order of the file.
    """
    text = decode(content, file)
    if isinstance(text, Problem):
        return (text,)
    data = quick_values(text)
    if data is None:
        found = _all_values(text, file)
        if isinstance(found, tuple):
            return found
        data = found
    return Loaded(file, data, Positions(UnreadPlaces(content)), hashlib.sha256(content).hexdigest())


def _all_values(text: str, file: str) -> dict[str, Any] | tuple[Problem, ...]:
    """Return the values of a file, or everything that is wrong with it."""
    builder = _Builder(file)
    try:
        builder.build(text)
    except _StopReadingError:
        pass
    except yaml.YAMLError as error:
        builder.problems.append(syntax_problem(error, file))
    if builder.problems:
        return tuple(builder.problems)
    root = builder.root
    if root is None:
        return (Problem(file, 1, 1, "Y106", "", "the file holds nothing", "begin with `schema: 1`"),)
    if isinstance(root, dict):
        return root
    place = Positions(builder.root_marks).value(())
    shown = "a list" if isinstance(root, list) else f"the single value {str(root)[:40]!r}"
    hint = "a file is a mapping: `key: value` on each line"
    return (Problem(file, *place, "Y108", "", f"the file holds {shown}", hint),)


@dataclass(frozen=True, slots=True)
class UnreadPlaces:
    """The places of a file that was read without a problem, looked up when one is first asked for.

    Of ten thousand records most have no problem, and a file is smaller than the places in it.
    """

    content: bytes

    def marks(self) -> Marked:
        """Return the tree of marks."""
        return _marks_of(self.content)

    def may_hold(self, text: str) -> bool:
        """Whether a text may stand in the file: always where a backslash begins an escape."""
        return text.encode() in self.content or b"\\" in self.content


@lru_cache(maxsize=1024)  # a review: many analyses in a row ask for places in the same files
def _marks_of(content: bytes) -> Marked:
    text = decode(content, "")
    assert isinstance(text, str)  # noqa: S101 - it was read once already
    builder = _Builder("")
    builder.build(text)
    return builder.root_marks
