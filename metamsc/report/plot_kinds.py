"""Every figure by its name: what it needs, and how it is drawn from a plan or a CSV."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from metamsc.errors import InputError, OptionError, check_option
from metamsc.report import plot_diagnostics as diagnostics
from metamsc.report import plot_parts as parts

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from metamsc.analysis.result import AnalysisResult, Stratum
    from metamsc.analysis.spec import AnalysisSpec
    from metamsc.records.studies import Studies

CSV_OPTIONS = ("measure", "by", "mods", "tau2_method", "ci_method", "pi_method", "level", "preset")
"""Flags that a figure of a CSV uses; a plan takes every flag of `metamsc run`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlotRequest:
    """What is to be drawn of what. `flags` are those of the model, as keys of a plan.

    `per`, `weighted`, `dark`, `preset` and `width` are those of `figures` in the plan when left out.
    """

    source: Path
    """Plan, its folder, a CSV, or a folder of plans."""
    records: str = "data/extractions"
    stratum: str | None = None
    moderator: str | None = None
    per: str | None = None
    setting: str = "clinical"
    least: int = 1
    weighted: bool | None = None
    dark: bool | None = None
    preset: str | None = None
    title: str | None = None
    outcome: str = ""
    """What was measured, for the axis of a figure of a CSV; a plan says it itself."""
    unit: str = ""
    """Unit of differences in a CSV."""
    width: float | None = None
    """Of the figure, in millimetres; None for the usual one."""
    models: bool = False
    """Whether the plan wants its forest plot with sensitivity analyses beside it."""
    flags: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_csv(self) -> bool:
        """Whether the source is a table and no plan."""
        return self.source.is_file() and self.source.suffix not in (".yml", ".yaml")

    def studies(self) -> Studies:
        """Read the records.

        Raises
        ------
        OptionError
            If the source is a CSV, which has none.
        InputError
            If there is no such folder, or no record in it.
        """
        if self.is_csv:
            raise OptionError("this figure is of records; name a plan, not a CSV.")
        from metamsc.checks.read import read_records

        if not Path(self.records).exists():
            raise InputError(f"there is no {self.records}; name the folder of the records with --records.")
        found = read_records(self.records)
        if not found:
            raise InputError(f"{self.records} holds no record (*.yml); name the folder with --records.")
        return found

    def spec(self) -> AnalysisSpec:
        """Read the plan with the flags put in."""
        if self.is_csv:
            raise OptionError("this figure is of a plan; name its folder, not a CSV.")
        from metamsc.analysis.plan import read_spec

        return read_spec(self.source).with_flags(**dict(self.flags))

    def specs(self) -> tuple[AnalysisSpec, ...]:
        """Read every plan of a folder, or the one that is named."""
        from metamsc.analysis.plan import PLAN_FILE, find_specs, read_spec

        if self.source.is_file() or (self.source / PLAN_FILE).is_file():
            return (self.spec(),)
        return tuple(read_spec(path) for path in find_specs(self.source))

    def result(self, *, other_choices: bool = False) -> AnalysisResult:
        """Run the plan, or pool the CSV; a plan's `sensitivity` only where the figure shows it."""
        if not self.is_csv:
            from metamsc.analysis.run import run

            spec = self.spec()
            if not other_choices:
                spec = spec.model_copy(update={"sensitivity": ()})
            result = run(spec, self.studies())
            return result if self.title is None else replace(result, title=self.title)
        from metamsc.analysis.csv import pool_csv
        from metamsc.analysis.csv_bands import csv_regression
        from metamsc.analysis.csv_result import csv_result

        self.check_csv_flags()
        options = dict(self.flags)
        mods = options.pop("mods", None)
        pooled = pool_csv(self.source, **options)
        result = csv_result(pooled, title=self.title or "", outcome=self.outcome, unit=self.unit)
        if mods is None:
            return result
        options.pop("by", None)
        return replace(result, regressions=(csv_regression(self.source, mods, **options),))

    def check_csv_flags(self) -> None:
        """Refuse flags that a figure of a CSV would not use.

        Raises
        ------
        OptionError
            Names them.
        """
        others = [f"--{name.removesuffix('_method').replace('_', '-')}" for name in self.flags]
        others = [flag for flag, name in zip(others, self.flags, strict=True) if name not in CSV_OPTIONS]
        if others:
            raise OptionError(f"{', '.join(others)} does not go with a figure of a CSV.")

    def as_planned(self) -> PlotRequest:
        """Return the request with what is left open as `figures` of the plan has it."""
        from metamsc.analysis.plan import PLAN_FILE

        if self.is_csv or not (self.source.is_file() or (self.source / PLAN_FILE).is_file()):
            return self
        planned = self.spec().figures
        if planned is None:
            return self
        return replace(
            self,
            per=self.per or planned.doses,
            weighted=planned.weighted if self.weighted is None else self.weighted,
            dark=planned.dark if self.dark is None else self.dark,
            width=self.width or planned.width,
            models=bool(planned.forest.models),
        )

    def pool(self) -> tuple[AnalysisResult, Stratum]:
        """Return the result and the pool that is asked for."""
        from metamsc.plots.pools import chosen_pool

        result = self.result()
        return result, chosen_pool(result, self.stratum)


