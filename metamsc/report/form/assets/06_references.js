// Rules of `metamsc check`: what belongs together, references, coherence, identity, what is left to write. The same
// code at the same place as Python; each yields [code, path, message, hint].

/** What the model of a record asks for beyond its schema. */
function* togetherness(view) {
  const order = (path, part) => ["ci", "iq_range", "range"].flatMap((name) => (Array.isArray(part?.[name]) && part[name][0] > part[name][1] ? [["S207", [...path, name], "the lower number comes first", ""]] : []));
  for (const [path, part] of described(view)) {
    const given = (names) => names.filter((name) => part[name] !== undefined), centres = given(CENTRES), widths = given(["sd", "se", "spread"]);
    yield* order(path, part);
    if (centres.length > 1) yield ["S207", [...path, centres[1]], `a ${centres[1]} beside a ${centres[0]}`, "give one of them; the other is another result"];
    if (widths.length > 1) yield ["S207", [...path, widths[1]], `a ${widths[1]} beside a ${widths[0]}`, "give the one that the text names"];
    if (part.geometric_sd !== undefined && part.geometric_mean === undefined) yield ["S207", [...path, "geometric_sd"], "a geometric SD without a geometric mean", ""];
    if (part.geometric_mean !== undefined && widths.length) yield ["S207", [...path, widths[0]], `a ${widths[0]} of a geometric mean`, "its spread is a geometric SD or a 95 % CI"];
  }
  for (const [path, , value] of values(view)) {
    const centre = centreName(value), counted = value.events !== undefined || value.percent !== undefined;
    if (centre === undefined && !counted) yield ["S207", path, "a number is missing beside n", "give what the paper prints, or leave this group empty"];
    if (centre !== undefined && counted) yield ["S207", [...path, centre], "a mean or median beside a count", "give one of them; the other is another result"];
    if (value.reading_error !== undefined && centre === undefined) yield ["S207", [...path, "reading_error"], "a reading error of no value", "give what was read off the figure"];
    for (const [i, derivation] of listOf(value.derivations).entries()) for (const name of listOf(derivation?.fields)) if (value[name] === undefined) yield ["S207", [...path, "derivations", i, "fields"], `${shown(name)} is not given for this group`, "name the numbers that are given: n, events, mean, sd"];
  }
  for (const row of view.rows) if (!row.arms.size) yield ["S207", ["results", row.index, "arms"], "no numbers yet", "type the numbers of the groups, or remove this result"];
  for (const [index, { contrast, between, pool, note }] of view.results.entries()) {
    if (pool === false && note === undefined) yield ["S207", ["results", index, "note"], "kept out of analyses without a reason", "say why in the note"];
    if (isMapping(between) && between.p === undefined && between.statistic === undefined) yield ["S207", ["results", index, "between"], "a test without P and statistic", "give one of them, or leave the test empty"];
    if (between !== undefined && contrast) yield ["S207", ["results", index, "between"], "a test between groups beside a comparison", "the comparison has its own P"];
    if (!contrast) continue;
    const path = ["results", index, "contrast"], ratio = (contrast.measure ?? "difference") !== "difference";
    yield* order(path, contrast);
    if (contrast[ratio ? "ratio" : "difference"] === undefined) yield ["S207", [...path, ratio ? "ratio" : "difference"], `the ${ratio ? "ratio" : "difference"} is missing`, ""];
    if (contrast[ratio ? "difference" : "ratio"] !== undefined) yield ["S207", [...path, ratio ? "difference" : "ratio"], "a difference and a ratio", "give one of them"];
    if (contrast.treatment !== undefined && contrast.treatment === contrast.control) yield ["S207", [...path, "control"], "a group cannot be compared with itself", ""];
  }
}

