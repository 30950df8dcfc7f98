"""Selection models: by hand, against integration and metafor, laws, and data made with known selection."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.integrate import quad
from scipy.special import ndtr, ndtri

from metamsc.errors import InputError, OptionError, TooFewStudiesError
from metamsc.models.pool import pool
from metamsc.sensitivity.selection import selection_model
from metamsc.sensitivity.selection_form import ALTERNATIVES, KINDS
from metamsc.sensitivity.selection_likelihood import SelectionData, SmoothLikelihood
from metamsc.sensitivity.selection_steps import StepLikelihood
from metamsc.sensitivity.selection_weights import WEIGHT_FUNCTIONS

Floats = NDArray[np.float64]

CLOSED_FORM = 1e-8
# Iterated: the maximum is settled to rounding of the likelihood and then one Newton step.
ITERATED = 1e-6
# metafor with its integrals at 1e-10 and nlminb, whose last step leaves estimates about 1e-6 off.
TIGHT = 1e-5
# Central differences of a function known to about 1e-13.
DIFFERENCES = 1e-5

HERE = Path(__file__).parents[1] / "reference/data"


def _data(name: str) -> tuple[Floats, Floats]:
    data = json.loads((HERE / f"{name}.json").read_text())["data"]["dat"]
    return np.array(data["yi"], dtype=float), np.array(data["vi"], dtype=float)


def test_likelihood_of_two_studies_by_hand() -> None:
    # y = 0.5 and 0.1 with variance 0.04: z = 2.5 (p = 0.0062, first interval) and 0.5 (p = 0.31, second).
    # At mean 0.2, tau2 = 0.05 (t = 0.09, s = 0.3), cut at p = 0.025: y > 1.959964 * 0.2 = 0.3919928.
    # Probability beyond it 1 - Phi((0.3919928 - 0.2) / 0.3) = 1 - Phi(0.639976); A = that + 0.4 (the rest).
    data = SelectionData(np.array([0.5, 0.1]), np.array([0.04, 0.04]), np.ones((2, 1)), 1)
    beyond = 1.0 - float(ndtr(0.639976))
    A = beyond + 0.4 * (1.0 - beyond)
    densities = [math.exp(-0.5 * (y - 0.2) ** 2 / 0.09) / math.sqrt(2 * math.pi * 0.09) for y in (0.5, 0.1)]
    expected = math.log(densities[0] / A) + math.log(0.4 * densities[1] / A)
    value = StepLikelihood(data, np.array([0.025, 1.0]))(np.array([0.2, 0.05, 0.4])).value
    assert value == pytest.approx(expected, rel=1e-7)  # the quantile above is written with 7 digits


def _written_down(kind: str, p: float, delta: Floats, imprecision: float) -> float:
    """Write the weights down once more, from the papers."""
    strength = imprecision * float(delta[0])
    if kind == "beta":
        return math.pow(p, delta[0] - 1) * math.pow(1 - p, delta[1] - 1)
    if kind == "power":
        return math.pow(1 - p, strength)
    if kind == "logistic":
        return 2 * math.exp(-strength * p) / (1 + math.exp(-strength * p))
    powers = {"half-normal": 2.0, "negative-exponential": 1.0}
    return math.exp(-strength * p ** (powers[kind] if kind in powers else 1 / float(delta[1])))


@pytest.mark.parametrize(("threshold", "imprecision"), [(0.0, 1.0), (0.05, 1.0), (0.05, 0.3)])
@pytest.mark.parametrize("alternative", ALTERNATIVES)
@pytest.mark.parametrize("kind", WEIGHT_FUNCTIONS)
def test_normalising_integral_against_another_integrator(
    kind: str, alternative: str, threshold: float, imprecision: float
) -> None:
    weight = WEIGHT_FUNCTIONS[kind]
    sign = {"greater": 1, "less": -1, "two-sided": 0}[alternative]
    y, v, mu, tau2 = 0.3, 0.05, 0.4, 0.11
    delta = np.array([0.7, 1.8]) if len(weight.names) > 1 else np.array([2.5])
    data = SelectionData(np.array([y]), np.array([v]), np.ones((1, 1)), sign)

    def seen(x: float) -> float:
        p = float(data.p_values(np.array([x]), np.array([math.sqrt(v)]))[0])
        p = min(max(p, weight.p_floor), 1.0 - weight.p_floor)
        density = math.exp(-0.5 * (x - mu) ** 2 / (v + tau2)) / math.sqrt(2 * math.pi * (v + tau2))
        if p <= threshold:
            return density
        last = _written_down(kind, threshold, delta, imprecision) if threshold else 1.0
        return _written_down(kind, p, delta, imprecision) / last * density

    cuts = (0, 1.2533e-5, 1e-3, 1.6448536269514722, 1.959963984540054, 4.265, 4.417)
    bends = sorted({s * z * math.sqrt(v) for s in (-1, 1) for z in cuts})
    A = quad(seen, -4.0, 4.8, points=bends, limit=500, epsabs=1e-13, epsrel=1e-12)[0]
    likelihood = SmoothLikelihood(data, weight, threshold=threshold, imprecision=np.array([imprecision]))
    value = likelihood(np.array([mu, tau2, *delta])).value
    assert value == pytest.approx(math.log(seen(y)) - math.log(A), abs=1e-8)


def _likelihoods() -> list[Any]:
    y, v = _data("bcg")
    X = np.column_stack([np.ones(y.size), np.linspace(-1.0, 1.0, y.size)])
    found: list[Any] = []
    for sign in (-1, 0, 1):
        data = SelectionData(y, v, X, sign)
        found.append((StepLikelihood(data, np.array([0.025, 0.3, 1.0])), [0.7, 0.3]))
        if sign:
            found.append((StepLikelihood(data, cutoff=-0.3), [0.4]))
        for weight in WEIGHT_FUNCTIONS.values():
            delta = [0.8, 1.4] if len(weight.names) > 1 else [1.7]
            found.append((SmoothLikelihood(data, weight), delta))
            if weight.by_strength:
                beyond = SmoothLikelihood(data, weight, threshold=0.1, imprecision=np.sqrt(v / v.max()))
                found.append((beyond, delta))
    return found


@pytest.mark.parametrize(("function", "delta"), _likelihoods())
def test_gradient_and_hessian_are_those_of_the_value(function: Any, delta: list[float]) -> None:
    theta = np.array([-0.5, 0.1, 0.2, *delta])
    at = function(theta)
    for j in range(theta.size):
        step = np.zeros(theta.size)
        step[j] = 1e-5
        after, before = function(theta + step), function(theta - step)
        gradient = (after.value - before.value) / 2e-5
        assert at.gradient[j] == pytest.approx(gradient, rel=DIFFERENCES, abs=1e-6)
        hessian = (after.gradient - before.gradient) / 2e-5
        np.testing.assert_allclose(at.hessian[j], hessian, rtol=DIFFERENCES, atol=1e-5)


# selmodel(rma(yi, vi, method="ML"), type=, alternative=, control=list(optimizer="nlminb",
# intCtrl=list(rel.tol=1e-10, subdivisions=2000, lower=-40, upper=40))) of metafor 3.8-1 on the data of
# the reference files; at its default the integrals are good to 1.2e-4 and its standard errors to 0.3.
# In order: estimate and its standard error, tau2, weight and its standard error, log-likelihood.
TIGHTLY: dict[tuple[str, str, str], tuple[float, ...]] = {
    ("curtis1998", "half-normal", "greater"): (
        0.0450724299, 0.153312438, 0.0819157226, 4.1320893, 1.29734015, 13.9082083),
    ("curtis1998", "negative-exponential", "greater"): (
        -0.0426916563, 0.163755572, 0.082917437, 3.99605244, 1.04198548, 15.4012739),
    ("egger2001", "half-normal", "less"): (
        -0.593603525, 0.311468646, 0.268348451, 1.24874305, 1.73114083, -19.397607),
    ("egger2001", "negative-exponential", "less"): (
        -0.361659148, 0.370736066, 0.217768999, 2.24052019, 1.78365551, -18.797907),
    ("egger2001", "logistic", "less"): (
        -0.43820491, 0.35800417, 0.240232923, 2.55673497, 1.92695412, -18.9891474),
}  # fmt: skip


@pytest.mark.parametrize(("case", "expected"), TIGHTLY.items())
def test_standard_errors_against_metafor_with_accurate_integrals(
    case: tuple[str, str, str], expected: tuple[float, ...]
) -> None:
    name, kind, alternative = case
    found = selection_model(*_data(name), kind=kind, alternative=alternative, force=True)
    (weight,) = found.parameters
    ours = (found.estimate, found.se, found.tau2, weight.value, weight.se, found.loglik)
    assert ours == pytest.approx(expected, rel=TIGHT)


def test_a_higher_maximum_than_from_one_start() -> None:
    # On these data the search of other software, from the fit without selection, ends at -18.8.
    y, v = _data("egger2001")
    found = selection_model(y, v, alternative="less", force=True)
    assert found.loglik > -17.31
    assert found.tau2 == 0.0
    assert found.tau2_se is None


@pytest.mark.parametrize("kind", KINDS)
def test_without_selection_it_is_the_plain_fit(kind: str) -> None:
    y, v = _data("bcg")
    null = {
        "step": [1.0, 1.0], "beta": [1.0, 1.0], "truncation": [1.0], "negative-exponential-power": [0.0, 0.5]
    }.get(kind, [0.0])  # fmt: skip
    found = selection_model(y, v, kind=kind, delta=null)
    plain = pool(y, v, tau2_method="ML", ci_method="wald")
    assert found.estimate == pytest.approx(plain.estimate, rel=ITERATED)
    assert found.tau2 == pytest.approx(plain.heterogeneity.tau2, rel=ITERATED)
    assert found.loglik == pytest.approx(plain.loglik, rel=CLOSED_FORM)
    assert (found.lrt, found.lrt_df, found.lrt_p) == (None, 0, None)
    assert all(parameter.is_fixed for parameter in found.parameters)


@pytest.mark.parametrize("kind", KINDS)
def test_mirrored_effects_mirror_the_result(kind: str) -> None:
    y, v = _data("bcg")
    low, high = (
        selection_model(s * y, v, kind=kind, alternative=a) for s, a in ((1.0, "less"), (-1.0, "greater"))
    )
    assert high.estimate == pytest.approx(-low.estimate, rel=ITERATED)
    assert high.loglik == pytest.approx(low.loglik, rel=CLOSED_FORM)
    assert [w.value for w in high.parameters] == pytest.approx(
        [w.value for w in low.parameters], rel=ITERATED
    )


@settings(max_examples=15, deadline=None)
@given(st.floats(1e-4, 1e4))
def test_units_do_not_matter(c: float) -> None:
    y, v = _data("bcg")
    one = selection_model(y, v, alternative="less", steps=(0.025, 0.5))
    other = selection_model(c * y, c * c * v, alternative="less", steps=(0.025, 0.5))
    assert other.estimate == pytest.approx(c * one.estimate, rel=ITERATED)
    assert other.se == pytest.approx(c * (one.se or 0.0), rel=ITERATED)
    assert other.tau2 == pytest.approx(c * c * one.tau2, rel=ITERATED)
    assert other.lrt == pytest.approx(one.lrt, abs=1e-8)


def _published(k: int, weight: float, mu: float, tau: float, seed: int) -> tuple[Floats, Floats]:
    """Make k studies of which those with one-sided p > 0.025 are seen with probability `weight`."""
    rng = np.random.default_rng(seed)
    v = rng.uniform(0.01, 0.1, 8 * k)
    y = rng.normal(mu, np.sqrt(tau**2 + v))
    seen = (y / np.sqrt(v) > ndtri(0.975)) | (rng.random(v.size) < weight)
    return y[seen][:k], v[seen][:k]


def test_selection_that_was_put_in_is_found() -> None:
    y, v = _published(1500, weight=0.2, mu=0.2, tau=0.15, seed=7)
    found = selection_model(y, v)
    assert found.se is not None
    assert abs(found.estimate - 0.2) < 3.5 * found.se
    weight = found.parameters[1]
    assert weight.se is not None
    assert abs(weight.value - 0.2) < 3.5 * weight.se
    assert found.lrt_p is not None
    assert found.lrt_p < 1e-10
    assert found.unselected_estimate > 0.2 + 5 * found.se


def test_moderators_are_found_beside_selection() -> None:
    rng = np.random.default_rng(3)
    v = rng.uniform(0.01, 0.1, 8000)
    x = rng.normal(size=v.size)
    y = rng.normal(0.1 + 0.2 * x, np.sqrt(0.02 + v))
    seen = (y / np.sqrt(v) > ndtri(0.975)) | (rng.random(v.size) < 0.3)
    y, v, x = y[seen][:1500], v[seen][:1500], x[seen][:1500]
    found = selection_model(y, v, X=np.column_stack([np.ones(y.size), x]), names=("intercept", "x"))
    for coefficient, true in zip(found.coefficients, (0.1, 0.2), strict=True):
        assert abs(coefficient.estimate - true) < 3.5 * coefficient.se
    assert found.QM is not None
    assert found.QM.statistic == pytest.approx(
        (found.coefficients[1].estimate / found.coefficients[1].se) ** 2, rel=CLOSED_FORM
    )


def test_criteria_and_test_from_the_likelihoods() -> None:
    y, v = _data("bcg")
    found = selection_model(y, v, alternative="less")
    assert found.lrt == pytest.approx(2 * (found.loglik - found.unselected_loglik), rel=CLOSED_FORM)
    assert found.aic == pytest.approx(-2 * found.loglik + 6, rel=CLOSED_FORM)
    assert found.bic == pytest.approx(-2 * found.loglik + 3 * math.log(13), rel=CLOSED_FORM)
    assert found.aicc == pytest.approx(-2 * found.loglik + 6 * 13 / 9, rel=CLOSED_FORM)
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["k_per_interval"] == [8, 5]


def test_an_interval_without_studies_has_weight_0_and_says_so() -> None:
    y, v = _data("bcg")
    found = selection_model(y, v, alternative="less", steps=(0.025, 0.97, 0.99))
    assert 0 in found.k_per_interval
    empty = found.k_per_interval.index(0)
    assert found.parameters[empty].value == 0.0
    assert found.parameters[empty].se is None
    assert any("the weight of that interval is 0" in warning for warning in found.warnings)
    # Such an interval has no other effect than that effects in it are impossible.
    joined = selection_model(y, v, alternative="less", steps=(0.025, 0.97))
    assert found.loglik >= joined.loglik - 1e-8


def test_a_first_interval_without_studies_is_refused() -> None:
    y, v = np.linspace(-0.3, 0.3, 12), np.full(12, 0.04)
    with pytest.raises(InputError, match="no study has a p-value in the first interval"):
        selection_model(y, v, steps=(0.001,))
    assert selection_model(y, v, steps=(0.001,), delta=(1.0, 0.5)).k_per_interval == (0, 12)


def test_few_studies_in_an_interval_are_pointed_out() -> None:
    y, v = _data("bcg")
    found = selection_model(y, v, alternative="less", steps=(0.025, 0.1))
    assert "Only 1 study has 0.025 < p <= 0.1: what follows from the weight of that interval is weak." in (
        found.warnings
    )


def test_a_flat_likelihood_has_no_standard_errors() -> None:
    # All significant, and all steps but the last fixed by nothing: effect and weight trade off for ever.
    y, v = np.full(12, 1.0) + np.linspace(0.0, 0.01, 12), np.full(12, 0.04)
    found = selection_model(y, v, steps=(0.025,), tau2_method="EE")
    assert found.parameters[1].value == 0.0
    assert found.se is not None  # the effect alone is identified: a truncated normal


def test_refusals() -> None:
    y, v = _data("bcg")
    with pytest.raises(TooFewStudiesError, match=r"with 9 studies .* at least 10"):
        selection_model(y[:9], v[:9])
    with pytest.raises(TooFewStudiesError, match="3 parameters needs at least 3 studies; got 2"):
        selection_model(y[:2], v[:2], force=True)
    with pytest.raises(OptionError, match="kind must be one of 'step'"):
        selection_model(y, v, kind="probit")
    with pytest.raises(OptionError, match="tau2_method must be one of 'ML', 'EE'; got 'REML'"):
        selection_model(y, v, tau2_method="REML")
    for steps in ((0.5, 0.025), (0.0, 0.5), (0.5, 1.5)):
        with pytest.raises(InputError, match="steps must increase"):
            selection_model(y, v, steps=steps)
    with pytest.raises(InputError, match="at least one cut-point"):
        selection_model(y, v, steps=(1.0,))
    with pytest.raises(InputError, match="delta must have 2 values"):
        selection_model(y, v, delta=(1.0, 0.5, 0.2))
    with pytest.raises(InputError, match="delta must be numbers >= 0"):
        selection_model(y, v, kind="power", delta=(-1.0,))
    with pytest.raises(InputError, match="is of the first interval"):
        selection_model(y, v, delta=(0.5, 0.5))
