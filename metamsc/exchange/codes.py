"""Codes of the problems of tables; each has a line in ``docs/exchange.md``."""

from __future__ import annotations

EXCHANGE_CODES: dict[str, str] = {
    "T901": "a table that cannot be read",
    "T902": "a sheet that is not read",
    "T903": "an unknown column",
    "T904": "a missing column or cell",
    "T905": "a cell that does not hold what its column is for",
    "T906": "a formula or an error value",
    "T907": "rows that contradict each other",
    "T908": "a row of an unknown study, arm or result",
    "T909": "a record that is there already",
    "T910": "an outcome without an id",
    "T911": "a value that a record cannot hold",
    "T912": "something that must be said with a flag",
    "T913": "hidden rows or columns",
}
"""Code -> title."""
