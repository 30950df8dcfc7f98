// From what is typed to the record. A field that can be seen and has something in it is in the record; nothing
// else is.

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

const controlId = (prefix, name) => `${prefix}-${name.replace(/[^a-z0-9]/gi, "-")}`;
const readBoolean = (text) => (text === "true" ? true : text === "false" ? false : text);

/** Makes a record of the state, and remembers which control each value came from. */
class Builder {
  constructor(data, state) {
    this.data = data; this.state = state; this.record = { schema: 1 }; this.places = new Map();
    this.keys = new Map(state.sources.map((entry) => [entry.uid, cleanText(entry.key ?? "")]));
    this.names = new Map(state.arms.map((entry) => [entry.uid, cleanText(entry.id ?? "")]));
  }

  put(path, value, control) {
    this.places.set(JSON.stringify(path), control);
    if (value === undefined) return;
    let node = this.record;
    for (const [i, step] of path.slice(0, -1).entries()) node = node[step] ??= typeof path[i + 1] === "number" ? [] : Object.create(null);
    node[path.at(-1)] = value;
  }

  /** The typed text of a field as the schema wants it; nothing typed is undefined. */
  read(entry, name, path, { split, time, arm, source } = {}) {
    const text = cleanText(entry[name] ?? ""), schema = schemaAt(this.data.schema, path);
    if (arm || source) return (arm ? this.names : this.keys).get(text) || undefined;
    if (time) {
      const unit = entry[`${name}.unit`] ?? "";
      if (unit === "baseline" || unit === "not reported") return unit;
      return text ? (unit ? `${text} ${text === "1" ? unit.slice(0, -1) : unit}` : text) : undefined;
    }
    if (schema.type === "array" && schema.prefixItems) {
      const ends = [text, cleanText(entry[`${name}.high`] ?? "")];
      return ends.some(Boolean) ? ends.map((end) => (end ? readNumber(end) : null)) : undefined;
    }
    if (!text) return undefined;
    if (split) return text.split(split).map(cleanText).filter(Boolean);
    if (schema.type === "boolean") return readBoolean(text);
    return schema.type === "number" || schema.type === "integer" ? readNumber(text) : text;
  }

  /** Put fields of an entry; `stem` is what their names begin with in it. */
  fields(fields, entry, base, prefix, stem = "") {
    for (const each of fields) {
      const at = each.at.map((step) => (/^\d+$/.test(step) ? Number(step) : step)), path = [...base, ...at], name = stem + each.name;
      const value = this.read(entry, name, path, each);
      this.put(path, value, controlId(prefix, name));
      if (each.operator && value !== undefined && entry[`${name}.operator`]) this.put([...path.slice(0, -1), `${path.at(-1)}_operator`], entry[`${name}.operator`], controlId(prefix, name));
    }
  }

  /** Numbers of a group in the way in which they are printed. */
  numbers(names, entry, base, prefix, stem) {
    this.fields(names.map((name) => field(name, "")), entry, base, prefix, stem);
    const value = base.reduce((node, step) => node?.[step], this.record);
    if (value?.spread) value.spread.kind = "unlabelled";
  }

  /** Age, duration, body mass index, weight, as far as a way is chosen. */
  characteristics(names, entry, base, prefix) {
    for (const name of names) {
      const prints = entry[`${name}.prints`], path = [...base, name];
      this.places.set(JSON.stringify(path), controlId(prefix, `${name}.prints`));
      if (!WAYS.includes(prints)) continue;
      this.put(path, Object.create(null), controlId(prefix, `${name}.prints`));
      this.numbers(PRINTS[prints][1], entry, path, prefix, `${name}.`);
      this.fields([field("unit", ""), field("source", "", { source: true }), field("note", "")], entry, path, prefix, `${name}.`);
    }
  }

  /** Derivations of the numbers of a group (owner r1:a1) or of a comparison (r1:c). */
  derivations(owner, base) {
    for (const [i, entry] of ownedBy(this.state, "derivations", owner).entries()) {
      this.put([...base, "derivations", i], {}, entry.uid);
      this.fields(DERIVATION, entry, [...base, "derivations", i], entry.uid);
    }
  }
}

function recordOf(data, state) {
  const builder = new Builder(data, state), { record } = builder, clinical = state.study.setting !== "preclinical";
  builder.fields(STUDY, state.study, ["study"], "study");
  builder.put(["study", "id"], record.study?.id ?? (makeId(record.study?.label ?? "") || undefined), "study-id");
  const notes = state.notes.map((entry) => [entry, cleanText(entry.text ?? "")]).filter(([, text]) => text);
  for (const [i, [entry, text]] of notes.entries()) builder.put(["study", "notes", i], text, controlId(entry.uid, "text"));
  for (const [part, name] of [["population", "diabetes_type"], ["model", "species"], ["extraction", "extracted_by"]]) builder.places.set(JSON.stringify([part]), controlId(part, name));
  builder.fields(clinical ? POPULATION : MODEL, clinical ? state.population : state.model, [clinical ? "population" : "model"], clinical ? "population" : "model");
  if (clinical) builder.characteristics(Object.keys(CHARACTERISTICS), state.population, ["population"], "population");
  else builder.characteristics(["body_weight"], state.model, ["model"], "model");
  record.arms = [];
  for (const [i, entry] of state.arms.entries()) putArm(builder, entry, i);
  const unnamed = putSources(builder);
  for (const [i, entry] of state.results.entries()) putResult(builder, entry, i);
  for (const [part, [list, fields]] of Object.entries(PLAIN_LISTS)) {
    for (const [i, entry] of state[list].entries()) {
      builder.put([part, i], {}, entry.uid);
      builder.fields(fields, entry, [part, i], entry.uid);
    }
  }
  for (const [i, entry] of state.rob.entries()) putJudgement(builder, entry, i);
  builder.fields(EXTRACTION, state.extraction, ["extraction"], "extraction");
  builder.put(["extraction", "status"], record.extraction?.status ?? "single", "extraction-status");
  return { record: inOrder(data.schema, data.schema, record), places: builder.places, unnamed };
}

