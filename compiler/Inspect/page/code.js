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
