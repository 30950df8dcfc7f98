"""`metamsc check`: exit codes and four formats."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from metamsc.checks.acknowledge import Acknowledged
from metamsc.checks.registry import ALL_CODES
from metamsc.checks.run import CheckReport
from metamsc.cli import main
from metamsc.cli.reporters import as_github, as_gitlab, as_json, as_sarif, as_text, summarise
from metamsc.errors import Problem
from metamsc.records.studies import Studies

EXAMPLES = Path(__file__).parents[1] / "examples" / "extractions"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["check", *map(str, arguments)])


def test_valid_records() -> None:
    result = run(EXAMPLES / "valid")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "5 files: no problems\n"


def test_invalid_records_are_all_named_with_a_line() -> None:
    result = run(EXAMPLES / "invalid")
    assert result.exit_code == 1
    files = list((EXAMPLES / "invalid").rglob("*.yml"))
    assert len(files) > 50
    for file in files:
        assert f"{file}:" in result.stdout, file
    assert result.stderr.startswith(f"{len(files)} files: ")


def test_text_has_file_line_column_code_and_hint() -> None:
    file = EXAMPLES / "invalid" / "S201-unknown-key.yml"
    assert run(file).stdout == (
        f"{file}:36:31: results[0].arms.msc.std: unknown key 'std' [S201]\n  did you mean 'sd'?\n"
    )


def test_warnings_are_shown_and_count_only_when_strict() -> None:
    file = EXAMPLES / "invalid" / "C511-country.yml"
    assert run(file).exit_code == 0
    assert "[C511, warning]" in run(file).stdout
    assert run(file, "--strict").exit_code == 1


@pytest.mark.parametrize("arguments", [["nowhere"], ["--format", "xml"], ["--nonsense"]])
def test_usage(arguments: list[str]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Usage: " in result.stderr


def test_default_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run().exit_code == 2
    assert "data/extractions" in run().stderr
    folder = tmp_path / "data" / "extractions"
    folder.mkdir(parents=True)
    (folder / "x.yml").write_text("a: [")
    assert run().exit_code == 1
    assert run().stdout.startswith("data/extractions/x.yml:2:1: ")


def test_json() -> None:
    result = run(EXAMPLES / "invalid", "--format", "json")
    data = json.loads(result.stdout)
    assert data["exit_code"] == result.exit_code == 1
    assert data["errors"] + data["warnings"] == len(data["problems"])
    assert {"file", "line", "column", "code", "where", "message", "hint", "severity"} == set(
        data["problems"][0]
    )
    assert {problem["code"] for problem in data["problems"]} <= set(ALL_CODES)


def report(problem: Problem) -> CheckReport:
    return CheckReport(Studies(), (problem,), (problem.file,))


def test_github_escapes() -> None:
    problem = Problem("a,b:c.yml", 3, 7, "A602", "x", "50 % of\n7", "h", "warning")
    assert as_github(report(problem)) == (
        "::warning file=a%2Cb%3Ac.yml,line=3,col=7,title=A602 a percentage impossible for n"
        "::x: 50 %25 of%0A7%0Ah"
    )


def test_github_without_a_line() -> None:
    problem = Problem("a.yml", 0, 0, "Y101", "", "gone")
    assert as_github(report(problem)) == "::error file=a.yml,title=Y101 the file cannot be read::gone"


def test_github_is_one_command_a_problem() -> None:
    lines = run(EXAMPLES / "invalid", "--format", "github").stdout.splitlines()
    assert len(lines) > 50
    assert all(line.startswith(("::error file=", "::warning file=")) for line in lines)


def test_gitlab_has_what_code_quality_requires() -> None:
    """Fields by GitLab's "Code Quality" page: description, check_name, fingerprint, severity, location."""
    listed = json.loads(run(EXAMPLES / "invalid", "--format", "gitlab").stdout)
    assert len(listed) > 50
    assert {frozenset(item) for item in listed} == {
        frozenset(("description", "check_name", "fingerprint", "severity", "location"))
    }
    assert {item["severity"] for item in listed} == {"major", "minor"}
    assert len({item["fingerprint"] for item in listed}) == len(listed)
    assert all(item["location"]["lines"]["begin"] >= 1 for item in listed)


def test_gitlab_knows_a_problem_again_on_another_line() -> None:
    first, later = Problem("a.yml", 3, 1, "P701", "x", "far"), Problem("a.yml", 9, 1, "P701", "x", "far")
    one, moved, twice = (
        json.loads(as_gitlab(CheckReport(Studies(), problems, ("a.yml",))))
        for problems in ((first,), (later,), (first, later))
    )
    assert one[0]["fingerprint"] == moved[0]["fingerprint"]
    assert one[0]["fingerprint"] == twice[0]["fingerprint"] != twice[1]["fingerprint"]
    assert one[0]["location"] == {"path": "a.yml", "lines": {"begin": 3}}


def test_sarif_has_what_the_standard_requires() -> None:
    result = run(EXAMPLES / "invalid", "--format", "sarif")
    log = json.loads(result.stdout)
    assert log["version"] == "2.1.0"
    (only,) = log["runs"]
    rules = only["tool"]["driver"]["rules"]
    assert only["tool"]["driver"]["name"] == "metamsc"
    for found in only["results"]:
        assert rules[found["ruleIndex"]]["id"] == found["ruleId"]
        assert found["level"] in ("error", "warning")
        assert found["message"]["text"]
        place = found["locations"][0]["physicalLocation"]
        assert place["region"]["startLine"] >= 1
        assert place["region"]["startColumn"] >= 1
        assert place["artifactLocation"]["uri"].startswith("file:///")


def test_sarif_address_of_a_relative_file_is_quoted() -> None:
    log = json.loads(as_sarif(report(Problem("data/a b.yml", 0, 0, "Y101", "", "gone"))))
    place = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "data/a%20b.yml"}}


def test_a_terminal_is_not_given_control_characters() -> None:
    text = as_text(report(Problem("a\x1b[31m.yml", 1, 1, "Y105", "", "x\x07")))
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "a\\u001b[31m.yml" in text


ENTRY = Acknowledged(Problem("a.yml", 3, 7, "P701", "x", "58", "h", "warning"), "printed so", "Reviewer C")
JUDGED = CheckReport(Studies(), (), ("a.yml",), strict=True, acknowledged=(ENTRY,))


def test_acknowledged_in_text() -> None:
    assert as_text(JUDGED) == "a.yml:3:7: x: 58 [P701, acknowledged]\n  printed so (Reviewer C)"
    assert summarise(JUDGED) == "1 file: no problems; 1 acknowledged warning"


def test_acknowledged_in_json() -> None:
    data = json.loads(as_json(JUDGED))
    assert (data["problems"], data["warnings"], data["exit_code"]) == ([], 0, 0)
    (entry,) = data["acknowledged"]
    assert (entry["code"], entry["reason"], entry["by"]) == ("P701", "printed so", "Reviewer C")


def test_acknowledged_on_github() -> None:
    assert as_github(JUDGED) == (
        "::notice file=a.yml,line=3,col=7,title=P701 acknowledged%3A an implausible mean"
        "::x: 58%0Aprinted so (Reviewer C)"
    )


def test_acknowledged_in_sarif_is_suppressed() -> None:
    (run,) = json.loads(as_sarif(JUDGED))["runs"]
    (result,) = run["results"]
    (suppression,) = result["suppressions"]
    assert suppression == {
        "kind": "inSource",
        "status": "accepted",
        "justification": "printed so (Reviewer C)",
    }
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["P701"]
