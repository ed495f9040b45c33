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
