// The page: state in, everything else follows. A change is drawn at once; the address, the announcement and
// leave-one-out come a moment later.

const WIDE_PAGE = 992; // from here on the choices stand beside the result, as in the style sheet
const app = { data: null, analysis: null, state: null, view: null, change };
let forest = null, pageMeasure = null, later = 0, tablePage = 0;
let begun = 0, finished = 0; // drawings of the page, and the latest that is complete to the last panel
let address = ""; // as read or written last: another one was typed in and is about to be read
let deletions = { view: null, shown: null };

function change(part) {
  app.state = { ...app.state, ...part };
  tablePage = 0;
  render();
}

function chooseAnalysis(name) {
  load(defaultState(app.data, name));
}

/** Undo everything that was chosen, and stand at the result again. */
function asPlanned() {
  const within = byId("words").contains(document.activeElement); // the button that is about to go
  chooseAnalysis(app.state.analysis);
  if (within) byId("content").focus();
}

/** Begin with a state: another analysis, an address, or everything as planned. */
function load(state) {
  app.state = state;
  app.analysis = app.data.analyses.find((item) => item.name === state.analysis);
  tablePage = 0;
  byId("analysis").value = state.analysis;
  byId("title").textContent = app.analysis.title;
  byId("question").textContent = app.analysis.question;
  document.title = `${app.analysis.title} · ${app.data.title}`;
  const report = byId("report-link");
  report.hidden = !app.data.in_site;
  report.replaceChildren(app.data.in_site ? el("a", { href: `${encodeURIComponent(app.analysis.name)}/report.html` }, "The report of this analysis") : "");
  byId("loo").open = app.analysis.rows.length <= 200;
  buildControls(app);
  showLeftOut();
  render();
}

function render() {
  begun += 1;
  forest.look();
  const funnelWidth = byId("funnel").clientWidth;
  app.view = makeView(app.data, app.analysis, app.state);
  showCounts(app);
  showWords(app.view);
  showCautions(app.view);
  forest.show(app.view);
  byId("results").replaceChildren(app.view.rows.length ? resultsTable(app.view) : "");
  if (byId("studies").open) showStudies();
  showFunnels(app.view, funnelWidth, openRecord, pageMeasure);
  for (const button of document.querySelectorAll("[data-needs-rows]")) button.disabled = !app.view.rows.length;
  clearTimeout(later);
  later = setTimeout(afterwards, 250);
}

async function afterwards() {
  clearTimeout(later);
  const drawing = begun, hash = formatHash(app.data, app.state);
  if (hash !== location.hash && location.hash === address) {
    try { history.replaceState(null, "", hash); } catch { location.hash = hash; }
    address = location.hash;
  }
  byId("link").value = location.href;
  byId("live").textContent = announcement(app.view);
  showCitation();
  if (byId("loo").open) await showDeletions();
  if (drawing === begun) finished = drawing;
}

/** Leave-one-out of this view, worked out once however often it is asked for. */
function showDeletions() {
  if (deletions.view !== app.view) deletions = { view: app.view, shown: showLeaveOneOut(app.view, pageMeasure) };
  return deletions.shown;
}

function showStudies() {
  const [count, made] = studiesTable(app.view, tablePage, openRecord), pages = Math.ceil(count / PAGE_ROWS);
  const turn = (step, text) => el("button", { type: "button", disabled: !(tablePage + step in Array.from({ length: pages })), onclick: () => { tablePage += step; showStudies(); } }, text);
  const pager = pages > 1 ? el("p", { class: "pager" }, turn(-1, "Previous"), ` Page ${tablePage + 1} of ${pages} `, turn(1, "Next")) : "";
  byId("studies-table").replaceChildren(...[made, pager].filter(Boolean));
}

function showLeftOut() {
  const { excluded, missing } = app.analysis;
  byId("excluded").replaceChildren(el("summary", {}, `Results left out, with reasons (${excluded.length})`),
    excluded.length ? leftOutTable("Results left out", excluded, app.data.in_site) : el("p", {}, "None."));
  byId("missing").replaceChildren(el("summary", {}, `Results known to be missing (${missing.length})`),
    missing.length ? leftOutTable("Results known to be missing", missing, app.data.in_site) : el("p", {}, "None."));
}

