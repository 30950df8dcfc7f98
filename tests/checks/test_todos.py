"""A to-do keeps a record from the analyses however its letters are written in the file."""

import re
from pathlib import Path

import pytest

from metamsc.checks.run import check_records

VALID = Path(__file__).parents[1] / "examples/extractions/valid/clinical/trial-2020.yml"


@pytest.mark.parametrize(
    "written",
    ["title: TODO the title", 'title: "\\x54ODO the title"', 'title: "TO\\\n  DO the title"'],
    ids=["plain", "escaped", "over two lines"],
)
def test_a_to_do_is_seen_however_it_is_written(tmp_path: Path, written: str) -> None:
    file = tmp_path / "trial-2020.yml"
    text, count = re.subn(
        r"^  title: .*$",
        lambda _: f"  {written}",
        VALID.read_text(encoding="utf-8"),
        count=1,
        flags=re.MULTILINE,
    )
    assert count == 1
    file.write_text(text, encoding="utf-8")
    assert "C519" in [problem.code for problem in check_records(file).problems]
