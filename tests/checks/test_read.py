"""Records that may be pooled: an error in meaning keeps them out, a warning does not."""

from pathlib import Path

import pytest

from metamsc.checks.read import read_records
from metamsc.errors import RecordError

EXAMPLES = Path(__file__).parents[1] / "examples" / "extractions"


def test_valid_records_are_read() -> None:
    assert len(read_records(EXAMPLES / "valid")) >= 3


def test_an_arithmetic_error_is_refused_with_its_line() -> None:
    (example,) = (EXAMPLES / "invalid").glob("A601-*.yml")
    with pytest.raises(
        RecordError, match=r"1 error in 1 file:\n.*A601-.*\.yml:\d+:\d+: .*\[A601\]"
    ) as caught:
        read_records(example)
    assert [problem.code for problem in caught.value.problems] == ["A601"]
