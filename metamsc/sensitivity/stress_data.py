"""What a stress test works on: effects, who the studies are, what is missing, and how they are pooled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from metamsc.sensitivity.missing_result import MissingTrial


@dataclass(frozen=True, slots=True, kw_only=True)
class StressData:
    """Arguments of :func:`metamsc.sensitivity.stress_test.stress_test`, checked, one value per study.

    Columns that are not known are None.
    """

    label: str
    yi: tuple[float, ...]
    vi: tuple[float, ...]
    labels: tuple[str, ...]
    years: tuple[int | None, ...]
    cohorts: tuple[str, ...]
    n_treat: tuple[float, ...] | None
    n_control: tuple[float, ...] | None
    n_total: tuple[float, ...] | None
    events_treat: tuple[float, ...] | None
    events_control: tuple[float, ...] | None
    missing: Sequence[MissingTrial]
    measure: str
    mid: float | None
    lower_is_better: bool | None
    tau2_method: str
    ci_method: str
    level: float
    force: bool
    n_subsets: int
    seed: int

    @property
    def k(self) -> int:
        """Number of effects."""
        return len(self.yi)

    @property
    def model(self) -> dict[str, Any]:
        """The model of every refit, as keyword arguments."""
        return {"tau2_method": self.tau2_method, "ci_method": self.ci_method, "level": self.level}
