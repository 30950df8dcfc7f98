"""What `metamsc run` leaves on disk of "Can the result be trusted?": tables at full precision, figures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from metamsc.sensitivity.missing_table import MissingRow
from metamsc.sensitivity.stress_result import Verdict

if TYPE_CHECKING:
    import pandas as pd

    from metamsc.analysis.result import AnalysisResult
    from metamsc.sensitivity.stress_result import StressTest

FOLDER = "trust"
"""Folder of the figures, beside the results."""

_REFIT = ("k", "estimate", "se", "p", "tau2", "I2", "Q")
_INFLUENCE = (
    "label", "rstudent", "dffits", "cooks_distance", "cov_ratio", "tau2_deleted", "Q_deleted", "hat",
    "weight_percent", "is_outlier", "is_influential",
)  # fmt: skip
_POINT = ("change", "effect", "effect_tau2_held", "distance", "chance")
_COLUMNS = {
    "verdicts": ("stratum", *(item.name for item in fields(Verdict))),
    "refits": ("stratum", "series", "label", *_REFIT, "ci_low", "ci_high"),
    "influence": ("stratum", *_INFLUENCE),
    "missing_trials": ("stratum", *(item.name for item in fields(MissingRow))),
    "bounds": ("stratum", "assumes", "n_missing", "weight_percent", *_POINT),
}


def trust_frames(result: AnalysisResult) -> dict[str, pd.DataFrame]:
    """Return the tables of all stress tests, and every path of the multiverse.

    Returns
    -------
    dict of str to DataFrame
        ``verdicts``, ``refits``, ``influence``, ``missing_trials``, ``bounds`` and, where choices were
        combined, ``paths``; nothing where the plan does not ask.
    """
    import pandas as pd

    if result.trust is None:
        return {}
    rows = {
        "verdicts": _verdicts,
        "refits": _refits,
        "influence": _influence,
        "missing_trials": _missing,
        "bounds": _bounds,
    }
    frames = {
        name: pd.DataFrame(
            [{"stratum": test.label, **row} for test in result.trust.tests for row in make(test)],
            columns=list(_COLUMNS[name]),
        )
        for name, make in rows.items()
    }
    counts = ["n_direction", "n_significance", "n_mid"]  # whole numbers, also where some are missing
    frames["verdicts"] = frames["verdicts"].astype(dict.fromkeys(counts, "Int64"))
    if result.trust.multiverse is not None:
        frames["paths"] = result.trust.multiverse.to_frame()
    return frames


def _verdicts(test: StressTest) -> Iterator[dict[str, Any]]:
    for verdict in test.verdicts:
        row = {item.name: getattr(verdict, item.name) for item in fields(Verdict)}
        yield {**row, "names": "; ".join(verdict.names)}


def _refits(test: StressTest) -> Iterator[dict[str, Any]]:
    for series in ("without_study", "without_cohort", "by_year", "by_precision"):
        found = getattr(test, series).found
        for label, refit in () if found is None else zip(found.labels, found.rows, strict=True):
            row: dict[str, Any] = {"series": series, "label": label}
            if refit is not None:
                row |= {name: getattr(refit, name) for name in _REFIT}
                row |= {"ci_low": refit.ci.low, "ci_high": refit.ci.high}
            yield row


def _influence(test: StressTest) -> Iterator[dict[str, Any]]:
    table = test.influence.found
    for row in () if table is None else table.rows:
        yield {name: getattr(row, name) for name in _INFLUENCE}


def _missing(test: StressTest) -> Iterator[dict[str, Any]]:
    for row in () if test.missing is None else test.missing.rows:
        yield row.to_dict()


def _bounds(test: StressTest) -> Iterator[dict[str, Any]]:
    for assumed in test.bounds.found or ():
        bound = assumed.bound
        for point in bound.tipping_points:
            yield {
                "assumes": assumed.assumes,
                "n_missing": bound.n_missing,
                "weight_percent": bound.weight_percent,
                **point.to_dict(),
            }


def write_trust_figures(result: AnalysisResult, folder: Path) -> list[Path]:
    """Draw every figure as SVG into ``trust/`` of a folder; those of an earlier run go."""
    from metamsc.plots.save import write_figure
    from metamsc.report.trust_figures import trust_figures

    base = folder / FOLDER
    written: list[Path] = []
    for figure in trust_figures(result):
        title = f"{result.title}. {figure.heading}"
        written.extend(write_figure(figure.drawing(), base / figure.name, formats=("svg",), title=title))
    for old in base.glob("*.svg"):
        if old not in written:
            old.unlink()
    return written
