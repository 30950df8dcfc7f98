"""What changed between two builds, and why: other records, another plan, or other software."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from metamsc.analysis.crossed import Numbers, crossed, is_trivial, numbers_from
from metamsc.errors import InputError
from metamsc.vocabulary import Setting

RESULTS_FILE = "results.json"
CAUSES = ("records", "plan", "software")
_MOST = 40
"""Keys of a plan that are listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolDrift:
    """One pool in both builds.

    Attributes
    ----------
    stratum : str
    before, after : Numbers or None
        None where the build has no such pool.
    crossed : tuple of str
    trivial : bool
        By :func:`metamsc.analysis.crossed.is_trivial`.
    """

    stratum: str
    before: Numbers | None
    after: Numbers | None
    crossed: tuple[str, ...]
    trivial: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """One analysis in both builds.

    Attributes
    ----------
    name, title, measure, ratio, unit, animal
        As the newer build shows it.
    records : tuple of str
        Records that were added, removed, or changed, of those that this analysis names: in its rows, left
        out, or known to be missing.
    other_records : int
        How many others differ, which it does not name.
    same_rows : bool
        Whether both builds pool the same rows with the same numbers: the records are then not why a pooled
        result moved.
    plan : tuple of str
        Keys of the plan with the old and the new value.
    software : tuple of str
        Packages with the old and the new version.
    pools : tuple of PoolDrift
        Every pool of either build.
    only_in : str
        "old" or "new" where the other build has no such analysis, else empty.
    note : str
        Why the numbers of the builds cannot be held against each other, and are not shown; empty where they
        can.
    """

    name: str
    title: str
    measure: str
    ratio: bool
    unit: str
    animal: bool
    records: tuple[str, ...] = ()
    other_records: int = 0
    same_rows: bool = False
    plan: tuple[str, ...] = ()
    software: tuple[str, ...] = ()
    pools: tuple[PoolDrift, ...] = ()
    only_in: str = ""
    note: str = ""

    @property
    def moved(self) -> tuple[PoolDrift, ...]:
        """Pools whose numbers are not the same."""
        return tuple(pool for pool in self.pools if pool.before != pool.after)

    @property
    def causes(self) -> tuple[str, ...]:
        """What differs of :data:`CAUSES`."""
        return tuple(cause for cause in CAUSES if getattr(self, cause))

    @property
    def suspects(self) -> tuple[str, ...]:
        """Causes that can have moved a number: one alone is the reason, of several nobody can tell."""
        return tuple(cause for cause in self.causes if cause != "records" or not self.same_rows)

    @property
    def trivial(self) -> bool:
        """Whether a living review may let it pass."""
        return not self.only_in and not self.note and all(pool.trivial for pool in self.pools)

    def to_dict(self) -> dict[str, Any]:
        """Return plain Python, ready for JSON; estimates of ratios are logarithms."""
        return {
            "name": self.name,
            "title": self.title,
            "measure": self.measure,
            "causes": list(self.causes),
            "suspects": list(self.suspects),
            "records": list(self.records),
            "other_records": self.other_records,
            "same_rows": self.same_rows,
            "plan": list(self.plan),
            "software": list(self.software),
            "only_in": self.only_in,
            "note": self.note,
            "trivial": self.trivial,
            "pools": [
                {
                    "stratum": pool.stratum,
                    "before": None if pool.before is None else pool.before.to_dict(),
                    "after": None if pool.after is None else pool.after.to_dict(),
                    "crossed": list(pool.crossed),
                    "trivial": pool.trivial,
                }
                for pool in self.pools
            ],
        }


def measure_drift(old: str | os.PathLike[str], new: str | os.PathLike[str]) -> tuple[Drift, ...]:
    """Compare two builds.

    Parameters
    ----------
    old, new : path
        Folders that `metamsc run` has written (``build``, with a folder per analysis), the folder of one
        analysis, or its ``results.json``.

    Returns
    -------
    tuple of Drift
        One per analysis of either build, in the order of their names.

    Raises
    ------
    InputError
        If a path holds no results, or results that cannot be read.
    """
    before, after = _read_build(old), _read_build(new)
    return tuple(_compare(name, before.get(name), after.get(name)) for name in sorted({*before, *after}))


def _read_build(path: str | os.PathLike[str]) -> dict[str, dict[str, Any]]:
    base = Path(path)
    if base.is_dir():
        own = base / RESULTS_FILE
        files = [own] if own.is_file() else sorted(base.glob(f"*/{RESULTS_FILE}"))
    else:
        files = [base]
    found = {}
    for file in files:
        data = _read_results(file)
        found[str(data["name"])] = data
    if not found:
        raise InputError(f"{base} holds no {RESULTS_FILE}; name a folder that `metamsc run` has written.")
    return found


