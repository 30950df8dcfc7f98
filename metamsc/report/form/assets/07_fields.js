// The fields of the form, and the record they make. What is typed is kept as text under flat names
// (state.arms[0]["cells.source"]); a record is made anew from it at every change.

const SECTIONS = ["study", "population", "model", "extraction"], LISTS = ["arms", "sources", "results", "missing", "rob"];
const NOT_MSC = ["mononuclear-cells", "marrow-cells-unspecified", "stromal-vascular-fraction", "adipose-tissue", "cord-blood-cells", "haematopoietic-cells"];
const TIMES = ["", "baseline", "days", "weeks", "months", "years", "hours", "not reported"];

const LONGEST_NAME = 60; // a key of YAML has at most 1024 characters, a heading far fewer

/** How papers print a result: name -> [words, fields of an arm]; `contrast` has fields of its own. */
const PRINTS = {
  "mean-sd": ["mean and SD", ["n", "mean", "sd"]],
  "mean-se": ["mean and SE (SEM)", ["n", "mean", "se"]],
  "mean-ci": ["mean and 95 % CI", ["n", "mean", "ci"]],
  "mean-pm": ["mean ± something the paper does not name", ["n", "mean", "spread.value"]],
  "change-sd": ["change from baseline and SD", ["n", "change", "sd"]],
  "change-se": ["change from baseline and SE", ["n", "change", "se"]],
  "change-ci": ["change from baseline and 95 % CI", ["n", "change", "ci"]],
  "median-iqr": ["median and quartiles", ["n", "median", "iq_range"]],
  "median-range": ["median, lowest and highest", ["n", "median", "range"]],
  events: ["events of n", ["n", "events", "percent"]],
  difference: ["only a difference between two groups", ["difference", "ci", "se", "p"]],
  ratio: ["only a ratio of two groups", ["measure", "ratio", "ci", "p"]],
};
const PRINTS_OF = { continuous: Object.keys(PRINTS).filter((name) => !["events", "ratio"].includes(name)), event: ["events", "ratio"] };

const field = (name, label, more = {}) => ({ name, label, at: name.split("."), ...more });

const STUDY = [
  field("label", "Short name", { example: "Müller 2020", help: "As tables and plots will show it: first author and year." }), field("id", "Id", { example: "muller-2020", help: "Name of the file; made of the short name when left empty." }),
  field("title", "Title", { wide: true }), field("authors", "Authors", { split: ";", example: "Müller A; Ö B", help: "Family name and initials, with a semicolon between them.", wide: true }), field("year", "Year"),
  field("journal", "Journal"), field("volume", "Volume, issue, pages"), field("doi", "DOI", { example: "10.2337/dc15-0171" }), field("pmid", "PMID", { example: "26553832", help: "PubMed's number." }), field("registration", "Registration", { split: ",", example: "NCT01374854", help: "Numbers of the trial registry, with commas between them." }),
  field("countries", "Countries", { split: ",", example: "CN, BR", help: "Codes of two capital letters (ISO 3166)." }), field("setting", "People or animals", { redraw: true }), field("design", "Design", { redraw: true, wide: true }),
  field("blinding", "Blinding"), field("publication", "Publication", { none: "(a journal article)" }), field("follow_up", "Follow-up", { time: true }),
];
const POPULATION = [field("diabetes_type", "Type of diabetes"), field("complication", "Complication"), field("description", "Who could take part", { wide: true })];
const MODEL = [
  field("species", "Species"), field("strain", "Strain", { example: "Wistar" }), field("sex", "Sex"), field("induction.agent", "How diabetes was induced"),
  field("models_type", "Type it stands for"), field("complication", "Complication"),
];
const CELLS = [
  field("cells.product", "Product", { none: "(cells)" }), field("cells.source", "Tissue of the cells"), field("cells.donor", "Donor"), field("cells.donor_species", "Donor's species", { example: "human, where not the recipient's" }),
  field("cells.dose.value", "Dose per infusion", { example: "1e6" }), field("cells.dose.unit", "Unit of the dose", { example: "cells/kg", help: "As printed." }), field("cells.infusions", "Infusions"), field("cells.route", "Route"),
  field("cells.co_intervention", "Given besides, not to the control", { wide: true }),
];
const ARM = [field("id", "Name in this record", { example: "msc", most: LONGEST_NAME }), field("role", "Role", { redraw: true }), field("n_randomised", "Number randomised or allocated")];
const COMPARATOR = [field("comparator", "What it got"), field("comparator_detail", "In the paper's words", { wide: true })];
const SOURCE = [
  field("key", "Name in this record", { example: "table-2" }), field("kind", "Kind"), field("reference", "Whose text", { redraw: true }), field("locator", "Place", { example: "Table 2" }),
  field("url", "Address", { example: "https://doi.org/10.2337/dc15-0171", wide: true }),
];
const CITATION = field("citation", "The work that quotes the study", { wide: true });
const RESULT = [field("outcome", "Outcome", { redraw: true, outcome: "outcomes", help: "What is not in the list is not reviewed here.", wide: true }), field("prints", "The paper prints", { redraw: true, prints: true }), field("unit", "Unit as printed", { unit: true }), field("at", "Time", { time: true }), field("source", "Source", { source: true, help: "Where these numbers were read." })];
const ROW_NOTES = [field("definition", "What was counted or measured, in the paper's words", { wide: true }), field("between.p", "P between the groups", { operator: true }), field("note", "Note", { wide: true })];
const VALUES = { n: "n", mean: "mean", change: "change", median: "median", sd: "SD", se: "SE", ci: "95 % CI", "spread.value": "±", iq_range: "quartiles", range: "lowest, highest", events: "events", percent: "% as printed" };
const CONTRAST = { difference: "Difference (treated − control)", measure: "Measure", ratio: "Ratio (treated / control)", ci: "95 % CI", se: "SE", p: "P" };
const MISSING = [field("outcome", "Outcome", { outcome: "missing" }), field("kind", "In what way"), field("at", "Time", { time: true }), field("reason", "Why it is not here as a number", { wide: true }), field("direction", "What the text says", { wide: true })];
const ROB = [field("outcome", "Outcome", { outcome: "all" }), field("overall", "Overall judgement"), field("assessed_by", "Judged by")];
const EXTRACTION = [field("extracted_by", "Your name"), field("date", "Date", { example: "2026-11-22" })];

