"""A new record to fill in: only the fields its design needs, each with what to write there."""

from __future__ import annotations

import os
import re
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from metamsc.errors import InputError, check_option
from metamsc.records.designs import ANIMAL
from metamsc.records.ids import make_id
from metamsc.records.skeleton import (
    Shape,
    about_lines,
    arm_lines,
    quote,
    result_lines,
    study_lines,
    todo_lines,
)
from metamsc.records.text import BAD_CHARACTER, name_character
from metamsc.records.todo import TODO
from metamsc.vocabulary import Design, Setting

SCHEMA_PATH = Path(__file__).parent / "schema" / "1" / "extraction.json"
"""JSON Schema of a record, shipped with the package."""
_SCHEMA_PLACES = ("schema/1/extraction.json", "metamsc/records/schema/1/extraction.json")
"""Where a review has its copy of the schema, and metamsc's own checkout the schema itself."""
_NO_SCHEMA = "## An editor completes keys and words after: metamsc schema"

MOST_GROUPS = 12
"""Treated groups that a new record may begin with; more are added by hand."""
_ID = re.compile(r"[a-z0-9]+(?:[-_.][a-z0-9]+)*")
_DOI = re.compile(r"10\.\d{4,9}/\S+")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRecord:
    """What is known of a study before anything is extracted.

    Attributes
    ----------
    study_id, setting, design, title, label, year, doi, extracted_by
        As in the record.
    treated : int
        Groups that got cells; at least 2 where products are compared with each other.
    healthy : bool
        Whether an animal study has a group without diabetes.
    printed : str
        How its results are printed: a key of :data:`metamsc.records.skeleton.PRINTED`.

    Raises
    ------
    OptionError
        If setting, design or `printed` is not one of its words.
    InputError
        If the id or DOI has the wrong form, a text is empty or holds a character that no record may, the
        design belongs to the other setting, or the groups do not go with the design.
    """

    study_id: str
    setting: str
    design: str
    title: str
    label: str
    year: int | None = None
    doi: str | None = None
    extracted_by: str = TODO
    treated: int = 1
    healthy: bool = False
    printed: str = "means"

    def __post_init__(self) -> None:
        check_option("setting", self.setting, [word.value for word in Setting])
        check_option("design", self.design, [word.value for word in Design])
        if not _ID.fullmatch(self.study_id):
            near = make_id(self.study_id)
            hint = f"; write {near}" if _ID.fullmatch(near) else ""
            raise InputError(
                f"study id must be small letters, digits and hyphens (cai-2016); got {self.study_id!r}{hint}."
            )
        if self.doi is not None and not _DOI.fullmatch(self.doi):
            raise InputError(
                f"doi must be written like 10.2337/dc15-0171, without address; got {self.doi!r}."
            )
        for name in ("title", "label", "extracted_by", "doi"):
            _check_text(name, getattr(self, name))
        if (Design(self.design) in ANIMAL) != (self.setting == Setting.PRECLINICAL):
            raise InputError(f"design {self.design!r} does not belong to a {self.setting} study.")
        self._check_groups()

    def _check_groups(self) -> None:
        if not 1 <= self.treated <= MOST_GROUPS:
            raise InputError(f"treated must be 1 to {MOST_GROUPS} groups; got {self.treated}.")
        if self.healthy and self.setting != Setting.PRECLINICAL:
            raise InputError("healthy groups without diabetes belong to animal studies.")
        groups = self.shape.groups
        if self.printed == "contrast" and len(groups) < 2:
            raise InputError(f"a contrast needs two groups; the design {self.design!r} has one.")

    @property
    def shape(self) -> Shape:
        """What decides which fields the record has."""
        return Shape(
            design=Design(self.design), treated=self.treated, healthy=self.healthy, printed=self.printed
        )

    def file(self, folder: str | os.PathLike[str]) -> Path:
        """Where the record goes below the folder of extractions."""
        return Path(folder) / self.setting / f"{self.study_id}.yml"


def _check_text(name: str, text: str | None) -> None:
    """Refuse a text that no record can hold, before it is written into one."""
    if text is None:
        return
    if not text.strip():
        raise InputError(f"{name} must not be empty.")
    found = BAD_CHARACTER.search(text)
    if found:
        raise InputError(f"{name} holds the character {name_character(found[0])}; remove it.")


