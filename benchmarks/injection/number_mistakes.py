"""Mistakes about means, changes, counts, intervals and P values, and rows read from the wrong place."""

from __future__ import annotations

import copy
import math

import numpy as np

from benchmarks.injection.places import (
    CENTRES,
    Made,
    Mistake,
    Record,
    Rng,
    alike,
    at_start,
    contrasts,
    pair,
    pick,
    printed,
    randomised,
    rows_of,
    sd_of,
    told_elsewhere,
    values,
)

_OTHER_UNIT = {
    "mmol/mol": "%", "mg/dL": "mmol/L", "mmol/L": "mg/dL", "U/day": "U/kg/day", "U/kg/day": "U/day",
    "IU/day": "IU/kg/day", "IU/day/kg": "IU/day", "IU/kg": "IU/day", "ng/mL": "pmol/L", "nmol/L": "pmol/L",
}  # fmt: skip
_OF_UNIT = ("hba1c", "fasting_glucose", "blood_glucose", "postprandial_glucose", "insulin_dose", "c_peptide")
_COUNTED = ("n", "events", "percent")


def wrong_unit(rng: Rng, record: Record) -> Made | None:
    """One outcome is given the other unit of its kind, the numbers stay."""
    rows = [
        row
        for row in rows_of(record)
        if row["outcome"].startswith(_OF_UNIT)
        and row["outcome"] not in ("c_peptide_auc", "c_peptide_percent_baseline")
        and (row.get("unit") in _OTHER_UNIT or (row["outcome"] == "hba1c" and row.get("unit") == "%"))
        and any("mean" in value or "median" in value for value in row.get("arms", {}).values())
    ]
    chosen = pick(rng, rows)
    if chosen is None:
        return None
    outcome, unit = chosen["outcome"], chosen["unit"]
    for row in rows_of(record):
        if row["outcome"] == outcome and row.get("unit") == unit:
            row["unit"] = "mmol/mol" if unit == "%" else _OTHER_UNIT[unit]
    return [record], True


def c_peptide_by_1000(_rng: Rng, record: Record) -> Made | None:
    """C-peptide printed in pmol/L or pg/mL is written as nmol/L or ng/mL."""
    rows = [
        row
        for row in rows_of(record)
        if row["outcome"].startswith(
            ("c_peptide_fasting", "c_peptide_peak", "c_peptide_uns", "c_peptide_post")
        )
    ]
    for row in rows:
        for part in (*row.get("arms", {}).values(), *([row["contrast"]] if "contrast" in row else [])):
            for key in ("mean", "change", "sd", "se", "difference", "ci", "range"):
                if key in part:
                    many = isinstance(part[key], list)
                    part[key] = [x * 1000 for x in part[key]] if many else printed(part[key] * 1000, 1)
    means = any("mean" in value for row in rows for value in row.get("arms", {}).values())
    return ([record], True) if means else None


def decimal_point(rng: Rng, record: Record) -> Made | None:
    """The decimal point of one mean slips by one place."""
    chosen = pick(rng, [f for f in values(record, "mean") if f[2]["mean"] > 0])
    if chosen is None:
        return None
    chosen[2]["mean"] = float(f"{chosen[2]['mean'] * (10 if rng.random() < 0.5 else 0.1):.6g}")
    return [record], True


def lost_sign(rng: Rng, record: Record) -> Made | None:
    """The minus sign of a change, or of a difference, is lost or added."""
    found = [(row, arm, value, "change") for row, arm, value in values(record, "change") if value["change"]]
    rows = {id(row["contrast"]): row for row in rows_of(record) if "contrast" in row}
    found += [(rows[id(c)], "", c, "difference") for c in contrasts(record) if c["difference"]]
    chosen = pick(rng, found)
    if chosen is None:
        return None
    row, arm, value, key = chosen
    size = abs(value[key])
    if key == "difference":
        width = value["ci"][1] - value["ci"][0] if "ci" in value else 0.0
        visible = "said" in value or (width > 0 and size > 0.1 * width)
    else:
        visible = "said" in value or (
            told_elsewhere(record, row, arm, value) and size > 0.3 * (sd_of(value) or 0)
        )
    value[key] = -value[key]
    return [record], visible


