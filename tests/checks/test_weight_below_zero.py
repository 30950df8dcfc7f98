"""A weight or BMI below 0 has no logarithm: the record is judged, and nothing ends with a traceback."""

from __future__ import annotations

from pathlib import Path

from metamsc.checks.run import check_records

ROOT = Path(__file__).parents[2]
TRIAL = ROOT / "tests" / "examples" / "extractions" / "valid" / "clinical" / "trial-2020.yml"


def test_a_bmi_below_zero_is_judged(tmp_path: Path) -> None:
    text = TRIAL.read_text(encoding="utf-8")
    spoilt = tmp_path / "clinical" / TRIAL.name
    spoilt.parent.mkdir()
    bmi = "    n_randomised: 20\n    bmi: {n: 20, mean: -23, sd: 3, unit: kg/m2}\n"
    spoilt.write_text(text.replace("    n_randomised: 20\n", bmi), encoding="utf-8")
    found = [problem for problem in check_records(spoilt).problems if problem.where == "arms[1].bmi.mean"]
    assert [problem.code for problem in found] == ["P701"]
