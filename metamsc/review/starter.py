"""Begin a review: a folder with a form for a record, a plan, a report, and what runs them."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from importlib import resources
from importlib.metadata import version
from pathlib import Path
from string import Template

from metamsc.errors import InputError, check_option
from metamsc.files import PathLike, write_atomic
from metamsc.outcomes.catalogue import Outcome, catalogue
from metamsc.records.scaffold import NewRecord, write_text
from metamsc.report.template import PROJECT_FILE, write_report
from metamsc.review.schema_files import write_schemas
from metamsc.vocabulary import Design, Setting

RECORDS = "data/extractions"
FORM = "form"
"""Id of the record that holds nothing: it says what a record holds, where there is no other record yet."""
_TIMES = {Setting.CLINICAL: ("12 months", "3 months", "24 months"),
          Setting.PRECLINICAL: ("4 weeks", "1 week", "12 weeks")}  # fmt: skip
"""Time of interest of a first plan, earliest and latest that still count: a beginning, to be changed."""
_DESIGNS = {Setting.CLINICAL: Design("rct-parallel"), Setting.PRECLINICAL: Design("animal-controlled")}
_WHOM = {Setting.CLINICAL: "people with diabetes", Setting.PRECLINICAL: "diabetic animals"}


def begin_review(
    folder: PathLike, *, outcome: str = "hba1c", setting: str = "clinical", force: bool = False
) -> tuple[Path, ...]:
    """Write the files of a new review.

    Parameters
    ----------
    folder : path
        The review; made if it does not exist.
    outcome : str
        Id of an outcome of the catalogue: what the first plan is about.
    setting : str
        "clinical" or "preclinical".
    force : bool
        Also write into a folder that is not empty; what is there is never written over.

    Returns
    -------
    tuple of Path
        The files written, sorted. Nothing is fetched.

    Raises
    ------
    OptionError
        If there is no such outcome or setting, or the outcome is not one of the setting.
    InputError
        If the folder is a file, or not empty and `force` is off.
    """
    check_option("setting", setting, [word.value for word in Setting])
    check_option(
        "outcome", outcome, [key for key, item in catalogue().outcomes.items() if setting in item.settings]
    )
    target = Path(folder)
    if target.exists() and not target.is_dir():
        raise InputError(f"{target} is a file; a review needs a folder.")
    if target.is_dir() and any(target.iterdir()) and not force:
        raise InputError(
            f"{target} is not empty; name another folder, or --force (force=True) to add what is missing: "
            "nothing is written over."
        )
    above = target.absolute().parent
    above.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=above) as made:
        _write(Path(made), target, catalogue().outcomes[outcome], Setting(setting))
        return _put(Path(made), target)


def _put(made: Path, target: Path) -> tuple[Path, ...]:
    """Move what was made to its place: the folder as a whole where there is none, else what it lacks."""
    files = sorted(path.relative_to(made) for path in made.rglob("*") if path.is_file())
    if not target.exists():
        whole = made / "whole"
        whole.mkdir(mode=0o755)
        for entry in [path for path in made.iterdir() if path != whole]:
            entry.rename(whole / entry.name)
        whole.rename(target)
        return tuple(target / path for path in files)
    missing = [path for path in files if not (target / path).exists()]
    for path in missing:
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(made / path, target / path)
    return tuple(target / path for path in missing)


def _write(made: Path, target: Path, outcome: Outcome, setting: Setting) -> None:
    """Write every file of a review below a scratch folder; `target` is what it will be called."""
    name = re.sub(r"[^a-z0-9]+", "-", outcome.id.lower())
    record = NewRecord(
        study_id=FORM,
        setting=setting.value,
        design=_DESIGNS[setting].value,
        title="TODO title of the report",
        label="TODO: a form, not a study",
    )
    place = record.file(RECORDS)
    words = {
        "review": target.absolute().name,
        "record": place.as_posix(),
        "name": name,
        "outcome": outcome.id,
        "setting": setting.value,
        "title": f"{outcome.label} after MSC therapy",
        "question": f"What becomes of {outcome.label} in {_WHOM[setting]} who receive MSC?",
        **dict(zip(("at", "earliest", "latest"), _TIMES[setting], strict=True)),
        "version": version("metamsc"),
    }
    texts = {
        "README.md": "README.md",
        "Makefile": "Makefile",
        "requirements.txt": "requirements.txt",
        ".gitignore": "gitignore",
        ".github/workflows/check.yml": "check.yml",
        f"analyses/{name}/analysis.yml": "analysis.yml",
        f"analyses/{name}/analysis.py": "analysis.py.txt",
    }
    for path, asset in texts.items():
        write_atomic(made / path, Template(_asset(asset)).substitute(words))
    write_schemas(made)
    if not any((target / RECORDS).rglob("*.yml")):
        write_atomic(made / place, write_text(record, made / place))
    write_report(made / "analyses" / name)
    _name_site(made / "analyses" / PROJECT_FILE, words["review"])


def _name_site(project: Path, name: str) -> None:
    """Give the website the name of the review: it stands at the top of every page."""
    title = f"  title: {json.dumps(name, ensure_ascii=False)}"
    text = re.sub(r"(?m)^  title: .*$", lambda _: title, project.read_text(encoding="utf-8"), count=1)
    write_atomic(project, text)


def _asset(name: str) -> str:
    return (resources.files("metamsc.review") / "assets" / name).read_text(encoding="utf-8")
