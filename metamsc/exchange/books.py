"""Any input of tables: a workbook, a CSV or Parquet file, a folder of them."""

from __future__ import annotations

import os
from pathlib import Path

from metamsc.errors import Problem
from metamsc.exchange.csv_files import read_csv
from metamsc.exchange.parquet_files import read_parquet
from metamsc.exchange.raw import RawSheet
from metamsc.exchange.xlsx_files import read_xlsx

WORKBOOKS = (".xlsx", ".xlsm")
TEXTS = (".csv", ".tsv", ".txt")
PARQUET = ".parquet"


def read_sheets(path: str | os.PathLike[str]) -> tuple[tuple[RawSheet, ...], tuple[Problem, ...]]:
    """Read every sheet of a file or folder.

    Parameters
    ----------
    path : path
        ``.xlsx``, ``.csv``, ``.parquet``, or a folder: its CSV files, or its Parquet files when it has
        no CSV files.

    Returns
    -------
    sheets : tuple of RawSheet
    problems : tuple of Problem
        Files that cannot be read.

    Raises
    ------
    InputError
        If the package that reads the format is not installed.
    """
    given = Path(path)
    if given.is_dir():
        files = [f for f in sorted(given.iterdir()) if f.suffix.lower() == ".csv" and f.is_file()]
        files = files or [f for f in sorted(given.iterdir()) if f.suffix.lower() == PARQUET and f.is_file()]
        if not files:
            return (), (_problem(path, "the folder has no .csv and no .parquet file"),)
    else:
        files = [given]
    sheets: list[RawSheet] = []
    problems: list[Problem] = []
    for file in files:
        found = _read(file)
        if isinstance(found, Problem):
            problems.append(found)
        else:
            sheets.extend(found)
    return tuple(sheets), tuple(problems)


def _read(file: Path) -> tuple[RawSheet, ...] | Problem:
    suffix = file.suffix.lower()
    if suffix in WORKBOOKS:
        return read_xlsx(file)
    if suffix in TEXTS or suffix == PARQUET:
        found = read_csv(file) if suffix in TEXTS else read_parquet(file)
        return found if isinstance(found, Problem) else (found,)
    hint = "save it as .xlsx or .csv"
    return _problem(file, f"{suffix or 'a file without ending'} is not read", hint)


def _problem(path: str | os.PathLike[str], message: str, hint: str = "") -> Problem:
    return Problem(os.fspath(path), 0, 0, "T901", "", message, hint)
