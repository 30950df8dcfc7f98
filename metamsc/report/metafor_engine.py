"""A third engine where it is there: R's metafor recomputes what is written in a results file.

R is started once for all results, with no profile and no site file, on a small script of ours. Numbers go
in and come out as CSV in a temporary folder. Without R, or without metafor, nothing is recomputed and the
reason is said.
"""

from __future__ import annotations

import csv
import math
import os
import shutil
import statistics
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from metamsc.models.second_engine import Difference, EngineComparison
from metamsc.report.template import asset
from metamsc.report.verify_jobs import Job

SCRIPT, FOUND = "metafor_check.R", "found.csv"
TIMEOUT = 300
"""Seconds that R may take; starting it takes two."""
NO_METAFOR = 3
_TESTS = {"wald": "z", "t": "t", "hksj": "knha", "hksj-adhoc": "adhoc"}
_TAU2 = ("EE", "DL", "HE", "HS", "HSk", "SJ", "ML", "REML", "EB", "PM", "PMM")
_GLMM_TOLERANCE = "metafor's own optimiser of GLMMs stops at about 1e-4, which does not judge 1e-6"
_NO_CR2 = "model only: the cluster-robust tests need R's clubSandwich"


def find_rscript() -> str | None:
    """Return where Rscript is, None where it is not."""
    return shutil.which("Rscript")


def compare_with_metafor(jobs: Sequence[Job]) -> tuple[str, tuple[EngineComparison, ...]] | str:
    """Recompute results with metafor.

    Parameters
    ----------
    jobs : sequence of Job

    Returns
    -------
    (version, comparisons) or str
        One comparison per job; or the reason why there is none of them.
    """
    rscript = find_rscript()
    if rscript is None:
        return "Rscript is not on the PATH"
    asked = {str(i): _question(job) for i, job in enumerate(jobs)}
    with tempfile.TemporaryDirectory(prefix="metamsc-") as name:
        folder = Path(name)
        _write(folder, jobs, asked)
        (folder / SCRIPT).write_text(asset(SCRIPT), encoding="utf-8")
        try:
            done = subprocess.run(  # noqa: S603 - our script, and the folder made above
                [rscript, "--vanilla", str(folder / SCRIPT), str(folder)],
                capture_output=True,
                text=True,
                timeout=TIMEOUT,
                check=False,
                env={**os.environ, "LC_ALL": "C"},
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"Rscript did not finish: {error}"
        if done.returncode == NO_METAFOR:
            return "R has no metafor"
        if done.returncode != 0:
            lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
            return f"Rscript failed: {lines[-1]}"
        if not (folder / FOUND).exists():
            return "Rscript gave no answer"
        found = _read(folder / FOUND)
    engine = f"metafor {done.stdout.strip()}"
    return engine, tuple(
        _comparison(engine, job, asked[str(i)], found.get(str(i), {})) for i, job in enumerate(jobs)
    )


def _question(job: Job) -> dict[str, str] | str:
    """Return what metafor is asked, or why it is not."""
    pooled, method = job.pooled, job.method
    common = {"level": repr(pooled.level), "measure": pooled.measure, "test": "z", "tau2": "", "rho": ""}
    common |= {"tau2_method": pooled.tau2_method, "model": ""}
    if len(job.yi) == 1:
        return "nothing was pooled (k = 1)"
    if method == "inverse-variance":
        if pooled.tau2_method not in _TAU2:
            return f"tau2_method {pooled.tau2_method} is not available in metafor"
        if pooled.ci_method not in _TESTS:
            return f"ci_method {pooled.ci_method} is not available in metafor"
        given = job.details.get("tau2_given")
        return common | {
            "kind": "uni",
            "test": _TESTS[pooled.ci_method],
            "tau2": "" if given is None else repr(given),
        }
    if method == "cluster":
        rho = job.details["cluster"]["rho"]
        return common | ({"kind": "uni"} if rho is None else {"kind": "mv", "rho": repr(rho)})
    if method in ("mh", "peto"):
        return common | {"kind": method}
    if method.startswith("glmm"):
        model = method.removeprefix("glmm-").replace("-", ".").upper()
        return common | {"kind": "glmm", "model": model, "test": _TESTS[pooled.ci_method]}
    return f"metafor has no method {method}"


_COLUMNS = ("kind", "measure", "tau2_method", "test", "level", "tau2", "rho", "model")
_ARMS = ("events_treat", "n_treat", "events_control", "n_control")


def _write(folder: Path, jobs: Sequence[Job], asked: Mapping[str, dict[str, str] | str]) -> None:
    tables: dict[str, list[list[str]]] = {
        "jobs": [["job", *_COLUMNS]],
        "rows": [["job", "yi", "vi", "cluster", "ai", "n1i", "ci", "n2i"]],
        "design": [["job", "row", "column", "value"]],
    }
    for i, job in enumerate(jobs):
        question = asked[str(i)]
        if isinstance(question, str):
            continue
        tables["jobs"].append([str(i), *(question[name] for name in _COLUMNS)])
        codes = {label: str(n) for n, label in enumerate(dict.fromkeys(job.cluster), 1)}
        for r in range(len(job.yi)):
            counts = [repr(job.counts[name][r]) if name in job.counts else "" for name in _ARMS]
            cluster = codes[job.cluster[r]] if job.cluster else ""
            tables["rows"].append([str(i), repr(job.yi[r]), repr(job.vi[r]), cluster, *counts])
        for r, line in enumerate(job.X or ()):
            tables["design"] += [[str(i), str(r + 1), str(c + 1), repr(x)] for c, x in enumerate(line)]
    for name, lines in tables.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(lines)


def _read(path: Path) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["job"], {})[row["quantity"]] = row["value"]
    return found


