// Layout of the forest plot: blocks from top to bottom, each knows its marks. Pure: numbers and texts in,
// lines, boxes, shapes and texts out; nothing of the page is touched here. One unit is one pixel.

const WIDE = 720; // from here on: columns; below: name and numbers above each graphic
const SIZE = 13;
const LINE = 16; // from one line of a name to the next

/** Columns and the x scale for a view at a width; `measure(text, size, bold)` gives widths of text. */
function forestFrame(view, width, measure) {
  const { axis, decimals } = view;
  const texts = view.rows.map((row) => rowParts(row, view));
  for (const group of poolsOf(view)) {
    texts.push(effectParts(group.fit.estimate, group.fit.ci, axis, decimals));
    if (group.fit.pi) texts.push(effectParts(group.fit.estimate, group.fit.pi, axis, decimals));
  }
  const widest = (pick) => Math.ceil(texts.reduce((most, text) => Math.max(most, measure(pick(text), SIZE, true)), 20));
  const numbers = { estimate: widest((t) => t[0]), low: widest((t) => t[1]), high: widest((t) => t[2]) };
  const frame = { width, wide: width >= WIDE, numbers, measure };
  if (frame.wide) {
    const labels = view.rows.map((row) => measure(rowLabel(row), SIZE, false) + 40);
    const longest = labels.reduce((a, b) => Math.max(a, b), 140);
    frame.arms = width >= 820;
    const own = frame.arms ? 2 * 58 : 0;
    const right = numbers.estimate + 16 + numbers.low + 24 + numbers.high + 58;
    frame.label = Math.min(Math.ceil(longest), Math.max(140, width - own - right - 260));
    frame.treatX = frame.label + 52;
    frame.controlX = frame.label + 110;
    frame.plot = [frame.label + own + 22, width - right - 18];
    frame.estimateX = width - 58 - numbers.high - 24 - numbers.low - 16;
  } else {
    frame.plot = [12, width - 12];
    frame.estimateX = width - 6 - numbers.high - 24 - numbers.low - 12;
  }
  frame.lowX = frame.estimateX + (frame.wide ? 16 : 12) + numbers.low;
  frame.highX = frame.lowX + 24 + numbers.high;
  frame.weightX = width - 4;
  const limits = forestLimits(view);
  frame.limits = limits;
  frame.ticks = effectTicks(limits, axis.ratio, frame.plot[1] - frame.plot[0] > 330 ? 7 : 5);
  frame.x = (value) => frame.plot[0] + ((value - limits[0]) / (limits[1] - limits[0])) * (frame.plot[1] - frame.plot[0]);
  return frame;
}

function rowInterval(row, level) {
  const half = criticalValue(level, null) * Math.sqrt(row.vi);
  return [row.yi - half, row.yi + half];
}

const written = new WeakMap(); // rows of an analysis always have the same texts

function rowParts(row, { axis, decimals, level }) {
  if (!written.has(row)) written.set(row, effectParts(row.yi, rowInterval(row, level), axis, decimals));
  return written.get(row);
}

function forestLimits(view) {
  const pools = poolsOf(view).filter((group) => group.fit.k > 1);
  return effectLimits(
    [...view.rows.map((row) => row.yi), ...pools.map((group) => group.fit.estimate)],
    view.rows.map((row) => rowInterval(row, view.level)),
    pools.flatMap((group) => (group.fit.pi ? [group.fit.ci, group.fit.pi] : [group.fit.ci])),
    view.axis.null,
  );
}

function effectParts(estimate, [low, high], axis, decimals) {
  return [formatEffect(estimate, axis, decimals), formatEffect(low, axis, decimals), formatEffect(high, axis, decimals)];
}

function rowLabel(row) {
  const mark = row.imputed ? "†" : row.derived.length || row.sides.some((s) => s.other.length || s.numbers.some((n) => n.how.length)) ? "*" : "";
  return row.label + mark;
}

/** Break a text into lines no wider than `width`; a word wider than that is cut. */
function wrapped(text, width, measure, size) {
  const lines = [];
  for (const word of text.split(" ")) {
    const longer = lines.length ? `${lines.at(-1)} ${word}` : word;
    if (lines.length && measure(longer, size, false) <= width) lines[lines.length - 1] = longer;
    else lines.push(fitted(word, width, measure, size, false));
  }
  return lines;
}

