"""Recomputing results on disk with the second engine. All studies are invented."""

import json
from pathlib import Path

import pytest

from metamsc.errors import InputError
from metamsc.report.outputs import write_outputs
from metamsc.report.verify import RESULTS_FILE, TOLERANCE, find_results, verify_results
from tests.analysis.plans import analyse
from tests.dataset.invented import means, study

STUDIES = [study(f"s{i}", means(msc={"mean": 7.0 - i, "sd": 1.0 + i / 10, "n": 10 + i})) for i in range(4)]


def written(folder: Path, k: int = 4, **model: str) -> Path:
    write_outputs(analyse(*STUDIES[:k], model=model), folder, figures=False)
    return folder / RESULTS_FILE


@pytest.mark.parametrize("tau2", ["EE", "DL", "HE", "ML", "REML"])
@pytest.mark.parametrize("ci", ["wald", "hksj", "hksj-adhoc"])
def test_methods_of_both_engines_agree(tau2: str, ci: str, tmp_path: Path) -> None:
    (found,) = verify_results(written(tmp_path, tau2_method=tau2, ci_method=ci))
    assert found.agrees is True
    assert found.comparison.largest is not None
    assert found.comparison.largest <= TOLERANCE


def test_what_the_second_engine_cannot_do_is_said(tmp_path: Path) -> None:
    (found,) = verify_results(written(tmp_path, tau2_method="PM", ci_method="wald"))
    assert found.agrees is None
    assert found.comparison.reason == "tau2_method PM is not available in the second engine"
    (single,) = verify_results(written(tmp_path / "one", k=1))
    assert (single.agrees, single.comparison.reason) == (None, "nothing was pooled (k = 1)")


def test_an_analysis_without_rows_has_nothing_to_verify(tmp_path: Path) -> None:
    assert verify_results(written(tmp_path, k=0)) == ()


@pytest.mark.parametrize("factor", [1 + 1e-5, 1 - 1e-5])
def test_a_difference_just_above_the_tolerance_is_found(factor: float, tmp_path: Path) -> None:
    file = written(tmp_path, tau2_method="DL", ci_method="wald")
    data = json.loads(file.read_text(encoding="utf-8"))
    data["strata"][0]["pooled"]["heterogeneity"]["tau2"] *= factor
    file.write_text(json.dumps(data), encoding="utf-8")
    (found,) = verify_results(file)
    assert found.agrees is False
    assert found.comparison.largest == pytest.approx(1e-5, rel=0.01)


def test_results_are_found_in_files_and_folders_once_and_in_order(tmp_path: Path) -> None:
    files = [written(tmp_path / name) for name in ("b", "a")]
    assert find_results((str(tmp_path), str(files[0]))) == tuple(sorted(files))
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"empty holds no results\.json: run `metamsc run` first"):
        find_results((str(tmp_path / "empty"),))


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read: No such file"):
        verify_results(tmp_path / "none.json")
