"""What a result and its page are made from, as fingerprints: the same ones need not be made again.

A key holds everything that can change a number or a letter: the code of the package and the versions it
runs with, the plan, the records that the plan can see, and the files a page is written from. Records of
other outcomes are left out, so that a change in one leaves the analyses that do not use it as they are;
how many records there are is in it, because pages say so.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from metamsc.analysis.manifest import canonical_json

if TYPE_CHECKING:
    from metamsc.analysis.spec import AnalysisSpec
    from metamsc.records.studies import Studies, StudyFile

PACKAGES = (
    "numpy", "scipy", "statsmodels", "pandas", "formulaic", "pymare", "forestplot", "matplotlib",
    "great-tables", "jupytext", "nbclient", "ipykernel", "pypandoc-binary", "typst",
)  # fmt: skip
"""Packages that numbers, figures and pages are made with."""
_NOT_SOURCES = frozenset({"__pycache__", "_freeze"})
_RENDERED = frozenset({".html", ".pdf", ".docx", ".quarto_ipynb"})
"""What quarto writes beside a document that it renders by itself."""


def fingerprint(value: Any) -> str:
    """Return the SHA-256 of plain data."""
    return hashlib.sha256(canonical_json(value).encode("utf-8")).hexdigest()


def file_prints(files: Iterable[Path], base: Path) -> dict[str, str]:
    """Return the SHA-256 of files by their path below a folder."""
    return {
        path.relative_to(base).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(files, key=lambda path: path.relative_to(base).as_posix())
    }


def folder_prints(folder: Path, *, below: bool = True) -> dict[str, str]:
    """Return the SHA-256 of the files a folder holds, and of those in the folders below it.

    What begins with a dot, caches of Python, Jupyter and Quarto, and pages that quarto wrote beside a
    document do not count: nothing is made from them.
    """
    files = (path for path in (folder.rglob("*") if below else folder.iterdir()) if path.is_file())
    return file_prints((path for path in files if _is_source(path, folder)), folder)


def _is_source(path: Path, folder: Path) -> bool:
    parts = path.relative_to(folder).parts
    if any(part.startswith(".") or part in _NOT_SOURCES or part.endswith("_files") for part in parts):
        return False
    return path.suffix not in _RENDERED or not path.with_suffix(".qmd").is_file()


@cache
def code_print() -> str:
    """Return the fingerprint of the package's own files and of what it runs with."""
    package = Path(__file__).parents[1]
    return fingerprint({"files": folder_prints(package), "versions": dict(_versions())})


def _versions() -> Iterator[tuple[str, str]]:
    yield "python", sys.version
    for name in ("metamsc", *PACKAGES):
        try:
            yield name, version(name)
        except PackageNotFoundError:
            yield name, ""


def records_used(spec: AnalysisSpec, records: Studies) -> tuple[StudyFile, ...]:
    """Return the records that a plan can see: of its setting, with its outcome among results or gaps.

    Wider than what is pooled: a result left out with a reason and one known to be missing stand on the page,
    too. Without any other record the plan gives the same result, but for the count of records.
    """
    plan = spec.model_dump(by_alias=True, mode="json")
    settings, outcomes = set(_named(plan, "setting")), set(_named(plan, "outcome"))
    return tuple(
        file
        for file in records.files
        if file.study.study.setting.value in settings
        and any(
            outcomes & _members(name) for name in set(_named(file.study.model_dump(mode="json"), "outcome"))
        )
    )


def _named(value: Any, key: str) -> Iterator[str]:
    """Yield every text that stands under a key, however deep."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            if name == key and isinstance(item, str):
                yield item
            yield from _named(item, key)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _named(item, key)


@cache
def _members(name: str) -> frozenset[str]:
    """Return the outcomes a word of a record may stand for."""
    from metamsc.errors import OptionError
    from metamsc.outcomes.catalogue import catalogue

    try:
        return frozenset((name, *catalogue().members(name)))
    except OptionError:
        return frozenset((name,))


def analysis_key(spec: AnalysisSpec, records: Studies) -> str:
    """Return the key of a plan's result: equal keys give equal results, but for the list of other records."""
    used = records_used(spec, records)
    settings = [file.study.study.setting.value for file in records.files]
    return fingerprint(
        {
            "code": code_print(),
            "plan": spec.model_dump(by_alias=True, mode="json"),
            "records": {file.study.id: [_short(file.file), _content(file)] for file in used},
            "counts": {name: settings.count(name) for name in sorted(set(settings))},
        }
    )


def records_key(records: Studies) -> str:
    """Return the key of all records."""
    return fingerprint([[_short(file.file), _content(file)] for file in records.files])


def _short(file: str) -> str:
    """Return the last two parts of a record's path: pages name no more, wherever the checkout is."""
    return "/".join(Path(file).parts[-2:])


def _content(file: StudyFile) -> str:
    """Return the fingerprint of a record, of its file where it has one."""
    return file.sha256 or fingerprint(file.study.model_dump(mode="json"))
