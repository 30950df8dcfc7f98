"""Both likelihoods of a multilevel fit, random effects with their errors, comparison of structures."""

from __future__ import annotations

import numpy as np
import pytest

from metamsc.errors import InputError
from metamsc.models.fit_statistics import fit_statistics
from metamsc.models.multilevel.fit import fit_multilevel
from metamsc.models.multilevel.predict import predicted_effects, random_effects
from metamsc.models.multilevel.statistics import multilevel_statistics
from metamsc.models.shrinkage import random_effects as flat_random_effects
from metamsc.models.structured.compare import compare_structured
from metamsc.models.structured.fit import fit_structured
from metamsc.models.structured.terms import RandomTerm

# Two searches of one maximum.
SAME = 1e-7
RTOL = 1e-10

Y = np.array([0.1, 0.5, 0.9, 0.2, 1.4, -0.3, 0.6])
V = np.array([0.04, 0.02, 0.05, 0.03, 0.06, 0.02, 0.04])
X = np.column_stack([np.ones(7), [0, 1, 0, 1, 1, 0, 0]])
GROUPS = ["a", "a", "b", "b", "c", "c", "d"]


@pytest.mark.parametrize("method", ["ML", "REML"])
def test_one_random_intercept_is_the_plain_model(method: str) -> None:
    fit = fit_multilevel(Y, V, random={"s": range(7)}, X=X, method=method, ci_method="wald")
    found = multilevel_statistics(fit)
    plain = fit_statistics(Y, V, X=X, tau2_method=method)
    assert found.reml is not None
    assert plain.reml is not None
    for ours, theirs in ((found.ml, plain.ml), (found.reml, plain.reml)):
        assert ours.to_dict() == pytest.approx(theirs.to_dict(), rel=SAME)
    own = found.reml if method == "REML" else found.ml
    r = fit.result
    assert (own.loglik, own.aic, own.bic, own.aicc) == pytest.approx(
        (r.loglik, r.aic, r.bic, r.aicc), rel=RTOL
    )


def test_deviance_counts_the_covariance_of_v() -> None:
    # Equal effects: the deviance from the saturated model is Q, whatever V.
    block = 0.02 + 0.02 * np.eye(7)
    fit = fit_multilevel(Y, block, method="ML")
    assert multilevel_statistics(fit).ml.deviance == pytest.approx(fit.result.Q, rel=1e-9)


def test_predicted_effects_of_one_level_are_those_of_the_plain_model() -> None:
    fit = fit_multilevel(Y, V, random={"s": range(7)}, X=X, ci_method="wald")
    found = predicted_effects(fit)["s"]
    plain = flat_random_effects(Y, V, X=X, ci_method="wald")
    assert [r.label for r in found] == [(i,) for i in range(7)]
    assert [r.estimate for r in found] == pytest.approx([r.estimate for r in plain], rel=1e-6)
    assert [r.se for r in found] == pytest.approx([r.se for r in plain], rel=1e-6)
    assert [r.interval.low for r in found] == pytest.approx([r.interval.low for r in plain], rel=1e-6)


def test_labels_of_nested_groups_are_paths() -> None:
    fit = fit_multilevel(Y, V, random={"s": GROUPS, "e": [1, 2, 1, 2, 1, 2, 1]}, intervals=False)
    found = predicted_effects(fit, level=0.9)
    assert [r.label for r in found["s"]] == [("a",), ("b",), ("c",), ("d",)]
    assert found["s/e"][1].label == ("a", 2)
    assert found["s"][0].interval.level == 0.9
    for name, values in random_effects(fit).items():
        assert [r.estimate for r in found[name]] == pytest.approx(values.tolist(), rel=RTOL)


def test_a_structure_against_a_simpler_one() -> None:
    groups, times = np.repeat(np.arange(8), 2).tolist(), [0, 1] * 8
    rng = np.random.default_rng(1)
    y = rng.normal(size=8)[groups] + rng.normal(size=16) * 0.2
    v = np.full(16, 0.02)
    hcs, cs = (
        fit_structured(y, v, terms=[RandomTerm(name="t", outer=groups, inner=times, structure=s)])
        for s in ("HCS", "CS")
    )
    found = compare_structured(hcs, cs)
    assert hcs.result.fit.reml is not None
    assert cs.result.fit.reml is not None
    assert found.statistic == pytest.approx(
        2 * (hcs.result.fit.reml.loglik - cs.result.fit.reml.loglik), abs=1e-12
    )
    assert found.df == 1
    nested = fit_multilevel(y, v, random={"g": groups}, intervals=False)
    assert compare_structured(cs, nested).df == 1
    with pytest.raises(InputError, match="more parameters than reduced"):
        compare_structured(cs, hcs)
    with pytest.raises(InputError, match="different effects"):
        compare_structured(cs, fit_multilevel(y + 1.0, v, random={"g": groups}, intervals=False))
    with pytest.raises(InputError, match="fit both the same way"):
        compare_structured(cs, fit_multilevel(y, v, random={"g": groups}, method="ML", intervals=False))
    other = np.column_stack([np.ones(16), times])
    with pytest.raises(InputError, match="use method='ML'"):
        compare_structured(cs, fit_multilevel(y, v, random={"g": groups}, X=other, intervals=False))
