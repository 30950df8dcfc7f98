"""Which two records are compared: two files of one study, or two folders study by study."""

from __future__ import annotations

import os
from pathlib import Path

from metamsc.errors import InputError, Problem
from metamsc.exchange.compare import Comparison, compare_studies
from metamsc.exchange.merge import merge_studies
from metamsc.exchange.reading import read_for_exchange
from metamsc.exchange.yaml_writer import write_record_yaml
from metamsc.files import write_atomic
from metamsc.records.studies import Studies


def compare_paths(
    a: str | os.PathLike[str], b: str | os.PathLike[str]
) -> tuple[tuple[Comparison, ...], tuple[Problem, ...]]:
    """Compare two files of one study, or two folders.

    Parameters
    ----------
    a, b : path
        Two records, or two folders of them; studies are brought together by their id.

    Returns
    -------
    comparisons : tuple of Comparison
        In the order of setting and id.
    problems : tuple of Problem
        Studies that only one folder has (warnings).

    Raises
    ------
    RecordError
        If a record cannot be read.
    InputError
        If one is a file and one a folder, or two files are of different studies.
    """
    if Path(a).is_dir() != Path(b).is_dir():
        raise InputError("compare two files or two folders, not one of each.")
    first, second = read_for_exchange(a), read_for_exchange(b)
    if not Path(a).is_dir():
        one, other = first.files[0], second.files[0]
        same = one.study.id == other.study.id or (one.study.study.doi or "a") == (
            other.study.study.doi or "b"
        )
        if not same:
            raise InputError(f"{one.study.id!r} and {other.study.id!r} are not one study: id and DOI differ.")
        return (compare_studies(one, other),), ()
    common = [study.id for study in first if study.id in second.ids]
    compared = tuple(compare_studies(first.origin(name), second.origin(name)) for name in common)
    return compared, (*_alone(first, second, b), *_alone(second, first, a))


def _alone(studies: Studies, others: Studies, missing_in: str | os.PathLike[str]) -> list[Problem]:
    return [
        Problem(
            studies.origin(study).file, 0, 0, "T908", "", f"{study.id} is not in {os.fspath(missing_in)}",
            "extracted once only", "warning",
        )
        for study in studies
        if study.id not in others.ids
    ]  # fmt: skip


def write_merged(comparisons: tuple[Comparison, ...], output: str | os.PathLike[str]) -> tuple[Path, ...]:
    """Write merged records: to a file for one study, below a folder otherwise; return the files.

    Raises
    ------
    InputError
        If a file is there already (it may hold an adjudication), or is one of the two compared.
    OSError
        If a file cannot be written.
    """
    one_file = len(comparisons) == 1 and Path(output).suffix.lower() in (".yml", ".yaml")
    plans = []
    for comparison in comparisons:
        study = merge_studies(comparison)
        file = Path(output) if one_file else Path(output) / study.study.setting / f"{study.id}.yml"
        if file.exists():
            raise InputError(f"{file} is there already; merged records are never written over another file.")
        plans.append((file, write_record_yaml(study, file)))
    for file, text in plans:
        write_atomic(file, text)
    return tuple(file for file, _ in plans)
