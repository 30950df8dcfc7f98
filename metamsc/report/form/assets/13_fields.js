// The fields of the form, part by part: everything that a record can hold. What is typed is kept as text under
// flat names (state.arms[0]["cells.source"]). `more` stands behind "More", until something is in it.

const SECTIONS = ["study", "population", "model", "extraction"];
/** List of the state -> first letter of the ids of its entries. */
const LISTS = { arms: "a", sources: "s", results: "r", missing: "m", rob: "b", notes: "n", derivations: "d", domains: "j", confirm: "c", acknowledged: "k" };
const NOT_MSC = ["mononuclear-cells", "marrow-cells-unspecified", "stromal-vascular-fraction", "adipose-tissue", "cord-blood-cells", "haematopoietic-cells"];
const TIMES = ["", "baseline", "days", "weeks", "months", "years", "hours", "not reported"];
const LONGEST_NAME = 60; // a key of YAML has at most 1024 characters, a heading far fewer

const field = (name, label, more = {}) => ({ name, label, at: name.split("."), ...more });
const LONG = { wide: true, long: true }, MORE = { more: true };

const ANY_NUMBER = ["n", "mean", "change", "percent_change", "median", "geometric_mean", "sd", "se", "spread.value", "ci", "iq_range", "range", "geometric_sd"];
/** How papers print a result: name -> [words, fields of a group]; `difference` and `ratio` have fields of their own. */
const PRINTS = {
  "mean-sd": ["mean and SD", ["n", "mean", "sd"]],
  "mean-se": ["mean and SE (SEM)", ["n", "mean", "se"]],
  "mean-ci": ["mean and 95 % CI", ["n", "mean", "ci"]],
  "mean-pm": ["mean ± something the paper does not name", ["n", "mean", "spread.value"]],
  "mean-range": ["mean, lowest and highest", ["n", "mean", "range"]],
  "change-sd": ["change from baseline and SD", ["n", "change", "sd"]],
  "change-se": ["change from baseline and SE", ["n", "change", "se"]],
  "change-ci": ["change from baseline and 95 % CI", ["n", "change", "ci"]],
  "change-pm": ["change from baseline ± something not named", ["n", "change", "spread.value"]],
  "percent-sd": ["percent change and SD", ["n", "percent_change", "sd"]],
  "percent-se": ["percent change and SE", ["n", "percent_change", "se"]],
  "percent-ci": ["percent change and 95 % CI", ["n", "percent_change", "ci"]],
  "median-iqr": ["median and quartiles", ["n", "median", "iq_range"]],
  "median-range": ["median, lowest and highest", ["n", "median", "range"]],
  "median-both": ["median, quartiles, lowest and highest", ["n", "median", "iq_range", "range"]],
  "geometric-ci": ["geometric mean and 95 % CI", ["n", "geometric_mean", "ci"]],
  "geometric-sd": ["geometric mean and geometric SD", ["n", "geometric_mean", "geometric_sd"]],
  events: ["events of n", ["n", "events", "percent"]],
  mixed: ["something else, or not the same for each group", [...ANY_NUMBER, "events", "percent"]],
  difference: ["only a difference between two groups", ["difference", "ci", "se", "p"]],
  ratio: ["only a ratio of two groups", ["measure", "ratio", "ci", "se", "p"]],
};
const PRINTS_OF = {
  continuous: [...Object.keys(PRINTS).filter((name) => name !== "events")],
  event: ["events", "ratio", "difference", "mixed"],
};
/** Ways in which a characteristic of a group (age) is printed. */
const WAYS = ["mean-sd", "mean-se", "mean-ci", "mean-pm", "mean-range", "median-iqr", "median-range", "median-both", "mixed"];
const VALUES = {
  n: "n", mean: "mean", change: "change", percent_change: "% change", median: "median", geometric_mean: "geometric mean", sd: "SD", se: "SE", ci: "95 % CI",
  "spread.value": "±", iq_range: "quartiles", range: "lowest, highest", geometric_sd: "geometric SD", events: "events", percent: "% as printed",
};
const CONTRAST = { difference: "Difference (treated − control)", measure: "Measure", ratio: "Ratio (treated / control)", ci: "95 % CI", se: "SE", p: "P" };

