"""docs/from-r.md is true: its right side is run, its left side too where R has metafor."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/from-r.md").read_text(encoding="utf-8")
ROWS = [
    (in_r.replace("\\|", "|"), here, gives)
    for in_r, here, gives in re.findall(r"^\| `(.+)` \| `(mm\..+|nested.+)` \| (\S+) \|$", PAGE, re.MULTILINE)
]
DIGITS = 6e-4  # relative: half a unit of the four digits shown is up to 5e-4; metafor stops at about 1e-5


def block(language: str) -> str:
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)
    return str(found)


def test_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    names: dict[str, Any] = {}
    exec(compile(block("python"), "docs/from-r.md", "exec"), names)  # noqa: S102 - our own page
    assert len(ROWS) > 25
    for _, here, gives in ROWS:
        value = float(eval(here, names))  # noqa: S307 - our own page
        assert f"{value:.4g}" == gives, here


def test_in_r(tmp_path: Path) -> None:
    """One run of R evaluates every left side and prints a line for each."""
    rscript = shutil.which("Rscript")
    if rscript is None:
        pytest.skip("no Rscript on the PATH")
    shown = 'invisible(capture.output(value <- as.numeric({})[1])); cat(format(value, digits = 10), "\\n")'
    lines = ["if (!requireNamespace('metafor', quietly = TRUE)) quit(status = 3)"]
    lines += ["suppressPackageStartupMessages(library(metafor))", block("r")]
    lines += [shown.format(f"{{{in_r}}}") for in_r, _, _ in ROWS]
    script = tmp_path / "from-r.R"
    script.write_text("\n".join(lines), encoding="utf-8")
    # R leaves a file of its plots where it runs
    done = subprocess.run(
        [rscript, "--vanilla", str(script)], capture_output=True, text=True, timeout=900, cwd=tmp_path
    )
    if done.returncode == 3:
        pytest.skip("R has no metafor")
    assert done.returncode == 0, done.stderr
    values = [float(line) for line in done.stdout.split()]
    for (in_r, _, gives), value in zip(ROWS, values, strict=True):
        assert value == pytest.approx(float(gives), rel=DIGITS, abs=1e-6), in_r
