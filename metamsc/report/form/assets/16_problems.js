// Everything that is found in a record: structure, rules, and what a reviewer has acknowledged.

/** A path as `metamsc check` writes it: results[2].arms.msc.sd. */
const pathText = (path) => path.map((step, i) => (typeof step === "number" ? `[${step}]` : i ? `.${step}` : step)).join("");

/** results[2].arms.msc as results.hba1c.arms.msc, which outlives a new row. */
const namedPlace = (place, record) => place.replace(/^(results|arms)\[(\d+)\]/, (whole, part, index) => `${part}.${(part === "results" ? record.results?.[index]?.outcome : record.arms?.[index]?.id) ?? index}`);

const isBelow = (where, place) => place === where || (place.startsWith(where) && ".[".includes(place[where.length]));

function takesUp(entry, { code, path }, record) {
  const place = pathText(path);
  return entry.code === code && (entry.where === undefined || isBelow(entry.where, place) || isBelow(entry.where, namedPlace(place, record)));
}

/** Warnings that an entry of `acknowledged` takes up are set apart; an entry for nothing is a warning itself. */
function setApart(data, record, found) {
  const entries = listOf(record.acknowledged).filter(isMapping), used = new Set();
  for (const problem of found) {
    const matching = problem.severity === "warning" ? entries.filter((entry) => takesUp(entry, problem, record)) : [];
    matching.forEach((entry) => used.add(entry));
    if (matching.length) Object.assign(problem, { severity: "acknowledged", hint: `${matching[0].reason ?? ""} (${matching[0].by ?? ""})` });
  }
  const nothing = entries.flatMap((entry, i) => (!used.has(entry) && owns(data.rules, entry.code ?? "") ? [i] : [])); // of other rules the page knows nothing
  return [...found, ...nothing.map((i) => ({ code: "R409", path: ["acknowledged", i], message: `there is no warning ${entries[i].code}${entries[i].where ? ` at ${entries[i].where.slice(0, 80)}` : ""}`, hint: "remove the entry, or correct its place", severity: "warning" }))];
}

/** Everything found in a record: [{code, path, message, hint, severity}]. */
function problemsOf(data, record) {
  const isOutcome = ({ code, path }) => code === "S204" && path.at(-1) === "outcome"; // of these R403 and R404 tell
  const structure = schemaErrors(data.schema, data.schema, record).filter((each) => !isOutcome(each)).map((each) => ({ ...each, hint: "", severity: "error" }));
  const judged = structuredClone(record);
  for (const { code, path } of structure) { // what is of the wrong kind is not judged further
    if (code === "S202" || !path.length) continue;
    let node = judged;
    for (const step of path.slice(0, -1)) node = node?.[step];
    if (node && typeof path.at(-1) === "string") delete node[path.at(-1)];
    else if (node) node[path.at(-1)] = NaN;
  }
  const view = viewOf(plainRecord(judged), data), seen = new Set(structure.map((each) => `${each.code}${JSON.stringify(each.path)}`));
  for (const check of ALL_CHECKS) {
    for (const [code, path, message, hint] of check(view)) {
      const key = `${code}${JSON.stringify(path)}`, aside = code.startsWith("A") && path[0] === "results" && view.results[path[1]]?.pool === false;
      if (!seen.has(key)) structure.push({ code, path, message, hint, severity: aside ? "warning" : data.rules[code]?.[1] ?? "error" });
      seen.add(key);
    }
  }
  return setApart(data, judged, structure);
}
