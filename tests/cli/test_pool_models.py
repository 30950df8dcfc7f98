"""`metamsc pool` by every model: flags, JSON, text, and what is refused."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import metamsc as mm
from metamsc.analysis.methods.choice import METHODS as ALL_METHODS
from metamsc.cli import main
from metamsc.cli.options import CI, METHODS, PI, PRESETS, TAU2
from metamsc.models.fit import CI_METHODS
from metamsc.models.model import PI_METHODS
from metamsc.models.presets import PRESETS as ALL_PRESETS
from metamsc.models.tau2 import TAU2_METHODS

ROOT = Path(__file__).parents[2]
BCG = str(ROOT / "examples/bcg.csv")
EXACT = 1e-12  # the same computation by two ways
DEPENDENT = "study,yi,vi\na,0.2,0.04\na,0.4,0.05\nb,0.5,0.09\nc,-0.1,0.02\nd,0.3,0.03\n"


def pool(*flags: str, file: str = BCG, text: str | None = None) -> Result:
    result = CliRunner().invoke(main, ["pool", "-" if text else file, *flags], input=text)
    assert "internal error" not in result.output
    assert "Traceback" not in result.output
    return result


def found(*flags: str, text: str | None = None) -> dict[str, Any]:
    result = pool(*flags, "--json", text=text)
    assert (result.exit_code, result.stderr) == (0, ""), result.output
    data: dict[str, Any] = json.loads(result.stdout)
    return data


def test_the_flags_offer_what_there_is() -> None:
    assert (tuple(CI_METHODS), tuple(PI_METHODS)) == (CI, PI)
    # GENQ needs weights of one's own, which a CSV has no column for
    assert set(TAU2) == set(TAU2_METHODS) - {"GENQ"}
    assert (tuple(ALL_METHODS), tuple(ALL_PRESETS)) == (METHODS, PRESETS)


@pytest.mark.parametrize("method", METHODS)
def test_one_shape(method: str) -> None:
    flags = ("--tau-prior", "half-normal:0.5") if method == "bayes" else ()
    data = found("--method", method, *flags, "--mid", "0.8")
    assert list(data) == list(found())
    assert data["details"]["method"] == method
    assert data["details"]["mid"]["direction"] == "below"
    assert 0.0 < data["details"]["mid"]["mean"] <= 1.0


def test_rare_event_methods_take_the_odds_ratio_where_none_is_asked_for() -> None:
    measures = {name: found("--method", name)["measure"] for name in ("mh", "peto", "glmm-cm-al")}
    assert measures == {"mh": "RR", "peto": "OR", "glmm-cm-al": "OR"}
    assert found("--method", "peto", "--measure", "PETO") == found("--method", "peto")


def test_a_cluster_may_be_the_study() -> None:
    data = found("--cluster", "study", text=DEPENDENT)
    own = mm.pool_correlated(
        [0.2, 0.4, 0.5, -0.1, 0.3], [0.04, 0.05, 0.09, 0.02, 0.03], study=["a", "a", "b", "c", "d"]
    )
    assert data["se"] == pytest.approx(own.robust.coefficients[0].se, abs=EXACT)
    assert (data["ci_method"], data["details"]["cluster"]["n_clusters"]) == ("CR2", 4)
    text = pool("--cluster", "study", text=DEPENDENT).stdout
    assert "Correlated-and-hierarchical working model: 1 of 4 clusters have several effects." in text
    assert "CR2, Satterthwaite degrees of freedom" in text
    assert "With other values of rho" in text
    refused = pool(text=DEPENDENT)
    assert refused.exit_code == 1
    assert "name the column of dependent rows as cluster" in refused.stderr


def test_strata_with_one_tau2() -> None:
    common = found("--by", "alloc", "--tau2-sharing", "common", "--ci", "wald")
    tau2 = {item["heterogeneity"]["tau2"] for item in common["strata"].values()}
    assert len(tau2) == 1
    assert common["difference"]["tau2_sharing"] == "common"
    bcg = [line.split(",") for line in Path(BCG).read_text(encoding="utf-8").splitlines()[1:]]
    effects = mm.compute_effects(
        "RR",
        events_treat=[float(row[1]) for row in bcg],
        n_treat=[float(row[2]) for row in bcg],
        events_control=[float(row[3]) for row in bcg],
        n_control=[float(row[4]) for row in bcg],
    )
    test = mm.compare_subgroups(effects.yi, effects.vi, [row[7] for row in bcg], tau2_sharing="common")
    assert common["difference"]["statistic"] == pytest.approx(test.statistic, rel=1e-9)
    by_name = {item.label: item.estimate for item in test.subgroups}
    for label, item in common["strata"].items():
        assert item["estimate"] == pytest.approx(by_name[label], rel=1e-9)
    assert found("--by", "alloc")["difference"]["tau2_sharing"] == "separate"


def test_strata_by_other_methods() -> None:
    """Q of the strata's Mantel–Haenszel estimates with weights 1/se²."""
    data = found("--by", "alloc", "--method", "mh")
    strata = list(data["strata"].values())
    w = [item["se"] ** -2 for item in strata]
    mean = sum(wi * item["estimate"] for wi, item in zip(w, strata, strict=True)) / sum(w)
    Q = sum(wi * (item["estimate"] - mean) ** 2 for wi, item in zip(w, strata, strict=True))
    assert data["difference"]["statistic"] == pytest.approx(Q, rel=1e-9)
    assert found("--by", "alloc", "--method", "bayes", "--measure", "OR")["difference"] is None


