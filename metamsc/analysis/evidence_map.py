"""Where there is evidence and where there is none: outcome × type of diabetes × source of the cells.

Counts cohorts, not records: reports of the same participants count once. A cohort with two sources of cells
counts under both. Nothing is pooled here, and nothing is left out but what the caller does not ask for.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from metamsc.errors import check_option
from metamsc.outcomes.catalogue import catalogue
from metamsc.records.designs import ACTIVE, SINGLE_ARM
from metamsc.vocabulary import ArmRole, DiabetesType, MscSource, Setting

if TYPE_CHECKING:
    from metamsc.records.model import Result, Study

SETTINGS = tuple(str(setting.value) for setting in Setting)


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceCell:
    """What is there on one outcome, with cells of one source, in one type of diabetes.

    A cohort is in the first of the three lists that it belongs to.
    """

    outcome: str
    diabetes_type: str
    msc_source: str
    controlled: tuple[str, ...]
    """Cohorts with numbers against an untreated control."""
    uncontrolled: tuple[str, ...]
    """Cohorts with numbers and no such control (single-arm, product against product)."""
    without_numbers: tuple[str, ...]
    """Cohorts known to have the result, which is not here as a number."""
    participants: int
    """In the controlled cohorts, as far as numbers are printed."""
    unknown_sizes: int
    """Controlled cohorts whose number of participants is not printed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceMap:
    """All cells that hold anything; every other combination of the headings is a gap."""

    setting: str
    outcomes: tuple[tuple[str, str], ...]
    """Id and label, most cohorts first."""
    diabetes_types: tuple[str, ...]
    msc_sources: tuple[str, ...]
    """Most cohorts first."""
    cells: tuple[EvidenceCell, ...]
    n_cohorts: int

    def cell(self, outcome: str, diabetes_type: str, msc_source: str) -> EvidenceCell | None:
        """Return a cell; None for a gap."""
        wanted = (outcome, diabetes_type, msc_source)
        return next((c for c in self.cells if (c.outcome, c.diabetes_type, c.msc_source) == wanted), None)

    def n_of(self, outcome: str) -> int:
        """Return how many cohorts there are on an outcome, with numbers or without."""
        found: set[str] = set()
        for cell in self.cells:
            if cell.outcome == outcome:
                found.update(cell.controlled, cell.uncontrolled, cell.without_numbers)
        return len(found)

    @property
    def n_gaps(self) -> int:
        """Combinations of the headings without any study."""
        return len(self.outcomes) * len(self.diabetes_types) * len(self.msc_sources) - len(self.cells)


@dataclass(slots=True)
class _Found:
    """What is being collected of one cohort in one cell."""

    rank: int
    size: int | None


_CONTROLLED, _UNCONTROLLED, _WITHOUT = range(3)


def map_evidence(records: Iterable[Study], setting: str, *, msc_only: bool = True) -> EvidenceMap:
    """Map the evidence of one setting.

    Parameters
    ----------
    records : iterable of Study
        :func:`metamsc.read_records` reads them.
    setting : str
        "clinical" or "preclinical"; the two are never counted together.
    msc_only : bool
        Leave out products that are not MSC.

    Returns
    -------
    EvidenceMap
        Outcomes, types and sources that occur in the setting.

    Raises
    ------
    OptionError
        If there is no such setting.
    """
    check_option("setting", setting, SETTINGS)
    found: dict[tuple[str, str, str], dict[str, _Found]] = {}
    cohorts: set[str] = set()
    sources_of: dict[str, set[str]] = {}
    for study in records:
        sources = _sources(study, None, msc_only=msc_only)
        if study.study.setting.value != setting or not sources:
            continue
        cohorts.add(study.cohort)
        sources_of.setdefault(study.cohort, set()).update(sources)
        for result in study.results:
            rank = _CONTROLLED if _is_controlled(study, result) else _UNCONTROLLED
            for source in _sources(study, result, msc_only=msc_only):
                key = (result.outcome, study.diabetes_type.value, source)
                _add(found, key, study.cohort, rank, _size(study, result))
        for missing in study.missing_results:
            for source in sources:
                _add(
                    found, (missing.outcome, study.diabetes_type.value, source), study.cohort, _WITHOUT, None
                )
    cells = tuple(_cell(key, of_cohort) for key, of_cohort in found.items())
    return EvidenceMap(
        setting=setting,
        outcomes=_outcomes(cells),
        diabetes_types=tuple(
            str(kind.value) for kind in DiabetesType if kind.value in {cell.diabetes_type for cell in cells}
        ),
        msc_sources=_ranked_sources(cells, sources_of),
        cells=cells,
        n_cohorts=len(cohorts),
    )


