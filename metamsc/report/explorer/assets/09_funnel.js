// Layout of the funnel plots, one per group, and of leave-one-out. Pure, as the forest's.

const FEWEST_FOR_FUNNEL = 10; // fewer studies say nothing about asymmetry (Sterne et al. 2011)

/** Points of a group: effect and precision; rows without a printed n are left out where n is the axis. */
function funnelPoints(view, group) {
  const byN = view.axis.precision !== "se";
  return group.rows.filter((row) => !byN || row.n > 0)
    .map((row) => ({ row, x: row.yi, y: byN ? 1 / Math.sqrt(row.n) : Math.sqrt(row.vi) }));
}

function funnelLayout(view, group, width, height, measure) {
  const { axis, level } = view, byN = axis.precision !== "se";
  const points = funnelPoints(view, group);
  if (!points.length) return null;
  const centre = group.fit.k > 1 ? group.fit.estimate : null, z = criticalValue(level, null);
  const top = byN ? points.reduce((a, p) => Math.min(a, p.y), Infinity) * 0.9 : 0;
  const bottom = points.reduce((a, p) => Math.max(a, p.y), 0) * 1.06;
  const region = byN || centre === null ? [] : [centre - z * bottom, centre + z * bottom];
  const xs = [...points.map((p) => p.x), ...region, axis.null, ...(centre === null ? [] : [centre])];
  let low = xs.reduce((a, b) => Math.min(a, b)), high = xs.reduce((a, b) => Math.max(a, b));
  const span = high - low > 1e-9 ? high - low : Math.max(Math.abs(high), 1);
  [low, high] = [low - 0.06 * span, high + 0.06 * span];
  const box = { left: 56, right: width - 10, top: 12, bottom: height - 44 };
  const x = (value) => box.left + ((value - low) / (high - low)) * (box.right - box.left);
  const y = (value) => box.top + ((value - top) / (bottom - top || 1)) * (box.bottom - box.top);
  const marks = [];
  if (region.length) marks.push({ t: "shape", c: "band", points: [[x(centre), y(0)], [x(region[0]), y(bottom)], [x(region[1]), y(bottom)]] });
  marks.push({ t: "line", x1: x(axis.null), y1: box.top, x2: x(axis.null), y2: box.bottom, c: "rule", w: 1 });
  if (centre !== null) marks.push({ t: "line", x1: x(centre), y1: box.top, x2: x(centre), y2: box.bottom, c: "pooled", w: 1.5, dash: "5 3" });
  marks.push({ t: "line", x1: box.left, y1: box.bottom, x2: box.right, y2: box.bottom, c: "ink", w: 1 },
    { t: "line", x1: box.left, y1: box.top, x2: box.left, y2: box.bottom, c: "ink", w: 1 });
  for (const [value, text] of effectTicks([low, high], axis.ratio, width < 480 ? 5 : 7)) {
    marks.push({ t: "line", x1: x(value), y1: box.bottom, x2: x(value), y2: box.bottom + 5, c: "ink", w: 1 },
      { t: "text", x: x(value), y: box.bottom + 18, text, anchor: "middle", c: "ink", size: 12 });
  }
  for (const [value, text] of linearTicks([top, bottom], 5)) {
    marks.push({ t: "line", x1: box.left - 5, y1: y(value), x2: box.left, y2: y(value), c: "ink", w: 1 },
      { t: "text", x: box.left - 8, y: y(value) + 4, text, anchor: "end", c: "ink", size: 12 });
  }
  const label = fitted(axis.label, width - 8, measure, 11.5, false);
  marks.push({ t: "text", x: Math.max((box.left + box.right) / 2, measure(label, 11.5, false) / 2 + 4), y: height - 8, text: label, anchor: "middle", c: "soft", size: 11.5 });
  marks.push({ t: "text", x: 12, y: (box.top + box.bottom) / 2, text: byN ? "1/√n (participants)" : "Standard error", anchor: "middle", c: "soft", size: 11.5, turn: true });
  const placed = points.map((p) => ({ row: p.row, x: x(p.x), y: y(p.y) }));
  const radius = points.length > 200 ? 2.6 : 4.2;
  marks.push({ t: "dots", points: placed.map((p) => [p.x, p.y]), r: radius, c: "study" });
  return { width, height, marks, placed, without: group.rows.length - points.length };
}

