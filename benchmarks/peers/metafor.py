"""metafor (R), from Debian's r-cran-metafor: the same data by files, its own clock."""

from __future__ import annotations

import csv
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

Columns = Mapping[str, Sequence[float] | np.ndarray]
SCRIPT = Path(__file__).with_name("metafor.R")
# Seconds on the clock for each second of processor time: on a busy machine the two are far apart.
PATIENCE = 3


def metafor_seconds(
    jobs: Sequence[str], data: Mapping[str, Columns], budget: float
) -> tuple[dict[str, float], str]:
    """Return processor seconds by job, and the version or why there is none.

    Jobs are done in the order given; those not reached within `budget` seconds of processor time (or
    `PATIENCE` times as many on the clock) are missing.
    """
    rscript = shutil.which("Rscript")
    if rscript is None:
        return {}, "not measured: there is no Rscript (apt-get install r-cran-metafor)"
    with tempfile.TemporaryDirectory() as folder:
        for name, columns in data.items():
            _write(Path(folder) / f"{name}.csv", columns)
        output, ended = _run([rscript, str(SCRIPT), folder, *jobs], budget)
    found = dict(line.split(maxsplit=1) for line in output.splitlines() if len(line.split()) == 2)
    version = found.pop("version", None)
    if not found:
        return {}, "not measured: R has no metafor (apt-get install r-cran-metafor)"
    return {name: float(value) for name, value in found.items()}, version or ended


def _run(command: list[str], budget: float) -> tuple[str, str]:
    """Return what was printed until the end or the budget's end, and which of the two it was."""
    limited = ["sh", "-c", f'ulimit -t {round(budget)}; exec "$@"', "sh", *command]
    with tempfile.TemporaryFile("w+") as out:
        process = subprocess.Popen(limited, stdout=out, stderr=subprocess.DEVNULL)
        try:
            ended = "finished" if process.wait(PATIENCE * budget) == 0 else f"stopped after {budget:.0f} s"
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            ended = f"stopped after {PATIENCE * budget:.0f} s on the clock"
        out.seek(0)
        return out.read(), ended


def _write(path: Path, columns: Columns) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
