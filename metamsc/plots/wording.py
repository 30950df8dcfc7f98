"""The words on a figure: axis, directions, methods, heterogeneity, footnotes. Strings only."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING

from metamsc.names import note_words
from metamsc.plots.numbers import format_number, format_ratio

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult, Scale
    from metamsc.dataset.rows import EffectRow
    from metamsc.models.results import PooledResult

IMPUTED_MARK = "†"
DERIVED_MARK = "*"
NAME_COLUMNS = 32
"""Longest name of a study beside a point or a row, in columns; what does not fit ends in "…"."""
_YEAR = re.compile(r"\b(?:19|20)\d\d[a-z]?\b")
MOST_NAMES = 6
"""Rows named in a footnote before it says how many more there are."""

TAU2_WORDS = {
    "EE": "equal effects",
    "DL": "DerSimonian–Laird",
    "HE": "Hedges",
    "HS": "Hunter–Schmidt",
    "HSk": "Hunter–Schmidt (small-sample)",
    "SJ": "Sidik–Jonkman",
    "ML": "maximum likelihood",
    "REML": "REML",
    "EB": "empirical Bayes",
    "PM": "Paule–Mandel",
    "PMM": "Paule–Mandel (median)",
    "GENQ": "generalised Q",
    "bayes": "posterior median",
}
CI_WORDS = {
    "wald": "Wald",
    "t": "t",
    "hksj": "Hartung–Knapp",
    "hksj-adhoc": "Hartung–Knapp (ad hoc)",
    "CR2": "cluster-robust (CR2)",
    "credible": "credible interval",
}
PI_WORDS = {
    "t": "t, k − 1 df",
    "riley": "t, k − 2 df",
    "normal": "normal quantiles",
    "simple": "normal quantiles, mean taken as known",
}
"""How a prediction interval is computed; all of them from three studies on."""


def pi_words(method: str) -> str:
    """Return how a prediction interval is computed, and from how many studies on."""
    if method == "bayes":
        return "posterior of a new study's effect"
    return f"{PI_WORDS[method]}, from k = 3" if method in PI_WORDS else method


def capitalise(text: str) -> str:
    """Return the text with its first letter large and the rest as written."""
    return text[:1].upper() + text[1:]


def inside_sentence(text: str) -> str:
    """Return a label within a sentence: "Daily dose", "Co-interventions" small, "HbA1c", "C-peptide" kept."""
    first = text.split(" ", 1)[0].split("-", 1)[0].rstrip(",:;")
    plain_word = len(first) > 1 and first.isalpha() and first[1:].islower()
    return text[:1].lower() + text[1:] if plain_word else text


def display_width(text: str) -> int:
    """Return the width in columns: a Chinese, Japanese or Korean character takes two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def wrap(text: str, columns: int, most_lines: int) -> str:
    """Break a text into at most `most_lines` lines of about `columns`; what does not fit ends in "…"."""
    if display_width(text) <= columns:
        return text
    scale = display_width(text) / len(text)
    lines = textwrap.wrap(
        text, max(int(columns / scale), 1), max_lines=most_lines, placeholder=" …", break_on_hyphens=True
    )
    return "\n".join(lines)


def short_name(name: str, columns: int = NAME_COLUMNS) -> str:
    """Return the name of a study in at most so many columns: shortened before its year.

    What follows the year, "(12 months)", is kept where it is short; without a year the last word is.
    """
    if display_width(name) <= columns:
        return name
    years = list(_YEAR.finditer(name))
    head, _, year = name.rpartition(" ")
    if years and (at := years[-1].start()) > 0:
        head, year = name[:at].rstrip(" "), name[at:]
        year = year if display_width(year) <= columns // 2 else years[-1][0]
    room = columns - display_width(year) - 3
    if not head or room < columns // 3:
        return wrap(name, columns, 1)
    while display_width(head) > room:
        head = head[:-1]
    return f"{head.rstrip(' ,;&-')} … {year}"


def glue(text: str) -> str:
    """Keep "df = 1" on one line: no break around an equals sign or a comparison."""
    for sign in ("=", "<", ">"):
        text = text.replace(f" {sign} ", f"\u00a0{sign}\u00a0")
    return text


def percent(level: float) -> str:
    """Return ``95%`` for 0.95."""
    return f"{level * 100:g}%"


def axis_label(scale: Scale) -> str:
    """Return the label of the effect axis: measure, outcome and unit."""
    if not scale.outcome_label:  # a CSV whose outcome nobody named
        text = capitalise(scale.measure_label)
        tail = " (log scale)" if scale.ratio else f", {scale.unit}" if scale.unit else ""
        return f"{text}{tail}"
    joint = "for" if scale.ratio else "in"
    text = f"{capitalise(scale.measure_label)} {joint} {inside_sentence(scale.outcome_label)}"
    if scale.ratio:
        return f"{text} (log scale)"
    return f"{text}, {scale.unit}" if scale.unit else text


