"""What two versions of a set of records differ in: added, removed, changed field by field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from metamsc.records.model import Study
from metamsc.records.studies import Studies

_MOST_FIELDS = 200
"""Changed fields of one record that are listed; the number of the others is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """One field of a record: `old` and `new` as written, None where it is not there.

    `source` is the key of the source that a result is read in, after the change; "" elsewhere.
    """

    path: str
    old: Any
    new: Any
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordChange:
    """One record that is not the same in both versions.

    `kind` is "added", "removed", "changed" or "renamed" (another id, file and nothing else).
    """

    study_id: str
    label: str
    kind: str
    file: str
    fields: tuple[FieldChange, ...] = ()
    more_fields: int = 0
    before: str = ""
    """Id before, of a record that was renamed."""


def compare_records(before: Studies, after: Studies) -> tuple[RecordChange, ...]:
    """List the records that differ, by id.

    Parameters
    ----------
    before, after : Studies

    Returns
    -------
    tuple of RecordChange
        Sorted by id. A record whose id alone changed is one that was renamed.
    """
    old, new = ({file.study.id: file for file in studies.files} for studies in (before, after))
    gone, come = set(old) - set(new), set(new) - set(old)
    renamed = _renamed({name: old[name].study for name in gone}, {name: new[name].study for name in come})
    changes = []
    for name in sorted(set(old) | set(new)):
        if name in renamed.values():
            continue
        if name in renamed or name in come:
            kind = "renamed" if name in renamed else "added"
            changes.append(_whole(new[name].study, kind, new[name].file, renamed.get(name, "")))
        elif name in gone:
            changes.append(_whole(old[name].study, "removed", old[name].file))
        elif old[name].study != new[name].study:
            fields = list(_fields(old[name].study, new[name].study))
            changes.append(
                RecordChange(
                    study_id=name,
                    label=new[name].study.label,
                    kind="changed",
                    file=new[name].file,
                    fields=tuple(fields[:_MOST_FIELDS]),
                    more_fields=max(0, len(fields) - _MOST_FIELDS),
                )
            )
    return tuple(changes)


def _whole(study: Study, kind: str, file: str, before: str = "") -> RecordChange:
    return RecordChange(study_id=study.id, label=study.label, kind=kind, file=file, before=before)


def _renamed(gone: Mapping[str, Study], come: Mapping[str, Study]) -> dict[str, str]:
    """Return the old id of each record that differs from a removed one in its id only."""
    found: dict[str, str] = {}
    for name, study in come.items():
        for other, earlier in gone.items():
            info = earlier.study.model_copy(update={"id": name})
            if other not in found.values() and earlier.model_copy(update={"study": info}) == study:
                found[name] = other
                break
    return found


def _fields(old: Study, new: Study) -> Iterator[FieldChange]:
    """Yield every field that differs, with the source of the result it belongs to."""
    one, other = (
        study.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_defaults=True)
        for study in (old, new)
    )
    before, after = dict(_flat(one)), dict(_flat(other))
    sources = _sources(new, other)
    for path in dict.fromkeys([*before, *after]):
        was, now = before.get(path), after.get(path)
        if was != now:
            source = next((key for start, key in sources.items() if path.startswith(start)), "")
            yield FieldChange(path=path, old=was, new=now, source=source)


def _sources(study: Study, data: Mapping[str, Any]) -> dict[str, str]:
    """Return the source key of each result, by the start of the paths of its fields."""
    names = _names(data.get("results", []))
    found = {}
    for name, result in zip(names, study.results, strict=True):
        found[f"results[{name}]"] = ", ".join(result.source)
    return found


def _flat(data: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every value at the bottom of plain data with its path; list items go by what they are."""
    if isinstance(data, Mapping):
        for key, value in data.items():
            yield from _flat(value, f"{path}.{key}" if path else str(key))
    elif isinstance(data, list) and data and all(isinstance(item, Mapping) for item in data):
        for name, item in zip(_names(data), data, strict=True):
            yield from _flat(item, f"{path}[{name}]")
    elif isinstance(data, list) and all(isinstance(item, str) for item in data):
        for number, text in enumerate(data, start=1):
            yield f"{path}[{number}]", text
    else:
        yield path, data


def _names(items: Sequence[Mapping[str, Any]]) -> list[str]:
    """Name the items of a list by their id, or by outcome and time; equal names are numbered."""
    names: list[str] = []
    for number, item in enumerate(items):
        own = item.get("id") or " ".join(
            str(item[key]) for key in ("outcome", "definition", "at", "code", "tool") if item.get(key)
        )
        name = str(own or number)
        names.append(name)
    seen: dict[str, int] = {}
    for at, name in enumerate(names):
        seen[name] = seen.get(name, 0) + 1
        if seen[name] > 1:
            names[at] = f"{name} ({seen[name]})"
    return names
