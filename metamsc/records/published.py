"""Published reviews: the pooled results that others have printed, to be set beside ours.

One YAML file per review in ``data/reviews``. Everything stands as printed, a misprint too; a conversion
or a correction is nobody's business here.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from metamsc.errors import Problem, RecordError
from metamsc.records.load import load_yaml
from metamsc.records.parts import Count, Key, Part, Text, Time, as_tuple
from metamsc.records.positions import Positions
from metamsc.records.validate import validate
from metamsc.records.yaml_events import Loaded
from metamsc.vocabulary import ComparisonWord, DiabetesType, PublishedComparison, PublishedMeasure, Setting

FOLDER = "data/reviews"
RATIOS = frozenset({PublishedMeasure.RISK_RATIO, PublishedMeasure.ODDS_RATIO, PublishedMeasure.HAZARD_RATIO})
_Pair = Annotated[tuple[float, float], BeforeValidator(as_tuple)]
_Types = Annotated[tuple[Annotated[DiabetesType, Field(strict=False)], ...], BeforeValidator(as_tuple)]


class ReviewInfo(Part):
    """What was published, and where it was read."""

    id: Key
    """Same as the file name without `.yml`."""
    label: Text
    """Short name in tables: 'Kashbour 2025'."""
    reference: Text
    """Journal, year, volume and pages, as far as they were read."""
    doi: Annotated[str, Field(pattern=r"^10\.\d{4,9}/\S+$")] | None = None
    """Without https://doi.org/ before it."""
    pmid: Annotated[str, Field(pattern=r"^\d{4,9}$")] | None = None
    """PubMed's number, in quotes."""
    url: Annotated[str, Field(pattern=r"^https?://\S+$")]
    """Address where the numbers were read; pages make a link of it."""
    locator: Text
    """Place in the text: Abstract."""
    setting: Annotated[Setting, Field(strict=False)]
    """People (clinical) or animals (preclinical)."""
    scope: Text
    """Studies and participants, as the review describes them."""
    diabetes_types: _Types = ()
    """Types that its pools hold, where the text says."""
    note: Text | None = None
    """What else there is to know."""


class PublishedResult(Part):
    """One pooled result, as printed."""

    outcome: Key | None = None
    """Id of the catalogue; left out where it has none or the text does not tell which one."""
    as_printed: Text
    """Name of the outcome, and of the group of studies, in the review."""
    unit: Text | None = None
    """Unit, as printed; left out where none is."""
    compared_with: Annotated[PublishedComparison, Field(strict=False)]
    """What the difference is from."""
    diabetes_types: _Types = ()
    """Types in this pool, where they are others than the review's."""
    at: Time | None = None
    """Time, where the pool is of one."""
    measure: Annotated[PublishedMeasure, Field(strict=False)]
    """As the review calls it."""
    estimate: float | None = None
    """Pooled value on the natural scale; left out where only P is printed."""
    ci: _Pair | None = None
    """95 % interval as printed, also where a limit is misprinted."""
    p: Annotated[float, Field(ge=0, le=1)] | None = None
    """P value."""
    p_operator: Literal["=", "<", ">"] = "="
    """'<' for "P < 0.001"."""
    I2: Annotated[float, Field(ge=0, le=100)] | None = None
    """In percent."""
    k: Count | None = None
    """Studies in this pool."""
    n: Count | None = None
    """Participants or animals in this pool."""
    fall_is_positive: bool = False
    """True where the review writes a fall as a positive number."""
    said: Annotated[ComparisonWord, Field(strict=False)] | None = None
    """What the text says in words about the treated groups; compared with the number."""
    claimed: Literal["significant", "not significant"] | None = None
    """What the text says of significance; compared with interval and P."""
    note: Text | None = None
    """What else is printed about it."""

    @model_validator(mode="after")
    def _some_number(self) -> PublishedResult:
        if self.estimate is None and self.p is None:
            raise ValueError("give the estimate, or the P value where only that is printed")
        if self.estimate is None and self.ci is not None:
            raise ValueError("an interval needs its `estimate`")
        if self.measure in RATIOS and self.estimate is not None and self.estimate <= 0:
            raise ValueError(f"a {self.measure} is above 0; got {self.estimate:g}")
        return self


class PublishedReview(Part):
    """One published meta-analysis."""

    schema_version: Annotated[Literal[1], Field(alias="schema")]
    """Version of this format."""
    review: ReviewInfo
    """Bibliography and scope."""
    results: Annotated[tuple[PublishedResult, ...], Field(min_length=1), BeforeValidator(as_tuple)]
    """Its pooled results."""


@dataclass(frozen=True, slots=True)
class ReviewFile:
    """A review with the file it was read from."""

    review: PublishedReview
    file: str
    sha256: str
    positions: Positions

    @property
    def id(self) -> str:
        """Id of the review."""
        return self.review.review.id


def load_reviews(folder: str | os.PathLike[str]) -> tuple[tuple[ReviewFile, ...], tuple[Problem, ...]]:
    """Read every review of a folder.

    Parameters
    ----------
    folder : path
        ``data/reviews``, or one file. A folder that is not there holds none.

    Returns
    -------
    reviews : tuple of ReviewFile
        In the order of their ids.
    problems : tuple of Problem
        What is wrong with the others, sorted by file and line.
    """
    base = Path(folder)
    files = sorted(base.glob("*.y*ml")) if not base.is_file() else [base]
    found: dict[str, ReviewFile] = {}
    problems: list[Problem] = []
    for path in files:
        file = os.fspath(path)
        loaded = load_yaml(file)
        if not isinstance(loaded, Loaded):
            problems += loaded
            continue
        review, wrong = validate(PublishedReview, loaded.data, loaded.positions, file)
        if review is None:
            problems += wrong
            continue
        read = ReviewFile(review, file, loaded.sha256, loaded.positions)
        problems += _wrong_name(read, path)
        found.setdefault(read.id, read)
    return tuple(found[name] for name in sorted(found)), tuple(sorted(problems))


def _wrong_name(read: ReviewFile, path: Path) -> list[Problem]:
    if path.stem == read.id:
        return []
    place = read.positions.value(("review", "id"))
    message = f"the review id is {read.id!r}, the file is {path.name!r}"
    hint = f"rename the file to {read.id}.yml, or write `id: {path.stem}`"
    return [Problem(read.file, *place, "F301", "review.id", message, hint)]


def read_reviews(folder: str | os.PathLike[str] = FOLDER) -> tuple[ReviewFile, ...]:
    """Read every review of a folder, all of which must be sound.

    Raises
    ------
    RecordError
        With every problem of every file.
    """
    reviews, problems = load_reviews(folder)
    if problems:
        raise RecordError(f"{len(problems)} problem(s) in published reviews:", problems)
    return reviews
