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
