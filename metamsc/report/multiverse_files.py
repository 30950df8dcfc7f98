"""A multiverse as files: every path as a table, and the specification curves."""

from __future__ import annotations

import io
import re
from pathlib import Path

from metamsc.analysis.multiverse_result import Multiverse
from metamsc.dataset.csv_text import to_csv_text
from metamsc.errors import InputError, OptionError
from metamsc.files import PathLike, write_atomic


def write_paths(multiverse: Multiverse, path: PathLike) -> Path:
    """Write one line per stratum and path as CSV or Parquet, by the name's ending.

    Raises
    ------
    OptionError
        If the name ends in neither ``.csv`` nor ``.parquet``.
    InputError
        If pyarrow is not installed and Parquet is asked for.
    """
    file = Path(path)
    kind = file.suffix.lower()
    if kind not in (".csv", ".parquet"):
        raise OptionError(f"output must end in .csv or .parquet; got {file.name!r}.")
    frame = multiverse.to_frame()
    if kind == ".csv":
        write_atomic(file, to_csv_text(frame))
        return file
    stream = io.BytesIO()
    try:
        frame.to_parquet(stream, index=False)
    except ImportError as error:
        raise InputError("Parquet needs the package pyarrow (pip install 'metamsc[exchange]').") from error
    write_atomic(file, stream.getvalue())
    return file


def write_curves(multiverse: Multiverse, folder: PathLike) -> tuple[str, ...]:
    """Draw the curve of each stratum into a folder; return why some cannot be drawn."""
    from metamsc.plots.save import write_figure
    from metamsc.plots.specification import draw_specification

    notes = []
    for curve in multiverse.curves:
        name = re.sub(r"[^a-z0-9]+", "-", curve.label.lower()).strip("-") or "stratum"
        try:
            axes = draw_specification(multiverse, stratum=curve.label)
        except InputError as error:
            notes.append(str(error))
            continue
        title = f"{multiverse.title}: specification curve, {curve.label}"
        write_figure(axes, Path(folder) / f"specification-{name}", title=title)
    return tuple(notes)
