"""What the repository would have said at each commit that changed a record."""

from __future__ import annotations

from metamsc.analysis.history import History, is_preclinical, moments_of
from metamsc.analysis.spec import AnalysisSpec
from metamsc.records.studies import Studies
from metamsc.review.repository import Commit, Repository
from metamsc.review.state import Known, read_state

MOST_COMMITS = 200
"""Commits that a history reads; the older ones are counted and left out."""


def history_by_commit(
    spec: AnalysisSpec,
    repository: Repository,
    *,
    head: str = "HEAD",
    folder: str = "data/extractions",
    most: int = MOST_COMMITS,
) -> History:
    """Pool what the repository held at each commit that changed a record.

    Parameters
    ----------
    spec : AnalysisSpec
        The plan of today.
    repository : Repository
        Records are read from its objects; nothing is checked out or run.
    head : str
        Revision whose history is read; of a merge the line it was merged into.
    folder : str
        Of the records, from the top of the repository.
    most : int
        Newest commits that are read.

    Returns
    -------
    History

    Raises
    ------
    RevisionError
        If a commit cannot be read, as in a shallow clone.
    """
    commits = repository.commits(head, folder)
    chosen = commits[-most:]
    known: Known = {}
    states = [
        (commit.date, _about(commit), read_state(repository, commit.id, folder, known).studies)
        for commit in chosen
    ]
    now = states[-1][2] if states else Studies()
    scale, moments = moments_of(spec, states, now)
    notes = [f"{len(commits) - most} older commits are left out."] if len(commits) > most else []
    return History(
        name=spec.name, title=spec.title, by="commit", scale=scale, animal=is_preclinical(spec),
        moments=moments, notes=tuple(notes),
    )  # fmt: skip


def _about(commit: Commit) -> str:
    return f"{commit.id[:10]} {commit.subject}".strip()
