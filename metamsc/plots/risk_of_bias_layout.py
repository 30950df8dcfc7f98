"""What a risk-of-bias figure shows: studies by tool, their judgements, and shares per domain. Frozen data.

Nothing is invented: a study without a judgement keeps its row and is "not assessed", under the tool that
fits its design.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from metamsc.analysis.grade_bias import NOT_ASSESSED, BiasAssessment
from metamsc.errors import InputError
from metamsc.plots.judgements import LOOKS, RobProfile, profiles_of
from metamsc.records.rob_tools import SCHEMES, RobScheme, tool_for

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult
    from metamsc.records.model import Study

OVERALL = "Overall"
NO_OVERALL = tuple(tool for tool, scheme in SCHEMES.items() if not scheme.has_overall)
"""Tools that have no judgement over all domains."""


@dataclass(frozen=True, slots=True)
class RobRow:
    """One study: a judgement per column, None where there is none."""

    study_id: str
    label: str
    judgements: tuple[str | None, ...]
    weight_percent: float | None
    """Weight in the pool; None where there is no pool."""

    @property
    def is_assessed(self) -> bool:
        """Whether any judgement is recorded."""
        return any(judgement is not None for judgement in self.judgements)


@dataclass(frozen=True, slots=True)
class RobShare:
    """Part of a bar: the share of the studies, or of the weight, with one judgement."""

    judgement: str
    """A word of the vocabulary, or "not assessed"."""
    percent: float


@dataclass(frozen=True, slots=True)
class RobPanel:
    """The studies that one tool is for."""

    scheme: RobScheme
    columns: tuple[tuple[str, str], ...]
    """Code and name of each domain, and of the overall judgement where the tool has one."""
    rows: tuple[RobRow, ...]
    problems: tuple[str, ...]
    """Domains of the records that the tool does not have: not drawn, named."""

    def shares(self, *, weighted: bool = False) -> tuple[tuple[RobShare, ...], ...]:
        """Return the parts of each column's bar, best judgement first, summing to 100.

        Raises
        ------
        InputError
            If `weighted` and a study has no weight.
        """
        if weighted and any(row.weight_percent is None for row in self.rows):
            raise InputError("weights are those of one pool, and these studies are in none.")
        sizes = [float(row.weight_percent or 0.0) if weighted else 1.0 for row in self.rows]
        total = sum(sizes)
        order = [*self.scheme.levels, NOT_ASSESSED]
        order += [word for word in LOOKS if word not in order]  # a judgement of another tool is still shown
        made = []
        for column in range(len(self.columns)):
            words = [row.judgements[column] or NOT_ASSESSED for row in self.rows]
            sums = {
                word: sum(size for size, found in zip(sizes, words, strict=True) if found == word)
                for word in order
            }
            made.append(
                tuple(RobShare(word, 100.0 * size / total) for word, size in sums.items() if size > 0)
            )
        return tuple(made)


def panels_of_studies(
    studies: Sequence[Study],
    outcome: str,
    *,
    weights: Mapping[str, float] | None = None,
) -> tuple[RobPanel, ...]:
    """Return the judgements on an outcome, tool by tool. Pure.

    Parameters
    ----------
    studies : sequence of Study
    outcome : str
        Key of the outcome: judgements on it go before those on the whole study.
    weights : mapping of str to float, optional
        Study id -> percent of the weight in a pool.

    Raises
    ------
    InputError
        If there is no study.
    """
    if not studies:
        raise InputError("there is no study: nothing to judge.")
    profiles = profiles_of(studies, outcome)
    by_tool: dict[str, list[Study]] = {tool: [] for tool in SCHEMES}
    for study in studies:
        found = profiles.get(study.id)
        by_tool[found.tool if found else tool_for(study.study.design).tool].append(study)
    return tuple(
        _panel(tool, [(study.id, study.label) for study in chosen], profiles, weights or {})
        for tool, chosen in by_tool.items()
        if chosen
    )


def risk_of_bias_panels(result: AnalysisResult) -> tuple[RobPanel, ...]:
    """Return the judgements on the studies that an analysis pooled, with their weights. Pure.

    Weights are those of the overall pool, or of the only one; several pools have no weights in common.

    Raises
    ------
    InputError
        If nothing was pooled.
    """
    if not result.risk_of_bias:
        raise InputError(
            f"analysis {result.name!r} pooled no study of the records: there is nothing to judge."
        )
    first = [stratum for stratum in result.strata if len(stratum.key) == 1]
    pool = result.overall or (first[0] if len(first) == 1 else None)
    weights: dict[str, float] = {}
    if pool is not None:
        for row, weight in zip(result.rows_of(pool), pool.pooled.weights_percent or [100.0], strict=True):
            weights[row.study_id] = weights.get(row.study_id, 0.0) + weight
    by_tool: dict[str, list[BiasAssessment]] = {tool: [] for tool in SCHEMES}
    for item in result.risk_of_bias:
        by_tool[item.tool].append(item)
    return tuple(
        _panel(
            tool,
            [(item.study_id, item.label) for item in items],
            {item.study_id: _profile(item) for item in items},
            weights,
        )
        for tool, items in by_tool.items()
        if items
    )


def _profile(item: BiasAssessment) -> RobProfile:
    """Return an assessment domain by domain, as the figures of the tool have it."""
    scheme = SCHEMES[item.tool]
    found: dict[str, str] = {}
    unknown = []
    for name, judgement, _ in item.domains:
        domain = scheme.find(name)
        if domain is None or domain.code in found:
            unknown.append(name)
        else:
            found[domain.code] = judgement
    return RobProfile(
        tool=item.tool,
        judgements=tuple(found.get(domain.code) for domain in scheme.domains),
        overall=None if item.overall == NOT_ASSESSED else item.overall,
        unknown=tuple(unknown),
    )


def _panel(
    tool: str,
    studies: Sequence[tuple[str, str]],
    profiles: Mapping[str, RobProfile],
    weights: Mapping[str, float],
) -> RobPanel:
    """Return the panel of one tool from ids and names of its studies."""
    scheme = SCHEMES[tool]
    has_overall = tool not in NO_OVERALL
    columns = [(domain.code, domain.name) for domain in scheme.domains]
    nothing = RobProfile(tool, (None,) * len(scheme.domains), None)
    rows: list[RobRow] = []
    problems: list[str] = []
    for study_id, name in studies:
        profile = profiles.get(study_id, nothing)
        judged = (*profile.judgements, profile.overall) if has_overall else profile.judgements
        rows.append(RobRow(study_id, name, judged, weights.get(study_id)))
        problems.extend(
            f"{name}: {scheme.title} has no domain {words!r}, or it stands twice" for words in profile.unknown
        )
    return RobPanel(
        scheme=scheme,
        columns=(*columns, *([(OVERALL, "Overall judgement")] if has_overall else [])),
        rows=tuple(rows),
        problems=tuple(problems),
    )
