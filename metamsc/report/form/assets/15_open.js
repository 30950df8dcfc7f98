// From a record back to the form: what a file holds as the texts that somebody would have typed. What the form
// has no field for is found by making the record again and comparing.

/** A number as somebody would type it: 4.9e8 cells, not 490000000. */
const typedNumber = (value) => (/^\d+0{5}$/.test(String(value)) ? value.toExponential().replace("e+", "e") : String(value));
const textOf = (value) => (typeof value === "string" ? value : typeof value === "number" ? typedNumber(value) : typeof value === "boolean" ? String(value) : "");
const inside = (node, path) => path.reduce((found, step) => (found !== null && typeof found === "object" && owns(found, step) ? found[step] : undefined), node);

class Opener {
  constructor(data, record) {
    this.data = data; this.record = record; this.state = emptyState(); this.sources = new Map(); this.arms = new Map();
  }

  field(each, entry, part, stem = "") {
    const name = stem + each.name, value = inside(part, each.at);
    if (value === undefined || value === null) return;
    if (each.time && typeof value === "string") {
      const found = /^(\S+) (hour|day|week|month|year)s?$/.exec(value);
      if (found) Object.assign(entry, { [name]: found[1], [`${name}.unit`]: `${found[2]}s` });
      else if (TIMES.includes(value)) entry[`${name}.unit`] = value;
      else entry[name] = value;
    } else if (each.arm || each.source) entry[name] = (each.arm ? this.arms : this.sources).get(value) ?? "";
    else if (each.split) entry[name] = (Array.isArray(value) ? value : [value]).map(textOf).join(`${each.split} `);
    else if (Array.isArray(value)) Object.assign(entry, { [name]: textOf(value[0]), [`${name}.high`]: textOf(value[1]) });
    else entry[name] = textOf(value);
    const sign = inside(part, [...each.at.slice(0, -1), `${each.at.at(-1)}_operator`]);
    if (each.operator && ["<", ">"].includes(sign)) entry[`${name}.operator`] = sign;
  }

  fields(fields, entry, part, stem) {
    for (const each of fields) this.field(each, entry, part, stem);
  }

  /** The first of several ways of printing that has a field for every number given. */
  way(ways, parts) {
    const given = ANY_NUMBER.concat("events", "percent").filter((name) => parts.some((part) => ![undefined, null].includes(inside(part, name.split(".")))));
    return ways.find((way) => given.every((name) => PRINTS[way][1].includes(name))) ?? "mixed";
  }

  characteristics(names, entry, part) {
    for (const name of names) {
      const value = part?.[name];
      if (!isMapping(value)) continue;
      const prints = this.way(WAYS, [value]);
      entry[`${name}.prints`] = prints;
      this.fields([...PRINTS[prints][1].map((each) => field(each, "")), field("unit", ""), field("source", "", { source: true }), field("note", "")], entry, value, `${name}.`);
    }
  }

  derivations(owner, part) {
    for (const derivation of listOf(part?.derivations)) this.fields(DERIVATION, addEntry(this.state, "derivations", { of: owner }), derivation);
  }

  result(part) {
    const { state, data } = this, entry = addEntry(state, "results"), values = isMapping(part.arms) ? Object.entries(part.arms) : [];
    entry.outcome = textOf(part.outcome);
    entry.unit = textOf(part.unit);
    if (entry.unit && !owns(data.byId.get(entry.outcome)?.units ?? {}, entry.unit) && entry.unit !== data.not_printed) entry["unit.free"] = "1";
    this.fields([RESULT[3], ...BETWEEN, ...ROW_MORE], entry, part);
    for (const [i, key] of listOf(part.source).entries()) entry[i ? `source.${i + 1}` : "source"] = this.sources.get(key) ?? "";
    if (isMapping(part.contrast)) {
      const kind = part.contrast.measure ?? "difference";
      entry.prints = kind === "difference" ? "difference" : "ratio";
      for (const side of ["treatment", "control"]) entry[`c.${side}`] = this.arms.get(part.contrast[side]) ?? "";
      this.fields([...PRINTS[entry.prints][1].map((name) => field(name, "", { operator: name === "p" })), ...CONTRAST_MORE], entry, part.contrast, "c.");
      this.derivations(`${entry.uid}:c`, part.contrast);
      return;
    }
    entry.prints = this.way(waysOf(data, entry).filter((way) => !isContrast(way)), values.map(([, value]) => value));
    for (const [id, value] of values) {
      const uid = this.arms.get(id);
      if (!uid) continue;
      this.fields([...PRINTS[entry.prints][1].map((name) => field(name, "")), ...VALUE_MORE], entry, value, `${uid}.`);
      this.derivations(`${entry.uid}:${uid}`, value);
    }
  }

