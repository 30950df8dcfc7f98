"""Subsets written to a Parquet file as they come in; a run that was stopped goes on where it ended.

Until all are written the file is called ``NAME.partial``. It is a whole Parquet file whenever the program
ends in an orderly way, Ctrl-C included: one row group per chunk, and what the run is in its metadata.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from metamsc.errors import InputError
from metamsc.sensitivity.gosh_subsets import VALUES, GoshTask

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metamsc.sensitivity.executor import Rows

_KEY = b"metamsc.gosh"
# Digits of estimates are noise to a compressor; numbers of subsets and sizes are not.
_COMPRESSION = {"subset": "zstd", "k": "zstd", **dict.fromkeys(VALUES, "none")}


class GoshFile:
    """A file that grows by chunks; use it in a ``with`` statement.

    Parameters
    ----------
    path : path
        The finished file; replaced if it exists.
    task : GoshTask
    labels : sequence of str

    Raises
    ------
    InputError
        If pyarrow is not installed, or ``NAME.partial`` belongs to another run.
    """

    def __init__(self, path: str | os.PathLike[str], task: GoshTask, labels: Sequence[str]) -> None:
        try:
            import pyarrow as pa
            import pyarrow.parquet as pq
        except ImportError as error:
            raise InputError(
                "a Parquet file needs pyarrow, which is not installed: pip install 'metamsc[exchange]'."
            ) from error
        self._pa, self._pq, self._task = pa, pq, task
        self.path = Path(path)
        self.partial = self.path.with_name(self.path.name + ".partial")
        self._new = self.path.with_name(self.path.name + ".partial.new")
        about = json.dumps(_about(task, labels), sort_keys=True).encode()
        subset = pa.uint64() if task.dtype["subset"].kind == "u" else pa.binary(task.dtype["subset"].itemsize)
        fields = [("subset", subset), ("k", pa.uint16()), *((name, pa.float64()) for name in VALUES)]
        self._schema = pa.schema(fields, metadata={_KEY: about})
        self._about = about
        self.n_chunks = 0
        self._before = self._chunks_before()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._writer = pq.ParquetWriter(
            self._new, self._schema, compression=_COMPRESSION, use_dictionary=["k"]
        )

    def _chunks_before(self) -> int:
        """Return how many chunks an earlier run has left."""
        if not self.partial.exists():
            return 0
        try:
            found = self._pq.ParquetFile(self.partial)
            about = (found.schema_arrow.metadata or {}).get(_KEY)
        except (OSError, self._pa.ArrowInvalid):
            return 0  # cut off in the middle: nothing in it can be read
        if about != self._about:
            raise InputError(
                f"{self.partial} holds part of another run (other data, options or seed); finish that one, "
                "delete the file, or write to another name."
            )
        return int(found.metadata.num_row_groups)

    def earlier(self) -> Iterator[Rows]:
        """Yield the chunks that an earlier run has left, having written them to this file."""
        if not self._before:
            return
        with self._pq.ParquetFile(self.partial) as found:
            for j in range(self._before):
                table = found.read_row_group(j)
                rows = np.zeros(table.num_rows, self._task.dtype)
                for name in rows.dtype.names or ():
                    rows[name] = _column(table.column(name), rows.dtype[name])
                self.write(rows)
                yield rows

    def write(self, rows: Rows) -> None:
        """Write a chunk as a row group."""
        arrays = []
        for field in self._schema:
            column = np.ascontiguousarray(rows[field.name])
            if column.dtype.kind == "V":
                raw = self._pa.py_buffer(column.tobytes())
                arrays.append(self._pa.Array.from_buffers(field.type, column.size, [None, raw]))
            else:
                arrays.append(self._pa.array(column))
        batch = self._pa.record_batch(arrays, schema=self._schema)
        self._writer.write_table(self._pa.Table.from_batches([batch]), row_group_size=rows.size)
        self.n_chunks += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file; give it its name when it is whole, else keep the longer of old and new."""
        self._writer.close()
        if kind is None and self.n_chunks == self._task.n_chunks:
            self._new.replace(self.path)
            self.partial.unlink(missing_ok=True)
        elif self.n_chunks > self._before or (self.n_chunks and self.n_chunks == self._before):
            self._new.replace(self.partial)
        else:
            self._new.unlink(missing_ok=True)


def _column(column: Any, dtype: np.dtype[Any]) -> Any:
    if dtype.kind == "V":
        joined = b"".join(column.to_pylist())
        return np.frombuffer(joined, dtype)
    return column.to_numpy()


def _about(task: GoshTask, labels: Sequence[str]) -> dict[str, Any]:
    """Return what makes a run the same run."""
    digest = hashlib.sha256(task.yi.astype("<f8").tobytes() + task.vi.astype("<f8").tobytes())
    return {
        "data_sha256": digest.hexdigest(),
        "labels": list(labels),
        "tau2_method": task.tau2_method,
        "n": task.n,
        "seed": task.seed,
        "chunk_rows": task.chunk_rows,
        "subset": "bit j is set when study j (from 0, in the order of labels) takes part",
    }
