"""A reviewed set of records: the studies, and the file, fingerprint and lines each came from."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import overload

from metamsc.errors import OptionError
from metamsc.records.model import Study
from metamsc.records.positions import Path, Place, Positions


@dataclass(frozen=True, slots=True)
class StudyFile:
    """One study with the file it was read from.

    Attributes
    ----------
    study : Study
        The record.
    file : str
        Path as the user gave it; empty for a record made in Python.
    sha256 : str
        SHA-256 of the file's bytes, in hexadecimal; empty for a record made in Python.
    positions : Positions
        Line and column of every node of the file.
    """

    study: Study
    file: str = ""
    sha256: str = ""
    positions: Positions = field(default_factory=Positions)

    def place(self, path: Path) -> Place:
        """Place of the value at `path`, or of its nearest ancestor."""
        return self.positions.value(path)

    def may_hold(self, text: str) -> bool:
        """Whether a text may stand in the file: False only where it does not, for a quick look ahead."""
        return self.positions.may_hold(text)

    def cite(self, path: Path = ()) -> str:
        """Write ``file:line`` of the node at `path`, or the study id for a record made in Python."""
        if not self.file:
            return self.study.id
        return f"{self.file}:{self.positions.key(path).line}"


class Studies(Sequence[Study]):
    """Studies in the order of setting and id; immutable.

    A sequence of :class:`~metamsc.records.model.Study`; :attr:`files` gives the same studies with
    their files, :meth:`origin` the file of one of them.

    Parameters
    ----------
    files : iterable of StudyFile
        In any order.

    Raises
    ------
    OptionError
        If two of them have the same study id.
    """

    __slots__ = ("_by_id", "files")

    files: tuple[StudyFile, ...]

    def __init__(self, files: Iterable[StudyFile] = ()) -> None:
        self.files = tuple(sorted(files, key=lambda f: (f.study.study.setting.value, f.study.id)))
        self._by_id = {f.study.id: f for f in self.files}
        if len(self._by_id) != len(self.files):
            ids = [f.study.id for f in self.files]
            twice = sorted({i for i in ids if ids.count(i) > 1})
            raise OptionError(f"files must hold each study id once; got twice: {', '.join(twice)}.")

    @classmethod
    def of(cls, *studies: Study) -> Studies:
        """Make a set of records that were built in Python."""
        return cls(StudyFile(study) for study in studies)

    def __len__(self) -> int:
        return len(self.files)

    @overload
    def __getitem__(self, index: int) -> Study: ...

    @overload
    def __getitem__(self, index: slice) -> Studies: ...

    def __getitem__(self, index: int | slice) -> Study | Studies:
        if isinstance(index, slice):
            return Studies(self.files[index])
        return self.files[index].study

    def __iter__(self) -> Iterator[Study]:
        return (file.study for file in self.files)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Studies) and self.files == other.files

    def __hash__(self) -> int:
        return hash(tuple((file.file, file.sha256, file.study.id) for file in self.files))

    def __repr__(self) -> str:
        return f"Studies({len(self)}: {', '.join(file.study.id for file in self.files)})"

    @property
    def ids(self) -> tuple[str, ...]:
        """Study ids, in order."""
        return tuple(file.study.id for file in self.files)

    def origin(self, study: Study | str) -> StudyFile:
        """Return the file, fingerprint and line table of a study, given itself or its id.

        Raises
        ------
        OptionError
            If no record has this id.
        """
        study_id = study if isinstance(study, str) else study.id
        found = self._by_id.get(study_id)
        if found is None:
            near = difflib.get_close_matches(study_id, self._by_id, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise OptionError(
                f"study must be the id of one of the {len(self)} records; got {study_id!r}{hint}."
            )
        return found

    def study(self, study_id: str) -> Study:
        """Return the study with this id.

        Raises
        ------
        OptionError
            If no record has this id.
        """
        return self.origin(study_id).study

    def select(self, keep: Callable[[Study], bool]) -> Studies:
        """Return the studies for which `keep` is true."""
        return Studies(file for file in self.files if keep(file.study))
