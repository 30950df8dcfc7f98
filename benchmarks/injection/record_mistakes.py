"""Mistakes about what a record says around its numbers, and those that no record of its own can show."""

from __future__ import annotations

import copy

from benchmarks.injection.places import (
    Made,
    Mistake,
    Record,
    Rng,
    alike,
    at_start,
    pair,
    pick,
    rows_of,
    sd_of,
    values,
)
from metamsc.records.parts import parse_days

STRAINS = {
    "mouse": ("C57BL/6", "BALB/c", "ICR", "db/db", "NOD"),
    "rat": ("Wistar", "Sprague-Dawley", "Goto-Kakizaki"),
}


def power_of_dose(rng: Rng, record: Record) -> Made | None:
    """The power of ten of a dose is misread by three."""
    doses = [arm.get("cells", {}).get("dose", {}) for arm in record["arms"]]
    dose = pick(rng, [d for d in doses if d.get("value") and d["unit"].startswith("cells")])
    if dose is None:
        return None
    dose["value"] *= 1000.0 if rng.random() < 0.7 else 0.001
    return [record], True


def time_unit(rng: Rng, record: Record) -> Made | None:
    """Months are written as years, weeks as months."""
    rows = [row for row in rows_of(record) if row["at"].endswith(("months", "weeks"))]
    row = pick(rng, rows)
    if row is None or "follow_up" not in record["study"]:
        return None
    number, unit = row["at"].split()
    row["at"] = f"{number} {'years' if unit == 'months' else 'months'}"
    end = parse_days(record["study"]["follow_up"]) or 0.0
    return [record], (parse_days(row["at"]) or 0.0) > 1.1 * end


def wrong_strain(rng: Rng, record: Record) -> Made | None:
    """The strain is one of another species."""
    species = record.get("model", {}).get("species")
    if species not in STRAINS:
        return None
    other = "rat" if species == "mouse" else "mouse"
    record["model"]["strain"] = str(rng.choice(STRAINS[other]))
    return [record], True


def wrong_type(_rng: Rng, record: Record) -> Made | None:
    """Type 1 is written for type 2 or the reverse."""
    part, key = ("population", "diabetes_type") if "population" in record else ("model", "models_type")
    if record[part][key] not in ("T1D", "T2D"):
        return None
    other = "T2D" if record[part][key] == "T1D" else "T1D"
    title = record["study"]["title"].lower()
    words = {"T1D": ("type 1", "t1d"), "T2D": ("type 2", "t2d")}
    named = any(word in title for word in words[record[part][key]]) and not any(
        word in title for word in words[other]
    )
    record[part][key] = other
    agent = record.get("model", {}).get("induction", {}).get("agent", "not-reported")
    return [record], named or agent not in ("not-reported", "adoptive-transfer", "genetic")


def wrong_tool(_rng: Rng, record: Record) -> Made | None:
    """Risk of bias is judged with the tool of another design."""
    design = record["study"]["design"]
    clinical = not design.startswith("animal")
    fitting = "syrcle" if not clinical else "rob2" if design.startswith("rct") else "robins-i-v2"
    wrong = {"rob2": "robins-i-v2", "robins-i-v2": "rob2", "syrcle": "rob2"}[fitting]
    record["risk_of_bias"] = [{"tool": wrong}]
    return [record], True


def registration_digit(rng: Rng, record: Record) -> Made | None:
    """A digit of the registration number is lost."""
    numbers = [number for number in record["study"].get("registration", ()) if number.startswith("NCT")]
    if not numbers:
        return None
    place = int(rng.integers(3, len(numbers[0])))
    record["study"]["registration"] = [numbers[0][:place] + numbers[0][place + 1 :]]
    return [record], True


def second_record(_rng: Rng, record: Record) -> Made | None:
    """A second report of the same participants becomes a record of its own."""
    digits = sum(
        len(str(number).replace(".", "").strip("0"))
        for _, _, value in values(record, "n")
        for key, number in value.items()
        if key in ("n", "mean", "change", "median", "sd", "se", "events")
    )
    if digits == 0:
        return None
    second = copy.deepcopy(record)
    second["study"]["id"] += "-again"
    second["study"]["title"] = f"Further follow-up of {second['study']['title']}"
    for key in ("doi", "pmid", "pmcid", "registration", "cohort"):
        second["study"].pop(key, None)
    return [record, second], digits >= 10


RECORDS = (
    Mistake("power of ten of a dose", power_of_dose),
    Mistake("unit of time", time_unit, "visible where it ends after the follow-up"),
    Mistake("strain of another species", wrong_strain),
    Mistake("type of diabetes", wrong_type, "visible by the title or the way of induction"),
    Mistake("risk-of-bias tool", wrong_tool),
    Mistake("registration digit", registration_digit),
    Mistake("second record of a cohort", second_record, "visible in a set, by ten digits or more"),
)


def all_arms_exchanged(_rng: Rng, record: Record) -> Made | None:
    """Treated and control are exchanged in every row."""
    done = False
    for row in rows_of(record):
        names = pair(record, row)
        if names and all("mean" in row["arms"][name] for name in names):
            arms = row["arms"]
            arms[names[0]], arms[names[1]] = arms[names[1]], arms[names[0]]
            done = True
    return ([record], False) if done else None


def times_exchanged(rng: Rng, record: Record) -> Made | None:
    """Baseline and final values are exchanged in all arms."""
    rows = rows_of(record)
    found = [(a, b) for a in rows for b in rows if at_start(a) and not at_start(b) and alike(a, b)]
    found = [
        (a, b) for a, b in found if all("mean" in v for r in (a, b) for v in r.get("arms", {"": {}}).values())
    ]
    chosen = pick(rng, found)
    if chosen is None:
        return None
    one, other = chosen
    one["arms"], other["arms"] = other["arms"], one["arms"]
    return [record], False


def plausible_digit(rng: Rng, record: Record) -> Made | None:
    """A mean is off by a third of its SD."""
    chosen = pick(rng, [f for f in values(record, "mean") if sd_of(f[2])])
    if chosen is None:
        return None
    value = chosen[2]
    value["mean"] = float(f"{value['mean'] + (sd_of(value) or 0) / 3:.3g}")
    return [record], False


def other_definition(rng: Rng, record: Record) -> Made | None:
    """Completers' n stands where all randomised should: two fewer than were analysed."""
    chosen = pick(rng, [f for f in values(record, "n") if f[2]["n"] > 8 and "events" not in f[2]])
    if chosen is None:
        return None
    chosen[2]["n"] -= 2
    return [record], False


UNSEEN = (
    Mistake("arms exchanged in every row", all_arms_exchanged),
    Mistake("baseline and final exchanged", times_exchanged),
    Mistake("mean off by a third of an SD", plausible_digit),
    Mistake("n too small by two", other_definition),
)
"""Mistakes that one record cannot show, as a rule: what is found is luck, or one more number printed."""
