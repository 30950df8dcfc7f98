"""Permutation tests of a pooled effect and of moderators, exact or sampled.

Arrays in, a frozen result out. Without moderators signs of the effects are flipped, with moderators the
rows of the design are dealt out anew; every arrangement is one data set of the vectorised kernel.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from metamsc.errors import OptionError
from metamsc.models.batch import FloatArray, IntArray
from metamsc.models.fit import BatchFit, fit_batch
from metamsc.models.model import Model, check_model

# More arrangements than this are sampled, not listed: at k = 12 dealing out takes half a thousand million.
MAX_EXACT = 2_000_000
# Statistics that differ by less than this are ties: the same value reached by sums in another order, or
# by iterations that stop at a relative 1e-10. (metafor's default is the same 1.5e-8.)
_TIE = 1.5e-8
_CHUNK = 1 << 15

# Signs of the effects, or for each study whose row of the design it gets; one arrangement per row.
Arrangements: TypeAlias = FloatArray | IntArray


@dataclass(frozen=True, slots=True, kw_only=True)
class PermutationTest:
    """Two-sided permutation p-values.

    `p` has one entry per coefficient (in the order of `names`) and compares abs(statistic), which is None
    where the standard error is 0 (then it counts as infinite); `QM_p` is
    that of all coefficients but the intercept together (without moderators: of the pooled effect), None
    where there is nothing to test. `n_arrangements` is the number of distinct arrangements compared
    (`exact`) or of those drawn, the observed one not counted.
    """

    names: tuple[str, ...]
    statistic: tuple[float | None, ...]
    p: tuple[float, ...]
    QM: float | None
    QM_p: float | None
    exact: bool
    n_arrangements: int
    seed: int | None

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-safe dict of the fields by name."""
        values: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__}
        for name in ("names", "statistic", "p"):
            values[name] = list(values[name])
        return values


def permutation_test(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    X: ArrayLike | None = None,
    names: Sequence[str] | None = None,
    tau2_method: str = "REML",
    ci_method: str = "hksj-adhoc",
    tau2: float | None = None,
    exact: bool | None = None,
    n_sampled: int = 10_000,
    seed: int | None = None,
) -> PermutationTest:
    """Test effects by permutation.

    Parameters
    ----------
    yi, vi, X, names, tau2_method, ci_method, tau2
        As in :func:`metamsc.models.pool.pool`; they decide which statistic is compared.
    exact : bool, optional
        True: all distinct arrangements; False: `n_sampled` drawn at random; default: all of them where
        there are at most `n_sampled`.
    n_sampled : int
        Number of arrangements drawn, at least 99.
    seed : int, optional
        Seed of the generator (numpy's PCG64); needed where arrangements are drawn.

    Returns
    -------
    PermutationTest

    Raises
    ------
    OptionError
        `exact` with more than 2 million arrangements, sampling without `seed`, or `n_sampled` too small.
    OptionError, InputError, TooFewStudiesError
        As `pool`.

    Notes
    -----
    Exact: the share of arrangements whose abs(statistic) is at least the observed one. Sampled:
    (1 + count) / (1 + n), which is never 0 (Phipson & Smyth 2010, Stat Appl Genet Mol Biol 9:39). Signs:
    Follmann DA & Proschan MA (1999), Biometrics 55:732-737; rows of the design: Higgins JPT & Thompson SG
    (2004), Statistics in Medicine 23:1663-1682.

    Examples
    --------
    >>> from metamsc.models.permutation import permutation_test
    >>> permutation_test([0.2, 0.9, 0.4], [0.04, 0.09, 0.02], tau2_method="DL").p
    (0.25,)
    """
    model = check_model(
        yi,
        vi,
        tau2_method=tau2_method,
        ci_method=ci_method,
        pi_method="t",
        level=0.95,
        X=X,
        names=names,
        tau2=tau2,
        weights=None,
    )
    codes = np.zeros(model.k, np.intp) if model.design.X is None else _row_codes(model.design.X)
    n_distinct = _count(model, codes)
    full = _decide(exact, n_distinct, n_sampled, seed)
    observed = _statistics(model, _observed(model))
    chunks: Iterator[Arrangements]
    if full:
        chunks = _all_signs(model.k) if model.design.X is None else _all_rows(codes)
    else:
        chunks = _drawn(model, n_sampled, np.random.default_rng(seed))
    total, counts = _tally(model, chunks, observed)
    shares = counts / total if full else (counts + 1.0) / (total + 1.0)
    tested = bool(model.design.tested) or model.design.X is None
    return PermutationTest(
        names=model.design.names,
        statistic=tuple(_finite(x) for x in _signed(model).tolist()),
        p=tuple(shares[:-1].tolist()),
        QM=_finite(float(observed[0, -1])) if tested else None,
        QM_p=float(shares[-1]) if tested else None,
        exact=full,
        n_arrangements=n_distinct if full else total,
        seed=None if full else seed,
    )


def _finite(statistic: float) -> float | None:
    return statistic if math.isfinite(statistic) else None