const STUDY = [
  field("label", "Short name", { example: "Müller 2020", help: "As tables and plots will show it: first author and year." }),
  field("id", "Id", { example: "muller-2020", help: "Name of the file; made of the short name when left empty." }),
  field("title", "Title", LONG),
  field("authors", "Authors", { split: ";", example: "Müller A; Ö B", help: "Family name and initials, with a semicolon between them.", wide: true }),
  field("year", "Year"), field("journal", "Journal"), field("volume", "Volume, issue, pages"), field("doi", "DOI", { example: "10.2337/dc15-0171" }),
  field("pmid", "PMID", { example: "26553832", help: "PubMed's number." }), field("pmcid", "PMC id", { ...MORE, example: "PMC4876543", help: "Of the free full text." }),
  field("registration", "Registration", { split: ",", example: "NCT01374854", help: "Numbers of the trial registry, with commas between them." }),
  field("countries", "Countries", { split: ",", example: "CN, BR", help: "Codes of two capital letters (ISO 3166)." }),
  field("setting", "People or animals", { redraw: true }), field("design", "Design", { redraw: true, wide: true }), field("blinding", "Blinding"),
  field("publication", "Publication", { none: "(a journal article)" }), field("cohort", "Cohort", MORE), field("follow_up", "Follow-up", { time: true }),
  field("n_randomised", "Randomised in all", { ...MORE, help: "Only where the groups are not given apart." }),
];
const POPULATION = [
  field("diabetes_type", "Type of diabetes"), field("complication", "Complication"), field("n_female", "Women", { help: "Over all groups." }),
  field("description", "Who could take part", LONG),
];
const MODEL = [
  field("species", "Species"), field("strain", "Strain", { example: "Wistar" }), field("sex", "Sex"), field("induction.agent", "How diabetes was induced"),
  field("models_type", "Type it stands for"), field("complication", "Complication"),
  field("induction.dose.value", "Dose of the agent", { ...MORE, example: "50" }), field("induction.dose.unit", "Unit of that dose", { ...MORE, example: "mg/kg", help: "As printed." }),
  field("induction.dose.range", "Range of that dose", MORE), field("induction.dose.note", "About that dose", MORE),
  field("induction.schedule", "When it was given", MORE), field("induction.confirmed_by", "Diabetic from", { ...MORE, example: "glucose >250 mg/dL" }),
  field("immunodeficient", "Cannot reject human cells", MORE), field("note", "Note on the animals", { ...MORE, ...LONG }),
];
const CELLS = [
  field("cells.product", "Product", { none: "(cells)" }), field("cells.source", "Tissue of the cells"), field("cells.donor", "Donor"),
  field("cells.donor_species", "Donor's species", { example: "human, where not the recipient's" }), field("cells.dose.value", "Dose per infusion", { example: "1e6" }),
  field("cells.dose.unit", "Unit of the dose", { example: "cells/kg", help: "As printed." }), field("cells.infusions", "Infusions"), field("cells.route", "Route"),
  field("cells.co_intervention", "Given besides, not to the control", LONG),
  field("cells.name", "Name of the product", { ...MORE, example: "rexlemestrocel-L" }), field("cells.msc", "Are they MSC?", { ...MORE, none: "(as the product says)" }),
  field("cells.dose.range", "Range of the dose", { ...MORE, help: "Lowest and highest, where a range is printed." }), field("cells.dose.note", "About the dose", MORE),
  field("cells.schedule", "Interval between infusions", MORE), field("cells.route_detail", "Route in the paper's words", MORE), field("cells.note", "Note on the cells", { ...MORE, ...LONG }),
];
const ARM = [field("id", "Name in this record", { example: "msc", most: LONGEST_NAME }), field("role", "Role", { redraw: true }), field("n_randomised", "Number randomised or allocated")];
const COMPARATOR = [field("comparator", "What it got"), field("comparator_detail", "In the paper's words", { wide: true })];
const ARM_MORE = [
  field("label", "Name in tables", { ...MORE, help: "The name in this record when left empty." }), field("n_female", "Women or females", { ...MORE, help: "In this group." }),
  field("background", "Therapy that it and its control both got", { ...MORE, ...LONG }), field("note", "Note on the group", { ...MORE, ...LONG }),
];
/** What a group or population is described by: name -> words and the units that are usual. */
const CHARACTERISTICS = {
  age: ["Age", ["years", "weeks", "months"]], disease_duration: ["Duration of diabetes", ["years", "months", "weeks", "days"]],
  bmi: ["Body mass index", ["kg/m2"]], body_weight: ["Body weight", ["kg", "g"]],
};
const SOURCE = [
  field("key", "Name in this record", { example: "table-2", most: LONGEST_NAME }), field("kind", "Kind"), field("reference", "Whose text", { redraw: true }), field("locator", "Place", { example: "Table 2" }),
  field("url", "Address", { example: "https://doi.org/10.2337/dc15-0171", wide: true }), field("citation", "The work that quotes the study", { wide: true, more: true }),
  field("note", "Note on the text", { ...MORE, ...LONG }),
];
const RESULT = [
  field("outcome", "Outcome", { redraw: true, outcome: "outcomes", help: "What is not in the list is not reviewed here.", wide: true }), field("prints", "The paper prints", { redraw: true, prints: true }),
  field("unit", "Unit as printed", { unit: true, redraw: true }), field("at", "Time", { time: true }), field("source", "Source", { source: true, redraw: true, help: "Where these numbers were read." }),
];
const ROW_MORE = [
  field("definition", "What was counted or measured, in the paper's words", LONG), field("at_note", "The time in the paper's own counting", { wide: true }),
  field("unit_of_analysis", "What n counts", { none: "(participants)" }), field("subgroup", "Only this part of the participants", { help: "Left empty for all of them." }),
  field("post_hoc", "Grouped after seeing the outcome", { none: "(no)" }), field("integer", "Each single value is a whole number", { none: "(not said)" }),
  field("pool", "Goes into analyses", { none: "(yes)", help: "“no” needs a note that says why." }), field("note", "Note on the result", LONG),
];
const BETWEEN = [
  field("between.p", "P between the groups", { operator: true }), field("between.test", "Test between the groups"), field("between.statistic", "Its statistic"), field("between.df", "Its degrees of freedom"),
  field("between.arms.0", "Between this group", { arm: true, help: "Left empty: all groups." }), field("between.arms.1", "and this one", { arm: true }),
];
/** Of one group's numbers, beside those of the way in which they are printed. */
const VALUE_MORE = [
  field("p", "P of the change in this group", { operator: true }), field("t", "t of that change"), field("correlation", "Correlation with baseline"), field("reading_error", "Reading error (from a figure)"),
  field("said", "The text says of this group"), field("note", "Note on these numbers", LONG),
];
const CONTRAST_MORE = [
  field("n_treatment", "n treated"), field("n_control", "n compared with"), field("test", "Test"), field("statistic", "Its statistic"), field("df", "Degrees of freedom"),
  field("one_sided", "P is one-sided", { none: "(no)" }), field("value", "Compares", { words: { final: "final values", change: "changes from baseline" }, none: "(final values)" }),
  field("said", "The text says of the treated"), field("adjusted_for", "Model and covariates", LONG), field("note", "Note on the comparison", LONG),
];
const MISSING = [
  field("outcome", "Outcome", { outcome: "missing" }), field("kind", "In what way"), field("at", "Time", { time: true }), field("source", "Mentioned in", { source: true }),
  field("reason", "Why it is not here as a number", LONG), field("direction", "What the text says", { wide: true }),
];
const ROB = [field("tool", "Tool", { redraw: true, tool: true, wide: true }), field("outcome", "Outcome", { outcome: "all" }), field("overall", "Overall judgement", { levels: true }), field("assessed_by", "Judged by")];
const DERIVATION = [field("fields", "Which numbers", { split: ",", example: "events, n", help: "Names as in the file, with commas between them." }), field("kind", "How"), field("note", "What is printed, and the working", LONG)];
const CONFIRM = [field("field", "Which field", { example: "study.countries" }), field("reason", "What is in doubt", LONG)];
const ACKNOWLEDGED = [field("code", "Code of the warning", { example: "P701" }), field("where", "Place", { example: "results.hba1c", help: "Everywhere in the record when left empty." }), field("by", "Who looked at it"), field("reason", "Why the number stands", LONG)];
const EXTRACTION = [field("extracted_by", "Your name"), field("date", "Date", { example: "2026-11-22" }), field("status", "Extracted", { none: "single: one extractor" }), field("checked_by", "Second extractor, and who decided", { more: true })];
/** Lists of the record that are a list of the state: part of the record -> list and fields. */
const PLAIN_LISTS = { missing_results: ["missing", MISSING], to_confirm: ["confirm", CONFIRM], acknowledged: ["acknowledged", ACKNOWLEDGED] };