function openRecord(id) {
  const row = app.analysis.rows.find((item) => item.id === id), dialog = byId("record");
  byId("record-title").textContent = row.label;
  byId("record-body").replaceChildren(...recordContent(app.data, app.analysis, row).filter((part) => part !== ""));
  const button = byId("record-out"), left = app.state.out.includes(id);
  button.textContent = left ? "Put back into the pool" : "Leave out of the pool";
  button.onclick = () => {
    dialog.close();
    change({ out: left ? app.state.out.filter((item) => item !== id) : [...app.state.out, id] });
    byId("content").focus();
  };
  app.state.open = id;
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
  afterwards();
}

function showCitation() {
  const address = /^https?:$/.test(location.protocol) ? location.href : "";
  const { text, bibtex } = citation(app.view, address);
  byId("citation-text").textContent = text;
  byId("citation-bibtex").textContent = bibtex;
}

async function copy(text, said) {
  try {
    await navigator.clipboard.writeText(text);
    byId("copied").textContent = said;
  } catch {
    byId("copied").textContent = "Copying is not allowed here: the text is selected, copy it by hand.";
    byId("link").select();
  }
}

function start() {
  app.data = JSON.parse(byId("explorer-data").textContent);
  pageMeasure = textMeasure(FONT);
  const select = byId("analysis");
  select.append(...app.data.analyses.map((item) => el("option", { value: item.name }, item.title)));
  select.addEventListener("change", () => chooseAnalysis(select.value));
  forest = forestView(byId("forest"), openRecord);
  byId("reset").addEventListener("click", asPlanned);
  byId("studies").addEventListener("toggle", () => { if (byId("studies").open) showStudies(); });
  byId("loo").addEventListener("toggle", () => { if (byId("loo").open) showDeletions(); });
  byId("record-close").addEventListener("click", () => byId("record").close());
  byId("record").addEventListener("close", () => {
    if (byId("record").open) return; // an address has opened another one since
    app.state.open = "";
    afterwards();
  });
  byId("record").addEventListener("click", (event) => { if (event.target === byId("record")) byId("record").close(); });
  const name = () => `metamsc-${app.analysis.name}`;
  byId("save-svg").addEventListener("click", () => saveText(svgFile(forestFigure(app.view), app.analysis.title), "image/svg+xml", `${name()}.svg`));
  byId("save-png").addEventListener("click", () => canvasOf(forestFigure(app.view)).toBlob((blob) => save(blob, `${name()}.png`), "image/png"));
  byId("save-csv").addEventListener("click", () => saveText(csvText(app.view), "text/csv", `${name()}.csv`));
  byId("save-bibtex").addEventListener("click", () => saveText(byId("citation-bibtex").textContent, "application/x-bibtex", `${name()}.bib`));
  byId("copy-link").addEventListener("click", () => { afterwards(); copy(location.href, "Link copied."); });
  byId("copy-citation").addEventListener("click", () => copy(byId("citation-text").textContent, "Citation copied."));
  window.addEventListener("hashchange", () => { if (location.hash !== address) fromAddress(); });
  let width = 0;
  new ResizeObserver(([entry]) => {
    if (Math.abs(entry.contentRect.width - width) < 1) return;
    if (window.innerWidth >= WIDE_PAGE) byId("choices").open = true; // there is nothing to open it with
    if (width) requestAnimationFrame(render);
    width = entry.contentRect.width;
  }).observe(byId("content"));
  if (window.innerWidth < WIDE_PAGE) byId("choices").open = false;
  window.addEventListener("beforeprint", () => { byId("studies").open = true; showStudies(); });
  fromAddress();
}

function fromAddress() {
  address = location.hash;
  const [state, lost] = readHash(app.data, address);
  if (byId("record").open) byId("record").close();
  load(state);
  byId("lost").hidden = !lost;
  byId("lost").textContent = lost ? `${plural(lost, "part")} of the link ${lost === 1 ? "was" : "were"} not understood and left out: the page, its studies or the link may have changed.` : "";
  if (state.open) openRecord(state.open);
}

// For anyone who wants to check a number in the browser's console, and for the tests.
globalThis.metamscExplorer = Object.freeze({
  pool, tau2Interval, leaveOneOut, normalCdf, normalQuantile, tCdf, tQuantile, incompleteBeta, chi2Tail, chi2Quantile,
  formatEffect, formatP, formatSignificant, formatPercent, formatCount,
  view: () => app.view, csv: () => csvText(app.view), svg: () => svgFile(forestFigure(app.view), app.analysis.title),
  change, formatHash: () => formatHash(app.data, app.state), csvCell, drawings: () => ({ begun, finished }),
});
start();
