"""The likelihood of each study's counts under the mixed models, as a function of a few local parameters.

Unconditional models (UM) describe both arms' events with an intercept per study, fixed (FS) or random
(RS); conditional models (CM) describe the treated arms' events given those of both arms, exactly (EL) or
as if binomial (AL); one-group models describe events of one group. Only the shape of the likelihood is
decided here; nothing is maximised.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metamsc.errors import InputError
from metamsc.models.batch import BoolArray, FloatArray
from metamsc.models.rare.counts import OneGroup, TwoArms
from metamsc.models.rare.densities import Binomial, Family, Poisson, hypergeometric
from metamsc.models.rare.maximise import Problem
from metamsc.models.rare.quadrature import find_modes, integrated_loglik

# A log predictor that makes a Poisson mean vanish without underflow.
_NO_EXPOSURE = -700.0


@dataclass(frozen=True, slots=True)
class StudyModel:
    """k studies with m cells each.

    The predictor of a cell is ``offset + intercept + treated * effect``, plus ``sigma`` times a normal
    deviate where the intercept is random, plus ``contrast * tau`` times another.

    Attributes
    ----------
    family : Family
    offset : array of shape (k, m)
    treated, contrast : arrays of shape (m,)
        How the study's effect and its random deviation enter the predictor of each cell.
    intercept : str
        "none", "fixed" (one per study) or "random".
    yi, vi : arrays of shape (k,)
        The studies' own effects; infinite, or of infinite variance, where a cell is empty.
    """

    family: Family
    offset: FloatArray
    treated: FloatArray
    contrast: FloatArray
    intercept: str
    yi: FloatArray
    vi: FloatArray

    @property
    def k(self) -> int:
        """Number of studies."""
        return int(self.offset.shape[0])

    def contributions(self, phi: FloatArray, *, random: bool, n_nodes: int) -> FloatArray:
        """Return log likelihoods of shape (S, k) at local parameters (S, k, L).

        Local parameters are the intercept (if any), the effect, then sigma (random intercepts), then tau
        (if `random`).
        """
        base, loading = self._predictor(phi, random=random)
        if loading is None:
            return np.asarray(self.family.loglik(base).sum(axis=-1))
        return integrated_loglik(self.family, base, loading, n_nodes)

    def _predictor(self, phi: FloatArray, *, random: bool) -> tuple[FloatArray, FloatArray | None]:
        """Return predictors without random effects, and what one SD of each of these adds."""
        first = 0 if self.intercept == "none" else 1
        base = self.offset + phi[..., first : first + 1] * self.treated
        if first:
            base = base + phi[..., :1]
        deviations = [np.ones_like(self.treated)] if self.intercept == "random" else []
        deviations += [self.contrast] if random else []
        if not deviations:
            return base, None
        sds = phi[..., first + 1 :]
        return base, np.stack([sds[..., j : j + 1] * z for j, z in enumerate(deviations)], axis=-1)

    def deviance_at_modes(self, phi: FloatArray, *, random: bool) -> float:
        """Return -2 times the log likelihood, relative to saturated, with random effects at their modes."""
        base, loading = self._predictor(phi[None], random=random)
        if loading is not None:
            modes = find_modes(self.family, base, loading)
            base = base + np.einsum("skmd,skd->skm", loading, modes)
        return float(-2.0 * self.family.loglik(base).sum())

    def problem(self, X: FloatArray, *, random: bool, n_nodes: int, tau: float | None = None) -> Problem:
        """Return what is to be maximised over beta (p), alpha and sigma (random intercepts), tau.

        Global parameters are in the order alpha (random intercepts only), beta, sigma, tau; a `tau`
        that is given is held.
        """
        k, p = X.shape
        first = 0 if self.intercept == "none" else 1
        alpha = 1 if self.intercept == "random" else 0
        sds = alpha + (1 if random and tau is None else 0)
        mapping = np.zeros((k, first + 1 + sds, alpha + p + sds))
        if alpha:
            mapping[:, 0, 0] = 1.0
        mapping[:, first, alpha : alpha + p] = X
        for j in range(sds):
            mapping[:, first + 1 + j, alpha + p + j] = 1.0
        own = 0 if self.intercept == "fixed" else None

        def contribution(phi: FloatArray) -> FloatArray:
            if random and tau is not None:
                phi = np.concatenate([phi, np.full((*phi.shape[:-1], 1), tau)], axis=-1)
            return self.contributions(phi, random=random, n_nodes=n_nodes)

        return Problem(contribution, mapping, own)

    def saturated_problem(self, n_nodes: int) -> Problem:
        """Return the problem with random intercepts and an effect of its own for every study."""
        mapping = np.zeros((self.k, 3, 2))
        mapping[:, 0, 0] = mapping[:, 2, 1] = 1.0
        return Problem(lambda phi: self.contributions(phi, random=False, n_nodes=n_nodes), mapping, own=1)

    def without_extreme_arms(self) -> StudyModel:
        """Return the model in which treated arms at the edge fit perfectly, as they do in the limit.

        With an effect of its own a study whose treated arm has no (or only) events has an infinite
        effect, and that arm's likelihood tends to its largest value.
        """
        family, offset = self.family, self.offset.copy()
        if isinstance(family, Binomial):
            keep = (family.y > 0.0) & (family.y < family.n)
            keep[:, 1] = True
            return StudyModel(
                Binomial(np.where(keep, family.y, 0.0), np.where(keep, family.n, 0.0)),
                offset, self.treated, self.contrast, self.intercept, self.yi, self.vi,
            )  # fmt: skip
        if isinstance(family, Poisson):
            offset[:, 0] = np.where(family.y[:, 0] == 0.0, _NO_EXPOSURE, offset[:, 0])
        return StudyModel(family, offset, self.treated, self.contrast, self.intercept, self.yi, self.vi)

    def extreme_treated(self) -> BoolArray:
        """Say which studies' treated arms have no events, or nothing but events."""
        y = self.family.counts[:, 0]
        edge = y == 0.0
        if isinstance(self.family, Binomial):
            edge = edge | (y == self.family.n[:, 0])
        return np.asarray(edge)


