"""The sampling covariance of a table's rows: rows of one study that share its control group depend on it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from metamsc.effects.arm_covariance import COVARIANCE_MEASURES, arm_covariance
from metamsc.effects.covariance import SamplingCovariance
from metamsc.errors import InputError, check_option

if TYPE_CHECKING:
    from metamsc.dataset.rows import ArmNumbers, EffectRow


def covariance_of_rows(rows: Sequence[EffectRow], measure: str) -> SamplingCovariance:
    """Return the covariance of rows, one block for each study.

    Parameters
    ----------
    rows : sequence of EffectRow
        In the order of the table.
    measure : str
        Of the table.

    Returns
    -------
    SamplingCovariance
        What multilevel models take as V; rows of different studies are independent.

    Raises
    ------
    OptionError
        If rows share an arm and the measure has no covariance.
    InputError
        If a control was divided among rows: what it shares is then already accounted for.

    Notes
    -----
    MD and ROM take the standard error of each arm's mean, the reading of a figure included, so that the
    number analysed is not needed; other measures as :func:`~metamsc.effects.arm_covariance.arm_covariance`.
    """
    by_study: dict[str, list[int]] = {}
    for i, row in enumerate(rows):
        by_study.setdefault(row.study_id, []).append(i)
    blocks = [_block([rows[i] for i in members], measure) for members in by_study.values()]
    places = tuple(np.array(members, dtype=np.intp) for members in by_study.values())
    return SamplingCovariance(places, tuple(blocks), tuple(by_study))


def shares_control(rows: Sequence[EffectRow]) -> bool:
    """Whether two rows of one study have an undivided arm in common."""
    sides = [(row.study_id, *arms) for row in rows for arms in (row.treatment.arms, row.control.arms)]
    return len(set(sides)) < len(sides) and not _is_divided(rows)


def _is_divided(rows: Sequence[EffectRow]) -> bool:
    return any(item.kind == "shared-control" for row in rows for item in row.derived)


def _block(rows: Sequence[EffectRow], measure: str) -> Any:
    if len(rows) == 1:
        return np.array([[rows[0].vi]])
    if _is_divided(rows):
        raise InputError(
            f"{rows[0].study_id}: its control was divided among its rows; divide it or take the covariance, "
            "not both (multi_arm: covariance)."
        )
    check_option("measure", measure, COVARIANCE_MEASURES)
    sides = {"treat": [row.treatment for row in rows], "control": [row.control for row in rows]}
    figures: dict[str, Any] = {}
    for name, arms in sides.items():
        for key, values in _figures(measure, arms).items():
            figures[f"{key}_{name}"] = values
    found = arm_covariance(
        measure,
        [row.vi for row in rows],
        study=["same"] * len(rows),
        treat=["+".join(arm.arms) for arm in sides["treat"]],
        control=["+".join(arm.arms) for arm in sides["control"]],
        yi=[row.yi for row in rows] if measure == "SMD" else None,
        **figures,
    )
    return found.blocks[0]


def _figures(measure: str, arms: Sequence[ArmNumbers]) -> dict[str, list[float]]:
    """Return the figures of one side that the covariance of a measure is made of."""
    if measure in ("MD", "ROM"):
        errors = [_error_of_mean(arm, relative=measure == "ROM") for arm in arms]
        ones = [1.0] * len(arms)
        return {"n": ones, "sd": errors, **({"mean": ones} if measure == "ROM" else {})}
    n = [arm.n or math.nan for arm in arms]
    if measure == "SMD":
        return {"n": n}
    return {"n": n, "events": [math.nan if arm.events is None else arm.events for arm in arms]}


def _error_of_mean(arm: ArmNumbers, *, relative: bool) -> float:
    """Return the standard error of an arm's mean, or of its logarithm, with that of its reading."""
    mean, reading = arm.mean or math.nan, arm.reading or 0.0
    if arm.log_sd is not None:
        return math.hypot(arm.log_sd / math.sqrt(arm.n or math.nan), reading / mean)
    error = math.hypot(math.nan if arm.se is None else arm.se, reading)
    return error / abs(mean) if relative else error
