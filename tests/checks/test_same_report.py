"""The quick way to read, and the shared way to judge, say in every format what the slow ways say."""

from pathlib import Path

import pytest

from metamsc.checks import run
from metamsc.checks.run import check_records
from metamsc.cli.reporters import REPORTERS, summarise
from metamsc.records import yaml_events
from tests.fuzz.mutations import spoil

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "tests" / "examples" / "extractions"
SPOILED = 100


def outputs(*folders: Path, workers: int) -> dict[str, str]:
    report = check_records(folders, workers=workers)
    return {"summary": summarise(report)} | {name: write(report) for name, write in REPORTERS.items()}


def spoil_some(folder: Path) -> None:
    """Write spoiled copies of the valid examples, each with a number of its own."""
    sources = sorted((EXAMPLES / "valid").rglob("*.yml"))
    for number in range(SPOILED):
        source = sources[number % len(sources)]
        setting = folder / source.parent.name
        setting.mkdir(exist_ok=True)
        (setting / f"{source.stem}-{number}.yml").write_bytes(spoil(source.read_bytes(), number))


def test_every_way_gives_the_same_output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spoil_some(tmp_path)
    folders = (ROOT / "data" / "extractions", EXAMPLES, tmp_path)
    quick = outputs(*folders, workers=1)
    with monkeypatch.context() as slow:
        slow.setattr(yaml_events, "quick_values", lambda _: None)
        assert outputs(*folders, workers=1) == quick
    monkeypatch.setattr(run, "MANY_FILES", 1)
    monkeypatch.setattr(run, "CHUNK", 30)
    assert outputs(*folders, workers=2) == quick
    assert quick["text"].count("[") > SPOILED
