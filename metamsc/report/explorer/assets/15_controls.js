// The controls: built once per analysis, then only their counts change.

function option(value, text, chosen) {
  return el("option", { value, selected: value === chosen }, text);
}

function choice(id, label, options, chosen, change) {
  const select = el("select", { id, onchange: (event) => change(event.target.value) }, options.map(([value, text]) => option(value, text, chosen)));
  return el("div", { class: "field" }, el("label", { for: id }, label), select);
}

function buildControls(app) {
  const { data, analysis, state, change } = app, facets = levelsOf(data, analysis);
  const splits = facets.filter((facet) => facet.name !== "diabetes_type" && (facet.words.length > 1 || facet.name === state.by));
  byId("model").replaceChildren(
    el("legend", {}, "How it is pooled"),
    choice("tau2", "Heterogeneity (τ²)", TAU2_METHODS.map((name) => [name, TAU2_WORDS[name]]), state.tau2, (value) => change({ tau2: value })),
    choice("ci", "Interval", CI_METHODS.map((name) => [name, CI_WORDS[name]]), state.ci, (value) => change({ ci: value })),
    choice("by", "Split each type by", [["", "nothing"], ...splits.map((facet) => [facet.name, lowerFirst(facet.label)])], state.by, (value) => change({ by: value })),
    choice("sort", "Order of studies", Object.entries(SORTS), state.sort, (value) => change({ sort: value })),
    mergeBox(app, facets),
  );
  byId("filters").replaceChildren(...facets.filter((facet) => facet.words.length).map((facet) => facetBoxes(app, facet)), followUp(app));
}

function mergeBox({ analysis, state, change }, facets) {
  const types = facets.find((facet) => facet.name === "diabetes_type").words.length;
  const box = el("input", { type: "checkbox", id: "merge", checked: state.merge, disabled: types < 2, onchange: (event) => change({ merge: event.target.checked }) });
  const said = types < 2 ? "There is only one type here." : analysis.across ? "The plan shows it for comparison." : "The plan does not pool types.";
  return el("div", { class: "check" }, box, el("label", { for: "merge" }, "Add a pool over all types ", el("small", {}, said)));
}

function facetBoxes({ state, change }, facet) {
  const kept = state.levels[facet.name], everything = facet.words.map(([level]) => level);
  const boxes = facet.words.map(([level, words], i) => {
    const id = `f-${facet.name}-${i}`;
    const box = el("input", { type: "checkbox", id, checked: !kept || kept.includes(level), "data-facet": facet.name, "data-level": level });
    return el("div", { class: "check" }, box, el("label", { for: id }, `${words} `, el("small", { "data-count": `${facet.index}`, "data-level": level })));
  });
  const group = el("fieldset", {}, el("legend", {}, facet.label), boxes);
  group.addEventListener("change", () => {
    const now = [...group.querySelectorAll("input:checked")].map((box) => box.dataset.level);
    const levels = { ...app.state.levels };
    if (now.length === everything.length) delete levels[facet.name];
    else levels[facet.name] = now;
    change({ levels });
  });
  return group;
}

function followUp({ analysis, state, change }) {
  const days = analysis.rows.map((row) => row.days).filter((value) => value !== null);
  const weeks = (value) => String(Math.round((value / WEEK) * 10) / 10);
  const range = days.length ? `${weeks(days.reduce((a, b) => Math.min(a, b)))} to ${weeks(days.reduce((a, b) => Math.max(a, b)))}` : "not reported";
  const field = (name, label) => {
    const input = el("input", { type: "number", id: name, min: "0", max: "99999", step: "any", inputmode: "decimal", value: state[name] === null ? null : String(state[name]) });
    input.addEventListener("input", () => {
      const value = input.value === "" ? null : Number(input.value);
      if (value === null || (Number.isFinite(value) && value >= 0 && value <= 99999)) change({ [name]: value === null ? null : Math.round(value * 1000) / 1000 });
    });
    return el("div", { class: "field" }, el("label", { for: name }, label), input);
  };
  return el("fieldset", { class: "range" }, el("legend", {}, "Follow-up, weeks"), el("p", { class: "hint" }, `In these studies: ${range}.`), field("from", "From"), field("to", "To"));
}

function showCounts(app) {
  const counts = countLevels(app.data, app.analysis, app.state);
  for (const node of document.querySelectorAll("[data-count]")) {
    const text = `(${counts[Number(node.dataset.count)].get(node.dataset.level) ?? 0})`;
    if (node.textContent !== text) node.textContent = text;
  }
  const out = app.analysis.rows.filter((row) => app.state.out.includes(row.id));
  byId("by-hand").replaceChildren(...(out.length ? [el("p", {}, "Left out by hand:"), el("ul", {}, out.map((row) => el("li", {}, row.label, " ",
    el("button", { type: "button", onclick: () => app.change({ out: app.state.out.filter((id) => id !== row.id) }) }, "Put back", el("span", { class: "unseen" }, ` ${row.label}`)))))] : []));
  byId("shown").textContent = `${app.view.rows.length} of ${plural(app.analysis.rows.length, "result")} shown`;
}