function newState() {
  const now = new Date(), day = [now.getFullYear(), now.getMonth() + 1, now.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
  return {
    study: { setting: "clinical" }, population: {}, model: {}, extraction: { date: day },
    arms: [{ uid: "a1", id: "msc", role: "treatment" }, { uid: "a2", id: "control", role: "control" }],
    sources: [{ uid: "s1", key: "table-1", kind: "table", reference: "primary" }], results: [{ uid: "r1" }], missing: [], rob: [],
  };
}

/** A state read from somewhere: known sections, texts only; null where it is none. */
function cleanState(data) {
  if (!isMapping(data)) return null;
  const entry = (part) => Object.fromEntries(Object.entries(isMapping(part) ? part : {}).filter(([key, text]) => typeof text === "string" && key !== "__proto__"));
  const state = newState();
  for (const name of SECTIONS) state[name] = entry(data[name]);
  for (const name of LISTS) state[name] = (Array.isArray(data[name]) ? data[name] : []).map(entry).filter((each, i, all) => /^[a-z]\d{1,6}$/.test(each.uid ?? "") && all.findIndex((other) => other.uid === each.uid) === i);
  return state;
}

function newEntry(state, list) {
  const letter = list[0], number = 1 + Math.max(0, ...state[list].map((each) => Number(each.uid.slice(1))));
  const more = { arms: { role: "treatment" }, sources: { kind: "table", reference: "primary" } };
  return { uid: `${letter}${number}`, ...more[list] };
}

const INVISIBLE = /[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]|[\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]/gu;

/** A text without what no record may hold (controls, zero width, direction) and without space around it. */
function cleanText(text) {
  return text.replace(INVISIBLE, "").replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, "");
}

/** A typed number; the text itself where it is none, for the schema to refuse. */
function readNumber(text) {
  const plain = text.replace(/[\u2212\u2013]/g, "-").replace(/\s/g, "");
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain) && Number.isFinite(Number(plain)) ? Number(plain) : text;
}

const SPELLED = { ß: "ss", ẞ: "SS", æ: "ae", Æ: "AE", œ: "oe", Œ: "OE", ø: "o", Ø: "O", ł: "l", Ł: "L", đ: "d", Đ: "D", ð: "d", Ð: "D", þ: "th", Þ: "Th", ı: "i", ħ: "h", Ħ: "H" };

