"""Records on disk for the tests of reading."""

from collections.abc import Callable
from pathlib import Path

import pytest

VALID = Path(__file__).parents[1] / "examples" / "extractions" / "valid" / "clinical" / "series-2019.yml"

Write = Callable[[str, str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a valid record under another id at a path below the test's folder."""

    def write_record(path: str, study_id: str) -> Path:
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(VALID.read_text().replace("id: series-2019", f"id: {study_id}"))
        return file

    return write_record
