"""Structured random effects: against nested intercepts, separate fits, derivatives and published numbers."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from metamsc.errors import InputError, OptionError
from metamsc.models.batch import FloatArray
from metamsc.models.dependent_influence import (
    delete_clusters,
    hat_values,
    standardised_dependent_residuals,
)
from metamsc.models.multilevel.fit import fit_multilevel
from metamsc.models.pool import pool
from metamsc.models.robust import robust_multilevel, robust_structured
from metamsc.models.structured.fit import StructuredFit, fit_structured
from metamsc.models.structured.predict import predict_structured, structured_intervals
from metamsc.models.structured.structures import STRUCTURES, Structure
from metamsc.models.structured.terms import RandomTerm

# Two searches of one maximum: each stops where its gradient is rounding.
SAME = 1e-6
# The reference's search (its parameters; the likelihood is flat to second order there).
REFERENCE = 1e-5
LOGLIK = 1e-9

# Berkey et al. (1998): improvement in probing depth (PD) and attachment level (AL) in five trials.
TRIAL = [t for t in ("Pihlstrom", "Lindhe", "Knowles", "Ramfjord", "Becker") for _ in range(2)]
OUTCOME = ["PD", "AL"] * 5
YI = [0.47, -0.32, 0.20, -0.60, 0.40, -0.12, 0.26, -0.31, 0.56, -0.39]
BLOCKS = [
    [[0.0075, 0.0030], [0.0030, 0.0077]],
    [[0.0057, 0.0009], [0.0009, 0.0008]],
    [[0.0021, 0.0007], [0.0007, 0.0014]],
    [[0.0029, 0.0009], [0.0009, 0.0015]],
    [[0.0148, 0.0072], [0.0072, 0.0304]],
]
V = np.zeros((10, 10))
for _i, _block in enumerate(BLOCKS):
    V[2 * _i : 2 * _i + 2, 2 * _i : 2 * _i + 2] = _block
X = np.array([[o == "AL", o == "PD"] for o in OUTCOME], dtype=np.float64)


def _berkey(structure: str, method: str = "REML", **options: Any) -> StructuredFit:
    term = RandomTerm(name="trial", outer=TRIAL, inner=OUTCOME, structure=structure)
    return fit_structured(YI, V, terms=[term], X=X, names=["AL", "PD"], method=method, **options)


@pytest.mark.parametrize(
    ("structure", "method", "variances", "correlations", "loglik"),
    [
        # metafor 3.8-1, rma.mv(yi, V, mods = ~ 0 + outcome, random = ~ outcome | trial, struct, method)
        ("UN", "REML", [0.0326513, 0.0117330], [0.608799], 3.69176769436997),
        ("UN", "ML", [0.0261445, 0.0070020], [0.699230], 5.84065688476226),
        ("CS", "REML", [0.0250204], [0.529041], 3.31056110974436),
        ("HCS", "ML", [0.0261445, 0.0070020], [0.699230], 5.84065688477507),
        ("DIAG", "REML", [0.0322286, 0.0115883], [], 3.20124471499424),
        ("ID", "ML", [0.0186876], [], 4.68444900704581),
    ],
)
def test_berkey_1998(
    structure: str, method: str, variances: list[float], correlations: list[float], loglik: float
) -> None:
    result = _berkey(structure, method).result
    assert list(result.terms[0].variances) == pytest.approx(variances, rel=REFERENCE)
    assert list(result.terms[0].correlations) == pytest.approx(correlations, rel=REFERENCE)
    own = result.fit.reml if method == "REML" else result.fit.ml
    assert own is not None
    assert own.loglik == pytest.approx(loglik, rel=LOGLIK)


@pytest.mark.parametrize("kind", STRUCTURES)
@pytest.mark.parametrize("m", [2, 4])
def test_derivatives_of_the_matrices(kind: str, m: int) -> None:
    times = np.array([0.0, 1.0, 2.5, 4.0])[:m] if kind == "CAR" else np.arange(float(m))
    structure = Structure(kind, m, times)
    x = structure.start(0.7, 0.3) + 0.1 * np.arange(structure.n_coordinates)
    G, dG = structure.matrix(x)
    assert np.linalg.eigvalsh(G)[0] > 0.0
    for j, unit in enumerate(np.eye(x.size)):
        numeric = (structure.matrix(x + 1e-6 * unit)[0] - structure.matrix(x - 1e-6 * unit)[0]) / 2e-6
        assert dG[j] == pytest.approx(numeric, abs=1e-8)
    variances, correlations = structure.parameters(x)
    assert variances == pytest.approx(np.diag(G)[: variances.size])
    assert (variances.size, correlations.size) == (structure.n_variances, structure.n_correlations)


def _data(rng: np.random.Generator) -> tuple[FloatArray, FloatArray, list[int], list[int]]:
    groups, times = np.repeat(np.arange(9), 3), np.tile(np.arange(3), 9)
    v = np.exp(rng.normal(-3.0, 0.4, 27))
    y = rng.normal(size=9)[groups] * 0.5 + rng.normal(size=27) * np.sqrt(v + 0.05)
    return y, v, groups.tolist(), times.tolist()


def test_gradient_of_the_likelihood() -> None:
    y, v, groups, times = _data(np.random.default_rng(3))
    for method in ("ML", "REML"):
        terms = [
            RandomTerm(name="a", outer=groups, inner=times, structure="HAR"),
            RandomTerm(name="b", outer=times),
        ]
        fit = fit_structured(y, v, terms=terms, method=method)
        x = fit.coordinates + 0.2
        at = fit.likelihood.evaluate(x)
        for j, unit in enumerate(np.eye(x.size)):
            up, down = fit.likelihood.evaluate(x + 1e-5 * unit), fit.likelihood.evaluate(x - 1e-5 * unit)
            assert at.gradient[j] == pytest.approx((up.deviance - down.deviance) / 2e-5, rel=1e-5, abs=1e-6)


def test_compound_symmetry_is_two_nested_intercepts() -> None:
    y, v, groups, times = _data(np.random.default_rng(1))
    term = RandomTerm(name="study", outer=groups, inner=times, structure="CS")
    cs = fit_structured(y, v, terms=[term])
    nested = fit_multilevel(y, v, random={"study": groups, "time": times}, intervals=False)
    between, within = nested.sigma2
    assert cs.result.terms[0].variances[0] == pytest.approx(between + within, rel=SAME)
    assert cs.result.terms[0].correlations[0] == pytest.approx(between / (between + within), rel=SAME)
    assert cs.estimate == pytest.approx(nested.estimate, rel=SAME)
    assert cs.result.fit.reml is not None
    assert cs.result.fit.reml.loglik == pytest.approx(nested.result.loglik, rel=LOGLIK)
    assert cs.result.fit.reml.aicc == pytest.approx(nested.result.aicc, rel=LOGLIK)
    assert cs.result.coefficients[0].df == nested.result.coefficients[0].df
    assert predict_structured(cs)[0].pi is not None
    robust = robust_structured(cs, groups)
    assert robust.coefficients[0].se == pytest.approx(robust_multilevel(nested).coefficients[0].se, rel=SAME)
    assert hat_values(cs) == pytest.approx(hat_values(nested), rel=1e-5)
    one, other = standardised_dependent_residuals(cs), standardised_dependent_residuals(nested)
    assert [r.z for r in one] == pytest.approx([r.z for r in other], rel=1e-5)


def test_correlation_below_zero_is_found() -> None:
    rng = np.random.default_rng(5)
    groups, times = np.repeat(np.arange(20), 2), np.tile([0, 1], 20)
    shift = rng.normal(size=20)
    y = np.where(times == 0, shift[groups], -shift[groups]) + 0.05 * rng.normal(size=40)
    term = RandomTerm(name="t", outer=groups.tolist(), inner=times.tolist(), structure="CS")
    assert fit_structured(y, np.full(40, 0.01), terms=[term]).result.terms[0].correlations[0] < -0.9


def test_two_levels_make_several_structures_one() -> None:
    logliks = {}
    for kind in ("UN", "HCS", "HAR"):
        own = _berkey(kind).result.fit.reml
        assert own is not None
        logliks[kind] = own.loglik
    assert logliks["UN"] == pytest.approx(logliks["HCS"], rel=LOGLIK)
    assert logliks["UN"] == pytest.approx(logliks["HAR"], rel=LOGLIK)


def test_independent_outcomes_are_separate_fits() -> None:
    v = np.diag(V)
    fit = fit_structured(
        YI,
        v,
        terms=[RandomTerm(name="t", outer=TRIAL, inner=OUTCOME, structure="DIAG")],
        X=X,
        ci_method="wald",
    )
    for j, outcome in enumerate(("AL", "PD")):
        own = [o == outcome for o in OUTCOME]
        alone = pool(np.array(YI)[own], v[own], ci_method="wald")
        assert fit.result.terms[0].variances[j] == pytest.approx(alone.heterogeneity.tau2, rel=SAME)
        assert fit.result.coefficients[j].se == pytest.approx(alone.se, rel=SAME)


def test_car_of_equidistant_times_is_ar() -> None:
    y, v, groups, times = _data(np.random.default_rng(11))
    found = [
        fit_structured(y, v, terms=[RandomTerm(name="t", outer=groups, inner=times, structure=kind)]).result
        for kind in ("AR", "CAR")
    ]
    assert found[0].terms[0].correlations[0] == pytest.approx(found[1].terms[0].correlations[0], rel=SAME)


def test_known_correlations() -> None:
    y, v, groups, _ = _data(np.random.default_rng(2))
    plain = fit_multilevel(y, v, random={"g": groups}, intervals=False)
    unrelated = RandomTerm(name="g", outer=groups, correlation=np.eye(9), correlation_labels=range(9))
    fit = fit_structured(y, v, terms=[unrelated])
    assert fit.result.terms[0].variances[0] == pytest.approx(plain.sigma2[0], rel=SAME)
    # Pairs of groups that are the same: one coarser group.
    twins = np.kron(np.eye(5), np.ones((2, 2)))[:9, :9]
    coarse = fit_multilevel(y, v, random={"h": [g // 2 for g in groups]}, intervals=False)
    same = RandomTerm(name="g", outer=groups, correlation=twins, correlation_labels=range(9))
    fit = fit_structured(y, v, terms=[same], df_method="residual")
    assert fit.result.terms[0].variances[0] == pytest.approx(coarse.sigma2[0], rel=SAME)
    assert fit.estimate == pytest.approx(coarse.estimate, rel=SAME)


def test_profile_interval_of_a_random_intercept() -> None:
    y, v, groups, _ = _data(np.random.default_rng(4))
    nested = fit_multilevel(y, v, random={"g": groups}).result.components[0].ci
    found = structured_intervals(fit_structured(y, v, terms=[RandomTerm(name="g", outer=groups)]))
    assert nested is not None
    assert [p.parameter for p in found] == ["variance"]
    assert (found[0].ci.low, found[0].ci.high) == pytest.approx((nested.low, nested.high), rel=SAME)
    with pytest.raises(InputError, match="unstructured"):
        structured_intervals(_berkey("UN"))


def test_predictions_need_the_level_where_variances_differ() -> None:
    fit = _berkey("HCS", ci_method="wald")
    assert predict_structured(fit, [[1.0, 0.0]])[0].pi is None
    pi = predict_structured(fit, [[1.0, 0.0]], levels=["AL"])[0].pi
    assert pi is not None
    total = fit.cov[0, 0] + fit.result.terms[0].variances[0]
    assert pi.high - pi.low == pytest.approx(2 * 1.959963984540054 * float(np.sqrt(total)), rel=1e-12)
    with pytest.raises(InputError, match="one label per row"):
        predict_structured(fit, [[1.0, 0.0]], levels=["AL", "PD"])


def test_equivariance() -> None:
    term = RandomTerm(name="t", outer=TRIAL, inner=OUTCOME, structure="HCS")
    moved = fit_structured(100.0 * np.array(YI) + 3.0, 1e4 * V, terms=[term], X=X).result
    once = _berkey("HCS").result
    assert moved.terms[0].variances == pytest.approx([1e4 * t for t in once.terms[0].variances], rel=SAME)
    assert moved.coefficients[0].estimate == pytest.approx(
        3.0 + 100.0 * once.coefficients[0].estimate, rel=SAME
    )


def test_leverages_of_equal_effects_by_hand() -> None:
    # Weights 1, 2, 1: hat values are shares of the weight.
    fit = fit_multilevel([0.1, 0.5, 0.3], [1.0, 0.5, 1.0])
    assert hat_values(fit) == pytest.approx((0.25, 0.5, 0.25), rel=1e-12)


def test_deletion_is_a_refit() -> None:
    y, v, groups, times = _data(np.random.default_rng(8))
    fit = fit_multilevel(y, v, random={"g": groups, "t": times}, intervals=False)
    found = delete_clusters(fit, groups)
    kept = [i for i, g in enumerate(groups) if g != 4]
    rest = fit_multilevel(
        y[kept],
        v[kept],
        random={"g": [groups[i] for i in kept], "t": [times[i] for i in kept]},
        intervals=False,
    )
    row = found[4]
    assert row is not None
    assert (row.label, row.n_effects) == ("4", 3)
    assert row.coefficients[0] == pytest.approx(rest.estimate[0], rel=1e-7)
    distance = (fit.estimate[0] - rest.estimate[0]) ** 2 / fit.cov[0, 0]
    assert row.cooks_distance == pytest.approx(distance, rel=1e-5)
    se2 = rest.cov[0, 0] + v[13] + rest.sigma2.sum()
    assert row.residuals[1].se == pytest.approx(float(np.sqrt(se2)), rel=1e-6)
    quick = delete_clusters(fit, groups, reestimate=False)[4]
    assert quick is not None
    assert quick.cooks_distance != row.cooks_distance


def test_deleting_what_the_rest_cannot_tell_gives_none() -> None:
    outcome = ["a", "a", "a", "b"]
    design = [[1, o == "b"] for o in outcome]
    fit = fit_multilevel(
        [0.1, 0.3, 0.2, 0.9], [0.1] * 4, X=design, random={"s": [1, 2, 3, 4]}, intervals=False
    )
    assert [row is None for row in delete_clusters(fit)] == [False, False, False, True]


@pytest.mark.parametrize(
    ("term", "error", "message"),
    [
        ({"structure": "TOEP", "inner": OUTCOME}, OptionError, "structure must be one of 'ID'"),
        ({"inner": ["PD"] * 10}, InputError, "inner has a single level"),
        ({"inner": OUTCOME, "structure": "CAR"}, InputError, "CAR needs numbers"),
        ({"inner": OUTCOME, "correlation": np.eye(5)}, InputError, "leave inner out"),
        ({"correlation": np.eye(5)}, InputError, "a label for each row"),
        (
            {"correlation": np.eye(2), "correlation_labels": ["Lindhe", "Becker"]},
            InputError,
            "no row for Pihlstrom, Knowles, Ramfjord",
        ),
    ],
)
def test_refusals(term: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        fit_structured(YI, V, terms=[RandomTerm(name="t", outer=TRIAL, **term)])


def test_other_refusals() -> None:
    with pytest.raises(InputError, match="at least one random term"):
        fit_structured(YI, V, terms=[])
    with pytest.raises(InputError, match="name t more than once"):
        fit_structured(YI, V, terms=[RandomTerm(name="t", outer=TRIAL)] * 2)
    with pytest.raises(InputError, match="cuts through effects"):
        robust_structured(_berkey("CS"), range(10))


def test_results_are_plain_numbers() -> None:
    result = _berkey("UN").result
    assert json.loads(json.dumps(result.to_dict()))["terms"][0]["levels"] == ["AL", "PD"]
    assert any("can hardly be estimated" in text for text in result.warnings)
