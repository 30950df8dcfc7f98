// HTML elements. Strings become text nodes; there is no other way for a text into the page.

function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== ""));
  return node;
}

/** A link for addresses of the web; anything else is shown as the text it is. */
function sourceLink(text, address) {
  if (/^https?:\/\/[^\s]+$/i.test(address)) return el("a", { href: address, rel: "noopener noreferrer" }, text);
  return address ? `${text} (${address})` : text;
}

function table(caption, columns, rows, { className = "" } = {}) {
  const head = el("tr", {}, columns.map(([name, align]) => el("th", { scope: "col", class: align ?? null }, name)));
  const body = rows.map((cells) => el("tr", {}, cells.map((cell, i) => {
    const attributes = { class: columns[i][1] ?? null, "data-label": columns[i][0] };
    return i ? el("td", attributes, cell) : el("th", { ...attributes, scope: "row" }, cell);
  })));
  return el("div", { class: `box ${className}`, tabindex: "0", role: "region", "aria-label": caption },
    el("table", {}, el("caption", {}, caption), el("thead", {}, head), el("tbody", {}, body)));
}

/** Pooled results, one line a pool. */
function resultsTable(view) {
  const { axis, decimals, level } = view;
  const rows = poolsOf(view).map((group) => {
    const { fit } = group, few = fit.k === 1;
    const name = poolName(view, group);
    return [name, String(fit.k), formatEffect(fit.estimate, axis, decimals), formatInterval(fit.ci, axis, decimals),
      fit.pi ? formatInterval(fit.pi, axis, decimals) : "\u2013", few ? "\u2013" : formatP(fit.p).replace("p = ", "").replace("p < ", "<"),
      few ? "\u2013" : `${formatSignificant(fit.tau2)} (${formatSignificant(group.tau2Ci[0])} to ${formatSignificant(group.tau2Ci[1])})`,
      few ? "\u2013" : formatPercent(fit.I2)];
  });
  return table("Pooled results", [["Pool"], ["k", "right"], [shortMeasure(axis), "right"], [`${percent(level)} CI`, "right"],
    ["Prediction interval", "right"], ["p", "right"], ["τ² (interval)", "right"], ["I², %", "right"]], rows);
}

const PAGE_ROWS = 100;

/** The forest plot as a table; long ones in pages. */
function studiesTable(view, page, open) {
  const { axis, decimals, level } = view;
  const all = view.groups.filter((group) => !group.overall)
    .flatMap((group) => (group.children.length ? group.children : [group]).flatMap((part) => part.rows.map((row) => ({ row, group, part, weight: group.weights.get(row.id) }))));
  const rows = all.slice(page * PAGE_ROWS, (page + 1) * PAGE_ROWS).map(({ row, group, part, weight }) => [
    el("button", { type: "button", class: "link", onclick: () => open(row.id) }, rowLabel(row)),
    part === group ? group.title : `${group.title}: ${part.title}`, armText(row.sides[0]), armText(row.sides[1]), row.at || "\u2013",
    formatEffect(row.yi, axis, decimals), formatInterval(rowInterval(row, level), axis, decimals), weight === null ? "\u2013" : formatPercent(weight)]);
  return [all.length, table("Studies of the forest plot", [["Study"], ["Pool"], [capitalFirst(axis.treatment), "right"], [capitalFirst(axis.control), "right"], ["Time"],
    [shortMeasure(axis), "right"], [`${percent(level)} CI`, "right"], ["Weight, %", "right"]], rows)];
}

function leftOutTable(caption, items, inSite) {
  return table(caption, [["Study"], ["Type"], ["Outcome"], ["Why"], ["Record"]], items.map((item) => [
    item.label, item.type, item.outcome, item.reason, recordLink(item, inSite)]));
}

function recordLink(item, inSite) {
  const text = `${item.file}:${item.line}`;
  if (!inSite) return el("code", {}, text);
  const page = item.file.replace(/\.ya?ml$/, "").split("/").map(encodeURIComponent).join("/");
  return el("a", { href: `records/${page}.html#L${item.line}` }, el("code", {}, text));
}

