"""Pool one set of rows by any method: the one place that knows which model takes which arguments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from numpy.typing import ArrayLike

from metamsc.analysis.methods.choice import INVERSE_VARIANCE, PoolChoice
from metamsc.analysis.methods.clusters import pool_clusters
from metamsc.analysis.methods.mid import mid_probabilities
from metamsc.analysis.methods.priors import default_tau_prior, parse_mu_prior, parse_tau_prior, prior_words
from metamsc.analysis.methods.result import MethodResult
from metamsc.errors import InputError, OptionError, check_option
from metamsc.models.pool import pool
from metamsc.models.presets import PRESETS

COUNT_MEASURES: dict[str, tuple[str, ...]] = {
    "mh": ("OR", "RR", "RD", "IRR", "IRD"),
    "peto": ("OR", "PETO"),
    "glmm-um-fs": ("OR", "IRR"),
    "glmm-um-rs": ("OR", "IRR"),
    "glmm-cm-el": ("OR", "IRR", "PLO", "IRLN"),
    "glmm-cm-al": ("OR", "IRR"),
    "beta-binomial": ("OR", "RR", "RD"),
}
"""Measures that a method from counts has; the first that fits the counts is taken when none is asked for."""
DOUBLE_ZERO: dict[str, str] = {
    INVERSE_VARIANCE: "½ is added to all cells of a study with an empty one, double-zero studies included",
    "mh": "weight 0 in a ratio; in the estimate of a difference; nothing is added to any cell",
    "peto": "weight 0; nothing is added to any cell",
    "glmm-um-fs": "left out: they tell nothing about the ratio; nothing is added to any cell",
    "glmm-um-rs": "left out; nothing is added to any cell",
    "glmm-cm-el": "left out: they tell nothing about the ratio; nothing is added to any cell",
    "glmm-cm-al": "left out: they tell nothing about the ratio; nothing is added to any cell",
    "beta-binomial": "part of the evidence; nothing is added to any cell",
}
"""What a method does with a study without events (or with nothing but events) in both arms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolData:
    """Rows to pool: effects, and where they are known the counts behind them and the clusters.

    `counts` has the arguments of the models by name ("events_treat": ...), one value per row.
    """

    yi: tuple[float, ...]
    vi: tuple[float, ...]
    measure: str
    counts: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    cluster: tuple[str, ...] | None = None
    X: ArrayLike | None = None
    names: tuple[str, ...] | None = None

    def take(self, rows: Sequence[int]) -> PoolData:
        """Return some of the rows, without a design."""
        return replace(
            self,
            yi=tuple(self.yi[i] for i in rows),
            vi=tuple(self.vi[i] for i in rows),
            counts={name: tuple(values[i] for i in rows) for name, values in self.counts.items()},
            cluster=None if self.cluster is None else tuple(self.cluster[i] for i in rows),
            X=None,
            names=None,
        )


def pool_rows(data: PoolData, choice: PoolChoice) -> MethodResult:
    """Pool rows as chosen.

    Parameters
    ----------
    data : PoolData
    choice : PoolChoice

    Returns
    -------
    MethodResult

    Raises
    ------
    InputError, OptionError, TooFewStudiesError
        As the models do; also where the method does not go with the rows, its measure or moderators.
    """
    details: dict[str, Any] = {"method": choice.method, "preset": None, "mid": None, "result": None}
    if choice.clustered and len(data.yi) > 1:
        if data.cluster is None:
            raise InputError("cluster is asked for, and the rows have no cluster.")
        found = pool_clusters(
            data.yi,
            data.vi,
            data.cluster,
            choice,
            measure=data.measure,
            X=data.X,
            names=data.names,
            details=details,
        )
    elif choice.method == INVERSE_VARIANCE:
        if not choice.clustered:
            details |= {"preset": choice.preset, "preset_source": PRESETS[choice.preset].source}
        if choice.tau2 is not None:
            details["tau2_given"] = choice.tau2
        pooled = pool(
            data.yi, data.vi, measure=data.measure, X=data.X, names=data.names, **choice.model_options
        )
        found = MethodResult.of_pooled(pooled, details)
    elif choice.method == "bayes":
        return _bayes(data, choice, details)
    else:
        found = _from_counts(data, choice, details)
    if choice.mid is None:
        return found
    if data.X is not None:
        raise OptionError("mid is about one pooled effect; with moderators there are many, one per value.")
    return found.with_details(mid=mid_probabilities(found, choice.mid))


def _bayes(data: PoolData, choice: PoolChoice, details: dict[str, Any]) -> MethodResult:
    from metamsc.analysis.methods.convert import from_bayes
    from metamsc.models.bayes.fit import fit_bayes, probability_beyond

    _no_moderators(data, choice.method)
    text = choice.tau_prior or default_tau_prior(data.measure)
    if text is None:
        raise OptionError(
            f"bayes needs tau_prior for {data.measure}: no published prior fits every unit. Give one such as "
            "half-normal:0.5, in the unit of the effects."
        )
    prior = parse_tau_prior(text)
    mu = None if choice.mu_prior is None else parse_mu_prior(choice.mu_prior)
    result = fit_bayes(
        data.yi, data.vi, tau_prior=prior, mu_prior=mu, measure=data.measure, level=choice.level
    )
    details |= {"tau_prior": text, "mu_prior": choice.mu_prior or "flat", "prior_words": prior_words(prior)}
    if choice.mid is not None:
        direction = "below" if choice.mid < 0.0 else "above"
        beyond = probability_beyond(result, choice.mid, direction)
        details["mid"] = {
            "threshold": choice.mid,
            "direction": direction,
            "mean": beyond.mu,
            "new_study": beyond.new_study,
            "by": "posterior",
        }
    return from_bayes(data.yi, data.vi, result, details)


def _no_moderators(data: PoolData, method: str) -> None:
    if data.X is not None:
        raise OptionError(f"method {method!r} takes no moderators; use inverse-variance or a GLMM.")


def _from_counts(data: PoolData, choice: PoolChoice, details: dict[str, Any]) -> MethodResult:
    from metamsc.analysis.methods import convert
    from metamsc.models.rare.beta_binomial import beta_binomial
    from metamsc.models.rare.glmm import fit_glmm
    from metamsc.models.rare.mantel_haenszel import mantel_haenszel
    from metamsc.models.rare.peto import peto

    method = choice.method
    counts: dict[str, Any] = {name: list(values) for name, values in data.counts.items()}
    check_option(f"measure (of method {method!r})", data.measure, COUNT_MEASURES[method])
    if not counts:
        raise InputError(f"method {method!r} takes counts of events, and these rows have effects only.")
    details["double_zero"] = DOUBLE_ZERO[method]
    if method.startswith("glmm"):
        options: dict[str, Any] = {"X": data.X, "names": data.names}
        if data.measure in ("OR", "IRR"):
            options["model"] = method.removeprefix("glmm-").replace("-", ".").upper()
        return convert.from_glmm(
            fit_glmm(
                data.measure,
                **counts,
                **options,
                tau2_method=choice.tau2_method,
                ci_method=choice.ci_method,
                level=choice.level,
            ),
            details,
        )
    _no_moderators(data, method)
    if method == "mh":
        return convert.from_stratified(mantel_haenszel(data.measure, **counts, level=choice.level), details)
    if method == "peto":
        return convert.from_stratified(peto(**counts, level=choice.level), details)
    return convert.from_beta_binomial(beta_binomial(data.measure, **counts, level=choice.level), details)
