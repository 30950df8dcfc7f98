"""Clean records: participants are simulated, and each number printed is computed from them and rounded.

SD/mean of each outcome is drawn from real groups of people (`seen.py`), with a play of its own for the study
(25 %), the arm (12 %) and the time (8 %); one study in ten is an odd one, with 1.6 times the spread or its
inverse. The rules of `metamsc check` are not looked at.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from benchmarks.injection.places import Record, printed
from benchmarks.injection.record_mistakes import STRAINS
from benchmarks.injection.seen import JUDGED, POINTS, seen_ratios

STUDY_PLAY, ARM_PLAY, TIME_PLAY = 0.25, 0.12, 0.08
"""SDs of the log of a spread between studies, arms and times, beside the play of estimating it."""
ODD, ODD_FACTOR = 0.10, 1.6
"""Share of studies of unusual people, and how much more or less they differ."""


_Values = np.ndarray[Any, Any]
_Course = tuple[_Values, _Values]
"""Values of the participants of one arm before and after."""


@dataclass(frozen=True)
class Kind:
    """How an outcome is distributed over participants and how papers print it."""

    outcome: str
    unit: str
    means: tuple[float, float]
    places: int
    shape: str = "normal"
    better: int = -1
    whole: bool = False
    limits: tuple[float, float] = (0.0, math.inf)


CLINICAL = (
    Kind("hba1c", "%", (7.4, 9.6), 1, limits=(4.5, 16)),
    Kind("hba1c", "mmol/mol", (58, 82), 0, limits=(25, 150)),
    Kind("fasting_glucose", "mmol/L", (7.5, 12.0), 1, limits=(3.5, 28)),
    Kind("fasting_glucose", "mg/dL", (135, 216), 1, limits=(60, 500)),
    Kind("postprandial_glucose", "mmol/L", (11, 17), 1, limits=(4, 35)),
    Kind("c_peptide_fasting", "nmol/L", (0.35, 1.0), 2, "lognormal", +1),
    Kind("c_peptide_fasting", "ng/mL", (1.0, 3.0), 2, "lognormal", +1),
    Kind("insulin_dose", "U/kg/day", (0.4, 0.95), 2, "lognormal"),
    Kind("insulin_dose", "U/day", (28, 60), 1, "lognormal"),
    Kind("egfr", "mL/min/1.73m2", (42, 96), 1, better=+1, limits=(8, 160)),
    Kind("homa_ir", "index", (2.0, 6.0), 2, "lognormal"),
    Kind("glucose_infusion_rate", "mg/kg/min", (2.5, 5.0), 2, "lognormal", +1),
    Kind("wound_area", "cm2", (2.0, 9.0), 1, "lognormal"),
    Kind("erectile_function", "points", (7.5, 13), 1, better=+1, whole=True, limits=(1, 25)),
)
PRECLINICAL = (
    Kind("blood_glucose", "mmol/L", (18, 29), 1, limits=(3, 40)),
    Kind("blood_glucose", "mg/dL", (330, 520), 0, limits=(60, 720)),
    Kind("fasting_glucose", "mmol/L", (14, 25), 1, limits=(3, 40)),
    Kind("body_weight", "g", (22, 31), 1, better=+1, limits=(12, 60)),
    Kind("body_weight", "g", (210, 340), 0, better=+1, limits=(100, 600)),
    Kind("islet_diameter", "um", (70, 160), 1, better=+1, limits=(20, 400)),
)


def spread_of(rng: np.random.Generator, kind: Kind, mean: float, clinical: bool) -> float:
    """SD of the participants of one study, drawn from real groups where there are any."""
    play = math.exp(rng.normal(0, STUDY_PLAY))
    if rng.random() < ODD:
        play *= ODD_FACTOR if rng.random() < 0.5 else 1 / ODD_FACTOR
    if kind.outcome in POINTS:
        return float(rng.choice(POINTS[kind.outcome])) * play
    judged = JUDGED.get(kind.outcome) or JUDGED.get(f"preclinical {kind.outcome}")
    if not clinical and judged is not None:
        low, high = (math.log(end) for end in judged)
        return mean * math.exp(rng.uniform(low, high)) * play
    ratio = float(rng.choice(seen_ratios()[kind.outcome])) * play
    if kind.unit == "mmol/mol":  # drawn in %: the two units have different zeros
        return ratio * (mean + 23.5)
    return ratio * mean


EVENTS = {
    "clinical": ("insulin_independence", "adverse_events", "ulcer_healing", "responder"),
    "preclinical": ("survival", "normoglycaemia"),
}


def _draw(rng: np.random.Generator, kind: Kind, mean: float, sd: float, n: int) -> np.ndarray[Any, Any]:
    if kind.shape == "lognormal":
        s2 = math.log1p((sd / mean) ** 2)
        return rng.lognormal(math.log(mean) - s2 / 2, math.sqrt(s2), n)
    return rng.normal(mean, sd, n)


def _participants(
    rng: np.random.Generator, kind: Kind, n: int, mean: float, sd: float, effect: float
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Values of n participants before and after, correlated by 0.4 to 0.8."""
    sd *= math.exp(rng.normal(0, ARM_PLAY))
    before = _draw(rng, kind, mean, sd, n)
    r = rng.uniform(0.4, 0.8)
    after_sd = sd * math.exp(rng.normal(0, TIME_PLAY))
    fresh = _draw(rng, kind, mean, after_sd, n)
    after = mean + r * (before - mean) * after_sd / sd + math.sqrt(1 - r * r) * (fresh - mean)
    if kind.shape == "lognormal":  # what is skewed moves by a share, not by an amount that would end below 0
        after = np.maximum(after, mean * 0.03) * max(0.15, 1 + effect * min(sd / mean, 0.6))
    else:
        after = after + float(np.clip(effect * sd, -0.55 * mean, 0.8 * mean))
    before, after = np.clip(before, *kind.limits), np.clip(after, *kind.limits)
    if kind.whole:
        before, after = np.rint(before), np.rint(after)
    return before, after


