// The page: what is typed goes into the state, everything else follows from it.

const byId = (id) => document.getElementById(id);
const app = { data: null, state: null, sections: null, made: null, problems: [], touched: new Set(), opened: new Set(), lost: [], fileName: "", later: 0, kept: true, dirty: false, changed };

function changed(redraw, from) {
  app.dirty = true;
  if (from) app.touched.add(from);
  if (redraw) {
    app.sections.drawAll();
    byId(from)?.focus();
  }
  clearTimeout(app.later);
  app.later = setTimeout(announce, 900);
  keep();
  judge();
}

/** Make the record, judge it, and show both. */
function judge() {
  app.made = recordOf(app.data, app.state);
  const { record, unnamed } = app.made;
  app.problems = [...unnamed.map(([key, entry]) => ({ code: key ? "Y109" : "S202", path: [], at: controlId(entry.uid, "key"), message: key ? `two sources have the name ${shown(key)}` : "the source has no name", hint: "", severity: "error" })), ...problemsOf(app.data, record)];
  app.sections.drawNames();
  app.sections.results.drawEffects(viewOf(record, app.data));
  byId("yaml").textContent = fileText();
  byId("file").textContent = filePath();
  showProblems();
}

function controlOf({ path, at }) {
  if (at) return at;
  for (let size = path.length; size > 0; size--) {
    const control = app.made.places.get(JSON.stringify(path.slice(0, size)));
    if (control && byId(control)) return control;
  }
  const list = { missing_results: "missing", risk_of_bias: "rob", to_confirm: "confirm" }[path[0]] ?? path[0];
  return byId(`add-${list}`) ? `add-${list}` : "study-label";
}

function labelOf(control) {
  const label = document.querySelector(`label[for="${control}"]`)?.firstChild?.textContent;
  const card = byId(control)?.closest("fieldset.card")?.querySelector("legend")?.textContent.split(":")[0];
  const arm = byId(control)?.closest(".arm")?.getAttribute("aria-label");
  return [card, arm, label].filter(Boolean).join(", ") || byId(control)?.textContent.trim() || "The record";
}

/** What nobody has come to yet is no mistake. */
const isGap = (each) => each.code === "S202" || (each.code === "S207" && !app.touched.has(controlOf(each)));
const counted = () => ({ missing: app.problems.filter(isGap).length, errors: app.problems.filter((each) => !isGap(each) && each.severity === "error").length, warnings: app.problems.filter((each) => each.severity === "warning").length, acknowledged: app.problems.filter((each) => each.severity === "acknowledged").length });
const many = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;

function summary() {
  const { missing, errors, warnings, acknowledged } = counted();
  const parts = [missing && `${many(missing, "field")} to fill in`, errors && many(errors, "problem"), warnings && many(warnings, "warning")].filter(Boolean);
  if (!parts.length && acknowledged) return `Nothing left to do: ${many(acknowledged, "warning")} acknowledged.`;
  return parts.length ? parts.join(", ") : "Nothing found: the record is ready.";
}

/** To a control, wherever it is hidden. */
function goTo(control) {
  for (let node = byId(control)?.parentElement; node; node = node.parentElement) if (node.tagName === "DETAILS") node.open = true;
  byId(control)?.scrollIntoView({ block: "center" });
  byId(control)?.focus();
}

/** A warning that the reader has looked at: an entry that says why the number stands. */
function acknowledge({ code, path }) {
  const entry = addEntry(app.state, "acknowledged", { code, where: namedPlace(pathText(path), app.made.record), by: app.state.extraction.extracted_by ?? "" });
  changed(true, null);
  goTo(controlId(entry.uid, "reason"));
}

function announce() {
  const telling = app.problems.find((each) => !isGap(each) && each.severity !== "acknowledged");
  byId("live").textContent = `${summary()}${telling ? ` ${labelOf(controlOf(telling))}: ${telling.message}` : ""}`;
}

