"""What is to be recomputed of a results file: every pool and meta-regression, and what it was made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from metamsc.errors import InputError
from metamsc.models.results import PooledResult

_COUNTS = (
    ("events_treat", "treatment", "events"),
    ("n_treat", "treatment", "n"),
    ("events_control", "control", "events"),
    ("n_control", "control", "n"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One result and the numbers it was computed from."""

    analysis: str
    label: str
    pooled: PooledResult
    details: Mapping[str, Any]
    """How it was pooled: see docs/analysis.md."""
    yi: tuple[float, ...]
    vi: tuple[float, ...]
    counts: Mapping[str, tuple[float, ...]]
    cluster: tuple[str, ...]
    X: tuple[tuple[float, ...], ...] | None = None
    names: tuple[str, ...] | None = None

    @property
    def method(self) -> str:
        """Method, or "cluster" where rows were taken as dependent."""
        if self.details.get("cluster") and len(self.yi) > 1:
            return "cluster"
        return str(self.details.get("method", "inverse-variance"))


def read_jobs(data: Mapping[str, Any]) -> Iterator[Job]:
    """Yield what a results file holds.

    Raises
    ------
    InputError
        If a result contradicts itself.
    KeyError, TypeError, ValueError
        If the file has another shape.
    """
    rows = {row["row_id"]: row for row in data["table"]["rows"]}
    cluster = data.get("spec", {}).get("model", {}).get("cluster")
    for stratum in [*data["strata"], *([data["overall"]] if data["overall"] else [])]:
        used = [rows[row_id] for row_id in stratum["row_ids"]]
        pooled = PooledResult.from_dict(stratum["pooled"])
        _check_whole(stratum["label"], pooled, len(used), stratum.get("details", {}))
        yield _job(data["name"], stratum["label"], pooled, used, stratum.get("details", {}), cluster)
    for item in data.get("regressions", []):
        if item["pooled"] is not None:
            yield _job(
                data["name"],
                f"{item['label']}, {item['formula']}",
                PooledResult.from_dict(item["pooled"]),
                [rows[row_id] for row_id in item["row_ids"]],
                item["details"],
                cluster,
                X=tuple(tuple(row) for row in item["design"]),
                names=tuple(item["names"]),
            )


def _job(
    analysis: str,
    label: str,
    pooled: PooledResult,
    rows: list[Mapping[str, Any]],
    details: Mapping[str, Any],
    cluster: str | None,
    X: tuple[tuple[float, ...], ...] | None = None,
    names: tuple[str, ...] | None = None,
) -> Job:
    return Job(
        analysis=analysis,
        label=label,
        pooled=pooled,
        details=details,
        yi=tuple(row["yi"] for row in rows),
        vi=tuple(row["vi"] for row in rows),
        counts={
            name: tuple(row[side][part] for row in rows)
            for name, side, part in _COUNTS
            if all(row[side][part] is not None for row in rows)
        },
        cluster=() if cluster is None else tuple(_cluster(row, cluster) for row in rows),
        X=X,
        names=names,
    )


def _cluster(row: Mapping[str, Any], name: str) -> str:
    if name in ("study", "cohort"):
        return str(row["study_id" if name == "study" else "cohort"])
    return str(dict(row["moderators"])[name])


def _check_whole(label: str, pooled: PooledResult, rows: int, details: Mapping[str, Any]) -> None:
    """Refuse a result that contradicts itself: the engines compare its coefficients, readers its estimate."""
    first = pooled.coefficients[0]
    if (pooled.estimate, pooled.se, pooled.ci) != (first.estimate, first.se, first.ci):
        raise InputError(f"in {label!r} the estimate, se or ci is not that of its coefficient")
    # a GLMM counts the studies in its likelihood, without double-zero ones
    if pooled.k != rows and not str(details.get("method", "")).startswith("glmm"):
        raise InputError(f"in {label!r} k is {pooled.k}, and there are {rows} rows")
