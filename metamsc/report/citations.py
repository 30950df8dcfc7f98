"""References as BibTeX: works behind the methods, the software with its versions, the studies of a result.

The works stand in one file, ``assets/references.bib``; studies are cited from their records, field by field
as recorded. Nothing is looked up, and a field that is not recorded is left out.
"""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import quote

from metamsc.report.template import asset

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult
    from metamsc.records.model import StudyInfo
    from metamsc.records.studies import Studies

_ENTRY = re.compile(r"^@(\w+)\{([^,\s]+),\n(.*?)^\}", re.MULTILINE | re.DOTALL)
_FIELD = re.compile(r"^\s*(\w+)\s*=\s*\{(.*?)\},?\s*$(?=\n\s*\w+\s*=|\s*\Z)", re.MULTILINE | re.DOTALL)
_VOLUME = re.compile(r"^(\d+)\s*(?:\(([^()]+)\))?\s*[:;,]\s*([A-Za-z]?\d+(?:[-–]+\w+)?)$")
_INITIALS = re.compile(r"^[A-Z](?:[A-Z.\-]|\s)*$")
_SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    **{sign: f"\\{sign}" for sign in "%&#_$"},
}  # fmt: skip
_SAFE_IN_DOI = "/:;()<>.-_,=+*!?'&#@[]|~^$"
_WIDTH = 100
"""Characters in a line of BibTeX."""
PACKAGES = {"numpy": "NumPy", "scipy": "SciPy", "statsmodels": "statsmodels", "formulaic": "formulaic"}
PACKAGE_WORKS = {"numpy": "harris2020", "scipy": "virtanen2020", "statsmodels": "seabold2010"}
"""Engine -> the work its authors ask to be cited."""


@dataclass(frozen=True, slots=True)
class Reference:
    """One entry of a bibliography."""

    key: str
    kind: str
    """Kind of BibTeX entry: article, incollection, software."""
    fields: Mapping[str, str]
    """Values as BibTeX has them between the outer braces."""
    label: str
    """What the entry is called in running text: "Viechtbauer 2005"."""

    def to_bibtex(self) -> str:
        """Return the entry."""
        width = max(map(len, self.fields), default=0)
        lines = [
            textwrap.fill(
                f"{name.ljust(width)} = {{{value}}},",
                width=_WIDTH,
                initial_indent="  ",
                subsequent_indent=" " * (width + 6),
                break_long_words=False,
                break_on_hyphens=False,
            )
            for name, value in self.fields.items()
        ]
        return "\n".join([f"@{self.kind}{{{self.key},", *lines, "}"]) + "\n"

    def to_text(self) -> str:
        """Return the entry as one line of a list of references."""
        said = {name: plain_bibtex(value) for name, value in self.fields.items()}
        where = said.get("journal", said.get("booktitle", ""))
        issue = said.get("volume", "") + (f"({said['number']})" if "number" in said else "")
        issue += f":{said['pages']}" if "pages" in said else ""
        version = f"Version {said['version']}" if "version" in said else ""
        who = _authors(said["author"]) if "author" in said else said.get("label", "")
        if "booktitle" in said:
            where = _inside(said)
        parts = [who, said.get("title", ""), where, version]
        between = ";" if issue and not issue.startswith(":") and "year" in said else ""
        dated = f"{said.get('year', '')}{between}{issue}"
        doi = f"doi:{said['doi']}" if "doi" in said else said.get("note", "")
        ended = (
            f"{part.rstrip('.')}{'' if part.endswith('?') else '.'}" for part in (*parts, dated, doi) if part
        )
        return " ".join(ended)


def _inside(said: Mapping[str, str]) -> str:
    """Return the book or proceedings that a chapter is in, with editors, edition and publisher."""
    editors = f"{_authors(said['editor'])}, editors. " if "editor" in said else ""
    edition = f", {said['edition']} ed" if "edition" in said else ""
    place = ": ".join(said[name] for name in ("address", "publisher") if name in said)
    return f"In: {editors}{said['booktitle']}{edition}" + (f". {place}" if place else "")


def plain_bibtex(value: str) -> str:
    """Return the value of a field as text: accents composed, braces and escapes undone."""
    text = re.sub(r'\{\\"(\w)\}', lambda found: unicodedata.normalize("NFC", f"{found[1]}\u0308"), value)
    text = text.replace(r"{\o}", "ø").replace("---", "—").replace("--", "–")
    for sign, written in _SPECIAL.items():
        if len(written) > 2:
            text = text.replace(written, f"\0{ord(sign)}\0")
    text = re.sub(r"\\([%&#_${}])", lambda found: f"\0{ord(found[1])}\0", text)
    text = re.sub(r"[{}]", "", text)
    text = re.sub(r"\0(\d+)\0", lambda found: chr(int(found[1])), text)
    return re.sub(r"\s+", " ", text).strip()


