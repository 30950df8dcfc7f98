"""Records to judge in the page and in Python: shipped ones, wrong examples, spoilt ones."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml

from metamsc.records.load import read_record
from metamsc.records.model import Study
from metamsc.records.studies import StudyFile
from tests.form.conftest import ROOT

EXAMPLES = ROOT / "tests" / "examples" / "extractions"
SHIPPED = sorted((ROOT / "data" / "extractions").rglob("*.yml"))
WRONG = sorted((EXAMPLES / "invalid").glob("*.yml"))
MENDED = sorted((EXAMPLES / "mended").glob("*.yml"))
VALID = sorted((EXAMPLES / "valid").rglob("*.yml"))


def as_json(file: Path) -> Any:
    """Return what a file holds; None where it is not YAML, or JSON cannot hold it (NaN)."""
    try:
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
        return json.loads(json.dumps(data, default=str, allow_nan=False))
    except (yaml.YAMLError, ValueError):
        return None


def study_of(file: Path) -> Study | None:
    """Return the record of a file; None where it cannot be read."""
    found = read_record(str(file))
    return found.study if isinstance(found, StudyFile) else None


def plain(study: Study) -> Any:
    """Return a record as plain data, without what is left at its default."""
    data = study.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return {"schema": data.pop("schema"), **data}


def numbers_of(record: Any) -> list[tuple[dict[str, Any], str]]:
    """Return every number of results and of groups, as the part that holds it and its name."""
    results = record.get("results", [])
    parts = [value for result in results for value in (result.get("arms") or {}).values()]
    parts += [result[name] for result in results for name in ("contrast", "between") if result.get(name)]
    for arm in record["arms"]:
        parts += [arm, *(arm[name] for name in ("age", "disease_duration", "bmi") if name in arm)]
        parts += [arm["cells"]["dose"]] if arm.get("cells", {}).get("dose") else []
    return [(part, key) for part in parts for key, x in part.items() if type(x) in (int, float)]


def spoil_number(record: Any, chance: random.Random) -> None:
    """Change one number, or one label of a spread."""
    found = numbers_of(record)
    if not found:
        return
    value, key = chance.choice(found)
    label = {"sd": "se", "se": "sd"}.get(key)
    if label is not None and chance.random() < 0.4:
        value[label] = value.pop(key)
    elif key in ("n", "events", "n_randomised", "n_female", "n_treatment", "n_control"):
        value[key] = chance.choice([value[key] * 3 + 1, value[key] // 2, 1])
    elif key in ("percent", "p", "correlation"):
        value[key] = chance.choice([value[key] / 2, 0.5])
    else:
        value[key] = value[key] * chance.choice([10, 0.1, 4 if key in ("sd", "se", "ratio", "df") else -1])


def add_print(record: Any, chance: random.Random) -> None:
    """Add to one group what a paper may print beside its numbers: intervals, P, t, ranges, words, tests."""
    results = [result for result in record.get("results", []) if result.get("arms")]
    if not results:
        return
    result = chance.choice(results)
    value = chance.choice(list(result["arms"].values()))
    centre = next((value[name] for name in ("mean", "change", "median") if name in value), 1.0)
    width = chance.choice([0.05, 0.5, 2.0]) * (abs(centre) or 1.0)
    more: list[dict[str, Any]] = [
        {"ci": [round(centre - width, 2), round(centre + width, 2)]},
        {"range": [round(centre - 2 * width, 2), round(centre + width, 2)]},
        {"p": chance.choice([0.001, 0.04, 0.6]), "p_operator": chance.choice("=<>")},
        {"t": chance.choice([-3.2, 0.4, 12.0]), "p": chance.choice([0.001, 0.04, 0.6])},
        {"correlation": chance.choice([-0.4, 0.5, 0.95])},
        {"said": chance.choice(["fell", "rose", "unchanged"])},
        {"reading_error": chance.choice([0.1, 50.0])},
        {"note": chance.choice(["was reduced", "± is not explained", "probably an SD", "rose by a third"])},
    ]
    value.update(chance.choice(more))
    if chance.random() < 0.5:
        test = chance.choice(["t", "welch", "f", "chi2", "fisher", "mann-whitney", "not-reported"])
        result["between"] = {"test": test, "p": chance.choice([0.001, 0.03, 0.4]), "p_operator": "="}
        if chance.random() < 0.5:
            result["between"] |= {"statistic": chance.choice([0.3, 2.4, 30.0]), "df": chance.choice([9, 38])}
    if chance.random() < 0.2:
        result["integer"] = True


def rearrange(record: Any, chance: random.Random) -> None:
    """Exchange, copy or turn what stands in rows: arms of a row, times, a percent change, a contrast."""
    results = record.get("results", [])
    arms = [result["arms"] for result in results if len(result.get("arms") or {}) > 1]
    if not arms:
        return
    row = chance.choice(arms)
    one, other = chance.sample(list(row), 2)
    way = chance.randrange(5)
    if way == 0:
        row[one], row[other] = row[other], row[one]
    elif way == 1:
        row[one] = copy.deepcopy(row[other])
    elif way == 2:
        source = chance.choice(results)
        results.append({**copy.deepcopy(source), "at": chance.choice(["baseline", "3 weeks", "5 years"])})
    elif way == 3 and "mean" in row[one]:
        row[one]["change"] = row[one].pop("mean")
    else:
        made: dict[str, Any] = {
            "treatment": one,
            "control": other,
            "difference": chance.choice([-0.5, 3, 40]),
        }
        more: tuple[tuple[dict[str, Any], ...], ...] = (
            ({"se": 0.4}, {"ci": [-1.0, 0.5]}, {"ci": [1.0, 5.0], "p": 0.2}, {"se": 1.0, "p": 0.001}),
            ({}, {"test": "t", "statistic": 2.1, "df": 20}, {"said": "lower"}),
            ({}, {"n_treatment": 10, "n_control": 12}),
        )
        for choices in more:
            made |= chance.choice(choices)
        kept = {
            key: x for key, x in chance.choice(results).items() if key not in ("arms", "contrast", "between")
        }
        results.append({**kept, "contrast": made})


def rename(record: Any, chance: random.Random) -> None:
    """Point somewhere that is not there, or say about the study what does not fit."""
    results, study = record.get("results", []), record["study"]
    ways: list[Callable[[], object]] = [
        lambda: study.update(year=chance.choice([1990, 2050])),
        lambda: study.update(countries=["UK"]),
        lambda: study.update(title=f"{study['title']}, type 2 diabetes"),
        lambda: study.update(title="TODO"),
        lambda: study.update(follow_up="2 days", n_randomised=3),
        lambda: record["extraction"].update(status="double"),
        lambda: record.update(risk_of_bias=[{"tool": "robins-i-v2", "outcome": "hba1cc"}]),
        lambda: record.update(missing_results=[{"outcome": "nothing", "reason": "TODO: say", "source": "x"}]),
        lambda: record["arms"][0].update(age={"mean": 180.0, "unit": "years", "source": "nowhere"}),
        lambda: record["arms"][0].update(n_female=5000),
        lambda: [result.update(source="nowhere") for result in results[:1]],
        lambda: [result.update(unit="furlongs") for result in results[:1]],
        lambda: [result.update(outcome="hba1cc") for result in results[:1]],
        lambda: [result.update(pool=False, note="kept aside") for result in results],
        lambda: [source.update(kind="figure") for source in record["sources"].values()],
        lambda: record.get("model", {}).update(strain=chance.choice(["db/db", "Wistar", "NOD"])),
        lambda: record.get("model", {}).update(models_type=chance.choice(["T1D", "T2D"])),
    ]
    chance.choice(ways)()


WAYS = (spoil_number, spoil_number, spoil_number, add_print, add_print, rearrange, rename)


def mutants(record: Any, chance: random.Random, count: int) -> Iterator[Any]:
    """Yield copies of a record, each with one to three things done to it."""
    for _ in range(count):
        made = copy.deepcopy(record)
        for _ in range(chance.randint(1, 3)):
            chance.choice(WAYS)(made, chance)
        yield made
