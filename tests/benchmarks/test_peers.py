"""The speed benchmarks stand on this: the clock, the words for a peer that is not there, one set of data."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.peers import metafor as metafor_module
from benchmarks.peers import timing
from benchmarks.peers.metafor import metafor_seconds
from benchmarks.peers.timing import beside, cpu_seconds, readable, table


def test_the_clock_counts_work_and_not_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    worked = [0.0]

    def busy() -> None:
        worked[0] += 0.03

    # the machine's own clock is one of a busy machine; this one has no other users
    monkeypatch.setattr(timing, "time", SimpleNamespace(process_time=lambda: worked[0]))
    assert cpu_seconds(busy) == pytest.approx(0.03)
    monkeypatch.setattr(timing, "TICK", 0.0)  # one run in each repeat: waiting fills no tick
    assert cpu_seconds(lambda: None) == 0.0


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.000338, "338 us"), (0.00213, "2.1 ms"), (0.0634, "63 ms"), (2.8, "2.8 s")]
)
def test_times_are_readable(seconds: float, text: str) -> None:
    assert readable(seconds) == text


def test_a_peer_stands_beside_ours_with_its_ratio() -> None:
    assert beside(2.8, 0.001) == "2.8 s (2,800x)"
    assert beside(0.004, 0.002) == "4.0 ms (2.0x)"
    assert beside(None, 0.002) == "-"
    assert table(["job", "t"], [["a", "1 ms"], ["long", "10 s"]]) == "job      t\na     1 ms\nlong  10 s"


def test_without_r_there_is_a_word_and_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert metafor_seconds(["x"], {}, 1.0) == (
        {},
        "not measured: there is no Rscript (apt-get install r-cran-metafor)",
    )


def test_jobs_done_before_the_time_is_up_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A stand-in for Rscript: prints how many lines of data have arrived, then works for a minute.
    script = tmp_path / "slow.py"
    script.write_text(
        "import pathlib, sys, time\n"
        "rows = (pathlib.Path(sys.argv[1]) / 'first.csv').read_text().splitlines()\n"
        "print('first', float(len(rows)), flush=True)\n"
        "end = time.process_time() + 60\n"
        "while time.process_time() < end: pass\n",
        encoding="utf-8",
    )
    monkeypatch.setattr(shutil, "which", lambda _: sys.executable)
    monkeypatch.setattr(metafor_module, "SCRIPT", script)
    monkeypatch.setattr(metafor_module, "PATIENCE", 300)  # the budget ends it, however busy the machine is
    data = {"first": {"yi": np.array([0.1, 0.2]), "vi": np.array([0.01, 0.02])}}
    found, word = metafor_seconds(["first", "second"], data, 1)
    assert found == {"first": 3.0}  # a head and two rows
    assert word == "stopped after 1 s"
