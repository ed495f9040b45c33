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