def default_label(study_id: str) -> str:
    """Return "Cai 2016" for "cai-2016"."""
    return " ".join(word.capitalize() for word in re.split(r"[-_.]", study_id))


def default_year(study_id: str) -> int | None:
    """Return 2016 for "cai-2016", None where the id ends in no year."""
    found = re.search(r"(?:19|20)\d{2}$", study_id)
    return int(found[0]) if found else None


def schema_line(file: Path) -> str | None:
    """Return the editor's schema line; None where no folder above the file has a schema.

    The address is relative, so it holds for whoever has the review: never a path of this machine.
    """
    folder = file.parent.resolve()
    for above in (folder, *folder.parents):
        for place in _SCHEMA_PLACES:
            if (above / place).is_file():
                address = Path(os.path.relpath(above / place, folder)).as_posix()
                return f"# yaml-language-server: $schema={address}"
    return None


def write_text(record: NewRecord, file: Path) -> str:
    """Return the YAML of a new record that will stand in `file`; `metamsc check` lists what is left to do."""
    shape = record.shape
    lines = [
        schema_line(file) or _NO_SCHEMA,
        "## Lines that begin with '# ' are examples: take the '# ' away, write the paper's value for TODO,",
        "## or delete the line. Lines that begin with ## are remarks.",
        "schema: 1",
        "study:",
        f"  id: {quote(record.study_id)}",
        f"  label: {quote(record.label)}",
        f"  title: {quote(record.title)}",
        f"  year: {record.year}" if record.year is not None else f"  # year: {TODO}",
        f"  doi: {quote(record.doi)}" if record.doi is not None else f"  # doi: {TODO} 10.2337/dc15-0171",
        *study_lines(shape),
        f"  setting: {record.setting}",
        f"  design: {record.design}".ljust(32) + f"  # {Design(record.design).meaning}",
        *about_lines(shape),
        *arm_lines(shape),
        "sources:",
        "  abstract:                       # a name of your own; results point to it",
        "    kind: abstract                # full-text, table, figure, ...",
        "    reference: primary            # secondary: another work that quotes the study",
        f"    url: {quote(_address(record))}",
        f"    locator: {TODO} table, paragraph or page",
        *result_lines(shape),
        *todo_lines(shape),
        "extraction:",
        f"  extracted_by: {quote(record.extracted_by)}",
        f"  date: {datetime.now(tz=UTC).date().isoformat()}",
        "  status: single                  # double and adjudicated are written by `metamsc compare`",
    ]
    return "\n".join(lines) + "\n"


def _address(record: NewRecord) -> str:
    return f"https://doi.org/{record.doi}" if record.doi else f"{TODO} address where it was read"


def is_doi(text: str) -> bool:
    """Whether a text has the form of a DOI, without address."""
    return _DOI.fullmatch(text) is not None


def check_free(study_id: str, folder: str | os.PathLike[str]) -> None:
    """Refuse an id that a record has already, in either setting.

    Raises
    ------
    InputError
        With the file that is there.
    """
    for setting in Setting:
        file = Path(folder) / setting / f"{study_id}.yml"
        if _ID.fullmatch(study_id) and file.exists():
            raise InputError(
                f"{file} is there already; a record is never overwritten. Another study of that name and "
                f"year: {study_id}b."
            )


def write_record(record: NewRecord, folder: str | os.PathLike[str]) -> Path:
    """Write a new record below `folder`, whole or not at all.

    Returns
    -------
    Path
        The file written, ``<folder>/<setting>/<study id>.yml``.

    Raises
    ------
    InputError
        If the file is there already: a record is never overwritten.
    """
    file = record.file(folder)
    text = write_text(record, file)
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", newline="\n", dir=file.parent, prefix=".new-"
    ) as whole:
        whole.write(text)
        whole.flush()
        Path(whole.name).chmod(0o644)
        try:
            os.link(whole.name, file)
        except FileExistsError as error:
            raise InputError(f"{file} is there already; a record is never overwritten.") from error
    return file
