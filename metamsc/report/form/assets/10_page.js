// The page: what is typed goes into the state, everything else follows from it.

const KEPT = "metamsc-form-1", LONGEST_ADDRESS = 7500; // GitHub answers 414 from some 8,000 characters on
const byId = (id) => document.getElementById(id);
const app = { data: null, state: null, sections: null, made: null, problems: [], touched: new Set(), later: 0, kept: true, changed };

function changed(redraw, from) {
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
  app.sections.drawEffects(viewOf(record, app.data.byId));
  byId("yaml").textContent = yamlOf(record);
  byId("file").textContent = filePath();
  showProblems();
}

function controlOf({ path, at }) {
  if (at) return at;
  for (let size = path.length; size > 0; size--) {
    const control = app.made.places.get(JSON.stringify(path.slice(0, size)));
    if (control && byId(control)) return control;
  }
  return { arms: "add-arms", sources: "add-sources", results: "add-results" }[path[0]] ?? "study-label";
}

function labelOf(control) {
  const label = document.querySelector(`label[for="${control}"]`)?.firstChild?.textContent;
  const card = byId(control)?.closest("fieldset.card")?.querySelector("legend")?.textContent.split(":")[0];
  const arm = byId(control)?.closest(".arm")?.getAttribute("aria-label");
  return [card, arm, label].filter(Boolean).join(", ") || byId(control)?.textContent.trim() || "The record";
}

/** What nobody has come to yet is no mistake. */
const isGap = (each) => each.code === "S202" || (each.code === "S207" && !app.touched.has(controlOf(each)));
const counted = () => ({ missing: app.problems.filter(isGap).length, errors: app.problems.filter((each) => !isGap(each) && each.severity === "error").length, warnings: app.problems.filter((each) => each.severity === "warning").length });
const many = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;

function summary() {
  const { missing, errors, warnings } = counted();
  const parts = [missing && `${many(missing, "field")} to fill in`, errors && many(errors, "problem"), warnings && many(warnings, "warning")].filter(Boolean);
  return parts.length ? parts.join(", ") : "Nothing found: the record is ready.";
}

function announce() {
  const telling = app.problems.find((each) => !isGap(each));
  byId("live").textContent = `${summary()}${telling ? ` ${labelOf(controlOf(telling))}: ${telling.message}` : ""}`;
}

function showProblems() {
  for (const node of document.querySelectorAll(".wrong")) { node.hidden = true; node.replaceChildren(); }
  for (const node of document.querySelectorAll("[aria-invalid]")) node.removeAttribute("aria-invalid");
  const items = app.problems.map((each) => {
    const control = controlOf(each), wrong = byId(`${control}-wrong`);
    if (wrong && (!isGap(each) || app.touched.has(control))) {
      wrong.hidden = false;
      wrong.className = `wrong ${each.severity}`;
      wrong.append(el("span", {}, `${each.message}${each.hint ? `: ${each.hint}` : ""}. `));
      if (each.severity === "error" && byId(control)?.matches("input, select")) byId(control).setAttribute("aria-invalid", "true");
    }
    const go = () => { byId(control)?.scrollIntoView({ block: "center" }); byId(control)?.focus(); };
    return [each, el("li", {}, el("button", { type: "button", class: "link", onclick: go }, `${labelOf(control)}: ${each.message}`), each.hint ? ` ${each.hint}.` : "", isGap(each) ? "" : el("span", { class: "code" }, ` ${each.code}`))];
  });
  const list = (id, fits) => {
    const found = items.filter(([each]) => fits(each)).map(([, item]) => item);
    byId(id).hidden = !found.length;
    const place = byId(`${id}-list`), same = place.children.length === found.length && found.every((item, i) => item.isEqualNode(place.children[i]));
    if (!same) place.replaceChildren(...found); // a button that is being pressed stays the same button
  };
  list("errors", (each) => !isGap(each) && each.severity === "error");
  list("warnings", (each) => each.severity === "warning");
  list("gaps", isGap);
  byId("summary").textContent = summary();
  byId("summary").className = app.problems.some((each) => each.severity === "error") ? "open" : "ready";
}

const studyId = () => app.made.record.study?.id;
const filePath = () => `data/extractions/${app.state.study.setting === "preclinical" ? "preclinical" : "clinical"}/${fileName()}`;
const fileName = () => `${/^[a-z0-9]+(?:[-_.][a-z0-9]+)*$/.test(studyId() ?? "") ? studyId() : "record"}.yml`;

