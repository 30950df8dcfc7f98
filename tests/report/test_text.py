"""What the terminal shows. All studies are invented."""

from pathlib import Path
from typing import Any

import pytest

from metamsc.analysis.csv import CsvPool, pool_csv
from metamsc.report.text import align, effects_text, pooled_text, result_text
from tests.analysis.plans import analyse
from tests.dataset.invented import counts, means, study, table


def from_csv(tmp_path: Path, text: str, **options: Any) -> CsvPool:
    file = tmp_path / "x.csv"
    file.write_text(text, encoding="utf-8")
    return pool_csv(file, **options)


def words(text: str) -> list[str]:
    """Lines without the spaces of their columns."""
    return [" ".join(line.split()) for line in text.splitlines()]


def test_columns_are_aligned() -> None:
    assert align([["a", "1"], ["long", "22"]]) == "a      1\nlong  22"
    assert align([["a", "b", "1"], ["aa", "bb", "22"]], left=2) == "a   b    1\naa  bb  22"


def test_pooled_by_hand(tmp_path: Path) -> None:
    """1 and 3 with variance 1 each, equal effects: 2, SE √½ = 0.707, 2 ± 1.386; Q = 2 on 1 df.

    The Q-profile interval ends where 2/(1 + tau2) is the 2.5 % quantile of chi-square, 0.000982069.
    """
    result = from_csv(tmp_path, "study,yi,vi\na,1,1\nb,3,1\n", tau2_method="EE", ci_method="wald")
    assert words(pooled_text(result))[1:10] == [
        "studies 2",
        "estimate 2.000",
        "95% CI (wald) 0.614 to 3.386",
        "standard error 0.707",
        "p p = 0.005",
        "tau2 (EE) 0",
        "tau2, 95% Q-profile interval 0.000 to 2035.517",
        "I2 50.0%",
        "Q (1 df) 2.000, p = 0.16",
    ]


def test_a_small_number_keeps_its_digits(tmp_path: Path) -> None:
    text = pooled_text(
        from_csv(tmp_path, "study,yi,vi\na,0.00012,1e-10\nb,0.00014,1e-10\n", tau2_method="EE")
    )
    assert "estimate 0.000130" in words(text)


def test_ratios_are_shown_as_ratios_too(tmp_path: Path) -> None:
    text = "study,events_treat,n_treat,events_control,n_control\na,6,10,3,10\n"
    found = words(pooled_text(from_csv(tmp_path, text)))
    assert found[0].endswith("x.csv: RR")
    assert "estimate (log scale) 0.693" in found
    assert any(line.startswith("as a ratio, 95% CI 2.00 (0.") for line in found)


def test_effects_with_reasons() -> None:
    found = table(
        study("a", means(msc={"mean": 7.0, "se": 0.25, "n": 16})),
        study("b", means(msc={"mean": 7.0, "n": 10})),
    )
    assert words(effects_text(found)) == [
        "hba1c: MD, % (1 row from 2 records)",
        "study type time yi sei n treated n control derived",
        "Invented a T1D 12 months −1.000 0.403 16 10 yes",
        "",
        "Left out (1):",
        "Invented b, 12 months: mean without any measure of spread [no-spread]",
    ]


def test_a_unit_is_named_only_where_the_numbers_have_one() -> None:
    one = study("a", means())
    assert effects_text(table(one)).startswith("hba1c: MD, % (")
    assert effects_text(table(one, measure="SMD")).startswith("hba1c: SMD (")
    assert effects_text(table(one, measure="ROM")).startswith("hba1c: ROM (")
    healed = table(study("a", counts((5, 10), (3, 10))), outcome="ulcer_healing")
    assert effects_text(healed).startswith("ulcer_healing: RR (")


def test_an_analysis_line_by_line() -> None:
    result = analyse(
        *(study(f"s{i}", means(msc={"mean": 7.0 - i, "sd": 1.0, "n": 10})) for i in range(2)),
        study("other", means(), diabetes_type="T2D"),
        notes=["A caution."],
    )
    lines = words(result_text(result))
    assert lines[0] == "invented: An invented analysis (MD, %)"
    assert lines[1] == "k estimate CI prediction tau2 I2"
    # −1 and −2, variance 0.2 each: Q = 2.5, tau2 = 0.3, I2 = 60 %, −1.5 ± 1.96·0.5
    assert lines[2] == "T1D 2 −1.500 −2.480 to −0.520 – 0.300 60.0%"
    assert lines[3].startswith("T2D 1 −1.000 ")
    assert lines[3].endswith("– – –")
    assert lines[4] == "note: A caution."


@pytest.mark.parametrize(("single", "said"), [(True, "1 result"), (False, "0 results")])
def test_an_analysis_without_rows(*, single: bool, said: str) -> None:
    studies = [study("a", means(), design="single-arm")] if single else []
    text = result_text(analyse(*studies))
    assert f"No study can be pooled. {said} left out with reasons." in text
