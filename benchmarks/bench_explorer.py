"""How long the explorer takes from a filter to the repainted page, with a thousand **invented** studies.

Chromium clicks filters and changes the estimator; a time runs from the event to the first moment after the
next frame is painted (so up to one frame of 16.7 ms is waiting), the other is script and layout alone. Goal:
a median of at most 50 ms.

    python benchmarks/bench_explorer.py [STUDIES]
"""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from metamsc.analysis.result import AnalysisResult, Scale, Stratum
from metamsc.dataset.rows import ArmNumbers, EffectRow, EffectTable, Place
from metamsc.models.pool import pool
from metamsc.report.explorer import write_explorer

GOAL_MS = 50.0
REPEATS = 15
LEVELS = {
    "msc_source": ("bone-marrow", "adipose", "umbilical-cord", "placenta", "wharton-jelly"),
    "donor": ("autologous", "allogeneic"),
    "product": ("cells", "exosomes", "conditioned-medium"),
    "design": ("rct-parallel", "nonrandomised-controlled"),
}
MEASURE = """async ([selector, times]) => {
  const found = [];
  const settled = () => new Promise(done => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = done;
    channel.port2.postMessage(0);
  }));
  await new Promise(done => setTimeout(done, 600));
  for (let i = 0; i < times; i += 1) {
    const node = document.querySelector(selector);
    await settled();
    const start = performance.now();
    if (node.tagName === 'SELECT') {
      node.selectedIndex = (node.selectedIndex + 1) % node.options.length;
      node.dispatchEvent(new Event('change', {bubbles: true}));
    } else {
      node.click();
    }
    document.documentElement.getBoundingClientRect();
    const script = performance.now() - start;
    await settled();
    found.push([script, performance.now() - start]);
    await new Promise(done => setTimeout(done, 400));
  }
  return found;
}"""
ACTIONS = {
    "filter by MSC source": "#f-msc_source-0",
    "filter by donor": "#f-donor-0",
    "another estimator": "#tau2",
    "another order": "#sort",
    "split by a facet": "#by",
}


def invented_row(i: int, rng: np.random.Generator) -> EffectRow:
    group = ("T1D", "T2D")[i % 2]
    levels = {name: str(rng.choice(choices)) for name, choices in LEVELS.items()}
    vi = float(10.0 ** rng.uniform(-3, 0))
    arm = ArmNumbers(arms=("a",), label="arm", n=float(rng.integers(8, 200)), mean=7.0, sd=1.0)
    return EffectRow(
        row_id=f"invented-{i}:msc",
        study_id=f"invented-{i}",
        label=f"Invented {i:04d}",
        year=1990 + i % 36,
        cohort=f"invented-{i}",
        diabetes_type=group,
        outcome="hba1c",
        definition=None,
        at="12 months",
        at_days=float(rng.integers(20, 800)),
        value="final",
        yi=float(rng.normal(-0.5, np.sqrt(vi + 0.1))),
        vi=vi,
        treatment=arm,
        control=arm,
        derived=(),
        notes=(),
        moderators=tuple({"diabetes_type": group, "species": "", **levels}.items()),
        place=Place(
            file=f"data/extractions/clinical/invented-{i}.yml",
            line=1,
            sources=("invented",),
            urls=("",),
            secondary=False,
        ),
    )


def invented_result(k: int, seed: int = 1) -> AnalysisResult:
    """An analysis of `k` invented studies in two types of diabetes."""
    rng = np.random.default_rng(seed)
    rows = tuple(invented_row(i, rng) for i in range(k))
    scale = Scale(
        measure="MD", measure_label="mean difference", ratio=False, null=0.0, unit="%", outcome_label="HbA1c",
        lower_is_better=True, mid=0.5, mid_source="invented", precision="se", treatment_label="MSC",
        control_label="control",
    )  # fmt: skip
    strata = []
    for group in ("T1D", "T2D"):
        own = [row for row in rows if row.diabetes_type == group]
        pooled = pool([row.yi for row in own], [row.vi for row in own], measure="MD")
        ids = tuple(row.row_id for row in own)
        strata.append(Stratum(key=(group,), label=group, row_ids=ids, pooled=pooled))
    table = EffectTable(
        outcome="hba1c", measure="MD", unit="%", setting="clinical", rows=rows, excluded=(), missing=(),
        assumptions=(), n_records=k,
    )  # fmt: skip
    return AnalysisResult(
        name="invented",
        title=f"{k} invented studies",
        question="How fast is the page?",
        scale=scale,
        table=table,
        strata=tuple(strata),
        overall=None,
        overall_note="",
        differences=(),
        sensitivity=(),
        small_study=(),
        warnings=(),
        spec={"model": {"preset": "metamsc"}, "strata": ["diabetes_type"]},
        manifest={"plan_sha256": "0" * 64},
    )


def measure(page: Any, selector: str) -> tuple[list[float], list[float]]:
    """Times of one action: script and layout, and until painted, both in ms."""
    found = page.evaluate(MEASURE, [selector, REPEATS])
    return [one[0] for one in found], [one[1] for one in found]


def main() -> None:
    from playwright.sync_api import sync_playwright

    k = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        sys.exit("no chromium on the PATH")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        file = write_explorer(Path(folder), [invented_result(k)], in_site=False)
        print(f"{k} invented studies, {file.stat().st_size / 1000:.0f} kB")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(file.as_uri())
        every: list[float] = []
        for name, selector in ACTIONS.items():
            script, painted = measure(page, selector)
            every += painted
            print(
                f"{name:22} script and layout {statistics.median(script):5.1f} ms, to the painted page "
                f"{statistics.median(painted):5.1f} ms ({min(painted):.1f} to {max(painted):.1f})"
            )
        median = statistics.median(every)
        print(f"{'all':22} median to the painted page {median:.1f} ms, goal {GOAL_MS:.0f} ms")
        browser.close()


if __name__ == "__main__":
    main()
