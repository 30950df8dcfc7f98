"""The footnotes of a forest plot: what its rows do not say already, in few words. Pure.

The tables of a report give the notes of an analysis whole. Below a figure stands what a reader needs who has
only the figure; numbers of studies, for one, stand in its rows.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from metamsc.names import note_words
from metamsc.plots import preset_words, wording
from metamsc.plots.forest_arms import contrast_line
from metamsc.plots.forest_content import ForestContent, is_one_pool
from metamsc.plots.forest_rob import rob_lines
from metamsc.plots.strata_words import between_words, stratum_heading

if TYPE_CHECKING:
    from metamsc.analysis.result import AnalysisResult, Difference, Scale

_SHOWN_BY_ROWS = re.compile(r"(Few studies in: [^.]*\.|Their own tau2 is a guess\.)\s*")
"""Sentences of the caution on a test for differences that the rows say too: k, and "unreliable"."""
_POWER = re.compile(r"A test this small has little power: [^.]*\.")
_RELIED = "With so few studies the test cannot be relied on."
_LINE = 0.05
"""Below it a test did find a difference, and power is not what to worry about."""
_OF_ALL_TYPES = re.compile(r"Pools .+? together\.(?: The plan's reason: )?")


def forest_notes(content: ForestContent) -> tuple[str, ...]:
    """Return the footnotes of a figure, top to bottom."""
    result, letters = content.result, content.preset.words.domains == "letters"
    rows = result.table.rows
    lines = (
        *(() if content.preset.room.below else _pool_lines(content)),
        wording.method_line([stratum.pooled for stratum in result.pools]),
        *wording.mark_lines(rows),
        wording.change_line(rows),
        contrast_line(rows, content.style),
        _mid_line(result.scale),
        *_difference_lines(result),
        _overall_line(result),
        *_stratum_lines(result),
        *rob_lines(rows, content.profiles, letters=letters),
        wording.left_out_line(result),
    )
    return tuple(line for line in lines if line)


def _pool_lines(content: ForestContent) -> tuple[str, ...]:
    """Return heterogeneity and tests of each pool, where the rows have no room for them."""
    result, words = content.result, content.preset.words
    shown = [result.overall] if is_one_pool(result) and result.overall is not None else result.pools
    lines = []
    for stratum in shown:
        if stratum is None or stratum.pooled.k == 1:
            continue
        name = stratum_heading(result, stratum) if stratum.key else stratum.label
        said = (
            preset_words.heterogeneity_text(words, stratum.pooled),
            preset_words.effect_test_text(words, stratum.pooled),
        )
        lines.append(f"{name}. {'. '.join(filter(None, said))}.")
    alone = [stratum_heading(result, stratum) for stratum in result.pools if stratum.pooled.k == 1]
    if alone:
        lines.append(f"One study, not pooled: {wording.names(alone)}.")
    n = len(result.differences)
    return (
        *lines,
        *(
            f"{preset_words.difference_text(words, difference, between_words(result, difference), n)}."
            for difference in result.differences
        ),
    )


def _mid_line(scale: Scale) -> str:
    """Return what the dotted line is, with its source up to the first colon: the methods cite it whole."""
    return wording.mid_line(replace(scale, mid_source=scale.mid_source.split(": ")[0]))


def _difference_lines(result: AnalysisResult) -> tuple[str, ...]:
    """Return the cautions on tests for differences, equal ones once; named where there are several."""
    named = len({_caution(item) for item in result.differences} - {""}) > 1
    lines = []
    for item in result.differences:
        caution = _caution(item)
        lead = f"Difference between {between_words(result, item)}" if named else "Test for differences"
        lines.append(wording.glue(f"{lead}: {caution[0].lower()}{caution[1:]}") if caution else "")
    return tuple(dict.fromkeys(lines))


def _caution(difference: Difference) -> str:
    """Return the note of a test without what the rows say."""
    note = _SHOWN_BY_ROWS.sub("", difference.note).strip()
    return note_words(_POWER.sub(_RELIED, note) if difference.p < _LINE else note)


def _overall_line(result: AnalysisResult) -> str:
    """Return why there is a pool over all types, or none; nothing where there is one type only."""
    first = [stratum for stratum in result.strata if len(stratum.key) == 1]
    if len(first) == 1 and (result.overall is None or is_one_pool(result)):
        return ""
    note = result.overall_note
    reason = _OF_ALL_TYPES.sub("", note)
    if reason == note or result.overall is None:
        return wording.capitalise(note_words(note))
    return f"{result.overall.label}: {wording.inside_sentence(note_words(reason))}" if reason else ""


def _stratum_lines(result: AnalysisResult) -> tuple[str, ...]:
    """Return the notes of pools; not those of a group below another one that has the same note."""
    notes = {stratum.key: stratum.note for stratum in result.pools if stratum.pooled.k > 1}

    def said(key: tuple[str, ...]) -> bool:
        above = notes.get(key[:-1], "") if len(key) > 1 else ""
        return re.sub(r"\d+", "", above) == re.sub(r"\d+", "", notes[key])

    return tuple(
        f"{stratum_heading(result, stratum)}: {note_words(stratum.note)}"
        for stratum in result.pools
        if notes.get(stratum.key) and not said(stratum.key)
    )
