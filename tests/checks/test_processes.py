"""Several processes give what one would, in its order, and their absence changes nothing but the time."""

import concurrent.futures
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor
from pathlib import Path

import pytest

from metamsc.checks import run
from metamsc.checks.processes import results_in_order
from metamsc.checks.run import check_records

EXAMPLES = Path(__file__).parents[1] / "examples" / "extractions"
HUNG = 300.0
"""Seconds after which a process is taken for one that never comes."""


def square_and_process(number: int) -> tuple[int, int]:
    return number * number, os.getpid()


def square_after_the_other(number: int) -> tuple[int, int]:
    """Square, but in the process of the test not before the other one, slow to start, has done a piece."""
    other = Path(os.environ["METAMSC_TEST_OTHER"])
    if os.environ["METAMSC_TEST_HOME"] != str(os.getpid()):
        other.touch()
    else:
        end = time.monotonic() + HUNG
        while not other.exists():
            assert time.monotonic() < end, "the other process did nothing"
            time.sleep(0.01)
    return square_and_process(number)


def fail_at_three(number: int) -> int:
    if number == 3:
        raise KeyError(number)
    return number


def fail_here_from_three(number: int) -> int:
    """Begin in the other process, fail in this one, and go on in the other only then."""
    folder = Path(os.environ["METAMSC_TEST_OTHER"])
    here = os.environ["METAMSC_TEST_HOME"] == str(os.getpid())
    fails = here and number >= 3
    if fails or not here:
        (folder / ("failed" if fails else "begun")).touch()
    awaited = folder / ("begun" if here else "failed")
    end = time.monotonic() + HUNG
    while not awaited.exists():
        assert time.monotonic() < end, f"nothing {awaited.name}"
        time.sleep(0.01)
    if fails:
        raise KeyError(number)
    return number


def die_elsewhere(number: int) -> int:
    """End the process at once, unless it is the one of the test."""
    if os.environ["METAMSC_TEST_HOME"] != str(os.getpid()):
        os._exit(1)
    return number


def test_results_come_in_order_and_from_both_processes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("METAMSC_TEST_HOME", str(os.getpid()))
    monkeypatch.setenv("METAMSC_TEST_OTHER", str(tmp_path / "other"))
    found = list(results_in_order(square_after_the_other, range(80), 2))
    assert [square for square, _ in found] == [number * number for number in range(80)]
    processes = {process for _, process in found}
    assert os.getpid() in processes
    assert len(processes) == 2


@pytest.mark.parametrize("workers", [0, 1])
def test_one_process_is_this_one(workers: int) -> None:
    assert {process for _, process in results_in_order(square_and_process, range(3), workers)} == {
        os.getpid()
    }


def test_of_nothing_comes_nothing() -> None:
    assert list(results_in_order(square_and_process, (), 4)) == []


@pytest.mark.parametrize("workers", [1, 2])
def test_what_the_work_raises_is_raised_after_what_came_before(workers: int) -> None:
    found = results_in_order(fail_at_three, range(6), workers)
    assert [next(found) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(KeyError):
        next(found)


def test_a_failure_here_waits_for_what_the_other_process_has_begun(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("METAMSC_TEST_HOME", str(os.getpid()))
    monkeypatch.setenv("METAMSC_TEST_OTHER", str(tmp_path))
    found: list[int] = []

    def take_all() -> None:
        for number in results_in_order(fail_here_from_three, range(60), 2):
            found.append(number)  # noqa: PERF402 - what came before the failure is kept

    with pytest.raises(KeyError) as failed:
        take_all()
    assert found == list(range(failed.value.args[0]))


def test_where_no_process_can_be_started_this_one_does_all(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError("no semaphores here")

    monkeypatch.setattr(concurrent.futures, "ProcessPoolExecutor", refuse)
    assert list(results_in_order(fail_at_three, [0, 1, 2], 2)) == [0, 1, 2]


def test_where_a_process_dies_this_one_does_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("METAMSC_TEST_HOME", str(os.getpid()))
    assert list(results_in_order(die_elsewhere, list(range(40)), 2)) == list(range(40))


def test_a_pool_that_breaks_while_it_is_filled_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    submit = concurrent.futures.ProcessPoolExecutor.submit
    told: list[object] = []

    def breaks(pool: concurrent.futures.ProcessPoolExecutor, *given: object) -> object:
        told.append(given)
        if len(told) > 4:
            raise BrokenExecutor
        return submit(pool, *given)  # type: ignore[arg-type]  # as it was called

    monkeypatch.setattr(concurrent.futures.ProcessPoolExecutor, "submit", breaks)
    assert list(results_in_order(fail_at_three, [0, 1, 2, 4, 5, 6], 2)) == [0, 1, 2, 4, 5, 6]


def test_many_files_are_shared_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "MANY_FILES", 30)
    monkeypatch.setattr(run, "CHUNK", 10)
    asked: list[int] = []

    def counted(work: Callable[[run.Chunk], run.Read], pieces: Sequence[run.Chunk], workers: int) -> object:
        asked.append(workers)
        return results_in_order(work, pieces, workers)

    monkeypatch.setattr("metamsc.checks.run.results_in_order", counted)
    many = check_records(EXAMPLES, workers=2)
    few = check_records(EXAMPLES / "valid" / "clinical" / "trial-2020.yml", workers=2)
    assert asked == [2, 1]
    assert len(many.files) >= 30
    assert len(few.files) == 1
