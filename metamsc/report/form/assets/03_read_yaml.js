// The text of a record's file as values: the YAML that records are written in (blocks, lists, { } and [ ], quotes,
// folded text), read as metamsc/records reads it. Whatever else YAML has (anchors, tags, merge keys, a second
// document) is refused with its line: what is read is exactly what Python would read, or nothing.

const DEEPEST = 40, LONGEST_FILE = 1000000;

/** Read the text of a file: {value, comments}; comments are the numbers of the lines that have one. */
function readYaml(text) {
  return new YamlReader(text).read();
}

class YamlReader extends YamlTexts {
  read() {
    if (this.lines.join("\n").length > LONGEST_FILE) this.fail("the file is too long for a record", 0);
    this.lines.forEach((line, row) => { if (line.search(INVISIBLE) >= 0) this.fail("a character that no record may hold", row); });
    this.toContent();
    if (this.rest.startsWith("%")) this.fail("a directive");
    if (this.col === 0 && /^---\s*$/.test(this.line)) { this.row += 1; this.toContent(); }
    const value = this.atEnd ? null : this.node(this.col, -1);
    this.toContent();
    if (!this.atEnd) this.fail("this does not continue what stands above it");
    if (!isMapping(value)) this.fail("the file is not a record: `key: value` on each line", 0);
    return { value, comments: this.comments };
  }

  /** Go to the next line with something on it. */
  toContent() {
    while (!this.atEnd && this.lineIsDone()) { this.row += 1; this.col = 0; }
    if (this.atEnd) return;
    const [space] = /^[ \t]*/.exec(this.rest);
    if (space.includes("\t")) this.fail("a tab: indent with spaces");
    this.col += space.length;
    if (this.col === 0 && /^(---|\.\.\.)(\s|$)/.test(this.line) && this.row > 0 && this.depth > 0) this.fail("a second document");
  }

  get isDash() { return /^-(?: |$)/.test(this.rest); }

  /** The value that begins at this column, below something at `parent`. */
  node(indent, parent) {
    this.depth += 1;
    if (this.depth > DEEPEST) this.fail("too many levels");
    const value = this.isDash ? this.sequence(indent) : this.keyLength() ? this.mapping(indent) : this.inline(parent);
    this.depth -= 1;
    return value;
  }

  sequence(indent) {
    const items = [];
    while (!this.atEnd && this.col === indent && this.isDash) {
      this.col += 1;
      if (this.lineIsDone()) {
        this.toContent();
        items.push(!this.atEnd && this.col > indent ? this.node(this.col, indent) : null);
      } else {
        this.col += /^ */.exec(this.rest)[0].length;
        items.push(this.node(this.col, indent));
      }
      this.toContent();
    }
    if (!this.atEnd && this.col > indent) this.fail("the entries of a list stand in one column");
    return items;
  }

