"""Recompute published numbers with a second engine, from the results on disk.

Reads ``results.json``, takes the rows and the choices of each pooled result, and compares what PyMARE
makes of them with what is written there. Nothing is taken over from the first computation but its
inputs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from metamsc.analysis.result import RESULT_FORMAT
from metamsc.errors import InputError
from metamsc.files import PathLike
from metamsc.models.results import PooledResult
from metamsc.models.second_engine import EngineComparison, compare_engines

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
    """Compare every pooled result in a ``results.json`` with the second engine.

    Raises
    ------
    InputError
        If the file is not one that this version writes.
    """
    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
        if not isinstance(data, dict):
            raise InputError("it does not hold a mapping")
        if data["format"] != RESULT_FORMAT:
            raise InputError(f"its format is {data['format']!r}, and this version reads {RESULT_FORMAT}")
        return tuple(_verify(data))
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


def _verify(data: Mapping[str, Any]) -> Iterator[Verified]:
    rows = {row["row_id"]: row for row in data["table"]["rows"]}
    strata = [*data["strata"], *([data["overall"]] if data["overall"] else [])]
    for stratum in strata:
        used = [rows[row_id] for row_id in stratum["row_ids"]]
        pooled = PooledResult.from_dict(stratum["pooled"])
        _check_whole(stratum["label"], pooled, len(used))
        comparison = compare_engines([row["yi"] for row in used], [row["vi"] for row in used], pooled)
        yield Verified(data["name"], stratum["label"], comparison)


def _check_whole(label: str, pooled: PooledResult, rows: int) -> None:
    """Refuse a result that contradicts itself: the engines compare its coefficients, readers its estimate."""
    first = pooled.coefficients[0]
    if (pooled.estimate, pooled.se, pooled.ci) != (first.estimate, first.se, first.ci):
        raise InputError(f"in {label!r} the estimate, se or ci is not that of its coefficient")
    if pooled.k != rows:
        raise InputError(f"in {label!r} k is {pooled.k}, and there are {rows} rows")
