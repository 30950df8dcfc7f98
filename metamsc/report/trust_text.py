"""Can the result be trusted? As plain text: what `metamsc pool --sensitivity` prints below the result."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from metamsc.plots.numbers import format_p
from metamsc.plots.wording import glue
from metamsc.report.text import align
from metamsc.report.trust_missing_words import BOUND_NOTE
from metamsc.report.trust_voice import Voice, voice_of_csv
from metamsc.report.trust_words import CHECK_WORDS, answers, starting_point, summary
from metamsc.sensitivity.stress_result import QUESTIONS

if TYPE_CHECKING:
    from metamsc.analysis.csv import CsvPool
    from metamsc.sensitivity.stress_result import StressTest, Verdict

_WIDTH = 100


def trust_text(result: CsvPool) -> str:
    """Return words and verdicts of every pool; "" where nobody asked."""
    if not result.sensitivity:
        return ""
    voice = voice_of_csv(result)
    blocks = [_block(test, voice, named=len(result.sensitivity) > 1) for test in result.sensitivity]
    if any(test.bounds.found for test in result.sensitivity):
        blocks.append(_filled(BOUND_NOTE))
    return "\n\n".join(["Can the result be trusted?", *blocks])


def _block(test: StressTest, voice: Voice, *, named: bool) -> str:
    paragraphs = [f"{starting_point(test, voice)} {summary(test)}"]
    told = answers(test, voice)
    paragraphs.extend(f"{QUESTIONS[question]} {text}" for question, text in told.items())
    words = "\n".join(_filled(text, "  ") for text in paragraphs)
    title = f"{test.label}\n" if named else ""
    rows = [["check", "results", "estimates", "direction", "interval", "importance"]]
    rows.extend(_row(item, voice, test.k) for item in test.verdicts if not item.refused)
    if len(rows) == 1:  # one study: nothing could be done, as the words say
        return f"{title}{words}"
    table = "\n".join(f"  {line}" for line in align(rows).splitlines())
    return f"{title}{words}\n\n{table}"


def _filled(text: str, indent: str = "") -> str:
    """Break a text into lines, later ones further in; "p = 0.28" and "PET-PEESE" stay on one."""
    lines = textwrap.fill(
        glue(text),
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=2 * indent,
        break_on_hyphens=False,
    )
    return lines.replace("\u00a0", " ")


def _row(verdict: Verdict, voice: Voice, k: int) -> list[str]:
    found = "" if verdict.p is None else format_p(verdict.p)
    if verdict.low is not None and verdict.high is not None:
        ends = voice.number(verdict.low), voice.number(verdict.high)
        found = ends[0] if ends[0] == ends[1] else voice.bare(verdict.low, verdict.high)
    # of two studies, each by itself is left, with an interval of another kind: no refit of the pool
    counted = {} if verdict.check == "leave-one-out" and k == 2 else verdict.changed
    counts = [counted.get(aspect) for aspect in ("direction", "significance", "importance")]
    changed = ["" if count is None else f"{count:,} changed" if count else "unchanged" for count in counts]
    return [CHECK_WORDS[verdict.check], f"{verdict.n:,}", found, *changed]
