"""From a record's results to comparisons: which treated arms against which control, or why none.

Knows the rules of the selection about designs, products, controls and reported contrasts; knows
nothing of numbers beyond whether they are there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from metamsc.dataset.selection import NO_CONTROL, Selection
from metamsc.records.model import Arm, Result, Study
from metamsc.records.values import ArmValue, Contrast
from metamsc.vocabulary import ArmRole, Comparator, Publication

OF_BASELINE = frozenset({"c_peptide_percent_baseline"})
"""Outcomes measured in percent of baseline, for which a percent change is a value like any other."""


class Unusable(Exception):  # noqa: N818 - not an error: a reason, turned into an Exclusion
    """A study or result that the plan cannot use; carries the code and the reason."""

    def __init__(self, code: str, reason: str) -> None:
        self.code = code
        self.reason = reason.removesuffix(".")  # messages of other layers are sentences
        super().__init__(reason)

    def of(self, arm: Arm) -> Unusable:
        """Return the same reason, said of one arm."""
        return Unusable(self.code, f"{arm.label or arm.id}: {self.reason}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One comparison that a result offers: treated arms against one control arm."""

    index: int
    """Position of the result in the record."""
    result: Result
    treated: tuple[Arm, ...]
    control: Arm
    value: str
    """"final", "change", "contrast" or "events"."""
    share: int = 1
    """Comparisons among which the control arm is divided."""
    of_baseline: bool = False
    """Whether percent changes are taken as values in percent of baseline."""

    @property
    def dose(self) -> tuple[float, str] | None:
        """Total dose of a single treated arm and its unit; None when not recorded, or arms are combined."""
        cells = self.treated[0].cells
        if len(self.treated) > 1 or cells is None or cells.dose is None or cells.dose.value is None:
            return None
        return cells.dose.value * (cells.infusions or 1), cells.dose.unit


def check_study(study: Study, selection: Selection) -> None:
    """Raise :class:`Unusable` when the plan rules out the study whatever its results are."""
    for leave in selection.exclude:
        if leave.study == study.id:
            raise Unusable("by-plan", leave.reason)
    design = study.study.design
    if selection.designs and design not in selection.designs:
        raise Unusable("design", f"{design.meaning}; the plan takes {', '.join(selection.designs)}")
    if design in NO_CONTROL:
        raise Unusable("design", f"{design.meaning}: its change over time is not a controlled difference")
    if selection.unpublished == "exclude" and study.study.publication is Publication.UNPUBLISHED:
        raise Unusable("unpublished", "unpublished trial, left out by the plan")
    if not any(arm.role in (ArmRole.CONTROL, ArmRole.COMPARATOR) for arm in study.arms):
        raise Unusable("no-control", "the record has no control arm")


def check_result(result: Result, selection: Selection) -> None:
    """Raise :class:`Unusable` when the record or the plan keeps this result out of the pool."""
    wanted = selection.definition
    if wanted is not None and wanted.lower() not in (result.definition or "").lower():
        raise Unusable(
            "definition", f"its definition does not say {wanted!r}: {result.definition or 'none given'}"
        )
    if not result.pool:
        raise Unusable("not-for-pooling", result.note or "kept out by the record")
    if result.subgroup is not None:
        raise Unusable("subgroup", f"only a part of the participants: {result.subgroup}")
    if result.post_hoc and selection.post_hoc == "exclude":
        raise Unusable("post-hoc", result.note or "grouping chosen after the outcome was seen")


def find_offers(study: Study, index: int, selection: Selection) -> tuple[tuple[Comparison, ...], ...]:
    """Return what one result offers under the plan: a group of comparisons for each kind of number.

    A group has several comparisons when treated arms are kept apart. Groups of the kinds that the plan
    likes best come first; kinds that it does not take, last.

    Raises
    ------
    Unusable
        If it offers nothing; says why.
    """
    result = study.results[index]
    check_result(result, selection)
    if result.contrast is not None:
        return ((_reported_contrast(study, index, result.contrast, selection),),)
    values = result.arms or {}
    treated = [arm for arm in study.arms if arm.id in values and arm.role is ArmRole.TREATMENT]
    treated = list(_fitting(treated, selection))
    control = _choose_control(study, values, selection)
    offers = offered_kinds([values[arm.id] for arm in (*treated, control)], result.outcome, selection)
    liked = [kind for kind in selection.values if kind in dict(offers)]
    ordered = sorted(offers, key=lambda kind: liked.index(kind[0]) if kind[0] in liked else len(liked))
    return tuple(
        tuple(
            _arranged(
                Comparison(
                    index=index,
                    result=result,
                    treated=tuple(treated),
                    control=control,
                    value=kind,
                    of_baseline=of_baseline,
                ),
                selection,
            )
        )
        for kind, of_baseline in ordered
    )


def _arranged(whole: Comparison, selection: Selection) -> Iterator[Comparison]:
    """Split a comparison of all treated arms as the plan says."""
    if selection.multi_arm == "combine":
        yield whole
        return
    share = len(whole.treated) if selection.multi_arm == "split-control" else 1
    for arm in whole.treated:
        yield replace(whole, treated=(arm,), share=share)


