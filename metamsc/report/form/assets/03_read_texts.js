// Texts of a record's file: without quotes, in quotes, after | and >, as libyaml reads them, and
// where the reader stands.

const NULLS = ["", "~", "null", "Null", "NULL"];
const BOOLEANS = { true: true, True: true, TRUE: true, false: false, False: false, FALSE: false };
const ESCAPES = { 0: "\0", a: "\x07", b: "\b", t: "\t", n: "\n", v: "\v", f: "\f", r: "\r", e: "\x1b", " ": " ", '"': '"', "/": "/", "\\": "\\", N: "\x85", _: "\xa0", L: "\u2028", P: "\u2029" };

class YamlTexts {
  constructor(text) {
    this.lines = text.replace(/^\ufeff/, "").replace(/\r\n?/g, "\n").split("\n");
    this.row = 0; this.col = 0; this.depth = 0; this.comments = [];
  }

  fail(words, row = this.row) { throw new SyntaxError(`line ${row + 1}: ${words}`); }
  get line() { return this.lines[this.row] ?? ""; }
  get rest() { return this.line.slice(this.col); }
  get atEnd() { return this.row >= this.lines.length; }

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
}
