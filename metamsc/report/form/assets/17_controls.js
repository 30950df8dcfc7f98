// HTML elements and the controls of fields. Strings become text nodes; there is no other way into the page.

function el(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

function svg(name, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
}

function fill(node, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.flat(2).filter((child) => child !== null && child !== undefined && child !== ""));
  return node;
}

/** A select of [value, words] pairs; a value from elsewhere that is none of them can be seen, and stays. */
function choice(attributes, pairs, value) {
  const known = !value || pairs.some(([key]) => key === value) ? pairs : [...pairs, [value, value]];
  const select = el("select", attributes, known.map(([key, words]) => el("option", { value: key }, words)));
  select.value = value;
  return select;
}

const YES_NO = { true: "yes", false: "no" };

/** The controls of one field with its label, its help and a place for what is wrong. */
class Controls {
  constructor(app) { this.app = app; }

  /** One field of an entry; `stem` is what its name begins with there. */
  field(each, entry, path, prefix, stem = "") {
    const { data } = this.app, name = stem + each.name, schema = schemaAt(data.schema, path), id = controlId(prefix, name);
    const own = (more = {}) => ({ id, "aria-describedby": `${id}-help ${id}-wrong`, ...this.bind(entry, name, each.redraw), ...more });
    const needed = !each.more && this.isNeeded(path), label = [each.label, needed ? el("span", { class: "needed" }, " needed") : ""];
    const help = (each.help ?? schema.description ?? "").replaceAll("`", ""), control = this.control({ ...each, name }, entry, schema, own, needed);
    return el("div", { class: `field${each.wide ? " wide" : ""}` }, el("label", { for: id }, label), control,
      el("p", { id: `${id}-help`, class: "help" }, help), el("p", { id: `${id}-wrong`, class: "wrong", hidden: true }));
  }

  isNeeded(path) {
    if (path.includes("dose") || (path.at(-1) === "id" && path[0] === "study") || path.at(-1) === "status") return false; // with a dose only; made by the form
    const parent = schemaAt(this.app.data.schema, path.slice(0, -1));
    return (parent.required ?? []).includes(path.at(-1)) || ["cells", "comparator"].includes(path.at(-1));
  }

  bind(entry, name, redraw = false) {
    const take = (event) => { entry[name] = event.target.value; this.app.changed(redraw && event.type === "change", event.target.id); };
    return { oninput: take, onchange: take };
  }

  control(each, entry, schema, own, needed) {
    const { data, state } = this.app, value = entry[each.name] ?? "", none = each.none ?? (needed ? "choose" : "(not said)");
    if (each.time) return this.time(each, entry, own);
    if (each.outcome) return choice(own(each.outcome === "outcomes" ? { onchange: this.chooseOutcome(entry, own().onchange) } : {}), this.outcomes(each.outcome), value);
    if (each.prints) return choice(own(), (each.prints === true ? waysOf(data, entry) : each.prints).map((name) => [name, name ? PRINTS[name][0] : "(not given)"]), each.prints === true ? printsOf(data, entry) : value);
    if (each.unit) return this.unit(each, entry, own);
    if (each.source || each.arm) return choice(own(), [["", each.arm ? "(all)" : "choose"], ...state[each.arm ? "arms" : "sources"].map((one) => [one.uid, nameOf(one)])], value);
    if (each.tool) return choice(own(), [["", `as the design asks: ${data.tools[robTool(state.study.design ?? "")].title}`], ...Object.entries(data.tools).map(([tool, { title }]) => [tool, title])], value);
    if (each.levels) return this.levels(each, entry, own);
    if (each.words) return choice(own(), [["", none], ...Object.entries(each.words)], value);
    if (schema.type === "boolean") return choice(own(), [["", none], ...Object.entries(YES_NO)], value);
    if (schema.enum) return this.words({ ...each, none }, schema, value, own);
    if (schema.prefixItems) return this.pair(each, entry, own);
    return this.text(each, entry, schema, own);
  }

  /** Of another outcome the unit and the way of printing stay where it has them too. */
  chooseOutcome(entry, take) {
    const { data } = this.app;
    return (event) => {
      const outcome = data.byId.get(event.target.value);
      if (!owns(outcome?.units ?? {}, entry.unit ?? "") && entry.unit !== data.not_printed) Object.assign(entry, { unit: "", "unit.free": "" });
      if (!PRINTS_OF[outcome?.kind ?? "continuous"].includes(entry.prints)) entry.prints = "";
      take(event);
    };
  }

