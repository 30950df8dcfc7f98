"""GLMMs: by hand where a closed form exists, against scipy's distributions and integrals, laws, refusals."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.integrate import quad
from scipy.stats import binom, nchypergeom_fisher, norm, poisson
from scipy.stats.contingency import odds_ratio

from metamsc.errors import InputError, OptionError, TooFewStudiesError
from metamsc.models.rare.densities import Binomial, Poisson, hypergeometric
from metamsc.models.rare.glmm import MODELS, fit_glmm
from metamsc.models.rare.quadrature import integrated_loglik
from metamsc.models.rare.results import GlmmResult

Floats = NDArray[np.float64]

# Newton's method on differences of fourth order finds the maximum to about 1e-10 and its curvature to 1e-7.
ESTIMATE = 1e-8
CURVATURE = 1e-6
# The same fit of data written another way: both sides stop within the above.
SAME = 1e-6

# Counts with heterogeneity and an empty cell (study 4).
COUNTS: dict[str, Any] = {
    "events_treat": [3, 12, 2, 0, 9, 4],
    "n_treat": [40, 60, 50, 30, 45, 80],
    "events_control": [8, 10, 9, 5, 6, 13],
    "n_control": [42, 58, 51, 33, 47, 75],
}
RATES: dict[str, Any] = {
    "events_treat": [3, 12, 2, 1, 9],
    "time_treat": [110, 250, 90, 120, 180],
    "events_control": [8, 10, 9, 5, 6],
    "time_control": [100, 240, 95, 125, 175],
}


def test_one_group_by_hand() -> None:
    result = fit_glmm("PLO", events=[3, 0, 7, 2], n=[40, 30, 50, 25], tau2_method="EE")
    # 12 events in 145: log odds log(12/133), variance 1/12 + 1/133.
    assert result.estimate == pytest.approx(math.log(12 / 133), rel=ESTIMATE)
    assert result.se == pytest.approx(math.sqrt(1 / 12 + 1 / 133), rel=CURVATURE)
    expected = sum(binom.logpmf(x, n, 12 / 145) for x, n in ((3, 40), (0, 30), (7, 50), (2, 25)))
    assert result.loglik == pytest.approx(float(expected), rel=ESTIMATE)
    assert (result.model, result.tau2, result.I2, result.H2) == ("one-group", 0.0, 0.0, 1.0)


def test_rates_of_one_group_by_hand() -> None:
    result = fit_glmm("IRLN", events=[3, 5], time=[100, 300], tau2_method="EE")
    assert result.estimate == pytest.approx(math.log(8 / 400), rel=ESTIMATE)
    assert result.se == pytest.approx(math.sqrt(1 / 8), rel=CURVATURE)
    # Against a rate for each study: 2 sum x log(x / expected), expected 2 and 6.
    test = result.likelihood_ratio_test
    assert test is not None
    assert test.statistic == pytest.approx(2 * (3 * math.log(3 / 2) + 5 * math.log(5 / 6)), rel=1e-7)
    assert test.df == 1


def test_one_table_unconditional_is_its_own_odds_ratio() -> None:
    table: dict[str, Any] = {"events_treat": [8], "n_treat": [20], "events_control": [3], "n_control": [20]}
    result = fit_glmm("OR", **table, tau2_method="EE")
    assert result.estimate == pytest.approx(math.log(8 * 17 / (12 * 3)), rel=ESTIMATE)
    assert result.se == pytest.approx(math.sqrt(1 / 8 + 1 / 12 + 1 / 3 + 1 / 17), rel=CURVATURE)
    assert (result.wald_test, result.likelihood_ratio_test) == (None, None)


def test_one_table_conditional_is_the_conditional_odds_ratio() -> None:
    table: dict[str, Any] = {"events_treat": [8], "n_treat": [20], "events_control": [3], "n_control": [20]}
    exact = fit_glmm("OR", **table, model="CM.EL", tau2_method="EE")
    theirs = odds_ratio([[8, 12], [3, 17]], kind="conditional").statistic
    assert exact.estimate == pytest.approx(math.log(theirs), rel=1e-6)  # scipy's root is found to 1e-7
    # Approximate: 8 of 11 events with equal arms; variance 1/8 + 1/3.
    approximate = fit_glmm("OR", **table, model="CM.AL", tau2_method="EE")
    assert approximate.estimate == pytest.approx(math.log(8 / 3), rel=ESTIMATE)
    assert approximate.se == pytest.approx(math.sqrt(1 / 8 + 1 / 3), rel=CURVATURE)


def test_exact_conditional_likelihood_against_scipy() -> None:
    a, n1, c, n2 = (np.array(COUNTS[name], dtype=float) for name in COUNTS)
    result = fit_glmm("OR", **COUNTS, model="CM.EL", tau2_method="EE")
    odds = math.exp(result.estimate)
    distributions = [
        nchypergeom_fisher(int(N), int(n), int(m), odds) for N, n, m in zip(n1 + n2, n1, a + c, strict=True)
    ]
    # The maximum has expected = observed events, and the sum of variances as information.
    assert sum(d.mean() for d in distributions) == pytest.approx(a.sum(), rel=1e-8)
    information = sum(d.var() for d in distributions)
    assert result.se == pytest.approx(1 / math.sqrt(information), rel=CURVATURE)
    loglik = sum(d.logpmf(int(x)) for d, x in zip(distributions, a, strict=True))
    assert result.loglik == pytest.approx(float(loglik), rel=1e-9)


def test_wald_test_of_the_exact_model_is_a_weighted_square() -> None:
    a, n1, c, n2 = (np.array(COUNTS[name], dtype=float) for name in COUNTS)
    result = fit_glmm("OR", **COUNTS, model="CM.EL", tau2_method="EE")
    own, weight = [], []
    for i in (0, 1, 2, 4, 5):  # study 4 has an infinite odds ratio, hence weight 0
        table = [[a[i], n1[i] - a[i]], [c[i], n2[i] - c[i]]]
        odds = odds_ratio(np.array(table, dtype=int), kind="conditional").statistic
        own.append(math.log(odds))
        weight.append(nchypergeom_fisher(int(n1[i] + n2[i]), int(n1[i]), int(a[i] + c[i]), odds).var())
    centre = np.average(own, weights=weight)
    Q = float(np.array(weight) @ (np.array(own) - centre) ** 2)
    assert result.wald_test is not None
    assert result.wald_test.statistic == pytest.approx(Q, rel=1e-6)  # scipy's roots are found to 1e-7
    assert result.wald_test.df == 5
    assert any("1 study has an empty cell" in text for text in result.warnings)


@pytest.mark.parametrize("tau", [0.2, 0.8, 2.0])
def test_quadrature_against_adaptive_integration(tau: float) -> None:
    a, n1, c, n2 = 2.0, 30.0, 7.0, 32.0
    exact = hypergeometric(*(np.array([x]) for x in (a, n1, n2, a + c)))
    binomial = Binomial(np.array([[a, c]]), np.array([[n1, n2]]))
    counts = Poisson(np.array([[a]]))

    def hypergeometric_density(u: float) -> float:
        theta = -0.7 + tau * u
        return float(nchypergeom_fisher(int(n1 + n2), int(n1), int(a + c), math.exp(theta)).pmf(int(a)))

    def binomial_density(u: float) -> float:
        eta = (-1.2 - 0.7 + tau * u / 2, -1.2 - tau * u / 2)
        p = [1 / (1 + math.exp(-x)) for x in eta]
        return float(binom.pmf(a, n1, p[0]) * binom.pmf(c, n2, p[1]))

    cases = (
        (exact, [[-0.7]], [[[tau]]], hypergeometric_density),
        (binomial, [[-1.9, -1.2]], [[[tau / 2], [-tau / 2]]], binomial_density),
        (counts, [[0.3]], [[[tau]]], lambda u: float(poisson.pmf(a, math.exp(0.3 + tau * u)))),
    )
    for family, base, loading, density in cases:
        ours = integrated_loglik(family, np.array([base]), np.array([loading]), 41)
        total = float(ours.sum() + family.saturated.sum())
        theirs = quad(lambda u, f=density: f(u) * norm.pdf(u), -12, 12, epsabs=0, epsrel=1e-11)[0]
        assert total == pytest.approx(math.log(theirs), rel=1e-8)


def test_two_random_effects_against_a_grid() -> None:
    binomial = Binomial(np.array([[2.0, 7.0]]), np.array([[30.0, 32.0]]))
    sigma, tau = 0.6, 0.9
    loading = np.array([[[[sigma, tau / 2], [sigma, -tau / 2]]]])
    ours = integrated_loglik(binomial, np.array([[[-1.9, -1.2]]]), loading, 31)
    # A trapezoidal grid is exact to rounding for a smooth integrand that vanishes at its ends.
    u = np.linspace(-9, 9, 361)
    s, t = np.meshgrid(u, u)
    p1, p2 = (1 / (1 + np.exp(-(b + sigma * s + z * tau * t))) for b, z in ((-1.9, 0.5), (-1.2, -0.5)))
    density = binom.pmf(2, 30, p1) * binom.pmf(7, 32, p2) * norm.pdf(s) * norm.pdf(t)
    theirs = math.log(float(density.sum()) * (u[1] - u[0]) ** 2)
    assert float(ours.sum() + binomial.saturated.sum()) == pytest.approx(theirs, rel=1e-8)


def test_laplace_standard_error_against_brute_force() -> None:
    # Laplace's likelihood of UM.RS written plainly, and its Hessian by differences of second order.
    y = np.column_stack([COUNTS["events_treat"], COUNTS["events_control"]]).astype(float)
    n = np.column_stack([COUNTS["n_treat"], COUNTS["n_control"]]).astype(float)
    result = fit_glmm("OR", **COUNTS, model="UM.RS", n_quadrature=1)
    assert result.sigma2 is not None

    def loglik(theta: Floats) -> float:
        alpha, beta, sigma, tau = theta
        loading, total = np.array([[sigma, tau / 2], [sigma, -tau / 2]]), 0.0
        for yi, ni in zip(y, n, strict=True):
            u = np.zeros(2)
            for _ in range(12):  # quadratic convergence: the steps are rounding by then
                eta = np.array([alpha + beta, alpha]) + loading @ u
                p = 1 / (1 + np.exp(-eta))
                H = loading.T @ np.diag(ni * p * (1 - p)) @ loading + np.eye(2)
                u = u + np.linalg.solve(H, loading.T @ (yi - ni * p) - u)
            total += float((yi * eta - ni * np.logaddexp(0, eta)).sum() - u @ u / 2)
            total -= 0.5 * float(np.linalg.slogdet(H)[1])
        return total

    rate = np.array([math.log(0.14 / 0.86), 0.0])
    start = np.array([rate[0], result.estimate, math.sqrt(result.sigma2), math.sqrt(result.tau2)])
    # alpha is not reported: it is where the slope in alpha is 0.
    for _ in range(6):
        h = 1e-4
        up, mid, down = (loglik(start + np.array([s, 0, 0, 0])) for s in (h, 0.0, -h))
        start[0] -= (up - down) / 2 * h / (up - 2 * mid + down)
    h, H = 1e-3, np.zeros((4, 4))
    for i in range(4):
        for j in range(4):
            e, f = h * np.eye(4)[i], h * np.eye(4)[j]
            corners = (loglik(start + s * e + t * f) * s * t for s in (1, -1) for t in (1, -1))
            H[i, j] = sum(corners) / (4 * h * h)
    assert result.se == pytest.approx(math.sqrt(np.linalg.inv(-H)[1, 1]), rel=1e-4)  # second order in 1e-3


def test_held_tau2_at_its_estimate_changes_nothing() -> None:
    free = fit_glmm("OR", **COUNTS)
    held = fit_glmm("OR", **COUNTS, tau2=free.tau2)
    assert held.estimate == pytest.approx(free.estimate, rel=SAME)
    assert held.loglik == pytest.approx(free.loglik, rel=SAME)
    assert held.tau2_se is None
    assert held.loglik > fit_glmm("OR", **COUNTS, tau2=free.tau2 * 2).loglik


def test_more_nodes_converge() -> None:
    results = [fit_glmm("OR", **COUNTS, n_quadrature=nodes) for nodes in (1, 7, 15, 31)]
    far = [abs(r.tau2 - results[-1].tau2) for r in results[:-1]]
    assert far[0] > far[1] > far[2]
    assert far[2] < 1e-5


def test_homogeneous_studies_have_tau2_zero() -> None:
    same: dict[str, Any] = {
        "events_treat": [4] * 4, "n_treat": [50] * 4, "events_control": [8] * 4, "n_control": [50] * 4,
    }  # fmt: skip
    random, common = fit_glmm("OR", **same), fit_glmm("OR", **same, tau2_method="EE")
    assert (random.tau2, random.tau2_se, random.I2) == (0.0, None, 0.0)
    assert random.estimate == pytest.approx(math.log(4 * 42 / (46 * 8)), rel=ESTIMATE)
    assert random.loglik == pytest.approx(common.loglik, rel=ESTIMATE)
    assert random.aic == pytest.approx(common.aic + 2.0, rel=ESTIMATE)  # tau2 is still a parameter
    assert any("tau2 is 0" in text for text in random.warnings)


def test_rates_given_their_total_are_binomial() -> None:
    # For rates the fixed-intercept model and the conditional one have the same estimate and test.
    full = fit_glmm("IRR", **RATES, tau2_method="EE")
    for model in ("CM.EL", "CM.AL"):
        given_total = fit_glmm("IRR", **RATES, model=model, tau2_method="EE")
        assert given_total.estimate == pytest.approx(full.estimate, rel=ESTIMATE)
        assert given_total.se == pytest.approx(full.se, rel=CURVATURE)


# The laws hold for any number of nodes; two random effects need their square.
FEW_NODES = 3


def _swap_arms(x: dict[str, Any]) -> dict[str, Any]:
    other = {"treat": "control", "control": "treat"}
    return {f"{name.split('_')[0]}_{other[name.split('_')[1]]}": values for name, values in x.items()}


@pytest.mark.parametrize("model", list(MODELS))
@pytest.mark.parametrize("measure", ["OR", "IRR"])
def test_swapping_the_arms_turns_the_sign(measure: str, model: str) -> None:
    x = COUNTS if measure == "OR" else RATES
    one, other = (
        fit_glmm(measure, **data, model=model, n_quadrature=FEW_NODES) for data in (x, _swap_arms(x))
    )
    assert one.estimate == pytest.approx(-other.estimate, rel=SAME)
    assert one.se == pytest.approx(other.se, rel=SAME)
    assert one.tau2 == pytest.approx(other.tau2, rel=SAME, abs=1e-9)
    assert one.loglik == pytest.approx(other.loglik, rel=SAME)


@pytest.mark.parametrize("model", ["UM.FS", "UM.RS", "CM.EL"])
def test_counting_the_others_turns_the_sign(model: str) -> None:
    others = {
        **COUNTS,
        "events_treat": np.subtract(COUNTS["n_treat"], COUNTS["events_treat"]),
        "events_control": np.subtract(COUNTS["n_control"], COUNTS["events_control"]),
    }
    one, other = (fit_glmm("OR", **data, model=model, n_quadrature=FEW_NODES) for data in (COUNTS, others))
    assert one.estimate == pytest.approx(-other.estimate, rel=SAME)
    assert one.tau2 == pytest.approx(other.tau2, rel=SAME, abs=1e-9)


@pytest.mark.parametrize("model", ["UM.FS", "UM.RS", "CM.EL"])
def test_the_unit_of_time_does_not_matter(model: str) -> None:
    scaled = {name: np.multiply(v, 1000 if name.startswith("time") else 1) for name, v in RATES.items()}
    both: tuple[dict[str, Any], ...] = (RATES, scaled)
    one, other = (fit_glmm("IRR", **x, model=model, n_quadrature=FEW_NODES) for x in both)
    assert one.estimate == pytest.approx(other.estimate, rel=SAME)
    assert one.tau2 == pytest.approx(other.tau2, rel=SAME, abs=1e-9)
    assert one.loglik == pytest.approx(other.loglik, rel=SAME)


@given(order=st.permutations(range(6)))
@settings(max_examples=5, deadline=None)
def test_the_order_of_studies_does_not_matter(order: list[int]) -> None:
    shuffled: dict[str, Any] = {name: [values[i] for i in order] for name, values in COUNTS.items()}
    one, other = fit_glmm("OR", **COUNTS), fit_glmm("OR", **shuffled)
    assert one.estimate == pytest.approx(other.estimate, rel=SAME)
    assert one.tau2 == pytest.approx(other.tau2, rel=SAME)


@pytest.mark.parametrize("model", ["UM.FS", "CM.EL", "CM.AL"])
def test_double_zero_studies_are_left_out_and_said(model: str) -> None:
    more: dict[str, Any] = {
        name: [*values, 0 if name.startswith("events") else 30] for name, values in COUNTS.items()
    }
    with_it, without = (fit_glmm("OR", **x, model=model) for x in (more, COUNTS))
    assert with_it.estimate == pytest.approx(without.estimate, rel=ESTIMATE)
    assert (with_it.k, with_it.n_excluded, without.n_excluded) == (6, 1, 0)
    assert "1 study is left out" in with_it.warnings[0]
    kept = fit_glmm("OR", **more, model=model, drop00=False)
    assert kept.n_excluded == 1  # these models cannot use it whatever is asked


def test_random_intercepts_can_use_double_zero_studies() -> None:
    more: dict[str, Any] = {
        name: [*values, 0 if name.startswith("events") else 30] for name, values in COUNTS.items()
    }
    dropped, kept = (
        fit_glmm("OR", **more, model="UM.RS", drop00=drop, n_quadrature=1) for drop in (True, False)
    )
    assert (dropped.k, kept.k, kept.n_excluded) == (6, 7, 0)
    assert kept.sigma2 is not None
    assert dropped.sigma2 is not None
    assert kept.sigma2 > dropped.sigma2


def test_a_moderator() -> None:
    # Two kinds of studies: the coefficients are those of the two kinds fitted apart.
    group = np.array([0, 1, 0, 1, 1, 0])
    X = np.column_stack([np.ones(6), group])
    both = fit_glmm("OR", **COUNTS, X=X, names=["intercept", "group"], tau2_method="EE")
    apart = [
        fit_glmm("OR", **{n: np.array(v)[group == g] for n, v in COUNTS.items()}, tau2_method="EE").estimate
        for g in (0, 1)
    ]
    assert [c.name for c in both.coefficients] == ["intercept", "group"]
    assert both.coefficients[0].estimate == pytest.approx(apart[0], rel=1e-7)
    assert both.coefficients[1].estimate == pytest.approx(apart[1] - apart[0], rel=1e-7)
    assert both.QM is not None
    statistic = both.coefficients[1].statistic
    assert statistic is not None
    assert both.QM.statistic == pytest.approx(statistic**2, rel=1e-9)
    assert both.pi is None


def test_t_has_k_minus_p_degrees_of_freedom() -> None:
    result = fit_glmm("OR", **COUNTS, ci_method="t")
    assert (result.df, result.ci_method) == (5.0, "t")
    assert result.pi is not None
    half = 2.570581835636314 * math.sqrt(result.se**2 + result.tau2)  # t quantile, 5 df, 0.975
    assert result.pi.high - result.estimate == pytest.approx(half, rel=1e-9)


@pytest.mark.parametrize("model", list(MODELS))
def test_results_survive_json(model: str) -> None:
    result = fit_glmm("OR", **COUNTS, model=model, tau2_method="EE")
    assert GlmmResult.from_dict(json.loads(json.dumps(result.to_dict()))) == result


def test_results_with_moderators_survive_json() -> None:
    X = np.column_stack([np.ones(6), np.arange(6)])
    result = fit_glmm("OR", **COUNTS, X=X, ci_method="t")
    assert GlmmResult.from_dict(json.loads(json.dumps(result.to_dict()))) == result


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"model": "BV"}, OptionError, "'CM.AL'"),
        ({"tau2_method": "REML"}, OptionError, "'ML', 'EE'"),
        ({"ci_method": "hksj"}, OptionError, "'wald', 't'"),
        ({"n_quadrature": 0}, OptionError, "from 1 to 100"),
        ({"events": [1]}, OptionError, "OR takes events_treat, n_treat, events_control, n_control"),
        ({"n_control": None}, InputError, "missing: n_control"),
        ({"tau2": -1.0}, InputError, "tau2 must be"),
        ({"X": np.ones((2, 1))}, InputError, "one row per study"),
        ({"events_treat": [0] * 6}, InputError, "treated arms have no events in any study"),
        ({"events_control": COUNTS["n_control"]}, InputError, "control arms have nothing but events"),
        ({"events_treat": [0] * 6, "events_control": [0] * 6}, TooFewStudiesError, "No study has both"),
        ({"events_treat": [3.5, 12, 2, 0, 9, 4], "model": "CM.EL"}, InputError, "whole numbers"),
    ],
)
def test_refusals(change: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=re.escape(message)):
        fit_glmm("OR", **{**COUNTS, **change})


def test_too_few_studies_for_tau2() -> None:
    with pytest.raises(TooFewStudiesError, match="at least 2 studies"):
        fit_glmm("OR", **{name: values[:1] for name, values in COUNTS.items()})


def test_no_events_in_one_group() -> None:
    with pytest.raises(InputError, match="No events"):
        fit_glmm("IRLN", events=[0, 0], time=[10, 20])
    with pytest.raises(InputError, match="Nothing but events"):
        fit_glmm("PLO", events=[10, 20], n=[10, 20])


def test_few_studies_are_said() -> None:
    few: dict[str, Any] = {name: values[:3] for name, values in COUNTS.items()}
    assert any("k = 3" in text for text in fit_glmm("OR", **few).warnings)
