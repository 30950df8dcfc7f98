"""One revision's records and plans: read, judged, and pooled."""

from __future__ import annotations

from dataclasses import dataclass

from metamsc.analysis.plan import PLAN_FILE, read_plan
from metamsc.analysis.spec import AnalysisSpec
from metamsc.checks.run import judge_studies
from metamsc.errors import Problem, SpecError
from metamsc.records.load import join_records, load_study
from metamsc.records.studies import Studies
from metamsc.review.repository import Repository

SUFFIX = ".yml"


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Records of one commit.

    Attributes
    ----------
    revision, commit : str
        As asked for, and what it is.
    studies : Studies
        Records that can be pooled: those without an error.
    every : Studies
        All records that could be read.
    problems : tuple of Problem
        Of all files, structure and meaning.
    """

    revision: str
    commit: str
    studies: Studies
    every: Studies
    problems: tuple[Problem, ...]


def read_state(repository: Repository, revision: str, folder: str) -> State:
    """Read the records of a revision.

    Raises
    ------
    RevisionError
        If the revision cannot be read.
    """
    commit = repository.commit(revision)
    blobs, refused = repository.files(commit, folder, SUFFIX)
    content = repository.read(blobs)
    read = (load_study(content[blob.path], blob.path) for blob in blobs)
    every, found = join_records(read, refused)
    problems = tuple(sorted([*found, *judge_studies(every)[0]]))
    bad = {problem.file for problem in problems if problem.severity == "error"}
    return State(
        revision=revision,
        commit=commit,
        studies=Studies(file for file in every.files if file.file not in bad),
        every=every,
        problems=problems,
    )


def read_plans(
    repository: Repository, commit: str, folder: str
) -> tuple[tuple[AnalysisSpec, ...], tuple[Problem, ...]]:
    """Read the plans of a commit.

    Returns
    -------
    plans : tuple of AnalysisSpec
        In the order of their folders.
    problems : tuple of Problem
        Of plans that cannot be read.

    Raises
    ------
    RevisionError
        If the commit cannot be read.
    """
    blobs, _ = repository.files(commit, folder, f"/{PLAN_FILE}")
    content = repository.read(blobs)
    plans: list[AnalysisSpec] = []
    problems: list[Problem] = []
    for blob in blobs:
        try:
            plans.append(read_plan(content[blob.path], blob.path))
        except SpecError as error:
            problems.extend(error.problems)
    return tuple(plans), tuple(problems)
