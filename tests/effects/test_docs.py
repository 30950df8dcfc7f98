"""docs/effects.md says of every measure what the registry says: formula, variance, source.

``python tests/effects/test_docs.py`` rewrites the table between its two markers.
"""

from __future__ import annotations

from pathlib import Path

from metamsc.effects import MEASURES

PAGE = Path(__file__).parents[2] / "docs" / "effects.md"
START, END = "<!-- measures: start -->\n", "<!-- measures: end -->"


def table() -> str:
    """Return the Markdown table: one line per measure and variance formula."""
    lines = [
        "| measure | effect | variance | variance formula | source |",
        "|---|---|---|---|---|",
    ]
    for name, measure in MEASURES.items():
        head = f"`{name}` {measure.label} | {measure.formula}"
        if not measure.variances:
            lines.append(f"| {head} | – | as reported | – |")
        for formula in measure.variances:
            lines.append(f"| {head} | `{formula.name}` | {formula.text} | {formula.source} |")
            head = f"`{name}` | ″"
    return "\n".join(lines) + "\n"


def test_the_page_lists_every_measure_and_formula() -> None:
    text = PAGE.read_text(encoding="utf-8")
    shown = text.partition(START)[2].partition(END)[0]
    assert shown == table()


def test_no_cell_breaks_the_table() -> None:
    rows = [line for line in table().splitlines() if line.startswith("|")]
    assert {line.count("|") for line in rows} == {6}
    assert len(rows) == 2 + sum(max(len(measure.variances), 1) for measure in MEASURES.values())


if __name__ == "__main__":
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(START)
    PAGE.write_text(before + START + table() + END + rest.partition(END)[2], encoding="utf-8")
