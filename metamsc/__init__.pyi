# Written by docs/write_api.py from SUBJECTS in __init__.py.
from metamsc.analysis.bands import bands_of as bands_of
from metamsc.analysis.bands import regression_bands as regression_bands
from metamsc.analysis.csv import pool_csv as pool_csv
from metamsc.analysis.csv_result import csv_result as csv_result
from metamsc.analysis.doses import dose_response as dose_response
from metamsc.analysis.evidence_map import map_evidence as map_evidence
from metamsc.analysis.flow import make_flow as make_flow
from metamsc.analysis.flow import read_flow as read_flow
from metamsc.analysis.multiverse import run_multiverse as run_multiverse
from metamsc.analysis.plan import read_spec as read_spec
from metamsc.analysis.result import AnalysisResult as AnalysisResult
from metamsc.analysis.run import run as run
from metamsc.analysis.spec import AnalysisSpec as AnalysisSpec
from metamsc.analysis.translation import translate as translate
from metamsc.checks.read import read_records as read_records
from metamsc.checks.run import CheckReport as CheckReport
from metamsc.checks.run import check_records as check_records
from metamsc.dataset.build import effect_table as effect_table
from metamsc.dataset.rows import EffectTable as EffectTable
from metamsc.effects.aggregate import aggregate_effects as aggregate_effects
from metamsc.effects.arm_covariance import arm_covariance as arm_covariance
from metamsc.effects.compute import compute_effects as compute_effects
from metamsc.effects.contrast import effect_from_contrast as effect_from_contrast
from metamsc.effects.covariance import correlated_covariance as correlated_covariance
from metamsc.effects.recover import sd_from_ci as sd_from_ci
from metamsc.effects.recover import sd_from_se as sd_from_se
from metamsc.effects.recover import se_from_ci as se_from_ci
from metamsc.effects.recover import se_from_p as se_from_p
from metamsc.effects.recover_groups import combine_counts as combine_counts
from metamsc.effects.recover_groups import combine_means as combine_means
from metamsc.effects.recover_groups import sd_of_change as sd_of_change
from metamsc.effects.recover_quantiles import mean_sd_from_quantiles as mean_sd_from_quantiles
from metamsc.effects.registry import back_transform as back_transform
from metamsc.errors import MetamscError as MetamscError
from metamsc.errors import Problem as Problem
from metamsc.errors import RecordError as RecordError
from metamsc.models.bayes.empirical import rhodes_prior as rhodes_prior
from metamsc.models.bayes.empirical import turner_prior as turner_prior
from metamsc.models.bayes.fit import fit_bayes as fit_bayes
from metamsc.models.bayes.fit import probability_beyond as probability_beyond
from metamsc.models.bayes.priors import HalfCauchy as HalfCauchy
from metamsc.models.bayes.priors import HalfNormal as HalfNormal
from metamsc.models.bayes.priors import NormalPrior as NormalPrior
from metamsc.models.bayes.priors import Uniform as Uniform
from metamsc.models.contrasts import compare_levels as compare_levels
from metamsc.models.formula import formula_design as formula_design
from metamsc.models.henmi_copas import henmi_copas as henmi_copas
from metamsc.models.heterogeneity import tau2_interval as tau2_interval
from metamsc.models.inflation import variance_inflation as variance_inflation
from metamsc.models.information_size import compute_diversity as compute_diversity
from metamsc.models.information_size import compute_power as compute_power
from metamsc.models.information_size import information_size_for_means as information_size_for_means
from metamsc.models.information_size import information_size_for_risks as information_size_for_risks
from metamsc.models.information_size import required_studies as required_studies
from metamsc.models.likelihood_ratio import compare_designs as compare_designs
from metamsc.models.linear_tests import linear_tests as linear_tests
from metamsc.models.linear_tests import linear_tests_multilevel as linear_tests_multilevel
from metamsc.models.location_scale.compare import compare_location_scale as compare_location_scale
from metamsc.models.location_scale.fit import fit_location_scale as fit_location_scale
from metamsc.models.location_scale.predict import predict_location_scale as predict_location_scale
from metamsc.models.multilevel.compare import compare_multilevel as compare_multilevel
from metamsc.models.multilevel.correlated import pool_correlated as pool_correlated
from metamsc.models.multilevel.fit import fit_multilevel as fit_multilevel
from metamsc.models.multilevel.predict import predict_multilevel as predict_multilevel
from metamsc.models.permutation import permutation_test as permutation_test
from metamsc.models.pool import pool as pool
from metamsc.models.presets import preset as preset
from metamsc.models.rare.beta_binomial import beta_binomial as beta_binomial
from metamsc.models.rare.glmm import fit_glmm as fit_glmm
from metamsc.models.rare.mantel_haenszel import mantel_haenszel as mantel_haenszel
from metamsc.models.rare.peto import peto as peto
from metamsc.models.regression import predict_effects as predict_effects
from metamsc.models.results import Interval as Interval
from metamsc.models.results import PooledResult as PooledResult
from metamsc.models.robust import robust_multilevel as robust_multilevel
from metamsc.models.robust import robust_pool as robust_pool
from metamsc.models.second_engine import compare_engines as compare_engines
from metamsc.models.shrinkage import shrink_effects as shrink_effects
from metamsc.models.structured.fit import fit_structured as fit_structured
from metamsc.models.structured.terms import RandomTerm as RandomTerm
from metamsc.models.subgroups import compare_subgroups as compare_subgroups
from metamsc.plots.bubble import draw_bubble as draw_bubble
from metamsc.plots.caterpillar import draw_caterpillar as draw_caterpillar
from metamsc.plots.coefficients import draw_coefficients as draw_coefficients
from metamsc.plots.dark import darken as darken
from metamsc.plots.dose_response import draw_dose_response as draw_dose_response
from metamsc.plots.drapery import draw_drapery as draw_drapery
from metamsc.plots.evidence_map import draw_evidence_map as draw_evidence_map
from metamsc.plots.forest import draw_forest as draw_forest
from metamsc.plots.forest_pages import write_forest_pages as write_forest_pages
from metamsc.plots.funnel import draw_funnel as draw_funnel
from metamsc.plots.gosh import draw_gosh as draw_gosh
from metamsc.plots.influence import draw_influence as draw_influence
from metamsc.plots.orchard import draw_orchard as draw_orchard
from metamsc.plots.points import draw_baujat as draw_baujat
from metamsc.plots.points import draw_labbe as draw_labbe
from metamsc.plots.points import draw_radial as draw_radial
from metamsc.plots.preset import ForestField as ForestField
from metamsc.plots.preset import forest_preset as forest_preset
from metamsc.plots.prisma_flow import draw_flow as draw_flow
from metamsc.plots.refits import draw_refits as draw_refits
from metamsc.plots.risk_of_bias import draw_rob_summary as draw_rob_summary
from metamsc.plots.risk_of_bias import draw_traffic_light as draw_traffic_light
from metamsc.plots.risk_of_bias_layout import risk_of_bias_panels as risk_of_bias_panels
from metamsc.plots.save import write_figure as write_figure
from metamsc.plots.sensitivity import draw_sensitivity as draw_sensitivity
from metamsc.plots.specification import draw_specification as draw_specification
from metamsc.plots.translation import draw_translation as draw_translation
from metamsc.records.model import Study as Study
from metamsc.records.studies import Studies as Studies
from metamsc.report.build import build_site as build_site
from metamsc.report.explorer import write_explorer as write_explorer
from metamsc.report.paper import write_paper as write_paper
from metamsc.report.paper_files import write_paper_files as write_paper_files
from metamsc.review.impact import measure_impact as measure_impact
from metamsc.sensitivity.bias import regress_on_precision as regress_on_precision
from metamsc.sensitivity.bias_counts import harbord_test as harbord_test
from metamsc.sensitivity.bias_counts import peters_test as peters_test
from metamsc.sensitivity.bias_counts import pustejovsky_rodgers_test as pustejovsky_rodgers_test
from metamsc.sensitivity.coordinates import baujat_coordinates as baujat_coordinates
from metamsc.sensitivity.coordinates import radial_coordinates as radial_coordinates
from metamsc.sensitivity.cumulative import cumulative as cumulative
from metamsc.sensitivity.cumulative import leave_one_out as leave_one_out
from metamsc.sensitivity.excess import excess_significance as excess_significance
from metamsc.sensitivity.fail_safe import fail_safe_number as fail_safe_number
from metamsc.sensitivity.gosh import gosh as gosh
from metamsc.sensitivity.influence import measure_influence as measure_influence
from metamsc.sensitivity.limit_analysis import limit_analysis as limit_analysis
from metamsc.sensitivity.missing import bound_missing as bound_missing
from metamsc.sensitivity.missing_result import MissingTrial as MissingTrial
from metamsc.sensitivity.missing_table import missing_table as missing_table
from metamsc.sensitivity.p_curve import p_curve as p_curve
from metamsc.sensitivity.p_uniform import p_uniform_star as p_uniform_star
from metamsc.sensitivity.pet_peese import pet_peese as pet_peese
from metamsc.sensitivity.rank_test import rank_correlation as rank_correlation
from metamsc.sensitivity.selection import selection_model as selection_model
from metamsc.sensitivity.stress_result import StressTest as StressTest
from metamsc.sensitivity.stress_test import stress_test as stress_test
from metamsc.sensitivity.trim_fill import trim_and_fill as trim_and_fill
from metamsc.tables.appendix import appendix_tables as appendix_tables
from metamsc.tables.grade import findings_table as findings_table
from metamsc.tables.grade_across import findings_across as findings_across
from metamsc.tables.write import write_tables as write_tables

