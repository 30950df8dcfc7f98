"""One row of the explorer: the numbers of both sides, each with the derivations that made it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metamsc.report.explorer.schema import Judged, Number, Row, Side
from metamsc.tables.labels import record_name

if TYPE_CHECKING:
    from metamsc.dataset.rows import ArmNumbers, Derived, EffectRow

_ARROW = " ← "
_NUMBERS = ("n", "events", "mean", "sd", "se", "log_sd")


def make_row(row: EffectRow, levels: tuple[str, ...], judged: Judged | None, *, single_arm: bool) -> Row:
    """Return a row of the page.

    Parameters
    ----------
    row : EffectRow
    levels : tuple of str
        Its level of each facet.
    judged : Judged, optional
        The judgements on its risk of bias.
    single_arm : bool
        Whether its design has no control group.
    """
    place = row.place
    sides = [(row.treatment, "treatment"), (row.control, "control")]
    sizes = [side.n for side, _ in sides]
    return Row(
        id=row.row_id,
        study_id=row.study_id,
        label=row.label,
        year=row.year,
        cohort=row.cohort,
        type=row.diabetes_type,
        single_arm=single_arm,
        yi=float(row.yi),
        vi=float(row.vi),
        n=None if sizes[0] is None or sizes[1] is None else float(sizes[0] + sizes[1]),
        at=row.at,
        days=row.at_days,
        value=row.value,
        definition=row.definition or "",
        levels=levels,
        judged=judged,
        sides=(_side(row, *sides[0]), _side(row, *sides[1])),
        derived=tuple(item.text for item in row.derived if item.side == "effect"),
        imputed=row.imputed,
        notes=row.notes,
        sources=tuple(zip(place.sources, place.urls, strict=False)),
        file=record_name(place.file),
        line=place.line,
    )


def _side(row: EffectRow, arm: ArmNumbers, side: str) -> Side:
    steps = [item for item in row.derived if item.side == side]
    given = {name: getattr(arm, name) for name in _NUMBERS}
    if given["sd"] is not None:
        given["se"] = None  # it is the SD in another form
    numbers = tuple(
        _number(name, float(value), [item for item in steps if name in _made(item)])
        for name, value in given.items()
        if value is not None
    )
    known = {item.name for item in numbers}
    return Side(
        label=arm.label,
        numbers=numbers,
        other=tuple(item.text for item in steps if not known & set(_made(item))),
    )


def _number(name: str, value: float, steps: list[Derived]) -> Number:
    how = tuple(item.text for item in steps)
    return Number(name=name, value=value, how=how, assumed=any(item.imputed for item in steps))


def _made(item: Derived) -> tuple[str, ...]:
    """Return the numbers that a derivation made: "events, n ← inferred (...)" made events and n."""
    made, arrow, _ = item.text.partition(_ARROW)
    return tuple(part.strip() for part in made.split(",")) if arrow else ()
