"""Points of two plots that show where heterogeneity comes from: Baujat's and Galbraith's (radial).

Arrays in, frozen points out, one per study in the order given; nothing is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from metamsc.sensitivity.deletions import Deletions, check_plain_model, design_rows
from metamsc.sensitivity.subsets import refuse_single, study_labels


@dataclass(frozen=True, slots=True, kw_only=True)
class BaujatPoint:
    """`contribution` to the heterogeneity statistic and `influence` on the pooled effect of one study."""

    label: str
    contribution: float
    influence: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True, kw_only=True)
class RadialPoint:
    """`precision` 1 / sqrt(vi + tau2) and the effect times it, `z`, of one study (Galbraith)."""

    label: str
    precision: float
    z: float

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name."""
        return {name: getattr(self, name) for name in self.__slots__}


def baujat_coordinates(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    labels: Sequence[str] | None = None,
    X: ArrayLike | None = None,
    names: Sequence[str] | None = None,
    tau2_method: str = "REML",
    ci_method: str = "wald",
    tau2: float | None = None,
) -> tuple[BaujatPoint, ...]:
    """Return each study's contribution to heterogeneity and its influence on the pooled effect.

    Parameters and errors are those of :func:`metamsc.sensitivity.influence.measure_influence`.

    Notes
    -----
    contribution = (y_i - x_i b)**2 / (v_i + tau2); influence = (x_i (b - b(i)))**2 / (x_i cov(i) x_i')
    (Baujat B et al. 2002, Statistics in Medicine 21:2641-2652, for the equal-effects model; the general
    form is metafor's). `influence` is None where the fit without the study does not exist.
    """
    model = check_plain_model(yi, vi, X, names, tau2_method, ci_method, tau2)
    refuse_single(model.k, "A Baujat plot")
    fit = model.fit(model.batch())
    deleted = Deletions.of(model)
    predicted = design_rows(model) @ fit.estimate[0]
    contribution = (model.yi - predicted) ** 2 / (model.vi + fit.tau2[0])
    influence = (predicted - deleted.predicted) ** 2 / deleted.variance
    return tuple(
        BaujatPoint(label=label, contribution=x, influence=y if y == y else None)
        for label, x, y in zip(
            study_labels(labels, model.k), contribution.tolist(), influence.tolist(), strict=True
        )
    )


def radial_coordinates(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    labels: Sequence[str] | None = None,
    tau2_method: str = "REML",
    tau2: float | None = None,
) -> tuple[RadialPoint, ...]:
    """Return the points of a radial (Galbraith) plot.

    Parameters and errors are those of :func:`metamsc.sensitivity.influence.measure_influence`, without
    moderators. The slope of a line through the origin to a point is the study's effect (Galbraith RF
    1988, Technometrics 30:271-281).
    """
    model = check_plain_model(yi, vi, None, None, tau2_method, "wald", tau2)
    fit = model.fit(model.batch())
    precision = 1.0 / np.sqrt(model.vi + fit.tau2[0])
    z = model.yi * precision
    given = study_labels(labels, model.k)
    return tuple(
        RadialPoint(label=label, precision=x, z=y)
        for label, x, y in zip(given, precision.tolist(), z.tolist(), strict=True)
    )
