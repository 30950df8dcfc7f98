"""`docs/outcomes.md` from the catalogue: ``python -m metamsc.outcomes.document docs/outcomes.md``."""

from __future__ import annotations

import sys
from pathlib import Path

from metamsc.outcomes.catalogue import Catalogue, Outcome, Quantity, UsualSpread, catalogue

_HEAD = """# Outcomes and units

This page is generated from `metamsc/outcomes/catalogue.yml`; `python -m metamsc.outcomes.document
docs/outcomes.md` writes it again.

A record names an outcome by its id and gives the unit as printed; every spelling listed here is known, and
upper and lower case, spaces, `µ` and `u`, `²` and `2` make no difference. `unit: not printed` is accepted for
every measured outcome and converts into nothing. A row that gives only `percent_change` has the unit `"%"` or
none.

"Usual" is the range over groups of participants (or animals) of SD/mean, or of the SD itself where that
ratio means little. `metamsc check` judges by it whether a spread can be what it is called (P702 to P704).
Where the basis is groups of shipped records, a test computes the range again from the records; where it is
judgement the range is so wide that it tells a standard error, √n too small, from an SD, and nothing finer.

"To patients" is what GRADE asks of an outcome: patient-important (they notice it: death, events, symptoms,
function, a treatment given up), a surrogate in place of that, or physiological (how the body works). The
kinds follow Gandhi et al. (2008), JAMA 299:2543-2549; where an outcome belongs is our reading.
"""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _mid(outcome: Outcome) -> str:
    if outcome.mid is None:
        return f"none: {outcome.mid_reason}"
    unit = f" {outcome.mid.unit}" if outcome.mid.unit else f" ({outcome.mid.measure})"
    return f"{outcome.mid.value:g}{unit}: {outcome.mid.source}. <{outcome.mid.url}>"


_BASIS = {
    "records": "from {arms} groups of {records}",
    "published": "published",
    "judgement": "set by judgement, wide on purpose",
}


def _usual_line(entry: UsualSpread) -> str:
    """Say how widely participants differ, and how that is known."""
    name = "SD/mean" if entry.unit is None else "SD"
    low, high = entry.range
    unit = f" {entry.unit}" if entry.unit else ""
    records = ", ".join(f"`{record}`" for record in entry.records)
    basis = _BASIS[entry.basis].format(arms=entry.arms, records=records)
    url = f" <{entry.url}>" if entry.url else ""
    spread = f"- usual {name}, {entry.setting.value}: {low:g} to {high:g}{unit}"
    return f"{spread}; {basis}: {entry.source}.{url}"


def _outcome_lines(outcome: Outcome) -> list[str]:
    better = {"lower": "lower is better", "higher": "higher is better", "neutral": "no better direction"}
    lines = [f"### `{outcome.id}`", "", f"{outcome.label}. {better[outcome.direction].capitalize()}.", ""]
    lines.append(f"- settings: {', '.join(outcome.settings)}")
    if outcome.quantity is not None:
        lines.append(
            f"- unit: `{outcome.unit}`; accepted: {', '.join(f'`{unit}`' for unit in outcome.units)}"
        )
    else:
        lines.append("- counted: `events` and `n`, no unit")
    if outcome.importance is not None:
        lines.append(f"- to patients: {outcome.importance}")
    lines.append(f"- default measure: {outcome.measure}")
    if outcome.families:
        lines.append(f"- family in `missing_results`: {', '.join(f'`{name}`' for name in outcome.families)}")
    lines += [
        f"- plausible mean, {entry.setting.value}: {entry.range[0]:g} to {entry.range[1]:g} {entry.unit}"
        for entry in outcome.plausible
    ]
    lines += [_usual_line(entry) for entry in (*outcome.usual_cv, *outcome.usual_sd)]
    if outcome.integer:
        lines.append("- each participant's value is a whole number")
    if outcome.scale is not None:
        low, high = outcome.scale
        lines.append(f"- each participant's value lies between {low:g} and {high:g} {outcome.unit}")
    lines += [f"- minimal important difference: {_mid(outcome)}", ""]
    return lines


def _quantity_lines(name: str, quantity: Quantity) -> list[str]:
    lines = [f"### {name.replace('_', ' ')}", ""]
    if quantity.source:
        lines += [quantity.source, ""]
    lines += ["| unit | converts from the base unit | other spellings |", "|---|---|---|"]
    for number, group in enumerate(quantity.groups, start=1):
        for unit in group.units:
            slope, intercept = unit.forward
            base = group.units[0].unit
            formula = "base unit" if unit is group.units[0] else f"{slope:.6g} × {base}"
            if intercept:
                formula += f" {'−' if intercept < 0 else '+'} {abs(intercept):g}"
            which = f" of group {number}" if len(quantity.groups) > 1 and formula == "base unit" else ""
            lines.append(f"| `{unit.unit}` | {formula}{which} | {_cell(', '.join(unit.aliases))} |")
    if quantity.between:
        lines += ["", f"Units of different groups do not convert: {' '.join(quantity.between.split())}."]
    return [*lines, ""]


def outcomes_page(data: Catalogue) -> str:
    """Return the page as Markdown."""
    lines = [_HEAD]
    for kind, title in (("continuous", "Measured"), ("event", "Counted")):
        lines += [f"## {title}", ""]
        for outcome in data.outcomes.values():
            if outcome.kind == kind:
                lines += _outcome_lines(outcome)
    lines += ["## Families", "", "Only in `missing_results`, where a text does not say which one.", ""]
    for family, label in data.families.items():
        members = ", ".join(f"`{member}`" for member in data.members(family))
        lines.append(f"- `{family}` ({label}): {members}")
    lines += ["", "## Units", "", "Differences, changes, SDs and SEs take the slope only.", ""]
    for name, quantity in data.quantities.items():
        lines += _quantity_lines(name, quantity)
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(outcomes_page(catalogue()), encoding="utf-8")
