"""docs/api.md names everything that is public, as it is now."""

import importlib.util
from pathlib import Path

import metamsc as mm

ROOT = Path(__file__).parents[2]


def test_the_page_is_up_to_date_and_complete() -> None:
    spec = importlib.util.spec_from_file_location("write_api", ROOT / "docs" / "write_api.py")
    assert spec is not None
    assert spec.loader is not None
    write_api = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(write_api)
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    assert write_api.with_names(page) == page, "run python docs/write_api.py"
    assert write_api.STUB.read_text(encoding="utf-8") == write_api.stub(), "run python docs/write_api.py"
    missing = [name for name in mm.__all__ if name != "__version__" and f"`mm.{name}" not in page]
    assert missing == []
