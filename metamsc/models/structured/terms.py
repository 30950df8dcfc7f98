"""Random terms: which effects share which random effects, read and checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from metamsc.errors import InputError, check_option
from metamsc.models.batch import FloatArray, IntArray
from metamsc.models.multilevel.structure import label_codes
from metamsc.models.structured.structures import STRUCTURES, Structure

_ASYMMETRY = 1e-8
_SINGULAR = -1e-10
_ONE_VARIANCE = ("ID", "CS", "AR", "CAR")


@dataclass(frozen=True, slots=True, kw_only=True)
class RandomTerm:
    """One random term as asked for.

    Attributes
    ----------
    name : str
        What reports call it.
    outer : sequence of labels, length k
        Groups; effects in different groups share nothing.
    inner : sequence of labels, length k, optional
        The level of each effect within its group (outcome, time, arm); default: a random intercept.
    structure : str
        Key of ``STRUCTURES``; only with `inner`.
    correlation : array-like of shape (n, n), optional
        Known correlations of the groups of a random intercept (a phylogeny, a pedigree, distances), in the
        order of `correlation_labels`.
    correlation_labels : sequence of labels, length n, optional
    """

    name: str
    outer: Sequence[object]
    inner: Sequence[object] | None = None
    structure: str = "CS"
    correlation: ArrayLike | None = None
    correlation_labels: Sequence[object] | None = None


@dataclass(frozen=True, slots=True)
class Term:
    """A checked term: G[inner_i, inner_j] is the covariance of effects i and j of one `outer` group.

    `levels` are the labels of G's rows, empty for a plain random intercept; a known correlation makes all
    effects one group.
    """

    name: str
    structure: Structure
    levels: tuple[str, ...]
    outer: IntArray
    inner: IntArray
    n_groups: int
    intercept: bool


def read_terms(terms: Sequence[RandomTerm], k: int) -> tuple[Term, ...]:
    """Return the terms checked.

    Raises
    ------
    InputError
        A wrong number of labels, a missing one, a correlation matrix that is none or lacks a group.
    OptionError
        An unknown structure.
    """
    found = [_read(term, k) for term in terms]
    names = [term.name for term in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"terms have the name {', '.join(twice)} more than once.")
    return tuple(found)


def _read(term: RandomTerm, k: int) -> Term:
    check_option("structure", term.structure, STRUCTURES)
    outer, groups = label_codes(f"{term.name}: outer", np.asarray(term.outer, dtype=object), k)
    if term.correlation is not None:
        if term.inner is not None:
            raise InputError(f"{term.name}: correlation is for random intercepts; leave inner out.")
        return _with_correlation(term, outer, groups)
    if term.inner is None:
        one = Structure("ID", 1, np.zeros(1))
        return Term(term.name, one, (), outer, np.zeros(k, dtype=np.intp), len(groups), intercept=True)
    inner, levels = _sorted_levels(f"{term.name}: inner", term.inner, k)
    times = np.arange(len(levels), dtype=np.float64)
    if term.structure == "CAR":
        times = _times(term.name, levels)
    if len(levels) < 2:
        raise InputError(f"{term.name}: inner has a single level; leave inner out for a random intercept.")
    structure = Structure(term.structure, len(levels), times)
    return Term(term.name, structure, tuple(map(str, levels)), outer, inner, len(groups), intercept=False)


def _sorted_levels(name: str, labels: Sequence[object], k: int) -> tuple[IntArray, list[object]]:
    """Return codes and levels, sorted: numbers by size, text alphabetically."""
    codes, found = label_codes(name, np.asarray(labels, dtype=object), k)
    numbers = all(isinstance(label, (int, float, np.number)) for label in found)
    order = sorted(range(len(found)), key=lambda i: found[i] if numbers else str(found[i]))
    place = np.empty(len(found), dtype=np.intp)
    place[order] = np.arange(len(found))
    return place[codes], [found[i] for i in order]


def _times(name: str, levels: Sequence[object]) -> FloatArray:
    try:
        return np.array([float(str(level)) for level in levels])
    except ValueError:
        raise InputError(f"{name}: CAR needs numbers as inner levels; got {levels[0]!r}.") from None


def _with_correlation(term: RandomTerm, outer: IntArray, groups: Sequence[object]) -> Term:
    R = np.asarray(term.correlation, dtype=np.float64)
    labels = list(term.correlation_labels or [])
    if R.ndim != 2 or R.shape[0] != R.shape[1] or len(labels) != len(R):
        raise InputError(f"{term.name}: correlation must be square, with a label for each row.")
    missing = [str(g) for g in groups if g not in labels]
    if missing:
        raise InputError(f"{term.name}: correlation has no row for {', '.join(missing)}.")
    rows = [labels.index(g) for g in groups]
    R = R[np.ix_(rows, rows)]
    sd = np.sqrt(np.diag(R))
    if not (sd > 0.0).all() or np.abs(R - R.T).max() > _ASYMMETRY * float(np.abs(R).max()):
        raise InputError(f"{term.name}: correlation must be symmetric with a positive diagonal.")
    R = R / np.outer(sd, sd)
    if float(np.linalg.eigvalsh(R)[0]) < _SINGULAR:
        raise InputError(f"{term.name}: correlation is not positive semidefinite.")
    structure = Structure("ID", len(groups), np.zeros(len(groups)), known=R)
    all_one = np.zeros_like(outer)
    return Term(term.name, structure, tuple(map(str, groups)), all_one, outer, len(groups), intercept=True)