def table_model(model: str, arms: TwoArms) -> StudyModel:
    """Return the study model of 2×2 tables (odds ratio)."""
    a, n1, c, n2 = arms.events_treat, arms.size_treat, arms.events_control, arms.size_control
    with np.errstate(divide="ignore", invalid="ignore"):
        log_or = np.log(a) + np.log(n2 - c) - np.log(n1 - a) - np.log(c)
        variance = 1.0 / a + 1.0 / (n1 - a) + 1.0 / c + 1.0 / (n2 - c)
    if model.startswith("UM"):
        family: Family = Binomial(np.column_stack([a, c]), np.column_stack([n1, n2]))
        return _two_cells(model, family, np.zeros((arms.k, 2)), log_or, variance)
    if model == "CM.EL":
        if not all((x == np.round(x)).all() for x in (a, n1, c, n2)):
            raise InputError("model CM.EL needs whole numbers of events and participants.")
        exact = hypergeometric(a, n1, n2, a + c)
        own = exact.best
        finite = np.isfinite(own)
        information = exact.slopes(np.where(finite, own, 0.0)[:, None])[1][:, 0]
        variance = np.where(finite, 1.0 / np.maximum(information, 1e-300), np.inf)
        return _one_cell(exact, np.zeros(arms.k), own, variance)
    with np.errstate(divide="ignore", invalid="ignore"):
        own, variance = np.log(a) - np.log(c) - np.log(n1 / n2), 1.0 / a + 1.0 / c
    return _one_cell(Binomial(a[:, None], (a + c)[:, None]), np.log(n1 / n2), own, variance)


def rate_model(model: str, arms: TwoArms) -> StudyModel:
    """Return the study model of events over person-time in two arms (rate ratio)."""
    x1, t1, x2, t2 = arms.events_treat, arms.size_treat, arms.events_control, arms.size_control
    with np.errstate(divide="ignore", invalid="ignore"):
        own, variance = np.log(x1) - np.log(x2) - np.log(t1 / t2), 1.0 / x1 + 1.0 / x2
    if model.startswith("UM"):
        family = Poisson(np.column_stack([x1, x2]))
        return _two_cells(model, family, np.log(np.column_stack([t1, t2])), own, variance)
    # Given the events of both arms, those of the treated are exactly binomial.
    return _one_cell(Binomial(x1[:, None], (x1 + x2)[:, None]), np.log(t1 / t2), own, variance)


def group_model(group: OneGroup) -> StudyModel:
    """Return the study model of one group: log odds, or log rate over person-time."""
    x, n = group.events, group.size
    with np.errstate(divide="ignore", invalid="ignore"):
        if group.rates:
            return _one_cell(Poisson(x[:, None]), np.log(n), np.log(x) - np.log(n), 1.0 / x)
        own, variance = np.log(x) - np.log(n - x), 1.0 / x + 1.0 / (n - x)
    return _one_cell(Binomial(x[:, None], n[:, None]), np.zeros(group.k), own, variance)


def _two_cells(model: str, family: Family, offset: FloatArray, yi: FloatArray, vi: FloatArray) -> StudyModel:
    intercept = "fixed" if model == "UM.FS" else "random"
    # Half of the deviation in each arm, so that neither arm's events vary more than the other's.
    return StudyModel(family, offset, np.array([1.0, 0.0]), np.array([0.5, -0.5]), intercept, yi, vi)


def _one_cell(family: Family, offset: FloatArray, yi: FloatArray, vi: FloatArray) -> StudyModel:
    return StudyModel(family, offset[:, None], np.ones(1), np.ones(1), "none", yi, vi)
