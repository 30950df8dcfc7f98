"""Records from disk: every file read, every problem collected, one bad file hides no other.

Structure only. What the parts of a record mean to each other is judged in :mod:`metamsc.checks`.
"""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterable
from pathlib import Path

from metamsc.errors import Problem, RecordError
from metamsc.records.model import Study
from metamsc.records.studies import Studies, StudyFile
from metamsc.records.text import MAX_BYTES
from metamsc.records.validate import validate
from metamsc.records.yaml_events import Loaded, load_yaml_bytes
from metamsc.vocabulary import Setting

SUFFIXES = (".yml", ".yaml")
_SETTING_FOLDERS = frozenset(Setting)

PathLike = str | os.PathLike[str]


def load_yaml(path: PathLike) -> Loaded | tuple[Problem, ...]:
    """Read any one YAML file of ours: a record, an `analysis.yml`, the outcome catalogue.

    Parameters
    ----------
    path : path
        The file; a folder, pipe or device is refused and not opened.

    Returns
    -------
    Loaded or tuple of Problem
        The values with their places; or everything found wrong.
    """
    file, source = os.fspath(path), Path(path)
    try:
        status = source.stat()
        if not stat.S_ISREG(status.st_mode):
            return (_unreadable(file, "it is not a file"),)
        with source.open("rb", buffering=0) as stream:
            # room for a whole megabyte, ten thousand times, would take longer than the reading
            content = stream.read(min(status.st_size, MAX_BYTES) + 1)
            if len(content) != status.st_size:  # it grows, or is one that the system makes up as it is read
                content += _rest(stream, MAX_BYTES + 1 - len(content))
            size = max(os.fstat(stream.fileno()).st_size, len(content)) if len(content) > MAX_BYTES else 0
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        return (_unreadable(file, reason or "unknown reason"),)
    if len(content) > MAX_BYTES:
        hint = f"at most {MAX_BYTES:,}; one file, one study"
        return (Problem(file, 0, 0, "Y102", "", f"the file has {size:,} bytes", hint),)
    return load_yaml_bytes(content, file)


def _rest(stream: io.FileIO, most: int) -> bytes:
    parts: list[bytes] = []
    while most > 0 and (part := stream.read(most)):
        parts.append(part)
        most -= len(part)
    return b"".join(parts)


def _unreadable(file: str, reason: str) -> Problem:
    return Problem(file, 0, 0, "Y101", "", f"cannot be read: {reason}", "check the path and who may read it")


def find_records(paths: PathLike | Iterable[PathLike]) -> tuple[tuple[str, ...], tuple[Problem, ...]]:
    """List the record files in files and folders, without opening them.

    Parameters
    ----------
    paths : path or paths
        Files are taken as they are; folders are searched to any depth for ``*.yml`` and ``*.yaml``.
        Names that begin with a dot are left out.

    Returns
    -------
    files : tuple of str
        Each once, sorted.
    problems : tuple of Problem
        Paths that do not exist, folders without a record, symbolic links inside a folder (a record
        from a stranger may not point out of its folder).
    """
    files: set[str] = set()
    problems: list[Problem] = []
    for path in _each(paths):
        given = os.fspath(path)
        if not Path(path).is_dir():
            files.add(given)
            continue
        found = _walk(given, problems)
        if not found:
            hint = "records end in .yml; `metamsc new` begins one"
            problems.append(Problem(given, 0, 0, "F304", "", "no record in this folder", hint, "warning"))
        files.update(found)
    return tuple(sorted(files)), tuple(problems)


def _each(paths: PathLike | Iterable[PathLike]) -> Iterable[PathLike]:
    return (paths,) if isinstance(paths, str | os.PathLike) else tuple(paths)


def _walk(folder: str, problems: list[Problem]) -> list[str]:
    def unreadable(error: OSError) -> None:
        problems.append(_unreadable(str(error.filename), error.strerror or "unknown reason"))

    found = []
    for parent, folders, names in os.walk(folder, onerror=unreadable):
        shown = sorted(name for name in folders if not name.startswith("."))
        folders[:] = [name for name in shown if _is_plain(name)]
        for name in [*shown, *sorted(names)]:
            path = str(Path(parent) / name)
            wanted = name.endswith(SUFFIXES) and not name.startswith(".")
            if (wanted or name in shown) and not _is_plain(name):
                problems.append(_unreadable(path, "its name holds a backslash or a character without ink"))
                continue
            if (wanted or name in folders) and Path(path).is_symlink():
                hint = "put the file itself here"
                problems.append(
                    Problem(path, 0, 0, "Y117", "", "a symbolic link inside a folder of records", hint)
                )
            elif wanted and name not in folders:
                found.append(path)
    return found