/** Everything that is described by centre and width: values of groups, age, duration, body mass index and weight. */
function* described(view) {
  yield* summaries(view);
  const owners = [...view.arms.map((arm, index) => [["arms", index], arm]), [["population"], view.record.population], [["model"], view.record.model]];
  for (const [path, owner] of owners) if (isMapping(owner?.body_weight)) yield [[...path, "body_weight"], owner.body_weight];
}

function* references(view) {
  const seen = new Set(), known = new Set(view.arms.map((arm) => arm.id)), sources = view.record.sources ?? {}, { data } = view;
  for (const [index, arm] of view.arms.entries()) {
    if (seen.has(arm.id)) yield ["R408", ["arms", index, "id"], `the name ${shown(arm.id)} is used twice`, "give each group its own name"];
    if (arm.id !== undefined) seen.add(arm.id);
  }
  const noArm = (path, arm) => (arm === undefined || known.has(arm) ? [] : [["R401", path, `no group has the name ${shown(arm)}`, "choose one of the groups above"]]);
  const noSource = (path, key) => (typeof key !== "string" || owns(sources, key) ? [] : [["R402", path, `no source has the name ${shown(key)}`, "choose one of the sources above"]]);
  for (const [path, arm] of values(view)) yield* noArm(path, arm);
  for (const [path, part] of summaries(view)) if (path[0] !== "results") yield* noSource([...path, "source"], part.source);
  for (const [index, missing] of listOf(view.record.missing_results).entries()) {
    yield* noSource(["missing_results", index, "source"], missing.source);
    if (missing.outcome !== undefined && !view.outcomes.has(missing.outcome) && !owns(data.families, missing.outcome)) yield ["R404", ["missing_results", index, "outcome"], `${shown(missing.outcome)} is neither an outcome nor a family of the catalogue`, "choose one of the list"];
  }
  for (const [index, entry] of listOf(view.record.risk_of_bias).entries()) if (entry.outcome !== undefined && !view.outcomes.has(entry.outcome)) yield ["R403", ["risk_of_bias", index, "outcome"], `${shown(entry.outcome)} is not an outcome of the catalogue`, "choose one of the list"];
  for (const [index, result] of view.results.entries()) {
    const outcome = view.outcomes.get(result.outcome), path = ["results", index];
    for (const key of listOf(result.source)) yield* noSource([...path, "source"], key);
    if (result.contrast) for (const side of ["treatment", "control"]) yield* noArm([...path, "contrast", side], result.contrast[side]);
    if (result.outcome !== undefined && !outcome) yield ["R403", [...path, "outcome"], `${shown(result.outcome)} is not an outcome of the catalogue`, "choose one of the list"];
    if (!outcome) continue;
    if (!owns(outcome.settings, view.setting)) yield ["R405", [...path, "outcome"], `${outcome.label} is no outcome of this setting`, "choose an outcome of this setting"];
    const percent = isMapping(result.arms) && Object.keys(result.arms).length > 0 && Object.values(result.arms).every((value) => value.percent_change !== undefined);
    const ratio = result.contrast && (result.contrast.measure ?? "difference") !== "difference";
    if (result.unit === undefined && outcome.kind !== "event" && !ratio && !outcome.dimensionless && !percent) yield ["R407", [...path, "unit"], "a measurement without a unit", "choose the unit as printed"];
    if (result.unit !== undefined && canonicalUnit(data, outcome, result.unit) === null && !(result.unit === "%" && percent)) yield ["R406", [...path, "unit"], outcome.kind === "event" ? `${outcome.label} is counted, and has no unit` : `${shown(result.unit)} is no unit of ${outcome.label}`, outcome.kind === "event" ? "leave the unit out" : `units of it: ${Object.keys(outcome.units).join(", ")}`];
  }
}

