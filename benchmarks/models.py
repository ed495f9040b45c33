"""Models: value and gradient, or one step of training."""

from workload import Input, Workload


def value_grad(name, inputs, wrt, text, call, jax, torch, flops, exps, bound=1e-4):
    """f and its gradients by the arguments `wrt`, for all who differentiate."""
    names = ", ".join(wrt)
    positions = tuple(range(len(wrt)))
    gradient = f"value_and_grad(lambda {names}: {torch}, {names})"
    return Workload(
        f"{name}", inputs, f"value_grad[{names}]({call})",
        {"jax": f"(lambda r: (r[0], *r[1]))(jax.value_and_grad(lambda {names}: {jax}, argnums={positions})({names}))",
         "torch": gradient, "torch.compile": gradient},
        text=text, wrt=wrt, flops=flops, exps=exps, bound=bound, needs=("jax", "torch.compile"))


def statistics():
    n, d, k = 10000, 32, 25
    yield value_grad(
        f"f64 GMM {n} d{d} K{k}",
        {"alpha": Input((k,), "f64"), "mu": Input((k, d), "f64"), "q": Input((k, d), "f64"), "x": Input((n, d), "f64")},
        ("alpha", "mu", "q"),
        "fn gmm(alpha: f64[K], mu: f64[K,D], q: f64[K,D], x: f64[N,D]) -> f64 {\n"
        "  let s[n, k] = sum[j]((exp(q[k, j]) * (x[n, j] - mu[k, j])) ** 2)\n"
        "  let z[k] = alpha[k] + sum[j](q[k, j])\n"
        "  sum[n](logsumexp[k](z[k] - 0.5 * s[n, k])) - f64(N) * logsumexp(alpha)\n}\n",
        "gmm(alpha, mu, q, x)",
        "jax.nn.logsumexp(alpha + q.sum(1) - 0.5 * ((jnp.exp(q) * (x[:, None, :] - mu)) ** 2).sum(-1), axis=1).sum()"
        f" - {n} * jax.nn.logsumexp(alpha)",
        "torch.logsumexp(alpha + q.sum(1) - 0.5 * ((torch.exp(q) * (x[:, None, :] - mu)) ** 2).sum(-1), 1).sum()"
        f" - {n} * torch.logsumexp(alpha, 0)",
        flops=3 * 4 * n * d * k, exps=n * k, bound=1e-9)
    n, d, k = 20000, 64, 32
    yield value_grad(
        f"f32 k-means {n} d{d} K{k}", {"c": Input((k, d)), "x": Input((n, d))}, ("c",),
        "fn cost(c: f32[K,D], x: f32[N,D]) -> f32 { sum[n](min[k](sum[j]((x[n, j] - c[k, j]) ** 2))) }\n",
        "cost(c, x)",
        "((x[:, None, :] - c) ** 2).sum(-1).min(1).sum()",
        "((x[:, None, :] - c) ** 2).sum(-1).min(1).values.sum()",
        flops=3 * n * d * k, exps=0)
    n, d = 100_000, 100
    yield value_grad(
        f"f64 logistic regression {n} d{d}",
        {"w": Input((d,), "f64"), "X": Input((n, d), "f64"), "y": Input((n,), "f64", "positive")}, ("w",),
        "fn loss(w: f64[D], X: f64[N,D], y: f64[N]) -> f64 {\n  let z = X @ w\n"
        "  mean[i](softplus(z[i]) - y[i] * z[i]) + 0.5 * 0.01 * dot(w, w)\n}\n",
        "loss(w, X, y)",
        "(lambda z: (jax.nn.softplus(z) - y * z).mean())(X @ w) + 0.005 * (w @ w)",
        "(lambda z: (torch.nn.functional.softplus(z) - y * z).mean())(X @ w) + 0.005 * (w @ w)",
        flops=4 * n * d, exps=2 * n, bound=1e-9)
    k = 10
    yield value_grad(
        f"f64 softmax regression {n} d{d} K{k}",
        {"W": Input((d, k), "f64"), "X": Input((n, d), "f64"), "t": Input((n,), "i64", f"labels:{k}")}, ("W",),
        "fn loss(W: f64[D,K], X: f64[N,D], t: i64[N]) -> f64 {\n  let z = X @ W\n"
        "  mean[i](logsumexp[k](z[i, k]) - z[i, t[i]])\n}\n",
        "loss(W, X, t)",
        "-jnp.take_along_axis(jax.nn.log_softmax(X @ W), t[:, None], 1).mean()",
        "torch.nn.functional.cross_entropy(X @ W, t)",
        flops=4 * n * d * k, exps=n * k, bound=1e-9)


