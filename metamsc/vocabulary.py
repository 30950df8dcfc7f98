"""The closed vocabularies of a record: every allowed word with its one-line meaning.

A vocabulary is an enumeration whose members are plain strings (``MscSource.ADIPOSE == "adipose"``)
and carry ``meaning``. Records, the JSON Schema, the command line and the documentation read the
words from here and nowhere else.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class Vocabulary(StrEnum):
    """A closed list of words, each with a one-line meaning."""

    meaning: str

    def __new__(cls, value: str, meaning: str = "") -> Self:
        """Make a member from its word and its meaning."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member


class Setting(Vocabulary):
    """Where the evidence comes from."""

    CLINICAL = "clinical", "people with diabetes"
    PRECLINICAL = "preclinical", "animals with induced, genetic or spontaneous diabetes"


class DiabetesType(Vocabulary):
    """Type of diabetes of the participants, or the type an animal model stands for."""

    T1D = "T1D", "type 1: autoimmune loss of beta cells"
    T2D = "T2D", "type 2: insulin resistance with beta-cell failure"
    T3C = "T3c", "pancreatogenic or surgical (pancreatectomy)"
    MIXED = "mixed", "more than one type in the same groups, not reported apart"
    UNSPECIFIED = "unspecified", "the text read does not say"


class Complication(Vocabulary):
    """Complication that made participants eligible."""

    FOOT_ULCER = "foot-ulcer", "diabetic foot ulcer or amputation stump"
    LIMB_ISCHAEMIA = "limb-ischaemia", "critical limb ischaemia or peripheral arterial disease"
    NEPHROPATHY = "nephropathy", "diabetic kidney disease"
    RETINOPATHY = "retinopathy", "diabetic retinopathy"
    ERECTILE_DYSFUNCTION = "erectile-dysfunction", "diabetic erectile dysfunction"
    CARDIOMYOPATHY = "cardiomyopathy", "diabetic cardiomyopathy"
    WOUND = "wound", "excisional or chronic wound in diabetes, not called a foot ulcer"
    ISLET_TRANSPLANT = "islet-transplant", "recipients of islet grafts"
    FATTY_LIVER = "fatty-liver", "non-alcoholic fatty liver disease with diabetes"


class Design(Vocabulary):
    """Design of the study; single-arm designs are never pooled with controlled ones by default."""

    RCT_PARALLEL = "rct-parallel", "randomised trial with parallel groups"
    RCT_CROSSOVER = "rct-crossover", "randomised trial in which groups change over"
    RCT_WITHIN_PERSON = "rct-within-person", "limbs, eyes or wounds of one person randomised"
    RCT_ACTIVE = "rct-active", "randomised between active products or routes, no untreated control"
    NONRANDOMISED = "nonrandomised-controlled", "concurrent control group, not randomised"
    CONTROLLED_UNCLEAR = "controlled-unclear", "control group; allocation not stated in the text read"
    RETROSPECTIVE_CONTROLLED = "retrospective-controlled", "control group chosen after the fact"
    ACTIVE_NONRANDOMISED = "active-nonrandomised", "two or more products compared, no untreated control"
    SINGLE_ARM = "single-arm", "one group, before and after"
    ANIMAL_RANDOMISED = "animal-randomised", "animals randomised to groups, as the text says"
    ANIMAL_CONTROLLED = "animal-controlled", "animal groups with a control; randomisation not stated"
    ANIMAL_SINGLE_ARM = "animal-single-arm", "animals without a control group"


class Blinding(Vocabulary):
    """Who did not know the allocation, in the words of the report."""

    OPEN = "open", "nobody blinded"
    SINGLE = "single", "called single-blind"
    DOUBLE = "double", "called double-blind"
    TRIPLE = "triple", "called triple-blind"
    NOT_REPORTED = "not-reported", "the text read does not say"


class Publication(Vocabulary):
    """How far the study's results went through peer review."""

    ARTICLE = "journal-article", "peer-reviewed article"
    CONFERENCE = "conference-abstract", "conference abstract only"
    THESIS = "thesis", "thesis"
    UNPUBLISHED = "unpublished", "company disclosure, press release or registry only"
    SECONDARY = "secondary-only", "known to us only through a review or another secondary source"


class ArmRole(Vocabulary):
    """What an arm is for in a comparison."""

    TREATMENT = "treatment", "received the cell or cell-derived product"
    CONTROL = "control", "with disease, did not receive it (placebo, sham, vehicle, usual care)"
    HEALTHY = "healthy", "without diabetes (needed for the normalised mean difference)"
    COMPARATOR = "comparator", "received another active product"


