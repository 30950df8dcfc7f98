"""How far a model of dependent effects hangs on single effects or clusters: leverages, deletions, residuals.

For multilevel and structured fits. A deletion fits the model anew without the effects in question (variances
included, unless told otherwise); where it cannot be fitted any more, its row is None.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from metamsc.errors import MetamscError
from metamsc.models.batch import FloatArray, IntArray
from metamsc.models.multilevel.covariance import groups_of
from metamsc.models.multilevel.fit import MultilevelFit, fit_multilevel
from metamsc.models.multilevel.structure import label_codes
from metamsc.models.structured.fit import StructuredFit, fit_structured
from metamsc.models.structured.terms import RandomTerm, Term

DependentFit: TypeAlias = MultilevelFit | StructuredFit


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletedResidual:
    """An effect minus what the model predicts for it without its cluster, and its standard error."""

    residual: float
    se: float
    z: float

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """The model without one cluster (or effect).

    Attributes
    ----------
    label : str
        Of the cluster; without clusters the effect's number, counted from 1.
    n_effects : int
    cooks_distance : float
        (b - b(-)) ' cov(b)^-1 (b - b(-)).
    coefficients : tuple of float
        b(-), the coefficients without it.
    chi2 : float
        Of the cluster's deleted residuals together, on `n_effects` degrees of freedom.
    residuals : tuple of DeletedResidual
        One for each of its effects, in their order.
    """

    label: str
    n_effects: int
    cooks_distance: float
    coefficients: tuple[float, ...]
    chi2: float
    residuals: tuple[DeletedResidual, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name."""
        values: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__}
        values["coefficients"] = list(self.coefficients)
        return values | {"residuals": [r.to_dict() for r in self.residuals]}


def hat_values(fit: DependentFit) -> tuple[float, ...]:
    """Return the leverage of each effect: the diagonal of X (X'M^-1 X)^-1 X'M^-1."""
    X = _design(fit)
    leverage = ((X @ fit.cov) * _solved(fit, X)).sum(axis=1)
    return tuple(leverage.tolist())


def delete_clusters(
    fit: DependentFit, cluster: Sequence[object] | None = None, *, reestimate: bool = True
) -> tuple[Deletion | None, ...]:
    """Fit the model without each cluster in turn.

    Parameters
    ----------
    fit : MultilevelFit or StructuredFit
    cluster : sequence of labels, length k, optional
        Effects that are left out together; default: each effect alone.
    reestimate : bool
        False keeps the variances of the full fit (multilevel fits only), which is much quicker.

    Returns
    -------
    tuple of Deletion or None
        In order of first appearance of the clusters; None where the rest cannot be fitted, or does not tell
        what the left-out effects need (a coefficient, a level of a random term).

    References
    ----------
    Cook (1977), Technometrics 19:15-18. Viechtbauer & Cheung (2010), Res Synth Methods 1:112-125.
    """
    k = fit.model.k
    if cluster is None:
        members, labels = [np.array([i]) for i in range(k)], [str(i + 1) for i in range(k)]
    else:
        codes, found = label_codes("cluster", np.asarray(cluster, dtype=object), k)
        members, labels = groups_of(codes, len(found)), [str(label) for label in found]
    return tuple(_deleted(fit, m, name, reestimate) for m, name in zip(members, labels, strict=True))


def _deleted(fit: DependentFit, left_out: IntArray, label: str, reestimate: bool) -> Deletion | None:
    kept = np.setdiff1d(np.arange(fit.model.k), left_out)
    try:
        rest = _refitted(fit, kept, reestimate)
    except MetamscError:
        return None
    if rest.estimate.size != fit.estimate.size:
        return None
    M = _marginal_block(fit, rest, left_out)
    if M is None:
        return None
    X = _design(fit)[left_out]
    moved = fit.estimate - rest.estimate
    residual = fit.model.yi[left_out] - X @ rest.estimate
    variance = M + X @ rest.cov @ X.T
    se = np.sqrt(np.diag(variance))
    return Deletion(
        label=label,
        n_effects=left_out.size,
        cooks_distance=float(moved @ np.linalg.solve(fit.cov, moved)),
        coefficients=tuple(rest.estimate.tolist()),
        chi2=float(residual @ np.linalg.solve(variance, residual)),
        residuals=tuple(
            DeletedResidual(residual=float(r), se=float(s), z=float(r / s))
            for r, s in zip(residual, se, strict=True)
        ),
    )


