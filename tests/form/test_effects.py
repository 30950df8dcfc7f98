"""The effect that the page shows of what was typed is the one of Python, however it is printed."""

from __future__ import annotations

import math
import random
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

import metamsc
from metamsc.dataset.comparisons import Unusable
from metamsc.dataset.effect import quantile_of
from metamsc.dataset.moments import log_moments, own_moments, reading_se
from metamsc.dataset.trail import Trail
from metamsc.effects.contrast import effect_from_contrast
from metamsc.effects.recover import events_from_percent
from metamsc.errors import MetamscError
from metamsc.records.values import ArmValue, Contrast
from tests.form.corpus import SHIPPED, study_of

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from metamsc.dataset.selection import Selection

pytestmark = [pytest.mark.chromium, pytest.mark.slow]

AGREE = 1e-8
"""Closed forms in double precision; the slope of an SMD beside a reading error is a quotient in Python."""
PAIRS = 60
"""Pairs of groups for each way of printing."""

Effect = tuple[str, str, float, float]
"""Measure, how a ± is read ("" where there is none), yi and vi."""


def moments(value: ArmValue, reading: str) -> Any:
    selection = cast("Selection", SimpleNamespace(unlabelled_spread=reading, medians="convert"))
    return own_moments(value, selection, Trail("treatment"))


def of_means(a: ArmValue, b: ArmValue, reading: str, told: str) -> list[Effect]:
    """Return mean difference and, of values that are no changes, Hedges' g."""
    names = [{"median": "mean"}.get(value.centre or "", value.centre) for value in (a, b)]
    if names[0] != names[1] or names[0] is None:
        return []
    try:
        one, other = moments(a, reading), moments(b, reading)
    except (Unusable, MetamscError):
        return []
    if one.se is None or other.se is None:
        return []
    figure = one.reading**2 + other.reading**2
    found = [("MD", told, one.mean - other.mean, one.se**2 + other.se**2 + figure)]
    if names[0] == "mean" and a.n and b.n and a.n > 1 and b.n > 1 and one.sd and other.sd:
        given: dict[str, Any] = {"n_treat": a.n, "mean_treat": one.mean, "sd_treat": one.sd}
        given |= {"n_control": b.n, "mean_control": other.mean, "sd_control": other.sd}
        smd = metamsc.compute_effects("SMD", **given)
        beside = metamsc.compute_effects("SMD", **(given | {"mean_treat": one.mean + 1.0}))
        slope = float(beside.yi[0] - smd.yi[0])
        found.append(("SMD", told, float(smd.yi[0]), float(smd.vi[0]) + slope**2 * figure))
    return found


def of_geometric(a: ArmValue, b: ArmValue) -> list[Effect]:
    try:
        one, other = (log_moments(value, Trail("treatment")) for value in (a, b))
    except (Unusable, MetamscError):
        return []
    figure = sum((reading_se(value) / (value.geometric_mean or 1.0)) ** 2 for value in (a, b))
    return [("ROM", "", one.mean - other.mean, one.sd**2 / one.n + other.sd**2 / other.n + figure)]


def of_counts(a: ArmValue, b: ArmValue) -> list[Effect]:
    counts = []
    for value in (a, b):
        if not value.n:
            return []
        try:
            counts.append(
                value.events
                if value.events is not None
                else events_from_percent(value.percent or 0.0, value.n).value
            )
        except MetamscError:
            return []
    given: dict[str, Any] = {
        "events_treat": counts[0],
        "n_treat": a.n,
        "events_control": counts[1],
        "n_control": b.n,
    }
    found = [(measure, metamsc.compute_effects(measure, **given)) for measure in ("RR", "OR", "RD")]
    return [(measure, "", float(effect.yi[0]), float(effect.vi[0])) for measure, effect in found]


