"""A table in the manner of ROB-ME: who contributes a result, whose is missing, and whether because of it.

The three kinds of missing result differ in what they do to a pool: one left out because of what it showed
biases it, one left out for another reason only makes it less precise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from metamsc.errors import InputError, check_option
from metamsc.vocabulary import MissingKind

STATUSES: dict[str, str] = {
    "included": "result available and pooled",
    "selected": "result missing, probably because of its P value, size or direction",
    "unclear": "result missing; it cannot be told whether because of what it showed",
    "unrelated": "result missing or unusable for a reason that has nothing to do with what it showed",
}

STATUS_OF_KIND: dict[MissingKind, str] = {
    MissingKind.FIGURE_ONLY: "unrelated",
    MissingKind.NO_DISPERSION: "unclear",
    MissingKind.NO_N: "unrelated",
    MissingKind.NOT_IN_TEXT_READ: "unclear",
    MissingKind.UNPUBLISHED: "unclear",
    MissingKind.NO_CONTROL_VALUE: "unclear",
    MissingKind.CONTRADICTORY: "unrelated",
    # ROB-ME takes it for a sign of selection in a paper read whole; mostly an abstract or a review was read
    MissingKind.DIRECTION_ONLY: "unclear",
    MissingKind.AWAITED: "unrelated",
    MissingKind.OTHER: "unclear",
}
"""A first judgement by the kind of missing result; a reviewer's own takes precedence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingRow:
    """One study: `status` is a key of ``STATUSES``; `n_percent` its share of all participants known."""

    label: str
    n: float | None
    n_percent: float | None
    status: str
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingTable:
    """All studies of a synthesis, those with results first.

    `studies` and `participants` count by status; participants of studies of unknown size are in none, and
    `n_unknown` says of how many studies.
    """

    rows: tuple[MissingRow, ...]
    studies: dict[str, int]
    participants: dict[str, float]
    n_unknown: int

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-safe dict."""
        return {
            "rows": [row.to_dict() for row in self.rows],
            "studies": dict(self.studies),
            "participants": dict(self.participants),
            "n_unknown": self.n_unknown,
        }


def missing_table(
    included: Sequence[tuple[str, float | None]],
    missing: Sequence[tuple[str, float | None, str, str]],
) -> MissingTable:
    """Put studies with and without results side by side.

    Parameters
    ----------
    included : sequence of (label, participants)
    missing : sequence of (label, participants, status, reason)
        `status` is "selected", "unclear" or "unrelated" (``STATUS_OF_KIND`` has a first judgement by kind).

    Returns
    -------
    MissingTable

    Raises
    ------
    OptionError
        If a status is unknown.
    InputError
        If a number of participants is not positive.

    References
    ----------
    Page et al. (2023), ROB-ME: a tool for assessing risk of bias due to missing evidence, BMJ 383:e076754.
    """
    for _, _, status, _ in missing:
        check_option("status", status, [name for name in STATUSES if name != "included"])
    every = [(label, n, "included", "") for label, n in included] + list(missing)
    for label, n, _, _ in every:
        if n is not None and not n > 0:
            raise InputError(f"{label}: participants must be a positive number or None; got {n!r}.")
    total = sum(n for _, n, _, _ in every if n is not None)
    rows = tuple(
        MissingRow(
            label=label,
            n=n,
            n_percent=None if n is None else 100.0 * n / total,
            status=status,
            reason=reason,
        )
        for label, n, status, reason in every
    )
    return MissingTable(
        rows=rows,
        studies={status: sum(row.status == status for row in rows) for status in STATUSES},
        participants={
            status: sum(row.n for row in rows if row.status == status and row.n is not None)
            for status in STATUSES
        },
        n_unknown=sum(row.n is None for row in rows),
    )
