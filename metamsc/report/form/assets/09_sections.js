// The parts of the form. Each is made anew when a choice changes which fields there are.

const nameOf = (entry) => entry.id || entry.key || "without a name";

class Sections {
  constructor(app) { this.app = app; this.controls = new Controls(app); }

  drawAll() {
    const { state } = this.app, clinical = state.study.setting !== "preclinical";
    const group = (fields, entry, base, prefix) => el("div", { class: "fields" }, fields.map((each) => this.controls.field(each, entry, [...base, ...each.at], prefix)));
    byId("part-study").replaceChildren(group(STUDY, state.study, ["study"], "study"));
    byId("part-about").replaceChildren(clinical ? group(POPULATION, state.population, ["population"], "population") : group(MODEL, state.model, ["model"], "model"));
    byId("h-about").textContent = clinical ? "The participants" : "The animals";
    byId("part-arms").replaceChildren(...state.arms.map((entry, i) => this.card("arms", i, `Group ${i + 1}: ${nameOf(entry)}`, group([...ARM, ...armFields(entry)], entry, ["arms", i], entry.uid))));
    byId("part-sources").replaceChildren(...state.sources.map((entry, i) => this.card("sources", i, `Source ${i + 1}: ${nameOf(entry)}`,
      this.sourceFields(entry))));
    byId("part-results").replaceChildren(...state.results.map((entry, i) => this.result(entry, i)));
    byId("part-missing").replaceChildren(...state.missing.map((entry, i) => this.card("missing", i, `Missing result ${i + 1}`, group(MISSING, entry, ["missing_results", i], entry.uid))));
    const rob = el("p", { class: "hint" }, `Tool for this design: ${robTool(state.study.design ?? "")}.`);
    byId("part-rob").replaceChildren(...(state.rob.length ? [rob] : []), ...state.rob.map((entry, i) => this.card("rob", i, `Judgement ${i + 1}`, group(ROB, entry, ["risk_of_bias", i], entry.uid))));
    byId("part-extraction").replaceChildren(group(EXTRACTION, state.extraction, ["extraction"], "extraction"));
  }

  card(list, i, title, ...parts) {
    const { app } = this, entry = app.state[list][i];
    const remove = () => { app.state[list].splice(i, 1); app.changed(true, `add-${list}`); };
    return el("fieldset", { class: "card", id: entry.uid, tabindex: "-1" }, el("legend", {}, title), ...parts,
      el("p", { id: `${entry.uid}-wrong`, class: "wrong", hidden: true }), el("p", { class: "tools" }, el("button", { type: "button", class: "link", onclick: remove }, `Remove ${title.split(":")[0].toLowerCase()}`)));
  }

  sourceFields(entry) {
    const key = { ...SOURCE[0], help: "A name of your own; results point to it." };
    const path = (each) => ["sources", "x", ...each.at], fields = [...SOURCE.slice(1), ...(entry.reference === "secondary" || entry.citation ? [CITATION] : [])];
    const name = el("input", { id: controlId(entry.uid, "key"), type: "text", maxlength: LONGEST_NAME, spellcheck: "false", "aria-describedby": `${controlId(entry.uid, "key")}-help ${controlId(entry.uid, "key")}-wrong`, placeholder: `e.g. ${key.example}`, ...this.controls.bind(entry, "key") });
    name.value = entry.key ?? "";
    const first = el("div", { class: "field" }, el("label", { for: name.id }, key.label, el("span", { class: "needed" }, " needed")), name, el("p", { id: `${name.id}-help`, class: "help" }, key.help), el("p", { id: `${name.id}-wrong`, class: "wrong", hidden: true }));
    return el("div", { class: "fields" }, first, fields.map((each) => this.controls.field(each, entry, path(each), entry.uid)));
  }

