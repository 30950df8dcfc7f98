"""Mistakes of extraction, each as a function that makes it in a clean record.

A mistake changes a deep copy of a record and says whether the changed record still holds what would
contradict it (`visible`): a value elsewhere that cannot be true beside it. That is a statement about
records, not about rules; what a rule then makes of it is what the benchmark measures.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from benchmarks.injection.clean import STRAINS, Record, printed

Rng = np.random.Generator
Made = tuple[list[Record], bool]
"""The records after the mistake (two when a second one is added), and whether they contradict it."""


@dataclass(frozen=True)
class Mistake:
    """A kind of mistake."""

    name: str
    make: Callable[[Rng, Record], Made | None]
    """None where the record has no place for it."""
    note: str = ""
    """What one record can and cannot show."""
    anywhere: bool = False
    """Whether it can be made in any record, not only in a generated one."""


def _values(record: Record, field: str) -> Iterator[tuple[Record, str, Record]]:
    for row in record["results"]:
        for arm, value in row.get("arms", {}).items():
            if field in value and value.get("n"):
                yield row, arm, value


def _pick(rng: Rng, found: list[tuple[Record, str, Record]]) -> tuple[Record, str, Record] | None:
    return found[int(rng.integers(len(found)))] if found else None


def _se(value: Record) -> float:
    se = value["sd"] / math.sqrt(value["n"])
    return printed(se, max(2, 1 - math.floor(math.log10(se))))


def se_for_sd(_rng: Rng, record: Record) -> Made | None:
    """Every SD of the record is in truth a standard error: the commonest mistake, the whole table at once."""
    found = list(_values(record, "sd"))
    for _, _, value in found:
        value["sd"] = _se(value)
    return ([record], True) if found else None


def se_for_sd_of_outcome(rng: Rng, record: Record) -> Made | None:
    """All SDs of one outcome are standard errors, those of the others are not."""
    chosen = _pick(rng, list(_values(record, "sd")))
    if chosen is None:
        return None
    for row, _, value in list(_values(record, "sd")):
        if row["outcome"] == chosen[0]["outcome"]:
            value["sd"] = _se(value)
    return [record], True


def se_for_sd_of_arm(rng: Rng, record: Record) -> Made | None:
    """One arm of one row has the standard error."""
    chosen = _pick(rng, list(_values(record, "sd")))
    if chosen is None:
        return None
    chosen[2]["sd"] = _se(chosen[2])
    return [record], True


def sd_for_se(_rng: Rng, record: Record) -> Made | None:
    """Every standard error of the record is in truth an SD."""
    found = list(_values(record, "se"))
    for _, _, value in found:
        value["se"] = printed(value["se"] * math.sqrt(value["n"]), 2)
    return ([record], True) if found else None


def se_of_change(rng: Rng, record: Record) -> Made | None:
    """The SD of a change is the standard error of it."""
    chosen = _pick(rng, [f for f in _values(record, "change") if "sd" in f[2]])
    if chosen is None:
        return None
    chosen[2]["sd"] = _se(chosen[2])
    return [record], True


_OTHER_UNIT = {
    "mmol/mol": "%", "mg/dL": "mmol/L", "mmol/L": "mg/dL", "U/day": "U/kg/day", "U/kg/day": "U/day",
}  # fmt: skip


def wrong_unit(rng: Rng, record: Record) -> Made | None:
    """One outcome is given the other unit of its kind, the numbers stay."""
    rows = [row for row in record["results"] if row.get("unit") in _OTHER_UNIT or row["outcome"] == "hba1c"]
    if not rows:
        return None
    chosen = rows[int(rng.integers(len(rows)))]
    outcome, unit = chosen["outcome"], chosen["unit"]
    for row in record["results"]:
        if row["outcome"] == outcome:
            row["unit"] = "mmol/mol" if unit == "%" else _OTHER_UNIT[unit]
    return [record], True


def c_peptide_by_1000(_rng: Rng, record: Record) -> Made | None:
    """C-peptide printed in pmol/L or pg/mL is written as nmol/L or ng/mL."""
    rows = [row for row in record["results"] if row["outcome"] == "c_peptide_fasting"]
    for row in rows:
        for value in row.get("arms", {}).values():
            for key in ("mean", "change", "sd", "se"):
                if key in value:
                    value[key] = printed(value[key] * 1000, 1)
            for key in ("ci", "range"):
                if key in value:
                    value[key] = [printed(end * 1000, 1) for end in value[key]]
        if "contrast" in row:
            row["contrast"]["difference"] = printed(row["contrast"]["difference"] * 1000, 1)
            row["contrast"]["ci"] = [printed(end * 1000, 1) for end in row["contrast"]["ci"]]
    return ([record], True) if rows else None


def decimal_point(rng: Rng, record: Record) -> Made | None:
    """The decimal point of one mean slips by one place."""
    chosen = _pick(rng, [f for f in _values(record, "mean") if f[2]["mean"] > 0])
    if chosen is None:
        return None
    chosen[2]["mean"] = float(f"{chosen[2]['mean'] * (10 if rng.random() < 0.5 else 0.1):.6g}")
    return [record], True


def lost_sign(rng: Rng, record: Record) -> Made | None:
    """The minus sign of a change, or of a difference, is lost or added."""
    changes = [f[2] for f in _values(record, "change") if abs(f[2]["change"]) > 0]
    contrasts = [row["contrast"] for row in record["results"] if "contrast" in row]
    found = [(value, "change") for value in changes] + [(value, "difference") for value in contrasts]
    if not found:
        return None
    value, key = found[int(rng.integers(len(found)))]
    # one that is nearly 0 is much the same with the other sign
    size = abs(value[key])
    least = 0.3 * value.get("sd", value.get("se", 0.0) * math.sqrt(value.get("n", 1)))
    if key == "difference":
        least = 0.1 * (value["ci"][1] - value["ci"][0])
    value[key] = -value[key]
    return [record], size > least


def arms_exchanged(rng: Rng, record: Record) -> Made | None:
    """Treated and control of one later row are exchanged."""
    rows = [
        row
        for row in record["results"]
        if "mean" in row.get("arms", {}).get("msc", {}) and row["at"] != "baseline"
    ]
    if not rows:
        return None
    row = rows[int(rng.integers(len(rows)))]
    arms = row["arms"]
    arms["msc"], arms["control"] = arms["control"], arms["msc"]
    larger = max(arms.items(), key=lambda item: item[1]["n"])
    n_known = {arm["id"]: arm["n_randomised"] for arm in record["arms"]}
    other = [r for r in record["results"] if r is not row and r["outcome"] == row["outcome"]]
    apart = abs(arms["msc"]["mean"] - arms["control"]["mean"])
    spread = arms["msc"].get("sd", arms["msc"].get("se", 0) * math.sqrt(arms["msc"]["n"]))
    told = any("contrast" in r or "change" in r.get("arms", {}).get("msc", {}) for r in other)
    return [record], larger[1]["n"] > n_known[larger[0]] or (told and apart > spread)


def events_and_n(rng: Rng, record: Record) -> Made | None:
    """Events and n are exchanged."""
    chosen = _pick(rng, [f for f in _values(record, "events") if 0 < f[2]["events"] < f[2]["n"]])
    if chosen is None:
        return None
    value = chosen[2]
    value["events"], value["n"] = value["n"], value["events"]
    return [record], True


def wrong_count(rng: Rng, record: Record) -> Made | None:
    """A count is off by two or more: read from the row below."""
    chosen = _pick(rng, list(_values(record, "events")))
    if chosen is None:
        return None
    row, _, value = chosen
    options = [x for x in range(value["n"] + 1) if abs(x - value["events"]) >= 2]
    value["events"] = int(rng.choice(options))
    return [record], "percent" in value or ("between" in row and abs(value["events"]) >= 0 and _far(row))


def _far(row: Record) -> bool:
    """Whether Fisher's P of the counts now differs from the printed one by a factor of 3."""
    from scipy import stats

    a, b = row["arms"]["msc"], row["arms"]["control"]
    p = stats.fisher_exact(
        np.array([[a["events"], a["n"] - a["events"]], [b["events"], b["n"] - b["events"]]])
    )[1]
    told = row["between"]["p"]
    if row["between"].get("p_operator") == "<":
        return bool(p > 3 * told)
    return bool(max(p, told) > 3 * max(min(p, told), 1e-4))


