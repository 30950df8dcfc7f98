"""How numbers came about is counted by kind. All studies are invented."""

from metamsc.dataset.derivations import DERIVATION_KINDS
from tests.dataset.invented import counts, means, study, table


def test_rows_are_counted_by_kind_not_numbers() -> None:
    """Both arms of one row and one arm of another: two rows."""
    by_se = {"mean": 7.0, "se": 0.25, "n": 16}
    found = table(study("a", means(msc=by_se, ctrl=by_se)), study("b", means(msc=by_se)), study("c", means()))
    (count,) = found.derivation_counts()
    assert (count.kind, count.rows, count.imputed) == ("sd-from-se", 2, 0)
    assert count.meaning == DERIVATION_KINDS["sd-from-se"]
    assert found.to_dict()["derivations"] == [
        {"kind": "sd-from-se", "meaning": "SD from the standard error of a mean", "rows": 2, "imputed": 0}
    ]


def test_every_derivation_of_a_table_has_a_known_kind() -> None:
    result = counts((1, 1), (1, 1))
    result["arms"] = {"msc": {"percent": 80.0, "n": 10}, "control": {"events": 0, "n": 10}}
    (row,) = table(study("a", result), outcome="ulcer_healing").rows
    assert [item.kind for item in row.derived] == ["percentage", "effect"]
    assert {item.kind for item in row.derived} <= set(DERIVATION_KINDS)


def test_the_order_is_that_of_the_kinds() -> None:
    first = means(msc={"mean": 7.0, "ci": [6.0, 8.0], "n": 10}, ctrl={"mean": 8.0, "se": 0.3, "n": 10})
    kinds = [count.kind for count in table(study("a", first)).derivation_counts()]
    assert kinds == sorted(kinds, key=list(DERIVATION_KINDS).index) == ["sd-from-se", "sd-from-ci"]


def test_nothing_derived_nothing_counted() -> None:
    assert table(study("a", means())).derivation_counts() == ()