const SLICE = 12; // milliseconds of work after which the page gets its turn

/** Each row's pool without it, worked out in slices; null as soon as `stale()` says that nobody waits for it. */
async function leaveOneOutRows(view, group, stale) {
  const options = optionsOf(view.analysis, view.state), rows = [];
  const yi = group.rows.map((row) => row.yi), vi = group.rows.map((row) => row.vi);
  let start = performance.now();
  for (let i = 0; i < yi.length; i += 1) {
    rows.push({ row: group.rows[i], fit: poolWithout(yi, vi, i, options) });
    if (performance.now() - start > SLICE) {
      await new Promise((done) => { setTimeout(done); });
      if (stale()) return null;
      start = performance.now();
    }
  }
  return rows;
}

function leaveOneOutLayout(view, group, rows, width, measure) {
  const { axis, decimals } = view, height = 26, base = 8;
  const shown = [{ label: "All", fit: group.fit }, ...rows.map(({ row, fit }) => ({ label: `Without ${row.label}`, fit }))];
  const limits = effectLimits(shown.map((s) => s.fit.estimate), [], shown.map((s) => s.fit.ci), axis.null);
  const texts = shown.map((s) => formatInterval(s.fit.ci, axis, decimals));
  const right = texts.reduce((most, text) => Math.max(most, measure(text, 12, false)), 0) + 62;
  const narrow = width < 560, label = narrow ? 0 : Math.min(0.34 * width, 260), rowHeight = narrow ? 40 : height;
  const plot = narrow ? [10, width - 10] : [label + 14, width - right - 10];
  const x = (value) => plot[0] + ((value - limits[0]) / (limits[1] - limits[0])) * (plot[1] - plot[0]);
  const bottom = base + shown.length * rowHeight, marks = [];
  const upright = (value, from, to, extra) => marks.push({ t: "line", x1: x(value), y1: from, x2: x(value), y2: to, w: 1, ...extra });
  const lanes = narrow ? shown.map((_, i) => [base + i * rowHeight + 21, base + (i + 1) * rowHeight - 4]) : [[base, bottom]];
  for (const [from, to] of lanes) {
    upright(axis.null, from, to, { c: "rule" });
    upright(group.fit.estimate, from, to, { c: "pooled", dash: "5 3" });
  }
  shown.forEach(({ label: name, fit }, i) => {
    const top = base + i * rowHeight, text = top + 16, y = top + (narrow ? 28 : 12), color = i ? "study" : "pooled";
    const room = narrow ? width - right - 4 : label;
    marks.push({ t: "text", x: 4, y: text, text: fitted(name, room, measure, SIZE, !i), c: "ink", bold: !i });
    marks.push({ t: "line", x1: x(fit.ci[0]), y1: y, x2: x(fit.ci[1]), y2: y, c: color, w: 1.6 });
    marks.push({ t: "shape", c: color, points: [[x(fit.estimate) - 5, y], [x(fit.estimate), y - 5], [x(fit.estimate) + 5, y], [x(fit.estimate), y + 5]] });
    marks.push({ t: "text", x: width - right + 46, y: text, text: formatEffect(fit.estimate, axis, decimals), anchor: "end", c: "ink", bold: !i },
      { t: "text", x: width - 4, y: text, text: texts[i], anchor: "end", c: "soft", size: 12 });
  });
  marks.push({ t: "line", x1: plot[0], y1: bottom + 0.5, x2: plot[1], y2: bottom + 0.5, c: "ink", w: 1 });
  for (const [value, text] of effectTicks(limits, axis.ratio, 5)) {
    marks.push({ t: "line", x1: x(value), y1: bottom, x2: x(value), y2: bottom + 5, c: "ink", w: 1 },
      { t: "text", x: x(value), y: bottom + 18, text, anchor: "middle", c: "ink", size: 12 });
  }
  return { width, height: bottom + 26, marks };
}