def impossible_percent(rng: Rng, record: Record) -> Made | None:
    """A digit of a percentage is wrong."""
    chosen = _pick(rng, list(_values(record, "percent")))
    if chosen is None:
        return None
    value = chosen[2]
    wrong = value["percent"] + float(rng.choice([-20, -10, -3, 3, 10, 20]))
    value["percent"] = printed(wrong if 0 <= wrong <= 100 else 100 - value["percent"] + 1.7, 1)
    if value["percent"] > 100:
        return None
    return [record], True


def n_of_whole_trial(rng: Rng, record: Record) -> Made | None:
    """The n of one arm is that of all arms together."""
    chosen = _pick(rng, list(_values(record, "n")))
    if chosen is None:
        return None
    chosen[2]["n"] = sum(arm["n_randomised"] for arm in record["arms"])
    return [record], True


def limit_of_interval(rng: Rng, record: Record) -> Made | None:
    """A limit of an interval is misread by a fifth of its width to the whole of it, or loses its sign."""
    found = [value for _, _, value in _values(record, "ci")]
    found += [row["contrast"] for row in record["results"] if "contrast" in row]
    if not found:
        return None
    value = found[int(rng.integers(len(found)))]
    low, high = value["ci"]
    places = 3
    wrong = high + (high - low) * rng.uniform(0.2, 1.0)
    value["ci"] = [low, printed(wrong, places)] if low >= 0 or rng.random() < 0.5 else sorted([-low, high])
    return [record], True


