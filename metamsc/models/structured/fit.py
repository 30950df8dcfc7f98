"""Fitting structured random effects to dependent effects: arrays in, a frozen result out.

For random effects that nested intercepts (``fit_multilevel``) do not describe: several outcomes with
their own variances and correlations, times in sequence, a phylogeny. Dense within linked effects, so
slower; use ``fit_multilevel`` where it will do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from metamsc.errors import InputError
from metamsc.models.batch import FloatArray
from metamsc.models.inference import chi2_p, infer_coefficient, omnibus_test
from metamsc.models.multilevel.covariance import BlockCovariance, Blocks
from metamsc.models.multilevel.likelihood import fixed_effects_only
from metamsc.models.multilevel.model import MultilevelModel, check_multilevel
from metamsc.models.multilevel.statistics import statistics_at
from metamsc.models.structured.likelihood import Evaluation, StructuredLikelihood
from metamsc.models.structured.results import StructuredResult, TermEstimate
from metamsc.models.structured.search import NOTHING, maximise
from metamsc.models.structured.terms import RandomTerm, Term, read_terms


@dataclass(frozen=True, slots=True, eq=False)
class StructuredFit:
    """A fitted model: its `result`, and the arrays that predictions and tests need.

    `estimate` (p,) and `cov` (p, p) are of the design's columns, in the units of the effects; `model`,
    `likelihood` and `coordinates` (of the terms) are on the working scale.
    """

    result: StructuredResult
    model: MultilevelModel
    likelihood: StructuredLikelihood
    coordinates: FloatArray
    estimate: FloatArray
    cov: FloatArray


def fit_structured(
    yi: ArrayLike,
    V: ArrayLike | BlockCovariance | Blocks,
    *,
    terms: Sequence[RandomTerm],
    X: ArrayLike | None = None,
    names: Sequence[str] | None = None,
    method: str = "REML",
    ci_method: str = "t",
    df_method: str = "contain",
    level: float = 0.95,
    measure: str = "GEN",
) -> StructuredFit:
    """Fit a model with structured random effects.

    Parameters
    ----------
    yi, V, X, names, method, ci_method, df_method, level, measure
        As in :func:`metamsc.models.multilevel.fit.fit_multilevel`.
    terms : sequence of RandomTerm
        At least one.

    Returns
    -------
    StructuredFit
        `.result` is the :class:`StructuredResult`.

    Raises
    ------
    InputError, OptionError, TooFewStudiesError
        As in `fit_multilevel`; also more than 2,000 effects linked with each other.

    Notes
    -----
    y = X beta + sum_t Z_t u_t + e with e ~ N(0, V) and, for each group of a term, u_t ~ N(0, G_t)
    (Berkey et al. 1998, Stat Med 17:2537-2550; Nakagawa & Santos 2012, Evol Ecol 26:1253-1274, for known
    correlations). Every G_t is kept a covariance matrix: the correlation of m levels under compound symmetry
    is at least -1 / (m - 1).

    Examples
    --------
    >>> from metamsc.models.structured.fit import fit_structured
    >>> from metamsc.models.structured.terms import RandomTerm
    >>> term = RandomTerm(name="outcome", outer=[1, 1, 2, 2, 3, 3], inner=["a", "b"] * 3, structure="HCS")
    >>> fit = fit_structured([0.1, 0.4, 0.5, 1.1, 0.2, 0.9], [0.01] * 6, terms=[term])
    >>> [t.structure for t in fit.result.terms]
    ['HCS']
    """
    model = check_multilevel(
        yi,
        V,
        random=None,
        X=X,
        names=names,
        method=method,
        ci_method=ci_method,
        df_method=df_method,
        level=level,
        sigma2=None,
    )
    if not terms:
        raise InputError("terms must have at least one random term; without any, use fit_multilevel.")
    read = read_terms(terms, model.k)
    likelihood = StructuredLikelihood(model.basis, model.y, model.blocks, read, restricted=method == "REML")
    spread = float((model.y**2).sum()) / (model.k - model.n_coefs)
    x, at = maximise(likelihood, spread)
    estimate = model.scale * (model.to_coefs @ (model.shift + at.gamma))
    cov = model.scale**2 * (model.to_coefs @ at.cov @ model.to_coefs.T)
    result = _result(model, likelihood, x, at, estimate, cov, measure)
    return StructuredFit(result, model, likelihood, x, estimate, cov)


def _result(
    model: MultilevelModel,
    likelihood: StructuredLikelihood,
    x: FloatArray,
    at: Evaluation,
    estimate: FloatArray,
    cov: FloatArray,
    measure: str,
) -> StructuredResult:
    df = _coefficient_df(model, likelihood.terms)
    se = np.sqrt(np.maximum(np.diag(cov), 0.0))
    tested = list(model.design.tested)
    QM_df = min((d for d in (df[j] for j in tested) if d is not None), default=None)
    alone, _ = fixed_effects_only(model.columns, model.fixed_columns, model.blocks)
    spare = model.k - model.n_coefs
    rows = zip(model.design.names, estimate, se, df, strict=True)
    return StructuredResult(
        measure=measure,
        k=model.k,
        level=model.level,
        method=model.method,
        ci_method=model.ci_method,
        df_method=model.df_method,
        coefficients=tuple(infer_coefficient(n, float(b), float(s), d, model.level) for n, b, s, d in rows),
        QM=omnibus_test(estimate[tested], cov[np.ix_(tested, tested)], QM_df) if tested else None,
        Q=alone.Q,
        Q_df=spare,
        Q_p=chi2_p(alone.Q, spare),
        terms=tuple(
            term_estimate(term, x[s], model.scale)
            for term, s in zip(likelihood.terms, likelihood.slices, strict=True)
        ),
        fit=statistics_at(model, at.deviance, at.cov, model.n_coefs + likelihood.n_coordinates),
        warnings=_notes(model, likelihood, x),
    )


def _coefficient_df(model: MultilevelModel, terms: Sequence[Term]) -> tuple[float | None, ...]:
    """Return each coefficient's degrees of freedom: groups of the coarsest term it is constant within."""
    if model.ci_method == "wald" or model.df_method == "residual":
        return model.coefficient_df()
    X = np.ones((model.k, 1)) if model.design.X is None else model.design.X
    found = []
    for column in X.T:
        n = model.k
        for term in terms:
            codes = term.inner if term.structure.known is not None else term.outer
            first = np.empty(int(codes.max()) + 1)
            first[codes[::-1]] = column[::-1]
            if (first[codes] == column).all():
                n = min(n, term.n_groups)
        found.append(float(max(n - model.n_coefs, 1)))
    return tuple(found)


