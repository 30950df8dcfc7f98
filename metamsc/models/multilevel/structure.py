"""Which effects share which random effects, arranged so that no work grows faster than their number.

Random intercepts whose groups are nested form a tree. Where V has no covariance across the groups of a
level, that level is one rank-one update per group (see :mod:`metamsc.models.multilevel.likelihood`).
What does not fit the tree (groups inside a block of V, crossed groups) is worked in a *core*: the
smallest set of effects that it links, and dense only there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from metamsc.errors import InputError
from metamsc.models.batch import FloatArray, IntArray
from metamsc.models.multilevel.covariance import Blocks, groups_of

RandomEffects: TypeAlias = "Mapping[str, Any] | Sequence[Mapping[str, Any]] | None"
"""Levels by name, outermost first, each with one label per effect (any kind of label)."""

MAX_CORE = 2000
"""Largest set of effects that is worked densely (32 MB a matrix); crossed factors can link that many."""
# A group's indicator lies in the span of the design when less than this share of it is left.
_SPANNED = 1e-10


@dataclass(frozen=True, slots=True)
class Factor:
    """Random intercepts: `codes` (k,) numbers each effect's group from 0.

    `labels` are those of each group, from the outermost level to its own.
    """

    name: str
    codes: IntArray
    n_groups: int
    labels: tuple[tuple[Any, ...], ...]


@dataclass(frozen=True, slots=True)
class Level:
    """One level of the tree: which component it is, and where its groups start.

    `starts` counts the nodes of the level below, `row_starts` the effects in the tree's order.
    """

    component: int
    starts: IntArray
    row_starts: IntArray


@dataclass(frozen=True, slots=True)
class Core:
    """Dense work: `rows` (B, n) of original positions, `shared` (components, B, n, n) of 0 and 1.

    `place` (B,) is where each core stands in the tree's order.
    """

    rows: IntArray
    shared: FloatArray
    place: IntArray


@dataclass(frozen=True, slots=True)
class Structure:
    """The plan of work: `order` of the rows, `levels` from the finest to the coarsest.

    `own` is the component with one group per effect, or None. `cores` is None where V's blocks can be
    turned diagonal, which is everywhere but with groups inside a block and with crossed groups;
    `inside` are then the components that the cores hold.
    """

    order: IntArray
    levels: tuple[Level, ...]
    own: int | None
    cores: tuple[Core, ...] | None
    inside: tuple[int, ...]


def read_random(random: RandomEffects, k: int) -> list[Factor]:
    """Return the random intercepts of every chain, outermost first.

    Raises
    ------
    InputError
        A name twice, a wrong number of labels, or a missing label.
    """
    chains = [random] if isinstance(random, Mapping) else list(random or ())
    factors: list[Factor] = []
    for chain in chains:
        above: Factor | None = None
        for name, labels in chain.items():
            codes, own = label_codes(f"random[{name!r}]", labels, k)
            paths = tuple((label,) for label in own)
            full = name if above is None else f"{above.name}/{name}"
            if above is not None:
                codes = above.codes * len(own) + codes
                pairs, codes = np.unique(codes, return_inverse=True)
                codes = codes.astype(np.intp)
                paths = tuple((*above.labels[i // len(own)], own[i % len(own)]) for i in pairs.tolist())
            above = Factor(full, codes, int(codes.max()) + 1, paths)
            factors.append(above)
    names = [f.name for f in factors]
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise InputError(f"random names {', '.join(twice)} more than once.")
    return factors


def label_codes(name: str, labels: ArrayLike, k: int) -> tuple[IntArray, list[Any]]:
    """Return each effect's group counted from 0 in order of first appearance, and the groups' labels."""
    array = np.asarray(labels, dtype=object)
    if array.shape != (k,):
        raise InputError(f"{name} must have one label per effect ({k}); got shape {array.shape}.")
    numbers: dict[Any, int] = {}
    codes = np.empty(k, dtype=np.intp)
    for i, label in enumerate(array.tolist()):
        if label is None or (isinstance(label, float) and np.isnan(label)):
            raise InputError(f"{name}[{i + 1}] is missing; every effect needs a label.")
        codes[i] = numbers.setdefault(label, len(numbers))
    return codes, list(numbers)


def same_partition(a: Factor, b: Factor) -> bool:
    """Say whether two factors group the effects identically."""
    return a.n_groups == b.n_groups and refines(a.codes, b.codes)


def refines(fine: IntArray, coarse: IntArray) -> bool:
    """Say whether every group of `fine` lies in one group of `coarse`."""
    first = np.empty(int(fine.max()) + 1, dtype=np.intp)
    first[fine[::-1]] = coarse[::-1]
    return bool((first[fine] == coarse).all())


def spanned(factor: Factor, basis: FloatArray) -> bool:
    """Say whether the fixed effects already fit each group's mean; `basis` (k, p) is orthonormal."""
    sums = np.zeros((factor.n_groups, basis.shape[1]))
    np.add.at(sums, factor.codes, basis)
    left = factor.codes.size - float((sums**2).sum())
    return left <= _SPANNED * factor.codes.size