/** Cut a text that is too wide, with "…". */
function fitted(text, width, measure, size, bold) {
  if (measure(text, size, bold) <= width) return text;
  const letters = Array.from(text);
  let low = 0, high = letters.length;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (measure(`${letters.slice(0, middle).join("").trimEnd()}…`, size, bold) <= width) low = middle; else high = middle - 1;
  }
  return `${letters.slice(0, low).join("").trimEnd()}…`;
}

/** All blocks with their places: `{kind, y, height, marks()}`; a row's block also has its
 * `row` and `weight` (percent of the pool of its type; null where nothing is pooled). */
function forestBlocks(view, frame) {
  const blocks = [];
  let y = 0;
  const add = (kind, height, extra) => { blocks.push({ kind, y, height, ...extra }); y += height; };
  const largest = view.groups.reduce((most, g) => (g.fit.k > 1 ? g.fit.weights.reduce((a, b) => Math.max(a, b), most) : most), 0);
  for (const group of view.groups) {
    if (group.overall) {
      add("heading", frame.wide ? 30 : 26, { marks: (top) => headingMarks(frame, group.title, top, 0) });
      addPool(add, view, frame, group, 0);
      continue;
    }
    add("heading", 30, { marks: (top) => headingMarks(frame, group.title, top, 0) });
    for (const part of group.children.length ? group.children : [group]) {
      const indent = part === group ? 12 : 24;
      if (part !== group) add("heading", 26, { marks: (top) => headingMarks(frame, part.title, top, 12) });
      part.rows.forEach((row) => {
        const weight = group.weights.get(row.id), lines = labelLines(frame, row, indent);
        add("row", (frame.wide ? 26 : 44) + (lines.length - 1) * LINE, {
          row, weight,
          marks: (top) => rowMarks(view, frame, { row, lines, weight, largest }, top, indent),
        });
      });
      if (part !== group) addPool(add, view, frame, part, 12);
    }
    addPool(add, view, frame, group, 0);
  }
  return { blocks, height: y };
}

function addPool(add, view, frame, group, indent) {
  const { fit } = group;
  if (fit.k === 1) {
    if (group.overall || group.children?.length) return;
    add("note", 24, { marks: (top) => noteMarks(frame, "k = 1: nothing is pooled", top, indent) });
    return;
  }
  add("pool", frame.wide ? 28 : 46, { group, marks: (top) => poolMarks(view, frame, group, top, indent) });
  if (fit.pi) add("prediction", frame.wide ? 22 : 38, { group, marks: (top) => predictionMarks(view, frame, group, top, indent) });
  add("note", 26, { marks: (top) => noteMarks(frame, heterogeneityText(fit, frame.wide), top, indent) });
}

function heterogeneityText(fit, wide) {
  const few = fit.k <= 4 && wide ? " (k ≤ 4: unreliable)" : "";
  return `τ² = ${formatSignificant(fit.tau2)}, I² = ${formatPercent(fit.I2)}%, Q = ${fit.Q.toFixed(2)}, df = ${fit.QDf}, ${formatP(fit.QP)}${few}`;
}

function headingMarks(frame, title, top, indent) {
  return [{ t: "text", x: 4 + indent, y: top + 20, text: fitted(title, frame.width - indent - 8, frame.measure, SIZE, true), c: "ink", bold: true }];
}

function noteMarks(frame, text, top, indent) {
  return [{ t: "text", x: 4 + indent + (frame.wide ? 12 : 0), y: top + 13, text: fitted(text, frame.width - 24 - indent, frame.measure, 11.5, false), c: "soft", size: 11.5, halo: true }];
}

function numberMarks(frame, parts, y, { bold = false, color = "ink", skipEstimate = false } = {}) {
  const marks = skipEstimate ? [] : [{ t: "text", x: frame.estimateX, y, text: parts[0], anchor: "end", c: color, bold }];
  return [...marks,
    { t: "text", x: frame.lowX, y, text: parts[1], anchor: "end", c: color, bold },
    { t: "text", x: frame.lowX + 12, y, text: "to", anchor: "middle", c: "soft", size: 11.5 },
    { t: "text", x: frame.highX, y, text: parts[2], anchor: "end", c: color, bold }];
}

/** A name in one line, else in two; on a narrow page a long one stands above its numbers. */
function labelLines(frame, row, indent) {
  const text = rowLabel(row), { measure } = frame;
  const room = (frame.wide ? frame.label : frame.estimateX - frame.numbers.estimate - 6) - indent - 8;
  if (measure(text, SIZE, false) <= room) return [text];
  if (!frame.wide) return [fitted(text, frame.width - indent - 8, measure, SIZE, false), ""];
  const [first, ...rest] = wrapped(text, room, measure, SIZE);
  return rest.length ? [first, fitted(rest.join(" "), room, measure, SIZE, false)] : [first];
}

