"""An estimate with its standard error, as other tools export it, as a contrast of a record."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from metamsc.exchange.convert import Conversion
from metamsc.exchange.layout import CONTRASTS, DERIVATIONS
from metamsc.exchange.raw import CellPlace
from metamsc.records.scalars import LARGEST

MEASURES = {"MD": "difference", "RR": "RR", "OR": "OR", "HR": "HR"}
"""Measure as tools call it -> word of a record; an SMD has no unit and a record does not hold it."""
_LARGEST_LOG = math.log(LARGEST)


def add_contrast(
    made: Conversion,
    place: CellPlace,
    shared: Mapping[str, Any],
    sides: Mapping[str, str],
    *,
    estimate: float | None,
    se: float | None,
    derived_se: str = "",
    measure: str = "",
    natural: bool = False,
) -> None:
    """Add a row of `contrasts`; ratios that come as logs are turned back, with a derivation.

    Parameters
    ----------
    made : Conversion
    place : CellPlace
        Cell of the estimate.
    shared : mapping
        Cells of the result: study, result, outcome, at, unit, source.
    sides : mapping
        Arm ids of `treatment` and `control`.
    estimate, se : float or None
        On the scale of the analysis: a log for ratios.
    derived_se : str
        How `se` was worked out, empty when the file gives it.
    measure : str
        Of the row, where the file says it; else that of the hints.
    natural : bool
        Whether a ratio comes as such and not as its log; its `se` is of the log in any case.
    """
    given = (measure or made.hints.measure or "").upper()
    word = MEASURES.get(given)
    if word is None:
        listed = ", ".join(MEASURES)
        if given in ("", None):
            made.note(place, "T912", "the file does not say what the estimate is", f"--measure: {listed}")
        else:
            made.note(place, "T911", f"a record does not hold the measure {given}", f"it holds {listed}")
        return
    log = word != "difference" and not natural
    if estimate is None or (log and abs(estimate) > _LARGEST_LOG):
        made.note(place, "T905", "no estimate, or one too large for the log of a ratio")
        return
    row: dict[str, Any] = {**shared, **sides, "measure": word}
    notes: dict[str, str] = {"se": derived_se} if derived_se and se is not None else {}
    if word == "difference":
        row["difference"] = (estimate, place)
    else:
        row["ratio"] = (math.exp(estimate) if log else estimate, place)
        row["unit"] = None
    if log:
        notes["ratio"] = f"exp({estimate:g}); the file gives the log"
    row["se"] = (se, place) if se is not None and se > 0 else None
    made.add(CONTRASTS, place, row)
    key = {"study": shared["study"], "result": shared["result"]}
    for name, note in notes.items():
        made.add(DERIVATIONS, place, {**key, "fields": [name], "kind": "arithmetic", "note": note})
