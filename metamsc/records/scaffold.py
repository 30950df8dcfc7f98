"""A new record to fill in: only the fields its design needs, each with what to write there."""

from __future__ import annotations

import json
import os
import re
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from metamsc.errors import InputError, check_option
from metamsc.records.designs import ACTIVE, ANIMAL, SINGLE_ARM
from metamsc.vocabulary import Design, Setting

SCHEMA_PATH = Path(__file__).parent / "schema" / "1" / "extraction.json"
"""JSON Schema of a record, shipped with the package."""

_ID = re.compile(r"[a-z0-9]+(?:[-_.][a-z0-9]+)*")
_DOI = re.compile(r"10\.\d{4,9}/\S+")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRecord:
    """What is known of a study before anything is extracted.

    Raises
    ------
    OptionError
        If setting or design is not a word of the vocabulary.
    InputError
        If the id or DOI has the wrong form, or the design belongs to the other setting.
    """

    study_id: str
    setting: str
    design: str
    title: str
    label: str
    year: int | None = None
    doi: str | None = None
    extracted_by: str = "TODO"

    def __post_init__(self) -> None:
        check_option("setting", self.setting, [word.value for word in Setting])
        check_option("design", self.design, [word.value for word in Design])
        if not _ID.fullmatch(self.study_id):
            raise InputError(
                f"study id must be small letters, digits and hyphens (cai-2016); got {self.study_id!r}."
            )
        if self.doi is not None and not _DOI.fullmatch(self.doi):
            raise InputError(
                f"doi must be written like 10.2337/dc15-0171, without address; got {self.doi!r}."
            )
        if (Design(self.design) in ANIMAL) != (self.setting == Setting.PRECLINICAL):
            raise InputError(f"design {self.design!r} does not belong to a {self.setting} study.")

    def file(self, folder: str | os.PathLike[str]) -> Path:
        """Where the record goes below the folder of extractions."""
        return Path(folder) / self.setting / f"{self.study_id}.yml"


def default_label(study_id: str) -> str:
    """Return "Cai 2016" for "cai-2016"."""
    return " ".join(word.capitalize() for word in re.split(r"[-_.]", study_id))


def default_year(study_id: str) -> int | None:
    """Return 2016 for "cai-2016", None where the id ends in no year."""
    found = re.search(r"(?:19|20)\d{2}$", study_id)
    return int(found[0]) if found else None


def _quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def schema_line(file: Path) -> str:
    """Return the editor's schema line: relative inside a checkout, else the installed file."""
    folder, schema = file.parent.resolve(), SCHEMA_PATH.resolve()
    root = schema.parents[4]
    inside = folder.is_relative_to(root)
    address = Path(os.path.relpath(schema, folder)).as_posix() if inside else schema.as_uri()
    return f"# yaml-language-server: $schema={address}"


_CELLS = """    cells:
      product: cells                # TODO cells, exosomes, insulin-producing-cells, ...
      source: not-reported          # TODO umbilical-cord, bone-marrow, adipose, ...
      donor: not-reported           # TODO autologous, allogeneic, xenogeneic
      route: not-reported           # TODO intravenous, pancreatic-artery, ...
      # dose: {value: 1.0e6, unit: cells/kg}
"""

_CONTROL = """  - id: control
    role: control
    comparator: not-reported        # TODO placebo, sham, vehicle, ...
"""

_MODEL = """model:
  species: not-reported             # TODO mouse, rat, ...
  # strain: Wistar
  sex: not-reported                 # TODO
  induction: {agent: not-reported}  # TODO streptozotocin, genetic, ...
  models_type: unspecified          # TODO T1D, T2D
"""

_POPULATION = """population:
  diabetes_type: unspecified        # TODO T1D, T2D, ...
  # age: {mean: 18.3, sd: 5.1, n: 42, unit: years}
  # disease_duration: {mean: 9.2, sd: 5.9, n: 42, unit: years}
"""

_RESULTS = """results: []
# TODO one entry for each outcome and time, as printed:
#  - outcome: hba1c                  # ids: docs/outcomes.md
#    unit: "%"
#    at: 12 months
#    source: abstract
#    arms:
#      msc: {n: 21, mean: 7.5, sd: 1.0}
missing_results: []
# TODO what is reported without numbers:
#  - {outcome: c_peptide, kind: figure-only, reason: reported in a figure only}
"""


def _arms(design: Design) -> str:
    text = f"arms:\n  - id: msc\n    role: treatment\n{_CELLS}"
    if design in ACTIVE:
        return text + f"  - id: msc-2\n    role: treatment\n{_CELLS}"
    if design not in SINGLE_ARM:
        text += _CONTROL
    return text


def write_text(record: NewRecord, file: Path) -> str:
    """Return the YAML of a new record that will stand in `file`; it passes `metamsc check`."""
    lines = [
        schema_line(file),
        "schema: 1",
        "study:",
        f"  id: {_quote(record.study_id)}",
        f"  label: {_quote(record.label)}",
        f"  title: {_quote(record.title)}",
        "  authors: []                       # TODO [Cai J, Wu Z]",
    ]
    if record.year is not None:
        lines.append(f"  year: {record.year}")
    if record.doi is not None:
        lines.append(f"  doi: {_quote(record.doi)}")
    lines += [
        "  registration: []                  # TODO [NCT01374854]",
        "  countries: []                     # TODO [CN]",
        f"  setting: {record.setting}",
        f"  design: {record.design}",
    ]
    address = f"https://doi.org/{record.doi}" if record.doi else "TODO address where it was read"
    source = (
        "sources:\n  abstract:\n    kind: abstract                  # TODO full-text, table, figure, ...\n"
        f"    reference: primary\n    url: {_quote(address)}\n    locator: TODO paragraph, table or page\n"
    )
    extraction = (
        f"extraction:\n  extracted_by: {_quote(record.extracted_by)}\n"
        f"  date: {datetime.now(tz=UTC).date().isoformat()}\n  status: single\n"
    )
    about = _POPULATION if record.setting == Setting.CLINICAL else _MODEL
    return "\n".join(lines) + "\n" + about + _arms(Design(record.design)) + source + _RESULTS + extraction


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
