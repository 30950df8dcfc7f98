"""The result of a multiverse: columns of paths per stratum, with what they say together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from metamsc.analysis.dimensions import Dimension
from metamsc.models.batch import BoolArray, FloatArray, IntArray
from metamsc.sensitivity.joint_test import CurveTest
from metamsc.sensitivity.specification import ChoiceShare, CurveSummary

if TYPE_CHECKING:
    import pandas as pd

    from metamsc.analysis.result import Scale

PATH_COLUMNS = ("estimate", "se", "ci_low", "ci_high", "p", "tau2", "I2")
"""Columns of a path that are numbers of its pooled result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """One stratum along every path; arrays are of shape (n_paths,), NaN where fewer than 2 rows are left.

    Estimates of ratio measures are on the log scale. `k` is the number of rows of a path; `one_scale`
    says whether all paths measure the same thing in the same unit: if not, `shares` (which choice moves
    the estimate) are of estimate / se. `shares_of_significance` are of being significant or not.
    """

    label: str
    k: IntArray
    estimate: FloatArray
    se: FloatArray
    ci_low: FloatArray
    ci_high: FloatArray
    p: FloatArray
    tau2: FloatArray
    I2: FloatArray
    one_scale: bool
    summary: CurveSummary | None
    shares: tuple[ChoiceShare, ...]
    shares_of_significance: tuple[ChoiceShare, ...]
    test: CurveTest | None
    not_tested: str
    """Why there is no joint test; "" when there is one."""

    def to_dict(self) -> dict[str, Any]:
        """Return what the paths say together as plain Python; the paths themselves are left out."""
        return {
            "label": self.label,
            "one_scale": self.one_scale,
            "summary": None if self.summary is None else self.summary.to_dict(),
            "shares": [share.to_dict() for share in self.shares],
            "shares_of_significance": [share.to_dict() for share in self.shares_of_significance],
            "test": None if self.test is None else self.test.to_dict(),
            "not_tested": self.not_tested,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Multiverse:
    """Every path of a plan's decisions, by stratum.

    `options` of shape (n_paths, decisions) numbers the option that each path takes of each of
    `dimensions`; `measures` has one code per path. `planned` of shape (n_paths,) is True where a path is
    the plan itself. `scale` is that of the plan.
    """

    name: str
    title: str
    scale: Scale
    dimensions: tuple[Dimension, ...]
    options: IntArray
    measures: tuple[str, ...]
    planned: BoolArray
    level: float
    seed: int
    curves: tuple[Curve, ...]

    @property
    def n_paths(self) -> int:
        """Number of combinations."""
        return len(self.measures)

    def curve(self, label: str) -> Curve:
        """Return the curve of one stratum.

        Raises
        ------
        KeyError
            If there is no such stratum.
        """
        return {curve.label: curve for curve in self.curves}[label]

    def to_frame(self) -> pd.DataFrame:
        """Return one line per stratum and path: its option of each decision, measure, k and numbers."""
        import pandas as pd

        frames = []
        for curve in self.curves:
            columns: dict[str, Any] = {"stratum": curve.label, "path": np.arange(self.n_paths)}
            for at, dimension in enumerate(self.dimensions):
                labels = np.array([option.label for option in dimension.options], dtype=object)
                columns[dimension.name] = labels[self.options[:, at]]
            columns |= {"measure": list(self.measures), "planned": self.planned, "k": curve.k}
            columns |= {name: getattr(curve, name) for name in PATH_COLUMNS}
            frames.append(pd.DataFrame(columns))
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()

    def to_dict(self, *, paths: bool = False) -> dict[str, Any]:
        """Return plain Python, ready for JSON; with `paths` every path as a mapping, NaN as None."""
        data: dict[str, Any] = {
            "name": self.name,
            "title": self.title,
            "n_paths": self.n_paths,
            "level": self.level,
            "seed": self.seed,
            "decisions": [
                {
                    "name": dimension.name,
                    "options": [
                        {"label": option.label, "select": dict(option.select), "model": dict(option.model)}
                        for option in dimension.options
                    ],
                }
                for dimension in self.dimensions
            ],
            "strata": [curve.to_dict() for curve in self.curves],
        }
        if paths:
            frame = self.to_frame().astype(object)
            data["paths"] = frame.where(frame.notna(), None).to_dict(orient="records")
        return data
