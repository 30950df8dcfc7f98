"""The quick way to read a file gives what the full pass gives, or gives up."""

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metamsc.errors import Problem
from metamsc.records import yaml_events
from metamsc.records.text import decode
from metamsc.records.yaml_events import Loaded, load_yaml_bytes
from metamsc.records.yaml_values import MAX_DEPTH, MAX_VALUES, QUICK_LENGTH, quick_values
from tests.fuzz.mutations import NASTY, spoil

EXAMPLES = sorted((Path(__file__).parents[1] / "examples" / "extractions" / "valid").rglob("*.yml"))
WORDS = (
    "a", "b", "1", "1.50", "-0.0", "0x1F", "0o17", "1e6", ".5", "true", "null", "~", "''", "'1'", '"\\n"',
    '"\\u202e"', "! 1", '! "\\u202e"', "<<", "'<<'", ".nan", "1e60", "x" * 50, "9" * 45, "&a", "*a", "- ",
    ": ", "? ", "[", "]", "{", "}", ", ", "\n", "\n  ", "--- ", "...", "# x\n", "!t ", "|\n ", ">-\n ",
)  # fmt: skip


def full(text: str) -> object:
    """What the full pass gives, never having seen the quick one."""
    return yaml_events._all_values(text, "a.yml")


def agree(text: str) -> None:
    quick = quick_values(text)
    if quick is not None:
        assert repr(quick) == repr(full(text))  # repr tells 1 from 1.0 and from True


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_every_valid_record_is_read_the_quick_way(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert quick_values(text) is not None
    agree(text)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(EXAMPLES), st.integers(0, 2**32))
def test_spoiled_records(file: Path, seed: int) -> None:
    text = decode(spoil(file.read_bytes(), seed), "a.yml")
    if not isinstance(text, Problem):
        agree(text)


@settings(max_examples=500, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=25).map("".join))
def test_any_row_of_yaml_words(text: str) -> None:
    agree(text)
    agree(f"a: {text}")


@pytest.mark.parametrize("value", NASTY)
def test_nasty_values(value: str) -> None:
    text = decode(f"a: 1\nb: {value}\n".encode("utf-8", "surrogatepass"), "a.yml")
    if not isinstance(text, Problem):
        agree(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "a", "[a]", "a: 1\n---\nb: 2", "a: 1\na: 2", "1: a", "[a]: b", "{a: b}: c", "a: &x 1", "a: [*x]",
        "a: !t 1", "a: !t [1]", "a: &x {}", "<<: {a: 1}", "a: .nan", "a: 1e60", 'a: "\\u202e"',
        'a: ! "\\u202e"', "a: [", "a: b: c", "a: 9e" + "9" * 50, "a: '" + "x" * QUICK_LENGTH + "'",
        "a: " + "[" * MAX_DEPTH + "]" * MAX_DEPTH, "a: [" + "1," * (MAX_VALUES - 2) + "]",
    ],
    ids=lambda text: text[:20],
)  # fmt: skip
def test_gives_up_where_the_full_pass_has_to_look(text: str) -> None:
    assert quick_values(text) is None


@pytest.mark.parametrize(
    "count", [MAX_VALUES - 3, MAX_VALUES - 2]
)  # the mapping, its key and the list count too
def test_the_limit_of_values_is_that_of_the_full_pass(count: int) -> None:
    text = "a: [" + "1," * count + "]"
    assert (quick_values(text) is not None) == isinstance(full(text), dict)


def test_places_are_looked_up_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = load_yaml_bytes(b"a: 1\nb:\n  c: [2, 3] # unlike any other file of the tests", "a.yml")
    assert isinstance(loaded, Loaded)
    read: list[bool] = []
    build = yaml_events._Builder.build

    def counted(builder: yaml_events._Builder, text: str) -> None:
        read.append(True)
        build(builder, text)

    monkeypatch.setattr(yaml_events._Builder, "build", counted)
    assert not read
    assert loaded.positions.value(("b", "c", 1)) == (3, 10)
    assert loaded.positions.key(("b", "c")) == (3, 3)
    assert loaded.positions.below(("b",)).key(("c",)) == (3, 3)
    assert read == [True]  # once for all questions


def test_a_file_read_twice_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    content = random.Random(1).choice(EXAMPLES).read_bytes()  # noqa: S311 - any one, the same each time
    quick = load_yaml_bytes(content, "a.yml")
    monkeypatch.setattr(yaml_events, "quick_values", lambda _: None)
    slow = load_yaml_bytes(content, "a.yml")
    assert quick == slow