  text(each, entry, schema, own) {
    const value = entry[each.name] ?? "", attributes = { maxlength: each.most, placeholder: each.example ? `e.g. ${each.example}` : null, spellcheck: "false" };
    const lines = each.long || value.includes("\n"); // a line of input would lose the breaks
    const typed = lines ? el("textarea", own({ ...attributes, rows: Math.min(8, 1 + Math.floor(value.length / 90) + value.split("\n").length - 1) }))
      : el("input", own({ ...attributes, type: "text", inputmode: ["number", "integer"].includes(schema.type) ? "decimal" : null, list: each.suggest ? `${own().id}-list` : null }));
    typed.value = value;
    if (each.suggest) return [typed, el("datalist", { id: `${own().id}-list` }, each.suggest.map((word) => el("option", { value: word })))];
    return each.operator ? el("span", { class: "pair" }, this.operator(each, entry), typed) : typed;
  }

  words(each, schema, value, own) {
    const meanings = this.app.data.words[schema.name] ?? {}, animals = this.app.state.study.setting === "preclinical";
    const known = schema.enum.filter((word) => schema.name !== "Design" || ANIMAL.includes(word) === animals || word === value);
    return choice(own(), [["", each.none], ...known.map((word) => [word, meanings[word] ? `${word}: ${meanings[word]}` : word])], value);
  }

  /** Judgements that a tool has. */
  levels(each, entry, own) {
    const { data, state } = this.app, owner = each.of ?? entry, value = entry[each.name] ?? "";
    const levels = data.tools[toolOf(state, owner)].levels, meanings = data.words.RobJudgement;
    const known = levels.includes(value) || !value ? levels : [...levels, value];
    return choice(own(), [["", "(not judged)"], ...known.map((word) => [word, meanings[word] ?? word])], value);
  }

  /** Units of the catalogue; a spelling that it has not is typed. */
  unit(each, entry, own) {
    const { data } = this.app, units = Object.keys(data.byId.get(entry.outcome ?? "")?.units ?? {});
    const known = [...units, ...(units.length ? [data.not_printed] : [])], typed = entry["unit.free"] || (entry.unit && !known.includes(entry.unit) && units.length);
    const words = [["", units.length ? "choose" : "choose the outcome first"], ...units.map((unit) => [unit, unit]), ...(units.length ? [[data.not_printed, "not printed"]] : []), ["…", "printed in another way: type it"]];
    const take = (event) => {
      entry["unit.free"] = event.target.value === "…" ? "1" : "";
      entry.unit = event.target.value === "…" ? "" : event.target.value;
      this.app.changed(event.type === "change", event.target.id);
    };
    const select = choice(own({ oninput: null, onchange: take }), words, typed ? "…" : entry.unit ?? "");
    if (!typed) return select;
    const text = el("input", { type: "text", "aria-label": "Unit as the paper prints it", spellcheck: "false", "aria-describedby": `${own().id}-wrong`, ...this.bind(entry, "unit") });
    text.value = entry.unit ?? "";
    return el("span", { class: "pair" }, select, text);
  }

  operator(each, entry) {
    return choice({ "aria-label": `${each.label}: sign`, class: "sign", ...this.bind(entry, `${each.name}.operator`) }, [["", "="], ["<", "<"], [">", ">"]], entry[`${each.name}.operator`] ?? "");
  }

  time(each, entry, own) {
    const unit = `${each.name}.unit`, number = el("input", own({ type: "text", inputmode: "decimal", class: "number" }));
    number.value = entry[each.name] ?? "";
    return el("span", { class: "pair" }, number, choice({ "aria-label": `${each.label}: unit`, ...this.bind(entry, unit) }, TIMES.map((word) => [word, word || "choose"]), entry[unit] ?? ""));
  }

  pair(each, entry, own) {
    const ends = ["", ".high"].map((end) => {
      const name = each.name + end;
      const input = el("input", { ...own({ type: "text", inputmode: "decimal", class: "number" }), ...(end ? { id: `${controlId("x", name)}-${own().id}`, "aria-label": `${each.label}: to` } : {}), ...this.bind(entry, name) });
      input.value = entry[name] ?? "";
      return input;
    });
    return el("span", { class: "pair" }, ends[0], " to ", ends[1]);
  }

  outcomes(which) {
    const { data, state } = this.app, known = data.outcomes.filter((outcome) => owns(outcome.settings, state.study.setting));
    const families = which === "missing" ? Object.entries(data.families).map(([id, words]) => [id, `${words} (any)`]) : [];
    return [["", which === "all" ? "the study as a whole" : "choose"], ...known.map((outcome) => [outcome.id, `${outcome.label}${outcome.kind === "event" ? " (counted)" : ""}`]), ...families];
  }
}