function rowMarks(view, frame, { row, lines, weight, largest }, top, indent) {
  const interval = rowInterval(row, view.level), extra = (lines.length - 1) * LINE;
  const marks = lines.map((text, i) => ({ t: "text", x: 4 + indent, y: top + (frame.wide ? 17 : 16) + i * LINE, text, c: "ink" }));
  const base = top + (frame.wide ? 17 + extra / 2 : 16 + extra), middle = top + (frame.wide ? 13 + extra / 2 : 31 + extra);
  if (frame.arms) {
    marks.push({ t: "text", x: frame.treatX, y: base, text: armText(row.sides[0]), anchor: "end", c: "ink" },
      { t: "text", x: frame.controlX, y: base, text: armText(row.sides[1]), anchor: "end", c: "ink" });
  }
  marks.push(...laneMarks(view, frame, top + extra, 44), ...intervalMarks(frame, interval, middle, "study", 1.6));
  const half = 3 + 5 * Math.sqrt(largest > 0 && weight !== null ? weight / largest : 0.25);
  marks.push({ t: "rect", x: frame.x(row.yi) - half, y: middle - half, w: 2 * half, h: 2 * half, c: "study" });
  marks.push(...numberMarks(frame, rowParts(row, view), base));
  if (frame.wide && weight !== null) marks.push({ t: "text", x: frame.weightX, y: base, text: formatPercent(weight), anchor: "end", c: "soft" });
  return marks;
}

function armText(side) {
  const value = (name) => side.numbers.find((item) => item.name === name)?.value ?? null;
  const events = value("events"), n = value("n");
  return events === null ? formatCount(n) : `${formatCount(events)}/${formatCount(n)}`;
}

/** An interval as a line, cut with arrows where it leaves the axis. */
function intervalMarks(frame, [low, high], y, color, width) {
  const [from, to] = frame.limits;
  const left = frame.x(Math.max(low, from)), right = frame.x(Math.min(high, to));
  if (high < from || low > to) return [];
  const marks = [{ t: "line", x1: left, y1: y, x2: right, y2: y, c: color, w: width }];
  if (low < from) marks.push({ t: "shape", points: [[left - 1, y], [left + 6, y - 4], [left + 6, y + 4]], c: color });
  if (high > to) marks.push({ t: "shape", points: [[right + 1, y], [right - 6, y - 4], [right - 6, y + 4]], c: color });
  return marks;
}

function poolMarks(view, frame, group, top, indent) {
  const { axis, decimals } = view, { fit } = group;
  const base = top + (frame.wide ? 18 : 17), middle = top + (frame.wide ? 14 : 33);
  const label = `Pooled (k = ${fit.k})`;
  const room = (frame.wide ? frame.plot[0] : frame.estimateX - frame.numbers.estimate) - indent - 18;
  const [from, to] = frame.limits;
  const low = Math.max(fit.ci[0], from), high = Math.min(fit.ci[1], to);
  const marks = [{ t: "text", x: 4 + indent, y: base, text: fitted(label, room, frame.measure, SIZE, true), c: "ink", bold: true }];
  marks.push(...laneMarks(view, frame, top, 46));
  marks.push({ t: "shape", c: "pooled", points: [[frame.x(low), middle], [frame.x(fit.estimate), middle - 7.5], [frame.x(high), middle], [frame.x(fit.estimate), middle + 7.5]] });
  if (fit.ci[0] < from) marks.push({ t: "shape", c: "pooled", points: [[frame.x(from) - 2, middle], [frame.x(from) + 7, middle - 5], [frame.x(from) + 7, middle + 5]] });
  if (fit.ci[1] > to) marks.push({ t: "shape", c: "pooled", points: [[frame.x(to) + 2, middle], [frame.x(to) - 7, middle - 5], [frame.x(to) - 7, middle + 5]] });
  return [...marks, ...numberMarks(frame, effectParts(fit.estimate, fit.ci, axis, decimals), base, { bold: true })];
}

