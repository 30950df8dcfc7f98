"""Dose and effect, study by study: what a dose–response figure draws.

Doses are of all infusions together, per kg of body weight or per recipient, as the record prints them or
turned into each other by a body weight of the same record. A row without such a dose is listed with what
the record does say; no dose is guessed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from metamsc.analysis.bands import RegressionBands, regression_bands
from metamsc.errors import InputError, TooFewStudiesError, check_option
from metamsc.models.fit import CI_METHODS
from metamsc.models.tau2 import TAU2_METHODS

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult
    from metamsc.dataset.rows import EffectRow

PER = {"kg": "dose_per_kg", "recipient": "dose_total"}
"""What a dose is per -> the moderator that holds it."""
LEAST = 4
"""Rows a line needs: two coefficients, and two rows beyond them for tau2."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DosePoint:
    """One row with a dose."""

    row_id: str
    label: str
    diabetes_type: str
    dose: float
    """Cells, per kg or per recipient, all infusions together."""
    from_weight: bool
    """True when the dose was turned from the other kind by a body weight."""
    yi: float
    vi: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseResponse:
    """Every row of an analysis: with its dose, or among those without."""

    per: str
    points: tuple[DosePoint, ...]
    without: tuple[str, ...]
    """Rows without such a dose, each with what the record says."""
    bands: RegressionBands | None
    """Meta-regression on the logarithm of the dose over all types of diabetes, by the plan's method where it
    has one for regressions, else REML with HKSJ."""
    note: str
    """Why there is no line; "" where there is one."""


def dose_response(result: AnalysisResult, *, per: str = "kg") -> DoseResponse:
    """Collect doses and effects, and fit a line where there are enough of them.

    Parameters
    ----------
    result : AnalysisResult
    per : str
        "kg" of body weight, or "recipient".

    Raises
    ------
    OptionError
        If `per` is neither.
    """
    check_option("per", per, PER)
    points, without = [], []
    for row in result.table.rows:
        said = _said(row, PER[per])
        if said and "," not in said:
            points.append(_point(row, float(said), PER[per]))
        else:
            without.append(f"{row.label} ({_reason(row, said, per)})")
    bands, note = _line(result, points)
    return DoseResponse(per=per, points=tuple(points), without=tuple(without), bands=bands, note=note)


def _point(row: EffectRow, dose: float, name: str) -> DosePoint:
    return DosePoint(
        row_id=row.row_id,
        label=row.label,
        diabetes_type=row.diabetes_type,
        dose=dose,
        from_weight=any(note.startswith(f"{name}: ") for note in row.notes),
        yi=row.yi,
        vi=row.vi,
    )


def _said(row: EffectRow, name: str) -> str:
    """Return a moderator; "" where the row has none of that name (rows of a CSV have its columns only)."""
    return dict(row.moderators).get(name, "")


def _reason(row: EffectRow, said: str, per: str) -> str:
    """Say why a row has no such dose."""
    if said:
        return f"several doses: {said}"
    printed = _said(row, "dose")
    if not printed:
        return "no dose recorded"
    return f"{printed}, no body weight" if "cells" in printed else f"{printed}, no dose in cells per {per}"


def _line(result: AnalysisResult, points: list[DosePoint]) -> tuple[RegressionBands | None, str]:
    if len(points) < LEAST:
        return None, f"no line: it needs {LEAST} studies with a dose, and there are {len(points)}"
    if len({point.dose for point in points}) < 2:
        return None, "no line: all doses are equal"
    first = next((pool.pooled for pool in reversed(result.pools) if pool.pooled.k > 1), None)
    if first is None:
        return None, "no line: nothing was pooled"
    plain = first.tau2_method in TAU2_METHODS and first.ci_method in CI_METHODS
    try:
        return regression_bands(
            [point.yi for point in points],
            [point.vi for point in points],
            {"dose": [point.dose for point in points]},
            "log10(dose)",
            labels=[point.label for point in points],
            row_ids=[point.row_id for point in points],
            label="all studies with a dose",
            logarithmic=True,
            measure=first.measure,
            tau2_method=first.tau2_method if plain else "REML",
            ci_method=first.ci_method if plain else "hksj-adhoc",
            level=first.level,
        ), ""
    except (InputError, TooFewStudiesError) as error:
        return None, f"no line: {error}"
