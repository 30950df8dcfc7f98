"""Run every rule over records. Gives a report; prints nothing."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from metamsc.checks.acknowledge import Acknowledged, set_apart
from metamsc.checks.processes import results_in_order
from metamsc.checks.registry import RULES
from metamsc.checks.rule import Finding, Rule
from metamsc.errors import Problem
from metamsc.records.load import PathLike, find_records, join_records, read_record
from metamsc.records.model import Study
from metamsc.records.positions import format_path
from metamsc.records.studies import Studies, StudyFile


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What a check found.

    Attributes
    ----------
    studies : Studies
        Records that could be read.
    problems : tuple of Problem
        Errors and warnings, sorted by file and line.
    files : tuple of str
        Every file looked at, readable or not.
    strict : bool
        Whether warnings count as errors.
    acknowledged : tuple of Acknowledged
        Warnings that a reviewer has judged, with the reason; not among the problems.
    """

    studies: Studies
    problems: tuple[Problem, ...]
    files: tuple[str, ...]
    strict: bool = False
    acknowledged: tuple[Acknowledged, ...] = ()

    @property
    def errors(self) -> tuple[Problem, ...]:
        """Problems that keep a record from being used."""
        return tuple(problem for problem in self.problems if problem.severity == "error")

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """Problems that are shown and do not keep a record from being used."""
        return tuple(problem for problem in self.problems if problem.severity == "warning")

    @property
    def exit_code(self) -> int:
        """0 when all is well (or there are only warnings), 1 when there are problems."""
        return 1 if self.errors or (self.strict and self.problems) else 0


@dataclass(frozen=True, slots=True)
class _Own:
    """What one record gives by itself."""

    problems: list[Problem]
    gathered: tuple[Any, ...]
    """For each of the rules that compare records."""


Chunk = tuple[str, ...]
Read = list[tuple[StudyFile | tuple[Problem, ...], _Own]]

CHUNK = 100
"""Files that a process reads and judges at a time: a sixth of a second, so that no process ends long before
the others."""
MANY_FILES = 600
"""Files from which on a second process is worth its start, which takes as long as reading 300."""


def check_records(
    paths: PathLike | Iterable[PathLike],
    *,
    strict: bool = False,
    workers: int = 1,
    watch: Callable[[Sequence[Chunk]], Iterable[Chunk]] | None = None,
) -> CheckReport:
    """Read records and judge structure, meaning, arithmetic and plausibility.

    Parameters
    ----------
    paths : path or paths
        Files and folders.
    strict : bool
        Whether warnings count as errors.
    workers : int
        Processes to read and judge with, this one included, where there are files enough to share out.
        More than 1 needs a script that can be imported (``if __name__ == "__main__":``), as all of
        multiprocessing does. The report is the same with any number.
    watch : callable, optional
        Given the chunks of files, yields them one after the other: the place for a progress bar.

    Returns
    -------
    CheckReport
        All files, all problems; a record that cannot be read hides no other.
    """
    given = (paths,) if not isinstance(paths, Iterable) or isinstance(paths, str) else tuple(paths)
    files, missing = find_records(given)
    chunks = [files[start : start + CHUNK] for start in range(0, len(files), CHUNK)]
    with _collector_paused():
        found_in = results_in_order(_read_and_judge, chunks, workers if len(files) >= MANY_FILES else 1)
        read = [one for _, found in zip((watch or iter)(chunks), found_in, strict=True) for one in found]
        studies, problems = join_records((record for record, _ in read), missing)
        own = {record.file: alone for record, alone in read if isinstance(record, StudyFile)}
        found, acknowledged = _judge(studies, own)
    return CheckReport(studies, tuple(sorted([*problems, *found])), files, strict, acknowledged)


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Pause the collector of cycles: records have none, and each pass would walk all of them again."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            # to and fro moves what was made into the oldest generation, without the walk over all of it
            # (a second for ten thousand records) that the next allocation would begin with
            gc.freeze()
            gc.unfreeze()
            gc.enable()


def _read_and_judge(files: Chunk) -> Read:
    """Read files and judge each record by itself; runs in a process of its own when there are many."""
    read: Read = []
    with _collector_paused():
        for file in files:
            record = read_record(file)
            read.append((record, _alone(record) if isinstance(record, StudyFile) else _Own([], ())))
    return read


def check_studies(studies: Studies) -> tuple[Problem, ...]:
    """Judge the meaning of records that are sound in structure.

    Returns
    -------
    tuple of Problem
        Errors and warnings of all rules, sorted by file and line, without acknowledged warnings.
    """
    return judge_studies(studies)[0]


def judge_studies(studies: Studies) -> tuple[tuple[Problem, ...], tuple[Acknowledged, ...]]:
    """Judge the meaning of records, and set acknowledged warnings apart.

    Returns
    -------
    problems : tuple of Problem
        As :func:`check_studies`.
    acknowledged : tuple of Acknowledged
        Sorted by file and line.
    """
    return _judge(studies, {})


def _judge(studies: Studies, own: Mapping[str, _Own]) -> tuple[tuple[Problem, ...], tuple[Acknowledged, ...]]:
    """Judge records together; `own` has, by file, what was found in each of them by itself."""
    alone = [own[file.file] if file.file in own else _alone(file) for file in studies.files]
    found = {file.study.id: one.problems for file, one in zip(studies.files, alone, strict=True)}
    for number, (rule, compare) in enumerate(_COMPARISONS):
        for study, finding in compare(studies, [one.gathered[number] for one in alone]):
            found[study.id].append(_problem(rule, studies.origin(study), finding))
    problems: list[Problem] = []
    acknowledged: list[Acknowledged] = []
    for file in studies.files:
        still_open, taken = set_apart(file, found[file.study.id], _SET_CODES)
        problems += still_open
        acknowledged += taken
    return tuple(sorted(problems)), tuple(sorted(acknowledged))


_COMPARISONS = tuple([(rule, rule.compare) for rule in RULES if rule.compare is not None])
_SET_CODES = frozenset(rule.code for rule, _ in _COMPARISONS)


def _alone(file: StudyFile) -> _Own:
    """Judge a record by itself, and gather what the comparisons need of it while it is at hand."""
    problems = list(_check_one(file))
    gathered = [None if rule.gather is None else rule.gather(file.study) for rule, _ in _COMPARISONS]
    return _Own(problems, tuple(gathered))


def _check_one(file: StudyFile) -> Iterator[Problem]:
    for rule in RULES:
        if rule.check is not None and (rule.word is None or file.may_hold(rule.word)):
            for finding in rule.check(file.study):
                yield _problem(rule, file, finding)


def _problem(rule: Rule, file: StudyFile, finding: Finding) -> Problem:
    place = file.place(finding.path)
    severity = "warning" if _kept_aside(rule, file.study, finding) else rule.severity
    where = format_path(finding.path)
    name = file.file or file.study.id
    message, hint = _readable(finding.message), _readable(finding.hint)
    return Problem(name, *place, rule.code, where, message, hint, severity)


LONGEST = 400
"""Letters of a message: it quotes texts of the record, and a stranger's may be a page long."""


def _readable(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _kept_aside(rule: Rule, study: Study, finding: Finding) -> bool:
    """Whether the finding is about a row that is kept only to show what is printed."""
    path = finding.path
    if not rule.code.startswith("A") or len(path) < 2 or path[0] != "results":
        return False
    return isinstance(path[1], int) and not study.results[path[1]].pool
