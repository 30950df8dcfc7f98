"""Tables as Parquet files, one for each sheet, with a type for each column; for programs, not people."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

from metamsc.errors import InputError, Problem
from metamsc.exchange.columns import Column, Kind
from metamsc.exchange.raw import (
    MAX_BYTES,
    MAX_CELLS,
    MAX_CHARACTERS,
    RawSheet,
    RefusedFileError,
    missing_extra,
    sheet_of,
)
from metamsc.exchange.tables import Table
from metamsc.files import write_atomic

_TYPES: dict[Kind, str] = {"integer": "int64", "number": "double", "boolean": "bool"}
"""Arrow type of a column; every other column is text."""


def write_parquet_folder(tables: dict[str, Table], folder: str | os.PathLike[str]) -> tuple[Path, ...]:
    """Write each sheet as ``<name>.parquet`` into a folder; return the files.

    Raises
    ------
    InputError
        If pyarrow is not installed, or a whole number does not fit into 64 bits.
    OSError
        If the folder cannot be written to.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise InputError(missing_extra("pyarrow", "Parquet")) from error
    files = []
    for name, table in tables.items():
        arrays, fields = [], []
        for column in table.sheet.all:
            kind = pa.type_for_alias(_TYPES.get(column.kind, "string"))
            try:
                arrays.append(pa.array([row.get(column.name) for row in table.rows], type=kind))
            except (pa.ArrowInvalid, OverflowError) as error:
                raise InputError(f"{name}.{column.name} does not fit into Parquet: {error}") from error
            fields.append(_field(pa, column, kind))
        stream = io.BytesIO()
        pq.write_table(pa.Table.from_arrays(arrays, schema=pa.schema(fields)), stream)
        file = Path(folder) / f"{name}.parquet"
        write_atomic(file, stream.getvalue())
        files.append(file)
    return tuple(files)


def _field(pa: Any, column: Column, kind: Any) -> Any:
    return pa.field(column.name, kind, metadata={"description": column.help})


def read_parquet(file: str | os.PathLike[str]) -> RawSheet | Problem:
    """Read one Parquet file that :func:`write_parquet_folder` wrote.

    Raises
    ------
    InputError
        If pyarrow is not installed.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise InputError(missing_extra("pyarrow", "Parquet")) from error
    shown = os.fspath(file)
    try:
        if Path(file).stat().st_size > MAX_BYTES:
            return Problem(shown, 0, 0, "T901", "", f"cannot be read: larger than {MAX_BYTES:,} bytes")
        table = _read(pa, pq, Path(file).read_bytes())
        names, columns = list(table.column_names), [column.to_pylist() for column in table.columns]
    except OSError as error:
        return Problem(shown, 0, 0, "T901", "", f"cannot be read: {error.strerror or error}")
    except RefusedFileError as error:
        return Problem(shown, 0, 0, "T901", "", f"cannot be read: {error}")
    except (pa.ArrowException, ValueError) as error:
        return Problem(shown, 0, 0, "T901", "", f"not a Parquet file: {str(error)[:100]}")
    lines: list[tuple[int, list[Any]]] = [(1, names)]
    lines += [(number, list(row)) for number, row in enumerate(zip(*columns, strict=True), start=2)]
    return sheet_of(shown, Path(file).stem, lines)


def _read(pa: Any, pq: Any, content: bytes) -> Any:
    """Return the table of a file; a few bytes may say a hundred million rows, or one text in each of them."""
    plain = pq.ParquetFile(io.BytesIO(content))
    cells = plain.metadata.num_rows * plain.metadata.num_columns
    if cells > MAX_CELLS:
        raise RefusedFileError(f"it has {cells:,} cells; at most {MAX_CELLS:,} are read")
    texts = [field.name for field in plain.schema_arrow if not pa.types.is_primitive(field.type)]
    table = pq.ParquetFile(io.BytesIO(content), read_dictionary=texts).read()
    characters = sum(_characters(pa, column) for column in table.columns)
    if characters > MAX_CHARACTERS:
        raise RefusedFileError(f"its cells hold more than {MAX_CHARACTERS:,} characters")
    return table


def _characters(pa: Any, column: Any) -> int:
    import pyarrow.compute as pc

    total = 0
    for chunk in column.chunks:
        if pa.types.is_dictionary(chunk.type) and len(chunk.dictionary):
            lengths = pc.take(pc.binary_length(chunk.dictionary), chunk.indices)
            total += pc.sum(lengths).as_py() or 0
    return total
