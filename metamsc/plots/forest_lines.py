"""The lines of a forest plot one by one: a study, a pool with what belongs to it, a line of words. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from metamsc.plots import preset_words, wording
from metamsc.plots.forest_arms import arm_totals
from metamsc.plots.forest_content import ForestContent
from metamsc.plots.forest_density import prediction_outline
from metamsc.plots.forest_rows import ForestRow
from metamsc.plots.strata_words import stratum_title

if TYPE_CHECKING:
    from metamsc.analysis.result import Stratum
    from metamsc.dataset.rows import EffectRow

EXTRA_LINE = 0.75
"""Height of a second line of text, in row heights."""
GAP = 0.45
NOTE_LINES = 8
DENSITY_LINES = 3
"""Lines that a drawn density takes."""


def stratum_path(stratum: Stratum) -> str:
    """Return what a stratum's artists are called by: "T1D", "T1D/bone-marrow", "overall"."""
    return "/".join(stratum.key) or "overall"


@dataclass(slots=True)
class Stack:
    """Rows laid from the top down; the only thing here that changes while it is built."""

    rows: list[ForestRow] = field(default_factory=list)
    bottom: float = 0.0

    def gap(self, height: float = GAP) -> None:
        """Leave room before the next row."""
        if self.rows:
            self.bottom += height

    def add(self, row: ForestRow) -> None:
        """Put a row at the bottom, as high as its tallest cell."""
        lines = max([row.lines, 1 + len(row.others), *(text.count("\n") + 1 for _, text in row.cells)])
        height = 1.0 + EXTRA_LINE * (lines - 1)
        self.rows.append(replace(row, y=self.bottom + height / 2.0, lines=lines))
        self.bottom += height

    def text(self, kind: str, target: str, text: str, indent: int = 0) -> None:
        """Add a line of words."""
        cells = (("label", text),)
        key = f"{kind}:{target}"
        self.add(ForestRow(kind=kind, key=key, target=target, y=0.0, cells=cells, indent=indent))


def add_study(stack: Stack, content: ForestContent, row: EffectRow, indent: int) -> None:
    """Add a study; nothing where the figure shows pools only."""
    if not content.preset.studies:
        return
    half = content.z * row.sei
    stack.add(
        ForestRow(
            kind="study",
            key=f"study:{row.row_id}",
            target=row.row_id,
            y=0.0,
            cells=tuple(content.study_cells[row.row_id].items()),
            estimate=row.yi,
            low=row.yi - half,
            high=row.yi + half,
            weight=content.weights.get(row.row_id),
            size=content.sizes.get(row.row_id, 0.0),
            indent=indent,
            others=content.models.of_row(row),
        )
    )


def add_pool(stack: Stack, content: ForestContent, stratum: Stratum, indent: int, label: str = "") -> None:
    """Add the pooled effect, its prediction interval and its heterogeneity; only words for one study."""
    pooled, path = stratum.pooled, stratum_path(stratum)
    words = content.preset.words
    line = preset_words.heterogeneity_text(words, pooled)
    if content.preset.room.note:
        line = wording.wrap(line, content.preset.room.note, NOTE_LINES)
    elif content.style.kind != "means":
        line = line.replace(", Q", ",\nQ")
    if pooled.k == 1:
        _add_single(stack, content, stratum, indent, line)
        return
    rows = content.result.rows_of(stratum)
    within = sum(content.weights.get(row.row_id, 0.0) for row in rows)
    shown = bool(content.weights) and (bool(stratum.key) or not content.overall_weights)
    cells = {"label": _pool_label(content, stratum, label), **arm_totals(rows, content.style)}
    if shown:
        cells["weight"] = preset_words.weight_text(words, within)
    if content.overall_weights:
        cells["weight_overall"] = preset_words.weight_text(
            words, sum(content.overall_weights[row.row_id] for row in rows)
        )
    kind = "subtotal" if stratum.key else "overall"
    stack.add(
        ForestRow(
            kind=kind,
            key=f"{kind}:{path}",
            target=path,
            y=0.0,
            cells=tuple(cells.items()),
            estimate=pooled.estimate,
            low=pooled.ci.low,
            high=pooled.ci.high,
            weight=within if shown else None,
            indent=indent,
            others=content.models.of_pool(stratum),
        )
    )
    _add_prediction(stack, content, stratum, indent)
    if not content.preset.room.below:
        return
    stack.text("heterogeneity", path, line, indent)
    test = preset_words.effect_test_text(words, pooled)
    if test:
        columns = content.preset.room.note
        stack.text("test", path, wording.wrap(test, columns, NOTE_LINES) if columns else test, indent)


def _add_single(stack: Stack, content: ForestContent, stratum: Stratum, indent: int, line: str) -> None:
    """Add what stands for a group of one study: words, and the study itself where studies are left out."""
    if not content.preset.studies:
        (row,) = content.result.rows_of(stratum)
        everything = replace(content, preset=replace(content.preset, studies=True))
        add_study(stack, everything, row, indent)
    if content.preset.room.below:
        stack.text("heterogeneity", stratum_path(stratum), line, indent)


def _pool_label(content: ForestContent, stratum: Stratum, label: str) -> str:
    """Return what a pooled line is called; without studies between, by its group."""
    words, pooled = content.preset.words, stratum.pooled
    template = words.subtotal if stratum.key else words.overall
    name = label or (stratum_title(content.result, stratum) if stratum.key else stratum.label)
    text = template.format(name=name, k=pooled.k, level=wording.percent(pooled.ci.level))
    nested = any(other.key[:-1] == stratum.key for other in content.result.strata if len(other.key) > 1)
    named = "{name}" in template or not stratum.key
    if not named and (nested or not content.preset.studies):
        text = f"{name}, {text[:1].lower()}{text[1:]}"
        return wording.wrap(
            wording.glue(text), content.preset.room.label, 2 if content.preset.room.spare else 4
        )
    if not content.preset.room.spare:
        return wording.wrap(wording.glue(text), content.preset.room.label, 4)
    if "{name}" in template:
        head, _, tail = text.rpartition(" (k")
        return f"{wording.wrap(head, content.preset.room.label, 2)} (k{tail}"
    return text


def _add_prediction(stack: Stack, content: ForestContent, stratum: Stratum, indent: int) -> None:
    pooled = stratum.pooled
    if pooled.pi is None:
        return
    wanted = content.preset.prediction
    outline = prediction_outline(pooled) if wanted == "density" else ()
    if wanted == "diamond":
        outline = ((pooled.pi.low, 0.0), (pooled.estimate, 1.0), (pooled.pi.high, 0.0))
    label = content.preset.words.prediction.format(level=wording.percent(pooled.pi.level))
    label = label if content.preset.room.spare else wording.wrap(label, content.preset.room.label, 3)
    stack.add(
        ForestRow(
            kind="prediction",
            key=f"prediction:{stratum_path(stratum)}",
            target=stratum_path(stratum),
            y=0.0,
            lines=DENSITY_LINES if wanted == "density" and outline else 1,
            cells=(("label", label),),
            low=pooled.pi.low,
            high=pooled.pi.high,
            indent=indent,
            shape=wanted if outline else "bar",
            outline=outline,
        )
    )
