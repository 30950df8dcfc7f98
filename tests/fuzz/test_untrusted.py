"""Records by strangers end in problems, whatever is in them; nothing they say is obeyed where it is shown."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metamsc.errors import InputError
from metamsc.records.load import find_records, load_records
from metamsc.records.scaffold import NewRecord
from metamsc.records.text import MAX_BYTES
from metamsc.records.yaml_events import load_yaml_bytes
from metamsc.vocabulary import Design, Setting
from tests.fuzz import pipeline, targets
from tests.fuzz.mutations import NASTY, spoil, spoil_table

EXAMPLES = Path(__file__).parents[1] / "examples" / "extractions"
CORPUS = Path(__file__).parent / "corpus"
VALID = (EXAMPLES / "valid" / "clinical" / "series-2019.yml").read_bytes()
SEEDS = [file.read_bytes() for file in sorted(EXAMPLES.rglob("*.yml")) if file.name[0] not in "YSF"]

HANG_SECONDS = 5.0  # a file at the limit of size takes under 1 s; what is quadratic in it takes minutes
CORPUS_BYTES = 300_000  # it is replayed in each run of the tests
TARGETS: dict[str, Callable[[bytes], object]] = {
    "load": pipeline.run,
    "plan": targets.read_one_plan,
    "import": targets.import_one_table,
}

few = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))


@few
@given(st.binary(max_size=400))
def test_any_bytes(content: bytes) -> None:
    pipeline.run(content)


@few
@given(st.text(st.sampled_from("abc012:- \n\r\t[]{}#&*!|>'\"%@`,?~<=\\é\u202e\u200b\0\x1b🩸"), max_size=200))
def test_any_text_of_yaml_characters(text: str) -> None:
    pipeline.run(text.encode("utf-8"))


@settings(few, max_examples=200)
@given(st.sampled_from(SEEDS), st.integers(0, 2**32))
def test_spoiled_records(content: bytes, seed: int) -> None:
    pipeline.run(spoil(content, seed))


@few
@given(st.sampled_from(NASTY), st.randoms(use_true_random=False))
def test_every_nasty_value_at_any_place(value: str, rng: random.Random) -> None:
    lines = VALID.decode("utf-8").split("\n")
    at = rng.choice([at for at, line in enumerate(lines) if ": " in line and "{" not in line])
    lines[at] = f"{lines[at].split(': ')[0]}: {value}"
    pipeline.run("\n".join(lines).encode("utf-8"))


_CHARACTERS = st.characters(codec="utf-8")
_PIECES = st.sampled_from(
    [
        "<script>",
        "</td>",
        "=1+1",
        "-2+3|x",
        "@x",
        "](x)",
        "https://x> <b>",
        "javascript:",
        "`x`{=html}",
        "&lt;",
        "::",
    ]
)


@few
@given(st.lists(st.one_of(_PIECES, st.text(_CHARACTERS, max_size=6)), min_size=1, max_size=6).map("".join))
def test_any_text_in_a_text_field(text: str) -> None:
    quoted = "'" + text.replace("'", "''") + "'"
    changed = VALID.decode("utf-8")
    for name in ("label", "title", "url", "locator", "extracted_by"):
        lines = [f"{x.split(': ')[0]}: {quoted}" if x.strip().startswith(f"{name}: ") else x
                 for x in changed.split("\n")]  # fmt: skip
        changed = "\n".join(lines)
    pipeline.run(changed.encode("utf-8"))


BOMBS = {
    "brackets": b"[" * MAX_BYTES,
    "braces": b"{a: " * (MAX_BYTES // 4),
    "dashes": b"- " * (MAX_BYTES // 2),
    "keys": b"? " * (MAX_BYTES // 2),
    "aliases": b"a: &a [x]\n" + b"".join(b"b%d: &b%d [*a, *a]\n" % (i, i) for i in range(30_000)),
    "values": b"a: [" + b"1," * 490_000 + b"]",
    "long keys": b"\n".join(b"k" * 9_000 + b"%d: 1" % i for i in range(100)),
    "one word": b"a: " + b"x" * (MAX_BYTES - 10),
    "one number": b"a: " + b"9" * (MAX_BYTES - 10),
    "digits": b"a: 1." + b"0" * (MAX_BYTES - 10),
    "quotes": b"a: '" + b"''" * 490_000 + b"'",
    "escapes": b'a: "' + b"\\x41" * 240_000 + b'"',
    "comments": b"#\n" * 490_000,
    "empty lines": b"a: |\n" + b"\n" * 990_000,
    "directives": b"%TAG ! a\n" * 100_000,
    "same key": b"a: 1\n" * 190_000,
    "carriage returns": b"a:\r" * 330_000,
    "tags": b"a: !!x " * 140_000,
}
"""Files of the largest size that is read, each of the kind that is said to bring a YAML parser down."""


@pytest.mark.parametrize("kind", BOMBS)
def test_a_bomb_is_refused_at_once(kind: str) -> None:
    start = time.process_time()
    report = pipeline.run(BOMBS[kind])
    assert report.exit_code == 1
    assert time.process_time() - start < HANG_SECONDS


@pytest.mark.parametrize(
    "value", ["x" * 900_000, "<" * 900_000, "https://x." + "." * 800_000], ids=str.__len__
)
def test_a_text_that_fills_the_file_is_shown_at_once(value: str) -> None:
    start = time.process_time()
    pipeline.run(
        VALID.replace(b"title: Umbilical-cord cells in type 1 diabetes", b"title: '%s'" % value.encode())
    )
    assert time.process_time() - start < HANG_SECONDS


def test_many_wrong_words_are_answered_at_once() -> None:
    start = time.process_time()
    rows = b"".join(
        b"  - {outcome: hba1c, kind: %s%d, reason: x}\n" % (b"figur" * 30, i) for i in range(4_000)
    )
    report = pipeline.run(VALID.replace(b"extraction:", b"missing_results:\n" + rows + b"extraction:"))
    assert report.exit_code == 1
    assert time.process_time() - start < HANG_SECONDS


@few
@given(
    st.one_of(
        st.sampled_from(NASTY), st.text(max_size=30), st.from_regex(r"[a-z./\\-]{1,12}", fullmatch=True)
    )
)
def test_a_new_record_stays_in_its_folder(study_id: str) -> None:
    try:
        record = NewRecord(
            study_id=study_id, setting=Setting.CLINICAL, design=Design.RCT_PARALLEL, title="x", label="x"
        )
    except InputError:
        return
    file = record.file("/records")
    assert file.parent == Path("/records/clinical")
    assert file.resolve() == file


@pytest.mark.parametrize("name", ["a\\..\\b.yml", "a\nb.yml", "\x1b[2Jx.yml", "\u202eabc.yml", "a\udcff.yml"])
@pytest.mark.parametrize("folder", [False, True])
def test_a_file_name_that_could_lead_elsewhere_is_refused(tmp_path: Path, name: str, folder: bool) -> None:
    place = tmp_path / name.removesuffix(".yml") if folder else tmp_path
    place.mkdir(exist_ok=True)
    file = place / ("series-2019.yml" if folder else name)
    file.write_bytes(VALID)
    studies, problems = load_records(tmp_path)
    assert len(studies) == 0
    assert "Y101" in {problem.code for problem in problems}
    assert find_records(tmp_path)[0] == ()


@pytest.mark.parametrize("name", ["a\udcff.yml", "a\nb.yml", "\x1b]0;x\x07.yml", "a:b,c%.yml", "\x9b2J.yml"])
def test_a_file_name_given_on_the_command_line_is_shown_escaped(name: str) -> None:
    pipeline.check_report(pipeline.run(b"a: 1", f"/records/{name}"))


@pytest.mark.parametrize("target", TARGETS)
def test_kept_inputs_of_the_coverage_guided_runs(target: str) -> None:
    for file in sorted((CORPUS / target).iterdir()):
        try:
            TARGETS[target](file.read_bytes())
        except Exception as error:
            raise AssertionError(f"{target}/{file.name}") from error


@pytest.mark.parametrize("target", TARGETS)
def test_the_corpus_stays_small(target: str) -> None:
    assert 0 < sum(file.stat().st_size for file in (CORPUS / target).iterdir()) < CORPUS_BYTES


@few
@given(st.sampled_from(sorted((CORPUS / "plan").iterdir())), st.integers(0, 2**32))
def test_spoiled_plans(file: Path, seed: int) -> None:
    targets.read_one_plan(spoil(file.read_bytes(), seed))


@few
@given(st.sampled_from(sorted((CORPUS / "import").iterdir())), st.integers(0, 2**32))
def test_spoiled_tables(file: Path, seed: int) -> None:
    targets.import_one_table(spoil_table(file.read_bytes(), seed))


def test_nothing_is_constructed_from_a_tag() -> None:
    content = b"!!python/object/apply:os.system ['echo bad']"
    problems = load_yaml_bytes(content, "a.yml")
    assert isinstance(problems, tuple)
    assert {problem.code for problem in problems} == {"Y113"}
