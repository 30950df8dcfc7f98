"""Do the intervals keep their promise? Coverage and width of every method, simulated.

``python benchmarks/coverage.py [--times 10000] [--processes 1] [--write]``: meta-analyses of
2 to 30 studies, homogeneous to very heterogeneous, of equal sizes and with one study ten times as large, of
mean differences, standardised mean differences and odds ratios (common and rare events). Every method
sees the same data sets; seeds are fixed. With ``--write`` the rows go to docs/coverage.csv, and tables and
figures of docs/coverage.md are made anew from them.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, fields
from itertools import product
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.simulated.intervals import Row, run_cell
from benchmarks.simulated.studies import Scenario

SEED = 20261122
MEASURES = ("MD", "SMD", "OR", "OR-rare")
SIZES = ("balanced", "unbalanced")
STUDIES = (2, 3, 4, 5, 10, 20, 30)
I2 = (0.0, 0.25, 0.5, 0.75, 0.9)
# Data sets worked on together: their (B, nodes) arrays stay in a core's cache.
TOGETHER = 2000
CSV = Path(__file__).parents[1] / "docs" / "coverage.csv"


def cells() -> list[Scenario]:
    """Every cell of the table."""
    return [Scenario(*cell) for cell in product(MEASURES, SIZES, STUDIES, I2)]


def one_cell(job: tuple[int, Scenario, int]) -> list[Row]:
    """Simulate a cell with the seed of its number."""
    number, scenario, times = job
    return run_cell(scenario, times, np.random.default_rng([SEED, number]), TOGETHER)


def simulate_all(times: int, processes: int) -> list[Row]:
    """Return the rows of all cells, in order."""
    jobs = [(number, scenario, times) for number, scenario in enumerate(cells())]
    started, rows = time.perf_counter(), []
    with ProcessPoolExecutor(processes) as pool:
        for done, found in enumerate(pool.map(one_cell, jobs), start=1):
            rows.extend(found)
            if sys.stderr.isatty() or done % 40 == 0:
                spent = time.perf_counter() - started
                print(f"{done} of {len(jobs)} cells, {spent:.0f} s", file=sys.stderr)
    return rows


def write_rows(rows: Iterable[Row], path: Path) -> None:
    """Write one line per row, four digits of what is measured."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Row)], lineterminator="\n")
        writer.writeheader()
        for row in rows:
            values = asdict(row).items()
            writer.writerow({name: f"{v:.4g}" if isinstance(v, float) else v for name, v in values})


def read_rows(path: Path) -> list[Row]:
    """Read what :func:`write_rows` wrote."""
    with path.open(newline="", encoding="utf-8") as file:
        return [
            Row(
                kind=line["kind"],
                measure=line["measure"],
                sizes=line["sizes"],
                k=int(line["k"]),
                I2=float(line["I2"]),
                method=line["method"],
                coverage=float(line["coverage"]),
                mc_error=float(line["mc_error"]),
                median_width=float(line["median_width"]),
                mean_width=float(line["mean_width"]),
                used=int(line["used"]),
            )
            for line in csv.DictReader(file)
        ]


def main() -> None:
    """Simulate, print the tables, write them if asked."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--times", type=int, default=10_000, help="meta-analyses in each cell")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--write", action="store_true", help="write docs/coverage.csv, tables and figures")
    parser.add_argument("--tables", action="store_true", help="tables and figures from the CSV only")
    options = parser.parse_args()
    from benchmarks.simulated.tables import make_tables, write_page

    if options.tables:
        write_page(read_rows(CSV))
        return
    rows = simulate_all(options.times, options.processes)
    if options.write:
        write_rows(rows, CSV)
        write_page(read_rows(CSV))
    for title, table in make_tables(rows).items():
        print(f"\n{title}\n\n{table}")


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
