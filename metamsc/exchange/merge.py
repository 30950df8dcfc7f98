"""One record from two extractions: what agrees stands, what does not is marked for a third person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from metamsc.errors import InputError
from metamsc.exchange.compare import Comparison
from metamsc.exchange.fields import Field
from metamsc.exchange.yaml_scalars import write_string
from metamsc.records.load import load_study
from metamsc.records.model import Study
from metamsc.records.positions import Path, Place, Positions
from metamsc.records.studies import StudyFile
from metamsc.records.todo import TODO
from metamsc.records.validate import validate
from metamsc.vocabulary import ExtractionStatus

MARK = f"{TODO} two extractions differ: "
"""How the reason of an entry of `to_confirm` begins until somebody has decided and deleted the entry."""


def merge_studies(comparison: Comparison) -> Study:
    """Return one record made of both.

    Parameters
    ----------
    comparison : Comparison

    Returns
    -------
    Study
        The first record's values; the second's where it prints more digits of the same number; arms,
        sources, results and missing results that only one has. Each disagreement is an entry of
        `to_confirm` with both values. Status is ``double`` when there is none and the extractors are
        two people, else what the first record says.

    Raises
    ------
    InputError
        If the parts do not fit together.
    """
    a, b = comparison.a.study, comparison.b.study
    data = a.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    other = b.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    for field in comparison.fields:
        if field.status == "rounding" and field.finer_b:
            _set(data, field)
    _rename(other, comparison)
    places = _append(data, other, comparison)
    _join_lists(data, other)
    marks = [_mark(field, comparison, places) for field in comparison.disagreements]
    data.setdefault("to_confirm", []).extend(marks)
    extraction = data["extraction"]
    extraction["checked_by"] = b.extraction.extracted_by
    extraction["date"] = max(a.extraction.date, b.extraction.date)
    if not marks and independent(comparison):
        extraction["status"] = ExtractionStatus.DOUBLE.value
    merged, problems = validate(Study, data, Positions(), a.id)
    if merged is None:
        raise InputError("\n".join(["the two records do not fit into one:", *map(str, problems)]))
    return merged


def independent(comparison: Comparison) -> bool:
    """Whether the two extractions name two different people."""
    first, second = (file.study.extraction.extracted_by for file in (comparison.a, comparison.b))
    return " ".join(first.casefold().split()) != " ".join(second.casefold().split())


def _set(data: dict[str, Any], field: Field) -> None:
    target: Any = data
    for step in field.path[:-1]:
        target = target[step]
    target[field.path[-1]] = field.b


def _rename(other: dict[str, Any], comparison: Comparison) -> None:
    """Call the second record's arms and sources by the first one's ids."""
    arms, sources = comparison.matching.arms, comparison.matching.sources
    taken = {arm.id for arm in comparison.a.study.arms}
    new = {name: arms.get(name) or _free(name, taken) for name in (arm["id"] for arm in other["arms"])}
    keys = {
        name: sources.get(name) or _free(name, set(comparison.a.study.sources)) for name in other["sources"]
    }
    for arm in other["arms"]:
        arm["id"] = new[arm["id"]]
        _rename_source(arm, keys)
    _rename_source(other.get("population") or {}, keys)
    other["sources"] = {keys[name]: source for name, source in other["sources"].items()}
    for result in other.get("results", ()):
        result["source"] = [keys.get(name, name) for name in result["source"]]
        if "arms" in result:
            result["arms"] = {new.get(name, name): value for name, value in result["arms"].items()}
        if "arms" in result.get("between", {}):
            result["between"]["arms"] = [new.get(name, name) for name in result["between"]["arms"]]
        for side in ("treatment", "control"):
            if "contrast" in result:
                result["contrast"][side] = new.get(result["contrast"][side], result["contrast"][side])
    for entry in other.get("missing_results", ()):
        if "source" in entry:
            entry["source"] = keys.get(entry["source"], entry["source"])


def _rename_source(part: dict[str, Any], keys: dict[str, str]) -> None:
    for value in part.values():
        if isinstance(value, dict) and "unit" in value and isinstance(value.get("source"), str):
            value["source"] = keys.get(value["source"], value["source"])


def _free(name: str, taken: set[str]) -> str:
    return (
        name
        if name not in taken
        else next(f"{name}-{n}" for n in range(2, 1000) if f"{name}-{n}" not in taken)
    )


def _append(data: dict[str, Any], other: dict[str, Any], comparison: Comparison) -> dict[str, str]:
    """Add what only the second record has; return its place there -> place in the merged record."""
    matching = comparison.matching
    places: dict[str, str] = {}
    known = {arm["id"] for arm in data["arms"]}
    for old, arm in zip(comparison.b.study.arms, other["arms"], strict=True):
        if arm["id"] not in known:
            data["arms"].append(arm)
            places[f"arms.{old.id}"] = f"arms.{arm['id']}"
    for name, source in other["sources"].items():
        data["sources"].setdefault(name, source)
    pairs = {
        "results": matching.results,
        "missing_results": matching.missing,
        "risk_of_bias": matching.judgements,
    }
    for name, matched in pairs.items():
        for first, second in matched:
            if first is None and second is not None:
                entries = data.setdefault(name, [])
                places[f"{name}[{second}]"] = f"{name}[{len(entries)}]"
                entries.append(other[name][second])
    for first, second in matching.results:
        if first is not None and second is not None and "arms" in data["results"][first]:
            values = data["results"][first]["arms"]
            for arm, value in other["results"][second].get("arms", {}).items():
                values.setdefault(arm, value)
    return places


def _join_lists(data: dict[str, Any], other: dict[str, Any]) -> None:
    for part, name in ((data["study"], "notes"), (data, "to_confirm"), (data, "acknowledged")):
        source = other["study"] if name == "notes" else other
        entries = part.get(name, []) + [e for e in source.get(name, []) if e not in part.get(name, [])]
        if entries:
            part[name] = entries


def _mark(field: Field, comparison: Comparison, places: dict[str, str]) -> dict[str, str]:
    first, second = (file.study.extraction.extracted_by for file in (comparison.a, comparison.b))
    if not independent(comparison):
        first, second = f"{first} (A)", f"{second} (B)"
    where = places.get(field.where, field.where) if field.status == "only B" else field.where
    b = float(f"{field.b:.4g}") if field.turned else field.b
    reason = f"{MARK}{_says(field.a)} ({first}), {_says(b)} ({second})"
    if field.hint:
        reason += f"; {field.hint}"
    return {"field": where, "reason": reason}


def _says(value: Any) -> str:
    if value is None or value == ():
        return "not given"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) and float(f"{value:g}") == value else str(value)


def left_to_decide(study: Study) -> tuple[str, ...]:
    """Return the fields of a merged record whose disagreement is still marked."""
    return tuple(entry.field for entry in study.to_confirm if entry.reason.startswith(MARK))


def adjudicate(content: bytes, file: str, by: str) -> bytes:
    """Return the text of a merged record with the status ``adjudicated``; all else, comments too, stays.

    Parameters
    ----------
    content : bytes
        The file.
    file : str
        Its name, for messages.
    by : str
        Who decided; added to `checked_by`.

    Raises
    ------
    InputError
        If the record cannot be read, disagreements are still marked, or there was no second extractor.
    """
    found = load_study(content, file)
    if not isinstance(found, StudyFile):
        raise InputError("\n".join(["the record cannot be read:", *map(str, found)]))
    left = left_to_decide(found.study)
    if left:
        listed = "\n  ".join(left)
        raise InputError(
            f"{file}: {len(left)} disagreements are still marked in `to_confirm`; write the right value, "
            f"delete the entry, then call again:\n  {listed}"
        )
    checked = found.study.extraction.checked_by
    if checked is None:
        raise InputError(f"{file} has no `checked_by`: it does not come from two extractions.")
    text = content.decode("utf-8-sig")
    changes: dict[Path, str] = {
        ("extraction", "status"): ExtractionStatus.ADJUDICATED.value,
        ("extraction", "checked_by"): f"{checked}; adjudicated by {by}",
    }
    for start, end, value in sorted(_spans(text, found, changes), reverse=True):
        tail = "\n" if text[start:end].endswith("\n") else ""
        text = text[:start] + write_string(value, flow=True) + tail + text[end:]
    return text.encode("utf-8")


def _spans(text: str, file: StudyFile, changes: dict[Path, str]) -> Iterator[tuple[int, int, str]]:
    """Yield where each value that changes begins and ends in the text, and what it becomes."""
    wanted = {file.place(path): value for path, value in changes.items()}
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        start, end = event.start_mark, event.end_mark
        if isinstance(event, yaml.ScalarEvent) and start is not None and end is not None:
            value = wanted.get(Place(start.line + 1, start.column + 1))
            if value is not None:
                yield start.index, end.index, value
