"""The page judges a record as Python does: the schema, and the rules that it computes itself."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema  # type: ignore[import-untyped]  # it has no types
import pytest
import yaml

from metamsc.checks.run import check_records
from metamsc.outcomes.catalogue import catalogue
from metamsc.records.load import read_record
from metamsc.records.model import Study
from metamsc.records.scaffold import SCHEMA_PATH
from metamsc.records.studies import StudyFile
from metamsc.report.form.content import KEYWORDS, RULES_IN_PAGE
from tests.form.conftest import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.chromium, pytest.mark.slow]

EXAMPLES = ROOT / "tests" / "examples" / "extractions"
SHIPPED = sorted((ROOT / "data" / "extractions").rglob("*.yml"))
WRONG = sorted((EXAMPLES / "invalid").glob("*.yml"))
VALID = sorted((EXAMPLES / "valid").rglob("*.yml"))
NOT_IN_FORM = ("age", "disease_duration", "bmi", "body_weight", "n_female")
"""Characteristics, which the form does not ask for."""
MUTANTS = 4
"""Records with one number spoilt, of each shipped record."""


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


def test_the_two_validators_know_the_same_keywords(page: Page) -> None:
    assert set(page.evaluate("metamscForm.keywords")) == KEYWORDS
    assert tuple(page.evaluate("metamscForm.rules()")) == RULES_IN_PAGE


def test_the_schema_says_the_same(page: Page) -> None:
    judge = jsonschema.Draft202012Validator(json.loads(SCHEMA_PATH.read_text(encoding="utf-8")))
    read = [as_json(file) for file in (*SHIPPED, *VALID, *WRONG)]
    records = [record for record in read if record is not None]
    records += [broken for file in (*VALID, *SHIPPED[:10]) for broken in break_structure(as_json(file))]
    verdicts = page.evaluate(
        "records => records.map(record => metamscForm.validate(record).length === 0)", records
    )
    expected = [judge.is_valid(record) for record in records]
    assert verdicts == expected
    assert 50 < expected.count(False) < len(expected) - 50


def break_structure(record: Any) -> Iterator[Any]:
    """Yield the record with one value after another taken out, of another kind, or unknown."""
    values: tuple[Any, ...] = (None, [], {}, "x", -1, 2.5, True)
    for path in list(leaves(record))[::7]:
        for value in values:
            broken = copy.deepcopy(record)
            parent = inside(broken, path[:-1])
            parent[path[-1]] = value
            yield broken
        broken = copy.deepcopy(record)
        del inside(broken, path[:-1])[path[-1]]
        yield broken


def leaves(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in pairs:
        yield (*path, key)
        yield from leaves(value, (*path, key))


def inside(node: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        node = node[step]
    return node


def of_form(study: Study) -> Any:
    """Return a record without what the form does not ask for, in the catalogue's spelling of units."""
    data = study.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    for part in (*data["arms"], data.get("population") or {}, data["study"]):
        for name in (*NOT_IN_FORM, *(("n_randomised",) if part is data["study"] else ())):
            part.pop(name, None)
    data.pop("acknowledged", None)
    for result in data.get("results", []):
        outcome = catalogue().outcomes.get(result["outcome"])
        if outcome is not None and result.get("unit") is not None and outcome.accepts(result["unit"]):
            result["unit"] = outcome.canonical_unit(result["unit"])
    return {"schema": data.pop("schema"), **data}


def spoil(record: Any, chance: random.Random) -> Any:
    """Return the record with one number of its results changed, or one label of a spread."""
    spoilt = copy.deepcopy(record)
    values = [v for r in spoilt.get("results", []) for v in (r.get("arms") or {}).values()]
    values += [r["contrast"] for r in spoilt.get("results", []) if r.get("contrast")]
    numbers = [
        (v, k) for v in values for k, x in v.items() if isinstance(x, int | float) and type(x) is not bool
    ]
    if not numbers:
        return spoilt
    value, key = chance.choice(numbers)
    label = {"sd": "se", "se": "sd"}.get(key)
    if label is not None and chance.random() < 0.5:
        value[label] = value.pop(key)
    elif key in ("n", "events"):
        value[key] = chance.choice([value[key] * 3 + 1, value[key] // 2, 1])
    elif key in ("percent", "p"):
        value[key] = chance.choice([value[key] / 2, 0.5])
    else:
        value[key] = value[key] * chance.choice([10, 0.1, 4 if key in ("sd", "se", "ratio") else -1])
    return spoilt


def test_rules_agree_code_by_code(page: Page, tmp_path: Path) -> None:
    chance = random.Random(20261122)  # noqa: S311 - no secret
    read = [study_of(file) for file in (*SHIPPED, *WRONG)]
    records = [of_form(study) for study in read if study is not None]
    records += [spoil(record, chance) for record in records[: len(SHIPPED)] for _ in range(MUTANTS)]
    for number, record in enumerate(records):
        record["study"]["id"] = f"record-{number}"
    texts = page.evaluate("records => records.map(metamscForm.yaml)", records)
    browser = page.evaluate("records => records.map(record => metamscForm.problems(record))", records)
    for record, text in zip(records, texts, strict=True):
        file = tmp_path / record["study"]["setting"] / f"{record['study']['id']}.yml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    report = check_records(tmp_path)
    python: dict[str, set[tuple[str, str]]] = {Path(file).stem: set() for file in report.files}
    for problem in report.problems:
        if problem.code in RULES_IN_PAGE:
            python[Path(problem.file).stem].add((problem.code, problem.where.split(".")[0]))
    readable = {file.study.id for file in report.studies.files}
    for record, text, found in zip(records, texts, browser, strict=True):
        if record["study"]["id"] in readable:
            told = {(each["code"], top(each["path"])) for each in found if each["code"] in RULES_IN_PAGE}
            assert told == python[record["study"]["id"]], text
        else:
            assert any(each["code"].startswith("S") for each in found), text
    assert len(readable) > 3 * len(SHIPPED)
    assert {code for told in python.values() for code, _ in told} == set(RULES_IN_PAGE) - {"R409"}


def top(path: list[Any]) -> str:
    """Write the first part of a path as Python does: results[2], study."""
    return f"{path[0]}[{path[1]}]" if len(path) > 1 and isinstance(path[1], int) else str(path[0])


def test_every_shipped_record_survives_the_writer(page: Page, tmp_path: Path) -> None:
    for file in SHIPPED:
        study = study_of(file)
        assert study is not None
        data = study.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        copied = tmp_path / file.name
        copied.write_text(page.evaluate("record => metamscForm.yaml(record)", data), encoding="utf-8")
        assert study_of(copied) == study
