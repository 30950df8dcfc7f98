"""Hold every pool of an analysis against all that could be held against it: the plan's `sensitivity` key.

Rows, records and the plan come in; one stress test per pool and the multiverse behind their choices go
out. Nothing here is in words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from metamsc.analysis.methods.choice import INVERSE_VARIANCE, METHODS
from metamsc.analysis.result import Scale, Stratum
from metamsc.analysis.spec import AnalysisSpec
from metamsc.analysis.spec_sensitivity import ChoicesPlan, SensitivityPlan, SmallStudyPlan, SubsetsPlan
from metamsc.analysis.trust_refits import hold_by_plan
from metamsc.dataset.rows import EffectRow, EffectTable, Missing
from metamsc.errors import OptionError, SpecError
from metamsc.records.studies import Studies
from metamsc.sensitivity.missing_result import MissingTrial
from metamsc.sensitivity.missing_table import STATUS_OF_KIND
from metamsc.sensitivity.stress_result import ChoiceCurve, StressTest, Tried
from metamsc.sensitivity.stress_test import stress_test
from metamsc.sensitivity.stress_verdicts import judge
from metamsc.vocabulary import MissingKind

if TYPE_CHECKING:
    from metamsc.analysis.multiverse_result import Multiverse

OTHER_MODEL = (
    "This plan pools {how}. Its results were held against leaving out studies, by the same model; the other "
    "checks refit by inverse variance on independent rows, and were not made."
)
SHARED = "The strata share one tau2 in the plan; refits estimate it in each stratum by itself."
WITHIN = "it is not known to which of the finer groups a missing trial belongs."


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """What the plan's `sensitivity` key brought: one stress test per pool, and what there is to say."""

    tests: tuple[StressTest, ...] = ()
    multiverse: Multiverse | None = None
    notes: tuple[str, ...] = ()

    def test(self, label: str) -> StressTest | None:
        """Return the stress test of the pool with this label."""
        return next((item for item in self.tests if item.label == label), None)

    def shown(self, pools: Iterable[Stratum]) -> tuple[StressTest, ...]:
        """Return the tests of whole types of diabetes and of all together: those that a report shows."""
        found = [self.test(stratum.label) for stratum in pools if len(stratum.key) <= 1]
        return tuple(test for test in found if test is not None)

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-safe dict; of the multiverse what its paths say together."""
        return {
            "tests": [item.to_dict() for item in self.tests],
            "multiverse": None if self.multiverse is None else self.multiverse.to_dict(),
            "notes": list(self.notes),
        }


def examine(
    spec: AnalysisSpec, studies: Studies, table: EffectTable, pools: Sequence[Stratum], scale: Scale
) -> Trust | None:
    """Run what the plan's `sensitivity` key asks for on every pool.

    Parameters
    ----------
    spec : AnalysisSpec
    studies : Studies
        The records, for the multiverse.
    table : EffectTable
    pools : sequence of Stratum
        Every pool of the planned analysis.
    scale : Scale

    Returns
    -------
    Trust or None
        None where the plan does not ask; with refits by its own model alone, and the reason, where that
        is another than inverse variance on independent rows.
    """
    plan = spec.stress
    if plan is None or not plan.parts or not pools:
        return None
    shared = (SHARED,) if spec.model.tau2_sharing == "common" and len(pools) > 1 else ()
    if spec.model.method != INVERSE_VARIANCE or spec.model.cluster is not None:
        asked = pools if "influence" in plan.parts else ()
        held = tuple(hold_by_plan(spec, table, stratum, scale) for stratum in asked)
        return Trust(tests=held, notes=(OTHER_MODEL.format(how=_how(spec)), *shared))
    multiverse, why = _multiverse(spec, plan, studies)
    cohorts = {study.id: study.cohort for study in studies}
    tests = tuple(_test(spec, plan, table, stratum, scale, cohorts) for stratum in pools)
    if "choices" in plan.parts:
        tests = tuple(_with_choices(test, multiverse, why) for test in tests)
    return Trust(tests=tests, multiverse=multiverse, notes=shared)


def _how(spec: AnalysisSpec) -> str:
    """Return in words how a plan pools that does not take independent rows by inverse variance."""
    if spec.model.cluster is not None:
        return f"rows of one {spec.model.cluster.replace('_', ' ')} as dependent"
    return f"by {METHODS[spec.model.method].split(':')[0]} (method {spec.model.method})"


def _test(
    spec: AnalysisSpec,
    plan: SensitivityPlan,
    table: EffectTable,
    stratum: Stratum,
    scale: Scale,
    cohorts: Mapping[str, str],
) -> StressTest:
    by_id = {row.row_id: row for row in table.rows}
    rows = [by_id[row_id] for row_id in stratum.row_ids]
    options = spec.model.options()
    small, subsets = plan.small_study, plan.subsets
    finer = len(stratum.key) > 1
    parts = [part for part in plan.parts if part != "choices"]
    found = stress_test(
        [row.yi for row in rows],
        [row.vi for row in rows],
        labels=[row.label for row in rows],
        years=[row.year for row in rows],
        cohorts=[row.cohort for row in rows],
        **_arms(rows),
        missing=() if finer else tuple(missing_trials(spec, table, stratum, rows, cohorts)),
        measure=table.measure,
        mid=scale.mid,
        lower_is_better=scale.lower_is_better,
        tau2_method=options["tau2_method"],
        ci_method=options["ci_method"],
        level=options["level"],
        parts=parts,
        force=isinstance(small, SmallStudyPlan) and small.force,
        n_subsets=(subsets if isinstance(subsets, SubsetsPlan) else SubsetsPlan()).number,
        seed=(subsets if isinstance(subsets, SubsetsPlan) else SubsetsPlan()).seed,
        label=stratum.label,
    )
    if finer and "missing" in parts:
        found = replace(found, missing=None, bounds=Tried(None, WITHIN))
        found = replace(found, verdicts=judge(found))
    return found


def _arms(rows: Sequence[EffectRow]) -> dict[str, Any]:
    """Return the numbers of both arms by argument, each where every row has it."""
    columns: dict[str, Any] = {}
    for side, arms in (
        ("treat", [row.treatment for row in rows]),
        ("control", [row.control for row in rows]),
    ):
        for name, values in (("n", [arm.n for arm in arms]), ("events", [arm.events for arm in arms])):
            if all(value is not None for value in values):
                columns[f"{name}_{side}"] = values
    return columns


def missing_trials(
    spec: AnalysisSpec,
    table: EffectTable,
    stratum: Stratum,
    rows: Sequence[EffectRow],
    cohorts: Mapping[str, str],
) -> Iterator[MissingTrial]:
    """Yield the trials that could have given a row to a pool and have none there, each cohort once.

    Those of records with a control group and of the pool's type of diabetes, unless their cohort is pooled
    with another result; then those that only the plan knows. `cohorts` are those of the records by study.
    """
    pooled = {row.cohort for row in rows}
    by_study: dict[str, Missing] = {}
    for item in table.missing:
        cohort = cohorts.get(item.study_id, item.study_id)
        if item.controlled and cohort not in pooled and _belongs(item.diabetes_type, stratum):
            by_study.setdefault(cohort, item)
    for item in by_study.values():
        status = STATUS_OF_KIND[MissingKind(item.kind)]
        yield MissingTrial(label=item.label, n=item.n or None, status=status, reason=item.reason)
    for known in spec.known_missing:
        if known.diabetes_type is None or _belongs(known.diabetes_type.value, stratum):
            yield MissingTrial(label=known.label, n=known.n, status=known.status, reason=known.reason)


def _belongs(diabetes_type: str, stratum: Stratum) -> bool:
    return not stratum.key or stratum.key[0] == diabetes_type


def _multiverse(spec: AnalysisSpec, plan: SensitivityPlan, studies: Studies) -> tuple[Multiverse | None, str]:
    """Run the plan's choices, or say why not."""
    if "choices" not in plan.parts:
        return None, ""
    from metamsc.analysis.multiverse import run_multiverse

    how = plan.choices if isinstance(plan.choices, ChoicesPlan) else ChoicesPlan()
    try:
        found = run_multiverse(spec, studies, patterns=how.patterns, seed=how.seed, max_paths=how.max_paths)
    except (OptionError, SpecError) as error:
        return None, str(error)
    return found, ""


def _with_choices(stress: StressTest, multiverse: Multiverse | None, why: str) -> StressTest:
    """Put the pool's curve of the multiverse into its stress test, and judge again."""
    part: Tried[ChoiceCurve]
    labels = () if multiverse is None else tuple(curve.label for curve in multiverse.curves)
    if multiverse is None or stress.label not in labels:
        part = Tried(None, why or "the multiverse is of whole types of diabetes, not of finer groups.")
    else:
        part = Tried(_choice_curve(multiverse, stress.label), "")
    changed = replace(stress, choices=part)
    return replace(changed, verdicts=judge(changed))


def _choice_curve(multiverse: Multiverse, label: str) -> ChoiceCurve:
    curve = multiverse.curve(label)
    here = curve.estimate == curve.estimate
    return ChoiceCurve(
        decisions=tuple((item.name, len(item.options)) for item in multiverse.dimensions),
        summary=curve.summary,
        one_scale=curve.one_scale,
        shares=curve.shares,
        shares_of_significance=curve.shares_of_significance,
        test=curve.test,
        not_tested=curve.not_tested,
        estimate=curve.estimate[here],
        ci_low=curve.ci_low[here],
        ci_high=curve.ci_high[here],
    )
