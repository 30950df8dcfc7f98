"""Spreads of real groups of people, from which the clean records draw theirs.

Labelled SDs of the shipped records are read from the files. Where those have none, groups that published
papers print stand here, with where they were read; for animals there are hardly any, and `JUDGED` says so.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from metamsc.checks.read import read_records
from metamsc.outcomes.units import convert

SHIPPED = Path(__file__).parents[2] / "data" / "extractions"

PUBLISHED = {
    # ± of uc-msc-series-cn, not labelled and plainly SDs
    "postprandial_glucose": (0.23, 0.26),
    "fasting_glucose": (0.25, 0.31),
    # the same page (0.54 to 0.67), and areas under the curve in the shipped records
    "c_peptide_fasting": (0.54, 0.59, 0.64, 0.67, 0.35, 0.45, 0.54, 0.58, 0.81, 0.92),
    # PMC10469096, Table 3 (n = 3534); Diabetes Care 2007;30:2034 (n = 89)
    "egfr": (0.32, 0.32),
    # West Indian Med J 2015, article 2468 (n = 87); newly detected type 2 (n = 100)
    "homa_ir": (0.28, 0.61, 0.69),
    # BMC Surg 2021;21:87, Table 1: baseline area of 15 groups
    "wound_area": (0.45, 0.65, 0.75, 0.82, 0.88, 0.95, 0.97, 0.98, 1.02, 1.02, 1.09, 1.13, 1.14, 1.16, 1.32),
    # Diabetes 2018;67 Suppl 1:1822-P (n = 5047); PMC10469096; PMID 21355720 (n = 20)
    "clinical body_weight": (0.22, 0.23, 0.23, 0.19),
    # J Japan Diab Soc 2000;43(11): clamps in 17 and 28 people
    "glucose_infusion_rate": (0.37, 0.30, 0.44, 0.31),
}
POINTS = {"erectile_function": (2.1, 3.4, 4.7)}
"""SDs in points: ± of mirzaei-2021, not labelled; as SE the scale would not allow them."""
JUDGED = {
    "blood_glucose": (0.07, 0.30),
    "preclinical fasting_glucose": (0.08, 0.30),
    "body_weight": (0.05, 0.13),
    "islet_diameter": (0.15, 0.32),
}
"""Animals: no labelled SD with its n is in the shipped records, so these ranges are judgement."""


@cache
def seen_ratios() -> dict[str, tuple[float, ...]]:
    """Outcome -> SD/mean of each labelled arm of the shipped clinical records, and of published groups."""
    found: dict[str, list[float]] = {outcome: list(ratios) for outcome, ratios in PUBLISHED.items()}
    for study in read_records(SHIPPED):
        if study.study.setting.value != "clinical":
            continue
        for row in study.results:
            for value in (row.arms or {}).values():
                if not value.sd or not value.mean:
                    continue
                sd, mean, unit = value.sd, value.mean, row.unit or ""
                if row.outcome == "hba1c":  # its two units have different zeros
                    sd = convert(sd, "hba1c", unit, "%", kind="difference").value
                    mean = convert(mean, "hba1c", unit, "%").value
                found.setdefault(row.outcome, []).append(sd / mean)
    return {outcome: tuple(ratios) for outcome, ratios in found.items()}
