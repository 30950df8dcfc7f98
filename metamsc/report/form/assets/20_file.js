// What comes in and goes out by the reader's hand: a file that is opened, one that is saved, the clipboard, GitHub's
// page for a new file, and what this browser keeps.

const KEPT = "metamsc-form-1", LONGEST_ADDRESS = 7500; // GitHub answers 414 from some 8,000 characters on

const studyId = () => app.made.record.study?.id;
const folderName = () => `data/extractions/${app.state.study.setting === "preclinical" ? "preclinical" : "clinical"}`;
const filePath = () => `${folderName()}/${fileName()}`;
const fileName = () => `${/^[a-z0-9]+(?:[-_.][a-z0-9]+)*$/.test(studyId() ?? "") ? studyId() : "record"}.yml`;
const fileText = () => `${app.data.first_line}${yamlOf(app.made.record)}`;
const unfinished = () => (app.problems.some((each) => each.severity === "error") ? " The record is not finished: see what is left to do." : "");
function tell(text) { byId("done").textContent = text; }

function save() {
  const link = el("a", { href: URL.createObjectURL(new Blob([fileText()], { type: "application/yaml" })), download: fileName() });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  app.dirty = false;
}

function download() {
  save();
  tell(`Saved as ${fileName()}.${unfinished()}`);
}

async function copy() {
  try {
    await navigator.clipboard.writeText(fileText());
    tell(`Copied.${unfinished()}`);
  } catch {
    byId("record-text").open = true;
    getSelection().selectAllChildren(byId("yaml"));
    tell("Copying is not allowed here: the text is selected, copy it by hand.");
  }
}

/**
 * Address of GitHub's page for a new file; of the page that takes a file, where the text is too long for an address or
 * the file is there already, for the other page refuses its name. HEAD is whichever branch the repository calls its own.
 */
function gitHubAddress(repository, file, text, there = false) {
  const place = /^(?:https:\/\/github\.com\/)?([A-Za-z0-9][A-Za-z0-9-]*\/[A-Za-z0-9._-]+?)(?:\.git)?(?:@([A-Za-z0-9][A-Za-z0-9._/-]*))?\/?$/.exec(repository);
  if (!place) return { wrong: "Write the repository as OWNER/NAME first." };
  const home = `https://github.com/${place[1]}`, branch = (place[2] ?? "HEAD").split("/").map(encodeURIComponent).join("/");
  const address = `${home}/new/${branch}?filename=${encodeURIComponent(file)}&value=${encodeURIComponent(text.toWellFormed?.() ?? text)}`;
  return there || address.length > LONGEST_ADDRESS ? { upload: `${home}/upload/${branch}/${file.split("/").slice(0, -1).map(encodeURIComponent).join("/")}` } : { address };
}

function openGitHub() {
  const there = app.fileName === fileName(), { address, upload, wrong } = gitHubAddress(byId("repository").value.trim(), filePath(), fileText(), there);
  if (wrong) { tell(wrong); byId("repository").focus(); return; }
  if (upload) save();
  window.open(address ?? upload, "_blank", "noopener,noreferrer");
  tell(upload ? `${there ? "A file of this name was opened, and a corrected one takes its place" : "The record is too long for an address"}, so it was saved as ${fileName()}. Drag that file into the page of GitHub that opened, and choose “Propose changes”.${unfinished()}` : `Opened GitHub in a new tab.${unfinished()}`);
}

/** The record of a file: its state, and in words what of it the form has no place for. */
async function readFile(file) {
  let text;
  try { text = new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer()); } catch { throw new SyntaxError("it is not text in UTF-8"); }
  const { value, comments } = readYaml(text), { state, lost } = openRecord(app.data, value);
  return { state, left: [...lost.map(([path, part]) => `${pathText(path)}: ${shown(part)}`), ...(comments.length ? [`comments on line ${comments.join(", ")}`] : [])] };
}

/** Fill the form from a file; what the form has no place for is named before anything is replaced, and after. */
async function openFile(event) {
  const input = event.target, [file] = input.files;
  if (!file) return;
  try {
    const { state, left } = await readFile(file);
    const asked = [app.dirty ? "What is in the form now is replaced." : "", left.length ? `The form has no place for this, and would leave it out:\n${left.slice(0, 12).join("\n")}${left.length > 12 ? `\nand ${left.length - 12} more` : ""}` : ""].filter(Boolean);
    if (asked.length && !window.confirm(`Open ${file.name}?\n\n${asked.join("\n\n")}`)) { tell("Nothing was opened."); return; }
    fillForm(state, left, file.name);
    tell(`Opened ${file.name}.${left.length ? " Not all of it: see “Not taken over from the file”." : ""}`);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    tell(`${file.name} was not opened: ${error.message}. The form is as it was.`);
  } finally { input.value = ""; }
}

function fillForm(state, left, name = "") {
  app.state = state;
  app.fileName = name;
  app.lost = left;
  app.touched.clear();
  app.opened.clear();
  app.sections.drawAll();
  app.dirty = false;
  showLost();
  keep();
  judge();
}

function showLost() {
  byId("lost").hidden = !app.lost.length;
  byId("lost-list").replaceChildren(...app.lost.map((text) => el("li", {}, text)));
}

function keep() {
  const { value: repository } = byId("repository");
  tellKept(() => localStorage.setItem(KEPT, JSON.stringify({ ...app.state, lost: app.lost, fileName: app.fileName, repository })));
}

/** See whether this browser keeps anything, without writing over what it may still have kept. */
function tryKeeping() {
  tellKept(() => { localStorage.setItem(`${KEPT}-try`, ""); localStorage.removeItem(`${KEPT}-try`); });
}

function tellKept(write) {
  try { write(); app.kept = true; } catch { app.kept = false; }
  byId("kept").textContent = app.kept ? "What you type is kept in this browser, on this computer, until you clear it." : "This browser keeps nothing: download your work before you leave the page; “Open a file” brings it back.";
}

function readKept() {
  try { return JSON.parse(localStorage.getItem(KEPT)); } catch { return null; }
}

function clear() {
  if (!window.confirm("Clear the whole form? What was typed is lost.")) return;
  fillForm(newState(), []);
  try { localStorage.removeItem(KEPT); } catch { /* nothing was kept */ }
  tell("The form is empty.");
  byId("study-label").focus();
}
