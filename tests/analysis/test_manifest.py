"""What went in is fingerprinted, and the same inputs give the same bytes."""

import hashlib
import json
import os
import random
import shutil
from importlib.metadata import version
from pathlib import Path

import pytest

from metamsc.analysis.manifest import ENGINES, build_manifest, canonical_json
from metamsc.analysis.plan import read_spec
from metamsc.analysis.run import run
from metamsc.checks.read import read_records
from metamsc.records.studies import Studies
from metamsc.report.outputs import write_outputs
from tests.analysis.plans import analyse, plan
from tests.dataset.invented import means, study

ROOT = Path(__file__).parents[2]
PLANS = sorted(path.parent.name for path in ROOT.glob("analyses/*/analysis.yml"))


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("copy")
    shutil.copytree(ROOT / "data/extractions", folder / "data/extractions")
    return folder / "data/extractions"


@pytest.fixture(scope="module")
def records(copy: Path) -> Studies:
    return read_records(copy)


def test_hashes_are_of_the_bytes(copy: Path, records: Studies) -> None:
    manifest = build_manifest(plan(), records)
    files = {path.stem: path for path in copy.rglob("*.yml")}
    assert len(manifest["records"]) == len(files) > 100
    for record in manifest["records"]:
        assert record["sha256"] == hashlib.sha256(files[record["id"]].read_bytes()).hexdigest()
        assert record["file"] == f"{files[record['id']].parent.name}/{record['id']}.yml"


def test_one_byte_changes_one_hash(copy: Path, records: Studies) -> None:
    before = build_manifest(plan(), records)
    file = copy / "clinical/cai-2016.yml"
    old = file.read_bytes()
    file.write_bytes(old + b"#\n")
    try:
        after = build_manifest(plan(), read_records(copy))
    finally:
        file.write_bytes(old)
    changed = [
        one["id"] for one, other in zip(before["records"], after["records"], strict=True) if one != other
    ]
    assert changed == ["cai-2016"]
    assert before["plan_sha256"] == after["plan_sha256"]


def test_the_plan_has_a_fingerprint_that_follows_its_meaning() -> None:
    none = Studies.of()
    base = build_manifest(plan(), none)["plan_sha256"]
    assert (
        build_manifest(plan(strata=["diabetes_type"]), none)["plan_sha256"] == base
    )  # the default, written out
    assert build_manifest(plan(model={"tau2_method": "PM"}), none)["plan_sha256"] != base


def test_versions_of_the_engines() -> None:
    manifest = build_manifest(plan(), Studies.of())
    assert manifest["engines"] == {name: version(name) for name in ENGINES}
    assert manifest["metamsc"] == version("metamsc")


def test_canonical_json_has_one_way_to_write() -> None:
    assert canonical_json({"b": [1, 0.5], "a": "τ²"}) == '{"a":"τ²","b":[1,0.5]}'
    with pytest.raises(ValueError, match="JSON compliant"):
        canonical_json({"a": float("nan")})


def test_two_runs_write_the_same_bytes_in_whatever_order_files_are_read(
    records: Studies, tmp_path: Path
) -> None:
    spec = read_spec(ROOT / "analyses/hba1c")
    first = run(spec, records)
    files = list(records.files)
    random.Random(7).shuffle(files)  # noqa: S311 - an order, not a secret
    second = run(spec, Studies(files))
    assert first.to_dict() == second.to_dict()
    written = [
        write_outputs(result, tmp_path / name, figures=False)
        for name, result in (("a", first), ("b", second))
    ]
    for one, other in zip(*written, strict=True):
        assert one.name == other.name
        assert one.read_bytes() == other.read_bytes()


def test_the_place_of_the_checkout_is_not_in_the_results(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    here = run(read_spec("analyses/hba1c"), read_records("data/extractions")).to_dict()
    monkeypatch.chdir(copy.parents[1])
    there = run(read_spec(ROOT / "analyses/hba1c"), read_records("data/extractions")).to_dict()
    assert canonical_json(here) == canonical_json(there)
    assert os.fspath(ROOT) not in canonical_json(here)


@pytest.mark.parametrize("k", [0, 1, 2, 3])
def test_results_are_plain_json_for_any_number_of_rows(k: int) -> None:
    studies = [study(f"s{i}", means(msc={"mean": 7.0 - i, "sd": 1.0, "n": 10})) for i in range(k)]
    single = study("single", means(), design="single-arm")
    result = analyse(*studies, single, across_types={"pool": True, "because": "for comparison"})
    data = json.loads(canonical_json(result.to_dict()))
    assert [stratum["pooled"]["k"] for stratum in data["strata"]] == ([k] if k else [])
    assert len(data["table"]["rows"]) == k
    assert len(data["table"]["excluded"]) == 1


def test_a_plan_that_leaves_no_row_says_so() -> None:
    result = analyse(study("a", means(), design="single-arm"))
    assert (result.strata, result.overall, result.differences, result.sensitivity) == ((), None, (), ())
    assert result.overall_note == "No study can be pooled."
    assert [item.code for item in result.table.excluded] == ["design"]


@pytest.mark.parametrize("name", PLANS)
def test_shipped_results_are_plain_json(name: str, records: Studies) -> None:
    result = run(read_spec(ROOT / "analyses" / name), records)
    text = canonical_json(result.to_dict())
    assert json.loads(text)["name"] == name
    assert "NaN" not in text