def wrong_p(rng: Rng, record: Record) -> Made | None:
    """A zero of a P value is lost or added: 0.04 and 0.004."""
    rows = [
        row
        for row in record["results"]
        if row.get("between", {}).get("p_operator", "=") == "=" and "between" in row
    ]
    if not rows:
        return None
    between = rows[int(rng.integers(len(rows)))]["between"]
    p = between["p"] * 10 if between["p"] < 0.1 else between["p"] / 10
    between["p"] = printed(p, 4)
    return [record], True


def power_of_dose(rng: Rng, record: Record) -> Made | None:
    """The power of ten of a dose is misread by three."""
    dose = record["arms"][0].get("cells", {}).get("dose", {})
    if not dose.get("value") or "cells" not in dose["unit"]:
        return None
    dose["value"] *= 1000.0 if rng.random() < 0.7 else 0.001
    return [record], True


def time_unit(rng: Rng, record: Record) -> Made | None:
    """Months are written as years, weeks as months."""
    rows = [row for row in record["results"] if row["at"] != "baseline"]
    row = rows[int(rng.integers(len(rows)))]
    number, unit = row["at"].split()
    row["at"] = f"{number} {'years' if unit == 'months' else 'months'}"
    return [record], True


def copied_row(rng: Rng, record: Record) -> Made | None:
    """The numbers of the baseline are copied to a later row."""
    rows = record["results"]
    found = [
        (one, other)
        for one in rows
        for other in rows
        if one["at"] == "baseline" and other["at"] != "baseline" and one["outcome"] == other["outcome"]
        and "mean" in other.get("arms", {}).get("msc", {})
    ]  # fmt: skip
    if not found:
        return None
    one, other = found[int(rng.integers(len(found)))]
    other["arms"] = copy.deepcopy(one["arms"])
    return [record], True


def crossed_columns(rng: Rng, record: Record) -> Made | None:
    """The later values of the treated arm are those of the control arm at baseline."""
    rows = record["results"]
    for one in rows:
        for other in rows:
            later = one["at"] == "baseline" != other["at"] and one["outcome"] == other["outcome"]
            if later and "mean" in other.get("arms", {}).get("msc", {}):
                other["arms"]["msc"] = copy.deepcopy(one["arms"]["control"])
                return [record], True
    del rng
    return None


def wrong_digit_of_score(rng: Rng, record: Record) -> Made | None:
    """A digit of the mean of a whole-number score is wrong."""
    found = [f for f in _values(record, "mean") if f[0]["outcome"] == "erectile_function"]
    chosen = _pick(rng, found)
    if chosen is None:
        return None
    value = chosen[2]
    places = 2 if abs(value["mean"] * 10 - round(value["mean"] * 10)) > 1e-9 else 1
    step = int(rng.choice([-4, -3, -2, -1, 1, 2, 3, 4])) * 10.0**-places
    value["mean"] = printed(value["mean"] + step, places)
    n, half = value["n"], 0.5 * 10.0**-places
    possible = any(abs(s / n - value["mean"]) <= half + 1e-9 for s in range(int(n * 30)))
    return [record], not possible


