"""Records that are sound in structure, whatever their meaning: a table or a comparison may show an error."""

from __future__ import annotations

from collections.abc import Iterable

from metamsc.errors import RecordError
from metamsc.records.load import PathLike, load_records
from metamsc.records.studies import Studies

_PLACE = frozenset({"F301", "F302"})
"""A second extraction stands under another name or in another folder than the record it will become."""


def read_for_exchange(paths: PathLike | Iterable[PathLike]) -> Studies:
    """Read records for export or comparison.

    Parameters
    ----------
    paths : path or paths
        Files and folders.

    Returns
    -------
    Studies

    Raises
    ------
    RecordError
        If a file cannot be read or its structure is wrong; carries every such problem.
    """
    studies, problems = load_records(paths)
    errors = [p for p in problems if p.severity == "error" and p.code not in _PLACE]
    if errors:
        raise RecordError(f"{len(errors)} problem(s):", errors)
    return studies
