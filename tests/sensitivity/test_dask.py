"""Work on a Dask cluster of two processes, of which one is killed: the same bytes, and never skipped."""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from metamsc.errors import InputError
from metamsc.sensitivity.executor import read_executor, run_chunks
from metamsc.sensitivity.gosh_subsets import GoshTask
from metamsc.sensitivity.joint_test import CurveTask
from tests.sensitivity.many import many_data_sets

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    distributed = importlib.import_module("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as started:
        yield started


def _subsets() -> GoshTask:
    rng = np.random.default_rng(6)
    return GoshTask(rng.normal(0.2, 0.3, 20), rng.uniform(0.01, 0.1, 20), "REML", 6000, 5, 256)


def _curve() -> CurveTask:
    return CurveTask(many_data_sets(), 14, 240, 3, 0.95, 20)


# each kills a worker of its own: the one that was killed before may be about to start again
@pytest.mark.parametrize(("victim", "task"), [(0, _subsets()), (1, _curve())], ids=["subsets", "multiverse"])
def test_the_bytes_are_the_same_though_a_worker_dies_half_way(
    cluster: Any, victim: int, task: GoshTask | CurveTask
) -> None:
    expected = [task(chunk) for chunk in range(task.n_chunks)]
    address = cluster.scheduler_address.removeprefix("tcp://")
    chunks = run_chunks(
        task,
        range(task.n_chunks),
        rows=expected[0].size,
        dtype=expected[0].dtype,
        executor=read_executor(f"dask://{address}"),
    )
    with contextlib.closing(chunks):  # else the cluster waits for its client when this fails
        found = [next(chunks).tobytes() for _ in range(task.n_chunks // 2)]
        os.kill(cluster.workers[victim].pid, signal.SIGKILL)
        found += [chunk.tobytes() for chunk in chunks]
    assert found == [chunk.tobytes() for chunk in expected]


def test_no_scheduler_is_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    def unanswered(*_: object, **__: object) -> None:
        raise OSError("nobody there")

    monkeypatch.setattr("distributed.Client", unanswered)
    task = _curve()
    with pytest.raises(InputError, match="no Dask scheduler answers at host:1: nobody there"):
        next(
            run_chunks(task, range(1), rows=20, dtype=task(0).dtype, executor=read_executor("dask://host:1"))
        )
