"""Write docs/api.md and the stub of the package anew: ``python docs/write_api.py``."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import metamsc as mm

PAGE = Path(__file__).parent / "api.md"
STUB = Path(__file__).parents[1] / "metamsc" / "__init__.pyi"
BEGIN, END = "<!-- names: generated -->", "<!-- end of names -->"
_CITED = re.compile(
    r"[A-ZÖ][\w'’-]+(?:,? [A-ZÖ][\w'’-]+)*(?: (?:&|and) [A-ZÖ][\w'’-]+)?(?: et al\.)?,? \(?\d{4}\)?,? "
    r"\(?[A-Z][A-Za-z ]+ \d+(?:\(\d+\))?:\d+(?:-\d+)?"
)
"""A work as docstrings cite it: authors, year, journal, volume and pages."""
_SECTION = re.compile(r"^(?P<name>[A-Z]\w+)\n-+\n", re.MULTILINE)


def sections(text: str) -> dict[str, str]:
    """Return the parts of a numpydoc docstring by heading; "" is what stands before the first."""
    parts = _SECTION.split(inspect.cleandoc(text))
    return {"": parts[0]} | dict(zip(parts[1::2], parts[2::2], strict=True))


def summary(text: str) -> str:
    """Return the first sentence of a docstring on one line."""
    first = sections(text)[""].split("\n\n")[0]
    return " ".join(first.split()).replace("|", "\\|")


def source(value: object) -> str:
    """Return the works that a name rests on, from its docstring or else its module's; "" without any."""
    module = inspect.getmodule(value)
    own, home = inspect.getdoc(value) or "", "" if module is None else (module.__doc__ or "")
    for text in (own, home):
        found = sections(text).get("References") or "; ".join(dict.fromkeys(_cited(text)))
        if found:
            return _one_line(found).replace("|", "\\|")
    return ""


def _cited(text: str) -> list[str]:
    """Return the works that a text cites in passing."""
    return [re.sub(r"(\d{4}),? \(", r"\1, ", work) for work in _CITED.findall(_one_line(text))]


def _one_line(text: str) -> str:
    return " ".join(text.replace("*", "").split())


def signature(name: str, value: object) -> str:
    """Return a call as it is typed: names and defaults, types left out."""
    if inspect.isclass(value) and not _is_made_by_hand(value):
        return f"`mm.{name}`"
    assert callable(value)  # noqa: S101 - everything else that is public is a function
    shown = []
    keyword_only = False
    for item in inspect.signature(value).parameters.values():
        if item.kind is item.KEYWORD_ONLY and not keyword_only:
            shown.append("*")
            keyword_only = True
        default = "" if item.default is item.empty else f"={_default(item.default)}"
        stars = "**" if item.kind is item.VAR_KEYWORD else ""
        shown.append(f"{stars}{item.name}{default}")
    return f"`mm.{name}({', '.join(shown)})`"


def _default(value: object) -> str:
    """Return a default as it is typed; an object is told by its class."""
    plain = isinstance(value, (str, int, float, bool, tuple, type(None)))
    return repr(value) if plain else f"{type(value).__name__}()"


def _is_made_by_hand(value: type) -> bool:
    """Say whether people make objects of this class: priors and intervals; results come from functions."""
    return value.__module__.endswith("priors") or value.__name__ == "Interval"


def names() -> str:
    """Return every public name by subject, as Markdown."""
    lines = []
    for subject, found in mm.SUBJECTS.items():
        lines += [f"## {subject}", "", "| | | source |", "|---|---|---|"]
        for name in found:
            value = getattr(mm, name)
            text = inspect.getdoc(value) or ""
            lines.append(f"| {signature(name, value)} | {summary(text)} | {source(value)} |")
        lines.append("")
    return "\n".join(lines)


def with_names(page: str) -> str:
    """Return the page with its generated part written anew."""
    before, rest = page.split(BEGIN)
    return f"{before}{BEGIN}\n\n{names()}\n{END}{rest.split(END)[1]}"


def stub() -> str:
    """Return what editors and type checkers read, as the names of the package load when first used."""
    homes = {name: home for found in mm.SUBJECTS.values() for name, home in found.items()}
    imports = sorted((home, name) for name, home in homes.items())
    return "\n".join(
        [
            "# Written by docs/write_api.py from SUBJECTS in __init__.py.",
            *(f"from {home} import {name} as {name}" for home, name in imports),
            "",
            "__version__: str",
            "SUBJECTS: dict[str, dict[str, str]]",
            "__all__ = [",
            *(f'    "{name}",' for name in sorted(("__version__", *homes))),
            "]",
            "",
        ]
    )


if __name__ == "__main__":
    STUB.write_text(stub(), encoding="utf-8")
    PAGE.write_text(with_names(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
