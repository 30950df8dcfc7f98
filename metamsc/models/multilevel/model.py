"""A checked request for a multilevel fit, on the scale it is worked on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from metamsc.errors import InputError, TooFewStudiesError, check_option
from metamsc.models.batch import BoolArray, FloatArray, IntArray
from metamsc.models.inputs import Design, as_vector, check_design, check_level
from metamsc.models.multilevel.covariance import BlockCovariance, Blocks, read_covariance
from metamsc.models.multilevel.likelihood import Likelihood
from metamsc.models.multilevel.structure import (
    Factor,
    RandomEffects,
    arrange,
    read_random,
    same_partition,
    spanned,
)

METHODS: dict[str, str] = {
    "REML": "restricted maximum likelihood: variances not biased by estimating the coefficients",
    "ML": "maximum likelihood: for comparing designs; its variances are too small",
}
CI_METHODS: dict[str, str] = {
    "t": "t quantiles; `df_method` gives the degrees of freedom",
    "wald": "normal quantiles",
}
DF_METHODS: dict[str, str] = {
    "contain": "groups of the coarsest level within which the column is constant, minus p (at least 1)",
    "residual": "effects minus coefficients",
}
# Residuals this small beside the effects are the rounding of a design that fits perfectly.
_ROUNDING = 1e-13


@dataclass(frozen=True, slots=True)
class MultilevelModel:
    """A checked request: data, design, levels, options; arrays of effects in the original units.

    `basis` (k, p) has orthogonal columns of mean square 1 and design = `basis` @ inverse(`to_coefs`);
    `scale` is a power of two near a typical standard error; `y` are the effects' least-squares
    residuals divided by it, `shift` (p,) what was taken out, in the basis and divided by it.
    """

    yi: FloatArray
    blocks: Blocks
    factors: tuple[Factor, ...]
    design: Design
    method: str
    ci_method: str
    df_method: str
    level: float
    basis: FloatArray
    to_coefs: FloatArray
    scale: float
    y: FloatArray
    shift: FloatArray
    free: BoolArray
    given: FloatArray
    notes: tuple[str, ...]

    @property
    def k(self) -> int:
        """Number of effects."""
        return self.yi.size

    @property
    def n_coefs(self) -> int:
        """Number of coefficients."""
        return self.design.n_coefs

    @property
    def columns(self) -> FloatArray:
        """[1, design, effects] on the working scale; the ones once only if the design has them."""
        others = self.basis[:, 1:] if self.design.has_intercept else self.basis
        return np.column_stack([np.ones(self.k), others, self.y])

    @property
    def fixed_columns(self) -> IntArray:
        """Where the design stands in :attr:`columns`."""
        return np.arange(self.n_coefs) + (0 if self.design.has_intercept else 1)

    @property
    def used(self) -> tuple[int, ...]:
        """Components with a variance that is not simply 0."""
        return tuple(j for j in range(len(self.factors)) if self.free[j] or self.given[j] > 0.0)

    def likelihood(self) -> Likelihood:
        """Return the likelihood as a function of the variances of :attr:`used`."""
        structure = arrange([self.factors[j] for j in self.used], self.blocks)
        return Likelihood(
            self.columns,
            self.fixed_columns,
            self.blocks,
            structure,
            len(self.used),
            restricted=self.method == "REML",
        )

    def coefficient_df(self) -> tuple[float | None, ...]:
        """Return the degrees of freedom of each coefficient's test."""
        if self.ci_method == "wald":
            return (None,) * self.n_coefs
        if self.df_method == "residual":
            return (float(max(self.k - self.n_coefs, 1)),) * self.n_coefs
        X = np.ones((self.k, 1)) if self.design.X is None else self.design.X
        return tuple(self._contained_df(X[:, j]) for j in range(self.n_coefs))

    def _contained_df(self, column: FloatArray) -> float:
        n = self.k
        for factor in self.factors:
            first = np.empty(factor.n_groups)
            first[factor.codes[::-1]] = column[::-1]
            if (first[factor.codes] == column).all():
                n = min(n, factor.n_groups)
        return float(max(n - self.n_coefs, 1))


