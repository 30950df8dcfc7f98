"""Pydantic's errors as problems with line, plain words and a hint."""

import gc
import weakref
from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict, Field

from metamsc.records.load import load_study
from metamsc.records.model import MOST_ARMS, MOST_RESULTS, Study
from metamsc.records.validate import model_at, show, validate
from metamsc.records.values import ArmValue, Contrast, Derivation
from metamsc.records.yaml_events import Loaded, load_yaml_bytes

VALID = Path(__file__).parents[1] / "examples" / "extractions" / "valid" / "clinical" / "trial-2020.yml"


class Inner(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")
    size: float = Field(gt=0)


class Outer(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")
    name: str
    parts: dict[str, Inner] | None = None
    rows: list[Inner] = []


def problems_of(text: str) -> list[tuple[str, int, int, str]]:
    loaded = load_yaml_bytes(text.encode(), "spec.yml")
    assert isinstance(loaded, Loaded)
    value, problems = validate(Outer, loaded.data, loaded.positions, loaded.file)
    assert (value is None) == bool(problems)
    return [(p.code, p.line, p.column, p.where) for p in problems]


def test_any_model_can_be_read() -> None:
    assert problems_of("name: x\nparts: {a: {size: 1}}\n") == []


def test_every_error_has_its_place() -> None:
    text = "nam: x\nparts:\n  a: {size: 0}\n  b: {size: big}\nrows:\n  - {siz: 1}\n"
    assert problems_of(text) == [
        ("S201", 1, 1, "nam"),
        ("S202", 1, 1, "name"),
        ("S205", 3, 13, "parts.a.size"),
        ("S203", 4, 13, "parts.b.size"),
        ("S202", 6, 5, "rows[0].size"),
        ("S201", 6, 6, "rows[0].siz"),
    ]


def test_model_at_walks_lists_mappings_and_options() -> None:
    assert model_at(Study, ("results", 0, "arms", "msc")) is ArmValue
    assert model_at(Study, ("results", 3, "contrast")) is Contrast
    assert model_at(Study, ("results", 3, "arms", "msc", "derivations", 0)) is Derivation
    assert model_at(Study, ("results", 3, "arms")) is None
    assert model_at(Study, ("nothing", 3)) is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "nothing (null)"),
        (True, "true"),
        ({}, "a mapping"),
        ([1], "a list"),
        ("x", "'x'"),
        (1.5, "1.5"),
    ],
)
def test_values_are_shown_as_a_person_would_read_them(value: object, text: str) -> None:
    assert show(value) == text


def test_long_values_are_cut() -> None:
    assert len(show("x" * 1000)) <= 60


def test_more_than_a_hundred_problems_are_counted() -> None:
    text = "name: x\nrows:\n" + "  - {siz: 1}\n" * 80  # two problems a row
    codes = [code for code, *_ in problems_of(text)]
    assert len(codes) == 101
    assert codes[-1] == "S209"


@pytest.mark.parametrize(
    ("key", "entry", "most"),
    [
        ("arms", "  - {{id: a{0}, role: treatment, cells: {{source: adipose}}}}\n", MOST_ARMS),
        (
            "results",
            "  - {{outcome: hba1c, at: {0} weeks, source: x, arms: {{msc: {{n: 3, mean: 7, sd: 1}}}}}}\n",
            MOST_RESULTS,
        ),
    ],
)
def test_a_record_larger_than_any_paper_is_refused_at_once(key: str, entry: str, most: int) -> None:
    """Rules compare every two groups and every two results of a record."""
    text = VALID.read_text(encoding="utf-8")
    more = "".join(entry.format(number) for number in range(most))
    found = load_study(text.replace(f"\n{key}:\n", f"\n{key}:\n{more}", 1).encode(), "trial-2020.yml")
    assert isinstance(found, tuple)
    said = [problem.message for problem in found if problem.where == key]
    assert len(said) == 1
    assert said[0].endswith(f"entries; it must have at most {most}")


def test_a_wrong_record_keeps_nothing_alive_that_was_read_before_it() -> None:
    """Without the collector of cycles, which reading pauses: thousands of records would fill the memory."""

    class Read:
        """Stands for the records read so far."""

    def read_many() -> weakref.ref[Read]:
        before = Read()
        content = VALID.read_bytes().replace(b"at: 12 weeks", b"at: 12 wk")
        assert content != VALID.read_bytes()
        problems = load_study(content, "trial-2020.yml")
        assert isinstance(problems, tuple)
        assert {problem.code for problem in problems} == {"S206"}
        return weakref.ref(before)

    gc.disable()
    try:
        assert read_many()() is None
    finally:
        gc.enable()