def _comparison(
    engine: str, job: Job, question: dict[str, str] | str, found: Mapping[str, str]
) -> EngineComparison:
    """Set the numbers of both engines beside each other."""
    if isinstance(question, str) or "error" in found or not found:
        said = question if isinstance(question, str) else f"metafor: {found.get('error', 'no answer')}"
        return EngineComparison(engine=engine, available=False, reason=said, differences=(), largest=None)
    ours = _ours(job)
    robust = job.method == "cluster"
    differences = tuple(
        _difference(job, name, value, float(found[name]))
        for name, value in ours.items()
        if name in found
        and math.isfinite(float(found[name]))
        and not (robust and name.endswith((": se", ": ci.low", ": ci.high")))
    )
    largest = max(item.relative for item in differences)
    if job.method.startswith("glmm"):
        reason = f"largest difference {largest:.1e}; {_GLMM_TOLERANCE}"
        return EngineComparison(
            engine=engine, available=False, reason=reason, differences=differences, largest=None
        )
    return EngineComparison(
        engine=engine,
        available=True,
        reason=_NO_CR2 if robust else None,
        differences=differences,
        largest=largest,
    )


def _ours(job: Job) -> dict[str, float]:
    values = {"tau2": job.pooled.heterogeneity.tau2}
    for j, item in enumerate(job.pooled.coefficients, 1):
        values |= {f"{j}: estimate": item.estimate, f"{j}: se": item.se}
        values |= {f"{j}: ci.low": item.ci.low, f"{j}: ci.high": item.ci.high}
    return values


def _difference(job: Job, name: str, ours: float, theirs: float) -> Difference:
    """Return a difference relative to the size of the numbers, not blown up where they are nearly 0."""
    typical = statistics.median(job.vi)
    floor = 1e-6 * (typical if name == "tau2" else math.sqrt(typical / len(job.vi)))
    size = max(abs(ours), abs(theirs), floor)
    return Difference(quantity=name, ours=ours, theirs=theirs, relative=abs(ours - theirs) / size)
