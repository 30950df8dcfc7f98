"""What a record says about itself in several places: years, identifiers, titles, notes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from metamsc.checks.coherence import TYPE_OF_STRAIN
from metamsc.checks.rows import rows
from metamsc.checks.rule import Finding
from metamsc.records.model import AnimalModel, Study
from metamsc.records.positions import Path
from metamsc.records.todo import is_todo
from metamsc.vocabulary import DiabetesType, Induction

FIRST_YEAR = 1999
"""Multipotent stromal cells of human marrow were described in 1999 (Pittenger, Science 284:143-147)."""


def check_years(study: Study) -> Iterator[Finding]:
    """Check that the study is no later than its extraction, and no earlier than the cells it used."""
    year, extracted = study.study.year, study.extraction.date
    if year is None:
        return
    hint = "correct `study.year` or `extraction.date`"
    if year > int(extracted[:4]):
        message = f"the study is of {year}, and was extracted on {extracted}"
        yield Finding(("study", "year"), message, hint)
    if year < FIRST_YEAR:
        message = f"the study is of {year}; MSC were first described in {FIRST_YEAR}"
        yield Finding(("study", "year"), message, "correct `study.year`")


_UNLABELLED = re.compile(
    r"unlabel|not label|(does|do) not say (what|whether) (the )?±|± (is )?not (explained|said|stated)"
    r"|sd or sem?\b|sem? or sd\b|\bsd\?|\bsem?\?"
    r"|\b(sd|sem?|standard (deviation|error)) is (plausible|likely|probable|assumed|taken)"
    r"|(plausibl|likel|presumabl|probabl|assumed|taken)\w*( to be| as)? (an? |the )?(sd|sem?)\b",
    re.IGNORECASE,
)


def check_unlabelled_spread(study: Study) -> Iterator[Finding]:
    """Check that a ± which the text does not label is not written as an SD or SE."""
    for row in rows(study):
        arms = row.result.arms or {}
        loose = [arm for arm, value in arms.items() if value.spread is not None]
        for arm, value in arms.items():
            label = "sd" if value.sd is not None else "se" if value.se is not None else None
            if label is None:
                continue
            number = getattr(value, label)
            told = next((n for n in (value.note, row.result.note) if n and _UNLABELLED.search(n)), None)
            hint = f"write `spread: {{value: {number:g}, kind: unlabelled}}`"
            if told is not None:
                yield Finding(row.arm_path(arm, label), f"the note says {told[:60]!r}", hint)
            elif loose and len(row.result.source) == 1:
                message = f"an {label.upper()}; of {loose[0]!r} the ± is unlabelled, in one source"
                yield Finding(row.arm_path(arm, label), message, hint)


LARGEST_PMID = 60_000_000
"""PubMed counts upwards, some 1.5 million a year: 40.5 million in the summer of 2025."""

_ADDRESS = re.compile(
    r"https?://[^\s/]+\.[^\s/]+(/\S*)?|doi:10\.\d{4,9}/\S+|PMC\d+|github:[\w.-]+/[\w.-]+(@\S*)?"
)


def check_addresses(study: Study) -> Iterator[Finding]:
    """Check that a DOI has nothing after it, and that addresses of sources can be followed."""
    doi = study.study.doi
    if doi is not None and (doi[-1] in ".,;:'\"" or doi.count(")") > doi.count("(")):
        yield Finding(
            ("study", "doi"), f"the DOI {doi!r} ends with {doi[-1]!r}", "a sign of the text around it?"
        )
    pmid = study.study.pmid
    if pmid is not None and int(pmid) > LARGEST_PMID:
        message = f"the PMID {pmid} is higher than any so far (about 41 million in 2025)"
        yield Finding(("study", "pmid"), message, "a digit too many, or a PMC id?")
    for key, source in study.sources.items():
        if source.url is not None and not is_todo(source.url) and not _ADDRESS.fullmatch(source.url):
            path: Path = ("sources", key, "url")
            message = f"{source.url[:60]!r} is no address"
            yield Finding(path, message, "write https://... as the browser shows it, doi:10...., or a PMC id")


_TYPE_1 = re.compile(r"type[\s-]*(1|i)(?![\w-])|\bt1dm?\b|insulin[- ]dependent|1\s*型|I\s*型", re.IGNORECASE)
_TYPE_2 = re.compile(
    r"type[\s-]*(2|ii)(?![\w-])|\bt2dm?\b|non[- ]insulin[- ]dependent|2\s*型|II\s*型", re.IGNORECASE
)


def check_title_type(study: Study) -> Iterator[Finding]:
    """Check that the type of diabetes is not the one that the title does not name."""
    title = study.study.title
    second = bool(_TYPE_2.search(title))
    first = bool(_TYPE_1.search(re.sub(_TYPE_2, "", title)))
    if first == second:
        return
    named, other = (DiabetesType.T1D, DiabetesType.T2D) if first else (DiabetesType.T2D, DiabetesType.T1D)
    if study.diabetes_type is other:
        path: Path = ("population", "diabetes_type") if study.population else ("model", "models_type")
        message = f"the title speaks of {named.value}; the record says {other.value}"
        yield Finding(path, message, f"write `{path[-1]}: {named.value}`, or correct the title")


_STANDS_FOR = {
    Induction.ALLOXAN: DiabetesType.T1D,
    Induction.STREPTOZOTOCIN: DiabetesType.T1D,
    Induction.HIGH_FAT_DIET: DiabetesType.T2D,
    Induction.HFD_STZ: DiabetesType.T2D,
    Induction.STZ_NICOTINAMIDE: DiabetesType.T2D,
    Induction.PANCREATECTOMY: DiabetesType.T3C,
}


_NEONATAL = re.compile(
    r"neonat|newborn|postnatal|\bn-?stz\b|days? (after birth|old)|diet|fat|fructose", re.IGNORECASE
)


def _type_2_by_other(model: AnimalModel) -> bool:
    """Whether strain, age or diet makes streptozotocin a model of type 2."""
    schedule = model.induction.schedule
    said = " ".join(text for text in (model.strain, schedule, model.note) if text)
    return bool(_NEONATAL.search(said)) or any(
        kind is DiabetesType.T2D and re.search(pattern, said.lower()) for pattern, kind in TYPE_OF_STRAIN
    )


def check_induction_type(study: Study) -> Iterator[Finding]:
    """Check that the type goes with the way of induction: a high-fat diet type 2, a toxin alone type 1."""
    model = study.model
    expected = _STANDS_FOR.get(model.induction.agent) if model is not None else None
    if model is not None and model.induction.agent is Induction.STREPTOZOTOCIN and _type_2_by_other(model):
        return
    if model is None or expected is None or model.models_type in (expected, DiabetesType.UNSPECIFIED):
        return
    message = (
        f"{model.induction.agent.value} makes a model of {expected.value}; got {model.models_type.value}"
    )
    hint = f"write `models_type: {expected.value}`, or acknowledge what the paper calls it"
    yield Finding(("model", "models_type"), message, hint)
