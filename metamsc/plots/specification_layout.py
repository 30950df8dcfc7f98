"""What a specification curve shows, as plain data: which paths, in which order, with which options."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from metamsc.analysis.multiverse_result import Curve, Multiverse
from metamsc.errors import InputError, check_option
from metamsc.plots import wording
from metamsc.plots.numbers import format_percent, format_value
from metamsc.plots.strata_words import pool_words

MOST_PATHS = 600
"""Paths that are drawn one by one; of more, evenly spaced ones of the sorted curve."""


DECISION_WORDS = {
    "tau2_method": "Estimator of τ²",
    "ci_method": "Confidence interval",
    "co_interventions": "Co-interventions",
    "unlabelled_spread": "Unlabelled ± read as",
    "post_hoc": "Post hoc results",
    "multi_arm": "Several treated arms",
    "as_reported_only": "Reported numbers only",
    "msc": "Products that are MSC",
    "designs": "Study designs",
    "unpublished": "Unpublished trials",
}
"""Decisions whose key does not read well."""


_OPTION_WORDS = {"tau2_method": wording.TAU2_WORDS, "ci_method": wording.CI_WORDS}
"""Decisions whose options are codes."""


def decision_words(name: str) -> str:
    """Return what a decision of a multiverse is called, as a heading."""
    return DECISION_WORDS.get(name, wording.capitalise(name.replace("_", " ")))


def option_words(decision: str, label: str) -> str:
    """Return what an option of a decision is called: "Hartung–Knapp (ad hoc)" for "hksj-adhoc"."""
    return wording.capitalise(_OPTION_WORDS.get(decision, {}).get(label, label))


@dataclass(frozen=True, slots=True)
class OptionLine:
    """One line of the lower panel: a decision's heading (no `taken`) or one of its options.

    `taken` says per drawn path whether it takes the option, and is None for a heading; `note` is what a
    heading says besides.
    """

    text: str
    taken: NDArray[np.bool_] | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class SpecificationLayout:
    """A curve ready to draw: paths in the order of their estimates, positions 0, 1, ...

    `planned` is True where a drawn path is the plan itself; nowhere, where the plan pools nothing here.
    """

    title: str
    y_label: str
    ratio: bool
    null: float
    paths: NDArray[np.intp]
    estimate: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    significant: NDArray[np.bool_]
    planned: NDArray[np.bool_]
    lines: tuple[OptionLine, ...]
    caption: tuple[str, ...]


def specification_layout(
    multiverse: Multiverse, *, stratum: str | None = None, title: bool = True
) -> SpecificationLayout:
    """Choose what is drawn of one stratum.

    Raises
    ------
    OptionError
        If there is no such stratum.
    InputError
        If no path pools anything, or the paths are on several scales.
    """
    labels = [curve.label for curve in multiverse.curves]
    name = stratum if stratum is not None else (labels[0] if labels else "")
    check_option("stratum", name, labels)
    curve = multiverse.curve(name)
    if curve.summary is None:
        raise InputError(f"no path of {name!r} pools two studies: there is no curve to draw.")
    if not curve.one_scale:
        measures = ", ".join(sorted(set(multiverse.measures)))
        raise InputError(
            f"the paths of {name!r} are on several scales ({measures}): no one axis can show them."
        )
    order = np.argsort(np.where(np.isnan(curve.estimate), np.inf, curve.estimate), kind="stable")
    order = order[: curve.summary.n_pooled]
    paths = _thinned(order, multiverse.planned)
    scale = multiverse.scale
    return SpecificationLayout(
        title=f"{multiverse.title}: {pool_words(name)}" if title else "",
        y_label=wording.axis_label(scale),
        ratio=scale.ratio,
        null=scale.null,
        paths=paths,
        estimate=curve.estimate[paths],
        low=curve.ci_low[paths],
        high=curve.ci_high[paths],
        significant=curve.p[paths] < 1.0 - multiverse.level,
        planned=multiverse.planned[paths],
        lines=tuple(_lines(multiverse, curve, paths)),
        caption=tuple(_caption(multiverse, curve, len(paths))),
    )


def _thinned(order: NDArray[np.intp], planned: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Keep at most :data:`MOST_PATHS` of the sorted paths: both ends, even steps, the plan's own."""
    if len(order) <= MOST_PATHS:
        return order
    keep = np.zeros(len(order), dtype=np.bool_)
    keep[np.linspace(0, len(order) - 1, MOST_PATHS).round().astype(np.intp)] = True
    keep[np.flatnonzero(planned[order])[:1]] = True
    return order[keep]


def _lines(multiverse: Multiverse, curve: Curve, paths: NDArray[np.intp]) -> list[OptionLine]:
    lines = []
    pooled = ~np.isnan(curve.estimate)
    shares = zip(curve.shares, curve.shares_of_significance, strict=True)
    for at, (dimension, (share, clear)) in enumerate(zip(multiverse.dimensions, shares, strict=True)):
        parts = [format_percent(100.0 * part.alone) for part in (share, clear)]
        note = f"estimate {parts[0]}%, significance {parts[1]}%"
        lines.append(OptionLine(decision_words(dimension.name), None, note))
        for number, option in enumerate(dimension.options):
            text = option_words(dimension.name, option.label)
            if not (pooled & (multiverse.options[:, at] == number)).any():
                text = f"{text} (pools no two studies)"
            lines.append(OptionLine(text, multiverse.options[paths, at] == number))
    return lines


def _caption(multiverse: Multiverse, curve: Curve, drawn: int) -> list[str]:
    summary = curve.summary
    assert summary is not None  # held by the caller  # noqa: S101
    low, median, high = (_shown(multiverse, value) for value in (summary.low, summary.median, summary.high))
    span = f"Estimates {low} to {high}, median {median}" if low != high else f"Estimates all {low}"
    same, clear = (f"{100.0 * share:.0f}%" for share in (summary.share_same_sign, summary.share_significant))
    said = [
        f"{summary.n_pooled:,} of {summary.n_paths:,} combinations pool two studies or more.",
        _planned_words(multiverse, curve),
        f"{span}; {'all' if summary.share_same_sign == 1.0 else same} on one side of no effect.",
        f"Bars: {wording.percent(multiverse.level)} intervals; dark where they exclude no effect ({clear}).",
        "Beside each choice: its share, by itself, of the variance of estimates and of significance.",
    ]
    if drawn < summary.n_pooled:
        said.append(f"Drawn: {drawn} of them, evenly spaced along the curve.")
    if curve.test is not None:
        said.append(
            f"Joint test by changing the signs of {curve.test.n_clusters} studies: P = {curve.test.p_z:.3g} "
            f"(smallest possible {curve.test.smallest_p:.3g})."
        )
    return said


def _shown(multiverse: Multiverse, value: float) -> str:
    return format_value(value, ratio=multiverse.scale.ratio, decimals=2)


def _planned_words(multiverse: Multiverse, curve: Curve) -> str:
    """Return what the plan gives, and where it is not among the paths, why."""
    if not multiverse.planned.any():
        return "The plan itself is not among the combinations."
    place = int(np.flatnonzero(multiverse.planned)[0])
    if np.isnan(curve.estimate[place]):
        return "The plan itself pools fewer than two studies here and is not drawn."
    numbers = (curve.estimate[place], curve.ci_low[place], curve.ci_high[place])
    estimate, low, high = (_shown(multiverse, float(value)) for value in numbers)
    return f"Diamond and line: the plan, {estimate} ({low} to {high})."
