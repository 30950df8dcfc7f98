"""The plan's meta-regression: a formula of moderators, pool by pool.

Moderators are words, but for `year`, `at_days` (time of measurement), `dose_per_kg` and `dose_total`, which
are numbers. A row without a value of a moderator in the formula is left out and named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from metamsc.analysis.design import model_matrix
from metamsc.analysis.methods.choice import INVERSE_VARIANCE
from metamsc.analysis.methods.pool import pool_rows
from metamsc.analysis.pooling import pool_data
from metamsc.analysis.result import Regression, Stratum
from metamsc.analysis.spec import AnalysisSpec
from metamsc.dataset.csv import CsvEffects
from metamsc.dataset.rows import MODERATORS, EffectRow
from metamsc.errors import InputError, OptionError, TooFewStudiesError
from metamsc.models.batch import FloatArray
from metamsc.models.formula import formula_variables

if TYPE_CHECKING:
    import pandas as pd

NUMERIC = ("year", "at_days", "dose_per_kg", "dose_total")
"""Moderators that are numbers; all others are words."""
TERMS = (*(name for name in MODERATORS if name != "dose"), "year", "at_days")
"""What a formula may name; `dose` is a text of number, unit and infusions."""
LEAST_SPARE = 2
"""Rows there must be beyond the coefficients: with one, tau2 rests on a single residual."""


def fit_moderators(
    spec: AnalysisSpec, strata: Sequence[Stratum], rows: dict[str, EffectRow], measure: str
) -> tuple[Regression, ...]:
    """Return the plan's meta-regression in every first-level stratum and over all where types are pooled.

    Parameters
    ----------
    spec : AnalysisSpec
    strata : sequence of Stratum
        Every pool of the analysis.
    rows : dict of str to EffectRow
        Rows by their id.
    measure : str

    Returns
    -------
    tuple of Regression
        Empty when the plan has no `mods`.

    Raises
    ------
    OptionError
        If the formula cannot be read, or names what is no moderator.
    """
    if spec.mods is None:
        return ()
    check_formula(spec.mods)
    return tuple(
        _fit(spec, stratum, [rows[row_id] for row_id in stratum.row_ids], measure)
        for stratum in strata
        if len(stratum.key) <= 1
    )


def check_formula(formula: str) -> tuple[str, ...]:
    """Return the moderators that a formula names.

    Raises
    ------
    OptionError
        If it cannot be read, or names what is no moderator; lists those there are.
    """
    needed = formula_variables(formula)
    for name in needed:
        if name == "dose":
            raise OptionError("mods: dose is text with its unit; take dose_per_kg or dose_total.")
        if name not in TERMS:
            raise OptionError(f"mods: {name!r} is no moderator; there are {', '.join(TERMS)}.")
    return needed


def _fit(spec: AnalysisSpec, stratum: Stratum, rows: Sequence[EffectRow], measure: str) -> Regression:
    formula = spec.mods or ""
    needed = check_formula(formula)
    empty = Regression(label=stratum.label, formula=formula, k=0)
    values = {row.row_id: {name: row_value(row, name) for name in needed} for row in rows}
    used = [row for row in rows if all(values[row.row_id].values())]
    left_out = tuple(
        f"{row.label} ({', '.join(name for name, value in values[row.row_id].items() if not value)})"
        for row in rows
        if row not in used
    )
    empty = replace(empty, k=len(used), left_out=left_out)
    try:
        X, names = _design(used, values, formula)
        data = replace(pool_data(used, measure, spec.model.cluster), measure=measure, X=X, names=names)
        choice = spec.model.choice()
        if choice.method != INVERSE_VARIANCE:
            choice = replace(choice, method=INVERSE_VARIANCE, tau2_method="REML", ci_method="hksj-adhoc")
        found = pool_rows(data, choice)
    except (InputError, TooFewStudiesError) as error:
        return replace(empty, refused=str(error))
    return replace(
        empty,
        row_ids=tuple(row.row_id for row in used),
        names=names,
        design=tuple(tuple(float(x) for x in row) for row in X),
        pooled=replace(found, weights_percent=found.weights_percent or ()).as_pooled(),
        details=dict(found.details),
    )


def _design(
    rows: Sequence[EffectRow], values: dict[str, dict[str, str]], formula: str
) -> tuple[FloatArray, tuple[str, ...]]:
    """Return the design and its names, or raise that there are too few rows for it."""
    if not rows:
        raise TooFewStudiesError("No row has every moderator of the formula.")
    X, names = model_matrix(_as_table(rows, values), formula)
    least = X.shape[1] + LEAST_SPARE
    if len(rows) < least:
        raise TooFewStudiesError(
            f"{X.shape[1]} coefficients and tau2 need at least {least} rows with every moderator; there "
            f"{'is 1' if len(rows) == 1 else f'are {len(rows)}'}."
        )
    return X, names


def row_value(row: EffectRow, name: str) -> str:
    """Return a moderator as the text of a number or a word; "" where there is none."""
    if name == "year":
        return "" if row.year is None else str(row.year)
    if name == "at_days":
        return "" if row.at_days is None else repr(float(row.at_days))
    return row.moderator(name)


def _as_table(rows: Sequence[EffectRow], values: dict[str, dict[str, str]]) -> CsvEffects:
    frame = _frame([values[row.row_id] for row in rows])
    return CsvEffects(
        file="the rows",
        measure="",
        labels=tuple(row.label for row in rows),
        yi=tuple(row.yi for row in rows),
        vi=tuple(row.vi for row in rows),
        frame=frame,
        notes=(),
    )


def _frame(values: list[dict[str, str]]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(values, dtype=object)