class Comparator(Vocabulary):
    """What a control or comparator arm received."""

    PLACEBO = "placebo", "inert infusion or injection"
    SHAM = "sham", "sham procedure"
    VEHICLE = "vehicle", "the carrier of the cells (saline, medium, hydrogel, film)"
    STANDARD_CARE = "standard-care", "usual care"
    UNTREATED = "untreated", "nothing"
    ACTIVE_DRUG = "active-drug", "a drug that the treated arm did not get, or got besides"
    INSULIN = "insulin", "insulin where the treated arm got none"
    OTHER_CELLS = "other-cells", "another cell product"
    ISLETS = "islets", "islets alone"
    NOT_REPORTED = "not-reported", "the text read does not say"


class MscSource(Vocabulary):
    """Tissue the cells come from."""

    BONE_MARROW = "bone-marrow", "bone marrow"
    ADIPOSE = "adipose", "adipose tissue"
    UMBILICAL_CORD = "umbilical-cord", "umbilical cord, part not stated"
    WHARTON_JELLY = "wharton-jelly", "Wharton's jelly of the umbilical cord"
    CORD_BLOOD = "cord-blood", "umbilical cord blood"
    PLACENTA = "placenta", "placenta"
    AMNION = "amnion", "amniotic membrane or fluid"
    DENTAL_PULP = "dental-pulp", "dental pulp, exfoliated deciduous teeth"
    MENSTRUAL_BLOOD = "menstrual-blood", "menstrual blood"
    ENDOMETRIUM = "endometrium", "endometrium"
    ORAL_MUCOSA = "oral-mucosa", "oral mucosa"
    PANCREATIC_ISLET = "pancreatic-islet", "pancreatic islets"
    LIVER = "liver", "liver"
    FETAL = "fetal", "fetal tissue, not stated further"
    PERIPHERAL_BLOOD = "peripheral-blood", "peripheral blood"
    MIXED = "mixed", "more than one tissue in one product"
    NOT_REPORTED = "not-reported", "the text read does not say"


class Product(Vocabulary):
    """What was given. The second group is not MSC: records keep it as a contrast with `msc: false`."""

    CELLS = "cells", "culture-expanded MSC"
    EXOSOMES = "exosomes", "exosomes or other extracellular vesicles of MSC"
    CONDITIONED_MEDIUM = "conditioned-medium", "conditioned medium or secretome of MSC"
    INSULIN_PRODUCING = "insulin-producing-cells", "MSC differentiated to insulin-producing cells"
    GENE_EDITED = "gene-edited", "MSC carrying an introduced gene or silenced one"
    ENCAPSULATED = "encapsulated", "encapsulated MSC"
    ORGANOID = "organoid", "MSC grown together with other cells (islet cells) as one product"
    MSC_AND_OTHER = "msc-with-other-cells", "MSC and another cell type in one treatment"
    MONONUCLEAR = "mononuclear-cells", "not MSC: bone-marrow or blood mononuclear cells"
    MARROW_UNSPECIFIED = "marrow-cells-unspecified", "not MSC: marrow cells of unstated type, or whole marrow"
    SVF = "stromal-vascular-fraction", "not MSC: uncultured adipose cells"
    ADIPOSE_TISSUE = "adipose-tissue", "not MSC: adipose tissue, cells not isolated"
    CORD_BLOOD_UNITS = "cord-blood-cells", "not MSC: cord blood or cells taught by it"
    HAEMATOPOIETIC = "haematopoietic-cells", "not MSC: haematopoietic stem cells"


NOT_MSC = frozenset(
    {
        Product.MONONUCLEAR,
        Product.MARROW_UNSPECIFIED,
        Product.SVF,
        Product.ADIPOSE_TISSUE,
        Product.CORD_BLOOD_UNITS,
        Product.HAEMATOPOIETIC,
    }
)
"""Products that are never MSC, whatever their source."""


class Donor(Vocabulary):
    """Whose cells."""

    AUTOLOGOUS = "autologous", "the recipient's own"
    ALLOGENEIC = "allogeneic", "another individual of the species"
    SYNGENEIC = "syngeneic", "an animal of the same inbred or congenic strain"
    XENOGENEIC = "xenogeneic", "another species"
    NOT_REPORTED = "not-reported", "the text read does not say"