def _decide(exact: bool | None, n_distinct: int, n_sampled: int, seed: int | None) -> bool:
    """Say whether all arrangements are to be listed."""
    if n_sampled < 99:
        raise OptionError(f"n_sampled must be at least 99, or no p-value could be 0.01; got {n_sampled!r}.")
    full = n_distinct <= n_sampled if exact is None else exact
    if full and n_distinct > MAX_EXACT:
        raise OptionError(
            f"exact=True would need {n_distinct:,} arrangements; at most {MAX_EXACT:,} are listed. "
            "Use exact=False with n_sampled and seed."
        )
    if not full and seed is None:
        raise OptionError(
            f"{n_distinct:,} arrangements are more than n_sampled={n_sampled:,}, so that number is drawn: "
            "give a seed, or exact=True."
        )
    return full


def _row_codes(X: FloatArray) -> IntArray:
    """Return a number for each row, equal for equal rows."""
    return np.asarray(np.unique(X, axis=0, return_inverse=True)[1], dtype=np.intp).ravel()


def _count(model: Model, codes: IntArray) -> int:
    if model.design.X is None:
        return int(2**model.k)
    count = math.factorial(model.k)
    for same in np.bincount(codes).tolist():
        count //= math.factorial(same)
    return count


def _all_signs(k: int) -> Iterator[Arrangements]:
    """Yield the sign arrangements with a plus first; abs(statistic) of the other half is the same."""
    half = 1 << (k - 1)
    for start in range(0, half, _CHUNK):
        number = np.arange(start, min(start + _CHUNK, half))
        yield _as_signs((number[:, None] >> np.arange(k)) & 1)


def _as_signs(minus: IntArray) -> FloatArray:
    return np.asarray(1.0 - 2.0 * minus, dtype=np.float64)


def _all_rows(codes: IntArray) -> Iterator[Arrangements]:
    """Yield every distinct order of the rows, as indices of one row of each kind."""
    first = np.unique(codes, return_index=True)[1]
    counts = np.bincount(codes)
    orders = np.zeros((1, 0), dtype=np.int8)
    left = counts[None, :].astype(np.int8)
    for _ in range(codes.size):  # put every kind that is left behind every beginning
        beginning, kind = np.nonzero(left)
        orders = np.concatenate([orders[beginning], kind[:, None].astype(np.int8)], axis=1)
        left = left[beginning]
        left[np.arange(kind.size), kind] -= 1
    for start in range(0, len(orders), _CHUNK):
        yield first[orders[start : start + _CHUNK]]


def _drawn(model: Model, n: int, generator: np.random.Generator) -> Iterator[Arrangements]:
    """Yield `n` random arrangements."""
    for start in range(0, n, _CHUNK):
        size = min(_CHUNK, n - start)
        if model.design.X is None:
            yield _as_signs(generator.integers(0, 2, size=(size, model.k)))
        else:
            yield generator.permuted(np.tile(np.arange(model.k), (size, 1)), axis=1)


def _observed(model: Model) -> Arrangements:
    return np.ones((1, model.k)) if model.design.X is None else np.arange(model.k)[None, :]


def _tally(
    model: Model,
    chunks: Iterator[Arrangements],
    observed: FloatArray,
) -> tuple[int, FloatArray]:
    """Return how many arrangements there are and how many reach each observed statistic."""
    # An infinite statistic (a standard error of 0) is reached by infinite ones only.
    finite = np.where(np.isinf(observed), 0.0, observed)
    reached = np.where(np.isinf(observed), np.inf, finite - _TIE * np.maximum(1.0, finite))
    total, counts = 0, np.zeros(observed.shape[1])
    for arrangement in chunks:
        found = _statistics(model, arrangement)
        counts += (found >= reached).sum(axis=0)
        total += len(found)
    return total, counts


def _fit(model: Model, arrangement: Arrangements) -> BatchFit:
    shape = arrangement.shape
    X = model.design.X
    yi = np.asarray(arrangement * model.yi if X is None else np.broadcast_to(model.yi, shape), np.float64)
    return fit_batch(
        yi,
        np.broadcast_to(model.vi, shape),
        tau2_method=model.tau2_method,
        ci_method=model.ci_method,
        X=None if X is None else X[arrangement.astype(np.intp)],
        tau2=None if model.tau2 is None else np.full(shape[0], model.tau2),
    )


def _ratio(fit: BatchFit) -> FloatArray:
    """Return the statistics of the coefficients, 0 / 0 counting as 0."""
    se = np.sqrt(np.maximum(np.diagonal(fit.cov, axis1=1, axis2=2), 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = fit.estimate / se
    return np.asarray(np.where(np.isnan(ratio), 0.0, ratio), dtype=np.float64)


def _signed(model: Model) -> FloatArray:
    statistic: FloatArray = _ratio(_fit(model, _observed(model)))[0]
    return statistic


def _statistics(model: Model, arrangement: Arrangements) -> FloatArray:
    """Return abs(statistic) of every coefficient and, last, QM; shape (B, p + 1)."""
    fit = _fit(model, arrangement)
    ratio = np.abs(_ratio(fit))
    tested = list(model.design.tested) or [0]
    if len(tested) == 1:
        return np.column_stack([ratio, ratio[:, tested[0]] ** 2])
    cov = fit.cov[:, tested][:, :, tested]
    b = fit.estimate[:, tested]
    QM = np.einsum("bp,bp->b", b, np.linalg.solve(cov, b[..., None])[..., 0])
    divisor = len(tested) if model.df is not None else 1
    return np.column_stack([ratio, QM / divisor])
