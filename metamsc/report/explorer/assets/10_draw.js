// Marks on a page, in an SVG file or on a canvas. Texts are only ever set as text.

const SVG = "http://www.w3.org/2000/svg";
const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Helvetica Neue", Arial, sans-serif';
const FILE_FONT = "DejaVu Sans, Helvetica, Arial, sans-serif";
const PAPER = "#ffffff";
// colours of files: those of metamsc's figures
const COLORS = {
  ink: "#1A1A1A", soft: "#5A5A5A", rule: "#8C8C8C", band: "#EEF2F6", study: "#4A6E96", pooled: "#0B2F57",
  prediction: "#C8553D", mid: "#7A5195",
};

function svgNode(name, attributes = {}) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}

const round = (value) => Math.round(value * 100) / 100;

/** One mark as an SVG element, coloured by class (page) or by attribute (file). */
function svgMark(mark, paint) {
  switch (mark.t) {
    case "line": {
      const node = svgNode("path", { d: `M${round(mark.x1)} ${round(mark.y1)}L${round(mark.x2)} ${round(mark.y2)}`, "stroke-width": mark.w, ...paint(mark.c, true) });
      if (mark.dash) node.setAttribute("stroke-dasharray", mark.dash);
      return node;
    }
    case "rect":
      return svgNode("rect", { x: round(mark.x), y: round(mark.y), width: round(mark.w), height: round(mark.h), ...paint(mark.c, false) });
    case "shape":
      return svgNode("path", { d: `M${mark.points.map(([x, y]) => `${round(x)} ${round(y)}`).join("L")}Z`, ...paint(mark.c, false) });
    case "dots": {
      const { r } = mark, arc = `a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`;
      return svgNode("path", { d: mark.points.map(([x, y]) => `M${round(x - r)} ${round(y)}${arc}`).join(""), "fill-opacity": 0.75, ...paint(mark.c, false) });
    }
    default: {
      const node = svgNode("text", { x: round(mark.x), y: round(mark.y), "font-size": mark.size ?? SIZE, ...paint(mark.c, false) });
      if (mark.anchor) node.setAttribute("text-anchor", mark.anchor);
      if (mark.bold) node.setAttribute("font-weight", 650);
      if (mark.turn) node.setAttribute("transform", `rotate(-90 ${round(mark.x)} ${round(mark.y)})`);
      if (mark.halo) paintHalo(node, paint);
      node.textContent = mark.text;
      return node;
    }
  }
}

/** Paper around the letters of a text that lines pass behind. */
function paintHalo(node, paint) {
  if (paint === pagePaint) node.classList.add("halo");
  else for (const [key, value] of [["stroke", PAPER], ["stroke-width", 5], ["paint-order", "stroke"]]) node.setAttribute(key, value);
}

const pagePaint = (color, stroke) => ({ class: stroke ? `s-${color}` : `f-${color}` });
const filePaint = (color, stroke) => (stroke ? { stroke: COLORS[color] } : { fill: COLORS[color] });

/** An SVG element of the page. */
function pageSvg(width, height, marks) {
  const svg = svgNode("svg", { width, height, viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "xMinYMin meet" });
  svg.append(...marks.map((mark) => svgMark(mark, pagePaint)));
  return svg;
}

/** Marks moved down (and right). */
function moved(marks, dx, dy) {
  return marks.map((mark) => {
    if (mark.t === "line") return { ...mark, x1: mark.x1 + dx, x2: mark.x2 + dx, y1: mark.y1 + dy, y2: mark.y2 + dy };
    if (mark.points) return { ...mark, points: mark.points.map(([x, y]) => [x + dx, y + dy]) };
    return { ...mark, x: mark.x + dx, y: mark.y + dy };
  });
}

/** Width of a text in the font of the page, or of files. */
function textMeasure(font) {
  const context = document.createElement("canvas").getContext("2d"), known = new Map();
  return (text, size, bold) => {
    const key = `${size}${bold ? "b" : ""} ${text}`;
    let found = known.get(key);
    if (found === undefined) {
      context.font = `${bold ? 650 : 400} ${size}px ${font}`;
      found = context.measureText(text).width;
      if (known.size > 20000) known.clear();
      known.set(key, found);
    }
    return found;
  };
}

/** A text without the characters that no XML file may hold. */
function xmlText(text) {
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, "\ufffd");
}

/** A standalone SVG file, white behind, every colour and font in it. */
function svgFile(figure, title) {
  const { width, height } = figure;
  const svg = svgNode("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "font-family": FILE_FONT });
  const name = svgNode("title");
  name.textContent = xmlText(title);
  svg.append(name, svgNode("rect", { width, height, fill: PAPER }));
  const marks = figure.marks.map((mark) => (mark.t === "text" ? { ...mark, text: xmlText(mark.text) } : mark));
  svg.append(...marks.map((mark) => svgMark(mark, filePaint)));
  return `<?xml version="1.0" encoding="UTF-8"?>\n${new XMLSerializer().serializeToString(svg)}\n`;
}

const LONGEST_SIDE = 16000; // beyond, browsers refuse a canvas

/** The same on a canvas, at up to 2.5 pixels per unit. */
function canvasOf(figure) {
  const scale = Math.min(2.5, LONGEST_SIDE / Math.max(figure.width, figure.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.ceil(figure.width * scale);
  canvas.height = Math.ceil(figure.height * scale);
  const context = canvas.getContext("2d");
  context.scale(scale, scale);
  context.fillStyle = PAPER;
  context.fillRect(0, 0, figure.width, figure.height);
  for (const mark of figure.marks) drawMark(context, mark);
  return canvas;
}

function drawMark(context, mark) {
  context.fillStyle = context.strokeStyle = COLORS[mark.c];
  context.beginPath();
  if (mark.t === "line") {
    context.lineWidth = mark.w;
    context.setLineDash(mark.dash ? mark.dash.split(" ").map(Number) : []);
    context.moveTo(mark.x1, mark.y1);
    context.lineTo(mark.x2, mark.y2);
    context.stroke();
  } else if (mark.t === "rect") {
    context.fillRect(mark.x, mark.y, mark.w, mark.h);
  } else if (mark.t === "shape") {
    mark.points.forEach(([x, y], i) => (i ? context.lineTo(x, y) : context.moveTo(x, y)));
    context.fill();
  } else if (mark.t === "dots") {
    for (const [x, y] of mark.points) { context.moveTo(x + mark.r, y); context.arc(x, y, mark.r, 0, 2 * Math.PI); }
    context.fill();
  } else {
    context.font = `${mark.bold ? 650 : 400} ${mark.size ?? SIZE}px ${FILE_FONT}`;
    context.save();
    context.translate(mark.x, mark.y);
    if (mark.turn) context.rotate(-Math.PI / 2);
    context.textAlign = { start: "left", middle: "center", end: "right" }[mark.anchor ?? "start"];
    if (mark.halo) {
      Object.assign(context, { strokeStyle: PAPER, lineWidth: 5, lineJoin: "round" });
      context.setLineDash([]);
      context.strokeText(mark.text, 0, 0);
    }
    context.fillText(mark.text, 0, 0);
    context.restore();
  }
}
