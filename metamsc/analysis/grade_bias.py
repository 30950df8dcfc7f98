"""Risk of bias of the pooled studies: the judgement of the record that belongs to the outcome, or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from metamsc.dataset.rows import EffectRow
from metamsc.records.model import Study
from metamsc.records.results import RiskOfBias
from metamsc.records.rob_tools import tool_for
from metamsc.records.studies import Studies

NOT_ASSESSED = "not assessed"
WORST_FIRST = (
    "critical", "high", "serious", "some concerns", "moderate", "unclear", "no information", "low",
    NOT_ASSESSED,
)  # fmt: skip
"""Judgements of all tools, the least favourable first."""
HIGH_RISK = ("critical", "high", "serious")
"""Judgements that Core GRADE 4 would class as high risk of bias."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BiasAssessment:
    """Judgements on one pooled study, as its record has them."""

    study_id: str
    label: str
    tool: str
    """"rob2", "robins-i-v2" or "syrcle"; where nobody judged, the one that goes with the design."""
    about: str
    """The outcome judged; "" for a judgement on the whole study."""
    overall: str
    """"not assessed" where the record has no overall judgement; it is never worked out from domains."""
    domains: tuple[tuple[str, str, str], ...]
    """Name, judgement and support of each."""
    assessed_by: str


def bias_assessments(rows: Sequence[EffectRow], studies: Studies, outcome: str) -> tuple[BiasAssessment, ...]:
    """Return one assessment per pooled study, in the order of the rows.

    A judgement on this outcome comes before one on the whole study; one on another outcome is not used
    (RoB 2 and ROBINS-I judge results, not studies).
    """
    known = set(studies.ids)
    labels: dict[str, list[str]] = {}
    for row in rows:
        labels.setdefault(row.study_id, []).append(row.label)
    return tuple(
        _assessment(studies.study(name), own[0] if len(own) == 1 else studies.study(name).label, outcome)
        for name, own in labels.items()
        if name in known
    )


def _assessment(study: Study, label: str, outcome: str) -> BiasAssessment:
    found = _entry(study, outcome)
    if found is None:
        return BiasAssessment(
            study_id=study.id,
            label=label,
            tool=tool_for(study.study.design).tool,
            about="",
            overall=NOT_ASSESSED,
            domains=(),
            assessed_by="",
        )
    return BiasAssessment(
        study_id=study.id,
        label=label,
        tool=found.tool.value,
        about=found.outcome or "",
        overall=NOT_ASSESSED if found.overall is None else found.overall.value,
        domains=tuple((item.domain, item.judgement.value, item.support or "") for item in found.domains),
        assessed_by=found.assessed_by or "",
    )


def _entry(study: Study, outcome: str) -> RiskOfBias | None:
    entries = study.risk_of_bias
    own = [entry for entry in entries if entry.outcome == outcome]
    whole = [entry for entry in entries if entry.outcome is None]
    return next(iter((*own, *whole)), None)