function newState() {
  const now = new Date(), day = [now.getFullYear(), now.getMonth() + 1, now.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
  return {
    ...emptyState(), study: { setting: "clinical" }, extraction: { date: day },
    arms: [{ uid: "a1", id: "msc", role: "treatment" }, { uid: "a2", id: "control", role: "control" }],
    sources: [{ uid: "s1", key: "table-1", kind: "table", reference: "primary" }], results: [{ uid: "r1" }],
  };
}

function emptyState() {
  return { ...Object.fromEntries(SECTIONS.map((name) => [name, {}])), ...Object.fromEntries(Object.keys(LISTS).map((name) => [name, []])) };
}

/** A state read from somewhere: known sections, texts only; null where it is none. */
function cleanState(data) {
  if (!isMapping(data)) return null;
  const entry = (part) => Object.fromEntries(Object.entries(isMapping(part) ? part : {}).filter(([key, text]) => typeof text === "string" && key !== "__proto__"));
  const state = emptyState();
  for (const name of SECTIONS) state[name] = entry(data[name]);
  for (const [name, letter] of Object.entries(LISTS)) {
    const known = (each, i, all) => new RegExp(`^${letter}\\d{1,6}$`).test(each.uid ?? "") && all.findIndex((other) => other.uid === each.uid) === i;
    state[name] = (Array.isArray(data[name]) ? data[name] : []).map(entry).filter(known);
  }
  return state;
}

/** A new entry of a list, with an id of its own; it is not yet in the list. */
function newEntry(state, list, values = {}) {
  const number = 1 + Math.max(0, ...state[list].map((each) => Number(each.uid.slice(1))));
  const more = { arms: { role: "treatment" }, sources: { kind: "table", reference: "primary" } };
  return { uid: `${LISTS[list]}${number}`, ...more[list], ...values };
}

function addEntry(state, list, values) {
  const entry = newEntry(state, list, values);
  state[list].push(entry);
  return entry;
}

/** Entries that hang on another one: derivations on the numbers of a group, domains on a judgement. */
const ownedBy = (state, list, owner) => state[list].filter((entry) => entry.of === owner);

function removeEntry(state, list, entry) {
  state[list].splice(state[list].indexOf(entry), 1);
  for (const owned of ["derivations", "domains"]) state[owned] = state[owned].filter((each) => !(each.of ?? "").split(":").includes(entry.uid));
}

/** Ways of printing that an outcome can have, and the chosen one: the first where none is. */
function waysOf(data, entry) {
  const kind = data.byId.get(entry.outcome ?? "")?.kind ?? "continuous";
  return owns(PRINTS, entry.prints ?? "") && !PRINTS_OF[kind].includes(entry.prints) ? [...PRINTS_OF[kind], entry.prints] : PRINTS_OF[kind];
}

function printsOf(data, entry) {
  const ways = waysOf(data, entry);
  return ways.includes(entry.prints) ? entry.prints : ways[0];
}

const isContrast = (prints) => prints === "difference" || prints === "ratio";
const hasUnit = (data, entry) => Boolean(entry.unit) || (data.byId.get(entry.outcome ?? "")?.kind !== "event" && printsOf(data, entry) !== "ratio");
const toolOf = (state, entry) => entry.tool || robTool(state.study.design ?? "");

function robTool(design) {
  return ANIMAL.includes(design) ? "syrcle" : RANDOMISED.includes(design) ? "rob2" : "robins-i-v2";
}

/** The sources of a result: source, source.2, ... as far as there are any, and one more to choose. */
function sourceNames(entry) {
  const last = Math.max(0, ...Object.keys(entry).filter((key) => /^source(\.\d+)?$/.test(key) && entry[key]).map((key) => Number(key.split(".")[1] ?? 1)));
  return Array.from({ length: last + 1 }, (_, i) => (i ? `source.${i + 1}` : "source"));
}