def _sources(study: Study, result: Result | None, *, msc_only: bool) -> tuple[str, ...]:
    """Return the sources of the treated arms, of those in a result where one is given."""
    named = None
    if result is not None:
        named = set(result.arms) if result.arms is not None else set()
        if result.contrast is not None:
            named = {result.contrast.treatment}
    found = [
        str(arm.cells.source.value)
        for arm in study.arms
        if arm.role is ArmRole.TREATMENT
        and arm.cells is not None
        and (arm.cells.msc or not msc_only)
        and (named is None or arm.id in named)
    ]
    return tuple(dict.fromkeys(found))


def _is_controlled(study: Study, result: Result) -> bool:
    """Say whether a result compares a treated arm with one that did not receive the product."""
    if study.study.design in SINGLE_ARM | ACTIVE:
        return False
    if result.contrast is not None:
        control = next((arm for arm in study.arms if arm.id == result.contrast.control), None)
        return control is not None and control.role is ArmRole.CONTROL
    return any(arm.role is ArmRole.CONTROL and arm.id in (result.arms or {}) for arm in study.arms)


def _size(study: Study, result: Result) -> int | None:
    """Return the participants behind a result, analysed, else randomised, arm by arm; None if unknown."""
    if result.contrast is not None:
        contrast = result.contrast
        given = {contrast.treatment: contrast.n_treatment, contrast.control: contrast.n_control}
    else:
        given = {name: value.n for name, value in (result.arms or {}).items()}
    wanted = {ArmRole.TREATMENT, ArmRole.CONTROL}
    sizes = [
        given[arm.id] if given[arm.id] is not None else arm.n_randomised
        for arm in study.arms
        if arm.id in given and arm.role in wanted
    ]
    known = [size for size in sizes if size is not None]
    return sum(known) if known and len(known) == len(sizes) else None


def _add(
    found: dict[tuple[str, str, str], dict[str, _Found]],
    key: tuple[str, str, str],
    cohort: str,
    rank: int,
    size: int | None,
) -> None:
    """Keep the best that a cohort has for a cell, and its largest size of that kind."""
    of_cohort = found.setdefault(key, {})
    before = of_cohort.get(cohort)
    if before is None or rank < before.rank:
        of_cohort[cohort] = _Found(rank, size)
    elif rank == before.rank and size is not None:
        before.size = max(before.size or 0, size)


def _cell(key: tuple[str, str, str], of_cohort: dict[str, _Found]) -> EvidenceCell:
    ranked = [tuple(sorted(c for c, item in of_cohort.items() if item.rank == rank)) for rank in range(3)]
    sizes = [of_cohort[cohort].size for cohort in ranked[_CONTROLLED]]
    return EvidenceCell(
        outcome=key[0],
        diabetes_type=key[1],
        msc_source=key[2],
        controlled=ranked[_CONTROLLED],
        uncontrolled=ranked[_UNCONTROLLED],
        without_numbers=ranked[_WITHOUT],
        participants=sum(size for size in sizes if size is not None),
        unknown_sizes=sum(size is None for size in sizes),
    )


def _outcomes(cells: Iterable[EvidenceCell]) -> tuple[tuple[str, str], ...]:
    """Return ids and labels, most cohorts with numbers first; what the catalogue lacks keeps its id."""
    known = catalogue()
    cohorts: dict[str, tuple[set[str], set[str]]] = {}
    for cell in cells:
        with_numbers, every = cohorts.setdefault(cell.outcome, (set(), set()))
        with_numbers.update(cell.controlled, cell.uncontrolled)
        every.update(cell.controlled, cell.uncontrolled, cell.without_numbers)
    labels = {
        key: known.outcomes[key].label if key in known.outcomes else known.families.get(key, key)
        for key in cohorts
    }
    order = sorted(cohorts, key=lambda key: (-len(cohorts[key][0]), -len(cohorts[key][1]), labels[key]))
    return tuple((key, labels[key]) for key in order)


def _ranked_sources(cells: Iterable[EvidenceCell], sources_of: dict[str, set[str]]) -> tuple[str, ...]:
    """Return the sources in the cells, most cohorts first; "not reported" last."""
    there = {cell.msc_source for cell in cells}
    counts = {name: sum(name in found for found in sources_of.values()) for name in there}
    last = MscSource.NOT_REPORTED.value
    return tuple(sorted(there, key=lambda name: (name == last, -counts[name], name)))
