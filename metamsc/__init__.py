"""Meta-analysis of mesenchymal stromal cell therapy in diabetes, clinical and preclinical.

The table of contents: everything a script needs has its name here, by subject as in docs/api.md. Names load
their module when they are first used, so that ``import metamsc`` is quick::

    import metamsc as mm

    records = mm.read_records("data/extractions")
    result = mm.run(mm.read_spec("analyses/hba1c"), records)
    mm.draw_forest(result)
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0.dev0"

SUBJECTS: dict[str, dict[str, str]] = {
    "Records": {
        "read_records": "metamsc.checks.read",
        "Studies": "metamsc.records.studies",
        "Study": "metamsc.records.model",
        "check_records": "metamsc.checks.run",
        "CheckReport": "metamsc.checks.run",
    },
    "Effect sizes": {
        "effect_table": "metamsc.dataset.build",
        "EffectTable": "metamsc.dataset.rows",
        "compute_effects": "metamsc.effects.compute",
        "effect_from_contrast": "metamsc.effects.contrast",
        "back_transform": "metamsc.effects.registry",
        "aggregate_effects": "metamsc.effects.aggregate",
        "correlated_covariance": "metamsc.effects.covariance",
        "arm_covariance": "metamsc.effects.arm_covariance",
    },
    "What a paper does not print": {
        "sd_from_se": "metamsc.effects.recover",
        "sd_from_ci": "metamsc.effects.recover",
        "se_from_ci": "metamsc.effects.recover",
        "se_from_p": "metamsc.effects.recover",
        "mean_sd_from_quantiles": "metamsc.effects.recover_quantiles",
        "combine_means": "metamsc.effects.recover_groups",
        "combine_counts": "metamsc.effects.recover_groups",
        "sd_of_change": "metamsc.effects.recover_groups",
    },
    "Pooling": {
        "pool": "metamsc.models.pool",
        "PooledResult": "metamsc.models.results",
        "Interval": "metamsc.models.results",
        "preset": "metamsc.models.presets",
        "pool_csv": "metamsc.analysis.csv",
        "henmi_copas": "metamsc.models.henmi_copas",
        "tau2_interval": "metamsc.models.heterogeneity",
        "compare_subgroups": "metamsc.models.subgroups",
        "shrink_effects": "metamsc.models.shrinkage",
        "compare_engines": "metamsc.models.second_engine",
    },
    "Meta-regression": {
        "formula_design": "metamsc.models.formula",
        "predict_effects": "metamsc.models.regression",
        "permutation_test": "metamsc.models.permutation",
        "compare_designs": "metamsc.models.likelihood_ratio",
        "linear_tests": "metamsc.models.linear_tests",
        "variance_inflation": "metamsc.models.inflation",
        "fit_location_scale": "metamsc.models.location_scale.fit",
        "linear_tests_multilevel": "metamsc.models.linear_tests",
        "compare_levels": "metamsc.models.contrasts",
        "compare_location_scale": "metamsc.models.location_scale.compare",
        "predict_location_scale": "metamsc.models.location_scale.predict",
    },
    "Dependent effects": {
        "robust_pool": "metamsc.models.robust",
        "pool_correlated": "metamsc.models.multilevel.correlated",
        "fit_multilevel": "metamsc.models.multilevel.fit",
        "robust_multilevel": "metamsc.models.robust",
        "predict_multilevel": "metamsc.models.multilevel.predict",
        "compare_multilevel": "metamsc.models.multilevel.compare",
        "fit_structured": "metamsc.models.structured.fit",
        "RandomTerm": "metamsc.models.structured.terms",
    },
    "Rare events": {
        "mantel_haenszel": "metamsc.models.rare.mantel_haenszel",
        "peto": "metamsc.models.rare.peto",
        "fit_glmm": "metamsc.models.rare.glmm",
        "beta_binomial": "metamsc.models.rare.beta_binomial",
    },
    "Bayes": {
        "fit_bayes": "metamsc.models.bayes.fit",
        "probability_beyond": "metamsc.models.bayes.fit",
        "HalfNormal": "metamsc.models.bayes.priors",
        "HalfCauchy": "metamsc.models.bayes.priors",
        "Uniform": "metamsc.models.bayes.priors",
        "NormalPrior": "metamsc.models.bayes.priors",
        "turner_prior": "metamsc.models.bayes.empirical",
        "rhodes_prior": "metamsc.models.bayes.empirical",
    },
    "Power and information size": {
        "compute_power": "metamsc.models.information_size",
        "required_studies": "metamsc.models.information_size",
        "information_size_for_means": "metamsc.models.information_size",
        "information_size_for_risks": "metamsc.models.information_size",
        "compute_diversity": "metamsc.models.information_size",
    },
    "Sensitivity": {
        "leave_one_out": "metamsc.sensitivity.cumulative",
        "cumulative": "metamsc.sensitivity.cumulative",
        "measure_influence": "metamsc.sensitivity.influence",
        "regress_on_precision": "metamsc.sensitivity.bias",
        "rank_correlation": "metamsc.sensitivity.rank_test",
        "trim_and_fill": "metamsc.sensitivity.trim_fill",
        "pet_peese": "metamsc.sensitivity.pet_peese",
        "selection_model": "metamsc.sensitivity.selection",
        "gosh": "metamsc.sensitivity.gosh",
        "harbord_test": "metamsc.sensitivity.bias_counts",
        "peters_test": "metamsc.sensitivity.bias_counts",
        "p_uniform_star": "metamsc.sensitivity.p_uniform",
        "p_curve": "metamsc.sensitivity.p_curve",
        "limit_analysis": "metamsc.sensitivity.limit_analysis",
        "bound_missing": "metamsc.sensitivity.missing",
        "MissingTrial": "metamsc.sensitivity.missing_result",
        "stress_test": "metamsc.sensitivity.stress_test",
        "StressTest": "metamsc.sensitivity.stress_result",
        "excess_significance": "metamsc.sensitivity.excess",
        "fail_safe_number": "metamsc.sensitivity.fail_safe",
        "pustejovsky_rodgers_test": "metamsc.sensitivity.bias_counts",
        "missing_table": "metamsc.sensitivity.missing_table",
        "baujat_coordinates": "metamsc.sensitivity.coordinates",
        "radial_coordinates": "metamsc.sensitivity.coordinates",
    },
    "Analyses, figures, site": {
        "read_spec": "metamsc.analysis.plan",
        "AnalysisSpec": "metamsc.analysis.spec",
        "run": "metamsc.analysis.run",
        "AnalysisResult": "metamsc.analysis.result",
        "draw_forest": "metamsc.plots.forest",
        "draw_funnel": "metamsc.plots.funnel",
        "draw_sensitivity": "metamsc.plots.sensitivity",
        "write_figure": "metamsc.plots.save",
        "build_site": "metamsc.report.build",
        "run_multiverse": "metamsc.analysis.multiverse",
        "draw_specification": "metamsc.plots.specification",
        "draw_gosh": "metamsc.plots.gosh",
        "draw_refits": "metamsc.plots.refits",
        "draw_influence": "metamsc.plots.influence",
        "measure_impact": "metamsc.review.impact",
        "appendix_tables": "metamsc.tables.appendix",
        "write_tables": "metamsc.tables.write",
        "findings_table": "metamsc.tables.grade",
        "write_paper": "metamsc.report.paper",
        "write_paper_files": "metamsc.report.paper_files",
        "forest_preset": "metamsc.plots.preset",
        "ForestField": "metamsc.plots.preset",
        "write_forest_pages": "metamsc.plots.forest_pages",
        "csv_result": "metamsc.analysis.csv_result",
        "draw_bubble": "metamsc.plots.bubble",
        "bands_of": "metamsc.analysis.bands",
        "regression_bands": "metamsc.analysis.bands",
        "draw_orchard": "metamsc.plots.orchard",
        "draw_caterpillar": "metamsc.plots.caterpillar",
        "draw_coefficients": "metamsc.plots.coefficients",
        "draw_dose_response": "metamsc.plots.dose_response",
        "dose_response": "metamsc.analysis.doses",
        "draw_traffic_light": "metamsc.plots.risk_of_bias",
        "draw_rob_summary": "metamsc.plots.risk_of_bias",
        "risk_of_bias_panels": "metamsc.plots.risk_of_bias_layout",
        "draw_flow": "metamsc.plots.prisma_flow",
        "make_flow": "metamsc.analysis.flow",
        "read_flow": "metamsc.analysis.flow",
        "draw_evidence_map": "metamsc.plots.evidence_map",
        "map_evidence": "metamsc.analysis.evidence_map",
        "draw_translation": "metamsc.plots.translation",
        "translate": "metamsc.analysis.translation",
        "darken": "metamsc.plots.dark",
        "write_explorer": "metamsc.report.explorer",
        "draw_baujat": "metamsc.plots.points",
        "draw_radial": "metamsc.plots.points",
        "draw_labbe": "metamsc.plots.points",
        "draw_drapery": "metamsc.plots.drapery",
        "findings_across": "metamsc.tables.grade_across",
    },
    "Errors": {
        "Problem": "metamsc.errors",
        "MetamscError": "metamsc.errors",
        "RecordError": "metamsc.errors",
    },
}
"""Subject -> name -> the module that has it."""
_HOME = {name: module for names in SUBJECTS.values() for name, module in names.items()}

__all__ = ["__version__", *_HOME]  # noqa: PLE0604 - they are strings; the stub spells them out


def __getattr__(name: str) -> Any:
    """Load the module of a public name when the name is first used (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module 'metamsc' has no attribute {name!r}; it has {', '.join(__all__)}")
    value = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