def networks():
    i, h, o = 784, 1024, 10
    for batch in (32, 1024):
        yield value_grad(
            f"f32 MLP {i}-{h}-{o}, batch {batch}",
            {"W1": Input((i, h)), "b1": Input((h,)), "W2": Input((h, o)), "b2": Input((o,)), "x": Input((batch, i)),
             "t": Input((batch,), "i64", f"labels:{o}")},
            ("W1", "b1", "W2", "b2"),
            "fn mlp(W1: f32[I,H], b1: f32[H], W2: f32[H,O], b2: f32[O], x: f32[B,I], t: i64[B]) -> f32 {\n"
            "  let h[n, k] = relu(sum[j](x[n, j] * W1[j, k]) + b1[k])\n"
            "  let z[n, k] = sum[j](h[n, j] * W2[j, k]) + b2[k]\n"
            "  mean[n](logsumexp[k](z[n, k]) - z[n, t[n]])\n}\n",
            "mlp(0.03 * W1, b1, 0.03 * W2, b2, x, t)",
            "-jnp.take_along_axis(jax.nn.log_softmax(jax.nn.relu(x @ (0.03 * W1) + b1) @ (0.03 * W2) + b2), t[:, None], 1).mean()",
            "torch.nn.functional.cross_entropy(torch.relu(x @ (0.03 * W1) + b1) @ (0.03 * W2) + b2, t)",
            flops=2 * batch * (2 * i * h + 3 * h * o), exps=batch * o)
    heads, d = 8, 64
    for length in (128, 1024):
        inputs = {name: Input((heads, length, d)) for name in "QKV"}
        text = ("fn attention(Q: f32[H,T,D], K: f32[H,T,D], V: f32[H,T,D]) -> f32[H,T,D] {\n"
                "  let a[h, i, j] = sum[k](Q[h, i, k] * K[h, j, k]) / sqrt(f32(D))\n"
                "  let p = softmax(a)\n  let y[h, i, k] = sum[j](p[h, i, j] * V[h, j, k])\n  y\n}\n")
        jax = "(lambda Q, K, V: jax.nn.softmax(Q @ K.transpose(0, 2, 1) / 8, axis=-1) @ V)(Q, K, V)"
        torch = "torch.nn.functional.scaled_dot_product_attention(Q, K, V)"
        flops = 4 * heads * length * length * d
        yield Workload(f"f32 attention forward, T = {length}", inputs, "attention(Q, K, V)",
                       {"jax": jax, "torch": torch, "torch.compile": torch}, text=text, flops=flops, exps=heads * length**2, bound=1e-4,
                       needs=("jax", "torch.compile"))
        yield value_grad(f"f32 attention, gradient, T = {length}", inputs, ("Q", "K", "V"),
                         text + "fn total(Q: f32[H,T,D], K: f32[H,T,D], V: f32[H,T,D]) -> f32 {\n"
                         "  let y = attention(Q, K, V)\n  sum(y * y)\n}\n",
                         "total(Q, K, V)", f"({jax} ** 2).sum()", f"({torch} ** 2).sum()", flops=3.5 * flops,
                         exps=heads * length**2)
    batch, width = 64, 256
    yield value_grad(
        f"f32 LSTM step, batch {batch}, width {width}",
        {"W": Input((2 * width, 4 * width)), "b": Input((4 * width,)), "x": Input((batch, width)), "h": Input((batch, width)),
         "c": Input((batch, width))},
        ("W", "b"),
        "fn step(W: f32[2*M,4*M], b: f32[4*M], x: f32[N,M], h: f32[N,M], c: f32[N,M]) -> f32 {\n"
        "  let g[n, k] = sum[j in 0..M](x[n, j] * W[j, k]) + sum[j](h[n, j] * W[M + j, k]) + b[k]\n"
        "  let s[n, k in 0..M] = sigmoid(g[n, M + k]) * c[n, k] + sigmoid(g[n, k]) * tanh(g[n, 2 * M + k])\n"
        "  sum[n, k](sigmoid(g[n, 3 * M + k]) * tanh(s[n, k]))\n}\n",
        "step(0.03 * W, b, x, h, c)",
        "(lambda g: (lambda i, f, s, o: (jax.nn.sigmoid(o) * jnp.tanh(jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(s))).sum())"
        "(*jnp.split(g, 4, axis=1)))(jnp.concatenate([x, h], 1) @ (0.03 * W) + b)",
        "(lambda g: (lambda i, f, s, o: (torch.sigmoid(o) * torch.tanh(torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(s))).sum())"
        "(*torch.split(g, g.shape[1] // 4, dim=1)))(torch.cat([x, h], 1) @ (0.03 * W) + b)",
        flops=2 * 2 * batch * 2 * width * 4 * width, exps=5 * batch * width)