function download() {
  const link = el("a", { href: URL.createObjectURL(new Blob([yamlOf(app.made.record)], { type: "application/yaml" })), download: fileName() });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  tell(`Saved as ${fileName()}.${unfinished()}`);
}

const unfinished = () => (app.problems.some((each) => each.severity === "error") ? " The record is not finished: see what is left to do." : "");
function tell(text) { byId("done").textContent = text; }

async function copy() {
  try {
    await navigator.clipboard.writeText(yamlOf(app.made.record));
    tell(`Copied.${unfinished()}`);
  } catch {
    byId("record-text").open = true;
    getSelection().selectAllChildren(byId("yaml"));
    tell("Copying is not allowed here: the text is selected, copy it by hand.");
  }
}

/** Address of GitHub's page for a new file; null where the repository is not OWNER/NAME or it is too long. */
function gitHubAddress(repository, file, text) {
  if (!/^[A-Za-z0-9][A-Za-z0-9-]*\/[A-Za-z0-9._-]+$/.test(repository)) return { wrong: "Write the repository as OWNER/NAME first." };
  const address = `https://github.com/${repository}/new/main?filename=${encodeURIComponent(file)}&value=${encodeURIComponent(text.toWellFormed?.() ?? text)}`;
  return address.length > LONGEST_ADDRESS ? { wrong: "The record is too long for an address: copy it, choose “Add file, Create new file” on GitHub, and paste it there." } : { address };
}

function openGitHub() {
  const { address, wrong } = gitHubAddress(byId("repository").value.trim(), filePath(), yamlOf(app.made.record));
  if (wrong) { tell(wrong); return; }
  window.open(address, "_blank", "noopener,noreferrer");
  tell(`Opened GitHub in a new tab.${unfinished()}`);
}

function keep() {
  try {
    localStorage.setItem(KEPT, JSON.stringify({ ...app.state, repository: byId("repository").value }));
    app.kept = true;
  } catch { app.kept = false; }
  byId("kept").textContent = app.kept ? "What you type is kept in this browser, on this computer, until you clear it." : "This browser keeps nothing: save your work before you leave the page.";
}

function readKept() {
  try { return JSON.parse(localStorage.getItem(KEPT)); } catch { return null; }
}

function clear() {
  if (!window.confirm("Clear the whole form? What was typed is lost.")) return;
  try { localStorage.removeItem(KEPT); } catch { /* nothing was kept */ }
  app.state = newState();
  app.touched.clear();
  app.sections.drawAll();
  judge();
  tell("The form is empty.");
  byId("study-label").focus();
}

function start() {
  app.data = JSON.parse(byId("form-data").textContent);
  app.data.byId = new Map(app.data.outcomes.map((outcome) => [outcome.id, outcome]));
  const kept = readKept();
  app.state = cleanState(kept) ?? newState();
  app.sections = new Sections(app);
  byId("repository").value = typeof kept?.repository === "string" && kept.repository ? kept.repository : app.data.repository;
  byId("repository").addEventListener("input", keep);
  for (const list of LISTS) {
    byId(`add-${list}`).addEventListener("click", () => {
      const entry = newEntry(app.state, list);
      app.state[list].push(entry);
      changed(true, null);
      byId(entry.uid).querySelector("input, select").focus();
    });
  }
  for (const [id, act] of Object.entries({ download, copy, github: openGitHub, clear })) byId(id).addEventListener("click", act);
  byId("form").addEventListener("submit", (event) => event.preventDefault());
  window.addEventListener("beforeprint", () => { byId("record-text").open = true; });
  app.sections.drawAll();
  keep();
  judge();
}

// For anyone who wants to check a rule in the browser's console, and for the tests.
globalThis.metamscForm = Object.freeze({
  keywords: Object.keys(SCHEMA_KEYWORDS),
  rules: () => Object.keys(app.data.rules),
  validate: (record) => schemaErrors(app.data.schema, app.data.schema, record),
  problems: (record) => problemsOf(app.data, record),
  effects: (record, index) => effectsOf(viewOf(record, app.data.byId), index),
  yaml: yamlOf, cleanText, makeId, gitHubAddress, record: () => app.made.record, text: () => yamlOf(app.made.record),
});
start();
