"""What `pool` and its kin accept, checked once: arrays, design, options.

Each refusal is one exception that names the argument, the position (counted from 1, as in a table)
and the value. Nothing is dropped, filled or repaired here, with one exception that is reported:
columns of a design that others already determine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from metamsc.errors import InputError, OptionError, TooFewStudiesError
from metamsc.models.batch import FloatArray

# A column is redundant when less than this share of its length is left beside the earlier columns
# (the value R's lm uses).
_REDUNDANT = 1e-7
# Below this ratio of variances double precision has digits to spare.
_EXTREME_RATIO = 1e7


@dataclass(frozen=True, slots=True)
class Design:
    """A checked design.

    `X` is None for an intercept only; `kept` are the columns used of those given, `dropped` the names
    of the others; `tested` are the columns of `X` that QM is about.
    """

    X: FloatArray | None
    names: tuple[str, ...]
    kept: tuple[int, ...]
    tested: tuple[int, ...]
    has_intercept: bool
    dropped: tuple[str, ...]

    @property
    def n_coefs(self) -> int:
        """Number of coefficients."""
        return len(self.names)


def as_vector(name: str, values: ArrayLike) -> FloatArray:
    """Return `values` as a one-dimensional float array of finite numbers, or say where they are not."""
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} must be numbers; got {values!r}.") from error
    if array.ndim != 1:
        raise InputError(f"{name} must be a list of numbers; got an array of {array.ndim} dimensions.")
    bad = np.flatnonzero(~np.isfinite(array))
    if bad.size:
        first = int(bad[0])
        raise InputError(
            f"{name}[{first + 1}] is {array[first]}; every value must be a finite number. "
            "Leave the study out, or supply its value."
        )
    return array


def check_effects(yi: ArrayLike, vi: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return `yi` and `vi` as arrays of one length, finite, `vi` positive, k >= 1."""
    y, v = as_vector("yi", yi), as_vector("vi", vi)
    if y.size != v.size:
        raise InputError(f"yi and vi must have one value per study each; got {y.size} and {v.size}.")
    if not y.size:
        raise TooFewStudiesError("Pooling needs at least 1 study; got 0.")
    bad = np.flatnonzero(v <= 0.0)
    if bad.size:
        first = int(bad[0])
        raise InputError(
            f"vi[{first + 1}] is {v[first]:g}; a sampling variance must be > 0 "
            "(0 would claim a study without sampling error)."
        )
    return y, v


def check_level(level: float) -> None:
    """Raise unless `level` is a fraction strictly between 0 and 1."""
    if not (isinstance(level, (int, float)) and 0.0 < level < 1.0):
        raise OptionError(f"level must be a fraction between 0 and 1, such as 0.95; got {level!r}.")


def check_fixed_tau2(tau2: float | None) -> None:
    """Raise unless `tau2` is None or a finite number >= 0."""
    if tau2 is not None and not (np.isfinite(tau2) and tau2 >= 0.0):
        raise InputError(f"tau2 must be a finite number >= 0; got {tau2!r}.")


def check_weights(weights: ArrayLike | None, k: int) -> FloatArray | None:
    """Return user weights as k numbers >= 0 that are not all 0, or None."""
    if weights is None:
        return None
    a = as_vector("weights", weights)
    if a.size != k:
        raise InputError(f"weights must have one value per study; got {a.size} for {k} studies.")
    if (a < 0.0).any():
        first = int(np.flatnonzero(a < 0.0)[0])
        raise InputError(f"weights[{first + 1}] is {a[first]:g}; a weight must be >= 0.")
    if not a.any():
        raise InputError("weights are all 0; at least one study must have a weight.")
    return a


def check_design(X: ArrayLike | None, names: Sequence[str] | None, k: int) -> Design:
    """Return the design with redundant columns dropped and named in `dropped`."""
    if X is None:
        if names is not None:
            raise InputError("names name the columns of X; give X too, or leave names out.")
        return Design(None, ("intercept",), (0,), (), has_intercept=True, dropped=())
    array = np.asarray(X, dtype=np.float64)
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2 or array.shape[0] != k or not array.shape[1]:
        raise InputError(f"X must have one row per study ({k}) and at least one column; got {array.shape}.")
    if not np.isfinite(array).all():
        row, column = (int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise InputError(f"X[{row + 1}, {column + 1}] is {array[row, column]}; every value must be finite.")
    labels = tuple(names) if names is not None else tuple(f"x{j + 1}" for j in range(array.shape[1]))
    if len(labels) != array.shape[1]:
        raise InputError(f"names must name every column of X; got {len(labels)} for {array.shape[1]}.")
    return _described(array, labels, _independent_columns(array))


def _described(array: FloatArray, labels: tuple[str, ...], kept: list[int]) -> Design:
    X = array[:, kept]
    names = tuple(labels[j] for j in kept)
    dropped = tuple(label for j, label in enumerate(labels) if j not in kept)
    constant = [j for j in range(len(kept)) if (X[:, j] == 1.0).all()]
    if constant and len(kept) == 1:
        return Design(None, names, tuple(kept), (), has_intercept=True, dropped=dropped)
    tested = tuple(j for j in range(len(kept)) if j not in constant)
    return Design(X, names, tuple(kept), tested, has_intercept=bool(constant), dropped=dropped)


def _independent_columns(X: FloatArray) -> list[int]:
    """Return the columns that earlier ones do not determine, an intercept before all others."""
    order = sorted(range(X.shape[1]), key=lambda j: not (X[:, j] == 1.0).all())
    basis: list[FloatArray] = []
    kept = []
    for j in order:
        rest = X[:, j].copy()
        for _ in range(2):  # twice is enough (Kahan): the second pass removes what rounding left
            for q in basis:
                rest -= (q @ rest) * q
        length = np.linalg.norm(rest)
        if length > _REDUNDANT * np.linalg.norm(X[:, j]):
            basis.append(rest / length)
            kept.append(j)
    return sorted(kept)


def extreme_ratio(vi: FloatArray) -> float | None:
    """Return largest / smallest sampling variance where it is extreme, else None."""
    ratio = float(vi.max() / vi.min())
    return ratio if ratio >= _EXTREME_RATIO else None
