"""How far two extractors agree beyond chance: kappa for words, the intraclass correlation for numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from metamsc.exchange.compare import Comparison

MIN_PAIRS = 3
"""Fewest pairs for which an intraclass correlation is given; with two it is one difference."""


def cohen_kappa(pairs: Sequence[tuple[str, str]]) -> float | None:
    """Cohen's kappa of two raters.

    Parameters
    ----------
    pairs : sequence of (str, str)
        Category by the first and by the second rater, one pair for each item.

    Returns
    -------
    float or None
        1 for full agreement, 0 for what chance gives, below 0 for less. None without items, and where
        both raters used one and the same category throughout: chance then gives full agreement.

    Notes
    -----
    kappa = (p_o - p_e) / (1 - p_e); p_o is the share of equal pairs, p_e the sum over categories of the
    product of both raters' shares.

    References
    ----------
    Cohen (1960), Educ Psychol Meas 20:37-46.
    """
    n = len(pairs)
    if n == 0:
        return None
    equal = sum(a == b for a, b in pairs)
    first, second = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    chance = sum(first[word] * second[word] for word in first)  # n**2 times p_e, exact
    if chance == n * n:
        return None
    return (equal * n - chance) / (n * n - chance)


def icc_agreement(ratings: Sequence[Sequence[float]]) -> float | None:
    """Intraclass correlation ICC(2,1): two-way random effects, absolute agreement, single rating.

    Parameters
    ----------
    ratings : sequence of sequences, shape (n, k)
        One row for each item, one column for each rater; all in one unit.

    Returns
    -------
    float or None
        None with fewer than two items or raters, or when nothing varies at all.

    Notes
    -----
    ICC(2,1) = (BMS - EMS) / (BMS + (k - 1) EMS + k (JMS - EMS) / n), with the mean squares between items
    (BMS), between raters (JMS) and of the residual (EMS). It can be below 0.

    References
    ----------
    Shrout & Fleiss (1979), Psychol Bull 86:420-428.
    """
    n = len(ratings)
    k = len(ratings[0]) if n else 0
    if n < 2 or k < 2:
        return None
    # Taken off first, so that items far from 0 lose no digits; the result does not depend on it.
    origin = ratings[0][0]
    rows = [[value - origin for value in row] for row in ratings]
    grand = sum(map(sum, rows)) / (n * k)
    items = [sum(row) / k for row in rows]
    raters = [sum(row[j] for row in rows) / n for j in range(k)]
    between = k * sum((mean - grand) ** 2 for mean in items) / (n - 1)
    judges = n * sum((mean - grand) ** 2 for mean in raters) / (k - 1)
    residual = sum((rows[i][j] - items[i] - raters[j] + grand) ** 2 for i in range(n) for j in range(k)) / (
        (n - 1) * (k - 1)
    )
    below = between + (k - 1) * residual + k * (judges - residual) / n
    return (between - residual) / below if below > 0 else None


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement over one or more studies.

    Attributes
    ----------
    counts : dict of str to int
        Status -> number of fields, wording left out.
    kappa : dict of str to (int, float or None)
        Field -> pairs and kappa; ``"all words"`` takes every word together.
    icc : dict of str to (int, float or None)
        Field -> pairs and ICC(2,1); numbers of different outcomes are never taken together.
    """

    counts: dict[str, int]
    kappa: dict[str, tuple[int, float | None]]
    icc: dict[str, tuple[int, float | None]]


def agreement_of(comparisons: Iterable[Comparison]) -> Agreement:
    """Summarise comparisons: counts, kappa and ICC."""
    fields = [field for comparison in comparisons for field in comparison.fields if field.kind != "wording"]
    counts = dict.fromkeys(("exact", "rounding", "differs", "only A", "only B"), 0)
    words: dict[str, list[tuple[str, str]]] = {"all words": []}
    numbers: dict[str, list[tuple[float, float]]] = {}
    for field in fields:
        counts[field.status] += 1
        if field.kind == "word":
            pair = (_word(field.a), _word(field.b))
            words["all words"].append(pair)
            words.setdefault(field.group, []).append(pair)
        elif field.kind == "number" and field.a is not None and field.b is not None:
            numbers.setdefault(field.group, []).append((float(field.a), float(field.b)))
    kappa = {name: (len(pairs), cohen_kappa(pairs)) for name, pairs in words.items() if len(pairs) > 1}
    icc = {
        name: (len(pairs), icc_agreement(pairs)) for name, pairs in numbers.items() if len(pairs) >= MIN_PAIRS
    }
    return Agreement(counts, kappa, icc)


def _word(value: Any) -> str:
    return "not given" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
