"""Functions that are compiled once for all sizes, against themselves compiled for the sizes that they are called with: what it
costs not to know."""

from models import networks, statistics
from workload import Input, Workload, bound


def parameters(text):
    """Of the last function in the text."""
    signature = text[text.rindex("fn "):]
    return signature[signature.index("(") + 1:signature.index(")")]


def open_sizes(name, text, inputs, expression, **cost):
    """The expression, in the parameters of the text's last function, as a function of them."""
    text += f"fn compiled_once({parameters(text)}) {{ {expression} }}\n"
    return Workload(name, inputs, "compiled_once", {"specialised": expression}, text=text, open_sizes=True,
                    needs=("specialised",), **cost)


def dynamic():
    for dtype in ("f32", "f64"):
        for n in (16, 32, 48, 64, 65, 128, 256, 512, 1024):
            matrix = Input((n, n), dtype)
            text = f"fn product(A: {dtype}[M,K], B: {dtype}[K,N]) -> {dtype}[M,N] {{ A @ B }}\n"
            yield open_sizes(f"{dtype} {n}^3", text, {"A": matrix, "B": matrix}, "product(A, B)",
                             flops=2 * n**3, bytes=3 * matrix.bytes, bound=bound(dtype, n))
        for n in (8, 16, 32, 64):
            batch = Input((1000, n, n), dtype)
            text = f'fn products(A: {dtype}[P,M,K], B: {dtype}[P,K,N]) -> {dtype}[P,M,N] {{ einsum("bik,bkj->bij", A, B) }}\n'
            yield open_sizes(f"{dtype} 1000 x {n}^3", text, {"A": batch, "B": batch}, "products(A, B)",
                             flops=2000 * n**3, bytes=3 * batch.bytes, bound=bound(dtype, n))
        for n in (16, 1000, 100_000):
            text = f"fn chain(x: {dtype}[N], y: {dtype}[N], z: {dtype}[N]) -> {dtype}[N] {{ tanh(x * y + z) * exp(-x) + sqrt(y) * z }}\n"
            vector = Input((n,), dtype, "positive")
            yield open_sizes(f"{dtype} chain, {n}", text, {"x": vector, "y": vector, "z": vector}, "chain(x, y, z)",
                             flops=8 * n, exps=2 * n, bytes=4 * vector.bytes, bound=bound(dtype, 64))
        for n, m in ((1024, 16), (1024, 64), (256, 1000)):
            rows = Input((n, m), dtype)
            yield open_sizes(f"{dtype} softmax, {n} rows of {m}", f"fn rows(x: {dtype}[N,M]) -> {dtype}[N,M] {{ softmax(x) }}\n",
                             {"x": rows}, "rows(x)", flops=5 * n * m, exps=n * m, bytes=2 * rows.bytes, bound=2e-5)
    for model in (*statistics(), *networks()):
        yield open_sizes(model.name, model.text, model.inputs, model.ricci, flops=model.flops, exps=model.exps, bytes=model.bytes,
                         bound=model.bound)
