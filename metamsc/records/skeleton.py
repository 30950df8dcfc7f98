"""The text of a new record: the fields its design needs, what may be added as comments, and a list of to-dos.

A line that begins with ``# `` and a key is an example: without its ``# `` it is part of the record. Each
number to fill in there says TODO, which `metamsc check` refuses: no invented number can stay by mistake.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from metamsc.errors import check_option
from metamsc.records.designs import ACTIVE, ANIMAL, SINGLE_ARM
from metamsc.records.rob_tools import tool_for
from metamsc.records.todo import TODO
from metamsc.vocabulary import (
    Comparator,
    Design,
    DiabetesType,
    Induction,
    MscSource,
    Route,
    Species,
    Vocabulary,
)

PRINTED = {
    "means": "means (or medians) with an SD, SE or interval for each group",
    "counts": "numbers of people or animals with an event in each group",
    "contrast": "only the comparison: a difference or ratio with its interval or P",
}
"""How a report prints its main results -> in words."""


@dataclass(frozen=True, slots=True)
class Group:
    """One arm of a new record."""

    id: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What decides which fields a new record has.

    Attributes
    ----------
    design : Design
    treated : int
        Groups that got cells.
    healthy : bool
        Whether there is a group without diabetes.
    printed : str
        A key of :data:`PRINTED`.
    """

    design: Design
    treated: int = 1
    healthy: bool = False
    printed: str = "means"
    groups: tuple[Group, ...] = field(init=False)

    def __post_init__(self) -> None:
        check_option("printed", self.printed, PRINTED)
        object.__setattr__(self, "groups", tuple(self._groups()))

    def _groups(self) -> Iterator[Group]:
        treated = max(self.treated, 2 if self.design in ACTIVE else 1)
        for number in range(1, treated + 1):
            yield Group("msc" if number == 1 else f"msc-{number}", "treatment")
        if self.design not in SINGLE_ARM and self.design not in ACTIVE:
            yield Group("control", "control")
        if self.healthy:
            yield Group("healthy", "healthy")

    @property
    def animal(self) -> bool:
        """Whether it is an animal study."""
        return self.design in ANIMAL


def quote(text: str) -> str:
    """Return a text as YAML reads it back, whatever it holds."""
    return json.dumps(text, ensure_ascii=False)


def study_lines(shape: Shape) -> Iterator[str]:
    """Yield what may be added to `study`, below its label, title and year."""
    yield f"  # authors: [{TODO} family name and initials, ...]"
    yield f"  # journal: {TODO}"
    if not shape.animal:
        yield f"  # registration: [{TODO} NCT01374854]"
    yield "  # countries: [TODO two letters, CN]"
    if not shape.animal:
        yield f"  # blinding: {TODO} open"
    yield f"  # follow_up: {TODO} 12 months"


def about_lines(shape: Shape) -> Iterator[str]:
    """Yield `population` of a clinical record, `model` of a preclinical one."""
    if not shape.animal:
        yield "population:"
        yield _word("  diabetes_type", DiabetesType.UNSPECIFIED)
        yield f"  # age: {_summary('years')}"
        yield f"  # disease_duration: {_summary('years')}"
        return
    yield "model:"
    yield _word("  species", Species.NOT_REPORTED)
    yield f"  # strain: {TODO} Wistar"
    yield "  sex: not-reported               # male, female, both"
    yield "  induction:"
    yield _word("    agent", Induction.NOT_REPORTED)
    yield "    # dose: {value: TODO, unit: mg/kg}"
    yield f"    # confirmed_by: {TODO} glucose above 16.7 mmol/L"
    yield _word("  models_type", DiabetesType.UNSPECIFIED)


def _summary(unit: str) -> str:
    return f"{{mean: {TODO}, sd: {TODO}, n: {TODO}, unit: {unit}}}"


def _word(key: str, unknown: Vocabulary) -> str:
    """Write the word for "not said", and the first of the others beside it."""
    others = [word.value for word in type(unknown) if word is not unknown][:5]
    return f"{key}: {unknown.value}".ljust(32) + f"  # {', '.join(others)}, ..."


def arm_lines(shape: Shape) -> Iterator[str]:
    """Yield `arms`: the groups of the design, with their fields."""
    yield "arms:"
    for group in shape.groups:
        yield f"  - id: {group.id}"
        yield f"    role: {group.role}"
        yield f"    # label: {TODO} name in tables"
        yield (
            f"    # n_randomised: {TODO}"
            if not shape.animal
            else f"    # n_randomised: {TODO} animals allocated"
        )
        if group.role == "treatment":
            yield "    cells:"
            yield "      product: cells              # exosomes, insulin-producing-cells, ..."
            yield _word("      source", MscSource.NOT_REPORTED)
            yield "      donor: not-reported         # autologous, allogeneic, xenogeneic"
            yield _word("      route", Route.NOT_REPORTED)
            yield "      # dose: {value: TODO 1.0e6, unit: cells/kg}"
            yield f"      # infusions: {TODO}"
        elif group.role == "control":
            yield _word("    comparator", Comparator.NOT_REPORTED)


