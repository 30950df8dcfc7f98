"""Values, places and refusals of the event reader."""

import hashlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metamsc.errors import Problem
from metamsc.records.codes import READING_CODES
from metamsc.records.text import MAX_BYTES
from metamsc.records.yaml_events import Loaded, load_yaml_bytes
from metamsc.records.yaml_values import MAX_DEPTH, MAX_VALUES

REFUSAL_SECONDS = 0.5  # measured 3 ms; a shared machine may be a hundred times slower


def load(text: str | bytes) -> Loaded:
    loaded = load_yaml_bytes(text if isinstance(text, bytes) else text.encode(), "x.yml")
    assert isinstance(loaded, Loaded), loaded
    return loaded


def refuse(text: str | bytes) -> tuple[Problem, ...]:
    problems = load_yaml_bytes(text if isinstance(text, bytes) else text.encode(), "x.yml")
    assert not isinstance(problems, Loaded), problems.data
    assert {problem.file for problem in problems} == {"x.yml"}
    return problems


def test_values_and_places() -> None:
    loaded = load("a: 1\nb:\n  - x\n  - {c: 1e6, 'd': NO}\n")
    assert loaded.data == {"a": 1, "b": ["x", {"c": 1e6, "d": "NO"}]}
    at = loaded.positions
    assert at.value(("a",)) == (1, 4)
    assert at.key(("a",)) == (1, 1)
    assert at.value(("b",)) == (3, 3)
    assert at.key(("b",)) == (2, 1)
    assert at.value(("b", 0)) == (3, 5)
    assert at.value(("b", 1, "d")) == (4, 19)
    assert at.key(("b", 1, "d")) == (4, 14)


def test_place_of_what_is_not_there_is_that_of_its_nearest_ancestor() -> None:
    at = load("a:\n  b: {c: 1}\n").positions
    assert at.value(("a", "b", "x", 3)) == (2, 3)
    assert at.value(("nothing",)) == (1, 1)
    assert at.value(("a", "b", 0)) == (2, 3)
    assert at.value(("a", "b", "c", "d")) == (2, 7)


def test_quoted_scalars_stay_text() -> None:
    assert load("a: '1'\nb: \"true\"\nc: |\n  2\nd: ''\n").data == {
        "a": "1",
        "b": "true",
        "c": "2\n",
        "d": "",
    }


def test_byte_order_mark_is_dropped_and_counted_in_the_fingerprint() -> None:
    marked, plain = load(b"\xef\xbb\xbfa: 1"), load(b"a: 1")
    assert marked.data == plain.data == {"a": 1}
    assert marked.sha256 != plain.sha256
    assert plain.sha256 == hashlib.sha256(b"a: 1").hexdigest()


def test_windows_line_ends_do_not_shift_lines() -> None:
    assert load("a: 1\r\nb: 2\r\n").positions.value(("b",)) == (2, 4)


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ("", "Y106", 1, 1),
        ("# only a comment\n", "Y106", 1, 1),
        ("~", "Y106", 1, 1),
        ("- 1\n", "Y108", 1, 1),
        ("just text", "Y108", 1, 1),
        ("a: 1\n---\nb: 2\n", "Y107", 2, 1),
        ("a: 1\nb: 2\na: 3\n", "Y109", 3, 1),
        ("a: {b: 1, b: 2}\n", "Y109", 1, 11),
        ("1: x\n", "Y110", 1, 1),
        ("1: x\n1.0: y\n", "Y110", 1, 1),
        ("true: x\n", "Y110", 1, 1),
        ("~: x\n", "Y110", 1, 1),
        ("? [a]\n: b\n", "Y110", 1, 3),
        ("? {a: 1}\n: b\n", "Y110", 1, 3),
        ("a: &x 1\n", "Y111", 1, 4),
        ("a: *x\n", "Y111", 1, 4),
        ("a: &x [*x]\n", "Y111", 1, 4),
        ("*x : 1\n", "Y111", 1, 1),
        ("a:\n  <<: {b: 1}\n", "Y112", 2, 3),
        ("a: !!str 1\n", "Y113", 1, 4),
        ("a: !!python/object/apply:os.system ['true']\n", "Y113", 1, 4),
        ("a: ! 1\n", "Y113", 1, 4),
        ("a: !!binary aGk=\n", "Y113", 1, 4),
        ("a: .nan\n", "Y116", 1, 4),
        ("a: -.inf\n", "Y116", 1, 4),
        ("a: 1e999\n", "Y116", 1, 4),
        ("a: x\x07\n", "Y104", 1, 5),
        ("a: 1\nb: x\u202ey\n", "Y104", 2, 5),
        ("a: x\u200by\n", "Y104", 1, 5),
        ("a: x\ufeffy\n", "Y104", 1, 5),
        ("a: x\u2028y\n", "Y104", 1, 5),
        ('a: "x\\u202ey"\n', "Y104", 1, 4),
        ('a: "x\\0y"\n', "Y104", 1, 4),
        ("a: b: c\n", "Y105", 1, 5),
        ("a: %\n", "Y105", 1, 4),
        ("a:\n\tb: 1\n", "Y105", 2, 1),
        ('a: "x\n', "Y105", 2, 1),
        (b"a: 1\nb: \xff\n", "Y103", 2, 4),
        (b"\xff\xfea\x00", "Y103", 1, 1),
    ],
)  # fmt: skip
def test_refused_with_its_place(text: str | bytes, code: str, line: int, column: int) -> None:
    first = refuse(text)[0]
    assert (first.code, first.line, first.column) == (code, line, column)
    assert first.message
    assert first.hint or code == "Y105"


