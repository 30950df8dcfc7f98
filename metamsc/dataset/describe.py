"""What is said about a row beside its numbers: moderators, and where the numbers were read."""

from __future__ import annotations

from pathlib import Path

from metamsc.dataset.comparisons import Comparison
from metamsc.dataset.rows import MODERATORS, Place
from metamsc.dataset.weights import describe_doses
from metamsc.records.model import Arm, Cells, Source, Study
from metamsc.records.studies import StudyFile
from metamsc.vocabulary import Reference


def describe_moderators(
    study: Study, comparison: Comparison
) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    """Return name and value of every moderator, "" where the record does not give one, and notes on them."""
    info, arms = study.study, comparison.treated
    part = study.population or study.model
    sources = [study.sources[key] for key in comparison.result.source]
    doses, notes = describe_doses(study, arms)
    found = {
        **doses,
        "diabetes_type": study.diabetes_type.value,
        "complication": "" if part is None or part.complication is None else part.complication.value,
        "msc_source": _of_cells(arms, "source"),
        "product": _of_cells(arms, "product"),
        "donor": _of_cells(arms, "donor"),
        "dose": _doses(arms),
        "route": _of_cells(arms, "route"),
        "design": info.design.value,
        "blinding": info.blinding.value,
        "publication": info.publication.value,
        "co_intervention": _of_cells(arms, "co_intervention") or "none",
        "species": "" if study.model is None else study.model.species.value,
        "induction": "" if study.model is None else study.model.induction.agent.value,
        "country": ", ".join(info.countries),
        "source_kind": ", ".join(dict.fromkeys(source.kind.value for source in sources)),
    }
    return tuple((name, found[name]) for name in MODERATORS), notes


def _of_cells(arms: tuple[Arm, ...], field: str) -> str:
    """Join the values of combined arms; each value once."""
    values = [getattr(arm.cells, field) for arm in arms if arm.cells is not None]
    return ", ".join(dict.fromkeys(str(value) for value in values if value is not None))


def _doses(arms: tuple[Arm, ...]) -> str:
    """Join the doses of combined arms; each once, none where none is recorded."""
    said = (dose_words(arm.cells) for arm in arms if arm.cells is not None)
    return ", ".join(dict.fromkeys(dose for dose in said if dose))


def dose_words(cells: Cells) -> str:
    """Say the dose of one infusion and how many there were, as recorded: "1×10⁶ cells/kg × 3"."""
    dose, number = cells.dose, ""
    if dose is not None:
        if dose.value is not None:
            number = f"{_power(dose.value)} {dose.unit}"
        elif dose.range is not None:
            number = f"{_power(dose.range[0])} to {_power(dose.range[1])} {dose.unit}"
    if cells.infusions is None or cells.infusions == 1:
        return number
    return f"{number} × {cells.infusions}" if number else f"{cells.infusions} infusions"


_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_LARGE = 1e4


def _power(value: float) -> str:
    """Write a large number as 1.1×10⁶, a small one as it is."""
    if value < _LARGE:
        return f"{value:g}"
    mantissa, exponent = f"{value:.3e}".split("e")
    return f"{float(mantissa):g}×10{str(int(exponent)).translate(_RAISED)}"


def shown_file(file: StudyFile) -> str:
    """Return the record's path as results show it, from the working folder where it is below that.

    The same records then give the same bytes however their folder was named.
    """
    if not file.file:
        return file.study.id
    absolute, here = Path(file.file).absolute(), Path.cwd()
    return str(absolute.relative_to(here)) if absolute.is_relative_to(here) else file.file


def shown_line(file: StudyFile, node: tuple[str | int, ...]) -> int:
    """Return the line of a node; 0 for a record made in Python."""
    return file.place(node).line if file.file else 0


def describe_place(file: StudyFile, comparison: Comparison) -> Place:
    """Return file, line and sources of the result behind a row."""
    sources = [file.study.sources[key] for key in comparison.result.source]
    return Place(
        file=shown_file(file),
        line=shown_line(file, ("results", comparison.index)),
        sources=tuple(_cite(source) for source in sources),
        urls=tuple(source.url for source in sources if source.url is not None),
        secondary=any(source.reference is Reference.SECONDARY for source in sources),
    )


def _cite(source: Source) -> str:
    kind = source.kind.value.replace("-", " ")
    quoted = f", quoted by {source.citation}" if source.citation is not None else ""
    return f"{kind}: {source.locator}{quoted}"
