"""Records that may be pooled: read, and judged by every rule first."""

from __future__ import annotations

from collections.abc import Iterable

from metamsc.checks.run import check_records
from metamsc.errors import RecordError
from metamsc.files import PathLike
from metamsc.records.studies import Studies


def read_records(paths: PathLike | Iterable[PathLike]) -> Studies:
    """Read records, all of which must be free of errors in structure, meaning and arithmetic.

    Parameters
    ----------
    paths : path or paths
        Files and folders: ``"data/extractions"``.

    Returns
    -------
    Studies
        Every study, with its file and lines, in the order of setting and id. Warnings do not keep a
        record out: ``metamsc check`` shows them.

    Raises
    ------
    RecordError
        If any file has an error; carries every problem of every file.
    """
    report = check_records(paths)
    if report.errors:
        files = len({problem.file for problem in report.errors})
        found = len(report.errors)
        raise RecordError(
            f"{found} error{'s' if found != 1 else ''} in {files} file{'s' if files != 1 else ''}:",
            report.errors,
        )
    return report.studies