def wrong_strain(rng: Rng, record: Record) -> Made | None:
    """The strain is one of another species."""
    if "model" not in record:
        return None
    other = "rat" if record["model"]["species"] == "mouse" else "mouse"
    record["model"]["strain"] = str(rng.choice(STRAINS[other]))
    return [record], True


def wrong_type(_rng: Rng, record: Record) -> Made | None:
    """Type 1 is written for type 2 or the reverse."""
    part, key = ("population", "diabetes_type") if "population" in record else ("model", "models_type")
    record[part][key] = "T2D" if record[part][key] == "T1D" else "T1D"
    visible = part == "population" or record["model"]["induction"]["agent"] != "streptozotocin"
    return [record], visible


def wrong_tool(_rng: Rng, record: Record) -> Made | None:
    """Risk of bias is judged with the tool of another design."""
    record["risk_of_bias"][0]["tool"] = "robins-i-v2"
    return [record], True


def registration_digit(rng: Rng, record: Record) -> Made | None:
    """A digit of the registration number is lost."""
    numbers = record["study"].get("registration")
    if not numbers:
        return None
    place = int(rng.integers(3, len(numbers[0])))
    numbers[0] = numbers[0][:place] + numbers[0][place + 1 :]
    return [record], True


def second_record(_rng: Rng, record: Record) -> Made | None:
    """A second report of the same participants becomes a record of its own."""
    second = copy.deepcopy(record)
    second["study"]["id"] += "-again"
    second["study"]["doi"] += ".again"
    second["study"].pop("registration", None)
    return [record, second], True


def transposed_digits(rng: Rng, record: Record) -> Made | None:
    """Two digits of a mean are exchanged: 8.6 becomes 6.8."""
    found = [f for f in _values(record, "mean") if len(set(str(f[2]["mean"]).replace(".", "")[:2])) == 2]
    chosen = _pick(rng, found)
    if chosen is None:
        return None
    row, _, value = chosen
    text = str(value["mean"])
    places = [i for i, c in enumerate(text) if c.isdigit()][:2]
    letters = list(text)
    letters[places[0]], letters[places[1]] = letters[places[1]], letters[places[0]]
    value["mean"] = float("".join(letters))
    told = "ci" in value or "range" in value or "between" in row
    return [record], told and abs(value["mean"] - float(text)) > 0.5 * abs(float(text))


MISTAKES = (
    Mistake("SE for SD, whole table", se_for_sd, anywhere=True),
    Mistake("SE for SD, one outcome", se_for_sd_of_outcome, anywhere=True),
    Mistake("SE for SD, one value", se_for_sd_of_arm, "small n: √n is within the play of an SD"),
    Mistake("SD for SE, whole table", sd_for_se),
    Mistake("SE for SD of a change", se_of_change),
    Mistake("unit of another scale", wrong_unit),
    Mistake("C-peptide off by 1000", c_peptide_by_1000),
    Mistake("decimal point of a mean", decimal_point, anywhere=True),
    Mistake("sign of a change", lost_sign, "visible when it exceeds 0.3 SD, or a tenth of the interval"),
    Mistake("arms exchanged in a row", arms_exchanged, "visible by n, or a change or difference printed too"),
    Mistake("events and n exchanged", events_and_n, anywhere=True),
    Mistake("count misread", wrong_count, "visible beside a percentage or a P that it contradicts"),
    Mistake("percentage misread", impossible_percent),
    Mistake("n of the whole trial", n_of_whole_trial),
    Mistake("limit of an interval", limit_of_interval),
    Mistake("P value off by ten", wrong_p),
    Mistake("power of ten of a dose", power_of_dose, anywhere=True),
    Mistake("unit of time", time_unit),
    Mistake("row copied", copied_row),
    Mistake("columns crossed", crossed_columns),
    Mistake("digit of a score", wrong_digit_of_score, "visible where no whole numbers give the mean"),
    Mistake("strain of another species", wrong_strain),
    Mistake("type of diabetes", wrong_type, "streptozotocin alone models either type"),
    Mistake("risk-of-bias tool", wrong_tool),
    Mistake("registration digit", registration_digit, anywhere=True),
    Mistake("second record of a cohort", second_record, "visible in the set, never in one record"),
    Mistake("digits of a mean exchanged", transposed_digits, "visible beside an interval, range or P"),
)
