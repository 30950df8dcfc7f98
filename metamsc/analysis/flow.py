"""The flow of a review (PRISMA 2020): what a search found, and what became of it down to one analysis.

The numbers of the search stand in an own file, ``flow.yml`` beside the plans, as far as somebody wrote them
down: what is not there is not known, and never worked out. The records and the analysis give the rest:
studies and reports included, and why a report is not in an analysis. Sums are checked; what does not add up
is a :class:`~metamsc.errors.Problem`.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from metamsc.dataset.rows import EXCLUSION_CODES
from metamsc.errors import Problem, SpecError
from metamsc.records.load import load_yaml
from metamsc.records.parts import Part
from metamsc.records.positions import Positions
from metamsc.records.validate import validate
from metamsc.records.yaml_events import Loaded

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult
    from metamsc.records.studies import Studies

FLOW_FILE = "flow.yml"
FLOW_CODE = "F307"
"""Code of numbers that do not add up; see docs/figures.md."""
NO_OUTCOME = "no result of this outcome"
NO_NUMBER = "result known, not here as a number"

_Number = Annotated[int, Field(ge=0, le=10_000_000)]
_Named = dict[Annotated[str, Field(min_length=1)], _Number]


class OtherMethods(Part):
    """Reports found by other ways than databases and registers."""

    sought: _Number | None = None
    """Reports sought for retrieval."""
    not_retrieved: _Number | None = None
    """Reports that could not be had."""
    assessed: _Number | None = None
    """Reports assessed for eligibility."""
    excluded_reports: _Named = Field(default_factory=dict)
    """Reason -> reports excluded."""


class Identified(Part):
    """Records identified, by where they were found."""

    databases: _Named = Field(default_factory=dict)
    """Database -> records."""
    registers: _Named = Field(default_factory=dict)
    """Register of trials -> records."""
    other: _Named = Field(default_factory=dict)
    """Websites, organisations, citation searching -> records."""


class SearchFlow(Part):
    """Numbers of the search and the selection (``flow.yml``); every one may be missing."""

    schema_version: Annotated[Literal[1], Field(alias="schema")]
    """Version of the format: 1."""
    identified: Identified = Identified()
    """Records identified."""
    removed_before_screening: _Named = Field(default_factory=dict)
    """Reason (duplicates, marked as ineligible by automation tools) -> records."""
    screened: _Number | None = None
    """Records screened by title and abstract."""
    excluded_at_screening: _Number | None = None
    """Records excluded then."""
    sought: _Number | None = None
    """Reports sought for retrieval."""
    not_retrieved: _Number | None = None
    """Reports that could not be had."""
    assessed: _Number | None = None
    """Reports assessed for eligibility."""
    excluded_reports: _Named = Field(default_factory=dict)
    """Reason -> reports excluded after reading them."""
    other_methods: OtherMethods = OtherMethods()
    """What became of those found otherwise."""


NOTHING_RECORDED = SearchFlow.model_validate({"schema": 1})
"""What is known of a search that nobody wrote down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """Everything a flow diagram shows."""

    search: SearchFlow | None
    """None where nothing was recorded of the search."""
    setting: str
    """"clinical", "preclinical", or "" for all records."""
    studies: int
    """Cohorts in the records: reports of the same participants are one study."""
    reports: int
    """Records: one per report."""
    analysis: str = ""
    """Title of the analysis; "" for the flow of the whole review."""
    pooled_studies: int = 0
    pooled_reports: int = 0
    not_pooled: tuple[tuple[str, int], ...] = ()
    """Reason and reports that are not in the analysis, most first; each report once."""
    problems: tuple[Problem, ...] = ()
    """Numbers of the search that do not add up."""


@dataclass(frozen=True, slots=True)
class FlowFile:
    """A read ``flow.yml`` with its places."""

    search: SearchFlow
    file: str = ""
    positions: Positions = field(default_factory=Positions)


def read_flow(path: str | os.PathLike[str]) -> FlowFile | None:
    """Read a ``flow.yml``, or the one in a folder.

    Parameters
    ----------
    path : path
        The file, or a folder that may hold one.

    Returns
    -------
    FlowFile or None
        None where a folder has none: nothing was recorded.

    Raises
    ------
    SpecError
        If it cannot be read or is not valid; carries every problem with its line.
    """
    file = Path(path)
    if file.is_dir():
        file = file / FLOW_FILE
        if not file.is_file():
            return None
    loaded = load_yaml(os.fspath(file))
    if not isinstance(loaded, Loaded):
        raise SpecError(f"{file} is not a flow:", loaded)
    search, problems = validate(SearchFlow, loaded.data, loaded.positions, os.fspath(file))
    if search is None:
        raise SpecError(f"{file} is not a flow:", problems)
    return FlowFile(search, os.fspath(file), loaded.positions)


