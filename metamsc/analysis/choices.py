"""The sensitivity analyses: those every plan gets, those it asks for, and how each is run.

An automatic choice is run only where it can change something: nobody is shown twelve copies of one
estimate.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from metamsc.analysis.result import Sensitivity, SensitivityStratum
from metamsc.analysis.spec import AnalysisSpec
from metamsc.analysis.spec_sensitivity import SensitivityChoice
from metamsc.analysis.strata import Pooled
from metamsc.dataset.risk_of_bias import FLOORS, RANKS
from metamsc.dataset.rows import EffectRow, EffectTable
from metamsc.effects import find_measure
from metamsc.effects.recover_change import GRID_R
from metamsc.errors import SpecError
from metamsc.records.designs import RANDOMISED
from metamsc.vocabulary import Design, Publication, RobJudgement, Setting

Runner = Callable[[AnalysisSpec], tuple[EffectTable, Pooled]]

_RANDOMISED = {
    Setting.CLINICAL: tuple(design for design in Design if design in RANDOMISED),
    Setting.PRECLINICAL: (Design.ANIMAL_RANDOMISED,),
}

_SAME = 1e-9  # two fits of the same numbers differ in the last digits only


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
    if (
        any(item.kind == "unlabelled-spread" for row in rows for item in row.derived)
        or "unlabelled-spread" in left_out
    ):
        found.extend(
            SensitivityChoice(name=f"spread-{reading}", label=label, select={"unlabelled_spread": reading})
            for reading, label in (
                ("exclude", "Rows with an unlabelled ± left out"),
                ("sd", "Unlabelled ± read as SD"),
                ("se", "Unlabelled ± read as SE"),
            )
            if reading != select.unlabelled_spread
        )
    found.extend(_imputation_choices(spec, rows))
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
    found.extend(_risk_of_bias_choices(rows))
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


def _imputation_choices(spec: AnalysisSpec, rows: Sequence[EffectRow]) -> list[SensitivityChoice]:
    """Return other correlations where an SD of change rests on one, and skewed medians left out."""
    derived = [item for row in rows for item in row.derived]
    found: list[SensitivityChoice] = []
    if any(item.kind == "change-sd" and item.imputed for item in derived):
        found.extend(
            SensitivityChoice(
                name=f"correlation-{r:g}".replace(".", "-"),
                label=f"Correlation before–after {r:g} where none is printed",
                select={"correlation": r},
            )
            for r in GRID_R
            if r != spec.select.correlation
        )
    if spec.select.medians == "convert" and any(item.kind == "median" for item in derived):
        found.append(
            SensitivityChoice(
                name="skewed-medians-out",
                label="Medians that look skewed left out",
                select={"medians": "refuse-skewed"},
            )
        )
    return found


def _risk_of_bias_choices(rows: Sequence[EffectRow]) -> list[SensitivityChoice]:
    """Return the floors on the risk of bias that leave some of the judged rows out and keep others."""
    ranks = {RANKS[RobJudgement(row.rob)] for row in rows if row.rob}
    kept = {floor: sum(rank <= highest for rank in ranks) for floor, highest in FLOORS.items()}
    # Of floors that keep the same ranks the strictest says best what they do.
    different = {number: floor for floor, number in reversed(kept.items()) if 0 < number < len(ranks)}
    return [
        SensitivityChoice(
            name=f"risk-of-bias-{floor}",
            label=f"Risk of bias at most {floor.replace('-', ' ')}",
            select={"risk_of_bias": {"at_most": floor}},
        )
        for floor in FLOORS
        if floor in different.values()
    ]


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
    note = _rows_note(main[0].rows, table.rows) if choice.select else ""
    other = "" if table.measure == main[0].measure else table.measure
    return Sensitivity(
        name=choice.name,
        label=choice.label,
        changed=(*_changes("select", choice.select), *_changes("model", choice.model)),
        strata=_beside(main[1], pooled),
        note=note,
        measure=other,
        ratio=bool(other) and find_measure(other).is_ratio,
        unit=table.unit if other == "MD" else "",
    )


def changes_something(item: Sensitivity, main: Pooled) -> bool:
    """Whether a choice gives any other number than the main analysis."""
    if item.note not in ("", SAME_ROWS):
        return True
    pairs = zip(item.strata, _beside(main, main), strict=True)
    return not all(_is_same(one, other) for one, other in pairs)


def _is_same(one: SensitivityStratum, other: SensitivityStratum) -> bool:
    numbers = ("estimate", "ci_low", "ci_high", "tau2")
    if (one.label, one.k) != (other.label, other.k):
        return False
    for a, b in ((getattr(one, name), getattr(other, name)) for name in numbers):
        if (a is None) != (b is None):
            return False
        if a is not None and not math.isclose(a, b, rel_tol=_SAME, abs_tol=_SAME * _width(other)):
            return False
    return True


def _width(stratum: SensitivityStratum) -> float:
    """Return the width of an interval: what "nearly zero" is measured by."""
    return 0.0 if stratum.ci_low is None or stratum.ci_high is None else stratum.ci_high - stratum.ci_low


def _changes(path: str, changes: Mapping[str, Any]) -> Iterator[str]:
    """Write changes as ``path = value``, one for each key at the bottom."""
    for key, value in changes.items():
        if isinstance(value, Mapping):
            yield from _changes(f"{path}.{key}", value)
        else:
            yield f"{path}.{key} = {_as_written(value)}"


def _as_written(value: Any) -> str:
    """Write a value as a plan does."""
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "any"
    return {True: "true", False: "false", None: "none"}[value] if value in (True, False, None) else str(value)


SAME_ROWS = "same rows"


def _rows_note(before: Sequence[EffectRow], after: Sequence[EffectRow]) -> str:
    """Say which rows went, which came, and which are there with another time or kind of number."""
    old, new = ({row.row_id: row for row in rows} for rows in (before, after))
    gone = [row.label for row_id, row in old.items() if row_id not in new]
    come = [row.label for row_id, row in new.items() if row_id not in old]
    moved = [
        f"{row.label} at {row.at}"
        for row_id, row in new.items()
        if row_id in old and old[row_id].at != row.at
    ]
    remade = [
        f"{row.label} ({row.value})"
        for row_id, row in new.items()
        if row_id in old and old[row_id].value != row.value
    ]
    said = (
        ("without", gone),
        ("with", come),
        ("with another time:", moved),
        ("with another kind of number:", remade),
    )
    return "; ".join(f"{word} {', '.join(map(_quoted, names))}" for word, names in said if names) or SAME_ROWS


def _quoted(label: str) -> str:
    """Put a label in quotes where its own comma could be taken for the end of it."""
    return f"“{label}”" if "," in label else label


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