  /** Length of a key with its colon at this place; 0 where there is none. */
  keyLength() {
    const found = /^(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s"'\-?:,[\]{}#&*!|>%@`](?:[^#]|(?<=\S)#)*?|[-?:](?=\S)(?:[^#]|(?<=\S)#)*?)[ \t]*:(?= |$)/.exec(this.rest);
    if (found && found[0].length > 1000) this.fail("a key that is too long");
    return found ? found[0].length : 0;
  }

  mapping(indent) {
    const entries = new Map();
    while (!this.atEnd && this.col === indent) {
      const length = this.keyLength();
      if (!length) this.fail("a key is followed by a colon and a space");
      const end = this.col + length, key = this.key(this.rest.slice(0, length - 1).trimEnd());
      if (entries.has(key)) this.fail(`the key ${shown(key)} stands there twice`);
      this.col = end;
      entries.set(key, this.valueBelow(indent));
      this.toContent();
    }
    if (!this.atEnd && this.col > indent) this.fail("check the indentation of this line");
    return Object.fromEntries(entries);
  }

  key(text) {
    if (/^["']/.test(text)) {
      const inner = new YamlReader(text);
      const value = inner.quoted(-1);
      if (inner.rest !== "") this.fail("a key in quotes ends with them");
      return value;
    }
    const value = this.plainValue(text);
    if (typeof value !== "string" || value === "<<") this.fail(`the key ${shown(text)} is no word`);
    return value;
  }

  valueBelow(indent) {
    if (!this.lineIsDone()) {
      this.col += /^[ \t]*/.exec(this.rest)[0].length;
      return this.inline(indent);
    }
    this.toContent();
    if (this.atEnd || this.col < indent || (this.col === indent && !this.isDash)) return null;
    return this.node(this.col, this.col === indent ? indent - 1 : indent);
  }

  /** A value that begins in the middle of a line. */
  inline(parent) {
    const first = this.rest[0];
    if (first === "|" || first === ">") return this.blockText(parent, first === "|");
    if ("&*!".includes(first)) this.fail("an anchor, alias or tag: write the value out");
    if ("%@`,]}#".includes(first) || /^[-?:](?:\s|$)/.test(this.rest)) this.fail("a text that begins so needs quotes");
    let value;
    if (first === "[" || first === "{") value = this.flow(parent);
    else if (first === '"' || first === "'") value = this.quoted(parent);
    else return this.plain(parent);
    this.endLine();
    return value;
  }

  /** To the next thing inside brackets, over lines and comments. */
  toFlow() {
    while (!this.atEnd && this.lineIsDone()) { this.row += 1; this.col = 0; }
    if (this.atEnd) this.fail("a bracket that begins above is never closed", this.lines.length - 1);
    if (this.col === 0 && /^(---|\.\.\.)(\s|$)/.test(this.line)) this.fail("a second document");
    this.col += /^[ \t]*/.exec(this.rest)[0].length;
  }

  flow(parent) {
    this.depth += 1;
    if (this.depth > DEEPEST) this.fail("too many levels");
    const list = this.rest[0] === "[", close = list ? "]" : "}", items = [], entries = new Map();
    this.col += 1;
    for (let first = true; ; first = false) {
      this.toFlow();
      if (this.rest[0] === close) break;
      if (!first) {
        if (this.rest[0] !== ",") this.fail("a list in [ ] or fields in { } need commas between them");
        this.col += 1;
        this.toFlow();
        if (this.rest[0] === close) break;
      }
      if (list) {
        items.push(this.flowValue(parent)[0]);
        continue;
      }
      const start = this.row, [key, plain] = this.flowValue(parent);
      if (typeof key !== "string" || (plain && key === "<<") || entries.has(key)) this.fail(`the key ${shown(key)} is no word, or stands there twice`);
      this.toFlow();
      let value = null;
      if (this.rest[0] === ":") {
        if (this.row !== start) this.fail("a key stands on one line with its colon");
        this.col += 1;
        this.toFlow();
        if (![",", "}"].includes(this.rest[0])) [value] = this.flowValue(parent);
      }
      entries.set(key, value);
    }
    this.col += 1;
    this.depth -= 1;
    return list ? items : Object.fromEntries(entries);
  }

  /** A value inside brackets, and whether it stands without quotes. */
  flowValue(parent) {
    const first = this.rest[0];
    if (first === "[" || first === "{") return [this.flow(parent), false];
    if (first === '"' || first === "'") return [this.quoted(parent), false];
    if ("&*!|>%@`#,:]}?".includes(first) || /^-(?:[\s,[\]{}]|$)/.test(this.rest)) this.fail("a text that begins so needs quotes");
    const parts = [];
    for (;;) {
      const [found] = /^(?:[^,[\]{}:#]|:(?![\s,[\]{}]|$)|(?<=\S)#)*/.exec(this.rest), part = found.trimEnd();
      parts.push(part);
      this.col += part.length;
      if (!this.lineIsDone() || this.comments.at(-1) === this.row + 1) break;
      const next = this.lines.slice(this.row + 1).findIndex((line) => /\S/.test(line));
      if (next !== 0) break;
      const [space, character] = /^[ \t]*(\S)/.exec(this.lines[this.row + 1]) ?? ["", ""];
      if (",]}#:".includes(character)) break;
      this.row += 1; this.col = space.length - 1;
    }
    if (/^:[,[\]{}]/.test(this.rest)) this.fail("a colon here needs quotes");
    return [this.plainValue(parts.filter(Boolean).join(" ")), true];
  }
}