def check_multilevel(
    yi: ArrayLike,
    V: ArrayLike | BlockCovariance | Blocks,
    *,
    random: RandomEffects,
    X: ArrayLike | None,
    names: Sequence[str] | None,
    method: str,
    ci_method: str,
    df_method: str,
    level: float,
    sigma2: Mapping[str, float] | None,
) -> MultilevelModel:
    """Return a :class:`MultilevelModel`, or raise the one error that says what is wrong."""
    check_option("method", method, METHODS)
    check_option("ci_method", ci_method, CI_METHODS)
    check_option("df_method", df_method, DF_METHODS)
    check_level(level)
    y = as_vector("yi", yi)
    k = y.size
    if not k:
        raise TooFewStudiesError("A multilevel model needs at least 2 effects; got 0.")
    blocks = read_covariance(V, k)
    factors = tuple(read_random(random, k))
    design = check_design(X, names, k)
    p = design.n_coefs
    if k <= p:
        raise TooFewStudiesError(f"A model with {p} coefficients needs at least {p + 1} effects; got {k}.")
    scale = float(np.ldexp(1.0, int(np.rint(0.5 * np.log2(blocks.variances.mean())))))
    basis, to_coefs = _basis(design, k)
    free, given, notes = _estimable(factors, sigma2, basis, scale)
    shift, residual = _centred(y / scale, basis)
    return MultilevelModel(
        yi=y,
        blocks=blocks.rescaled(scale),
        factors=factors,
        design=design,
        method=method,
        ci_method=ci_method,
        df_method=df_method,
        level=level,
        basis=basis,
        to_coefs=to_coefs,
        scale=scale,
        y=residual,
        shift=shift,
        free=free,
        given=given,
        notes=notes,
    )


def _basis(design: Design, k: int) -> tuple[FloatArray, FloatArray]:
    """Return an orthogonal basis with the intercept, if any, as its first column exactly."""
    if design.X is None:
        return np.ones((k, 1)), np.ones((1, 1))
    X = design.X
    order = np.arange(X.shape[1])
    if design.has_intercept:
        first = next(j for j in order if j not in design.tested)
        order = np.concatenate([[first], order[order != first]])
    Q, R = np.linalg.qr(X[:, order])
    sign = np.where(np.diag(R) < 0.0, -1.0, 1.0)
    Q, R = Q * sign * np.sqrt(k), R * sign[:, None] / np.sqrt(k)
    if design.has_intercept:
        Q[:, 0] = 1.0
    to_coefs = np.empty((order.size, order.size))
    to_coefs[order] = np.linalg.inv(R)
    return Q, to_coefs


def _centred(y: FloatArray, basis: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the least-squares coefficients in the basis and the residuals, exactly 0 if all are."""
    shift = basis.T @ y / y.size
    residual = y - basis @ shift
    more = basis.T @ residual / y.size  # the second pass removes what rounding left of a large offset
    shift, residual = shift + more, residual - basis @ more
    if np.abs(residual).max() <= _ROUNDING * max(float(np.abs(y).max()), 1.0):
        residual = np.zeros_like(y)
    return shift, residual


def _estimable(
    factors: Sequence[Factor], sigma2: Mapping[str, float] | None, basis: FloatArray, scale: float
) -> tuple[BoolArray, FloatArray, tuple[str, ...]]:
    """Return which variances are estimated, the others' values, and why they are not."""
    free, given = np.ones(len(factors), dtype=np.bool_), np.zeros(len(factors))
    for name, value in (sigma2 or {}).items():
        j = next((j for j, f in enumerate(factors) if f.name == name), None)
        if j is None:
            listed = ", ".join(repr(f.name) for f in factors)
            raise InputError(f"sigma2 names {name!r}, which is no level of random; levels are {listed}.")
        if not (np.isfinite(value) and value >= 0.0):
            raise InputError(f"sigma2[{name!r}] must be a finite number >= 0; got {value!r}.")
        free[j], given[j] = False, value / scale**2
    notes = []
    orthonormal = basis / np.sqrt(basis.shape[0])
    for j, factor in enumerate(factors):
        if not free[j]:
            continue
        twin = next((f for i, f in enumerate(factors[:j]) if free[i] and same_partition(f, factor)), None)
        if factor.n_groups == 1:
            reason = "has a single group"
        elif spanned(factor, orthonormal):
            reason = "has a coefficient for each of its groups"
        elif twin is not None:
            reason = f"groups the effects exactly as {twin.name} does"
        else:
            continue
        free[j] = False
        notes.append(f"{factor.name} {reason}: its variance cannot be estimated and is set to 0.")
    return free, given, tuple(notes)
