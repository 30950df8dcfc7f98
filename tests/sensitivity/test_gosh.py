"""Subsets: by hand, against single fits, on every executor, stopped and gone on with."""

from __future__ import annotations

import json
import math
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from metamsc.errors import InputError, OptionError, TooFewStudiesError
from metamsc.models.pool import pool
from metamsc.sensitivity.executor import Executor, Rows, read_executor, run_chunks
from metamsc.sensitivity.gosh import gosh
from metamsc.sensitivity.gosh_subsets import GoshTask
from metamsc.sensitivity.mixture import boundaries, separate_groups

CLOSED_FORM = 1e-10
ITERATED = 1e-8

YI = [0.1, 0.2, 0.15, 1.4, 0.3, 0.05]
VI = [0.02, 0.03, 0.02, 0.02, 0.05, 0.04]


def _task(n: int, seed: int | None, chunk_rows: int = 16, k: int = 6, method: str = "REML") -> GoshTask:
    rng = np.random.default_rng(3)
    v = rng.uniform(0.01, 0.2, k)
    return GoshTask(rng.normal(0.3, np.sqrt(v + 0.05)), v, method, n, seed, chunk_rows)


def test_all_subsets_of_two_studies_by_hand() -> None:
    # {1}: 0; {2}: 1; {1, 2}, equal variances: 0.5, DL tau2 = 0.4, I2 = 80 % (Q = 5 on 1 df).
    found = gosh([0.0, 1.0], [0.1, 0.1], tau2_method="DL")
    assert found.rows["subset"].tolist() == [1, 2, 3]
    assert found.rows["k"].tolist() == [1, 1, 2]
    assert found.rows["estimate"] == pytest.approx([0.0, 1.0, 0.5], abs=1e-15)
    assert found.rows["tau2"] == pytest.approx([0.0, 0.0, 0.4], rel=CLOSED_FORM)
    assert found.rows["I2"] == pytest.approx([0.0, 0.0, 80.0], rel=CLOSED_FORM)
    estimate = found.distributions["estimate"]
    assert (estimate.mean, estimate.sd) == pytest.approx((0.5, 0.5), rel=CLOSED_FORM)  # of 0, 1, 0.5
    # Study 1 is in {1}, {1, 2}: mean 0.25; it is not in {2}: 1. Sum of squares about 0.5 is 0.5, of which
    # 2 * 1 / 3 * 0.75**2 = 0.375 lie between with and without: 75 %.
    first = found.studies[0]
    assert (first.mean_with, first.mean_without, first.difference, first.explained) == pytest.approx(
        (0.25, 1.0, -0.75, 0.75), rel=CLOSED_FORM
    )


@pytest.mark.parametrize("method", ["EE", "DL", "REML", "PM"])
def test_every_subset_is_the_pool_of_its_studies(method: str) -> None:
    found = gosh(YI, VI, tau2_method=method)
    assert found.n_subsets == 63
    by_number = {int(row["subset"]): row for row in found.rows}
    for size in range(2, 7):
        for chosen in combinations(range(6), size):
            row = by_number[sum(1 << j for j in chosen)]
            one = pool([YI[j] for j in chosen], [VI[j] for j in chosen], tau2_method=method)
            assert row["k"] == size
            assert row["estimate"] == pytest.approx(one.estimate, rel=ITERATED)
            assert row["tau2"] == pytest.approx(one.heterogeneity.tau2, rel=ITERATED, abs=1e-12)
            assert row["I2"] == pytest.approx(one.heterogeneity.I2, rel=1e-6, abs=1e-8)
            assert row["Q"] == pytest.approx(one.heterogeneity.Q, rel=ITERATED)


def test_one_study_that_decides_is_named_and_splits_the_estimates() -> None:
    rng = np.random.default_rng(2)
    yi = np.append(rng.normal(0.2, 0.03, 9), 3.0)
    found = gosh(yi, np.full(10, 0.05), labels=[*"ABCDEFGHI", "odd"], tau2_method="EE")
    assert found.drivers == ("odd",)
    low, high = found.groups
    assert low.high == high.low
    assert found.studies[9].share_by_group[1] > 0.95
    assert found.studies[9].share_by_group[0] < 0.05
    assert sum(group.share for group in found.groups) == pytest.approx(1.0, rel=CLOSED_FORM)
    assert all(abs(share - 0.5) < 0.1 for study in found.studies[:9] for share in study.share_by_group)


