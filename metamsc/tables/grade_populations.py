"""Whom a summary of findings over several analyses is about: one table for one population.

GRADE rates the evidence of an outcome for one population, so that types of diabetes, and animals and
people, never share a table; a pool over types is a population of its own, and says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from metamsc.dataset.rows import EXCLUSION_CODES
from metamsc.plots.strata_words import stratum_heading
from metamsc.tables.labels import count_words, plural, stratum_words, type_words
from metamsc.vocabulary import DiabetesType, Setting

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult, Stratum

TOGETHER = ""
"""Key of the pool over all types of diabetes."""
NOBODY = None
"""Key where nothing of a setting could be pooled."""
_ORDER: tuple[str | None, ...] = (*DiabetesType, TOGETHER, NOBODY)
_NAMED = frozenset(set(DiabetesType) - {DiabetesType.MIXED, DiabetesType.UNSPECIFIED})
"""Types that an outcome can be asked for: in these, one without a study has a row that says so."""
_MOST_REASONS = 3


@dataclass(frozen=True, slots=True)
class Population:
    """People with one type of diabetes, or animals whose model stands for it; in one setting."""

    setting: str
    key: str | None
    """First part of a stratum's key; :data:`TOGETHER`, :data:`NOBODY`."""

    @property
    def is_animal(self) -> bool:
        """Whether the evidence is from animals."""
        return self.setting == Setting.PRECLINICAL

    @property
    def name(self) -> str:
        """A short name for programs: "clinical-t1d", "preclinical-all"."""
        last = {TOGETHER: "all", NOBODY: "none"}.get(self.key, str(self.key).lower().replace(" ", "-"))
        return f"{self.setting}-{last}"

    def pools(self, result: AnalysisResult) -> tuple[Stratum, ...]:
        """Return the pools of a result for this population: the one of its type, then those within it."""
        if result.table.setting != self.setting:
            return ()
        return tuple(pool for pool in result.pools if _key(pool) == self.key)

    def asks_for(self, result: AnalysisResult) -> bool:
        """Whether a result without a pool here has a row that says so."""
        return result.table.setting == self.setting and (self.key in _NAMED or not result.pools)

    def words(self, results: Sequence[AnalysisResult]) -> str:
        """Return who they are, for a sentence: "people with type 1 diabetes"."""
        if self.setting not in set(Setting):  # of a CSV
            return next(stratum_heading(result, pool) for result in results for pool in self.pools(result))
        who = "" if self.is_animal else "people with "
        if self.key is NOBODY:
            return "animals with diabetes" if self.is_animal else "people with diabetes"
        if self.key != TOGETHER:
            return f"{who}{type_words(self.key, animal=self.is_animal)}"
        types = {
            row.diabetes_type
            for result in results
            for pool in self.pools(result)
            for row in result.rows_of(pool)
        }
        joined = " or ".join(type_words(kind, animal=self.is_animal) for kind in _ORDER if kind in types)
        return f"{who}{joined}, pooled together"


def populations_of(results: Sequence[AnalysisResult]) -> tuple[Population, ...]:
    """Return the populations that something was pooled for: people first, types in their order."""
    found: dict[Population, None] = {}
    for result in results:
        found.update((Population(result.table.setting, _key(pool)), None) for pool in result.pools)
    for result in results:
        setting = result.table.setting
        if not any(population.setting == setting for population in found):
            found[Population(setting, NOBODY)] = None
    settings = [*Setting, *dict.fromkeys(result.table.setting for result in results)]
    return tuple(sorted(found, key=lambda item: (settings.index(item.setting), _rank(item.key))))


def _key(pool: Stratum) -> str:
    return pool.key[0] if pool.key else TOGETHER


def _rank(key: str | None) -> int:
    return _ORDER.index(key) if key in _ORDER else len(_ORDER)


def reasons_for_none(population: Population, result: AnalysisResult) -> Iterator[str]:
    """Yield why a result has no pool for a population, and for whom it has one.

    Results of this type of diabetes are counted; where there is no type, all of them.
    """

    def here(item: Any) -> bool:
        return population.key not in _NAMED or item.diabetes_type == population.key

    refused = f"{population.key}: not pooled: "
    reasons = [text.removeprefix(refused) for text in result.warnings if text.startswith(refused)]
    yield from (f"Not pooled: {reason}" for reason in reasons)
    left_out = Counter(item.code for item in result.table.excluded if here(item))
    missing = {item.study_id for item in result.table.missing if item.controlled and here(item)}
    if left_out:
        commonest = [EXCLUSION_CODES.get(code, code) for code, _ in left_out.most_common(_MOST_REASONS)]
        more = ", and other reasons" if len(left_out) > _MOST_REASONS else ""
        yield f"{plural(left_out.total(), 'result')} left out: {'; '.join(commonest)}{more}."
    if missing:
        yield f"Results of {plural(len(missing), 'study', 'studies')} are known or planned, and are not here."
    if not (reasons or left_out or missing):
        yield "No record has a result."
    others = [pool for pool in result.strata if len(pool.key) == 1]
    if others:
        told = "; ".join(
            f"{stratum_words(result, pool)}, {count_words(result.rows_of(pool))}" for pool in others
        )
        yield f"Pooled for: {told}."