/** Judgements that the tool does not have: its words, its domains, each once. */
function* judgements({ tool, overall, domains }, tools, path) {
  if (!owns(tools, tool)) return;
  const { title, levels, domains: names, patterns } = tools[tool], seen = new Set();
  const word = (place, said) => (said === undefined || levels.includes(said) ? [] : [["C521", place, `${title} has no judgement ${shown(said)}`, `use ${levels.join(", ")}`]]);
  const find = (words) => {
    const text = words.toLowerCase().split(/\s+/).filter(Boolean).join(" "), number = Number(/^(?:d|domain|item|signalling domain)?\s*(\d+)(?!\d)/.exec(text)?.[1]);
    if (number >= 1 && number <= names.length) return number - 1;
    const found = patterns.flatMap((pattern, at) => (new RegExp(pattern).test(text) ? [at] : []));
    return found.length === 1 ? found[0] : null;
  };
  yield* word([...path, "overall"], overall);
  for (const [i, item] of listOf(domains).entries()) {
    const at = typeof item.domain === "string" ? find(item.domain) : null, place = [...path, "domains", i];
    if (typeof item.domain === "string" && at === null) yield ["C521", [...place, "domain"], `${title} has no domain ${shown(item.domain)}`, `write one of: ${names.join(", ")}`];
    else if (at !== null && seen.has(at)) yield ["C521", [...place, "domain"], `the domain ${names[at]} is judged twice`, "keep one judgement for each domain"];
    if (at !== null) seen.add(at);
    yield* word([...place, "judgement"], item.judgement);
  }
}

function* coherence(view) {
  const { record, design, setting, results } = view, study = record.study ?? {}, roles = view.arms.map((arm) => arm.role);
  for (const [path, , value, { outcome }] of values(view)) {
    const centre = centreName(value);
    if (outcome?.kind === "event" && centre !== undefined) yield ["C501", path, `${outcome.label} is counted; got a ${centre}`, "give events and n"];
    if (outcome?.kind === "continuous" && centre === undefined) yield ["C501", path, `${outcome.label} is measured; got a count`, "give a mean, change or median"];
  }
  for (const [index, { outcome: id, contrast }] of results.entries()) {
    const outcome = view.outcomes.get(id), measure = contrast?.measure ?? "difference";
    if (contrast && outcome && outcome.kind !== "event" && measure !== "difference" && !(outcome.time && measure === "HR")) yield ["C501", ["results", index, "contrast", "measure"], `${outcome.label} is measured; got a ${measure}`, "give the difference"];
    if (!contrast) continue;
    const treated = view.roles.get(contrast.treatment), control = view.roles.get(contrast.control);
    const compared = ["control", "comparator", ...(ACTIVE.includes(design) ? ["treatment"] : [])];
    if (treated !== undefined && treated !== "treatment") yield ["C502", ["results", index, "contrast", "treatment"], `the treated group is a ${treated} group`, "are the two groups exchanged?"];
    if (control !== undefined && !compared.includes(control)) yield ["C502", ["results", index, "contrast", "control"], `the control is a ${control} group`, "are the two groups exchanged?"];
  }
  const controls = roles.filter((role) => role === "control" || role === "comparator"), place = ["study", "design"];
  if (!roles.includes("treatment")) yield ["C503", ["arms"], "no group received the cells or their product", "give one group the role treatment"];
  if (design !== undefined) {
    if (SINGLE_ARM.includes(design) && controls.length) yield ["C503", place, `the design has one group, and there is a ${controls[0]} group`, "choose a controlled design, or remove the group"];
    if (!SINGLE_ARM.includes(design) && !ACTIVE.includes(design) && !controls.length) yield ["C503", place, "the design has a control group, and none is given", "add the group, or choose a single-arm design"];
    if (ACTIVE.includes(design) && view.arms.length < 2) yield ["C503", place, "the design compares groups, and there is one", "add the other group"];
    if (setting !== undefined && ANIMAL.includes(design) !== (setting === "preclinical")) yield ["C505", place, "the design belongs to the other setting", "choose the design again"];
  }
  const fitting = robTool(design ?? "");
  for (const [index, { tool }] of listOf(record.risk_of_bias).entries()) if (design !== undefined && tool !== undefined && tool !== fitting) yield ["C504", ["risk_of_bias", index, "tool"], `the tool ${tool} does not fit the design`, `use ${fitting}`];
  for (const [index, entry] of listOf(record.risk_of_bias).entries()) yield* judgements(entry, view.data.tools, ["risk_of_bias", index]);
  yield* modelFits(record.model);
  const { status, checked_by: checker } = record.extraction ?? {};
  if (status !== undefined && status !== "single" && checker === undefined) yield ["C509", ["extraction", "status"], `extracted ${status}, and the second extractor is missing`, "name who checked it"];
  for (const [index, code] of listOf(study.countries).entries()) if (owns(NOT_ISO, code)) yield ["C511", ["study", "countries", index], `${code} is not the ISO 3166 code of a country`, `write ${NOT_ISO[code]}`];
  const end = study.follow_up === undefined ? null : daysOf(study.follow_up);
  for (const [index, result] of results.entries()) {
    const days = daysOf(result.at);
    if (end !== null && days !== null && days > end * 1.05) yield ["C506", ["results", index, "at"], `the result is at ${result.at}; follow-up ends at ${study.follow_up}`, "correct the time, or the follow-up"];
  }
}

