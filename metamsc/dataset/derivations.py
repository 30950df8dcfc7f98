"""The kinds of derivations behind a table's rows, and how many rows rest on each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from metamsc.dataset.rows import EffectRow

DERIVATION_KINDS = {
    "sd-from-se": "SD from the standard error of a mean",
    "sd-from-ci": "SD from the confidence interval of a mean",
    "unlabelled-spread": "± without a label, read as the plan says",
    "median": "mean and SD from a median with quartiles or range",
    "geometric": "geometric mean",
    "change-mean": "change as final minus baseline",
    "change-sd": "SD of a change from the SDs before and after",
    "percent-change": "percent change",
    "within-arm-test": "SD of a change from the test within its arm",
    "between-arms-test": "SD from the test between the arms",
    "figure": "value read off a figure",
    "percentage": "count from a percentage",
    "unit": "unit converted",
    "body-weight": "unit converted by the body weight",
    "combined-arms": "arms combined into one",
    "shared-control": "control divided among comparisons",
    "contrast": "effect of a reported contrast",
    "contrast-quantile": "standard error of a contrast from its interval or P value",
    "effect": "set by the formula of the effect",
    "extractor": "worked out by the extractor",
    "other": "other",
}
"""Every kind of derivation, with its one-line meaning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivationCount:
    """How many rows of a table rest on one kind of derivation."""

    kind: str
    meaning: str
    rows: int
    imputed: int
    """Rows in which it rests on an assumption."""


def count_derivations(rows: Sequence[EffectRow]) -> tuple[DerivationCount, ...]:
    """Return how many rows rest on each kind, in the order of :data:`DERIVATION_KINDS`; absent ones not."""
    found = []
    for kind, meaning in DERIVATION_KINDS.items():
        flags = [[item.imputed for item in row.derived if item.kind == kind] for row in rows]
        imputed = sum(map(any, flags))
        if any(flags):
            found.append(
                DerivationCount(kind=kind, meaning=meaning, rows=sum(map(bool, flags)), imputed=imputed)
            )
    return tuple(found)