def arrange(factors: Sequence[Factor], blocks: Blocks) -> Structure:
    """Return the plan of work for these factors and this V.

    Raises
    ------
    InputError
        Crossed random effects link more effects than can be worked densely.
    """
    k = blocks.codes.size
    own = next((j for j, f in enumerate(factors) if f.n_groups == k), None)
    tree = sorted((j for j in range(len(factors)) if j != own), key=lambda j: factors[j].n_groups)
    core, inside = blocks.codes, [] if own is None else [own]
    misfit = _misfit(tree, factors, core)
    while misfit is not None:
        tree.remove(misfit)
        inside.append(misfit)
        core = _joined(core, factors[misfit].codes)
        misfit = _misfit(tree, factors, core)
    order = np.lexsort((core, *(factors[j].codes for j in reversed(tree)))).astype(np.intp)
    dense = set(inside) - {own}
    starts = _starts(core[order]) if dense else np.arange(k)
    levels = []
    for j in reversed(tree):
        own_starts = _starts(factors[j].codes[order])
        levels.append(Level(j, np.searchsorted(starts, own_starts), own_starts))
        starts = own_starts
    cores = _dense_cores(core, order, factors, inside) if dense else None
    return Structure(order, tuple(levels), own, cores, tuple(inside))


def _misfit(tree: list[int], factors: Sequence[Factor], core: IntArray) -> int | None:
    """Return a factor that cuts through cores or through the groups of a coarser factor."""
    for j in reversed(tree):
        if not refines(core, factors[j].codes):
            return j
    for coarse, fine in pairwise(tree):
        if not refines(factors[fine].codes, factors[coarse].codes):
            return fine
    return None


def _joined(a: IntArray, b: IntArray) -> IntArray:
    """Return the finest partition that both `a` and `b` refine."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    n_a, n_b = int(a.max()) + 1, int(b.max()) + 1
    links = csr_array((np.ones(a.size), (a, n_a + b)), shape=(n_a + n_b, n_a + n_b))
    labels = connected_components(links, directed=False)[1][a]
    return np.unique(labels, return_inverse=True)[1].astype(np.intp)


def _starts(codes: IntArray) -> IntArray:
    return np.flatnonzero(np.diff(codes, prepend=-1)).astype(np.intp)


def _dense_cores(
    core: IntArray, order: IntArray, factors: Sequence[Factor], inside: Sequence[int]
) -> tuple[Core, ...]:
    members = groups_of(core, int(core.max()) + 1)
    largest = max(len(m) for m in members)
    if largest > MAX_CORE:
        names = ", ".join(factors[j].name for j in inside)
        raise InputError(
            f"The random effects {names} link {largest} effects that are not nested in each other; at most "
            f"{MAX_CORE} can be. Nest the levels, or leave one out."
        )
    sequence = core[order][_starts(core[order])]
    place = np.empty(len(members), dtype=np.intp)
    place[sequence] = np.arange(len(members))
    found = []
    for n in sorted({len(m) for m in members}):
        chosen = [c for c, m in enumerate(members) if len(m) == n]
        rows = np.stack([members[c] for c in chosen])
        codes = [factors[j].codes[rows] for j in inside]
        shared = np.stack([(c[:, :, None] == c[:, None, :]).astype(np.float64) for c in codes])
        found.append(Core(rows, shared, place[chosen]))
    return tuple(found)