/** Müller 2020 -> muller-2020. */
function makeId(text) {
  const letters = [...text.replace(/['’‘ʼ`´]/g, "")].map((letter) => SPELLED[letter] ?? letter).join("").normalize("NFKD").replace(/\p{Mn}/gu, "");
  return (letters.toLowerCase().match(/[a-z0-9]+/g) ?? []).join("-").slice(0, 60).replace(/^-+|-+$/g, "");
}

/** Makes a record of the state, and remembers which control each value came from. */
class Builder {
  constructor(data, state) {
    this.data = data; this.state = state; this.record = { schema: 1 }; this.places = new Map();
  }

  put(path, value, control) {
    this.places.set(JSON.stringify(path), control);
    if (value === undefined) return;
    let node = this.record;
    for (const [i, step] of path.slice(0, -1).entries()) node = node[step] ??= typeof path[i + 1] === "number" ? [] : Object.create(null);
    node[path.at(-1)] = value;
  }

  /** The typed text of a field as the schema wants it; nothing typed is undefined. */
  read(entry, name, path, { split, time, more = "" } = {}) {
    const text = cleanText(entry[name] ?? ""), schema = schemaAt(this.data.schema, path);
    if (time) {
      const unit = entry[`${name}.unit`] ?? "";
      if (unit === "baseline" || unit === "not reported") return unit;
      return text || more ? (unit ? `${text} ${text === "1" ? unit.slice(0, -1) : unit}` : text) : undefined;
    }
    if (schema.type === "array" && schema.prefixItems) {
      const ends = [text, cleanText(entry[`${name}.high`] ?? "")];
      return ends.some(Boolean) ? ends.map((end) => (end ? readNumber(end) : null)) : undefined;
    }
    if (!text) return undefined;
    if (split) return text.split(split).map(cleanText).filter(Boolean);
    return schema.type === "number" || schema.type === "integer" ? readNumber(text) : text;
  }

  fields(fields, entry, base, prefix) {
    for (const each of fields) {
      const path = [...base, ...each.at];
      this.put(path, this.read(entry, each.name, path, each), controlId(prefix, each.name));
    }
  }
}

const controlId = (prefix, name) => `${prefix}-${name.replace(/[^a-z0-9]/gi, "-")}`;

function recordOf(data, state) {
  const builder = new Builder(data, state), { record } = builder, clinical = state.study.setting !== "preclinical";
  builder.fields(STUDY, state.study, ["study"], "study");
  const id = record.study?.id ?? makeId(record.study?.label ?? "");
  builder.put(["study", "id"], id || undefined, "study-id");
  for (const [part, name] of [["population", "diabetes_type"], ["model", "species"], ["extraction", "extracted_by"]]) builder.places.set(JSON.stringify([part]), controlId(part, name));
  if (clinical) builder.fields(POPULATION, state.population, ["population"], "population");
  else builder.fields(MODEL, state.model, ["model"], "model");
  record.arms = [];
  for (const [i, entry] of state.arms.entries()) {
    builder.put(["arms", i], {}, entry.uid);
    builder.places.set(JSON.stringify(["arms", i, "cells"]), controlId(entry.uid, "cells.source"));
    builder.fields([...ARM, ...armFields(entry)], entry, ["arms", i], entry.uid);
    const product = record.arms[i].cells?.product;
    if (NOT_MSC.includes(product)) record.arms[i].cells.msc = false;
  }
  const keys = new Map(), unnamed = [];
  record.sources = Object.create(null);
  for (const entry of state.sources) {
    const key = cleanText(entry.key ?? "");
    keys.set(entry.uid, key);
    if (!key || owns(record.sources, key)) unnamed.push([key, entry]);
    else {
      builder.put(["sources", key], Object.create(null), controlId(entry.uid, "url"));
      builder.fields([...SOURCE.slice(1), CITATION], entry, ["sources", key], entry.uid);
    }
  }
  const names = new Map(state.arms.map((entry) => [entry.uid, cleanText(entry.id ?? "")]));
  for (const [i, entry] of state.results.entries()) putResult(builder, entry, i, names, keys);
  for (const [i, entry] of state.missing.entries()) {
    builder.put(["missing_results", i], {}, entry.uid);
    builder.fields(MISSING, entry, ["missing_results", i], entry.uid);
  }
  for (const [i, entry] of state.rob.entries()) {
    builder.put(["risk_of_bias", i], { tool: robTool(state.study.design ?? "") }, entry.uid);
    builder.fields(ROB, entry, ["risk_of_bias", i], entry.uid);
  }
  builder.fields(EXTRACTION, state.extraction, ["extraction"], "extraction");
  builder.put(["extraction", "status"], "single", "extraction-date");
  return { record: inOrder(record), places: builder.places, unnamed };
}

const armFields = (entry) => (entry.role === "treatment" ? CELLS : entry.role === "healthy" ? [] : COMPARATOR);

function robTool(design) {
  return ANIMAL.includes(design) ? "syrcle" : RANDOMISED.includes(design) ? "rob2" : "robins-i-v2";
}

/** What a result prints; the first way of its outcome where none is chosen. */
function printsOf(data, entry) {
  const kind = data.byId.get(entry.outcome ?? "")?.kind ?? "continuous", ways = PRINTS_OF[kind];
  return ways.includes(entry.prints) ? entry.prints : ways[0];
}

function putResult(builder, entry, i, names, keys) {
  const base = ["results", i], prefix = entry.uid, prints = printsOf(builder.data, entry), [, fields] = PRINTS[prints];
  const outcome = builder.data.byId.get(entry.outcome ?? "");
  builder.put(base, Object.create(null), prefix);
  builder.put([...base, "outcome"], entry.outcome || undefined, controlId(prefix, "outcome"));
  if (outcome?.kind !== "event") builder.put([...base, "unit"], entry.unit || undefined, controlId(prefix, "unit"));
  builder.put([...base, "at"], builder.read(entry, "at", [...base, "at"], { time: true }), controlId(prefix, "at"));
  builder.put([...base, "source"], keys.get(entry.source) || undefined, controlId(prefix, "source"));
  if (prints === "difference" || prints === "ratio") {
    for (const side of ["treatment", "control"]) builder.put([...base, "contrast", side], names.get(entry[`c.${side}`]) || undefined, controlId(prefix, `c.${side}`));
    for (const name of fields) {
      const path = [...base, "contrast", name];
      builder.put(path, builder.read(entry, `c.${name}`, path), controlId(prefix, `c.${name}`));
    }
    if (builder.record.results[i].contrast?.p !== undefined && entry["c.p.operator"]) builder.record.results[i].contrast.p_operator = entry["c.p.operator"];
  } else {
    builder.put([...base, "arms"], Object.create(null), prefix);
    for (const [uid, name] of names) {
      for (const key of name ? fields : []) {
        const path = [...base, "arms", name, ...key.split(".")];
        builder.put(path, builder.read(entry, `${uid}.${key}`, path), controlId(prefix, `${uid}.${key}`));
      }
      const value = builder.record.results[i].arms[name];
      if (value?.spread) value.spread.kind = "unlabelled";
    }
    builder.fields([ROW_NOTES[1]], entry, base, prefix);
    const { between } = builder.record.results[i];
    if (between && entry["between.p.operator"]) between.p_operator = entry["between.p.operator"];
  }
  builder.fields([ROW_NOTES[0], ROW_NOTES[2]], entry, base, prefix);
}

const ORDER = ["schema", "study", "population", "model", "arms", "sources", "results", "missing_results", "risk_of_bias", "extraction"];
function inOrder(record) {
  const { id, ...study } = record.study ?? {};
  record.study = { ...(id === undefined ? {} : { id }), ...study };
  return Object.fromEntries(ORDER.filter((key) => record[key] !== undefined).map((key) => [key, record[key]]));
}

/** Everything found in a record: [{code, path, message, hint, severity}]. */
function problemsOf(data, record) {
  const structure = schemaErrors(data.schema, data.schema, record).map((each) => ({ ...each, hint: "", severity: "error" }));
  const judged = structuredClone(record);
  for (const { code, path } of structure) { // what is of the wrong kind is not judged further
    if (code === "S202" || !path.length) continue;
    let node = judged;
    for (const step of path.slice(0, -1)) node = node?.[step];
    if (node && typeof path.at(-1) === "string") delete node[path.at(-1)];
    else if (node) node[path.at(-1)] = NaN;
  }
  const view = viewOf(judged, data.byId), seen = new Set(structure.map((each) => `${each.code}${JSON.stringify(each.path)}`));
  for (const check of ALL_CHECKS) {
    for (const [code, path, message, hint] of check(view)) {
      const key = `${code}${JSON.stringify(path)}`;
      if (!seen.has(key)) structure.push({ code, path, message, hint, severity: data.rules[code]?.[1] ?? "error" });
      seen.add(key);
    }
  }
  return structure;
}