def test_a_factor_and_a_number_as_moderators() -> None:
    data = found("--mods", "alloc + ablat", "--cluster", "study")
    names = [item["name"] for item in data["coefficients"]]
    assert names == ["intercept", "alloc[T.random]", "alloc[T.systematic]", "ablat"]
    assert data["QM"]["df"] == 3
    glmm = found("--mods", "ablat", "--method", "glmm-um-fs")
    assert [item["name"] for item in glmm["coefficients"]] == ["intercept", "ablat"]


def test_text_says_how_double_zero_studies_are_treated_and_what_was_assumed() -> None:
    text = "study,events_treat,n_treat,events_control,n_control\na,0,20,0,20\nb,2,30,5,31\nc,1,40,4,39\n"
    mh = pool("--method", "mh", text=text).stdout
    assert "Double-zero studies: weight 0 in a ratio" in mh
    assert "1 study has no events, or nothing but events, in both arms" in mh
    assert "0.5 added" not in mh
    assert "0.5 added to all cells" in pool(text=text).stdout
    bayes = pool("--method", "bayes", "--measure", "OR", "--mid", "0.8", text=text).stdout
    assert "Turner et al. 2015" in bayes
    assert "95% credible interval" in bayes
    assert "probability that the mean is below 0.80" in bayes


@pytest.mark.parametrize(
    ("flags", "code", "message"),
    [
        (["--method", "mh", "--tau2", "DL"], 2, "tau2_method is not used by method 'mh'"),
        (
            ["--method", "mh", "--measure", "SMD"],
            2,
            "measure (of method 'mh') must be one of 'OR', 'RR', 'RD'",
        ),
        (["--method", "bayes"], 2, "bayes needs tau_prior for RR"),
        (["--method", "bayes", "--tau-prior", "x"], 2, "tau_prior must be one of half-normal:SCALE"),
        (["--method", "bayes", "--tau-prior", "turner", "--mu-prior", "x"], 2, "written normal:MEAN:SD"),
        (["--method", "beta-binomial", "--mods", "year"], 2, "takes no moderators"),
        (["--cluster", "alloc", "--method", "mh"], 2, "takes every row as independent"),
        (["--cluster", "alloc", "--rho", "1"], 1, "rho is a correlation in [0, 1); got 1.0."),
        (["--cluster", "colour"], 2, "has no column 'colour'"),
        (["--cluster", "alloc", "--by", "alloc"], 1, "alloc = alternate: Cluster-robust tests need more"),
        (["--tau2-sharing", "common", "--by", "alloc", "--method", "mh"], 2, "for method 'inverse-variance'"),
        (["--mid", "-0.5"], 2, "mid must be a finite number above 0 (a ratio); got -0.5."),
        (["--mid", "1"], 2, "mid 1 is no effect"),
        (["--mid", "0.8", "--mods", "year"], 2, "mid is about one pooled effect"),
        (["--method", "best"], 2, "'best' is not one of 'inverse-variance', 'mh'"),
    ],
)
def test_mistakes(flags: list[str], code: int, message: str) -> None:
    result = pool(*flags)
    assert (result.exit_code, result.stdout) == (code, "")
    assert message in result.stderr


def test_counts_are_needed() -> None:
    result = pool("--method", "peto", text="study,yi,vi\na,0.1,0.2\nb,0.2,0.2\n")
    assert result.exit_code == 1
    assert "takes counts: the columns events_treat, n_treat, events_control, n_control" in result.stderr


def test_a_glmm_shows_both_tests_of_homogeneity() -> None:
    # metafor 3.8.1, rma.glmm(model="UM.FS"): QE.Wld 163.16491518506965, QE.LRT 176.95444818836162
    text = pool("--method", "glmm-um-fs").stdout
    assert "Wald Q (12 df)" in text
    assert "163.165" in text
    assert "176.954" in text
    # Invented: an empty cell in each study, so that the Wald test has nothing to go by and the other has.
    empty = "study,events_treat,n_treat,events_control,n_control\na,3,20,0,20\nb,0,10,2,10\n"
    text = pool("--method", "glmm-um-fs", text=empty).stdout
    assert "Wald Q (1 df)" in text
    assert "likelihood-ratio test of homogeneity (1 df)      7.178, p = 0.007" in text