  result(entry, i) {
    const { data, state } = this.app, prints = printsOf(data, entry), [, names] = PRINTS[prints], outcome = data.byId.get(entry.outcome ?? "");
    const base = ["results", i], contrast = prints === "difference" || prints === "ratio";
    const head = RESULT.filter((each) => !(each.unit && (outcome?.kind === "event" || prints === "ratio"))).map((each) => this.controls.field({ ...each, help: this.helpOf(each, outcome) }, entry, [...base, each.prints ? "outcome" : each.name], entry.uid));
    const numbers = contrast ? this.contrast(entry, base, names) : state.arms.map((arm) => this.arm(entry, base, arm, names));
    const notes = ROW_NOTES.filter((each) => !(contrast && each.name === "between.p"));
    const open = notes.some((each) => entry[each.name]);
    return this.card("results", i, `Result ${i + 1}: ${outcome?.label ?? "choose an outcome"}`, el("div", { class: "fields" }, head), numbers,
      el("details", { open }, el("summary", {}, contrast ? "Definition and note" : "Definition, P value and note"), el("div", { class: "fields" }, notes.map((each) => this.controls.field(each, entry, [...base, ...each.at], entry.uid)))),
      el("div", { class: "effects", id: `${entry.uid}-effects` }));
  }

  helpOf(each, outcome) {
    if (each.prints) return "Write numbers as printed. An SE stays an SE, a ± without a name stays one.";
    if (each.unit && outcome) return outcome.unit ? `Of ${outcome.label}; the catalogue's own is ${outcome.unit}.` : `Of ${outcome.label}.`;
    return each.help;
  }

  arm(entry, base, arm, names) {
    const fields = names.map((name) => this.controls.field({ name: `${arm.uid}.${name}`, label: VALUES[name] }, entry, [...base, "arms", "x", ...name.split(".")], entry.uid));
    return el("div", { class: "arm", role: "group", "aria-label": `Group ${nameOf(arm)}`, "data-arm": arm.uid }, el("p", { class: "arm-name" }, nameOf(arm)), el("div", { class: "numbers" }, fields));
  }

  contrast(entry, base, names) {
    const arms = [["", "choose"], ...this.app.state.arms.map((arm) => [arm.uid, nameOf(arm)])];
    const sides = [["treatment", "Treated group"], ["control", "Compared with"]].map(([side, words]) => {
      const id = controlId(entry.uid, `c.${side}`);
      return el("div", { class: "field" }, el("label", { for: id }, words, el("span", { class: "needed" }, " needed")), choice({ id, "aria-describedby": `${id}-wrong`, ...this.controls.bind(entry, `c.${side}`) }, arms, entry[`c.${side}`] ?? ""), el("p", { id: `${id}-wrong`, class: "wrong", hidden: true }));
    });
    const fields = names.map((name) => this.controls.field({ name: `c.${name}`, label: CONTRAST[name], operator: name === "p" }, entry, [...base, "contrast", name], entry.uid));
    return el("div", { class: "fields" }, sides, fields);
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

  /** Effect and forest row of each result, drawn again at every change. */
  drawEffects(view) {
    for (const [i, entry] of this.app.state.results.entries()) {
      const place = byId(`${entry.uid}-effects`), unit = entry.unit === this.app.data.not_printed ? "" : entry.unit;
      const rows = effectsOf(view, i).map((effect) => {
        const words = effectWords(effect, unit);
        return el("figure", {}, el("figcaption", {}, `${effect.label}: ${words}`, effect.note ? ` (${effect.note})` : ""), forestRow(effect, `${effect.label}: ${words}`));
      });
      const arms = view.results[i]?.arms, waiting = arms && Object.values(arms).some((value) => value.median !== undefined || value.spread !== undefined);
      place.replaceChildren(...(rows.length ? [el("h4", {}, "As entered"), ...rows] : waiting ? [el("p", { class: "hint" }, "An effect from medians, or from a ± without a name, is worked out when the analysis runs, not here.")] : []));
    }
  }
}