const NOT_ISO = { UK: "GB", EL: "GR", EN: "GB" };

/** A pattern in which \\b and \\w mean letters and digits of every script, as they do in Python. */
function pattern(source) {
  const word = "[\\p{L}\\p{N}_]", edge = `(?:(?<=${word})(?!${word})|(?<!${word})(?=${word}))`;
  return new RegExp(source.replaceAll("\\b", edge).replaceAll("\\w", "\\p{L}\\p{N}_"), "iu");
}

const TYPE_OF_STRAIN = [
  [pattern("db/db|ob/ob|kk-?ay|goto-?kakizaki|\\bgk\\b|\\bzdf\\b|zucker diabetic|\\boletf\\b"), "T2D"],
  [pattern("\\bakita\\b|\\bbb(?:dp)?\\b rat|\\bbbdp\\b|ins2"), "T1D"],
];
const SPECIES_OF_STRAIN = [
  [pattern("c57bl|balb|\\bnod\\b|db/db|ob/ob|\\bicr\\b|\\bcd-?1\\b|\\bkk-?ay|\\bfvb|\\bakita|\\bnsg\\b|kunming"), "mouse"],
  [pattern("wistar|sprague|goto-?kakizaki|zucker|\\bzdf\\b|\\blewis\\b|f344|fischer|long.?evans|oletf"), "rat"],
  [pattern("beagle"), "dog"], [pattern("new zealand white"), "rabbit"], [pattern("mini-?pig|yorkshire pig|landrace"), "pig"], [pattern("macaque|rhesus|cynomolgus"), "non-human-primate"],
];
const STANDS_FOR = { alloxan: "T1D", streptozotocin: "T1D", "high-fat-diet": "T2D", "high-fat-diet+streptozotocin": "T2D", "streptozotocin+nicotinamide": "T2D", pancreatectomy: "T3c" };
const NOD = pattern("\\bnod\\b"), NEONATAL = pattern("neonat|newborn|postnatal|\\bn-?stz\\b|days? (after birth|old)|diet|fat|fructose");

