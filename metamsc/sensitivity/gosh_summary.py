"""Summaries of subsets as they come in, chunk by chunk, in memory that does not grow with their number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from metamsc.sensitivity.gosh_result import PROBABILITIES, Distribution, Gosh, GoshGroup, GoshStudy
from metamsc.sensitivity.gosh_subsets import VALUES, GoshTask
from metamsc.sensitivity.mixture import boundaries, separate_groups

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from metamsc.sensitivity.executor import Rows

    FloatArray = NDArray[np.float64]

# Subsets kept for quantiles, groups and plots: 40 MB.
KEPT = 1 << 20
DRIVER_SHARE = 0.1
"""A study is named as driving the estimates when it alone accounts for this share of their variance."""

_COLUMNS = ("k", *VALUES)
# Row j says of each value of an octet whether bit j is set.
_BITS_SET = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1, bitorder="little").T.astype(float)

OVERLAP = (
    "Subsets overlap, so these are not independent results: their spread says how the pooled estimate "
    "depends on which studies are in, and is no measure of its uncertainty."
)
DRAWN = "{n} of the 2**{k} - 1 subsets, drawn with equal chances and with replacement."


class GoshSummary:
    """Sums over all subsets, sums with each study, and every so many rows."""

    def __init__(self, task: GoshTask) -> None:
        self._task = task
        self._stride = -(-task.n // KEPT)
        self._kept: list[Rows] = []
        self.n = 0
        self._mean = np.zeros(len(_COLUMNS))
        self._squares = np.zeros(len(_COLUMNS))
        self._n_with = np.zeros(task.k)
        self._sums_with = np.zeros((task.k, 3))

    def add(self, rows: Rows) -> None:
        """Take in the rows of the next chunk."""
        values = np.stack([rows[name].astype(np.float64) for name in _COLUMNS])
        self._merge(values)
        self._add_by_study(rows, values[1:4])
        first = -self.n % self._stride
        self._kept.append(rows[first :: self._stride].copy())
        self.n += rows.size

    def _add_by_study(self, rows: Rows, values: FloatArray) -> None:
        """Add up values over the rows each study is in, by way of the 256 values of eight bits."""
        octets = np.ascontiguousarray(rows["subset"]).view(np.uint8).reshape(rows.size, -1)
        for first in range(0, self._task.k, 8):
            octet = np.ascontiguousarray(octets[:, first // 8])
            part = slice(first, first + 8)
            bits = _BITS_SET[: self._n_with[part].size]
            self._n_with[part] += bits @ np.bincount(octet, minlength=256)
            for j, column in enumerate(values):
                self._sums_with[part, j] += bits @ np.bincount(octet, weights=column, minlength=256)

    def _merge(self, values: FloatArray) -> None:
        """Update means and sums of squares by the chunk's own (Chan, Golub & LeVeque 1983)."""
        m = values.shape[1]
        mean = values.mean(axis=1)
        squares = ((values - mean[:, None]) ** 2).sum(axis=1)
        total = self.n + m
        away = mean - self._mean
        self._squares += squares + away**2 * (self.n * m / total)
        self._mean += away * (m / total)

    def result(self, labels: Sequence[str]) -> Gosh:
        """Return the result for all rows taken in."""
        task, rows = self._task, np.concatenate(self._kept)
        sds = np.sqrt(self._squares / max(self.n - 1, 1))
        distributions = {
            name: Distribution(
                mean=float(self._mean[j]),
                sd=float(sds[j]),
                quantiles=tuple(np.quantile(rows[name], PROBABILITIES).tolist()),
            )
            for j, name in enumerate(_COLUMNS)
        }
        groups, shares = self._groups(rows)
        studies = tuple(self._study(j, label, shares[:, j]) for j, label in enumerate(labels))
        explained = sorted(((s.explained or 0.0, -j) for j, s in enumerate(studies)), reverse=True)
        warnings = [OVERLAP]
        if task.seed is not None:
            warnings.insert(0, DRAWN.format(n=f"{task.n:,}", k=task.k))
        if rows.size < self.n:
            warnings.append(f"Quantiles and groups are of one subset in {self._stride}, evenly spaced.")
        return Gosh(
            k=task.k,
            n_subsets=self.n,
            is_all=task.seed is None,
            seed=task.seed,
            tau2_method=task.tau2_method,
            n_kept=rows.size,
            distributions=distributions,
            groups=groups,
            studies=studies,
            drivers=tuple(labels[-j] for share, j in explained if share >= DRIVER_SHARE),
            rows=rows,
            warnings=tuple(warnings),
        )

    def _groups(self, rows: Rows) -> tuple[tuple[GoshGroup, ...], FloatArray]:
        """Return the groups of estimates, and how often each study is in each group's subsets."""
        estimates = rows["estimate"]
        components = separate_groups(estimates)
        cuts = boundaries(components)
        member = np.searchsorted(np.array(cuts), estimates)
        present = self._task.present(rows)
        groups, shares = [], []
        for j in range(len(components)):
            own = member == j
            inside = estimates[own]
            shares.append(present[own].mean(axis=0))
            groups.append(
                GoshGroup(
                    share=inside.size / estimates.size,
                    mean=float(inside.mean()),
                    sd=float(inside.std()),
                    low=cuts[j - 1] if j else None,
                    high=cuts[j] if j < len(cuts) else None,
                )
            )
        return tuple(groups), np.array(shares)

    def _study(self, j: int, label: str, shares: FloatArray) -> GoshStudy:
        with_ = float(self._n_with[j])
        without = self.n - with_
        by_group = tuple(shares.tolist())
        if not with_ or not without:
            return GoshStudy(
                label=label,
                n_with=int(with_),
                mean_with=None,
                mean_without=None,
                difference=None,
                explained=None,
                tau2_difference=None,
                I2_difference=None,
                share_by_group=by_group,
            )
        total = self._mean[1:4] * self.n
        mean_with = self._sums_with[j] / with_
        mean_without = (total - self._sums_with[j]) / without
        difference = mean_with - mean_without
        between = float(with_ * without / self.n * difference[0] ** 2)
        return GoshStudy(
            label=label,
            n_with=int(with_),
            mean_with=float(mean_with[0]),
            mean_without=float(mean_without[0]),
            difference=float(difference[0]),
            explained=between / float(self._squares[1]) if self._squares[1] > 0.0 else 0.0,
            tau2_difference=float(difference[1]),
            I2_difference=float(difference[2]),
            share_by_group=by_group,
        )
