"""What `metamsc run` leaves on disk for one analysis: numbers, tables, figures and the manifest.

Every file is written whole or not at all, and the same inputs give the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, fields
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from metamsc.analysis.result import AnalysisResult, Information, Regression, Stratum
from metamsc.dataset.csv_text import to_csv_text
from metamsc.dataset.rows import Exclusion, Missing
from metamsc.errors import check_option
from metamsc.files import PathLike, write_atomic
from metamsc.plots.save import FORMATS, write_figure
from metamsc.report.trust_files import trust_frames, write_trust_figures
from metamsc.tables.appendix import appendix_tables
from metamsc.tables.write import SUFFIXES, write_tables

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from metamsc.records.studies import Studies


FIGURES = ("forest", "funnel", "sensitivity")


def write_outputs(
    result: AnalysisResult,
    folder: PathLike,
    *,
    figures: bool = True,
    tables: Sequence[str] = (),
    records: Studies | None = None,
) -> tuple[Path, ...]:
    """Write ``results.json``, ``manifest.json``, CSV tables, figures and tables to read of one analysis.

    Parameters
    ----------
    result : AnalysisResult
    folder : path
        Made if it does not exist: ``build/hba1c``.
    figures : bool
        Also draw the forest, funnel and sensitivity plots as SVG, PDF and PNG, and those of what the plan
        holds the result against as SVG in ``trust/``.
    tables : sequence of str
        Formats of ``tables/appendix.*``, every table of the analysis in one file: keys of
        :data:`metamsc.tables.write.SUFFIXES`.
    records : Studies, optional
        For the table of characteristics of studies.

    Returns
    -------
    tuple of Path
        The files written, in order.

    Raises
    ------
    OptionError
        If there is no such format of tables.
    InputError
        If the package that writes a format is not installed.
    OSError
        If the folder cannot be written to.
    """
    base = Path(folder)
    written = []
    for name, data in (("results.json", result.to_dict()), ("manifest.json", result.manifest)):
        write_atomic(base / name, json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
        written.append(base / name)
    for name, frame in (result_frames(result) | trust_frames(result)).items():
        write_atomic(base / f"{name}.csv", to_csv_text(frame))
        written.append(base / f"{name}.csv")
    if figures and result.strata:
        written.extend(_write_figures(result, base))
    written.extend(write_trust_figures(result, base) if figures else [])
    written.extend(_write_appendix(result, base / "tables", tables, records))
    _remove_stale(base, written)
    return tuple(written)


def _remove_stale(base: Path, written: Sequence[Path]) -> None:
    """Remove figures and tables of an earlier run that this one did not make: their numbers may be others."""
    figures = (base / f"{name}.{form}" for name in FIGURES for form in FORMATS)
    tables = (base / "tables" / f"appendix{suffix}" for suffix in SUFFIXES.values())
    for old in (*figures, *tables):
        if old not in written:
            old.unlink(missing_ok=True)


def _write_appendix(
    result: AnalysisResult, folder: Path, forms: Sequence[str], records: Studies | None
) -> list[Path]:
    """Write every table of the analysis into one file per format."""
    for form in forms:
        check_option("tables", form, SUFFIXES)
    made = appendix_tables(result, records) if forms else ()
    return [
        write_tables(made, folder / f"appendix{SUFFIXES[form]}", title=result.title, form=form)
        for form in forms
    ]


def _write_figures(result: AnalysisResult, base: Path) -> list[Path]:
    from metamsc.plots.dark import darken
    from metamsc.plots.forest import draw_forest
    from metamsc.plots.funnel import draw_funnel
    from metamsc.plots.planned import planned_figures, planned_forest
    from metamsc.plots.sensitivity import draw_sensitivity

    figures, look = planned_figures(result), planned_forest(result)
    drawn: dict[str, Callable[[AnalysisResult], Axes]] = {
        "forest": partial(draw_forest, preset=look.preset, limits=look.limits, models=look.models),
        "funnel": partial(draw_funnel, width=figures.get("width")),
        "sensitivity": partial(draw_sensitivity, width=figures.get("width")),
    }
    written: list[Path] = []
    for name, draw in drawn.items():
        if name == "sensitivity" and not result.sensitivity:
            continue
        axes = draw(result)
        if figures.get("dark") and name != "forest":  # whose presets have dark palettes
            darken(axes)
        written.extend(write_figure(axes, base / name, title=f"{result.title}: {name} plot"))
    return written


def result_frames(result: AnalysisResult) -> dict[str, pd.DataFrame]:
    """Return the tables of a result at full precision.

    Returns
    -------
    dict of str to DataFrame
        ``pooled`` (one row per stratum), ``rows`` (what was pooled), ``excluded``, ``missing``,
        ``sensitivity``, ``information`` and ``regression``; columns are there even when a table has no rows.
    """
    import pandas as pd

    table = result.table
    return {
        "pooled": pd.DataFrame(
            [_pooled_row(result, stratum) for stratum in result.pools], columns=_POOLED_COLUMNS
        ),
        "rows": table.to_frame(),
        "excluded": _frame(Exclusion, table.excluded),
        "missing": _frame(Missing, table.missing),
        "sensitivity": pd.DataFrame(
            [
                {"name": item.name, "label": item.label, "changed": "; ".join(item.changed)}
                | {"measure": item.measure or result.scale.measure, "stratum": stratum.label}
                | {name: value for name, value in asdict(stratum).items() if name != "label"}
                | {"note": "; ".join(filter(None, (item.note, stratum.note)))}
                for item in result.sensitivity
                for stratum in item.strata
            ],
            columns=_SENSITIVITY_COLUMNS,
        ),
        "information": pd.DataFrame(
            [asdict(item) for item in result.information],
            columns=[field.name for field in fields(Information)],
        ),
        "regression": pd.DataFrame(
            [row for item in result.regressions for row in _coefficient_rows(item)],
            columns=_REGRESSION_COLUMNS,
        ),
    }


def _coefficient_rows(item: Regression) -> list[dict[str, Any]]:
    """Return a row per coefficient, or one that says why there is none."""
    base = {"stratum": item.label, "formula": item.formula, "k": item.k, "refused": item.refused}
    if item.pooled is None:
        return [base]
    return [
        base
        | {
            "coefficient": c.name,
            "estimate": c.estimate,
            "se": c.se,
            "ci_low": c.ci.low,
            "ci_high": c.ci.high,
        }
        | {"p": c.p, "tau2": item.pooled.heterogeneity.tau2}
        for c in item.pooled.coefficients
    ]


_SENSITIVITY_COLUMNS = [
    "name", "label", "changed", "measure", "stratum", "k", "estimate", "ci_low", "ci_high", "tau2",
    "mid_mean", "mid_new_study", "note",
]  # fmt: skip
_REGRESSION_COLUMNS = [
    "stratum", "formula", "k", "coefficient", "estimate", "se", "ci_low", "ci_high", "p", "tau2", "refused",
]  # fmt: skip
_POOLED_COLUMNS = [
    "stratum", "method", "measure", "k", "estimate", "se", "ci_low", "ci_high", "level", "p",
    "pi_low", "pi_high",
    "tau2", "tau2_low", "tau2_high", "I2", "Q", "Q_df", "Q_p", "tau2_method", "ci_method", "pi_method",
    "shown_estimate", "shown_ci_low", "shown_ci_high",
]  # fmt: skip


def _frame(kind: type[Exclusion | Missing], items: Sequence[Exclusion | Missing]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame([asdict(item) for item in items], columns=[field.name for field in fields(kind)])


def _pooled_row(result: AnalysisResult, stratum: Stratum) -> dict[str, Any]:
    pooled = stratum.pooled
    tau2_ci = pooled.heterogeneity.tau2_ci
    return {
        "stratum": stratum.label,
        "method": stratum.details.get("method"),
        "measure": pooled.measure,
        "k": pooled.k,
        "estimate": pooled.estimate,
        "se": pooled.se,
        "ci_low": pooled.ci.low,
        "ci_high": pooled.ci.high,
        "level": pooled.level,
        "p": pooled.p,
        "pi_low": None if pooled.pi is None else pooled.pi.low,
        "pi_high": None if pooled.pi is None else pooled.pi.high,
        "tau2": pooled.heterogeneity.tau2,
        "tau2_low": None if tau2_ci is None else tau2_ci.low,
        "tau2_high": None if tau2_ci is None else tau2_ci.high,
        "I2": pooled.heterogeneity.I2,
        "Q": pooled.heterogeneity.Q,
        "Q_df": pooled.heterogeneity.Q_df,
        "Q_p": pooled.heterogeneity.Q_p,
        "tau2_method": pooled.tau2_method,
        "ci_method": pooled.ci_method,
        "pi_method": pooled.pi_method,
        "shown_estimate": result.scale.shown(pooled.estimate),
        "shown_ci_low": result.scale.shown(pooled.ci.low),
        "shown_ci_high": result.scale.shown(pooled.ci.high),
    }
