"""Result of fitting many subsets of studies: distributions, groups, and the studies that drive them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from metamsc.sensitivity.executor import Rows

PROBABILITIES = (0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """Of one quantity over all subsets: `quantiles` are at ``PROBABILITIES`` (of the subsets kept)."""

    mean: float
    sd: float
    quantiles: tuple[float, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name."""
        return {"mean": self.mean, "sd": self.sd, "quantiles": list(self.quantiles)}


@dataclass(frozen=True, slots=True, kw_only=True)
class GoshGroup:
    """A separate group of subsets by their estimates.

    `share` of the subsets, mean and SD of their estimates; `low` and `high` bound the group (None at the
    outer ends).
    """

    share: float
    mean: float
    sd: float
    low: float | None
    high: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True, kw_only=True)
class GoshStudy:
    """What one study does to the subsets it is in.

    `mean_with` and `mean_without` are mean estimates of the subsets with and without it, `difference`
    theirs; `explained` is the share of the variance of all estimates that its presence accounts for;
    `tau2_difference` and `I2_difference` are differences of means likewise; `share_by_group` says how
    many of each group's subsets contain it (0.5 everywhere: it does not tell groups apart). None where
    the study is in all subsets or in none.
    """

    label: str
    n_with: int
    mean_with: float | None
    mean_without: float | None
    difference: float | None
    explained: float | None
    tau2_difference: float | None
    I2_difference: float | None
    share_by_group: tuple[float, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return {**values, "share_by_group": list(self.share_by_group)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Gosh:
    """Fits to many subsets of k studies.

    Attributes
    ----------
    k, n_subsets : int
    is_all : bool
        Whether these are all 2**k - 1 subsets.
    seed : int or None
        None for all subsets.
    tau2_method : str
    n_kept : int
        Subsets that quantiles and groups are computed from, evenly spaced; means and SDs are of all.
    distributions : dict
        By name: "k", "estimate", "tau2", "I2", "Q".
    groups : tuple of GoshGroup
        One where the estimates form no separate groups.
    studies : tuple of GoshStudy
        In the order given.
    drivers : tuple of str
        Labels of the studies that account for most of the variance of the estimates, strongest first:
        each by ``DRIVER_SHARE`` at least.
    rows : structured array
        The subsets kept: `subset`, `k`, `estimate`, `tau2`, `I2`, `Q`; for plots, not in :meth:`to_dict`.
    warnings : tuple of str
    """

    k: int
    n_subsets: int
    is_all: bool
    seed: int | None
    tau2_method: str
    n_kept: int
    distributions: dict[str, Distribution]
    groups: tuple[GoshGroup, ...]
    studies: tuple[GoshStudy, ...]
    drivers: tuple[str, ...]
    rows: Rows = field(repr=False, compare=False)
    warnings: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-safe dict of all but the rows."""
        names = ("k", "n_subsets", "is_all", "seed", "tau2_method", "n_kept")
        return {
            **{name: getattr(self, name) for name in names},
            "probabilities": list(PROBABILITIES),
            "distributions": {name: d.to_dict() for name, d in self.distributions.items()},
            "groups": [group.to_dict() for group in self.groups],
            "studies": [study.to_dict() for study in self.studies],
            "drivers": list(self.drivers),
            "warnings": list(self.warnings),
        }
