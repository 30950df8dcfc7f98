"""Mistakes about spreads: standard errors for SDs and the reverse, decimal points, unlabelled ±."""

from __future__ import annotations

import math

from benchmarks.injection.places import (
    Made,
    Mistake,
    Record,
    Rng,
    contrasts,
    pick,
    printed,
    rows_of,
    values,
)


def _digits(number: float) -> float:
    return printed(number, max(2, 1 - math.floor(math.log10(number)))) if number > 0 else number


def _se(value: Record) -> float:
    return _digits(value["sd"] / math.sqrt(value["n"]))


def se_for_sd(_rng: Rng, record: Record) -> Made | None:
    """Every SD of the record is in truth a standard error: the commonest mistake, the whole table at once."""
    found = [f for f in values(record, "sd") if f[2]["sd"] > 0 and f[2]["n"] >= 3]
    for _, _, value in found:
        value["sd"] = _se(value)
    return ([record], True) if found else None


def se_for_sd_of_outcome(rng: Rng, record: Record) -> Made | None:
    """All SDs of one outcome are standard errors, those of the others are not."""
    chosen = pick(rng, [f for f in values(record, "sd") if f[2]["n"] >= 3])
    if chosen is None:
        return None
    for row, _, value in list(values(record, "sd")):
        if row["outcome"] == chosen[0]["outcome"]:
            value["sd"] = _se(value)
    return [record], True


def se_for_sd_of_arm(rng: Rng, record: Record) -> Made | None:
    """One arm of one row has the standard error."""
    chosen = pick(rng, [f for f in values(record, "sd") if f[2]["n"] >= 6])
    if chosen is None:
        return None
    chosen[2]["sd"] = _se(chosen[2])
    return [record], True


def sd_for_se(_rng: Rng, record: Record) -> Made | None:
    """Every standard error of the record is in truth an SD."""
    found = list(values(record, "se"))
    for _, _, value in found:
        value["se"] = _digits(value["se"] * math.sqrt(value["n"]))
    return ([record], True) if found else None


def se_of_change(rng: Rng, record: Record) -> Made | None:
    """The SD of a change is the standard error of it."""
    chosen = pick(rng, list(values(record, "change", "sd")))
    if chosen is None:
        return None
    chosen[2]["sd"] = _se(chosen[2])
    return [record], True


def decimal_of_spread(rng: Rng, record: Record) -> Made | None:
    """The decimal point of one SD slips by one place."""
    chosen = pick(rng, [f for f in values(record, "sd") if f[2]["sd"] > 0])
    if chosen is None:
        return None
    chosen[2]["sd"] = float(f"{chosen[2]['sd'] * (10 if rng.random() < 0.5 else 0.1):.6g}")
    return [record], True


def unlabelled_as_sd(rng: Rng, record: Record) -> Made | None:
    """The ± of one arm, which the text does not label, is written as an SD."""
    places = [
        (row, value) for row in rows_of(record) for value in row.get("arms", {}).values() if "spread" in value
    ]
    chosen = pick(rng, places)
    if chosen is None:
        return None
    row, value = chosen
    value["sd"] = value.pop("spread")["value"]
    beside = any("spread" in other for other in row["arms"].values())
    notes = f"{row.get('note', '')} {value.get('note', '')}".lower()
    return [record], beside or "not label" in notes or "not explained" in notes


def sd_for_se_of_contrast(rng: Rng, record: Record) -> Made | None:
    """The width of a difference is written as SE and is an SD: √(n/2) times too large."""
    found = [c for c in contrasts(record) if c.get("se") and c.get("n_treatment") and c.get("n_control")]
    chosen = pick(rng, found)
    if chosen is None:
        return None
    chosen["se"] = _digits(chosen["se"] / math.sqrt(1 / chosen["n_treatment"] + 1 / chosen["n_control"]))
    told = chosen.get("p", 1) < 0.2  # beside P = 0.9 any width will do
    return [record], "ci" in chosen or told or "statistic" in chosen


SPREADS = (
    Mistake("SE for SD, whole table", se_for_sd),
    Mistake("SE for SD, one outcome", se_for_sd_of_outcome),
    Mistake("SE for SD, one value", se_for_sd_of_arm, "small n: √n is within the play of an SD"),
    Mistake("SE for SD of a change", se_of_change),
    Mistake("SD for SE, whole table", sd_for_se),
    Mistake(
        "SD for SE of a contrast", sd_for_se_of_contrast, "visible beside an interval, a statistic or P < 0.2"
    ),
    Mistake("decimal point of an SD", decimal_of_spread),
    Mistake("unlabelled ± called SD", unlabelled_as_sd, "visible by a note, or by the other arm"),
)
