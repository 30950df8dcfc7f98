// The text of a record's file as values: the YAML that records are written in (blocks, lists, { } and [ ], quotes,
// folded text), read as metamsc/records reads it. Whatever else YAML has (anchors, tags, merge keys, a second
// document) is refused with its line: what is read is exactly what Python would read, or nothing.

const DEEPEST = 40, LONGEST_FILE = 1000000, NULLS = ["", "~", "null", "Null", "NULL"];
const BOOLEANS = { true: true, True: true, TRUE: true, false: false, False: false, FALSE: false };
const ESCAPES = { 0: "\0", a: "\x07", b: "\b", t: "\t", n: "\n", v: "\v", f: "\f", r: "\r", e: "\x1b", " ": " ", '"': '"', "/": "/", "\\": "\\", N: "\x85", _: "\xa0", L: "\u2028", P: "\u2029" };

/** Read the text of a file: {value, comments}; comments are the numbers of the lines that have one. */
function readYaml(text) {
  return new YamlReader(text).read();
}

class YamlReader {
  constructor(text) {
    this.lines = text.replace(/^\ufeff/, "").replace(/\r\n?/g, "\n").split("\n");
    this.row = 0; this.col = 0; this.depth = 0; this.comments = [];
  }

  fail(words, row = this.row) { throw new SyntaxError(`line ${row + 1}: ${words}`); }
  get line() { return this.lines[this.row] ?? ""; }
  get rest() { return this.line.slice(this.col); }
  get atEnd() { return this.row >= this.lines.length; }

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

