"""The sequence of studies."""

import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from metamsc.errors import OptionError
from metamsc.records.load import read_studies
from metamsc.records.studies import Studies, StudyFile

VALID = Path(__file__).parents[1] / "examples" / "extractions" / "valid"
Write = Callable[[str, str], Path]


def test_order_is_setting_then_id() -> None:
    assert read_studies(VALID).ids == (
        "series-2019",
        "trial-2020",
        "trial-2022",
        "unpublished-2021",
        "mice-2018",
    )


def test_is_a_sequence() -> None:
    studies = read_studies(VALID)
    assert studies[0].id == "series-2019"
    assert studies[-1].id == "mice-2018"
    assert [study.id for study in studies] == list(studies.ids)
    assert isinstance(studies[1:], Studies)
    assert studies[1:].ids == studies.ids[1:]
    assert studies[0] in studies


def test_selection_keeps_the_files() -> None:
    studies = read_studies(VALID).select(lambda study: study.model is not None)
    assert studies.ids == ("mice-2018",)
    assert studies.origin("mice-2018").file.endswith("preclinical/mice-2018.yml")


def test_unknown_study_names_the_nearest() -> None:
    studies = read_studies(VALID)
    with pytest.raises(OptionError, match="did you mean 'trial-2020'"):
        studies.study("trail-2020")
    assert studies.study("trial-2020").id == "trial-2020"


def test_studies_made_in_python_have_no_file() -> None:
    study = read_studies(VALID).study("trial-2020")
    studies = Studies.of(study)
    assert studies.origin(study).cite(("results", 0)) == "trial-2020"
    assert studies.origin(study).place(("results", 0)) == (0, 0)


def test_one_id_once() -> None:
    study = read_studies(VALID)[0]
    with pytest.raises(OptionError, match="series-2019"):
        Studies([StudyFile(study), StudyFile(study)])


def test_equal_when_read_twice_and_survives_pickling() -> None:
    studies = read_studies(VALID)
    assert studies == read_studies(VALID)
    assert hash(studies) == hash(read_studies(VALID))
    assert studies != studies[1:]
    copy = pickle.loads(pickle.dumps(studies))  # noqa: S301 - our own bytes, for worker processes
    assert copy.ids == studies.ids
    assert copy.origin("mice-2018").cite(("results", 0)) == studies.origin("mice-2018").cite(("results", 0))