/** Type, strain, species and way of induction of an animal model. */
function* modelFits(model) {
  if (!isMapping(model)) return;
  const { strain, species, models_type: type, induction } = model, agent = induction?.agent, others = (kind) => ![kind, "unspecified"].includes(type);
  if (strain !== undefined) {
    const kind = NOD.test(strain) && ["spontaneous", "adoptive-transfer"].includes(agent) ? "T1D" : TYPE_OF_STRAIN.find(([known]) => known.test(strain))?.[1];
    if (kind !== undefined && type !== undefined && others(kind)) yield ["C507", ["model", "models_type"], `${shown(strain)} is a model of ${kind}`, "correct the type, or the strain"];
    const found = SPECIES_OF_STRAIN.filter(([known]) => known.test(strain)).map(([, name]) => name);
    if (found.length && species !== undefined && !found.includes(species) && species !== "not-reported") yield ["C508", ["model", "strain"], `${shown(strain)} is a strain of the ${found.join(" or ")}`, "correct species or strain"];
  }
  const said = [strain, induction?.schedule, model.note].filter(Boolean).join(" ");
  if (agent === "streptozotocin" && (NEONATAL.test(said) || TYPE_OF_STRAIN.some(([known, kind]) => kind === "T2D" && known.test(said)))) return;
  const expected = owns(STANDS_FOR, agent ?? "") ? STANDS_FOR[agent] : undefined;
  if (expected !== undefined && type !== undefined && others(expected)) yield ["C517", ["model", "models_type"], `${agent} makes a model of ${expected}`, "correct the type, or acknowledge what the paper calls it"];
}

const REGISTRIES = /^(?:NCT\d{8}|ISRCTN\d{8}|ChiCTR[-A-Z]*\d{8,10}|ACTRN\d{14}p?|IRCT\w{10,20}(?:N\d+)?|(?:JPRN-)?UMIN\d{9}|(?:JPRN-)?jRCTs?\w{9,11}|KCT\d{7}|CTRI\/\d{4}\/\d{2,3}\/\d{6}|DRKS\d{8}|NTR\d{3,4}|NL\d{3,5}|TCTR\d{11}|RBR-\w{6,7}|RPCEC\d{8}|SLCTR\/\d{4}\/\d{3}|PACTR\d{15,16}|(?:EUCTR|EudraCT )?\d{4}-\d{6}-\d{2}(?:-\w{2})?|CRD\d{11})$/;
const ADDRESS = /^(?:https?:\/\/[^\s/]+\.[^\s/]+(?:\/\S*)?|doi:10\.\d{4,9}\/\S+|PMC\d+|github:[\w.-]+\/[\w.-]+(?:@\S*)?)$/;

