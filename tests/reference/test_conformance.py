"""The shipped reference cases agree, all of them, and none is lost by being skipped."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
DATA = HERE / "data"
ROOT = HERE.parents[1]
# Cases that agreed when the data were last extended. A lower count means that something stopped being
# supported or compared; raise a floor when a family grows, never lower it.
FLOORS = {
    "rma": 1509,
    "predict": 388,
    "escalc": 195,
    "confint": 191,
    "weights": 40,
    "rma.mv": 69,
    "robust": 42,
    "coef_test": 6,
    "Wald_test": 1,
    "vcalc": 2,
    "aggregate": 2,
    "robumeta::robu": 2,
    "anova": 50,
    "rma.mh": 54,
    "rma.peto": 13,
    "rma.glmm": 64,
    "leave1out": 64,
    "cumul": 34,
    "influence": 46,
    "hc": 29,
    "baujat": 27,
    "blup": 30,
    "permutest": 23,
    "radial": 20,
    "rstandard": 41,
    "ranef": 17,
    "rstudent": 15,
    "regtest": 251,
    "lm": 30,
    "trimfill": 204,
    "ranktest": 17,
    "fsn": 68,
    "tes": 58,
    "selmodel": 80,
    "gosh": 32,
    "cooks.distance": 7,
    "hatvalues": 22,
    "list": 1,
    "vif": 14,
}
# The deliberate differences, listed with reasons by the runner; a new one needs a decision, not a count.
BY_DESIGN = {
    "rma": 19,
    "predict": 5,
    "escalc": 4,
    "rma.glmm": 17,
    "regtest": 1,
    "trimfill": 1,
    "fsn": 4,
    "selmodel": 30,
    "gosh": 1,
    "anova": 1,
    "confint": 2,
    "rma.mv": 1,
    "robust": 3,
    "vif": 1,
}
VALUES = 120_000


def _run(directory: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(HERE / "conformance.py"), str(directory), *options]
    return subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, env=dict(os.environ), timeout=900
    )


@pytest.fixture(scope="module")
def families() -> dict[str, Any]:
    done = _run(DATA, "--json")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    assert done.stderr == ""
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def test_nothing_disagrees(families: dict[str, Any]) -> None:
    assert {name: f["failures"] for name, f in families.items() if f["disagree"]} == {}


@pytest.mark.parametrize(("family", "floor"), FLOORS.items())
def test_no_case_is_lost(families: dict[str, Any], family: str, floor: int) -> None:
    assert families[family]["agree"] >= floor


def test_deliberate_differences_are_the_known_ones(families: dict[str, Any]) -> None:
    found = {name: f["refused_by_design"] for name, f in families.items() if f["refused_by_design"]}
    assert found == BY_DESIGN


def test_every_value_of_a_case_is_compared(families: dict[str, Any]) -> None:
    assert sum(f["values_compared"] for f in families.values()) >= VALUES


def _one_case(tmp_path: Path, change: dict[str, Any]) -> Path:
    """Write a reference file with one case of the BCG data, its expected fields changed."""
    content = json.loads((DATA / "bcg.json").read_text(encoding="utf-8"))
    case = next(c for c in content["cases"] if c["id"] == "rma.REML.knha")
    content["cases"] = [{**case, "expect": {**case["expect"], **change}}]
    (tmp_path / "one.json").write_text(json.dumps(content), encoding="utf-8")
    return tmp_path


def test_a_wrong_value_is_found(tmp_path: Path) -> None:
    # tau2 = 0.31324326 (REML, BCG): wrong in the eighth digit.
    done = _run(_one_case(tmp_path, {"tau2": 0.31324330}))
    assert done.returncode == 1
    assert "tau2: ours 0.3132432" in done.stdout


def test_an_expected_error_that_does_not_come_is_found(tmp_path: Path) -> None:
    done = _run(_one_case(tmp_path, {"error": "stopped"}))
    assert done.returncode == 1
    assert "ours does not" in done.stdout


def test_the_unchanged_case_agrees(tmp_path: Path) -> None:
    done = _run(_one_case(tmp_path, {}))
    assert done.returncode == 0, done.stdout


def test_a_directory_without_cases_is_a_usage_error(tmp_path: Path) -> None:
    assert _run(tmp_path).returncode == 2


def test_a_crash_of_ours_is_a_disagreement(tmp_path: Path) -> None:
    broken = "import metamsc.models.model as m; m.fit_prepared = None"
    run = f"from tests.reference.conform.run import main; raise SystemExit(main([{str(tmp_path)!r}]))"
    _one_case(tmp_path, {})
    done = subprocess.run(
        [sys.executable, "-c", f"{broken}; {run}"], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 1
    assert "crashed: TypeError" in done.stdout


def test_a_call_the_runner_cannot_read_is_not_supported(tmp_path: Path) -> None:
    call = {"call": "rma", "args": [[None, {"call": "sqrt", "args": []}], [None, 1]]}
    case = {"id": "x", "call": "rma(sqrt(), 1)", "ast": [call], "expect": {"beta": 1}}
    (tmp_path / "one.json").write_text(json.dumps({"data": {}, "cases": [case]}), encoding="utf-8")
    done = _run(tmp_path, "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["rma"]["not_supported"] == 1


def test_an_unknown_function_is_not_supported_rather_than_agreed(tmp_path: Path) -> None:
    call = {"call": "no.such.function", "args": [[None, 1]]}
    case = {"id": "x", "call": "no.such.function(1)", "ast": [call], "expect": {"value": 1}}
    (tmp_path / "one.json").write_text(json.dumps({"data": {}, "cases": [case]}), encoding="utf-8")
    done = _run(tmp_path, "--json")
    assert json.loads(done.stdout)["no.such.function"]["not_supported"] == 1
