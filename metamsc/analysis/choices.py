"""The sensitivity analyses: those every plan gets, those it asks for, and how each is run.

An automatic choice is run only where it can change something: nobody is shown twelve copies of one
estimate.
"""

from __future__ import annotations

from collections.abc import Callable

from pydantic import ValidationError

from metamsc.analysis.result import Sensitivity, SensitivityStratum
from metamsc.analysis.spec import AnalysisSpec, SensitivityChoice
from metamsc.analysis.strata import Pooled
from metamsc.dataset.rows import EffectTable
from metamsc.effects import find_measure
from metamsc.errors import SpecError
from metamsc.vocabulary import Design, Publication, Setting

Runner = Callable[[AnalysisSpec], tuple[EffectTable, Pooled]]

_RANDOMISED = {
    Setting.CLINICAL: (Design.RCT_PARALLEL, Design.RCT_CROSSOVER, Design.RCT_WITHIN_PERSON),
    Setting.PRECLINICAL: (Design.ANIMAL_RANDOMISED,),
}


def automatic_choices(spec: AnalysisSpec, table: EffectTable) -> tuple[SensitivityChoice, ...]:
    """Return the choices worth a second look for this plan and these rows."""
    return (*_model_choices(spec), *_row_choices(spec, table))


def _model_choices(spec: AnalysisSpec) -> list[SensitivityChoice]:
    options = spec.model.options()
    found = []
    if options["ci_method"] != "wald":
        found.append(
            SensitivityChoice(name="wald", label="Wald interval (normal)", model={"ci_method": "wald"})
        )
    if options["tau2_method"] != "DL":
        found.append(
            SensitivityChoice(
                name="dersimonian-laird",
                label="DerSimonian–Laird, Wald interval",
                model={"tau2_method": "DL", "ci_method": "wald"},
            )
        )
    if options["tau2_method"] != "EE":
        found.append(
            SensitivityChoice(
                name="equal-effects",
                label="Equal effects (no heterogeneity)",
                model={"tau2_method": "EE", "ci_method": "wald"},
            )
        )
    return found


def _row_choices(spec: AnalysisSpec, table: EffectTable) -> list[SensitivityChoice]:
    select, rows, left_out = spec.select, table.rows, {item.code for item in table.excluded}
    found = []
    if any(row.imputed for row in rows):
        found.append(
            SensitivityChoice(
                name="as-reported-only",
                label="Only rows without an assumption",
                select={"as_reported_only": True},
            )
        )
    if any("±" in item.text for row in rows for item in row.derived) or "unlabelled-spread" in left_out:
        found.extend(
            SensitivityChoice(name=f"spread-{reading}", label=label, select={"unlabelled_spread": reading})
            for reading, label in (
                ("exclude", "Rows with an unlabelled ± left out"),
                ("sd", "Unlabelled ± read as SD"),
                ("se", "Unlabelled ± read as SE"),
            )
            if reading != select.unlabelled_spread
        )
    if select.unpublished == "include" and any(
        row.moderator("publication") == Publication.UNPUBLISHED for row in rows
    ):
        found.append(
            SensitivityChoice(
                name="published-only",
                label="Without unpublished trials",
                select={"unpublished": "exclude"},
            )
        )
    if any(row.moderator("co_intervention") not in ("", "none") for row in rows):
        found.append(
            SensitivityChoice(
                name="no-co-intervention",
                label="Without co-interventions",
                select={"treatment": {"co_interventions": "exclude"}},
            )
        )
    randomised = _RANDOMISED[select.setting]
    if any(row.moderator("design") not in randomised for row in rows):
        designs = [design.value for design in randomised]
        found.append(
            SensitivityChoice(
                name="randomised-only", label="Randomised studies only", select={"designs": designs}
            )
        )
    return found


def run_choice(
    spec: AnalysisSpec, choice: SensitivityChoice, main: tuple[EffectTable, Pooled], runner: Runner
) -> Sensitivity:
    """Run the plan with one choice changed and set it beside the main analysis.

    Raises
    ------
    SpecError
        If the changed plan is not a valid one.
    """
    try:
        table, pooled = runner(spec.changed(choice))
    except ValidationError as error:
        details = "; ".join(
            f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors(include_url=False)
        )
        raise SpecError(f"sensitivity analysis {choice.name!r} does not fit the plan: {details}") from None
    before = {row.row_id for row in main[0].rows}
    after = {row.row_id for row in table.rows}
    note = _rows_note(before, after) if choice.select else ""
    other = "" if table.measure == main[0].measure else table.measure
    return Sensitivity(
        name=choice.name,
        label=choice.label,
        changed=tuple(
            f"{part}.{key} = {value}"
            for part, changes in (("select", choice.select), ("model", choice.model))
            for key, value in changes.items()
        ),
        strata=_beside(main[1], pooled),
        note=note,
        measure=other,
        ratio=bool(other) and find_measure(other).is_ratio,
        unit=table.unit if other == "MD" else "",
    )


def changes_something(item: Sensitivity, main: Pooled) -> bool:
    """Whether a choice gives any other number than the main analysis."""
    plain = _beside(main, main)
    return item.note not in ("", SAME_ROWS) or item.strata != plain


SAME_ROWS = "same rows"


def _rows_note(before: set[str], after: set[str]) -> str:
    parts = []
    if before - after:
        parts.append(f"without {', '.join(sorted(before - after))}")
    if after - before:
        parts.append(f"with {', '.join(sorted(after - before))}")
    return "; ".join(parts) if parts else SAME_ROWS


def _beside(main: Pooled, other: Pooled) -> tuple[SensitivityStratum, ...]:
    """One entry per stratum of either analysis, in the main one's order; k = 0 where nothing is left."""
    found = {stratum.label: stratum.pooled for stratum in other.every}
    labels = list(dict.fromkeys([*(stratum.label for stratum in main.every), *found]))
    beside = []
    for label in labels:
        pooled = found.get(label)
        beside.append(
            SensitivityStratum(
                label=label,
                k=0 if pooled is None else pooled.k,
                estimate=None if pooled is None else pooled.estimate,
                ci_low=None if pooled is None else pooled.ci.low,
                ci_high=None if pooled is None else pooled.ci.high,
                tau2=None if pooled is None else pooled.heterogeneity.tau2,
            )
        )
    return tuple(beside)