def _authors(field: str) -> str:
    names = [name.strip() for name in field.split(" and ")]
    short = []
    for name in names:
        family, _, given = name.partition(", ")
        initials = "".join(part[0] for part in given.replace(".", " ").split()) if given else ""
        short.append("et al" if family == "others" else f"{family} {initials}".strip())
    return ", ".join(short)


@cache
def packaged_references() -> Mapping[str, Reference]:
    """Return the works that ship with the package, by key."""
    found = {}
    for kind, key, body in _ENTRY.findall(asset("references.bib")):
        fields = {name: re.sub(r"\s+", " ", value) for name, value in _FIELD.findall(body)}
        found[key] = Reference(key, kind, fields, f"{_short(fields['author'])} {fields['year']}")
    return found


def _short(field: str) -> str:
    """Return who is named in running text: "Higgins & Thompson", with more than two "Harris et al."."""
    families = [plain_bibtex(name.split(",")[0]) for name in field.split(" and ")]
    if len(families) > 2 or "others" in families:
        return f"{families[0]} et al."
    return " & ".join(families)


def study_key(study_id: str) -> str:
    """Return the key of a study: its id, unless a work has that key."""
    return f"{study_id}-study" if study_id in packaged_references() else study_id


def study_references(result: AnalysisResult, records: Studies | None) -> tuple[Reference, ...]:
    """Return an entry for each pooled study, with the bibliography that its record holds.

    Parameters
    ----------
    result : AnalysisResult
    records : Studies or None
        Records the result was made from; without them, an entry has the label and the year only.

    Returns
    -------
    tuple of Reference
        In the order of the rows.
    """
    known = {} if records is None else {study.id: study.study for study in records}
    labels = {row.study_id: (row.label, row.year) for row in reversed(result.table.rows)}
    found = []
    for study_id in dict.fromkeys(row.study_id for row in result.table.rows):
        info = known.get(study_id)
        if info is None:
            label, year = labels[study_id]
            fields = {"title": f"{{{escape_bibtex(label)}}}"} | ({"year": str(year)} if year else {})
            found.append(Reference(study_key(study_id), "misc", fields, label))
        else:
            found.append(_study(info))
    return tuple(found)


def _study(info: StudyInfo) -> Reference:
    # biblatex takes `label` where a reference has no author
    fields = {"label": escape_bibtex(info.label)}
    if info.authors:
        fields = {"author": " and ".join(map(_author, info.authors))}
    fields["title"] = f"{{{escape_bibtex(info.title)}}}"
    if info.journal is not None:
        fields["journal"] = escape_bibtex(info.journal)
    if info.year is not None:
        fields["year"] = str(info.year)
    fields |= _volume(info.volume)
    if info.doi is not None:
        fields["doi"] = quote(info.doi, safe=_SAFE_IN_DOI).replace("%", r"\%")
    notes = [f"PMID {info.pmid}"] if info.pmid and info.doi is None else []
    notes += [f"registered as {escape_bibtex(number)}" for number in info.registration]
    if notes:
        fields["note"] = "; ".join(notes)
    kind = "article" if info.journal is not None else "misc"
    return Reference(study_key(info.id), kind, fields, info.label)


def _author(name: str) -> str:
    """Return "Cai, J" of "Cai J"; what has another form stays one name in braces."""
    text = " ".join(name.split())
    if re.fullmatch(r"(?:and )?(?:others|et al\.?|\.\.\.|…)", text, re.IGNORECASE):
        return "others"
    family, _, initials = text.rpartition(" ")
    if family and _INITIALS.match(initials):
        return f"{{{escape_bibtex(family)}}}, {escape_bibtex(initials)}"
    return f"{{{escape_bibtex(text)}}}"


def _volume(printed: str | None) -> dict[str, str]:
    """Split "13(1):1-10" into its parts; what has another form stays as printed."""
    if printed is None:
        return {}
    found = _VOLUME.match(printed.strip())
    if found is None:
        return {"volume": escape_bibtex(printed)}
    fields = {"volume": found[1]} | ({"number": escape_bibtex(found[2])} if found[2] else {})
    return fields | {"pages": re.sub("[-–]+", "--", found[3])}


def escape_bibtex(text: str) -> str:
    """Return text that stays within its field and prints as it is."""
    return "".join(_SPECIAL.get(sign, sign) for sign in " ".join(text.split()))


def software_references(result: AnalysisResult) -> tuple[Reference, ...]:
    """Return metamsc and its engines with the versions that made the result."""
    versions = {"metamsc": str(result.manifest.get("metamsc", ""))} | result.manifest.get("engines", {})
    found = []
    for name, number in versions.items():
        title = PACKAGES.get(name, name)
        fields = {"title": f"{{{escape_bibtex(title)}}}", "version": escape_bibtex(str(number))}
        if name == "metamsc":
            fields = {"author": "{The metamsc authors}"} | fields
        if number:
            found.append(Reference(f"software-{name}", "software", fields, f"{title} {number}"))
    return tuple(found)


def to_bibtex(references: Iterable[Reference]) -> str:
    """Return a bibliography file."""
    return "\n".join(item.to_bibtex() for item in references)
