"""A file in examples/extractions/invalid is a test: <CODE>-*.yml yields exactly that code."""

import re
from pathlib import Path

import pytest

from metamsc.checks.registry import ALL_CODES, RULES
from metamsc.checks.run import check_records

ROOT = Path(__file__).parents[2]
INVALID = ROOT / "tests" / "examples" / "extractions" / "invalid"
TOGETHER = INVALID.parent / "together"
"""Studies of which one is odd only beside the others."""
VALID = INVALID.parent / "valid"

GENERATED = {"Y101", "Y102", "Y103", "Y115", "Y117", "S209", "F304"}
"""Codes that no small text file can show; tests/records makes their files."""

COMPANIONS = {f"P709-one-of-seven-{letter}.yml" for letter in "bcdefg"}
"""The other studies, from which the first one differs."""


def code_of(file: Path) -> str:
    return file.stem.split("-")[0]


FILES = sorted([*INVALID.rglob("*.yml"), *TOGETHER.glob("*.yml")])
EXAMPLES = {code: [file for file in FILES if code_of(file) == code] for code in ALL_CODES}


def test_every_code_has_an_example() -> None:
    assert {code for code, files in EXAMPLES.items() if not files} == GENERATED
    assert {code_of(file) for file in FILES} <= set(ALL_CODES)


@pytest.mark.parametrize("code", sorted(set(ALL_CODES) - GENERATED))
def test_examples_yield_exactly_their_code(code: str) -> None:
    report = check_records(EXAMPLES[code])
    assert {problem.code for problem in report.problems} == {code}, [str(p) for p in report.problems]
    assert all(problem.line >= 1 and problem.column >= 1 for problem in report.problems)
    assert all(problem.message for problem in report.problems)


def test_every_example_is_named() -> None:
    report = check_records([INVALID, TOGETHER])
    named = " ".join(f"{problem.file} {problem.message}" for problem in report.problems)
    assert [file.name for file in FILES if file.name not in named and file.name not in COMPANIONS] == []


MENDED = sorted((INVALID.parent / "mended").glob("*.yml"))


@pytest.mark.parametrize("code", sorted(set(ALL_CODES) - GENERATED))
def test_every_code_has_a_mended_twin_without_a_problem(code: str) -> None:
    """The same file put right, under the same name; twins of one code are checked together."""
    twins = [file for file in MENDED if code_of(file) == code]
    assert {file.name for file in twins} == {file.name for file in EXAMPLES[code]}
    report = check_records(twins, strict=True)
    assert report.problems == (), [str(p) for p in report.problems]


def test_valid_examples_have_no_problem() -> None:
    report = check_records(VALID, strict=True)
    assert report.problems == ()
    assert report.exit_code == 0
    assert len(report.studies) == len(report.files) == len(list(VALID.rglob("*.yml")))


def test_codes_are_unique_and_well_formed() -> None:
    codes = [rule.code for rule in RULES]
    assert len(codes) == len(set(codes))
    assert all(re.fullmatch(r"[A-Z][1-8]\d\d", code) for code in ALL_CODES)
    assert all((rule.check is None) != (rule.compare is None) for rule in RULES)
    assert {rule.severity for rule in RULES} == {"error", "warning"}


def test_every_code_has_a_section_and_every_section_a_code() -> None:
    page = (ROOT / "docs" / "problems.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^### ([A-Z]\d{3}): (.+)$", page, flags=re.MULTILINE))
    assert sections == ALL_CODES
    for code in ALL_CODES:
        text = page.split(f"### {code}: ")[1].split("\n### ")[0]
        assert "\n# wrong\n" in text, f"{code} has no bad example"
        assert "\n# right\n" in text, f"{code} has no good example"
    for rule in RULES:
        text = page.split(f"### {rule.code}: ")[1].split("### ")[0]
        assert text.split("\n\n")[1].startswith("Warning. ") == (rule.severity == "warning"), rule.code
