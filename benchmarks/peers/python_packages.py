"""PyMARE, statsmodels and PyMetaAnalysis: the jobs that each of them can do.

PyMetaAnalysis is no dependency of this project: it is put into build/bench/lib, on its own, and runs with the
project's numpy, scipy and pandas.
"""

from __future__ import annotations

import importlib
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from metamsc.models.batch import FloatArray

Work = Callable[[], object]
PYMETA_FOLDER = Path(__file__).parents[2] / "build" / "bench" / "lib"
PYMETA = "PyMetaAnalysis==0.9.0"


def quiet(work: Work) -> Work:
    """Return `work` with its warnings silenced; they say nothing about its speed."""

    def run() -> object:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return work()

    return run


def pymare_pool(y: FloatArray, v: FloatArray) -> Work:
    """REML with the interval of the mean (no interval for tau2)."""
    estimators = _pymare()
    X = np.ones((y.size, 1))
    return quiet(lambda: estimators(method="reml").fit(y, v, X).summary().get_fe_stats())


def pymare_many(y: FloatArray, v: FloatArray) -> Work:
    """REML of the columns of `y` and `v`, shape (k, D), in one call: coefficients and tau2."""
    estimators = _pymare()
    X = np.ones((y.shape[0], 1))
    return quiet(lambda: estimators(method="reml").fit(y, v, X))


def pymare_permutation(y: FloatArray, v: FloatArray, X: FloatArray, times: int) -> Work:
    """REML, then `times` permutations of the design's rows (X without an intercept)."""
    estimators = _pymare()
    from pymare import Dataset

    dataset = Dataset(y, v, X, add_intercept=True)
    return quiet(
        lambda: estimators(method="reml").fit_dataset(dataset).summary().permutation_test(n_perm=times)
    )


def _pymare() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pymare.estimators import VarianceBasedLikelihoodEstimator
    return VarianceBasedLikelihoodEstimator


def statsmodels_pool(y: FloatArray, v: FloatArray, method: str) -> Work:
    """Paule-Mandel ("iterated") or DerSimonian-Laird ("dl") with intervals of the mean; there is no REML."""
    from statsmodels.stats.meta_analysis import combine_effects

    return quiet(lambda: combine_effects(y, v, method_re=method).conf_int())


def find_pymeta() -> tuple[Any | None, str]:
    """Return PyMetaAnalysis, put into its own folder if need be, or None and why it is not there."""
    if not PYMETA_FOLDER.exists():
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(PYMETA_FOLDER)]
        done = subprocess.run([*pip, PYMETA], capture_output=True, text=True, check=False)
        if done.returncode:
            return None, f"not measured: pip could not install {PYMETA}"
    sys.path.append(str(PYMETA_FOLDER))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return importlib.import_module("meta_analyze"), PYMETA.replace("==", " ")
    except ImportError as error:
        return None, f"not measured: {error}"


def pymeta_pool(module: Any, y: FloatArray, v: FloatArray) -> Work:
    """REML with intervals."""
    return quiet(lambda: module.meta_analysis(effect=y, variance=v))


def pymeta_leave_one_out(module: Any, y: FloatArray, v: FloatArray) -> Work:
    """REML without each study in turn."""
    fitted = module.meta_analysis(effect=y, variance=v)
    return quiet(fitted.leave_one_out)
