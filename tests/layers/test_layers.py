"""The house has one direction: a module imports from its own layer or one below, never from above."""

import ast
from pathlib import Path

import pytest

import metamsc

PACKAGE = Path(metamsc.__file__).parent
LAYERS = [
    "errors",
    "files",
    "vocabulary",
    "names",
    "outcomes",
    "records",
    "checks",
    "exchange",
    "effects",
    "dataset",
    "models",
    "sensitivity",
    "analysis",
    "plots",
    "tables",
    "report",
    "review",
    "cli",
]
DEEP_EXCEPTIONS = {"models": "effects", "effects": "models"}
"""Pairs of layers that must not know each other at all: pooling knows no outcomes, effects no pooling."""


def layer(module: str) -> int:
    parts = module.split(".")
    return LAYERS.index(parts[1]) if len(parts) > 1 else len(LAYERS)


def imported(path: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    found = {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    found |= {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return {name for name in found if name.split(".")[0] == "metamsc"}


MODULES = sorted(set(PACKAGE.rglob("*.py")) - {PACKAGE / "__init__.py", PACKAGE / "__main__.py"})


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down(path: Path) -> None:
    module = ".".join(("metamsc", *path.relative_to(PACKAGE).with_suffix("").parts))
    own = layer(module)
    above = sorted(name for name in imported(path) if layer(name) > own)
    assert not above, f"{module} is in layer {LAYERS[own]!r} and may not import {above}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_strangers_stay_strangers(path: Path) -> None:
    own = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    other = DEEP_EXCEPTIONS.get(own)
    if other is not None:
        assert not [name for name in imported(path) if name.startswith(f"metamsc.{other}")]
    if own == "plots":
        computing = [
            name
            for name in imported(path)
            if name.startswith("metamsc.models") and name != "metamsc.models.results"
        ]
        assert not computing, f"a plot draws results, it does not compute them: {computing}"


def test_every_layer_on_disk_is_named() -> None:
    folders = {path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    files = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__", "__main__"}
    assert folders | files <= set(LAYERS)


def test_no_junk_drawers() -> None:
    assert not {path.stem for path in MODULES} & {"utils", "util", "helpers", "helper", "misc", "common"}
