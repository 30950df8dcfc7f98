"""``gosh`` -> `gosh`, all subsets.

The reference's files give mean, SD and quantiles of each quantity over all subsets; they are computed here
from the rows. Its I2 and H2 of a subset are those of its fit, from Q for "EE".
"""

from __future__ import annotations

from typing import Any

import numpy as np

from metamsc.models.kernel import moments
from metamsc.models.shared import SharedStudies
from metamsc.models.tau2 import estimate_tau2
from metamsc.sensitivity.executor import Rows
from metamsc.sensitivity.gosh import gosh as fit_subsets
from metamsc.sensitivity.gosh_result import PROBABILITIES
from metamsc.sensitivity.gosh_subsets import GoshTask

from .adapter_bias import plain_fit, refuse_unknown
from .adapter_rma import CLOSED_METHODS, Floats, RmaFit
from .adapter_selection import NEARLY_ZERO
from .compare import ITERATED, Answer, Difference
from .r_eval import Adapter, Arguments
from .r_values import NotSupportedError

# The reference gives a subset up after 10,000 steps of Fisher scoring; a cycle shows long before.
MOST_STEPS, STILL = 2_000, 1e-12
# Quantiles and means add up the rounding of a subset's Q near 0, which I2 and H2 divide by.
SUMMED = 1e-9
GIVEN_UP = "the reference leaves out subsets on which its Fisher scoring does not come to rest; ours has them"


def gosh(arguments: Arguments) -> Answer:
    """Answer a call of ``gosh`` for all subsets."""
    bound = arguments.bind("x", "subsets")
    refuse_unknown("gosh", bound, {"x", "progbar", "parallel", "ncpus"})
    fit = plain_fit(arguments.env.evaluate(bound["x"]))
    if fit.options["ci_method"] != "wald":
        raise NotSupportedError("gosh of a fit with another test than z")
    method = fit.options["tau2_method"]
    result = fit_subsets(fit.y, fit.v, tau2_method=method)
    rows = result.rows
    answer = Answer(_fields(rows, result.n_subsets), SUMMED if method in CLOSED_METHODS else ITERATED)
    if method not in CLOSED_METHODS:
        # Where ours is 0 the reference may stop a little above.
        nearly = NEARLY_ZERO * float(fit.v.mean())
        answer.bounds = lambda: (_fields(rows, 0), _fields(_above(rows, fit.v, nearly), 0))
    if method in ("ML", "REML"):
        lost = Difference(GIVEN_UP, fields=lambda: _fields(_kept(rows, fit, method), result.n_subsets))
        answer.known = (lost,)
    return answer


def _fields(rows: Rows, n: int) -> dict[str, Any]:
    """Return the summaries of some subsets in the reference's names; `n` were asked for."""
    first = (rows["subset"] & np.uint64(1)).astype(bool)
    estimates = rows["estimate"]
    return {
        "n_subsets": n,
        "has_estimate": int(np.isfinite(estimates).sum()),
        "quantile_probs": list(PROBABILITIES),
        "k": _summary(rows["k"].astype(float)),
        "QE": _summary(rows["Q"]),
        "I2": _summary(rows["I2"]),
        "tau2": _summary(rows["tau2"]),
        "estimate": _summary(estimates),
        "mean_estimate_with_first": float(estimates[first].mean()),
        "mean_estimate_without_first": float(estimates[~first].mean()),
    }


def _above(rows: Rows, v: Floats, nearly: float) -> Rows:
    """Return the subsets with tau2 moved up by next to nothing, and I2 with it."""
    moved = rows.copy()
    moved["tau2"] += nearly
    moved["I2"] += 100.0 * nearly / float(v.min())
    return moved


def _kept(rows: Rows, fit: RmaFit, method: str) -> Rows:
    """Return the subsets on which the reference's Fisher scoring comes to rest."""
    restricted = method == "REML"
    task = GoshTask(fit.y, fit.v, method, rows.size, None)
    studies = SharedStudies(fit.y, fit.v, 0.0, 1.0)
    batch = studies.batch(task.present(rows))
    tau2 = np.maximum(estimate_tau2(batch, "HE")[0], 0.0)
    still = rows["k"] == 1
    for _ in range(MOST_STEPS):
        active = np.flatnonzero(~still)
        if not active.size:
            break
        here = batch.take(active)
        at = moments(here, tau2[active])
        T, D = (at.trP, at.trPP) if restricted else (at.S1, at.S2)
        step = (at.A - T) / D
        while (below := tau2[active] + step < 0.0).any():
            step = np.where(below, step / 2.0, step)
        tau2[active] += step
        still[active] = np.abs(step) <= STILL
    kept: Rows = rows[still]
    return kept


def _summary(values: Floats) -> dict[str, Any]:
    return {
        "mean": float(values.mean()),
        "sd": float(values.std(ddof=1)),
        "quantiles": np.quantile(values, PROBABILITIES).tolist(),
    }


def register(adapters: dict[str, Adapter]) -> None:
    """Add what this module answers."""
    adapters["gosh"] = gosh
