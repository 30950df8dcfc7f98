"""The results of `metamsc run`, made again only where something they come from is another."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from metamsc.files import PathLike, write_atomic
from metamsc.report.inputs import analysis_key, file_prints, fingerprint

if TYPE_CHECKING:
    from metamsc.analysis.spec import AnalysisSpec
    from metamsc.records.studies import Studies

STAMP_FILE = "inputs.json"
"""Beside the results: the key of what they were made from, and the fingerprint of every file."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run of a plan came to."""

    data: dict[str, Any]
    """The result as :meth:`~metamsc.analysis.result.AnalysisResult.to_dict` gives it."""
    text: str
    """The same in words, for the terminal."""
    kept: bool
    """Whether it is the result that was there, of the same inputs."""


def run_unless_unchanged(
    plan: AnalysisSpec,
    records: Studies,
    folder: PathLike,
    *,
    figures: bool = True,
    tables: Sequence[str] = (),
    force: bool = False,
) -> Outcome:
    """Run a plan and write its results, or keep the ones that are there.

    They are kept when the code, the plan, the records it can see and the options are the same, and every
    file is as it was written; the list of all records in the manifest is brought up to date.

    Parameters
    ----------
    plan : AnalysisSpec
    records : Studies
    folder : path
        Where the results are: ``build/hba1c``.
    figures, tables
        As for :func:`metamsc.report.outputs.write_outputs`.
    force : bool
        Run in any case.

    Raises
    ------
    OptionError, UnitError, SpecError
        As :func:`metamsc.run`.
    InputError, OSError
        As :func:`metamsc.report.outputs.write_outputs`.
    """
    from metamsc.analysis.run import run
    from metamsc.report.outputs import write_outputs
    from metamsc.report.text import result_text

    base = Path(folder)
    key = fingerprint([analysis_key(plan, records), figures, list(tables)])
    if not force:
        found = _kept(base, key, plan, records)
        if found is not None:
            return found
    (base / STAMP_FILE).unlink(missing_ok=True)  # a stopped run must not be taken for a whole one
    result = run(plan, records)
    written = write_outputs(result, base, figures=figures, tables=tables, records=records)
    text = result_text(result)
    _write_stamp(base, key, text, written)
    return Outcome(result.to_dict(), text, kept=False)


def _kept(base: Path, key: str, plan: AnalysisSpec, records: Studies) -> Outcome | None:
    """Return the result that is there; None where it is another one, or not whole."""
    from metamsc.analysis.manifest import build_manifest

    try:
        stamp = json.loads((base / STAMP_FILE).read_text(encoding="utf-8"))
        files = [base / name for name in stamp["files"]]
        if stamp["key"] != key or file_prints(files, base) != stamp["files"]:
            return None
        data = json.loads((base / "results.json").read_text(encoding="utf-8"))
        text = str(stamp["text"])
        manifest = build_manifest(plan, records, data["manifest"]["methods"])
    except (OSError, ValueError, LookupError, TypeError):
        return None
    if data["manifest"] != manifest:
        data["manifest"] = manifest
        for name, content in (("results.json", data), ("manifest.json", manifest)):
            write_atomic(base / name, json_text(content))
        _write_stamp(base, key, text, files)
    return Outcome(data, text, kept=True)


def _write_stamp(base: Path, key: str, text: str, files: Sequence[Path]) -> None:
    stamp = {"key": key, "files": file_prints(files, base), "text": text}
    write_atomic(base / STAMP_FILE, json_text(stamp))


def json_text(data: Any) -> str:
    """Return JSON as results are written."""
    return json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
