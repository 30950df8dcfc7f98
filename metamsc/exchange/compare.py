"""Agreement of two independent extractions, field by field.

A field is *exact*, equal *within rounding* of the coarser print, *differs*, or is given by one only.
What the two wrote in their own words (notes, labels, locators) is listed and not adjudicated.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel

from metamsc.exchange.fields import (
    Field,
    Kind,
    Status,
    agree,
    converted_status,
    decimals,
    entry_name,
    is_pair,
    kind_of,
    lines_of,
    name_path,
    number_status,
    outcome_in_unit,
    with_spread_hint,
)
from metamsc.exchange.matching import Matching, match_studies, plain
from metamsc.exchange.same_unit import InUnit, in_unit_of
from metamsc.records.model import Arm, Result, RiskOfBias, StudyInfo
from metamsc.records.positions import Path
from metamsc.records.studies import StudyFile
from metamsc.records.values import ArmValue, Contrast

_COUNTS = frozenset({"n", "events"})
"""Numbers that have one unit whatever the outcome."""
_SIDES = ("treatment", "control")
_SKIP: dict[type[BaseModel], frozenset[str]] = {
    StudyInfo: frozenset({"id"}),
    Arm: frozenset({"id"}),
    Result: frozenset({"arms", "contrast"}),
    ArmValue: frozenset({"derivations"}),
    Contrast: frozenset({"derivations"}),
    RiskOfBias: frozenset({"domains"}),
}
"""Fields that are brought together on their own, or are no reading of the paper (ids, workings)."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two extractions of one study."""

    a: StudyFile
    b: StudyFile
    matching: Matching
    fields: tuple[Field, ...]

    @property
    def disagreements(self) -> tuple[Field, ...]:
        """Fields that somebody has to decide."""
        return tuple(field for field in self.fields if field.to_adjudicate)


def compare_studies(a: StudyFile, b: StudyFile) -> Comparison:
    """Compare two extractions of one study.

    Parameters
    ----------
    a, b : StudyFile
        Records; where they were read from files, digits are counted as printed there.

    Returns
    -------
    Comparison
    """
    matching = match_studies(a.study, b.study)
    return Comparison(a, b, matching, tuple(_Comparing(a, b, matching).fields()))


