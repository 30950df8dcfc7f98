// The parts of the form. Each is made anew when a choice changes which fields there are.

const nameOf = (entry) => entry.id || entry.key || "without a name";
const isFilled = (entry, stem = "") => (each) => [each.name, `${each.name}.unit`, `${each.name}.high`].some((name) => cleanText(entry[stem + name] ?? "") !== "");
const asMore = (fields) => fields.map((each) => ({ ...each, more: true }));

class Sections {
  constructor(app) {
    this.app = app; this.controls = new Controls(app); this.results = new Results(this);
  }

  group(fields, entry, base, prefix, stem = "") {
    return el("div", { class: "fields" }, fields.map((each) => this.controls.field(each, entry, [...base, ...each.at.map((step) => (/^\d+$/.test(step) ? Number(step) : step))], prefix, stem)));
  }

  /** Fields behind a word; open where something is in them, and while the reader leaves it so. */
  more(id, words, filled, ...parts) {
    const { opened } = this.app, toggle = (event) => (event.target.open ? opened.add(id) : opened.delete(id));
    return el("details", { id, class: "more", open: filled || opened.has(id), ontoggle: toggle }, el("summary", {}, words), ...parts);
  }

  /** Fields that are always there, and the others behind "More". */
  both(fields, entry, base, prefix, words, ...others) {
    const more = fields.filter((each) => each.more);
    return [this.group(fields.filter((each) => !each.more), entry, base, prefix), more.length ? this.more(`${prefix}-more`, words, more.some(isFilled(entry)), this.group(more, entry, base, prefix)) : "", ...others];
  }

  drawAll() {
    const { state } = this.app, clinical = state.study.setting !== "preclinical", part = (name, ...nodes) => byId(`part-${name}`).replaceChildren(...nodes.flat(2).filter(Boolean));
    part("study", this.both(STUDY, state.study, ["study"], "study", "More about the study"), this.nested("notes", "", (entry) => this.group([field("text", "What a reader of the numbers has to know", { ...LONG, at: [] })], entry, ["study", "notes", 0], entry.uid)));
    part("about", clinical ? [this.both(POPULATION, state.population, ["population"], "population", ""), this.characteristics(Object.keys(CHARACTERISTICS), state.population, ["population"], "population", "Age, duration, BMI and weight over all groups")]
      : [this.both(MODEL, state.model, ["model"], "model", "More about the animals"), this.characteristics(["body_weight"], state.model, ["model"], "model", "Body weight at the treatment")]);
    byId("h-about").textContent = clinical ? "The participants" : "The animals";
    byId("to-about").textContent = clinical ? "Participants" : "Animals";
    part("arms", state.arms.map((entry, i) => this.card("arms", entry, `Group ${i + 1}: ${nameOf(entry)}`, this.arm(entry, ["arms", i]))));
    part("sources", state.sources.map((entry, i) => this.card("sources", entry, `Source ${i + 1}: ${nameOf(entry)}`, this.source(entry))));
    part("results", state.results.map((entry, i) => this.results.card(entry, i)));
    for (const [name, [list, fields]] of Object.entries(PLAIN_LISTS)) part(list, state[list].map((entry, i) => this.card(list, entry, `${LIST_WORDS[list]} ${i + 1}`, this.group(fields, entry, [name, i], entry.uid))));
    part("rob", state.rob.map((entry, i) => this.judgement(entry, i)));
    part("extraction", this.group(EXTRACTION, state.extraction, ["extraction"], "extraction"));
  }

  card(list, entry, title, ...parts) {
    const { app } = this, remove = () => { removeEntry(app.state, list, entry); app.changed(true, entry.of === undefined ? `add-${list}` : `add-${list}-${controlId("of", entry.of)}`); };
    return el("fieldset", { class: "card", id: entry.uid, tabindex: "-1" }, el("legend", {}, title), ...parts,
      el("p", { id: `${entry.uid}-wrong`, class: "wrong", hidden: true }), el("p", { class: "tools" }, el("button", { type: "button", class: "link", onclick: remove }, `Remove ${title.split(":")[0].toLowerCase()}`)));
  }

  /** Entries of a list within another part, with a button for one more. */
  nested(list, owner, draw, values = () => ({})) {
    const { app } = this, id = owner ? `add-${list}-${controlId("of", owner)}` : `add-${list}`, entries = owner ? ownedBy(app.state, list, owner) : app.state[list];
    const add = () => {
      const entry = addEntry(app.state, list, { ...(owner ? { of: owner } : {}), ...values() });
      app.changed(true, null);
      byId(entry.uid).querySelector("input, select, textarea").focus();
    };
    return [...entries.map((entry, i) => this.card(list, entry, `${LIST_WORDS[list]} ${i + 1}`, draw(entry, i))), el("p", {}, el("button", { type: "button", id, class: "small", onclick: add }, `Add a ${LIST_WORDS[list].toLowerCase()}`))];
  }

