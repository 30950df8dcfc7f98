"""`metamsc gosh`: a CSV or a plan, text or JSON, a file that survives Ctrl-C."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from metamsc.cli import main

ROOT = Path(__file__).parents[2]
HUNG = 600.0
"""Seconds after which a program is taken for one that does not go on."""
CSV = "study,yi,vi\nA,0.1,0.02\nB,0.2,0.03\nC,0.15,0.02\nD,1.4,0.02\nE,0.3,0.05\n"


def run(folder: Path, *flags: str) -> Result:
    (folder / "x.csv").write_text(CSV)
    return CliRunner().invoke(main, ["gosh", str(folder / "x.csv"), *flags])


def test_all_subsets_of_a_csv(tmp_path: Path) -> None:
    result = run(tmp_path)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "31 subsets of 5 studies, tau2 by REML" in result.stdout
    assert "68.3%  +0.4881 with it  D" in result.stdout
    assert "note: Subsets overlap" in result.stdout


def test_ratios_are_shown_as_ratios() -> None:
    result = CliRunner().invoke(main, ["gosh", str(ROOT / "examples/bcg.csv")])
    data = json.loads(CliRunner().invoke(main, ["gosh", str(ROOT / "examples/bcg.csv"), "--json"]).stdout)
    median = data["distributions"]["estimate"]["quantiles"][4]
    assert median < 0.0  # the logarithm of a ratio
    assert f"estimate (a ratio): median {math.exp(median):.4g}," in result.stdout
    assert "×0.853 with it  Hart & Sutherland 1977" in result.stdout  # exp(-0.159)


def test_json(tmp_path: Path) -> None:
    result = run(tmp_path, "--subsets", "10", "--seed", "1", "--tau2", "DL", "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    data = json.loads(result.stdout)
    assert (data["n_subsets"], data["seed"], data["is_all"]) == (10, 1, False)
    assert [study["label"] for study in data["studies"]] == list("ABCDE")


def test_processes_and_serial_print_the_same(tmp_path: Path) -> None:
    flags = ("--subsets", "20", "--seed", "3", "--json")
    assert run(tmp_path, *flags, "--executor", "processes:2").stdout == run(tmp_path, *flags).stdout


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--subsets", "10"), "give --seed, a whole number"),
        (("--subsets", "0"), "'0' is not >= 1"),
        (("--subsets", "many"), "neither a whole number nor 'all'"),
        (("--executor", "threads"), "executor must be 'serial'"),
        (("--stratum", "T1D"), "--stratum belongs to a plan"),
    ],
)
def test_mistakes_end_in_one_message(tmp_path: Path, flags: tuple[str, ...], message: str) -> None:
    result = run(tmp_path, *flags)
    assert result.exit_code in (1, 2)
    assert message in result.stderr
    assert "Traceback" not in result.stderr


def test_a_plan_with_several_pools_wants_one_named() -> None:
    source, records = str(ROOT / "analyses/hba1c"), str(ROOT / "data/extractions")
    result = CliRunner().invoke(main, ["gosh", source, "--records", records])
    assert result.exit_code == 2
    assert "--stratum must be one of" in result.stderr
    label = result.stderr.split("one of ")[1].split("'")[1]
    flags = ["--records", records, "--stratum", label, "--subsets", "50", "--seed", "1", "--json"]
    found = CliRunner().invoke(main, ["gosh", source, *flags])
    assert found.exit_code == 0, found.stderr
    assert json.loads(found.stdout)["n_subsets"] <= 50


def test_ctrl_c_leaves_a_file_that_the_same_command_goes_on_from(tmp_path: Path) -> None:
    rows = "".join(f"s{j},{0.1 * (j % 7)},{0.02 + 0.01 * (j % 5)}\n" for j in range(24))
    (tmp_path / "x.csv").write_text("study,yi,vi\n" + rows)
    # a test run that was started in the background has Ctrl-C switched off, and its children with it
    start = (
        "import runpy, signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "runpy.run_module('metamsc', run_name='__main__')"
    )
    command = [sys.executable, "-c", start, "gosh", "x.csv", "--subsets", "20_000_000", "--seed", "1",
               "--tau2", "DL", "--output", "x.parquet"]  # fmt: skip
    running = subprocess.Popen(
        command, cwd=tmp_path, stderr=subprocess.PIPE, stdout=subprocess.PIPE, env=dict(os.environ)
    )
    new = tmp_path / "x.parquet.partial.new"
    deadline = time.monotonic() + HUNG
    several = 8_000_000  # bytes; a chunk has about two million, and one that is being written does not count
    while not (new.exists() and new.stat().st_size > several):
        assert running.poll() is None, "it ended by itself"
        assert time.monotonic() < deadline
        time.sleep(0.02)
    running.send_signal(signal.SIGINT)
    _, stderr = running.communicate(timeout=HUNG)
    assert running.returncode == 130
    assert "x.parquet.partial holds what is done" in stderr.decode()
    import pyarrow.parquet as pq

    done = pq.ParquetFile(tmp_path / "x.parquet.partial").metadata.num_row_groups
    assert 1 <= done < 306
