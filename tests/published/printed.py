"""What "as printed" means, and the data that several analyses share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

# Representation of a decimal half: 0.5 * 10**-n and the difference compared with it are rounded themselves.
_ROUNDING = 1e-12


def digits(n: int) -> float:
    """Half a unit of the n-th decimal: a value within it prints as the number compared with."""
    return 0.5 * 10.0**-n * (1.0 + 1e-6) + _ROUNDING


def reference_data(name: str) -> dict[str, Any]:
    """Data of a file of tests/reference/data, which names its source."""
    path = Path(__file__).parents[1] / "reference" / "data" / f"{name}.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["data"]
    return found
