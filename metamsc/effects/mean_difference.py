"""Raw differences of means: between arms (MD), normalised to a healthy group (NMD), before and after (MC)."""

from __future__ import annotations

from metamsc.effects.inputs import Rows
from metamsc.effects.measure import Computed, FloatArray, Measure, Options, VarianceFormula

ARM_INPUTS = ("n_treat", "mean_treat", "sd_treat", "n_control", "mean_control", "sd_control")
PAIRED_INPUTS = ("n", "mean_post", "sd_post", "mean_pre", "sd_pre", "r")


def squared_se(rows: Rows, arm: str) -> FloatArray:
    """Return the squared standard error of an arm's mean, from `se_` where given, else sd²/n."""
    if f"se_{arm}" in rows:
        return rows[f"se_{arm}"] ** 2
    return rows[f"sd_{arm}"] ** 2 / rows[f"n_{arm}"]


def pooled_variance(rows: Rows) -> FloatArray:
    """Return the pooled within-group variance ((n₁−1)s₁² + (n₂−1)s₂²)/(n₁+n₂−2)."""
    n_treat, n_control = rows["n_treat"], rows["n_control"]
    total = (n_treat - 1) * rows["sd_treat"] ** 2 + (n_control - 1) * rows["sd_control"] ** 2
    return total / (n_treat + n_control - 2)


def change_variance(rows: Rows) -> FloatArray:
    """Return the variance of individual changes, s_post² + s_pre² − 2·r·s_post·s_pre."""
    post, pre = rows["sd_post"], rows["sd_pre"]
    return post**2 + pre**2 - 2 * rows["r"] * post * pre


def mean_difference(rows: Rows, options: Options) -> Computed:
    """MD: difference of means, treated minus control."""
    yi = rows["mean_treat"] - rows["mean_control"]
    if options.variance == "HO":
        return yi, pooled_variance(rows) * (1 / rows["n_treat"] + 1 / rows["n_control"])
    return yi, squared_se(rows, "treat") + squared_se(rows, "control")


def normalised_mean_difference(rows: Rows, _options: Options) -> Computed:
    """NMD: part of the way from diseased control to healthy, in percent; positive is towards healthy."""
    distance = rows["mean_control"] - rows["mean_healthy"]
    yi = 100 * (rows["mean_control"] - rows["mean_treat"]) / distance
    vi = (100 / distance) ** 2 * (squared_se(rows, "treat") + squared_se(rows, "control"))
    return yi, vi


def mean_change(rows: Rows, _options: Options) -> Computed:
    """MC: mean change within one group, after minus before."""
    return rows["mean_post"] - rows["mean_pre"], change_variance(rows) / rows["n"]


MEASURES = (
    Measure(
        name="MD",
        label="Mean difference",
        formula="m₁ − m₂",
        variances=(
            VarianceFormula("LS", "s₁²/n₁ + s₂²/n₂", "Cochrane Handbook 6.5.1.1; unequal variances"),
            VarianceFormula(
                "HO", "sₚ²(1/n₁ + 1/n₂), sₚ² pooled", "equal variances (Hedges & Olkin 1985, ch. 5)"
            ),
        ),
        inputs=ARM_INPUTS,
        alternative_inputs=("se_treat", "se_control"),
        compute=mean_difference,
        uses_sd=True,
    ),
    Measure(
        name="NMD",
        label="Normalised mean difference (%)",
        formula="100(m₂ − m₁)/(m₂ − mₕ), h the healthy group; 100% is full normalisation",
        variances=(
            VarianceFormula(
                "LS",
                "(100/(m₂ − mₕ))²(s₁²/n₁ + s₂²/n₂); the healthy mean is taken as known",
                "Vesterinen et al. 2014, J Neurosci Methods 221:92-102",
            ),
        ),
        inputs=(*ARM_INPUTS, "mean_healthy"),
        alternative_inputs=("se_treat", "se_control"),
        compute=normalised_mean_difference,
        uses_sd=True,
    ),
    Measure(
        name="MC",
        label="Mean change",
        formula="m_post − m_pre",
        variances=(
            VarianceFormula(
                "LS", "(s_post² + s_pre² − 2·r·s_post·s_pre)/n", "Morris & DeShon 2002, Psychol Methods 7:105"
            ),
        ),
        inputs=PAIRED_INPUTS,
        compute=mean_change,
        uses_sd=True,
    ),
)
