"""Reading and judging in several processes, with progress, gives the same report."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from metamsc.checks import run
from metamsc.checks.run import check_records

EXAMPLES = Path(__file__).parents[1] / "examples" / "extractions"


@pytest.mark.parametrize("workers", [1, 2])
def test_chunks_and_processes_change_nothing(workers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = check_records(EXAMPLES)
    monkeypatch.setattr(run, "CHUNK", 40)
    monkeypatch.setattr(run, "MANY_FILES", 80)
    seen: list[int] = []

    def watch(chunks: Sequence[run.Chunk]) -> Iterable[run.Chunk]:
        for chunk in chunks:
            seen.append(len(chunk))
            yield chunk

    parts = check_records(EXAMPLES, workers=workers, watch=watch)
    assert parts.problems == whole.problems
    assert parts.acknowledged == whole.acknowledged
    assert parts.files == whole.files
    assert [study.id for study in parts.studies] == [study.id for study in whole.studies]
    assert sum(seen) == len(whole.files)
    assert max(seen) == 40


def test_of_two_files_with_one_id_each_is_judged_by_itself(tmp_path: Path) -> None:
    text = (EXAMPLES / "invalid" / "A601-events-above-n.yml").read_text()
    (tmp_path / "a601-events-above-n.yml").write_text(text)
    (tmp_path / "b.yml").write_text(text.replace("events: 21", "events: 2"))
    codes = {(Path(p.file).name, p.code) for p in check_records(tmp_path).problems}
    assert codes == {("a601-events-above-n.yml", "A601"), ("b.yml", "F301"), ("b.yml", "F303")}
