// The parts of the page below the forest plot: words, cautions, funnels, leave-one-out.

const byId = (id) => document.getElementById(id);

function showWords(view) {
  const host = byId("words");
  if (!view.rows.length) {
    const some = view.analysis.rows.length > 0;
    const said = some ? "No study passes these filters: there is nothing to pool." : "No study can be pooled for this question; below stands why for each of them.";
    host.replaceChildren(el("p", { class: "empty" }, said), some ? el("p", {}, el("button", { type: "button", onclick: asPlanned }, "Back to the plan")) : "");
    return;
  }
  host.replaceChildren(...view.groups.map((group) => el("div", { class: group.overall ? "result merged" : "result" },
    el("h3", {}, group.title), el("p", {}, poolWords(view, group)))));
}

function poolName(view, group) {
  return group.key.length > 1 ? `${typeTitle(view, group.key[0])}, ${lowerFirst(group.title)}` : group.title;
}

function showCautions(view) {
  const { analysis, data, state } = view, items = [...analysis.choices.differs], said = new Map();
  for (const group of poolsOf(view)) {
    for (const caution of group.cautions) said.set(caution, [...(said.get(caution) ?? []), poolName(view, group)]);
  }
  for (const [caution, names] of said) items.push([el("strong", {}, `${names.join("; ")}: `), caution]);
  if (view.rows.some((row) => row.single_arm)) items.push("Studies without a control group are pooled by themselves: a change over time is not a controlled difference.");
  if (choiceWords(view)) items.push(choiceWords(view));
  if (filterWords(view)) items.push("These filters are not the plan's. Studies chosen after their results are known can differ by chance alone: take what you see as a question, not as an answer.");
  const unnamed = state.from !== null || state.to !== null ? analysis.rows.filter((row) => row.days === null).length : 0;
  if (unnamed) items.push(`${plural(unnamed, "result")} without a printed time cannot pass a range of follow-up.`);
  byId("cautions").replaceChildren(...(items.length ? [el("h2", {}, "Know this"), el("ul", {}, items.map((item) => el("li", {}, item)))] : []));
  byId("cautions").hidden = !items.length;
  const notes = analysis.notes.map((note) => el("li", {}, note));
  byId("plan-notes").replaceChildren(...(notes.length ? [el("h2", {}, "Cautions of the plan"), el("ul", {}, notes)] : []));
  byId("plan-notes").hidden = !notes.length;
  const filtered = filterWords(view), worst = isPlanned(data, state) && !analysis.choices.differs.length ? differenceFromPlan(view) : null;
  byId("method").replaceChildren(methodWords(view), filtered ? ` Filtered: ${filtered}.` : "", analysis.axis.mid_text ? ` ${analysis.axis.mid_text}` : "",
    worst === null ? "" : ` These are the plan's own choices: the largest relative difference from metamsc's results is ${worst === 0 ? "0" : worst.toExponential(0)}.`);
}

function nearestPoint(layout, event, svg) {
  const box = svg.getBoundingClientRect();
  const x = event.clientX - box.left, y = event.clientY - box.top;
  let best = null, least = 24 ** 2;
  for (const point of layout.placed) {
    const distance = (point.x - x) ** 2 + (point.y - y) ** 2;
    if (distance < least) [best, least] = [point, distance];
  }
  return best;
}

function showFunnels(view, available, open, measure) {
  const host = byId("funnel"), groups = view.groups.filter((group) => group.fit.k > 1);
  if (!groups.length) {
    host.replaceChildren(el("p", { class: "empty" }, "A funnel plot needs at least two studies in one pool."));
    return;
  }
  const columns = Math.max(1, Math.floor((available + 16) / 432)); // as in the style sheet: 416 px and a gap
  const width = Math.floor((available - 16 * (columns - 1)) / columns);
  host.replaceChildren(...groups.map((group) => funnelPanel(view, group, width, open, measure)));
}

function funnelPanel(view, group, width, open, measure) {
  const { k } = group.fit, layout = funnelLayout(view, group, Math.max(width, 280), 320, measure), notes = [];
  if (k < FEWEST_FOR_FUNNEL) notes.push(`k = ${k}: fewer than ${FEWEST_FOR_FUNNEL} studies say nothing about asymmetry.`);
  if (view.axis.precision !== "se") notes.push("Against 1/√n: the standard error of a standardised difference depends on the difference itself.");
  if (!layout || layout.without) notes.push(`${plural(layout ? layout.without : k, "row")} without a printed number of participants not drawn.`);
  const panel = el("figure", { class: k > 200 ? "panel many" : "panel" }, el("h3", {}, group.title));
  if (layout) {
    const svg = pageSvg(layout.width, layout.height, layout.marks), name = el("p", { class: "pointed", "aria-hidden": "true" }, "\u00a0");
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", `Funnel plot of ${plural(layout.placed.length, "row")} around the pooled effect ${formatEffect(group.fit.estimate, view.axis, view.decimals)}. The studies are in the table above.`);
    svg.addEventListener("pointermove", (event) => { name.textContent = nearestPoint(layout, event, svg)?.row.label ?? "\u00a0"; });
    svg.addEventListener("click", (event) => { const point = nearestPoint(layout, event, svg); if (point) open(point.row.id); });
    panel.append(svg, name);
  }
  panel.append(el("figcaption", {}, notes.join(" ")));
  return panel;
}

const MOST_DELETIONS = 60;

let deletionRun = 0;

async function showLeaveOneOut(view, measure) {
  const run = deletionRun += 1, stale = () => run !== deletionRun;
  const host = byId("leave-one-out"), groups = view.groups.filter((group) => group.fit.k > 2);
  if (!groups.length) {
    host.replaceChildren(el("p", { class: "empty" }, "Leaving one study out needs at least three in one pool."));
    return;
  }
  const width = Math.max(host.clientWidth, 280), panels = [];
  for (const group of groups) {
    const rows = await leaveOneOutRows(view, group, stale);
    if (rows === null || stale()) return;
    panels.push(...deletionPanel(view, group, rows, width, measure));
  }
  host.replaceChildren(...panels);
}

function deletionPanel(view, group, every, width, measure) {
  const { axis, decimals } = view;
  const size = (item) => Math.abs(item.fit.estimate - group.fit.estimate);
  const rows = every.length > MOST_DELETIONS ? [...every].sort((a, b) => size(b) - size(a)).slice(0, MOST_DELETIONS) : every;
  const layout = leaveOneOutLayout(view, group, rows, width, measure), svg = pageSvg(layout.width, layout.height, layout.marks);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", `Pooled effect of ${lowerFirst(group.title)} without each study in turn; the numbers are in the table that follows.`);
  const cells = rows.map(({ row, fit }) => [row.label, formatEffect(fit.estimate, axis, decimals), formatInterval(fit.ci, axis, decimals),
    formatSignificant(fit.tau2), formatPercent(fit.I2), fit.k === 2 ? "k = 2" : formatP(fit.p).replace(/^p (= )?/, "")]);
  const heading = rows.length < every.length ? `${group.title}: the ${rows.length} of ${every.length} studies that change it most` : group.title;
  return [el("figure", { class: "panel wide" }, el("h3", {}, heading), svg),
    el("details", {}, el("summary", {}, "As a table"), table(`Without each study: ${lowerFirst(group.title)}`,
      [["Without"], [shortMeasure(axis), "right"], [`${percent(view.level)} CI`, "right"], ["τ²", "right"], ["I², %", "right"], ["p", "right"]], cells))];
}