def make_flow(
    records: Studies, *, found: FlowFile | None = None, result: AnalysisResult | None = None
) -> Flow:
    """Put together what the search file, the records and an analysis say.

    Parameters
    ----------
    records : Studies
    found : FlowFile, optional
        From :func:`read_flow`.
    result : AnalysisResult, optional
        Of the analysis at the end of the flow; its setting chooses the records.

    Returns
    -------
    Flow
    """
    setting = "" if result is None else result.table.setting
    studies = [study for study in records if setting in ("", study.study.setting.value)]
    search = None if found is None else found.search
    # The search is that of the whole review, whatever part of the records an analysis looks at.
    problems = () if found is None else tuple(check_sums(found, reports=len(records)))
    base = Flow(
        search=search,
        setting=setting,
        studies=len({study.cohort for study in studies}),
        reports=len(studies),
        problems=problems,
    )
    if result is None:
        return base
    pooled = {row.study_id for row in result.table.rows}
    return Flow(
        search=search,
        setting=setting,
        studies=base.studies,
        reports=base.reports,
        problems=problems,
        analysis=result.title,
        pooled_studies=len({row.cohort for row in result.table.rows}),
        pooled_reports=len(pooled),
        not_pooled=_not_pooled(result, [study.id for study in studies if study.id not in pooled]),
    )


def _not_pooled(result: AnalysisResult, ids: list[str]) -> tuple[tuple[str, int], ...]:
    """Count each report once: by the first reason it was left out for, else that its number is missing."""
    excluded: dict[str, str] = {}
    for item in result.table.excluded:
        excluded.setdefault(item.study_id, EXCLUSION_CODES.get(item.code, item.code))
    missing = {item.study_id for item in result.table.missing}
    counts: dict[str, int] = {}
    for study_id in ids:
        reason = excluded.get(study_id) or (NO_NUMBER if study_id in missing else NO_OUTCOME)
        counts[reason] = counts.get(reason, 0) + 1
    return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def check_sums(found: FlowFile, *, reports: int) -> Iterator[Problem]:
    """Yield what does not add up; a sum with a missing part is not checked.

    Parameters
    ----------
    found : FlowFile
    reports : int
        Records there are: the reports of included studies.
    """
    flow, other = found.search, found.search.other_methods
    identified = _sum((*flow.identified.databases.values(), *flow.identified.registers.values()))
    removed = _sum(flow.removed_before_screening.values())
    retrieved = "sought - not retrieved"
    steps = (
        ("screened", identified, removed, flow.screened, "identified - removed before screening"),
        ("sought", flow.screened, flow.excluded_at_screening, flow.sought, "screened - excluded then"),
        ("assessed", flow.sought, flow.not_retrieved, flow.assessed, retrieved),
        ("other_methods.assessed", other.sought, other.not_retrieved, other.assessed, retrieved),
    )  # fmt: skip
    for where, whole, part, rest, words in steps:
        if whole is not None and part is not None and rest is not None and whole - part != rest:
            message = f"{rest} does not follow: {words} is {whole} - {part} = {whole - part}"
            yield _problem(found, where, message)
    included = _minus(flow.assessed, _sum(flow.excluded_reports.values()))
    besides = _minus(other.assessed, _sum(other.excluded_reports.values()))
    nothing_else = other == OtherMethods()
    if included is not None and (besides is not None or nothing_else):
        total = included + (besides or 0)
        if total != reports:
            message = f"assessed - excluded leaves {total} reports, and there are {reports} records"
            yield _problem(found, "assessed", message)


def _sum(counts: Collection[int]) -> int | None:
    """Return the sum; None where nothing was recorded."""
    return sum(counts) if counts else None


def _minus(whole: int | None, part: int | None) -> int | None:
    return None if whole is None or part is None else whole - part


def _problem(found: FlowFile, where: str, message: str) -> Problem:
    place = found.positions.value(tuple(where.split("."))) if found.file else (0, 0)
    hint = "correct the number, or leave out what is not known"
    return Problem(found.file, *place, FLOW_CODE, where, message, hint, "warning")