  /** Whether only blanks or a comment follow on the line; a comment is noted. */
  lineIsDone() {
    const found = /^[ \t]*(#.*)?$/.exec(this.rest);
    if (!found || (found[1] && this.col > 0 && !/\s/.test(this.line[this.col + found.index + found[0].indexOf("#") - 1] ?? " "))) return false;
    if (found[1] && !/^#\s*yaml-language-server:/.test(found[1]) && this.comments.at(-1) !== this.row + 1) this.comments.push(this.row + 1);
    return true;
  }

  endLine() {
    if (!this.lineIsDone()) this.fail(`this does not belong here: ${shown(this.rest.trim())}`);
    this.row += 1; this.col = 0;
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

  plainValue(text) {
    if (NULLS.includes(text)) return null;
    if (owns(BOOLEANS, text)) return BOOLEANS[text];
    if (/^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/.test(text) || /^0o[0-7]+$|^0x[0-9a-fA-F]+$/.test(text)) {
      const number = Number(/^[-+]?[0-9]+$/.test(text) ? text.replace(/^([-+]?)0+(?=\d)/, "$1") : text);
      if (!(Math.abs(number) <= 1e50) || (number !== 0 && Math.abs(number) < 1e-50) || text.length > 300) this.fail(`${shown(text)} is no number that a paper can report`);
      return number;
    }
    if (/^[-+]?\.(?:inf|Inf|INF)$|^\.(?:nan|NaN|NAN)$/.test(text)) this.fail(`${shown(text)} is no number that a paper can report`);
    return text;
  }

  /** A text without quotes in a block, over one or several lines. */
  plain(parent) {
    const take = () => {
      const found = /^(.*?)(?:[ \t]+#.*)?$/.exec(this.rest), part = found[1].trimEnd(), ends = found[1].length < this.rest.length && /\s#/.test(this.rest.slice(part.length));
      if (/:(?:\s|$)/.test(part)) this.fail("a text that contains a colon and a space needs quotes");
      this.col += part.length;
      this.endLine();
      return [part, ends];
    };
    let [text, ends] = take(), breaks = 0;
    while (!ends && !this.atEnd) {
      const [space] = /^[ \t]*/.exec(this.line);
      if (space.length === this.line.length) { breaks += 1; this.row += 1; continue; }
      if (space.length <= parent || this.line[space.length] === "#") break;
      if (space.includes("\t")) this.fail("a tab: indent with spaces");
      this.col = space.length;
      const [part, last] = take();
      text += (breaks ? "\n".repeat(breaks) : " ") + part;
      ends = last; breaks = 0;
    }
    return this.plainValue(text);
  }

  /** A text in quotes; a line break in it is a space, an empty line a line break. */
  quoted(parent) {
    const quote = this.rest[0], double = quote === '"';
    let text = "", blanks = "";
    this.col += 1;
    for (;;) {
      if (this.col >= this.line.length) { text += this.foldedBreak(parent); blanks = ""; continue; }
      const character = this.line[this.col];
      if (character === " " || character === "\t") { blanks += character; this.col += 1; continue; }
      if (double && character === "\\" && this.col === this.line.length - 1) { // the line goes on without a space
        text += blanks; blanks = "";
        this.nextQuotedLine(parent);
        continue;
      }
      text += blanks; blanks = "";
      if (character === quote && !double && this.line[this.col + 1] === quote) { text += quote; this.col += 2; continue; }
      if (character === quote) { this.col += 1; break; }
      text += double && character === "\\" ? this.escape() : String.fromCodePoint(this.line.codePointAt(this.col));
      if (character !== "\\" || !double) this.col += this.line.codePointAt(this.col) > 0xffff ? 2 : 1;
    }
    if (text.search(INVISIBLE) >= 0) this.fail("a character that no record may hold");
    return text;
  }

  nextQuotedLine(parent) {
    this.row += 1; this.col = 0;
    if (this.atEnd) this.fail("a quote that begins above is never closed", this.row - 1);
    const [space] = /^[ \t]*/.exec(this.line);
    if (space.length < this.line.length && space.length <= parent) this.fail("check the indentation of this line");
    if (/^(---|\.\.\.)(\s|$)/.test(this.line)) this.fail("a second document");
    this.col = space.length;
  }

  foldedBreak(parent) {
    let breaks = -1;
    do { this.nextQuotedLine(parent); breaks += 1; } while (this.col >= this.line.length);
    return breaks ? "\n".repeat(breaks) : " ";
  }

  escape() {
    const kind = this.line[this.col + 1], digits = { x: 2, u: 4, U: 8 }[kind];
    if (digits) {
      const hex = this.line.slice(this.col + 2, this.col + 2 + digits), code = /^[0-9a-fA-F]+$/.test(hex) && hex.length === digits ? parseInt(hex, 16) : NaN;
      if (!(code <= 0x10ffff) || (code >= 0xd800 && code <= 0xdfff)) this.fail("an escape that is no character");
      this.col += 2 + digits;
      return String.fromCodePoint(code);
    }
    if (!owns(ESCAPES, kind ?? "")) this.fail("inside double quotes a backslash is written \\\\");
    this.col += 2;
    return ESCAPES[kind];
  }

  /** A text after | or >: as libyaml folds it. */
  blockText(parent, literal) {
    const head = /^[|>](?:([+-])([1-9])?|([1-9])([+-])?)?(?=[ \t]|$)/.exec(this.rest);
    if (!head) this.fail("after | or > stands nothing, or + or -");
    const chomp = head[1] ?? head[4] ?? "", given = Number(head[2] ?? head[3] ?? 0);
    this.col += head[0].length;
    this.endLine();
    let indent = given ? Math.max(parent, 0) + given : 0;
    if (!indent) {
      const first = this.lines.slice(this.row).find((line) => /[^ ]/.test(line)) ?? "";
      indent = Math.max(/^ */.exec(first)[0].length, parent + 1, 1);
      if (first && /^ */.exec(first)[0].length <= parent) indent = parent + 1;
    }
    let text = "", lead = "", trail = "", leadBlank = false;
    for (; !this.atEnd; this.row += 1) {
      const { line } = this, [space] = /^ */.exec(line), last = this.row === this.lines.length - 1;
      if (space.length === line.length && line.length <= indent) { if (!last) trail += "\n"; continue; }
      if (space.length < indent) {
        if (line[space.length] === "\t") this.fail("a tab: indent with spaces");
        break;
      }
      const content = line.slice(indent), blank = /^[ \t]/.test(content);
      if (!literal && lead && !leadBlank && !blank) text += trail ? "" : " ";
      else text += lead;
      text += trail + content;
      trail = ""; leadBlank = blank; lead = last ? "" : "\n";
    }
    this.col = 0;
    return text + (chomp === "-" ? "" : lead) + (chomp === "+" ? trail : "");
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
