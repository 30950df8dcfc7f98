"""What a revision does to the evidence: every affected analysis on both sides of a change."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from metamsc.analysis.crossed import crossed, excludes, is_trivial, numbers_of
from metamsc.analysis.result import AnalysisResult, Scale, Stratum
from metamsc.analysis.run import run
from metamsc.analysis.spec import AnalysisSpec
from metamsc.dataset.build import build_table
from metamsc.errors import MetamscError, Problem, check_option
from metamsc.models.results import PooledResult
from metamsc.review.inputs_changed import grade_changes, verdict_changes
from metamsc.review.record_changes import RecordChange, compare_records
from metamsc.review.repository import Repository
from metamsc.review.state import State, read_plans, read_state

PLANS = ("base", "head")


@dataclass(frozen=True, slots=True, kw_only=True)
class StratumChange:
    """One stratum before and after; None where there is nothing to pool.

    `crossed` says which lines were; `trivial` whether a living review may let it pass
    (:func:`metamsc.analysis.crossed.is_trivial`).
    """

    label: str
    before: PooledResult | None
    after: PooledResult | None
    crossed: tuple[str, ...]
    trivial: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisChange:
    """One analysis whose rows, exclusions or plan differ.

    `rows_in`, `rows_out` and `rows_changed` name rows; `failed` says why it could not be run.
    """

    name: str
    title: str
    scale: Scale | None
    strata: tuple[StratumChange, ...] = ()
    rows_in: tuple[str, ...] = ()
    rows_out: tuple[str, ...] = ()
    rows_changed: tuple[str, ...] = ()
    verdicts: tuple[str, ...] = ()
    """Sensitivity analyses that now say another thing than before."""
    grade: tuple[str, ...] = ()
    """Facts that a judgement of certainty rests on, where they are others than before."""
    failed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """A change of the records, with all it does.

    Attributes
    ----------
    base, head : str
        Revisions as asked for; `base_commit` and `head_commit` are what they are.
    plans_from : str
        "base" or "head".
    records : tuple of RecordChange
    analyses : tuple of AnalysisChange
        Affected ones only; `unaffected` names the others.
    new_problems, resolved_problems : tuple of Problem
    """

    base: str
    head: str
    base_commit: str
    head_commit: str
    plans_from: str
    records: tuple[RecordChange, ...]
    analyses: tuple[AnalysisChange, ...]
    unaffected: tuple[str, ...]
    new_problems: tuple[Problem, ...]
    resolved_problems: tuple[Problem, ...]

    @property
    def has_errors(self) -> bool:
        """Whether the change brings records in that cannot be used."""
        return any(problem.severity == "error" for problem in self.new_problems)


def measure_impact(
    base: str,
    head: str = "HEAD",
    *,
    repository: str | os.PathLike[str] = ".",
    records: str = "data/extractions",
    analyses: str = "analyses",
    plans: str = "base",
) -> Impact:
    """Compare the records of two revisions and every analysis they change.

    Parameters
    ----------
    base, head : str
        Revisions; the base is what the head is to be merged into. Where both have a common ancestor, the
        comparison starts there, so that what happened on the base meanwhile is not blamed on the head.
    repository : path
        Any folder of the repository.
    records, analyses : str
        Folders, from the top of the repository.
    plans : str
        Whose plans are run: "base" or "head".

    Returns
    -------
    Impact

    Raises
    ------
    OptionError
        If `plans` is neither.
    RevisionError
        If a revision cannot be read.
    """
    check_option("plans", plans, PLANS)
    source = Repository.around(repository)
    base_commit, head_commit = source.commit(base), source.commit(head)
    start = source.merge_base(base_commit, head_commit) or base_commit
    before, after = read_state(source, start, records), read_state(source, head_commit, records)
    specs, plan_problems = read_plans(source, start if plans == "base" else head_commit, analyses)
    affected, unaffected = [], []
    for spec in specs:
        change = _compare(spec, before, after)
        if change is None:
            unaffected.append(spec.title)
        else:
            affected.append(change)
    old, new = ({_identity(p): p for p in state.problems} for state in (before, after))
    return Impact(
        base=base,
        head=head,
        base_commit=start,
        head_commit=head_commit,
        plans_from=plans,
        records=compare_records(before.every, after.every),
        analyses=tuple(affected),
        unaffected=tuple(unaffected),
        new_problems=(*plan_problems, *(problem for key, problem in new.items() if key not in old)),
        resolved_problems=tuple(problem for key, problem in old.items() if key not in new),
    )


def _identity(problem: Problem) -> tuple[str, ...]:
    """Return what makes a problem the same one: not its line, which moves."""
    return problem.file, problem.code, problem.where, problem.message


def _compare(spec: AnalysisSpec, before: State, after: State) -> AnalysisChange | None:
    """Run one plan on both sides; None when its rows, exclusions and gaps are the same."""
    try:
        tables = [build_table(state.studies, spec.select) for state in (before, after)]
        if tables[0].rows == tables[1].rows and _reasons(tables[0]) == _reasons(tables[1]):
            return None
        results = [run(spec, state.studies) for state in (before, after)]
    except MetamscError as error:
        return AnalysisChange(name=spec.name, title=spec.title, scale=None, failed=str(error))
    old, new = ({row.row_id: row for row in table.rows} for table in tables)
    return AnalysisChange(
        name=spec.name,
        title=spec.title,
        scale=results[1].scale,
        strata=tuple(_strata(*results)),
        rows_in=tuple(row.label for key, row in new.items() if key not in old),
        rows_out=tuple(row.label for key, row in old.items() if key not in new),
        rows_changed=tuple(
            row.label
            for key, row in new.items()
            if key in old and (old[key].yi, old[key].vi) != (row.yi, row.vi)
        ),
        verdicts=(*_verdicts(*results), *verdict_changes(*results)),
        grade=tuple(grade_changes(*results)),
    )


def _reasons(table: Any) -> set[tuple[str, str, str, str]]:
    excluded = {(item.study_id, item.code, item.outcome, item.at) for item in table.excluded}
    return excluded | {(item.study_id, item.kind, item.outcome, item.reason) for item in table.missing}


def _every(result: AnalysisResult) -> dict[str, Stratum]:
    pools = (*result.strata, *(() if result.overall is None else (result.overall,)))
    return {stratum.label: stratum for stratum in pools}


def _strata(before: AnalysisResult, after: AnalysisResult) -> Iterator[StratumChange]:
    old, new = _every(before), _every(after)
    for label in dict.fromkeys([*old, *new]):
        one, other = (None if label not in side else side[label].pooled for side in (old, new))
        sides = [None if pooled is None else numbers_of(pooled) for pooled in (one, other)]
        null, mid = after.scale.null, after.scale.mid
        yield StratumChange(
            label=label,
            before=one,
            after=other,
            crossed=tuple(crossed(*sides, null=null, mid=mid)),
            trivial=is_trivial(*sides, null=null, mid=mid),
        )


def _verdicts(before: AnalysisResult, after: AnalysisResult) -> Iterator[str]:
    """Name sensitivity analyses whose answer (sign, or whether the interval excludes no effect) changed."""
    old = {(item.name, stratum.label): stratum for item in before.sensitivity for stratum in item.strata}
    for item in after.sensitivity:
        for stratum in item.strata:
            was = old.get((item.name, stratum.label))
            if was is None or item.measure:
                continue
            pair = [_verdict(side, after.scale.null) for side in (was, stratum)]
            if pair[0] != pair[1]:
                yield f"{stratum.label}, {item.label}: {pair[0]} → {pair[1]}"


def _verdict(stratum: Any, null: float) -> str:
    if stratum.estimate is None or stratum.ci_low is None or stratum.ci_high is None:
        return "not pooled"
    side = "above" if stratum.estimate > null else "below"
    clear = "excludes" if excludes(stratum.ci_low, stratum.ci_high, null) else "includes"
    return f"{side} no effect, interval {clear} it"