def _value(kind: Kind, x: np.ndarray[Any, Any], centre: str, style: Record) -> Record:
    """One arm as printed: mean with SD or SE, sometimes interval or range."""
    sd = max(float(np.std(x, ddof=1)), 1e-3)
    spread_places = max(kind.places, style["spread_places"])
    value: Record = {"n": len(x), centre: printed(x.mean(), kind.places + style["more"])}
    se = sd / math.sqrt(len(x))
    if style["label"] == "unlabelled":
        value["spread"] = {
            "value": printed(sd, max(spread_places, 1 - math.floor(math.log10(sd)))),
            "kind": "unlabelled",
        }
    elif style["label"] == "sd":
        # an SD is printed with digits enough to say something
        value["sd"] = printed(sd, max(spread_places, -math.floor(math.log10(sd))))
    else:
        # an SE is printed with digits enough to say something
        value["se"] = printed(se, max(spread_places, 1 - math.floor(math.log10(se))))
    if style["ci"]:
        half = stats.t.ppf(0.975, len(x) - 1) * se
        places = kind.places + 1
        value["ci"] = [printed(x.mean() - half, places), printed(x.mean() + half, places)]
    if style["range"] and centre == "mean":
        value["range"] = [printed(x.min(), kind.places), printed(x.max(), kind.places)]
    return {key: entry for key, entry in value.items() if entry != 0 or key == "n" or key == centre}


