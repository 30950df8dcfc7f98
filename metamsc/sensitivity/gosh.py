"""GOSH: the pooled result in all subsets of the studies, or in very many.

Where the estimates fall into separate groups, or spread widely, a few studies decide the result. Fits run
on the vectorised kernel, on one process or several, and may be streamed to a file.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from numpy.typing import ArrayLike

from metamsc.errors import InputError, OptionError, TooFewStudiesError, check_option
from metamsc.models.inputs import check_effects
from metamsc.models.tau2 import TAU2_METHODS
from metamsc.sensitivity.executor import read_executor, run_chunks
from metamsc.sensitivity.gosh_file import GoshFile
from metamsc.sensitivity.gosh_result import Gosh
from metamsc.sensitivity.gosh_subsets import CHUNK_ROWS, GoshTask
from metamsc.sensitivity.gosh_summary import GoshSummary
from metamsc.sensitivity.subsets import study_labels

MOST_SUBSETS = 2**32
"""More are refused: at a million a second they would take an hour, and a file of 200 GB."""

Progress = Callable[[int, int], None]


def gosh(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    n_subsets: int | None = None,
    seed: int | None = None,
    labels: Sequence[str] | None = None,
    tau2_method: str = "REML",
    executor: str = "serial",
    output: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
    chunk_rows: int = CHUNK_ROWS,
) -> Gosh:
    """Fit the random-effects model to subsets of the studies.

    Parameters
    ----------
    yi, vi : array-like of shape (k,)
        Effects and sampling variances, on the analysis scale.
    n_subsets : int, optional
        How many subsets to draw, each with the same chance; default, and where there are no more: all
        2**k - 1.
    seed : int, optional
        Needed where subsets are drawn; the same seed gives the same subsets on any executor.
    labels : sequence of k str, optional
        Names of the studies; default "1" to "k".
    tau2_method : str
        As of :func:`metamsc.models.pool.pool`.
    executor : str
        "serial", "processes" (one per core), "processes:N" or "dask://HOST:PORT".
    output : path, optional
        Parquet file for all subsets (`subset`: a whole number whose bit j says whether study j takes
        part; `k`, `estimate`, `tau2`, `I2`, `Q`). While it grows, and after a Ctrl-C, it is called
        ``NAME.partial``; the same call then goes on where it ended.
    progress : callable, optional
        Called with how many subsets are done and how many there are.
    chunk_rows : int
        Subsets per chunk (and row group). Drawn subsets depend on it.

    Returns
    -------
    Gosh

    Raises
    ------
    InputError
        If a value is wrong, a seed is missing, or `output` belongs to another run.
    OptionError
        If an option is unknown.
    TooFewStudiesError
        With fewer than 2 studies.

    Notes
    -----
    Groups: :func:`metamsc.sensitivity.mixture.separate_groups` of the estimates. I2 is computed from
    tau2, except for "EE", where it is from Q. A subset of one study has tau2 = Q = I2 = 0.

    References
    ----------
    Olkin I, Dahabreh IJ & Trikalinos TA (2012). GOSH - a graphical display of study heterogeneity.
    Research Synthesis Methods 3:214-223.

    Examples
    --------
    >>> from metamsc.sensitivity.gosh import gosh
    >>> result = gosh([0.1, 0.2, 0.15, 1.4], [0.02, 0.03, 0.02, 0.02], labels=["A", "B", "C", "D"])
    >>> result.n_subsets, result.drivers
    (15, ('D',))
    """
    task = _checked(yi, vi, n_subsets, seed, tau2_method, chunk_rows)
    names = study_labels(labels, task.k)
    where = read_executor(executor)
    summary = GoshSummary(task)

    def told() -> None:
        if progress is not None:
            progress(summary.n, task.n)

    def remaining(first: int) -> range:
        return range(first, task.n_chunks)

    rows, dtype = task.chunk_rows, task.dtype
    if output is None:
        for chunk in run_chunks(task, remaining(0), rows=rows, dtype=dtype, executor=where):
            summary.add(chunk)
            told()
        return summary.result(names)
    with GoshFile(output, task, names) as file:
        for chunk in file.earlier():
            summary.add(chunk)
            told()
        for chunk in run_chunks(task, remaining(file.n_chunks), rows=rows, dtype=dtype, executor=where):
            file.write(chunk)
            summary.add(chunk)
            told()
    return summary.result(names)


def _checked(
    yi: ArrayLike, vi: ArrayLike, n_subsets: int | None, seed: int | None, tau2_method: str, chunk_rows: int
) -> GoshTask:
    check_option("tau2_method", tau2_method, TAU2_METHODS)
    y, v = check_effects(yi, vi)
    if y.size < 2:
        raise TooFewStudiesError(f"subsets of studies need at least 2 studies; got {y.size}.")
    if n_subsets is not None and n_subsets < 1:
        raise OptionError(f"n_subsets must be a whole number >= 1, or None for all; got {n_subsets!r}.")
    if chunk_rows < 1:
        raise OptionError(f"chunk_rows must be a whole number >= 1; got {chunk_rows!r}.")
    every = 2 ** int(y.size) - 1
    n = every if n_subsets is None else min(n_subsets, every)
    if n > MOST_SUBSETS:
        raise InputError(
            f"{y.size} studies have {every:.3g} subsets, more than {MOST_SUBSETS:,}; draw some: n_subsets."
        )
    if n < every and (seed is None or seed < 0):
        raise InputError(f"seed must be a whole number >= 0 where subsets are drawn; got {seed!r}.")
    return GoshTask(y, v, tau2_method, n, None if n == every else seed, min(chunk_rows, n))