def term_estimate(term: Term, x: FloatArray, scale: float) -> TermEstimate:
    """Return a term's variances and correlations in the units of the effects."""
    variances, correlations = term.structure.parameters(x)
    at_zero = np.log(variances) < NOTHING
    return TermEstimate(
        name=term.name,
        structure=term.structure.kind,
        levels=term.levels,
        n_groups=term.n_groups,
        variances=tuple((np.where(at_zero, 0.0, variances) * scale**2).tolist()),
        correlations=tuple(correlations.tolist()),
    )


def _notes(model: MultilevelModel, likelihood: StructuredLikelihood, x: FloatArray) -> tuple[str, ...]:
    found = list(model.notes)
    for term, s in zip(likelihood.terms, likelihood.slices, strict=True):
        variances, correlations = term.structure.parameters(x[s])
        if (np.log(variances) < NOTHING).any():
            found.append(f"{term.name}: a variance is estimated as 0, the boundary of what is possible.")
        if (np.abs(correlations) > 1.0 - 1e-6).any():
            found.append(f"{term.name}: a correlation is estimated at the boundary of what is possible.")
        if term.n_groups < 5 * term.structure.n_coordinates:
            found.append(
                f"{term.name}: {term.structure.n_coordinates} parameters from {term.n_groups} groups; "
                "they can hardly be estimated."
            )
    if model.design.dropped:
        dropped = ", ".join(model.design.dropped)
        found.append(f"Moderators dropped because others already determine them: {dropped}.")
    return tuple(found)
