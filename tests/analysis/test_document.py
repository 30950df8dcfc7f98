"""docs/analysis.md holds every key of a plan, as it is now, and the schema of editors is the model's."""

import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import BaseModel

from metamsc.analysis.document import PARTS, kind_of, with_key_tables
from metamsc.analysis.plan import read_spec
from metamsc.analysis.schema import SCHEMA_FILE, schema_text
from metamsc.records.descriptions import described
from metamsc.records.values import Part

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/analysis.md"


def test_the_page_is_up_to_date() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert with_key_tables(page) == page, "run python -m metamsc.analysis.document docs/analysis.md"


def _parts(part: type[BaseModel]) -> set[type[BaseModel]]:
    return {part, *(found for child in part.__subclasses__() for found in _parts(child))}


NOT_OF_PLANS = ("metamsc.analysis.flow", "metamsc.analysis.missing_file")
"""Parts of other files (docs/figures.md, docs/trust.md); known only once something has imported them."""


def test_every_part_of_a_plan_has_a_table() -> None:
    of_plans = {
        part
        for part in _parts(Part)
        if part.__module__.startswith(("metamsc.analysis", "metamsc.dataset"))
        and part.__module__ not in NOT_OF_PLANS
    }
    assert of_plans == {part for _, part in PARTS}


@pytest.mark.parametrize(("path", "part"), PARTS, ids=[path for path, _ in PARTS])
def test_every_key_has_a_row_and_is_explained(path: str, part: type[BaseModel]) -> None:
    section = PAGE.read_text(encoding="utf-8").split(f"### {path}\n")[1].split("### ")[0]
    for name, field in described(part).items():
        assert f"| `{field.alias or name}` | {kind_of(field.annotation)} |" in section
        assert field.description, f"{path}.{name} has no description"


def test_links_to_words_lead_somewhere() -> None:
    words = {
        line[4:].strip().lower()
        for line in (ROOT / "docs/records.md").read_text().splitlines()
        if line[:4] == "### "
    }
    page = PAGE.read_text(encoding="utf-8")
    linked = {part.split(")")[0] for part in page.split("(records.md#")[1:]}
    assert linked
    assert linked <= words


def test_the_plan_shown_is_valid(tmp_path: Path) -> None:
    example = PAGE.read_text(encoding="utf-8").split("```yaml\n")[1].split("```")[0]
    (tmp_path / "hba1c").mkdir()
    (tmp_path / "hba1c/analysis.yml").write_text(example, encoding="utf-8")
    spec = read_spec(tmp_path / "hba1c")
    assert [choice.name for choice in spec.named_analyses] == ["three-months", "paule-mandel"]


def test_the_schema_on_disk_is_the_models() -> None:
    assert SCHEMA_FILE.read_text(encoding="utf-8") == schema_text(), "run python -m metamsc.analysis.schema"


def checked(*files: Path) -> subprocess.CompletedProcess[str]:
    """Run an independent validator with the shipped schema."""
    command = [Path(sys.executable).parent / "check-jsonschema", "--schemafile", SCHEMA_FILE, *files]
    return subprocess.run(list(map(str, command)), capture_output=True, text=True)


def test_shipped_plans_name_the_schema_and_fit_it() -> None:
    files = sorted(ROOT.glob("analyses/*/analysis.yml"))
    for file in files:
        first = file.read_text(encoding="utf-8").splitlines()[0]
        schema = first.removeprefix("# yaml-language-server: $schema=")
        assert (file.parent / schema).resolve() == SCHEMA_FILE.resolve()
    done = checked(*files)
    assert done.returncode == 0, done.stdout


def test_the_schema_refuses_an_unknown_key(tmp_path: Path) -> None:
    text = (ROOT / "analyses/hba1c/analysis.yml").read_text(encoding="utf-8")
    file = tmp_path / "analysis.yml"
    file.write_text(text.replace("  measure: MD", "  colour: red"), encoding="utf-8")
    done = checked(file)
    assert done.returncode == 1
    assert "colour" in done.stdout