class Route(Vocabulary):
    """Way of delivery."""

    INTRAVENOUS = "intravenous", "vein, also tail or penile vein"
    PANCREATIC_ARTERY = "pancreatic-artery", "artery that feeds the pancreas"
    INTRAPANCREATIC = "intrapancreatic", "injection into the pancreas"
    INTRAPORTAL = "intraportal", "portal vein or liver"
    INTRACARDIAC = "intracardiac", "heart chamber"
    INTRAMYOCARDIAL = "intramyocardial", "heart muscle"
    INTRAPERITONEAL = "intraperitoneal", "peritoneal cavity"
    INTRASPLENIC = "intrasplenic", "spleen"
    KIDNEY_CAPSULE = "kidney-capsule", "under the kidney capsule"
    INTRALESIONAL = "intralesional", "into or around a wound"
    TOPICAL = "topical", "sheet, gel or scaffold on a wound"
    INTRAMUSCULAR = "intramuscular", "muscle"
    SUBCUTANEOUS = "subcutaneous", "under the skin"
    INTRACAVERNOSAL = "intracavernosal", "corpus cavernosum"
    INTRAVITREAL = "intravitreal", "vitreous body"
    COMBINED = "combined", "more than one route; see route_detail"
    OTHER = "other", "another route; see route_detail"
    NOT_REPORTED = "not-reported", "the text read does not say"


class Species(Vocabulary):
    """Animal species."""

    MOUSE = "mouse", "mouse"
    RAT = "rat", "rat"
    RABBIT = "rabbit", "rabbit"
    DOG = "dog", "dog"
    PIG = "pig", "pig, also miniature pig"
    PRIMATE = "non-human-primate", "monkey"
    NOT_REPORTED = "not-reported", "the text read does not say"


class Sex(Vocabulary):
    """Sex of the animals."""

    MALE = "male", "male"
    FEMALE = "female", "female"
    BOTH = "both", "both"
    NOT_REPORTED = "not-reported", "the text read does not say"


class Induction(Vocabulary):
    """How diabetes came about in an animal."""

    STREPTOZOTOCIN = "streptozotocin", "streptozotocin alone"
    ALLOXAN = "alloxan", "alloxan"
    SPONTANEOUS = "spontaneous", "spontaneous (NOD, companion animals)"
    GENETIC = "genetic", "genetic (db/db, ob/ob, Goto-Kakizaki)"
    HIGH_FAT_DIET = "high-fat-diet", "high-fat diet alone"
    HFD_STZ = "high-fat-diet+streptozotocin", "high-fat diet with low-dose streptozotocin"
    STZ_NICOTINAMIDE = "streptozotocin+nicotinamide", "streptozotocin with nicotinamide, with or without diet"
    PANCREATECTOMY = "pancreatectomy", "surgical"
    ADOPTIVE_TRANSFER = "adoptive-transfer", "transfer of diabetogenic cells"
    NOT_REPORTED = "not-reported", "the text read does not say"


class SourceKind(Vocabulary):
    """What kind of text a number was read in."""

    FULL_TEXT = "full-text", "body of the paper"
    ABSTRACT = "abstract", "abstract of the paper"
    TABLE = "table", "table of the paper"
    FIGURE = "figure", "figure of the paper, values digitised"
    FIGURE_LEGEND = "figure-legend", "legend of a figure"
    CONFERENCE = "conference-abstract", "conference abstract"
    REGISTRY = "registry", "trial registry"
    PRESS_RELEASE = "press-release", "press release or sponsor's disclosure"
    NEWS = "news", "news text"
    REVIEW_TABLE = "review-table", "table of a review that quotes the study"
    WEB_PAGE = "web-page", "other web page"


class Reference(Vocabulary):
    """Whether the study speaks for itself."""

    PRIMARY = "primary", "the study's own text"
    SECONDARY = "secondary", "somebody else's text that quotes it"


class SpreadKind(Vocabulary):
    """What a ± is called in the text."""

    UNLABELLED = "unlabelled", "the text does not say SD or SE; never silently taken for one"


class DerivationKind(Vocabulary):
    """How the extractor came by a value that is not printed as such."""

    ARITHMETIC = "arithmetic", "worked out from printed numbers (a count from a percentage and its n)"
    RECONSTRUCTED = "reconstructed", "fixed by printed percentages and a printed P value together"
    INFERRED = "inferred", "the likeliest reading; must be confirmed in the paper"
    JOINED = "joined", "joined from two sources of the same study"


