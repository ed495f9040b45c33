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