def by_python(a: ArmValue, b: ArmValue) -> list[Effect]:
    if a.centre is None or b.centre is None:
        return of_counts(a, b) if a.centre is b.centre is None else []
    if a.centre == b.centre == "geometric_mean":
        return of_geometric(a, b)
    if "geometric_mean" in (a.centre, b.centre):
        return []
    if a.spread is None and b.spread is None:
        return of_means(a, b, "sd", "")
    return [*of_means(a, b, "sd", "± read as SD"), *of_means(a, b, "se", "± read as SE")]


def contrast_by_python(contrast: Contrast) -> list[Effect]:
    measure = "MD" if contrast.measure.value == "difference" else contrast.measure.value
    distribution, df, _ = quantile_of(contrast)
    tests = {"t": "t", "welch": "welch", "z": "z", "f": "f", "chi2": "chi2"}
    test = tests.get(contrast.test.value)
    usable = test and contrast.statistic is not None and not (test == "chi2" and contrast.df not in (None, 1))
    try:
        found = effect_from_contrast(
            measure,
            difference=contrast.difference,
            ratio=contrast.ratio,
            se=contrast.se,
            ci=contrast.ci,
            test=test if usable else None,
            statistic=contrast.statistic if usable else None,
            p=contrast.p,
            p_operator=contrast.p_operator,
            one_sided=contrast.one_sided,
            n_treat=contrast.n_treatment,
            n_control=contrast.n_control,
            distribution=distribution,
            df=df,
        )
    except MetamscError:
        return []
    return [(measure, "", found.yi, found.vi)]


def by_page(page: Page, results: list[dict[str, Any]]) -> list[list[Effect]]:
    """Return what the page works out of each result of a record with two groups, a and b."""
    record = {
        "study": {"setting": "clinical"},
        "arms": [{"id": "a", "role": "treatment"}, {"id": "b", "role": "control"}],
        "results": results,
    }
    found = page.evaluate("record => record.results.map((_, i) => metamscForm.effects(record, i))", record)
    note = {True: "± read as SD", False: "± read as SE"}
    return [
        [
            (
                each["measure"],
                note["as SD" in each["note"]] if "±" in each["note"] else "",
                each["yi"],
                each["vi"],
            )
            for each in one
        ]
        for one in found
    ]


def held(found: list[Effect], expected: list[Effect], given: Any) -> None:
    assert [each[:2] for each in found] == [each[:2] for each in expected], given
    for own, theirs in zip(found, expected, strict=True):
        assert own[2:] == pytest.approx(theirs[2:], rel=AGREE, abs=AGREE), given


def printed(chance: random.Random) -> dict[str, Any]:
    """Return the numbers of one group, in one of the ways in which papers print them."""
    n, mean, sd = chance.randint(2, 90), round(chance.uniform(-3, 30), 2), round(chance.uniform(0.2, 9), 2)
    low, high = round(mean - sd * 0.7, 2), round(mean + sd * 0.6, 2)
    ways: list[dict[str, Any]] = [
        {"mean": mean, "sd": sd}, {"mean": mean, "se": sd}, {"mean": mean, "ci": [low, high]},
        {"mean": mean, "spread": {"value": sd, "kind": "unlabelled"}}, {"change": mean, "sd": sd},
        {"change": mean, "spread": {"value": sd, "kind": "unlabelled"}}, {"percent_change": mean, "se": sd},
        {"median": mean, "iq_range": [low, high]}, {"median": mean, "range": [low - sd, high + sd]},
        {"median": mean, "iq_range": [low, high], "range": [low - sd, high + sd]},
        {"geometric_mean": abs(mean) + 0.1, "geometric_sd": 1 + sd},
        {"geometric_mean": abs(mean) + 0.1, "ci": [(abs(mean) + 0.1) / 1.4, (abs(mean) + 0.1) * 1.5]},
        {"mean": mean, "sd": sd, "reading_error": 0.3}, {"mean": mean},
        {"events": chance.randint(0, n)},
        {"percent": round(100 * chance.randint(0, n) / n, chance.choice((0, 1)))},
    ]  # fmt: skip
    value = {"n": n, **chance.choice(ways)}
    if chance.random() < 0.1:
        del value["n"]
    return value