function* identity(view) {
  const study = view.record.study ?? {}, { doi, pmid, year } = study, date = view.record.extraction?.date;
  for (const [index, number] of (study.registration ?? []).entries()) if (!REGISTRIES.test(number)) yield ["C510", ["study", "registration", index], `${shown(number)} has not the form of a registry`, "one number each, nothing else: NCT01374854"];
  if (Number.isInteger(year)) {
    if (typeof date === "string" && year > Number(date.slice(0, 4))) yield ["C513", ["study", "year"], `the study is of ${year}, and was extracted on ${date}`, "correct the year or the date"];
    if (year < 1999) yield ["C513", ["study", "year"], `the study is of ${year}; MSC were first described in 1999`, "correct the year"];
  }
  const count = (text, character) => text.split(character).length;
  if (doi !== undefined && (/[.,;:'"]$/.test(doi) || count(doi, ")") > count(doi, "("))) yield ["C515", ["study", "doi"], `the DOI ends with ${shown(doi.at(-1))}`, "a sign of the text around it?"];
  if (/^\d+$/.test(pmid ?? "") && Number(pmid) > 60000000) yield ["C515", ["study", "pmid"], `the PMID ${pmid} is higher than any so far`, "a digit too many, or a PMC id?"];
  for (const [key, { url }] of Object.entries(view.record.sources ?? {})) if (url !== undefined && !isTodo(url) && !ADDRESS.test(url)) yield ["C515", ["sources", key, "url"], `${shown(url)} is no address`, "write https://… as the browser shows it, doi:10.…, or a PMC id"];
  yield* titleType(view.record);
}

const TYPE_1 = pattern("type[\\s-]*(1|i)(?![\\w-])|\\bt1dm?\\b|insulin[- ]dependent|1\\s*型|I\\s*型");
const TYPE_2 = "type[\\s-]*(2|ii)(?![\\w-])|\\bt2dm?\\b|non[- ]insulin[- ]dependent|2\\s*型|II\\s*型";

/** A title that names the other type of diabetes. */
function* titleType({ study, population, model }) {
  const title = study?.title ?? "", second = pattern(TYPE_2).test(title), first = TYPE_1.test(title.replace(new RegExp(pattern(TYPE_2), "giu"), ""));
  const path = population ? ["population", "diabetes_type"] : ["model", "models_type"], type = population ? population.diabetes_type : model?.models_type;
  if (first !== second && type === (first ? "T2D" : "T1D")) yield ["C516", path, `the title speaks of ${first ? "T1D" : "T2D"}; the record says ${type}`, "correct the type, or the title"];
}

const isTodo = (text) => /^TODO(?![A-Za-z0-9])/.test(text);

/** What is left to write: texts that begin with TODO. */
function* todos(view) {
  const code = view.results.some((result) => result.pool !== false) ? "C519" : "C518";
  const below = function* (value, path) {
    if (typeof value === "string" && isTodo(value)) yield [code, path, `to do: ${value.replace(/^TODO[ :]*/, "") || "to be written"}`, "write what the text says in place of the TODO"];
    else if (typeof value === "object" && value !== null) for (const [key, inner] of Object.entries(value)) yield* below(inner, [...path, Array.isArray(value) ? Number(key) : key]);
  };
  yield* below(view.record, []);
}

const UNLABELLED = pattern("unlabel|not label|(does|do) not say (what|whether) (the )?±|± (is )?not (explained|said|stated)|sd or sem?\\b|sem? or sd\\b|\\bsd\\?|\\bsem?\\?"
  + "|\\b(sd|sem?|standard (deviation|error)) is (plausible|likely|probable|assumed|taken)|(plausibl|likel|presumabl|probabl|assumed|taken)[\\w]*( to be| as)? (an? |the )?(sd|sem?)\\b");

/** A ± that the text does not name written as SD or SE; values read off a figure without saying so. */
function* sourcesFit(view) {
  const kinds = new Map(Object.entries(view.record.sources ?? {}).map(([key, source]) => [key, source?.kind]));
  for (const row of view.rows) {
    const { result, arms } = row, loose = [...arms].find(([, value]) => value.spread !== undefined), keys = listOf(result.source);
    const of = keys.filter((key) => kinds.has(key)).map((key) => kinds.get(key)), figure = of.length > 0 && of.every((kind) => kind === "figure");
    for (const [arm, value] of arms) {
      const path = ["results", row.index, "arms", arm], label = value.sd !== undefined ? "sd" : value.se !== undefined ? "se" : null, centre = centreName(value), sd = sdOf(value);
      const told = label && [value.note, result.note].find((note) => note && UNLABELLED.test(note));
      if (told) yield ["C514", [...path, label], `the note says ${shown(told)}`, "choose “± something the paper does not name”"];
      else if (label && loose && keys.length === 1) yield ["C514", [...path, label], `an ${label.toUpperCase()}; of ${shown(loose[0])} the ± is without a name, in one source`, "choose “± something the paper does not name”"];
      if (value.reading_error !== undefined && of.length && !of.some((kind) => kind === "figure" || kind === "figure-legend")) yield ["C520", [...path, "reading_error"], `a reading error, and the source is of the kind ${of[0]}`, "choose the figure as source, or leave the reading error out"];
      if (figure && centre !== undefined && value.reading_error === undefined) yield ["C520", [...path, centre], "read off a figure without a reading error", "give half the distance that two readings may differ"];
      if (value.reading_error !== undefined && sd && value.reading_error > sd) yield ["P712", [...path, "reading_error"], `the reading error ${short(value.reading_error)} is larger than the SD ${short(sd, 3)}`, "give it in the unit of the outcome; check the SD"];
    }
  }
}
