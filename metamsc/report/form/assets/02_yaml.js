// A record as YAML that every reader takes for the same values. A text stands without quotes only where
// nothing could be made of it but that text; everything else is in double quotes, escaped as in JSON.

const PLAIN = /^[A-Za-z][A-Za-z0-9_./()-]*(?: [A-Za-z0-9_./()-]+)*$/;
const NOT_TEXT = /^(?:y|n|yes|no|on|off|true|false|null|none|nan|inf)$/i;
const LINE = 100;

function yamlText(text) {
  return PLAIN.test(text) && !NOT_TEXT.test(text) && text.length <= LINE ? text : JSON.stringify(text.toWellFormed?.() ?? text);
}

/** A key; the record's `n` stands plain in every shipped record. */
const yamlKey = (key) => (key === "n" ? key : yamlText(key));

/** The shortest text that is read back as this number, by readers of YAML 1.1 (which want 1.0e21) too. */
function yamlNumber(value) {
  const text = String(value);
  if (!text.includes("e")) return text;
  const [digits, exponent] = text.split("e");
  return `${digits.includes(".") ? digits : `${digits}.0`}e${exponent[0] === "-" ? exponent : `+${exponent.replace("+", "")}`}`;
}

function yamlFlow(value) {
  if (Array.isArray(value)) return `[${value.map(yamlFlow).join(", ")}]`;
  if (isMapping(value)) return `{${Object.entries(value).map(([key, part]) => `${yamlKey(key)}: ${yamlFlow(part)}`).join(", ")}}`;
  return typeof value === "string" ? yamlText(value) : typeof value === "number" ? yamlNumber(value) : String(value);
}

const isScalar = (value) => typeof value !== "object" || value === null;

/** Whether a value stands on one line: lists of scalars, and the numbers of an arm. */
function isShort(value, depth) {
  if (isScalar(value) || !Object.keys(value).length) return true;
  if (Array.isArray(value)) return value.every(isScalar);
  return depth > 1 && Object.values(value).every((part) => isScalar(part) || (Array.isArray(part) && part.every(isScalar)));
}

function yamlLines(value, indent, depth) {
  const space = " ".repeat(indent);
  if (Array.isArray(value)) {
    return value.flatMap((entry) => {
      const lines = isShort(entry, 0) ? [space + yamlFlow(entry)] : yamlLines(entry, indent + 2, depth + 1);
      return [`${space}- ${lines[0].trimStart()}`, ...lines.slice(1)];
    });
  }
  return Object.entries(value).flatMap(([key, part]) => {
    const head = `${space}${yamlKey(key)}:`, flow = `${head} ${yamlFlow(part)}`;
    if (isScalar(part) || (isShort(part, depth) && flow.length <= LINE)) return [flow];
    return [head, ...yamlLines(part, indent + 2, depth + 1)];
  });
}

/** A whole record: the text of its file. */
function yamlOf(record) {
  return `${yamlLines(record, 0, 0).join("\n")}\n`;
}
