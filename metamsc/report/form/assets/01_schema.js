// JSON Schema 2020-12, as far as the schema of a record uses it. A keyword that is not here stops the page
// (and, before that, the build): nothing is passed over in silence.

const KINDS = {
  string: (value) => typeof value === "string",
  number: (value) => typeof value === "number" && Number.isFinite(value),
  integer: (value) => Number.isInteger(value),
  boolean: (value) => typeof value === "boolean",
  null: (value) => value === null,
  array: Array.isArray,
  object: (value) => isMapping(value),
};
const KIND_WORDS = { string: "text", number: "a number", integer: "a whole number", boolean: "yes or no", array: "a list", object: "a group of fields", null: "nothing" };

function isMapping(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const owns = (mapping, key) => Object.prototype.hasOwnProperty.call(mapping, key);

/** The schema behind a `$ref`; every reference of the record's schema is `#/$defs/NAME`. */
function referred(root, schema) {
  return schema.$ref === undefined ? schema : root.$defs[schema.$ref.slice("#/$defs/".length)];
}

function shown(value) {
  const text = typeof value === "string" ? `“${value}”` : JSON.stringify(value) ?? "nothing";
  return text.length <= 60 ? text : `${text.slice(0, 59)}…`;
}

const nothing = () => [];
const say = (path, code, message) => [{ path, code, message }];
const limit = (holds, words) => (value, bound, schema, path) =>
  (typeof value === "number" && !holds(value, bound) ? say(path, "S205", `${shown(value)}: it must be ${words} ${bound}`) : []);
const length = (kind, holds, words) => (value, bound, schema, path) => {
  const size = kind === "text" ? typeof value === "string" && [...value].length : kind === "list" ? Array.isArray(value) && value.length : isMapping(value) && Object.keys(value).length;
  return size !== false && !holds(size, bound) ? say(path, "S208", kind === "text" ? "it is empty" : `it must have at ${words} ${bound} entries; it has ${size}`) : [];
};

/** Keyword -> what it finds wrong with a value: (value, argument, its schema, path, root). */
const SCHEMA_KEYWORDS = {
  $defs: nothing, $id: nothing, $schema: nothing, default: nothing, description: nothing, title: nothing,
  then: nothing, else: nothing, // with `if`
  $ref: (value, _, schema, path, root) => schemaErrors(root, referred(root, schema), value, path),
  type: (value, kind, schema, path) => (KINDS[kind](value) ? [] : say(path, "S203", `it must be ${KIND_WORDS[kind]}; got ${shown(value)}`)),
  const: (value, only, schema, path) => (value === only ? [] : say(path, "S204", `it must be ${shown(only)}; got ${shown(value)}`)),
  enum: (value, words, schema, path) => (words.includes(value) ? [] : say(path, "S204", `${shown(value)} is not one of the allowed words`)),
  pattern: (value, form, schema, path) => (typeof value === "string" && !new RegExp(form, "u").test(value) ? say(path, "S206", `${shown(value)} has not the right form`) : []),
  minimum: limit((value, bound) => value >= bound, "at least"),
  maximum: limit((value, bound) => value <= bound, "at most"),
  exclusiveMinimum: limit((value, bound) => value > bound, "more than"),
  minLength: length("text", (size, bound) => size >= bound, "least"),
  minItems: length("list", (size, bound) => size >= bound, "least"),
  maxItems: length("list", (size, bound) => size <= bound, "most"),
  minProperties: length("mapping", (size, bound) => size >= bound, "least"),
  required: (value, names, schema, path) => (isMapping(value) ? names.filter((name) => !owns(value, name)).flatMap((name) => say([...path, name], "S202", "it is missing")) : []),
  properties: (value, parts, schema, path, root) => (isMapping(value) ? Object.entries(parts).flatMap(([name, part]) => (owns(value, name) ? schemaErrors(root, part, value[name], [...path, name]) : [])) : []),
  additionalProperties: (value, rest, schema, path, root) => {
    if (!isMapping(value)) return [];
    const more = Object.keys(value).filter((name) => !owns(schema.properties ?? {}, name));
    return more.flatMap((name) => (rest === false ? say([...path, name], "S201", `unknown field ${shown(name)}`) : schemaErrors(root, rest, value[name], [...path, name])));
  },
  prefixItems: (value, parts, schema, path, root) => (Array.isArray(value) ? parts.flatMap((part, i) => (i < value.length ? schemaErrors(root, part, value[i], [...path, i]) : [])) : []),
  items: (value, part, schema, path, root) => (Array.isArray(value) ? value.slice(schema.prefixItems?.length ?? 0).flatMap((entry, i) => schemaErrors(root, part, entry, [...path, i])) : []),
  allOf: (value, parts, schema, path, root) => parts.flatMap((part) => schemaErrors(root, part, value, path)),
  anyOf: (value, parts, schema, path, root) => {
    const found = parts.map((part) => schemaErrors(root, part, value, path));
    if (found.some((errors) => !errors.length)) return [];
    const telling = found.filter((_, i) => parts[i].type !== "null");
    if (telling.length === 1) return telling[0];
    const names = parts.filter((part) => part.required).map((part) => part.required.join(" and "));
    return say(path, "S207", names.length ? `give ${names.join(" or ")}` : `${shown(value)} is of none of the allowed kinds`);
  },
  oneOf: (value, parts, schema, path, root) => {
    const fitting = parts.filter((part) => !schemaErrors(root, part, value, path).length).length;
    return fitting === 1 ? [] : say(path, "S207", `give either ${parts.map((part) => (part.required ?? []).join(" and ")).join(" or ")}`);
  },
  if: (value, condition, schema, path, root) => {
    const branch = schemaErrors(root, condition, value, path).length ? schema.else : schema.then;
    return branch === undefined ? [] : schemaErrors(root, branch, value, path);
  },
};

/** Everything that a schema finds wrong with a value: [{path, code, message}], with the codes of `check`. */
function schemaErrors(root, schema, value, path = []) {
  return Object.entries(schema).flatMap(([keyword, argument]) => {
    if (!owns(SCHEMA_KEYWORDS, keyword)) throw new Error(`the validator does not know the keyword ${keyword}`);
    return SCHEMA_KEYWORDS[keyword](value, argument, schema, path, root);
  });
}

/** The schema of the field at a path of a record, without `null` beside it. */
function schemaAt(root, path) {
  let schema = root;
  for (const step of path) {
    schema = plainSchema(root, schema);
    schema = typeof step === "number" ? schema.prefixItems?.[step] ?? schema.items : schema.properties?.[step] ?? schema.additionalProperties;
  }
  return { ...plainSchema(root, schema), ...(schema.description ? { description: schema.description } : {}) };
}

function plainSchema(root, schema) {
  const found = schema.anyOf?.find((part) => part.type !== "null") ?? schema;
  return found.$ref === undefined ? found : { name: found.$ref.split("/").pop(), ...referred(root, found) };
}
