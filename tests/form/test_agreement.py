"""The page judges a record as Python does: the schema, and every rule that needs one record."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema  # type: ignore[import-untyped]  # it has no types
import pytest

from metamsc.checks.registry import ALL_CODES, RULES
from metamsc.checks.run import CheckReport, check_records
from metamsc.records.scaffold import SCHEMA_PATH
from metamsc.report.form.content import KEYWORDS, RULES_IN_PAGE
from tests.form.corpus import MENDED, SHIPPED, VALID, WRONG, as_json, mutants, plain, study_of

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.chromium, pytest.mark.slow]

MUTANTS = 1
"""Records with one to three things done to them, of each shipped record."""


def test_the_two_validators_know_the_same_keywords(page: Page) -> None:
    assert set(page.evaluate("metamscForm.keywords")) == KEYWORDS
    assert tuple(page.evaluate("metamscForm.rules()")) == RULES_IN_PAGE


def test_every_rule_that_needs_one_record_runs_in_the_page() -> None:
    comparing = {rule.code for rule in RULES if rule.compare is not None}
    assert set(RULES_IN_PAGE) | comparing == {code for code in ALL_CODES if code[0] in "RCAPD"}
    assert comparing == {"P709", "D802", "D803", "D806"}


def test_the_schema_says_the_same(page: Page) -> None:
    judge = jsonschema.Draft202012Validator(json.loads(SCHEMA_PATH.read_text(encoding="utf-8")))
    read = [as_json(file) for file in (*SHIPPED, *VALID, *WRONG)]
    records = [record for record in read if record is not None]
    records += [broken for file in (*VALID, *SHIPPED[:3]) for broken in break_structure(as_json(file))]
    verdicts = page.evaluate(
        "records => records.map(record => metamscForm.validate(record).length === 0)", records
    )
    expected = [judge.is_valid(record) for record in records]
    assert verdicts == expected
    assert 50 < expected.count(False) < len(expected) - 50


def break_structure(record: Any, every: int = 9) -> Iterator[Any]:
    """Yield the record with one value after another taken out, of another kind, or unknown."""
    values: tuple[Any, ...] = (None, [], {}, "x", -1, 2.5, True)
    for path in list(leaves(record))[::every]:
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


def where(path: list[Any]) -> str:
    """Write a path as Python does: results[2].arms.msc."""
    steps = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in path]
    return "".join(steps).removeprefix(".")


Verdict = tuple[str, str, str]
"""Code, place (of an error its first part: the form shows it at the control) and severity."""


def verdict(code: str, place: str, severity: str) -> Verdict:
    return code, place.split(".", maxsplit=1)[0] if severity == "error" else place, severity


def by_python(report: CheckReport) -> dict[str, set[Verdict]]:
    """Return what the rules say, by record id."""
    found: dict[str, set[Verdict]] = {Path(file).stem: set() for file in report.files}
    for problem in report.problems:
        if problem.code in RULES_IN_PAGE:
            found[Path(problem.file).stem].add(verdict(problem.code, problem.where, problem.severity))
    for entry in report.acknowledged:
        told = verdict(entry.problem.code, entry.problem.where, "acknowledged")
        found[Path(entry.problem.file).stem].add(told)
    return found


def test_rules_agree_code_by_code(page: Page, tmp_path: Path) -> None:
    chance = random.Random(20261122)  # noqa: S311 - no secret
    read = [study_of(file) for file in (*SHIPPED, *VALID, *WRONG, *MENDED)]
    records = [plain(study) for study in read if study is not None]
    records += [made for record in records[: len(SHIPPED)] for made in mutants(record, chance, MUTANTS)]
    for number, record in enumerate(records):
        record["study"]["id"] = f"record-{number}"
    texts = page.evaluate("records => records.map(metamscForm.yaml)", records)
    browser = page.evaluate("records => records.map(record => metamscForm.problems(record))", records)
    for record, text in zip(records, texts, strict=True):
        file = tmp_path / record["study"]["setting"] / f"{record['study']['id']}.yml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    report = check_records(tmp_path)
    python = by_python(report)
    readable = {file.study.id for file in report.studies.files}
    for record, text, found in zip(records, texts, browser, strict=True):
        if record["study"]["id"] in readable:
            told = {verdict(each["code"], where(each["path"]), each["severity"]) for each in found}
            assert told == python[record["study"]["id"]], text
        else:
            assert any(each["code"].startswith("S") for each in found), text
    assert len(readable) > 2 * len(SHIPPED)
    assert {code for told in python.values() for code, _, _ in told} == set(RULES_IN_PAGE)


def test_a_record_half_written_is_judged_without_a_failure(page: Page) -> None:
    records = [broken for file in VALID for broken in break_structure(as_json(file), every=5)]
    codes = page.evaluate(
        "records => records.map(record => metamscForm.problems(record).map(each => each.code))", records
    )
    assert len(codes) == len(records) > 500
    assert all(set(found) <= set(ALL_CODES) for found in codes)
