"""Records written into the folder of extractions: all or none, and none over another unless asked."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from metamsc.errors import Problem
from metamsc.exchange.yaml_writer import write_record_yaml
from metamsc.files import write_atomic
from metamsc.records.load import load_study
from metamsc.records.model import Study
from metamsc.records.studies import StudyFile
from metamsc.vocabulary import Setting

_COMMENT = re.compile(r"(?:^|\s)#")
_SCHEMA = "# yaml-language-server:"


@dataclass(frozen=True, slots=True)
class Written:
    """What became of one record.

    Attributes
    ----------
    file : str
        Where it stands.
    change : str
        ``"new"``, ``"updated"`` or ``"unchanged"`` (the file says the same already and was left alone).
    lost_comments : tuple of str
        Comments of the file that was replaced; a table has none.
    """

    file: str
    change: str
    lost_comments: tuple[str, ...] = ()


def write_studies(
    studies: Iterable[Study], folder: str | os.PathLike[str], *, update: bool = False, dry_run: bool = False
) -> tuple[tuple[Written, ...], tuple[Problem, ...]]:
    """Write records as ``<folder>/<setting>/<id>.yml``.

    Parameters
    ----------
    studies : iterable of Study
    folder : path
        Folder of the extractions; made when it is not there.
    update : bool
        Whether records that are there may be replaced, each whole or not at all.
    dry_run : bool
        Whether only to tell what would be done.

    Returns
    -------
    written : tuple of Written
        Every record; empty when there are problems, and then nothing was written.
    problems : tuple of Problem
        Records that are there already and differ, or that no file may hold.

    Raises
    ------
    OSError
        If a file cannot be written; files already written stay.
    """
    plans: list[tuple[Written, str]] = []
    problems: list[Problem] = []
    for study in studies:
        target = Path(folder) / study.study.setting / f"{study.id}.yml"
        text = write_record_yaml(study, target)
        refused = _unreadable(study, text, target)
        if refused is not None:
            problems.append(refused)
            continue
        there = [file for file in _elsewhere(study, folder) if file.exists()]
        if there:
            problems.append(_taken(there[0], f"the study {study.id!r} is there under the other setting"))
        elif not target.exists():
            plans.append((Written(os.fspath(target), "new"), text))
        elif _says_the_same(target, study):
            plans.append((Written(os.fspath(target), "unchanged"), ""))
        elif update:
            plans.append((Written(os.fspath(target), "updated", _comments(target)), text))
        else:
            problems.append(_taken(target, f"a record {study.id!r} is there and differs"))
    if problems:
        return (), tuple(problems)
    for written, text in plans:
        if text and not dry_run:
            write_atomic(written.file, text)
    return tuple(written for written, _ in plans), ()


def _unreadable(study: Study, text: str, file: Path) -> Problem | None:
    """Return why a file with this text would not be read as this record: larger than any file may be, say."""
    found = load_study(text.encode(), os.fspath(file))
    if isinstance(found, StudyFile) and found.study == study:
        return None
    reason = found[0] if isinstance(found, tuple) else None
    message = f"the record {study.id!r} is more than a file may hold"
    if reason is not None:
        message += f": {reason.message} ({reason.code})"
    return Problem(os.fspath(file), 0, 0, "T911", "", message, reason.hint if reason else "")


def _elsewhere(study: Study, folder: str | os.PathLike[str]) -> list[Path]:
    others = [setting for setting in Setting if setting != study.study.setting]
    return [Path(folder) / setting / f"{study.id}.yml" for setting in others]


def _taken(file: Path, message: str) -> Problem:
    hint = "--update replaces it, comments are lost; or give the study another id"
    return Problem(os.fspath(file), 0, 0, "T909", "", message, hint)


def _says_the_same(file: Path, study: Study) -> bool:
    found = load_study(file.read_bytes(), os.fspath(file))
    return isinstance(found, StudyFile) and found.study == study


def _comments(file: Path) -> tuple[str, ...]:
    """Return the comments of a file; a ``#`` inside quotes may be among them."""
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    found = (_COMMENT.search(line) for line in lines if not line.startswith(_SCHEMA))
    return tuple(match.string[match.start() :].strip() for match in found if match)
