// One result: what was measured and when, the numbers of each group or of a comparison, and the effect they say.

class Results {
  constructor(sections) {
    this.sections = sections; this.app = sections.app; this.controls = sections.controls;
  }

  card(entry, i) {
    const { data, state } = this.app, { sections } = this, prints = printsOf(data, entry), names = PRINTS[prints][1], outcome = data.byId.get(entry.outcome ?? ""), base = ["results", i];
    const sources = sourceNames(entry).slice(1).map((name, j) => field(name, j ? "and in" : "Also read in", { source: true, redraw: true, more: true, help: "" }));
    const head = RESULT.filter((each) => !each.unit || hasUnit(data, entry)).map((each) => this.controls.field({ ...each, help: this.helpOf(each, outcome) }, entry, [...base, each.prints ? "outcome" : each.name], entry.uid));
    const more = sources.map((each) => this.controls.field(each, entry, [...base, "source"], entry.uid)), between = isContrast(prints) ? [] : BETWEEN;
    const open = [...ROW_MORE, ...between].some(isFilled(entry)) || Boolean(entry["source.2"]);
    return sections.card("results", entry, `Result ${i + 1}: ${outcome?.label ?? "choose an outcome"}`, el("div", { class: "fields" }, head),
      isContrast(prints) ? this.contrast(entry, base, names) : state.arms.map((arm) => this.arm(entry, base, arm, names)),
      sections.more(`${entry.uid}-more`, between.length ? "Definition, P value, subgroup and notes" : "Definition, subgroup and notes", open, sections.group([ROW_MORE[0]], entry, base, entry.uid), el("div", { class: "fields" }, more), sections.group([...between, ...ROW_MORE.slice(1)].map((each) => ({ ...each, more: true })), entry, base, entry.uid)),
      el("div", { class: "effects", id: `${entry.uid}-effects` }));
  }

  helpOf(each, outcome) {
    if (each.prints) return "Write numbers as printed. An SE stays an SE, a ± without a name stays one.";
    if (each.unit && outcome) return outcome.unit ? `Of ${outcome.label}; the catalogue's own is ${outcome.unit}.` : `Of ${outcome.label}.`;
    return each.help;
  }

  arm(entry, base, arm, names) {
    const path = [...base, "arms", "x"], stem = `${arm.uid}.`, owner = `${entry.uid}:${arm.uid}`;
    const fields = names.map((name) => this.controls.field({ ...field(name, VALUES[name]), more: true }, entry, [...path, ...name.split(".")], entry.uid, stem));
    const filled = VALUE_MORE.some(isFilled(entry, stem)) || ownedBy(this.app.state, "derivations", owner).length > 0;
    const given = () => ({ fields: names.filter((name) => entry[stem + name]).map((name) => name.split(".")[0]).join(", "), kind: "arithmetic" });
    return el("div", { class: "arm", role: "group", "aria-label": `Group ${nameOf(arm)}`, "data-arm": arm.uid }, el("p", { class: "arm-name" }, nameOf(arm)),
      el("div", {}, el("div", { class: "numbers" }, fields), el("p", { id: `${entry.uid}-${arm.uid}-wrong`, class: "wrong", hidden: true }),
        this.sections.more(controlId(entry.uid, `${arm.uid}.more`), "P, note and derivations", filled, this.sections.group(VALUE_MORE, entry, path, entry.uid, stem), this.derivations(owner, path, given))));
  }

  derivations(owner, path, given) {
    return this.sections.nested("derivations", owner, (entry) => this.sections.group(DERIVATION, entry, [...path, "derivations", 0], entry.uid), given);
  }

  contrast(entry, base, names) {
    const arms = [["", "choose"], ...this.app.state.arms.map((arm) => [arm.uid, nameOf(arm)])], path = [...base, "contrast"], owner = `${entry.uid}:c`;
    const sides = [["treatment", "Treated group"], ["control", "Compared with"]].map(([side, words]) => {
      const id = controlId(entry.uid, `c.${side}`);
      return el("div", { class: "field" }, el("label", { for: id }, words, el("span", { class: "needed" }, " needed")), choice({ id, "aria-describedby": `${id}-wrong`, ...this.controls.bind(entry, `c.${side}`) }, arms, entry[`c.${side}`] ?? ""), el("p", { id: `${id}-wrong`, class: "wrong", hidden: true }));
    });
    const fields = names.map((name) => this.controls.field(field(name, CONTRAST[name], { operator: name === "p" }), entry, [...path, name], entry.uid, "c."));
    const filled = CONTRAST_MORE.some(isFilled(entry, "c.")) || ownedBy(this.app.state, "derivations", owner).length > 0;
    return [el("div", { class: "fields" }, sides, fields), this.sections.more(controlId(entry.uid, "c.more"), "Numbers behind it, test, model and derivations", filled, this.sections.group(CONTRAST_MORE, entry, path, entry.uid, "c."),
      this.derivations(owner, path, () => ({ fields: names.filter((name) => entry[`c.${name}`]).join(", "), kind: "arithmetic" })))];
  }

  /** Effect and forest row of each result, drawn again at every change. */
  drawEffects(view) {
    for (const [i, entry] of this.app.state.results.entries()) {
      const place = byId(`${entry.uid}-effects`), unit = entry.unit === this.app.data.not_printed ? "" : entry.unit;
      const rows = effectsOf(view, i).map((effect) => {
        const words = effectWords(effect, unit);
        return el("figure", {}, el("figcaption", {}, `${effect.label}: ${words}`, effect.note ? ` (${effect.note})` : ""), forestRow(effect, `${effect.label}: ${words}`));
      });
      place.replaceChildren(...(rows.length ? [el("h3", {}, "As entered"), ...rows] : []));
    }
  }
}
