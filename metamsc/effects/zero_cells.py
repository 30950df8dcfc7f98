"""What is done about empty cells: which rows get a constant added, and which are dropped."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from metamsc.effects.inputs import Rows
from metamsc.effects.measure import FloatArray, Options

ZERO_CELL_RULES = ("only0", "all", "if0all", "none")


def adjust_cells(rows: Rows, cells: Sequence[FloatArray], options: Options) -> list[FloatArray]:
    """Return the cells with the constant added where the rule says so, and note it on those rows.

    Parameters
    ----------
    rows : Rows
        Rows of the call; rows already dropped get NaN cells.
    cells : sequence of arrays of shape (k,)
        The counts, every one of which must be above zero for the measure to be defined.
    options : Options
        `add` is the constant, `to` the rule: "only0" rows with an empty cell, "all" every row,
        "if0all" every row as soon as one row has an empty cell, "none" no row.
    """
    empty = np.any([cell == 0 for cell in cells], axis=0) & ~rows.dropped
    everywhere = np.ones(rows.k, dtype=bool) & ~rows.dropped
    rule = {
        "only0": (empty, "zero cell"),
        "all": (everywhere, "added to every row"),
        "if0all": (everywhere if empty.any() else empty, "some row has a zero cell"),
        "none": (np.zeros(rows.k, dtype=bool), ""),
    }
    chosen, reason = rule[options.to]
    if options.add == 0:
        chosen = np.zeros(rows.k, dtype=bool)
    rows.note(chosen, f"{options.add:g} added to all cells ({reason})")
    added = np.where(chosen, options.add, 0.0)
    return [np.where(rows.dropped, np.nan, cell + added) for cell in cells]
