"""What every part of a record is built on: the closed base class, times, and the plain kinds of values."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

DAYS_PER_UNIT = {"hour": 1 / 24, "day": 1.0, "week": 7.0, "month": 365.25 / 12, "year": 365.25}
"""Length of the units of time a record may use; a month is a twelfth of a Julian year."""

_TIME = re.compile(r"(?P<number>\d+(?:\.\d+)?) (?P<unit>hour|day|week|month|year)s?")

UNTIMED = ("baseline", "not reported")


class Part(BaseModel):
    """Base of every part of a record: strict, closed, frozen, no NaN and no infinity.

    The text below a field is its description, see :mod:`metamsc.records.descriptions`.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


def parse_days(text: str) -> float | None:
    """Return the length in days of ``"12 months"``; 0 for "baseline", None for "not reported".

    Raises
    ------
    ValueError
        If the text is none of these.
    """
    if text == "baseline":
        return 0.0
    if text == "not reported":
        return None
    found = _TIME.fullmatch(text)
    if found is None:
        raise ValueError(
            "a time is written like '12 months', '48 weeks', '32 days', 'baseline' or 'not reported'; "
            f"got {text!r}"
        )
    return float(found["number"]) * DAYS_PER_UNIT[found["unit"]]


def _check_time(text: str) -> str:
    parse_days(text)
    return text


def as_tuple(value: Any) -> Any:
    """YAML gives lists; a frozen record holds tuples."""
    return tuple(value) if isinstance(value, list) else value


TIME_PATTERN = r"^(baseline|not reported|\d+(\.\d+)? (hour|day|week|month|year)s?)$"

Time = Annotated[str, AfterValidator(_check_time), Field(json_schema_extra={"pattern": TIME_PATTERN})]
"""A point in time or a length of time, as the text says it: '12 months', '48 weeks', 'baseline'."""

Pair = Annotated[tuple[float, float], BeforeValidator(as_tuple)]
"""Two numbers, low then high."""

Text = Annotated[str, Field(min_length=1)]
Count = Annotated[int, Field(ge=0, le=1_000_000)]
"""Participants, animals or events of one study; rules that count up to it end in a moment."""
Positive = Annotated[float, Field(gt=0)]
NonNegative = Annotated[float, Field(ge=0)]
Key = Annotated[str, Field(pattern=r"^[a-z0-9]+(?:[-_.][a-z0-9]+)*$")]
"""Identifier of a study, arm or source: small letters, digits, hyphens."""
