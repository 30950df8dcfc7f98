"""Frozen results of the models for rare events, in the manner of :mod:`metamsc.models.results`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from metamsc.models.results import Coefficient, Interval, OmnibusTest


@dataclass(frozen=True, slots=True, kw_only=True)
class ChiSquareTest:
    """A test statistic with its chi-square degrees of freedom."""

    statistic: float
    df: int
    p: float

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name."""
        return {"statistic": self.statistic, "df": self.df, "p": self.p}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> ChiSquareTest:
        """Rebuild from :meth:`to_dict`."""
        return cls(**values)


def _plain(result: Any) -> dict[str, Any]:
    """Return a result's fields with tuples as lists and parts as dicts."""
    values: dict[str, Any] = {}
    for name in result.__slots__:
        value = getattr(result, name)
        if isinstance(value, tuple):
            values[name] = [item.to_dict() if hasattr(item, "to_dict") else item for item in value]
        else:
            values[name] = value.to_dict() if hasattr(value, "to_dict") else value
    return values


def _rebuilt(values: Mapping[str, Any], parts: Mapping[str, Any]) -> dict[str, Any]:
    """Return `values` with the named `parts` rebuilt by their class and lists as tuples."""
    rebuilt = {name: tuple(v) if isinstance(v, list) else v for name, v in values.items()}
    for name, part in parts.items():
        rebuilt[name] = None if values[name] is None else part.from_dict(values[name])
    return rebuilt


