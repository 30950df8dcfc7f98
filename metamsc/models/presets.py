"""Named sets of model choices, so that another tool's or guideline's analysis can be replayed.

A preset fixes the tau2 estimator, the confidence interval and the prediction interval together.
"""

from __future__ import annotations

from dataclasses import dataclass

from metamsc.errors import check_option


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """One set of choices and where it comes from."""

    tau2_method: str
    ci_method: str
    pi_method: str
    source: str


DEFAULT_PRESET = "metamsc"

PRESETS: dict[str, Preset] = {
    "metamsc": Preset(
        tau2_method="REML",
        ci_method="hksj-adhoc",
        pi_method="t",
        source="Cochrane random-effects guidance 2022-2025 (REML, HKSJ, prediction interval); the ad hoc "
        "floor on the HKSJ variance after Röver 2015 (BMC Med Res Methodol 15:99)",
    ),
    "cochrane-2025": Preset(
        tau2_method="REML",
        ci_method="hksj",
        pi_method="t",
        source="Cochrane Statistical Methods Group, random-effects methods for intervention reviews, "
        "implemented January 2025: REML, HKSJ, Q-profile, prediction interval with the t distribution",
    ),
    "revman-5": Preset(
        tau2_method="DL",
        ci_method="wald",
        pi_method="riley",
        source="Review Manager 5: DerSimonian-Laird with Wald intervals",
    ),
    "iqwig": Preset(
        tau2_method="PM",
        ci_method="hksj-adhoc",
        pi_method="t",
        source="IQWiG General Methods 6: Paule-Mandel, Knapp-Hartung with ad hoc correction, and a "
        "prediction interval",
    ),
    "metafor": Preset(
        tau2_method="REML",
        ci_method="wald",
        pi_method="normal",
        source="defaults of metafor's rma(): REML, Wald z intervals, prediction interval with the normal",
    ),
    "preclinical": Preset(
        tau2_method="REML",
        ci_method="hksj-adhoc",
        pi_method="t",
        source="CAMARADES living reviews: random effects, REML (preclinical meta-analysis guidance)",
    ),
}
"""Name -> choices."""


def preset(name: str) -> Preset:
    """Return the preset of this name.

    Raises
    ------
    OptionError
        If there is none; the message lists them all.
    """
    check_option("preset", name, PRESETS)
    return PRESETS[name]
