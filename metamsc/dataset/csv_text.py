"""The text of a CSV as a table of cells: every value as it is written, every row with its line.

Nothing is guessed: no value becomes a number or a missing one by its looks alone, no column is moved
because a row is too long. What is written here no spreadsheet runs, and is read here as it was.
"""

from __future__ import annotations

import csv
import io
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from metamsc.errors import InputError
from metamsc.files import PathLike

if TYPE_CHECKING:
    import pandas as pd

MISSING_WORDS = frozenset({"", "NA", "N/A", "NaN", "nan"})
"""What spreadsheets and R write where there is no value; "None" and "none" are values."""

_OTHER_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}

_RUNS = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
_NUMBER = re.compile(r"'*[+-](?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?", re.ASCII)


def formula_safe(text: str) -> str:
    """Return the cell for a text: an apostrophe before what a spreadsheet would run, else as it is."""
    return f"'{text}" if _runs(text) else text


def as_written(cell: str) -> str:
    """Return the text that :func:`formula_safe` was given."""
    return cell[1:] if cell.startswith("'") and _runs(cell[1:]) else cell


def _runs(text: str) -> bool:
    return _RUNS.match(text) is not None and _NUMBER.fullmatch(text) is None


def to_csv_text(frame: pd.DataFrame) -> str:
    """Return a data frame as CSV without its index; texts that a spreadsheet would run are made safe."""
    import pandas as pd

    safe = frame.copy()
    for position, kind in enumerate(frame.dtypes):
        if kind.kind == "O":  # texts, or texts among other values; numbers stay what they are
            column = frame.iloc[:, position]
            cells = [formula_safe(cell) if isinstance(cell, str) else cell for cell in column]
            safe.isetitem(position, pd.Series(cells, dtype=object).to_numpy())
    text: str = safe.to_csv(index=False, lineterminator="\n")
    return text


def read_cells(path: PathLike) -> tuple[str, pd.DataFrame]:
    """Read a CSV with a header line.

    Parameters
    ----------
    path : path
        The file, or ``-`` for standard input.

    Returns
    -------
    file : str
        Name to show in messages.
    cells : DataFrame
        Text as written, without spaces around it and without the apostrophe that keeps a spreadsheet
        from running it (:func:`formula_safe`); None where there is no value. The index is the
        line on which the row begins. Blank rows and columns without a name are not in it.

    Raises
    ------
    InputError
        If the file cannot be read, is not a CSV in UTF-8, or has no row; says the line.
    """
    import pandas as pd

    file = "standard input" if str(path) == "-" else str(path)
    records = _records(_text(path, file), file)
    if not records:
        raise InputError(f"{file} is empty: a header line and a line per study are needed.")
    (first, header), *body = records
    names = _names(header, f"{file}:{first}")
    rows, lines = [], []
    for line, cells in body:
        if any(cells[len(names) :]):
            raise InputError(
                f"{file}:{line}: {len(cells)} values, and the header has {len(names)} names; "
                "put text that has a comma in double quotes."
            )
        padded = [*cells, *[""] * (len(names) - len(cells))]
        rows.append([None if padded[i] in MISSING_WORDS else padded[i] for i in range(len(names))])
        lines.append(line)
    if not rows:
        raise InputError(f"{file} has no study: there is nothing below its header.")
    frame = pd.DataFrame(rows, columns=names, index=lines, dtype=object)
    return file, frame[[name for name in names if name]]


def _text(path: PathLike, file: str) -> str:
    try:
        data = sys.stdin.buffer.read() if str(path) == "-" else Path(path).read_bytes()
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InputError(
            f"{file}:{line}: not UTF-8 text (byte 0x{data[error.start]:02x}); save it as 'CSV UTF-8'."
        ) from None
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror or error}.") from None


def _records(text: str, file: str) -> list[tuple[int, list[str]]]:
    """Return the rows that hold anything, each with the line on which it begins."""
    reader = csv.reader(io.StringIO(text, newline=""), skipinitialspace=True, strict=True)
    found, line = [], 1
    try:
        for record in reader:
            cells = [as_written(cell.strip()) for cell in record]
            if any(cells):
                found.append((line, cells))
            line = reader.line_num + 1
    except csv.Error as error:
        raise InputError(f"{file}:{line}: not a CSV: {error}.") from None
    return found


def _names(header: list[str], place: str) -> list[str]:
    """Check the header; a name that is left out stays an empty text."""
    if len(header) == 1:
        for separator, word in _OTHER_SEPARATORS.items():
            if separator in header[0]:
                raise InputError(
                    f"{place}: the columns are separated by {word}; "
                    "separate them by commas, and write decimal points."
                )
    for position, name in enumerate(header):
        if name and name in header[:position]:
            raise InputError(f"{place}: the column {name!r} stands twice; give each its own name.")
    return header
