"""Tables and figures of docs/coverage.md, from the rows of the simulation; nothing is computed twice."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np

from benchmarks.simulated.intervals import CI_NAMES, PI_NAMES, Row

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "coverage.md"
# Measures whose effects are near enough to normal for the model to hold; rare events have their own table.
COMMON = ("MD", "SMD", "OR")
STUDIES = (2, 3, 4, 5, 10, 20, 30)
SIZES = ("balanced", "unbalanced")


def _chosen(rows: Iterable[Row], **values: object) -> list[Row]:
    """Return the rows with these values; a tuple means any of them. Without data sets there is no row."""

    def fits(row: Row) -> bool:
        return row.used > 0 and all(
            getattr(row, name) in (wanted if isinstance(wanted, tuple) else (wanted,))
            for name, wanted in values.items()
        )

    return [row for row in rows if fits(row)]


def _mean_and_lowest(rows: Sequence[Row]) -> str:
    if not rows:
        return "–"
    percent = [100.0 * row.coverage for row in rows]
    return f"{np.mean(percent):.1f} ({min(percent):.1f})"


def _markdown(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    rule = [":--", *["--:"] * (len(head) - 1)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (head, rule, *lines))


def _by_studies(
    methods: Sequence[str], cell: Callable[[str, int], str], sizes: str, studies: Sequence[int] = STUDIES
) -> str:
    return _markdown(
        [f"{sizes}: method", *(f"k = {k}" for k in studies)],
        [[f"`{method}`", *(cell(method, k) for k in studies)] for method in methods],
    )


def _relative_width(rows: list[Row], kind: str, base: str, **values: object) -> Callable[[str, int], str]:
    """Return a cell: median width beside that of `base` in the same cells, geometric mean."""

    def cell(method: str, k: int) -> str:
        own = _chosen(rows, kind=kind, method=method, k=k, **values)
        other = _chosen(rows, kind=kind, method=base, k=k, **values)
        if not own or not other:
            return "–"
        ratios = [a.median_width / b.median_width for a, b in zip(own, other, strict=True)]
        return f"{np.exp(np.mean(np.log(ratios))):.2f}"

    return cell


def make_tables(rows: list[Row]) -> dict[str, str]:
    """Return the Markdown tables by name."""
    tables = {}
    for sizes in SIZES:
        common = {"sizes": sizes, "measure": COMMON}

        def covered(kind: str, **values: object) -> Callable[[str, int], str]:
            return lambda method, k: _mean_and_lowest(_chosen(rows, kind=kind, method=method, k=k, **values))

        tables[f"ci-{sizes}"] = _by_studies(CI_NAMES, covered("CI", **common), sizes)
        tables[f"ci-width-{sizes}"] = _by_studies(
            CI_NAMES, _relative_width(rows, "CI", "wald", **common), sizes
        )
        tables[f"pi-{sizes}"] = _by_studies(PI_NAMES, covered("PI", **common), sizes, STUDIES[1:])
        tables[f"pi-width-{sizes}"] = _by_studies(
            PI_NAMES, _relative_width(rows, "PI", "normal", **common), sizes, STUDIES[1:]
        )
        tables[f"rare-{sizes}"] = _by_studies(
            CI_NAMES, covered("CI", sizes=sizes, measure="OR-rare", I2=(0.0, 0.25, 0.5)), sizes
        )
        tables[f"rare-heterogeneous-{sizes}"] = _by_studies(
            CI_NAMES, covered("CI", sizes=sizes, measure="OR-rare", I2=(0.75, 0.9)), sizes
        )
    heterogeneity = (0.0, 0.25, 0.5, 0.75, 0.9)
    for kind, methods in (("CI", CI_NAMES), ("PI", PI_NAMES)):
        tables[f"{kind.lower()}-five"] = _markdown(
            ["k = 5, unbalanced: method", *(f"I² = {100 * i:.0f} %" for i in heterogeneity)],
            [
                [f"`{m}`"]
                + [
                    _mean_and_lowest(
                        _chosen(rows, kind=kind, method=m, k=5, sizes="unbalanced", measure=COMMON, I2=i)
                    )
                    for i in heterogeneity
                ]
                for m in methods
            ],
        )
    return tables


def write_page(rows: list[Row]) -> None:
    """Put the tables between their marks in docs/coverage.md and draw the figures."""
    text = PAGE.read_text(encoding="utf-8")
    for name, table in make_tables(rows).items():
        marked = re.compile(rf"(<!-- table {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        text = marked.sub(lambda found, table=table: f"{found[1]}{table}\n{found[2]}", text)  # type: ignore[misc]  # the default binds the loop's value
    PAGE.write_text(text, encoding="utf-8")
    draw(rows, "CI", CI_NAMES, DOCS / "figures" / "coverage_ci.svg")
    draw(rows, "PI", PI_NAMES, DOCS / "figures" / "coverage_pi.svg")


def draw(rows: list[Row], kind: str, methods: Sequence[str], path: Path) -> None:
    """Draw coverage of the mean difference against k: one panel per design and amount of heterogeneity."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    shown = (0.0, 0.5, 0.9)
    with mpl.rc_context({"svg.hashsalt": "metamsc", "svg.fonttype": "none", "font.size": 9}):
        figure = Figure(figsize=(9.0, 5.4), layout="constrained")
        axes = figure.subplots(len(SIZES), len(shown), sharex=True, sharey=True)
        for i, sizes in enumerate(SIZES):
            for j, I2 in enumerate(shown):
                ax = axes[i, j]
                ax.axhline(95.0, color="0.6", linewidth=0.8)
                for n, method in enumerate(methods):
                    own = _chosen(rows, kind=kind, method=method, measure="MD", sizes=sizes, I2=I2)
                    x = [STUDIES.index(row.k) for row in own]
                    y = [100.0 * row.coverage for row in own]
                    ax.plot(x, y, marker="osD^vPX"[n], markersize=3.5, linewidth=1.1, label=method)
                ax.set_title(f"{sizes}, I² = {100 * I2:.0f} %", fontsize=9)
                ax.set_xticks(range(len(STUDIES)), [str(k) for k in STUDIES])
                ax.set_ylim(65.0, 100.5)
        figure.supxlabel("studies")
        figure.supylabel("coverage, %")
        figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=len(methods))
        figure.savefig(path, metadata={"Date": None})