function showProblems() {
  for (const node of document.querySelectorAll(".wrong")) { node.hidden = true; node.replaceChildren(); }
  for (const node of document.querySelectorAll("[aria-invalid]")) node.removeAttribute("aria-invalid");
  const items = app.problems.map((each) => {
    const control = controlOf(each), wrong = byId(`${control}-wrong`);
    if (wrong && each.severity !== "acknowledged" && (!isGap(each) || app.touched.has(control))) {
      wrong.hidden = false;
      wrong.className = `wrong ${each.severity}`;
      wrong.append(el("span", {}, `${each.message}${each.hint ? `: ${each.hint}` : ""}. `));
      if (each.severity === "error" && byId(control)?.matches("input, select, textarea")) byId(control).setAttribute("aria-invalid", "true");
    }
    const stands = each.severity === "warning" && each.code !== "R409" ? [" ", el("button", { type: "button", class: "link", onclick: () => acknowledge(each) }, "It stands: say why")] : "";
    return [each, el("li", {}, el("button", { type: "button", class: "link", onclick: () => goTo(control) }, `${labelOf(control)}: ${each.message}`), each.hint ? ` ${each.hint}.` : "", isGap(each) ? "" : el("span", { class: "code" }, ` ${each.code}`), stands)];
  });
  const list = (id, fits) => {
    const found = items.filter(([each]) => fits(each)).map(([, item]) => item);
    byId(id).hidden = !found.length;
    const place = byId(`${id}-list`), same = place.children.length === found.length && found.every((item, i) => item.isEqualNode(place.children[i]));
    if (!same) place.replaceChildren(...found); // a button that is being pressed stays the same button
  };
  list("errors", (each) => !isGap(each) && each.severity === "error");
  list("warnings", (each) => each.severity === "warning");
  list("taken", (each) => each.severity === "acknowledged");
  list("gaps", isGap);
  byId("summary").textContent = summary();
  byId("summary").className = app.problems.some((each) => each.severity === "error") ? "open" : "ready";
}

function start() {
  app.data = JSON.parse(byId("form-data").textContent);
  app.data.byId = new Map(app.data.outcomes.map((outcome) => [outcome.id, outcome]));
  const kept = readKept();
  app.state = cleanState(kept) ?? newState();
  app.lost = listOf(kept?.lost).map(textOf);
  app.fileName = textOf(kept?.fileName);
  app.sections = new Sections(app);
  byId("repository").value = typeof kept?.repository === "string" && kept.repository ? kept.repository : app.data.repository;
  byId("repository").addEventListener("input", keep);
  for (const list of ["arms", "sources", "results", "missing", "rob", "confirm", "acknowledged"]) {
    byId(`add-${list}`).addEventListener("click", () => {
      const entry = addEntry(app.state, list);
      changed(true, null);
      byId(entry.uid).querySelector("input, select, textarea").focus();
    });
  }
  for (const [id, act] of Object.entries({ download, copy, github: openGitHub, clear, open: () => byId("file-to-open").click() })) byId(id).addEventListener("click", act);
  byId("file-to-open").addEventListener("change", openFile);
  window.addEventListener("beforeunload", (event) => { if (app.dirty && !app.kept) event.preventDefault(); });
  byId("form").addEventListener("submit", (event) => event.preventDefault());
  window.addEventListener("beforeprint", () => { byId("record-text").open = true; });
  app.sections.drawAll();
  showLost();
  tryKeeping();
  judge();
}

// For anyone who wants to check a rule in the browser's console, and for the tests.
globalThis.metamscForm = Object.freeze({
  keywords: Object.keys(SCHEMA_KEYWORDS),
  rules: () => Object.keys(app.data.rules),
  validate: (record) => schemaErrors(app.data.schema, app.data.schema, record),
  problems: (record) => problemsOf(app.data, record),
  effects: (record, index) => effectsOf(viewOf(record, app.data), index),
  yaml: yamlOf, read: (text) => readYaml(text).value, cleanText, makeId, gitHubAddress, record: () => app.made.record, text: fileText,
  again: (record) => { const { state, lost } = openRecord(app.data, record); return { record: recordOf(app.data, state).record, lost }; },
});
start();
