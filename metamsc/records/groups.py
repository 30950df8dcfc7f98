"""Who took part and what each group got: population or animal model, arms, cells."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from metamsc.records.parts import Count, Key, Part, Text
from metamsc.records.values import Characteristic, Quantity
from metamsc.vocabulary import (
    NOT_MSC,
    ArmRole,
    Comparator,
    Complication,
    DiabetesType,
    Donor,
    Induction,
    MscSource,
    Product,
    Route,
    Sex,
    Species,
)

_Loose = Field(strict=False)


class Population(Part):
    """Who took part in a clinical study."""

    diabetes_type: Annotated[DiabetesType, _Loose]
    """Type of diabetes of the participants."""
    complication: Annotated[Complication, _Loose] | None = None
    """Complication that made participants eligible."""
    disease_duration: Characteristic | None = None
    """Time since diagnosis, over all groups."""
    age: Characteristic | None = None
    """Age, over all groups."""
    bmi: Characteristic | None = None
    """Body mass index, over all groups."""
    body_weight: Characteristic | None = None
    """Body weight, over all groups."""
    n_female: Count | None = None
    """Women, over all groups."""
    description: Text | None = None
    """Eligibility in a sentence, as printed."""


class InductionDetail(Part):
    """How diabetes was induced."""

    agent: Annotated[Induction, _Loose]
    """What made the animals diabetic."""
    dose: Quantity | None = None
    """Dose of the agent, as printed."""
    schedule: Text | None = None
    """'once', 'daily on days 1-5', as printed."""
    confirmed_by: Text | None = None
    """Glucose threshold that made an animal count as diabetic."""


class AnimalModel(Part):
    """The animal model of a preclinical study."""

    species: Annotated[Species, _Loose]
    """Species of the animals."""
    strain: Text | None = None
    """Strain, as printed: Wistar, C57BL/6."""
    sex: Annotated[Sex, _Loose] = Sex.NOT_REPORTED
    """Sex of the animals, as printed."""
    induction: InductionDetail
    """How diabetes was induced in the animals."""
    models_type: Annotated[DiabetesType, _Loose]
    """Type of human diabetes that the model stands for."""
    complication: Annotated[Complication, _Loose] | None = None
    """Complication that was studied."""
    body_weight: Characteristic | None = None
    """At the time of the treatment."""
    immunodeficient: bool | None = None
    """Whether the strain cannot reject human cells."""
    note: Text | None = None
    """What else there is to know of the animals."""


class Cells(Part):
    """The cell or cell-derived product of an arm."""

    product: Annotated[Product, _Loose] = Product.CELLS
    """What was given."""
    source: Annotated[MscSource, _Loose]
    """Tissue that the cells were taken from."""
    donor: Annotated[Donor, _Loose] = Donor.NOT_REPORTED
    """Whose cells they were."""
    donor_species: Text | None = None
    """Where it is not the recipient's."""
    msc: bool = True
    """False for a product that is not MSC: kept as a contrast, outside MSC analyses by default."""
    name: Text | None = None
    """Trade or working name: 'rexlemestrocel-L'."""
    dose: Quantity | None = None
    """Per infusion."""
    infusions: Annotated[int, Field(ge=1)] | None = None
    """How many times cells were given."""
    schedule: Text | None = None
    """Interval between infusions, as printed."""
    route: Annotated[Route, _Loose] = Route.NOT_REPORTED
    """Way of delivery of the cells."""
    route_detail: Text | None = None
    """The way in the paper's words."""
    co_intervention: Text | None = None
    """Given besides the cells and not to the control arm: a moderator, not a footnote."""
    note: Text | None = None
    """What else there is to know of the cells."""

    @model_validator(mode="after")
    def _msc_fits_product(self) -> Cells:
        if self.msc and self.product in NOT_MSC:
            raise ValueError(f"product {self.product.value!r} is not MSC: write `msc: false`")
        return self


class Arm(Part):
    """One group of participants or animals."""

    id: Key
    """Short name of your own, by which results call the arm: msc, control."""
    label: Text | None = None
    """Name in tables; the id when left out."""
    role: Annotated[ArmRole, _Loose]
    """What the arm is for in a comparison."""
    n_randomised: Count | None = None
    """Participants randomised or allocated."""
    cells: Cells | None = None
    """Needed in treatment arms."""
    comparator: Annotated[Comparator, _Loose] | None = None
    """Needed in control and comparator arms without cells."""
    comparator_detail: Text | None = None
    """What the arm got, in the paper's words."""
    background: Text | None = None
    """Therapy that this arm and its control both got."""
    age: Characteristic | None = None
    """Age in this arm."""
    disease_duration: Characteristic | None = None
    """Time since diagnosis in this arm."""
    bmi: Characteristic | None = None
    """Body mass index in this arm."""
    body_weight: Characteristic | None = None
    """Body weight in this arm."""
    n_female: Count | None = None
    """Women, or female animals, in this arm."""
    note: Text | None = None
    """What else there is to know of the arm."""

    @model_validator(mode="after")
    def _says_what_was_given(self) -> Arm:
        if self.role is ArmRole.TREATMENT and self.cells is None:
            raise ValueError("a treatment arm needs `cells`")
        if self.role is ArmRole.CONTROL and self.comparator is None:
            raise ValueError("a control arm needs `comparator` (placebo, standard-care, vehicle, ...)")
        return self
