"""The multiverse: every path equals the plan run with its choices, and what is refused."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import metamsc as mm
from metamsc.analysis.multiverse import run_multiverse
from metamsc.analysis.multiverse_result import Multiverse
from metamsc.analysis.spec import AnalysisSpec
from metamsc.analysis.strata import pool_table
from metamsc.cli import main
from metamsc.dataset.build import build_table
from metamsc.errors import OptionError, SpecError
from metamsc.report.multiverse_text import multiverse_text

ROOT = Path(__file__).parents[2]
# A path is pooled in a batch with others: the same kernel, sums in another order.
SAME_KERNEL = 1e-9


@pytest.fixture(scope="module")
def records() -> mm.Studies:
    return mm.read_records(ROOT / "data/extractions")


def _plan(name: str, multiverse: dict[str, Any] | None = None, **changes: Any) -> AnalysisSpec:
    data = mm.read_spec(ROOT / "analyses" / name).model_dump(by_alias=True, mode="json", exclude_none=True)
    return AnalysisSpec.model_validate({**data, "multiverse": multiverse or {}, **changes})


DECLARED = {
    "tau2_method": ["REML", "DL"],
    "ci_method": ["hksj-adhoc", "wald"],
    "co_interventions": ["include", "exclude"],
    "when": [
        {"label": "as planned"},
        {
            "label": "3 months",
            "select": {"time": {"at": "3 months", "earliest": "8 weeks", "latest": "6 months"}},
        },
    ],
}


@pytest.fixture(scope="module")
def hba1c(records: mm.Studies) -> Multiverse:
    return run_multiverse(_plan("hba1c", DECLARED), records)


def test_every_path_is_the_plan_with_its_choices(hba1c: Multiverse, records: mm.Studies) -> None:
    assert hba1c.n_paths == 16
    for path in range(hba1c.n_paths):
        spec = _plan("hba1c")
        for dimension, chosen in zip(hba1c.dimensions, hba1c.options[path], strict=True):
            option = dimension.options[chosen]
            spec = spec.replaced(option.select, option.model)
        pools = {
            item.label: item.pooled for item in pool_table(build_table(records, spec.select), spec).every
        }
        for curve in hba1c.curves:
            pooled = pools.get(curve.label)
            if pooled is None or pooled.k < 2:
                assert np.isnan(curve.estimate[path])
                continue
            assert curve.k[path] == pooled.k
            assert curve.estimate[path] == pytest.approx(pooled.estimate, rel=SAME_KERNEL)
            assert curve.ci_low[path] == pytest.approx(pooled.ci.low, rel=SAME_KERNEL)
            assert curve.ci_high[path] == pytest.approx(pooled.ci.high, rel=SAME_KERNEL)
            assert curve.p[path] == pytest.approx(pooled.p, rel=SAME_KERNEL)


def test_the_plan_is_among_its_paths(hba1c: Multiverse) -> None:
    labels = [
        [dimension.options[chosen].label for dimension, chosen in zip(hba1c.dimensions, row, strict=True)]
        for row in hba1c.options[hba1c.planned]
    ]
    assert labels == [["REML", "hksj-adhoc", "include", "as planned"]]


def test_without_a_declaration_the_open_decisions_are_combined(records: mm.Studies) -> None:
    found = run_multiverse(_plan("foot-ulcer-healing"), records)
    names = [dimension.name for dimension in found.dimensions]
    assert names[:2] == ["tau2_method", "ci_method"]
    assert "unpublished" in names
    curve = found.curve("Type not stated")
    # The unpublished trial points the other way: leaving it out moves the estimate above every other choice.
    share = {item.name: item.with_others for item in curve.shares}
    assert share["unpublished"] > share["tau2_method"]


def test_the_text_names_the_plan_and_choices_in_words(records: mm.Studies) -> None:
    found = run_multiverse(_plan("foot-ulcer-healing"), records)
    curve = found.curve("Type not stated")
    planned = mm.run(_plan("foot-ulcer-healing"), records).strata[0].pooled
    at = int(np.flatnonzero(found.planned)[0])
    assert curve.estimate[at] == pytest.approx(planned.estimate, rel=1e-12)
    shown = [f"{np.exp(value):.2f}" for value in (planned.estimate, planned.ci.low, planned.ci.high)]
    text = " ".join(multiverse_text(found).split())
    assert f"the plan, 95% interval {shown[0]} ({shown[1]} to {shown[2]})" in text
    assert "Confidence interval (ci_method): Hartung–Knapp (ad hoc); Hartung–Knapp; Wald" in text
    assert "hksj" not in text
    assert "(all 8 patterns" in text


def test_a_fixed_decision_is_not_varied(records: mm.Studies) -> None:
    found = run_multiverse(_plan("foot-ulcer-healing"), records, fixed=("tau2_method",))
    assert "tau2_method" not in [dimension.name for dimension in found.dimensions]


def test_measures_on_several_scales_are_told_apart(records: mm.Studies) -> None:
    found = run_multiverse(_plan("foot-ulcer-healing", {"measure": ["RR", "OR", "RD"]}), records)
    curve = found.curve("Type not stated")
    assert not curve.one_scale
    assert curve.test is not None
    assert curve.test.p_median is None
    assert set(found.to_frame()["measure"]) == {"RR", "OR", "RD"}
    text = multiverse_text(found)
    assert "moves estimate / SE" in text
    assert "moves the estimate" not in text


def test_too_many_paths_are_refused_before_anything_runs(records: mm.Studies) -> None:
    with pytest.raises(OptionError, match=r"2 \(tau2_method\).* = 16 paths; at most 15"):
        run_multiverse(_plan("hba1c", DECLARED), records, max_paths=15)


def test_other_methods_are_refused(records: mm.Studies) -> None:
    with pytest.raises(SpecError, match="inverse variance"):
        run_multiverse(_plan("foot-ulcer-healing", model={"method": "mh"}), records)


def test_a_path_that_is_no_plan_is_named(records: mm.Studies) -> None:
    spec = _plan("foot-ulcer-healing", {"measure": ["RR", "SMD"]})
    with pytest.raises(SpecError, match="SMD"):
        run_multiverse(spec, records)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("  colour: [red, blue]\n", "no key of `select`"),
        ("  tau2_method: [REML, XX]\n", "XX"),
        ("  own:\n    - {label: a}\n    - {label: b, model: {level: 0.9}}\n", "level"),
        ("  unpublished: [include, perhaps]\n", "perhaps"),
        ("  tau2_method: [REML]\n", "at least 2"),
    ],
)
def test_a_plan_with_a_bad_multiverse_says_where(tmp_path: Path, text: str, said: str) -> None:
    plan = (ROOT / "analyses/foot-ulcer-healing/analysis.yml").read_text(encoding="utf-8")
    file = tmp_path / "foot-ulcer-healing" / "analysis.yml"
    file.parent.mkdir()
    file.write_text(f"{plan}multiverse:\n{text}", encoding="utf-8")
    with pytest.raises(SpecError, match=said) as caught:
        mm.read_spec(file)
    first_line = plan.count("\n") + 1
    assert all(problem.line >= first_line for problem in caught.value.problems)


def test_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    out, figures = tmp_path / "paths.csv", tmp_path / "figures"
    arguments = ["multiverse", "analyses/foot-ulcer-healing/analysis.yml", "--output", str(out)]
    done = CliRunner().invoke(main, [*arguments, "--figures", str(figures), "--json"])
    assert done.exit_code == 0, done.output
    data = json.loads(done.stdout)
    lines = out.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1 + data["n_paths"] * len(data["strata"])
    assert (figures / "specification-type-not-stated.svg").stat().st_size > 0
    done = CliRunner().invoke(main, [*arguments[:2], "--tau2", "DL", "--patterns", "0"])
    assert done.exit_code == 0, done.output
    assert "tau2_method" not in done.stdout
    assert "not asked for" in done.stdout
    done = CliRunner().invoke(main, [*arguments[:2], "--output", str(tmp_path / "paths.txt")])
    assert done.exit_code == 2
    assert ".csv or .parquet" in done.output


def test_ctrl_c_ends_the_command_as_a_shell_expects(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("metamsc.analysis.multiverse.run_multiverse", interrupted)
    records, spec = str(ROOT / "data/extractions"), str(ROOT / "analyses/hba1c")
    result = CliRunner().invoke(main, ["multiverse", spec, "--records", records])
    assert (result.exit_code, result.stderr) == (130, "stopped. No file was written.\n")


def test_the_command_takes_an_executor() -> None:
    flags = [
        "multiverse",
        str(ROOT / "analyses/hba1c"),
        "--records",
        str(ROOT / "data/extractions"),
        "--json",
    ]
    serial = CliRunner().invoke(main, flags)
    processes = CliRunner().invoke(main, [*flags, "--executor", "processes:2", "--max-fits", "2000000"])
    assert (serial.exit_code, processes.exit_code) == (0, 0)
    assert processes.stdout == serial.stdout
    wrong = CliRunner().invoke(main, [*flags, "--executor", "threads"])
    assert wrong.exit_code == 2
    assert "executor must be 'serial'" in wrong.stderr
