"""What a revision does to the evidence: every affected analysis on both sides of a change."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from metamsc.analysis.spec import AnalysisSpec
from metamsc.checks.acknowledge import Acknowledged
from metamsc.errors import Problem, check_option
from metamsc.review.analysis_changes import AnalysisChange, Plans, compare_analysis
from metamsc.review.plan_limits import MOST_PLAN_BYTES, beyond_limits
from metamsc.review.record_changes import (
    FieldChange,
    RecordChange,
    compare_records,
    field_changes,
    only_layout,
)
from metamsc.review.repository import Repository
from metamsc.review.state import Known, KnownPlans, State, read_plans, read_state
from metamsc.review.worktree import uncommitted

PLANS = ("base", "head")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanChange:
    """One plan that differs; `kind` is "added", "removed" or "changed"."""

    name: str
    title: str
    kind: str
    file: str
    fields: tuple[FieldChange, ...] = ()


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
    plans : tuple of PlanChange
        Plans that differ, whichever were run.
    analyses : tuple of AnalysisChange
        Affected ones only; `unaffected` names the others.
    new_problems, resolved_problems : tuple of Problem
        Of records and plans.
    acknowledged : tuple of Acknowledged
        Warnings that the change sets aside, with the reason it gives.
    notes : tuple of str
        What to know of the comparison itself.
    """

    base: str
    head: str
    base_commit: str
    head_commit: str
    plans_from: str
    records: tuple[RecordChange, ...]
    plans: tuple[PlanChange, ...]
    analyses: tuple[AnalysisChange, ...]
    unaffected: tuple[str, ...]
    new_problems: tuple[Problem, ...]
    resolved_problems: tuple[Problem, ...]
    acknowledged: tuple[Acknowledged, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def has_errors(self) -> bool:
        """Whether the change brings records or plans in that cannot be used."""
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
        Whose plans are run: "base" runs those of the base on both sides, "head" runs each side's own.

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
    start = source.merge_base(base_commit, head_commit)
    known: Known = {}
    before = read_state(source, start or base_commit, records, known)
    after = read_state(source, head_commit, records, known)
    known_plans: KnownPlans = {}
    old_plans, old_problems = read_plans(source, before.commit, analyses, known_plans)
    new_plans, new_problems = read_plans(
        source, head_commit, analyses, known_plans, most_bytes=MOST_PLAN_BYTES
    )
    unreadable = {problem.file for problem in new_problems}
    pairs, not_run = _pairs(plans, old_plans, new_plans, unreadable)
    affected, unaffected = _run(pairs, before, after)
    appeared, gone = _differ((*before.problems, *old_problems), (*after.problems, *new_problems))
    set_aside = {_identity(item.problem) for item in after.acknowledged}
    already = {_identity(item.problem) for item in before.acknowledged}
    return Impact(
        base=base,
        head=head,
        base_commit=before.commit,
        head_commit=head_commit,
        plans_from=plans,
        records=compare_records(before.every, after.every, (before.files, after.files)),
        plans=tuple(_plan_changes(old_plans, new_plans, unreadable)),
        analyses=(*affected, *not_run),
        unaffected=unaffected,
        new_problems=appeared,
        resolved_problems=tuple(problem for problem in gone if _identity(problem) not in set_aside),
        acknowledged=tuple(item for item in after.acknowledged if _identity(item.problem) not in already),
        notes=(
            *([] if pairs else [f"There is no plan in {analyses} that could be run: nothing was pooled."]),
            *_notes(source, (base, head, records), start, before, after),
        ),
    )


def _pairs(
    plans: str, old: Mapping[str, AnalysisSpec], new: Mapping[str, AnalysisSpec], unreadable: set[str]
) -> tuple[list[Plans], tuple[AnalysisChange, ...]]:
    """Return the plans to run, before and after, and the analyses that ask for more than is run."""
    if plans == "base":
        return [(plan, plan) for plan in old.values()], ()
    refused = beyond_limits(old, new)
    not_run = tuple(
        AnalysisChange(name=new[file].name, title=new[file].title, scale=None, failed=f"not run: {why}.")
        for file, why in refused.items()
    )
    files = [file for file in dict.fromkeys([*old, *new]) if file not in unreadable and file not in refused]
    return [(old.get(file), new.get(file)) for file in files], not_run


def _run(
    pairs: Sequence[Plans], before: State, after: State
) -> tuple[tuple[AnalysisChange, ...], tuple[str, ...]]:
    affected: list[AnalysisChange] = []
    unaffected: list[str] = []
    for pair in pairs:
        change = compare_analysis(pair, before.studies, after.studies)
        if change is not None:
            affected.append(change)
        else:
            unaffected.extend(plan.title for plan in pair[:1] if plan is not None)
    return tuple(affected), tuple(unaffected)


def _notes(
    source: Repository, asked: tuple[str, str, str], start: str | None, before: State, after: State
) -> Iterator[str]:
    base, head, folder = asked
    if after.commit in (before.commit, start):
        yield f"{head} has nothing that {base} has not: there is nothing to compare."
    for revision, state in ((base, before), (head, after)):
        if not state.files:
            yield f"{revision} has no record in {folder}; another folder is named with --records."
    if head == "HEAD":
        yield from _left_on_disk(uncommitted(source, folder, after.files))
    if start is None:
        yield (
            "No common ancestor is here (a shallow clone has none: git fetch --unshallow), so the comparison "
            f"is with {base} as it stands: what was merged there since the branch began counts as taken away."
        )
    layout = only_layout(before.every, after.every)
    if layout:
        yield f"Comments, order or spaces alone differ in {_some(layout)}."


def _left_on_disk(files: Sequence[str]) -> Iterator[str]:
    if files:
        yield (
            f"Not committed, and so not in this comparison: {_some(files)}. "
            "`git add` and `git commit` come first."
        )


def _some(files: Sequence[str]) -> str:
    more = f" and {len(files) - 5} more" if len(files) > 5 else ""
    return f"{', '.join(files[:5])}{more}"


def _plan_changes(
    old: Mapping[str, AnalysisSpec], new: Mapping[str, AnalysisSpec], unreadable: set[str]
) -> Iterator[PlanChange]:
    for file in sorted({*old, *new} - unreadable):
        was, now = old.get(file), new.get(file)
        if was == now:
            continue
        shown = now or was
        assert shown is not None  # it is on one of the sides  # noqa: S101
        kind = "added" if was is None else "removed" if now is None else "changed"
        fields = () if was is None or now is None else field_changes(_plain(was), _plain(now))
        yield PlanChange(name=shown.name, title=shown.title, kind=kind, file=file, fields=fields)


def _plain(spec: AnalysisSpec) -> dict[str, object]:
    return spec.model_dump(by_alias=True, mode="json", exclude_none=True, exclude_defaults=True)


def _identity(problem: Problem) -> tuple[str, ...]:
    """Return what makes a problem the same one: not its line or place in a list, nor lines it names."""
    where = re.sub(r"\[\d+\]", "[]", problem.where)
    return problem.file, problem.code, where, re.sub(r":\d+", "", problem.message)


def _differ(
    before: Sequence[Problem], after: Sequence[Problem]
) -> tuple[tuple[Problem, ...], tuple[Problem, ...]]:
    """Return the problems that are new, and those that are gone; equal ones are counted."""
    return tuple(_beyond(after, before)), tuple(_beyond(before, after))


def _beyond(problems: Sequence[Problem], others: Sequence[Problem]) -> Iterator[Problem]:
    left: dict[tuple[str, ...], int] = {}
    for problem in others:
        left[_identity(problem)] = left.get(_identity(problem), 0) + 1
    for problem in problems:
        key = _identity(problem)
        if left.get(key, 0) > 0:
            left[key] -= 1
        else:
            yield problem
