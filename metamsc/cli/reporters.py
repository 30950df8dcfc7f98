"""A check report as text, JSON, SARIF, or for GitHub and GitLab. Pure: report in, string out."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from dataclasses import asdict
from hashlib import sha256
from importlib.metadata import version
from pathlib import PurePath
from urllib.parse import quote

from metamsc.checks.acknowledge import Acknowledged
from metamsc.checks.registry import ALL_CODES
from metamsc.checks.run import CheckReport
from metamsc.errors import Problem


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def summarise(report: CheckReport) -> str:
    """Return one line: how many files, errors and warnings."""
    files = _count(len(report.files), "file")
    judged = f"; {_count(len(report.acknowledged), 'acknowledged warning')}" if report.acknowledged else ""
    if not report.problems:
        return f"{files}: no problems{judged}"
    found = f"{_count(len(report.errors), 'error')}, {_count(len(report.warnings), 'warning')}"
    return f"{files}: {found} in {_count(len({p.file for p in report.problems}), 'file')}{judged}"


def printable(text: str) -> str:
    """Escape what a terminal would obey: control characters in file names or values."""
    return "".join(c if c.isprintable() or c == "\n" else f"\\u{ord(c):04x}" for c in text)


def _one_line(text: str) -> str:
    """Escape line ends too: a value of a record may not write a line of its own."""
    return printable(text.replace("\n", "\\n"))


def _line(problem: Problem) -> str:
    place = f"{problem.file}:{problem.line}:{problem.column}" if problem.line else problem.file
    where = f"{problem.where}: " if problem.where else ""
    code = problem.code if problem.severity == "error" else f"{problem.code}, {problem.severity}"
    return f"{place}: {where}{problem.message} [{code}]"


def _judged(entry: Acknowledged) -> str:
    line = _line(entry.problem).removesuffix(", warning]")
    return f"{_one_line(line)}, acknowledged]\n  {_one_line(f'{entry.reason} ({entry.by})')}"


def as_text(report: CheckReport) -> str:
    """Return ``file:line:col: where: message [code]`` with the hint below; files are blocks.

    Acknowledged warnings stand together at the end, each with the reason and who gave it.
    """
    blocks: dict[str, list[str]] = {}
    for problem in report.problems:
        hint = f"\n  {_one_line(problem.hint)}" if problem.hint else ""
        blocks.setdefault(problem.file, []).append(_one_line(_line(problem)) + hint)
    parts = ["\n".join(lines) for lines in blocks.values()]
    if report.acknowledged:
        parts.append("\n".join(map(_judged, report.acknowledged)))
    return "\n\n".join(parts)


def as_json(report: CheckReport) -> str:
    """Return one object with the counts, every problem and every acknowledged warning."""
    data = {
        "version": version("metamsc"),
        "files": len(report.files),
        "studies": len(report.studies),
        "errors": len(report.errors),
        "warnings": len(report.warnings),
        "exit_code": report.exit_code,
        "problems": [asdict(problem) for problem in report.problems],
        "acknowledged": [
            {**asdict(entry.problem), "reason": entry.reason, "by": entry.by} for entry in report.acknowledged
        ],
    }
    return _as_json(data)


def _as_json(data: object) -> str:
    """Return JSON that a terminal can show and every encoding can hold: what is not printable is escaped."""
    return re.sub(r"[^\n\x20-\x7e]", _json_character, json.dumps(data, ensure_ascii=False, indent=2))


def _json_character(found: re.Match[str]) -> str:
    if found[0].isprintable():
        return found[0]
    return "\\u007f" if found[0] == "\x7f" else json.dumps(found[0])[1:-1]


def _escape(text: str) -> str:
    return printable(text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A"))


def _escape_property(text: str) -> str:
    return _escape(text).replace(":", "%3A").replace(",", "%2C")


def _command(kind: str, problem: Problem, title: str, below: str) -> str:
    """Return one workflow command; `below` is the text under the message."""
    properties = [f"file={_escape_property(problem.file)}"]
    if problem.line:
        properties += [f"line={problem.line}", f"col={problem.column}"]
    properties.append(f"title={_escape_property(title)}")
    where = f"{problem.where}: " if problem.where else ""
    message = _escape(f"{where}{problem.message}" + (f"\n{below}" if below else ""))
    return f"::{kind} {','.join(properties)}::{message}"


def as_github(report: CheckReport) -> str:
    """Return workflow commands, which GitHub shows at the lines of a pull request.

    An acknowledged warning is a notice.
    """
    lines = [
        _command(problem.severity, problem, f"{problem.code} {ALL_CODES[problem.code]}", problem.hint)
        for problem in report.problems
    ]
    for entry in report.acknowledged:
        title = f"{entry.problem.code} acknowledged: {ALL_CODES[entry.problem.code]}"
        lines.append(_command("notice", entry.problem, title, f"{entry.reason} ({entry.by})"))
    return "\n".join(lines)


def _uri(file: str) -> str:
    path = PurePath(file)
    return path.as_uri() if path.is_absolute() else quote(os.fsencode(path.as_posix()))


def _sarif_result(problem: Problem, rules: list[str]) -> dict[str, object]:
    location: dict[str, object] = {"artifactLocation": {"uri": _uri(problem.file)}}
    if problem.line:
        location["region"] = {"startLine": problem.line, "startColumn": problem.column}
    where = f"{problem.where}: " if problem.where else ""
    hint = f"\n{problem.hint}" if problem.hint else ""
    return {
        "ruleId": problem.code,
        "ruleIndex": rules.index(problem.code),
        "level": problem.severity,
        "message": {"text": f"{where}{problem.message}{hint}"},
        "locations": [{"physicalLocation": location}],
    }


def _sarif_suppressed(entry: Acknowledged, rules: list[str]) -> dict[str, object]:
    """Return an acknowledged warning: a result that the record itself suppresses, with the reason."""
    suppression = {
        "kind": "inSource",
        "status": "accepted",
        "justification": f"{entry.reason} ({entry.by})",
    }
    return {**_sarif_result(entry.problem, rules), "suppressions": [suppression]}


def as_sarif(report: CheckReport) -> str:
    """Return SARIF 2.1.0, which code-scanning services read."""
    judged = [entry.problem for entry in report.acknowledged]
    codes = sorted({problem.code for problem in (*report.problems, *judged)})
    rules = [{"id": code, "shortDescription": {"text": ALL_CODES[code]}} for code in codes]
    run = {
        "tool": {"driver": {"name": "metamsc", "version": version("metamsc"), "rules": rules}},
        "columnKind": "unicodeCodePoints",
        "results": [
            *(_sarif_result(problem, codes) for problem in report.problems),
            *(_sarif_suppressed(entry, codes) for entry in report.acknowledged),
        ],
    }
    log = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return _as_json(log)


def as_gitlab(report: CheckReport) -> str:
    """Return a code-quality report, which GitLab shows in a merge request.

    A problem keeps its fingerprint when lines above it change; acknowledged warnings are not listed.
    """
    seen: dict[str, int] = {}
    return _as_json([_quality(problem, seen) for problem in report.problems])


def _quality(problem: Problem, seen: dict[str, int]) -> dict[str, object]:
    where = f"{problem.where}: " if problem.where else ""
    hint = f" ({problem.hint})" if problem.hint else ""
    told = f"{problem.file}\0{problem.code}\0{problem.where}\0{problem.message}"
    seen[told] = seen.get(told, 0) + 1
    return {
        "description": f"{where}{problem.message}{hint}",
        "check_name": f"metamsc {problem.code}",
        "fingerprint": sha256(f"{told}\0{seen[told]}".encode(errors="surrogateescape")).hexdigest(),
        "severity": "major" if problem.severity == "error" else "minor",
        "location": {"path": PurePath(problem.file).as_posix(), "lines": {"begin": max(problem.line, 1)}},
    }


REPORTERS: dict[str, Callable[[CheckReport], str]] = {
    "text": as_text,
    "json": as_json,
    "github": as_github,
    "gitlab": as_gitlab,
    "sarif": as_sarif,
}
"""Name of a format -> function."""
