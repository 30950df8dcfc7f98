"""One revision's records and plans: read, judged, and pooled."""

from __future__ import annotations

from dataclasses import dataclass

from metamsc.analysis.plan import PLAN_FILE, read_plan
from metamsc.analysis.spec import AnalysisSpec
from metamsc.checks.acknowledge import Acknowledged
from metamsc.checks.run import judge_studies
from metamsc.errors import Problem, SpecError
from metamsc.records.load import SUFFIXES, join_records, load_study
from metamsc.records.studies import Studies, StudyFile
from metamsc.review.git import RevisionError
from metamsc.review.repository import Repository


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
    files : dict of str to str
        Path -> object id of all files of records, also of those that could not be read.
    problems : tuple of Problem
        Of all files, structure and meaning.
    acknowledged : tuple of Acknowledged
        Warnings that the records themselves set aside.
    """

    revision: str
    commit: str
    studies: Studies
    every: Studies
    files: dict[str, str]
    problems: tuple[Problem, ...]
    acknowledged: tuple[Acknowledged, ...]


Known = dict[tuple[str, str], StudyFile | tuple[Problem, ...]]
"""What was read of a path and object: the same bytes under the same name are read once."""


def read_state(repository: Repository, revision: str, folder: str, known: Known | None = None) -> State:
    """Read the records of a revision.

    Parameters
    ----------
    repository : Repository
    revision, folder : str
    known : dict, optional
        Of an earlier call for another revision; what is new is put in.

    Raises
    ------
    RevisionError
        If the revision cannot be read.
    """
    known = {} if known is None else known
    commit = repository.commit(revision)
    blobs, refused = repository.files(commit, folder, lambda path: path.endswith(SUFFIXES))
    content = repository.read([blob for blob in blobs if (blob.path, blob.object_id) not in known])
    for blob in blobs:
        if blob.path in content:
            known[blob.path, blob.object_id] = load_study(content[blob.path], blob.path)
    every, found = join_records((known[blob.path, blob.object_id] for blob in blobs), refused)
    judged, acknowledged = judge_studies(every)
    problems = tuple(sorted([*found, *judged]))
    bad = {problem.file for problem in problems if problem.severity == "error"}
    return State(
        revision=revision,
        commit=commit,
        studies=Studies(file for file in every.files if file.file not in bad),
        every=every,
        files={blob.path: blob.object_id for blob in blobs},
        problems=problems,
        acknowledged=acknowledged,
    )


KnownPlans = dict[tuple[str, str], AnalysisSpec | tuple[Problem, ...]]
"""As :data:`Known`, of plans."""


def read_plans(
    repository: Repository,
    commit: str,
    folder: str,
    known: KnownPlans | None = None,
    *,
    most_bytes: int | None = None,
) -> tuple[dict[str, AnalysisSpec], tuple[Problem, ...]]:
    """Read the plans of a commit.

    Parameters
    ----------
    repository : Repository
    commit, folder : str
    known : dict, optional
        Of an earlier call for another commit; what is new is put in.
    most_bytes : int, optional
        Of plans that are not known; a byte of a plan takes far longer to read than one of a record.

    Returns
    -------
    plans : dict of str to AnalysisSpec
        Path -> plan, in the order of their folders; as :func:`metamsc.analysis.plan.find_specs`, those one
        folder down.
    problems : tuple of Problem
        Of plans that cannot be read.

    Raises
    ------
    RevisionError
        If the commit cannot be read, or plans that are not known are larger than `most_bytes` together.
    """
    known = {} if known is None else known
    blobs, refused = repository.files(commit, folder, _is_plan)
    unread = [blob for blob in blobs if (blob.path, blob.object_id) not in known]
    total = sum(blob.size for blob in unread)
    if most_bytes is not None and total > most_bytes:
        raise RevisionError(
            f"{len(unread):,} plans in {folder} differ at {commit[:10]}, of {total:,} bytes; at most "
            f"{most_bytes:,} are read."
        )
    content = repository.read(unread)
    for blob in unread:
        try:
            known[blob.path, blob.object_id] = read_plan(content[blob.path], blob.path)
        except SpecError as error:
            known[blob.path, blob.object_id] = tuple(error.problems)
    plans: dict[str, AnalysisSpec] = {}
    problems = list(refused)
    for blob in blobs:
        found = known[blob.path, blob.object_id]
        if isinstance(found, AnalysisSpec):
            plans[blob.path] = found
        else:
            problems.extend(found)
    return plans, tuple(problems)


def _is_plan(path: str) -> bool:
    return path.count("/") == 1 and path.endswith(f"/{PLAN_FILE}")
