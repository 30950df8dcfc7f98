"""Codes of the problems found while reading a file: what it is, before what it means.

One code is one kind of mistake; each has a section in ``docs/problems.md``. Codes of the rules about
meaning are registered in :mod:`metamsc.checks`.
"""

from __future__ import annotations

READING_CODES: dict[str, str] = {
    "Y101": "the file cannot be read",
    "Y102": "the file is larger than 1 MB",
    "Y103": "the file is not UTF-8",
    "Y104": "a control or invisible character",
    "Y105": "not YAML",
    "Y106": "the file is empty",
    "Y107": "more than one document in a file",
    "Y108": "the file is not a mapping",
    "Y109": "the same key twice",
    "Y110": "a key that is not text",
    "Y111": "an anchor or alias",
    "Y112": "a merge key",
    "Y113": "a tag",
    "Y114": "nested too deeply",
    "Y115": "too many values",
    "Y116": "not a finite number",
    "Y117": "a symbolic link",
    "S201": "an unknown key",
    "S202": "a missing key",
    "S203": "a value of the wrong kind",
    "S204": "not one of the allowed words",
    "S205": "a number outside its limits",
    "S206": "text of the wrong form",
    "S207": "values that do not go together",
    "S208": "too many or too few entries",
    "S209": "more problems than are listed",
    "F301": "the file name is not the study id",
    "F302": "the folder is not the setting",
    "F303": "the same study id in two files",
    "F304": "no record found",
}
"""Code -> title."""