def result_lines(shape: Shape) -> Iterator[str]:
    """Yield `results` as an example to uncomment: as the report prints them, for each group."""
    yield "## Results: take the '# ' away from each line, write the numbers as printed, and repeat the entry"
    yield "## for each outcome and time. Ids of outcomes: docs/outcomes.md. What has no number is missing."
    for line in _advice(shape):
        yield f"## {line}"
    yield "# results:"
    for line in _rows(shape):
        yield f"# {line}"
    yield "# missing_results:"
    yield f"#   - {{outcome: c_peptide, kind: figure-only, reason: {TODO} where it stands}}"
    for line in _risk_of_bias(shape):
        yield f"# {line}"


def _advice(shape: Shape) -> Iterator[str]:
    if shape.design is Design.RCT_CROSSOVER:
        yield "Crossover: give the first period alone where it is printed, else the paired comparison as"
        yield "`contrast`; n counts people, not periods."
    if shape.design is Design.RCT_WITHIN_PERSON:
        yield "Within persons: `unit_of_analysis` says what n counts: limbs, wounds or eyes."
    if shape.design in SINGLE_ARM:
        yield "One group: give baseline and follow-up, or the change."
    if shape.printed != "contrast":
        yield "A ± that the paper does not explain: spread: {value: 1.0, kind: unlabelled}. An SE stays `se`."


def _risk_of_bias(shape: Shape) -> Iterator[str]:
    """Yield a judgement to fill in: every domain of the tool that the design needs."""
    scheme = tool_for(shape.design)
    yield f"risk_of_bias:  # {scheme.title}: {' | '.join(scheme.levels)}"
    yield f"  - tool: {scheme.tool}"
    yield f"    outcome: {_outcome(shape)}"
    if scheme.has_overall:
        yield f"    overall: {TODO}"
    yield f"    assessed_by: {TODO}"
    yield "    domains:"
    for domain in scheme.domains:
        yield f"      - {{domain: {domain.name}, judgement: {TODO}, support: {TODO} what it rests on}}"


def _outcome(shape: Shape) -> str:
    if shape.animal:
        return "death" if shape.printed == "counts" else "blood_glucose"
    if shape.printed == "counts":
        return "ulcer_healing" if shape.design is Design.RCT_WITHIN_PERSON else "insulin_independence"
    return "hba1c"


def _rows(shape: Shape) -> Iterator[str]:
    at = f"{TODO} 4 weeks" if shape.animal else f"{TODO} 12 months"
    times = ("baseline", at) if shape.design in SINGLE_ARM and shape.printed == "means" else (at,)
    for time in times:
        yield f"  - outcome: {_outcome(shape)}"
        if shape.printed != "counts":
            yield f"    unit: {TODO} as printed"
        yield f"    at: {time}"
        yield "    source: abstract"
        if shape.design is Design.RCT_WITHIN_PERSON:
            yield "    unit_of_analysis: limbs"
        if shape.printed == "contrast" and len(shape.groups) > 1:
            yield from _contrast(shape.groups)
        else:
            numbers = "events" if shape.printed == "counts" else "mean: TODO, sd"
            yield "    arms:"
            for group in shape.groups:
                yield f"      {group.id}: {{n: {TODO}, {numbers}: {TODO}}}"


def _contrast(groups: Sequence[Group]) -> Iterator[str]:
    yield "    contrast:"
    control = next((group for group in groups if group.role == "control"), groups[1])
    yield f"      treatment: {groups[0].id}"
    yield f"      control: {control.id}"
    yield f"      difference: {TODO}            # treated minus control; a ratio: measure: HR and ratio:"
    yield f"      ci: [{TODO}, {TODO}]"
    yield f"      # p: {TODO}"
    yield f"      # adjusted_for: {TODO}"


def todo_lines(shape: Shape) -> Iterator[str]:
    """Yield `to_confirm`: one entry for each thing that stands as "not said" and has to be looked up."""
    yield "to_confirm:  # delete each line once it is done, and with the last one this line"
    if shape.animal:
        tasks = {"model": "species, sex, how diabetes was induced, which type it stands for"}
    else:
        tasks = {"population.diabetes_type": "T1D, T2D, ..., or leave unspecified if the text does not say"}
    for group in shape.groups:
        if group.role == "treatment":
            tasks[f"arms.{group.id}.cells"] = "product, source, donor, route, and dose as printed"
        elif group.role == "control":
            tasks[f"arms.{group.id}.comparator"] = "what the control group got"
    for path, task in tasks.items():
        yield f"  - {{field: {path}, reason: {quote(f'{TODO} {task}')}}}"