class _Comparing:
    def __init__(self, a: StudyFile, b: StudyFile, matching: Matching) -> None:
        self.a, self.b, self.matching = a, b, matching
        self.lines = lines_of(a), lines_of(b)
        self.turned: InUnit | None = None

    def fields(self) -> Iterator[Field]:
        a, b = self.a.study, self.b.study
        for name in ("study", "population", "model"):
            yield from self._part((name,), (name,), name, getattr(a, name), getattr(b, name))
        yield from self._by_id("arms", [arm.id for arm in a.arms], [arm.id for arm in b.arms])
        yield from self._by_id("sources", list(a.sources), list(b.sources))
        yield from self._list("results", self.matching.results)
        yield from self._list("missing_results", self.matching.missing)
        yield from self._list("risk_of_bias", self.matching.judgements)

    def _by_id(self, name: str, ids_a: list[str], ids_b: list[str]) -> Iterator[Field]:
        to_a = self.matching.arms if name == "arms" else self.matching.sources
        to_b = {first: second for second, first in to_a.items()}
        part: Kind = "part" if name == "arms" else "wording"
        for first in ids_a:
            second = to_b.get(first)
            path_a: Path = (name, ids_a.index(first)) if name == "arms" else (name, first)
            if second is None:
                yield Field(f"{name}.{first}", name, part, "only A", first, None, path_a)
                continue
            path_b: Path = (name, ids_b.index(second)) if name == "arms" else (name, second)
            yield from self._part(path_a, path_b, name, self._get(self.a, path_a), self._get(self.b, path_b))
        for second in ids_b:
            if second not in to_a:
                yield Field(f"{name}.{second}", name, part, "only B", None, second)

    def _list(self, name: str, pairs: Iterable[tuple[int | None, int | None]]) -> Iterator[Field]:
        for i, j in pairs:
            if i is None or j is None:
                file, number = (self.b, j) if i is None else (self.a, i)
                entry = self._get(file, (name, number or 0))
                what = " ".join(str(v) for v in (entry_name(entry), getattr(entry, "at", None)) if v)
                status: Status = "only B" if i is None else "only A"
                values = (None, what) if i is None else (what, None)
                path: Path = () if i is None else (name, i)
                yield Field(f"{name}[{number}]", name, "part", status, values[0], values[1], path)
                continue
            entry_a, entry_b = self._get(self.a, (name, i)), self._get(self.b, (name, j))
            if name == "results":
                yield from self._result(i, j, entry_a, entry_b)
                continue
            yield from self._part((name, i), (name, j), name, entry_a, entry_b)
            if name == "risk_of_bias":
                yield from self._domains(i, j, entry_a, entry_b)

    def _result(self, i: int, j: int, a: Result, b: Result) -> list[Field]:
        """Compare two results; numbers of another unit are turned into the first one's."""
        self.turned = in_unit_of(a.outcome, b.unit, a.unit)
        named = self._by_first_ids(b)
        fields = [*self._part(("results", i), ("results", j), "results", a, named), *self._values(i, j, a, b)]
        turned = [field.status for field in fields if field.turned]
        if 2 * turned.count("rounding") > len(turned):  # the units are right, whatever a single number says
            fields = [
                replace(field, status="rounding") if field.path == ("results", i, "unit") else field
                for field in fields
            ]
        self.turned = None
        return fields

    def _by_first_ids(self, result: Result) -> Result:
        """Return a result of the second record with the first one's ids of arms and sources."""
        arms, sources = self.matching.arms, self.matching.sources
        changed: dict[str, Any] = {"source": tuple(sources.get(key, key) for key in result.source)}
        if result.between is not None and result.between.arms is not None:
            names = tuple(arms.get(arm, arm) for arm in result.between.arms)
            changed["between"] = result.between.model_copy(update={"arms": names})
        return result.model_copy(update=changed)

    def _in_first_unit(self, part: Any, place: Path) -> Any:
        return part if self.turned is None else self.turned.part(part, place)

    def _values(self, i: int, j: int, a: Any, b: Any) -> Iterator[Field]:
        if a.contrast is not None:
            path = ("contrast",)
            names = {
                x: self.matching.arms.get(getattr(b.contrast, x), getattr(b.contrast, x)) for x in _SIDES
            }
            other = self._in_first_unit(b.contrast.model_copy(update=names), ("results", j, *path))
            yield from self._part(
                ("results", i, *path),
                ("results", j, *path),
                f"{outcome_in_unit(a)} contrast",
                a.contrast,
                other,
            )
            return
        renamed = {self.matching.arms.get(arm, arm): arm for arm in b.arms}
        for arm in dict.fromkeys((*a.arms, *renamed)):
            path_a: Path = ("results", i, "arms", arm)
            where = f"results[{i}].arms.{arm}"
            if arm not in a.arms:
                yield Field(where, "results.arms", "part", "only B", None, arm)
            elif arm not in renamed:
                yield Field(where, "results.arms", "part", "only A", arm, None, path_a)
            else:
                other = renamed[arm]
                path_b: Path = ("results", j, "arms", other)
                second = self._in_first_unit(b.arms[other], path_b)
                parts = self._part(path_a, path_b, outcome_in_unit(a), a.arms[arm], second)
                yield from with_spread_hint(list(parts), a.arms[arm], second)

    def _domains(self, i: int, j: int, a: Any, b: Any) -> Iterator[Field]:
        first = {plain(d.domain): n for n, d in enumerate(a.domains)}
        second = {plain(d.domain): n for n, d in enumerate(b.domains)}
        for name in dict.fromkeys((*first, *second)):
            if name not in first or name not in second:
                values = (name, None) if name in first else (None, name)
                status: Status = "only A" if name in first else "only B"
                path: Path = ("risk_of_bias", i, "domains", first[name]) if name in first else ()
                yield Field(
                    f"risk_of_bias[{i}].{name}",
                    "risk_of_bias.domains",
                    "part",
                    status,
                    values[0],
                    values[1],
                    path,
                )
                continue
            path_a: Path = ("risk_of_bias", i, "domains", first[name])
            path_b: Path = ("risk_of_bias", j, "domains", second[name])
            parts = a.domains[first[name]], b.domains[second[name]]
            yield from self._part(path_a, path_b, "risk_of_bias.domains", *parts)

    def _part(self, path_a: Path, path_b: Path, group: str, a: Any, b: Any) -> Iterator[Field]:
        """Compare two parts field by field; one may be missing."""
        names = dict.fromkeys(type(a if a is not None else b).model_fields) if (a or b) is not None else {}
        for name in names:
            if name in _SKIP.get(type(a if a is not None else b), ()):
                continue
            first, second = getattr(a, name, None), getattr(b, name, None)
            if first == second == type(a if a is not None else b).model_fields[name].default:
                continue  # nobody wrote it, so nobody agreed on it
            below_a, below_b = (*path_a, name), (*path_b, name)
            below = f"results.{name}" if name in _COUNTS else f"{group}.{name}"
            if isinstance(first, BaseModel) or isinstance(second, BaseModel):
                yield from self._part(below_a, below_b, below, first, second)
            elif is_pair(first) or is_pair(second):
                for end in (0, 1):
                    values = (x[end] if x is not None else None for x in (first, second))
                    yield from self._field((*below_a, end), (*below_b, end), below, *values)
            else:
                yield from self._field(below_a, below_b, below, first, second)

    def _field(self, path_a: Path, path_b: Path, group: str, a: Any, b: Any) -> Iterator[Field]:
        if (a is None or a == ()) and (b is None or b == ()):
            return
        kind = kind_of(
            a if a is not None else b, str(next(s for s in reversed(path_a) if isinstance(s, str)))
        )
        finer_b = False
        if a is None or a == ():
            status: Status = "only B"
        elif b is None or b == ():
            status = "only A"
        elif kind == "number" and self.turned is not None and path_b in self.turned.slopes:
            yield self._turned_field(path_a, path_b, group, a, b)
            return
        elif kind == "number":
            digits = (
                decimals(self.a, self.lines[0], path_a, a),
                decimals(self.b, self.lines[1], path_b, b),
            )
            finer_b = digits[1] > digits[0]
            status = number_status(a, b, min(digits))
        else:
            status = "exact" if agree(a, b, str(path_a[-1])) else "differs"
        where = name_path(path_a, self.a)
        yield Field(where, group, kind, status, a, b, path_a, finer_b)

    def _turned_field(self, path_a: Path, path_b: Path, group: str, a: float, b: float) -> Field:
        assert self.turned is not None  # its only caller looks  # noqa: S101
        written: Any = self.b.study.results
        for step in path_b[1:]:
            inside = isinstance(written, tuple | dict)
            written = written[step] if inside else getattr(written, str(step))
        half_a = 0.5 * 10.0 ** -decimals(self.a, self.lines[0], path_a, a)
        half_b = 0.5 * 10.0 ** -decimals(self.b, self.lines[1], path_b, written) * self.turned.slopes[path_b]
        hint = f"{written:g} {self.turned.given} is {b:.4g} {self.turned.wanted}"
        status = converted_status(a, b, half_a, half_b)
        return Field(name_path(path_a, self.a), group, "number", status, a, b, path_a, turned=True, hint=hint)

    @staticmethod
    def _get(file: StudyFile, path: Path) -> Any:
        value: Any = getattr(file.study, str(path[0]))
        return value[path[1]]
