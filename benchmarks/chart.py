"""The ratios of a report as an SVG: a row a workload, a mark a peer, on a logarithmic axis with 1 in bold."""

import math
from html import escape

COLOURS = {"openblas": "#d62728", "numpy": "#1f77b4", "opt_einsum": "#17becf", "jax": "#9467bd", "torch": "#ff7f0e",
           "torch.compile": "#8c564b", "specialised": "#2ca02c"}
LEFT, WIDTH, ROW, LEAST, MOST = 330, 560, 16, 0.25, 64


def x(ratio):
    low, high = math.log2(LEAST), math.log2(MOST)
    return LEFT + WIDTH * (min(max(math.log2(ratio), low), high) - low) / (high - low)


def write(report, path):
    parts, y = [], 50
    for suite, rows in report["suites"].items():
        parts.append(f'<text x="8" y="{y}" font-weight="bold">{escape(suite)}</text>')
        for row in rows:
            y += ROW
            parts.append(f'<text x="16" y="{y}">{escape(row["name"])}</text>')
            for peer, figures in row["peers"].items():
                if peer != "ricci" and "ratio" in figures:
                    parts.append(f'<circle cx="{x(figures["ratio"]):.1f}" cy="{y - 4}" r="4" fill="{COLOURS[peer]}" fill-opacity="0.75">'
                                 f'<title>{escape(peer)} {figures["ratio"]:.2f}</title></circle>')
        y += 2 * ROW
    axis = [f'<line x1="{x(r):.1f}" x2="{x(r):.1f}" y1="30" y2="{y}" stroke="#888" stroke-width="{1.6 if r == 1 else 0.3}"/>'
            f'<text x="{x(r):.1f}" y="26" text-anchor="middle">{r:g}</text>' for r in (2.0**k for k in range(-2, 7))]
    legend = [f'<text x="{LEFT + 95 * i}" y="12" fill="{colour}">{peer}</text>' for i, (peer, colour) in enumerate(COLOURS.items())]
    with open(path, "w") as file:
        file.write(f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 20}" height="{y + 10}" '
                   'font-family="sans-serif" font-size="11"><rect width="100%" height="100%" fill="white"/>'
                   f'<text x="8" y="12">peer\'s time / Ricci\'s, {report["threads"]} thread(s)</text>'
                   + "".join(axis + legend + parts) + "</svg>\n")
