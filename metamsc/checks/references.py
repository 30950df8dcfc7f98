"""References: every id in a record leads somewhere, every outcome and unit is one of the catalogue."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator

from metamsc.checks.rule import Finding
from metamsc.outcomes.catalogue import NOT_PRINTED, Outcome, catalogue
from metamsc.records.model import Result, Study
from metamsc.records.positions import Path
from metamsc.records.values import Characteristic
from metamsc.vocabulary import ContrastMeasure


def _nearest(word: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(word, list(known), n=1)
    return f"did you mean {near[0]!r}? " if near else ""


def _known_outcome(result: Result) -> Outcome | None:
    return catalogue().outcomes.get(result.outcome)


def check_arm_ids(study: Study) -> Iterator[Finding]:
    """Check that arm ids are used once."""
    seen: set[str] = set()
    for index, arm in enumerate(study.arms):
        if arm.id in seen:
            yield Finding(
                ("arms", index, "id"), f"the arm id {arm.id!r} is used twice", "give each arm its own id"
            )
        seen.add(arm.id)


def check_arms_exist(study: Study) -> Iterator[Finding]:
    """Check that arms named in results and contrasts are arms of the record."""
    known = {arm.id for arm in study.arms}
    for index, result in enumerate(study.results):
        named: list[tuple[Path, str]] = [(("results", index, "arms", arm), arm) for arm in result.arms or ()]
        if result.contrast is not None:
            contrast: Path = ("results", index, "contrast")
            named.append(((*contrast, "treatment"), result.contrast.treatment))
            named.append(((*contrast, "control"), result.contrast.control))
        for path, arm in named:
            if arm not in known:
                hint = f"{_nearest(arm, known)}arms of this record: {', '.join(sorted(known))}"
                yield Finding(path, f"no arm has the id {arm!r}", hint)


def _characteristics(study: Study) -> Iterator[tuple[Path, Characteristic]]:
    owners: list[tuple[Path, object]] = [(("arms", index), arm) for index, arm in enumerate(study.arms)]
    owners.append((("population",), study.population))
    for path, owner in owners:
        for name in ("age", "disease_duration", "bmi"):
            value = getattr(owner, name, None)
            if value is not None:
                yield (*path, name), value


def check_sources_exist(study: Study) -> Iterator[Finding]:
    """Check that sources named anywhere are keys of `sources`."""
    named: list[tuple[Path, str]] = []
    for index, result in enumerate(study.results):
        named += [(("results", index, "source"), key) for key in result.source]
    for index, missing in enumerate(study.missing_results):
        if missing.source is not None:
            named.append((("missing_results", index, "source"), missing.source))
    for path, value in _characteristics(study):
        if value.source is not None:
            named.append(((*path, "source"), value.source))
    for path, key in named:
        if key not in study.sources:
            hint = f"{_nearest(key, study.sources)}sources of this record: {', '.join(study.sources)}"
            yield Finding(path, f"no source has the key {key!r}", hint)


def check_outcomes_exist(study: Study) -> Iterator[Finding]:
    """Check that outcomes are ids of the catalogue."""
    known = catalogue().outcomes
    named: list[tuple[Path, str]] = [
        (("results", index, "outcome"), result.outcome) for index, result in enumerate(study.results)
    ]
    named += [
        (("risk_of_bias", index, "outcome"), entry.outcome)
        for index, entry in enumerate(study.risk_of_bias)
        if entry.outcome is not None
    ]
    for path, name in named:
        if name not in known:
            hint = f"{_nearest(name, known)}the ids are listed in docs/outcomes.md"
            yield Finding(path, f"{name!r} is not an outcome of the catalogue", hint)


def check_missing_outcomes_exist(study: Study) -> Iterator[Finding]:
    """Check that missing results name an outcome or a family of outcomes."""
    known = {**catalogue().outcomes, **catalogue().families}
    for index, missing in enumerate(study.missing_results):
        if missing.outcome not in known:
            hint = f"{_nearest(missing.outcome, known)}families: {', '.join(catalogue().families)}"
            message = f"{missing.outcome!r} is neither an outcome nor a family of the catalogue"
            yield Finding(("missing_results", index, "outcome"), message, hint)


def check_outcomes_fit_setting(study: Study) -> Iterator[Finding]:
    """Check that outcomes belong to the setting: animals have no insulin independence."""
    setting = study.study.setting
    for index, result in enumerate(study.results):
        outcome = _known_outcome(result)
        if outcome is not None and setting not in outcome.settings:
            settings = " and ".join(outcome.settings)
            message = f"{outcome.id!r} is an outcome of {settings} studies; the setting is {setting.value!r}"
            yield Finding(("results", index, "outcome"), message, "choose the outcome of this setting")


def percent_change_only(result: Result) -> bool:
    """Whether all numbers of a row are percent changes, which have no unit of the outcome."""
    return bool(result.arms) and all(v.percent_change is not None for v in (result.arms or {}).values())


def _needs_no_unit(result: Result, outcome: Outcome) -> bool:
    ratio = result.contrast is not None and result.contrast.measure is not ContrastMeasure.DIFFERENCE
    index = outcome.quantity is not None and outcome.quantity.dimensionless
    return outcome.kind == "event" or ratio or index or percent_change_only(result)


def check_units_known(study: Study) -> Iterator[Finding]:
    """Check that units are units of the outcome; counts have none."""
    for index, result in enumerate(study.results):
        outcome, unit = _known_outcome(result), result.unit
        if outcome is None or unit is None or outcome.accepts(unit):
            continue
        if unit == "%" and percent_change_only(result):
            continue
        path = ("results", index, "unit")
        if outcome.kind == "event":
            yield Finding(path, f"{outcome.id!r} is counted; got the unit {unit!r}", "leave `unit` out")
            continue
        hint = f"units of {outcome.id}: {', '.join(outcome.units)}, or {NOT_PRINTED!r}"
        yield Finding(path, f"{unit!r} is not a unit of {outcome.id}", hint)


def check_units_given(study: Study) -> Iterator[Finding]:
    """Check that measured outcomes have a unit."""
    for index, result in enumerate(study.results):
        outcome = _known_outcome(result)
        if outcome is None or result.unit is not None or _needs_no_unit(result, outcome):
            continue
        hint = f'write `unit: "{outcome.unit}"` as printed, or `unit: {NOT_PRINTED}`'
        yield Finding(("results", index), f"{outcome.id!r} is measured and has no unit", hint)