__version__: str
SUBJECTS: dict[str, dict[str, str]]
__all__ = [
    "AnalysisResult",
    "AnalysisSpec",
    "CheckReport",
    "EffectTable",
    "ForestField",
    "HalfCauchy",
    "HalfNormal",
    "Interval",
    "MetamscError",
    "MissingTrial",
    "NormalPrior",
    "PooledResult",
    "Problem",
    "RandomTerm",
    "RecordError",
    "StressTest",
    "Studies",
    "Study",
    "Uniform",
    "__version__",
    "aggregate_effects",
    "appendix_tables",
    "arm_covariance",
    "back_transform",
    "bands_of",
    "baujat_coordinates",
    "beta_binomial",
    "bound_missing",
    "build_site",
    "check_records",
    "combine_counts",
    "combine_means",
    "compare_designs",
    "compare_engines",
    "compare_levels",
    "compare_location_scale",
    "compare_multilevel",
    "compare_subgroups",
    "compute_diversity",
    "compute_effects",
    "compute_power",
    "correlated_covariance",
    "csv_result",
    "cumulative",
    "darken",
    "dose_response",
    "draw_baujat",
    "draw_bubble",
    "draw_caterpillar",
    "draw_coefficients",
    "draw_dose_response",
    "draw_drapery",
    "draw_evidence_map",
    "draw_flow",
    "draw_forest",
    "draw_funnel",
    "draw_gosh",
    "draw_influence",
    "draw_labbe",
    "draw_orchard",
    "draw_radial",
    "draw_refits",
    "draw_rob_summary",
    "draw_sensitivity",
    "draw_specification",
    "draw_traffic_light",
    "draw_translation",
    "effect_from_contrast",
    "effect_table",
    "excess_significance",
    "fail_safe_number",
    "findings_across",
    "findings_table",
    "fit_bayes",
    "fit_glmm",
    "fit_location_scale",
    "fit_multilevel",
    "fit_structured",
    "forest_preset",
    "formula_design",
    "gosh",
    "harbord_test",
    "henmi_copas",
    "information_size_for_means",
    "information_size_for_risks",
    "leave_one_out",
    "limit_analysis",
    "linear_tests",
    "linear_tests_multilevel",
    "make_flow",
    "mantel_haenszel",
    "map_evidence",
    "mean_sd_from_quantiles",
    "measure_impact",
    "measure_influence",
    "missing_table",
    "p_curve",
    "p_uniform_star",
    "permutation_test",
    "pet_peese",
    "peters_test",
    "peto",
    "pool",
    "pool_correlated",
    "pool_csv",
    "predict_effects",
    "predict_location_scale",
    "predict_multilevel",
    "preset",
    "probability_beyond",
    "pustejovsky_rodgers_test",
    "radial_coordinates",
    "rank_correlation",
    "read_flow",
    "read_records",
    "read_spec",
    "regress_on_precision",
    "regression_bands",
    "required_studies",
    "rhodes_prior",
    "risk_of_bias_panels",
    "robust_multilevel",
    "robust_pool",
    "run",
    "run_multiverse",
    "sd_from_ci",
    "sd_from_se",
    "sd_of_change",
    "se_from_ci",
    "se_from_p",
    "selection_model",
    "shrink_effects",
    "stress_test",
    "tau2_interval",
    "translate",
    "trim_and_fill",
    "turner_prior",
    "variance_inflation",
    "write_explorer",
    "write_figure",
    "write_forest_pages",
    "write_paper",
    "write_paper_files",
    "write_tables",
]
