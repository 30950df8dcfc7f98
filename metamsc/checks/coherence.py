"""Coherence: design, arms, tools, times and animal models of one record go together."""

from __future__ import annotations

import re
from collections.abc import Iterator

from metamsc.checks.rule import Finding
from metamsc.outcomes.catalogue import catalogue
from metamsc.records.designs import ACTIVE, ANIMAL, SINGLE_ARM
from metamsc.records.model import Result, Study
from metamsc.records.positions import Path
from metamsc.records.rob_tools import tool_for
from metamsc.records.values import parse_days
from metamsc.vocabulary import (
    ArmRole,
    ContrastMeasure,
    DiabetesType,
    ExtractionStatus,
    Induction,
    RobTool,
    Setting,
    Species,
)

FOLLOW_UP_SLACK = 1.05
"""A year is 12 months, 52 weeks or 360 days in different papers: 1.5 % apart, and visits have windows."""


def check_values_fit_outcome(study: Study) -> Iterator[Finding]:
    """Check that events have counts and measurements have means."""
    for index, result in enumerate(study.results):
        outcome = catalogue().outcomes.get(result.outcome)
        if outcome is None:
            continue
        for arm, value in (result.arms or {}).items():
            path: Path = ("results", index, "arms", arm)
            if outcome.kind == "event" and value.centre is not None:
                yield Finding(path, f"{outcome.id!r} is counted; got {value.centre}", "give `events` and `n`")
            if outcome.kind == "continuous" and value.centre is None:
                hint = "give `mean`, `change`, `percent_change` or `median`, or another outcome"
                yield Finding(path, f"{outcome.id!r} is measured; got a count", hint)
        yield from _check_contrast_measure(index, result, outcome.kind, outcome.quantity_id == "time")


def _check_contrast_measure(index: int, result: Result, kind: str, is_time: bool) -> Iterator[Finding]:
    if result.contrast is None or kind == "event":
        return
    measure = result.contrast.measure
    if measure is ContrastMeasure.DIFFERENCE or (is_time and measure is ContrastMeasure.HAZARD_RATIO):
        return
    path: Path = ("results", index, "contrast", "measure")
    yield Finding(
        path, f"{result.outcome!r} is measured; got a contrast of {measure.value}", "give `difference`"
    )


def check_contrast_roles(study: Study) -> Iterator[Finding]:
    """Check that a contrast compares a treatment arm with a control or comparator."""
    roles = {arm.id: arm.role for arm in study.arms}
    compared = {ArmRole.CONTROL, ArmRole.COMPARATOR}
    if study.study.design in ACTIVE:
        compared.add(ArmRole.TREATMENT)
    for index, result in enumerate(study.results):
        if result.contrast is None:
            continue
        treatment, control = roles.get(result.contrast.treatment), roles.get(result.contrast.control)
        path: Path = ("results", index, "contrast")
        if treatment is not None and treatment is not ArmRole.TREATMENT:
            message = (
                f"the treatment of this contrast, {result.contrast.treatment!r}, is a {treatment.value} arm"
            )
            yield Finding((*path, "treatment"), message, "are the two arms exchanged?")
        if control is not None and control not in compared:
            message = f"the control of this contrast, {result.contrast.control!r}, is a {control.value} arm"
            yield Finding((*path, "control"), message, "are the two arms exchanged?")


def check_design_fits_arms(study: Study) -> Iterator[Finding]:
    """Check that single-arm designs have no control arm; controlled ones have one."""
    design = study.study.design
    roles = [arm.role for arm in study.arms]
    controls = [role for role in roles if role in (ArmRole.CONTROL, ArmRole.COMPARATOR)]
    path: Path = ("study", "design")
    if ArmRole.TREATMENT not in roles:
        yield Finding(
            ("arms",), "no arm has the role 'treatment'", "one arm received the cells or their product"
        )
    if design in SINGLE_ARM and controls:
        message = f"the design is {design.value!r}, and the record has a {controls[0].value} arm"
        yield Finding(path, message, "choose a controlled design, or take the arm out")
    if design not in SINGLE_ARM and design not in ACTIVE and not controls:
        message = f"the design is {design.value!r}, and no arm is a control or comparator"
        yield Finding(path, message, "add the arm, or choose a single-arm design")
    if design in ACTIVE and len(study.arms) < 2:
        yield Finding(path, f"the design is {design.value!r}, and there is one arm", "add the other arm")


def check_design_fits_setting(study: Study) -> Iterator[Finding]:
    """Check that animal designs belong to animals."""
    design, setting = study.study.design, study.study.setting
    if (design in ANIMAL) != (setting is Setting.PRECLINICAL):
        message = f"the design {design.value!r} does not belong to a {setting.value} study"
        yield Finding(("study", "design"), message, "designs of animal studies begin with 'animal-'")


def check_rob_tool(study: Study) -> Iterator[Finding]:
    """Check that the tool is RoB 2 for trials, ROBINS-I for other clinical studies, SYRCLE for animals."""
    design = study.study.design
    fitting = RobTool(tool_for(design).tool)
    for index, entry in enumerate(study.risk_of_bias):
        if entry.tool is not fitting:
            message = f"the tool {entry.tool.value!r} does not fit the design {design.value!r}"
            yield Finding(("risk_of_bias", index, "tool"), message, f"use {fitting.value!r}")


