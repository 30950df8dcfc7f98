"""Any input of tables: a workbook, a CSV or Parquet file, a folder of them."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from metamsc.errors import Problem
from metamsc.exchange.csv_files import read_csv
from metamsc.exchange.numbers import CommaText
from metamsc.exchange.ods_files import read_ods
from metamsc.exchange.parquet_files import read_parquet
from metamsc.exchange.raw import RawSheet
from metamsc.exchange.xlsx_files import read_xlsx

WORKBOOKS = (".xlsx", ".xlsm")
OPEN_DOCUMENT = ".ods"
TEXTS = (".csv", ".tsv", ".txt")
PARQUET = ".parquet"


def read_sheets(
    path: str | os.PathLike[str], *, encoding: str | None = None, decimal_comma: bool = False
) -> tuple[tuple[RawSheet, ...], tuple[Problem, ...]]:
    """Read every sheet of a file or folder.

    Parameters
    ----------
    path : path
        ``.xlsx``, ``.ods``, ``.csv``, ``.parquet``, or a folder: its CSV files, or its Parquet files
        when it has no CSV files.
    encoding : str, optional
        Of CSV files that are neither UTF-8 nor marked UTF-16: ``"cp1252"``.
    decimal_comma : bool
        Whether 7,5 in a cell of text is seven and a half; a point in a number is then refused.

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
        found = _read(file, encoding)
        if isinstance(found, Problem):
            problems.append(found)
        else:
            sheets.extend(map(_with_commas, found) if decimal_comma else found)
    return tuple(sheets), tuple(problems)


def _with_commas(sheet: RawSheet) -> RawSheet:
    rows = tuple(
        (number, {n: CommaText(cell) if isinstance(cell, str) else cell for n, cell in cells.items()})
        for number, cells in sheet.rows
    )
    return replace(sheet, rows=rows)


def _read(file: Path, encoding: str | None) -> tuple[RawSheet, ...] | Problem:
    suffix = file.suffix.lower()
    if suffix in WORKBOOKS:
        return read_xlsx(file)
    if suffix == OPEN_DOCUMENT:
        return read_ods(file)
    if suffix in TEXTS or suffix == PARQUET:
        found = read_csv(file, encoding) if suffix in TEXTS else read_parquet(file)
        return found if isinstance(found, Problem) else (found,)
    hint = "save it as .xlsx, .ods or .csv"
    return _problem(file, f"{suffix or 'a file without ending'} is not read", hint)


def _problem(path: str | os.PathLike[str], message: str, hint: str = "") -> Problem:
    return Problem(os.fspath(path), 0, 0, "T901", "", message, hint)