def _read_results(file: Path) -> dict[str, Any]:
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
        _pools_of(data)
        for key in ("name", "title", "scale", "spec", "manifest"):
            data[key]
        _rows(data)
    except (OSError, ValueError, KeyError, TypeError) as error:
        said = str(error) if isinstance(error, OSError) else f"no result of metamsc run ({error!r})"
        raise InputError(f"{file} cannot be read: {said}") from error
    assert isinstance(data, dict)  # it has the keys of one  # noqa: S101
    return data


def _pools_of(data: Mapping[str, Any]) -> dict[str, Numbers]:
    pools = [*data["strata"], *([data["overall"]] if data["overall"] else [])]
    return {str(pool["label"]): numbers_from(pool["pooled"]) for pool in pools}


def _compare(name: str, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> Drift:
    shown = new if new is not None else old
    assert shown is not None  # it is in one of the builds  # noqa: S101
    scale = shown["scale"]
    about = {
        "name": name, "title": shown["title"], "measure": scale["measure"], "ratio": scale["ratio"],
        "animal": shown["table"]["setting"] == Setting.PRECLINICAL,
    }  # fmt: skip
    before, after = ({} if side is None else _pools_of(side) for side in (old, new))
    pools = tuple(_pool_drifts(before, after, scale["null"], scale["mid"]))
    if old is None or new is None:
        return Drift(**about, unit=scale["unit"], pools=pools, only_in="old" if new is None else "new")
    note = _two_scales(old["scale"], scale)
    named = _named(old) | _named(new)
    records = dict(_records(old["manifest"], new["manifest"]))
    used = tuple(f"{record} {what}" for record, what in records.items() if record in named)
    return Drift(
        **about,
        unit=scale["unit"],
        records=used,
        other_records=len(records) - len(used),
        same_rows=_rows(old) == _rows(new),
        plan=tuple(_plan(old["spec"], new["spec"]))[:_MOST],
        software=tuple(_software(old["manifest"], new["manifest"])),
        pools=() if note else pools,
        note=note,
    )


def _two_scales(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """Say that the builds are not on one scale; empty where they are."""
    if all(old[key] == new[key] for key in ("measure", "unit", "null")):
        return ""
    words = [
        f"{scale['measure']} in {scale['unit']}" if scale["unit"] else scale["measure"]
        for scale in (old, new)
    ]
    return f"{words[0]} in the old build, {words[1]} in the new: the numbers are not on one scale."


def _rows(data: Mapping[str, Any]) -> set[tuple[Any, ...]]:
    """Return what of the rows decides a pooled result: which, in which pool, and their numbers."""
    return {(row["row_id"], row["diabetes_type"], row["yi"], row["vi"]) for row in data["table"]["rows"]}


def _named(data: Mapping[str, Any]) -> set[str]:
    table = data["table"]
    return {str(item["study_id"]) for key in ("rows", "excluded", "missing") for item in table[key]}


def _records(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    before, after = ({item["id"]: item["sha256"] for item in side["records"]} for side in (old, new))
    for name in sorted({*before, *after}):
        if name not in before:
            yield name, "added"
        elif name not in after:
            yield name, "removed"
        elif before[name] != after[name]:
            yield name, "changed"


def _software(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    before, after = ({"metamsc": side["metamsc"], **side["engines"]} for side in (old, new))
    for name in sorted({*before, *after}):
        was, now = before.get(name, "not used"), after.get(name, "not used")
        if was != now:
            yield f"{name} {was} → {now}"


def _plan(old: Any, new: Any, path: str = "") -> Iterator[str]:
    """Yield keys whose values differ, deepest first; lists are compared as one value."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted({*old, *new}):
            yield from _plan(old.get(key), new.get(key), f"{path}.{key}" if path else str(key))
    elif old != new:
        yield f"{path}: {_short(old)} → {_short(new)}"


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False) if value is not None else "–"
    return text if len(text) <= 80 else f"{text[:79]}…"


def _pool_drifts(
    before: Mapping[str, Numbers], after: Mapping[str, Numbers], null: float, mid: float | None
) -> Iterator[PoolDrift]:
    for label in dict.fromkeys([*after, *before]):
        one, other = before.get(label), after.get(label)
        yield PoolDrift(
            stratum=label,
            before=one,
            after=other,
            crossed=tuple(crossed(one, other, null=null, mid=mid)),
            trivial=is_trivial(one, other, null=null, mid=mid),
        )
