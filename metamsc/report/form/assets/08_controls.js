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

/** A select of [value, words] pairs. */
function choice(attributes, pairs, value) {
  const select = el("select", attributes, pairs.map(([key, words]) => el("option", { value: key }, words)));
  select.value = pairs.some(([key]) => key === value) ? value : "";
  return select;
}

/** The controls of one field with its label, its help and a place for what is wrong. */
class Controls {
  constructor(app) { this.app = app; }

  field(each, entry, path, prefix) {
    const { data } = this.app, schema = schemaAt(data.schema, path), id = controlId(prefix, each.name);
    const own = (more = {}) => ({ id, "aria-describedby": `${id}-help ${id}-wrong`, ...this.bind(entry, each.name, each.redraw), ...more });
    const needed = this.isNeeded(path);
    const label = [each.label, needed ? el("span", { class: "needed" }, " needed") : ""];
    const help = each.help ?? schema.description ?? "", control = this.control(each, entry, schema, own, needed);
    return el("div", { class: `field${each.wide ? " wide" : ""}` }, el("label", { for: id }, label), control,
      el("p", { id: `${id}-help`, class: "help" }, help), el("p", { id: `${id}-wrong`, class: "wrong", hidden: true }));
  }

  isNeeded(path) {
    if (path.includes("dose") || (path.at(-1) === "id" && path[0] === "study")) return false; // with a dose only; made of the short name
    const parent = schemaAt(this.app.data.schema, path.slice(0, -1));
    return (parent.required ?? []).includes(path.at(-1)) || ["cells", "comparator"].includes(path.at(-1));
  }

  bind(entry, name, redraw = false) {
    const take = (event) => { entry[name] = event.target.value; this.app.changed(redraw && event.type === "change", event.target.id); };
    return { oninput: take, onchange: take };
  }

  control(each, entry, schema, own, needed) {
    const { data, state } = this.app, value = entry[each.name] ?? "";
    if (each.time) return this.time(each, entry, own);
    if (each.outcome) return choice(own(), this.outcomes(each.outcome), value);
    if (each.prints) {
      const kind = data.byId.get(entry.outcome ?? "")?.kind ?? "continuous";
      return choice(own(), PRINTS_OF[kind].map((name) => [name, PRINTS[name][0]]), printsOf(data, entry));
    }
    if (each.unit) {
      const units = Object.keys(data.byId.get(entry.outcome ?? "")?.units ?? {});
      return choice(own(), [["", units.length ? "choose" : "choose the outcome first"], ...units.map((unit) => [unit, unit]), ...(units.length ? [[data.not_printed, "not printed"]] : [])], value);
    }
    if (each.source) return choice(own(), [["", "choose"], ...state.sources.map((source) => [source.uid, nameOf(source)])], value);
    if (schema.enum) return this.words({ ...each, none: needed ? "choose" : each.none ?? "(not said)" }, schema, value, own);
    if (schema.prefixItems) return this.pair(each, entry, own);
    const typed = el("input", own({ type: "text", maxlength: each.most, inputmode: ["number", "integer"].includes(schema.type) ? "decimal" : null, placeholder: each.example ? `e.g. ${each.example}` : null, spellcheck: "false" }));
    typed.value = value;
    return each.operator ? el("span", { class: "pair" }, this.operator(each, entry), typed) : typed;
  }

  words(each, schema, value, own) {
    const meanings = this.app.data.words[schema.name] ?? {}, animals = this.app.state.study.setting === "preclinical";
    const known = schema.enum.filter((word) => schema.name !== "Design" || ANIMAL.includes(word) === animals);
    return choice(own(), [["", each.none], ...known.map((word) => [word, meanings[word] ? `${word}: ${meanings[word]}` : word])], value);
  }

  operator(each, entry) {
    const select = choice({ "aria-label": `${each.label}: sign`, class: "sign", ...this.bind(entry, `${each.name}.operator`) }, [["", "="], ["<", "<"], [">", ">"]], entry[`${each.name}.operator`] ?? "");
    return select;
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
    const { data, state } = this.app;
    const known = data.outcomes.filter((outcome) => owns(outcome.settings, state.study.setting));
    const families = which === "missing" ? Object.entries(data.families).map(([id, words]) => [id, `${words} (any)`]) : [];
    return [["", which === "all" ? "the study as a whole" : "choose"], ...known.map((outcome) => [outcome.id, `${outcome.label}${outcome.kind === "event" ? " (counted)" : ""}`]), ...families];
  }
}