def test_groups_printed_in_every_way(page: Page) -> None:
    chance = random.Random(5)  # noqa: S311 - no secret
    pairs = [(printed(chance), printed(chance)) for _ in range(PAIRS * 20)]
    pairs = [(a, b) for a, b in pairs if alike(a, b)]
    results = [{"outcome": "hba1c", "arms": {"a": a, "b": b}} for a, b in pairs]
    measures: set[tuple[str, str]] = set()
    for (a, b), found in zip(pairs, by_page(page, results), strict=True):
        expected = by_python(ArmValue.model_validate(a), ArmValue.model_validate(b))
        held(found, expected, (a, b))
        measures |= {each[:2] for each in expected}
    read = {(measure, told) for measure in ("MD", "SMD") for told in ("", "± read as SD", "± read as SE")}
    assert measures == {*read, ("ROM", ""), ("RR", ""), ("OR", ""), ("RD", "")}


def alike(a: dict[str, Any], b: dict[str, Any]) -> bool:
    """Whether two groups print the same kind of centre, so that they can be compared."""
    kinds = [{"median": "mean", "percent": "events"}.get(key, key) for value in (a, b) for key in value]
    centres = [
        key for key in kinds if key in ("mean", "change", "percent_change", "geometric_mean", "events")
    ]
    return centres[0] == centres[1]


def test_contrasts_printed_in_every_way(page: Page) -> None:
    chance = random.Random(6)  # noqa: S311 - no secret
    results = []
    for _ in range(PAIRS * 5):
        ratio, size = chance.random() < 0.4, round(chance.uniform(0.2, 5), 2)
        made: dict[str, Any] = {"treatment": "a", "control": "b"}
        made |= {"measure": chance.choice(["RR", "OR", "HR"]), "ratio": size} if ratio else {}
        made |= {} if ratio else {"difference": size * chance.choice((1, -1))}
        middle = size if ratio else made["difference"]
        widths: list[dict[str, Any]] = [
            {"se": 0.4}, {"ci": [middle - 0.1, middle + 0.2]}, {"p": 0.03}, {"p": 0.2, "one_sided": True},
            {"p": 0.05, "p_operator": "<"}, {"test": "t", "statistic": -2.2, "df": 20}, {"p": 0.03, "df": 12},
            {"test": "f", "statistic": 4.4}, {"test": "chi2", "statistic": 5.1}, {},
            {"test": "z", "statistic": 2.0}, {"test": "fisher", "p": 0.04, "df": 3},
            {"test": "chi2", "statistic": 5.1, "df": 2, "p": 0.04},
        ]  # fmt: skip
        made |= chance.choice(widths)
        made |= chance.choice([{}, {"n_treatment": 12, "n_control": 10}, {"adjusted_for": "age"}])
        results.append({"outcome": "hba1c", "contrast": made})
    pages = by_page(page, results)
    for result, found in zip(results, pages, strict=True):
        held(found, contrast_by_python(Contrast.model_validate(result["contrast"])), result)
    assert sum(map(len, pages)) > PAIRS * 3


def test_every_result_of_the_review(page: Page) -> None:
    results: list[dict[str, Any]] = []
    expected: list[list[Effect]] = []
    for file in SHIPPED:
        study = study_of(file)
        assert study is not None
        for row in study.results:
            if row.contrast is not None:
                made = row.contrast.model_dump(mode="json", exclude_defaults=True)
                results.append({"contrast": {**made, "treatment": "a", "control": "b"}})
                expected.append(contrast_by_python(row.contrast))
            elif row.arms is not None and len(row.arms) > 1:
                a, b = list(row.arms.values())[:2]
                arms = {"a": a.model_dump(mode="json", exclude_defaults=True)}
                arms |= {"b": b.model_dump(mode="json", exclude_defaults=True)}
                results.append({"arms": arms})
                expected.append(by_python(a, b))
    for result, found, wanted in zip(results, by_page(page, results), expected, strict=True):
        held(found, wanted, result)
    assert sum(map(len, expected)) > len(results) > 100
    assert all(math.isfinite(number) for wanted in expected for each in wanted for number in each[2:])