def test_drawn_subsets_have_equal_chances() -> None:
    task = _task(40_000, seed=11, chunk_rows=4096, k=4)
    numbers = np.concatenate([task(chunk)["subset"] for chunk in range(task.n_chunks)])
    counts = np.bincount(numbers.astype(int), minlength=16)
    assert counts[0] == 0
    # Chi-square on 14 degrees of freedom: 36.1 is its 99.9 % point; the seed is fixed.
    expected = 40_000 / 15
    assert ((counts[1:] - expected) ** 2 / expected).sum() < 36.1


@pytest.mark.parametrize("k", [20, 64, 70])
def test_presence_is_what_the_number_says(k: int) -> None:
    task = _task(50, seed=1, chunk_rows=50, k=k, method="DL")
    rows = task(0)
    present = task.present(rows)
    assert present.shape == (50, k)
    assert present.sum(axis=1).tolist() == rows["k"].tolist()
    if k <= 64:
        assert [sum(1 << j for j in np.flatnonzero(row).tolist()) for row in present] == rows[
            "subset"
        ].tolist()


def _bytes(task: GoshTask, executor: str) -> bytes:
    chunks = run_chunks(
        task,
        range(task.n_chunks),
        rows=task.chunk_rows,
        dtype=task.dtype,
        executor=read_executor(executor),
    )
    return b"".join(chunk.tobytes() for chunk in chunks)


def test_processes_give_the_same_bytes_in_the_same_order() -> None:
    task = _task(3000, seed=5, chunk_rows=128, k=20)
    assert _bytes(task, "processes:2") == _bytes(task, "serial")


def test_a_chunk_does_not_depend_on_the_others() -> None:
    task = _task(300, seed=5, chunk_rows=64, k=20)
    alone = {chunk: task(chunk).tobytes() for chunk in reversed(range(task.n_chunks))}
    assert b"".join(alone[chunk] for chunk in range(task.n_chunks)) == _bytes(task, "serial")


class _Dies:
    """Work that kills its process on one chunk, but only another process than the first."""

    def __init__(self, parent: int) -> None:
        self.parent = parent

    def __call__(self, chunk: int) -> Rows:
        import os

        if chunk == 3 and os.getpid() != self.parent:
            os._exit(1)
        return np.array([(chunk,)], dtype=[("x", "<i8")])


def test_a_process_that_dies_does_not_stop_the_run() -> None:
    import os

    chunks = run_chunks(
        _Dies(os.getpid()),
        range(8),
        rows=1,
        dtype=np.dtype([("x", "<i8")]),
        executor=Executor("processes", 2),
    )
    assert [int(chunk["x"][0]) for chunk in chunks] == list(range(8))


class _StopError(Exception):
    """Stands for Ctrl-C."""


def _stop_after(n: int) -> Any:
    def told(done: int, total: int) -> None:
        assert done <= total
        if done >= n:
            raise _StopError

    return told


@pytest.mark.parametrize("k", [20, 70])
def test_a_stopped_run_goes_on_to_the_same_file(tmp_path: Path, k: int) -> None:
    task = _task(1000, seed=4, chunk_rows=100, k=k, method="DL")
    options: dict[str, Any] = {"n_subsets": 1000, "seed": 4, "tau2_method": "DL", "chunk_rows": 100}
    whole, stopped = tmp_path / "whole.parquet", tmp_path / "stopped.parquet"
    expected = gosh(task.yi, task.vi, output=whole, **options)
    for n in (300, 700):  # stopped twice
        with pytest.raises(_StopError):
            gosh(task.yi, task.vi, output=stopped, progress=_stop_after(n), **options)
        assert not stopped.exists()
        assert [path.name for path in tmp_path.glob("stopped*")] == ["stopped.parquet.partial"]
    seen: list[int] = []
    found = gosh(task.yi, task.vi, output=stopped, progress=lambda done, _: seen.append(done), **options)
    assert seen == list(range(100, 1001, 100))
    assert stopped.read_bytes() == whole.read_bytes()
    assert found == expected
    assert not list(tmp_path.glob("*partial*"))


def test_a_run_stopped_while_it_copies_keeps_what_was_there(tmp_path: Path) -> None:
    task = _task(1000, seed=4, chunk_rows=100, k=20, method="DL")
    options: dict[str, Any] = {"n_subsets": 1000, "seed": 4, "tau2_method": "DL", "chunk_rows": 100}
    path = tmp_path / "x.parquet"
    with pytest.raises(_StopError):
        gosh(task.yi, task.vi, output=path, progress=_stop_after(700), **options)
    before = (tmp_path / "x.parquet.partial").read_bytes()
    with pytest.raises(_StopError):
        gosh(task.yi, task.vi, output=path, progress=_stop_after(200), **options)
    assert (tmp_path / "x.parquet.partial").read_bytes() == before


