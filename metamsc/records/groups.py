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
    complication: Annotated[Complication, _Loose] | None = None
    disease_duration: Characteristic | None = None
    age: Characteristic | None = None
    bmi: Characteristic | None = None
    body_weight: Characteristic | None = None
    n_female: Count | None = None
    description: Text | None = None
    """Eligibility in a sentence, as printed."""


class InductionDetail(Part):
    """How diabetes was induced."""

    agent: Annotated[Induction, _Loose]
    dose: Quantity | None = None
    schedule: Text | None = None
    """'once', 'daily on days 1-5', as printed."""
    confirmed_by: Text | None = None
    """Glucose threshold that made an animal count as diabetic."""


class AnimalModel(Part):
    """The animal model of a preclinical study."""

    species: Annotated[Species, _Loose]
    strain: Text | None = None
    sex: Annotated[Sex, _Loose] = Sex.NOT_REPORTED
    induction: InductionDetail
    models_type: Annotated[DiabetesType, _Loose]
    """Type of human diabetes that the model stands for."""
    complication: Annotated[Complication, _Loose] | None = None
    body_weight: Characteristic | None = None
    """At the time of the treatment."""
    immunodeficient: bool | None = None
    """Whether the strain cannot reject human cells."""
    note: Text | None = None


class Cells(Part):
    """The cell or cell-derived product of an arm."""

    product: Annotated[Product, _Loose] = Product.CELLS
    source: Annotated[MscSource, _Loose]
    donor: Annotated[Donor, _Loose] = Donor.NOT_REPORTED
    donor_species: Text | None = None
    """Where it is not the recipient's."""
    msc: bool = True
    """False for a product that is not MSC: kept as a contrast, outside MSC analyses by default."""
    name: Text | None = None
    """Trade or working name: 'rexlemestrocel-L'."""
    dose: Quantity | None = None
    """Per infusion."""
    infusions: Annotated[int, Field(ge=1)] | None = None
    schedule: Text | None = None
    """Interval between infusions, as printed."""
    route: Annotated[Route, _Loose] = Route.NOT_REPORTED
    route_detail: Text | None = None
    co_intervention: Text | None = None
    """Given besides the cells and not to the control arm: a moderator, not a footnote."""
    note: Text | None = None

    @model_validator(mode="after")
    def _msc_fits_product(self) -> Cells:
        if self.msc and self.product in NOT_MSC:
            raise ValueError(f"product {self.product.value!r} is not MSC: write `msc: false`")
        return self


class Arm(Part):
    """One group of participants or animals."""

    id: Key
    label: Text | None = None
    """Name in tables; the id when left out."""
    role: Annotated[ArmRole, _Loose]
    n_randomised: Count | None = None
    """Participants randomised or allocated."""
    cells: Cells | None = None
    """Needed in treatment arms."""
    comparator: Annotated[Comparator, _Loose] | None = None
    """Needed in control and comparator arms without cells."""
    comparator_detail: Text | None = None
    background: Text | None = None
    """Therapy that this arm and its control both got."""
    age: Characteristic | None = None
    disease_duration: Characteristic | None = None
    bmi: Characteristic | None = None
    body_weight: Characteristic | None = None
    n_female: Count | None = None
    note: Text | None = None

    @model_validator(mode="after")
    def _says_what_was_given(self) -> Arm:
        if self.role is ArmRole.TREATMENT and self.cells is None:
            raise ValueError("a treatment arm needs `cells`")
        if self.role is ArmRole.CONTROL and self.comparator is None:
            raise ValueError("a control arm needs `comparator` (placebo, standard-care, vehicle, ...)")
        return self
