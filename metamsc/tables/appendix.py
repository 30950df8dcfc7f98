"""Every table of an analysis, in the order in which an appendix has them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from metamsc.errors import OptionError
from metamsc.tables.characteristics import characteristics_table
from metamsc.tables.derivations import derivations_table
from metamsc.tables.grade import findings_table
from metamsc.tables.grade_across import findings_across
from metamsc.tables.grade_domains import domains_table
from metamsc.tables.heterogeneity import heterogeneity_table
from metamsc.tables.information import information_table
from metamsc.tables.left_out import excluded_table, missing_table
from metamsc.tables.pooled import results_table
from metamsc.tables.regression import regression_table
from metamsc.tables.risk_of_bias import risk_of_bias_tables
from metamsc.tables.sensitivity import sensitivity_table, small_study_table
from metamsc.tables.studies import studies_table
from metamsc.tables.trust import trust_table

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from metamsc.analysis.result import AnalysisResult
    from metamsc.records.studies import Studies
    from metamsc.tables.table import Table

NAMES = (
    "findings", "characteristics", "results", "heterogeneity", "studies", "derivations", "risk-of-bias",
    "domains", "sensitivity", "trust", "regression", "information", "small-study", "missing", "excluded",
)  # fmt: skip
"""Tables by name; "risk-of-bias" is one table per tool."""


def appendix_tables(
    result: AnalysisResult, records: Studies | None = None, *, only: Collection[str] = ()
) -> tuple[Table, ...]:
    """Return the tables of an analysis.

    Parameters
    ----------
    result : AnalysisResult
    records : Studies, optional
        The records it was run on; without them there is no table of characteristics.
    only : collection of str
        Names from :data:`NAMES`; all when empty. The order is that of an appendix, whatever is given.

    Returns
    -------
    tuple of Table
        A table without rows is left out, unless it is named in `only`: it then says why it is empty.

    Raises
    ------
    OptionError
        If a name is not one of a table.
    """
    _check_names(only)
    made: dict[str, tuple[Table, ...]] = {
        "findings": (findings_table(result),),
        "characteristics": () if records is None else (characteristics_table(result, records),),
        "results": (results_table(result),),
        "heterogeneity": (heterogeneity_table(result),),
        "studies": (studies_table(result),),
        "derivations": (derivations_table(result),),
        "risk-of-bias": risk_of_bias_tables(result),
        "domains": (domains_table(result),),
        "sensitivity": (sensitivity_table(result),),
        "trust": (trust_table(result),),
        "regression": (regression_table(result),),
        "information": (information_table(result),),
        "small-study": (small_study_table(result),),
        "missing": (missing_table(result),),
        "excluded": (excluded_table(result),),
    }
    chosen = [table for name in NAMES if not only or name in only for table in made[name]]
    return tuple(table for table in chosen if table.rows or only)


def appendix_across(
    results: Sequence[AnalysisResult], records: Studies | None = None, *, only: Collection[str] = ()
) -> tuple[Table, ...]:
    """Return the tables of several analyses: one summary of findings over all of them, then those of each.

    Parameters
    ----------
    results : sequence of AnalysisResult
    records : Studies, optional
        As for :func:`appendix_tables`.
    only : collection of str
        Names from :data:`NAMES`; all when empty.

    Returns
    -------
    tuple of Table
        Summaries of findings by population, then the other tables analysis by analysis. Where two analyses
        are of one outcome, the captions of their tables begin with their titles.

    Raises
    ------
    OptionError
        If a name is not one of a table.
    InputError
        If a result has no GRADE profiles.
    """
    _check_names(only)
    made: list[Table] = []
    if not only or "findings" in only:
        made.extend(findings_across(results))
    rest = [name for name in NAMES if name != "findings" and (not only or name in only)]
    if not rest:
        return tuple(made)
    outcomes = Counter(result.scale.outcome_label for result in results)
    for result in results:
        alike = outcomes[result.scale.outcome_label] > 1
        for table in appendix_tables(result, records, only=rest):
            if not table.rows and not only:
                continue
            made.append(replace(table, caption=f"{result.title}. {table.caption}") if alike else table)
    return tuple(made)


def _check_names(only: Collection[str]) -> None:
    for name in only:
        if name not in NAMES:
            raise OptionError(f"only must be names of tables, {', '.join(NAMES)}; got {name!r}.")