def directions(scale: Scale) -> tuple[str, str]:
    """Return what lower and what higher values of the effect mean, for the two ends of the axis."""
    treatment, control = scale.treatment_label, scale.control_label
    if scale.lower_is_better is None:
        return f"Lower with {treatment}", f"Higher with {treatment}"
    better, worse = f"Favours {treatment}", f"Favours {control}"
    return (better, worse) if scale.lower_is_better else (worse, better)


def method_line(pools: Sequence[PooledResult]) -> str:
    """Return the sentence that names estimator, interval and prediction interval of the pooled effects."""
    real = [pooled for pooled in pools if pooled.k > 1]
    if not real:
        level = percent(pools[0].ci.level) if pools else "95%"
        return f"Nothing is pooled. Intervals: {level}, normal quantiles."
    sentences = []
    for pooled in real:
        text = TAU2_WORDS.get(pooled.tau2_method, pooled.tau2_method)
        text += f", {CI_WORDS.get(pooled.ci_method, pooled.ci_method)} {percent(pooled.ci.level)} CI"
        if any(other.pi is not None for other in real):
            text += f"; prediction interval: {pi_words(pooled.pi_method)}".replace(" − ", "\u00a0−\u00a0")
        if text not in sentences:
            sentences.append(text)
    level = percent(real[0].ci.level)
    return f"Pooled: {' | '.join(sentences)}. Study intervals: {level}, normal quantiles."


def mid_line(scale: Scale) -> str:
    """Return what the dotted line is; "" without a minimal important difference."""
    if scale.mid is None:
        return ""
    size = format_ratio(2.718281828459045**scale.mid) if scale.ratio else format_number(scale.mid, 2)
    unit = "" if scale.ratio or not scale.unit else f" {scale.unit}".replace(" %", "%")
    size = size if scale.ratio else size.rstrip("0").rstrip(".")
    source = f" ({scale.mid_source})" if scale.mid_source else ""
    return f"Dotted line: minimal important difference, {size}{unit}{source}."


def row_mark(row: EffectRow) -> str:
    """Return the mark behind a row's label: † for assumptions, * for algebra on printed numbers."""
    if row.imputed:
        return IMPUTED_MARK
    return DERIVED_MARK if row.derived else ""


def names(labels: Sequence[str], n_rows: int = 0) -> str:
    """Return the labels as a list that stays short; "all rows" where it is all of `n_rows`."""
    if len(labels) == n_rows and n_rows > 2:
        return "all rows"
    between = "; " if any("," in label for label in labels) else ", "
    if len(labels) <= MOST_NAMES:
        return between.join(labels)
    return f"{between.join(labels[: MOST_NAMES - 1])} and {len(labels) - MOST_NAMES + 1} more"


def mark_lines(rows: Sequence[EffectRow]) -> tuple[str, ...]:
    """Return the footnotes that explain the marks, equal derivations told once with their rows."""
    return tuple(
        f"{mark} {lead}: {'; '.join(_derivations(rows, imputed))}."
        for mark, lead, imputed in (
            (IMPUTED_MARK, "Rests on an assumption", True),
            (DERIVED_MARK, "Derived from printed numbers", False),
        )
        if any(row_mark(row) == mark for row in rows)
    )


def _derivations(rows: Sequence[EffectRow], imputed: bool) -> tuple[str, ...]:
    """Return "how (which rows)" for every derivation of one kind, in order of first use."""
    by_text: dict[str, list[str]] = {}
    for row in rows:
        for item in row.derived:
            if item.imputed is imputed:
                labels = by_text.setdefault(note_words(item.text.split(" (")[0]), [])
                if row.label not in labels:
                    labels.append(row.label)
    return tuple(f"{text} ({names(labels, len(rows))})" for text, labels in by_text.items())


def change_line(rows: Sequence[EffectRow]) -> str:
    """Return which rows are changes from baseline, where a table mixes them with final values."""
    changed = [row.label for row in rows if row.value == "change"]
    final = any(row.value == "final" for row in rows)
    return f"Change from baseline: {names(changed)}; the others final values." if changed and final else ""


def left_out_line(result: AnalysisResult) -> str:
    """Return how many results are not in the figure; "" if none."""
    parts = []
    if result.table.excluded:
        parts.append(f"{len(result.table.excluded)} left out with reasons")
    if result.table.missing:
        parts.append(f"{len(result.table.missing)} known to be missing")
    return f"Results not shown: {', '.join(parts)}." if parts else ""
