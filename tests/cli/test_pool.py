"""`metamsc pool`: any CSV, and every mistake a person makes with one."""

import contextlib
import json
import math
import tempfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from metamsc.cli import main

ROOT = Path(__file__).parents[2]
EFFECTS = "study,yi,vi\na,0.2,0.04\nb,0.5,0.09\nc,-0.1,0.02\n"
MEANS = "study,n_treat,mean_treat,sd_treat,n_control,mean_control,sd_control\n"
COUNTS = "study,events_treat,n_treat,events_control,n_control\n"
EXACT = 1e-12  # weighted sums of numbers near 1

HETEROGENEITY = {"tau2", "tau2_se", "tau2_ci", "I2", "I2_ci", "H2", "H2_ci", "Q", "Q_df", "Q_p"}
CONTRACT = {
    "measure", "k", "estimate", "se", "statistic", "df", "p", "ci", "pi", "tau2_method", "ci_method",
    "heterogeneity", "coefficients", "QM", "R2", "loglik", "aic", "bic", "aicc", "weights_percent",
    "warnings",
}  # fmt: skip
BESIDE_THE_CONTRACT = {"level", "pi_method", "details"}


def pool(text: str | bytes, *flags: str, path: str = "x.csv") -> Result:
    """Run the command on a file of this content, in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        Path(path).write_bytes(text if isinstance(text, bytes) else text.encode())
        return CliRunner().invoke(main, ["pool", path, *flags])


def found(text: str | bytes, *flags: str) -> dict[str, object]:
    result = pool(text, "--json", *flags)
    assert (result.exit_code, result.stderr) == (0, "")
    data = json.loads(result.stdout)
    assert isinstance(data, dict)
    return data


def test_json_is_the_contract_key_for_key() -> None:
    data = found(EFFECTS, "--tau2", "REML", "--ci", "hksj")
    assert set(data) == CONTRACT | BESIDE_THE_CONTRACT
    heterogeneity, ci, pi = data["heterogeneity"], data["ci"], data["pi"]
    coefficients = data["coefficients"]
    assert isinstance(heterogeneity, dict)
    assert isinstance(ci, dict)
    assert isinstance(pi, dict)
    assert isinstance(coefficients, list)
    assert set(heterogeneity) == HETEROGENEITY
    assert set(ci) == set(pi) == set(heterogeneity["tau2_ci"]) == {"low", "high", "level"}
    assert [set(item) for item in coefficients] == [{"name", "estimate", "se", "statistic", "df", "p", "ci"}]
    assert (data["QM"], data["R2"]) == (None, None)


def test_meta_regression_has_the_same_keys() -> None:
    text = "study,yi,vi,x\na,0.2,0.04,1\nb,0.5,0.09,2\nc,-0.1,0.02,3\nd,0.3,0.05,5\n"
    data = found(text, "--mods", "x")
    assert set(data) == CONTRACT | BESIDE_THE_CONTRACT
    coefficients, test = data["coefficients"], data["QM"]
    assert isinstance(coefficients, list)
    assert isinstance(test, dict)
    assert [item["name"] for item in coefficients] == ["intercept", "x"]
    assert {"statistic", "df", "p"} <= set(test)
    assert data["pi"] is None


def test_equal_effects_by_hand() -> None:
    """Weights 25, 100/9 and 50: (5 + 50/9 − 5)/(75 + 100/9), SE √(1/(75 + 100/9))."""
    data = found(EFFECTS, "--tau2", "EE", "--ci", "wald")
    total = 75 + 100 / 9
    assert data["estimate"] == pytest.approx((50 / 9) / total, abs=EXACT)
    assert data["se"] == pytest.approx(total**-0.5, abs=EXACT)
    assert data["weights_percent"] == pytest.approx([2500 / total, 100 * (100 / 9) / total, 5000 / total])


def test_text_has_the_numbers_and_the_cautions() -> None:
    result = pool(EFFECTS, "--tau2", "EE", "--ci", "wald", "--level", "0.975")
    assert result.exit_code == 0
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert lines[0] == "x.csv: GEN"
    assert "studies 3" in lines
    assert "estimate 0.065" in lines
    # 0.0645 ± 2.2414·0.1078: a level of 97.5 % is not called 98 %
    assert "97.5% CI (wald) −0.177 to 0.306" in lines


@pytest.mark.parametrize("header", ["sei", "vi"])
def test_standard_errors_or_variances(header: str) -> None:
    spread = "0.2" if header == "sei" else "0.04"
    data = found(f"study,yi,{header}\na,0.3,{spread}\nb,0.5,{spread}\n", "--tau2", "EE", "--ci", "wald")
    assert data["se"] == pytest.approx(math.sqrt(0.02), abs=EXACT)


def test_arm_columns() -> None:
    means = found(MEANS + "a,10,7,1,10,8,1\nb,10,7,1,10,8,1\n", "--tau2", "EE", "--ci", "wald")
    assert (means["measure"], means["estimate"]) == ("MD", -1.0)
    assert means["se"] == pytest.approx(math.sqrt(0.1), abs=EXACT)
    counts = found(COUNTS + "a,6,10,3,12\n")
    assert counts["measure"] == "RR"
    assert counts["estimate"] == pytest.approx(math.log(0.6 / 0.25), abs=EXACT)


def test_any_measure_whose_columns_are_there() -> None:
    assert found(COUNTS + "a,6,10,3,12\n", "--measure", "OR")["estimate"] == pytest.approx(
        math.log((6 / 4) / (3 / 9)), abs=EXACT
    )
    proportion = found("study,events,n\na,5,10\nb,8,10\n", "--measure", "PLN", "--tau2", "EE")
    assert proportion["measure"] == "PLN"


def test_an_empty_cell_is_told_and_a_ratio_is_shown_as_one() -> None:
    result = pool(COUNTS + "a,0,10,3,12\nb,2,10,3,12\n")
    assert "a: 0.5 added to all cells (zero cell)" in result.stdout
    assert "as a ratio, 95% CI" in result.stdout
    assert "as a ratio" in pool(EFFECTS, "--measure", "HR").stdout


def test_one_study_is_not_pooled() -> None:
    result = pool("study,yi,vi\na,0.2,0.04\n")
    assert result.exit_code == 0
    assert "note: k = 1: nothing was pooled" in result.stdout
    assert "tau2" not in result.stdout


def test_strata() -> None:
    text = "study,yi,vi,type\na,1,0.1,T2\nb,3,0.1,T2\nc,2,0.1,T1\n"
    data = found(text, "--by", "type", "--tau2", "EE", "--ci", "wald")
    strata, overall, difference = data["strata"], data["overall"], data["difference"]
    assert isinstance(strata, dict)
    assert isinstance(overall, dict)
    assert isinstance(difference, dict)
    assert list(strata) == ["T1", "T2"]
    assert [strata[name]["estimate"] for name in strata] == pytest.approx([2, 2], abs=EXACT)
    assert overall["k"] == 3
    assert difference["statistic"] == pytest.approx(0, abs=EXACT)
    assert "type = T1" in pool(text, "--by", "type").stdout


def test_strata_are_the_words_of_the_file() -> None:
    """'None' is a value, whole numbers stay whole, blank lines do not matter."""
    text = "study,yi,vi,dose\n1,0.2,0.04,None\n\n2,0.3,0.09,10\n3,0.1,0.09,10\n"
    strata = found(text, "--by", "dose")["strata"]
    assert isinstance(strata, dict)
    assert list(strata) == ["10", "None"]


def test_standard_input() -> None:
    for text in (EFFECTS, "\ufeff" + EFFECTS):
        result = CliRunner().invoke(main, ["pool", "-"], input=text)
        assert result.exit_code == 0
        assert result.stdout.startswith("standard input: GEN\n")
    result = CliRunner().invoke(main, ["pool", "-"], input="study,yi\n")
    assert result.stderr.startswith("Error: standard input has no study")


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + EFFECTS,
        EFFECTS.replace("\n", "\r\n"),
        EFFECTS.replace(",", ", "),
        EFFECTS.replace("a,", '"Smith, ""Jr"", 2001",'),
        EFFECTS.replace("0.02\n", "0.02"),
        EFFECTS.replace("b,", "\n\nb,"),
        EFFECTS.replace("0.04\n", "0.04,\n").replace("0.09\n", "0.09,,\n"),
        '"","study","yi","vi"\n"1","a",0.2,0.04\n"2","b",0.5,0.09\n"3","c",-0.1,0.02\n',
    ],
    ids=["BOM", "CRLF", "spaces", "quoted comma", "no end of line", "blank lines", "trailing commas", "R"],
)
def test_ways_to_write_the_same(text: str) -> None:
    assert found(text) == found(EFFECTS)


MISTAKES = {
    "empty": (b"", "x.csv is empty: a header line and a line per study are needed."),
    "header only": (b"study,yi,vi\n", "x.csv has no study: there is nothing below its header."),
    "blank": (b"\n\n  \n", "x.csv is empty"),
    "wrong columns": (b"study,effect,variance\na,1,2\n", "columns are needed: yi with vi or sei, or n_treat"),
    "part of a family": (
        b"study,n_treat,mean_treat,sd_treat,n_control,mean_control\na,1,2,3,4,5\n",
        "Beside n_treat, mean_treat, sd_treat, n_control, mean_control there must be sd_control.",
    ),
    "yi alone": (b"study,yi\na,1\n", "beside yi give vi (variance) or sei (standard error); there is neith"),
    "vi and sei": (b"study,yi,vi,sei\na,1,1,1\n", "there are both."),
    "text": (b"study,yi,vi\na,0.2,0.04\nb,x,0.09\n", "x.csv:3: yi: 'x' is not a number."),
    "decimal comma": (b'study,yi,vi\na,"0,2",0.04\n', "x.csv:2: yi: '0,2' is not a number; write a decimal"),
    "typographic minus": (
        "study,yi,vi\na,−0.2,0.04\n".encode(),
        "x.csv:2: yi: '−0.2' is not a number; write the minus as a hyphen.",
    ),
    "underscore": (b"study,yi,vi\na,1_0,0.04\n", "'1_0' is not a number"),
    "infinite": (b"study,yi,vi\na,inf,0.04\n", "x.csv:2: yi: 'inf' is not a number."),
    "overflow": (b"study,yi,vi\na,1e999,0.04\n", "x.csv:2: yi: '1e999' is not a number."),
    "missing": (b"study,yi,vi\na,0.2,0.04\n\nb,0.3,NaN\n", "x.csv:4: vi: no value."),
    "short row": (b"study,yi,vi\na,0.2\n", "x.csv:2: vi: no value."),
    "negative": (b"study,yi,vi\na,0.2,0.04\nb,0.3,-0.09\n", "x.csv:3: vi must be above 0; got -0.09."),
    "zero": (b"study,yi,vi\na,0.2,0\n", "x.csv:2: vi must be above 0; got 0."),
    "twice": (b"study,yi,vi\na,0.2,0.04\na,0.3,0.09\n", "x.csv:3: study 'a' is already in line 2"),
    "no name": (b"study,yi,vi\n,0.2,0.04\n", "x.csv:2: study: the study has no name."),
    "no label": (b"label,yi,vi\n,0.2,0.04\n", "x.csv:2: label: the study has no name."),
    "semicolons": (b"study;yi;vi\na;0,2;0,04\n", "x.csv:1: the columns are separated by semicolons"),
    "tabs": (b"study\tyi\tvi\na\t1\t2\n", "x.csv:1: the columns are separated by tabs"),
    "too many values": (b"study,yi,vi\nSmith, 2001,0.2,0.04\n", ":2: 4 values, and the header has 3 names"),
    "column twice": (b"study,yi,yi,vi\na,1,2,3\n", "x.csv:1: the column 'yi' stands twice"),
    "quotes": (b'study,yi,vi\n"a,0.2,0.04\n', "x.csv:2: not a CSV:"),
    "UTF-16": ("study,yi,vi\n".encode("utf-16"), ":1: not UTF-8 text (byte 0xff); save it as 'CSV UTF-8'."),
    "Latin-1": ("study,yi,vi\na,1,1\nMüller,1,1\n".encode("latin-1"), "x.csv:3: not UTF-8 text (byte 0xfc)"),
    "SD of zero": (
        MEANS.encode() + b"a,10,7,1,10,8,1\n\nb,10,7,0,10,8,1\n",
        "x.csv:4: sd_treat = 0: a standard deviation of zero",
    ),
    "more events than n": (
        COUNTS.encode() + b"a,1,10,2,10\nb,12,10,1,10\n",
        "x.csv:3: events_treat = 12: more events than members (n_treat = 10).",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_in_the_file(name: str) -> None:
    content, message = MISTAKES[name]
    result = pool(content)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: x.csv")
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("flags", "code", "message"),
    [
        (["--by", "colour"], 2, "x.csv has no column 'colour'; it has study, yi, vi."),
        (["--by", "study", "--mods", "yi"], 2, "give `by` or `mods`, not both"),
        (["--mods", "colour"], 2, "x.csv has no column 'colour'"),
        (["--mods", "yi +"], 2, "formula 'yi +' cannot be read"),
        (["--measure", "XX"], 2, "measure must be one of 'MD', 'NMD'"),
        (["--measure", "rr"], 2, "got 'rr'"),
        (["--level", "95"], 2, "95.0 is not in the range 0.5<x<1"),
        (["--level", "nan"], 2, "level must be a fraction between 0 and 1"),
        (["--preset", "best"], 2, "'best' is not one of 'metamsc', 'cochrane-2025'"),
        (["--tau2", "dl"], 2, "'dl' is not one of 'EE', 'DL'"),
        (["--colour"], 2, "No such option"),
    ],
)
def test_mistakes_in_the_flags(flags: list[str], code: int, message: str) -> None:
    result = pool(EFFECTS, *flags)
    assert (result.exit_code, result.stdout) == (code, "")
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert "internal error" not in result.stderr


def test_a_column_with_one_value_or_a_gap() -> None:
    text = "study,yi,vi,type\na,0.2,0.04,T1\n\nb,0.3,0.09,{}\n"
    one = pool(text.format("T1"), "--by", "type")
    assert (one.exit_code, one.stderr) == (
        1,
        "Error: x.csv: column 'type' has only the value 'T1': nothing to compare.\n",
    )
    gap = pool(text.format(""), "--by", "type")
    assert (gap.exit_code, gap.stderr) == (1, "Error: x.csv:4: no value in column 'type'.\n")


def test_a_measure_whose_columns_are_missing() -> None:
    result = pool(COUNTS + "a,1,10,2,10\n", "--measure", "SMD")
    assert result.exit_code == 1
    assert "SMD needs the columns n_treat, mean_treat, sd_treat" in result.stderr
    assert "missing mean_treat, sd_treat, mean_control, sd_control" in result.stderr
    assert "HR needs yi with vi or sei." in pool(COUNTS + "a,1,10,2,10\n", "--measure", "HR").stderr


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    missing = CliRunner().invoke(main, ["pool", str(tmp_path / "none.csv")])
    assert missing.exit_code == 2
    assert "does not exist" in missing.stderr
    folder = CliRunner().invoke(main, ["pool", str(tmp_path)])
    assert folder.exit_code == 2
    assert "is a directory" in folder.stderr


def test_published_trials() -> None:
    """The 13 BCG trials (Colditz 1994), DerSimonian–Laird: tau2 0.3088, estimate −0.7141, Q 152.2330."""
    result = CliRunner().invoke(
        main, ["pool", str(ROOT / "examples/bcg.csv"), "--tau2", "DL", "--ci", "wald", "--json"]
    )
    data = json.loads(result.stdout)
    assert round(data["heterogeneity"]["tau2"], 4) == 0.3088
    assert round(data["estimate"], 4) == -0.7141
    assert round(data["heterogeneity"]["Q"], 3) == 152.233


TEN = "study,yi,vi,year,lab\n" + "".join(
    f"s{n},{-0.2 - 0.05 * n},{0.01 * n},{2000 + n},l{n % 3}\n" for n in range(1, 11)
)


def test_sensitivity_in_words() -> None:
    result = pool(TEN, "--sensitivity", "--mid", "-0.3")
    assert (result.exit_code, result.stderr) == (0, "")
    words = " ".join(result.stdout.split())
    for question in (
        "Can the result be trusted?",
        "Does one study carry it? Leaving out one study at a time gives estimates from",
        "Is something missing? Egger's test",
        "Does it hold under other choices?",
        "Is it the same in every subset? All 1,023 subsets of the 10 studies",
    ):
        assert question in words
    assert "By year of publication, the estimate goes from" in words
    rows = [line.split("  ") for line in result.stdout.splitlines() if line.startswith("  other choices")]
    assert [cell.strip() for cell in rows[0] if cell][1:3] == ["9", "−0.37"]  # all the same: no range


def test_sensitivity_as_json_and_by_column() -> None:
    data = found(TEN, "--sensitivity", "--by", "lab", "--cohorts", "lab")
    tests = data["sensitivity"]
    assert isinstance(tests, list)
    assert [test["label"] for test in tests] == ["lab = l0", "lab = l1", "lab = l2", "All studies"]
    whole = tests[-1]
    assert [row["k"] for row in whole["without_cohort"]["found"]["rows"]] == [6, 7, 7]
    assert "sensitivity" not in found(TEN, "--by", "lab")


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--force",), "`cohorts`, `missing` and `force` say how `sensitivity` is"),
        (("--cohorts", "lab"), "`cohorts`, `missing` and `force` say how `sensitivity` is"),
        (("--sensitivity", "--cluster", "lab"), "it goes with no other method, no `cluster`"),
        (("--sensitivity", "--mods", "year"), "and no `mods`"),
        (("--sensitivity", "--method", "bayes", "--tau-prior", "half-normal:1"), "no other method"),
        (("--sensitivity", "--cohorts", "colour"), "has no column 'colour'"),
    ],
)
def test_what_goes_not_with_sensitivity(flags: tuple[str, ...], said: str) -> None:
    result = pool(TEN, *flags)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())


def test_one_study_can_be_asked_about() -> None:
    result = pool("study,yi,vi,year\na,0.2,0.04,\n", "--sensitivity")
    assert result.exit_code == 0
    assert "There is one study: the result is that study." in " ".join(result.stdout.split())
