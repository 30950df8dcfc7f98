"""One analysis on both sides of a change: its rows, its pools, and what it was held against."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace

from metamsc.analysis.crossed import crossed, is_trivial, numbers_of
from metamsc.analysis.result import AnalysisResult, Scale, Stratum
from metamsc.analysis.run import run
from metamsc.analysis.spec import AnalysisSpec
from metamsc.dataset.build import build_table
from metamsc.dataset.rows import EffectRow, EffectTable
from metamsc.errors import MetamscError
from metamsc.models.results import PooledResult
from metamsc.outcomes.catalogue import catalogue
from metamsc.records.studies import Studies
from metamsc.review.inputs_changed import choice_changes, grade_changes, verdict_changes
from metamsc.tables.labels import label_words


@dataclass(frozen=True, slots=True, kw_only=True)
class RowChange:
    """One row that came, went or changed.

    `before` and `after` are its effect and sampling variance on the analysis scale; None where it is not.
    """

    label: str
    before: tuple[float, float] | None
    after: tuple[float, float] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StratumChange:
    """One pool before and after; None where there is nothing to pool.

    `title` is what tables call it; `crossed` says which lines were crossed; `trivial` whether a living
    review may let it pass (:func:`metamsc.analysis.crossed.is_trivial`).
    """

    label: str
    title: str
    before: PooledResult | None
    after: PooledResult | None
    crossed: tuple[str, ...]
    trivial: bool

    @property
    def moved(self) -> bool:
        """Whether a number differs."""
        sides = [None if pooled is None else numbers_of(pooled) for pooled in (self.before, self.after)]
        return sides[0] != sides[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisChange:
    """One analysis whose rows, exclusions or plan differ.

    Attributes
    ----------
    name, title : str
        Of the plan.
    scale : Scale or None
        That of the pools shown; None where it could not be run, and `failed` says why.
    strata : tuple of StratumChange
        Every pool of either side.
    rows : tuple of RowChange
    left_out, taken_up : tuple of str
        Results that are now left out, with the reason, and those that no longer are.
    beside : tuple of str
        Rows of which the effect stays and something beside it changes: moderators, sources, other numbers.
    verdicts : tuple of str
        Other choices and checks that now say another thing than before.
    grade : tuple of str
        Facts that a judgement of certainty rests on, where they are others than before.
    note : str
        Why before and after cannot be held against each other; empty where they can.
    """

    name: str
    title: str
    scale: Scale | None
    strata: tuple[StratumChange, ...] = ()
    rows: tuple[RowChange, ...] = ()
    left_out: tuple[str, ...] = ()
    taken_up: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    verdicts: tuple[str, ...] = ()
    grade: tuple[str, ...] = ()
    note: str = ""
    failed: str = ""

    @property
    def rows_in(self) -> tuple[str, ...]:
        """Labels of rows that came."""
        return tuple(row.label for row in self.rows if row.before is None)

    @property
    def rows_out(self) -> tuple[str, ...]:
        """Labels of rows that went."""
        return tuple(row.label for row in self.rows if row.after is None)

    @property
    def rows_changed(self) -> tuple[str, ...]:
        """Labels of rows with another number."""
        return tuple(row.label for row in self.rows if row.before is not None and row.after is not None)

    @property
    def moved(self) -> tuple[StratumChange, ...]:
        """Pools of which a number differs."""
        return tuple(item for item in self.strata if item.moved)

    @property
    def crosses(self) -> bool:
        """Whether a pool crossed a line."""
        return any(item.crossed for item in self.strata)


_NAMED = {
    "rob": "risk of bias", "place": "source", "treatment": "numbers of the treated group",
    "control": "numbers of the control group", "derived": "how its numbers were derived", "at": "time",
    "at_days": "time in days", "diabetes_type": "type of diabetes",
}  # fmt: skip
"""Parts of a row, where their names in code are not words."""
Plans = tuple[AnalysisSpec | None, AnalysisSpec | None]
"""Plan before and after; None where there is none."""


def compare_analysis(plans: Plans, before: Studies, after: Studies) -> AnalysisChange | None:
    """Run one plan on both sides; None when plan, rows, exclusions and gaps are the same.

    Where one side has no plan, the other is shown alone, as pools that came or went.
    """
    shown = plans[1] or plans[0]
    assert shown is not None  # one side has it  # noqa: S101
    sides = (before if plans[0] is not None else Studies(), after if plans[1] is not None else Studies())
    specs = (plans[0] or shown, plans[1] or shown)
    try:
        tables = [build_table(studies, spec.select) for studies, spec in zip(sides, specs, strict=True)]
        same_rows = _unplaced(tables[0]) == _unplaced(tables[1]) and _reasons(tables[0]) == _reasons(
            tables[1]
        )
        if plans[0] == plans[1] and same_rows:
            return None
        results = [run(spec, studies) for studies, spec in zip(sides, specs, strict=True)]
    except MetamscError as error:
        return AnalysisChange(name=shown.name, title=shown.title, scale=None, failed=str(error))
    old, new = results
    left, taken = _reasons(tables[1]), _reasons(tables[0])
    whole = AnalysisChange(
        name=shown.name,
        title=shown.title,
        scale=new.scale if plans[1] is not None else old.scale,
        strata=tuple(_strata(old, new)),
        rows=tuple(_rows(*tables)),
        left_out=tuple(f"{label}: {reason}" for label, reason in left if (label, reason) not in taken),
        taken_up=tuple(f"{label}: {reason}" for label, reason in taken if (label, reason) not in left),
        beside=tuple(_beside(*tables)),
    )
    if None in plans:
        return whole
    if not _one_scale(old.scale, new.scale):
        return AnalysisChange(
            name=whole.name, title=whole.title, scale=None, left_out=whole.left_out,
            note=f"{_scale_words(old.scale)} before, {_scale_words(new.scale)} after: the numbers are not "
            "on one scale, and are not set beside each other.",
        )  # fmt: skip
    verdicts = (*choice_changes(old, new), *verdict_changes(old, new))
    return replace(whole, verdicts=verdicts, grade=tuple(grade_changes(old, new)))


def _one_scale(old: Scale, new: Scale) -> bool:
    return (old.measure, old.unit, old.null) == (new.measure, new.unit, new.null)


def _scale_words(scale: Scale) -> str:
    return f"{scale.measure} in {scale.unit}" if scale.unit else scale.measure


def _unplaced(table: EffectTable) -> list[EffectRow]:
    """Return the rows without file and line: what stands above a result in its file is no change of it."""
    return [replace(row, place=replace(row.place, file="", line=0)) for row in table.rows]


def _reasons(table: EffectTable) -> dict[tuple[str, str], None]:
    """Return (study, why it is not in the pool), in order and without places, which move."""
    excluded = ((item.label, _where(item.outcome, item.at, item.reason)) for item in table.excluded)
    outcomes = catalogue().outcomes
    missing = (
        (
            item.label,
            _where(
                outcomes[item.outcome].label if item.outcome in outcomes else item.outcome,
                "",
                f"{item.kind}: {item.reason}",
            ),
        )
        for item in table.missing
    )
    return dict.fromkeys([*excluded, *missing])


def _where(outcome: str, at: str, reason: str) -> str:
    said = at and f"at {at}" in reason
    place = " at ".join(part for part in (outcome, "" if said else at) if part)
    return f"{place}, {reason}" if place else reason


def _rows(before: EffectTable, after: EffectTable) -> Iterator[RowChange]:
    old, new = ({row.row_id: row for row in table.rows} for table in (before, after))
    for key in dict.fromkeys([*old, *new]):
        one, other = old.get(key), new.get(key)
        if _numbers(one) != _numbers(other):
            shown = other or one
            assert shown is not None  # it is in one of the tables  # noqa: S101
            yield RowChange(label=shown.label, before=_numbers(one), after=_numbers(other))


def _beside(before: EffectTable, after: EffectTable) -> Iterator[str]:
    """Say what stands beside the effects that are the same: moderators with both words, else its name."""
    old, new = ({row.row_id: row for row in _unplaced(table)} for table in (before, after))
    for key in (key for key in new if key in old):
        one, other = old[key], new[key]
        if one == other or _numbers(one) != _numbers(other):
            continue
        was, now = dict(one.moderators), dict(other.moderators)
        said = [
            f"{name.replace('_', ' ')} {was.get(name) or '–'} → {now.get(name) or '–'}"
            for name in dict.fromkeys([*was, *now])
            if was.get(name) != now.get(name)
        ]
        others = (field.name for field in fields(EffectRow) if field.name != "moderators")
        said += [_NAMED.get(name, name) for name in others if getattr(one, name) != getattr(other, name)]
        yield f"{other.label}: {'; '.join(said)}"


def _numbers(row: EffectRow | None) -> tuple[float, float] | None:
    return None if row is None else (row.yi, row.vi)


def _every(result: AnalysisResult) -> dict[str, Stratum]:
    pools = (*result.strata, *(() if result.overall is None else (result.overall,)))
    return {stratum.label: stratum for stratum in pools}


def _strata(before: AnalysisResult, after: AnalysisResult) -> Iterator[StratumChange]:
    old, new = _every(before), _every(after)
    overall = {side.overall.label for side in (before, after) if side.overall is not None}
    order = sorted(dict.fromkeys([*new, *old]), key=lambda label: label in overall)  # stable: overall last
    null, mid = after.scale.null, after.scale.mid
    for label in order:
        one, other = (side[label].pooled if label in side else None for side in (old, new))
        sides = [None if pooled is None else numbers_of(pooled) for pooled in (one, other)]
        yield StratumChange(
            label=label,
            title=label_words(after if label in new else before, label),
            before=one,
            after=other,
            crossed=tuple(crossed(*sides, null=null, mid=mid)),
            trivial=is_trivial(*sides, null=null, mid=mid),
        )
