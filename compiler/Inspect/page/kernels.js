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
