"""Multilevel models whose numbers can be worked out on paper."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import stdtrit

from metamsc.errors import InputError, OptionError, TooFewStudiesError
from metamsc.models.multilevel.compare import compare_multilevel
from metamsc.models.multilevel.fit import fit_multilevel
from metamsc.models.multilevel.predict import predict_multilevel, random_effects
from metamsc.models.multilevel.results import MultilevelResult

# Newton's method ends at rounding; a variance is then right to about the root of that.
ITERATED = 1e-8
CLOSED = 1e-10

# Two studies of two effects, all with v = 0.5:
# within studies SS = (1-2)^2 + (3-2)^2 + (5-6)^2 + (7-6)^2 = 4 on 2 df, MS = 2
# between        SS = 2 ((2-4)^2 + (6-4)^2) = 16 on 1 df, MS = 16
Y = [1.0, 3.0, 5.0, 7.0]
V = [0.5, 0.5, 0.5, 0.5]
RANDOM = {"study": ["a", "a", "b", "b"], "effect": [1, 2, 1, 2]}


def test_balanced_reml_is_the_analysis_of_variance() -> None:
    r = fit_multilevel(Y, V, random=RANDOM).result
    # MS within = effect + v = 2; MS between = 2 study + effect + v = 16
    assert r.sigma2 == pytest.approx((7.0, 1.5), rel=ITERATED)
    assert r.estimate == pytest.approx(4.0, rel=CLOSED)
    assert r.se == pytest.approx(2.0, rel=ITERATED)  # sqrt(16 / 4)
    assert r.df == 1.0  # contain: 2 studies - 1
    half = float(stdtrit(1, 0.975))
    assert r.ci.high == pytest.approx(4.0 + 2.0 * half, rel=ITERATED)
    assert r.pi is not None
    assert r.pi.high == pytest.approx(4.0 + half * math.sqrt(4.0 + 7.0 + 1.5), rel=ITERATED)
    assert pytest.approx(40.0, rel=CLOSED) == r.Q  # (9 + 1 + 1 + 9) / 0.5
    assert r.Q_df == 3
    # typical sampling variance of equal v is v: I2 = 100 s / (7 + 1.5 + 0.5)
    assert [c.I2 for c in r.components] == pytest.approx([700.0 / 9.0, 150.0 / 9.0], rel=ITERATED)
    assert pytest.approx(850.0 / 9.0, rel=ITERATED) == r.I2
    assert [c.share for c in r.components] == pytest.approx([7.0 / 8.5, 1.5 / 8.5], rel=ITERATED)
    assert [(c.name, c.n_groups) for c in r.components] == [("study", 2), ("study/effect", 4)]
    assert r.weights_percent == pytest.approx((25.0,) * 4, rel=CLOSED)


def test_restricted_log_likelihood() -> None:
    r = fit_multilevel(Y, V, random=RANDOM).result
    # M has eigenvalues 2, 2 (within) and 16, 16 (between); X'M^-1 X = 4/16, X'X = 4;
    # Q = 4/2 + 16/16 = 3, so -2 ll = 3 log 2pi + log(2*2*16*16) + log(1/4) - log 4 + 3
    minus2 = 3 * math.log(2 * math.pi) + math.log(1024.0) + math.log(0.25) - math.log(4.0) + 3.0
    assert r.loglik == pytest.approx(-0.5 * minus2, rel=CLOSED)
    assert r.aic == pytest.approx(minus2 + 2 * 3, rel=CLOSED)
    assert r.bic == pytest.approx(minus2 + 3 * math.log(3), rel=CLOSED)


def test_balanced_ml_divides_by_all_studies() -> None:
    r = fit_multilevel(Y, V, random=RANDOM, method="ML").result
    # between MS becomes 16 / 2 = 8: study (8 - 2) / 2
    assert r.sigma2 == pytest.approx((3.0, 1.5), rel=ITERATED)
    minus2 = 4 * math.log(2 * math.pi) + math.log(2.0 * 2.0 * 8.0 * 8.0) + 4.0 / 2.0 + 16.0 / 8.0
    assert r.loglik == pytest.approx(-0.5 * minus2, rel=CLOSED)


def test_correlated_pair_without_random_effects() -> None:
    # V = [[1, .5], [.5, 1]]: 1'V^-1 = (2/3, 2/3); mean of 0 and 1, variance 3/4
    # Q = (-.5, .5) V^-1 (-.5, .5)' = .5 / (1 - .5) = 1 (the difference has variance 1)
    r = fit_multilevel([0.0, 1.0], [[1.0, 0.5], [0.5, 1.0]], ci_method="wald").result
    assert r.estimate == pytest.approx(0.5, rel=CLOSED)
    assert r.se == pytest.approx(math.sqrt(0.75), rel=CLOSED)
    assert pytest.approx(1.0, rel=CLOSED) == r.Q
    assert r.components == ()
    assert r.pi is None
    assert r.df is None


def test_given_variances() -> None:
    fit = fit_multilevel(Y, V, random=RANDOM, sigma2={"study": 2.0, "study/effect": 0.5})
    # M within a study: 1 + 2 per effect pair; the mean of 4 has variance (2*2 + 1) / 4
    assert fit.result.se == pytest.approx(math.sqrt(5.0 / 4.0), rel=CLOSED)
    assert [c.estimated for c in fit.result.components] == [False, False]
    # u_a = 2 * 1'M_a^-1 (y_a - 4) = 2 * ((-3 - 1) / 5) = -1.6; effects: .5 * (r - u) / (1) - see below
    u = random_effects(fit)
    assert u["study"] == pytest.approx([-1.6, 1.6], rel=CLOSED)
    # given u_a the effect's own share: .5 / (.5 + .5) of what is left: (-3 + 1.6)/2, (-1 + 1.6)/2
    assert u["study/effect"] == pytest.approx([-0.7, 0.3, -0.3, 0.7], rel=CLOSED)


def test_likelihood_ratio_of_a_level() -> None:
    full = fit_multilevel(Y, V, random=RANDOM)
    reduced = fit_multilevel(Y, V, random={"effect": [1, 2, 3, 4]})
    # one level: variance 20/3, -2 ll = 3 log 2pi + 3 log(20/3) + ... ; the constants cancel:
    # LRT = [4 log a + log(4/a) + 20/a] - [log 1024 + log(1/4) + 3] with a = 20/3
    a = 20.0 / 3.0
    expected = 4 * math.log(a) + math.log(4.0 / a) + 20.0 / a - (math.log(1024.0) + math.log(0.25) + 3.0)
    test = compare_multilevel(full, reduced)
    assert test.df == 1
    assert test.statistic == pytest.approx(expected, rel=1e-9)
    with pytest.raises(InputError, match="more parameters"):
        compare_multilevel(reduced, full)
    with pytest.raises(InputError, match="fitted by REML, reduced by ML"):
        compare_multilevel(full, fit_multilevel(Y, V, random=RANDOM, method="ML"))


def test_profile_interval_drops_the_likelihood_by_the_quantile() -> None:
    r = fit_multilevel(Y, V, random=RANDOM).result
    for j, name in enumerate(("study", "study/effect")):
        ci = r.components[j].ci
        assert ci is not None
        assert ci.low < r.sigma2[j] < ci.high
        for end in (ci.low, ci.high):
            if end > 0.0:
                held = fit_multilevel(Y, V, random=RANDOM, sigma2={name: end}, intervals=False).result
                assert 2.0 * (r.loglik - held.loglik) == pytest.approx(3.8414588206941236, rel=1e-8)
    assert r.components[0].ci is not None
    assert r.components[0].ci.low == 0.0  # two studies cannot rule out 0


def test_moderator_varying_between_studies_is_tested_on_studies() -> None:
    X = np.column_stack([np.ones(6), [0, 0, 1, 1, 2, 2], [0, 1, 0, 1, 1, 0]])
    fit = fit_multilevel(
        [1.0, 1.4, 2.0, 2.1, 3.3, 2.9],
        np.full(6, 0.001),
        random={"study": [1, 1, 2, 2, 3, 3], "effect": range(6)},
        X=X,
        names=["intercept", "dose", "blinded"],
    )
    assert [c.df for c in fit.result.coefficients] == [1.0, 1.0, 3.0]  # 3 - 3 at least 1; 6 - 3
    assert fit.result.QM is not None
    assert (fit.result.QM.df, fit.result.QM.df2) == (2, 1.0)
    assert fit.result.pi is None
    assert fit.result.weights_percent is None
    at_rows = predict_multilevel(fit)
    assert len(at_rows) == 6
    (new,) = predict_multilevel(fit, [[1.0, 0.5, 0.0]])
    b = fit.estimate
    assert new.estimate == pytest.approx(b[0] + 0.5 * b[1], rel=CLOSED)
    assert new.pi is not None
    assert new.pi.low < new.ci.low
    with pytest.raises(InputError, match="3 columns"):
        predict_multilevel(fit, [[1.0, 2.0]])


def test_result_survives_a_round_trip() -> None:
    import json

    r = fit_multilevel(Y, V, random=RANDOM).result
    assert MultilevelResult.from_dict(json.loads(json.dumps(r.to_dict()))) == r


@pytest.mark.parametrize(
    ("random", "note"),
    [
        ({"study": [1, 1, 1, 1], "effect": range(4)}, "study has a single group"),
        ({"study": [1, 2, 3, 4], "effect": range(4)}, "groups the effects exactly as study does"),
    ],
)
def test_levels_that_cannot_be_told_are_zero_and_said(random: dict[str, list[int]], note: str) -> None:
    r = fit_multilevel(Y, V, random=random).result
    assert note in r.warnings[0]
    assert 0.0 in r.sigma2
    # what is left is the two-level model: tau2 = 20/3 - 0.5
    assert sum(r.sigma2) == pytest.approx(20.0 / 3.0 - 0.5, rel=ITERATED)


def test_level_that_the_design_already_fits() -> None:
    X = [[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]]
    r = fit_multilevel(Y, V, random=RANDOM, X=X).result
    assert "coefficient for each of its groups" in r.warnings[0]
    assert r.sigma2 == pytest.approx((0.0, 1.5), rel=ITERATED)


def test_identical_effects_have_no_variance() -> None:
    r = fit_multilevel([0.7] * 4, V, random=RANDOM).result
    assert r.sigma2 == (0.0, 0.0)
    assert r.estimate == pytest.approx(0.7, rel=CLOSED)
    assert any("estimated as 0" in w for w in r.warnings)
    assert r.components[0].share is None


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"V": [0.5, 0.5, 0.0, 0.5]}, InputError, "effect 3 is 0"),
        ({"V": [0.5, 0.5]}, InputError, "got 4 and 2"),
        ({"V": np.full((4, 4), 0.5)}, InputError, "not positive definite for effects 1, 2, 3, 4"),
        ({"V": np.eye(4) + np.triu(np.full((4, 4), 0.1), 1)}, InputError, "not symmetric"),
        ({"V": np.eye(3)}, InputError, r"\(4\); got \(3, 3\)"),
        ({"random": {"study": [1, 2]}}, InputError, "one label per effect"),
        ({"random": {"study": [1, None, 2, 2]}}, InputError, r"\[2\] is missing"),
        ({"random": [{"study": [1, 1, 2, 2]}, {"study": [1, 2, 1, 2]}]}, InputError, "more than once"),
        ({"sigma2": {"lab": 1.0}}, InputError, "no level of random; levels are 'study', 'study/effect'"),
        ({"sigma2": {"study": -1.0}}, InputError, ">= 0"),
        ({"method": "DL"}, OptionError, "'REML', 'ML'"),
        ({"ci_method": "hksj"}, OptionError, "'t', 'wald'"),
        ({"df_method": "none"}, OptionError, "'contain', 'residual'"),
        ({"X": np.eye(4)}, TooFewStudiesError, "4 coefficients needs at least 5"),
    ],
)
def test_misuse_is_named(change: dict[str, object], error: type[Exception], message: str) -> None:
    arguments: dict[str, object] = {"V": V, "random": RANDOM, **change}
    with pytest.raises(error, match=message):
        fit_multilevel(Y, **arguments)  # type: ignore[arg-type]  # wrong on purpose
