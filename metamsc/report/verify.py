"""Recompute published numbers with other engines, from the results on disk.

Reads ``results.json``, takes the rows and the choices of each pooled result, and compares what PyMARE, and
metafor where R has it, make of them with what is written there. Nothing is taken over from the first
computation but its inputs.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from metamsc.analysis.result import RESULT_FORMAT
from metamsc.errors import InputError
from metamsc.files import PathLike
from metamsc.models.second_engine import ENGINE, EngineComparison, compare_engines
from metamsc.report.metafor_engine import compare_with_metafor
from metamsc.report.verify_jobs import Job, read_jobs

_WrongShape = (ValueError, TypeError, AttributeError, RecursionError)
"""What reading a JSON file of another shape raises; our own InputError is a ValueError."""

RESULTS_FILE = "results.json"
TOLERANCE = 1e-6
"""Largest relative difference that counts as agreement: the second engine iterates to about 3e-7."""


@dataclass(frozen=True, slots=True)
class Verified:
    """One pooled result by both engines."""

    analysis: str
    label: str
    comparison: EngineComparison

    @property
    def agrees(self) -> bool | None:
        """Whether both engines agree; None where the second one has no such method."""
        if self.comparison.largest is None:
            return None
        return self.comparison.largest <= TOLERANCE


def find_results(paths: tuple[str, ...]) -> tuple[Path, ...]:
    """List the ``results.json`` in files and folders, sorted.

    Raises
    ------
    InputError
        If a path holds none.
    """
    found: set[Path] = set()
    for path in map(Path, paths):
        files = [path] if path.is_file() else sorted(path.rglob(RESULTS_FILE))
        if not files:
            raise InputError(f"{path} holds no {RESULTS_FILE}: run `metamsc run` first.")
        found.update(files)
    return tuple(sorted(found))


def verify_results(path: PathLike) -> tuple[Verified, ...]:
    """Compare every pooled result and meta-regression in a ``results.json`` with the second engine.

    Raises
    ------
    InputError
        If the file is not one that this version writes.
    """
    jobs = _jobs(path)
    try:
        return tuple(map(_with_pymare, jobs))
    except _WrongShape as error:
        reason = str(error).rstrip(".")
        raise InputError(f"{path} is not a results file of `metamsc run`: {reason}.") from None


def verify_with_metafor(paths: Sequence[PathLike]) -> tuple[Verified, ...] | str:
    """Compare every result in several files with R's metafor, in one run of R.

    Returns
    -------
    tuple of Verified or str
        In the order of the files; or the reason why metafor cannot be asked.

    Raises
    ------
    InputError
        If a file is not one that this version writes.
    """
    jobs = [job for path in paths for job in _jobs(path)]
    answer = compare_with_metafor(jobs)
    if isinstance(answer, str):
        return answer
    return tuple(
        Verified(job.analysis, job.label, comparison) for job, comparison in zip(jobs, answer[1], strict=True)
    )


def _jobs(path: PathLike) -> tuple[Job, ...]:
    """Read what a results file holds, or raise what is wrong with it."""
    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
        if not isinstance(data, dict):
            raise InputError("it does not hold a mapping")
        if data["format"] != RESULT_FORMAT:
            raise InputError(f"its format is {data['format']!r}, and this version reads {RESULT_FORMAT}")
        return tuple(read_jobs(data))
    except json.JSONDecodeError as error:
        raise InputError(f"{path}:{error.lineno}:{error.colno}: not JSON: {error.msg}.") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}.") from None
    except UnicodeDecodeError:
        raise InputError(f"{path} is not a results file: it is not UTF-8 text.") from None
    except KeyError as error:
        raise InputError(f"{path} is not a results file of `metamsc run`: it has no {error}.") from None
    except _WrongShape as error:
        reason = str(error).rstrip(".")
        raise InputError(f"{path} is not a results file of `metamsc run`: {reason}.") from None


def _with_pymare(job: Job) -> Verified:
    """Recompute one result with PyMARE, which pools by inverse variance only."""
    reason = ""
    if job.method == "cluster":
        reason = "the second engine has no such working model of dependent rows"
    elif job.method != "inverse-variance":
        reason = f"method {job.method} is not available in the second engine"
    elif job.details.get("tau2_given") is not None:
        reason = "the second engine cannot take the tau2 that strata share"
    if reason:
        comparison = EngineComparison(
            engine=ENGINE, available=False, reason=reason, differences=(), largest=None
        )
    else:
        comparison = compare_engines(job.yi, job.vi, job.pooled, X=job.X, names=job.names)
    return Verified(job.analysis, job.label, comparison)
