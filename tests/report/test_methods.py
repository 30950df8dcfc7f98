"""The methods text tells the choices of this analysis, and cites works that are in the bibliography."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from metamsc.analysis.result import Information, Sensitivity, SmallStudy
from metamsc.report.citations import PACKAGE_WORKS
from metamsc.report.methods import methods
from metamsc.report.template import asset

CITED = re.compile(r"@([a-z]+\d{4})")
WITHOUT_DOI = {"raudenbush2009", "morris1983"}
"""A chapter of a book, and a paper whose DOI was not seen anywhere."""
ENTRY = re.compile(r"^@\w+\{(\w+),(.*?)^\}", re.MULTILINE | re.DOTALL)


def text(result: Any) -> str:
    return "\n".join(methods(result))


@pytest.fixture
def bibliography() -> dict[str, str]:
    return dict(ENTRY.findall(asset("references.bib")))


def every_text(invented: Any) -> str:
    """Methods of results that together make every choice."""
    rows = [invented.row(f"S{i} 2014", "T1D", -0.2 * i, 0.04) for i in range(1, 4)]
    small = SmallStudy(
        label="T1D", k=3, method="Egger", predictor="se", statistic=None, df=None, p=None, refused="few"
    )
    parts = []
    pairs = [(tau2, "wald") for tau2 in ("DL", "HE", "SJ", "EB", "PM", "ML")]
    for tau2, ci in (("REML", "hksj-adhoc"), ("REML", "hksj"), ("PM", "t"), *pairs):
        stratum = invented.stratum(("T1D",), rows, invented.SMD, tau2_method=tau2, ci_method=ci)
        made = invented.make(rows, replace(invented.SMD, precision="1/sqrt(n)"))
        parts.append(text(replace(made, strata=(stratum,), small_study=(small,))))
    run = replace(small, k=12, statistic=1.2, df=10, p=0.2, refused="")
    parts.append(text(replace(made, small_study=(run,))))
    made = invented.make(rows)
    riley = invented.stratum(("T1D",), rows, invented.MD, pi_method="riley")
    parts.append(text(replace(made, strata=(riley,))))
    parts.append(text(replace(made, manifest=made.manifest | {"engines": dict.fromkeys(PACKAGE_WORKS, "1")})))
    for name, changed in BESIDE:
        parts.append(text(replace(made, sensitivity=(beside(name, changed),))))
    parts.append(text(replace(made, information=(INFORMATION,))))
    for details in PLANNED:
        stratum = replace(invented.stratum(("T1D",), rows, invented.MD), details=details)
        parts.append(text(replace(made, strata=(stratum,))))
    return "\n".join(parts)


BESIDE = [
    ("bayes", "model.tau_prior = turner"),
    ("bayes", "model.tau_prior = rhodes"),
    ("bayes", "model.tau_prior = half-normal:0.5"),
    *((name, f"model.method = {name}") for name in ("mh", "peto", "glmm-cm-el", "beta-binomial")),
]
PLANNED: list[dict[str, Any]] = [
    {"method": "mh"},
    {"method": "peto"},
    {"method": "glmm-um-rs"},
    {"method": "bayes", "mu_prior": "flat", "prior_words": "half-normal prior of τ with scale 0.5"},
    {"method": "inverse-variance", "cluster": {"working_model": "multilevel", "why": "So.", "tests": "CR2"}},
]
INFORMATION = Information(
    label="T1D",
    k=3,
    participants=60.0,
    alpha=0.05,
    target=0.8,
    effect=0.5,
    assumed="SD 1",
    optimal=126,
    diversity=0.0,
    required=126,
    power_fixed=0.5,
    power_random=0.5,
)


def beside(name: str, changed: str) -> Sensitivity:
    return Sensitivity(name=name, label=name, changed=(changed,), strata=())


def test_a_planned_method_is_the_one_told(invented: Any) -> None:
    rows = [invented.row(f"S{i} 2014", "T1D", -0.2 * i, 0.04) for i in range(1, 4)]
    stratum = replace(invented.stratum(("T1D",), rows, invented.MD), details=PLANNED[2])
    told = text(replace(invented.make(rows), strata=(stratum,)))
    assert "generalised linear mixed model of the counts (UM.RS)" in told
    assert "random-effects model." not in told
    clustered = replace(stratum, details=PLANNED[4])
    told = text(replace(invented.make(rows), strata=(clustered,)))
    assert "taken as dependent (multilevel working model). So. Tests" in told


def test_why_no_bayesian_analysis_stands_there(invented: Any) -> None:
    rows = [invented.row(f"S{i} 2014", "T1D", -0.2 * i, 0.04) for i in range(1, 3)]
    assert "no prior fits" in text(replace(invented.make(rows), method_notes=("Not run: no prior fits.",)))


def test_every_citation_is_in_the_bibliography_and_every_entry_cited(
    invented: Any, bibliography: dict[str, str]
) -> None:
    # page2021 is the source of the checklists
    assert set(CITED.findall(every_text(invented))) | {"page2021"} == set(bibliography)


def test_every_entry_has_a_doi_that_was_verified(bibliography: dict[str, str]) -> None:
    assert bibliography
    for key, fields in bibliography.items():
        if key in WITHOUT_DOI:
            assert "doi" not in fields
            continue
        assert re.search(r"doi\s*=\s*\{10\.\d{4,}/\S+\}", fields), key


def test_only_what_was_done_is_told(invented: Any) -> None:
    one = text(invented.make([invented.row("A 2014", "T1D", -0.2, 0.04)]))
    assert "random-effects model" not in one
    assert "not pooled" in one
    assert "says where the true effect" not in one
    rows = [invented.row(f"S{i} 2014", "T1D", -0.2 * i, 0.04) for i in range(1, 4)]
    three = text(invented.make(rows))
    assert "random-effects model" in three
    assert "REML [@viechtbauer2005; @raudenbush2009]" in three
    assert "prediction interval (t, k − 1 df) says" in three
    assert "DerSimonian" not in three


@pytest.mark.parametrize(
    ("k", "refused", "said"),
    [
        (3, "few", "Small-study effects were not tested: with fewer than ten studies"),
        (12, "", "[@egger1997] where there were at least ten studies; with fewer it can hardly"),
        (4, "", "[@egger1997]; with fewer than ten studies it can hardly tell asymmetry"),
    ],
)
def test_tests_for_small_studies_are_told_as_they_were(
    invented: Any, k: int, refused: str, said: str
) -> None:
    made = invented.make([invented.row("A 2014", "T1D", -0.2, 0.04)])
    test = SmallStudy(
        label="T1D", k=k, method="Egger", predictor="se", statistic=1.0, df=k - 2, p=0.3, refused=refused
    )
    assert said in text(replace(made, small_study=(test,)))


def test_equal_effects_are_not_called_random(invented: Any) -> None:
    rows = [invented.row(f"S{i} 2014", "T1D", -0.2 * i, 0.04) for i in range(1, 4)]
    stratum = invented.stratum(("T1D",), rows, invented.MD, tau2_method="EE", ci_method="wald")
    told = text(replace(invented.make(rows), strata=(stratum,)))
    assert "equal-effects model" in told
    assert "random-effects model" not in told.split("preset")[0]


def test_preset_versions_and_changes_are_named(invented: Any) -> None:
    made = invented.make([invented.row("A 2014", "T1D", -0.2, 0.04)])
    made = replace(
        made, spec=made.spec | {"model": {"preset": "metamsc", "tau2_method": "DL", "level": 0.95}}
    )
    told = text(made)
    assert "metamsc 0.1 with NumPy 2 [@harris2020]" in told
    assert "preset `metamsc`" in told
    assert "changed by the plan: tau2 method DL" in told


def test_assumptions_are_told_once(invented: Any) -> None:
    made = invented.make([invented.row("A 2014", "T1D", -0.2, 0.04)])
    sentence = "A ± that the text does not label is read as a standard error."
    table = replace(made.table, assumptions=(sentence,))
    assert text(replace(made, table=table)).count("A ±") == 1


def test_works_without_a_plan(invented: Any) -> None:
    assert text(replace(invented.make([]), spec={}, manifest={}))