function predictionMarks(view, frame, group, top, indent) {
  const { axis, decimals } = view, { fit } = group;
  const base = top + (frame.wide ? 15 : 14), middle = top + (frame.wide ? 11 : 28);
  const [from, to] = frame.limits;
  const low = frame.x(Math.max(fit.pi[0], from)), high = frame.x(Math.min(fit.pi[1], to));
  const marks = [{ t: "text", x: 4 + indent, y: base, text: "Prediction interval", c: "soft", size: 12 },
    ...laneMarks(view, frame, top, 38),
    { t: "rect", x: low, y: middle - 2.5, w: Math.max(high - low, 1), h: 5, c: "prediction" }];
  for (const [cut, x, way] of [[fit.pi[0] < from, low, 1], [fit.pi[1] > to, high, -1]]) {
    if (cut) marks.push({ t: "shape", c: "prediction", points: [[x - 3 * way, middle], [x + 6 * way, middle - 6], [x + 6 * way, middle + 6]] });
  }
  return [...marks, ...numberMarks(frame, effectParts(fit.estimate, fit.pi, axis, decimals), base, { color: "soft", skipEstimate: true })];
}

/** Marks above the rows: headings of the columns. Height 34, or 24 on a narrow page. */
function forestHead(view, frame) {
  const { axis } = view, y = frame.wide ? 22 : 16;
  const head = (x, text, anchor) => ({ t: "text", x, y, text, anchor, c: "soft", size: 11.5, bold: true });
  const marks = [head(4, "Study", "start"), head(frame.highX, `${shortMeasure(axis)} (${percent(view.level)} CI)`, "end")];
  if (frame.wide) marks.push(head(frame.weightX, "Weight", "end"));
  if (frame.arms) {
    const counted = view.rows.some((row) => row.sides[0].numbers.some((item) => item.name === "events"));
    marks.push(head(frame.treatX, capitalFirst(axis.treatment), "end"), head(frame.controlX, capitalFirst(axis.control), "end"));
    if (view.rows.length) marks.push({ ...head(frame.controlX, counted ? "events/n" : "n", "end"), y: y + 12, bold: false, size: 10.5 }, { ...head(frame.treatX, counted ? "events/n" : "n", "end"), y: y + 12, bold: false, size: 10.5 });
  }
  const height = frame.wide ? 40 : 24;
  marks.push({ t: "line", x1: 0, y1: height - 0.5, x2: frame.width, y2: height - 0.5, c: "rule", w: 1 });
  return { marks, height };
}

function shortMeasure(axis) {
  return axis.unit && !axis.ratio ? `${axis.measure}, ${axis.unit}` : axis.measure;
}

/** Marks below the rows: axis, ticks, directions. */
function forestFoot(view, frame) {
  const { axis } = view, [left, right] = frame.plot, marks = [{ t: "line", x1: left, y1: 0.5, x2: right, y2: 0.5, c: "ink", w: 1 }];
  for (const [value, text] of frame.ticks) {
    marks.push({ t: "line", x1: frame.x(value), y1: 0, x2: frame.x(value), y2: 5, c: "ink", w: 1 },
      { t: "text", x: frame.x(value), y: 18, text, anchor: "middle", c: "ink", size: 12 });
  }
  const texts = [`← ${axis.lower}`, `${axis.higher} →`];
  const [before, after] = texts.map((text) => frame.measure(text, 11.5, false) + 10);
  const middle = Math.max(Math.min(Math.max(frame.x(axis.null), 4 + before), frame.width - 4 - after), 4 + before);
  marks.push({ t: "text", x: middle - 10, y: 36, text: texts[0], anchor: "end", c: "soft", size: 11.5 },
    { t: "text", x: middle + 10, y: 36, text: texts[1], anchor: "start", c: "soft", size: 11.5 });
  const label = fitted(axis.label, frame.width - 8, frame.measure, 11.5, false), half = frame.measure(label, 11.5, false) / 2 + 4;
  const centre = Math.min(Math.max((left + right) / 2, half), frame.width - half);
  marks.push({ t: "text", x: centre, y: 55, text: label, anchor: "middle", c: "soft", size: 11.5 });
  return { marks, height: 62 };
}

/** Upright lines behind all rows; on a narrow page each graphic has its own, so that none crosses a number. */
function forestLines(view, frame, height) {
  return frame.wide ? uprightLines(view, frame, 0, height) : [];
}

function laneMarks(view, frame, top, height) {
  return frame.wide ? [] : uprightLines(view, frame, top + 21, top + height);
}

/** No effect, and the minimal important difference. */
function uprightLines(view, frame, top, bottom) {
  const [from, to] = frame.limits, lines = [];
  const upright = (value, extra) => lines.push({ t: "line", x1: frame.x(value), y1: top, x2: frame.x(value), y2: bottom, ...extra });
  upright(view.axis.null, { c: "rule", w: 1 });
  for (const value of view.axis.mid) if (value > from && value < to) upright(value, { c: "mid", w: 1, dash: "2 4" });
  return lines;
}