def arms_exchanged(rng: Rng, record: Record) -> Made | None:
    """Treated and control of one later row are exchanged."""
    places = []
    for row in rows_of(record):
        names = pair(record, row)
        if names and not at_start(row) and all("mean" in row["arms"][name] for name in names):
            places.append((row, names))
    chosen = pick(rng, places)
    if chosen is None:
        return None
    row, (treated, control) = chosen
    arms = row["arms"]
    if arms[treated] == arms[control]:
        return None
    visible_before = [
        told_elsewhere(record, row, name, {}) and "between" not in row for name in (treated, control)
    ]
    arms[treated], arms[control] = arms[control], arms[treated]
    known = randomised(record)
    above = any(arms[name].get("n", 0) > known.get(name, math.inf) for name in (treated, control))
    apart = abs(arms[treated]["mean"] - arms[control]["mean"])
    clear = apart > (sd_of(arms[treated]) or math.inf)
    return [record], above or (any(visible_before) and clear)


def events_and_n(rng: Rng, record: Record) -> Made | None:
    """Events and n are exchanged."""
    chosen = pick(rng, [f for f in values(record, "events") if 0 < f[2]["events"] < f[2]["n"]])
    if chosen is None:
        return None
    value = chosen[2]
    value["events"], value["n"] = value["n"], value["events"]
    return [record], True


def wrong_count(rng: Rng, record: Record) -> Made | None:
    """A count is off by two or more: read from the row below."""
    chosen = pick(rng, [f for f in values(record, "events") if f[2]["n"] >= 4])
    if chosen is None:
        return None
    row, _, value = chosen
    options = [x for x in range(value["n"] + 1) if abs(x - value["events"]) >= 2]
    value["events"] = int(rng.choice(options))
    return [record], "percent" in value or _far(record, row)


def _far(record: Record, row: Record) -> bool:
    """Whether Fisher's P of the counts now differs from the printed one by a factor of 3."""
    from scipy import stats

    names = pair(record, row)
    told = row.get("between", {}).get("p")
    if names is None or told is None or any("events" not in row["arms"][name] for name in names):
        return False
    table = [[row["arms"][x]["events"], row["arms"][x]["n"] - row["arms"][x]["events"]] for x in names]
    p = stats.fisher_exact(np.array(table))[1]
    if row["between"].get("p_operator") == "<":
        return bool(p > 3 * told)
    return bool(max(p, told) > 3 * max(min(p, told), 1e-4))


def impossible_percent(rng: Rng, record: Record) -> Made | None:
    """A digit of a percentage beside a count is wrong."""
    chosen = pick(rng, [f for f in values(record, "percent") if "events" in f[2]])
    if chosen is None:
        return None
    value = chosen[2]
    wrong = value["percent"] + float(rng.choice([-20, -10, -3, 3, 10, 20]))
    value["percent"] = printed(wrong if 0 <= wrong <= 100 else 100 - value["percent"] + 1.7, 1)
    return ([record], True) if value["percent"] <= 100 else None


def n_of_whole_trial(rng: Rng, record: Record) -> Made | None:
    """The n of one arm is that of all arms together."""
    known = randomised(record)
    chosen = pick(rng, [f for f in values(record, "n") if f[1] in known])
    if chosen is None or len(known) < 2:
        return None
    chosen[2]["n"] = sum(known.values())
    return [record], True


def limit_of_interval(rng: Rng, record: Record) -> Made | None:
    """A limit of an interval is misread by a fifth of its width to the whole of it, or loses its sign."""
    found = [value for _, _, value in values(record, "ci")]
    found += [row["contrast"] for row in rows_of(record) if "ci" in row.get("contrast", {})]
    value = pick(rng, found)
    if value is None:
        return None
    low, high = value["ci"]
    wrong = high + (high - low) * rng.uniform(0.2, 1.0)
    lost = low < 0 and rng.random() < 0.5
    value["ci"] = sorted([-low, high]) if lost else [low, printed(wrong, 3)]
    return [record], True


def wrong_p(rng: Rng, record: Record) -> Made | None:
    """A zero of a P value is lost or added: 0.04 and 0.004."""
    rows = [
        row
        for row in rows_of(record)
        if row.get("between", {}).get("p_operator", "=") == "=" and row.get("between", {}).get("p")
    ]
    row = pick(rng, rows)
    if row is None:
        return None
    between = row["between"]
    between["p"] = printed(between["p"] * 10 if between["p"] < 0.1 else between["p"] / 10, 4)
    arms = row["arms"].values()
    complete = all("n" in v and (sd_of(v) is not None or "events" in v) for v in arms) and len(arms) == 2
    named = between.get("test", "not-reported") not in ("not-reported", "other", "mann-whitney")
    return [record], bool(complete and named) or ("statistic" in between and named)


REPEATED = 5
"""Digits of means and spreads that hardly repeat by chance: 8.1 ± 0.5 does."""