const NUMBER_WORDS = { n: "Analysed (n)", events: "Events", mean: "Mean", sd: "SD", se: "Standard error", log_sd: "SD of logarithms" };

const VALUE_WORDS = {
  final: "values at follow-up", change: "change from baseline", events: "events of so many participants", contrast: "difference between the arms",
};

/** The judgements on the risk of bias of a row, with their reasons; nothing where nobody judged. */
function judgedContent(judged, overall) {
  if (!judged) return [];
  const said = [`${judged.tool}${judged.about ? `, ${judged.about}` : ""}: ${overall}.`, judged.by ? `Judged by ${judged.by}.` : ""];
  return [el("h3", {}, "Risk of bias"), el("p", {}, said.filter(Boolean).join(" ")),
    judged.domains.length ? table(`Domains of ${judged.tool}`, [["Domain"], ["Judgement"], ["Why"]], judged.domains.map(([name, word, support]) => [name, capitalFirst(word), support || "\u2013"]), { className: "tight" }) : ""];
}

/** The record of a row: every number with where it was read and how it came about. */
function recordContent(data, analysis, row) {
  const { axis } = analysis, decimals = decimalsFor(analysis.rows.map((item) => Math.sqrt(item.vi)));
  const facts = data.studies.find((item) => item.id === row.study_id);
  const sources = row.sources.map(([text, url]) => el("li", {}, sourceLink(text, url)));
  const several = sources.length > 1 ? `sources 1 to ${sources.length} below` : row.sources[0]?.[0] ?? "source not stated";
  const numbers = row.sides.flatMap((side, i) => side.numbers.map((number) => [
    NUMBER_WORDS[number.name] ?? number.name, `${capitalFirst(i ? axis.control : axis.treatment)}: ${side.label}`, formatExact(number.value),
    number.how.length ? number.how.map((text) => el("div", {}, number.assumed ? `† ${text}` : `* ${text}`)) : "as reported", several]));
  const effect = [["Effect", "on the analysis scale", formatExact(row.yi), row.derived.length ? row.derived.map((text) => el("div", {}, `* ${text}`)) : "from the numbers above", several],
    ["Sampling variance", "on the analysis scale", formatExact(row.vi), row.derived.length ? "as the effect" : "from the numbers above", several]];
  const others = row.sides.flatMap((side) => side.other);
  const shown = `${axis.measure_label}: ${formatEffect(row.yi, axis, decimals)} (${percent(analysis.choices.level)} CI ${formatInterval(rowInterval(row, analysis.choices.level), axis, decimals)})`;
  const list = [["Shown as", shown], ["Time", row.at], ["Reported as", VALUE_WORDS[row.value] ?? row.value], ["Definition", row.definition],
    ...data.facets.map((facet, i) => [facet.label, wordsOf(data, facet.name, row.levels[i])]),
    ["Title", facts?.title ?? ""], ["Authors", facts?.authors.join(", ") ?? ""], ["Published", facts?.journal ?? ""],
    ["DOI", facts?.doi ? sourceLink(facts.doi, `https://doi.org/${encodeURI(facts.doi)}`) : ""],
    ["Registration", facts?.registration.join(", ") ?? ""], ["Record", recordLink(row, data.in_site)]];
  return [
    el("dl", {}, list.filter(([, value]) => value !== "").flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)])),
    table(`Numbers of ${row.label}`, [["Number"], ["Of"], ["Value", "right"], ["How"], ["Source"]], [...numbers, ...effect], { className: "tight" }),
    others.length ? el("p", {}, "Also: ", others.join("; ")) : "",
    el("h3", {}, "Sources"), sources.length ? el("ol", {}, sources) : el("p", {}, "Not stated."),
    ...judgedContent(row.judged, wordsOf(data, "risk_of_bias", row.levels.at(-1))),
    row.notes.length ? el("h3", {}, "Notes of the record") : "", row.notes.length ? el("ul", {}, row.notes.map((note) => el("li", {}, note))) : "",
  ];
}
