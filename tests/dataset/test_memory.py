"""Tables built with a memory are the tables built without one, in any order of selections."""

import itertools
import random
from pathlib import Path

import pytest

import metamsc as mm
from metamsc.dataset.build import Tables, build_table
from metamsc.dataset.memory import Asked, Memory
from metamsc.dataset.selection import Selection

ROOT = Path(__file__).parents[2]

CHOICES = {
    "hba1c": {
        "measure": ["MD", "SMD", "ROM"],
        "unit": ["%", "mmol/mol"],
        "unlabelled_spread": ["exclude", "sd", "se"],
        "as_reported_only": [False, True],
        "multi_arm": ["combine", "split-control", "highest-dose"],
        "values": [["final", "contrast", "change"], ["change", "final"], ["final"]],
        "treatment": [{}, {"co_interventions": "exclude"}, {"msc": "any"}],
        "time": [{"rule": "latest"}, {"at": "3 months", "rule": "nearest"}, {"rule": "earliest"}],
        "unpublished": ["include", "exclude"],
    },
    "ulcer_healing": {
        "measure": ["RR", "OR", "RD"],
        "treatment": [{}, {"msc": "any"}],
        "post_hoc": ["include", "exclude"],
        "unpublished": ["include", "exclude"],
        "as_reported_only": [False, True],
    },
}


@pytest.mark.parametrize("outcome", CHOICES)
def test_a_memory_changes_no_table(outcome: str) -> None:
    records = mm.read_records(ROOT / "data/extractions")
    kept = Tables(records)
    names, options = zip(*CHOICES[outcome].items(), strict=True)
    every = list(itertools.product(*options))
    for values in random.Random(3).sample(every, min(60, len(every))):  # noqa: S311 - no secret
        selection = Selection.model_validate({"outcome": outcome, **dict(zip(names, values, strict=True))})
        assert kept.build(selection) == build_table(records, selection)


def test_what_was_not_read_does_not_count() -> None:
    looked: list[str] = []

    def look(selection: Selection) -> str:
        looked.append(selection.multi_arm)
        return selection.multi_arm

    memory = Memory()
    for unpublished in ("include", "exclude"):
        for multi_arm in ("combine", "split-control", "combine"):
            asked = Selection(outcome="hba1c", unpublished=unpublished, multi_arm=multi_arm)
            assert memory.find(Asked(asked), look) == multi_arm
    assert looked == ["combine", "split-control"]


def test_only_keys_of_a_selection_can_be_read_on_the_way() -> None:
    with pytest.raises(AttributeError, match="no key of a selection"):
        Memory().find(Asked(Selection(outcome="hba1c")), lambda selection: selection.model_dump())
