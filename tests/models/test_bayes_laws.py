"""Laws of the Bayesian model for every data set, its contract, its warnings and its quadrature."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metamsc.errors import InputError, OptionError, TooFewStudiesError
from metamsc.models.batch import FloatArray
from metamsc.models.bayes import quadrature
from metamsc.models.bayes.empirical import (
    RHODES_COMPARISONS,
    RHODES_OUTCOMES,
    TURNER_COMPARISONS,
    TURNER_OUTCOMES,
    rhodes_prior,
    turner_prior,
)
from metamsc.models.bayes.fit import fit_bayes, probability_beyond
from metamsc.models.bayes.likelihood import NormalModel
from metamsc.models.bayes.priors import (
    HalfCauchy,
    HalfNormal,
    KnownTau,
    LogNormalVariance,
    LogTVariance,
    NormalPrior,
    TauPrior,
    Uniform,
)
from metamsc.models.bayes.quadrature import integrate_tau
from metamsc.models.bayes.results import BayesResult
from metamsc.models.pool import pool

# The same integral over panels placed a little differently: the quadrature's tolerance, not rounding alone.
SAME = 1e-9
laws = settings(max_examples=6, deadline=None)
Data = tuple[FloatArray, FloatArray]


@st.composite
def data_sets(draw: st.DrawFn) -> Data:
    """Draw 1 to 8 studies with variances over two orders of magnitude."""
    k = draw(st.integers(1, 8))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    v = 10.0 ** rng.uniform(-3, -1, k)
    return rng.normal(0.0, np.sqrt(v + draw(st.sampled_from([0.0, 0.1])))), v


def _priors(c: float) -> list[TauPrior]:
    shift = 2.0 * math.log(c)
    return [
        HalfNormal(0.5 * c),
        HalfCauchy(0.5 * c),
        Uniform(2.0 * c),
        LogNormalVariance(-2.5 + shift, 1.7),
        LogTVariance(-3.4 + shift, 2.6),
        KnownTau(0.2 * c),
    ]


def _numbers(r: BayesResult) -> FloatArray:
    """Everything that has the unit of the effects."""
    found = [p.median for p in (r.mu, r.tau, r.new_study)]
    found += [end for p in (r.mu, r.tau, r.new_study) for end in (p.ci.low, p.ci.high)]
    return np.array(found + [end for s in r.studies for end in (s.mean, s.ci.low, s.ci.high)])


@given(data_sets(), st.integers(0, 5), st.floats(-10, 10))
@laws
def test_moving_all_effects_moves_mu_and_leaves_tau(data: Data, which: int, shift: float) -> None:
    y, v = data
    a, b = (fit_bayes(values, v, tau_prior=_priors(1.0)[which]) for values in (y, y + shift))
    assert b.mu.median == pytest.approx(a.mu.median + shift, abs=SAME)
    assert b.new_study.ci.low == pytest.approx(a.new_study.ci.low + shift, rel=SAME, abs=SAME)
    assert b.tau.ci.high == pytest.approx(a.tau.ci.high, rel=1e-8)


@given(data_sets(), st.integers(0, 5), st.sampled_from([1e-4, 0.3, 1e3]))
@laws
def test_another_unit_changes_nothing_else(data: Data, which: int, c: float) -> None:
    y, v = data
    a = fit_bayes(y, v, tau_prior=_priors(1.0)[which], mu_prior=NormalPrior(0.1, 1.0))
    b = fit_bayes(c * y, c * c * v, tau_prior=_priors(c)[which], mu_prior=NormalPrior(0.1 * c, c))
    np.testing.assert_allclose(_numbers(b), c * _numbers(a), rtol=SAME, atol=SAME * c)
    one, other = (probability_beyond(r, t, "below") for r, t in ((a, -0.2), (b, -0.2 * c)))
    assert other.mu == pytest.approx(one.mu, rel=1e-7, abs=1e-12)


@given(data_sets(), st.integers(0, 5))
@laws
def test_row_order_is_irrelevant_and_signs_mirror(data: Data, which: int) -> None:
    y, v = data
    prior = _priors(1.0)[which]
    a, turned, mirrored = (fit_bayes(*d, tau_prior=prior) for d in ((y, v), (y[::-1], v[::-1]), (-y, v)))
    assert turned.mu.ci.high == pytest.approx(a.mu.ci.high, abs=SAME)
    assert turned.studies[-1].mean == pytest.approx(a.studies[0].mean, abs=SAME)
    assert mirrored.mu.ci.low == pytest.approx(-a.mu.ci.high, abs=SAME)
    above, below = probability_beyond(a, 0.1, "above"), probability_beyond(mirrored, -0.1, "below")
    assert (above.mu, above.new_study) == pytest.approx((below.mu, below.new_study), rel=1e-8)


@given(data_sets(), st.integers(0, 4), st.floats(0.5, 0.99))
@laws
def test_intervals_hold_their_probability(data: Data, which: int, level: float) -> None:
    y, v = data
    r = fit_bayes(y, v, tau_prior=_priors(1.0)[which], level=level)
    assert sum(r.grid.mass) == pytest.approx(1.0, rel=1e-12)
    for interval in (r.mu.ci, r.mu.shortest):
        inside = (
            probability_beyond(r, interval.high, "below").mu - probability_beyond(r, interval.low, "below").mu
        )
        assert inside == pytest.approx(level, abs=1e-9)
    for p in (r.mu, r.tau, r.new_study):
        assert p.shortest.high - p.shortest.low <= (p.ci.high - p.ci.low) * (1.0 + 1e-9)
        assert p.ci.low < p.median < p.ci.high
    assert r.new_study.ci.high - r.new_study.ci.low >= r.mu.ci.high - r.mu.ci.low
    both = [probability_beyond(r, 0.2, d) for d in ("below", "above")]
    assert both[0].new_study + both[1].new_study == pytest.approx(1.0, rel=1e-12)


def test_a_wide_normal_prior_is_flat_and_a_narrow_one_decides() -> None:
    y, v = [0.1, 0.7, -0.2], [0.04, 0.09, 0.02]
    flat = fit_bayes(y, v, tau_prior=HalfNormal(0.5))
    wide = fit_bayes(y, v, tau_prior=HalfNormal(0.5), mu_prior=NormalPrior(0.0, 1e5))
    narrow = fit_bayes(y, v, tau_prior=HalfNormal(0.5), mu_prior=NormalPrior(3.0, 1e-6))
    assert wide.mu.mean == pytest.approx(flat.mu.mean, abs=1e-8)
    assert wide.tau.sd == pytest.approx(flat.tau.sd, rel=1e-8)
    assert narrow.mu.mean == pytest.approx(3.0, abs=1e-8)
    assert flat.log_evidence is None
    assert wide.log_evidence is not None


def test_many_studies_agree_with_the_likelihood() -> None:
    # k = 400: the prior no longer matters beyond a share of the standard error
    rng = np.random.default_rng(7)
    v = rng.uniform(0.01, 0.1, 400)
    y = rng.normal(0.3, np.sqrt(v + 0.04))
    r, ml = fit_bayes(y, v, tau_prior=HalfNormal(1.0)), pool(y, v, ci_method="wald")
    assert r.mu.mean == pytest.approx(ml.estimate, abs=0.05 * ml.se)
    assert r.mu.sd == pytest.approx(ml.se, rel=0.02)
    assert r.tau.median == pytest.approx(math.sqrt(ml.heterogeneity.tau2), rel=0.03)


def test_quadrature_converges_and_its_bound_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    model = NormalModel.of(np.array([0.0, 3.0, -1.0]), np.array([1e-4, 0.3, 0.02]), None)
    for prior in _priors(1.0)[:5]:
        fine = integrate_tau(model, prior)
        assert fine.error < 1e-10
        with monkeypatch.context() as loose:
            loose.setattr(quadrature, "_TOLERANCE", 1e-4)
            loose.setattr(quadrature, "_COARSE", 1.7)
            rough = integrate_tau(model, prior)
        assert rough.tau.size < fine.tau.size
        bound = rough.error + 1e-10
        assert math.expm1(rough.log_evidence - fine.log_evidence) == pytest.approx(0.0, abs=bound)
        assert rough.mass @ rough.tau == pytest.approx(fine.mass @ fine.tau, rel=2.0 * bound)
        median = fine.quantile(0.5)
        assert fine.cdf(median) == pytest.approx(0.5, abs=1e-12)
        assert rough.cdf(median) == pytest.approx(0.5, abs=2.0 * bound)


@pytest.mark.parametrize(
    ("y", "v"),
    [([0.0, 1e6], [1.0, 1.0]), ([0.0, 1.0, 2.0], [1e-8, 1.0, 1e8]), ([1e-9, 2e-9], [1e-18, 1e-18])],
    ids=["conflict", "unlike", "tiny"],
)
def test_hostile_scales_stay_accurate(y: list[float], v: list[float]) -> None:
    for mu_prior in (None, NormalPrior(0.0, 1.0)):
        r = fit_bayes(y, v, tau_prior=HalfNormal(1.0), mu_prior=mu_prior)
        assert r.quadrature_error < 1e-9
        assert np.isfinite(_numbers(r)).all()


def test_infinite_moments_are_left_out_and_said() -> None:
    r = fit_bayes([0.1, 0.4], [0.04, 0.04], tau_prior=HalfCauchy(0.5))
    assert r.tau.mean is not None
    assert (r.tau.sd, r.mu.sd, r.new_study.sd) == (None, None, None)
    assert any("infinite" in w for w in r.warnings)
    one = fit_bayes([0.1], [0.04], tau_prior=HalfCauchy(0.5))
    assert (one.tau.mean, one.mu.mean) == (None, None)
    proper = fit_bayes([0.1], [0.04], tau_prior=HalfCauchy(0.5), mu_prior=NormalPrior(0.0, 1.0))
    assert proper.mu.sd is not None
    assert proper.mu.sd < 0.2 + 1.0


def test_few_studies_are_warned_about() -> None:
    def warnings(k: int, prior: TauPrior) -> str:
        return " ".join(fit_bayes(np.linspace(0, 0.3, k), np.full(k, 0.05), tau_prior=prior).warnings)

    assert "nothing was pooled" in warnings(1, HalfNormal(0.5))
    for k in (2, 4):
        assert "half-normal of" in warnings(k, Uniform(2.0))
        assert "narrower and a wider" in (text := warnings(k, HalfNormal(0.5)))
        assert "half-normal of" not in text
    assert warnings(5, HalfNormal(0.5)) == ""
    assert "fixed at 0.3" in warnings(5, KnownTau(0.3))
    assert "measure OR" in warnings(5, turner_prior())


def test_result_survives_json() -> None:
    r = fit_bayes(
        [0.1, 0.4, 0.2],
        [0.04, 0.05, 0.01],
        tau_prior=rhodes_prior("biological marker", "pharmacological vs control"),
        mu_prior=NormalPrior(0.0, 2.0),
        measure="SMD",
    )
    assert BayesResult.from_dict(json.loads(json.dumps(r.to_dict()))) == r
    assert r.warnings[0].startswith("k = 3")
    assert "Rhodes" in r.tau_prior["source"]


def test_every_empirical_prior_can_be_asked_for() -> None:
    turner = [turner_prior(o, c) for o in TURNER_OUTCOMES for c in TURNER_COMPARISONS]
    assert (len(TURNER_OUTCOMES), len(turner)) == (16, 80)
    left_out = ("mental health", "non-pharmacological")
    rhodes = [rhodes_prior(o, c) for o in RHODES_OUTCOMES for c in RHODES_COMPARISONS if (o, c) != left_out]
    assert len(rhodes) == 8 * 3 - 1
    # in both tables an outcome's and a comparison's part add up, to the rounding of two decimals each
    location = np.array([p.location for p in turner]).reshape(16, 5)
    assert np.ptp(location - location[:, :1] - (location[:1] - location[0, 0])) <= 0.041
    with pytest.raises(InputError, match=r"not shipped.*-3\.85"):
        rhodes_prior(*left_out)


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: fit_bayes([], [], tau_prior=HalfNormal(1.0)), TooFewStudiesError, "at least 1"),
        (lambda: fit_bayes([0.1], [0.0], tau_prior=HalfNormal(1.0)), InputError, "must be > 0"),
        (lambda: fit_bayes([0.1], [1.0], tau_prior=0.5), OptionError, "HalfNormal"),  # type: ignore[arg-type]
        (lambda: fit_bayes([0.1], [1.0], tau_prior=HalfNormal(1.0), level=95), OptionError, "0.95"),
        (
            lambda: fit_bayes([0.1], [1.0], tau_prior=HalfNormal(1.0), mu_prior=1.0),  # type: ignore[arg-type]
            OptionError,
            "NormalPrior",
        ),
        (lambda: HalfNormal(0.0), InputError, "scale must be"),
        (lambda: HalfCauchy(math.inf), InputError, "scale must be"),
        (lambda: Uniform(-1.0), InputError, "upper must be"),
        (lambda: KnownTau(-0.1), InputError, "tau must be >= 0"),
        (lambda: LogNormalVariance(math.nan, 1.0), InputError, "location must be"),
        (lambda: NormalPrior(0.0, 0.0), InputError, "sd must be"),
        (lambda: turner_prior("death", "pharmacological vs control"), OptionError, "all-cause mortality"),
        (lambda: turner_prior("pain"), InputError, "comparison is missing"),
        (lambda: rhodes_prior(comparison="non-pharmacological"), InputError, "outcome is missing"),
    ],
)
def test_misuse_is_refused_with_the_way_out(call: object, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        call()  # type: ignore[operator]


def test_threshold_is_checked() -> None:
    r = fit_bayes([0.1], [1.0], tau_prior=HalfNormal(1.0))
    with pytest.raises(OptionError, match="below"):
        probability_beyond(r, 0.0, "less")
    with pytest.raises(InputError, match="finite"):
        probability_beyond(r, math.nan, "below")
