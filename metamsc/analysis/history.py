"""What a review would have said before: one analysis over time, by the plan of today."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from metamsc.analysis.crossed import Numbers, crossed, is_trivial, numbers_of
from metamsc.analysis.result import Scale, Stratum
from metamsc.analysis.scale import make_scale, mid_threshold
from metamsc.analysis.spec import AnalysisSpec
from metamsc.analysis.strata import pool_table
from metamsc.dataset.build import build_table
from metamsc.dataset.rows import EffectTable
from metamsc.records.studies import Studies
from metamsc.vocabulary import Setting

TODAY = "today"
"""The moment at which records without a year of publication come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One pool at one time.

    Attributes
    ----------
    stratum : str
        "T1D", "All types".
    numbers : Numbers or None
        On the analysis scale; None where nothing was pooled yet, or any more.
    crossed : tuple of str
        Lines crossed since the step before.
    trivial : bool
        Whether a living review may have let it pass.
    same : bool
        Whether no number differs from the step before.
    """

    stratum: str
    numbers: Numbers | None
    crossed: tuple[str, ...]
    trivial: bool
    same: bool

    def to_dict(self) -> dict[str, Any]:
        """Return plain Python."""
        numbers = None if self.numbers is None else self.numbers.to_dict()
        return {
            "stratum": self.stratum,
            "numbers": numbers,
            "crossed": list(self.crossed),
            "trivial": self.trivial,
            "same": self.same,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """All pools at one time.

    Attributes
    ----------
    when : str
        A year, or the date of a commit.
    what : str
        First letters of the commit and its subject; empty for a year.
    rows : tuple of str
        Labels of all rows that were pooled.
    rows_in, rows_out, rows_changed : tuple of str
        Labels of rows that came, went, or have another number since the moment before.
    steps : tuple of Step
        One per pool that there is, or was the moment before.
    """

    when: str
    what: str
    rows: tuple[str, ...]
    rows_in: tuple[str, ...]
    rows_out: tuple[str, ...]
    rows_changed: tuple[str, ...]
    steps: tuple[Step, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain Python."""
        return {
            "when": self.when,
            "what": self.what,
            "rows": list(self.rows),
            "rows_in": list(self.rows_in),
            "rows_out": list(self.rows_out),
            "rows_changed": list(self.rows_changed),
            "pools": [step.to_dict() for step in self.steps],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """One analysis over time, by the plan of today.

    Attributes
    ----------
    name, title : str
        Of the plan.
    by : str
        "year" or "commit".
    scale : Scale
    animal : bool
        Whether the evidence comes from animals.
    moments : tuple of Moment
        Oldest first; only those at which a row came, went or changed its number.
    notes : tuple of str
        What was left out.
    """

    name: str
    title: str
    by: str
    scale: Scale
    animal: bool
    moments: tuple[Moment, ...]
    notes: tuple[str, ...] = ()

    def as_of(self, when: str) -> Moment | None:
        """Return the last moment not after a year or date (2019, 2019-06-30); None before the first."""
        held = [moment for moment in self.moments if moment.when[: len(when)] <= when]
        return held[-1] if held else None

    def since(self, moment: Moment) -> tuple[Step, ...]:
        """Return the steps from a moment to the last one, pool by pool."""
        old, new = (
            {step.stratum: step.numbers for step in side.steps if step.numbers is not None}
            for side in (moment, self.moments[-1])
        )
        return tuple(_steps(old, new, self.scale))

    def to_dict(self) -> dict[str, Any]:
        """Return plain Python, ready for JSON; estimates of ratios are logarithms."""
        return {
            "name": self.name,
            "title": self.title,
            "by": self.by,
            "measure": self.scale.measure,
            "unit": self.scale.unit,
            "moments": [moment.to_dict() for moment in self.moments],
            "notes": list(self.notes),
        }


def history_by_year(spec: AnalysisSpec, records: Studies) -> History:
    """Pool, for each year, what was published by then.

    Parameters
    ----------
    spec : AnalysisSpec
        The plan of today: its rules are applied to the past as well.
    records : Studies
        Those without a year of publication come last, in a moment of their own.

    Returns
    -------
    History
        The last moment holds the pooled results of today.

    Notes
    -----
    A cumulative meta-analysis (Lau et al. 1992, N Engl J Med 327:248) in which the rows are chosen anew at
    each step: a study with several time points, or several reports of one cohort, may give another row when
    a later report comes.
    """
    table = build_table(records, spec.select)
    used = {row.study_id for row in table.rows}
    # what is left out today, as a second report of a cohort, may have been the row of an earlier year
    seen = used | {item.study_id for item in table.excluded}
    dated = {file.study.id: file.study.study.year for file in records.files}
    years = sorted({year for name, year in dated.items() if year is not None and name in seen})
    states = [
        (str(year), "", Studies(file for file in records.files if (dated[file.study.id] or year + 1) <= year))
        for year in years
    ]
    late = [file.study.label for file in records.files if file.study.id in used and not dated[file.study.id]]
    if late:
        states.append((TODAY, "", records))
    scale, moments = moments_of(spec, states, records)
    notes = [f"No year of publication, counted last: {', '.join(late)}."] if late else []
    return History(
        name=spec.name, title=spec.title, by="year", scale=scale, animal=is_preclinical(spec),
        moments=moments, notes=tuple(notes),
    )  # fmt: skip


def is_preclinical(spec: AnalysisSpec) -> bool:
    """Whether a plan is about animals."""
    return spec.select.setting == Setting.PRECLINICAL


def moments_of(
    spec: AnalysisSpec, states: Sequence[tuple[str, str, Studies]], now: Studies
) -> tuple[Scale, tuple[Moment, ...]]:
    """Return the scale of today, and the moments at which rows differ from those of the moment before.

    Parameters
    ----------
    spec : AnalysisSpec
    states : sequence of (when, what, records)
        Oldest first.
    now : Studies
        Records of today.
    """
    scale = make_scale(spec, build_table(now, spec.select))
    moments: list[Moment] = []
    rows: EffectTable | None = None
    pools: dict[str, Numbers] = {}
    for when, what, studies in states:
        table = build_table(studies, spec.select)
        if rows is not None and table.rows == rows.rows:
            continue
        found = {stratum.label: numbers_of(stratum.pooled) for stratum in _pools(spec, table)}
        old, new = ({row.row_id: row for row in (side.rows if side else ())} for side in (rows, table))
        came = tuple(row.label for key, row in new.items() if key not in old)
        went = tuple(row.label for key, row in old.items() if key not in new)
        changed = tuple(
            row.label
            for key, row in new.items()
            if key in old and (row.yi, row.vi) != (old[key].yi, old[key].vi)
        )
        rows = table
        if not (came or went or changed) and found == pools:
            continue  # other words about the same numbers
        if found or pools:
            steps = tuple(_steps(pools, found, scale))
            labels = tuple(row.label for row in table.rows)
            moments.append(
                Moment(
                    when=when, what=what, rows=labels, rows_in=came, rows_out=went, rows_changed=changed,
                    steps=steps,
                )
            )  # fmt: skip
        pools = found
    return scale, tuple(moments)


def _pools(spec: AnalysisSpec, table: EffectTable) -> Iterable[Stratum]:
    return pool_table(table, spec, mid_threshold(make_scale(spec, table))).every


def _steps(before: dict[str, Numbers], after: dict[str, Numbers], scale: Scale) -> Iterator[Step]:
    for label in dict.fromkeys([*after, *before]):  # in the order of the plan
        one, other = before.get(label), after.get(label)
        lines = tuple(crossed(one, other, null=scale.null, mid=scale.mid))
        trivial = is_trivial(one, other, null=scale.null, mid=scale.mid)
        yield Step(stratum=label, numbers=other, crossed=lines, trivial=trivial, same=one == other)