def _series(
    rng: np.random.Generator, kind: Kind, sizes: dict[str, int], clinical: bool, at: str
) -> list[Record]:
    mean = rng.uniform(*kind.means)
    sd = spread_of(rng, kind, mean, clinical)
    style = {
        "label": str(rng.choice(["sd", "se", "unlabelled"], p=[0.68, 0.24, 0.08])),
        "spread_places": kind.places + int(rng.random() < 0.3),
        "more": int(rng.random() < 0.25),
        "ci": rng.random() < 0.2,
        "range": rng.random() < 0.15,
    }
    # one effect in seven goes the wrong way
    effect = kind.better * (rng.normal(0.6, 0.55) if clinical else rng.normal(1.4, 1.2))
    people = {
        arm: _participants(rng, kind, n, mean, sd, effect if arm != "control" else rng.normal(0, 0.1))
        for arm, n in sizes.items()
    }
    rows = []
    base: Record = {"outcome": kind.outcome, "unit": kind.unit, "source": "table-2"}
    if style["label"] == "unlabelled" and rng.random() < 0.5:
        base["note"] = "the ± is not explained in the text"
    if rng.random() < 0.85:
        arms = {arm: _value(kind, before, "mean", style) for arm, (before, _) in people.items()}
        rows.append({**base, "at": "baseline", "arms": arms})
    arms = {arm: _value(kind, after, "mean", style) for arm, (_, after) in people.items()}
    final: Record = {**base, "at": at, "arms": arms}
    if rng.random() < 0.35:
        test = stats.ttest_ind(people["msc"][1], people["control"][1], equal_var=True)
        final["between"] = {"test": "t", "p": printed(test.pvalue, 3)} if test.pvalue > 0.0005 else {
            "test": "t", "p": 0.001, "p_operator": "<",
        }  # fmt: skip
        if rng.random() < 0.5:
            final["between"]["statistic"] = printed(test.statistic, 2)
            final["between"]["df"] = sum(sizes.values()) - 2
    rows.append(final)
    if rng.random() < 0.35:
        rows.append({**base, "at": at, "arms": _changes(rng, kind, people, style)})
    if rng.random() < 0.25:
        contrast = _contrast(rng, kind, people["msc"][1], people["control"][1])
        rows.append({**base, "at": at, "contrast": contrast})
    return rows


def _changes(rng: np.random.Generator, kind: Kind, people: dict[str, _Course], style: Record) -> Record:
    """Changes of the arms as printed, some with words, P and t."""
    arms = {arm: _value(kind, a - b, "change", {**style, "range": False}) for arm, (b, a) in people.items()}
    for arm, (before, after) in people.items():
        _test_of_change(rng, arms[arm], after - before)
        if abs(np.mean(after - before)) > 2 * np.std(after - before) / math.sqrt(len(after)):
            arms[arm]["said"] = "fell" if np.mean(after - before) < 0 else "rose"
    return arms


def _contrast(rng: np.random.Generator, kind: Kind, a: _Values, b: _Values) -> Record:
    """Difference of the final values with its interval or SE, and mostly P."""
    test, places = stats.ttest_ind(a, b), kind.places + 1
    ci = test.confidence_interval(0.95)
    contrast: Record = {
        "treatment": "msc", "control": "control", "difference": printed(a.mean() - b.mean(), places),
        "n_treatment": len(a), "n_control": len(b),
    }  # fmt: skip
    if rng.random() < 0.6:
        contrast["ci"] = [printed(ci.low, places), printed(ci.high, places)]
    else:
        se = (ci.high - ci.low) / 2 / stats.t.ppf(0.975, test.df)
        contrast["se"] = printed(se, max(places, 1 - math.floor(math.log10(se))))
    if rng.random() < 0.5:
        p = test.pvalue
        contrast |= {"p": printed(p, 3)} if p > 0.0005 else {"p": 0.001, "p_operator": "<"}
    return contrast


def _test_of_change(rng: np.random.Generator, value: Record, change: np.ndarray[Any, Any]) -> None:
    """One change in three is printed with its P, some of these with t."""
    if rng.random() > 0.35:
        return
    test = stats.ttest_1samp(change, 0.0)
    p = float(test.pvalue)
    value |= {"p": printed(p, 3)} if p > 0.0005 else {"p": 0.001, "p_operator": "<"}
    if rng.random() < 0.3:
        value["t"] = printed(float(test.statistic), 2)


def _events(rng: np.random.Generator, outcome: str, sizes: dict[str, int], at: str) -> Record:
    risks = {"msc": rng.uniform(0.15, 0.7), "control": rng.uniform(0.05, 0.5)}
    arms: Record = {}
    percent = rng.random() < 0.5
    for arm, n in sizes.items():
        events = int(rng.binomial(n, risks[arm]))
        arms[arm] = {"n": n, "events": events}
        if percent:
            arms[arm]["percent"] = printed(100 * events / n, 1)
    row: Record = {"outcome": outcome, "at": at, "source": "table-2", "arms": arms}
    if rng.random() < 0.4:
        a, b = arms["msc"], arms["control"]
        p = stats.fisher_exact(
            np.array([[a["events"], a["n"] - a["events"]], [b["events"], b["n"] - b["events"]]])
        )[1]
        row["between"] = {"test": "fisher", "p": printed(p, 3)} if p > 0.0005 else {
            "test": "fisher", "p": 0.001, "p_operator": "<",
        }  # fmt: skip
    return row