def check_time_within_follow_up(study: Study) -> Iterator[Finding]:
    """Check that no result is later than the end of follow-up."""
    end = parse_days(study.study.follow_up) if study.study.follow_up is not None else None
    if end is None:
        return
    for index, result in enumerate(study.results):
        days = parse_days(result.at)
        if days is not None and days > end * FOLLOW_UP_SLACK:
            message = f"the result is at {result.at}; follow-up ends at {study.study.follow_up}"
            yield Finding(("results", index, "at"), message, "correct the time, or `study.follow_up`")


TYPE_OF_STRAIN: tuple[tuple[str, DiabetesType], ...] = (
    (r"db/db|ob/ob|kk-?ay|goto-?kakizaki|\bgk\b|\bzdf\b|zucker diabetic|\boletf\b", DiabetesType.T2D),
    (r"\bakita\b|\bbb(?:dp)?\b rat|\bbbdp\b|ins2", DiabetesType.T1D),
)
_AUTOIMMUNE = frozenset({Induction.SPONTANEOUS, Induction.ADOPTIVE_TRANSFER})


def check_model_fits_type(study: Study) -> Iterator[Finding]:
    """Check that the animal model stands for the type it is known for: db/db and GK type 2, NOD type 1."""
    model = study.model
    if model is None or model.strain is None:
        return
    strain = model.strain.lower()
    expected = next((kind for pattern, kind in TYPE_OF_STRAIN if re.search(pattern, strain)), None)
    if re.search(r"\bnod\b", strain) and model.induction.agent in _AUTOIMMUNE:
        expected = DiabetesType.T1D
    if expected is not None and model.models_type not in (expected, DiabetesType.UNSPECIFIED):
        message = f"{model.strain!r} is a model of {expected.value}; got {model.models_type.value}"
        yield Finding(("model", "models_type"), message, f"write `models_type: {expected.value}`")


_SPECIES_OF_STRAIN: tuple[tuple[str, Species], ...] = (
    (
        r"c57bl|balb|\bnod\b|db/db|ob/ob|\bicr\b|\bcd-?1\b|\bkk-?ay|\bfvb|\bakita|\bnsg\b|kunming",
        Species.MOUSE,
    ),
    (r"wistar|sprague|goto-?kakizaki|zucker|\bzdf\b|\blewis\b|f344|fischer|long.?evans|oletf", Species.RAT),
    (r"beagle", Species.DOG),
    (r"new zealand white", Species.RABBIT),
    (r"mini-?pig|yorkshire pig|landrace", Species.PIG),
    (r"macaque|rhesus|cynomolgus", Species.PRIMATE),
)


def check_strain_fits_species(study: Study) -> Iterator[Finding]:
    """Check that Wistar and Sprague-Dawley are rats; C57BL/6, BALB/c, NOD and db/db are mice."""
    model = study.model
    if model is None or model.strain is None:
        return
    strain = model.strain.lower()
    found = {species for pattern, species in _SPECIES_OF_STRAIN if re.search(pattern, strain)}
    if found and model.species not in found and model.species is not Species.NOT_REPORTED:
        names = " or ".join(sorted(species.value for species in found))
        message = f"{model.strain!r} is a strain of the {names}; the species is {model.species.value!r}"
        yield Finding(("model", "strain"), message, "correct `species` or `strain`")


def check_status_has_checker(study: Study) -> Iterator[Finding]:
    """Check that a record extracted twice names the second extractor."""
    extraction = study.extraction
    if extraction.status is not ExtractionStatus.SINGLE and extraction.checked_by is None:
        message = f"the status is {extraction.status.value!r}, and `checked_by` is missing"
        yield Finding(("extraction", "status"), message, "name who checked it, or write `status: single`")


_REGISTRIES = re.compile(
    r"NCT\d{8}|ISRCTN\d{8}|ChiCTR[-A-Z]*\d{8,10}|ACTRN\d{14}p?|IRCT\w{10,20}(?:N\d+)?|(?:JPRN-)?UMIN\d{9}"
    r"|(?:JPRN-)?jRCTs?\w{9,11}|KCT\d{7}|CTRI/\d{4}/\d{2,3}/\d{6}|DRKS\d{8}|NTR\d{3,4}|NL\d{3,5}|TCTR\d{11}"
    r"|RBR-\w{6,7}|RPCEC\d{8}|SLCTR/\d{4}/\d{3}|PACTR\d{15,16}"
    r"|(?:EUCTR|EudraCT )?\d{4}-\d{6}-\d{2}(?:-\w{2})?|CRD\d{11}"
)


def check_registration_form(study: Study) -> Iterator[Finding]:
    """Check that registry numbers have the form of their registry."""
    for index, number in enumerate(study.study.registration):
        if not _REGISTRIES.fullmatch(number):
            hint = "one number an entry, nothing else: NCT01374854, ChiCTR2200055885, 2013-001234-12"
            yield Finding(
                ("study", "registration", index), f"{number[:60]!r} has not the form of a registry", hint
            )


_NOT_ISO = {"UK": "GB", "EL": "GR", "EN": "GB"}


def check_country_codes(study: Study) -> Iterator[Finding]:
    """Check that countries are ISO 3166 codes; the usual slips are known."""
    for index, code in enumerate(study.study.countries):
        if code in _NOT_ISO:
            message = f"{code!r} is not the ISO 3166 code of a country"
            yield Finding(("study", "countries", index), message, f"write {_NOT_ISO[code]}")