  arm(entry, base) {
    const treated = entry.role === "treatment", given = treated ? CELLS : entry.role === "healthy" ? [] : COMPARATOR;
    const others = asMore(treated ? COMPARATOR : [...(given.length ? [] : COMPARATOR), ...CELLS]);
    const more = [...given.filter((each) => each.more), ...ARM_MORE];
    return [this.group([...ARM, ...given.filter((each) => !each.more)], entry, base, entry.uid),
      this.characteristics(Object.keys(CHARACTERISTICS), entry, base, entry.uid, "Age, duration, BMI and weight of this group"),
      this.more(`${entry.uid}-more`, "More about this group", more.some(isFilled(entry)), this.group(more, entry, base, entry.uid)),
      this.more(`${entry.uid}-others`, treated ? "What it got besides cells, as a comparator" : "Cells that this group got", others.some(isFilled(entry)), this.group(others, entry, base, entry.uid))];
  }

  /** Age, duration, ...: the way in which it is printed, and then its numbers. */
  characteristics(names, entry, base, prefix, words) {
    const rows = names.map((name) => {
      const [label, units] = CHARACTERISTICS[name], prints = entry[`${name}.prints`] ?? "", path = [...base, name], stem = `${name}.`;
      const way = this.controls.field({ ...field("prints", label), redraw: true, prints: ["", ...WAYS], help: "" }, entry, path, prefix, stem);
      if (!prints) return el("div", { class: "characteristic", role: "group", "aria-label": label }, way);
      const numbers = PRINTS[prints][1].map((each) => field(each, VALUES[each]));
      const about = [field("unit", "unit", { suggest: units }), field("source", "source", { source: true }), field("note", "note")];
      return el("div", { class: "characteristic", role: "group", "aria-label": label }, way, el("div", { class: "numbers" }, [...numbers, ...about].map((each) => this.controls.field(each, entry, [...path, ...each.at], prefix, stem))));
    });
    return this.more(`${prefix}-characteristics`, words, names.some((name) => entry[`${name}.prints`]), el("div", {}, rows));
  }

  source(entry) {
    const path = (each) => ["sources", "x", ...each.at], secondary = entry.reference === "secondary";
    const [key, ...fields] = SOURCE.map((each) => (each.name === "citation" && secondary ? { ...each, more: false } : each)), more = fields.filter((each) => each.more);
    const id = controlId(entry.uid, "key"), name = el("input", { id, type: "text", maxlength: key.most, spellcheck: "false", "aria-describedby": `${id}-help ${id}-wrong`, placeholder: `e.g. ${key.example}`, ...this.controls.bind(entry, "key") });
    name.value = entry.key ?? "";
    const first = el("div", { class: "field" }, el("label", { for: id }, key.label, el("span", { class: "needed" }, " needed")), name, el("p", { id: `${id}-help`, class: "help" }, "A name of your own; results point to it."), el("p", { id: `${id}-wrong`, class: "wrong", hidden: true }));
    const draw = (each) => this.controls.field(each, entry, path(each), entry.uid);
    return [el("div", { class: "fields" }, first, fields.filter((each) => !each.more).map(draw)), this.more(`${entry.uid}-more`, "More about this source", more.some(isFilled(entry)), el("div", { class: "fields" }, more.map(draw)))];
  }

  /** A judgement with the domains of its tool. */
  judgement(entry, i) {
    const { app } = this, { state, data } = app, base = ["risk_of_bias", i], tool = data.tools[toolOf(state, entry)];
    addDomains(data, state, entry);
    const rows = ownedBy(state, "domains", entry.uid).map((each) => {
      const number = tool.domains.indexOf(each.domain ?? ""), known = number >= 0, fields = [...(known ? [] : [field("domain", "Domain")]), field("judgement", "Judgement", { levels: true, of: entry }), field("support", "The passage or fact behind it", { wide: true })];
      return el("div", { class: "domain", role: "group", id: each.uid, tabindex: "-1", "aria-label": each.domain || "Another domain" }, el("p", { class: "arm-name" }, known ? `${number + 1}. ${each.domain}` : ""), this.group(fields.map((one) => ({ ...one, more: true })), each, [...base, "domains", 0], each.uid));
    });
    const another = () => {
      const { uid } = addEntry(state, "domains", { of: entry.uid });
      app.changed(true, null);
      byId(uid).querySelector("input").focus();
    };
    return this.card("rob", entry, `Judgement ${i + 1}`, this.group(ROB, entry, base, entry.uid), rows, el("p", {}, el("button", { type: "button", class: "small", onclick: another, id: `add-domains-${entry.uid}` }, "Add another domain")));
  }

  /** Names of groups and sources wherever they stand, after one was typed. */
  drawNames() {
    for (const [list, word] of [["arms", "Group"], ["sources", "Source"]]) {
      for (const [i, entry] of this.app.state[list].entries()) {
        byId(entry.uid).querySelector("legend").textContent = `${word} ${i + 1}: ${nameOf(entry)}`;
        for (const option of document.querySelectorAll(`option[value="${entry.uid}"]`)) option.textContent = nameOf(entry);
        for (const group of document.querySelectorAll(`[data-arm="${entry.uid}"]`)) {
          group.setAttribute("aria-label", `Group ${nameOf(entry)}`);
          group.querySelector(".arm-name").textContent = nameOf(entry);
        }
      }
    }
  }
}

const LIST_WORDS = { notes: "Note", missing: "Missing result", confirm: "Doubt", acknowledged: "Acknowledged warning", derivations: "Derivation" };
