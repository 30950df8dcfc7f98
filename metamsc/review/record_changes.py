"""What two versions of a set of records differ in: added, removed, renamed, changed field by field."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from metamsc.outcomes.catalogue import catalogue
from metamsc.records.model import Study
from metamsc.records.studies import Studies, StudyFile
from metamsc.tables.labels import type_words, word

_MOST_FIELDS = 200
"""Changed fields of one record that are listed; the number of the others is said."""
_MOST_PAIRS = 2_500
"""Pairs of a removed and an added record that are compared for being one that was renamed and changed."""
_ALIKE = 0.6
"""Share of equal fields from which an added record is a removed one under another name."""

KINDS = ("added", "changed", "renamed", "unreadable", "readable again", "removed")
"""What can become of a record. An unreadable one is there, and its file is no record any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """One field of a record: `old` and `new` as written, None where it is not there.

    `source` is where a result is read, after the change: the key of its source and the place in the text;
    "" elsewhere.
    """

    path: str
    old: Any
    new: Any
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordChange:
    """One record that is not the same in both versions; `kind` is one of :data:`KINDS`."""

    study_id: str
    label: str
    kind: str
    file: str
    about: str = ""
    """Design, type of diabetes, participants and outcomes, of a record that was added."""
    fields: tuple[FieldChange, ...] = ()
    more_fields: int = 0
    before: str = ""
    """Id before, of a record that was renamed."""


def compare_records(
    before: Studies,
    after: Studies,
    files: tuple[Collection[str], Collection[str]] = ((), ()),
) -> tuple[RecordChange, ...]:
    """List the records that differ, by id.

    Parameters
    ----------
    before, after : Studies
        Those that could be read.
    files : pair of collections of str
        All files of records before and after, also those that could not be read.

    Returns
    -------
    tuple of RecordChange
        Sorted by id. A record that went and one that came are one that was renamed if they differ in the
        id only, or in few fields besides.
    """
    old, new = ({file.study.id: file for file in studies.files} for studies in (before, after))
    gone, come = set(old) - set(new), set(new) - set(old)
    renamed = _renamed({name: old[name].study for name in gone}, {name: new[name].study for name in come})
    changes = []
    for name in sorted(set(old) | set(new)):
        if name in renamed.values():
            continue
        if name in renamed:
            changes.append(_changed(old[renamed[name]].study, new[name], "renamed"))
        elif name in come:
            kind = "readable again" if new[name].file in files[0] else "added"
            changes.append(_whole(new[name], kind, _about(new[name].study)))
        elif name in gone:
            changes.append(_whole(old[name], "unreadable" if old[name].file in files[1] else "removed"))
        elif old[name].study != new[name].study:
            changes.append(_changed(old[name].study, new[name], "changed"))
    return tuple(changes)


def only_layout(before: Studies, after: Studies) -> tuple[str, ...]:
    """Name the files of which the bytes differ and the record does not: comments, order, spaces."""
    old = {file.study.id: file for file in before.files}
    return tuple(
        file.file
        for file in after.files
        if file.study.id in old
        and old[file.study.id].sha256 != file.sha256
        and old[file.study.id].study == file.study
    )


def _whole(file: StudyFile, kind: str, about: str = "") -> RecordChange:
    study = file.study
    return RecordChange(study_id=study.id, label=study.label, kind=kind, file=file.file, about=about)


def _changed(old: Study, new: StudyFile, kind: str) -> RecordChange:
    fields = [item for item in _fields(old, new.study) if kind != "renamed" or item.path != "study.id"]
    return RecordChange(
        study_id=new.study.id,
        label=new.study.label,
        kind=kind,
        file=new.file,
        before=old.id if kind == "renamed" else "",
        fields=tuple(fields[:_MOST_FIELDS]),
        more_fields=max(0, len(fields) - _MOST_FIELDS),
    )