def _is_plain(name: str) -> bool:
    """Whether a name means the same everywhere: elsewhere, a backslash is the way into another folder."""
    return "\\" not in name and name.isprintable()


def load_study(content: bytes, file: str) -> StudyFile | tuple[Problem, ...]:
    """Read one record from its bytes (a file's, or those of a revision in git).

    Parameters
    ----------
    content : bytes
        The whole file.
    file : str
        Its name, as problems shall show it; its last two parts are compared with id and setting.

    Returns
    -------
    StudyFile or tuple of Problem
        The study with its lines; or everything found wrong with its structure.
    """
    return _as_study(load_yaml_bytes(content, file), file)


def _as_study(loaded: Loaded | tuple[Problem, ...], file: str) -> StudyFile | tuple[Problem, ...]:
    if not isinstance(loaded, Loaded):
        return loaded
    study, problems = validate(Study, loaded.data, loaded.positions, file)
    if study is None:
        return problems
    return StudyFile(study, file, loaded.sha256, loaded.positions)


def _check_place(record: StudyFile) -> Iterable[Problem]:
    """Problems of a record that stands under another name or in another folder than it should."""
    path = Path(record.file)
    info = record.study.study
    if path.stem.lower() != info.id:  # some file systems do not tell Cai-2016 from cai-2016
        place = record.place(("study", "id"))
        hint = f"rename the file to {info.id}.yml, or write `id: {path.stem}`"
        message = f"the study id is {info.id!r}, the file is {path.name!r}"
        yield Problem(record.file, *place, "F301", "study.id", message, hint)
    if path.parent.name in _SETTING_FOLDERS and path.parent.name != info.setting:
        place = record.place(("study", "setting"))
        message = f"the setting is {info.setting.value!r}, the folder is {path.parent.name!r}"
        yield Problem(
            record.file, *place, "F302", "study.setting", message, f"move it to {info.setting.value}/"
        )


def load_records(paths: PathLike | Iterable[PathLike]) -> tuple[Studies, tuple[Problem, ...]]:
    """Read every record in files and folders.

    Parameters
    ----------
    paths : path or paths
        As for :func:`find_records`.

    Returns
    -------
    studies : Studies
        The records that could be read. A record under a wrong name is among them; of two records
        with one id, the first.
    problems : tuple of Problem
        Everything found wrong in all files, sorted by file and line.
    """
    files, found = find_records(paths)
    return join_records(map(read_record, files), found)


def read_record(file: str) -> StudyFile | tuple[Problem, ...]:
    """Read one record file: the study with its lines, or everything found wrong with its structure."""
    return _as_study(load_yaml(file), file)


def join_records(
    read: Iterable[StudyFile | tuple[Problem, ...]], found: Iterable[Problem] = ()
) -> tuple[Studies, tuple[Problem, ...]]:
    """Join what was read of each file, with `found` of the search for them, as :func:`load_records` does."""
    problems = list(found)
    records: dict[str, StudyFile] = {}
    for record in read:
        if not isinstance(record, StudyFile):
            problems.extend(record)
            continue
        problems.extend(_check_place(record))
        first = records.setdefault(record.study.id, record)
        if first is not record:
            place = record.place(("study", "id"))
            message = f"the study id {record.study.id!r} is also in {first.cite(('study', 'id'))}"
            hint = "two reports of the same participants share one file, or one `cohort` key"
            problems.append(Problem(record.file, *place, "F303", "study.id", message, hint))
    return Studies(records.values()), tuple(sorted(problems))


def read_studies(paths: PathLike | Iterable[PathLike]) -> Studies:
    """Read records, all of which must be sound in structure.

    Parameters
    ----------
    paths : path or paths
        Files and folders, as for :func:`find_records`: ``"data/extractions"``.

    Returns
    -------
    Studies
        Every study, with its file and lines, in the order of setting and id.

    Raises
    ------
    RecordError
        If any file has an error; carries every problem of every file.
    """
    studies, problems = load_records(paths)
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        files = len({problem.file for problem in errors})
        raise RecordError(f"{len(errors)} problem(s) in {files} file(s):", problems)
    return studies
