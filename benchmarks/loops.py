"""Fused loops over arrays: rows, elementwise chains, indexed access, convolution."""

from workload import SIZE, Input, Workload, bound, everywhere


def rows():
    """Reductions along rows, one pass over memory each."""
    n, m, dtype = 32768, 4096, "f32"
    X = Input((n, m), dtype)

    def case(name, ricci, jax, torch, writes, flops, text=""):  # an exponential an element
        return Workload(f"{dtype} {name}", {"x": X}, ricci, {"jax": jax, "torch": torch, "torch.compile": torch}, text=text,
                        flops=flops * n * m, exps=n * m, bytes=X.bytes * (1 + writes), bound=2e-5, needs=("jax", "torch.compile"))

    yield case("softmax", "softmax(x)", "jax.nn.softmax(x, axis=-1)", "torch.softmax(x, -1)", 1, 5)
    yield case("log_softmax", "log_softmax(x)", "jax.nn.log_softmax(x, axis=-1)", "torch.log_softmax(x, -1)", 1, 5)
    yield case("logsumexp", "row_sums(x)", "jax.nn.logsumexp(x, axis=-1)", "torch.logsumexp(x, -1)", 0, 4,
               "fn row_sums(x: f32[N,M]) -> f32[N] { let s[i] = logsumexp[j](x[i, j]); s }\n")
    yield Workload(f"{dtype} layer norm", {"x": X}, "layer_norm(x)",
                   {"jax": "(lambda c: c * jax.lax.rsqrt((c * c).mean(-1, keepdims=True) + 1e-5))(x - x.mean(-1, keepdims=True))",
                    "torch": f"torch.nn.functional.layer_norm(x, ({m},))",
                    "torch.compile": f"torch.nn.functional.layer_norm(x, ({m},))"},
                   text="fn layer_norm(x: f32[N,M]) -> f32[N,M] {\n  let c[i, j] = x[i, j] - mean[k](x[i, k])\n"
                        "  let y[i, j] = c[i, j] * rsqrt(mean[k](c[i, k] * c[i, k]) + 1e-5)\n  y\n}\n",
                   flops=6 * n * m, bytes=2 * X.bytes, bound=2e-5, needs=("jax", "torch.compile"))
    yield Workload(f"{dtype} cross-entropy value, gradient", {"x": X, "t": Input((n,), "i64", f"labels:{m}")},
                   "value_grad[x](cross_entropy(x, t))",
                   {"jax": "jax.value_and_grad(lambda x: -jnp.take_along_axis(jax.nn.log_softmax(x, axis=-1), t[:, None], 1).mean())(x)",
                    "torch": "value_and_grad(lambda x: torch.nn.functional.cross_entropy(x, t), x)",
                    "torch.compile": "value_and_grad(lambda x: torch.nn.functional.cross_entropy(x, t), x)"},
                   text="fn cross_entropy(x: f32[N,M], t: i64[N]) -> f32 { mean[i](logsumexp[j](x[i, j]) - x[i, t[i]]) }\n",
                   wrt=("x",), flops=8 * n * m, exps=n * m, bytes=3 * X.bytes, bound=2e-5, needs=("jax", "torch.compile"))


def elementwise():
    for dtype in ("f32", "f64"):
        for n in (1000, 100_000, 10_000_000, 100_000_000):
            if dtype == "f64" and n > 10_000_000:
                continue
            inputs = {name: Input((n,), dtype, "positive") for name in "xyz"}
            chains = {
                "1 op": ("x + y", "x + y", 1, 0),
                "3 ops": ("exp(x) * y + z", "np.exp(x) * y + z", 3, 1),
                "10 ops": ("tanh(x * y + z) * exp(-x) + sqrt(y) * z - log(x)",
                           "np.tanh(x * y + z) * np.exp(-x) + np.sqrt(y) * z - np.log(x)", 11, 3),
                "sum of 3 ops": ("sum(exp(x) * y + z)", "(np.exp(x) * y + z).sum()", 4, 1),
            }
            for name, (ricci, numpy, flops, exps) in chains.items():
                used = {k: v for k, v in inputs.items() if k in ricci}
                moved = sum(v.bytes for v in used.values()) + (0 if "sum" in name else n * SIZE[dtype])
                yield Workload(f"{dtype} {name}, {n:.0e}", used, ricci, everywhere(numpy), flops=flops * n, exps=exps * n,
                               bytes=moved, bound=bound(dtype, n if "sum" in name else 64), needs=("numpy", "jax", "torch.compile"))


def scatter():
    n, rows, width = 1_000_000, 10_000, 16
    index = Input((n,), "i64", f"skewed:{rows}")
    values, table = Input((n, width)), Input((rows, width))
    yield Workload("f32 gather 1e6 rows", {"t": table, "i": index}, "rows(t, i)",
                   {"numpy": "t[i]", "jax": "t[i]", "torch": "t[i]", "torch.compile": "t[i]"},
                   text="fn rows(t: f32[R,W], i: i64[N]) -> f32[N,W] { let g[n,:] = t[i[n],:]; g }\n",
                   bytes=index.bytes + values.bytes, needs=("numpy", "jax", "torch.compile"))
    yield Workload("f32 scatter-add 1e6 rows", {"v": values, "i": index, "t": table}, "add_rows(t, v, i)",
                   {"jax": "t.at[i].add(v)", "torch": "t.index_add(0, i, v)", "torch.compile": "t.index_add(0, i, v)"},
                   text="fn add_rows(t: f32[R,W], v: f32[N,W], i: i64[N]) -> f32[R,W] {\n"
                        "  let s[r in 0..R,:] = t[r,:] + sum[n where i[n] == r](v[n,:])\n  s\n}\n",
                   flops=n * width, bytes=index.bytes + values.bytes, bound=1e-3, needs=("jax", "torch"))


def convolution():
    n, c, dtype = 56, 64, "f32"
    x, w = Input((n, n, c)), Input((3, 3, c, c))
    torch = ("torch.nn.functional.conv2d(x.permute(2, 0, 1)[None], w.permute(3, 2, 0, 1))[0].permute(1, 2, 0)")
    yield Workload(f"{dtype} convolution 3x3, {n}x{n}x{c}", {"x": x, "w": w}, "convolve(x, w)",
                   {"jax": 'jax.lax.conv_general_dilated(x[None], w, (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC"))[0]',
                    "torch": torch, "torch.compile": torch},
                   text="fn convolve(x: f32[H,W,C], w: f32[3,3,C,D]) -> f32[H-2,W-2,D] {\n"
                        "  let y[i in 0..H-2, j in 0..W-2, d] = sum[p, q, c](x[i+p, j+q, c] * w[p, q, c, d])\n  y\n}\n",
                   flops=2 * (n - 2) ** 2 * 9 * c * c, bytes=x.bytes + w.bytes, bound=bound(dtype, 9 * c),
                   needs=("jax", "torch"))
