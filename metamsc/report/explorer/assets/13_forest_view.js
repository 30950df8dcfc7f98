// The forest plot on the page. Only the rows in sight are in the document, so a thousand stay fluent; the
// keyboard moves from row to row (arrows, Home, End) and opens a record (Enter).

const SCROLLS_FROM = 2600; // height from which the rows scroll in a window of their own
const windowHeight = () => Math.min(900, Math.max(480, 0.8 * window.innerHeight)); // as in the style sheet
const OVERSCAN = 250;

function forestView(host, open) {
  const head = el("div", { class: "forest-head", "aria-hidden": "true" });
  const body = el("div", { class: "forest-body" });
  const foot = el("div", { class: "forest-foot", "aria-hidden": "true" });
  host.append(head, body, foot);
  const measure = textMeasure(FONT);
  let view = null, frame = null, layout = null, svg = null, active = "", drawn = new Map(), whole = false;
  let width = 0, hostPadding = null, bar = 0, scrolled = 0, scrolls = false;

  /** Sizes are read here, before anything is changed: read later, each would cost a layout of the page. */
  function look() {
    if (host.hidden) return;
    if (hostPadding === null) {
      const style = getComputedStyle(host);
      hostPadding = parseFloat(style.paddingLeft) + parseFloat(style.paddingRight);
      bar = scrollBarWidth();
    }
    width = Math.floor(host.clientWidth - hostPadding);
    scrolled = body.scrollTop;
  }

  function show(next) {
    view = next;
    host.hidden = !view.rows.length;
    if (host.hidden) return;
    const held = body.contains(document.activeElement); // a row has the focus, and is about to be made anew
    if (!width) look();
    arrange(scrolls ? width - bar : width);
    if (scrolls !== layout.height > SCROLLS_FROM) {
      scrolls = !scrolls;
      arrange(scrolls ? width - bar : width);
    }
    body.classList.toggle("scrolls", scrolls);
    scrolled = Math.max(Math.min(scrolled, layout.height - windowHeight()), 0);
    if (!view.rows.some((row) => row.id === active)) active = view.rows[0].id;
    paint();
    if (held) svg.querySelector('[tabindex="0"]').focus({ preventScroll: true });
  }

  function arrange(width) {
    frame = forestFrame(view, Math.max(width, 280), measure);
    layout = forestBlocks(view, frame);
    const top = forestHead(view, frame), bottom = forestFoot(view, frame);
    head.replaceChildren(pageSvg(frame.width, top.height, top.marks));
    foot.replaceChildren(pageSvg(frame.width, bottom.height, bottom.marks));
    svg = pageSvg(frame.width, layout.height, forestLines(view, frame, layout.height));
    svg.setAttribute("role", "group");
    svg.setAttribute("aria-label", `Forest plot of ${plural(view.rows.length, "row")}; the same numbers are in the table below. Arrow keys move, Enter opens a record.`);
    drawn = new Map();
    body.replaceChildren(svg);
  }

  function visible(block) {
    if (whole || !scrolls) return true;
    if (block.row?.id === active) return true; // what has the focus stays
    return block.y + block.height >= scrolled - OVERSCAN && block.y <= scrolled + windowHeight() + OVERSCAN;
  }

  function paint() {
    layout.blocks.forEach((block, index) => {
      const wanted = visible(block), there = drawn.get(index);
      if (wanted && !there) {
        const node = block.row ? rowNode(block) : svgNode("g", { "aria-hidden": "true" });
        node.append(...block.marks(block.y).map((mark) => svgMark(mark, pagePaint)));
        drawn.set(index, node);
        // in the order of the plot, for whoever reads it in order
        const after = [...drawn.keys()].filter((key) => key > index).sort((a, b) => a - b)[0];
        if (after === undefined) svg.append(node);
        else svg.insertBefore(node, drawn.get(after));
      } else if (!wanted && there) {
        there.remove();
        drawn.delete(index);
      }
    });
  }

  function rowNode(block) {
    const { row, weight } = block, { axis, decimals, level } = view;
    const said = `${rowLabel(row)}: ${formatEffect(row.yi, axis, decimals)}, ${formatInterval(rowInterval(row, level), axis, decimals)}`
      + (weight === null ? "" : `, weight ${formatPercent(weight)}%`);
    const node = svgNode("g", { class: "row", role: "button", tabindex: row.id === active ? 0 : -1, "aria-label": said });
    node.dataset.id = row.id;
    node.append(svgNode("rect", { class: "hit", x: 1, y: block.y + 1, width: frame.width - 2, height: block.height - 2, rx: 4 }));
    return node;
  }

  function focusRow(step) {
    const rows = layout.blocks.filter((block) => block.row);
    const at = rows.findIndex((block) => block.row.id === active);
    const target = rows[step === -Infinity ? 0 : step === Infinity ? rows.length - 1 : Math.min(Math.max(at + step, 0), rows.length - 1)];
    svg.querySelector('[tabindex="0"]')?.setAttribute("tabindex", -1);
    active = target.row.id;
    if (scrolls) {
      if (target.y < body.scrollTop) body.scrollTop = target.y - 40;
      const bottom = target.y + target.height;
      if (bottom > body.scrollTop + body.clientHeight) body.scrollTop = bottom - body.clientHeight + 40;
      scrolled = body.scrollTop;
    }
    paint();
    const node = [...svg.querySelectorAll(".row")].find((item) => item.dataset.id === active);
    node.setAttribute("tabindex", 0);
    node.focus({ preventScroll: scrolls });
  }

  const STEPS = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -Infinity, End: Infinity };
  body.addEventListener("keydown", (event) => {
    const id = event.target.closest?.(".row")?.dataset.id;
    if (!id) return;
    if (event.key in STEPS) {
      event.preventDefault();
      focusRow(STEPS[event.key]);
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      open(id);
    }
  });
  body.addEventListener("click", (event) => {
    const id = event.target.closest(".row")?.dataset.id;
    if (id) open(id);
  });
  body.addEventListener("scroll", () => requestAnimationFrame(() => {
    if (host.hidden) return;
    scrolled = body.scrollTop;
    paint();
  }), { passive: true });
  window.addEventListener("beforeprint", () => { whole = true; if (view?.rows.length) paint(); });
  window.addEventListener("afterprint", () => { whole = false; if (view?.rows.length) paint(); });
  return { look, show };
}

/** How much width a scroll bar takes: nothing on most phones. */
function scrollBarWidth() {
  const box = el("div", { class: "probe" });
  document.body.append(box);
  const taken = box.offsetWidth - box.clientWidth;
  box.remove();
  return taken;
}
