"""Files are written whole or not at all."""

import stat
from pathlib import Path

import pytest

from metamsc.files import write_atomic


def test_text_and_bytes_and_missing_folders(tmp_path: Path) -> None:
    write_atomic(tmp_path / "new" / "a.txt", "τ² ≥ 0\n")
    write_atomic(tmp_path / "new" / "b.bin", b"\x00\xff")
    assert (tmp_path / "new/a.txt").read_bytes() == "τ² ≥ 0\n".encode()
    assert (tmp_path / "new/b.bin").read_bytes() == b"\x00\xff"
    assert stat.S_IMODE((tmp_path / "new/a.txt").stat().st_mode) & 0o600 == 0o600


def test_a_failed_write_leaves_the_old_file_and_no_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "a.txt"
    write_atomic(target, "old")

    def broken(self: Path, other: Path) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", broken)
    with pytest.raises(OSError, match="disk full"):
        write_atomic(target, "new")
    monkeypatch.undo()
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
