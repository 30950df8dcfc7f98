"""Every method of pooling in one shape, with the numbers of its own model; unused choices are refused."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import pytest

import metamsc as mm
from metamsc.analysis.methods.choice import METHODS, make_choice
from metamsc.analysis.methods.mid import mid_probabilities
from metamsc.analysis.methods.pool import COUNT_MEASURES, DOUBLE_ZERO, PoolData, pool_rows
from metamsc.analysis.methods.priors import TAU_PRIORS, parse_mu_prior, parse_tau_prior, prior_words
from metamsc.analysis.methods.result import MethodResult
from metamsc.errors import InputError, OptionError, TooFewStudiesError
from metamsc.models.bayes.priors import HalfNormal, LogNormalVariance, Uniform
from metamsc.models.results import PooledResult

EXACT = 1e-12  # the same sums in the same order, or closed forms of numbers near 1
COUNTS = {
    "events_treat": (4.0, 6.0, 3.0, 0.0),
    "n_treat": (123.0, 306.0, 231.0, 40.0),
    "events_control": (11.0, 29.0, 11.0, 0.0),
    "n_control": (139.0, 303.0, 220.0, 41.0),
}
LISTS: dict[str, Any] = {name: list(values) for name, values in COUNTS.items()}
EFFECTS = mm.compute_effects("OR", **LISTS)
DATA = PoolData(
    yi=tuple(map(float, EFFECTS.yi)), vi=tuple(map(float, EFFECTS.vi)), measure="OR", counts=COUNTS
)
NATIVE: dict[str, Callable[[], float | None]] = {
    "inverse-variance": lambda: mm.pool(DATA.yi, DATA.vi).estimate,
    "mh": lambda: mm.mantel_haenszel("OR", **LISTS).estimate,
    "peto": lambda: mm.peto(**LISTS).estimate,
    "glmm-um-fs": lambda: mm.fit_glmm("OR", **LISTS, model="UM.FS").estimate,
    "glmm-um-rs": lambda: mm.fit_glmm("OR", **LISTS, model="UM.RS").estimate,
    "glmm-cm-el": lambda: mm.fit_glmm("OR", **LISTS, model="CM.EL").estimate,
    "glmm-cm-al": lambda: mm.fit_glmm("OR", **LISTS, model="CM.AL").estimate,
    "beta-binomial": lambda: mm.beta_binomial("OR", **LISTS).estimate,
    "bayes": lambda: mm.fit_bayes(DATA.yi, DATA.vi, tau_prior=mm.turner_prior()).mu.median,
}


@pytest.mark.parametrize("method", METHODS)
def test_the_estimate_is_the_models_own(method: str) -> None:
    found = pool_rows(DATA, make_choice(method=method))
    assert found.estimate == NATIVE[method]()
    assert found.method == method


@pytest.mark.parametrize("method", METHODS)
def test_one_shape_for_all(method: str) -> None:
    """The keys of a pooled result and `details`; what a method does not have is null, never NaN."""
    data = pool_rows(DATA, make_choice(method=method, mid=-0.2)).to_dict()
    plain = mm.pool(DATA.yi, DATA.vi).to_dict()
    assert list(data) == [*plain, "details"]
    assert set(data["heterogeneity"]) == set(plain["heterogeneity"])
    json.dumps(data, allow_nan=False)
    assert data["details"]["method"] == method
    assert 0.0 <= data["details"]["mid"]["mean"] <= 1.0


def test_what_a_method_has_not_is_null() -> None:
    beta = pool_rows(DATA, make_choice(method="beta-binomial")).to_dict()
    assert set(beta["heterogeneity"].values()) == {None}
    assert beta["tau2_method"] is beta["weights_percent"] is None
    bayes = pool_rows(DATA, make_choice(method="bayes")).to_dict()
    assert bayes["p"] is bayes["statistic"] is bayes["df"] is None
    mh = pool_rows(DATA, make_choice(method="mh")).to_dict()
    assert (mh["tau2_method"], mh["heterogeneity"]["tau2"]) == ("EE", 0.0)
    assert mh["details"]["result"]["n_double_zero"] == 1
    assert set(DOUBLE_ZERO) == {*COUNT_MEASURES, "inverse-variance"}


def test_as_pooled_where_everything_is_there() -> None:
    for method in ("inverse-variance", "mh", "bayes"):
        assert isinstance(pool_rows(DATA, make_choice(method=method)).as_pooled(), PooledResult)
    with pytest.raises(InputError, match="cannot be the planned analysis"):
        pool_rows(DATA, make_choice(method="beta-binomial")).as_pooled()


def test_bayesian_weights_by_hand() -> None:
    """A known tau leaves one weight per study: 1/(0.04 + 0.12), 1/(0.08 + 0.12) = 6.25, 5."""
    data = PoolData(yi=(0.1, 0.4), vi=(0.04, 0.08), measure="GEN")
    found = pool_rows(data, make_choice(method="bayes", tau_prior=f"known:{math.sqrt(0.12)}"))
    assert found.weights_percent == pytest.approx([100 * 6.25 / 11.25, 100 * 5 / 11.25], abs=1e-9)
    assert found.estimate == pytest.approx((6.25 * 0.1 + 5 * 0.4) / 11.25, abs=1e-9)
    assert found.heterogeneity is not None
    assert found.heterogeneity.tau2 == pytest.approx(0.12, abs=EXACT)
    # Q of the two effects: weights 25 and 12.5, mean 0.2, 25·0.01 + 12.5·0.04
    assert pytest.approx(0.75, abs=EXACT) == found.heterogeneity.Q


def test_two_equal_clusters_by_hand() -> None:
    """Each row its own cluster: estimate of the plain model, CR2 variance of the mean of two."""
    data = PoolData(yi=(1.0, 3.0), vi=(1.0, 1.0), measure="MD", cluster=("a", "b"))
    found = pool_rows(data, make_choice(clustered=True))
    # equal weights: mean 2, residuals ±1; CR2 scales each squared residual by 2: (2 + 2)/4 = 1
    assert (found.estimate, found.se) == pytest.approx((2.0, 1.0), abs=EXACT)
    assert found.details["cluster"]["working_model"] == "random effects"


def test_dependent_rows_say_which_model_and_why() -> None:
    cluster = ("a", "a", "b", "c")
    data = PoolData(yi=DATA.yi, vi=DATA.vi, measure="OR", cluster=cluster)
    found = pool_rows(data, make_choice(clustered=True, rho=0.4))
    own = mm.pool_correlated(DATA.yi, DATA.vi, study=list(cluster), rho=0.4)
    assert found.se == own.robust.coefficients[0].se
    said = found.details["cluster"]
    assert said["working_model"] == "correlated-and-hierarchical"
    assert "1 of 3 clusters have several effects" in said["why"]
    assert "rho = 0.4" in said["why"]
    assert [row["rho"] for row in said["other_rho"]] == [0.3, 0.5, 0.7, 0.9]
    independent = pool_rows(data, make_choice(clustered=True, rho=0.0))
    assert independent.details["cluster"]["working_model"] == "multilevel"
    with pytest.raises(TooFewStudiesError, match="more clusters than coefficients"):
        pool_rows(data.take([0, 1]), make_choice(clustered=True))


def test_probability_of_passing_a_threshold_by_hand() -> None:
    """Equal effects, variances 0.5 each: mean 1, SE 0.5. P(mean > 0.5) = Φ(1), P(mean < −0.5) = Φ(−3)."""
    data = PoolData(yi=(0.5, 1.5), vi=(0.5, 0.5), measure="MD")
    wald = make_choice(tau2_method="EE", ci_method="wald", mid=0.5)
    mid = pool_rows(data, wald).details["mid"]
    assert mid["mean"] == pytest.approx(0.841344746, abs=1e-9)
    assert (mid["new_study"], mid["direction"], mid["by"]) == (None, "above", "confidence")
    below = mid_probabilities(pool_rows(data, wald), -0.5)
    assert below["mean"] == pytest.approx(0.001349898, abs=1e-9)


@pytest.mark.parametrize("pi", ["t", "riley", "normal"])
@pytest.mark.parametrize("ci", ["wald", "hksj"])
def test_a_limit_of_an_interval_is_passed_with_its_own_probability(pi: str, ci: str) -> None:
    """At the lower ends of the 95 % intervals, 97.5 % lies above."""
    data = PoolData(yi=(0.9, 2.5, 1.5, 0.4), vi=(0.5, 0.3, 0.4, 0.2), measure="MD")
    found = pool_rows(data, make_choice(ci_method=ci, pi_method=pi))
    assert found.pi is not None
    assert mid_probabilities(found, abs(found.ci.low))["mean"] is not None
    at_ci = 1.0 - _share_below(found, found.ci.low, "mean")
    at_pi = 1.0 - _share_below(found, found.pi.low, "new_study")
    assert (at_ci, at_pi) == pytest.approx((0.975, 0.975), abs=1e-9)


def _share_below(found: MethodResult, threshold: float, what: str) -> float:
    told = mid_probabilities(found, threshold)
    return float(told[what]) if told["direction"] == "below" else 1.0 - float(told[what])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"method": "mh", "tau2_method": "DL"}, "tau2_method is not used by method 'mh', which takes none"),
        ({"method": "bayes", "ci_method": "wald"}, "takes tau_prior, mu_prior"),
        ({"tau_prior": "turner"}, "tau_prior is not used by method 'inverse-variance'"),
        ({"method": "peto", "preset": "iqwig"}, "preset is not used by method 'peto'"),
        ({"method": "mh", "clustered": True}, "takes every row as independent"),
        ({"clustered": True, "ci_method": "hksj"}, "ci_method is not used with a cluster"),
        ({"clustered": True, "tau2_method": "DL"}, "tau2_method must be REML or ML with a cluster"),
        ({"rho": 0.5}, "rho is not used by method"),
        ({"method": "glmm-um-fs", "tau2_method": "DL"}, "tau2_method (of a GLMM) must be one of 'ML', 'EE'"),
        ({"method": "glmm-um-fs", "ci_method": "hksj"}, "ci_method (of a GLMM) must be one of 'wald', 't'"),
        ({"method": "best"}, "method must be one of 'inverse-variance', 'mh'"),
        ({"preset": "best"}, "preset must be one of 'metamsc'"),
    ],
)
def test_a_choice_that_would_be_ignored_is_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError) as caught:
        make_choice(**given)
    assert message in str(caught.value)


def test_what_does_not_go_with_the_rows() -> None:
    effects = PoolData(yi=(0.1, 0.2), vi=(0.1, 0.1), measure="MD")
    for method, message in (("mh", "must be one of 'OR', 'RR', 'RD'"), ("bayes", "needs tau_prior for MD")):
        with pytest.raises(OptionError, match=message):
            pool_rows(effects, make_choice(method=method))
    without = PoolData(yi=(0.1, 0.2), vi=(0.1, 0.1), measure="OR")
    with pytest.raises(InputError, match="takes counts of events, and these rows have effects only"):
        pool_rows(without, make_choice(method="peto"))
    with pytest.raises(InputError, match="the rows have no cluster"):
        pool_rows(without, make_choice(clustered=True))
    none = PoolData(
        yi=(0.0,), vi=(1.0,), measure="OR", counts={name: (values[3],) for name, values in COUNTS.items()}
    )
    with pytest.raises(InputError, match="No events in either arm"):
        pool_rows(none, make_choice(method="mh"))


@pytest.mark.parametrize(
    ("text", "prior"),
    [
        ("half-normal:0.5", HalfNormal(0.5)),
        (" uniform : 4 ", Uniform(4.0)),
        ("log-normal:-2.56:1.74", LogNormalVariance(-2.56, 1.74)),
        ("turner", mm.turner_prior()),
        (
            "turner:adverse events:pharmacological vs control",
            mm.turner_prior("adverse events", "pharmacological vs control"),
        ),
        ("rhodes", mm.rhodes_prior()),
    ],
)
def test_priors_as_they_are_written(text: str, prior: object) -> None:
    assert parse_tau_prior(text) == prior
    assert parse_mu_prior("normal:0:2") == mm.NormalPrior(0.0, 2.0)


@pytest.mark.parametrize(
    "text",
    [
        "half-normal",
        "half-normal:x",
        "half-normal:-1",
        "gamma:1",
        "turner:pain",
        "turner:x:y",
        "uniform:inf",
        "",
    ],
)
def test_priors_that_are_none(text: str) -> None:
    with pytest.raises(OptionError):
        parse_tau_prior(text)


def test_every_prior_has_words() -> None:
    written = (
        "half-normal:0.5",
        "half-cauchy:0.5",
        "uniform:4",
        "known:0.3",
        "log-normal:-2:1",
        "log-t:-3:2",
    )
    assert {text.split(":")[0] for text in (*written, "turner[", "rhodes[")} == {
        name.split(":")[0].split("[")[0] + ("[" if "[" in name else "") for name in TAU_PRIORS
    }
    for text in (*written, "turner", "rhodes"):
        assert "τ" in prior_words(parse_tau_prior(text))
    for text in ("flat", "normal:0", "normal:0:-1", "normal:a:1"):
        with pytest.raises(OptionError):
            parse_mu_prior(text)
