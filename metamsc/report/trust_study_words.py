"""Does one study carry it? Sentences on refits without studies, influence, and evidence as it came in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metamsc.report.trust_changes import range_of, reaches, what_changed
from metamsc.report.trust_voice import Voice, listed, one_of, shares_cohorts
from metamsc.sensitivity.stress_result import FEWEST_FOR_INFLUENCE, NOT_ASKED
from metamsc.sensitivity.stress_verdicts import excludes_null

if TYPE_CHECKING:
    from metamsc.sensitivity.stress_result import StressTest, Verdict
    from metamsc.sensitivity.subsets import Refit, Refits


def one_study(stress: StressTest, voice: Voice) -> tuple[str, ...]:
    """Answer whether one study carries the result."""
    if stress.verdict("leave-one-out") is None:
        return ()
    if stress.k == 1:
        return ("There is one study: the result is that study.",)
    verdict = stress.verdict("leave-one-out")
    assert verdict is not None  # noqa: S101 - asked above
    if verdict.refused:
        return (f"Studies were not left out one at a time: {verdict.refused.rstrip('.')}.",)
    if stress.k == 2:
        return (*_two_studies(stress, voice), *_by_cohort(stress, voice))
    noun = one_of(stress)
    return (
        (
            f"Leaving out one {noun} at a time gives estimates from {voice.span(*range_of(verdict))}: "
            f"{what_changed(stress, verdict, voice, _behind(verdict))}."
        ),
        *_not_fitted(stress),
        *_by_cohort(stress, voice),
        *_flags(stress),
        *_no_year(stress),
        *_series(stress, stress.by_year.found, "By year of publication", voice),
        *_series(stress, stress.by_precision.found, "With the most precise first", voice),
    )


def _not_fitted(stress: StressTest) -> tuple[str, ...]:
    """Name what the model could not be fitted without: other models than inverse variance may fail."""
    refits = stress.without_study.found
    names = () if refits is None else zip(refits.labels, refits.rows, strict=True)
    failed = [label for label, row in names if row is None]
    return (f"The model could not be fitted without {listed(failed)}.",) if failed else ()


def _behind(verdict: Verdict) -> str:
    """Name the refits that changed something."""
    return f"without {listed(verdict.names)}" if verdict.names else ""


def _two_studies(stress: StressTest, voice: Voice) -> tuple[str, ...]:
    refits = stress.without_study.found
    rows: list[Refit] = [] if refits is None else [row for row in refits.rows if row is not None]
    if len(rows) < 2:
        return ()
    # the refit without the first is the second by itself
    alone = [(stress.labels[1 - place], row) for place, row in enumerate(rows)][::-1]
    told = " and ".join(
        f"{label} {voice.with_interval(row.estimate, row.ci.low, row.ci.high, row.ci.level)}"
        for label, row in alone
    )
    return (
        (
            f"With two {'comparisons' if shares_cohorts(stress) else 'studies'}, leaving out one leaves the "
            f"other by itself: {told}. Two cannot show whether one carries the result."
        ),
    )


def _by_cohort(stress: StressTest, voice: Voice) -> tuple[str, ...]:
    if not shares_cohorts(stress):
        return ()
    verdict = stress.verdict("leave-one-cohort-out")
    if verdict is None or verdict.refused:
        n = len(set(stress.cohorts))
        said = "All rows are of one cohort" if n == 1 else f"The rows are of {n} cohorts"
        return (f"{said}: there is no result without it.",) if n == 1 else ()
    return (
        (
            f"Leaving out one of the {verdict.n} cohorts at a time gives estimates from "
            f"{voice.span(*range_of(verdict))}: {what_changed(stress, verdict, voice, _behind(verdict))}."
        ),
    )


def _flags(stress: StressTest) -> tuple[str, ...]:
    verdict = stress.verdict("influence")
    if verdict is None or verdict.refused:
        return ()
    if stress.k < FEWEST_FOR_INFLUENCE:
        few = FEWEST_FOR_INFLUENCE
        return (f"Outliers and influential studies were not looked for: that takes at least {few} studies.",)
    if not verdict.names:
        return (f"No {one_of(stress)} is flagged as outlying or influential.",)
    return (
        f"Flagged as outlying or influential: {listed(verdict.names)}; one in twenty is outlying by chance.",
    )


def _no_year(stress: StressTest) -> tuple[str, ...]:
    if stress.by_year.found is not None or stress.by_year.refused == NOT_ASKED:
        return ()
    return (f"Not followed by year of publication: {stress.by_year.refused}",)


def _series(stress: StressTest, refits: Refits | None, how: str, voice: Voice) -> tuple[str, ...]:
    """Say where a cumulative series began, and since when its conclusions are those of the whole."""
    if refits is None:
        return ()
    rows = [row for row in refits.rows if row is not None]
    if len(rows) < 3:
        return ()
    now = _conclusions(stress, rows[-1])
    unlike = [place for place, row in enumerate(rows) if _conclusions(stress, row) != now]
    since = unlike[-1] + 1 if unlike else 0
    where = "from the first on" if since == 0 else f"since {rows[since].label} came in (number {since + 1})"
    aspects = (
        "direction, significance and importance" if stress.mid is not None else "direction and significance"
    )
    return (
        (
            f"{how}, the estimate goes from {voice.value(rows[0].estimate)} ({rows[0].label}) to "
            f"{voice.value(rows[-1].estimate)}; {aspects} are those of the whole {where}."
        ),
    )


def _conclusions(stress: StressTest, row: Refit) -> tuple[bool, bool, bool]:
    return row.estimate < 0.0, excludes_null(row.ci.low, row.ci.high), reaches(stress, row.estimate)