@pytest.mark.parametrize(
    "text", ["a: [1, 2\n", "a: {b: 1\n", "a: b\n  c: d\n", "'", "a: 'x\nb: 1\n", "@", "\t"]
)
def test_broken_yaml_is_a_problem_with_a_line(text: str) -> None:
    (problem,) = refuse(text)
    assert problem.code == "Y105"
    assert problem.line >= 1


def test_all_problems_of_a_file_are_collected() -> None:
    text = "a: 1\na: 2\nb: &x 3\nc: *x\n4: d\n<<: {}\ne: !!str f\ng: .nan\n"
    assert [p.code for p in refuse(text)] == ["Y109", "Y111", "Y111", "Y110", "Y112", "Y113", "Y116"]
    assert [p.line for p in refuse(text)] == [2, 3, 4, 5, 6, 7, 8]


def test_problems_before_a_syntax_error_are_kept() -> None:
    assert [p.code for p in refuse("a: 1\na: 2\nb: [\n")] == ["Y109", "Y105"]


def test_where_names_the_node() -> None:
    assert refuse("a:\n  - b: 1\n  - c: {d: .nan}\n")[0].where == "a[1].c.d"


@pytest.mark.parametrize("opening", ["[", "{a: ", "- "])
def test_deep_nesting_is_refused_at_once(opening: str) -> None:
    text = "a: " + opening * (100_000 // len(opening)) if opening != "- " else "- " * 50_000
    start = time.process_time()
    problems = refuse(text)
    assert time.process_time() - start < REFUSAL_SECONDS
    assert problems[-1].code == "Y114"


def test_depth_at_the_limit_is_read() -> None:
    inner = MAX_DEPTH - 1  # the root mapping is the first level
    assert load("a: " + "[" * inner + "]" * inner).data["a"] != 1
    assert refuse("a: " + "[" * (inner + 1) + "]" * (inner + 1))[0].code == "Y114"


def test_too_many_values() -> None:
    assert refuse("a: [" + "1," * (MAX_VALUES + 1) + "]")[0].code == "Y115"


def test_too_large() -> None:
    problems = refuse(b"a: '" + b"x" * MAX_BYTES + b"'")
    assert [p.code for p in problems] == ["Y102"]


def test_at_most_a_hundred_problems() -> None:
    assert len(refuse("a: 1\n" * 500)) == 100


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    found = load_yaml_bytes(text.encode("utf-8", "surrogatepass"), "x.yml")
    if not isinstance(found, Loaded):
        assert found
        assert {problem.code for problem in found} <= set(READING_CODES)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    found = load_yaml_bytes(content, "x.yml")
    assert isinstance(found, Loaded) or found


@given(st.text(alphabet="ab:-[]{}&*!|>'\"%#,? \n1.<", max_size=80))
def test_yaml_like_text_is_read_or_refused(text: str) -> None:
    found = load_yaml_bytes(text.encode(), "x.yml")
    assert isinstance(found, Loaded) or found