def _digits(*arms: Record) -> int:
    numbers = [value[key] for value in arms for key in ("mean", "change", "sd", "se") if value.get(key)]
    return sum(len(str(abs(number)).replace(".", "").strip("0")) for number in numbers)


def copied_row(rng: Rng, record: Record) -> Made | None:
    """The numbers of the baseline are copied to a later row."""
    found = [
        (one, other)
        for one in rows_of(record)
        for other in rows_of(record)
        if at_start(one) and not at_start(other) and alike(one, other)
        and any(sd_of(v) for v in one.get("arms", {}).values())
        and any(c in v for c in CENTRES for v in other.get("arms", {}).values())
        and not any("change" in v for v in other["arms"].values())
    ]  # fmt: skip
    chosen = pick(rng, found)
    if chosen is None:
        return None
    one, other = chosen
    told = any(told_elsewhere(record, other, arm, value) for arm, value in other["arms"].items())
    other["arms"] = copy.deepcopy(one["arms"])
    return [record], told or _digits(*one["arms"].values()) >= REPEATED


def crossed_columns(rng: Rng, record: Record) -> Made | None:
    """The later values of the treated arm are those of the control arm at baseline."""
    found = []
    for one in rows_of(record):
        for other in rows_of(record):
            names = pair(record, one)
            if names and at_start(one) and not at_start(other) and alike(one, other):
                later = other.get("arms", {}).get(names[0], {})
                if "mean" in later and sd_of(one["arms"][names[1]]) is not None:
                    found.append((one, other, names))
    chosen = pick(rng, found)
    if chosen is None:
        return None
    one, other, (treated, control) = chosen
    told = told_elsewhere(record, other, treated, other["arms"][treated])
    other["arms"][treated] = copy.deepcopy(one["arms"][control])
    return [record], told or _digits(one["arms"][control]) >= REPEATED


def wrong_digit_of_score(rng: Rng, record: Record) -> Made | None:
    """A digit of the mean of a whole-number score is wrong."""
    chosen = pick(rng, [f for f in values(record, "mean") if f[0]["outcome"] == "erectile_function"])
    if chosen is None:
        return None
    value = chosen[2]
    places = 2 if abs(value["mean"] * 10 - round(value["mean"] * 10)) > 1e-9 else 1
    step = int(rng.choice([-4, -3, -2, -1, 1, 2, 3, 4])) * 10.0**-places
    value["mean"] = printed(value["mean"] + step, places)
    n, half = value["n"], 0.5 * 10.0**-places
    possible = any(abs(s / n - value["mean"]) <= half + 1e-9 for s in range(int(n * 30)))
    return [record], not possible


def transposed_digits(rng: Rng, record: Record) -> Made | None:
    """Two digits of a mean are exchanged: 8.6 becomes 6.8."""
    found = [f for f in values(record, "mean") if len(set(str(f[2]["mean"]).replace(".", "")[:2])) == 2]
    chosen = pick(rng, [f for f in found if f[2]["mean"] > 0])
    if chosen is None:
        return None
    row, arm, value = chosen
    text = str(value["mean"])
    places = [i for i, c in enumerate(text) if c.isdigit()][:2]
    letters = list(text)
    letters[places[0]], letters[places[1]] = letters[places[1]], letters[places[0]]
    value["mean"] = float("".join(letters))
    moved = abs(value["mean"] - float(text))
    size = sd_of(value)
    return [record], told_elsewhere(record, row, arm, value) and size is not None and moved > size


NUMBERS = (
    Mistake("unit of another scale", wrong_unit),
    Mistake("C-peptide off by 1000", c_peptide_by_1000),
    Mistake("decimal point of a mean", decimal_point),
    Mistake(
        "digits of a mean exchanged", transposed_digits, "visible by an SD or more, beside interval, range, P"
    ),
    Mistake("digit of a score", wrong_digit_of_score, "visible where no whole numbers give the mean"),
    Mistake("sign of a change", lost_sign, "visible beside baseline and final value, interval or words"),
    Mistake("arms exchanged in a row", arms_exchanged, "visible by n, or a change or difference printed too"),
    Mistake("row copied", copied_row, "visible by five digits, or a number that fixes the row"),
    Mistake("columns crossed", crossed_columns, "visible by five digits, or a number that fixes the value"),
    Mistake("events and n exchanged", events_and_n),
    Mistake("count misread", wrong_count, "visible beside a percentage or a P that it contradicts"),
    Mistake("percentage misread", impossible_percent),
    Mistake("n of the whole trial", n_of_whole_trial),
    Mistake("limit of an interval", limit_of_interval),
    Mistake(
        "P value off by ten", wrong_p, "visible beside a named test with its statistic, or means and SDs"
    ),
)
