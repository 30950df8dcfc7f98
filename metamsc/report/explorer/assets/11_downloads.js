// What a reader takes away: figure, rows, citation, link.

const FIGURE_WIDTH = 1000;

/** The whole forest plot as one figure for a file: title, rows, axis, how it was made. */
function forestFigure(view) {
  const measure = textMeasure(FILE_FONT), frame = forestFrame(view, FIGURE_WIDTH, measure);
  const head = forestHead(view, frame), { blocks, height } = forestBlocks(view, frame), foot = forestFoot(view, frame);
  const margin = 20, title = 34, marks = [
    { t: "text", x: 4, y: 18, text: fitted(view.analysis.title, FIGURE_WIDTH - 8, measure, 17, true), c: "ink", bold: true, size: 17 },
    ...moved(head.marks, 0, title),
    ...moved(forestLines(view, frame, height), 0, title + head.height),
    ...blocks.flatMap((block) => block.marks(title + head.height + block.y)),
    ...moved(foot.marks, 0, title + head.height + height),
  ];
  let y = title + head.height + height + foot.height + 18;
  for (const line of [...figureNotes(view)].flatMap((text) => wrapped(text, FIGURE_WIDTH - 8, measure, 11.5))) {
    marks.push({ t: "text", x: 4, y, text: line, c: "soft", size: 11.5 });
    y += 16;
  }
  return { width: FIGURE_WIDTH + 2 * margin, height: Math.ceil(y + margin), marks: moved(marks, margin, margin) };
}

function figureNotes(view) {
  const filtered = filterWords(view), notes = [methodWords(view)];
  if (view.axis.mid_text) notes.push(view.axis.mid_text);
  notes.push("* derived from printed numbers; † rests on an assumption.");
  if (filtered) notes.push(`Filtered: ${filtered}.`);
  for (const group of view.groups) if (group.overall) notes.push(group.cautions[0]);
  notes.push(`metamsc ${view.data.metamsc}, plan ${view.analysis.name} (${view.analysis.plan_sha256.slice(0, 12)}).`);
  return notes;
}

/** A cell that no spreadsheet runs: an apostrophe before what could be a formula, as metamsc's own CSV. */
function csvCell(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return String(value);
  const text = String(value);
  const runs = /^'*[=+\-@\t\r\n＝＋－＠]/.test(text) && !/^'*[+-](?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/.test(text);
  const safe = runs ? `'${text}` : text;
  return /[",\r\n;\t]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** The rows that are shown, with the pool each is in, full precision. */
function csvText(view) {
  const { data } = view, sides = ["treatment", "control"], names = ["n", "events", "mean", "sd", "se"];
  const header = ["row_id", "study_id", "label", "year", "yi", "vi", "pool", "weight_percent", "n", "at", "at_days", "value",
    ...data.facets.map((facet) => facet.name), ...sides.flatMap((side) => names.map((name) => `${name}_${side}`)),
    "imputed", "derivations", "notes", "sources", "urls", "file", "line"];
  const lines = [header.map(csvCell).join(",")];
  for (const group of view.groups.filter((item) => !item.overall)) {
    group.rows.forEach((row, i) => {
      const numbers = row.sides.flatMap((side) => names.map((name) => side.numbers.find((item) => item.name === name)?.value ?? null));
      const derived = [...row.sides.flatMap((side, s) => derivationsOf(side).map((text) => `${sides[s]}: ${text}`)), ...row.derived.map((text) => `effect: ${text}`)];
      lines.push([row.id, row.study_id, row.label, row.year, row.yi, row.vi, group.id, group.fit.weights[i], row.n, row.at, row.days,
        row.value, ...row.levels, ...numbers, row.imputed ? "yes" : "no", derived.join("; "), row.notes.join("; "),
        row.sources.map(([text]) => text).join("; "), row.sources.map(([, url]) => url).filter(Boolean).join(" ; "), row.file, row.line].map(csvCell).join(","));
    });
  }
  return `${lines.join("\n")}\n`;
}

function derivationsOf(side) {
  return [...new Set([...side.numbers.flatMap((item) => item.how), ...side.other])];
}

/** How to cite what is on the page, as text and as BibTeX. */
function citation(view, address) {
  const { analysis, data } = view, filtered = filterWords(view);
  const note = [`metamsc ${data.metamsc}`, `plan ${analysis.name}`, analysis.plan_sha256 ? `SHA-256 ${analysis.plan_sha256}` : "", methodWords(view).replace(/\.$/, ""),
    filtered ? `filtered: ${filtered}` : "not filtered"].filter(Boolean).join("; ");
  const text = `The metamsc authors. ${analysis.title} [interactive meta-analysis]. ${note}. ${address}`.trim();
  const key = `metamsc-${analysis.name.replace(/[^A-Za-z0-9-]/g, "")}`;
  const fields = { title: `{${texText(analysis.title)}}`, author: "{{The metamsc authors}}", howpublished: "{Interactive meta-analysis}", note: `{${texText(note)}}` };
  if (/^https?:/.test(address)) fields.url = `{${address.replace(/[{}\\]/g, encodeURIComponent)}}`;
  const bibtex = `@misc{${key},\n${Object.entries(fields).map(([name, value]) => `  ${name} = ${value},`).join("\n")}\n}\n`;
  return { text, bibtex };
}

function texText(text) {
  const special = { "\\": "\\textbackslash{}", "{": "\\textbraceleft{}", "}": "\\textbraceright{}", $: "\\$", "&": "\\&", "#": "\\#", "%": "\\%", _: "\\_", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}" };
  return text.replace(/[\\{}$&#%_~^]/g, (found) => special[found]).replace(/\s+/g, " ");
}

/** Hand a file to the reader. */
function save(blob, name) {
  const link = document.createElement("a"), address = URL.createObjectURL(blob);
  link.href = address;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}

function saveText(text, type, name) {
  save(new Blob([text], { type: `${type};charset=utf-8` }), name);
}