function putArm(builder, entry, i) {
  const base = ["arms", i];
  builder.put(base, {}, entry.uid);
  builder.places.set(JSON.stringify([...base, "cells"]), controlId(entry.uid, "cells.source"));
  builder.fields([...ARM, ...CELLS, ...COMPARATOR, ...ARM_MORE], entry, base, entry.uid);
  builder.characteristics(Object.keys(CHARACTERISTICS), entry, base, entry.uid);
  const { cells } = builder.record.arms[i];
  if (cells && cells.msc === undefined && NOT_MSC.includes(cells.product)) cells.msc = false;
}

/** Put the sources by name; those without a name of their own are returned: [name, entry]. */
function putSources(builder) {
  const { record, state, keys } = builder, unnamed = [];
  record.sources = Object.create(null);
  for (const entry of state.sources) {
    const key = keys.get(entry.uid);
    if (!key || owns(record.sources, key)) unnamed.push([key, entry]);
    else {
      builder.put(["sources", key], Object.create(null), controlId(entry.uid, "url"));
      builder.fields(SOURCE.slice(1), entry, ["sources", key], entry.uid);
    }
  }
  return unnamed;
}

function putResult(builder, entry, i) {
  const { data, state, names, keys } = builder, base = ["results", i], prefix = entry.uid, prints = printsOf(data, entry), [, fields] = PRINTS[prints];
  builder.put(base, Object.create(null), prefix);
  builder.put([...base, "outcome"], entry.outcome || undefined, controlId(prefix, "outcome"));
  if (hasUnit(data, entry)) builder.put([...base, "unit"], cleanText(entry.unit ?? "") || undefined, controlId(prefix, "unit"));
  builder.put([...base, "at"], builder.read(entry, "at", [...base, "at"], { time: true }), controlId(prefix, "at"));
  const sources = sourceNames(entry).map((name) => keys.get(entry[name])).filter(Boolean);
  builder.put([...base, "source"], sources.length > 1 ? sources : sources[0], controlId(prefix, "source"));
  if (isContrast(prints)) {
    for (const side of ["treatment", "control"]) builder.put([...base, "contrast", side], names.get(entry[`c.${side}`]) || undefined, controlId(prefix, `c.${side}`));
    builder.fields([...fields.map((name) => field(name, "", { operator: name === "p" })), ...CONTRAST_MORE], entry, [...base, "contrast"], prefix, "c.");
    builder.derivations(`${prefix}:c`, [...base, "contrast"]);
  } else {
    builder.put([...base, "arms"], Object.create(null), prefix);
    for (const [uid, name] of names) {
      if (!name) continue;
      const path = [...base, "arms", name];
      builder.places.set(JSON.stringify(path), controlId(prefix, `${uid}.n`));
      builder.numbers(fields, entry, path, prefix, `${uid}.`);
      builder.fields(VALUE_MORE, entry, path, prefix, `${uid}.`);
      builder.derivations(`${prefix}:${uid}`, path);
    }
    builder.fields(BETWEEN, entry, base, prefix);
    const { between } = builder.record.results[i];
    if (between?.arms) between.arms = Array.from(between.arms, (arm) => arm ?? null); // one of two is an error, not a hole
  }
  builder.fields(ROW_MORE, entry, base, prefix);
}

function putJudgement(builder, entry, i) {
  const base = ["risk_of_bias", i], tool = toolOf(builder.state, entry), known = builder.data.tools[tool]?.domains ?? [];
  builder.put(base, {}, entry.uid);
  builder.put([...base, "tool"], tool, controlId(entry.uid, "tool"));
  builder.fields(ROB.slice(1), entry, base, entry.uid);
  const judged = ownedBy(builder.state, "domains", entry.uid).filter((each) => each.judgement || each.support || !known.includes(each.domain ?? ""));
  for (const [j, each] of judged.entries()) {
    builder.put([...base, "domains", j], {}, each.uid);
    builder.fields([field("domain", ""), field("judgement", ""), field("support", "")], each, [...base, "domains", j], each.uid);
  }
}

/** The same values with the fields of each part in the order of the schema. */
function inOrder(root, schema, value) {
  const known = schema && plainSchema(root, schema);
  if (Array.isArray(value)) return value.map((entry) => inOrder(root, known?.items, entry));
  if (!isMapping(value)) return value;
  const names = Object.keys(known?.properties ?? {}), keys = [...names.filter((name) => owns(value, name)), ...Object.keys(value).filter((key) => !names.includes(key))];
  return Object.fromEntries(keys.map((key) => [key, inOrder(root, known?.properties?.[key] ?? (isMapping(known?.additionalProperties) ? known.additionalProperties : undefined), value[key])]));
}