_MODELS = {
    "db/db": ("genetic", "T2D"),
    "Goto-Kakizaki": ("genetic", "T2D"),
    "NOD": ("spontaneous", "T1D"),
}


def clean_record(rng: np.random.Generator, number: int) -> Record:
    """Return a record as `metamsc.records` takes it: a trial (two in three) or an animal experiment."""
    clinical = rng.random() < 0.67
    treated = int(rng.integers(6, 61) if clinical else rng.integers(6, 15))
    control = treated + int(rng.integers(-2, 3))
    sizes = {"msc": max(treated, 6), "control": max(control, 6)}
    at = str(
        rng.choice(["3 months", "6 months", "12 months"] if clinical else ["2 weeks", "4 weeks", "8 weeks"])
    )
    kinds = CLINICAL if clinical else PRECLINICAL
    chosen = rng.choice(len(kinds), size=int(rng.integers(2, 4)), replace=False)
    rows, seen = [], set()
    for index in chosen:
        if kinds[index].outcome not in seen:
            seen.add(kinds[index].outcome)
            rows += _series(rng, kinds[index], sizes, clinical, at)
    setting = "clinical" if clinical else "preclinical"
    rows.append(_events(rng, str(rng.choice(EVENTS[setting])), sizes, at))
    return {**_head(rng, number, clinical, sizes, at), "results": rows, **_tail()}


def _head(rng: np.random.Generator, number: int, clinical: bool, sizes: dict[str, int], at: str) -> Record:
    kind = "T1D" if rng.random() < 0.5 else "T2D"
    words = {"T1D": "type 1", "T2D": "type 2"}
    study: Record = {
        "id": f"generated-{number}", "label": f"Generated {number}", "year": int(rng.integers(2008, 2026)),
        "setting": "clinical" if clinical else "preclinical",
        "design": "rct-parallel" if clinical else "animal-randomised", "follow_up": at,
        "doi": f"10.1000/generated.{number}",
    }  # fmt: skip
    dose = {"value": 1e6 * float(rng.choice([0.5, 1, 2, 3, 5])), "unit": "cells/kg" if clinical else "cells"}
    cells = {"source": "umbilical-cord", "dose": dose}
    arms = [
        {"id": "msc", "role": "treatment", "n_randomised": sizes["msc"], "cells": cells},
        {"id": "control", "role": "control", "n_randomised": sizes["control"], "comparator": "placebo"},
    ]
    tool = "rob2" if clinical else "syrcle"
    head: Record = {"schema": 1, "study": study, "arms": arms, "risk_of_bias": [{"tool": tool}]}
    if clinical:
        study["registration"] = [f"NCT{number:08d}"]
        study["title"] = f"Umbilical-cord cells in {words[kind]} diabetes"
        head["population"] = {"diabetes_type": kind}
    else:
        study["title"] = "Umbilical-cord cells in diabetic animals"
        arms[1]["comparator"] = "vehicle"
        head["model"] = _model(rng)
    return head


def _model(rng: np.random.Generator) -> Record:
    species = str(rng.choice(["mouse", "rat"]))
    strain = str(rng.choice(STRAINS[species]))
    agent, models = _MODELS.get(strain, ("streptozotocin", "T1D"))
    if strain not in _MODELS and rng.random() < 0.3:
        agent, models = "high-fat-diet+streptozotocin", "T2D"
    return {"species": species, "strain": strain, "induction": {"agent": agent}, "models_type": models}


def _tail() -> Record:
    source = {
        "kind": "table",
        "reference": "primary",
        "url": "https://example.org/paper",
        "locator": "Table 2",
    }
    extraction = {"extracted_by": "generator", "date": "2026-11-22", "status": "single"}
    return {"sources": {"table-2": source}, "extraction": extraction}