def _about(study: Study) -> str:
    """Say what a new record is, in the words of the tables."""
    numbers = [arm.n_randomised for arm in study.arms]
    animal = study.study.setting.value == "preclinical"
    known = [number for number in numbers if number is not None]
    whom = "animals" if animal else "participants"
    count = f"{sum(known)} {whom}" if known and len(known) == len(numbers) else ""
    outcomes = catalogue().outcomes
    named = dict.fromkeys(
        outcomes[row.outcome].label if row.outcome in outcomes else row.outcome for row in study.results
    )
    listed = ", ".join(list(named)[:8]) + (", …" if len(named) > 8 else "")
    kind = type_words(study.diabetes_type, animal=animal)
    parts = [word(study.study.design.value), kind, count, listed or "no result"]
    return "; ".join(part for part in parts if part)


def _renamed(gone: Mapping[str, Study], come: Mapping[str, Study]) -> dict[str, str]:
    """Return new id -> old id of records that went under one name and came under another."""
    before, after = (
        {name: dict(_flat(_without_id(study))) for name, study in studies.items()} for studies in (gone, come)
    )
    same = {json.dumps(flat, sort_keys=True): name for name, flat in before.items()}
    found: dict[str, str] = {}
    for name in sorted(after):
        other = same.pop(json.dumps(after[name], sort_keys=True), None)
        if other is not None:
            found[name] = other
    if len(gone) * len(come) <= _MOST_PAIRS:
        for name in sorted(set(after) - set(found)):
            left = {other: flat for other, flat in before.items() if other not in found.values()}
            best = max(sorted(left), key=lambda other: _share(left[other], after[name]), default=None)
            if best is not None and _share(left[best], after[name]) >= _ALIKE:
                found[name] = best
    return found


def _without_id(study: Study) -> dict[str, Any]:
    data = _data(study)
    return {**data, "study": {key: value for key, value in data["study"].items() if key != "id"}}


def _share(one: Mapping[str, Any], other: Mapping[str, Any]) -> float:
    equal = sum(1 for path, value in one.items() if path in other and other[path] == value)
    return equal / max(len(one), len(other), 1)


def _data(study: Study) -> dict[str, Any]:
    return study.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_defaults=True)


def _fields(old: Study, new: Study) -> Iterator[FieldChange]:
    """Yield every field that differs, with the source of the result it belongs to."""
    one, other = _data(old), _data(new)
    before, after = dict(_flat(one)), dict(_flat(other))
    sources = _sources(new, other)
    for path in dict.fromkeys([*before, *after]):
        was, now = before.get(path), after.get(path)
        if was != now:
            source = next((said for start, said in sources.items() if path.startswith(start)), "")
            yield FieldChange(path=path, old=was, new=now, source=source)


def _sources(study: Study, data: Mapping[str, Any]) -> dict[str, str]:
    """Return where each result is read, by the start of the paths of its fields."""
    names = _names(data.get("results", []))
    found = {}
    for name, result in zip(names, study.results, strict=True):
        found[f"results[{name}]"] = ", ".join(_source(study, key) for key in result.source)
    return found


def _source(study: Study, key: str) -> str:
    place = study.sources[key].locator if key in study.sources else None
    same = place is None or place.replace(" ", "-").lower() == key.lower()
    return key if same else f"{key} ({place})"


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


def field_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[FieldChange, ...]:
    """List the fields in which two plain mappings differ."""
    before, after = dict(_flat(old)), dict(_flat(new))
    paths: Iterable[str] = dict.fromkeys([*before, *after])
    return tuple(
        FieldChange(path=path, old=before.get(path), new=after.get(path))
        for path in paths
        if before.get(path) != after.get(path)
    )


def _names(items: Sequence[Mapping[str, Any]]) -> list[str]:
    """Name the items of a list by their id, or by outcome and time; equal names are numbered."""
    names: list[str] = []
    for number, item in enumerate(items):
        own = item.get("id") or " ".join(
            str(item[key]) for key in ("name", "outcome", "definition", "at", "code", "tool") if item.get(key)
        )
        name = str(own or number)
        names.append(name)
    seen: dict[str, int] = {}
    for at, name in enumerate(names):
        seen[name] = seen.get(name, 0) + 1
        if seen[name] > 1:
            names[at] = f"{name} ({seen[name]})"
    return names