def _design(fit: DependentFit) -> FloatArray:
    X = fit.model.design.X
    return np.ones((fit.model.k, 1)) if X is None else X


def _solved(fit: DependentFit, B: FloatArray) -> FloatArray:
    """Return M^-1 B in the units of the effects."""
    at = fit.working_sigma2 if isinstance(fit, MultilevelFit) else fit.coordinates
    solved: FloatArray = fit.likelihood.solve(at, B) / fit.model.scale**2
    return solved


def _refitted(fit: DependentFit, kept: IntArray, reestimate: bool) -> DependentFit:
    model = fit.model
    options: dict[str, Any] = {
        "X": None if model.design.X is None else model.design.X[kept],
        "names": None if model.design.X is None else model.design.names,
        "method": model.method,
        "ci_method": "wald",
    }
    V = model.blocks.rescaled(1.0 / model.scale).taken(kept)
    if isinstance(fit, StructuredFit):
        terms = [_term_of(term, kept) for term in fit.likelihood.terms]
        return fit_structured(model.yi[kept], V, terms=terms, **options)
    given = {
        f.name: float(s)
        for f, s, free in zip(model.factors, fit.sigma2, model.free, strict=True)
        if not (free and reestimate)
    }
    random = [{f.name: f.codes[kept]} for f in model.factors]
    return fit_multilevel(model.yi[kept], V, random=random, sigma2=given, intervals=False, **options)


def _term_of(term: Term, kept: IntArray) -> RandomTerm:
    """Return the term of the kept effects as it would be asked for."""
    structure = term.structure
    if structure.known is not None:
        return RandomTerm(
            name=term.name,
            outer=term.inner[kept].tolist(),
            correlation=structure.known,
            correlation_labels=range(structure.m),
        )
    if term.intercept:
        return RandomTerm(name=term.name, outer=term.outer[kept].tolist())
    # Positions rather than codes keep the distances of times.
    inner = structure.times[term.inner[kept]].tolist()
    return RandomTerm(name=term.name, outer=term.outer[kept].tolist(), inner=inner, structure=structure.kind)


def _marginal_block(fit: DependentFit, rest: DependentFit, chosen: IntArray) -> FloatArray | None:
    """Return M of the effects `chosen` with the variances of `rest`, in the units of the effects."""
    M = fit.model.blocks.dense(chosen) * fit.model.scale**2
    if isinstance(fit, MultilevelFit) and isinstance(rest, MultilevelFit):
        for factor, sigma2 in zip(fit.model.factors, rest.sigma2, strict=True):
            codes = factor.codes[chosen]
            M = M + float(sigma2) * (codes[:, None] == codes[None, :])
        return M
    if not (isinstance(fit, StructuredFit) and isinstance(rest, StructuredFit)):
        return None
    for term, other, part in zip(
        fit.likelihood.terms, rest.likelihood.terms, rest.likelihood.slices, strict=True
    ):
        if term.structure.known is None and other.structure.m != term.structure.m:
            return None
        inner, outer = term.inner[chosen], term.outer[chosen]
        if term.structure.known is not None:
            variance = float(np.exp(rest.coordinates[part][0]))
            G = variance * term.structure.known
        else:
            G = term.structure.matrix(rest.coordinates[part])[0]
        M = M + rest.model.scale**2 * G[np.ix_(inner, inner)] * (outer[:, None] == outer[None, :])
    return M


def standardised_dependent_residuals(fit: DependentFit) -> tuple[DeletedResidual, ...]:
    """Return residuals y - X b over the square root of the diagonal of (I - H) M (I - H)'.

    That is M - X cov X' with the weights M^-1.
    """
    X = _design(fit)
    residual = fit.model.yi - X @ fit.estimate
    variance = _marginal_diagonal(fit) - ((X @ fit.cov) * X).sum(axis=1)
    se = np.sqrt(np.maximum(variance, 0.0))
    rows = zip(residual, se, strict=True)
    return tuple(DeletedResidual(residual=float(r), se=float(s), z=float(r / s)) for r, s in rows)


def _marginal_diagonal(fit: DependentFit) -> FloatArray:
    scale = fit.model.scale**2
    if isinstance(fit, MultilevelFit):
        return fit.model.blocks.variances * scale + float(fit.sigma2.sum())
    result = np.empty(fit.model.k)
    for rows, M in zip(fit.likelihood.rows, fit.likelihood.marginal(fit.coordinates), strict=True):
        result[rows] = np.diagonal(M, axis1=1, axis2=2) * scale
    return result
