"""The page that says what the review would have said in earlier years."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from metamsc.analysis.history import History
from metamsc.tables.history import history_table

_LEAD = (
    "What would have been pooled in each year, from what was published by then, by the plan of today. Each "
    "step names the studies that came and the line that was crossed."
)
_READ = (
    "A result that swings with each new trial is not settled, whatever its last interval says. A step is "
    "called trivial when no line is crossed and neither estimate nor interval moves by more than a tenth of "
    "the interval’s half-width: a living review may let it pass. Between two builds of these pages, "
)
_COMMANDS = (
    "<code>metamsc drift</code> says what moved and why; before a change is merged, "
    "<code>metamsc impact</code> does."
)


def history_body(histories: Sequence[History]) -> str:
    """Return the body of the page: a table per analysis, oldest year first."""
    parts = [
        "<h1>What changed</h1>",
        f'<p class="mm-lead">{escape(_LEAD)}</p>',
        f"<p>{escape(_READ)}{_COMMANDS}</p>",
    ]
    for history in histories:
        title = f'<a href="./{escape(history.name)}/report.html">{escape(history.title)}</a>'
        table = history_table(history).to_html(caption=False)
        parts.append(f"<section><h2>{title}</h2>{table}</section>")
    return "\n".join(parts)
