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
