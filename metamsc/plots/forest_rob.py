"""Risk-of-bias columns of a forest plot: a disc per domain, and what the footnotes say about them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from metamsc.plots.forest_rows import ForestColumn
from metamsc.plots.judgements import LOOKS, RobProfile
from metamsc.plots.wording import names
from metamsc.records.rob_tools import SCHEMES

if TYPE_CHECKING:
    from metamsc.dataset.rows import EffectRow

GROUP = "Risk of bias"
OVERALL = "rob:overall"


def shown_profiles(rows: Sequence[EffectRow], rob: Mapping[str, RobProfile]) -> dict[str, RobProfile]:
    """Return the judgements of the studies in the figure: row id -> profile."""
    return {row.row_id: rob[row.study_id] for row in rows if row.study_id in rob}


def domain_code(number: int, *, letters: bool) -> str:
    """Return what heads the column of a domain: 1 or A for the first."""
    return chr(ord("A") + number - 1) if letters else str(number)


def rob_columns(profiles: Mapping[str, RobProfile], side: str, *, letters: bool) -> tuple[ForestColumn, ...]:
    """Return a column per domain (as many as the largest tool has) and one for the overall judgement."""
    if not profiles:
        return ()
    most = max(len(profile.scheme.domains) for profile in profiles.values())
    columns = [
        _column(f"rob:D{number}", domain_code(number, letters=letters), side) for number in range(1, most + 1)
    ]
    if any(profile.overall for profile in profiles.values()):
        columns.append(_column(OVERALL, "all", side))
    return tuple(columns)


def _column(name: str, header: str, side: str) -> ForestColumn:
    return ForestColumn(name=name, header=header, group=GROUP, align="center", side=side, kind="rob")


def rob_cells(profile: RobProfile | None) -> dict[str, str]:
    """Return the cells of one study: the word of each judgement."""
    if profile is None:
        return {}
    cells = {
        f"rob:{domain.code}": word
        for domain, word in zip(profile.scheme.domains, profile.judgements, strict=True)
        if word is not None
    }
    return cells if profile.overall is None else cells | {OVERALL: profile.overall}


def judgements_of(profiles: Mapping[str, RobProfile]) -> tuple[str, ...]:
    """Return every word that is shown, best first; what is not known last."""
    words = {word for profile in profiles.values() for word in rob_cells(profile).values()}
    return tuple(sorted(words, key=lambda word: (LOOKS[word].rank < 0, LOOKS[word].rank, word)))


def rob_lines(
    rows: Sequence[EffectRow], profiles: Mapping[str, RobProfile], *, letters: bool
) -> tuple[str, ...]:
    """Return the footnotes: the domains of each tool, who was not judged, and what could not be placed."""
    if not profiles:
        return ()
    lines = []
    used = [scheme for scheme in SCHEMES.values() if any(p.tool == scheme.tool for p in profiles.values())]
    for scheme in used:
        domains = "; ".join(
            f"{domain_code(number, letters=letters)} {domain.name.lower()}"
            for number, domain in enumerate(scheme.domains, 1)
        )
        labels = [
            row.label for row in rows if row.row_id in profiles and profiles[row.row_id].tool == scheme.tool
        ]
        who = f" ({names(labels)})" if len(used) > 1 else ""
        lines.append(f"Risk of bias, {scheme.title}{who}: {domains}.")
    silent = [row.label for row in rows if row.row_id not in profiles]
    if silent:
        lines.append(f"Risk of bias not judged: {names(silent)}.")
    lines.extend(
        f"Risk of bias, {row.label}: no domain of {profiles[row.row_id].scheme.title}, not shown: "
        f"{'; '.join(profiles[row.row_id].unknown)}."
        for row in rows
        if row.row_id in profiles and profiles[row.row_id].unknown
    )
    return tuple(lines)
