"""Fitting nested random effects: effects with a known sampling covariance in, a frozen result out.

For effects that are not independent: several outcomes, times or comparisons of one study, studies of
one group. V says how their sampling errors go together, `random` how their true effects do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from metamsc.models.batch import FloatArray
from metamsc.models.inference import chi2_p, critical_value, infer_coefficient, omnibus_test
from metamsc.models.multilevel.covariance import BlockCovariance, Blocks
from metamsc.models.multilevel.likelihood import Evaluation, Likelihood, fixed_effects_only
from metamsc.models.multilevel.model import MultilevelModel, check_multilevel
from metamsc.models.multilevel.results import MultilevelResult, VarianceComponent
from metamsc.models.multilevel.search import maximise, profile_interval
from metamsc.models.multilevel.structure import RandomEffects
from metamsc.models.results import Coefficient, Interval

# Fewer groups than this tell little about a level's variance.
_FEW_GROUPS = 5


@dataclass(frozen=True, slots=True, eq=False)
class MultilevelFit:
    """A fitted model: its `result`, and the arrays that predictions and robust tests need.

    `estimate` (p,) and `cov` (p, p) are of the design's columns and `sigma2` (q,) of all components, in
    the units of the effects; `model` and `likelihood` are on the working scale.
    """

    result: MultilevelResult
    model: MultilevelModel
    likelihood: Likelihood
    estimate: FloatArray
    cov: FloatArray
    sigma2: FloatArray

    @property
    def working_sigma2(self) -> FloatArray:
        """Variances of the components in use, on the working scale."""
        return self.sigma2[list(self.model.used)] / self.model.scale**2


def fit_multilevel(
    yi: ArrayLike,
    V: ArrayLike | BlockCovariance | Blocks,
    *,
    random: RandomEffects = None,
    X: ArrayLike | None = None,
    names: Sequence[str] | None = None,
    method: str = "REML",
    ci_method: str = "t",
    df_method: str = "contain",
    level: float = 0.95,
    measure: str = "GEN",
    sigma2: Mapping[str, float] | None = None,
    intervals: bool = True,
) -> MultilevelFit:
    """Fit a model with nested random intercepts to dependent effects.

    Parameters
    ----------
    yi : array-like of shape (k,)
        Effects, all on one analysis scale and in one unit.
    V : array-like of shape (k,) or (k, k), or BlockCovariance
        Sampling variances, or their covariance (``metamsc.effects.covariance`` makes it by study), in
        the squared unit of `yi`.
    random : mapping of str to labels, or sequence of such mappings
        Levels from the outermost to the innermost, each with one label per effect:
        ``{"study": study, "effect": number}``. Labels of an inner level count within the outer one.
        A sequence adds separate chains: ``[{"study": ...}, {"species": ...}]``. Default: no random
        effects, the generalised least-squares fit of an equal-effects model.
    X, names
        Design as in :func:`metamsc.models.pool.pool`; default an intercept only.
    method : str
        "REML" or "ML".
    ci_method, df_method : str
        "t" with degrees of freedom "contain" or "residual", or "wald". The defaults are the cautious
        ones: coefficients are tested with the number of groups that inform them.
    level : float
        Coverage of all intervals.
    measure : str
        Effect-size code, carried into the result.
    sigma2 : mapping of str to float, optional
        Variances to use instead of estimating, by the level's full name ("study/effect").
    intervals : bool
        Whether to compute profile-likelihood intervals of the variances (most of the time spent).

    Returns
    -------
    MultilevelFit
        `.result` is the :class:`MultilevelResult`.

    Raises
    ------
    InputError, OptionError, TooFewStudiesError
        As in `pool`; also where V is no covariance matrix or the levels do not fit together.

    Notes
    -----
    y = X beta + sum_j Z_j u_j + e, u_j ~ N(0, sigma2_j I), e ~ N(0, V). Work and memory grow linearly
    with k; blocks of V and crossed levels are inverted a block at a time. The interval of a variance holds
    the values at which -2 log-likelihood, maximised over the other variances, is within the
    chi-square quantile of its minimum.

    References
    ----------
    Konstantopoulos (2011), Res Synth Methods 2:61-76. Van den Noortgate et al. (2013), Behav Res
    Methods 45:576-594. Containment: Pinheiro & Bates (2000), Mixed-Effects Models in S and S-PLUS, 2.4.2.

    Examples
    --------
    >>> from metamsc.models.multilevel.fit import fit_multilevel
    >>> random = {"study": ["a", "a", "b", "b", "c"], "effect": [1, 2, 1, 2, 1]}
    >>> fit = fit_multilevel([0.1, 0.3, 0.6, 0.9, 0.2], [0.02, 0.03, 0.02, 0.04, 0.03], random=random)
    >>> round(fit.result.estimate, 4), [round(s, 4) for s in fit.result.sigma2]
    (0.368, [0.0745, 0.0])
    """
    model = check_multilevel(
        yi,
        V,
        random=random,
        X=X,
        names=names,
        method=method,
        ci_method=ci_method,
        df_method=df_method,
        level=level,
        sigma2=sigma2,
    )
    likelihood = model.likelihood()
    used = list(model.used)
    free, given = model.free[used], model.given[used]
    spread = float((model.y**2).sum()) / (model.k - model.n_coefs)
    working = maximise(likelihood, free, given, spread)
    at = likelihood.evaluate(working, derivatives=False)
    every = model.given.copy()
    every[used] = working
    estimate = model.scale * (model.to_coefs @ (model.shift + at.gamma))
    cov = model.scale**2 * (model.to_coefs @ at.cov @ model.to_coefs.T)
    ends = _profile(model, likelihood, working) if intervals else {}
    result = _result(model, likelihood, at, every * model.scale**2, estimate, cov, ends, measure)
    return MultilevelFit(result, model, likelihood, estimate, cov, every * model.scale**2)


def _profile(model: MultilevelModel, likelihood: Likelihood, s: FloatArray) -> dict[int, Interval]:
    drop = critical_value(model.level, None) ** 2
    ends = {}
    for i, j in enumerate(model.used):
        if model.free[j]:
            low, high = profile_interval(likelihood, s, model.free[list(model.used)], i, drop)
            ends[j] = Interval(low * model.scale**2, high * model.scale**2, model.level)
    return ends


def _result(
    model: MultilevelModel,
    likelihood: Likelihood,
    at: Evaluation,
    sigma2: FloatArray,
    estimate: FloatArray,
    cov: FloatArray,
    ends: dict[int, Interval],
    measure: str,
) -> MultilevelResult:
    coefficients = _coefficients(model, estimate, cov)
    first = coefficients[0]
    alone, trP = fixed_effects_only(model.columns, model.fixed_columns, model.blocks)
    spare = model.k - model.n_coefs
    components = _components(model, sigma2, spare / trP * model.scale**2, ends)
    loglik, aic, bic, aicc = _fit_statistics(model, at)
    df = [c.df for c in coefficients]
    tested = list(model.design.tested)
    QM_df = (
        None if model.ci_method == "wald" else min((d for d in (df[j] for j in tested) if d), default=None)
    )
    return MultilevelResult(
        measure=measure,
        k=model.k,
        estimate=first.estimate,
        se=first.se,
        statistic=first.statistic,
        df=first.df,
        p=first.p,
        ci=first.ci,
        pi=_prediction_interval(model, first, float(sigma2.sum())),
        level=model.level,
        method=model.method,
        ci_method=model.ci_method,
        df_method=model.df_method,
        components=components,
        I2=float(sum(c.I2 for c in components)),
        Q=alone.Q,
        Q_df=spare,
        Q_p=chi2_p(alone.Q, spare),
        coefficients=coefficients,
        QM=omnibus_test(estimate[tested], cov[np.ix_(tested, tested)], QM_df) if tested else None,
        loglik=loglik,
        aic=aic,
        bic=bic,
        aicc=aicc,
        weights_percent=_weights_percent(model, likelihood, sigma2),
        warnings=_notes(model, components),
    )


def _coefficients(model: MultilevelModel, estimate: FloatArray, cov: FloatArray) -> tuple[Coefficient, ...]:
    se = np.sqrt(np.maximum(np.diag(cov), 0.0))
    rows = zip(model.design.names, estimate, se, model.coefficient_df(), strict=True)
    return tuple(infer_coefficient(n, float(b), float(s), df, model.level) for n, b, s, df in rows)


def _components(
    model: MultilevelModel, sigma2: FloatArray, typical: float, ends: dict[int, Interval]
) -> tuple[VarianceComponent, ...]:
    total = float(sigma2.sum())
    return tuple(
        VarianceComponent(
            name=factor.name,
            n_groups=factor.n_groups,
            sigma2=float(s),
            ci=ends.get(j),
            share=float(s) / total if total > 0.0 else None,
            I2=100.0 * float(s) / (total + typical),
            estimated=bool(model.free[j]),
        )
        for j, (factor, s) in enumerate(zip(model.factors, sigma2, strict=True))
    )


def _fit_statistics(
    model: MultilevelModel, at: Evaluation
) -> tuple[float, float, float | None, float | None]:
    """Return log-likelihood, AIC, BIC, AICc in the original units."""
    k, p = model.k, model.n_coefs
    n = k - p if model.method == "REML" else k
    deviance = at.deviance + n * (np.log(2.0 * np.pi) + 2.0 * np.log(model.scale))
    if model.method == "REML":
        deviance -= p * np.log(k)  # log|X'X| of the basis, whose columns have mean square 1
    parameters = p + int(model.free.sum())
    m = max(n, parameters + 2)
    return (
        float(-0.5 * deviance),
        float(deviance + 2.0 * parameters),
        float(deviance + parameters * np.log(n)),
        float(deviance + 2.0 * parameters * m / (m - parameters - 1)),
    )


def _prediction_interval(model: MultilevelModel, first: Coefficient, total: float) -> Interval | None:
    if model.n_coefs > 1 or not model.design.has_intercept or model.k < 3 or not model.factors:
        return None
    half = critical_value(model.level, first.df) * float(np.sqrt(first.se**2 + total))
    return Interval(first.estimate - half, first.estimate + half, model.level)


def _weights_percent(
    model: MultilevelModel, likelihood: Likelihood, sigma2: FloatArray
) -> tuple[float, ...] | None:
    if model.n_coefs > 1 or not model.design.has_intercept:
        return None
    working = sigma2[list(model.used)] / model.scale**2
    w = likelihood.solve(working, np.ones((model.k, 1)))[:, 0]
    return tuple(float(x) for x in 100.0 * w / w.sum())


def _notes(model: MultilevelModel, components: tuple[VarianceComponent, ...]) -> tuple[str, ...]:
    found = list(model.notes)
    for c in components:
        if c.estimated and c.n_groups < _FEW_GROUPS:
            found.append(f"{c.name} has {c.n_groups} groups: its variance can hardly be estimated.")
        if c.estimated and c.sigma2 == 0.0:
            found.append(f"The variance of {c.name} is estimated as 0, the boundary of what is possible.")
    if model.design.dropped:
        dropped = ", ".join(model.design.dropped)
        found.append(f"Moderators dropped because others already determine them: {dropped}.")
    return tuple(found)