def test_part_of_another_run_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    with pytest.raises(_StopError):
        gosh(YI, VI, output=path, progress=_stop_after(20), chunk_rows=10)
    with pytest.raises(InputError, match="holds part of another run"):
        gosh(YI, VI, output=path, tau2_method="DL", chunk_rows=10)


def test_the_file_holds_the_rows(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    path = tmp_path / "x.parquet"
    found = gosh(YI, VI, output=path, labels=list("abcdef"), chunk_rows=10)
    file = pq.ParquetFile(path)
    assert file.metadata.num_row_groups == math.ceil(63 / 10)
    table = file.read()
    for name in found.rows.dtype.names or ():
        assert table.column(name).to_numpy().tolist() == found.rows[name].tolist()
    about = json.loads(table.schema.metadata[b"metamsc.gosh"])
    assert (about["labels"], about["n"], about["seed"]) == (list("abcdef"), 63, None)


def test_summaries_do_not_depend_on_chunks() -> None:
    one = gosh(YI, VI)
    many = gosh(YI, VI, chunk_rows=7)
    for name, expected in one.distributions.items():
        found = many.distributions[name]
        assert (found.mean, found.sd) == pytest.approx((expected.mean, expected.sd), rel=CLOSED_FORM)
        assert found.quantiles == pytest.approx(expected.quantiles, rel=CLOSED_FORM, abs=1e-12)
    assert one.rows["estimate"].mean() == pytest.approx(one.distributions["estimate"].mean, rel=CLOSED_FORM)
    assert one.rows["estimate"].std(ddof=1) == pytest.approx(
        one.distributions["estimate"].sd, rel=CLOSED_FORM
    )


def test_result_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    found = gosh(YI, VI)
    data = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert data["n_subsets"] == 63
    assert len(data["studies"]) == 6
    assert capsys.readouterr().out == ""


def _normals(*parts: tuple[int, float, float]) -> NDArray[np.float64]:
    rng = np.random.default_rng(9)
    return np.concatenate([rng.normal(mean, sd, n) for n, mean, sd in parts])


def test_groups_are_found_only_where_they_stand_apart() -> None:
    (one,) = separate_groups(_normals((20_000, 2.0, 0.5)))
    assert (one.share, one.mean) == pytest.approx((1.0, 2.0), abs=0.02)
    assert len(separate_groups(_normals((10_000, 0.0, 1.0), (10_000, 1.5, 1.0)))) == 1
    low, high = separate_groups(_normals((15_000, 0.0, 1.0), (5_000, 6.0, 0.5)))
    assert (low.share, low.mean, high.mean) == pytest.approx((0.75, 0.0, 6.0), abs=0.05)
    assert 3.0 < boundaries((low, high))[0] < 5.5
    assert len(separate_groups(_normals((9_000, 0.0, 1.0), (9_000, 8.0, 1.0), (9_000, 16.0, 1.0)))) == 3
    assert len(separate_groups(np.full(100, 0.3))) == 1


@pytest.mark.parametrize(
    ("text", "executor"),
    [
        ("serial", Executor("serial")),
        ("processes:3", Executor("processes", 3)),
        ("dask://host:8786", Executor("dask", address="host:8786")),
    ],
)
def test_executors_are_read(text: str, executor: Executor) -> None:
    assert read_executor(text) == executor


@pytest.mark.parametrize("text", ["", "threads", "processes:0", "dask://host", "dask:host:1"])
def test_other_executors_are_refused(text: str) -> None:
    with pytest.raises(OptionError, match="executor must be 'serial'"):
        read_executor(text)


def test_refusals() -> None:
    with pytest.raises(TooFewStudiesError, match="at least 2 studies; got 1"):
        gosh([0.1], [0.1])
    with pytest.raises(InputError, match=r"seed must be a whole number >= 0 .* got None"):
        gosh(YI, VI, n_subsets=10)
    with pytest.raises(OptionError, match="n_subsets must be a whole number >= 1"):
        gosh(YI, VI, n_subsets=0)
    with pytest.raises(InputError, match=r"40 studies have 1.1e\+12 subsets"):
        gosh(np.zeros(40), np.ones(40))
    assert gosh(YI, VI, n_subsets=1000).is_all  # there are no more than 63: no seed is needed