@dataclass(frozen=True, slots=True, kw_only=True)
class StratifiedResult:
    """A common effect over strata (studies) by Mantel-Haenszel's or Peto's method.

    Attributes
    ----------
    method : str
        "MH" or "PETO".
    measure : str
        OR, RR, RD, IRR or IRD; ratios are on the log scale here.
    k, k_effects : int
        Studies in the pooled estimate; studies with an effect of their own, which `Q` is about.
    n_double_zero : int
        Studies without events, or with nothing but events, in both arms.
    estimate, se, statistic, p, ci
        The common effect, normal quantiles; None where the data do not determine it (no events in one
        of the arms of all studies together): `warnings` says so.
    association : ChiSquareTest or None
        Cochran-Mantel-Haenszel test of no association in any study (OR; IRR: the person-time version).
    cochran : ChiSquareTest or None
        The same with Cochran's variance (divisor N instead of N - 1), OR only.
    breslow_day, tarone : ChiSquareTest or None
        Tests that the odds ratios are equal, without and with Tarone's correction, OR only.
    homogeneity : ChiSquareTest or None
        Q: inverse-variance weighted squared distances of the studies' effects from `estimate`.
    I2, H2 : float or None
        From Q: 100 (Q - df) / Q, not below 0, and Q / df (which can be below 1).
    weights_percent : tuple of float
        Weight of each study in the estimate, in the order given; 0 for a study that tells nothing.
    warnings : tuple of str
    """

    method: str
    measure: str
    k: int
    k_effects: int
    n_double_zero: int
    estimate: float | None
    se: float | None
    statistic: float | None
    p: float | None
    ci: Interval | None
    level: float
    association: ChiSquareTest | None
    cochran: ChiSquareTest | None
    breslow_day: ChiSquareTest | None
    tarone: ChiSquareTest | None
    homogeneity: ChiSquareTest | None
    I2: float | None
    H2: float | None
    weights_percent: tuple[float, ...]
    warnings: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-safe dict; :meth:`from_dict` rebuilds an equal result from it."""
        return _plain(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> StratifiedResult:
        """Rebuild from :meth:`to_dict`."""
        tests = ("association", "cochran", "breslow_day", "tarone", "homogeneity")
        return cls(**_rebuilt(values, {"ci": Interval, **dict.fromkeys(tests, ChiSquareTest)}))


@dataclass(frozen=True, slots=True, kw_only=True)
class GlmmResult:
    """A generalised linear mixed model fitted to counts by maximum likelihood.

    Attributes
    ----------
    measure, model : str
        OR, IRR, PLO or IRLN; UM.FS, UM.RS, CM.EL, CM.AL, or "one-group".
    tau2_method : str
        "ML", or "EE" (no between-study variance).
    k, n_excluded : int
        Studies in the model; studies left out because they have no (or only) events in both arms.
    estimate, se, statistic, df, p, ci
        The first coefficient, on the log scale.
    pi : Interval or None
        Where the true effect of a new study is expected; None for EE, for k < 3 and with moderators.
    tau2, tau2_se : float, float or None
        Between-study variance of the effect and its standard error (delta method, from the observed
        information); the latter None for EE and at tau2 = 0, where it is undefined.
    sigma2 : float or None
        Variance of the study intercepts, UM.RS only.
    I2, H2 : float
        From tau2 and the typical sampling variance of the studies' own effects (Higgins & Thompson
        2002), with 1/2 added to the cells of studies with an empty cell.
    wald_test, likelihood_ratio_test : ChiSquareTest or None
        Of homogeneity: the model without tau2 against one with an effect for every study. In the Wald
        test a study with an infinite effect has weight 0. None for k = number of coefficients.
    coefficients : tuple of Coefficient
    QM : OmnibusTest or None
    loglik, aic, bic, aicc : float
        Of the model; the log likelihood holds all constants, and random effects are integrated out, so
        it is comparable between EE and ML.
    loglik_saturated : float or None
        Of the model with an effect for every study.
    conditional_deviance : float
        Twice the log likelihood lost against a perfect fit when the random effects are held at their
        modes. A description of fit, not a likelihood of the model.
    n_quadrature : int
        Nodes per random effect; 1 is Laplace's approximation.
    warnings : tuple of str
    """

    measure: str
    model: str
    tau2_method: str
    ci_method: str
    k: int
    n_excluded: int
    estimate: float
    se: float
    statistic: float | None
    df: float | None
    p: float | None
    ci: Interval
    pi: Interval | None
    level: float
    tau2: float
    tau2_se: float | None
    sigma2: float | None
    I2: float
    H2: float
    wald_test: ChiSquareTest | None
    likelihood_ratio_test: ChiSquareTest | None
    coefficients: tuple[Coefficient, ...]
    QM: OmnibusTest | None
    loglik: float
    aic: float
    bic: float
    aicc: float
    loglik_saturated: float | None
    conditional_deviance: float
    n_quadrature: int
    warnings: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-safe dict; :meth:`from_dict` rebuilds an equal result from it."""
        return _plain(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> GlmmResult:
        """Rebuild from :meth:`to_dict`."""
        tests = dict.fromkeys(("wald_test", "likelihood_ratio_test"), ChiSquareTest)
        rebuilt = _rebuilt(values, {"ci": Interval, "pi": Interval, "QM": OmnibusTest, **tests})
        rebuilt["coefficients"] = tuple(Coefficient.from_dict(c) for c in values["coefficients"])
        return cls(**rebuilt)


@dataclass(frozen=True, slots=True, kw_only=True)
class BetaBinomialResult:
    """The two-arm beta-binomial model with one intra-class correlation, by maximum likelihood.

    Attributes
    ----------
    measure : str
        OR, RR or RD; ratios are on the log scale here.
    k, n_double_zero : int
        Studies in the model, all of them; those without events (or with nothing but) in both arms.
    estimate, se, statistic, p, ci
        The treatment effect, normal quantiles.
    risk_control : float
        Mean risk of the control arms.
    rho : float
        Intra-class correlation of participants of one arm; 0 is the binomial model.
    rho_se : float or None
        None at rho = 0, where it is undefined.
    loglik, aic, bic, aicc : float
        Of the 2 k arms.
    warnings : tuple of str
    """

    measure: str
    k: int
    n_double_zero: int
    estimate: float
    se: float
    statistic: float | None
    p: float | None
    ci: Interval
    level: float
    risk_control: float
    rho: float
    rho_se: float | None
    loglik: float
    aic: float
    bic: float
    aicc: float
    warnings: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-safe dict; :meth:`from_dict` rebuilds an equal result from it."""
        return _plain(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> BetaBinomialResult:
        """Rebuild from :meth:`to_dict`."""
        return cls(**_rebuilt(values, {"ci": Interval}))
