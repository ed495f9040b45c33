"use strict";
(async () => {
const $ = id => document.getElementById(id);
const make = (tag, properties = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties))
    name in node ? node[name] = value : node.setAttribute(name, value);
  node.append(...children.filter(child => child !== null && child !== undefined));
  return node;
};
const vector = (tag, properties = {}, ...children) => {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(properties))
    name === "onclick" ? node.onclick = value : node.setAttribute(name, value);
  node.append(...children);
  return node;
};

// ------------------------------------------------------------------ data
const packed = Uint8Array.from(atob($("data").textContent), c => c.charCodeAt(0));
const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
const data = await new Response(stream).json();
const report = data.report, kernels = report.kernels;
$("data").remove();

const prefixes = [[1e15, "P"], [1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"], [1, ""], [1e-3, "m"], [1e-6, "µ"], [1e-9, "n"], [1e-12, "p"]];
function amount(number, unit = "") {
  if (number === null || number === undefined) return "–";
  const [scale, prefix] = prefixes.find(([scale]) => number >= scale && (scale >= 1 || unit === "s")) || [1, ""];
  return `${+(number / scale).toPrecision(4)} ${prefix}${unit}`.trim();
}
const seconds = ms => ms === null || ms === undefined ? "–" : amount(ms / 1e3, "s");
const counted = (count, unit) => count.number === null ? `${count.formula} ${unit}` : amount(count.number, unit);
const colour = kernel => `var(--k${kernel % 8})`;

// A text is numbers of lines in the table; `%-3;` is the value defined three before the last one that began a line.
function textOf(stage) {
  if (stage.cache || !stage.text) return stage.cache || [];
  let last = 0;
  return stage.cache = stage.text.map(number => {
    let defined = last;
    const line = data.table[number].replace(/%(-?\d+);|%!/g, (whole, distance, at) => {
      if (distance === undefined) return "%";
      const value = last + Number(distance);
      if (!data.table[number].slice(0, at).trim()) defined = value;
      return "%" + value;
    });
    last = defined;
    return line;
  });
}

// Views of the program: the source and the stages that have a name. `origin` of a line number, 1 and up.
const origins = data.origins.map(([kernel, places, rules]) => {
  const keys = [];
  for (let i = 0; i < places.length; i += 3) keys.push(places[i] * 1e6 + places[i + 1]);
  return { kernel, keys, rules, column: places[2] };
});
function prepare(view) {
  view.origin = new Map();
  view.byKey = new Map();   // place in the source: lines
  view.byOrigin = new Map();
  let line = 0;
  for (let i = 0; i < view.lines.length; i += 2) {
    line += view.lines[i];
    const number = view.lines[i + 1];
    view.origin.set(line, number);
    const add = (map, key) => map.has(key) ? map.get(key).push(line) : map.set(key, [line]);
    add(view.byOrigin, number);
    for (const key of new Set(origins[number].keys)) add(view.byKey, key);
  }
  return view;
}
const titles = { ricci: "ricci", grad: "derivative", simplified: "simplified", fused: "fused", loops: "vector loops", llvm: "LLVM", asm: "assembly" };
const stageViews = data.stages.filter(stage => stage.name && stage.text)
  .map(stage => prepare({ id: stage.name, title: titles[stage.name], stage, lines: stage.lines, get text() { return textOf(stage); } }));
const sourceView = { id: "source", title: "source", file: 0, text: data.sources.length ? data.sources[0].text.split("\n") : [] };
const views = [sourceView, ...stageViews];
const keysOf = (view, line) => view === sourceView ? [view.file * 1e6 + line]
  : view.origin.has(line) ? origins[view.origin.get(line)].keys : [];

// ------------------------------------------------------------------ lists that draw only what is seen
const rowHeight = 18;
// `draw(index)` gives a row's node, without its position.
function virtualList(count, draw, properties = {}) {
  const rows = make("div", { className: "rows" });
  const list = make("div", { className: "list", tabIndex: 0, ...properties }, rows);
  const seen = new Map();
  // Browsers bound an element's height; a longer list scrolls in larger steps.
  const most = 15e6, height = () => Math.min(count * rowHeight, most);
  let pending = false;
  const update = () => {
    pending = false;
    rows.style.height = height() + "px";
    const scale = count * rowHeight > most ? (count * rowHeight - list.clientHeight) / (most - list.clientHeight) : 1;
    const top = list.scrollTop * scale, shift = list.scrollTop - top;
    const first = Math.max(0, Math.floor(top / rowHeight) - 20);
    const end = Math.min(count, Math.ceil((top + list.clientHeight) / rowHeight) + 20);
    for (const [index, node] of seen)
      if (index < first || index >= end) { node.remove(); seen.delete(index); }
    for (let index = first; index < end; ++index) {
      let node = seen.get(index);
      if (!node) { seen.set(index, node = draw(index)); rows.append(node); }
      node.style.top = index * rowHeight + shift + "px";
    }
  };
  list.addEventListener("scroll", () => { if (!pending) { pending = true; requestAnimationFrame(update); } }, { passive: true });
  new ResizeObserver(update).observe(list);
  return {
    node: list, seen,
    redraw(newCount = count) { count = newCount; for (const node of seen.values()) node.remove(); seen.clear(); update(); },
    show(index, fraction = 0.35) {
      update(); // the height that can be scrolled
      const top = index * rowHeight, place = list.scrollTop;
      if (top < place + rowHeight || top > place + list.clientHeight - 2 * rowHeight)
        list.scrollTop = Math.max(0, top - list.clientHeight * fraction);
      update();
    },
  };
}

const escapes = { "<": "&lt;", "&": "&amp;", ">": "&gt;" };
const escapeText = text => text.replace(/[<&>]/g, c => escapes[c]);
const words = {
  source: /#.*|"(?:[^"\\]|\\.)*"|\b(?:fn|let|var|for|in|if|else|while|yield|grad|vjp|jvp|hvp|sum|max|min|prod|mean|argmax|where|param|load|print|struct|use|with|and|or|not|custom|checkpoint)\b/g,
  other: /\/\/.*|#.*|loc\(.*|"(?:[^"\\]|\\.)*"|\b(?:ricci|scf|vector|arith|math|llvm|memref|func|cf|LLVM)\.[\w.]+|\bv?(?:fmadd|fnmadd|fmsub)\w*/g,
};
function coloured(text, isSource) {
  let result = "", at = 0;
  for (const found of text.matchAll(isSource ? words.source : words.other)) {
    const tag = /^(\/\/|#|"|loc)/.test(found[0]) ? "q" : "em";
    result += escapeText(text.slice(at, found.index)) + `<${tag}>${escapeText(found[0])}</${tag}>`;
    at = found.index + found[0].length;
  }
  return result + escapeText(text.slice(at));
}

// ------------------------------------------------------------------ code: panes with linked lines
const state = { tab: "code", open: new Set(), pinned: null, hovered: null, query: "" };
let panes = [];

function linesLinkedTo(view, from) {
  const strong = new Set(), weak = new Set();
  if (!from) return { strong, weak };
  if (from.view === view) strong.add(from.line);
  const origin = from.view.origin && from.view.origin.get(from.line);
  if (view !== sourceView && origin !== undefined)
    for (const line of view.byOrigin.get(origin) || []) strong.add(line);
  for (const key of keysOf(from.view, from.line)) {
    if (view === sourceView) {
      if (Math.floor(key / 1e6) === view.file) strong.add(key % 1e6);
    } else
      for (const line of view.byKey.get(key) || []) (from.view === sourceView ? strong : weak).add(line);
  }
  return { strong, weak };
}

function paint(pane) {
  const { strong, weak } = pane.links;
  for (const [index, node] of pane.list.seen) {
    const line = index + 1;
    node.classList.toggle("linked", strong.has(line));
    node.classList.toggle("near", weak.has(line) && !strong.has(line));
    node.classList.toggle("pinned", !!state.pinned && state.pinned.view === pane.view && state.pinned.line === line);
    node.classList.toggle("cursor", pane.cursor === line);
  }
}
function relink() {
  const from = state.hovered || state.pinned;
  for (const pane of panes) { pane.links = linesLinkedTo(pane.view, from); paint(pane); }
}
function pin(view, line, scrollOwn = false) {
  state.pinned = { view, line };
  state.hovered = null;
  const keys = keysOf(view, line);
  if (view !== sourceView && keys.length && !keys.some(key => Math.floor(key / 1e6) === sourceView.file))
    setSource(Math.floor(keys[0] / 1e6));
  relink();
  for (const pane of panes) {
    if (pane.view === view && !scrollOwn) continue;
    const { strong, weak } = pane.links;
    const first = strong.size ? Math.min(...strong) : weak.size ? Math.min(...weak) : 0;
    if (first) { pane.list.show(first - 1); pane.cursor = first; }
    paint(pane);
  }
}
function setSource(file) {
  sourceView.file = file;
  sourceView.text = data.sources[file].text.split("\n");
  const pane = panes.find(pane => pane.view === sourceView);
  if (pane) { pane.list.redraw(sourceView.text.length); pane.select.value = file; }
}

function drawLine(view, pane, index) {
  const line = index + 1, text = view.text[index];
  const row = make("div", { className: "row" });
  row.dataset.line = line;
  const origin = view.origin && view.origin.has(line) ? origins[view.origin.get(line)] : null;
  const bar = origin && origin.kernel >= 0 ? ` style="background:${colour(origin.kernel)}"` : "";
  row.innerHTML = `<i>${line}</i><u${bar}></u>` + coloured(text, view === sourceView);
  if (origin && origin.rules.length) row.title = origin.rules.join("\n");
  const { strong, weak } = pane.links;
  if (strong.has(line)) row.classList.add("linked"); else if (weak.has(line)) row.classList.add("near");
  if (state.pinned && state.pinned.view === view && state.pinned.line === line) row.classList.add("pinned");
  if (pane.cursor === line) row.classList.add("cursor");
  return row;
}
function makePane(view) {
  const pane = { view, links: { strong: new Set(), weak: new Set() }, cursor: 1 };
  pane.list = virtualList(view.text.length, index => drawLine(view, pane, index), { "aria-label": view.title });
  const node = pane.list.node;
  const lineAt = event => { const row = event.target.closest(".row"); return row ? Number(row.dataset.line) : 0; };
  node.addEventListener("mouseover", event => { const line = lineAt(event); if (line) { state.hovered = { view, line }; relink(); } });
  node.addEventListener("mouseleave", () => { state.hovered = null; relink(); });
  node.addEventListener("click", event => { const line = lineAt(event); if (line) { pane.cursor = line; pin(view, line); } });
  node.addEventListener("keydown", event => {
    const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1, PageDown: 25, PageUp: -25 }[event.key];
    if (step) {
      pane.cursor = Math.min(Math.max(1, pane.cursor + step), view.text.length);
      pane.list.show(pane.cursor - 1); paint(pane);
    } else if (event.key === "Enter") pin(view, pane.cursor);
    else if (event.key === "Escape") { state.pinned = null; relink(); }
    else return;
    event.preventDefault();
  });
  let title = make("b", {}, view.title);
  if (view === sourceView && data.sources.length > 1) {
    pane.select = make("select", { "aria-label": "File", onchange: event => setSource(Number(event.target.value)) },
      ...data.sources.map((source, number) => make("option", { value: number }, source.name)));
    pane.select.value = view.file;
  }
  pane.node = make("section", { className: "pane" }, make("h2", {}, title, pane.select || make("span", {}, `${view.text.length} lines`)), node);
  pane.node.dataset.view = view.id;
  return pane;
}
function codeTab() {
  const holder = make("div", { className: "panes" });
  const toggles = views.map((view, number) => {
    const button = make("button", { className: "chip", title: `${number + 1}`, onclick: () => {
      state.open.has(view.id) ? state.open.delete(view.id) : state.open.add(view.id);
      fill();
    } }, view.title);
    button.dataset.view = view.id;
    return button;
  });
  function fill() {
    panes = views.filter(view => state.open.has(view.id)).map(makePane);
    holder.replaceChildren(...panes.map(pane => pane.node));
    for (const button of toggles) button.classList.toggle("on", state.open.has(button.dataset.view));
    relink();
    if (state.pinned) pin(state.pinned.view, state.pinned.line, true);
  }
  codeTab.toggle = number => { if (toggles[number]) toggles[number].click(); };
  const hint = make("span", {}, "A line links to all that it became and came from: point at it, or click to keep it.");
  setTimeout(fill);
  return [make("div", { className: "bar" }, ...toggles, hint), holder];
}
// Shows a place of the source, or a line of a view, in the code tab.
function goTo(view, line) {
  state.open.add(view.id);
  state.pinned = { view, line };
  select("code");
}
function placeLink(place) {
  if (!place) return make("span", { className: "soft" }, "");
  const file = data.sources.findIndex(source => source.name === place.file);
  return make("a", { tabIndex: 0, onclick: event => {
    event.stopPropagation();
    sourceView.file = file; sourceView.text = data.sources[file].text.split("\n");
    goTo(sourceView, place.line);
  } }, `${place.file.split("/").pop()}:${place.line}`);
}

// ------------------------------------------------------------------ kernels: roofline and table
function roofline() {
  const machine = report.machine;
  if (!machine) return make("p", { className: "note" }, "The machine was not measured.");
  const points = kernels.map((kernel, number) => ({ kernel, number }))
    .filter(({ kernel }) => kernel.intensity > 0 && kernel.predicted_ms > 0)
    .map(point => {
      const time = point.kernel.measured_ms && point.kernel.measured_ms.median > 0 ? point.kernel.measured_ms.median : null;
      return { ...point, measured: time !== null, x: point.kernel.intensity, y: point.kernel.flops.number / ((time || point.kernel.predicted_ms) / 1e3) };
    });
  const width = 600, height = 380, left = 58, bottom = 44, right = 14, top = 14;
  const peak = Math.max(machine.f32_flops_per_second, machine.f64_flops_per_second);
  const low = Math.log10(Math.min(1 / 32, ...points.map(p => p.x / 2))), high = Math.log10(Math.max(256, ...points.map(p => p.x * 2)));
  const yHigh = Math.log10(peak * 2), yLow = Math.min(yHigh - 3.5, ...points.map(p => Math.log10(Math.max(p.y, 1)) - 0.2));
  const x = value => left + (Math.log10(value) - low) / (high - low) * (width - left - right);
  const y = value => height - bottom - (Math.log10(value) - yLow) / (yHigh - yLow) * (height - bottom - top);
  const svg = vector("svg", { viewBox: `0 0 ${width} ${height}`, width: "100%", role: "img", id: "roofline", "aria-label": "Roofline" });
  for (let power = Math.ceil(low); power <= high; ++power) {
    svg.append(vector("line", { class: "axis", x1: x(10 ** power), x2: x(10 ** power), y1: top, y2: height - bottom }));
    svg.append(vector("text", { x: x(10 ** power), y: height - bottom + 16, "text-anchor": "middle" }, String(+(10 ** power).toPrecision(1))));
  }
  for (let power = Math.ceil(yLow); power <= yHigh; ++power) {
    svg.append(vector("line", { class: "axis", x1: left, x2: width - right, y1: y(10 ** power), y2: y(10 ** power) }));
    svg.append(vector("text", { x: left - 7, y: y(10 ** power) + 4, "text-anchor": "end" }, amount(10 ** power)));
  }
  svg.append(vector("text", { x: (left + width) / 2, y: height - 8, "text-anchor": "middle" }, "FLOP a byte"));
  svg.append(vector("text", { x: 12, y: height / 2 - 20, transform: `rotate(-90 12 ${height / 2 - 20})`, "text-anchor": "middle" }, "FLOP a second"));
  const clamp = (fromX, bandwidth, roof) => {
    const knee = roof / bandwidth, start = Math.max(10 ** low, 10 ** yLow / bandwidth);
    return `M ${x(start)} ${y(start * bandwidth)} L ${x(knee)} ${y(roof)}`;
  };
  machine.levels.forEach((level, number) => {
    const isLast = number === machine.levels.length - 1;
    svg.append(vector("path", { class: isLast ? "roof" : "level", d: clamp(low, level.bytes_per_second, peak) }));
    const at = Math.max(10 ** low * 1.25, 10 ** yLow * 4 / level.bytes_per_second) * (isLast ? 1 : 1.75 ** number);
    svg.append(vector("text", { x: x(at), y: y(at * level.bytes_per_second) - 5,
      transform: `rotate(${-Math.atan((height - bottom - top) / (yHigh - yLow) / ((width - left - right) / (high - low))) * 180 / Math.PI} ${x(at)} ${y(at * level.bytes_per_second) - 5})` },
      isLast ? `${level.name} ${amount(level.bytes_per_second, "B/s")}` : level.name));
  });
  const lastBandwidth = machine.levels[0].bytes_per_second;
  for (const [name, roof] of [["f32", machine.f32_flops_per_second], ["f64", machine.f64_flops_per_second]]) {
    svg.append(vector("path", { class: "roof", d: `M ${x(Math.max(roof / lastBandwidth, 10 ** low))} ${y(roof)} L ${width - right} ${y(roof)}` }));
    svg.append(vector("text", { x: width - right, y: y(roof) - 5, "text-anchor": "end" }, `${name} ${amount(roof, "FLOP/s")}`));
  }
  for (const point of points) {
    const circle = vector("circle", { class: point.measured ? "point" : "point hollow", cx: x(point.x), cy: y(Math.max(point.y, 1)), r: 6,
      style: point.measured ? `fill:${colour(point.number)}` : `stroke:${colour(point.number)}`, onclick: () => goToKernel(point.number) });
    circle.append(vector("title", {}, `${point.number + 1} ${point.kernel.name}: ${amount(point.y, "FLOP/s")} at ${+point.x.toPrecision(3)} FLOP a byte` + (point.measured ? "" : ", predicted")));
    svg.append(circle);
  }
  return svg;
}
// Where the time goes: the kernels that take most of it.
function slowest() {
  const time = kernel => kernel.measured_ms ? kernel.measured_ms.median : kernel.predicted_ms || 0;
  const all = kernels.reduce((sum, kernel) => sum + time(kernel), 0);
  const first = kernels.map((kernel, number) => ({ kernel, number, time: time(kernel) })).filter(entry => entry.time > 0)
    .sort((a, b) => b.time - a.time).slice(0, 14);
  const other = report.run_ms ? report.run_ms.median - all : 0;
  if (!first.length) return make("p", { className: "note" }, "Sizes are not known, so there is no time.");
  return make("div", {}, make("table", { className: "slowest" }, make("thead", {}, make("tr", {}, make("th", {}, "Where the time goes"), make("th", {}), make("th", { className: "number" }, kernels.some(kernel => kernel.measured_ms) ? "measured" : "predicted"), make("th", { className: "number" }, "share"))),
    make("tbody", {}, ...first.map(({ kernel, number, time }) => make("tr", { tabIndex: 0, onclick: () => goToKernel(number), onkeydown: event => event.key === "Enter" && goToKernel(number) },
      make("td", {}, make("span", { className: "swatch", style: `background:${colour(number)}` }), make("code", {}, `${number + 1} ${kernel.name}`.slice(0, 44))),
      make("td", {}, make("span", { className: "meter" }, make("i", { style: `width:${100 * time / first[0].time}%;background:${colour(number)}` }))),
      make("td", { className: "number" }, seconds(time)), make("td", { className: "number" }, `${(100 * time / (all + Math.max(other, 0))).toPrecision(2)} %`))),
      other > 0 ? make("tr", {}, make("td", { className: "soft" }, "outside kernels: memory, printing, files"), make("td"), make("td", { className: "number" }, seconds(other)), make("td", { className: "number" }, `${(100 * other / (all + other)).toPrecision(2)} %`)) : null)));
}
function goToKernel(number) {
  const fused = views.find(view => view.id === "fused");
  if (fused) goTo(fused, kernels[number].fused_lines[0]);
}
function kernelsTab() {
  const head = ["", "kernel", "place", "work", "traffic", "FLOP/B", "predicted", "measured", "roofline", "lanes", "FMA", "masked", "spills", "calls"];
  const numeric = new Set([3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  const row = (kernel, number) => {
    const measured = kernel.measured_ms, share = measured && measured.median > 0 && kernel.predicted_ms !== null ? kernel.predicted_ms / measured.median : null;
    const cells = [
      make("span", {}, make("span", { className: "swatch", style: `background:${colour(number)}` }), String(number + 1)),
      make("code", {}, kernel.name), placeLink(kernel.place),
      make("span", { title: kernel.flops.formula }, counted(kernel.flops, "FLOP")),
      make("span", { title: kernel.bytes.formula }, counted(kernel.bytes, "B")),
      kernel.intensity === null ? "–" : String(+kernel.intensity.toPrecision(3)), seconds(kernel.predicted_ms),
      measured ? make("span", { title: `${seconds(measured.min)} to ${seconds(measured.max)}, ${measured.runs} runs` }, seconds(measured.median)) : "–",
      share === null ? "–" : `${Math.round(100 * share)} %`, String(kernel.code.vector_width || "–"),
      kernel.code.arithmetic ? `${Math.round(100 * kernel.code.fma_share)} %` : "–", String(kernel.code.masked),
      make("span", { className: kernel.code.spills ? "bad" : "" }, String(kernel.code.spills)), make("span", { className: "soft" }, kernel.code.calls.filter(call => !/alloc|free/.test(call)).join(" ")),
    ];
    const line = make("tr", { tabIndex: 0, onclick: () => goToKernel(number), onkeydown: event => event.key === "Enter" && goToKernel(number) },
      ...cells.map((cell, place) => make("td", { className: numeric.has(place) ? "number" : "" }, cell)));
    line.dataset.text = `${kernel.name} ${kernel.place ? kernel.place.file + ":" + kernel.place.line : ""}`;
    return line;
  };
  const sizes = Object.entries(report.sizes).map(([name, size]) => `${name} = ${size}`).join(", ");
  const formulas = make("p", { className: "note" }, `Work ${report.totals.flops.formula} FLOP, traffic ${report.totals.bytes.formula} B${sizes ? `, where ${sizes}` : ""}.`);
  const page = make("div", { className: "page", tabIndex: 0 },
    make("h2", {}, "Roofline"), make("p", { className: "note" }, kernels.some(kernel => kernel.measured_ms)
      ? "Filled: measured. The slopes are the bandwidths that this machine was measured to have for data of each size."
      : "Nothing was run: rings lie where the roofline predicts. Give a function inputs, or --measure, to see where it is."),
    make("div", { className: "two" }, roofline(), slowest()),
    make("h2", {}, "Kernels"), formulas,
    make("table", { id: "kernels" }, make("thead", {}, make("tr", {}, ...head.map((name, place) => make("th", { className: numeric.has(place) ? "number" : "" }, name)))),
      make("tbody", {}, ...kernels.map(row))));
  return [page];
}

// ------------------------------------------------------------------ decisions
function decisionsTab() {
  const kinds = [...new Set(report.decisions.map(decision => decision.kind))];
  let kind = null, onlyRefused = false;
  const page = make("div", { className: "page", tabIndex: 0 });
  const draw = decision => {
    const most = Math.max(...decision.candidates.map(candidate => Math.abs(candidate.cost)), 1e-300);
    const costs = decision.candidates.length ? make("div", { className: "costs" }, ...decision.candidates.flatMap((candidate, number) => [
      make("span", { className: number === decision.chosen ? "chosen" : "" }, candidate.name),
      make("span", { className: "meter" }, make("i", { style: `width:${100 * Math.max(0, candidate.cost) / most}%` })),
      make("span", {}, `${+candidate.cost.toPrecision(3)}${number === 0 && decision.unit ? " " + decision.unit : ""}`),
    ])) : null;
    const node = make("div", { className: "decision" },
      make("span", { className: decision.refused ? "bad" : "good" }, decision.refused ? "✗" : "✓"),
      make("span", { className: "kind" }, decision.kind),
      make("div", { className: "what" }, make("b", {}, decision.what), ` — ${decision.reason}`,
        decision.edit ? make("div", { className: "edit" }, `To change it: ${decision.edit}`) : null, costs),
      placeLink(decision.place));
    node.dataset.text = [decision.kind, decision.what, decision.reason, decision.place ? `${decision.place.file}:${decision.place.line}` : ""].join(" ");
    return node;
  };
  const chips = [null, ...kinds].map(name => make("button", { className: "chip", onclick: () => { kind = name; fill(); } }, name || "all"));
  const refused = make("button", { className: "chip", onclick: () => { onlyRefused = !onlyRefused; fill(); } }, "refused");
  function fill() {
    chips.forEach((chip, number) => chip.classList.toggle("on", ([null, ...kinds])[number] === kind));
    refused.classList.toggle("on", onlyRefused);
    page.replaceChildren(...report.decisions.filter(decision => (!kind || decision.kind === kind) && (!onlyRefused || decision.refused)).map(draw));
    filterRows();
  }
  setTimeout(fill);
  return [make("div", { className: "bar" }, ...chips, make("span", { style: "width:10px" }), refused), page];
}

// ------------------------------------------------------------------ memory
function memoryTab() {
  const memory = report.memory, list = memory.allocations;
  const page = make("div", { className: "page", tabIndex: 0 }, make("h2", {}, "Memory plan"),
    make("p", { className: "note" }, `At the peak ${counted(memory.peak, "B")} (${memory.peak.formula}); without giving back, ${counted(memory.total, "B")} in ${list.length} blocks. ` +
      `${memory.reused} results take the memory of an operand. From left to right the lines of the fused program.`));
  if (!list.length) return [page];
  const end = Math.max(...list.map(block => block.fused_lines[1]), 2), row = 20, left = 250, width = 1100, curve = 90;
  const x = line => left + (line - 1) / (end - 1) * (width - left - 120);
  const svg = vector("svg", { viewBox: `0 0 ${width} ${curve + 30 + list.length * row}`, width: "100%", style: "max-width:1400px", id: "ranges" });
  // What is alive at a time, where sizes are known.
  const sizes = list.map(block => block.bytes.number || 0);
  const times = [...new Set(list.flatMap(block => [block.fused_lines[0], block.fused_lines[1] + 1]))].sort((a, b) => a - b);
  const alive = times.map(time => list.reduce((sum, block, i) => sum + (block.fused_lines[0] <= time && time <= block.fused_lines[1] ? sizes[i] : 0), 0));
  const most = Math.max(...alive, 1);
  let path = `M ${x(1)} ${curve}`;
  times.forEach((time, i) => { path += ` L ${x(time)} ${curve - (i ? alive[i - 1] : 0) / most * (curve - 20)} L ${x(time)} ${curve - alive[i] / most * (curve - 20)}`; });
  svg.append(vector("path", { d: path + ` L ${x(end)} ${curve} Z`, fill: "var(--accent)", opacity: .25 }));
  svg.append(vector("text", { x: left - 8, y: 24, "text-anchor": "end" }, `peak ${amount(most, "B")}`));
  svg.append(vector("line", { class: "axis", x1: left, x2: width, y1: curve, y2: curve }));
  list.forEach((block, number) => {
    const y = curve + 12 + number * row, [first, last] = block.fused_lines;
    const fused = views.find(view => view.id === "fused");
    const group = vector("g", { style: "cursor:pointer", onclick: () => fused && goTo(fused, first) });
    group.append(vector("text", { x: left - 8, y: y + 11, "text-anchor": "end" }, `${block.name}${block.place ? "  " + block.place.file.split("/").pop() + ":" + block.place.line : ""}`.slice(0, 46)));
    group.append(vector("rect", { x: x(first), y, width: Math.max(3, x(last) - x(first)), height: row - 6, rx: 3,
      fill: block.result ? "var(--good)" : block.every_turn ? "var(--k1)" : "var(--accent)", opacity: .8 }));
    group.append(vector("text", { x: Math.max(x(last), x(first) + 3) + 6, y: y + 11 }, counted(block.bytes, "B")));
    group.append(vector("title", {}, `${block.name}, ${block.bytes.formula} B, lines ${first} to ${last}${block.every_turn ? ", taken at every turn" : ""}${block.result ? ", a result" : ""}`));
    svg.append(group);
  });
  const legend = [["var(--accent)", "given back"], ["var(--good)", "a result"], ["var(--k1)", "taken at every turn of a loop"]].map(([fill, name]) =>
    make("span", { style: "margin-right:18px" }, make("span", { className: "swatch", style: `background:${fill}` }), name));
  page.append(make("p", { className: "note" }, ...legend), svg);
  return [page];
}

// ------------------------------------------------------------------ provenance
function provenanceTab() {
  const grad = views.find(view => view.id === "grad"), all = report.provenance;
  const shown = () => all.filter(item => !state.query || textFor(item).toLowerCase().includes(state.query));
  const sourceLine = place => { const source = data.sources.find(source => source.name === place.file); return source ? (source.lines ||= source.text.split("\n"))[place.line - 1] || "" : ""; };
  const textFor = item => `${grad ? grad.text[item.line - 1].trim() : ""} ${item.rules.join(" ← ")} ${item.primal.file}:${item.primal.line}`;
  // What reverse mode keeps of a place, or computes again.
  const kept = new Map();
  for (const decision of report.decisions)
    if (decision.kind === "residual" && decision.place) {
      const key = `${decision.place.file}:${decision.place.line}`;
      kept.set(key, [...(kept.get(key) || []), `${decision.what}: ${decision.reason}`]);
    }
  let items = shown();
  const list = virtualList(items.length, index => {
    const item = items[index], row = make("div", { className: "row" });
    const rules = item.rules.join(" ← ");
    row.innerHTML = `<i>${item.line}</i>` + `<em>${escapeText(rules.padEnd(34))}</em> ` +
      escapeText(`${item.primal.file.split("/").pop()}:${item.primal.line}`.padEnd(22)) + `<q>${escapeText(sourceLine(item.primal).trim().slice(0, 48).padEnd(50))}</q>` +
      escapeText(grad ? grad.text[item.line - 1].trim().slice(0, 160) : "");
    row.onclick = () => grad && goTo(grad, item.line);
    const choices = kept.get(`${item.primal.file}:${item.primal.line}`);
    if (choices) row.title = choices.join("\n");
    row.classList.toggle("near", !!choices);
    return row;
  }, { "aria-label": "Provenance" });
  provenanceTab.filter = () => { items = shown(); list.redraw(items.length); };
  const text = all.length ? "Each operation that a rule of differentiation made: its line in the derivative, the rules, the last one first, and the primal line. Of shaded lines reverse mode saves something, or computes it again: point at them for why."
    : "This program has no derivatives.";
  return [make("div", { className: "bar" }, text), list.node];
}

// ------------------------------------------------------------------ passes: what each changed
// Pieces of [kind, line number before, line number after]: "=", "-", "+". Lines that occur once in both texts anchor the
// comparison (patience); what lies between them is compared by the longest common subsequence where that is small.
function difference(before, after) {
  const out = [];
  const compare = (a, b, c, d) => {
    while (a < b && c < d && before[a] === after[c]) out.push(["=", a++, c++]);
    let tail = 0;
    while (a < b - tail && c < d - tail && before[b - 1 - tail] === after[d - 1 - tail]) ++tail;
    middle(a, b - tail, c, d - tail);
    for (let i = tail; i > 0; --i) out.push(["=", b - i, d - i]);
  };
  const middle = (a, b, c, d) => {
    if (a === b || c === d) { for (; a < b; ++a) out.push(["-", a, c]); for (; c < d; ++c) out.push(["+", a, c]); return; }
    if ((b - a) * (d - c) <= 250000) return exact(a, b, c, d);
    const places = new Map();
    for (let i = a; i < b; ++i) places.set(before[i], places.has(before[i]) ? [-1, -1] : [i, -2]);
    for (let j = c; j < d; ++j) { const place = places.get(after[j]); if (place && place[0] >= 0) place[1] = place[1] === -2 ? j : -1; }
    const unique = [...places.values()].filter(([i, j]) => i >= 0 && j >= 0);
    // The longest run of anchors that ascends in both.
    const piles = [], back = [];
    unique.forEach(([, j], number) => {
      let low = 0, high = piles.length;
      while (low < high) { const half = low + high >> 1; unique[piles[half]][1] < j ? low = half + 1 : high = half; }
      back[number] = low ? piles[low - 1] : -1;
      piles[low] = number;
    });
    const chain = [];
    for (let number = piles.length ? piles[piles.length - 1] : -1; number >= 0; number = back[number]) chain.push(unique[number]);
    if (!chain.length) { for (; a < b; ++a) out.push(["-", a, c]); for (; c < d; ++c) out.push(["+", a, c]); return; }
    for (const [i, j] of chain.reverse()) { if (i >= a && j >= c) { compare(a, i, c, j); out.push(["=", i, j]); a = i + 1; c = j + 1; } }
    compare(a, b, c, d);
  };
  const exact = (a, b, c, d) => {
    const n = b - a, m = d - c, table = new Uint16Array((n + 1) * (m + 1));
    for (let i = n - 1; i >= 0; --i)
      for (let j = m - 1; j >= 0; --j)
        table[i * (m + 1) + j] = before[a + i] === after[c + j] ? table[(i + 1) * (m + 1) + j + 1] + 1
          : Math.max(table[(i + 1) * (m + 1) + j], table[i * (m + 1) + j + 1]);
    let i = 0, j = 0;
    while (i < n || j < m)
      if (i < n && j < m && before[a + i] === after[c + j]) out.push(["=", a + i++, c + j++]);
      else if (j === m || (i < n && table[(i + 1) * (m + 1) + j] >= table[i * (m + 1) + j + 1])) out.push(["-", a + i++, c + j]);
      else out.push(["+", a + i, c + j++]);
  };
  compare(0, before.length, 0, after.length);
  return out;
}
const plainLines = [], plainNumbers = new Map();
function passesTab() {
  const right = make("div"), context = 3;
  let query = null;
  const buttons = data.stages.map((stage, number) => {
    const counts = report.stages[number];
    const button = make("button", { onclick: () => show(number) }, stage.pass, make("small", {}, `${counts.lines} lines${number ? ` (${counts.lines - report.stages[number - 1].lines >= 0 ? "+" : ""}${counts.lines - report.stages[number - 1].lines})` : ""}`));
    return make("li", {}, button);
  });
  function show(number) {
    query = number;
    buttons.forEach((item, other) => item.firstChild.setAttribute("aria-current", other === number));
    const stage = data.stages[number], previous = data.stages[number - 1];
    const counts = report.stages[number].operations, old = number ? report.stages[number - 1].operations : {};
    const changed = [...new Set([...Object.keys(counts), ...Object.keys(old)])].map(name => [name, (counts[name] || 0) - (old[name] || 0)]).filter(([, change]) => change)
      .sort((a, b) => Math.abs(b[1]) - Math.abs(a[1])).slice(0, 14);
    const summary = make("div", { className: "bar" }, ...(number ? changed.map(([name, change]) => make("span", {}, make("code", {}, name), make("b", { className: change > 0 ? "good" : "bad" }, ` ${change > 0 ? "+" : ""}${change}`), "  ")) : ["The program as it enters."]));
    if (!stage.text) { right.replaceChildren(summary, make("div", { className: "bar" }, "The text of this pass is too long for the page: ricci inspect --stage prints it.")); return; }
    const text = textOf(stage);
    let rows;
    if (!previous || !previous.text) rows = text.map((_, line) => ["=", line, line]);
    else {
      // Indentation is no difference.
      const plain = line => plainLines[line] ??= plainNumbers.get(data.table[line].trim()) ?? (plainNumbers.set(data.table[line].trim(), line), line);
      const pieces = difference(previous.text.map(plain), stage.text.map(plain)), keep = new Uint8Array(pieces.length);
      pieces.forEach(([kind], i) => { if (kind !== "=") for (let j = Math.max(0, i - context); j <= Math.min(pieces.length - 1, i + context); ++j) keep[j] = 1; });
      rows = [];
      for (let i = 0; i < pieces.length; ++i) {
        if (keep[i]) { rows.push(pieces[i]); continue; }
        let length = 0;
        while (i + length < pieces.length && !keep[i + length]) ++length;
        rows.push(["…", length]);
        i += length - 1;
      }
    }
    const list = virtualList(rows.length, index => {
      const [kind, a, b] = rows[index], row = make("div", { className: "row " + ({ "+": "plus", "-": "minus", "…": "gap" }[kind] || "") });
      if (kind === "…") row.textContent = `      ⋯ ${a} equal lines`;
      else row.innerHTML = `<i>${kind === "-" ? a + 1 : b + 1}</i>${kind === "=" ? " " : kind} ` + coloured(kind === "-" ? textOf(previous)[a] : text[b], false);
      return row;
    }, { "aria-label": "Difference" });
    right.replaceChildren(summary, list.node);
  }
  passesTab.step = by => { const next = (query ?? 0) + by; if (data.stages[next]) show(next); };
  const fused = data.stages.findIndex(stage => stage.name === "fused");
  setTimeout(() => show(Math.max(0, fused)));
  return [make("div", { className: "passes" }, make("ol", {}, ...buttons), right)];
}

// ------------------------------------------------------------------ page
const tabs = [["code", "Code", codeTab], ["kernels", "Kernels", kernelsTab], ["decisions", "Decisions", decisionsTab], ["memory", "Memory", memoryTab], ["provenance", "Provenance", provenanceTab], ["passes", "Passes", passesTab]];
const counts = { kernels: kernels.length, decisions: report.decisions.length, memory: report.memory.allocations.length, provenance: report.provenance.length, passes: data.stages.length };
function select(name) {
  state.tab = name;
  for (const button of $("tabs").children) button.setAttribute("aria-selected", button.dataset.tab === name);
  $("main").replaceChildren(...tabs.find(([id]) => id === name)[2]());
  filterRows();
}
for (const [id, title] of tabs) {
  const button = make("button", { role: "tab", onclick: () => select(id) }, title, counts[id] === undefined ? null : make("small", {}, String(counts[id])));
  button.dataset.tab = id;
  $("tabs").append(button);
}
// Rows of tables and decisions that have the text; in code, the next line that has it.
function filterRows() {
  for (const node of document.querySelectorAll("[data-text]")) node.hidden = state.query && !node.dataset.text.toLowerCase().includes(state.query);
  for (const node of document.querySelectorAll("[data-text]")) node.style.display = node.hidden ? "none" : "";
  if (state.tab === "provenance" && provenanceTab.filter) provenanceTab.filter();
}
function findInCode(by) {
  const pane = panes.find(pane => pane.node.contains(document.activeElement)) || panes[findInCode.pane || 0];
  if (!pane || !state.query) return;
  const count = pane.view.text.length;
  for (let step = 1; step <= count; ++step) {
    const index = (pane.cursor - 1 + by * step + count * 2) % count;
    if (pane.view.text[index].toLowerCase().includes(state.query)) { pane.cursor = index + 1; pane.list.show(index); pin(pane.view, index + 1); return; }
  }
}
$("search").addEventListener("input", event => { state.query = event.target.value.toLowerCase(); filterRows(); });
$("search").addEventListener("keydown", event => {
  if (event.key === "Enter" && state.tab === "code") findInCode(event.shiftKey ? -1 : 1);
  if (event.key === "Escape") { event.target.value = state.query = ""; filterRows(); event.target.blur(); }
});
const setTheme = dark => document.documentElement.classList.toggle("dark", dark);
setTheme(matchMedia("(prefers-color-scheme: dark)").matches);
$("theme").onclick = () => setTheme(!document.documentElement.classList.contains("dark"));
const keys = [["c k d m p a", "Code, Kernels, Decisions, Memory, Provenance, Passes"], ["1 … 8", "open or close a pane"], ["↑ ↓ PageUp PageDown", "move in a pane; j k too, [ ] from pass to pass"], ["Enter", "keep a line's links"], ["Escape", "let them go"], ["Tab", "next pane"], ["/", "search"], ["t", "dark or light"]];
$("keys").append(make("h2", {}, "Keys"), make("table", {}, ...keys.map(([key, does]) => make("tr", {}, make("td", {}, make("kbd", {}, key)), make("td", {}, does)))), make("form", { method: "dialog" }, make("button", { className: "chip", style: "margin-top:12px" }, "Close")));
$("help").onclick = () => $("keys").showModal();
document.addEventListener("keydown", event => {
  if (event.target.matches("input, select, textarea") || event.ctrlKey || event.metaKey || event.altKey) return;
  const list = document.activeElement && document.activeElement.closest(".pane .list");
  const tab = { c: "code", d: "decisions", m: "memory", p: "provenance", a: "passes", k: "kernels" }[event.key];
  if (tab && !(event.key === "k" && list)) select(tab);
  else if (event.key >= "1" && event.key <= "9" && state.tab === "code") codeTab.toggle(Number(event.key) - 1);
  else if (event.key === "/") $("search").focus();
  else if (event.key === "t") $("theme").click();
  else if (event.key === "?") $("keys").showModal();
  else if (state.tab === "passes" && (event.key === "[" || event.key === "]")) passesTab.step(event.key === "]" ? 1 : -1);
  else return;
  event.preventDefault();
});

$("program").textContent = [report.program, report.function].filter(Boolean).join("  ");
const total = report.totals, peakTime = kernels.every(kernel => kernel.predicted_ms !== null) ? kernels.reduce((sum, kernel) => sum + kernel.predicted_ms, 0) : null;
const facts = [
  [total.kernels, "kernels"], [counted(total.flops, "FLOP"), "work"], [counted(total.bytes, "B"), "traffic"],
  [report.run_ms ? seconds(report.run_ms.median) : "–", report.run_ms ? `run, ${seconds(report.run_ms.min)} to ${seconds(report.run_ms.max)}` : "run"],
  [seconds(peakTime), "at the roofline"], [report.run_ms && peakTime ? `${Math.round(100 * peakTime / report.run_ms.median)} %` : "–", "of the roofline"],
  [counted(report.memory.peak, "B"), "memory at the peak"], [total.vector_width || "–", "lanes at least"], [`${Math.round(100 * total.fma_share)} %`, "fused multiply-adds"],
  [total.spills, "spills"], [amount(total.stack, "B"), "stack"], [seconds(report.compile_ms), "compiled with this report"],
];
$("totals").append(...facts.map(([value, name]) => { const node = make("div", { className: "total", title: String(value) }, make("b", {}, String(value).slice(0, 34)), make("span", {}, name)); return node; }));

// Something to see at once: the line of the program's file that most instructions came from.
function busiestLine() {
  const asm = views.find(view => view.id === "asm"), sizes = new Map();
  for (const [key, lines] of asm ? asm.byKey : [])
    if (Math.floor(key / 1e6) === 0) sizes.set(key % 1e6, lines.length);
  return [...sizes].sort((a, b) => b[1] - a[1]).map(([line]) => line)[0];
}
const busiest = busiestLine();
if (busiest) state.pinned = { view: sourceView, line: busiest };
for (const id of ["source", report.provenance.length ? "grad" : "simplified", "fused", "asm"]) if (views.some(view => view.id === id)) state.open.add(id);
select(tabs.some(([id]) => "#" + id === location.hash) ? location.hash.slice(1) : "code");
window.ricci = { data, report, views, state, select, pin, goTo, get panes() { return panes; } };
requestAnimationFrame(() => requestAnimationFrame(() => { document.documentElement.dataset.ready = Math.round(performance.now()); }));
})();