def offered_kinds(
    values: Sequence[ArmValue], outcome: str, selection: Selection
) -> tuple[tuple[str, bool], ...]:
    """Return "events", "final" or "change" as the arms' values allow, each with whether it is % of baseline.

    Parameters
    ----------
    values : sequence of ArmValue
        Of all arms of the comparison.
    outcome : str
        Id.
    selection : Selection
        Says whether changes may be taken from final values.

    Raises
    ------
    Unusable
        If the arms report kinds that do not go together.
    """
    kinds = {_KIND_OF_CENTRE.get(value.centre or "events", "final") for value in values}
    derived = selection.changes == "derived"
    if kinds == {"percent_change"}:
        if outcome in OF_BASELINE:
            return (("final", True),)
        return (("change", selection.measure == "ROM"),)
    if len(kinds) == 1:
        (kind,) = kinds
        return (("final", False), ("change", False)) if kind == "final" and derived else ((kind, False),)
    if "events" in kinds or ("final" in kinds and not derived) or outcome in OF_BASELINE:
        raise Unusable("measure", f"arms report different kinds of numbers ({', '.join(sorted(kinds))})")
    return (("change", False),)


_KIND_OF_CENTRE = {"events": "events", "change": "change", "percent_change": "percent_change"}
"""Every other centre is a value at a time."""


def _fitting(treated: list[Arm], selection: Selection) -> tuple[Arm, ...]:
    """Treated arms that the plan takes; the reason of the last refusal when there are none."""
    if not treated:
        raise Unusable("no-value", "no value of a treated arm")
    kept, refusal = [], None
    for arm in treated:
        try:
            check_treatment(arm, selection)
        except Unusable as reason:
            refusal = reason
        else:
            kept.append(arm)
    if refusal is not None and not kept:
        raise refusal
    return tuple(kept)


def check_treatment(arm: Arm, selection: Selection) -> None:
    """Raise :class:`Unusable` when the product of a treated arm is not what the plan asks for."""
    rule, cells = selection.treatment, arm.cells
    if cells is None:
        raise Unusable("not-msc", f"arm {arm.id} got no cell product")
    if rule.msc == "only" and not cells.msc:
        raise Unusable("not-msc", f"not an MSC product ({cells.product.meaning.removeprefix('not MSC: ')})")
    if rule.msc == "none" and cells.msc:
        raise Unusable("not-msc", "an MSC product, and the plan asks for the contrast products")
    for name, allowed in (("product", rule.products), ("source", rule.sources), ("donor", rule.donors)):
        word = getattr(cells, name)
        if allowed and word not in allowed:
            raise Unusable("not-msc", f"{name} {word.value}; the plan takes {', '.join(allowed)}")
    if rule.co_interventions == "exclude" and cells.co_intervention is not None:
        raise Unusable("co-intervention", f"treated arm also got {cells.co_intervention}")


def _choose_control(study: Study, values: Mapping[str, ArmValue], selection: Selection) -> Arm:
    """Return the control arm with a value that the plan likes best; the first listed of equals."""
    controls = [arm for arm in study.arms if arm.role in (ArmRole.CONTROL, ArmRole.COMPARATOR)]
    allowed = [arm for arm in controls if _is_control(arm, selection)]
    ranked = sorted(
        allowed, key=lambda arm: selection.control.index(_received(arm) or Comparator.NOT_REPORTED)
    )
    for arm in ranked:
        if arm.id in values:
            return arm
    if allowed:
        raise Unusable("no-value", f"no value of the control arm {' or '.join(arm.id for arm in allowed)}")
    raise Unusable("no-control", f"the plan does not allow its control: {_listed(controls)}")


def _listed(controls: list[Arm]) -> str:
    return ", ".join(f"{arm.id} ({(_received(arm) or Comparator.NOT_REPORTED).meaning})" for arm in controls)


def _received(arm: Arm) -> Comparator | None:
    """Return what a control got; a comparator arm that lists cells and nothing else got other cells."""
    if arm.comparator is None and arm.cells is not None:
        return Comparator.OTHER_CELLS
    return arm.comparator


def _is_control(arm: Arm, selection: Selection) -> bool:
    return arm.role in (ArmRole.CONTROL, ArmRole.COMPARATOR) and _received(arm) in selection.control


def _reported_contrast(study: Study, index: int, contrast: Contrast, selection: Selection) -> Comparison:
    arms = {arm.id: arm for arm in study.arms}
    treated, control = arms[contrast.treatment], arms[contrast.control]
    if treated.role is not ArmRole.TREATMENT:
        raise Unusable("not-msc", f"the contrast's treated side {treated.id} is a {treated.role.value} arm")
    check_treatment(treated, selection)
    if not _is_control(control, selection):
        raise Unusable("no-control", f"the plan does not allow its control: {_listed([control])}")
    return Comparison(
        index=index, result=study.results[index], treated=(treated,), control=control, value="contrast"
    )