class MissingKind(Vocabulary):
    """Why a result that exists or was planned is not here as a number."""

    FIGURE_ONLY = "figure-only", "reported in a figure only"
    NO_DISPERSION = "no-dispersion", "mean without any measure of spread"
    NO_N = "no-n", "number analysed not printed"
    NOT_IN_TEXT_READ = "not-in-text-read", "may be in the paper; not in the text that could be read"
    UNPUBLISHED = "unpublished", "trial completed or stopped, result never published"
    NO_CONTROL_VALUE = "no-control-value", "value of the control arm not printed"
    CONTRADICTORY = "contradictory", "printed numbers contradict each other"
    DIRECTION_ONLY = "direction-only", "only the direction or a P value is printed"
    AWAITED = "awaited", "result announced, not yet due"
    OTHER = "other", "see the reason"


class UnitOfAnalysis(Vocabulary):
    """What is counted in n."""

    PARTICIPANTS = "participants", "people or animals"
    LIMBS = "limbs", "limbs, feet or ulcers within people"
    INFUSIONS = "infusions", "infusions within people"
    WOUNDS = "wounds", "wounds within animals or people"
    EYES = "eyes", "eyes"


class ContrastMeasure(Vocabulary):
    """What a reported contrast is."""

    DIFFERENCE = "difference", "treated minus control, in the unit of the outcome"
    HAZARD_RATIO = "HR", "hazard ratio"
    RISK_RATIO = "RR", "risk ratio"
    ODDS_RATIO = "OR", "odds ratio"


class StatisticalTest(Vocabulary):
    """Test between arms as the text names it."""

    T = "t", "Student's t test"
    WELCH = "welch", "Welch's t test, or t test with unequal variances"
    Z = "z", "z test"
    F = "f", "analysis of variance"
    CHI2 = "chi2", "chi-square test"
    FISHER = "fisher", "Fisher's exact test"
    MANN_WHITNEY = "mann-whitney", "Mann-Whitney or Wilcoxon rank-sum test"
    OTHER = "other", "another test or model"
    NOT_REPORTED = "not-reported", "the text read does not say"


class ChangeWord(Vocabulary):
    """What the text says in words about the change in one arm."""

    FELL = "fell", "fell, decreased, was reduced"
    ROSE = "rose", "rose, increased, improved upwards"
    UNCHANGED = "unchanged", "did not change, no significant change"


class ComparisonWord(Vocabulary):
    """What the text says in words about the treated arm beside the control."""

    LOWER = "lower", "lower than in the control arm"
    HIGHER = "higher", "higher than in the control arm"
    SIMILAR = "similar", "no difference, no significant difference"


class PublishedMeasure(Vocabulary):
    """What a published review pooled."""

    MEAN_DIFFERENCE = "MD", "mean difference, also called weighted"
    STANDARDISED = "SMD", "standardised mean difference"
    RISK_RATIO = "RR", "risk ratio"
    ODDS_RATIO = "OR", "odds ratio"
    HAZARD_RATIO = "HR", "hazard ratio"
    RISK_DIFFERENCE = "RD", "risk difference"
    PERCENT = "percent", "percentage of the participants, compared with nothing"


class PublishedComparison(Vocabulary):
    """What a pooled difference of a published review is from."""

    CONTROL = "control", "a control group"
    BASELINE = "baseline", "the same participants before"
    OTHER = "other", "another comparison: early and late treatment, two products"
    NONE = "none", "nothing: a percentage of one group"
    NOT_SAID = "not-said", "the text read does not say"


class RobTool(Vocabulary):
    """Tool of a risk-of-bias judgement."""

    ROB2 = "rob2", "RoB 2, randomised trials"
    ROBINS_I = "robins-i-v2", "ROBINS-I version 2, non-randomised studies of interventions"
    SYRCLE = "syrcle", "SYRCLE, animal experiments"


class RobJudgement(Vocabulary):
    """Judgement on one domain or overall."""

    LOW = "low", "low risk"
    SOME_CONCERNS = "some concerns", "some concerns (RoB 2)"
    MODERATE = "moderate", "moderate risk (ROBINS-I)"
    SERIOUS = "serious", "serious risk (ROBINS-I)"
    CRITICAL = "critical", "critical risk (ROBINS-I)"
    HIGH = "high", "high risk"
    UNCLEAR = "unclear", "unclear (SYRCLE)"
    NO_INFORMATION = "no information", "no information to judge"


class ExtractionStatus(Vocabulary):
    """How often a record has been extracted independently."""

    SINGLE = "single", "one extractor"
    DOUBLE = "double", "two extractors"
    ADJUDICATED = "adjudicated", "two extractors, differences settled by a third"
