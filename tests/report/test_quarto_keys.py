"""Every key, option and div of our Quarto documents is one that quarto knows, with a value that it takes.

Quarto itself says nothing of most wrong keys: it passes them by. What it knows stands in
``quarto_keys.yml``, with the place where it was read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from metamsc.report import page
from metamsc.report.source import read_document
from metamsc.report.template import asset, report_source, shared_source

KNOWN = yaml.safe_load((Path(__file__).parent / "quarto_keys.yml").read_text(encoding="utf-8"))
PYTHON = {"boolean": bool, "number": int, "string": str, "path": str, "list": list}
_DIV = re.compile(r"^:::+\s*\{([^}]*)\}", re.MULTILINE)
ROOT = Path(__file__).parents[2]


def flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield ("a.b", value) for nested mappings."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from flat(item, f"{path}.{key}".lstrip("."))
    else:
        yield path, value


def complaints(kind: str, values: dict[str, Any], form: str = "") -> list[str]:
    """Return what quarto would not understand."""
    found = []
    for key, value in flat(values):
        entry = KNOWN[kind].get(key)
        if entry is None:
            found.append(f"{kind}: nobody looked up {key!r}")
        elif form and form not in entry.get("formats", [form]):
            found.append(f"{kind}: {key!r} is not for {form}")
        elif value not in entry.get("allowed", ()) and (
            "type" not in entry or type(value) is not PYTHON[entry["type"]]
        ):
            found.append(f"{kind}: {key!r} cannot be {value!r}")
    return found


def project_complaints(settings: dict[str, Any]) -> list[str]:
    shared = {key: value for key, value in settings.items() if key != "format"}
    found = complaints("project", shared)
    for form, values in settings.get("format", {}).items():
        if form not in KNOWN["formats"]["names"]:
            found.append(f"format: there is no {form!r}")
        found += complaints("format", values, form)
    return found


def div_complaints(text: str) -> list[str]:
    """Look at the divs of quarto, which begin with a class that is not ours."""
    found = []
    for inside in _DIV.findall(text):
        classes = re.findall(r"(?<!\S)\.([\w-]+)", inside)
        given = re.findall(r"([\w-]+)=\"", inside)
        foreign = [name for name in classes if not name.startswith("mm-")]
        found += [f"divs: nobody looked up .{name}" for name in foreign if name not in KNOWN["divs"]]
        allowed = {key for name in classes for key in KNOWN["divs"].get(name, {}).get("attributes", ())}
        found += [f"divs: {inside!r} takes no {key!r}" for key in given if key not in allowed]
    return found


def front_matter(text: str) -> dict[str, Any]:
    return dict(yaml.safe_load(text.split("---\n")[1]))


def document_complaints(path: Path, text: str) -> list[str]:
    """Look at front matter, options of chunks, labels, references and divs of a document."""
    path.write_text(text, encoding="utf-8")
    document = read_document(path)
    found = complaints("document", document.front) + div_complaints(text)
    for cell in document.cells:
        found += complaints("cell", cell.options)
        label = str(cell.options.get("label", ""))
        kind = label.split("-", maxsplit=1)[0]
        if kind in KNOWN["references"]:
            if KNOWN["references"][kind] not in cell.options:
                found.append(f"cell: {label!r} has no {KNOWN['references'][kind]}")
        elif {"fig-cap", "tbl-cap"} & set(cell.options):
            found.append(f"cell: a caption without a label that begins with fig- or tbl-: {label!r}")
        # an underscore in a label is lost in LaTeX, and quarto refuses two of one name
        if "_" in label:
            found.append(f"cell: {label!r} has an underscore")
    return found


def test_project() -> None:
    assert project_complaints(yaml.safe_load(asset("_quarto.yml"))) == []


def test_index() -> None:
    text = asset("index.qmd")
    assert complaints("document", front_matter(text)) + div_complaints(text) == []


@pytest.mark.parametrize("text", [report_source("T"), shared_source("hba1c")], ids=["own", "shared"])
def test_report(tmp_path: Path, text: str) -> None:
    assert document_complaints(tmp_path / "report.qmd", text) == []


def test_what_chunks_show_is_markdown_that_quarto_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT / "analyses" / "c-peptide")
    result = page.load_result()
    count = 0
    for name in page.__all__:
        if name.startswith("show_"):
            text = getattr(page, name)(result)._repr_mimebundle_().get("text/markdown", "")
            assert div_complaints(text) == [], name
            count += len(_DIV.findall(text))
    assert count > 10


def test_sources_are_named() -> None:
    for kind in ("project", "format", "document", "cell"):
        for key, entry in KNOWN[kind].items():
            assert entry["file"], key
            assert re.fullmatch(r"[0-9a-f]{12}", entry["commit"]), key


WRONG = {
    "a key that is spelled otherwise": ("execute:\n  freezes: auto\n", "nobody looked up 'execute.freezes'"),
    "a value that does not exist": ("execute:\n  freeze: sometimes\n", "cannot be 'sometimes'"),
    "a key in the wrong place": ("freeze: auto\n", "nobody looked up 'freeze'"),
    "a format that does not exist": ("format:\n  word:\n    toc: true\n", "there is no 'word'"),
    "a key of another format": ("format:\n  docx:\n    papersize: a4\n", "'papersize' is not for docx"),
    "text for a number": ("format:\n  html:\n    toc-depth: two\n", "cannot be 'two'"),
    "a truth for a number": ("format:\n  html:\n    toc-depth: true\n", "cannot be True"),
}


@pytest.mark.parametrize(("text", "told"), WRONG.values(), ids=WRONG)
def test_a_wrong_key_is_told(text: str, told: str) -> None:
    (found,) = project_complaints(yaml.safe_load(text))
    assert told in found


WRONG_CHUNKS = {
    "an option of knitr": ("#| fig.cap: x\n", "nobody looked up 'fig.cap'"),
    "a caption of the other kind": ("#| label: fig-x\n#| tbl-cap: x\n", "'fig-x' has no fig-cap"),
    "a caption for no label": ("#| fig-cap: x\n", "a caption without a label"),
    "a value that does not exist": ("#| output: markup\n", "cannot be 'markup'"),
    "an underscore": ("#| label: fig-a_b\n#| fig-cap: x\n", "has an underscore"),
}


@pytest.mark.parametrize(("options", "told"), WRONG_CHUNKS.values(), ids=WRONG_CHUNKS)
def test_a_wrong_option_is_told(tmp_path: Path, options: str, told: str) -> None:
    text = f"---\ntitle: T\n---\n\n```{{python}}\n{options}1\n```\n"
    (found,) = document_complaints(tmp_path / "report.qmd", text)
    assert told in found


@pytest.mark.parametrize(
    ("div", "told"),
    [
        ("::: {.callout-danger}", "nobody looked up .callout-danger"),
        ('::: {.callout-note folded="true"}', "takes no 'folded'"),
        ('::: {.mm-answer collapse="true"}', "takes no 'collapse'"),
    ],
)
def test_a_wrong_div_is_told(div: str, told: str) -> None:
    (found,) = div_complaints(f"{div}\nx\n:::\n")
    assert told in found
