"""Risk of bias in the explorer: the judgements on one row, and the level it is filtered by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from metamsc.analysis.grade_bias import NOT_ASSESSED, bias_assessments
from metamsc.records.rob_tools import SCHEMES, RobScheme
from metamsc.report.explorer.schema import Judged
from metamsc.tables.labels import outcome_words
from metamsc.vocabulary import RobJudgement

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult
    from metamsc.dataset.rows import EffectRow
    from metamsc.records.studies import Studies

NOT_JUDGED = "not judged"
BY_DOMAIN = "judged by domain"
"""Domains are judged, nothing over all of them: SYRCLE has no such judgement."""
_BEST_FIRST = (
    RobJudgement.LOW,
    RobJudgement.UNCLEAR,
    RobJudgement.SOME_CONCERNS,
    RobJudgement.MODERATE,
    RobJudgement.SERIOUS,
    RobJudgement.HIGH,
    RobJudgement.CRITICAL,
    RobJudgement.NO_INFORMATION,
)
ORDER = (*(word.value for word in _BEST_FIRST), BY_DOMAIN, NOT_JUDGED)
"""Levels in the order in which they are offered."""


def judged(result: AnalysisResult, row: EffectRow, studies: Studies | None) -> Judged | None:
    """Return the judgements on a row: those that tables and figures of the report show.

    Parameters
    ----------
    result : AnalysisResult
    row : EffectRow
    studies : Studies, optional
        Without records nobody is known to have judged.

    Returns
    -------
    Judged or None
        None where its record has no judgement on this outcome or on the whole study.
    """
    found = () if studies is None else bias_assessments((row,), studies, row.outcome)
    if not found or (found[0].overall == NOT_ASSESSED and not found[0].domains):
        return None
    item = found[0]
    scheme = SCHEMES[item.tool]
    return Judged(
        tool=scheme.title,
        about=outcome_words(result, item.about) if item.about else "",
        overall="" if item.overall == NOT_ASSESSED else item.overall,
        by=item.assessed_by,
        domains=tuple((_named(scheme, name), word, support) for name, word, support in item.domains),
    )


def _named(scheme: RobScheme, words: str) -> str:
    """Return a domain as its tool has it, where a record calls it by its number or in other words."""
    domain = scheme.find(words)
    return words if domain is None else domain.name


def level(item: Judged | None) -> str:
    """Return what a row with these judgements is filtered by."""
    return NOT_JUDGED if item is None else item.overall or BY_DOMAIN


def in_order(levels: Sequence[str]) -> list[str]:
    """Return the levels that occur, the best first."""
    return sorted(set(levels), key=ORDER.index)
