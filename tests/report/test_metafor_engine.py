"""Recomputing with R's metafor: every method it has, what it has not, and an R that fails. All invented."""

from __future__ import annotations

import json
import stat
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from metamsc.report.metafor_engine import compare_with_metafor
from metamsc.report.outputs import write_outputs
from metamsc.report.verify import RESULTS_FILE, Verified, verify_results, verify_with_metafor
from tests.analysis.plans import analyse
from tests.dataset.invented import counts, means, study

TOLERANCE = 1e-6  # what `metamsc verify` calls agreement: iterated searches of both sides
STUDIES = [study(f"s{i}", means(msc={"mean": 7.0 - i, "sd": 1.0 + i / 10, "n": 10 + i})) for i in range(5)]
EVENTS = [study(f"e{i}", counts((3 + 4 * i, 20 + i), (6 - i, 18))) for i in range(4)]


def ask(files: list[Path]) -> tuple[Verified, ...]:
    found = verify_with_metafor(files)
    if isinstance(found, str):
        pytest.skip(found)
    return found


def written(folder: Path, studies: list[Any], **plan: Any) -> Path:
    write_outputs(analyse(*studies, **plan), folder, figures=False)
    return folder / RESULTS_FILE


TAU2 = ("EE", "DL", "HE", "HS", "HSk", "SJ", "ML", "REML", "EB", "PM", "PMM")
PAIRS = list(zip(TAU2, cycle(("wald", "t", "hksj", "hksj-adhoc")), strict=False))
HEALING = {"outcome": "ulcer_healing", "measure": "OR"}
COUNTRIES = ("CN", "CN", "US", "US", "DE", "DE", "IN")
CLUSTERED = [
    study(f"c{i}", means(msc={"mean": 7.0 - i % 3, "sd": 1.0, "n": 10 + i}), countries=[country])
    for i, country in enumerate(COUNTRIES)
]
PLANS: dict[str, tuple[list[Any], dict[str, Any]]] = {
    **{f"{name} {ci}": (STUDIES, {"model": {"tau2_method": name, "ci_method": ci}}) for name, ci in PAIRS},
    "mh": (EVENTS, {"select": HEALING, "model": {"method": "mh"}}),
    "peto": (EVENTS, {"select": HEALING, "model": {"method": "peto"}}),
    "glmm": (EVENTS, {"select": HEALING, "model": {"method": "glmm-cm-el"}}),
    "bayes": (STUDIES, {"model": {"method": "bayes", "tau_prior": "half-normal:1"}}),
    "one": (STUDIES[:1], {}),
    "cluster": (CLUSTERED, {"model": {"cluster": "country"}}),
    "mods": (
        STUDIES,
        {"model": {"tau2_method": "REML", "ci_method": "hksj"}, "mods": "at_days + 0"},
    ),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every plan run and written, under its name."""
    base = tmp_path_factory.mktemp("metafor")
    for name, (studies, plan) in PLANS.items():
        written(base / name, studies, **plan)
    changed = json.loads((base / "PM t" / RESULTS_FILE).read_text(encoding="utf-8"))
    changed["strata"][0]["pooled"]["heterogeneity"]["tau2"] *= 1.00001
    (base / "changed").mkdir()
    (base / "changed" / RESULTS_FILE).write_text(json.dumps(changed), encoding="utf-8")
    return base


@pytest.fixture(scope="module")
def answers(folder: Path) -> dict[str, list[Verified]]:
    """What metafor says of each, from one run of R."""
    names = [*PLANS, "changed"]
    found = iter(ask([folder / name / RESULTS_FILE for name in names]))
    return {name: [next(found) for _ in verify_results(folder / name / RESULTS_FILE)] for name in names}


@pytest.mark.parametrize("name", [f"{tau2} {ci}" for tau2, ci in PAIRS])
def test_every_estimator(name: str, answers: dict[str, list[Verified]]) -> None:
    (found,) = answers[name]
    assert found.comparison.largest is not None
    assert found.comparison.largest <= TOLERANCE


@pytest.mark.parametrize("name", ["mh", "peto", "cluster", "mods"])
def test_other_models(name: str, answers: dict[str, list[Verified]]) -> None:
    assert [item.agrees for item in answers[name]] == [True] * (2 if name == "mods" else 1)
    if name == "cluster":
        assert "clubSandwich" in str(answers[name][0].comparison.reason)


def test_a_meta_regression_by_pymare(folder: Path) -> None:
    _, found = verify_results(folder / "mods" / RESULTS_FILE)
    assert (found.agrees, found.label) == (True, "T1D, at_days + 0")


def test_what_metafor_has_not_is_said(folder: Path, answers: dict[str, list[Verified]]) -> None:
    (bayes,), (one,), (glmm,) = answers["bayes"], answers["one"], answers["glmm"]
    assert bayes.agrees is one.agrees is glmm.agrees is None
    assert bayes.comparison.reason == "metafor has no method bayes"
    assert one.comparison.reason == "nothing was pooled (k = 1)"
    assert "does not judge 1e-6" in str(glmm.comparison.reason)
    (pymare,) = verify_results(folder / "glmm" / RESULTS_FILE)
    assert pymare.comparison.reason == "method glmm-cm-el is not available in the second engine"


def test_a_changed_number_is_found(answers: dict[str, list[Verified]]) -> None:
    (found,) = answers["changed"]
    assert found.agrees is False
    assert found.comparison.largest == pytest.approx(1e-5, rel=0.01)


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("exit 3", "R has no metafor"),
        ("echo 'Error in f(): no' >&2; exit 1", "Rscript failed: Error in f(): no"),
        ("exit 9", "Rscript failed: exit code 9"),
        ("exit 0", "Rscript gave no answer"),
    ],
)
def test_an_r_that_fails(script: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = tmp_path / "Rscript"
    fake.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert compare_with_metafor([]) == said


def test_no_rscript(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert compare_with_metafor([]) == "Rscript is not on the PATH"