@dataclass(frozen=True, slots=True)
class PlotKind:
    """One figure: what it shows, and its drawing; `regression` says that it can be of a meta-regression."""

    shows: str
    draw: Callable[[PlotRequest], Axes]
    regression: bool = False


KINDS: dict[str, PlotKind] = {
    "forest": PlotKind("studies and pools with their intervals", parts.forest),
    "funnel": PlotKind("effects against precision, with contours of p", parts.funnel),
    "filled-funnel": PlotKind(
        "the funnel with the studies that trim and fill puts in", diagnostics.filled_funnel
    ),
    "orchard": PlotKind(
        "every pool with its studies, mean, confidence and prediction interval", parts.orchard
    ),
    "caterpillar": PlotKind("studies of a pool sorted by their effect", parts.caterpillar),
    "bubble": PlotKind(
        "a meta-regression along a moderator with both bands (--mods)", parts.bubble, regression=True
    ),
    "coefficients": PlotKind(
        "coefficients of the meta-regression (--mods)", parts.coefficients, regression=True
    ),
    "dose-response": PlotKind("effects over doses of cells (--per kg|recipient)", parts.doses),
    "sensitivity": PlotKind("the plan beside every other choice", parts.sensitivity),
    "leave-one-out": PlotKind("the pool without each study", diagnostics.leave_one_out),
    "cumulative": PlotKind("the pool as studies came in", diagnostics.cumulative),
    "influence": PlotKind("eight diagnostics of influence", diagnostics.influence, regression=True),
    "baujat": PlotKind("influence over contribution to heterogeneity", diagnostics.baujat, regression=True),
    "radial": PlotKind("effect over its standard error against precision (Galbraith)", diagnostics.radial),
    "labbe": PlotKind("risk with treatment over risk with control", diagnostics.labbe),
    "drapery": PlotKind("p value functions", diagnostics.drapery),
    "gosh": PlotKind("pools of all subsets of the studies", diagnostics.gosh),
    "specification": PlotKind("every combination of defensible choices", parts.specification),
    "traffic-light": PlotKind("risk of bias by study and domain", parts.traffic_light),
    "rob-summary": PlotKind("shares of judgements on the risk of bias (--weighted)", parts.rob_summary),
    "flow": PlotKind("PRISMA 2020 flow of the review, or down to one analysis", parts.flow),
    "evidence-map": PlotKind("outcome by diabetes type by source of the cells (--setting)", parts.evidence),
    "translation": PlotKind("results in animals beside results in people", parts.translation),
}
"""Name -> figure, in the order of the help."""


def draw_kind(kind: str, request: PlotRequest) -> Axes:
    """Draw a figure by its name.

    Parameters
    ----------
    kind : str
        One of :data:`KINDS`.
    request : PlotRequest

    Returns
    -------
    Axes
        On a new figure, dark where asked for.

    Raises
    ------
    OptionError
        If there is no such figure, or an option does not go with it.
    InputError
        If there is nothing to draw.
    """
    check_option("kind", kind, KINDS)
    if "mods" in request.flags and not KINDS[kind].regression:
        able = ", ".join(name for name, one in KINDS.items() if one.regression)
        raise OptionError(f"--mods does not go with {kind}, which is of pools; a regression has {able}.")
    if (request.outcome or request.unit) and not request.is_csv:
        raise OptionError("--outcome and --unit are for a CSV; a plan says what was measured.")
    request = request.as_planned()
    drawn = KINDS[kind].draw(request)
    if request.dark and kind != "forest":  # its presets have their own dark palettes
        from metamsc.plots.dark import darken

        darken(drawn)
    return drawn