  judgement(part) {
    const entry = addEntry(this.state, "rob");
    this.fields(ROB, entry, part);
    for (const domain of listOf(part.domains)) this.fields([field("domain", ""), field("judgement", ""), field("support", "")], addEntry(this.state, "domains", { of: entry.uid }), domain);
    addDomains(this.data, this.state, entry);
  }

  open() {
    const { record, state } = this;
    this.fields(STUDY, state.study, record.study);
    for (const text of listOf(record.study?.notes)) addEntry(state, "notes", { text: textOf(text) });
    for (const [key, part] of Object.entries(isMapping(record.sources) ? record.sources : {})) {
      const entry = addEntry(state, "sources", { key, kind: "", reference: "" });
      this.sources.set(key, entry.uid);
      this.fields(SOURCE.slice(1), entry, part);
    }
    this.fields(POPULATION, state.population, record.population);
    this.characteristics(Object.keys(CHARACTERISTICS), state.population, record.population);
    this.fields(MODEL, state.model, record.model);
    this.characteristics(["body_weight"], state.model, record.model);
    for (const part of listOf(record.arms)) {
      const entry = addEntry(state, "arms", { role: "" });
      this.fields([...ARM, ...CELLS, ...COMPARATOR, ...ARM_MORE], entry, part);
      this.characteristics(Object.keys(CHARACTERISTICS), entry, part);
      if (!this.arms.has(part?.id)) this.arms.set(part?.id, entry.uid);
    }
    for (const part of listOf(record.results)) this.result(isMapping(part) ? part : {});
    for (const [name, [list, fields]] of Object.entries(PLAIN_LISTS)) for (const part of listOf(record[name])) this.fields(fields, addEntry(state, list), part);
    for (const part of listOf(record.risk_of_bias)) this.judgement(isMapping(part) ? part : {});
    this.fields(EXTRACTION, state.extraction, record.extraction);
    return state;
  }
}

const listOf = (value) => (Array.isArray(value) ? value : value === undefined || value === null ? [] : [value]);

/** Rows for the domains of the judgement's tool that are not there yet; those of another tool that nobody judged go. */
function addDomains(data, state, entry) {
  const { domains } = data.tools[toolOf(state, entry)] ?? { domains: [] };
  const others = new Set(Object.values(data.tools).flatMap((tool) => tool.domains).filter((name) => !domains.includes(name)));
  state.domains = state.domains.filter((each) => each.of !== entry.uid || each.judgement || each.support || !others.has(each.domain));
  const there = ownedBy(state, "domains", entry.uid).map((each) => each.domain);
  for (const domain of domains) if (!there.includes(domain)) addEntry(state, "domains", { of: entry.uid, domain });
}

/** A record without what says nothing: fields that are null, and “=” beside a P. */
function plainRecord(value) {
  if (Array.isArray(value)) return value.map(plainRecord);
  if (!isMapping(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([key, part]) => part !== null && !(key === "p_operator" && part === "=")).map(([key, part]) => [key, plainRecord(part)]));
}

/** Where two values differ: [[path, what is in the first]]. */
function differences(one, other, path = []) {
  if (isMapping(one) && isMapping(other)) return Object.keys(one).flatMap((key) => differences(one[key], owns(other, key) ? other[key] : undefined, [...path, key]));
  if (Array.isArray(one) && Array.isArray(other)) return one.flatMap((entry, i) => differences(entry, other[i], [...path, i]));
  if (Array.isArray(one) && one.length === 0 && other === undefined) return [];
  if (Array.isArray(one) && one.length === 1 && !Array.isArray(other)) return differences(one[0], other, path);
  if (Array.isArray(other) && other.length === 1 && !Array.isArray(one)) return differences(one, other[0], path);
  return one === other ? [] : [[path, one]];
}

/** The state of a record, and what of it the form cannot hold: {state, lost: [[path, value]]}. */
function openRecord(data, record) {
  const state = new Opener(data, record).open(), again = recordOf(data, state).record;
  return { state, lost: differences(plainRecord(record), again) };
}
